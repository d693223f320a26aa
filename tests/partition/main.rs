//! Partitions: which one a value goes to, order within them, waiting, closing, changing hands.

mod choice;
mod groups;
mod order;
mod waiting;
