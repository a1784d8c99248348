//! Calendars as Google, Outlook, Apple and others write them, and hostile ones.

use std::time::Instant;

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::sample::Index;
use wardbell::config::import::calendar::{Wanted, read};
use wardbell::config::import::fault::Fault;
use wardbell::config::import::label::Origin;
use wardbell::config::import::months_of;
use wardbell::config::import::shift::Shift;
use wardbell::domain::month::Month;
use wardbell::domain::zone::Zone;
use wardbell::domain::zone::rules::Rules;

use crate::imports::made;

/// A calendar with those lines of events; `|` is the start of one.
fn calendar(head: &str, events: &[&str]) -> String {
    let events: Vec<_> = events
        .iter()
        .map(|lines| {
            let lines: Vec<_> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            format!("BEGIN:VEVENT\n{}\nEND:VEVENT\n", lines.join("\n"))
        })
        .collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{head}{}END:VCALENDAR\n", events.concat()).replace('\n', "\r\n")
}

fn shifts(text: &str, months: &[Month]) -> Result<Vec<Shift>, Vec<Fault>> {
    let zone = Zone::built_in("America/Chicago").unwrap();
    let wanted = Wanted { zone: &zone, rules: Rules::built_in(), months, given: &[] };
    read(text.as_bytes(), wanted).map(|read| read.shifts)
}

fn said_in(text: &str, months: &[&str]) -> String {
    let months: Vec<Month> = months.iter().map(|month| month.parse().unwrap()).collect();
    let shifts = shifts(text, &months)
        .and_then(|shifts| months_of(&shifts, &months, false).map(|_| shifts).map_err(|fault| vec![fault]));
    made(shifts, Origin::Calendar, &[])
}

fn said(events: &[&str]) -> String {
    said_in(&calendar("", events), &["2026-12"])
}

fn empty(month: &str) -> String {
    format!("no shifts in {month}. If that is right, use `--allow-empty` to remove what an earlier import added for it")
}

const RIVERA: &str = "ATTENDEE;CN=\"Rivera, Maria\";PARTSTAT=ACCEPTED:mailto:m.rivera@mercy.example";

#[test]
fn a_title_that_may_speak_of_an_absence_gives_nobody_the_duty() {
    let times = "DTSTART:20261202T130000Z\nDTEND:20261203T010000Z";
    for title in ["Maria Rivera vacation", "NOT Maria Rivera - sick", "Maria Rivera: out"] {
        let told = said(&[&format!("{times}\nSUMMARY:{title}")]);
        assert!(told.contains("may mean that `Maria Rivera` is not on call"), "{told}");
    }
    let told = said(&[&format!("{times}\nSUMMARY:Maria Rivera on call")]);
    assert_eq!(told, "12-02 07:00 to 12-02 19:00 m-rivera (from iCalendar 2026-12)");
}

#[test]
fn times_are_read_in_every_form() {
    for times in [
        "DTSTART:20261202T130000Z\nDTEND:20261203T010000Z",
        "DTSTART;TZID=America/Chicago:20261202T070000\nDTEND;TZID=America/Chicago:20261202T190000",
        "DTSTART;TZID=America/New_York:20261202T080000\nDTEND;TZID=America/Los_Angeles:20261202T170000",
        "DTSTART;TZID=Central Standard Time:20261202T070000\nDTEND;TZID=\"Central Standard Time\":20261202T190000",
        "DTSTART;TZID=/example.org/America/Chicago:20261202T070000\nDURATION:PT12H",
        "DTSTART;TZID=Ours:20261202T080000\nDURATION:PT12H",
        "DTSTART:20261202T070000\nDTEND:20261202T190000",
        "DTSTART;TZID=America/Chi\n cago:20261202T07\n 0000\nDURATION:P0DT12H0M",
    ] {
        let times = times.replace("\n cago", "\r\n cago").replace("\n 0000", "\r\n 0000");
        let head = "BEGIN:VTIMEZONE\nTZID:Ours\nX-LIC-LOCATION:America/New_York\nBEGIN:STANDARD\nDTSTART:19701101T020000\n\
                    RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\nEND:STANDARD\nEND:VTIMEZONE\n";
        let text = format!(
            "BEGIN:VCALENDAR\r\n{}BEGIN:VEVENT\r\nUID:1\r\n{}\r\n{RIVERA}\r\nBEGIN:VALARM\r\nDURATION:P1D\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            head.replace('\n', "\r\n"),
            times.replace('\n', "\r\n").replace("\r\r", "\r"),
        );
        assert_eq!(
            said_in(&text, &["2026-12"]),
            "12-02 07:00 to 12-02 19:00 m-rivera (from iCalendar 2026-12)",
            "{times}"
        );
    }
    let day = format!("DTSTART;VALUE=DATE:20261224\n{RIVERA}");
    assert_eq!(said(&[&day]), "12-24 00:00 to 12-25 00:00 m-rivera (from iCalendar 2026-12)");
    let days = format!("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\n{RIVERA}");
    assert_eq!(said(&[&days]), "12-24 00:00 to 12-27 00:00 m-rivera (from iCalendar 2026-12)");
    let elsewhere =
        calendar("X-WR-TIMEZONE:America/New_York\n", &[&format!("DTSTART:20261202T080000\nDURATION:PT1H\n{RIVERA}")]);
    assert_eq!(said_in(&elsewhere, &["2026-12"]), "12-02 07:00 to 12-02 08:00 m-rivera (from iCalendar 2026-12)");
}

#[test]
fn series_recur_on_the_wall_clock_with_exceptions() {
    let series = format!(
        "UID:1\nDTSTART;TZID=America/Chicago:20261026T080000\nDTEND;TZID=America/Chicago:20261027T080000\n\
         RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261228T140000Z\nEXDATE;TZID=America/Chicago:20261214T080000\n\
         RDATE;TZID=America/Chicago:20261216T080000,20261217T080000\n{RIVERA}"
    );
    let moved = "UID:1\nRECURRENCE-ID:20261207T140000Z\nDTSTART:20261208T140000Z\nDURATION:PT24H\nSUMMARY:Jin Chen";
    let cancelled = "UID:1\nRECURRENCE-ID;TZID=America/Chicago:20261221T080000\nDTSTART:20261221T140000Z\n\
                     DURATION:PT1H\nSTATUS:CANCELLED";
    insta::assert_snapshot!(said(&[&series, moved, cancelled]), @"
    12-01 00:00 to 12-01 08:00 m-rivera (from iCalendar 2026-12)
    12-08 08:00 to 12-09 08:00 j-chen (from iCalendar 2026-12)
    12-16 08:00 to 12-18 08:00 m-rivera (from iCalendar 2026-12)
    12-28 08:00 to 12-29 08:00 m-rivera (from iCalendar 2026-12)
    ");
    // The change of the clocks is on the first of November: 08:00 stays 08:00.
    insta::assert_snapshot!(said_in(&calendar("", &[&series]), &["2026-10", "2026-11"]), @"
    10-26 08:00 to 10-27 08:00 m-rivera (from iCalendar 2026-10)
    11-02 08:00 to 11-03 08:00 m-rivera (from iCalendar 2026-11)
    11-09 08:00 to 11-10 08:00 m-rivera (from iCalendar 2026-11)
    11-16 08:00 to 11-17 08:00 m-rivera (from iCalendar 2026-11)
    11-23 08:00 to 11-24 08:00 m-rivera (from iCalendar 2026-11)
    11-30 08:00 to 12-01 00:00 m-rivera (from iCalendar 2026-11)
    ");
}

#[test]
fn a_series_is_kept_across_the_hour_that_is_skipped() {
    let nights =
        format!("DTSTART;TZID=America/Chicago:20260306T023000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=4\n{RIVERA}");
    assert_eq!(
        said_in(&calendar("", &[&nights]), &["2026-03"]),
        "03-06 02:30 to 03-10 02:30 m-rivera (from iCalendar 2026-03)"
    );
}

#[test]
fn a_month_takes_its_part_of_what_crosses_its_ends() {
    let week =
        format!("DTSTART;VALUE=DATE:20261130\nDTEND;VALUE=DATE:20261207\nRRULE:FREQ=WEEKLY;INTERVAL=5\n{RIVERA}");
    insta::assert_snapshot!(said_in(&calendar("", &[&week]), &["2026-11", "2026-12", "2027-01"]), @r"
    11-30 00:00 to 12-01 00:00 m-rivera (from iCalendar 2026-11)
    12-01 00:00 to 12-07 00:00 m-rivera (from iCalendar 2026-12)
    01-04 00:00 to 01-11 00:00 m-rivera (from iCalendar 2027-01)
    ");
    assert_eq!(said_in(&calendar("", &[&week]), &["2026-10"]), empty("2026-10"));
}

#[test]
fn people_are_found_by_attendee_summary_and_at_last_organizer() {
    let times = "DTSTART:20261202T130000Z\nDURATION:PT12H\n";
    for person in [
        "ATTENDEE:mailto:M.Rivera@mercy.example",
        "ATTENDEE:mailto:room-4@mercy.example\nATTENDEE:MAILTO:m.rivera@mercy.example\nSUMMARY:Privacy call",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:j.chen@mercy.example\nATTENDEE:mailto:m.rivera@mercy.example\nSUMMARY:Call",
        "ATTENDEE;CUTYPE=ROOM:mailto:room-4@mercy.example\nORGANIZER:mailto:m.rivera@mercy.example\nSUMMARY:Call",
        "ATTENDEE:mailto:m.rivera@mercy.example\nSUMMARY:Maria Rivera\\, then Jin Chen",
        "SUMMARY:On call: Maria Rivera (primary)\nORGANIZER:mailto:j.chen@mercy.example",
        "SUMMARY:Rivera\\, Maria",
        "SUMMARY:Privacy call\nORGANIZER;CN=Maria:mailto:m.rivera@mercy.example",
    ] {
        let told = said(&[&format!("{times}{person}")]);
        assert_eq!(told, "12-02 07:00 to 12-02 19:00 m-rivera (from iCalendar 2026-12)", "{person}");
    }
    insta::assert_snapshot!(said(&[
        &format!("{times}SUMMARY:Maria Riveras"),
        &format!("{times}ATTENDEE:mailto:m.rivera@mercy.example\nATTENDEE:mailto:j.chen@mercy.example\nSUMMARY:Both"),
        &format!("{times}ATTENDEE:mailto:who@mercy.example"),
        times,
    ]), @r#"
    line 3: `privacy` has no `Maria Riveras`. Did you mean `Maria Rivera`? Set who it is with `--liaison "Maria Riveras=m-rivera"`
    line 8: `Both` could be any of `j-chen`, `m-rivera`. Set who it is with `--liaison "Both=ID"`
    line 15: `privacy` has no `who@mercy.example`. Set who it is with `--liaison "who@mercy.example=ID"`
    line 20: no one is named: add a title or an attendee, or remove the event
    "#);
}

/// Whoever keeps the calendar is often invited, or its organizer, and is not on call by that.
#[test]
fn a_title_that_names_somebody_else_is_told_and_so_is_whom_nobody_took_it_from() {
    let times = "DTSTART:20261202T130000Z\nDURATION:PT12H\n";
    let events = [
        "SUMMARY:Bob Smith on call\nATTENDEE:mailto:m.rivera@mercy.example",
        "SUMMARY:Bob Smith on call\nATTENDEE:mailto:m.rivera@mercy.example",
        "SUMMARY:On call: Smith\\, Bob\nORGANIZER:mailto:m.rivera@mercy.example",
        "SUMMARY:Jin Chen\nATTENDEE:mailto:m.rivera@mercy.example",
        "SUMMARY:Call\nATTENDEE;PARTSTAT=declined:mailto:m.rivera@mercy.example",
        "SUMMARY:Call\nATTENDEE;PARTSTAT=DECLINED:mailto:j.chen@mercy.example\nORGANIZER:mailto:m.rivera@mercy.example",
        "SUMMARY:Call\nATTENDEE:mailto:bob@mercy.example\nORGANIZER:mailto:m.rivera@mercy.example",
    ]
    .map(|event| format!("{times}{event}"));
    insta::assert_snapshot!(said(&events.each_ref().map(String::as_str)), @r#"
    lines 3 and 9: the title names `Bob Smith`, who is not in `privacy`, but the address belongs to `Maria Rivera`. Set who it is with `--liaison "Bob Smith on call=ID"`, or use `--liaison "Bob Smith on call=-"` if it is not a person
    line 15: the title names `Smith, Bob`, who is not in `privacy`, but the address belongs to `Maria Rivera`. Set who it is with `--liaison "On call: Smith, Bob=ID"`, or use `--liaison "On call: Smith, Bob=-"` if it is not a person
    line 21: `Jin Chen` could be any of `j-chen`, `m-rivera`. Set who it is with `--liaison "Jin Chen=ID"`
    lines 27 and 33: `privacy` has no `Call`. Set who it is with `--liaison "Call=ID"`
    line 40: `privacy` has no `bob@mercy.example`. Set who it is with `--liaison "bob@mercy.example=ID"`
    "#);
    let with = |event: &str, map: &[&str]| {
        let text = calendar("", &[event]);
        let shifts = shifts(&text, &["2026-12".parse().unwrap()]);
        made(shifts, Origin::Calendar, map)
    };
    let told = with(&events[0], &["Bob Smith on call=j-chen"]);
    assert_eq!(told, "12-02 07:00 to 12-02 19:00 j-chen (from iCalendar 2026-12)");
    let event = format!("{times}SUMMARY:Mercy Bell\nATTENDEE:mailto:m.rivera@mercy.example");
    assert!(with(&event, &[]).starts_with("line 3: the title names `Mercy Bell`"), "{}", with(&event, &[]));
    let told = with(&event, &["mercy bell=-"]);
    assert_eq!(told, "12-02 07:00 to 12-02 19:00 m-rivera (from iCalendar 2026-12)");
}

/// As Outlook writes a zone that somebody has set up by hand; the changes are those of Chicago.
const CUSTOMIZED: &str = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16011104T020000\n\
    RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0600\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
    DTSTART:16010311T020000\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\nTZOFFSETFROM:-0600\nTZOFFSETTO:-0500\n\
    END:DAYLIGHT\nEND:VTIMEZONE\n";

#[test]
fn a_zone_that_the_calendar_explains_is_read_by_its_explanation() {
    // The hours around both changes, where one is skipped and one comes twice, in each of two years.
    for (month, days) in [("2026-03", 7..10), ("2026-10", 30..32), ("2026-11", 1..3), ("2027-03", 13..16)] {
        let starts = days.flat_map(|day| (0..4).map(move |hour| format!("{day:02}T{hour:02}3000")));
        for start in starts {
            let start = format!("{}{start}", month.replace('-', ""));
            let said = |zone: &str| {
                let event = format!("DTSTART;TZID={zone}:{start}\nDURATION:P1D\n{RIVERA}");
                said_in(&calendar(CUSTOMIZED, &[&event]), &[month])
            };
            assert_eq!(said("Customized Time Zone"), said("America/Chicago"), "{start}");
        }
    }
    let series = "DTSTART;TZID=Customized Time Zone:20260306T070000\nDTEND;TZID=Customized Time Zone:20260306T190000\n\
                  RRULE:FREQ=DAILY;UNTIL=20260309T120000Z\nEXDATE;TZID=Customized Time Zone:20260307T070000\n";
    assert_eq!(
        said_in(&calendar(CUSTOMIZED, &[&format!("{series}{RIVERA}")]), &["2026-03"]),
        "03-06 07:00 to 03-06 19:00 m-rivera (from iCalendar 2026-03)\n\
         03-08 07:00 to 03-08 19:00 m-rivera (from iCalendar 2026-03)\n\
         03-09 07:00 to 03-09 19:00 m-rivera (from iCalendar 2026-03)"
    );
}

#[test]
fn a_zone_may_be_explained_by_single_dates_and_rules_that_end() {
    // Until 2025 by a rule, in 2026 on a day of its own; from then on five and a half hours before UTC.
    let head = "BEGIN:VTIMEZONE\nTZID:Ward\nBEGIN:DAYLIGHT\nTZOFFSETFROM:-0600\nTZOFFSETTO:-0500\n\
                DTSTART:20200308T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU;UNTIL=20250309T080000Z\nEND:DAYLIGHT\n\
                BEGIN:STANDARD\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0600\nDTSTART:20201101T020000\n\
                RDATE:20211107T020000,20221106T020000,20231105T020000,20241103T020000\nRDATE:20251102T020000\n\
                END:STANDARD\nBEGIN:STANDARD\nTZOFFSETFROM:-0600\nTZOFFSETTO:-0530\nDTSTART:20261210T000000\n\
                END:STANDARD\nEND:VTIMEZONE\n";
    let said = |start: &str, month: &str| {
        let event = format!("DTSTART;TZID=Ward:{start}\nDURATION:PT1H\n{RIVERA}");
        said_in(&calendar(head, &[&event]), &[month])
    };
    for (start, month, from) in [
        ("20250401T070000", "2025-04", "04-01 07:00"),
        ("20251201T070000", "2025-12", "12-01 07:00"),
        // No rule is left that gives daylight saving in 2026: six hours before UTC, which is an hour later there.
        ("20260401T070000", "2026-04", "04-01 08:00"),
        ("20261209T070000", "2026-12", "12-09 07:00"),
        ("20261211T070000", "2026-12", "12-11 06:30"),
    ] {
        let told = said(start, month);
        assert!(told.starts_with(from), "{start}: {told}");
    }
}

#[test]
fn a_zone_whose_explanation_cannot_be_understood_is_refused() {
    let part = "BEGIN:STANDARD\nDTSTART:20201101T020000\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0600\nEND:STANDARD\n";
    let told: Vec<String> = [
        String::new(),
        part.replace("TZOFFSETTO:-0600\n", ""),
        part.replace("-0600", "west"),
        part.replace("DTSTART:20201101T020000", "DTSTART:soon"),
        part.replace("END:STANDARD", "RRULE:FREQ=DAILY\nEND:STANDARD"),
        part.replace("END:STANDARD", "RDATE:x\nEND:STANDARD"),
        part.replace("END:STANDARD", "RRULE:FREQ=YEARLY\nRRULE:FREQ=YEARLY\nEND:STANDARD"),
        part.repeat(101),
    ]
    .iter()
    .map(|parts| {
        let head = format!("BEGIN:VTIMEZONE\nTZID:Ward\n{parts}END:VTIMEZONE\n");
        said_in(&calendar(&head, &["DTSTART;TZID=Ward:20261202T130000\nDURATION:PT1H"]), &["2026-12"])
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    line 7: unknown time zone `Ward` with an invalid `VTIMEZONE` (line 5: the zone has neither `STANDARD` nor `DAYLIGHT`). Say which one it is, for example with `--timezone "Ward=America/Chicago"`
    line 11: unknown time zone `Ward` with an invalid `VTIMEZONE` (line 5: this part of the zone has no `TZOFFSETTO`). Say which one it is, for example with `--timezone "Ward=America/Chicago"`
    line 12: unknown time zone `Ward` with an invalid `VTIMEZONE` (line 8: this is not an offset such as `-0600`). Say which one it is, for example with `--timezone "Ward=America/Chicago"`
    line 12: unknown time zone `Ward` with an invalid `VTIMEZONE` (line 6: this is not a local time such as `20071104T020000`). Say which one it is, for example with `--timezone "Ward=America/Chicago"`
    line 13: unknown time zone `Ward` with an invalid `VTIMEZONE` (line 9: the rule of a time zone must be `FREQ=YEARLY`). Say which one it is, for example with `--timezone "Ward=America/Chicago"`
    line 13: unknown time zone `Ward` with an invalid `VTIMEZONE` (line 9: this is not a local time such as `20071104T020000`). Say which one it is, for example with `--timezone "Ward=America/Chicago"`
    line 14: unknown time zone `Ward` with an invalid `VTIMEZONE` (line 10: a part of a time zone can have only one rule). Say which one it is, for example with `--timezone "Ward=America/Chicago"`
    line 512: unknown time zone `Ward` with an invalid `VTIMEZONE` (line 510: the zones have more than 100 parts). Say which one it is, for example with `--timezone "Ward=America/Chicago"`
    "#);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let times = "DTSTART:20261202T130000Z\nDURATION:PT12H\n";
    insta::assert_snapshot!(said(&[
        "SUMMARY:no start",
        "DTSTART:20261202T130000Z\nSUMMARY:no end",
        "DTSTART:tomorrow",
        "DTSTART:20261202T130000Z\nDTEND:20261202T125959Z",
        "DTSTART;TZID=Customized Time Zone:20261202T130000\nDURATION:PT1H",
        "DTSTART:20261202T130000Z\nDURATION:-PT1H",
        &format!("{times}RECURRENCE-ID;RANGE=THISANDPRIOR:20261202T130000Z"),
        &format!("{times}EXDATE:x"),
        &format!("{times}RDATE;VALUE=PERIOD:20261203T130000Z/PT0S"),
    ]), @r#"
    line 3: the event has no `DTSTART`
    line 11: this is not a calendar date or time such as `20261224T170000`
    line 15: the event must end after it starts, within a year
    line 18: unknown time zone `Customized Time Zone`. Say which one it is, for example with `--timezone "Customized Time Zone=America/Chicago"`
    line 23: this is not a duration of at most a year, such as `PT12H`
    line 28: `RANGE=THISANDPRIOR` is not supported; only `RANGE=THISANDFUTURE` is
    line 33: this is not a calendar date or time such as `20261224T170000`
    line 38: a period in `RDATE` must end after it starts, within a year
    "#);
    let rules: Vec<_> =
        ["FREQ=SECONDLY", "FREQ=OFTEN", "FREQ=DAILY;UNTIL=soon", "FREQ=DAILY;BYMONTHDAY=32", "FREQ=HOURLY"]
            .iter()
            .map(|rule| format!("DTSTART:19900101T000000Z\nDURATION:PT1H\nRRULE:{rule}\n{RIVERA}"))
            .collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    insta::assert_snapshot!(said(&rules), @"
    line 6: shifts cannot recur every minute or second
    line 12: the rule is not supported: RRule parsing error: `OFTEN` is not a valid frequency.
    line 18: `UNTIL` is not a date or time
    line 24: the rule is not supported: RRule parsing error: `32` is not a valid BYMONTHDAY value. Expected a comma-separated list of values in range -31..=31, e.g. `-30,10`
    line 30: this recurs more than 15000 times by then, or never; start the series later
    ");
    let nowhere = calendar("X-WR-TIMEZONE:Nowhere\n", &["DTSTART:20261202T080000\nDURATION:PT1H"]);
    insta::assert_snapshot!(said_in(&nowhere, &["2026-12"]), @r#"line 5: unknown time zone `Nowhere`. Say which one it is, for example with `--timezone "Nowhere=America/Chicago"`"#);
    let folded = format!("DTSTART:20261101T073000Z\nDURATION:PT1H\n{RIVERA}");
    assert_eq!(
        said_in(&calendar("", &[&folded]), &["2026-11"]),
        "line 3: the event starts or ends in an hour that occurs twice in America/Chicago; change its time"
    );
    for (text, told) in [
        ("", "this is not a calendar: it has no line `BEGIN:VCALENDAR`"),
        ("<html>", "this is a web page, not a calendar; use the link that ends in `.ics`"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", &empty("2026-12")),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "line 2: the event has no `END`. Is the file incomplete?"),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\n",
            "line 1: this `BEGIN:VCALENDAR` has no `END`. The file is incomplete: download it again",
        ),
        ("BEGIN:VCALENDAR\nEND:VEVENT\n", "line 2: this `END` has no matching `BEGIN`"),
    ] {
        assert_eq!(said_in(text, &["2026-12"]), told);
    }
}

/// Rules that never happen, or too often, in numbers, are refused before they keep anybody waiting.
#[test]
fn hostile_calendars_are_refused_in_time() {
    let started = Instant::now();
    for rule in
        ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", "FREQ=HOURLY", "FREQ=DAILY"]
    {
        let event = format!("DTSTART:19700101T000000Z\nDURATION:PT1H\nRRULE:{rule}\n{RIVERA}");
        let told = said_in(&calendar("", &[event.as_str(); 3]), &["2026-12"]);
        assert!(!told.is_empty(), "{rule}");
    }
    assert!(said_in(&format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(100_000)), &["2026-12"]).contains("deep"));
    let events = "BEGIN:VEVENT\nDTSTART:20261202T130000Z\nDURATION:PT1H\nEND:VEVENT\n".repeat(20_001);
    assert!(said_in(&format!("BEGIN:VCALENDAR\n{events}"), &["2026-12"]).contains("more than 20000 events"));
    let long =
        format!("{} SUMMARY:{}", "DTSTART:20261202T130000Z\nDURATION:PT1H\n", "x".repeat(70_000)).replace(" S", "S");
    assert_eq!(said(&[&long]), "line 6: the line is longer than 64 KiB");
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

const PARTS: &[&str] = &[
    "DTSTART:20261202T130000Z",
    "DTSTART;VALUE=DATE:19700101",
    "DTSTART;TZID=Asia/Beirut:20260328T003000",
    "DTEND:21991231T235959Z",
    "DURATION:P366D",
    "DURATION:PT1S",
    "RRULE:FREQ=",
    "YEARLY",
    "MONTHLY",
    "WEEKLY",
    "DAILY",
    "HOURLY",
    ";INTERVAL=65535",
    ";INTERVAL=0",
    ";COUNT=1",
    ";COUNT=4294967295",
    ";COUNT=0",
    ";UNTIL=19700101",
    ";UNTIL=21991231T235959Z",
    ";BYMONTHDAY=-31,31",
    ";BYDAY=-53SU,53MO",
    ";BYDAY=MO",
    ";BYSETPOS=-366,366",
    ";BYSETPOS=-1",
    ";BYYEARDAY=-366,366",
    ";BYWEEKNO=53,-53",
    ";BYHOUR=23,0",
    ";BYMINUTE=59",
    ";BYSECOND=60,59",
    ";WKST=SU",
    ";BYMONTH=2,12",
    ";BYEASTER=1",
    "EXDATE:20261202T130000Z,20261203T130000Z",
    "RDATE;VALUE=PERIOD:20261202T130000Z/PT1H",
    "RECURRENCE-ID:20261202T130000Z",
    "UID:1",
    "ATTENDEE:mailto:m.rivera@mercy.example",
    "ATTENDEE;X=\"a:b;c\",\"d\":mailto:x",
    "SUMMARY:\\n\\,\\",
    ";",
    ":",
    "\"",
    "\r\n ",
    "\r\n",
    "\r\n",
    "\r\n",
    "\r\nBEGIN:VEVENT\r\n",
    "\r\nEND:VEVENT\r\n",
    "é",
    "\0",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_in_a_calendar_makes_the_reader_panic(parts in prop::collection::vec(any::<Index>(), 1..40)) {
        let parts: String = parts.iter().map(|part| PARTS[part.index(PARTS.len())]).collect();
        said_in(&format!("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{parts}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"), &["2026-12"]);
    }

    #[test]
    fn no_rule_makes_the_reader_panic(start in 0..3_usize, freq in 7..12_usize, rest in prop::collection::vec(12..32_usize, 0..5)) {
        let rest: String = rest.iter().map(|part| PARTS[*part]).collect();
        let event = format!("{}\nDURATION:PT1H\nRRULE:FREQ={}{rest}\n{RIVERA}", PARTS[start], PARTS[freq]);
        said_in(&calendar("", &[&event]), &["2026-12"]);
    }
}
