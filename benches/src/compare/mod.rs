//! The comparison: rows of peers, run in turn, judged by the ratio to the best of them.
//!
//! | module | does |
//! |---|---|
//! | [`rows`] | says what a suite, a row, a competitor and a bar is |
//! | [`rings`], [`channels`], [`delivery`] | say who competes in which workload, and what we must reach |
//! | [`sets`] | runs rounds, watches the machine, drops sets measured in a slow phase |
//! | [`results`] | medians, ratios, intervals, verdicts; what the JSON holds |
//! | [`markdown`], [`svg`] | the table and the picture |

pub mod channels;
pub mod delivery;
pub mod markdown;
pub mod results;
pub mod rings;
pub mod rows;
pub mod sets;
pub mod svg;
