//! S23: dates follow the wall clock, delays do not.

use std::time::Duration;

use ringmill::message::Message;

use crate::bench::{Backend, Bench, ms, secs, suite};

/// S23: a date comes when the wall clock shows it, to the nanosecond.
fn s23_a_date_is_never_early<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let nano = Duration::from_nanos(1);
    let date = bench.engine.clock().wall() + secs(100) + nano;
    bench.put(&producer, Message::new(1).at(date));
    for step in [secs(40), secs(60)] {
        bench.pass(step);
        bench.nothing(&consumer);
    }
    bench.pass(nano);
    assert_eq!(bench.take_all(&queue), [1]);
}

/// S23: set forward, the clock brings dates with it, and leaves delays and leases alone.
fn s23_dates_follow_a_clock_set_forward<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let wall = bench.engine.clock().wall();
    bench.put(&producer, Message::new(1).at(wall + secs(100)));
    bench.put(&producer, Message::new(2).at(wall + secs(300)));
    bench.put(&producer, Message::new(3).at(wall + secs(100)));
    bench.put(&producer, Message::new(4).after(secs(100)));
    assert!(bench.tick() <= secs(1), "a clock that is set is noticed within a second");
    bench.nothing(&consumer);
    bench.clock.step_wall_forward(secs(100));
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [1, 3]);
    bench.pass(secs(98));
    bench.nothing(&consumer);
    bench.pass(secs(1));
    assert_eq!(bench.take_all(&queue), [4]);
    bench.pass(secs(100));
    assert_eq!(bench.take_all(&queue), [2]);
    assert!(bench.tick() > secs(1), "nobody waits for a date any more");
}

/// S23: set back, it puts them off.
fn s23_dates_follow_a_clock_set_back<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let date = bench.engine.clock().wall() + secs(100);
    bench.put(&producer, Message::new(1).at(date));
    bench.put(&producer, Message::new(2).after(secs(100)));
    bench.nothing(&consumer);
    bench.clock.step_wall_back(secs(50));
    bench.pass(secs(100));
    assert_eq!(bench.take_all(&queue), [2]);
    bench.pass(secs(50) - ms(1));
    bench.nothing(&consumer);
    // By less than is noticed: it is the date that counts.
    bench.clock.step_wall_back(Duration::from_micros(500));
    bench.pass(ms(1));
    bench.nothing(&consumer);
    // And just before it is due, without a pass in between.
    bench.clock.step_wall_back(secs(7));
    bench.pass(ms(1));
    bench.nothing(&consumer);
    bench.pass(secs(7));
    assert_eq!(bench.take_all(&queue), [1]);
}

/// S23: put off to a date, and from a date to a delay.
fn s23_a_message_is_rescheduled_to_a_date<B: Backend>(bench: &Bench<B>) {
    let queue = bench.queue("q");
    let (producer, consumer) = (queue.producer(), queue.consumer());
    let wall = bench.engine.clock().wall();
    let (_, first) = bench.put(&producer, Message::new(1).after(secs(10)));
    let (_, second) = bench.put(&producer, Message::new(2).at(wall + secs(10)));
    queue.reschedule_at(&first, wall + secs(60)).expect("it waits");
    queue.reschedule(&second, secs(60)).expect("it waits");
    bench.clock.step_wall_forward(secs(30));
    bench.pass(secs(30));
    assert_eq!(bench.take_all(&queue), [1]);
    bench.pass(secs(30) - ms(1));
    bench.nothing(&consumer);
    bench.pass(ms(1));
    assert_eq!(bench.take_all(&queue), [2]);
    let (_, third) = bench.put(&producer, Message::new(3).after(secs(10)));
    queue.reschedule_at(&third, wall).expect("it waits");
    assert_eq!(bench.take_all(&queue), [3], "a date in the past is now");
    let far = wall + secs(20 * 365 * 86_400);
    let (_, fourth) = bench.put(&producer, Message::new(4).after(secs(10)));
    assert!(queue.reschedule_at(&fourth, far).is_err());
}

suite!(
    s23_a_date_is_never_early,
    s23_dates_follow_a_clock_set_forward,
    s23_dates_follow_a_clock_set_back,
    s23_a_message_is_rescheduled_to_a_date,
);
