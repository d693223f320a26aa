//! Order by key, and levels of priority.

mod fire;
mod keys;
mod levels;
