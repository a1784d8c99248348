//! Windows, turns and weekly absences, each case worked out by hand.
//!
//! Chicago is six hours behind UTC, and five from 8 March to 1 November 2026, both Sundays.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::compare::{self, stretches};
use crate::paper::{Paper, Turns, Unit};
use crate::person::{Absence, Entry, Person, Unavailable};
use crate::reading::Reading;
use crate::wall::{Form, Window};

const CHICAGO: chrono_tz::Tz = chrono_tz::America::Chicago;
const FREE: usize = usize::MAX;
const WEEKEND: Form = Form::Week { from: (4, 1_020), to: (0, 480) };

/// A roster of four people with a window and some rotations; its stretch of time is set when it is checked.
fn ward(form: Form, rotations: Vec<Turns>) -> Paper {
    let person = |id| {
        let own = Entry { name: Some(format!("P{id}")), email: Some(format!("p{id}@x.example")), sms: Vec::new() };
        Person { own, ..Person::default() }
    };
    Paper {
        zone: CHICAGO,
        hours: std::array::from_fn(|_| Vec::new()),
        us_federal: false,
        dates: Vec::new(),
        windows: vec![Window { name: "window", form }],
        all_keys: false,
        approvers: Vec::new(),
        people: (0..4).map(person).collect(),
        rotations,
        overrides: Vec::new(),
        from: DateTime::UNIX_EPOCH,
        to: DateTime::UNIX_EPOCH,
    }
}

/// Turns of a primary; `FREE` is a free one.
fn turns(during: &'static str, people: &[usize], every: u32, unit: Unit, handoff: &str) -> Turns {
    Turns { every: Some((every, unit)), handoff: Some(local(handoff)), ..always(during, people) }
}

fn always(during: &'static str, people: &[usize]) -> Turns {
    let people = people.iter().map(|id| Some(*id).filter(|id| *id != FREE)).collect();
    Turns { role: "primary", during, people, every: None, handoff: None }
}

fn by_turn(people: &[usize], every: u32, handoff: &str) -> Turns {
    turns("window", people, every, Unit::Turns, handoff)
}

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Checks by both readings who is primary from when on, up to an instant; `FREE` is a gap.
#[track_caller]
fn check(paper: &Paper, until: &str, wanted: &[(&str, usize)]) {
    let instant = |text: &str| format!("{text}:00Z").parse::<DateTime<Utc>>().unwrap();
    let paper = Paper { from: instant(wanted[0].0), to: instant(until), ..paper.clone() };
    let told: Vec<_> = stretches(&Reading::of(&paper), "primary", &paper)
        .into_iter()
        .map(|(from, _, held)| (from.format("%Y-%m-%dT%H:%M").to_string(), held.map_or(FREE, |held| held.person)))
        .collect();
    let wanted: Vec<_> = wanted.iter().map(|(from, person)| ((*from).to_owned(), *person)).collect();
    assert_eq!(told, wanted);
    if let Some(difference) = compare::disagreement(&paper, 0) {
        panic!("{}\n\n{}", difference.in_words(), paper.file().text);
    }
}

#[test]
fn each_weekend_is_one_turn_and_a_free_one_falls_to_the_next_rotation() {
    let rotations = vec![by_turn(&[0, 1, FREE], 1, "2026-01-09 17:00"), always("always", &[3])];
    check(
        &ward(WEEKEND, rotations),
        "2026-02-03T00:00",
        &[
            ("2026-01-02T12:00", 3), // The weekend of 2 January is before the handoff.
            ("2026-01-09T23:00", 0), // Turn 0: Friday 17:00, to Monday 08:00.
            ("2026-01-12T14:00", 3),
            ("2026-01-16T23:00", 1), // Turn 1.
            ("2026-01-19T14:00", 3), // Turn 2, from 23 January, is free.
            ("2026-01-30T23:00", 0), // Turn 3: 3 mod 3 = 0.
            ("2026-02-02T14:00", 3),
        ],
    );
}

#[test]
fn turn_0_is_the_first_stretch_that_ends_after_the_handoff() {
    let from = |handoff, every, people: &[usize]| ward(WEEKEND, vec![by_turn(people, every, handoff)]);
    let until = "2026-01-20T00:00";
    let (begins, ends) = ("2026-01-09T23:00", "2026-01-12T14:00");
    let (next, next_ends) = ("2026-01-16T23:00", "2026-01-19T14:00");
    // On Saturday at noon, in its middle: the rest of that weekend is turn 0.
    let middle = [("2026-01-09T00:00", FREE), ("2026-01-10T18:00", 0), (ends, FREE), (next, 1), (next_ends, FREE)];
    check(&from("2026-01-10 12:00", 1, &[0, 1]), until, &middle);
    // A minute before its end it is still turn 0; at its end the next weekend is.
    let late = [("2026-01-12T00:00", FREE), ("2026-01-12T13:59", 0), (ends, FREE), (next, 1), (next_ends, FREE)];
    check(&from("2026-01-12 07:59", 1, &[0, 1]), until, &late);
    let at_its_end = [("2026-01-12T00:00", FREE), (next, 0), (next_ends, FREE)];
    check(&from("2026-01-12 08:00", 1, &[0, 1]), until, &at_its_end);
    // From Friday 8 January 2016 to 9 January 2026 there are 3654 days, 522 weekends: 522 mod 4 = 2, 523 mod 4 = 3.
    let four = [0, 1, 2, 3];
    let each = [("2026-01-09T00:00", FREE), (begins, 2), (ends, FREE), (next, 3), (next_ends, FREE)];
    check(&from("2016-01-08 17:00", 1, &four), until, &each);
    // By twos: 522 / 2 = 261 and 523 / 2 = 261, and 261 mod 4 = 1.
    let twice = [("2026-01-09T00:00", FREE), (begins, 1), (ends, FREE), (next, 1), (next_ends, FREE)];
    check(&from("2016-01-08 17:00", 2, &four), until, &twice);
}

#[test]
fn stretches_over_midnight_and_at_changes_of_clocks() {
    let nights = Form::Days { days: vec![4, 5, 6], hours: vec![(1_320, 360)] };
    // 22:00 is 04:00Z in winter and 03:00Z in summer; 06:00 is 12:00Z in winter and 11:00Z in summer.
    check(
        &ward(nights, vec![by_turn(&[0, 1, 2], 1, "2026-03-06 22:00")]),
        "2026-03-09T20:00",
        &[
            ("2026-03-06T12:00", FREE),
            ("2026-03-07T04:00", 0),
            ("2026-03-07T12:00", FREE),
            ("2026-03-08T04:00", 1), // Seven hours long.
            ("2026-03-08T11:00", FREE),
            ("2026-03-09T03:00", 2),
            ("2026-03-09T11:00", FREE),
        ],
    );
    let sunday =
        |hours, handoff| ward(Form::Days { days: vec![6], hours: vec![hours] }, vec![by_turn(&[0, 1, 2], 1, handoff)]);
    // From 02:00 to 03:00 turn 1, on 8 March, has no instant, and is a turn nevertheless.
    check(
        &sunday((120, 180), "2026-03-01 02:00"),
        "2026-03-16T00:00",
        &[
            ("2026-03-01T00:00", FREE),
            ("2026-03-01T08:00", 0),
            ("2026-03-01T09:00", FREE),
            ("2026-03-15T07:00", 2),
            ("2026-03-15T08:00", FREE),
        ],
    );
    // From 02:30, which is skipped: from the first instant after the gap, 03:00, which is 08:00Z.
    let from_gap = [("2026-03-08T00:00", FREE), ("2026-03-08T08:00", 0), ("2026-03-08T09:00", FREE)];
    check(&sunday((150, 240), "2026-03-08 00:00"), "2026-03-09T00:00", &from_gap);
    // 01:30 comes twice on 1 November, and the first one counts: 06:30Z, as a start and as an end.
    let from_fold = [("2026-11-01T00:00", FREE), ("2026-11-01T06:30", 0), ("2026-11-01T09:00", FREE)];
    check(&sunday((90, 180), "2026-11-01 00:00"), "2026-11-02T00:00", &from_fold);
    let to_fold = [("2026-11-01T00:00", FREE), ("2026-11-01T05:00", 0), ("2026-11-01T06:30", FREE)];
    check(&sunday((0, 90), "2026-11-01 00:00"), "2026-11-02T00:00", &to_fold);
}

#[test]
fn holidays_are_whole_days_and_those_that_follow_each_other_are_one_turn() {
    let holidays = Form::Holidays { us_federal: true, dates: vec![day("2026-11-27")] };
    let rotations = vec![by_turn(&[0, 1, 2], 1, "2026-11-11 00:00"), always("always", &[3])];
    check(
        &ward(holidays, rotations),
        "2027-01-03T00:00",
        &[
            ("2026-11-10T00:00", 3),
            ("2026-11-11T06:00", 0), // Veterans Day, turn 0.
            ("2026-11-12T06:00", 3),
            ("2026-11-26T06:00", 1), // Thanksgiving and the day after it, turn 1.
            ("2026-11-28T06:00", 3),
            ("2026-12-25T06:00", 2), // Christmas Day, a Friday, turn 2.
            ("2026-12-26T06:00", 3),
            ("2027-01-01T06:00", 0), // New Year's Day, turn 3: 3 mod 3 = 0.
            ("2027-01-02T06:00", 3),
        ],
    );
}

#[test]
fn staffed_and_unstaffed_stretches_are_turns_that_holidays_remove_and_lengthen() {
    let rotations = vec![
        turns("hours", &[0, 1], 1, Unit::Turns, "2026-11-23 08:00"),
        turns("after-hours", &[2, 3], 1, Unit::Turns, "2026-11-23 17:00"),
    ];
    let mut paper = ward(WEEKEND, rotations);
    paper.hours = std::array::from_fn(|day| if day < 5 { vec![(480, 1_020)] } else { Vec::new() });
    paper.us_federal = true;
    check(
        &paper,
        "2026-11-30T20:00",
        &[
            ("2026-11-23T14:00", 0), // Monday, staffed turn 0.
            ("2026-11-23T23:00", 2), // Unstaffed turn 0.
            ("2026-11-24T14:00", 1),
            ("2026-11-24T23:00", 3),
            ("2026-11-25T14:00", 0), // Wednesday, staffed turn 2.
            ("2026-11-25T23:00", 2), // Over Thanksgiving to Friday 08:00, unstaffed turn 2.
            ("2026-11-27T14:00", 1), // Friday, staffed turn 3: Thanksgiving took none.
            ("2026-11-27T23:00", 3), // Over the weekend.
            ("2026-11-30T14:00", 0),
        ],
    );
}

#[test]
fn a_free_turn_of_a_week_falls_to_the_next_rotation_that_holds() {
    let rotations = vec![
        turns("always", &[0, FREE], 1, Unit::Weeks, "2026-11-02 00:00"),
        always("window", &[1]),
        always("always", &[2]),
    ];
    check(
        &ward(WEEKEND, rotations),
        "2026-11-17T00:00",
        &[
            ("2026-11-02T06:00", 0),
            ("2026-11-09T06:00", 1), // The weekend lasts until Monday 08:00.
            ("2026-11-09T14:00", 2),
            ("2026-11-13T23:00", 1),
            ("2026-11-16T06:00", 0),
        ],
    );
}

const NOVEMBER_24: (&str, &str) = ("2026-11-24 00:00", "2026-11-25 00:00");

fn absence(cover: Option<usize>) -> Absence {
    Absence { from: local(NOVEMBER_24.0), to: local(NOVEMBER_24.1), cover }
}

/// From the day before 24 November to the day after it, with who is primary on it.
fn around(person: usize) -> [(&'static str, usize); 3] {
    [("2026-11-23T12:00", 0), ("2026-11-24T06:00", person), ("2026-11-25T06:00", 0)]
}

const UNTIL: &str = "2026-11-26T00:00";

#[test]
fn every_cover_is_asked_in_the_files_order_and_free_turns_are_passed_over() {
    let mut paper = ward(WEEKEND, vec![turns("always", &[0, FREE, 1, 2], 1, Unit::Weeks, "2026-11-23 00:00")]);
    paper.people[0].away = vec![absence(None)];
    check(&paper, UNTIL, &around(1));
    paper.people[0].away = vec![absence(None), absence(Some(3)), absence(Some(2))];
    check(&paper, UNTIL, &around(3));
    paper.people[3].away = vec![absence(None)];
    check(&paper, UNTIL, &around(2));
    paper.people[2].unavailable = vec![Unavailable { days: vec![1], hours: None, until: None }];
    check(&paper, UNTIL, &around(1));
    // All of them away: a gap, although another rotation would hold.
    paper.people[1].away = vec![absence(None)];
    paper.rotations.push(always("always", &[3]));
    check(&paper, UNTIL, &around(FREE));
}

#[test]
fn who_is_unavailable_is_away_week_after_week_without_a_cover() {
    let ward = |days: &[u32], hours, until: Option<&str>| {
        let mut paper = ward(WEEKEND, vec![always("always", &[0, 1])]);
        paper.people[0].unavailable = vec![Unavailable { days: days.to_vec(), hours, until: until.map(day) }];
        paper
    };
    let away = |from, to| [("2026-11-16T12:00", 0), (from, 1), (to, 0)];
    // On Tuesdays from 08:00 to 17:00, the last time on Tuesday 24 November.
    let twice = [
        ("2026-11-16T12:00", 0),
        ("2026-11-17T14:00", 1),
        ("2026-11-17T23:00", 0),
        ("2026-11-24T14:00", 1),
        ("2026-11-24T23:00", 0),
    ];
    check(&ward(&[1], Some((480, 1_020)), Some("2026-11-24")), "2026-12-03T00:00", &twice);
    // The last time on Monday 23 November: only on the 17th.
    let once = away("2026-11-17T14:00", "2026-11-17T23:00");
    check(&ward(&[1], Some((480, 1_020)), Some("2026-11-23")), "2026-12-03T00:00", &once);
    // From 22:00 to 06:00: what started on the last day counts to its end on the day after.
    let night = away("2026-11-18T04:00", "2026-11-18T12:00");
    check(&ward(&[1], Some((1_320, 360)), Some("2026-11-17")), "2026-12-03T00:00", &night);
    // Saturday and Sunday whole, without an end; on 1 November the Sunday has 25 hours.
    let whole = [("2026-10-30T00:00", 0), ("2026-10-31T05:00", 1), ("2026-11-02T06:00", 0)];
    check(&ward(&[5, 6], None, None), "2026-11-05T00:00", &whole);
    // Away with a cover at the same time: the cover holds for that absence.
    let mut covered = ward(&[1], None, None);
    covered.people[0].away = vec![absence(Some(2))];
    check(&covered, UNTIL, &around(2));
}
