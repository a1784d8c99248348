//! The deadline as a page shows it: local time and distance.

use chrono::TimeDelta;

use crate::domain::page::{Mention, PageReason, PageText};

/// From this distance on, "02:14" alone could mean the wrong day.
const SAME_DAY: TimeDelta = TimeDelta::hours(12);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    AnswerBy,
    /// An answer, and its time has passed.
    AnswerNow,
    /// A note about what was done.
    Note,
    /// Nothing new: the reader still has it.
    StillYours,
    /// What is overdue, or still owed after the resolution.
    Tasks,
    /// The approval of a statement, or changes.
    Approve,
    /// Someone else's name: the reader may not answer and sees only the reference.
    HandOver,
}

impl Ask {
    /// What this page asks for.
    pub fn of(page: &PageText) -> Self {
        if page.reason == PageReason::LastResort {
            Self::HandOver
        } else if page.reason == PageReason::NotActedOn {
            Self::Note
        } else if page.reason == PageReason::NotTakenOver {
            Self::StillYours
        } else if page.reason.is_for_tasks() {
            Self::Tasks
        } else if page.reason == PageReason::Approval {
            Self::Approve
        } else if page.written_at < page.answer_by {
            Self::AnswerBy
        } else {
            Self::AnswerNow
        }
    }
}

/// `02:14`, or `Tue 09:00` when that is far off.
pub fn clock(page: &PageText) -> String {
    let far = page.answer_by - page.written_at >= SAME_DAY;
    local(page, if far { "%a %H:%M" } else { "%H:%M" })
}

/// `Thu, Dec 24, 02:14 CST`
pub fn whole(page: &PageText) -> String {
    local(page, "%a, %b %-d, %H:%M %Z")
}

/// The same for a page beside the first one.
pub fn whole_of(mention: &Mention) -> String {
    mention.zone.write(mention.answer_by, "%a, %b %-d, %H:%M %Z")
}

/// `CST`
pub fn zone(page: &PageText) -> String {
    local(page, "%Z")
}

/// `9 min left`, `1 h 30 min left`, `6 min ago`
pub fn distance(page: &PageText) -> String {
    let left = page.answer_by - page.written_at;
    let length = match left.num_minutes().abs() {
        0 => "less than a minute".to_owned(),
        minutes @ 1..60 => format!("{minutes} min"),
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{} h {} min", minutes / 60, minutes % 60),
    };
    if left > TimeDelta::zero() { format!("{length} left") } else { format!("{length} ago") }
}

fn local(page: &PageText, format: &str) -> String {
    page.zone.write(page.answer_by, format)
}

/// `2 tasks are overdue`, or `2 tasks are still yours`.
pub fn tasks(reason: PageReason, count: u32) -> String {
    let what = if reason == PageReason::Overdue { "overdue" } else { "still yours" };
    // The last one may have been done a moment ago.
    match count {
        0 | 1 => format!("1 task is {what}"),
        count => format!("{count} tasks are {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::Zone;
    use crate::provider::sample;

    #[test]
    fn a_time_tells_its_day_when_it_is_far_off_and_its_zone_always() {
        let mut page = sample::page();
        let check = |page: &PageText| format!("{} | {} | {}", clock(page), whole(page), distance(page));
        assert_eq!(check(&page), "02:14 | Thu, Dec 24, 02:14 CST | 9 min left");
        page.answer_by = page.written_at + TimeDelta::minutes(90);
        assert_eq!(check(&page), "03:35 | Thu, Dec 24, 03:35 CST | 1 h 30 min left");
        page.answer_by = page.written_at + TimeDelta::hours(24);
        assert_eq!(check(&page), "Fri 02:05 | Fri, Dec 25, 02:05 CST | 24 h left");
        page.answer_by = page.written_at - TimeDelta::seconds(59);
        assert_eq!(check(&page), "02:04 | Thu, Dec 24, 02:04 CST | less than a minute ago");
        page.answer_by = page.written_at - TimeDelta::minutes(6);
        assert_eq!(check(&page), "01:59 | Thu, Dec 24, 01:59 CST | 6 min ago");
        page.zone = Zone::built_in("America/Sao_Paulo").unwrap();
        assert_eq!(check(&page), "04:59 | Thu, Dec 24, 04:59 -03 | 6 min ago");
    }
}
