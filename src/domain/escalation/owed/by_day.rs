//! When people are told by day: in the department's local daytime, and once a day.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::domain::id::DepartmentId;
use crate::domain::local_time::{to_instant, to_local};
use crate::domain::plan::Plan;
use crate::domain::zone::Zone;

/// When people are told if their department has no hours, in time since midnight.
const MORNING: TimeDelta = TimeDelta::hours(9);

/// Before and after this it is night, whatever a department's hours are.
const DAY_BEGINS: TimeDelta = TimeDelta::hours(7);
const DAY_ENDS: TimeDelta = TimeDelta::hours(20);

/// A department that is closed for longer is told without regard to its hours.
const LOOK_AHEAD_DAYS: u64 = 14;

/// Whether people of a department can be told at this time.
pub fn is_by_day(plan: &Plan, department: &DepartmentId, at: DateTime<Utc>) -> bool {
    let local = to_local(&plan.zone(department), at);
    (DAY_BEGINS..DAY_ENDS).contains(&(local.time() - NaiveTime::MIN))
}

/// Whether two instants are on the same local day of a department.
pub fn is_same_day(plan: &Plan, department: &DepartmentId, one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    let zone = plan.zone(department);
    to_local(&zone, one).date() == to_local(&zone, other).date()
}

/// The first time from `at` on at which a department is told: when it opens in the daytime, or at nine if it has no
/// hours or is staffed all night.
pub fn next_morning(plan: &Plan, department: &DepartmentId, at: DateTime<Utc>) -> DateTime<Utc> {
    let zone = plan.zone(department);
    let today = to_local(&zone, at).date();
    let days = || (0..=LOOK_AHEAD_DAYS).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
    let by_hours = days().filter_map(|day| morning_of(plan, department, &zone, day)).find(|morning| *morning >= at);
    let at_nine = || days().map(|day| instant(&zone, day, MORNING)).find(|nine| *nine >= at);
    by_hours.or_else(at_nine).unwrap_or(at + TimeDelta::days(1))
}

/// The same on a later local day than that of `at`.
pub fn next_day(plan: &Plan, department: &DepartmentId, at: DateTime<Utc>) -> DateTime<Utc> {
    let zone = plan.zone(department);
    let tomorrow = to_local(&zone, at).date().succ_opt();
    let midnight = tomorrow.map(|day| instant(&zone, day, TimeDelta::zero()));
    next_morning(plan, department, midnight.unwrap_or(at + TimeDelta::days(1)))
}

/// When a department is told on a day; `None` if it does not open that day.
fn morning_of(plan: &Plan, department: &DepartmentId, zone: &Zone, day: NaiveDate) -> Option<DateTime<Utc>> {
    let Some(roster) = plan.rosters.get(department).filter(|roster| !roster.hours.is_empty()) else {
        return Some(instant(zone, day, MORNING));
    };
    let from = instant(zone, day, DAY_BEGINS);
    if roster.is_staffed(from - TimeDelta::minutes(1)) {
        return Some(instant(zone, day, MORNING));
    }
    let opens = roster.next_staffed(from)?;
    let is_that_day = to_local(zone, opens).date() == day && is_by_day(plan, department, opens);
    is_that_day.then_some(opens)
}

fn instant(zone: &Zone, day: NaiveDate, time: TimeDelta) -> DateTime<Utc> {
    to_instant(zone, day.and_time(NaiveTime::MIN) + time)
}
