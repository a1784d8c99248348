//! More schedules of every kind that public bug reports tell of, as Google, Outlook, Exchange, iCloud, PagerDuty, Opsgenie,
//! QGenda and Amion write them.

use wardbell::config::import::calendar::NamedZone;
use wardbell::domain::zone::Zone;

use crate::cases::{of_amion, of_calendar, of_calendar_with};

const SECOND: &str = "12-02 07:00 to 12-02 19:00 m-rivera\n";
const NOBODY: &str = "refused: no shifts in 2026-12. If that is right, use `--allow-empty` to remove what an earlier import added for it\n";
const TIMES: &str = "DTSTART:20261202T130000Z\nDTEND:20261203T010000Z\n";

/// A calendar with those lines before its events.
fn calendar(head: &str, events: &[&str]) -> String {
    let events: String = events.iter().map(|event| format!("BEGIN:VEVENT\n{}\nEND:VEVENT\n", event.trim())).collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{head}{events}END:VCALENDAR\n").replace('\n', "\r\n")
}

#[track_caller]
fn check(events: &[&str], expected: &str) {
    assert_eq!(of_calendar(calendar("", events).as_bytes()), expected, "{events:?}");
}

/// An event of 2 December for the one with these lines.
#[track_caller]
fn check_who(lines: &str, expected: &str) {
    check(&[&format!("{TIMES}{lines}")], &format!("12-02 07:00 to 12-02 19:00 {expected}\n"));
}

#[track_caller]
fn check_starts(events: &[&str], expected: &str) {
    let told = of_calendar(calendar("", events).as_bytes());
    assert!(told.starts_with(expected), "{events:?}:\n{told}");
}

#[test]
fn the_newest_version_of_an_event_counts() {
    let on = |day: u32, rest: &str| {
        format!("UID:a\nDTSTART:202612{day:02}T130000Z\nDTEND:202612{:02}T010000Z\n{rest}", day + 1)
    };
    let (rivera, chen) = ("SUMMARY:Maria Rivera", "SUMMARY:Jin Chen");
    let older = "note: line 3: ignored, because the file has a newer version of the same event\n";
    let newer = |first: &str, second: &str| {
        check(
            &[&on(5, &format!("{first}\n{chen}")), &on(2, &format!("{second}\n{rivera}"))],
            &format!("{SECOND}{older}"),
        );
    };
    newer("SEQUENCE:1", "SEQUENCE:2");
    newer("SEQUENCE:9", "SEQUENCE:10");
    newer("DTSTAMP:20261101T000000Z", "DTSTAMP:20261102T000000Z");
    newer(
        "SEQUENCE:1\nDTSTAMP:20261101T000000Z\nLAST-MODIFIED:20261101T000000Z",
        "SEQUENCE:1\nDTSTAMP:20261101T000000Z\nLAST-MODIFIED:20261102T000000Z",
    );
    newer("SEQUENCE:0\nDTSTAMP:20261109T000000Z", "SEQUENCE:1\nDTSTAMP:20261102T000000Z");
    newer("SEQUENCE:1\nSTATUS:CANCELLED", "SEQUENCE:2\nSTATUS:CONFIRMED");
    check(
        &[&on(2, &format!("SEQUENCE:2\nSTATUS:CANCELLED\n{rivera}")), &on(5, &format!("SEQUENCE:1\n{rivera}"))],
        &format!("{NOBODY}note: line 11: ignored, because the file has a newer version of the same event\n"),
    );
    // Some programs give all events one UID; where none is newer, all count.
    check(&[&on(2, rivera), &on(5, chen)], &format!("{SECOND}12-05 07:00 to 12-05 19:00 j-chen\n"));
    check(&[&on(2, rivera), &on(5, &format!("STATUS:CANCELLED\n{chen}"))], SECOND);
    // One occurrence is named in two ways.
    let series = "UID:s\nDTSTART;TZID=America/Chicago:20261202T070000\nDURATION:PT12H\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:Maria Rivera";
    let first =
        "UID:s\nSEQUENCE:1\nRECURRENCE-ID:20261203T130000Z\nDTSTART:20261203T130000Z\nDURATION:PT12H\nSUMMARY:Jin Chen";
    let second = "UID:s\nSEQUENCE:2\nRECURRENCE-ID;TZID=America/New_York:20261203T080000\nDTSTART:20261204T130000Z\nDURATION:PT12H\nSUMMARY:Jin Chen";
    check_starts(
        &[series, first, second],
        &format!("{SECOND}12-04 07:00 to 12-04 19:00 j-chen\nnote: line 10: ignored"),
    );
}

#[test]
fn what_is_cancelled_puts_nobody_on_call() {
    for status in ["CANCELLED", "CANCELED", "cancelled", " Canceled "] {
        check(&[&format!("{TIMES}STATUS:{status}\nSUMMARY:Maria Rivera")], NOBODY);
    }
    // What is wrong with a cancelled event does not matter.
    check(&["DTSTART:soon\nSTATUS:CANCELED", &format!("{TIMES}SUMMARY:Maria Rivera")], SECOND);
    let event = format!("UID:a\n{TIMES}SUMMARY:Maria Rivera");
    for method in ["CANCEL", "cancel"] {
        let told = of_calendar(calendar(&format!("METHOD:{method}\n"), &[&event]).as_bytes());
        let note = "note: line 3: `METHOD:CANCEL` cancels the events of this calendar, so they are not shifts\n";
        assert_eq!(told, format!("{NOBODY}{note}"));
    }
    for method in ["REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"] {
        let told = of_calendar(calendar(&format!("METHOD:{method}\n"), &[&event]).as_bytes());
        let note =
            format!("note: line 3: `METHOD:{method}` is an answer to an invitation, so its events are not shifts\n");
        assert_eq!(told, format!("{NOBODY}{note}"));
    }
    for method in ["PUBLISH", "REQUEST", "ADD"] {
        assert_eq!(of_calendar(calendar(&format!("METHOD:{method}\n"), &[&event]).as_bytes()), SECOND);
    }
    // The invitation and its cancellation, one after the other; an answer to it changes nothing.
    let both = |method: &str| {
        calendar("METHOD:REQUEST\n", &[&event])
            + &calendar(&format!("METHOD:{method}\n"), &[&format!("SEQUENCE:1\n{event}")])
    };
    assert!(of_calendar(both("CANCEL").as_bytes()).starts_with(NOBODY));
    assert!(of_calendar(both("REPLY").as_bytes()).starts_with(SECOND));
    let series = "UID:s\nDTSTART:20261202T130000Z\nDURATION:PT12H\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:Maria Rivera";
    let gone = "UID:s\nRECURRENCE-ID:20261203T130000Z\nDTSTART:20261203T130000Z\nSTATUS:CANCELED";
    let third = "12-04 07:00 to 12-04 19:00 m-rivera\n";
    check(&[series, gone], &format!("{SECOND}{third}"));
    check(&[series, &gone.replace("ID:", "ID;RANGE=THISANDFUTURE:")], SECOND);
    let moved =
        "UID:s\nSEQUENCE:1\nRECURRENCE-ID:20261203T130000Z\nDTSTART:20261210T130000Z\nDURATION:PT12H\nSUMMARY:Jin Chen";
    check(
        &[&format!("{series}\nSTATUS:CANCELED"), moved],
        &format!("{NOBODY}note: line 11: the series of this event is cancelled, so it is not a shift\n"),
    );
}

#[test]
fn a_day_is_compared_with_a_day() {
    let days = "UID:d\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=WEEKLY;COUNT=2\nSUMMARY:Maria Rivera";
    let expected = "12-01 00:00 to 12-02 00:00 m-rivera\n12-09 00:00 to 12-10 00:00 m-rivera\n";
    for id in [
        ";VALUE=DATE:20261208",
        ":20261208T000000Z",
        ":20261208T060000Z",
        ":20261208T050000Z",
        ";TZID=Eastern Standard Time:20261208T000000",
        ";TZID=America/Chicago:20261207T180000",
        ":20261208T000000",
    ] {
        let moved = format!("UID:d\nRECURRENCE-ID{id}\nDTSTART;VALUE=DATE:20261209\nSUMMARY:Maria Rivera");
        check(&[days, &moved], expected);
        check(&[&format!("{days}\nEXDATE{id}")], "12-01 00:00 to 12-02 00:00 m-rivera\n");
    }
    let timed = "UID:t\nDTSTART;TZID=America/Chicago:20261202T070000\nDURATION:PT12H\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:Maria Rivera";
    for id in
        [";VALUE=DATE:20261203", ":20261203T130000Z", ";TZID=America/New_York:20261203T080000", ":20261203T070000"]
    {
        check(&[&format!("{timed}\nEXDATE{id}")], SECOND);
        let moved = format!("UID:t\nRECURRENCE-ID{id}\nDTSTART:20261220T130000Z\nDURATION:PT12H\nSUMMARY:Jin Chen");
        check(&[timed, &moved], &format!("{SECOND}12-20 07:00 to 12-20 19:00 j-chen\n"));
    }
    // The end of a series of whole days is a day too.
    for until in
        ["20261208", "20261208T000000Z", "20261208T235959Z", "20261209T055959Z", "20261208T050000Z", "20261208T060000Z"]
    {
        let days = days.replace("COUNT=2", &format!("UNTIL={until}"));
        check(&[&days], "12-01 00:00 to 12-02 00:00 m-rivera\n12-08 00:00 to 12-09 00:00 m-rivera\n");
    }
    // Google's change of whole days into hours.
    let epoch = "UID:d\nRECURRENCE-ID:19700101T000000Z\nDTSTART:20261208T160000Z\nDURATION:PT8H\nSUMMARY:Jin Chen";
    check_starts(
        &[days, epoch],
        "12-01 00:00 to 12-02 00:00 m-rivera\n12-08 10:00 to 12-08 18:00 j-chen\nnote: line 9: ",
    );
}

#[test]
fn a_change_of_all_later_shifts_is_followed() {
    let series = "UID:s\nDTSTART;TZID=America/Chicago:20261130T070000\nDURATION:PT12H\nRRULE:FREQ=DAILY;COUNT=6\nSUMMARY:Maria Rivera";
    let future = "UID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/Chicago:20261203T070000\nDTSTART;TZID=America/Chicago:20261203T090000\nDURATION:PT6H\nSUMMARY:Jin Chen";
    let single = "UID:s\nRECURRENCE-ID;TZID=America/Chicago:20261204T070000\nDTSTART;TZID=America/Chicago:20261204T080000\nDURATION:PT1H\nSUMMARY:Maria Rivera";
    let first =
        "12-01 07:00 to 12-01 19:00 m-rivera\n12-02 07:00 to 12-02 19:00 m-rivera\n12-03 09:00 to 12-03 15:00 j-chen\n";
    check(&[series, future], &format!("{first}12-04 09:00 to 12-04 15:00 j-chen\n12-05 09:00 to 12-05 15:00 j-chen\n"));
    check(
        &[series, future, single],
        &format!("{first}12-04 08:00 to 12-04 09:00 m-rivera\n12-05 09:00 to 12-05 15:00 j-chen\n"),
    );
    check(
        &[&format!("{series}\nEXDATE:20261204T130000Z"), future, single],
        &format!(
            "{first}12-05 09:00 to 12-05 15:00 j-chen\nnote: line 18: the series excludes this shift with `EXDATE`, so its change was ignored\n"
        ),
    );
}

#[test]
fn an_event_without_length_is_no_shift() {
    let note =
        "note: line 3: the event has no length: its end is missing or the same as its start. It is not a shift\n";
    for times in ["", "DTEND:20261209T130000Z\n", "DURATION:PT0S\n", "DTEND;TZID=America/Chicago:20261209T070000\n"] {
        let reminder = format!("DTSTART:20261209T130000Z\n{times}SUMMARY:Maria Rivera");
        check_starts(&[&reminder, &format!("{TIMES}SUMMARY:Maria Rivera")], &format!("{SECOND}{note}"));
    }
    for times in
        ["", "DTEND;VALUE=DATE:20261224\n", "DTEND;VALUE=DATE:20261225\n", "DURATION:P1D\n", "DTEND:20261224\n"]
    {
        check(
            &[&format!("DTSTART;VALUE=DATE:20261224\n{times}SUMMARY:Jin Chen")],
            "12-24 00:00 to 12-25 00:00 j-chen\n",
        );
    }
    check(
        &["DTSTART:20261202T130000Z\nDTEND:20261202T120000Z\nSUMMARY:Jin Chen"],
        "refused: line 5: the event must end after it starts, within a year\n",
    );
}

#[test]
fn a_far_end_is_no_end() {
    for until in ["99991231T235959Z", "99991231", "22000101T000000Z", "99991231T235959", "20261202T130000Z", "20261202"]
    {
        check(
            &[&format!(
                "DTSTART:20261202T130000Z\nDURATION:PT12H\nRRULE:FREQ=YEARLY;UNTIL={until}\nSUMMARY:Maria Rivera"
            )],
            SECOND,
        );
    }
    check(
        &["DTSTART:20261202T130000Z\nDURATION:PT12H\nRRULE:FREQ=WEEKLY;INTERVAL=5;COUNT=-1\nSUMMARY:Maria Rivera"],
        SECOND,
    );
}

#[test]
fn people_are_found_however_they_are_invited() {
    for line in [
        "ATTENDEE:m.rivera@mercy.example",
        "ATTENDEE:M.Rivera@Mercy.Example",
        "ATTENDEE:MAILTO:m.rivera@mercy.example",
        "ATTENDEE:mailto:<m.rivera@mercy.example>",
        "ATTENDEE:mailto:m.rivera%40mercy.example?subject=Call",
        "ATTENDEE;CN=Maria Rivera;EMAIL=m.rivera@mercy.example:/aMTIz/principal/",
        "ATTENDEE;EMAIL=m.rivera@mercy.example;CUTYPE=INDIVIDUAL:urn:uuid:0f6c",
        "ATTENDEE;CN=\"Rivera, Maria\":urn:uuid:0f6c",
        "ATTENDEE;CN=Rivera, Maria:invalid:nomail",
        "ATTENDEE;CN=m.rivera@mercy.example:invalid:nomail",
        "ATTENDEE;CN=MARIA RIVERA:mailto:maria@home.example",
        "ATTENDEE;CN=Mia:mailto:m.rivera@mercy.example",
        "ATTENDEE;CN=Privacy Pager:mailto:pager@mercy.example\nATTENDEE:mailto:m.rivera@mercy.example",
        "ATTENDEE:Maria Rivera",
        "ORGANIZER;CN=Jin Chen:mailto:j.chen@mercy.example\nATTENDEE;CN=Maria Rivera:invalid:nomail",
        "ORGANIZER;CN=Maria Rivera:invalid:nomail",
        "ORGANIZER;CN=Jin Chen:invalid:nomail\nSUMMARY:Maria Rivera",
        "SUMMARY:m.rivera@mercy.example",
        "SUMMARY:On call: M.RIVERA@MERCY.EXAMPLE (primary)",
        "SUMMARY:Maria <m.rivera@mercy.example>",
        "SUMMARY:mailto:m.rivera@mercy.example",
        "SUMMARY:Rivera\\, Maria - Privacy",
    ] {
        check_who(&format!("{line}\nLOCATION:x"), "m-rivera");
    }
    for (lines, told) in [
        ("ATTENDEE;CN=Jin Chen:mailto:m.rivera@mercy.example", "could be any of `j-chen`, `m-rivera`"),
        ("ATTENDEE:m.rivera@mercy.example\nATTENDEE:j.chen@mercy.example", "could be any of `j-chen`, `m-rivera`"),
        ("SUMMARY:m.rivera@mercy.example and j.chen@mercy.example", "could be any of `j-chen`, `m-rivera`"),
        ("ATTENDEE:who@mercy.example", "has no `who@mercy.example`"),
        ("SUMMARY:xm.rivera@mercy.example", "has no `xm.rivera@mercy.example`"),
    ] {
        let told_now = of_calendar(calendar("", &[&format!("{TIMES}{lines}")]).as_bytes());
        assert!(told_now.starts_with("refused: line 3: ") && told_now.contains(told), "{lines}: {told_now}");
    }
}

#[test]
fn whoever_a_shift_was_delegated_to_has_it() {
    let from = "ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:m.rivera@mercy.example\":mailto:j.chen@mercy.example";
    let to = "ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM=\"mailto:j.chen@mercy.example\":mailto:m.rivera@mercy.example";
    for lines in [
        format!("{from}\n{to}\nSUMMARY:Privacy call"),
        format!("{to}\n{from}"),
        from.to_owned(),
        from.replace(
            "\"mailto:m.rivera@mercy.example\"",
            "\"mailto:M.RIVERA@mercy.example\",\"mailto:pager@mercy.example\"",
        ),
        from.replace("DELEGATED;", "delegated;"),
    ] {
        check_who(&lines, "m-rivera");
    }
    let declined = to.replace("ACCEPTED", "DECLINED");
    let told = of_calendar(calendar("", &[&format!("{TIMES}{from}\n{declined}\nSUMMARY:Privacy call")]).as_bytes());
    assert!(told.contains("has no `Privacy call`"), "{told}");
}

#[test]
fn a_name_is_the_same_in_all_code_points() {
    for (title, id) in [
        ("José Núñez", "j-nunez"),
        ("Jose\u{301} Nu\u{301}n\u{303}ez", "j-nunez"),
        ("Jose Nunez", "j-nunez"),
        ("JOSÉ NÚÑEZ", "j-nunez"),
        ("Núñez\\, José", "j-nunez"),
        ("On call: José\u{a0}Núñez (primary)", "j-nunez"),
        ("José\u{200b} Núñez\u{feff}", "j-nunez"),
        ("Anais Muller", "a-muller"),
        ("ANAI\u{308}S MU\u{308}LLER", "a-muller"),
        ("Pat O\u{2019}Neill", "p-oneill"),
        ("PAT ONEILL", "p-oneill"),
        ("Pat O\u{2bc}Neill", "p-oneill"),
        ("Ana Lopez\u{2011}Ruiz", "a-lopez"),
        ("Ana López Ruiz", "a-lopez"),
        ("Lopez-Ruiz\\, Ana", "a-lopez"),
        ("\u{ff2d}\u{ff41}\u{ff52}\u{ff49}\u{ff41} Rivera", "m-rivera"),
    ] {
        check_who(&format!("SUMMARY:{title}"), id);
        check_who(
            &format!("ATTENDEE;CN=\"{}\":invalid:nomail", title.replace('\\', "")),
            if title.contains("On call") { continue } else { id },
        );
    }
    for title in ["Ana Lopez", "Pat Neill", "Jo Nunez"] {
        let told = of_calendar(calendar("", &[&format!("{TIMES}SUMMARY:{title}")]).as_bytes());
        assert!(told.starts_with("refused: line 3: `privacy` has no"), "{title}: {told}");
    }
    let told = of_calendar(calendar("", &[&format!("{TIMES}SUMMARY:Jose Nunes")]).as_bytes());
    assert!(
        told.contains("Did you mean `José Núñez`? Set who it is with `--liaison \"Jose Nunes=j-nunez\"`"),
        "{told}"
    );
    let latin = calendar("", &[&format!("{TIMES}SUMMARY:José Núñez")]);
    let windows: Vec<u8> = latin.chars().map(|one| one as u8).collect();
    let wide: Vec<u8> = latin.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for file in
        [windows, wide.clone(), [b"\xff\xfe", wide.as_slice()].concat(), latin.replace("\r\n", "\r").into_bytes()]
    {
        assert_eq!(of_calendar(&file), "12-02 07:00 to 12-02 19:00 j-nunez\n");
    }
}

#[test]
fn zones_are_known_by_every_name() {
    let at = |zone: &str| {
        let event =
            format!("DTSTART;TZID={zone}:20261202T070000\nDTEND;TZID={zone}:20261202T190000\nSUMMARY:Maria Rivera");
        calendar("", &[&event])
    };
    for zone in [
        "Central Standard Time",
        "central standard time",
        "(UTC-06:00) Central Time (US & Canada)",
        "\"(UTC-06:00) Central Time (US & Canada)\"",
        "(GMT-06:00) Central Time (US & Canada)",
        "\"(GMT-06.00) Central Time (US & Canada)\"",
        "(UTC-05:00) Central Time (US & Canada)",
        "GMT -0600 (Standard) / GMT -0500 (Daylight)",
        "(GMT -06:00)",
        "US/Central",
        "(GMT -06:00) America/Chicago",
        "/freeassociation.sourceforge.net/America/Chicago",
    ] {
        assert_eq!(of_calendar(at(zone).as_bytes()), SECOND, "{zone}");
    }
    for (zone, from) in [
        ("GMT -0500 (Standard) / GMT -0400 (Daylight)", "12-02 06:00"),
        ("GMT -0800 (Standard) / GMT -0700 (Daylight)", "12-02 09:00"),
        ("tzone://Microsoft/Utc", "12-02 01:00"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "12-02 00:00"),
    ] {
        let told = of_calendar(at(zone).as_bytes());
        assert!(told.starts_with(from), "{zone}: {told}");
    }
    for (zone, what) in [
        ("(GMT -05:00)", "the time zone `(GMT -05:00)` is only an offset, which does not say when the clocks change"),
        (
            "GMT +0200 (Standard) / GMT +0300 (Daylight)",
            "unknown time zone `GMT +0200 (Standard) / GMT +0300 (Daylight)`",
        ),
        ("Ward time", "unknown time zone `Ward time`"),
        ("tzone://Microsoft/Custom", "unknown time zone `tzone://Microsoft/Custom`"),
    ] {
        let cure = format!("Say which one it is, for example with `--timezone \"{zone}=America/Chicago\"`");
        assert_eq!(of_calendar(at(zone).as_bytes()), format!("refused: line 4: {what}. {cure}\n"));
        let given = [NamedZone { name: zone.to_owned(), zone: Zone::built_in("America/Chicago").unwrap() }];
        assert_eq!(of_calendar_with(at(zone).as_bytes(), &given), SECOND, "the cure works: {zone}");
    }
}

#[test]
fn a_first_day_outside_its_rule_counts_and_is_told() {
    let series = |rule: &str| format!("DTSTART:20261202T130000Z\nDURATION:PT12H\nRRULE:{rule}\nSUMMARY:Maria Rivera");
    let note = "note: line 3: the series starts on 2026-12-02, which its rule does not include; it counts too\n";
    let monday = "12-07 07:00 to 12-07 19:00 m-rivera\n";
    check(&[&series("FREQ=WEEKLY;BYDAY=MO;COUNT=1")], &format!("{SECOND}{monday}{note}"));
    check(&[&series("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261208T000000Z")], &format!("{SECOND}{monday}{note}"));
    check(&[&series("FREQ=MONTHLY;BYDAY=1MO;COUNT=1")], &format!("{SECOND}{monday}{note}"));
    check(&[&format!("{}\nEXDATE:20261202T130000Z", series("FREQ=WEEKLY;BYDAY=MO;COUNT=1"))], monday);
    check(&[&series("FREQ=WEEKLY;BYDAY=MO;UNTIL=20261201")], NOBODY);
    check(&[&series("FREQ=WEEKLY;BYDAY=WE;COUNT=1")], SECOND);
}

#[test]
fn an_end_a_minute_before_the_hour_is_asked_about() {
    let shift = |from: &str, to: &str, who: &str| {
        format!("DTSTART;TZID=America/Chicago:{from}\nDTEND;TZID=America/Chicago:{to}\nSUMMARY:{who}")
    };
    for (end, shown, hour) in [
        ("20261202T085900", "08:59", "09:00"),
        ("20261202T235900", "23:59", "00:00"),
        ("20261202T185959", "18:59:59", "19:00"),
    ] {
        let told = of_calendar(calendar("", &[&shift("20261202T070000", end, "Maria Rivera")]).as_bytes());
        let note = format!("note: line 3: the shift ends at {shown}. Until {hour}? If so, add `--until-full-hour`\n");
        assert!(told.ends_with(&note), "{told}");
    }
    let next = shift("20261202T085900", "20261202T190000", "Jin Chen");
    check(
        &[&shift("20261202T070000", "20261202T085900", "Maria Rivera"), &next],
        "12-02 07:00 to 12-02 08:59 m-rivera\n12-02 08:59 to 12-02 19:00 j-chen\n",
    );
    check(&[&shift("20261202T070000", "20261202T083000", "Maria Rivera")], "12-02 07:00 to 12-02 08:30 m-rivera\n");
}

#[test]
fn a_fault_outside_the_months_is_a_note() {
    let good = format!("{TIMES}SUMMARY:Maria Rivera");
    for old in [
        "DTSTART;TZID=Ward time:20190312T090000\nDURATION:PT1H",
        "DTSTART:20190312T090000Z\nDTEND:20190311T090000Z",
        "DTSTART:20190312T090000Z\nDURATION:-PT1H",
        "DTSTART:20190312T090000Z\nDURATION:PT1H\nRRULE:FREQ=OFTEN;UNTIL=20190401",
        "DTSTART:20190312T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=10\nEXDATE:x",
        "DTSTART:20190312T090000Z\nDURATION:PT1H\nRDATE:20190313T090000Z/PT0S",
        "DTSTART:19650312T090000Z\nDURATION:PT1H",
        "DTSTART:20190312T090000Z\nDURATION:PT1H\nRECURRENCE-ID;TZID=Ward time:20190312T090000",
    ] {
        let told = of_calendar(calendar("", &[old, &good]).as_bytes());
        assert!(told.starts_with(&format!("{SECOND}note: line ")), "{old}: {told}");
        assert!(told.ends_with("; ignored, as the event is not in the imported months\n"), "{old}: {told}");
        let now = of_calendar(calendar("", &[&old.replace("2019031", "2026121"), &good]).as_bytes());
        assert!(now.starts_with("refused: line ") || old.contains("1965"), "{old}: {now}");
    }
    // It may reach into the months.
    for reaching in [
        "DTSTART:20190312T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nEXDATE:x",
        "DTSTART:20190312T090000Z\nDURATION:PT1H\nRDATE:20261203T090000Z,x",
        "DTSTART:20261101T090000Z\nDTEND:x",
        "DTSTART:soon\nDURATION:PT1H",
        "DURATION:PT1H",
        "DTSTART:20190312T090000Z\nDURATION:PT1H\nRECURRENCE-ID;TZID=Ward time:20261203T090000",
    ] {
        let told = of_calendar(calendar("", &[reaching, &good]).as_bytes());
        assert!(told.starts_with("refused: line "), "{reaching}: {told}");
    }
}

const HEAD: &str = "Mercy Hospital\nReport 625c\n\n";

fn row(name: &str, assignment: &str, times: &str, kind: &str) -> String {
    format!("\"{name}\",17,1017,\"{assignment}\",3,1003,{times},{kind},,,,1,\"\",\"\",\"\"\n")
}

#[test]
fn amions_halves_belong_to_their_assignment() {
    for (am, pm) in [
        ("Call, am", "Call, pm"),
        ("Call (AM)", "Call (PM)"),
        ("Call - morning", "CALL - afternoon"),
        ("Call 1st half", "Call 2nd half"),
    ] {
        let report = row("Rivera, Maria", am, "12-2-26,0700,1300", "Staff")
            + &row("Rivera, Maria", pm, "12-2-26,1300,1900", "Staff");
        let told = of_amion(format!("{HEAD}{report}").as_bytes(), &["Call"]);
        assert!(told.starts_with(&format!("{SECOND}note: `Call` includes its halves")), "{told}");
        assert_eq!(of_amion(format!("{HEAD}{report}").as_bytes(), &[]), SECOND);
        assert_eq!(of_amion(format!("{HEAD}{report}").as_bytes(), &[am, pm]), SECOND);
    }
    let night = row("Rivera, Maria", "Call", "12-2-26,0700,1900", "Staff")
        + &row("Chen, Jin", "Call, night", "12-2-26,1900,0700", "Staff");
    assert_eq!(
        of_amion(format!("{HEAD}{night}").as_bytes(), &["Call"]),
        format!(
            "{SECOND}note: the report also has `Call, night`. If it is part of the role, add `--assignment \"Call, night\"`\n"
        )
    );
    let both = of_amion(format!("{HEAD}{night}").as_bytes(), &["Call", "Call, night"]);
    assert_eq!(both, format!("{SECOND}12-02 19:00 to 12-03 07:00 j-chen\n"));
}

#[test]
fn amions_services_are_no_people() {
    let person = row("Rivera, Maria", "Call", "12-2-26,0700,1900", "Staff*");
    for kind in ["Services", "services", "Services*", "Service"] {
        let report = format!("{HEAD}{person}{}", row("Call pager", "Call", "12-2-26,0700,1900", kind));
        let told = of_amion(report.as_bytes(), &["Call"]);
        assert_eq!(
            told,
            format!("{SECOND}note: line 5: `Call pager` is a service, such as a pager, not a person; ignored\n")
        );
    }
    let report = format!("{HEAD}{}", row("Call pager", "Call", "12-2-26,0700,1900", "Services"));
    assert_eq!(
        of_amion(report.as_bytes(), &["Call"]),
        "refused: every line is of a service, such as a pager, not of a person. Save the report with the people on call\n"
    );
}

#[test]
fn amions_other_months_and_assignments_do_not_matter() {
    let good = row("Rivera, Maria", "Call", "12-2-26,0700,1900", "Staff");
    let other = row("Rivera, Maria", "Clinic", "12-3-26,soon,1900", "Staff")
        + &row("Nemo", "Clinic", "99-99-26,0700,1900", "Staff");
    assert_eq!(of_amion(format!("{HEAD}{good}{other}").as_bytes(), &["Call"]), SECOND);
    let november = row("Rivera, Maria", "Call", "11-3-26,soon,1900", "Staff");
    assert_eq!(
        of_amion(format!("{HEAD}{good}{november}").as_bytes(), &["Call"]),
        format!(
            "{SECOND}note: line 5: `soon` is not a time such as `0700` or `7:00p`; ignored, as the line is not of the imported months\n"
        )
    );
    let december = november.replace("11-3", "12-3");
    assert!(
        of_amion(format!("{HEAD}{good}{december}").as_bytes(), &["Call"])
            .starts_with("refused: line 5: `soon` is not a time")
    );
}

#[test]
fn amions_report_is_read_in_every_encoding() {
    let report = format!("{HEAD}{}", row("Núñez, José", "Call", "12-2-26,0700,1900", "Staff"));
    let wide = |bytes: fn(u16) -> [u8; 2]| report.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let windows: Vec<u8> = report.chars().map(|one| one as u8).collect();
    for file in [
        report.clone().into_bytes(),
        format!("\u{feff}{report}").into_bytes(),
        [b"\xff\xfe", wide(u16::to_le_bytes).as_slice()].concat(),
        [b"\xfe\xff", wide(u16::to_be_bytes).as_slice()].concat(),
        wide(u16::to_le_bytes),
        windows,
        report.replace('\n', "\r").into_bytes(),
        report.replace('\n', "\r\n").into_bytes(),
    ] {
        assert_eq!(of_amion(&file, &["Call"]), "12-02 07:00 to 12-02 19:00 j-nunez\n", "{file:?}");
    }
    let quote: Vec<u8> =
        report.replace("Núñez, José", "O_Neill, Pat").bytes().map(|one| if one == b'_' { 0x92 } else { one }).collect();
    assert_eq!(of_amion(&quote, &["Call"]), "12-02 07:00 to 12-02 19:00 p-oneill\n");
}

/// What is broken, or made to keep a program busy, is refused with its line, or read, in time.
#[test]
fn hostile_calendars_are_told_with_their_lines() {
    let started = std::time::Instant::now();
    let good = format!("{TIMES}SUMMARY:Maria Rivera");
    let told = |text: &str| of_calendar(text.as_bytes());
    let whole = calendar("", &[&good]);
    // A file that ends early says less than it should.
    for (cut, line) in [("END:VCALENDAR", 1), ("END:VEVENT", 3), ("SUMMARY", 3)] {
        let text = told(&whole[..whole.find(cut).unwrap()]);
        assert!(text.starts_with(&format!("refused: line {line}: ")) && text.contains("incomplete"), "{cut}: {text}");
    }
    assert_eq!(
        told(&whole.replacen("BEGIN:VEVENT\r\n", "", 1)),
        "refused: line 6: this `END` has no matching `BEGIN`\n"
    );
    let nested = "BEGIN:VEVENT\r\n".repeat(9);
    assert!(told(&whole.replacen("BEGIN:VEVENT\r\n", &nested, 1)).starts_with("refused: line 10: parts are nested"));
    assert!(
        told(&format!("BEGIN:VCALENDAR\r\n{}", "BEGIN:VEVENT\r\nEND:VEVENT\r\n".repeat(600_000)))
            .contains("more than 20000")
    );
    // What is not used may be of any length, and hold anything.
    let unused = format!(
        "{good}\nDESCRIPTION:{}\nX-NUL:\0\0\nATTACH;VALUE=BINARY:{}",
        "x".repeat(1 << 20),
        "\n A".repeat(100_000)
    );
    assert_eq!(told(&calendar("", &[&unused])), SECOND);
    assert!(
        told(&calendar("", &[&format!("{TIMES}SUMMARY:{}", "x".repeat(100_000))]))
            .starts_with("refused: line 6: the line is longer")
    );
    assert!(told(&calendar("", &[&format!("{TIMES}SUMMARY:Maria\0Rivera")])).contains("`Maria\u{fffd}Rivera`"));
    assert_eq!(told(&"x".repeat(16 << 20)), "refused: this is not a calendar: it has no line `BEGIN:VCALENDAR`\n");
    assert_eq!(of_calendar(&vec![0; 16 << 20]), "refused: this is not a calendar: it has no line `BEGIN:VCALENDAR`\n");
    assert_eq!(of_calendar(&vec![b' '; (16 << 20) + 1]), "refused: the file is larger than 16 MiB\n");
    for bytes in [&b"\r"[..], b"\n", b"\r\n ", b"\xff\xfe", b"\xfe\xff\0", b"\xef\xbb\xbf", b"\0", b":", b"BEGIN"] {
        assert!(of_calendar(&bytes.repeat(100_000)).starts_with("refused: "), "{bytes:?}");
    }
    // Rules that recur without end, and ever so many exceptions and changes of one series.
    for rule in [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=HOURLY;BYMINUTE=0,1,2,3,4,5",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    ] {
        let event = format!("DTSTART:19800101T000000Z\nDURATION:PT1H\nRRULE:{rule}\nSUMMARY:Maria Rivera");
        let text = told(&calendar("", &[&event]));
        assert!(text.starts_with("refused: line 6: ") || text.starts_with(NOBODY), "{rule}: {text}");
    }
    let days = (0..2_500)
        .map(|day| format!(",{}", (chrono::NaiveDate::MIN + chrono::Days::new(day)).format("2026%m%dT130000Z")));
    let series = format!(
        "UID:s\nDTSTART:19900101T130000Z\nDURATION:PT12H\nRRULE:FREQ=DAILY\nEXDATE:20261201T130000Z{}\nSUMMARY:Maria Rivera",
        days.collect::<String>()
    );
    let change = "BEGIN:VEVENT\r\nUID:s\r\nRECURRENCE-ID:20261202T130000Z\r\nDTSTART:20261202T130000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n";
    told(&calendar("", &[&series]).replace("END:VCALENDAR", &format!("{}END:VCALENDAR", change.repeat(15_000))));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
