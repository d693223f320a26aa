//! Keys that are paused, or parked behind a dead letter.

use alloc::{boxed::Box, collections::BTreeSet, sync::Arc, vec::Vec};
use core::fmt;

use super::Queue;
use super::core::Core;
use super::dead::Obituary;
use super::group::Group;
use super::order::{AfterDead, Order};
use super::seat::Seat;
use super::signs::Signs;
use crate::code;
use crate::delivery::{Caught, Content, Count, State, Track, Tries, Why};
use crate::message::{Message, Reason, Tag};
use crate::sync::Mutex;

/// Why nothing was done about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The queue has no order by key.
    Unsupported,
    /// The key is not paused, or not parked.
    NotFound,
}

impl KeyError {
    /// The number of this error: stable, and the same in C.
    pub fn code(&self) -> u32 {
        match self {
            Self::Unsupported => code::UNSUPPORTED,
            Self::NotFound => code::NOT_FOUND,
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsupported => "queue has no order by key; build it with `Order::Key`",
            Self::NotFound => "key is not held; there is nothing to let go",
        })
    }
}

impl core::error::Error for KeyError {}

/// A key whose messages are set aside, since one of them is a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParkedKey {
    /// The key.
    pub key: Box<[u8]>,
    /// The group whose handling failed.
    pub group: Arc<str>,
    /// The partition.
    pub partition: usize,
    /// How many messages are set aside; others may still be on their way there.
    pub messages: usize,
}

/// The keys that are paused, for partitions that are made later.
pub(super) type Paused = Mutex<BTreeSet<u128>>;

impl<C: Content + ?Sized> Core<C> {
    /// Whether a message that was taken to be handed out stays, since its key is held. Its index is
    /// in the caller's hand, and not any more then.
    #[inline(always)]
    pub(super) fn holds_back(&self, seat: Seat<'_, C>) -> bool {
        seat.track.holds() && self.catch(seat)
    }

    #[cold]
    fn catch(&self, seat: Seat<'_, C>) -> bool {
        let limit = match self.config.after_dead {
            // What comes now has nobody who could let it go.
            AfterDead::ParkKey { limit } if !self.signs.has(Signs::CLOSED) => limit,
            _ => 0,
        };
        let is_husk = seat.slot().look().state() == State::Husk;
        let caught = seat.track.catch(seat.index, is_husk, limit);
        self.group_of(seat).ready.notify(1);
        if caught == Caught::TooMany {
            self.end_parked(seat);
        }
        caught != Caught::No
    }

    /// Sends a message, whose index is in hand and whose key is parked, to the dead letters.
    fn end_parked(&self, seat: Seat<'_, C>) {
        let slot = seat.slot();
        // SAFETY: the index is in this hand.
        let tries = Tries { why: Why::Buried(Reason::KeyParked), ..unsafe { slot.tries() } };
        let word = match slot.bury(State::Ready) {
            Ok(word) => word,
            // Somebody reads it: it waits until he has left.
            Err(word) if word.state() == State::Ready => {
                match slot.shift(State::Ready, State::Parked) {
                    Some(word) => word,
                    None => return self.taken_out(seat),
                }
            }
            Err(_) => return self.taken_out(seat),
        };
        self.group_of(seat).common.add(Count::BuriedReady, 1);
        let text = "its key is parked";
        let obituary = Obituary { deliveries: word.deliveries(), text, consumer: 0 };
        self.bury(seat, word, tries, &obituary);
    }

    /// Parks the key of a message that is about to die by its handling, if that is to be. It has not
    /// left its lane, and its content is there.
    #[inline]
    pub(super) fn park_key_of(&self, seat: Seat<'_, C>) {
        if self.config.after_dead == AfterDead::Continue {
            return;
        }
        // SAFETY: the caller has the index in hand, or reads the message, which is in its slot.
        let (tag, lane) = unsafe { (seat.slot().tag(), seat.shard.lane(seat.index)) };
        if let (Some(key), Some(lane)) = (tag.and_then(Tag::key), lane) {
            seat.track.park(lane, key);
        }
    }

    /// Takes out the husks among the messages of keys that a group holds in a partition.
    pub(super) fn sweep_held(&self, first: Seat<'_, C>) {
        if !first.track.holds() {
            return;
        }
        let is_husk = |index| Seat { index, ..first }.slot().look().state() == State::Husk;
        for index in first.track.take_held(is_husk) {
            self.taken_out(Seat { index, ..first });
        }
    }

    /// Takes out all messages that are parked with their keys: nobody will let them go. Those that
    /// somebody reads become dead letters when he has left.
    pub(super) fn take_parked(&self) -> Vec<Message<C::Owned>> {
        let mut messages = Vec::new();
        for (partition, shard) in self.all_used() {
            for track in shard.live() {
                for index in track.take_parked() {
                    let seat = Seat { shard, track, partition: partition as u32, index };
                    if seat.slot().bury(State::Ready).is_err() {
                        self.end_parked(seat);
                        continue;
                    }
                    // SAFETY: burying it made this thread the owner of the slot for its group, with
                    // its content.
                    let (message, free) = unsafe { self.take_message(seat) };
                    messages.push(message);
                    for count in [Count::GivenBack, Count::GoneReady] {
                        self.group_of(seat).common.add(count, 1);
                    }
                    self.free_if(free, seat);
                }
            }
        }
        messages
    }

    /// Looks after the keys that a group holds in a partition; whether to come again soon. Messages
    /// that are parked with their keys end where nobody is left to ask for them.
    pub(super) fn keep_held(&self, first: Seat<'_, C>) -> bool {
        let (leaving, left) = first.track.let_all_go();
        if leaving > 0 {
            self.group_of(first).ready.wake(usize::MAX);
        }
        if self.signs.has(Signs::CLOSED) {
            self.end_all_parked(first);
        }
        left > 0
    }

    fn end_all_parked(&self, first: Seat<'_, C>) {
        for index in first.track.take_parked() {
            self.end_parked(Seat { index, ..first });
        }
    }

    /// Has the slots of those go that were cancelled while their keys were held.
    fn sweep_all_held(&self) {
        for (partition, shard) in self.all_used() {
            for track in shard.live() {
                self.sweep_held(Seat { shard, track, partition: partition as u32, index: 0 });
            }
        }
    }

    fn all_tracks(&self) -> impl Iterator<Item = (usize, &Track)> {
        let used = self.all_used();
        used.flat_map(|(partition, shard)| shard.tracks().map(move |track| (partition, track)))
    }

    fn lane_of(&self, key: &[u8]) -> Result<u128, KeyError> {
        let lane = (self.config.order == Order::Key).then(|| self.config.order.lane(Some(key)));
        lane.flatten().ok_or(KeyError::Unsupported)
    }
}

impl<T: Content + ?Sized, M> Queue<T, M> {
    /// Hands out no message of this key until [`resume_key`](Self::resume_key); says whether that
    /// is news. One that a consumer has is settled as ever, and others go on.
    ///
    /// It is for queues with an order by key. Paused messages count as ready; while there are any,
    /// a queue that is closed has not come to its end.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unsupported`].
    ///
    /// # Cost
    ///
    /// While any key of a partition is held, each dequeue of it takes a lock; else it looks at one
    /// word.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::message::Message;
    /// use ringmill::queue::{Order, Queue};
    ///
    /// let orders = Queue::<u32>::builder("orders").order(Order::Key).build()?;
    /// let (producer, consumer) = (orders.producer(), orders.consumer());
    /// producer.enqueue(Message::new(1).key("anna"))?;
    /// producer.enqueue(Message::new(2).key("bert"))?;
    /// orders.pause_key("anna")?;
    /// assert_eq!(*consumer.try_dequeue()?, 2);
    /// assert!(consumer.try_dequeue().is_err());
    /// orders.resume_key("anna")?;
    /// assert_eq!(*consumer.try_dequeue()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pause_key(&self, key: impl AsRef<[u8]>) -> Result<bool, KeyError> {
        let lane = self.core.lane_of(key.as_ref())?;
        // Under the lock: a partition that is made meanwhile hears of it.
        let mut paused = self.core.paused.lock();
        self.core.all_tracks().for_each(|(_, track)| track.pause(lane));
        Ok(paused.insert(lane))
    }

    /// Hands a key out again that was [paused](Self::pause_key).
    ///
    /// # Errors
    ///
    /// [`KeyError`]: it was not paused.
    pub fn resume_key(&self, key: impl AsRef<[u8]>) -> Result<(), KeyError> {
        let lane = self.core.lane_of(key.as_ref())?;
        {
            let mut paused = self.core.paused.lock();
            if !paused.remove(&lane) {
                return Err(KeyError::NotFound);
            }
            self.core.all_tracks().for_each(|(_, track)| track.resume(lane));
        }
        self.core.wake_all();
        Ok(())
    }

    /// Whether a key is [paused](Self::pause_key).
    pub fn is_key_paused(&self, key: impl AsRef<[u8]>) -> bool {
        let lane = self.core.lane_of(key.as_ref());
        lane.is_ok_and(|lane| self.core.paused.lock().contains(&lane))
    }

    /// The keys that are parked behind a dead letter, where the queue
    /// [does so](super::QueueBuilder::after_dead).
    pub fn parked_keys(&self) -> Vec<ParkedKey> {
        self.core.sweep_all_held();
        let of = |(partition, track): (usize, &Track)| {
            let group = self.core.group(track.number()).map(Group::name).unwrap_or_default();
            let keys = track.parked_keys().into_iter();
            keys.map(move |(key, messages)| {
                let group = Arc::clone(&group);
                ParkedKey { key, group, partition, messages }
            })
        };
        self.core.all_tracks().flat_map(of).collect()
    }

    /// Lets a key go that was parked behind a dead letter, in all groups, and says how many messages
    /// were set aside. They are handed out in their order, before those of the key that came later.
    ///
    /// A dead letter that is redriven takes a new place, at the end.
    ///
    /// # Errors
    ///
    /// [`KeyError`]: it is not parked.
    pub fn unpark_key(&self, key: impl AsRef<[u8]>) -> Result<usize, KeyError> {
        let lane = self.core.lane_of(key.as_ref())?;
        self.core.sweep_all_held();
        let unparked: Vec<_> =
            self.core.all_tracks().filter_map(|(_, track)| track.unpark(lane)).collect();
        if unparked.is_empty() {
            return Err(KeyError::NotFound);
        }
        self.core.wake_all();
        // If a message is out that ends without being caught, the housekeeper lets the others go.
        self.core.engine.due_at(0);
        Ok(unparked.into_iter().sum())
    }
}
