//! Figures in rows, and the arithmetic on many of them.

use serde_json::Value;

/// A table of the report. Numbers go into its JSON as they are shown.
pub(crate) struct Chart {
    /// The section's name, and its key in JSON.
    pub(crate) name: &'static str,
    /// What the figures mean and what they should be.
    pub(crate) about: String,
    /// Heads of the columns; the first one names the row.
    pub(crate) columns: Vec<String>,
    /// Cells, as many as columns.
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Chart {
    pub(crate) fn new(name: &'static str, about: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            name,
            about: about.into(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: Vec::new(),
        }
    }
}

/// The smallest value that at least this share of all does not exceed; 0 of none.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or_default()
}

/// Median, least and greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match (values.get(middle), middle.checked_sub(1).and_then(|below| values.get(below))) {
            (Some(upper), Some(lower)) if values.len().is_multiple_of(2) => f64::midpoint(*lower, *upper),
            (Some(only), _) => *only,
            (None, _) => 0.0,
        };
        Self {
            median,
            least: values.first().copied().unwrap_or_default(),
            most: values.last().copied().unwrap_or_default(),
        }
    }
}

/// A number with so many decimals, as JSON that shows no more of it.
pub(crate) fn rounded(value: f64, decimals: i32) -> Value {
    let scale = 10_f64.powi(decimals);
    let value = (value * scale).round() / scale;
    if decimals == 0 { (value as i64).into() } else { value.into() }
}

/// `least..most`.
pub(crate) fn range(spread: Spread, decimals: usize) -> Value {
    format!("{:.decimals$}..{:.decimals$}", spread.least, spread.most).into()
}

/// The word for a target.
pub(crate) fn verdict(met: bool) -> Value {
    if met { "met" } else { "MISSED" }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(
            (percentile(&hundred, 0.5), percentile(&hundred, 0.99), percentile(&hundred, 1.0)),
            (50.0, 99.0, 100.0)
        );
        assert_eq!((percentile(&[7.0], 0.01), percentile(&[], 0.5)), (7.0, 0.0));
    }

    #[test]
    fn a_spread_tells_the_middle_and_both_ends() {
        let spread = |values: &[f64]| Spread::of(values.to_vec());
        assert_eq!(
            spread(&[9.0, 1.0, 2.0]),
            Spread {
                median: 2.0,
                least: 1.0,
                most: 9.0
            }
        );
        assert_eq!(spread(&[4.0, 1.0]).median, 2.5);
        assert_eq!(spread(&[]), Spread::default());
    }
}
