//! Counts the words of a text over four partitions: each word has its own, so no count is shared.
//!
//! ```text
//! cargo run --example word_count -- README.md
//! ```

use std::{collections::HashMap, thread};

use ringmill::partition::{ByKey, Key, Partitioned};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(std::env::args().nth(1).ok_or("which file?")?)?;
    let words = Partitioned::new(4, 1_024)?;
    thread::scope(|s| {
        for partition in 0..4 {
            let mut consumer = words.consumer_of([partition])?;
            s.spawn(move || {
                let mut counts = HashMap::new();
                while let Ok(word) = consumer.pop() {
                    *counts.entry(word).or_insert(0) += 1;
                }
                counts.iter().for_each(|(word, count)| println!("{count:6} {word}"));
            });
        }
        let mut producer = words.producer(ByKey(|word: &&str| word.key_hash()));
        text.split_whitespace().for_each(|word| _ = producer.push(word));
        words.close();
        Ok(())
    })
}
