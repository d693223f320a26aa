//! Jobs of three levels, more urgent ones than can be done: those go first, and still the others are
//! not for ever last, since they rise by a level for each minute that they wait. The time is that of
//! a clock which the program sets, so that an hour takes a moment.

use std::time::Duration;

use ringmill::clock::VirtualClock;
use ringmill::message::{Message, Priority};
use ringmill::queue::{Engine, Queue};

const LEVELS: [Priority; 3] = [Priority::LOW, Priority::NORMAL, Priority::CRITICAL];
const STEP: Duration = Duration::from_secs(60);

struct Job {
    name: &'static str,
    second: u32,
}

/// How many seconds the jobs of each level wait at most, if one can be done each second, an urgent
/// one comes each second, and others now and then.
fn an_hour(aging: bool) -> Result<[Option<u32>; 3], Box<dyn std::error::Error>> {
    let clock = VirtualClock::new();
    let engine = Engine::builder().clock(clock.clone()).manual().build();
    let jobs = Queue::<Job>::builder("jobs").engine(&engine).levels(&LEVELS).capacity(10_000);
    let jobs = if aging { jobs.aging_step(STEP) } else { jobs }.build()?;
    let (producer, consumer) = (jobs.producer(), jobs.consumer());
    let mut longest = [None; 3];
    for second in 0..3_600 {
        let put = |name, level| {
            let job = Message::new(Job { name, second }).priority(level);
            producer.enqueue(job).map(|_| ())
        };
        put("answer a customer", Priority::CRITICAL)?;
        if second % 60 == 0 {
            put("send an invoice", Priority::NORMAL)?;
        }
        if second % 300 == 0 {
            put("write a report", Priority::LOW)?;
        }
        let job = consumer.try_dequeue()?;
        let level = LEVELS.iter().position(|level| *level == job.priority()).expect("declared");
        if longest[level].is_none() && aging {
            println!("the first to {} waited for {} s", job.name, second - job.second);
        }
        longest[level] = longest[level].max(Some(second - job.second));
        job.ack()?;
        clock.advance(Duration::from_secs(1));
        engine.tick();
    }
    Ok(longest)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Urgent ones alone are as many as can be done.
    let [low, normal, critical] = an_hour(false)?;
    assert_eq!((low, normal, critical), (None, None, Some(0)));
    println!("without aging no report was written, and no invoice sent");

    // Two levels are above a report: it is among the urgent ones after three steps, and then those
    // go first that were there before. In an hour 72 jobs more came than could be done.
    let [low, normal, critical] = an_hour(true)?;
    let bound = |above: u32| (above + 1) * 60 + 72;
    assert!(low.is_some_and(|waited| waited <= bound(2)), "{low:?}");
    assert!(normal.is_some_and(|waited| waited <= bound(1)), "{normal:?}");
    assert!(critical.is_some_and(|waited| waited <= 72), "{critical:?}");
    Ok(())
}
