//! Recipes for [queues](crate::queue): one for each question that comes up. Documentation only.
//!
//! | question | recipe |
//! |---|---|
//! | How is a failed message tried again, later? | [Retry with back-off](#retry-with-back-off) |
//! | Where does it go when nothing helps, and how does it come back? | [Dead letters and redrive](#dead-letters-and-redrive) |
//! | How do the messages of one customer keep their order? | [Order by key](#order-by-key) |
//! | What if more comes than is worked off? | [Bounded memory](#bounded-memory) |
//! | What if a message is sent twice? | [Send once](#send-once) |
//! | What if the one who sends dies, and begins again? | [Numbered messages](#numbered-messages) |
//! | What if a message comes twice? | [Deduplicate by hand](#deduplicate-by-hand) |
//! | How does a process end without losing work? | [Shutdown](#shutdown) |
//! | How is it used from async code? | [Async](#async) |
//! | How does one consumer keep what belongs together? | [Partitions of one's own](#partitions-of-ones-own) |
//! | How is it made faster? | [Batches](#batches) |
//! | What about urgent messages? | [Priorities](#priorities) |
//! | How do several parts of a program get the same messages? | [Groups](#groups) |
//! | How is code with time-outs tested without sleeping? | [Testing with a virtual clock](#testing-with-a-virtual-clock) |
//! | How does a message go to another thread, to be settled there? | [Between threads](#between-threads) |
//! | How are bytes written without a copy? | [Bytes in place](#bytes-in-place) |
//! | How long may a handler take? | [Long work](#long-work) |
//! | How is a message found, or taken back? | [Look and cancel](#look-and-cancel) |
//!
//! Whole programs are in the `examples` folder: `task_queue`, `outbox`, `peak_shaving`,
//! `request_reply`, `shutdown`, `effectively_once`, `key_pipeline`, `priorities`,
//! `scheduler`, `event_bus`.
//!
//! # Retry with back-off
//!
//! The queue has a policy; a handler only says that it failed, and by what class of error. No
//! worker sleeps: the message waits, others are handled meanwhile.
//!
//! ```
//! use ringmill::queue::{ErrorClass, Jitter, Queue, Retry};
//! use std::time::Duration;
//!
//! let policy = Retry::exponential(Duration::from_millis(100), 2.0) // 100 ms, 200 ms, 400 ms, ...
//!     .max(8)
//!     .cap(Duration::from_secs(10))
//!     .jitter(Jitter::Full); // what failed together does not come back together
//! let jobs = Queue::<String>::builder("jobs").retry(policy).build()?;
//! jobs.producer().enqueue("resize 7.png".to_string())?;
//!
//! let consumer = jobs.consumer();
//! let job = consumer.dequeue()?;
//! match std::fs::read("/no/such/7.png") {
//!     Ok(_) => job.ack()?,
//!     Err(error) => job.nack_with(ErrorClass::System, error)?,
//!     // Or: `nack_after(delay)` if the error says when to come back; `reject(why)` if no retry
//!     // helps; `release()` or `snooze(delay)` if it did not fail, and somebody else shall do it.
//! }
//! assert_eq!((jobs.stats().nacked, jobs.stats().delayed), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Dead letters and redrive
//!
//! What is rejected, or has failed too often, goes to a queue for dead letters, with the history of
//! why. It is a queue as any other: read it, browse it, keep so many or so long. When the fault is
//! mended, send its messages back.
//!
//! ```
//! use ringmill::message::Reason;
//! use ringmill::queue::{Queue, Redrive};
//!
//! let orders = Queue::<&str>::builder("orders").dead_letters("orders.dead").build()?;
//! let dead = orders.dead_letters().ok_or("it was asked for")?;
//! orders.producer().enqueue("3 apples")?;
//! let consumer = orders.consumer();
//! consumer.dequeue()?.reject("apples are not sold here")?;
//!
//! for letter in dead.browse(|_| true) {
//!     let death = &letter.history()[0];
//!     assert_eq!((death.reason, &*death.text), (Reason::Rejected, "apples are not sold here"));
//! }
//! // Now they are.
//! let apples = Redrive::<&str>::new().filter(|letter| letter.contains("apples")).rate(100);
//! assert_eq!(dead.redrive(apples).moved, 1);
//! consumer.dequeue()?.ack()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Order by key
//!
//! Messages with one key go to one partition. With [`Order::Key`](crate::queue::Order::Key) at most
//! one message of a key is with a consumer, and the next comes when it is done with, through all its
//! retries; other keys go on meanwhile. Without it, first deliveries come in their order, and what
//! failed comes back later.
//!
//! ```
//! use ringmill::message::Message;
//! use ringmill::queue::{Order, Queue};
//!
//! let events = Queue::<&str>::builder("events").partitions(8).order(Order::Key).build()?;
//! let producer = events.producer();
//! for (key, event) in [("anna", "opened"), ("anna", "closed"), ("ben", "opened")] {
//!     producer.enqueue(Message::new(event).key(key))?;
//! }
//! let (one, other) = (events.consumer(), events.consumer());
//! let first = one.try_dequeue()?;
//! let second = other.try_dequeue()?;
//! assert_ne!(first.key(), second.key());
//! assert!(other.try_dequeue().is_err()); // Anna's account is not closed before it is open
//! first.ack()?;
//! second.ack()?;
//! assert_eq!(*other.try_dequeue()?, "closed");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Bounded memory
//!
//! Two bounds, never exceeded: messages by partition, and bytes in all. What happens at the bound is
//! the [`Overflow`](crate::queue::Overflow) policy: give the message back, wait, or let go of the
//! newest or the oldest.
//!
//! ```
//! use bytes::Bytes;
//! use ringmill::queue::{Overflow, Queue};
//! use std::time::Duration;
//!
//! let uploads = Queue::<[u8]>::builder("uploads")
//!     .capacity(1_000)
//!     .max_bytes(1 << 20)
//!     .overflow(Overflow::Block(Duration::from_millis(1)))
//!     .build()?;
//! let producer = uploads.producer();
//! let payload = Bytes::from(vec![0; 512 << 10]);
//! for _ in 0..2 {
//!     producer.enqueue(payload.clone())?;
//! }
//! let error = producer.enqueue(payload).expect_err("a third half does not fit");
//! assert!(error.is_full());
//! assert_eq!(error.into_message().payload().len(), 512 << 10); // nothing is lost
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Send once
//!
//! A producer that does not know whether its message was accepted sends it again. With an id of the
//! producer's own the queue knows it again, and tells the first one's name:
//! [`Dedup::window`](crate::queue::Dedup::window) remembers so many ids for so long;
//! [`Dedup::unique_until_settled`](crate::queue::Dedup::unique_until_settled) those of the messages
//! that are in the queue, for work that is to be waiting once only.
//!
//! ```
//! use ringmill::message::Message;
//! use ringmill::queue::{Dedup, EnqueueErrorKind, Enqueued, Queue};
//!
//! let rebuilds = Queue::<[u8]>::builder("rebuilds").dedup(Dedup::unique_until_settled()).build()?;
//! let producer = rebuilds.producer();
//! let rebuild = || Message::new("index.html".into()).dedup_id("index.html");
//! let first = producer.enqueue(rebuild())?;
//! assert_eq!(producer.enqueue(rebuild())?, Enqueued::Duplicate { id: first.id() });
//!
//! // The same id for something else is a mistake, and not taken for a repeat.
//! let other = Message::new("feed.xml".into()).dedup_id("index.html");
//! let error = producer.enqueue(other).expect_err("another payload");
//! assert!(matches!(error.kind(), EnqueueErrorKind::DedupConflict { .. }));
//!
//! rebuilds.consumer().dequeue()?.ack()?;
//! assert!(matches!(producer.enqueue(rebuild())?, Enqueued::Accepted { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Numbered messages
//!
//! Where messages have an order of their own (the lines of a file, the offsets of another queue), a
//! number takes the place of an id: an
//! [`IdempotentProducer`](crate::queue::IdempotentProducer) sends numbers 0, 1, 2, … once each, and
//! notices what was left out. Who begins again after a crash sends from the last number that it is
//! sure of, and whoever had the name before is fenced.
//!
//! ```
//! use ringmill::queue::{EnqueueErrorKind, Queue};
//!
//! let rows = Queue::<&str>::builder("rows").build()?;
//! let file = ["a", "b", "c"];
//! let import = rows.idempotent_producer("import of today");
//! for (number, row) in (0..).zip(&file[..2]) {
//!     import.enqueue_sequenced(number, *row)?;
//! }
//! // Somebody believes that it is dead, and starts another one.
//! let other = rows.idempotent_producer("import of today");
//! for (number, row) in (0..).zip(file) {
//!     other.enqueue_sequenced(number, row)?; // 0 and 1 are repeats
//! }
//! let late = import.enqueue_sequenced(2, file[2]).expect_err("it is fenced");
//! assert_eq!(late.kind(), EnqueueErrorKind::Fenced { epoch: 2 });
//! assert_eq!(rows.stats().accepted, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Deduplicate by hand
//!
//! Delivery is at least once: a message comes again if its handler died after the work and before
//! the ack. Make the work idempotent, or note what was done beside its effect. Inside a process,
//! [`MessageId`](crate::message::MessageId) tells one message's deliveries; across resends by a
//! producer, take a name of the producer's own.
//!
//! ```
//! use ringmill::message::Message;
//! use ringmill::queue::Queue;
//! use std::collections::HashSet;
//!
//! let payments = Queue::<u32>::builder("payments").build()?;
//! let producer = payments.producer();
//! for amount in [10, 10] { // sent twice: the first confirmation got lost
//!     producer.enqueue(Message::new(amount).header("payment-id", "p-77"))?;
//! }
//! let (mut paid, mut seen) = (0, HashSet::new());
//! let consumer = payments.consumer();
//! while let Ok(payment) = consumer.try_dequeue() {
//!     if seen.insert(payment.header("payment-id").map(<[u8]>::to_vec)) {
//!         paid += *payment;
//!     }
//!     payment.ack()?;
//! }
//! assert_eq!(paid, 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Shutdown
//!
//! [`close`](crate::queue::Queue::close) lets the work end by itself: producers are refused,
//! consumers get [`Closed`](crate::queue::DequeueError::Closed) when all is settled, retries
//! included. [`drain`](crate::queue::Queue::drain) has a deadline: nothing more is handed out, what
//! is in hand may be finished. [`abort`](crate::queue::Queue::abort) lets nothing more be settled.
//!
//! ```
//! use ringmill::queue::Queue;
//! use std::thread;
//!
//! let jobs = Queue::<u32>::builder("jobs").build()?;
//! thread::scope(|scope| {
//!     let consumer = jobs.consumer();
//!     let worker = scope.spawn(move || {
//!         let mut sum = 0;
//!         while let Ok(job) = consumer.dequeue() {
//!             sum += *job;
//!             job.ack().expect("the lease lasts for 30 s");
//!         }
//!         sum // closed, and all settled
//!     });
//!     let producer = jobs.producer();
//!     (1..=100).for_each(|job| drop(producer.enqueue(job)));
//!     jobs.close();
//!     assert_eq!(worker.join().expect("it does not panic"), 5_050);
//! });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Async
//!
//! Futures need no feature and no runtime of their own. Dropping one loses nothing. A delivery
//! borrows its consumer and stays with its thread: where the runtime moves tasks between threads,
//! [`detach`](crate::queue::Delivery::detach) it before the next `await`. With the feature `async`,
//! `into_stream` makes a consumer a `Stream` of detached deliveries.
//!
//! ```
//! use pollster::block_on;
//! use ringmill::queue::Queue;
//!
//! let jobs = Queue::<u32>::builder("jobs").build()?;
//! let (mut producer, mut consumer) = (jobs.producer(), jobs.consumer());
//! block_on(async {
//!     producer.enqueue_async(7).await?;
//!     let job = consumer.dequeue_async().await?.detach();
//!     assert_eq!(*job, 7);
//!     job.ack()?;
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Partitions of one's own
//!
//! A consumer that keeps something for its keys (a cache, a session, a file) wants the messages of
//! these keys for itself. With sticky assignment each partition belongs to one consumer of a group;
//! when one comes or goes, as few as can be move, and only those rest meanwhile.
//!
//! ```
//! use ringmill::message::Message;
//! use ringmill::queue::{Assignment, Queue};
//! use std::collections::HashMap;
//!
//! let scores = Queue::<u32>::builder("scores")
//!     .partitions(16)
//!     .assignment(Assignment::Sticky)
//!     .build()?;
//! let (left, right) = (scores.consumer(), scores.consumer());
//! let producer = scores.producer();
//! for points in 0..100 {
//!     producer.enqueue(Message::new(points).key(["ada", "bob", "cyd"][points as usize % 3]))?;
//! }
//! for consumer in [&left, &right] {
//!     let mut sums = HashMap::new(); // of its own keys, which no other consumer has
//!     while let Ok(score) = consumer.try_dequeue() {
//!         *sums.entry(score.key().map(<[u8]>::to_vec)).or_insert(0) += *score;
//!         score.ack()?;
//!     }
//!     assert_eq!(consumer.partitions().len(), 8);
//! }
//! assert!(scores.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Batches
//!
//! A batch costs one contended atomic operation for up to 32 messages. Each message has a lease and
//! an end of its own.
//!
//! ```
//! use ringmill::message::Message;
//! use ringmill::queue::Queue;
//! use std::time::{Duration, Instant};
//!
//! let rows = Queue::<u32>::builder("rows").build()?;
//! let mut batch: Vec<_> = (0..100).map(Message::new).collect();
//! assert_eq!(rows.producer().try_enqueue_batch(&mut batch)?, 100); // the rest would stay in it
//!
//! let consumer = rows.consumer();
//! let mut deliveries = Vec::new();
//! // 50 to 100 of them, but no longer than 10 ms.
//! let deadline = Instant::now() + Duration::from_millis(10);
//! consumer.dequeue_batch(50, 100, deadline, &mut deliveries)?;
//! let sum: u32 = deliveries.iter().map(|row| **row).sum();
//! let acked = consumer.ack_batch(deliveries);
//! assert_eq!((sum, acked.acked, acked.refused), (4_950, 100, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Priorities
//!
//! Declare the levels that there are; the highest goes first, and first-in first-out inside of each.
//! A flood of urgent messages makes the others wait: where they are not to, or each is to have room
//! of its own, take two queues, `try_dequeue` the urgent one first and wait at the other for a short
//! time only.
//!
//! ```
//! use ringmill::message::{Message, Priority};
//! use ringmill::queue::Queue;
//!
//! let levels = [Priority::NORMAL, Priority::CRITICAL];
//! let alarms = Queue::<&str>::builder("alarms").levels(&levels).build()?;
//! let producer = alarms.producer();
//! producer.enqueue("door open")?; // normal: what a message has that says nothing
//! producer.enqueue(Message::new("fire").priority(Priority::CRITICAL))?;
//! let consumer = alarms.consumer();
//! for what in ["fire", "door open"] {
//!     let alarm = consumer.dequeue()?;
//!     assert_eq!(*alarm, what);
//!     alarm.ack()?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Groups
//!
//! Every group gets every message; inside of a group, each goes to one consumer. A named group loses
//! nothing: while it is slow, the queue fills. Who may lose messages subscribes.
//!
//! ```
//! use ringmill::queue::{Queue, Slow};
//!
//! let orders = Queue::<u32>::builder("orders").group("billing").max_groups(4).build()?;
//! let screen = orders.subscribe(Slow::Lag)?; // loses the oldest when the others need the room
//! orders.producer().enqueue(7)?;
//!
//! orders.consumer().try_dequeue()?.ack()?; // the group "default", with which every queue is born
//! orders.group("billing")?.consumer()?.try_dequeue()?.nack()?; // tried again, for billing alone
//! screen.try_dequeue()?.ack()?;
//! assert_eq!(orders.group("billing")?.stats().delayed, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A dead letter of one group is a copy: its history says which group gave it up.
//!
//! # Testing with a virtual clock
//!
//! An engine without a thread, on a clock that the test owns: leases, back-off and retention happen
//! when the test says so, in microseconds and always alike.
//!
//! ```
//! use ringmill::clock::VirtualClock;
//! use ringmill::queue::{Engine, Queue, SettleErrorKind};
//! use std::time::Duration;
//!
//! let clock = VirtualClock::new();
//! let engine = Engine::builder().clock(clock.clone()).manual().build();
//! let jobs = Queue::<u32>::builder("jobs").engine(&engine).build()?; // leases of 30 s
//! jobs.producer().enqueue(7)?;
//! let (slow, other) = (jobs.consumer(), jobs.consumer());
//!
//! let job = slow.try_dequeue()?;
//! engine.tick(); // a lease counts from the first pass that sees it
//! clock.advance(Duration::from_secs(30));
//! engine.tick();
//! let again = other.try_dequeue()?; // it was taken back
//! assert_eq!((again.attempts(), again.deliveries()), (1, 2));
//! let error = job.ack().expect_err("too late");
//! assert_eq!(error.kind(), SettleErrorKind::StaleReceipt);
//! again.ack()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Between threads
//!
//! A [`Detached`](crate::queue::Detached) delivery goes anywhere, and is read and settled there. If
//! only the right to settle is to travel, take a [`Receipt`](crate::message::Receipt): a plain value.
//!
//! ```
//! use ringmill::queue::{Queue, Settlement};
//! use std::thread;
//!
//! let jobs = Queue::<String>::builder("jobs").build()?;
//! let producer = jobs.producer();
//! producer.enqueue("one".to_string())?;
//! producer.enqueue("two".to_string())?;
//! let consumer = jobs.consumer();
//!
//! let job = consumer.dequeue()?.detach();
//! let worker = thread::spawn(move || {
//!     println!("{} is being done", *job);
//!     job.ack()
//! });
//! worker.join().expect("it does not panic")?;
//!
//! let job = consumer.dequeue()?;
//! let receipt = job.receipt();
//! let queue = jobs.clone();
//! thread::spawn(move || queue.settle(&receipt, Settlement::Ack)).join().expect("as above")?;
//! assert_eq!(*job, "two"); // settled, and still to be read
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Bytes in place
//!
//! A queue of `[u8]` keeps payloads up to its `inline` limit in their slots. `reserve` gives the
//! room to write into: no buffer, no copy. Longer payloads are [`Bytes`](crate::queue::Bytes), which
//! are passed on, not copied.
//!
//! ```
//! use ringmill::queue::Queue;
//!
//! let frames = Queue::<[u8]>::builder("frames").inline(256).build()?;
//! let producer = frames.producer();
//! let mut frame = producer.reserve(12, Some(b"camera 1"))?;
//! frame[..4].copy_from_slice(&7_u32.to_le_bytes());
//! frame[4..].copy_from_slice(b"pictures");
//! frame.commit()?; // dropped without, it would leave nothing
//!
//! let consumer = frames.consumer();
//! let frame = consumer.dequeue()?;
//! assert_eq!(&frame[4..], b"pictures"); // read in the slot
//! frame.ack()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Long work
//!
//! Take a lease for what the work usually takes, and extend it while it goes on: then a worker that
//! dies is noticed soon, and one that lives keeps its message.
//!
//! ```
//! use ringmill::queue::Queue;
//! use std::time::Duration;
//!
//! let videos = Queue::<Vec<u32>>::builder("videos").lease(Duration::from_secs(10)).build()?;
//! videos.producer().enqueue(vec![1, 2, 3])?;
//! let consumer = videos.consumer();
//! let video = consumer.dequeue()?;
//! for _picture in &*video {
//!     video.extend(Duration::from_secs(10))?; // from now on; refused if it was taken back
//!     // ... work for a second or two ...
//! }
//! video.ack()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Look and cancel
//!
//! The handle that `enqueue` returns finds the message for free, as long as it is there.
//!
//! ```
//! use ringmill::queue::{MessageState, Queue};
//!
//! let mails = Queue::<&str>::builder("mails").build()?;
//! let handle = mails.producer().enqueue("hello")?.handle().ok_or("it was dropped")?;
//! let state = mails.inspect(&handle).map(|mail| mail.state());
//! assert_eq!(state, Some(MessageState::Ready));
//! mails.cancel(&handle)?;
//! assert!(mails.inspect(&handle).is_none() && mails.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
