//! Schedules after public bug reports of other systems, with invented people, and more of each kind.

use std::path::Path;

use wardbell::config::import::calendar::{self, NamedZone};
use wardbell::config::import::fault::Fault;
use wardbell::config::import::label::Origin;
use wardbell::config::import::people::{MapEntry, People};
use wardbell::config::import::shift::Shifts;
use wardbell::config::import::{amion, ends, months_of, overrides};
use wardbell::domain::id::Role;
use wardbell::domain::month::Month;
use wardbell::domain::roster::Roster;
use wardbell::domain::zone::Zone;
use wardbell::domain::zone::rules::Rules;

use crate::imports::{roster_of, text};

/// The roster of the privacy office with four more people.
pub fn roster() -> Roster {
    let people = [
        ("j-nunez", "José Núñez"),
        ("a-muller", "Anaïs Müller"),
        ("p-oneill", "Pat O'Neill"),
        ("a-lopez", "Ana Lopez-Ruiz"),
    ];
    let people = people.map(|(id, name)| {
        let mail = id.replace('-', ".");
        format!("\n[[liaison]]\nid = \"{id}\"\nname = \"{name}\"\nemail = \"{mail}@mercy.example\"\n")
    });
    roster_of(&text().replacen("\n[[rotation]]", &format!("{}\n[[rotation]]", people.concat()), 1))
}

/// The overrides and notes, or the faults, each on a line.
fn told(shifts: Result<Shifts, Vec<Fault>>, origin: Origin, months: &[Month]) -> String {
    let roster = roster();
    let people = People::new(&roster, &Vec::<MapEntry>::new()).unwrap();
    let Shifts { shifts, notes } = match shifts {
        Ok(shifts) => shifts,
        Err(faults) => return faults.iter().map(|fault| format!("refused: {fault}\n")).collect(),
    };
    let notes = notes.iter().chain(&ends::ask(&shifts)).map(|note| format!("note: {note}\n")).collect::<String>();
    let made = overrides(&shifts, &Role::primary(), origin, &people)
        .and_then(|made| months_of(&shifts, months, false).map(|_| made).map_err(|fault| vec![fault]));
    let told = match made {
        Ok(made) => made
            .iter()
            .map(|one| {
                format!("{} to {} {}\n", one.from.format("%m-%d %H:%M"), one.to.format("%m-%d %H:%M"), one.liaison)
            })
            .collect::<String>(),
        Err(faults) => faults.iter().map(|fault| format!("refused: {fault}\n")).collect(),
    };
    told + &notes
}

fn december() -> [Month; 1] {
    ["2026-12".parse().unwrap()]
}

pub fn of_calendar(file: &[u8]) -> String {
    of_calendar_with(file, &[])
}

pub fn of_calendar_with(file: &[u8], given: &[NamedZone]) -> String {
    let (zone, months) = (Zone::built_in("America/Chicago").unwrap(), december());
    let wanted = calendar::Wanted { zone: &zone, rules: Rules::built_in(), months: &months, given };
    told(calendar::read(file, wanted), Origin::Calendar, &months)
}

pub fn of_amion(file: &[u8], assignments: &[&str]) -> String {
    let assignments: Vec<String> = assignments.iter().map(ToString::to_string).collect();
    let months = december();
    let wanted = amion::Wanted { assignments: &assignments, months: &months, may_be_empty: false };
    told(amion::read(file, wanted), Origin::Amion, &months)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new("tests/config/cases").join(name)).unwrap()
}

#[test]
fn every_case_from_public_reports_is_right() {
    let mut names: Vec<String> = std::fs::read_dir("tests/config/cases")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".ics"))
        .collect();
    names.sort();
    let all: String = names.iter().map(|name| format!("{name}:\n{}", of_calendar(&file(name)))).collect();
    insta::assert_snapshot!(all, @"
    04-two-versions.ics:
    12-06 07:00 to 12-06 19:00 m-rivera
    12-07 07:00 to 12-07 19:00 m-rivera
    12-09 07:00 to 12-09 19:00 m-rivera
    12-12 07:00 to 12-12 19:00 j-chen
    note: lines 4 and 28: ignored, because the file has a newer version of the same event
    05-exchange-all-day-moved.ics:
    12-01 00:00 to 12-02 00:00 m-rivera
    12-03 00:00 to 12-04 00:00 m-rivera
    12-08 00:00 to 12-09 00:00 m-rivera
    12-11 00:00 to 12-12 00:00 m-rivera
    12-15 00:00 to 12-16 00:00 m-rivera
    12-17 00:00 to 12-18 00:00 m-rivera
    12-22 00:00 to 12-23 00:00 m-rivera
    12-24 00:00 to 12-25 00:00 m-rivera
    12-29 00:00 to 12-30 00:00 m-rivera
    12-31 00:00 to 01-01 00:00 m-rivera
    05-google-all-day-to-timed-epoch.ics:
    12-07 10:00 to 12-14 10:00 j-chen
    12-28 00:00 to 01-01 00:00 m-rivera
    note: line 13: `RECURRENCE-ID` names no day of the series; this was read as the change of its shift of 2026-12-07
    06-fold-inside-a-letter.ics:
    12-02 07:00 to 12-02 19:00 j-nunez
    12-03 07:00 to 12-03 19:00 a-muller
    07-a-reminder-without-length-years-ago.ics:
    12-02 07:00 to 12-02 19:00 m-rivera
    12-24 00:00 to 12-25 00:00 j-chen
    note: lines 4 and 9: the event has no length: its end is missing or the same as its start. It is not a shift
    note: line 24: the event must end after it starts, within a year; ignored, as the event is not in the imported months
    09-pagerduty-feed.ics:
    12-01 08:00 to 12-08 08:00 m-rivera
    11-zone-01.ics:
    12-02 07:00 to 12-02 19:00 m-rivera
    11-zone-02.ics:
    12-02 01:00 to 12-02 13:00 m-rivera
    11-zone-04.ics:
    12-02 07:00 to 12-02 19:00 m-rivera
    11-zone-06.ics:
    12-01 22:00 to 12-02 10:00 m-rivera
    11-zone-08.ics:
    12-02 08:00 to 12-02 20:00 m-rivera
    11-zone-10.ics:
    12-02 07:00 to 12-02 19:00 m-rivera
    11-zone-11.ics:
    12-02 07:00 to 12-02 19:00 m-rivera
    11-zone-names.ics:
    12-02 07:00 to 12-02 19:00 m-rivera
    12-canceled-with-one-l.ics:
    refused: no shifts in 2026-12. If that is right, use `--allow-empty` to remove what an earlier import added for it
    12-cancelled-otherwise.ics:
    refused: no shifts in 2026-12. If that is right, use `--allow-empty` to remove what an earlier import added for it
    note: line 4: `METHOD:CANCEL` cancels the events of this calendar, so they are not shifts
    12-reply.ics:
    refused: no shifts in 2026-12. If that is right, use `--allow-empty` to remove what an earlier import added for it
    note: line 4: `METHOD:REPLY` is an answer to an invitation, so its events are not shifts
    ");
}

#[test]
fn amions_halves_services_and_encodings_are_right() {
    insta::assert_snapshot!(of_amion(&file("21-amion-halves-services-minute.csv"), &["Privacy call"]), @"
    12-01 07:00 to 12-01 19:00 m-rivera
    12-01 19:00 to 12-02 06:59 j-chen
    12-02 07:00 to 12-02 19:00 m-rivera
    note: `Privacy call` includes its halves `Privacy call, am`, `Privacy call, pm`
    note: line 6: `Privacy desk pager` is a service, such as a pager, not a person; ignored
    note: line 7: the shift ends at 06:59. Until 07:00? If so, add `--until-full-hour`
    ");
    insta::assert_snapshot!(of_amion(&file("21-amion-excel-unicode-text.txt"), &["Privacy call"]), @"
    12-01 19:00 to 12-02 07:00 j-chen
    12-02 07:00 to 12-02 19:00 m-rivera
    ");
}
