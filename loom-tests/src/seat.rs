//! A partition of small messages, and the steps of its engine, as the models of slots take them.
//!
//! A message's content is the generation of its life, so that every reader can tell whether it
//! reads the life that it was counted for. Whoever owns a slot frees it, and publishes the second
//! life at once: who still reads then is caught by the slot's checked cell.

use loom::sync::Arc;
use ringmill::internal::delivery::{
    Ending, Found, Lease, Refusal, Shard, Slot, State, Tries, Why, Word, fill, take,
};

pub(crate) type Part = Shard<u64>;

pub(crate) fn partition(capacity: usize) -> Arc<Part> {
    Arc::new(Shard::new(capacity, 0, 0, None, 1).unwrap())
}

/// A partition with one message, its word, and the lease of it.
pub(crate) fn leased(capacity: usize) -> (Arc<Part>, u32, Lease) {
    let part = partition(capacity);
    publish(&part).expect("there is room");
    let (index, lease, _) = next(&part).expect("there is a message");
    (part, index, lease)
}

/// Publishes a message, if there is room: its index, and its word.
pub(crate) fn publish(part: &Part) -> Option<(u32, Word)> {
    let index = part.claim()?;
    let slot = part.at(index);
    // SAFETY: claimed, so the slot is free and ours.
    unsafe { fill(slot, slot.look().next_life(State::Ready).generation()) };
    // SAFETY: as above, and filled.
    match unsafe { part.publish(index, || ()) } {
        Some((_, word)) => Some((index, word)),
        None => {
            // SAFETY: not published, so it is still ours.
            unsafe { take(slot) };
            part.free(&[index]);
            None
        }
    }
}

/// Publishes a message that is due at `due`, if there is room: its index, and its word.
pub(crate) fn publish_later(part: &Part, due: u64) -> Option<(u32, Word)> {
    let index = part.claim()?;
    let slot = part.at(index);
    // SAFETY: claimed, so the slot is free and ours, and filled.
    unsafe {
        fill(slot, slot.look().next_life(State::Ready).generation());
        let (_, word) = part.publish_later(slot, index, due, || (), |_| ()).expect("it is open");
        Some((index, word))
    }
}

/// Has the next message fall due that is on its way to the wheel, if one is.
pub(crate) fn fall_due(part: &Part) {
    let Some((index, _)) = part.first().next_waiting() else { return };
    match part.at(index).fall_due() {
        Some(true) => {}
        Some(false) => part.first().give_due(index),
        None => take_out(part, index),
    }
}

/// Leases the next message.
pub(crate) fn next(part: &Part) -> Option<(u32, Lease, Tries)> {
    loop {
        let index = part.first().next(part)?;
        let word = part.at(index).look();
        let fits = matches!(word.state(), State::Ready | State::Husk) || word.is_twice();
        assert!(fits, "{word:?} was in a ring");
        match part.at(index).lease() {
            Found::Leased(lease, tries) => return Some((index, lease, tries)),
            Found::Husk => take_out(part, index),
        }
    }
}

/// Ends a husk whose index is in hand, unless it has another place or somebody has revived it.
pub(crate) fn take_out(part: &Part, index: u32) {
    if part.at(index).leave_place() {
        return;
    }
    match part.at(index).take_out() {
        Ok(owned) => own(part, index, owned),
        Err(_) => part.first().give_back(index),
    }
}

/// Reads a message of this generation.
pub(crate) fn read(part: &Part, index: u32, generation: u64) {
    // SAFETY: the caller is counted as a reader: that is what is checked.
    let (found, _) = unsafe { (*part.at(index).content(), part.at(index).position()) };
    assert_eq!(found, generation, "another life was read");
}

/// What an owner does, if the caller is one: frees the slot, and publishes a second life behind the
/// first.
pub(crate) fn own(part: &Part, index: u32, owner: Option<Word>) {
    let Some(word) = owner else { return };
    if !word.is_empty() {
        // SAFETY: the owner's, and there is content in it.
        unsafe { part.at(index).discard() };
    }
    part.free(&[index]);
    if word.generation() == 1 {
        publish(part);
    }
}

/// Ends a lease as its holder, who has read until then.
pub(crate) fn settle(
    part: &Part,
    index: u32,
    lease: Lease,
    ending: Ending,
) -> Result<Word, Refusal> {
    let slot = part.at(index);
    read(part, index, lease.generation());
    let ended = slot.settle(lease, ending, true);
    if ended.is_err() {
        own(part, index, slot.let_go());
    }
    ended
}

/// Acks as its holder; whether the lease was his to end.
pub(crate) fn ack(part: &Part, index: u32, lease: Lease) -> bool {
    let ended = settle(part, index, lease, Ending::Ack);
    own(part, index, ended.ok().filter(|word| word.is_owned()));
    ended.is_ok()
}

/// Gives back as its holder; whether the lease was his to end.
pub(crate) fn nack(part: &Part, index: u32, lease: Lease) -> bool {
    let ended = settle(part, index, lease, Ending::Return);
    if ended.is_ok() {
        tried(part.at(index));
        part.first().give_back(index);
    }
    ended.is_ok()
}

/// One attempt more, of a message whose index is in hand.
pub(crate) fn tried(slot: Slot<'_, u64>) {
    // SAFETY: the index is in hand: that is what is checked.
    unsafe {
        let tries = slot.tries();
        slot.set_tries(Tries { attempts: tries.attempts + 1, why: Why::Retry, ..tries });
    }
}

/// Takes a lease back as the housekeeper does; whether it was there to be taken.
pub(crate) fn expire(part: &Part, index: u32, lease: Lease, now_ms: u64) -> bool {
    let slot = part.at(index);
    if slot.expire(lease, now_ms).is_none() {
        return false;
    }
    tried(slot);
    due(part, index);
    true
}

/// Hands a delayed message out again whose index is in hand.
pub(crate) fn due(part: &Part, index: u32) {
    let slot = part.at(index);
    match slot.shift(State::Delayed, State::Ready) {
        Some(_) => part.first().give_back(index),
        None => take_out(part, index),
    }
}

/// Reads whatever message is in a slot, as one who takes no part.
pub(crate) fn browse(part: &Part, index: u32) -> Option<State> {
    let slot = part.at(index);
    let mut word = slot.look();
    while word.is_readable() {
        match slot.pin(word) {
            Ok(pinned) => {
                read(part, index, pinned.generation());
                own(part, index, slot.let_go());
                return Some(pinned.state());
            }
            Err(found) => word = found,
        }
    }
    None
}

/// Ends the message of this generation, unless somebody has it.
pub(crate) fn cancel(part: &Part, index: u32, generation: u64) -> bool {
    let slot = part.at(index);
    loop {
        let word = slot.look();
        let open = matches!(word.state(), State::Ready | State::Delayed | State::Parked);
        if word.generation() != generation || !open {
            return false;
        }
        if let Ok(mine) = slot.hollow(word) {
            if mine {
                // SAFETY: a husk whose only reader we are.
                unsafe { slot.discard() };
                own(part, index, slot.emptied());
            }
            return true;
        }
    }
}

/// Every index is in one place, but for `leased` of them.
pub(crate) fn assert_custody(part: &Part, capacity: u32, leased: &[u32]) {
    let mut seen = leased.to_vec();
    seen.extend(std::iter::from_fn(|| part.claim()));
    seen.extend(std::iter::from_fn(|| part.first().next(part)));
    seen.extend(std::iter::from_fn(|| part.first().next_waiting()).map(|(index, _)| index));
    seen.sort_unstable();
    assert!(seen.iter().copied().eq(0..capacity), "an index was lost or doubled: {seen:?}");
}
