//! Mistakes in rosters.

use crate::{after, good, load, said};

const PRIVACY: &str = "rosters/privacy.toml";
const HOUSE: &str = "rosters/house.toml";

#[test]
fn names_that_nobody_has() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "liaisons = [\"m-rivera\", \"j-chen\"]", "liaisons = [\"m-rivera\", \"j-chan\"]"),
        (PRIVACY, "cover = \"j-chen\"", "cover = \"nobody\""),
        (PRIVACY, "liaison = \"j-chen\"", "liaison = \"jchen\""),
        (PRIVACY, "escalate_to = \"house\"", "escalate_to = \"hause\""),
    ]), @r#"
    error[unknown-department]: no roster for `hause`
     --> rosters/privacy.toml:4:15
      |
    4 | escalate_to = "hause"
      |               ^^^^^^^
      |
      = hint: write `escalate_to = "house"`

    error[unknown-liaison]: this roster has no liaison `nobody`
      --> rosters/privacy.toml:20:72
       |
    20 | away = [{ from = "2026-12-20 00:00", to = 2026-12-27T00:00:00, cover = "nobody" }]
       |                                                                        ^^^^^^^^
       |
       = hint: known names: `m-rivera`, `j-chen`

    error[unknown-liaison]: this roster has no liaison `j-chan`
      --> rosters/privacy.toml:30:25
       |
    30 | liaisons = ["m-rivera", "j-chan"]
       |                         ^^^^^^^^
       |
       = hint: write `liaisons = ["m-rivera", "j-chen"]`

    error[unknown-liaison]: this roster has no liaison `jchen`
      --> rosters/privacy.toml:42:11
       |
    42 | liaison = "jchen"
       |           ^^^^^^^
       |
       = hint: write `liaison = "j-chen"`
    "#);
}

#[test]
fn names_that_are_taken() {
    insta::assert_snapshot!(after(&[(PRIVACY, "id = \"j-chen\"", "id = \"m-rivera\"")]), @r#"
    error[unknown-liaison]: this roster has no liaison `j-chen`
      --> rosters/privacy.toml:20:72
       |
    20 | away = [{ from = "2026-12-20 00:00", to = 2026-12-27T00:00:00, cover = "j-chen" }]
       |                                                                        ^^^^^^^^
       |
       = hint: known names: `m-rivera`

    error[duplicate-id]: another liaison already has the ID `m-rivera`
      --> rosters/privacy.toml:23:6
       |
    23 | id = "m-rivera"
       |      ^^^^^^^^^^

    error[unknown-liaison]: this roster has no liaison `j-chen`
      --> rosters/privacy.toml:30:25
       |
    30 | liaisons = ["m-rivera", "j-chen"]
       |                         ^^^^^^^^
       |
       = hint: known names: `m-rivera`

    error[unknown-liaison]: this roster has no liaison `j-chen`
      --> rosters/privacy.toml:36:13
       |
    36 | liaisons = ["j-chen", "m-rivera"]
       |             ^^^^^^^^
       |
       = hint: known names: `m-rivera`

    error[unknown-liaison]: this roster has no liaison `j-chen`
      --> rosters/privacy.toml:42:11
       |
    42 | liaison = "j-chen"
       |           ^^^^^^^^
       |
       = hint: known names: `m-rivera`
    "#);
}

#[test]
fn contacts_that_reach_nobody() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "m.rivera@mercy.example", "m.rivera(at)mercy.example"),
        (PRIVACY, "\"+13125550101\"", "\"312-555-0101\""),
        (PRIVACY, "j.chen@mercy.example", "3125550102@vtext.com"),
        (HOUSE, "email = \"supervisor@mercy.example\"\n", ""),
    ]), @r#"
    error[no-contact]: this liaison has neither `email` nor `sms`
     --> rosters/house.toml:5:1
      |
    5 | [[liaison]]
      | ^^^^^^^^^^^
      |
      = hint: add at least one; with both, pages still arrive when one channel is down

    error[bad-value]: `email` must be an email address such as `name@hospital.example`
      --> rosters/privacy.toml:16:9
       |
    16 | email = "m.rivera(at)mercy.example"
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error[bad-phone-number]: `sms` is not a complete international number
      --> rosters/privacy.toml:17:7
       |
    17 | sms = "312-555-0101"
       |       ^^^^^^^^^^^^^^
       |
       = hint: write `sms = "+13125550101"`

    error[sms-gateway-address]: `email` is an email-to-SMS gateway of a carrier, which have been or are being shut down
      --> rosters/privacy.toml:25:9
       |
    25 | email = "3125550102@vtext.com"
       |         ^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: set `sms` to the phone number and `email` to a mailbox
    "#);
    insta::assert_snapshot!(after(&[(PRIVACY, "\"+13125550101\"", "\"+1 312 555 0101\"")]), @r#"
    error[bad-phone-number]: `sms` is not a complete international number
      --> rosters/privacy.toml:17:7
       |
    17 | sms = "+1 312 555 0101"
       |       ^^^^^^^^^^^^^^^^^
       |
       = hint: write `sms = "+13125550101"`
    "#);
}

#[test]
fn an_order_of_channels_that_cannot_be() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "email = \"m.rivera@mercy.example\"\n", ""),
        (HOUSE, "email = \"supervisor@mercy.example\"\n", "email = \"supervisor@mercy.example\"\nnotify = []\n"),
    ]), @r#"
    error[bad-value]: `notify` is empty
     --> rosters/house.toml:9:10
      |
    9 | notify = []
      |          ^^

    error[no-contact]: `notify` uses `email`, but this liaison has no `email`
      --> rosters/privacy.toml:18:34
       |
    18 | notify = [{ by = "sms" }, { by = "email", after = "1m" }]
       |                                  ^^^^^^^
    "#);
}

#[test]
fn no_channel_reaches_somebody() {
    insta::assert_snapshot!(after(&[
        ("wardbell.toml", "[channel.sms]\naccount_sid = \"AC00000000000000000000000000000000\"\nauth_token_file = \"secrets/twilio\"\nfrom = \"+13125550100\"\n", ""),
        (HOUSE, "email = \"supervisor@mercy.example\"\n", "sms = \"+13125550109\"\nsms_consent = 2026-10-01\n"),
    ]), @r"
    warning[no-channel]: pages cannot reach this liaison: only `email` is configured
     --> rosters/house.toml:5:1
      |
    5 | [[liaison]]
      | ^^^^^^^^^^^
      |
      = hint: add a contact for that channel, or configure the other one in `wardbell.toml`
    ");
}

#[test]
fn contacts_that_two_people_share() {
    insta::assert_snapshot!(after(&[(PRIVACY, "j.chen@mercy.example", "M.Rivera@mercy.example")]), @r#"
    error[shared-contact]: `j-chen` has the same `email` as `m-rivera`
      --> rosters/privacy.toml:25:9
       |
    25 | email = "M.Rivera@mercy.example"
       |         ^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: one is primary while the other is backup; an escalation must reach a different phone or mailbox
    "#);
    let clerk = "[[liaison]]\nid = \"clerk\"\nname = \"Clerk\"\nemail = \"supervisor@mercy.example\"\n\n[[rotation]]";
    insta::assert_snapshot!(after(&[
        (HOUSE, "[[rotation]]", clerk),
        (HOUSE, "liaisons = [\"supervisor\"]", "liaisons = [\"supervisor\", \"clerk\"]"),
    ]), @r#"
    warning[shared-contact]: `clerk` has the same `email` as `supervisor`
      --> rosters/house.toml:13:9
       |
    13 | email = "supervisor@mercy.example"
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: a page to one also reaches the other; give each person their own contact
    "#);
}

#[test]
fn what_somebody_should_look_at() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "review_by = 2027-01-31", "review_by = 2026-10-17"),
        (PRIVACY, "sms_consent = 2026-10-01\n", ""),
        (PRIVACY, ", cover = \"j-chen\"", ""),
        (PRIVACY, "[[override]]", "[[override]]\nrole = \"primary\"\nfrom = \"2026-12-26 07:59\"\nto = \"2026-12-27 00:00\"\nliaison = \"m-rivera\"\n\n[[override]]"),
        (HOUSE, "[[rotation]]", "[[liaison]]\nid = \"new\"\nname = \"New\"\nemail = \"new@mercy.example\"\n\n[[rotation]]"),
        (HOUSE, "during = \"always\"", "during = \"hours\""),
        (HOUSE, "role = \"primary\"", "role = \"primry\""),
    ]), @r#"
    warning[unused-liaison]: `new` is not in any rotation, override, or cover, and is never paged
      --> rosters/house.toml:11:6
       |
    11 | id = "new"
       |      ^^^^^

    warning[unknown-role]: no ladder pages the role `primry`
      --> rosters/house.toml:16:8
       |
    16 | role = "primry"
       |        ^^^^^^^^
       |
       = hint: write `role = "primary"`

    warning[never-holds]: this rotation never applies: the roster has no hours
      --> rosters/house.toml:17:10
       |
    17 | during = "hours"
       |          ^^^^^^^
       |
       = hint: add `[hours]`, or use `during = "always"`

    warning[review-overdue]: the review of this file was due on 2026-10-17
     --> rosters/privacy.toml:6:13
      |
    6 | review_by = 2026-10-17
      |             ^^^^^^^^^^
      |
      = hint: review it with its `owner` (line 5), then set the next `review_by`

    warning[sms-without-consent]: `sms_consent` is missing: the date on which this person agreed to receive text messages
      --> rosters/privacy.toml:17:7
       |
    17 | sms = "+13125550101"
       |       ^^^^^^^^^^^^^^
       |
       = hint: ask the person, and set the date: `sms_consent = 2026-10-01`

    warning[override-on-leave]: `m-rivera` is on leave from 2026-12-26 07:59 to 2026-12-27 00:00, so this override does not apply then
      --> rosters/privacy.toml:41:11
       |
    41 | liaison = "m-rivera"
       |           ^^^^^^^^^^
       |
       = hint: put someone else on call, or change the leave on line 19

    warning[overlapping-overrides]: this override overlaps with the one on line 37
      --> rosters/privacy.toml:43:1
       |
    43 | [[override]]
       | ^^^^^^^^^^^^
       |
       = hint: the last one in the file applies
    "#);
}

#[test]
fn times_that_run_backwards() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "to = \"2026-12-26 08:00\"", "to = \"2026-12-24 17:00\""),
        (PRIVACY, "to = 2026-12-27T00:00:00", "to = \"0206-12-27 00:00\""),
        (PRIVACY, "sat = [\"08:00-12:00\", \"13:00-15:00\"]", "sat = [\"08:00-12:00\", \"11:00-15:00\"]"),
        (PRIVACY, "handoff = \"2026-01-05 08:00\"\n", ""),
    ]), @r#"
    error[bad-value]: these hours of `sat` overlap with earlier ones
      --> rosters/privacy.toml:10:23
       |
    10 | sat = ["08:00-12:00", "11:00-15:00"]
       |                       ^^^^^^^^^^^^^

    error[bad-value]: `to` must be from the year 2000 to 2199
      --> rosters/privacy.toml:20:43
       |
    20 | away = [{ from = "2026-12-20 00:00", to = "0206-12-27 00:00", cover = "j-chen" }]
       |                                           ^^^^^^^^^^^^^^^^^^

    error[missing-key]: `every` needs a `handoff`
      --> rosters/privacy.toml:31:9
       |
    31 | every = "1 week"
       |         ^^^^^^^^
       |
       = hint: set when the first person takes over: `handoff = "2026-01-05 08:00"`

    error[bad-value]: `to` must be after `from`
      --> rosters/privacy.toml:40:6
       |
    40 | to = "2026-12-24 17:00"
       |      ^^^^^^^^^^^^^^^^^^
    "#);
    let skipped = "from = \"2026-03-08 02:10\"\nto = \"2026-03-08 02:50\"";
    insta::assert_snapshot!(after(&[(PRIVACY, "from = \"2026-12-24 17:00\"\nto = \"2026-12-26 08:00\"", skipped)]), @r#"
    error[bad-value]: `to` must be after `from`
      --> rosters/privacy.toml:41:6
       |
    41 | to = "2026-03-08 02:50"
       |      ^^^^^^^^^^^^^^^^^^
       |
       = hint: the clocks in America/Chicago jump from 2026-03-08 02:00 to 2026-03-08 03:00, so 2026-03-08 02:10 is read as 2026-03-08 03:00
    "#);
}

#[test]
fn files_of_another_name() {
    insta::assert_snapshot!(after(&[(PRIVACY, "department = \"privacy\"", "department = \"privacy-office\"")]), @r#"
    error[wrong-file-name]: file name and `department` do not match
     --> rosters/privacy.toml:1:14
      |
    1 | department = "privacy-office"
      |              ^^^^^^^^^^^^^^^^
      |
      = hint: rename the file to `privacy-office.toml`, or write `department = "privacy"`
    "#);
    let mut files = good();
    files.insert("rosters/Er Nursing.toml", "department = \"ER\"\n");
    insta::assert_snapshot!(said(&files), @r#"
    error[missing-key]: this roster has no `[[liaison]]`
     --> rosters/Er Nursing.toml:1:1
      |
    1 | department = "ER"
      | ^

    error[missing-key]: this roster has no `name`
     --> rosters/Er Nursing.toml:1:1
      |
    1 | department = "ER"
      | ^

    error[missing-key]: this roster has no `timezone`
     --> rosters/Er Nursing.toml:1:1
      |
    1 | department = "ER"
      | ^

    error[bad-value]: `department` is not valid: a name may contain only `a-z`, `0-9` and `-`, and must start and end with a letter or digit
     --> rosters/Er Nursing.toml:1:14
      |
    1 | department = "ER"
      |              ^^^^
      |
      = hint: write `department = "er"`
    "#);
}

#[test]
fn a_department_that_escalates_to_itself() {
    insta::assert_snapshot!(after(&[(PRIVACY, "escalate_to = \"house\"", "escalate_to = \"privacy\"")]), @r#"
    error[bad-value]: a department cannot escalate to itself
     --> rosters/privacy.toml:4:15
      |
    4 | escalate_to = "privacy"
      |               ^^^^^^^^^
      |
      = hint: choose another department, or remove `escalate_to` to use the fallback department
    "#);
}

#[test]
fn rotations_that_never_get_a_turn() {
    let twice = "[[rotation]]\nrole = \"backup\"\nliaisons = [\"m-rivera\"]\n\n[[override]]";
    insta::assert_snapshot!(after(&[(PRIVACY, "[[override]]", twice)]), @"
    warning[never-holds]: this rotation never applies: the one on line 34 always covers `backup` first
      --> rosters/privacy.toml:38:1
       |
    38 | [[rotation]]
       | ^^^^^^^^^^^^
       |
       = hint: if several rotations cover a role, the first in the file applies; move this one up, or remove it
    ");
    let halves = "[[rotation]]\nrole = \"primary\"\nduring = \"after-hours\"\nliaisons = [\"j-chen\"]\n\n\
                  [[rotation]]\nrole = \"primary\"\nhandoff = \"2026-03-02 08:00\"\nliaisons = [\"m-rivera\"]\n\n[[override]]";
    insta::assert_snapshot!(after(&[(PRIVACY, "[[override]]", halves)]), @"
    warning[never-holds]: this rotation never applies: the one on line 38 always covers `primary` first
      --> rosters/privacy.toml:43:1
       |
    43 | [[rotation]]
       | ^^^^^^^^^^^^
       |
       = hint: if several rotations cover a role, the first in the file applies; move this one up, or remove it
    ");
    let old_and_new = "[[rotation]]\nrole = \"backup\"\nhandoff = \"2026-12-01 08:00\"\nliaisons = [\"m-rivera\"]\n\n\
                       [[rotation]]\nrole = \"backup\"\n";
    let change = (PRIVACY, "[[rotation]]\nrole = \"backup\"\n", old_and_new);
    assert_eq!(after(&[change]), "", "the old one holds until the new one begins");
    let begun = old_and_new.replace("2026-12-01", "2026-10-01");
    let said = after(&[(PRIVACY, "[[rotation]]\nrole = \"backup\"\n", &begun)]);
    assert!(said.starts_with("warning[never-holds]: this rotation never applies"), "{said}");
    let apart = "[[rotation]]\nrole = \"primary\"\nduring = \"after-hours\"\nliaisons = [\"j-chen\"]\n\n[[override]]";
    assert_eq!(after(&[(PRIVACY, "[[override]]", apart)]), "", "hours and after hours take turns");
}

#[test]
fn rotations_that_never_hold() {
    let hours = "timezone = \"America/Chicago\"\n\n[hours]\nmon = \"00:00-24:00\"\ntue = \"00:00-24:00\"\nwed = \
                 \"00:00-24:00\"\nthu = \"00:00-24:00\"\nfri = \"00:00-24:00\"\nsat = \"00:00-24:00\"\nsun = \"00:00-24:00\"\n";
    let open = (HOUSE, "timezone = \"America/Chicago\"\n", hours);
    insta::assert_snapshot!(after(&[open, (HOUSE, "during = \"always\"", "during = \"after-hours\"")]), @r#"
    warning[never-holds]: this rotation never applies: the department never closes
      --> rosters/house.toml:21:10
       |
    21 | during = "after-hours"
       |          ^^^^^^^^^^^^^
       |
       = hint: shorten `[hours]`, or use `during = "always"`
    "#);
    assert_eq!(after(&[open, (HOUSE, "during = \"always\"", "during = \"hours\"")]), "");
    let far = (PRIVACY, "handoff = \"2026-01-05 08:00\"", "handoff = \"2062-01-05 08:00\"");
    insta::assert_snapshot!(after(&[far]), @r#"
    warning[never-holds]: this rotation starts more than a year from now, and no one is on call before
      --> rosters/privacy.toml:32:11
       |
    32 | handoff = "2062-01-05 08:00"
       |           ^^^^^^^^^^^^^^^^^^
       |
       = hint: check the year
    "#);
    assert_eq!(after(&[(PRIVACY, "handoff = \"2026-01-05 08:00\"", "handoff = \"2027-01-04 08:00\"")]), "");
}

#[test]
fn what_is_over_and_what_is_soon_due() {
    let change = (
        PRIVACY,
        "from = \"2026-12-24 17:00\"\nto = \"2026-12-26 08:00\"",
        "from = \"2026-09-24 17:00\"\nto = \"2026-10-17 08:00\"",
    );
    insta::assert_snapshot!(after(&[change, (PRIVACY, "review_by = 2027-01-31", "review_by = 2026-11-17")]), @"
    warning[review-soon]: the review of this file is due on 2026-11-17
     --> rosters/privacy.toml:6:13
      |
    6 | review_by = 2026-11-17
      |             ^^^^^^^^^^
      |
      = hint: review it with its `owner` (line 5), then set the next `review_by`

    warning[past-override]: this override ended on 2026-10-17 08:00
      --> rosters/privacy.toml:38:1
       |
    38 | [[override]]
       | ^^^^^^^^^^^^
       |
       = hint: remove it; the file's history keeps it
    ");
    let today = (
        PRIVACY,
        "from = \"2026-12-24 17:00\"\nto = \"2026-12-26 08:00\"",
        "from = \"2026-09-24 17:00\"\nto = \"2026-10-18 08:00\"",
    );
    assert_eq!(after(&[today, (PRIVACY, "review_by = 2027-01-31", "review_by = 2026-11-18")]), "");
}

#[test]
fn departments_that_escalate_in_a_circle() {
    let other = |name: &str, next: &str| {
        format!(
            "department = \"{name}\"\nname = \"{name}\"\ntimezone = \"America/Chicago\"\nescalate_to = \"{next}\"\n\
             [[liaison]]\nid = \"{name}\"\nname = \"{name}\"\nemail = \"{name}@mercy.example\"\n\
             [[rotation]]\nrole = \"primary\"\nliaisons = [\"{name}\"]\n"
        )
    };
    let mut files = good();
    files.insert("rosters/legal.toml", other("legal", "risk"));
    files.insert("rosters/risk.toml", other("risk", "ethics"));
    files.insert("rosters/ethics.toml", other("ethics", "legal"));
    files.insert("rosters/billing.toml", other("billing", "legal"));
    insta::assert_snapshot!(said(&files), @r#"
    warning[escalation-circle]: these departments escalate to one another in a cycle: `legal` → `risk` → `ethics` → `legal`
     --> rosters/ethics.toml:4:15
      |
    4 | escalate_to = "legal"
      |               ^^^^^^^
      |
      = hint: an unanswered page would return to people who did not answer it. Change `escalate_to` in one of them, or remove it to use the fallback department
    "#);
    files.insert("rosters/ethics.toml", other("ethics", "house"));
    assert_eq!(said(&files), "");
    let house = String::from_utf8(files.get(HOUSE).unwrap().to_vec()).unwrap();
    files.insert(HOUSE, house.replacen("name = \"House", "escalate_to = \"ethics\"\nname = \"House", 1));
    assert_eq!(said(&files), "", "who answers for the fallback department may rightly name it");
}

#[test]
fn a_zone_that_is_none_or_never_changes_its_clocks_is_told_with_the_one_that_is_meant() {
    let in_zone = |zone: &str| after(&[("rosters/privacy.toml", "America/Chicago", zone)]);
    insta::assert_snapshot!(in_zone("CST"), @r#"
    error[bad-value]: `CST` is not a time zone
     --> rosters/privacy.toml:3:12
      |
    3 | timezone = "CST"
      |            ^^^^^
      |
      = hint: write `timezone = "America/Chicago"`
    "#);
    insta::assert_snapshot!(in_zone("Mars"), @r#"
    error[bad-value]: `Mars` is not a time zone
     --> rosters/privacy.toml:3:12
      |
    3 | timezone = "Mars"
      |            ^^^^^^
      |
      = hint: use a name from the tz database, such as `America/Chicago`
    "#);
    insta::assert_snapshot!(in_zone("etc/gmt+6"), @r#"
    warning[fixed-clock]: `Etc/GMT+6` never observes daylight saving time
     --> rosters/privacy.toml:3:12
      |
    3 | timezone = "etc/gmt+6"
      |            ^^^^^^^^^^^
      |
      = hint: if your clocks change, use `America/Chicago`; otherwise use a place near you without daylight saving time (in Arizona, `America/Phoenix`)
    "#);
    for zone in ["EST", "MST", "HST", "GMT", "Greenwich", "Etc/GMT+5", "Etc/GMT0"] {
        let told = in_zone(zone);
        let is_warned = told.starts_with("warning[fixed-clock]: ") && told.contains("never observes daylight saving");
        assert!(is_warned, "{zone}: {told}");
    }
    let hawaii = in_zone("HST");
    assert!(hawaii.contains("hint: use a place near you, such as `Pacific/Honolulu`\n"), "{hawaii}");
    for fine in ["america/chicago", "UTC", "Etc/UTC", "EST5EDT", "CET", "US/Central", "America/Phoenix"] {
        assert_eq!(in_zone(fine), "", "{fine}");
    }
    for none in
        ["localtime", "posixrules", "Factory", "right/America/Chicago", "posix/America/Chicago", "../etc/passwd"]
    {
        assert!(in_zone(none).starts_with("error[bad-value]: "), "{none}");
    }
}

#[test]
fn copies_of_rosters_and_playbooks_count_for_nothing_and_harm_nobody() {
    let mut files = good();
    let text = |path: &str| good().get(path).unwrap().to_vec();
    files.insert("rosters/privacy (1).toml", text("rosters/privacy.toml"));
    files.insert("rosters/privacy.sync-conflict-20261018-101112-ABCDEFG.toml", "department = \"privacy\"\nnmae = 1");
    files.insert("rosters/Copy of house.toml", "[half a file");
    files.insert("playbooks/phi-by-staff - Copy.toml", text("playbooks/phi-by-staff.toml"));
    files.insert("playbooks/phi-by-staff.bak.toml", text("playbooks/phi-by-staff.toml"));
    files.insert("playbooks/ladders (2).toml", text("playbooks/ladders.toml"));
    insta::assert_snapshot!(said(&files), @r"
    warning[stray-copy]: this file is a copy of `ladders.toml` and is ignored
    --> playbooks/ladders (2).toml
     = hint: move it out of this folder; if it is a variant, name it `<class>.<variant>.toml`, in lowercase letters, digits, and `-`

    warning[stray-copy]: this file is a copy of `phi-by-staff.toml` and is ignored
    --> playbooks/phi-by-staff - Copy.toml
     = hint: move it out of this folder; if it is a variant, name it `<class>.<variant>.toml`, in lowercase letters, digits, and `-`

    warning[stray-copy]: this file is a copy of `phi-by-staff.toml` and is ignored
    --> playbooks/phi-by-staff.bak.toml
     = hint: move it out of this folder; if it is a variant, name it `<class>.<variant>.toml`, in lowercase letters, digits, and `-`

    warning[stray-copy]: this file is a copy of `house.toml` and is ignored
    --> rosters/Copy of house.toml
     = hint: move it out of this folder, or give it its own `department` and name the file after it

    warning[stray-copy]: this file is a copy of `privacy.toml` and is ignored
    --> rosters/privacy (1).toml
     = hint: move it out of this folder, or give it its own `department` and name the file after it

    warning[stray-copy]: this file is a copy of `privacy.toml` and is ignored
    --> rosters/privacy.sync-conflict-20261018-101112-ABCDEFG.toml
     = hint: move it out of this folder, or give it its own `department` and name the file after it
    ");
    let (with, without) = (load(&files).into_plan().unwrap(), load(&good()).into_plan().unwrap());
    assert_eq!(with.files, without.files, "the plan is the same");
}

#[test]
fn a_misnamed_roster_that_is_nobodys_copy_is_an_error() {
    let mut files = good();
    let house = String::from_utf8(good().get("rosters/house.toml").unwrap().to_vec()).unwrap();
    files.insert("rosters/it (1).toml", house.replace("department = \"house\"", "department = \"it\""));
    assert!(said(&files).contains("error[wrong-file-name]"), "{}", said(&files));
    files.insert("rosters/it.toml", house.replace("department = \"house\"", "department = \"it\""));
    assert!(said(&files).contains("warning[stray-copy]"), "{}", said(&files));
}
