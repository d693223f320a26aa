//! Two threads that own a core each and never sleep: a message is seen after some tens of
//! nanoseconds, at the price of both cores.

use std::thread;
use std::time::Instant;

use ringmill::channel::{Strategy, channel};

const ROUNDS: u32 = 100_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cores = core_affinity::get_core_ids().ok_or("the cores of this machine cannot be told")?;
    let [one, other, ..] = cores[..] else {
        println!("one core: two threads that never sleep would only be in each other's way");
        return Ok(());
    };
    let (ask, asked) = channel(1)?;
    let (answer, answered) = channel(1)?;
    let (ask, asked) = (ask.with_strategy(Strategy::Spin), asked.with_strategy(Strategy::Spin));
    let (answer, answered) =
        (answer.with_strategy(Strategy::Spin), answered.with_strategy(Strategy::Spin));
    let echo = thread::spawn(move || {
        core_affinity::set_for_current(other);
        asked.iter().try_for_each(|n: u32| answer.send(n))
    });
    core_affinity::set_for_current(one);
    let start = Instant::now();
    for n in 0..ROUNDS {
        ask.send(n)?;
        assert_eq!(answered.recv()?, n);
    }
    println!("{} ns there and back", start.elapsed().as_nanos() / u128::from(ROUNDS));
    drop(ask);
    echo.join().unwrap()?;
    Ok(())
}
