//! Which consumer has which partitions.

use alloc::{vec, vec::Vec};
use core::cmp::Reverse;

/// Whom the messages of a partition go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Assignment {
    /// To any consumer of a group: each takes from all partitions.
    #[default]
    Shared,
    /// To one consumer of a group at a time, who has the partition as his own. No consumer has two
    /// partitions more than another of his group. When one comes or goes, as few partitions move as
    /// can be; the others go on.
    ///
    /// A partition that moves rests until what is in flight of it is settled, for
    /// [`revoke_timeout`](super::QueueBuilder::revoke_timeout) at most: then it is taken back, and
    /// cannot be settled any more. A consumer that neither asks for messages nor extends a lease for
    /// [`consumer_timeout`](super::QueueBuilder::consumer_timeout) loses all that it has, at once,
    /// until it asks again.
    ///
    /// The messages of a partition are handed out in its order, as ever. What is released while a
    /// partition moves may come behind its follower, unless the queue keeps an
    /// [`Order`](super::Order).
    ///
    /// Costs a look at a consumer's own bits for each dequeue; a partition that moves, a look at each
    /// of its slots. Moves are made when consumers come and go, and by the housekeeper. A group with more
    /// consumers than partitions has idle ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::queue::{Assignment, Queue};
    ///
    /// let sessions = Queue::<u32>::builder("sessions")
    ///     .partitions(8)
    ///     .assignment(Assignment::Sticky)
    ///     .build()?;
    /// let first = sessions.consumer();
    /// assert_eq!(first.partitions().len(), 8);
    /// let second = sessions.consumer();
    /// assert_eq!((first.partitions().len(), second.partitions().len()), (4, 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Sticky,
}

/// Deals partitions out to `consumers`, given who has each now: as evenly as can be, with as few
/// moves as can be.
pub(super) fn deal(now: &[Option<usize>], consumers: usize) -> Vec<Option<usize>> {
    if consumers == 0 {
        return vec![None; now.len()];
    }
    let mut has = vec![0; consumers];
    now.iter().flatten().for_each(|consumer: &usize| has[*consumer] += 1);
    let mut most_first: Vec<usize> = (0..consumers).collect();
    most_first.sort_by_key(|consumer| Reverse(has[*consumer]));
    // Those that have most may have one more than the others: each keeps one more by that.
    let mut room = vec![now.len() / consumers; consumers];
    let more = now.len() % consumers;
    most_first[..more].iter().for_each(|consumer| room[*consumer] += 1);
    let mut take = |consumer: usize| {
        let fits = room[consumer] > 0;
        room[consumer] -= usize::from(fits);
        fits
    };
    let mut dealt: Vec<_> =
        now.iter().map(|consumer| consumer.filter(|consumer| take(*consumer))).collect();
    let mut next = 0;
    for free in dealt.iter_mut().filter(|consumer| consumer.is_none()) {
        // There is as much room as there are partitions.
        while !take(next) {
            next = (next + 1) % consumers;
        }
        *free = Some(next);
        next = (next + 1) % consumers;
    }
    dealt
}

#[cfg(all(test, not(ringmill_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moves(from: &[Option<usize>], to: &[Option<usize>]) -> usize {
        from.iter().zip(to).filter(|(from, to)| from.is_some() && from != to).count()
    }

    fn counts(of: &[Option<usize>], consumers: usize) -> Vec<usize> {
        (0..consumers)
            .map(|consumer| of.iter().filter(|owner| **owner == Some(consumer)).count())
            .collect()
    }

    fn is_even(of: &[Option<usize>], consumers: usize) -> bool {
        let counts = counts(of, consumers);
        let (most, least) = (counts.iter().max(), counts.iter().min());
        of.iter().all(Option::is_some) && most.zip(least).is_some_and(|(a, b)| a - b <= 1)
    }

    /// Every way there is.
    fn fewest(now: &[Option<usize>], consumers: usize) -> usize {
        let all = (0..consumers.pow(now.len() as u32)).map(|mut code| {
            let mut digit = || {
                let digit = code % consumers;
                code /= consumers;
                Some(digit)
            };
            now.iter().map(|_| digit()).collect::<Vec<_>>()
        });
        let even = all.filter(|way| is_even(way, consumers));
        even.map(|way| moves(now, &way)).min().expect("there is an even way")
    }

    proptest! {
        #[test]
        fn partitions_are_dealt_evenly_and_the_fewest_move(
            (consumers, now) in (1usize..5).prop_flat_map(|consumers| {
                let owner = proptest::option::of(0..consumers);
                (Just(consumers), proptest::collection::vec(owner, 0..7))
            })
        ) {
            let dealt = deal(&now, consumers);
            prop_assert!(is_even(&dealt, consumers) || now.is_empty());
            prop_assert_eq!(moves(&now, &dealt), fewest(&now, consumers));
            prop_assert_eq!(deal(&dealt, consumers), dealt, "nothing moves twice");
        }

        #[test]
        fn many_partitions_are_dealt_evenly(
            owners in proptest::collection::vec(proptest::option::of(0usize..40), 0..300),
            consumers in 40usize..50,
        ) {
            let dealt = deal(&owners, consumers);
            prop_assert!(is_even(&dealt, consumers) || owners.is_empty());
        }
    }

    #[test]
    fn without_consumers_nobody_has_any() {
        assert_eq!(deal(&[None, None], 0), [None, None]);
    }
}
