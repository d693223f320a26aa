//! Counts the words of a text over four partitions: each word has its own, so no count is shared.
//!
//! ```text
//! cargo run --example word_count -- README.md
//! ```

use std::collections::HashMap;
use std::thread;

use ringmill::partition::{ByKey, Key, Partitioned};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(std::env::args().nth(1).ok_or("which file?")?)?;
    let words = Partitioned::new(4, 1_024)?;
    let group = words.group();
    let counts: Vec<HashMap<&str, usize>> = thread::scope(|s| {
        let count = |_| {
            let mut mine = group.join();
            s.spawn(move || {
                let mut counts = HashMap::new();
                while let Ok(word) = mine.pop() {
                    *counts.entry(word).or_default() += 1;
                }
                counts
            })
        };
        let counters: Vec<_> = (0..4).map(count).collect();
        let mut producer = words.producer(ByKey(|word: &&str| word.key_hash()));
        text.split_whitespace().for_each(|word| _ = producer.push(word));
        words.close();
        counters.into_iter().map(|counter| counter.join().unwrap()).collect()
    });
    println!(
        "{} words, {} different",
        counts.iter().flat_map(HashMap::values).sum::<usize>(),
        counts.iter().map(HashMap::len).sum::<usize>()
    );
    Ok(())
}
