//! Windows, turns by stretch, free turns, and weekly times at which people are unavailable: who is on call when.

use std::fmt::Write;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::id::Role;
use wardbell::domain::roster::Roster;

use crate::{good, load};

const HOUSE: &str = "rosters/house.toml";

/// A roster of people `a`, `b` and so on in a zone, with more lines; the first are keys of the roster itself.
fn roster_in(zone: &str, people: &[(&str, &str)], lines: &str) -> Arc<Roster> {
    let (own, tables) = lines.split_once("\n\n").unwrap_or(("", lines));
    let mut text = format!("department = \"house\"\nname = \"House\"\ntimezone = \"{zone}\"\n{own}\n");
    for (id, more) in people {
        writeln!(text, "[[liaison]]\nid = \"{id}\"\nname = \"{id}\"\nemail = \"{id}@mercy.example\"\n{more}").unwrap();
    }
    let mut files = good();
    files.insert(HOUSE, text + tables);
    let loaded = load(&files);
    let plan = loaded.plan().unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    Arc::clone(&plan.rosters[&"house".parse().unwrap()])
}

fn roster(people: &str, lines: &str) -> Arc<Roster> {
    let people: Vec<_> = people.split(' ').map(|id| (id, "")).collect();
    roster_in("America/Chicago", &people, lines)
}

fn on_call<'a>(roster: &'a Roster, role: &str, at: &str) -> &'a str {
    let role: Role = role.parse().unwrap();
    let on_call = roster.on_call(&role, at.parse().unwrap(), &|_| false);
    on_call.map_or("-", |on_call| on_call.liaison.id.as_str())
}

/// Who is `primary` at these instants; and that the changes of a year are those instants at which the answer changes.
#[track_caller]
fn check(roster: &Roster, wanted: &[(&str, &str)]) {
    for (at, id) in wanted {
        assert_eq!(on_call(roster, "primary", at), *id, "{at}");
    }
    let from: DateTime<Utc> = "2026-10-20T00:00:00Z".parse().unwrap();
    for role in roster.roles() {
        let shifts = roster.shifts(&role, from, from + TimeDelta::days(150));
        for at in (0..150 * 24 * 2).map(|half_hours| from + TimeDelta::minutes(30 * half_hours)) {
            let shift = &shifts[shifts.partition_point(|shift| shift.from <= at) - 1];
            let walked = shift.on_call.as_ref().map(|(id, _)| id);
            let asked = roster.on_call(&role, at, &|_| false).map(|on_call| &on_call.liaison.id);
            assert_eq!(walked, asked, "{role} at {at}");
        }
    }
}

const ALWAYS: &str = "[[rotation]]\nrole = \"primary\"\nliaisons = [\"z\"]\n";

#[test]
fn one_weekend_is_one_turn_and_its_edges_follow_the_wall_clock() {
    let weekends = roster(
        "a b c z",
        &format!(
            "\n\n[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n[[rotation]]\nrole = \"primary\"\n\
             during = \"weekend\"\nliaisons = [\"a\", \"b\", \"c\"]\nevery = \"1 turn\"\nhandoff = \"2026-10-23 17:00\"\n{ALWAYS}"
        ),
    );
    check(
        &weekends,
        &[
            ("2026-10-23T21:59:59Z", "z"),
            ("2026-10-23T22:00:00Z", "a"),
            ("2026-10-26T12:59:59Z", "a"),
            ("2026-10-26T13:00:00Z", "z"),
            // The clocks go back within this one.
            ("2026-10-30T22:00:00Z", "b"),
            ("2026-11-02T13:59:59Z", "b"),
            ("2026-11-02T14:00:00Z", "z"),
            ("2026-11-06T23:00:00Z", "c"),
            ("2026-11-13T23:00:00Z", "a"),
            // Thirty years and 1565 weekends later.
            ("2056-10-20T22:00:00Z", "c"),
            ("2056-10-27T22:00:00Z", "a"),
        ],
    );
    let why = weekends.on_call(&Role::primary(), "2026-10-24T00:00:00Z".parse().unwrap(), &|_| false).unwrap().why;
    assert_eq!(why.to_string(), "rosters/house.toml:28 next in rotation, window `weekend`");
}

#[test]
fn a_handoff_in_a_stretch_or_before_it_starts_with_that_stretch() {
    for (handoff, first) in [
        ("2026-10-23 17:00", "a"),
        ("2026-10-20 00:00", "a"),
        ("2026-10-25 12:00", "a"),
        ("2026-10-19 08:00", "a"),
        ("2026-10-19 07:59", "c"),
    ] {
        let weekends = roster(
            "a b c",
            &format!(
                "\n\n[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n[[rotation]]\nrole = \"primary\"\n\
                 during = \"weekend\"\nliaisons = [\"a\", \"c\", \"b\"]\nevery = \"1 turn\"\nhandoff = \"{handoff}\"\n"
            ),
        );
        assert_eq!(on_call(&weekends, "primary", "2026-10-26T12:00:00Z"), first, "{handoff}");
    }
}

#[test]
fn fourteen_people_by_weekday_all_have_turns_and_two_turns_are_two_stretches() {
    let ids: Vec<String> = (0..14).map(|number| format!("p{number:02}")).collect();
    let list = ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ");
    let nights = |every: &str| {
        roster(
            &format!("{} z", ids.join(" ")),
            &format!(
                "\n\n[window.weeknight]\ndays = [\"mon\", \"tue\", \"wed\", \"thu\"]\nhours = \"17:00-08:00\"\n[[rotation]]\n\
                 role = \"primary\"\nduring = \"weeknight\"\nliaisons = [{list}]\nevery = \"{every}\"\n\
                 handoff = \"2026-11-02 17:00\"\n{ALWAYS}"
            ),
        )
    };
    let in_turn = |roster: &Roster, nights: usize| -> Vec<String> {
        let monday: DateTime<Utc> = "2026-11-03T00:00:00Z".parse().unwrap();
        let all = (0..60).filter(|day| day % 7 < 4).take(nights);
        let at = |day: i64| (monday + TimeDelta::days(day)).to_rfc3339();
        all.map(|day| on_call(roster, "primary", &at(day)).to_owned()).collect()
    };
    let one = nights("1 turn");
    check(&one, &[("2026-11-03T13:59:59Z", "p00"), ("2026-11-03T14:00:00Z", "z"), ("2026-11-03T23:00:00Z", "p01")]);
    assert_eq!(in_turn(&one, 14), ids, "each has one, one after the other");
    assert_eq!(in_turn(&nights("2 turns"), 6), ["p00", "p00", "p01", "p01", "p02", "p02"]);
}

#[test]
fn hours_and_the_time_between_them_have_turns_too_and_a_holiday_gives_its_turn_to_nobody() {
    // Thanksgiving is on 2026-11-26; the Friday after it is added.
    let office = roster(
        "a b c d e",
        "\n\n[hours]\nwed = \"08:00-17:00\"\nthu = \"08:00-17:00\"\nfri = [\"08:00-12:00\", \"12:00-17:00\"]\n\
         mon = \"08:00-17:00\"\nholidays = [\"us-federal\", 2026-11-27]\n[[rotation]]\nrole = \"primary\"\nduring = \"hours\"\n\
         liaisons = [\"a\", \"b\", \"c\"]\nevery = \"1 turn\"\nhandoff = \"2026-11-25 08:00\"\n[[rotation]]\n\
         role = \"primary\"\nduring = \"after-hours\"\nliaisons = [\"d\", \"e\"]\nevery = \"1 turn\"\n\
         handoff = \"2026-11-25 08:00\"\n",
    );
    check(
        &office,
        &[
            ("2026-11-25T14:00:00Z", "a"),
            ("2026-11-25T23:00:00Z", "d"),
            ("2026-11-27T18:00:00Z", "d"),
            ("2026-11-30T13:59:59Z", "d"),
            ("2026-11-30T14:00:00Z", "b"),
            ("2026-11-30T23:00:00Z", "e"),
            ("2026-12-02T14:00:00Z", "c"),
            ("2026-12-02T23:00:00Z", "d"),
            ("2026-12-03T14:00:00Z", "a"),
            ("2026-12-04T14:00:00Z", "b"),
            ("2026-12-04T18:00:00Z", "b"),
            ("2026-12-04T23:00:00Z", "d"),
        ],
    );
}

#[test]
fn a_holiday_that_splits_hours_makes_two_turns_of_them() {
    let office = roster(
        "a b c z",
        &format!(
            "\n\n[hours]\nmon = \"00:00-24:00\"\ntue = \"00:00-24:00\"\nwed = \"00:00-24:00\"\nholidays = [2026-11-10]\n\
             [[rotation]]\nrole = \"primary\"\nduring = \"hours\"\nliaisons = [\"a\", \"b\", \"c\"]\nevery = \"1 turn\"\n\
             handoff = \"2026-11-02 00:00\"\n{ALWAYS}"
        ),
    );
    check(
        &office,
        &[
            ("2026-11-04T12:00:00Z", "a"),
            ("2026-11-09T12:00:00Z", "b"),
            ("2026-11-10T12:00:00Z", "z"),
            ("2026-11-11T12:00:00Z", "c"),
            ("2026-11-16T12:00:00Z", "a"),
        ],
    );
}

#[test]
fn a_holiday_is_the_whole_local_day_and_days_in_a_row_are_one_turn() {
    let holidays = roster(
        "a b z",
        &format!(
            "\n\n[window.holiday]\nholidays = [\"us-federal\", 2026-12-24]\n[[rotation]]\nrole = \"primary\"\n\
             during = \"holiday\"\nliaisons = [\"a\", \"b\"]\nevery = \"1 turn\"\nhandoff = \"2026-11-01 00:00\"\n{ALWAYS}"
        ),
    );
    check(
        &holidays,
        &[
            ("2026-11-11T05:59:59Z", "z"),
            ("2026-11-11T06:00:00Z", "a"),
            ("2026-11-12T05:59:59Z", "a"),
            ("2026-11-12T06:00:00Z", "z"),
            ("2026-11-26T12:00:00Z", "b"),
            ("2026-12-24T06:00:00Z", "a"),
            ("2026-12-26T05:59:59Z", "a"),
            ("2026-12-26T06:00:00Z", "z"),
            ("2027-01-01T12:00:00Z", "b"),
        ],
    );
}

#[test]
fn a_free_turn_falls_to_the_next_rotation_and_absences_skip_it() {
    let people = [
        ("a", "away = [{ from = \"2026-11-06 17:00\", to = \"2026-11-09 08:00\" }]"),
        ("b", ""),
        ("z", "away = [{ from = \"2026-11-20 00:00\", to = \"2026-11-23 00:00\", cover = \"b\" }]"),
    ];
    let lines = format!(
        "\n\n[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n[[rotation]]\nrole = \"primary\"\n\
         during = \"weekend\"\nliaisons = [\"a\", \"-\", \"b\"]\nevery = \"1 turn\"\nhandoff = \"2026-11-06 17:00\"\n{ALWAYS}\
         [[rotation]]\nrole = \"backup\"\nliaisons = [\"b\", \"-\"]\nevery = \"1 week\"\nhandoff = \"2026-11-02 00:00\"\n"
    );
    let weekends = roster_in("America/Chicago", &people, &lines);
    check(
        &weekends,
        &[
            // Away without a cover: the free turn is passed over.
            ("2026-11-07T12:00:00Z", "b"),
            ("2026-11-14T12:00:00Z", "z"),
            ("2026-11-21T12:00:00Z", "b"),
            ("2026-11-28T12:00:00Z", "a"),
            ("2026-12-05T12:00:00Z", "z"),
        ],
    );
    assert_eq!(on_call(&weekends, "backup", "2026-11-04T12:00:00Z"), "b");
    assert_eq!(on_call(&weekends, "backup", "2026-11-10T12:00:00Z"), "-", "no rotation is left");
}

#[test]
fn unavailable_is_away_without_a_cover_until_its_last_day() {
    let people = [
        (
            "a",
            "unavailable = [{ days = [\"tue\"], hours = \"08:00-17:00\", until = 2026-11-10 }, { days = \"sun\" }]\n\
             away = [{ from = \"2026-11-03 09:00\", to = \"2026-11-03 10:00\", cover = \"c\" }]",
        ),
        ("b", "unavailable = [{ hours = \"12:00-13:00\" }]"),
        ("c", ""),
    ];
    let lines = "\n\n[[rotation]]\nrole = \"primary\"\nliaisons = [\"a\", \"b\", \"c\"]\n";
    check(
        &roster_in("America/Chicago", &people, lines),
        &[
            ("2026-11-03T13:59:59Z", "a"),
            ("2026-11-03T14:00:00Z", "b"),
            ("2026-11-03T15:30:00Z", "c"),
            ("2026-11-03T16:00:00Z", "b"),
            ("2026-11-03T18:30:00Z", "c"),
            ("2026-11-03T23:00:00Z", "a"),
            ("2026-11-10T14:00:00Z", "b"),
            ("2026-11-17T14:00:00Z", "a"),
            ("2026-11-08T05:59:59Z", "a"),
            ("2026-11-08T06:00:00Z", "b"),
            ("2026-11-09T06:00:00Z", "a"),
        ],
    );
}

#[test]
fn of_several_absences_at_once_every_cover_is_asked_in_the_files_order() {
    let people = [
        (
            "a",
            "away = [{ from = \"2026-11-01 00:00\", to = \"2026-11-30 00:00\", cover = \"b\" }, \
             { from = \"2026-11-10 00:00\", to = \"2026-11-20 00:00\", cover = \"d\" }]",
        ),
        ("b", "unavailable = [{ days = [\"wed\"] }]"),
        ("c", ""),
        ("d", ""),
    ];
    let lines = "\n\n[[rotation]]\nrole = \"primary\"\nliaisons = [\"a\", \"c\"]\n";
    check(
        &roster_in("America/Chicago", &people, lines),
        &[("2026-11-10T12:00:00Z", "b"), ("2026-11-11T12:00:00Z", "d"), ("2026-11-25T12:00:00Z", "c")],
    );
}

#[test]
fn a_window_that_begins_or_ends_in_a_gap_or_a_fold_neither_overlaps_nor_leaves_a_hole() {
    let halves = |from: &str, to: &str| {
        format!(
            "\n\n[window.first]\nfrom = \"{from}\"\nto = \"{to}\"\n[window.second]\nfrom = \"{to}\"\nto = \"{from}\"\n\
             [[rotation]]\nrole = \"primary\"\nduring = \"first\"\nliaisons = [\"a\"]\n[[rotation]]\nrole = \"primary\"\n\
             during = \"second\"\nliaisons = [\"b\"]\n"
        )
    };
    let gap = roster("a b", &halves("sat 12:00", "sun 02:30"));
    for (at, id) in [("2026-03-08T07:59:59Z", "a"), ("2026-03-08T08:00:00Z", "b"), ("2026-03-15T07:29:59Z", "a")] {
        assert_eq!(on_call(&gap, "primary", at), id, "{at}");
    }
    let fold = roster("a b", &halves("sat 12:00", "sun 01:30"));
    check(
        &fold,
        &[
            ("2026-11-01T06:29:59Z", "a"),
            ("2026-11-01T06:30:00Z", "b"),
            // The same time on the clock for the second time.
            ("2026-11-01T07:15:00Z", "b"),
            ("2026-11-01T07:30:00Z", "b"),
        ],
    );
    // In Havana, midnight is skipped: the day begins at one.
    let havana = roster_in(
        "America/Havana",
        &[("a", ""), ("z", "")],
        &format!(
            "\n\n[window.day]\nholidays = [2026-03-08]\n[[rotation]]\nrole = \"primary\"\nduring = \"day\"\n\
             liaisons = [\"a\"]\n{ALWAYS}"
        ),
    );
    for (at, id) in [("2026-03-08T04:59:59Z", "z"), ("2026-03-08T05:00:00Z", "a"), ("2026-03-09T04:00:00Z", "z")] {
        assert_eq!(on_call(&havana, "primary", at), id, "{at}");
    }
}
