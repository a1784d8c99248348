//! Intervals: split at changes, and merged when they touch.

use chrono::{DateTime, Utc};

/// An interval, `[from, to)`.
pub type Stretch = (DateTime<Utc>, DateTime<Utc>);

/// Splits intervals at the changes.
pub fn cells(changes: Vec<DateTime<Utc>>, stretches: impl Iterator<Item = Stretch>) -> Vec<Stretch> {
    cut(&in_order(changes), stretches)
}

/// The changes in order, each once.
pub fn in_order(mut changes: Vec<DateTime<Utc>>) -> Vec<DateTime<Utc>> {
    // They come as a few lists that are in order, which a stable sort merges.
    changes.sort();
    changes.dedup();
    changes
}

/// Splits intervals at changes that are in order.
pub fn cut(changes: &[DateTime<Utc>], stretches: impl Iterator<Item = Stretch>) -> Vec<Stretch> {
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

/// The index of the last entry that starts at or before an instant, or 0. It is looked for first at `near` and right after
/// that: most instants are asked for in order.
pub fn index_at<T>(entries: &[T], start: impl Fn(&T) -> DateTime<Utc>, at: DateTime<Utc>, near: usize) -> usize {
    let has_started = |index: usize| entries.get(index).is_some_and(|entry| start(entry) <= at);
    let next = (near..=near + 1).find(|index| has_started(*index) && !has_started(index + 1));
    next.unwrap_or_else(|| entries.partition_point(|entry| start(entry) <= at).saturating_sub(1))
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
    fn an_entry_is_found_from_wherever_it_is_looked_for() {
        let starts = [2, 4, 4, 7].map(hour);
        for at in 0..10 {
            let wanted = starts.iter().rposition(|start| *start <= hour(at)).unwrap_or(0);
            for near in 0..9 {
                assert_eq!(index_at(&starts, |start| *start, hour(at), near), wanted, "{at} near {near}");
            }
        }
        assert_eq!(index_at(&[], |start| *start, hour(1), 0), 0);
    }

    #[test]
    fn stretches_that_touch_are_one() {
        let all =
            vec![(hour(5), hour(6)), (hour(1), hour(3)), (hour(2), hour(4)), (hour(4), hour(5)), (hour(7), hour(8))];
        assert_eq!(merged(all), [(hour(1), hour(6)), (hour(7), hour(8))]);
    }
}
