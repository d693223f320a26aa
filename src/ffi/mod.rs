//! The C interface: rings, channels and partitions of elements whose size is known at run time.
//!
//! Not for Rust, which has [`ring`](crate::ring), [`channel`](crate::channel) and
//! [`partition`](crate::partition). The manual is `include/ringmill.h`, generated from here.

mod status;

mod ring;

mod lend;

mod channel;

mod pollable;

mod partitions;

mod producer;

mod consumer;
