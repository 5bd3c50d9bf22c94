//! Medians, ratios and slopes.

/// The middle of the values, or of its two middles; 0 of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// The median of the ratios within each round: what disturbs a round disturbs both of its sides.
pub fn ratio(over: &[f64], under: &[f64]) -> f64 {
    median(over.iter().zip(under).filter(|(_, under)| **under > 0.0).map(|(over, under)| over / under))
}

/// What one more of a thing costs, round by round.
pub fn slopes(few: &[f64], many: &[f64], more: f64) -> Vec<f64> {
    few.iter().zip(many).map(|(few, many)| (many - few) / more).collect()
}

#[cfg(test)]
mod tests {
    use super::{median, ratio, slopes};

    #[test]
    fn a_median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median([]), 0.0);
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        // The second round was disturbed, twice as slow for both.
        assert_eq!(ratio(&[3.0, 6.0, 3.0], &[2.0, 4.0, 2.0]), 1.5);
        assert_eq!(ratio(&[3.0, 1.0], &[2.0, 0.0]), 1.5);
    }

    #[test]
    fn a_slope_is_the_difference_over_the_number_of_more() {
        assert_eq!(slopes(&[50.0, 60.0], &[200.0, 210.0], 15.0), [10.0, 10.0]);
    }
}
