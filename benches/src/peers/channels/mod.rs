//! The channels, one small file each: through the calls that wait, as their users call them.
//!
//! | file | shapes | tasks | more than one message a call |
//! |---|---|---|---|
//! | [`ours`] | mpmc | yes | both ends |
//! | [`crossbeam`] | mpmc | - | - |
//! | [`flume`], [`kanal`] | mpmc | yes | the receiver takes all that is there |
//! | [`crossfire`] | mpmc, mpsc, spsc | yes | - |
//! | [`async_channel`] | mpmc | yes | - |
//! | [`tokio_mpsc`] | mpsc | yes | the receiver |
//! | [`std_sync`] | mpsc | - | - |

pub mod async_channel;
pub mod crossbeam;
pub mod crossfire;
pub mod flume;
pub mod kanal;
pub mod ours;
pub mod std_sync;
pub mod tokio_mpsc;

#[cfg(test)]
mod tests;
