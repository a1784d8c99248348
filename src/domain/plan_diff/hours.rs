//! Differences in a department's hours, in words.

use chrono::NaiveDate;

use crate::domain::plan_diff::fact::{Fact, changed, items};
use crate::domain::roster::hours::{Hours, OpenSpan};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// How the hours differ; consecutive days with the same change are combined. Leaves out holidays before `today`.
pub fn facts(old: &Hours, new: &Hours, today: NaiveDate) -> Vec<Fact> {
    let mut facts = Vec::new();
    let days: Vec<_> = (0..7).map(|day| (spans(&old.weekly[day]), spans(&new.weekly[day]))).collect();
    let mut day = 0;
    while day < 7 {
        let alike = days[day..].iter().take_while(|other| **other == days[day]).count();
        let (first, last) = (DAYS[day], DAYS[day + alike - 1]);
        let what = if alike == 1 { format!("hours on {first}") } else { format!("hours {first} to {last}") };
        let (before, after) = days[day].clone();
        facts.extend(changed(what, before, after));
        day += alike;
    }
    let federal = |hours: &Hours| hours.holidays.us_federal.then_some("the federal holidays");
    facts.extend(changed("closed days", federal(old), federal(new)));
    let dates = |hours: &Hours| {
        let coming = hours.holidays.dates.iter().filter(|date| **date >= today);
        coming.map(|date| date.format("%a %Y-%m-%d").to_string()).collect::<Vec<_>>()
    };
    facts.extend(items("closed day", &dates(old), &dates(new)));
    facts
}

/// `08:00-12:00, 13:00-15:00`; `None` if the day has no hours.
fn spans(spans: &[OpenSpan]) -> Option<String> {
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let texts: Vec<_> = spans.iter().map(|span| format!("{}-{}", clock(span.from), clock(span.to))).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}
