//! Three stages as tasks: numbers, their squares, the sum. Any runtime will do; this one is
//! `pollster`, a thread for each task.

use std::thread;

use pollster::block_on;
use ringmill::channel::{Receiver, RecvError, SendError, Sender, channel};

async fn produce(numbers: Sender<u64>) -> Result<(), SendError<u64>> {
    for n in 1..=1_000 {
        numbers.send_async(n).await?;
    }
    Ok(())
}

async fn square(numbers: Receiver<u64>, squares: Sender<u64>) -> Result<(), SendError<u64>> {
    while let Ok(n) = numbers.recv_async().await {
        squares.send_async(n * n).await?;
    }
    Ok(())
}

async fn sum(squares: Receiver<u64>) -> u64 {
    let mut sum = 0;
    loop {
        match squares.recv_async().await {
            Ok(square) => sum += square,
            Err(RecvError) => return sum, // all senders are gone
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (to_square, numbers) = channel(64)?;
    let (to_sum, squares) = channel(64)?;
    let producing = thread::spawn(|| block_on(produce(to_square)));
    let squaring = thread::spawn(|| block_on(square(numbers, to_sum)));
    let sum = block_on(sum(squares));
    producing.join().unwrap()?;
    squaring.join().unwrap()?;
    println!("the sum of the first 1,000 squares is {sum}");
    assert_eq!(sum, 333_833_500);
    Ok(())
}
