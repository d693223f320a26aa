//! Ringmill's models: a few operations on two to four threads, run in every interleaving and with
//! every value that a weak memory may give to a load.
//!
//! ```text
//! RUSTFLAGS="--cfg ringmill_loom" cargo test --release -p loom-tests
//! ```
//!
//! A model is a plain function; [`all`] lists them, one file per structure. `LOOM_MAX_PREEMPTIONS`
//! bounds how often a thread is stopped in the middle of something (3 unless set). What the models
//! rest on is asserted by them; that each ordering of the library is needed for it is shown by
//! `cargo run --release -p loom-tests --bin mutate`.

#[cfg(ringmill_loom)]
mod alarm;
#[cfg(ringmill_loom)]
mod count;
#[cfg(ringmill_loom)]
mod dispatch;
#[cfg(ringmill_loom)]
mod ffi;
#[cfg(ringmill_loom)]
mod index;
#[cfg(ringmill_loom)]
mod log;
#[cfg(ringmill_loom)]
mod mpmc;
#[cfg(ringmill_loom)]
mod mpmc_alone;
#[cfg(ringmill_loom)]
mod mpmc_batch;
#[cfg(ringmill_loom)]
mod mpmc_force;
#[cfg(ringmill_loom)]
mod owned;
#[cfg(ringmill_loom)]
mod partition;
#[cfg(ringmill_loom)]
mod queue;
#[cfg(ringmill_loom)]
mod seat;
#[cfg(ringmill_loom)]
mod shard;
#[cfg(ringmill_loom)]
mod shared;
#[cfg(ringmill_loom)]
mod slot;
#[cfg(ringmill_loom)]
mod slot_extend;
#[cfg(ringmill_loom)]
mod slot_husk;
#[cfg(ringmill_loom)]
mod slot_twice;
#[cfg(ringmill_loom)]
mod spsc;
#[cfg(ringmill_loom)]
mod wait;

pub mod table;

/// A model and its name.
pub type Model = (&'static str, fn());

/// Every model, by name. Empty in a build without `--cfg ringmill_loom`.
pub fn all() -> Vec<Model> {
    #[cfg(ringmill_loom)]
    return [
        index::MODELS,
        mpmc_batch::MODELS,
        mpmc_force::MODELS,
        mpmc_alone::MODELS,
        mpmc::MODELS,
        spsc::MODELS,
        wait::MODELS,
        partition::MODELS,
        slot::MODELS,
        slot_husk::MODELS,
        slot_extend::MODELS,
        slot_twice::MODELS,
        shard::MODELS,
        shared::MODELS,
        dispatch::MODELS,
        log::MODELS,
        count::MODELS,
        alarm::MODELS,
        owned::MODELS,
        queue::MODELS,
        ffi::MODELS,
    ]
    .concat();
    #[cfg(not(ringmill_loom))]
    Vec::new()
}

/// Lists the functions of a file as the models of a group: what the labels of its structure begin
/// with.
#[cfg(ringmill_loom)]
macro_rules! models {
    ($group:literal: $($name:ident),* $(,)?) => {
        pub(crate) const MODELS: &[crate::Model] =
            &[$((concat!($group, "::", stringify!($name)), $name)),*];

        #[cfg(test)]
        mod tests {
            $(#[test] fn $name() { super::$name() })*
        }
    };
}
#[cfg(ringmill_loom)]
pub(crate) use models;

/// Runs a model in every interleaving within the bound: 3 preemptions, or `LOOM_MAX_PREEMPTIONS`.
#[cfg(ringmill_loom)]
fn check(model: impl Fn() + Send + Sync + 'static) {
    check_wide(0, model);
}

/// As [`check`], with `less` preemptions: for models of many threads, which have many more runs.
#[cfg(ringmill_loom)]
fn check_wide(less: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(builder.preemption_bound.unwrap_or(3).saturating_sub(less));
    builder.max_branches = 10_000;
    builder.check(model);
}

/// Repeats `attempt` until it succeeds, giving the others a turn in between.
///
/// Where that has taken three turns, loom goes on to the end of this run and looks for no variants
/// of it: two threads that wait for a third could be run in turn for ever.
#[cfg(ringmill_loom)]
fn until<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    for turn in 0.. {
        if let Some(result) = attempt() {
            return result;
        }
        if turn == 3 {
            loom::skip_branch();
        }
        loom::thread::yield_now();
    }
    unreachable!("the turns do not end")
}
