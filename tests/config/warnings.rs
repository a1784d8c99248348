//! What is allowed but is probably not meant, or too much for one person.

use crate::proof::found;
use crate::{after, good, load};

const PRIVACY: &str = "rosters/privacy.toml";
const HOUSE: &str = "rosters/house.toml";

/// The messages with a code, after changes to the good files.
#[track_caller]
fn told(code: &str, changes: &[(&str, &str, &str)]) -> Vec<String> {
    let mut files = good();
    for (path, old, new) in changes {
        let text = String::from_utf8(files.get(path).unwrap().to_vec()).unwrap();
        assert!(text.contains(old), "{path} has no {old:?}");
        files.insert(*path, text.replacen(old, new, 1));
    }
    let all = load(&files).diagnostics.into_iter();
    all.filter(|one| one.code.word() == code).map(|one| one.message).collect()
}

const LEAVE: &str = "{ from = \"2026-12-20 00:00\", to = 2026-12-27T00:00:00, cover = \"j-chen\" }";

#[test]
fn leave_in_another_year_is_shown_with_its_line() {
    insta::assert_snapshot!(after(&[(PRIVACY, LEAVE, "{ from = \"2025-12-20 00:00\", to = \"2025-12-27 00:00\" }")]), @r#"
    warning[past-leave]: this leave ended on 2025-12-27 00:00, in a past year
      --> rosters/privacy.toml:20:9
       |
    20 | away = [{ from = "2025-12-20 00:00", to = "2025-12-27 00:00" }]
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: remove it, or correct the year
    "#);
    insta::assert_snapshot!(after(&[(PRIVACY, LEAVE, "{ from = \"2062-12-20 00:00\", to = \"2062-12-27 00:00\" }")]), @r#"
    warning[distant-leave]: this leave starts on 2062-12-20 00:00, more than a year from now
      --> rosters/privacy.toml:20:9
       |
    20 | away = [{ from = "2062-12-20 00:00", to = "2062-12-27 00:00" }]
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: check the year
    "#);
}

#[test]
fn leave_is_judged_by_its_last_day() {
    for (from, to, past, distant) in [
        ("2025-12-20 00:00", "2026-01-01 00:00", 1, 0),
        ("2025-12-20 00:00", "2026-01-01 00:01", 0, 0),
        ("2026-01-10 00:00", "2026-01-12 00:00", 0, 0),
        ("2027-10-19 23:59", "2027-10-20 00:00", 0, 0),
        ("2027-10-19 23:59", "2027-10-20 00:01", 0, 1),
        ("2027-10-20 00:00", "2027-10-21 00:00", 0, 1),
        ("2026-12-20 00:00", "2036-12-27 00:00", 0, 1),
        ("2025-12-27 00:00", "2025-12-20 00:00", 0, 0),
    ] {
        let leave = format!("{{ from = \"{from}\", to = \"{to}\" }}");
        let count = |code| told(code, &[(PRIVACY, LEAVE, &leave)]).len();
        assert_eq!((count("past-leave"), count("distant-leave")), (past, distant), "{from} to {to}");
    }
}

const SWAP: &str = "from = \"2026-12-24 17:00\"\nto = \"2026-12-26 08:00\"\nliaison = \"j-chen\"";

#[test]
fn an_override_for_somebody_on_leave() {
    let theirs = SWAP.replace("j-chen", "m-rivera");
    insta::assert_snapshot!(after(&[(PRIVACY, SWAP, &theirs)]), @r#"
    warning[override-on-leave]: `m-rivera` is on leave from 2026-12-24 17:00 to 2026-12-26 08:00, so this override does not apply then
      --> rosters/privacy.toml:42:11
       |
    42 | liaison = "m-rivera"
       |           ^^^^^^^^^^
       |
       = hint: put someone else on call, or change the leave on line 20
    "#);
    for (from, to, liaison, message) in [
        ("2026-12-19 00:00", "2026-12-20 00:00", "m-rivera", None),
        ("2026-12-27 00:00", "2026-12-28 00:00", "m-rivera", None),
        ("2026-12-19 00:00", "2026-12-20 00:01", "m-rivera", Some("from 2026-12-20 00:00 to 2026-12-20 00:01")),
        ("2026-12-26 12:00", "2027-01-02 00:00", "m-rivera", Some("from 2026-12-26 12:00 to 2026-12-27 00:00")),
        ("2026-12-21 00:00", "2026-12-22 00:00", "j-chen", None),
        ("2026-09-21 00:00", "2026-09-22 00:00", "m-rivera", None),
    ] {
        let swap = format!("from = \"{from}\"\nto = \"{to}\"\nliaison = \"{liaison}\"");
        // An override of the past is reported as such.
        let leave = LEAVE.replace("[{ from", "[{ from = \"2026-09-01 00:00\", to = \"2026-09-30 00:00\" }, { from");
        let found = told("override-on-leave", &[(PRIVACY, SWAP, &swap), (PRIVACY, LEAVE, &leave)]);
        assert_eq!(found.len(), usize::from(message.is_some()), "{from}: {found:?}");
        assert!(found.iter().all(|one| one.contains(message.unwrap())), "{from}: {found:?}");
    }
}

#[test]
fn a_handoff_that_is_not_at_the_start_of_its_window() {
    const WEEKEND: &str = "[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n\n[[liaison]]";
    let rotation = |during: &str, every: &str, handoff: &str| {
        format!(
            "during = \"{during}\"\nliaisons = [\"m-rivera\", \"j-chen\"]\nevery = \"{every}\"\nhandoff = \"{handoff}\""
        )
    };
    let first = rotation("hours", "1 week", "2026-01-05 08:00");
    let changed = rotation("weekend", "1 turn", "2026-01-10 08:00");
    insta::assert_snapshot!(after(&[(PRIVACY, "[[liaison]]", WEEKEND), (PRIVACY, &first, &changed)]), @r#"
    warning[misplaced-handoff]: this `handoff` is inside `weekend`, not at its start
      --> rosters/privacy.toml:36:11
       |
    36 | handoff = "2026-01-10 08:00"
       |           ^^^^^^^^^^^^^^^^^^
       |
       = hint: set it to the start: `handoff = "2026-01-09 17:00"`
    "#);
    for (during, every, handoff, start) in [
        ("weekend", "1 turn", "2026-01-09 17:00", None),
        ("weekend", "1 turn", "2026-01-09 16:59", Some("2026-01-09 17:00")),
        ("weekend", "1 week", "2026-01-12 07:59", Some("2026-01-09 17:00")),
        ("weekend", "1 week", "2026-01-12 08:00", Some("2026-01-16 17:00")),
        ("weekend", "1 month", "2026-01-01 00:00", Some("2026-01-02 17:00")),
        // Days that split the weekend are meant.
        ("weekend", "1 day", "2026-01-10 00:00", None),
        ("weekend", "12 hours", "2026-01-10 07:00", None),
        ("hours", "1 week", "2026-01-05 08:00", None),
        ("hours", "1 week", "2026-01-05 00:00", Some("2026-01-05 08:00")),
        ("hours", "1 day", "2026-01-10 13:00", None),
        ("hours", "1 week", "2026-01-10 14:00", Some("2026-01-10 13:00")),
        // A holiday drops the hours of that day, but not the start of the week's hours.
        ("hours", "1 week", "2026-01-19 08:00", None),
        ("after-hours", "1 week", "2026-01-05 17:00", None),
        ("after-hours", "1 week", "2026-01-05 18:00", Some("2026-01-05 17:00")),
        ("always", "1 week", "2026-01-05 13:37", None),
    ] {
        let changed = rotation(during, every, handoff);
        let all = after(&[(PRIVACY, "[[liaison]]", WEEKEND), (PRIVACY, &first, &changed)]);
        let hint = start.map(|start| format!("hint: set it to the start: `handoff = \"{start}\"`"));
        assert_eq!(all.matches("misplaced-handoff").count(), usize::from(start.is_some()), "{during} {handoff}: {all}");
        assert!(hint.is_none_or(|hint| all.contains(&hint)), "{during} {every} {handoff}: {all}");
    }
}

#[test]
fn one_phone_under_two_names_in_two_rosters() {
    let email = "email = \"supervisor@mercy.example\"";
    let with = |number: &str| format!("{email}\nsms = \"{number}\"\nsms_consent = 2026-10-01");
    insta::assert_snapshot!(after(&[(HOUSE, email, &with("+13125550101"))]), @r#"
    warning[shared-contact]: `m-rivera` has the same `sms` as `supervisor` in `house`
      --> rosters/privacy.toml:17:7
       |
    17 | sms = "+13125550101"
       |       ^^^^^^^^^^^^^^
       |
       = hint: if this is one person, use one `id` in all rosters, such as `id = "supervisor"`; otherwise correct the contact: a page to one also reaches the other
    "#);
    let (id, name) = ("id = \"supervisor\"\nname = \"House Supervisor\"", "\"supervisor\"]");
    let maria = |name: &str| format!("id = \"m-rivera\"\nname = \"{name}\"");
    let other =
        [(HOUSE, id, &*maria("Mary Rivera")), (HOUSE, name, "\"m-rivera\"]"), (HOUSE, email, &with("+13125550101"))];
    insta::assert_snapshot!(after(&other), @r#"
    warning[shared-contact]: `m-rivera` has the same `sms` as `m-rivera` in `house`, but another name
      --> rosters/privacy.toml:17:7
       |
    17 | sms = "+13125550101"
       |       ^^^^^^^^^^^^^^
       |
       = hint: if this is one person, write them once in `people.toml`; otherwise correct the contact
    "#);
    let (same, unlike) = (maria("Maria Rivera"), maria("Mary Rivera"));
    for changes in [
        [(HOUSE, id, &*same), (HOUSE, name, "\"m-rivera\"]"), (HOUSE, email, &with("+13125550101"))],
        [(HOUSE, id, &*unlike), (HOUSE, name, "\"m-rivera\"]"), (HOUSE, email, &with("+13125550188"))],
    ] {
        assert_eq!(told("shared-contact", &changes), Vec::<String>::new());
    }
    // Once for two contacts, and not again across rosters for two people of one roster.
    let both = with("+13125550101").replace("supervisor@", "M.Rivera@");
    assert_eq!(told("shared-contact", &[(HOUSE, email, &both)]).len(), 1);
    let colleague = "name = \"Jin Chen\"\nsms = \"+13125550101\"\nsms_consent = 2026-10-01";
    let changes = [(HOUSE, email, &*with("+13125550101")), (PRIVACY, "name = \"Jin Chen\"", colleague)];
    assert_eq!(
        told("shared-contact", &changes),
        [
            "`m-rivera` has the same `sms` as `supervisor` in `house`",
            "`j-chen` has the same `sms` as `m-rivera`",
            "`j-chen` has the same `sms` as `supervisor` in `house`",
        ]
    );
}

const HOUSE_TURNS: &str =
    "liaisons = [\"supervisor\", \"manager\"]\nevery = \"27 weeks\"\nhandoff = \"2026-10-17 00:00\"";

#[test]
fn somebody_on_call_for_more_than_half_of_all_hours() {
    let alone = "liaisons = [\"supervisor\"]";
    insta::assert_snapshot!(found(&[(HOUSE, HOUSE_TURNS, alone)]), @r#"
    warning[overloaded]: `supervisor` is on call as `primary` in `house` for 100% of all hours in the next year
     --> rosters/house.toml:5:1
      |
    5 | [[liaison]]
      | ^^^^^^^^^^^
      |
      = hint: share these hours with more people: add them to the `liaisons` of the rotation, with `every` and `handoff`
    "#);
    let turns = |people: &str, every: &str| {
        format!("liaisons = [{people}]\nevery = \"{every}\"\nhandoff = \"2026-01-05 08:00\"")
    };
    let two = "\"supervisor\", \"manager\"";
    for (people, every, share) in [
        (two, "1 day", None),
        (two, "1 week", None),
        (two, "2 weeks", None),
        (two, "1 month", None),
        ("\"supervisor\", \"manager\", \"supervisor\"", "1 week", Some(67)),
        ("\"supervisor\", \"manager\", \"supervisor\", \"deputy\", \"supervisor\", \"deputy\"", "1 day", None),
        ("\"manager\", \"manager\", \"manager\", \"supervisor\", \"supervisor\"", "1 day", Some(60)),
    ] {
        let all = found(&[(HOUSE, HOUSE_TURNS, &turns(people, every))]);
        let wanted = share.map(|share| format!("for {share}% of all hours in the next year"));
        assert_eq!(all.matches("warning[overloaded]").count(), usize::from(wanted.is_some()), "{every}: {all}");
        assert!(wanted.is_none_or(|wanted| all.contains(&wanted)), "{people}: {all}");
    }
    // Four weeks of leave, of which two would have been the other's.
    let leave = |to: &str| format!("id = \"manager\"\naway = [{{ from = \"2027-03-01 08:00\", to = \"{to}\" }}]");
    for (to, is_told) in [("2027-03-29 08:00", false), ("2027-05-31 08:00", true)] {
        let all = found(&[(HOUSE, HOUSE_TURNS, &turns(two, "1 week")), (HOUSE, "id = \"manager\"", &leave(to))]);
        assert_eq!(all.contains("warning[overloaded]: `supervisor`"), is_told, "{all}");
    }
}

#[test]
fn somebody_who_is_primary_in_two_departments_at_once() {
    let deputy =
        "id = \"deputy\"\nname = \"Deputy Supervisor\"\nemail = \"deputy@mercy.example\"\nsms = \"+13125550112\"";
    let chen = "id = \"j-chen\"\nname = \"June Chen\"\nemail = \"j.chen@mercy.example\"\nsms = \"+13125550102\"";
    let changes = |at: &str| {
        let turn = format!(
            "[[override]]\nrole = \"primary\"\nfrom = \"2026-11-02 {at}\"\nto = \"2026-11-03 09:00\"\nliaison = \"j-chen\"\n\n[[rotation]]"
        );
        found(&[(HOUSE, deputy, chen), (HOUSE, "[\"deputy\"]", "[\"j-chen\"]"), (HOUSE, "[[rotation]]", &turn)])
    };
    let all = changes("12:00");
    let told: Vec<_> = all.split("\n\n").filter(|one| one.starts_with("warning[double-duty]")).collect();
    insta::assert_snapshot!(told.concat(), @"
    warning[double-duty]: `j-chen` is `primary` in `house` and `privacy` at once from 2026-11-02 12:00 EST to 2026-11-02 18:00 EST
      --> rosters/house.toml:19:1
       |
    19 | [[override]]
       | ^^^^^^^^^^^^
       |
       = hint: with two incidents at the same time, one department waits: put someone else on call in one of them
    ");
    assert!(!changes("18:00").contains("double-duty"), "one ends when the other starts: {}", changes("18:00"));
}
