//! A roster as a calendar: who is on call for each role on each day, coverage gaps, and special days.

pub mod clock;
pub mod feed;
pub mod link;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use crate::domain::calendar::clock::{ClockWords, day_start};
use crate::domain::id::{LiaisonId, Role};
use crate::domain::local_time;
use crate::domain::month::Month;
use crate::domain::roster::Roster;
use crate::domain::roster::change::Shift;

/// A roster over a period, by role and by day.
#[derive(Debug)]
pub struct Calendar<'roster> {
    pub roster: &'roster Roster,
    pub from: DateTime<Utc>,
    /// Exclusive.
    pub to: DateTime<Utc>,
    /// The roles that are assigned in the roster, and always `primary`.
    pub roles: Vec<RoleShifts>,
    /// Requested roles that are never assigned in the roster.
    pub never_held: Vec<Role>,
    /// Every local day of the period, in order.
    pub days: Vec<Day>,
}

/// Who is on call for one role, including gaps.
#[derive(Debug)]
pub struct RoleShifts {
    pub role: Role,
    /// In order of time.
    pub shifts: Vec<Shift>,
}

/// One local day, or the part of it inside the period.
#[derive(Debug)]
pub struct Day {
    /// The date in the roster's zone.
    pub date: NaiveDate,
    pub from: DateTime<Utc>,
    /// Exclusive.
    pub to: DateTime<Utc>,
    /// What is special about the day.
    pub marks: Vec<Mark>,
    /// One per role, in the calendar's order.
    pub duties: Vec<Duty>,
}

/// One role on one day.
#[derive(Debug)]
pub struct Duty {
    pub role: Role,
    /// In order of time; never empty.
    pub parts: Vec<Part>,
}

/// A part of a day with one person on call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `08:00` for when someone takes over, `12:00–15:00` for a gap; `None` for the whole day.
    pub time: Option<String>,
    /// The person's name; `None` is a coverage gap.
    pub name: Option<String>,
}

impl Part {
    /// `08:00 Maria Rivera`, `Maria Rivera`, `nobody 12:00–15:00` or `nobody`.
    pub fn words(&self) -> String {
        match (&self.name, &self.time) {
            (Some(name), Some(time)) => format!("{time} {name}"),
            (Some(name), None) => name.clone(),
            (None, Some(time)) => format!("nobody {time}"),
            (None, None) => "nobody".to_owned(),
        }
    }
}

/// What is special about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Today,
    /// Hours that start on this day are dropped.
    Holiday,
    /// The department has hours, but is not staffed on this day.
    Closed,
    /// The day is longer or shorter than 24 hours by this much because clocks change.
    ClocksChange(TimeDelta),
}

impl Mark {
    /// `today`, `holiday`, `closed`, `23 hours: clocks change`.
    pub fn words(self) -> String {
        match self {
            Self::Today => "today".to_owned(),
            Self::Holiday => "holiday".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::ClocksChange(by) => {
                let minutes = (TimeDelta::hours(24) + by).num_minutes();
                let (hours, minutes) = (minutes / 60, minutes % 60);
                let length = if minutes == 0 { format!("{hours}") } else { format!("{hours}:{minutes:02}") };
                format!("{length} hours: clocks change")
            }
        }
    }
}

impl<'roster> Calendar<'roster> {
    /// The calendar of a period, for one role or all, as seen at `now`.
    pub fn new(
        roster: &'roster Roster,
        role: Option<&Role>,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        now: DateTime<Utc>,
    ) -> Self {
        let roles = roster.roles().into_iter().filter(|one| role.is_none_or(|role| role == one));
        let (told, never_held): (Vec<_>, Vec<_>) =
            roles.partition(|role| *role == Role::primary() || is_named(roster, role));
        let roles: Vec<_> =
            told.into_iter().map(|role| RoleShifts { shifts: roster.shifts(&role, from, to), role }).collect();
        let today = local_time::to_local(&roster.timezone, now).date();
        let days = days(roster, from, to).map(|(date, start, end)| {
            let marks = marks(roster, date, today);
            let duties = roles.iter().map(|role| duty(roster, role, start, end)).collect();
            Day { date, from: start, to: end, marks, duties }
        });
        Self { roster, from, to, days: days.collect(), roles, never_held }
    }

    /// A liaison's name, or the id if the roster does not contain them.
    pub fn name(&self, id: &LiaisonId) -> String {
        name(self.roster, id)
    }

    /// All coverage gaps, by role.
    pub fn gaps(&self) -> impl Iterator<Item = (&Role, &Shift)> {
        let all = self.roles.iter().flat_map(|one| one.shifts.iter().map(move |shift| (&one.role, shift)));
        all.filter(|(_, shift)| shift.on_call.is_none())
    }

    /// `December 2026`, or `24 Nov 2026 to 3 Dec 2026` if it is not exactly one month.
    pub fn title(&self) -> String {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return String::new() };
        let after = last.date.succ_opt().unwrap_or(last.date);
        let is_month = first.date.day() == 1 && after.day() == 1 && first.date.month() == last.date.month();
        let is_whole = [(first.date, self.from), (after, self.to)]
            .into_iter()
            .all(|(date, at)| day_start(&self.roster.timezone, date) == at);
        if is_month && is_whole && first.date.year() == last.date.year() {
            return first.date.format("%B %Y").to_string();
        }
        let written = |date: NaiveDate| date.format("%-d %b %Y").to_string();
        if first.date == last.date {
            written(first.date)
        } else {
            format!("{} to {}", written(first.date), written(last.date))
        }
    }
}

/// The start and end of a month in a roster's zone.
pub fn month_of(roster: &Roster, month: Month) -> (DateTime<Utc>, DateTime<Utc>) {
    let (first, next) = month.bounds();
    (local_time::to_instant(&roster.timezone, first), local_time::to_instant(&roster.timezone, next))
}

/// A liaison's name, or the id if the roster does not contain them.
pub fn name(roster: &Roster, id: &LiaisonId) -> String {
    roster.liaison(id).map_or_else(|| id.to_string(), |liaison| liaison.name.clone())
}

/// Whether a rotation or an override assigns the role.
pub fn is_named(roster: &Roster, role: &Role) -> bool {
    roster.rotations.iter().any(|rotation| rotation.role == *role)
        || roster.overrides.iter().any(|change| change.role == *role)
}

/// The local days in a period, without days that the zone skips.
fn days(
    roster: &Roster,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> impl Iterator<Item = (NaiveDate, DateTime<Utc>, DateTime<Utc>)> {
    let zone = &roster.timezone;
    let first = local_time::to_local(zone, from).date();
    let all = first.iter_days().map(move |date| {
        let end = date.succ_opt().map_or(to, |next| day_start(zone, next));
        (date, day_start(zone, date).max(from), end.min(to))
    });
    all.take_while(move |(_, start, _)| *start < to).filter(|(_, start, end)| start < end)
}

fn marks(roster: &Roster, date: NaiveDate, today: NaiveDate) -> Vec<Mark> {
    let zone = &roster.timezone;
    let start = day_start(zone, date);
    let end = date.succ_opt().map_or(start, |next| day_start(zone, next));
    let has_hours = !roster.hours.is_empty();
    let is_holiday = has_hours && roster.hours.holidays.contain(date);
    let is_closed = has_hours && roster.next_staffed(start).is_none_or(|opens| opens >= end);
    let change = end - start - TimeDelta::hours(24);
    [
        (date == today, Mark::Today),
        (is_holiday, Mark::Holiday),
        (is_closed, Mark::Closed),
        (change != TimeDelta::zero(), Mark::ClocksChange(change)),
    ]
    .into_iter()
    .filter_map(|(holds, mark)| holds.then_some(mark))
    .collect()
}

fn duty(roster: &Roster, role: &RoleShifts, from: DateTime<Utc>, to: DateTime<Utc>) -> Duty {
    let clock = ClockWords::new(&roster.timezone);
    let inside = role.shifts.iter().filter(|shift| shift.from < to && shift.to > from);
    let parts = inside.map(|shift| {
        let (start, end) = (shift.from.max(from), shift.to.min(to));
        let is_whole = start == from && end == to;
        let name = shift.on_call.as_ref().map(|(id, _)| name(roster, id));
        let time = match &name {
            Some(_) => clock.start(start),
            None => format!("{}–{}", clock.start(start), clock.end(end)),
        };
        Part { time: (!is_whole).then_some(time), name }
    });
    Duty { role: role.role.clone(), parts: parts.collect() }
}

/// The Monday of a day's week.
pub fn monday_of(date: NaiveDate) -> NaiveDate {
    date - TimeDelta::days(date.weekday().num_days_from_monday().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Contacts;
    use crate::domain::place::Place;
    use crate::domain::roster::Liaison;
    use crate::domain::roster::count::StretchCount;
    use crate::domain::roster::hours::{Hours, OpenSpan};
    use crate::domain::roster::rotation::{During, Rotation};

    /// One person is always `primary`; the department is staffed on Mondays during these hours.
    fn roster(zone: &str, monday: &[(u16, u16)]) -> Roster {
        let place = Place { file: "rosters/desk.toml".into(), line: 1 };
        let mut hours = Hours::default();
        hours.weekly[0] = monday.iter().map(|(from, to)| OpenSpan { from: *from, to: *to }).collect();
        let liaison = Liaison {
            id: "a-okafor".parse().unwrap(),
            name: "Ada Okafor".to_owned(),
            contacts: Contacts::default(),
            sms_consent: None,
            away: Vec::new(),
            unavailable: Vec::new(),
            is_listed: false,
            place: place.clone(),
        };
        let rotation = Rotation {
            role: Role::primary(),
            during: During::Always,
            liaisons: vec![Some(liaison.id.clone())],
            every: None,
            handoff: None,
            place,
        };
        Roster {
            department: "desk".parse().unwrap(),
            name: "Desk".to_owned(),
            timezone: crate::domain::zone::Zone::built_in(zone).unwrap(),
            escalate_to: None,
            owner: None,
            review_by: None,
            hours,
            staffed_count: StretchCount::default(),
            windows: Vec::new(),
            approvers: Vec::new(),
            liaisons: vec![liaison],
            rotations: vec![rotation],
            overrides: Vec::new(),
        }
    }

    /// The days of a period with their marks.
    #[track_caller]
    fn check(roster: &Roster, from: &str, to: &str, now: &str, wanted: &[&str]) {
        let local = |day: &str| day_start(&roster.timezone, day.parse().unwrap());
        let calendar = Calendar::new(roster, None, (local(from), local(to)), now.parse().unwrap());
        let told: Vec<String> = calendar
            .days
            .iter()
            .map(|day| {
                let marks: Vec<String> = day.marks.iter().map(|mark| mark.words()).collect();
                format!("{} {}", day.date, marks.join(", ")).trim_end().to_owned()
            })
            .collect();
        assert_eq!(told, wanted);
        assert_eq!(calendar.days.first().map(|day| day.from), Some(calendar.from));
        assert!(calendar.days.windows(2).all(|pair| pair[0].to == pair[1].from), "no hole between the days");
    }

    #[test]
    fn a_day_is_today_by_the_rosters_clock() {
        let chicago = roster("America/Chicago", &[]);
        check(&chicago, "2026-12-01", "2026-12-03", "2026-12-02T05:59:59Z", &["2026-12-01 today", "2026-12-02"]);
        check(&chicago, "2026-12-01", "2026-12-03", "2026-12-02T06:00:00Z", &["2026-12-01", "2026-12-02 today"]);
    }

    #[test]
    fn a_day_is_closed_when_no_hours_reach_into_it() {
        let mut nights = roster("America/Chicago", &[(1_320, 360)]);
        let never = "2020-01-01T00:00:00Z";
        let (from, to) = ("2026-12-07", "2026-12-10");
        check(&nights, from, to, never, &["2026-12-07", "2026-12-08", "2026-12-09 closed"]);
        nights.hours.holidays.dates.insert("2026-12-07".parse().unwrap());
        check(&nights, from, to, never, &["2026-12-07 holiday, closed", "2026-12-08 closed", "2026-12-09 closed"]);
    }

    #[test]
    fn days_on_which_clocks_change_tell_their_length() {
        let never = "2000-01-01T00:00:00Z";
        let howe = roster("Australia/Lord_Howe", &[]);
        check(&howe, "2026-10-04", "2026-10-05", never, &["2026-10-04 23:30 hours: clocks change"]);
        // The day starts an hour late.
        let havana = roster("America/Havana", &[]);
        check(&havana, "2026-03-08", "2026-03-10", never, &["2026-03-08 23 hours: clocks change", "2026-03-09"]);
        // Samoa skipped this day.
        let apia = roster("Pacific/Apia", &[]);
        check(&apia, "2011-12-29", "2012-01-01", never, &["2011-12-29", "2011-12-31"]);
    }

    #[test]
    fn a_stretch_has_a_title_and_a_month_its_name() {
        let desk = roster("America/Chicago", &[]);
        let title = |from: &str, to: &str| {
            let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
            Calendar::new(&desk, None, (at(from), at(to)), at("2026-12-01T00:00:00Z")).title()
        };
        assert_eq!(title("2026-12-01T06:00:00Z", "2027-01-01T06:00:00Z"), "December 2026");
        assert_eq!(title("2026-12-01T07:00:00Z", "2027-01-01T06:00:00Z"), "1 Dec 2026 to 31 Dec 2026");
        assert_eq!(title("2026-12-01T06:00:00Z", "2026-12-02T06:00:00Z"), "1 Dec 2026");
        assert_eq!(month_of(&desk, "2026-12".parse().unwrap()).0.to_rfc3339(), "2026-12-01T06:00:00+00:00");
    }
}
