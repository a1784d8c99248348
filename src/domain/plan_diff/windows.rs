//! Differences in windows and in weekly times, in words.

use chrono::{DateTime, Utc};

use crate::domain::local_time;
use crate::domain::plan_diff::fact::{Fact, changed, unmatched};
use crate::domain::plan_diff::people::People;
use crate::domain::roster::holidays::Holidays;
use crate::domain::roster::unavailable::Unavailable;
use crate::domain::roster::week::Week;
use crate::domain::roster::window::{Form, Window};
use crate::domain::roster::{Liaison, Roster};

/// How the windows differ, by name.
pub fn facts(old: &Roster, new: &Roster) -> Vec<Fact> {
    let of = |roster: &Roster, window: &Window| {
        let found = roster.windows.iter().find(|one| one.name == window.name);
        found.map(|window| text(window))
    };
    let gone = old.windows.iter().filter(|window| of(new, window).is_none());
    let all = gone.chain(&new.windows);
    all.filter_map(|window| changed(format!("window `{}`", window.name), of(old, window), of(new, window))).collect()
}

/// How the times differ at which people cannot be on call week after week; leaves out those that are over.
pub fn unavailable(old: &Roster, new: &Roster, people: &People, from: DateTime<Utc>) -> Vec<Fact> {
    let today = local_time::to_local(&new.timezone, from).date();
    let coming = |liaison: &Liaison| {
        let coming = liaison.unavailable.iter().filter(|time| time.until.is_none_or(|until| until >= today));
        coming.map(weekly).collect::<Vec<_>>()
    };
    let mut facts = Vec::new();
    for after in &new.liaisons {
        let before = old.liaisons.iter().find(|before| people.is_one(&before.id, &after.id));
        let (before, now) = (before.map(coming).unwrap_or_default(), coming(after));
        let (gone, came) = unmatched(&before, &now, |before, after| before == after);
        let what = format!("unavailable time of {}", after.name);
        let gone = gone.into_iter().map(|one| Fact { what: what.clone(), before: Some(one.clone()), after: None });
        facts.extend(gone);
        facts.extend(came.into_iter().map(|one| Fact { what: what.clone(), before: None, after: Some(one.clone()) }));
    }
    facts
}

/// `Fri 17:00 to Mon 08:00`, or the days.
fn text(window: &Window) -> String {
    match &window.form {
        Form::Week(week) => week.to_string(),
        Form::Holidays(holidays) => days(holidays),
    }
}

fn days(holidays: &Holidays) -> String {
    let federal = holidays.us_federal.then(|| "the federal holidays".to_owned());
    let dates = holidays.dates.iter().map(|date| date.format("%a %Y-%m-%d").to_string());
    federal.into_iter().chain(dates).collect::<Vec<_>>().join(", ")
}

fn weekly(time: &Unavailable) -> String {
    let week = Week::of_days(&time.hours.weekly);
    let until = time.until.map(|until| format!(", until {}", until.format("%a %Y-%m-%d")));
    format!("{week} every week{}", until.unwrap_or_default())
}
