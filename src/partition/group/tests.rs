//! How partitions are dealt out.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::{Deal, Id};

fn shares(deal: &Deal) -> Vec<usize> {
    let count = |id: &Id| deal.partitions.iter().filter(|place| place.heir == Some(*id)).count();
    deal.members.iter().map(count).collect()
}

fn heirs(deal: &Deal) -> Vec<Option<Id>> {
    deal.partitions.iter().map(|place| place.heir).collect()
}

/// The fewest partitions that must move from `before`, where `gone` is no member any more.
fn fewest_moves(before: &[Option<Id>], deal: &Deal) -> usize {
    let (share, larger) = (before.len() / deal.members.len(), before.len() % deal.members.len());
    let mut kept: Vec<usize> = deal
        .members
        .iter()
        .map(|id| before.iter().filter(|heir| **heir == Some(*id)).count())
        .collect();
    kept.sort_unstable_by(|a, b| b.cmp(a));
    let kept = kept.iter().enumerate();
    let kept: usize =
        kept.map(|(rank, count)| (*count).min(share + usize::from(rank < larger))).sum();
    before.len() - kept
}

proptest! {
    #[test]
    fn shares_differ_by_one_and_few_partitions_move(
        partitions in 1_usize..40,
        steps in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 1..40),
    ) {
        let mut deal = Deal::new(partitions);
        for (join, which) in steps {
            let before = heirs(&deal);
            if join || deal.members.is_empty() {
                deal.join();
            } else {
                let id = deal.members[which.index(deal.members.len())];
                deal.leave(id);
            }
            if deal.members.is_empty() {
                prop_assert!(heirs(&deal).iter().all(Option::is_none));
                continue;
            }
            let shares = shares(&deal);
            prop_assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1);
            prop_assert_eq!(shares.iter().sum::<usize>(), partitions);
            let after = heirs(&deal);
            let moved = before.iter().zip(&after).filter(|(a, b)| a != b).count();
            prop_assert_eq!(moved, fewest_moves(&before, &deal));
        }
    }

    #[test]
    fn a_partition_stays_with_its_holder_until_that_hands_it_over(
        partitions in 1_usize..20,
        joins in 1_usize..8,
    ) {
        let mut deal = Deal::new(partitions);
        let first = deal.join();
        (1..joins).for_each(|_| { deal.join(); });
        prop_assert_eq!(deal.held_by(first).count(), partitions);
        prop_assert_eq!(deal.hand_over(first), joins > 1 && partitions > 1);
        prop_assert_eq!(deal.held_by(first).count(), partitions.div_ceil(joins));
        for place in &deal.partitions {
            prop_assert_eq!(place.holder, place.heir);
        }
    }
}
