//! Leases, settling, retries and dead letters.

// Until the engine is there, nobody but the tests uses all of it.
#![allow(dead_code)]

mod class;
mod random;
mod retry;
mod wheel;

pub use class::ErrorClass;
pub use retry::{Jitter, Retry};
