//! Proof of coverage: what is sound is silent, and each hole is found to the minute with its line and its cure.

use std::fmt::Write;
use std::num::NonZero;

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::config::coverage::latest::Latest;
use wardbell::config::coverage::parallel::Threads;
use wardbell::config::coverage::{prove, prove_on};
use wardbell::config::files::Memory;
use wardbell::diagnostic::Colour;
use wardbell::domain::wait::in_units;

use crate::{good, load};

const PRIVACY: &str = "rosters/privacy.toml";
const HOUSE: &str = "rosters/house.toml";
const LADDERS: &str = "playbooks/ladders.toml";

const BACKUP: &str = "[[rotation]]\nrole = \"backup\"\nliaisons = [\"a-okafor\", \"l-bergstrom\"]\nevery = \"1 month\"\n\
                      handoff = \"2026-01-31 09:00\"\n";

/// The good files with rosters and ladders that leave no hole.
fn sound() -> Memory {
    let mut files = good();
    files.insert(PRIVACY, include_str!("sound/privacy.toml"));
    files.insert(HOUSE, include_str!("sound/house.toml"));
    files.insert(LADDERS, include_str!("sound/ladders.toml"));
    files
}

fn start() -> DateTime<Utc> {
    "2026-10-18T00:00:00Z".parse().unwrap()
}

/// What the walk over half a year finds after changes of the form (file, old text, new text).
#[track_caller]
pub fn found(changes: &[(&str, &str, &str)]) -> String {
    let mut files = sound();
    for (path, old, new) in changes {
        let text = String::from_utf8(files.get(path).unwrap().to_vec()).unwrap();
        assert!(text.contains(old), "{path} has no {old:?}");
        files.insert(*path, text.replacen(old, new, 1));
    }
    let loaded = load(&files);
    assert!(loaded.plan().is_some(), "{:#?}", loaded.error_lines());
    let proof = prove(&loaded, start(), start() + TimeDelta::days(183));
    proof.findings.iter().map(|one| one.render(Colour::Plain)).collect::<Vec<_>>().join("\n")
}

#[test]
fn sound_files_are_silent_from_whatever_day_on() {
    let loaded = load(&sound());
    assert_eq!(loaded.diagnostics, []);
    for week in 0..6 {
        let from = start() + TimeDelta::days(week * 23) + TimeDelta::minutes(week * 61);
        assert_eq!(prove(&loaded, from, from + TimeDelta::days(183)).findings, [], "{from}");
    }
    assert!(prove(&loaded, start(), start()).reaches.is_empty(), "nothing is proved of no time");
}

#[test]
fn however_many_threads_prove_it_the_findings_and_their_order_are_the_same() {
    let mut files = sound();
    let roster = String::from_utf8(files.get(PRIVACY).unwrap().to_vec()).unwrap();
    let ladders = String::from_utf8(files.get(LADDERS).unwrap().to_vec()).unwrap();
    files.insert(LADDERS, format!("{ladders}\n[ladder.alone]\nsteps = [{{ at = \"0m\", page = \"primary\" }}]\n"));
    // Each department lacks a backup and has a playbook of its own, which pages one person.
    for number in 0..12 {
        let department = format!("privacy-{number:02}");
        let roster = roster.replace("department = \"privacy\"", &format!("department = \"{department}\""));
        files.insert(format!("rosters/{department}.toml"), roster.replace(BACKUP, ""));
        let playbook = format!(
            "class = \"class-{number:02}\"\ntitle = \"A\"\npage_title = \"A\"\nseverity = \"high\"\n\
             departments = [\"{department}\"]\nladder = \"{}\"\nacknowledge_within = \"30m\"\nreview_by = 2030-01-31\n",
            if number % 2 == 0 { "alone" } else { "B" }
        );
        files.insert(format!("playbooks/class-{number:02}.toml"), playbook);
    }
    let loaded = load(&files);
    assert!(loaded.plan().is_some(), "{:#?}", loaded.error_lines());
    let to = start() + TimeDelta::days(20);
    let alone = prove_on(Threads::ONE, &loaded, start(), to);
    let lines: Vec<String> = alone.findings.iter().map(|one| one.code.to_string()).collect();
    assert!(lines.iter().filter(|code| *code == "one-person").count() == 6, "{lines:?}");
    assert!(lines.iter().filter(|code| *code == "coverage-gap").count() >= 6, "{lines:?}");
    for count in 2..6 {
        let proof = prove_on(Threads::new(NonZero::new(count).unwrap()), &loaded, start(), to);
        assert_eq!(proof.findings, alone.findings, "{count} threads");
        assert_eq!(proof.reaches, alone.reaches, "{count} threads");
    }
}

#[test]
fn each_playbook_says_how_long_it_takes_at_the_latest() {
    let proof = prove(&load(&sound()), start(), start() + TimeDelta::days(183));
    let mut said = String::new();
    let words = |latest: &Latest| {
        let within = latest
            .within
            .map_or("never".to_owned(), |within| in_units(within).unwrap_or_else(|| "immediately".to_owned()));
        let opened = latest.zone.write(latest.opened_at, "%a %Y-%m-%d %H:%M %Z");
        let lifted = latest.lifted_by.as_ref().map(|by| format!(", lifted by {by}")).unwrap_or_default();
        format!("{within}, opened {opened}: {} by {}{lifted}", latest.department, latest.ladder)
    };
    for reach in &proof.reaches {
        writeln!(said, "{}", reach.playbook).unwrap();
        writeln!(said, "  second person: {}", words(&reach.second_person)).unwrap();
        writeln!(said, "  another department: {}", words(&reach.other_department)).unwrap();
    }
    insta::assert_snapshot!(said, @"
    phi-by-staff
      second person: 5m, opened Mon 2026-10-19 08:00 CDT: privacy by B
      another department: 30m, opened Sat 2026-10-17 20:00 EDT: house by B
    unclassified
      second person: 30m, opened Sat 2026-10-17 20:00 EDT: house by C
      another department: 1h, opened Sat 2026-10-17 20:00 EDT: house by C
    ");
}

#[test]
fn a_role_that_no_rotation_gives() {
    insta::assert_snapshot!(found(&[(PRIVACY, BACKUP, "")]), @r#"
    error[coverage-gap]: no one is on call as `backup` in `privacy` from 2026-10-17 19:00 CDT to 2027-04-18 19:00 CDT
     --> rosters/privacy.toml:1:1
      |
    1 | department = "privacy"
      | ^
      |
      = hint: add a `[[rotation]]` with `role = "backup"`
    "#);
    insta::assert_snapshot!(found(&[(PRIVACY, "during = \"after-hours\"", "during = \"hours\"")]), @r#"
    error[coverage-gap]: no one is on call as `primary` in `privacy` from 2026-10-17 19:00 CDT to 2026-10-19 08:00 CDT, and 124 more times until 2027-04-18 19:00 CDT
      --> rosters/privacy.toml:44:1
       |
    44 | [[rotation]]
       | ^^^^^^^^^^^^
       |
       = hint: no rotation for `primary` applies outside the department's hours; add one with `during = "after-hours"`

    warning[one-department]: if no one answers, ladder `C` pages no one in another department for `house` when `unclassified` opens from 2026-10-17 20:00 EDT to 2026-10-19 08:45 EDT, and 124 more times until 2027-04-18 20:00 EDT
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: add a step with `page = "escalation"` or `"department:role"` to the ladder, or another of `departments`
    "#);
    insta::assert_snapshot!(found(&[(PRIVACY, "handoff = \"2026-01-31 09:00\"", "handoff = \"2026-12-31 09:00\"")]), @"
    error[coverage-gap]: no one is on call as `backup` in `privacy` from 2026-10-17 19:00 CDT to 2026-12-31 09:00 CST
      --> rosters/privacy.toml:58:1
       |
    58 | [[rotation]]
       | ^^^^^^^^^^^^
       |
       = hint: this rotation starts at 2026-12-31 09:00 CST; set an earlier `handoff`
    ");
}

#[test]
fn a_role_that_only_a_lifted_incident_pages() {
    const PLAYBOOK: &str = "playbooks/phi-by-staff.toml";
    let director = "[[liaison]]\nid = \"director\"\nname = \"Director\"\nemail = \"director@mercy.example\"\n\n\
                    [[rotation]]\nrole = \"director\"\nduring = \"hours\"\nliaisons = [\"director\"]\n\n[[rotation]]";
    let step = (
        LADDERS,
        "{ at = \"10m\", page = \"house:primary\" },\n  { at = \"15m\", page = \"privacy:primary\" }",
        "{ at = \"10m\", page = \"privacy:director\" },\n  { at = \"15m\", page = \"house:primary\" }",
    );
    let promotion = "[[promote]]\nwhen = { any_flag = [\"posting-now\"], reach_at_least = 50000 }\n\
                     severity = \"critical\"\nladder = \"A\"\n";
    let by_ladder = (PLAYBOOK, promotion, promotion);
    let by_severity = (PLAYBOOK, "severity = \"critical\"\nladder = \"A\"\n", "severity = \"critical\"\n");
    let by_the_source = (PLAYBOOK, promotion, "");
    for lifted in [by_ladder, by_severity, by_the_source] {
        let found = found(&[(PRIVACY, "[[rotation]]", director), step, lifted]);
        assert!(
            found.contains("error[coverage-gap]: no one is on call as `director` in `privacy` from 2026-10-17"),
            "{found}"
        );
        assert!(found.contains("warning[one-channel]: `director` is on call with `email` only"), "{found}");
    }
}

#[test]
fn an_absence_that_leaves_a_hole() {
    let away = "away = [{ from = \"2027-02-01 00:00\", to = \"2027-02-08 00:00\" }]";
    let longer = "away = [{ from = \"2026-12-01 00:00\", to = \"2026-12-10 12:30\" }]";
    insta::assert_snapshot!(found(&[
        (PRIVACY, away, longer),
        (PRIVACY, "liaisons = [\"a-okafor\", \"l-bergstrom\"]", "liaisons = [\"l-bergstrom\"]"),
    ]), @r#"
    error[coverage-gap]: no one is on call as `backup` in `privacy` from 2026-12-01 00:00 CST to 2026-12-10 12:30 CST
      --> rosters/privacy.toml:58:1
       |
    58 | [[rotation]]
       | ^^^^^^^^^^^^
       |
       = hint: everyone in this rotation is away, unavailable, or already `primary`; set a `cover` in the absence on line 42, or add people

    warning[away-without-cover]: no one covers this absence, so no one is on call as `backup` in `privacy` from 2026-12-01 00:00 CST to 2026-12-10 12:30 CST
      --> rosters/privacy.toml:42:1
       |
    42 | away = [{ from = "2026-12-01 00:00", to = "2026-12-10 12:30" }]
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: set a `cover`, or add someone to the rotation
    "#);
    let covered = "away = [{ from = \"2026-12-01 00:00\", to = \"2026-12-10 12:30\", cover = \"a-okafor\" }]";
    assert_eq!(
        found(&[
            (PRIVACY, away, covered),
            (PRIVACY, "liaisons = [\"a-okafor\", \"l-bergstrom\"]", "liaisons = [\"l-bergstrom\"]"),
        ]),
        ""
    );
    insta::assert_snapshot!(found(&[
        (PRIVACY, "liaisons = [\"a-okafor\", \"l-bergstrom\"]", "liaisons = [\"j-chen\"]"),
    ]), @"
    error[coverage-gap]: no one is on call as `backup` in `privacy` from 2026-10-18 17:00 CDT to 2026-10-19 17:00 CDT, and 88 more times until 2027-04-18 19:00 CDT
      --> rosters/privacy.toml:58:1
       |
    58 | [[rotation]]
       | ^^^^^^^^^^^^
       |
       = hint: everyone in this rotation is away, unavailable, or already `primary`; add people to its `liaisons`
    ");
}

#[test]
fn two_names_with_one_telephone() {
    let twin = "[[liaison]]\nid = \"desk\"\nname = \"Desk\"\nsms = \"+13125550103\"\nsms_consent = 2026-10-01\n\
                email = \"desk@mercy.example\"\n\n[[rotation]]";
    let swap = "to = \"2026-12-26 08:00\"\nliaison = \"desk\"";
    insta::assert_snapshot!(found(&[
        (PRIVACY, "[[rotation]]", twin),
        (PRIVACY, "to = \"2026-12-26 08:00\"\nliaison = \"j-chen\"", swap),
        (PRIVACY, "liaisons = [\"a-okafor\", \"l-bergstrom\"]", "liaisons = [\"a-okafor\"]"),
    ]), @"
    error[primary-is-backup]: `desk` is `primary` and `a-okafor` is `backup` in `privacy` from 2026-12-24 17:00 CST to 2026-12-26 08:00 CST, but they share a contact
      --> rosters/privacy.toml:71:1
       |
    71 | [[override]]
       | ^^^^^^^^^^^^
       |
       = hint: give each their own contact, or choose someone else here
    ");
}

#[test]
fn somebody_on_leave_by_one_roster_and_on_call_by_another() {
    // By the same number it is the same person.
    insta::assert_snapshot!(found(&[(HOUSE, "+13125550111", "+13125550101")]), @r#"
    warning[away-elsewhere]: `supervisor` is on call as `primary` in `house` from 2026-12-20 01:00 EST to 2026-12-27 01:00 EST, but is away in the roster of `privacy`
     --> rosters/house.toml:5:1
      |
    5 | [[liaison]]
      | ^^^^^^^^^^^
      |
      = hint: the absence is at rosters/privacy.toml:20; to add it here too, use `away = [{ from = "2026-12-20 01:00", to = "2026-12-27 01:00" }]`

    warning[one-department]: if no one answers, ladder `A` pages no one in another department for `privacy` when `phi-by-staff`, raised by the flag `posting-now` and a reach of 50000, opens from 2026-10-17 19:00 CDT to 2026-10-18 17:00 CDT, and 88 more times until 2027-04-18 19:00 CDT
      --> playbooks/phi-by-staff.toml:18:10
       |
    18 | ladder = "A"
       |          ^^^
       |
       = hint: add a step with `page = "escalation"` or `"department:role"` to the ladder, or another of `departments`

    warning[one-department]: if no one answers, ladder `C` pages no one in another department for `house` when `unclassified` opens from 2026-10-17 20:00 EDT to 2026-10-18 17:45 EDT, and 88 more times until 2027-04-18 20:00 EDT
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: add a step with `page = "escalation"` or `"department:role"` to the ladder, or another of `departments`
    "#);
}

#[test]
fn people_with_one_way_to_reach_them() {
    insta::assert_snapshot!(found(&[(PRIVACY, "sms = \"+13125550103\"\nsms_consent = 2026-10-01\n", "")]), @"
    warning[one-channel]: `a-okafor` is on call with `email` only; when it is down, pages do not arrive
      --> rosters/privacy.toml:29:1
       |
    29 | [[liaison]]
       | ^^^^^^^^^^^
       |
       = hint: add `sms`, also to `notify` if it is set
    ");
    let order = "sms = \"+13125550104\"\nnotify = [{ by = \"sms\" }]";
    insta::assert_snapshot!(found(&[(PRIVACY, "sms = \"+13125550104\"", order)]), @"
    warning[one-channel]: `l-bergstrom` is on call with `sms` only; when it is down, pages do not arrive
      --> rosters/privacy.toml:36:1
       |
    36 | [[liaison]]
       | ^^^^^^^^^^^
       |
       = hint: add `email`, also to `notify` if it is set
    ");
    let sms = "[channel.sms]\naccount_sid = \"AC00000000000000000000000000000000\"\nauth_token_file = \
               \"secrets/twilio\"\nfrom = \"+13125550100\"\n";
    insta::assert_snapshot!(found(&[("wardbell.toml", sms, "")]), @"
    warning[one-channel]: only `[channel.email]` is configured; when it is down, pages reach no one
     --> wardbell.toml:9:2
      |
    9 | [channel.email]
      |  ^^^^^^^
      |
      = hint: configure the other channel too, and add a contact for it to each liaison
    ");
}

#[test]
fn ladders_that_never_leave_one_person_or_one_department() {
    let three = "steps = [{ at = \"0m\", page = \"primary\" }, { at = \"30m\", page = \"backup\" }, { at = \"1h\", page \
                 = \"privacy:primary\" }]";
    insta::assert_snapshot!(found(&[(LADDERS, three, "steps = [{ at = \"0m\", page = \"primary\" }]")]), @r#"
    error[one-person]: if no one answers, ladder `C` pages no second person for `house` when `unclassified` opens from 2026-10-17 20:00 EDT to 2027-04-18 20:00 EDT
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: add a step with `page = "backup"` to `ladder.C`, or choose another `ladder` here
    "#);
    insta::assert_snapshot!(found(&[(LADDERS, ", { at = \"1h\", page = \"privacy:primary\" }", "")]), @r#"
    warning[one-department]: if no one answers, ladder `C` pages no one in another department for `house` when `unclassified` opens from 2026-10-17 20:00 EDT to 2027-04-18 20:00 EDT
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: add a step with `page = "escalation"` or `"department:role"` to the ladder, or another of `departments`
    "#);
    let low = ("playbooks/unclassified.toml", "severity = \"moderate\"", "severity = \"low\"\nladder = \"C\"");
    let alone = (LADDERS, three, "steps = [{ at = \"0m\", page = \"primary\" }]");
    insta::assert_snapshot!(found(&[low, alone]).lines().next().unwrap(), @"warning[one-person]: if no one answers, ladder `C` pages no second person for `house` when `unclassified` opens from 2026-10-17 20:00 EDT to 2027-04-18 20:00 EDT");
    let inside = ", { at = \"20m\", page = \"house:primary\" }, { at = \"30m\", page = \"privacy:primary\" }";
    insta::assert_snapshot!(found(&[(LADDERS, inside, "")]), @r#"
    warning[one-department]: if no one answers, ladder `B` pages no one in another department for `privacy` when `phi-by-staff` opens from 2026-10-19 08:00 CDT to 2026-10-19 17:00 CDT, and 122 more times until 2027-04-18 19:00 CDT
     --> playbooks/phi-by-staff.toml:5:12
      |
    5 | severity = "high"
      |            ^^^^^^
      |
      = hint: add a step with `page = "escalation"` or `"department:role"` to the ladder, or another of `departments`

    warning[one-department]: if no one answers, ladder `B` pages no one in another department for `house` when `unclassified`, raised by the severity `high`, opens from 2026-10-17 20:00 EDT to 2027-04-18 20:00 EDT
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: add a step with `page = "escalation"` or `"department:role"` to the ladder, or another of `departments`
    "#);
    let two = ("playbooks/unclassified.toml", "departments = [\"house\"]", "departments = [\"house\", \"privacy\"]");
    assert_eq!(found(&[alone, two]), "", "each of two departments is the other's second person");
    let critical = "  { at = \"5m\", page = \"backup\" },\n  { at = \"10m\", page = \"house:primary\" },\n  \
                    { at = \"15m\", page = \"privacy:primary\" },\n";
    insta::assert_snapshot!(found(&[(LADDERS, critical, "")]), @r#"
    error[one-person]: if no one answers, ladder `A` pages no second person for `privacy` when `phi-by-staff`, raised by the flag `posting-now` and a reach of 50000, opens from 2026-10-17 19:00 CDT to 2027-04-18 19:00 CDT
      --> playbooks/phi-by-staff.toml:18:10
       |
    18 | ladder = "A"
       |          ^^^
       |
       = hint: add a step with `page = "backup"` to `ladder.A`, or choose another `ladder` here

    error[one-person]: if no one answers, ladder `A` pages no second person for `house` when `unclassified`, raised by the severity `critical`, opens from 2026-10-17 20:00 EDT to 2027-04-18 20:00 EDT
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: add a step with `page = "backup"` to `ladder.A`, or choose another `ladder` here
    "#);
}

#[test]
fn a_second_person_who_rings_where_the_first_does() {
    let twin = "[[liaison]]\nid = \"desk\"\nname = \"Desk\"\nsms = \"+13125550111\"\nsms_consent = 2026-10-01\n\
                email = \"desk@mercy.example\"\n\n[[rotation]]";
    let swap = "liaisons = [\"deputy\"]\n[[override]]\nrole = \"backup\"\nfrom = \"2026-12-01 08:00\"\n\
                to = \"2026-12-02 08:00\"\nliaison = \"desk\"\n";
    insta::assert_snapshot!(found(&[
        (HOUSE, "[[rotation]]", twin),
        (HOUSE, "liaisons = [\"deputy\"]", swap),
        (LADDERS, ", { at = \"1h\", page = \"privacy:primary\" }", ", { at = \"1h\", page = \"backup\" }"),
    ]), @r#"
    error[primary-is-backup]: `supervisor` is `primary` and `desk` is `backup` in `house` from 2026-12-01 08:00 EST to 2026-12-02 08:00 EST, but they share a contact
      --> rosters/house.toml:37:1
       |
    37 | [[override]]
       | ^^^^^^^^^^^^
       |
       = hint: give each their own contact, or choose someone else here

    error[one-person]: if no one answers, ladder `C` pages no second person for `house` when `unclassified` opens from 2026-12-01 07:30 EST to 2026-12-02 07:00 EST
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: make sure that its steps find different people with different contacts
    "#);
}
