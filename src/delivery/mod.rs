//! Leases, settling, retries and dead letters.
