//! The least or greatest number of a range, in O(log n).

/// A segment tree over numbers that do not change.
pub(crate) struct Greatest {
    leaves: usize,
    tree: Vec<i64>,
}

impl Greatest {
    pub(crate) fn new(numbers: &[i64]) -> Self {
        let leaves = numbers.len();
        let mut tree = vec![i64::MIN; leaves];
        tree.extend_from_slice(numbers);
        for node in (1..leaves).rev() {
            tree[node] = tree[2 * node].max(tree[2 * node + 1]);
        }
        Self { leaves, tree }
    }

    /// The greatest of the numbers `from..=to`.
    pub(crate) fn of(&self, from: usize, to: usize) -> i64 {
        assert!(from <= to && to < self.leaves, "the range lies within the numbers");
        let (mut left, mut right) = (from + self.leaves, to + self.leaves + 1);
        let mut greatest = i64::MIN;
        while left < right {
            if left % 2 == 1 {
                greatest = greatest.max(self.tree[left]);
                left += 1;
            }
            if right % 2 == 1 {
                right -= 1;
                greatest = greatest.max(self.tree[right]);
            }
            left /= 2;
            right /= 2;
        }
        greatest
    }
}

#[test]
fn the_greatest_of_every_range_is_found() {
    let numbers: Vec<i64> = (0..21).map(|n| n * 29 % 31).collect();
    let tree = Greatest::new(&numbers);
    for from in 0..numbers.len() {
        for to in from..numbers.len() {
            assert_eq!(Some(tree.of(from, to)), numbers[from..=to].iter().copied().max());
        }
    }
}
