//! The command `ringmill`, as its users run it: real programs, real failures.

mod bench;
mod coprocess;
mod exec;
mod input;
mod letters;
mod memory;
mod order;
mod pages;
mod stopping;
mod support;
