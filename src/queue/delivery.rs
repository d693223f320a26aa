//! A leased message, and the right to settle it.

use alloc::string::ToString;
use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::time::Duration;

use super::Shared;
use super::consumer::Consumer;
use super::core::Core;
use super::error::{SettleError, SettleErrorKind};
use super::into_inner::IntoInnerError;
use super::seat::Seat;
use super::settle::{Held, Verdict};
use super::signs::{Defer, Signs};
use crate::delivery::{Content, Count, ErrorClass, Lease, Tries};
use crate::message::{Death, Handle, MessageId, Priority, Receipt, Tag};

/// A message that a consumer has in hand: to be read in place, and to be settled.
///
/// Settling takes it by value, so that it is done once. Dropped without, it is released: handed out
/// again after the queue's [`release_delay`](super::QueueBuilder::release_delay), without an
/// attempt; dropped while its thread panics, it is a nack of class
/// [`Panic`](ErrorClass::Panic). Forgotten (`mem::forget`), it keeps its slot for as long as the
/// queue lives.
///
/// It borrows its consumer; [`detach`](Self::detach) makes one that does not.
#[must_use = "a delivery that is dropped is released, and handed out again"]
pub struct Delivery<'c, T: Content + ?Sized, M = Shared> {
    consumer: &'c Consumer<T, M>,
    seat: Seat<'c, T>,
    lease: Lease,
    tries: Tries,
}

/// A leased message that borrows nothing: for other threads, tasks, and whoever outlives the
/// consumer. Else as a [`Delivery`], and a little slower.
///
/// It is as `Sync` as what it holds:
///
/// ```compile_fail
/// fn shares<T: Sync>() {}
/// shares::<ringmill::queue::Detached<std::cell::Cell<u32>>>();
/// ```
#[must_use = "a delivery that is dropped is released, and handed out again"]
pub struct Detached<T: Content + ?Sized> {
    core: Arc<Core<T>>,
    group: u32,
    partition: u32,
    index: u32,
    lease: Lease,
    tries: Tries,
    consumer: u64,
    /// Who shares it between threads shares the content.
    content: PhantomData<T>,
}

/// A delivery that has no consumer for a moment.
pub(super) struct Parts {
    partition: u32,
    index: u32,
    lease: Lease,
    tries: Tries,
}

/// What deliveries of both kinds can tell and do. They have a method `parts` that gives the queue,
/// the place, the lease and what the message has been through.
macro_rules! delivery {
    () => {
        #[inline(always)]
        fn tag(&self) -> Option<&Tag> {
            // SAFETY: the holder of a lease is a reader, until it is dropped.
            unsafe { self.seat().shard.at(self.seat().index).tag() }
        }

        /// The message's name.
        pub fn id(&self) -> MessageId {
            MessageId::new(0, self.seat().partition, self.offset())
        }

        /// The message's partition.
        pub fn partition(&self) -> usize {
            self.seat().partition as usize
        }

        /// The message's place in its partition.
        pub fn offset(&self) -> u64 {
            self.seat().shard.at(self.seat().index).position()
        }

        /// The message's key.
        pub fn key(&self) -> Option<&[u8]> {
            self.tag().and_then(Tag::key)
        }

        /// The message's priority: one of those that the queue declares.
        pub fn priority(&self) -> Priority {
            self.core().priority(self.seat())
        }

        /// The message's headers, in their order.
        pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
            self.tag().into_iter().flat_map(Tag::headers)
        }

        /// The first header of this name.
        pub fn header(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
            let name = name.as_ref();
            self.headers().find(|(other, _)| *other == name).map(|(_, value)| value)
        }

        /// How the message died before, oldest first: where this is a dead-letter queue.
        pub fn history(&self) -> &[Death] {
            self.tag().map_or(&[], Tag::history)
        }

        /// How often its handling has failed before.
        pub fn attempts(&self) -> u32 {
            u32::from(self.tries.attempts)
        }

        /// How often it has been handed out, this time included.
        pub fn deliveries(&self) -> u32 {
            u32::from(self.lease.delivery())
        }

        /// What settles this delivery from elsewhere: [`Queue::settle`](super::Queue::settle).
        pub fn receipt(&self) -> Receipt {
            Receipt {
                queue: self.core().number,
                partition: self.seat().partition,
                slot: self.seat().index,
                group: self.seat().track.number(),
                lease: self.lease,
                tries: self.tries,
            }
        }

        /// Finds the message as long as it is there.
        pub fn handle(&self) -> Handle {
            Handle {
                queue: self.core().number,
                partition: self.seat().partition,
                slot: self.seat().index,
                generation: self.lease.generation(),
            }
        }

        /// Handled: the message is done with.
        ///
        /// # Errors
        ///
        /// [`SettleError`] if the lease was taken back, or settled by its receipt, or the queue was
        /// aborted; nothing has changed then.
        #[inline(always)]
        pub fn ack(self) -> Result<(), SettleError> {
            let this = ManuallyDrop::new(self);
            // Also if a destructor panics.
            let _forgotten = Defer(|| this.forget());
            let result = this.end_well();
            if result.is_err() {
                this.core().let_go(this.seat());
            }
            result
        }

        /// Handling failed, by an error of class [`System`](ErrorClass::System): tried again by the
        /// queue's [`retry`](super::QueueBuilder::retry) policy, or a dead letter.
        ///
        /// # Errors
        ///
        /// As [`ack`](Self::ack).
        pub fn nack(self) -> Result<(), SettleError> {
            self.nack_with(ErrorClass::System, "")
        }

        /// Handling failed by an error of this class; its text stands in the history of a dead
        /// letter.
        ///
        /// # Errors
        ///
        /// As [`ack`](Self::ack).
        pub fn nack_with(
            self,
            class: ErrorClass,
            text: impl fmt::Display,
        ) -> Result<(), SettleError> {
            let text = text.to_string();
            self.settle(Verdict::Nack { class, text: &text, after: None })
        }

        /// As [`nack`](Self::nack), with this delay in place of the policy's.
        ///
        /// # Errors
        ///
        /// As [`ack`](Self::ack).
        pub fn nack_after(self, delay: Duration) -> Result<(), SettleError> {
            let class = ErrorClass::System;
            self.settle(Verdict::Nack { class, text: "", after: Some(delay) })
        }

        /// Never to be handled: a dead letter now.
        ///
        /// # Errors
        ///
        /// As [`ack`](Self::ack).
        pub fn reject(self, why: impl fmt::Display) -> Result<(), SettleError> {
            let text = why.to_string();
            self.settle(Verdict::Reject(&text))
        }

        /// Not handled: handed out again at once, without an attempt.
        ///
        /// # Errors
        ///
        /// As [`ack`](Self::ack).
        pub fn release(self) -> Result<(), SettleError> {
            self.settle(Verdict::Release { at_once: true })
        }

        /// Not handled, and wanted later: handed out again after `delay`, without an attempt.
        ///
        /// # Errors
        ///
        /// As [`ack`](Self::ack).
        pub fn snooze(self, delay: Duration) -> Result<(), SettleError> {
            self.settle(Verdict::Snooze(delay))
        }

        /// Lets the lease last until `span` from now at least, the queue's
        /// [`max_lease`](super::QueueBuilder::max_lease) at most; never shorter than it would have.
        ///
        /// # Errors
        ///
        /// [`SettleError`] if the lease was taken back.
        pub fn extend(&self, span: Duration) -> Result<(), SettleError> {
            self.shows_life();
            self.core().extend(self.seat(), self.lease, span)
        }

        pub(super) fn settle(self, verdict: Verdict<'_>) -> Result<(), SettleError> {
            let this = ManuallyDrop::new(self);
            // Also if a destructor panics.
            let _forgotten = Defer(|| this.forget());
            let result = this.end(verdict, true);
            if result.is_err() {
                // Not the holder's to settle any more, but still to be let go of.
                this.core().let_go(this.seat());
            }
            result
        }

        fn give_up(&self) {
            let verdict = if std::thread::panicking() {
                Verdict::Nack { class: ErrorClass::Panic, text: "handler panicked", after: None }
            } else {
                Verdict::Release { at_once: false }
            };
            if self.end(verdict, false).is_err() {
                self.core().let_go(self.seat());
            }
        }
    };
}

impl<'c, T: Content + ?Sized, M> Delivery<'c, T, M> {
    #[inline(always)]
    pub(super) fn new(
        consumer: &'c Consumer<T, M>,
        seat: Seat<'c, T>,
        lease: Lease,
        tries: Tries,
    ) -> Self {
        Self { consumer, seat, lease, tries }
    }

    /// What it is made of, but for its consumer, who has to make it again.
    pub(super) fn into_parts(self) -> Parts {
        let this = ManuallyDrop::new(self);
        Parts {
            partition: this.seat.partition,
            index: this.seat.index,
            lease: this.lease,
            tries: this.tries,
        }
    }

    pub(super) fn from_parts(consumer: &'c Consumer<T, M>, parts: Parts) -> Self {
        let Parts { partition, index, lease, tries } = parts;
        let shard = consumer.core.used(partition as usize).expect("a message was leased from it");
        let track = shard.of(consumer.member_of).expect("a message was leased by the group");
        Self { consumer, seat: Seat { shard, track, partition, index }, lease, tries }
    }

    fn shows_life(&self) {
        self.consumer.extends();
    }

    #[inline(always)]
    fn core(&self) -> &Arc<Core<T>> {
        &self.consumer.core
    }

    #[inline(always)]
    fn seat(&self) -> Seat<'_, T> {
        self.seat
    }

    #[inline(always)]
    fn end_well(&self) -> Result<(), SettleError> {
        self.consumer.ack(self.seat, self.lease, self.tries)
    }

    #[inline(always)]
    fn end(&self, verdict: Verdict<'_>, minds: bool) -> Result<(), SettleError> {
        self.consumer.settle(self.seat, self.lease, self.tries, verdict, minds)
    }

    #[inline(always)]
    fn forget(&self) {}

    delivery!();

    /// The same, without the consumer: it keeps the queue's memory alive instead.
    pub fn detach(self) -> Detached<T> {
        let this = ManuallyDrop::new(self);
        Detached {
            core: Arc::clone(this.core()),
            group: this.consumer.member_of,
            partition: this.seat.partition,
            index: this.seat.index,
            lease: this.lease,
            tries: this.tries,
            consumer: this.consumer.number,
            content: PhantomData,
        }
    }

    /// Acks the message, and takes its payload out.
    ///
    /// # Errors
    ///
    /// [`IntoInnerError`], with the delivery: if somebody else reads the message (a browser, or a
    /// consumer whose lease was taken back), or the lease was taken back.
    pub fn into_inner(self) -> Result<T::Owned, IntoInnerError<'c, T, M>> {
        let core = Arc::clone(self.core());
        if core.signs.has(Signs::ABORTED) {
            return Err(IntoInnerError { kind: Some(SettleErrorKind::Closed), delivery: self });
        }
        if core.has_gone(self.seat) {
            let kind = Some(SettleErrorKind::StaleReceipt);
            return Err(IntoInnerError { kind, delivery: self });
        }
        let slot = self.seat.slot();
        match slot.settle_alone(self.lease) {
            Ok(Some(_)) => {
                let this = ManuallyDrop::new(self);
                // SAFETY: the word made this thread the owner of the slot, with its content.
                let message = unsafe { core.take_content(this.seat) };
                core.follow(this.seat);
                this.consumer.tally.add(Count::Acked, 1);
                if core.leave_behind(this.seat) {
                    core.free(this.seat.shard, &[this.seat.index]);
                }
                core.gone(this.seat);
                Ok(message.into_payload())
            }
            Ok(None) => Err(IntoInnerError { kind: None, delivery: self }),
            Err(refusal) => {
                self.consumer.tally.add(Count::Stale, 1);
                let kind = Some(refusal.into());
                Err(IntoInnerError { kind, delivery: self })
            }
        }
    }
}

impl<T: Content + ?Sized> Detached<T> {
    /// Whoever has it is not the consumer, and says nothing of its life.
    fn shows_life(&self) {}

    /// One that no consumer was handed.
    pub(super) fn of_nobody(
        core: &Arc<Core<T>>,
        seat: Seat<'_, T>,
        lease: Lease,
        tries: Tries,
    ) -> Self {
        Self {
            core: Arc::clone(core),
            group: seat.track.number(),
            partition: seat.partition,
            index: seat.index,
            lease,
            tries,
            consumer: 0,
            content: PhantomData,
        }
    }

    fn core(&self) -> &Arc<Core<T>> {
        &self.core
    }

    fn seat(&self) -> Seat<'_, T> {
        let shard = self.core.used(self.partition as usize).expect("a message was leased from it");
        let track = shard.of(self.group).expect("a message was leased by the group");
        Seat { shard, track, partition: self.partition, index: self.index }
    }

    fn end_well(&self) -> Result<(), SettleError> {
        self.end(Verdict::Ack, true)
    }

    fn end(&self, verdict: Verdict<'_>, minds: bool) -> Result<(), SettleError> {
        let held = Held {
            seat: self.seat(),
            lease: self.lease,
            tries: self.tries,
            consumer: self.consumer,
            reads: true,
            minds,
        };
        Ok(self.core.end_shared(&held, verdict)?)
    }

    /// What is left of it when it has been settled: its part in the queue's memory.
    fn forget(&self) {
        // SAFETY: it was settled by value, and is not used again; without this the count of the
        // queue would stay one too high.
        unsafe { Arc::decrement_strong_count(Arc::as_ptr(&self.core)) };
    }

    delivery!();
}

impl<T: Content + ?Sized, M> Deref for Delivery<'_, T, M> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the holder of a lease is a reader, until it is dropped.
        unsafe { self.seat.shard.at(self.seat.index).content() }
    }
}

impl<T: Content + ?Sized> Deref for Detached<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: as above.
        unsafe { self.seat().shard.at(self.index).content() }
    }
}

impl<T: Content + ?Sized, M> Drop for Delivery<'_, T, M> {
    #[cold]
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<T: Content + ?Sized> Drop for Detached<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<T: Content + ?Sized, M> fmt::Debug for Delivery<'_, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id())
            .field("deliveries", &self.deliveries())
            .finish_non_exhaustive()
    }
}

impl<T: Content + ?Sized> fmt::Debug for Detached<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detached")
            .field("id", &self.id())
            .field("deliveries", &self.deliveries())
            .finish_non_exhaustive()
    }
}
