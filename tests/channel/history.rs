//! The checker of histories, without its own tests: those run with the rings it was made for.

#![allow(dead_code)]

#[path = "../history/check.rs"]
mod check;
#[path = "../history/clock.rs"]
mod clock;
#[path = "../history/life.rs"]
mod life;
#[path = "../history/range.rs"]
mod range;

pub(crate) use check::{History, Tally};
pub(crate) use clock::{Clock, Entry, Event, Log, Span, value};
