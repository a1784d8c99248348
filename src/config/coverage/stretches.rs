//! Intervals: split at changes, and merged when they touch.

use chrono::{DateTime, Utc};

/// An interval, `[from, to)`.
pub type Stretch = (DateTime<Utc>, DateTime<Utc>);

/// Splits intervals at the changes.
pub fn cells(mut changes: Vec<DateTime<Utc>>, stretches: impl Iterator<Item = Stretch>) -> Vec<Stretch> {
    changes.sort_unstable();
    changes.dedup();
    let mut cells = Vec::new();
    for (from, to) in stretches {
        let first = changes.partition_point(|change| *change <= from);
        let mut start = from;
        for change in changes[first..].iter().take_while(|change| **change < to) {
            cells.push((start, *change));
            start = *change;
        }
        cells.push((start, to));
    }
    cells
}

/// Sorted intervals, with those that touch or overlap merged.
pub fn merged(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut merged: Vec<Stretch> = Vec::new();
    for (from, to) in stretches {
        match merged.last_mut().filter(|(_, end)| from <= *end) {
            Some((_, end)) => *end = to.max(*end),
            None => merged.push((from, to)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour: u32) -> DateTime<Utc> {
        format!("2026-12-24T{hour:02}:00:00Z").parse().unwrap()
    }

    #[test]
    fn stretches_are_cut_at_what_lies_inside() {
        let changes = [5, 3, 3, 1, 9].map(hour).to_vec();
        let cut = cells(changes, [(hour(1), hour(4)), (hour(6), hour(8))].into_iter());
        assert_eq!(cut, [(hour(1), hour(3)), (hour(3), hour(4)), (hour(6), hour(8))]);
    }

    #[test]
    fn stretches_that_touch_are_one() {
        let all =
            vec![(hour(5), hour(6)), (hour(1), hour(3)), (hour(2), hour(4)), (hour(4), hour(5)), (hour(7), hour(8))];
        assert_eq!(merged(all), [(hour(1), hour(6)), (hour(7), hour(8))]);
    }
}
