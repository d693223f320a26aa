//! How a delivery ends: what the policy makes of what its holder says.

use core::time::Duration;

use super::core::Core;
use super::dead::Obituary;
use super::error::SettleErrorKind;
use super::seat::Seat;
use super::signs::{Defer, Signs};
use crate::clock::nanos;
use crate::delivery::{
    Content, Count, Counters, Ending, ErrorClass, Lease, Refusal, State, Tries, Why, Word, mono,
};
use crate::message::Reason;

/// What the holder says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict<'a> {
    Ack,
    /// Handling failed.
    Nack {
        class: ErrorClass,
        text: &'a str,
        after: Option<Duration>,
    },
    /// Never to be tried again.
    Reject(&'a str),
    /// Not handled; at once, or after the delay that releases have.
    Release {
        at_once: bool,
    },
    /// Not handled, and wanted later.
    Snooze(Duration),
    /// Not handled, and to be asked for.
    Defer,
}

/// A lease that is being ended.
pub(super) struct Held<'a, C: Content + ?Sized> {
    pub(super) seat: Seat<'a, C>,
    pub(super) lease: Lease,
    pub(super) tries: Tries,
    /// The consumer's number; 0 for nobody.
    pub(super) consumer: u64,
    /// Whether the holder lets go of the content too.
    pub(super) reads: bool,
    /// Whether the caller minds if the lease is not his any more.
    pub(super) minds: bool,
}

/// What becomes of the message.
struct Fate {
    ending: Ending,
    tries: Tries,
    /// For how long it waits.
    delay: Duration,
}

impl<C: Content + ?Sized> Core<C> {
    /// Ends a lease. `random` is for the jitter; `free` gets the slot if it is free then.
    ///
    /// # Errors
    ///
    /// If the lease is not the holder's any more; nothing has changed then, and he lets go of the
    /// content himself.
    #[inline(always)]
    pub(super) fn end(
        &self,
        held: &Held<'_, C>,
        verdict: Verdict<'_>,
        tally: &Counters,
        random: impl FnOnce() -> u64,
        free: impl FnMut(u32),
    ) -> Result<(), SettleErrorKind> {
        if self.signs.has(Signs::ABORTED) {
            return Err(SettleErrorKind::Closed);
        }
        if self.has_gone(held.seat) {
            return Err(self.refused(held, Refusal::Stale, tally));
        }
        match verdict {
            Verdict::Ack => self.ack(held, tally, free),
            verdict => self.give_up(held, verdict, tally, random()),
        }
    }

    #[inline(always)]
    fn ack(
        &self,
        held: &Held<'_, C>,
        tally: &Counters,
        free: impl FnMut(u32),
    ) -> Result<(), SettleErrorKind> {
        let Held { seat, lease, reads, .. } = *held;
        if seat.track.is_dispatched() {
            return self.ack_in_order(held, tally, free);
        }
        let acked = self.ack_plain(seat, lease, reads, tally, free);
        acked.map_err(|refusal| self.refused(held, refusal, tally))
    }

    /// As [`ack`](Self::ack), where no other message waits for this one, and the queue was not
    /// aborted.
    #[inline(always)]
    pub(super) fn ack_plain(
        &self,
        seat: Seat<'_, C>,
        lease: Lease,
        reads: bool,
        tally: &Counters,
        mut free: impl FnMut(u32),
    ) -> Result<(), Refusal> {
        let (word, owned) = if self.simple && reads {
            // One group has the slot: its words are the slot's own.
            let word = seat.shard.at(seat.index).settle(lease, Ending::Ack, true)?;
            (word, word.is_owned())
        } else {
            let word = self.end_lease(seat, lease, Ending::Ack, reads)?;
            (word, seat.owns(word))
        };
        if const { core::mem::needs_drop::<C::Owned>() } {
            // Before the destructor, which may panic, and after which the slot is free.
            let _acked = Defer(|| self.acked(seat, owned, tally, &mut free));
            if owned {
                self.empty(seat, word);
            }
        } else {
            if owned {
                self.empty(seat, word);
            }
            self.acked(seat, owned, tally, &mut free);
        }
        Ok(())
    }

    /// What is left to do for a message that was acked, when its content is gone.
    #[inline(always)]
    fn acked(&self, seat: Seat<'_, C>, owned: bool, tally: &Counters, free: &mut impl FnMut(u32)) {
        // Counted first: giving the slot back may wake somebody whose waker panics.
        tally.add(Count::Acked, 1);
        if owned {
            free(seat.index);
        }
        self.gone(seat);
    }

    /// As [`ack`](Self::ack), where the next message of a key waits for this one: it goes out
    /// before the slot can be used again, which somebody who reads it prevents.
    #[inline(never)]
    fn ack_in_order(
        &self,
        held: &Held<'_, C>,
        tally: &Counters,
        mut free: impl FnMut(u32),
    ) -> Result<(), SettleErrorKind> {
        let Held { seat, lease, reads, .. } = *held;
        let slot = seat.slot();
        let refused = |refusal| self.refused(held, refusal, tally);
        if !reads {
            slot.pin_lease(lease).map_err(refused)?;
        }
        let ended = if reads {
            slot.settle(lease, Ending::Ack, false)
        } else {
            self.end_lease(seat, lease, Ending::Ack, false)
        };
        if let Err(refusal) = ended {
            if !reads {
                self.let_go(seat);
            }
            return Err(refused(refusal));
        }
        self.follow(seat);
        let owned = slot.let_go().filter(|word| seat.owns(*word));
        let _freed = Defer(|| {
            tally.add(Count::Acked, 1);
            if owned.is_some() {
                free(seat.index);
            }
            self.gone(seat);
        });
        if let Some(word) = owned {
            self.empty(seat, word);
        }
        Ok(())
    }

    /// Ends a lease by its holder, or by its receipt, who does not read.
    #[inline(always)]
    fn end_lease(
        &self,
        seat: Seat<'_, C>,
        lease: Lease,
        ending: Ending,
        reads: bool,
    ) -> Result<Word, Refusal> {
        let settle = || seat.slot().settle(lease, ending, reads);
        if reads { settle() } else { self.leaving_reader(seat, lease, settle) }
    }

    /// Ends a lease by `end`, which leaves the reader that came with it.
    #[cfg(not(feature = "capi"))]
    #[inline(always)]
    pub(super) fn leaving_reader<R, E>(
        &self,
        _seat: Seat<'_, C>,
        _lease: Lease,
        end: impl FnOnce() -> Result<R, E>,
    ) -> Result<R, E> {
        end()
    }

    /// Whether the group was removed whose lease this would be.
    #[inline]
    pub(super) fn has_gone(&self, seat: Seat<'_, C>) -> bool {
        self.signs.has(Signs::HELD) && self.group_of(seat).signs.has(Signs::GONE)
    }

    #[cold]
    fn refused(&self, held: &Held<'_, C>, refusal: Refusal, tally: &Counters) -> SettleErrorKind {
        if held.minds {
            tally.add(Count::Stale, 1);
        }
        refusal.into()
    }

    #[cold]
    fn give_up(
        &self,
        held: &Held<'_, C>,
        verdict: Verdict<'_>,
        tally: &Counters,
        random: u64,
    ) -> Result<(), SettleErrorKind> {
        let Held { seat, lease, reads, .. } = *held;
        let fate = self.fate(held.tries, lease, verdict, random);
        // The clock is read before the lease is given up: it is this call that asked for a time.
        let due = match fate.ending {
            Ending::Delay => self.engine.now().saturating_add(nanos(fate.delay)),
            _ => 0,
        };
        let word = self
            .end_lease(seat, lease, fate.ending, reads)
            .map_err(|refusal| self.refused(held, refusal, tally))?;
        let (count, text) = match verdict {
            Verdict::Nack { text, .. } | Verdict::Reject(text) => (Count::Nacked, text),
            _ => (Count::Released, ""),
        };
        tally.add(count, 1);
        let obituary = Obituary { deliveries: lease.delivery(), text, consumer: held.consumer };
        let returns = word.state() == State::Ready;
        match word.state() {
            _ if fate.ending == Ending::Defer => {
                tally.add(Count::Buried, 1);
                self.put_aside(seat, lease, fate.tries, &obituary);
            }
            State::Ready | State::Delayed => {
                tally.add(if returns { Count::Returned } else { Count::Delayed }, 1);
                if self.outlived(seat, lease.generation(), fate.tries) {
                    self.perish(seat, word.state(), fate.tries, &obituary);
                } else if returns {
                    self.hand_back(seat, fate.tries);
                } else {
                    self.set_aside(seat, fate.tries, due);
                }
            }
            _ => {
                self.park_key_of(seat);
                self.follow(seat);
                tally.add(Count::Buried, 1);
                self.bury(seat, word, fate.tries, &obituary);
            }
        }
        Ok(())
    }

    /// Gives a message that is ready, and whose index is in the caller's hand, to be handed out
    /// again.
    fn hand_back(&self, seat: Seat<'_, C>, tries: Tries) {
        // SAFETY: the index is in this hand.
        unsafe { seat.slot().set_tries(tries) };
        seat.track.give_back(seat.index);
        self.group_of(seat).ready.notify(1);
    }

    /// Has the housekeeper look at a message again, whose index is in the caller's hand.
    pub(super) fn set_aside(&self, seat: Seat<'_, C>, tries: Tries, due: u64) {
        // SAFETY: the index is in this hand, at least for the wheel; it is noted elsewhere what those
        // have been through whose time is over.
        unsafe {
            if tries.why != Why::Buried(Reason::Expired) {
                seat.slot().set_tries(tries);
            }
            seat.track.wait_until(seat.index, mono(due));
        }
        self.engine.due_at(due);
    }

    /// Takes back a lease, whatever was promised: no attempt is spent.
    pub(super) fn revoke(&self, seat: Seat<'_, C>, lease: Lease) -> bool {
        let slot = seat.slot();
        let expire = || slot.expire(lease, u64::MAX).ok_or(());
        if self.leaving_reader(seat, lease, expire).is_err() {
            return false;
        }
        self.group_of(seat).common.add(Count::Released, 1);
        // SAFETY: taking the lease back gave the index to this hand.
        let tries = unsafe { slot.tries() };
        if self.outlived(seat, lease.generation(), tries) {
            self.group_of(seat).common.add(Count::Delayed, 1);
            let deliveries = lease.delivery();
            let obituary = Obituary { deliveries, text: "", consumer: 0 };
            self.perish(seat, State::Delayed, tries, &obituary);
            return true;
        }
        match slot.shift(State::Delayed, State::Ready) {
            Some(_) => {
                self.group_of(seat).common.add(Count::Returned, 1);
                self.hand_back(seat, tries);
            }
            None => {
                self.group_of(seat).common.add(Count::Delayed, 1);
                self.taken_out(seat);
            }
        }
        true
    }

    /// Takes back a lease that has lasted long enough.
    pub(super) fn expire(&self, seat: Seat<'_, C>, lease: Lease, now_ms: u64) {
        let slot = seat.slot();
        let expire = || slot.expire(lease, now_ms).ok_or(());
        if self.leaving_reader(seat, lease, expire).is_err() {
            return; // Settled, or extended.
        }
        self.group_of(seat).common.add(Count::Expired, 1);
        let text = "lease expired";
        let after = Some(Duration::ZERO);
        let verdict = Verdict::Nack { class: ErrorClass::TimedOut, text, after };
        // SAFETY: taking the lease back gave the index to this hand.
        let fate = self.fate(unsafe { slot.tries() }, lease, verdict, 0);
        let obituary = Obituary { deliveries: lease.delivery(), text, consumer: 0 };
        let to = if fate.ending == Ending::Bury { State::Parked } else { State::Ready };
        if to == State::Ready && self.outlived(seat, lease.generation(), fate.tries) {
            self.group_of(seat).common.add(Count::Delayed, 1);
            return self.perish(seat, State::Delayed, fate.tries, &obituary);
        }
        match slot.shift(State::Delayed, to) {
            Some(_) if to == State::Ready => {
                self.group_of(seat).common.add(Count::Returned, 1);
                self.hand_back(seat, fate.tries);
            }
            Some(word) => {
                self.park_key_of(seat);
                self.follow(seat);
                self.group_of(seat).common.add(Count::Buried, 1);
                self.bury(seat, word, fate.tries, &obituary);
            }
            None => {
                // Cancelled or purged meanwhile.
                self.group_of(seat).common.add(Count::Delayed, 1);
                self.taken_out(seat);
            }
        }
    }

    /// What the policy makes of a verdict.
    fn fate(&self, tries: Tries, lease: Lease, verdict: Verdict<'_>, random: u64) -> Fate {
        let config = &self.config;
        let buried = |tries: Tries, reason| Fate {
            ending: Ending::Bury,
            tries: Tries { why: Why::Buried(reason), ..tries },
            delay: Duration::ZERO,
        };
        let (tries, delay) = match verdict {
            Verdict::Ack => return Fate { ending: Ending::Ack, tries, delay: Duration::ZERO },
            Verdict::Reject(_) => {
                let attempts = tries.attempts.saturating_add(1);
                let class = Some(ErrorClass::Validation);
                return buried(Tries { attempts, class, ..tries }, Reason::Rejected);
            }
            Verdict::Nack { class, after, .. } => {
                let attempts = tries.attempts.saturating_add(1);
                let tries = Tries { attempts, releases: 0, class: Some(class), why: Why::Retry };
                if !class.is_retried() {
                    return buried(tries, Reason::Rejected);
                }
                if u32::from(attempts) > config.retry.retries() {
                    return buried(tries, Reason::MaxAttempts);
                }
                let policy = || config.retry.delay(u32::from(attempts), random);
                (tries, after.unwrap_or_else(policy))
            }
            Verdict::Release { at_once } => {
                let releases = tries.releases.saturating_add(1);
                let longest = config.lease.unwrap_or(Duration::from_secs(30));
                let shift = u32::from(tries.releases).min(20);
                let delay = config.release_delay.saturating_mul(1 << shift).min(longest);
                let delay = if at_once { Duration::ZERO } else { delay };
                (Tries { releases, why: Why::Retry, ..tries }, delay)
            }
            Verdict::Snooze(delay) => (Tries { releases: 0, why: Why::Snoozed, ..tries }, delay),
            Verdict::Defer => (Tries { releases: 0, why: Why::Deferred, ..tries }, Duration::ZERO),
        };
        if lease.delivery() >= config.max_deliveries {
            return buried(tries, Reason::MaxDeliveries);
        }
        let ending = match verdict {
            Verdict::Defer => Ending::Defer,
            _ if delay.is_zero() => Ending::Return,
            _ => Ending::Delay,
        };
        Fate { ending, tries, delay }
    }
}
