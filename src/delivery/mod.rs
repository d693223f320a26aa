//! Leases, settling, retries and dead letters.

#[allow(dead_code)] // until the engine is there
mod wheel;
