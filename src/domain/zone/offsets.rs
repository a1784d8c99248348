//! A zone's offsets in the years for which people plan, listed once: reading them from the rules takes ten times as long.

use std::ops::Range;

/// From 2000 until 2069, in seconds since 1970.
const LISTED: Range<i64> = 946_684_800..3_124_224_000;

/// More than any offset, or change of one.
const TWO_DAYS: i64 = 2 * 24 * 60 * 60;

/// All offsets in [`LISTED`], in order; the first one is in force when that begins.
pub struct Offsets(Box<[Change]>);

struct Change {
    at: i64,
    /// From then on.
    offset: i32,
    /// Local times that are skipped or that occur twice.
    unclear: Range<i64>,
}

impl Offsets {
    /// From the offset at an instant and the changes after it. `None` if changes are so close to each other that their local
    /// times cannot be told apart.
    pub fn new<C: Iterator<Item = (i64, i32)>>(
        offset: impl Fn(i64) -> i32,
        following: impl Fn(i64) -> C,
    ) -> Option<Self> {
        let mut before = offset(LISTED.start);
        let begin = LISTED.start + i64::from(before);
        let mut changes = vec![Change { at: LISTED.start, offset: before, unclear: begin..begin }];
        for (at, offset) in following(LISTED.start).take_while(|(at, _)| *at < LISTED.end) {
            let [one, other] = [before, offset].map(|offset| at + i64::from(offset));
            changes.push(Change { at, offset, unclear: one.min(other)..one.max(other) });
            before = offset;
        }
        let is_clear = changes.is_sorted_by(|one, next| one.at < next.at && one.unclear.end <= next.unclear.start);
        is_clear.then(|| Self(changes.into()))
    }

    /// The offset at an instant, if it is listed.
    pub fn at(&self, at: i64) -> Option<i32> {
        let after = self.0.partition_point(|change| change.at <= at);
        self.0.get(after.checked_sub(1)?).filter(|_| at < LISTED.end).map(|change| change.offset)
    }

    /// The offset of a local time that occurs exactly once, if it is listed.
    pub fn of_local(&self, local: i64) -> Option<i32> {
        if !(LISTED.start + TWO_DAYS..LISTED.end - TWO_DAYS).contains(&local) {
            return None;
        }
        let after = self.0.partition_point(|change| change.unclear.start <= local);
        let change = self.0.get(after.checked_sub(1)?)?;
        (change.unclear.end <= local).then_some(change.offset)
    }
}
