//! Medians and their intervals, without assumptions about how times are distributed.

/// The median. `NaN` if there is nothing.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let values = sorted(values);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// The smallest. `NaN` if there is nothing.
#[must_use]
pub fn minimum(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

/// An interval that holds the true median with at least 95 % probability, from order statistics:
/// the number of values below the true median is binomial with p = 1/2, whatever the distribution.
///
/// Fewer than six values cannot give such an interval; they give all they span. `NaN`s if there is
/// nothing.
#[must_use]
pub fn interval_95(values: &[f64]) -> (f64, f64) {
    let values = sorted(values);
    let n = values.len();
    if n == 0 {
        return (f64::NAN, f64::NAN);
    }
    let cut = values_outside(n);
    (values[cut], values[n - 1 - cut])
}

/// How many values lie outside on each side: the largest k with P(X < k) <= 0.025, X ~ B(n, 1/2),
/// where X = 0 .. k-1 are the cases in which the k-th smallest value is above the median.
fn values_outside(n: usize) -> usize {
    let mut term = 0.5_f64.powi(n as i32);
    let mut below = 0.0;
    let mut k = 0;
    while k < n / 2 {
        below += term;
        if below > 0.025 {
            break;
        }
        term *= (n - k) as f64 / (k + 1) as f64;
        k += 1;
    }
    k.saturating_sub(1)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn minimum_is_the_smallest() {
        assert_eq!(minimum(&[3.0, 1.5, 2.0]), 1.5);
        assert!(minimum(&[]).is_nan());
    }

    #[test]
    fn interval_of_few_values_is_their_span() {
        assert_eq!(interval_95(&[2.0, 1.0, 3.0]), (1.0, 3.0));
        assert_eq!(interval_95(&[5.0]), (5.0, 5.0));
    }

    /// The ranks stand in any table of confidence intervals for a median.
    #[test]
    fn interval_has_the_textbook_ranks() {
        for (n, low, high) in [(6, 1, 6), (10, 2, 9), (20, 6, 15), (30, 10, 21), (100, 40, 61)] {
            let values: Vec<f64> = (1..=n).map(f64::from).collect();
            assert_eq!(interval_95(&values), (f64::from(low), f64::from(high)), "n = {n}");
        }
    }

    #[test]
    fn interval_holds_the_median() {
        let values: Vec<f64> = (0..37).map(|i| f64::from(i * i % 41)).collect();
        let (low, high) = interval_95(&values);
        assert!(low <= median(&values) && median(&values) <= high);
    }
}
