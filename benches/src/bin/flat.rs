//! `flat`: what an operation of a queue costs behind a small and behind a large backlog.

use std::{env, hint::black_box, process::Command, process::ExitCode, time::Instant};

use ringmill::queue::{Consumer, Engine, Producer, Queue};
use ringmill_benches::statistics::median;

const HELP: &str = "\
flat: nanoseconds (and instructions, by valgrind --tool=callgrind) of enqueue, dequeue and ack
behind a backlog of 10^5 and of 10^7 messages

  --small N       the small backlog (100,000)
  --large N       the large one (10,000,000: 2.5 GB)
  --instructions  count them too: some minutes
  --run N COUNT   fill up to N, then do COUNT of each: what is counted
";

/// Operations in a round.
const COUNT: usize = 20_000;
const ROUNDS: usize = 41;

type Message = [u8; 64];

/// A queue with a backlog.
struct Filled {
    producer: Producer<Message>,
    consumer: Consumer<Message>,
    _open: (Engine, Queue<Message>),
}

impl Filled {
    fn new(backlog: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let engine = Engine::builder().manual().build();
        let capacity = backlog + 2 * COUNT;
        let queue = Queue::<Message>::builder("flat").engine(&engine).capacity(capacity).build()?;
        let (producer, consumer) = (queue.producer(), queue.consumer());
        for _ in 0..backlog {
            if producer.try_enqueue([7; 64]).is_err() {
                return Err("no room for the backlog".into());
            }
        }
        Ok(Self { producer, consumer, _open: (engine, queue) })
    }

    /// Nanoseconds of enqueue, dequeue and ack, each on its own, `count` times.
    fn round(&self, count: usize) -> [f64; 3] {
        let mut deliveries = Vec::with_capacity(count);
        let timed = |work: &mut dyn FnMut()| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e9 / count as f64
        };
        let enqueue = timed(&mut || {
            for _ in 0..count {
                assert!(self.producer.try_enqueue(black_box([7; 64])).is_ok());
            }
        });
        let dequeue = timed(&mut || {
            for _ in 0..count {
                deliveries.push(self.consumer.try_dequeue().expect("there is a message"));
            }
        });
        let ack = timed(&mut || {
            for delivery in deliveries.drain(..) {
                assert!(delivery.ack().is_ok());
            }
        });
        [enqueue, dequeue, ack]
    }
}

fn main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            ExitCode::FAILURE
        }
    }
}

fn work() -> Result<(), Box<dyn std::error::Error>> {
    use lexopt::prelude::*;
    let (mut small, mut large, mut instructions) = (100_000, 10_000_000, false);
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("small") => small = parser.value()?.parse()?,
            Long("large") => large = parser.value()?.parse()?,
            Long("instructions") => instructions = true,
            Long("run") => {
                let (backlog, count) = (parser.value()?.parse()?, parser.value()?.parse()?);
                Filled::new(backlog)?.round(count);
                return Ok(());
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    let queues = [Filled::new(small)?, Filled::new(large)?];
    let mut times = [[const { Vec::new() }; 3], [const { Vec::new() }; 3]];
    for _ in 0..ROUNDS {
        for (queue, times) in queues.iter().zip(&mut times) {
            for (time, times) in queue.round(COUNT).into_iter().zip(times) {
                times.push(time);
            }
        }
    }
    println!("| operation | {small} | {large} | ratio |\n|---|---:|---:|---:|");
    for (at, name) in ["enqueue", "dequeue", "ack"].into_iter().enumerate() {
        let [few, many] = [0, 1].map(|queue: usize| median(&times[queue][at]));
        println!("| {name}, ns | {few:.1} | {many:.1} | {:.2} |", many / few);
    }
    if instructions {
        let [few, many] = [counted(small)?, counted(large)?];
        println!("| all three, instructions | {few:.1} | {many:.1} | {:.3} |", many / few);
    }
    Ok(())
}

/// Instructions of one enqueue, dequeue and ack together behind a backlog.
fn counted(backlog: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let count = |count: usize| -> Result<f64, Box<dyn std::error::Error>> {
        let out = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe()?)
            .args(["--run", &backlog.to_string(), &count.to_string()])
            .output()?;
        let report = String::from_utf8_lossy(&out.stderr);
        let collected = report.lines().find_map(|line| line.split("Collected :").nth(1));
        Ok(collected.ok_or("valgrind did not count")?.trim().parse()?)
    };
    Ok((count(COUNT)? - count(COUNT / 4)?) / (COUNT - COUNT / 4) as f64)
}
