//! Queues: what is handed out by value, and what becomes of it.

use super::*;

const SECOND: i64 = 1_000_000_000;

/// An engine whose time stands still, a queue of it, and both of its ends.
pub(super) struct World {
    pub(super) engine: *mut ringmill_engine,
    pub(super) queue: *mut ringmill_queue,
    pub(super) producer: *mut ringmill_queue_producer,
    pub(super) consumer: *mut ringmill_queue_consumer,
}

impl World {
    pub(super) fn new(change: impl FnOnce(&mut ringmill_queue_options)) -> Self {
        // SAFETY: there is room for everything, and handles are alive.
        unsafe {
            let (status, mut options) = written(|out| {
                ringmill_engine_options_init(size_of::<ringmill_engine_options>(), out)
            });
            assert_eq!(status, Status::Ok);
            options.flags = RINGMILL_ENGINE_MANUAL | RINGMILL_ENGINE_VIRTUAL_CLOCK;
            let (status, engine) = written(|out| ringmill_engine_new(&raw const options, out));
            assert_eq!(status, Status::Ok, "{}", message());
            let (status, mut options) = written(|out| {
                ringmill_queue_options_init(size_of::<ringmill_queue_options>(), out)
            });
            assert_eq!(status, Status::Ok);
            options.dead_letters = c"jobs.dead".as_ptr();
            change(&mut options);
            let name = c"jobs".as_ptr();
            let (status, queue) =
                written(|out| ringmill_queue_new(engine, name, &raw const options, out));
            assert_eq!(status, Status::Ok, "{}", message());
            let (status, producer) = written(|out| ringmill_queue_producer_new(queue, out));
            assert_eq!(status, Status::Ok);
            let (status, consumer) = written(|out| ringmill_queue_consumer_new(queue, out));
            assert_eq!(status, Status::Ok);
            Self { engine, queue, producer, consumer }
        }
    }

    pub(super) fn put(&self, payload: &[u8]) -> ringmill_enqueued {
        let message = message_of(payload);
        // SAFETY: the handles are alive.
        let (status, enqueued) =
            written(|out| unsafe { ringmill_enqueue(self.producer, &raw const message, out) });
        assert_eq!(status, Status::Ok, "{}", super::message());
        enqueued
    }

    pub(super) fn take(&self) -> Result<ringmill_delivery, Status> {
        // SAFETY: the handles are alive.
        match written(|out| unsafe { ringmill_dequeue(self.consumer, 0, out) }) {
            (Status::Ok, delivery) => Ok(delivery),
            (status, delivery) => {
                assert!(delivery.payload.is_null());
                Err(status)
            }
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&self, ns: i64) {
        // SAFETY: the handles are alive.
        unsafe {
            assert_eq!(ringmill_engine_advance(self.engine, ns), Status::Ok);
            assert_eq!(ringmill_engine_tick(self.engine, ptr::null_mut()), Status::Ok);
        }
    }

    pub(super) fn len(&self) -> u64 {
        // SAFETY: the handles are alive.
        unsafe { ringmill_queue_len(self.queue) }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // SAFETY: the last use.
        unsafe {
            ringmill_queue_producer_free(self.producer);
            ringmill_queue_consumer_free(self.consumer);
            ringmill_queue_free(self.queue);
            ringmill_engine_free(self.engine);
        }
    }
}

/// A message with this payload.
pub(super) fn message_of(payload: &[u8]) -> ringmill_message {
    ringmill_message {
        payload: payload.as_ptr().cast(),
        payload_len: payload.len(),
        key: ptr::null(),
        key_len: 0,
        headers: ptr::null(),
        headers_count: 0,
        delay_ns: 0,
        due_at_ns: 0,
        ttl_ns: 0,
        dedup_id: ptr::null(),
        dedup_id_len: 0,
        priority: 0,
        flags: 0,
    }
}

/// What a delivery's pointers show.
pub(super) fn payload(delivery: &ringmill_delivery) -> &[u8] {
    // SAFETY: it was not let go of.
    unsafe { core::slice::from_raw_parts(delivery.payload.cast(), delivery.payload_len) }
}

#[test]
fn a_message_is_read_in_place_and_acked_once() {
    let world = World::new(|options| options.capacity = 1);
    let enqueued = world.put(b"one");
    assert!(enqueued.accepted);
    let delivery = world.take().expect("there is one");
    assert_eq!(payload(&delivery), b"one");
    assert_eq!((delivery.id, delivery.attempts, delivery.deliveries), (enqueued.id, 0, 1));
    assert!(delivery.key.is_null());
    let copy = delivery;
    // SAFETY: the handles are alive.
    unsafe {
        assert_eq!(ringmill_ack(world.consumer, &raw const delivery), Status::Ok);
        for _ in 0..3 {
            assert_eq!(ringmill_ack(world.consumer, &raw const copy), Status::AlreadySettled);
            let again = ringmill_nack(world.consumer, &raw const copy, 0, ptr::null());
            assert_eq!(again, Status::AlreadySettled);
            assert_eq!(ringmill_let_go(world.consumer, &raw const copy), Status::AlreadySettled);
        }
        assert_eq!(world.len(), 0);
        // Its slot goes on to the next message, which an old copy does not touch.
        world.put(b"two");
        let next = world.take().expect("there is one");
        assert_eq!(
            ringmill_reject(world.consumer, &raw const copy, ptr::null()),
            Status::StaleReceipt
        );
        assert_eq!(payload(&next), b"two");
        assert_eq!(ringmill_ack(world.consumer, &raw const next), Status::Ok);
    }
}

#[test]
fn a_reader_whose_lease_ended_is_let_go_of_once() {
    let world = World::new(|options| {
        options.lease_ns = SECOND;
        options.capacity = 1;
    });
    world.put(b"slow");
    let slow = world.take().expect("there is one");
    for _ in 0..8 {
        world.pass(SECOND / 4);
    }
    let fast = world.take().expect("it was taken back");
    assert_eq!((fast.deliveries, fast.attempts), (2, 1));
    // SAFETY: the handles are alive.
    unsafe {
        assert_eq!(ringmill_ack(world.consumer, &raw const fast), Status::Ok);
        // The slot is the slow one's.
        assert_eq!(payload(&slow), b"slow");
        let full = message_of(b"next");
        let tried = |out| ringmill_enqueue(world.producer, &raw const full, out);
        assert_eq!(written(tried).0, Status::Full);
        let copy = slow;
        assert_eq!(ringmill_ack(world.consumer, &raw const slow), Status::StaleReceipt);
        for _ in 0..3 {
            assert_eq!(ringmill_ack(world.consumer, &raw const copy), Status::StaleReceipt);
            assert_eq!(ringmill_let_go(world.consumer, &raw const copy), Status::StaleReceipt);
        }
        assert_eq!(written(tried).0, Status::Ok);
        let next = world.take().expect("there is one");
        assert_eq!(ringmill_ack(world.consumer, &raw const copy), Status::StaleReceipt);
        assert_eq!(payload(&next), b"next");
        assert_eq!(ringmill_release(world.consumer, &raw const next), Status::Ok);
        assert_eq!(ringmill_release(world.consumer, &raw const next), Status::AlreadySettled);
        let again = world.take().expect("it was released");
        assert_eq!(ringmill_release(world.consumer, &raw const next), Status::StaleReceipt);
        assert_eq!(ringmill_let_go(world.consumer, &raw const again), Status::Ok);
    }
}

#[test]
fn a_receipt_settles_and_the_holder_reads_on() {
    let world = World::new(|options| options.capacity = 1);
    for settlement in RINGMILL_SETTLE_ACK..=RINGMILL_SETTLE_RELEASE {
        world.put(b"held");
        let delivery = world.take().expect("there is one");
        // SAFETY: the handles are alive.
        unsafe {
            let receipt = &raw const delivery.receipt;
            assert_eq!(ringmill_queue_settle(world.queue, receipt, settlement), Status::Ok);
            assert_ne!(ringmill_queue_settle(world.queue, receipt, settlement), Status::Ok);
            assert_eq!(payload(&delivery), b"held");
            assert_eq!(ringmill_let_go(world.consumer, &raw const delivery), Status::Ok);
            assert_ne!(ringmill_let_go(world.consumer, &raw const delivery), Status::Ok);
            world.pass(10 * SECOND);
            if let Ok(again) = world.take() {
                assert_eq!(ringmill_ack(world.consumer, &raw const again), Status::Ok);
            }
        }
    }
    assert_eq!(world.len(), 0);
}

#[test]
fn what_is_made_up_or_of_another_queue_settles_nothing() {
    let (world, other) = (World::new(|_| {}), World::new(|_| {}));
    world.put(b"mine");
    other.put(b"theirs");
    let (mine, theirs) = (world.take().expect("one"), other.take().expect("one"));
    // SAFETY: the handles are alive.
    unsafe {
        assert_eq!(ringmill_ack(other.consumer, &raw const mine), Status::NotFound);
        assert_eq!(ringmill_ack(world.consumer, &raw const theirs), Status::NotFound);
        let receipt = &raw const mine.receipt;
        let settled = ringmill_queue_settle(other.queue, receipt, RINGMILL_SETTLE_ACK);
        assert_eq!(settled, Status::NotFound);
        for word in 0..5 {
            let mut forged = mine;
            let receipt = &mut forged.receipt;
            let words = [
                &mut receipt.queue,
                &mut receipt.place,
                &mut receipt.lease,
                &mut receipt.more,
                &mut receipt.check,
            ];
            *words.into_iter().nth(word).expect("one of five") ^= 1;
            let refused = Status::InvalidArgument;
            assert_eq!(ringmill_ack(world.consumer, &raw const forged), refused);
            assert_eq!(ringmill_extend(world.consumer, &raw const forged, SECOND), refused);
            let receipt = &raw const forged.receipt;
            let settled = ringmill_queue_settle(world.queue, receipt, RINGMILL_SETTLE_ACK);
            assert_eq!(settled, refused);
        }
        assert_eq!(ringmill_ack(world.consumer, &raw const mine), Status::Ok);
        assert_eq!(ringmill_ack(other.consumer, &raw const theirs), Status::Ok);
    }
}

#[test]
fn headers_are_those_of_a_delivery_that_is_held() {
    let world = World::new(|_| {});
    let header = |name: &'static [u8], value: &'static [u8]| ringmill_header {
        name: name.as_ptr().cast(),
        name_len: name.len(),
        value: value.as_ptr().cast(),
        value_len: value.len(),
    };
    let headers = [header(b"trace", b"1"), header(b"from", b"web"), header(b"trace", b"2")];
    let key = b"customer";
    let full = ringmill_message {
        headers: headers.as_ptr(),
        headers_count: 3,
        key: key.as_ptr().cast(),
        key_len: key.len(),
        ..message_of(b"with headers")
    };
    // SAFETY: the handles are alive.
    unsafe {
        let (status, _) = written(|out| ringmill_enqueue(world.producer, &raw const full, out));
        assert_eq!(status, Status::Ok);
        let delivery = world.take().expect("one");
        assert_eq!((delivery.headers_count, delivery.key_len), (3, key.len()));
        let value = |header: ringmill_header| {
            core::slice::from_raw_parts(header.value.cast::<u8>(), header.value_len)
        };
        let at = |index, delivery: &ringmill_delivery| {
            written(|out| ringmill_delivery_header(world.consumer, delivery, index, out))
        };
        assert_eq!(value(at(2, &delivery).1), b"2");
        assert_eq!(at(3, &delivery).0, Status::NotFound);
        let find = |name: &[u8], delivery: &ringmill_delivery| {
            let (name, len) = (name.as_ptr().cast(), name.len());
            written(|out| ringmill_delivery_find_header(world.consumer, delivery, name, len, out))
        };
        assert_eq!(value(find(b"trace", &delivery).1), b"1");
        assert_eq!(find(b"none", &delivery).0, Status::NotFound);
        assert_eq!(ringmill_ack(world.consumer, &raw const delivery), Status::Ok);
        assert_eq!(at(0, &delivery).0, Status::StaleReceipt);
    }
}

#[test]
fn room_is_committed_or_cancelled_once() {
    let world = World::new(|_| {});
    for len in [0, 5, 64, 1_000] {
        // SAFETY: the handles are alive.
        unsafe {
            let reserve = || written(|out| ringmill_reserve(world.producer, len, ptr::null(), out));
            let (status, slot) = reserve();
            assert_eq!((status, slot.len), (Status::Ok, len));
            slot.data.cast::<u8>().write_bytes(7, len);
            let commit =
                |slot: &ringmill_slot| written(|out| ringmill_commit(world.producer, slot, out));
            let forged = ringmill_slot { token: slot.token + 1, ..slot };
            assert_eq!(commit(&forged).0, Status::InvalidArgument);
            assert_eq!(world.len(), 0);
            assert_eq!(commit(&slot).0, Status::Ok);
            assert_eq!(commit(&slot).0, Status::InvalidArgument);
            let cancelled = ringmill_cancel(world.producer, &raw const slot);
            assert_eq!(cancelled, Status::InvalidArgument);
            let delivery = world.take().expect("one");
            assert_eq!(payload(&delivery), std::vec![7; len]);
            assert_eq!(ringmill_ack(world.consumer, &raw const delivery), Status::Ok);
            let (_, slot) = reserve();
            assert_eq!(ringmill_cancel(world.producer, &raw const slot), Status::Ok);
            assert_eq!(world.take().map(drop), Err(Status::Empty));
        }
    }
    // One that is open is given up with its producer.
    // SAFETY: the handles are alive.
    let open = written(|out| unsafe { ringmill_reserve(world.producer, 9, ptr::null(), out) });
    assert_eq!(open.0, Status::Ok);
}

#[test]
fn batches_are_put_in_and_taken_out() {
    let world = World::new(|options| {
        options.capacity = 40;
        options.flags = RINGMILL_QUEUE_EXACT_CAPACITY;
    });
    let texts: std::vec::Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let messages: std::vec::Vec<_> = texts.iter().map(|text| message_of(text.as_bytes())).collect();
    // SAFETY: the handles are alive.
    unsafe {
        let all = messages.as_ptr();
        let (status, accepted) =
            written(|out| ringmill_enqueue_batch(world.producer, all, 50, 0, out));
        assert_eq!((status, accepted), (Status::Full, 40));
        let mut taken = [ringmill_delivery::NONE; 64];
        let (mut seen, mut acked) = (0, 0);
        while seen < 40 {
            let room = taken.as_mut_ptr();
            let (status, count) =
                written(|out| ringmill_dequeue_batch(world.consumer, 1, 64, 0, room, out));
            assert_eq!(status, Status::Ok);
            for delivery in &taken[..count] {
                assert_eq!(payload(delivery), texts[seen].as_bytes());
                seen += 1;
            }
            let some = taken.as_ptr();
            let (status, done) =
                written(|out| ringmill_ack_batch(world.consumer, some, count, out));
            assert_eq!((status, done), (Status::Ok, count));
            acked += done;
            let (status, done) =
                written(|out| ringmill_ack_batch(world.consumer, some, count, out));
            assert_eq!((status, done), (Status::AlreadySettled, 0));
        }
        assert_eq!((acked, world.len()), (40, 0));
    }
}

#[test]
fn a_delivery_outlives_its_consumer_and_the_queue() {
    let world = World::new(|_| {});
    world.put(&[42; 500]);
    let delivery = world.take().expect("one");
    drop(world);
    assert_eq!(payload(&delivery), [42; 500]);
}

#[test]
fn another_consumer_settles_what_a_freed_one_handed_out() {
    let mut world = World::new(|_| {});
    world.put(b"left");
    let delivery = world.take().expect("one");
    // SAFETY: the handles are alive.
    unsafe {
        ringmill_queue_consumer_free(world.consumer);
        world.consumer = written(|out| ringmill_queue_consumer_new(world.queue, out)).1;
        assert_eq!(payload(&delivery), b"left");
        assert_eq!(ringmill_ack(world.consumer, &raw const delivery), Status::Ok);
    }
    assert_eq!(world.len(), 0);
}
