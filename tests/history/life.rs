//! The life of a value in the queue: when it came and when it went, as narrowly as is certain.

use super::Span;

/// A value, when it was pushed and when it was popped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) value: u64,
    pub(crate) push: Span,
    pub(crate) pop: Span,
}

/// Narrows the spans by what a first-in first-out queue implies.
///
/// If `u` was certainly popped before `v` (the operations did not overlap), then `u` was pushed
/// before `v` as well, so `v` was not pushed before the earliest moment at which `u` was. The same
/// holds with push and pop exchanged, and backwards in time. And a value is not popped before it
/// was pushed. A span that this leaves empty belongs to a value that broke the order: that is the
/// pair rule "pushed first and popped last" found in O(n log n).
pub(crate) fn narrow(lives: &mut [Life], end: u64) {
    let pushes: Vec<Span> = lives.iter().map(|life| life.push).collect();
    let pops: Vec<Span> = lives.iter().map(|life| life.pop).collect();
    let mirrored = |spans: &[Span]| -> Vec<Span> {
        spans.iter().map(|span| Span { from: end - span.to, to: end - span.from }).collect()
    };

    let push_from = latest_start_before(&pops, &pushes);
    let pop_from = latest_start_before(&pushes, &pops);
    let (pushes, pops) = (mirrored(&pushes), mirrored(&pops));
    let push_to = latest_start_before(&pops, &pushes);
    let pop_to = latest_start_before(&pushes, &pops);

    for (i, life) in lives.iter_mut().enumerate() {
        life.push.from = life.push.from.max(push_from[i]);
        life.pop.from = life.pop.from.max(pop_from[i]).max(life.push.from);
        life.pop.to = life.pop.to.min(end - pop_to[i]);
        life.push.to = life.push.to.min(end - push_to[i]).min(life.pop.to);
    }
}

/// For each value the latest `starts[u].from` of all values `u` with `order[u]` before its own, or
/// 0.
fn latest_start_before(order: &[Span], starts: &[Span]) -> Vec<u64> {
    let mut by_from: Vec<usize> = (0..order.len()).collect();
    by_from.sort_unstable_by_key(|&i| order[i].from);
    let mut by_to: Vec<usize> = (0..order.len()).collect();
    by_to.sort_unstable_by_key(|&i| order[i].to);

    let mut latest = vec![0; order.len()];
    let mut over = by_to.into_iter().peekable();
    let mut seen = 0;
    for i in by_from {
        while let Some(u) = over.next_if(|&u| order[u].before(order[i])) {
            seen = seen.max(starts[u].from);
        }
        latest[i] = seen;
    }
    latest
}
