//! How days, times and lists are written in files.

use chrono::{NaiveDate, NaiveDateTime};

pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A single value stands alone, several in brackets.
pub fn listed(values: &[String]) -> String {
    if let [value] = values { value.clone() } else { format!("[{}]", values.join(", ")) }
}

/// Hours in quotes, given in minutes from midnight.
pub fn span((from, to): (u32, u32)) -> String {
    format!("\"{}-{}\"", time(from), time(to))
}

pub fn time(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Named ones first.
pub fn holidays(us_federal: bool, dates: &[NaiveDate]) -> Vec<String> {
    let named = us_federal.then(|| "\"us-federal\"".to_owned());
    named.into_iter().chain(dates.iter().map(ToString::to_string)).collect()
}

pub fn local(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}
