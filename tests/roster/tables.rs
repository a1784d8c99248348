//! The rule at the hours when files go wrong, each case in the contract's words, worked out by hand.

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::roster::Roster;

use crate::compare;

/// The roster of a zone with the people Ann, Bob, Cleo and Dan, and the lines that are given.
fn ward(zone: &str, away: &[(&str, &str)], lines: &str) -> String {
    let mut text = format!("department = \"ward\"\nname = \"Ward\"\ntimezone = \"{zone}\"\n");
    let (hours, rest) = lines.split_once("\n\n").unwrap_or(("", lines));
    text.push_str(hours);
    for id in ["ann", "bob", "cleo", "dan"] {
        let of = away.iter().filter(|(who, _)| *who == id).map(|(_, absence)| format!("{{ {absence} }}"));
        let absences: Vec<_> = of.collect();
        text.push_str(&format!("\n[[liaison]]\nid = \"{id}\"\nname = \"{id}\"\nemail = \"{id}@x.example\"\n"));
        text.push_str(&format!("away = [{}]\n", absences.join(", ")));
    }
    text + rest
}

fn roster(text: &str) -> Roster {
    compare::roster(text, "").unwrap_or_else(|refused| panic!("{}\n{text}", refused.errors.join("\n")))
}

/// A rotation of Ann, Bob and Cleo.
fn turns(every: &str, handoff: &str) -> String {
    format!(
        "[[rotation]]\nrole = \"primary\"\nduring = \"always\"\nliaisons = [\"ann\", \"bob\", \"cleo\"]\n\
         every = \"{every}\"\nhandoff = \"{handoff}\"\n"
    )
}

/// Checks who holds a role from when on, up to an instant; `-` is a gap.
#[track_caller]
fn check(text: &str, role: &str, until: &str, wanted: &[(&str, &str)]) {
    let (roster, role) = (roster(text), role.parse().unwrap());
    let from: DateTime<Utc> = wanted[0].0.parse().unwrap();
    let until: DateTime<Utc> = until.parse().unwrap();
    let shifts = roster.shifts(&role, from, until);
    let told: Vec<_> = shifts
        .iter()
        .map(|shift| {
            let start = shift.from.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            (start, shift.on_call.as_ref().map_or("-", |(id, _)| id.as_str()).to_owned())
        })
        .collect();
    let wanted: Vec<_> = wanted.iter().map(|(from, who)| ((*from).to_owned(), (*who).to_owned())).collect();
    assert_eq!(told, wanted);
    let ends = shifts.iter().map(|shift| shift.to);
    assert!(ends.eq(shifts[1..].iter().map(|shift| shift.from).chain([until])), "{shifts:?}");
    for shift in &shifts {
        for at in [shift.from, shift.to - TimeDelta::seconds(1)] {
            let on_call = roster.on_call(&role, at, &|_| false).map(|on_call| on_call.liaison.id.clone());
            assert_eq!(on_call.as_ref(), shift.on_call.as_ref().map(|(id, _)| id), "{at}");
        }
    }
}

/// Checks a rotation of Ann, Bob and Cleo by the instants at which they take over.
#[track_caller]
fn check_turns(zone: &str, every: &str, handoff: &str, instants: &[&str]) {
    let wanted: Vec<_> = instants.iter().copied().zip(["ann", "bob", "cleo"].into_iter().cycle()).collect();
    let last: DateTime<Utc> = instants.last().unwrap().parse().unwrap();
    let until = (last + TimeDelta::seconds(1)).to_rfc3339();
    check(&ward(zone, &[], &turns(every, handoff)), "primary", &until, &wanted);
}

#[test]
fn handoffs_in_the_night_of_a_change_of_clocks_in_chicago() {
    let zone = "America/Chicago";
    // 02:30 is skipped on 8 March: the first instant after the gap is 03:00.
    check_turns(
        zone,
        "1 day",
        "2026-03-07 02:30",
        &["2026-03-07T08:30:00Z", "2026-03-08T08:00:00Z", "2026-03-09T07:30:00Z"],
    );
    // 02:30 comes once on 1 November, after the fold.
    check_turns(
        zone,
        "1 day",
        "2026-10-31 02:30",
        &["2026-10-31T07:30:00Z", "2026-11-01T08:30:00Z", "2026-11-02T08:30:00Z"],
    );
    // 01:30 comes twice: the first counts.
    check_turns(
        zone,
        "1 day",
        "2026-10-31 01:30",
        &["2026-10-31T06:30:00Z", "2026-11-01T06:30:00Z", "2026-11-02T07:30:00Z"],
    );
    // Hours are counted on the wall clock: the turn from 01:00 lasts two hours in autumn.
    check_turns(
        zone,
        "1 hour",
        "2026-11-01 00:00",
        &["2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z", "2026-11-01T08:00:00Z", "2026-11-01T09:00:00Z"],
    );
    // In spring the turn from 02:00 to 03:00, Cleo's, has no instant.
    let hourly = ward(zone, &[], &turns("1 hour", "2026-03-08 00:00"));
    let wanted = [
        ("2026-03-08T06:00:00Z", "ann"),
        ("2026-03-08T07:00:00Z", "bob"),
        ("2026-03-08T08:00:00Z", "ann"),
        ("2026-03-08T09:00:00Z", "bob"),
    ];
    check(&hourly, "primary", "2026-03-08T10:00:00Z", &wanted);
}

#[test]
fn handoffs_at_midnight_where_clocks_change_at_midnight() {
    for (zone, handoff, instants) in [
        (
            "America/Havana",
            "2026-03-07 00:00",
            ["2026-03-07T05:00:00Z", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"],
        ),
        (
            "America/Havana",
            "2027-11-06 00:00",
            ["2027-11-06T04:00:00Z", "2027-11-07T04:00:00Z", "2027-11-08T05:00:00Z"],
        ),
        // In 2026 the clocks of Cuba are not set back.
        (
            "America/Havana",
            "2026-10-31 00:00",
            ["2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T04:00:00Z"],
        ),
        ("Asia/Beirut", "2026-03-28 00:00", ["2026-03-27T22:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"]),
        ("Asia/Beirut", "2026-10-24 00:00", ["2026-10-23T21:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T22:00:00Z"]),
        ("Asia/Beirut", "2026-10-23 23:30", ["2026-10-23T20:30:00Z", "2026-10-24T20:30:00Z", "2026-10-25T21:30:00Z"]),
        ("Africa/Cairo", "2026-04-23 00:00", ["2026-04-22T22:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"]),
        ("Africa/Cairo", "2026-10-29 00:00", ["2026-10-28T21:00:00Z", "2026-10-29T22:00:00Z", "2026-10-30T22:00:00Z"]),
    ] {
        check_turns(zone, "1 day", handoff, &instants);
    }
}

#[test]
fn handoffs_where_clocks_change_by_half_an_hour() {
    let zone = "Australia/Lord_Howe";
    let spring = ["2026-10-02T15:45:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"];
    check_turns(zone, "1 day", "2026-10-03 02:15", &spring);
    let autumn = ["2026-04-03T14:45:00Z", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"];
    check_turns(zone, "1 day", "2026-04-04 01:45", &autumn);
}

#[test]
fn months_are_cut_to_the_last_day_and_years_end() {
    let months = [
        "2027-10-31T09:00:00Z",
        "2027-11-30T09:00:00Z",
        "2027-12-31T09:00:00Z",
        "2028-01-31T09:00:00Z",
        "2028-02-29T09:00:00Z",
        "2028-03-31T09:00:00Z",
        "2028-04-30T09:00:00Z",
    ];
    check_turns("UTC", "1 month", "2027-10-31 09:00", &months);
    let leap_days = [
        "2028-02-29T00:00:00Z",
        "2029-02-28T00:00:00Z",
        "2030-02-28T00:00:00Z",
        "2031-02-28T00:00:00Z",
        "2032-02-29T00:00:00Z",
    ];
    check_turns("UTC", "12 months", "2028-02-29 00:00", &leap_days);
    let zone = "America/Chicago";
    check_turns(zone, "1 week", "2026-12-24 23:59", &["2026-12-25T05:59:00Z", "2027-01-01T05:59:00Z"]);
    check_turns(zone, "1 day", "2026-12-31 00:00", &["2026-12-31T06:00:00Z", "2027-01-01T06:00:00Z"]);
}

/// Ann in hours, Bob after hours.
fn by_hours(hours: &str) -> String {
    ward(
        "America/Chicago",
        &[],
        &format!(
            "[hours]\n{hours}\n\n[[rotation]]\nrole = \"primary\"\nduring = \"hours\"\nliaisons = [\"ann\"]\n\
             [[rotation]]\nrole = \"primary\"\nduring = \"after-hours\"\nliaisons = [\"bob\"]\n"
        ),
    )
}

#[test]
fn hours_past_midnight_belong_to_their_first_day_and_a_day_ends_at_twenty_four() {
    let week = "fri = \"22:00-06:00\"\nsat = \"18:00-24:00\"\nsun = \"00:00-06:00\"";
    let until = "2026-11-23T00:00:00Z";
    let weekend = [
        ("2026-11-20T12:00:00Z", "bob"),
        ("2026-11-21T04:00:00Z", "ann"),
        ("2026-11-21T12:00:00Z", "bob"),
        ("2026-11-22T00:00:00Z", "ann"),
        ("2026-11-22T12:00:00Z", "bob"),
    ];
    check(&by_hours(week), "primary", until, &weekend);
    // Saturday a holiday: Friday's night stays whole, Saturday's evening is dropped.
    let mut saturday = weekend;
    saturday[3].0 = "2026-11-22T06:00:00Z";
    check(&by_hours(&format!("{week}\nholidays = [2026-11-21]")), "primary", until, &saturday);
    // Friday a holiday: its night is dropped to the end.
    let friday = [weekend[0], weekend[3], weekend[4]];
    check(&by_hours(&format!("{week}\nholidays = [2026-11-20]")), "primary", until, &friday);
    // The night of the change is an hour shorter, and hours within the gap have no instant.
    let spring = [("2026-03-08T00:00:00Z", "bob"), ("2026-03-08T04:00:00Z", "ann"), ("2026-03-08T11:00:00Z", "bob")];
    check(&by_hours("sat = \"22:00-06:00\""), "primary", "2026-03-09T00:00:00Z", &spring);
    check(&by_hours("sun = \"02:00-03:00\""), "primary", "2026-03-09T00:00:00Z", &spring[..1]);
    let opens = roster(&by_hours("sun = \"02:00-03:00\"")).next_staffed("2026-03-07T00:00:00Z".parse().unwrap());
    assert_eq!(opens, Some("2026-03-15T07:00:00Z".parse().unwrap()), "the Sunday after");
    // An end that comes twice is the first of the two.
    let autumn = [("2026-11-01T00:00:00Z", "bob"), ("2026-11-01T05:00:00Z", "ann"), ("2026-11-01T06:30:00Z", "bob")];
    check(&by_hours("sun = \"00:00-01:30\""), "primary", "2026-11-02T00:00:00Z", &autumn);
}

#[test]
fn the_eleven_federal_holidays_are_not_staffed_on_their_day_and_as_observed() {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|day| format!("{day} = \"00:00-24:00\""));
    let roster = roster(&by_hours(&format!("{}\nholidays = [\"us-federal\"]", days.join("\n"))));
    let noon: DateTime<Utc> = "2021-12-01T18:00:00Z".parse().unwrap();
    let noons = (0..396).map(|days| noon + TimeDelta::days(days));
    let closed: Vec<_> =
        noons.filter(|at| !roster.is_staffed(*at)).map(|at| at.format("%a %Y-%m-%d").to_string()).collect();
    assert_eq!(
        closed,
        [
            "Fri 2021-12-24", // Christmas Day 2021, observed
            "Sat 2021-12-25",
            "Fri 2021-12-31", // New Year's Day 2022, observed in the year before
            "Sat 2022-01-01",
            "Mon 2022-01-17",
            "Mon 2022-02-21",
            "Mon 2022-05-30",
            "Sun 2022-06-19",
            "Mon 2022-06-20", // Juneteenth, observed
            "Mon 2022-07-04",
            "Mon 2022-09-05",
            "Mon 2022-10-10",
            "Fri 2022-11-11",
            "Thu 2022-11-24",
            "Sun 2022-12-25",
            "Mon 2022-12-26", // Christmas Day 2022, observed
        ]
    );
}

const DAY: &str = "from = \"2026-11-24 00:00\", to = \"2026-11-25 00:00\"";

/// From before the day to after it, with who holds on that day.
fn around_the_day<'a>(usual: &'a str, on_the_day: &'a str) -> [(&'static str, &'a str); 3] {
    [("2026-11-23T12:00:00Z", usual), ("2026-11-24T06:00:00Z", on_the_day), ("2026-11-25T06:00:00Z", usual)]
}

fn rotation(role: &str, people: &str) -> String {
    format!("[[rotation]]\nrole = \"{role}\"\nduring = \"always\"\nliaisons = [{people}]\n")
}

fn change(role: &str, person: &str) -> String {
    let day = DAY.replace(", ", "\n");
    format!("[[override]]\nrole = \"{role}\"\n{day}\nliaison = \"{person}\"\n")
}

const UNTIL: &str = "2026-11-26T00:00:00Z";

#[test]
fn who_is_away_is_covered_then_followed_by_the_next_and_with_everybody_away_there_is_a_gap() {
    let zone = "America/Chicago";
    let pair = rotation("primary", "\"ann\", \"bob\"");
    let covered = format!("{DAY}, cover = \"cleo\"");
    let cover_is_away = [("ann", &*covered), ("cleo", DAY)];
    check(&ward(zone, &[("ann", &covered)], &pair), "primary", UNTIL, &around_the_day("ann", "cleo"));
    check(&ward(zone, &cover_is_away, &pair), "primary", UNTIL, &around_the_day("ann", "bob"));
    check(&ward(zone, &[("ann", DAY)], &pair), "primary", UNTIL, &around_the_day("ann", "bob"));
    check(&ward(zone, &[("ann", DAY), ("bob", DAY)], &pair), "primary", UNTIL, &around_the_day("ann", "-"));
    // The cover is for the person whose turn it is: who would have been next is not covered.
    let next_is_away = [("ann", DAY), ("bob", &*covered)];
    check(&ward(zone, &next_is_away, &pair), "primary", UNTIL, &around_the_day("ann", "-"));
    // The next is counted from whose turn it is: after Bob comes Cleo, whose own turn follows.
    let daily = ward(zone, &[("bob", DAY)], &turns("1 day", "2026-11-23 00:00"));
    check(&daily, "primary", UNTIL, &[("2026-11-23T12:00:00Z", "ann"), ("2026-11-24T06:00:00Z", "cleo")]);
    // Two absences at once: whoever covers in one of them covers.
    let twice = [("ann", DAY), ("ann", &*covered)];
    check(&ward(zone, &twice, &pair), "primary", UNTIL, &around_the_day("ann", "cleo"));
}

#[test]
fn the_last_override_counts_unless_its_person_is_away() {
    let zone = "America/Chicago";
    let lines = rotation("primary", "\"ann\", \"bob\"") + &change("primary", "cleo") + &change("primary", "dan");
    check(&ward(zone, &[], &lines), "primary", UNTIL, &around_the_day("ann", "dan"));
    check(&ward(zone, &[("dan", DAY)], &lines), "primary", UNTIL, &around_the_day("ann", "cleo"));
    // An override's person has no cover: the rotation follows.
    let covered = format!("{DAY}, cover = \"bob\"");
    let away = [("dan", &*covered), ("cleo", DAY)];
    check(&ward(zone, &away, &lines), "primary", UNTIL, &[("2026-11-23T12:00:00Z", "ann")]);
    // Without any rotation an override stands alone.
    check(&ward(zone, &[], &change("primary", "dan")), "primary", UNTIL, &around_the_day("-", "dan"));
}

#[test]
fn primary_and_backup_are_never_one_person() {
    let zone = "America/Chicago";
    let lines = rotation("primary", "\"ann\"") + &rotation("backup", "\"ann\", \"bob\"");
    check(&ward(zone, &[], &lines), "backup", UNTIL, &[("2026-11-23T12:00:00Z", "bob")]);
    let alone = rotation("primary", "\"ann\"") + &rotation("backup", "\"ann\"");
    check(&ward(zone, &[], &alone), "backup", UNTIL, &[("2026-11-23T12:00:00Z", "-")]);
    // The backup becomes primary for a day: the next in the rotation steps back in.
    let lifted = lines.clone() + &change("primary", "bob");
    check(&ward(zone, &[], &lifted), "backup", UNTIL, &around_the_day("bob", "ann"));
    // An override that makes the primary the backup gives way to the rotation.
    let doubled = lines.clone() + &change("backup", "ann");
    check(&ward(zone, &[], &doubled), "backup", UNTIL, &[("2026-11-23T12:00:00Z", "bob")]);
    // Where nobody is primary, the backup may be anybody.
    check(&ward(zone, &[("ann", DAY)], &lines), "backup", UNTIL, &[("2026-11-23T12:00:00Z", "bob")]);
    let nobody = rotation("backup", "\"ann\", \"bob\"");
    check(&ward(zone, &[], &nobody), "backup", UNTIL, &[("2026-11-23T12:00:00Z", "ann")]);
    // Another role of the roster may fall on the same person.
    let third = lines + &rotation("charge-nurse", "\"ann\"");
    check(&ward(zone, &[], &third), "charge-nurse", UNTIL, &[("2026-11-23T12:00:00Z", "ann")]);
}
