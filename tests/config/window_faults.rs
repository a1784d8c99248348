//! Mistakes in windows, turns and weekly times.

use crate::after;
use crate::proof::found;

const PRIVACY: &str = "rosters/privacy.toml";

#[test]
fn windows_that_cannot_be() {
    insta::assert_snapshot!(after(&[(
        PRIVACY,
        "[[liaison]]\nid = \"m-rivera\"",
        "[window.a]\n[window.b]\nfrom = \"fri 17:00\"\n[window.c]\nfrom = \"fry 17:00\"\nto = \"mon 8:00\"\n[window.d]\n\
         from = \"fri 17:00\"\nto = \"mon 08:00\"\nholidays = \"us-federal\"\n[window.e]\nholidays = []\n[window.always]\n\
         days = \"sat\"\n[window.Weekend]\ndays = \"sat\"\n[window.f]\nfrom = \"mon 08:00\"\nto = \"mon 08:00\"\n[window.g]\n\
         days = [\"mon\", \"tus\"]\nhours = [\"08:00-12:00\", \"11:00-13:00\"]\nuntil = 1\n[[liaison]]\nid = \"m-rivera\"",
    )]), @r#"
    error[missing-key]: this window has no time
      --> rosters/privacy.toml:13:9
       |
    13 | [window.a]
       |         ^
       |
       = hint: write `from = "fri 17:00"` and `to = "mon 08:00"`, or `days` with `hours`, or `holidays`

    warning[unused-window]: no rotation uses the window `a`
      --> rosters/privacy.toml:13:9
       |
    13 | [window.a]
       |         ^
       |
       = hint: use it in a rotation: `during = "a"`, or remove it

    error[missing-key]: this window has no `to`
      --> rosters/privacy.toml:14:9
       |
    14 | [window.b]
       |         ^

    warning[unused-window]: no rotation uses the window `b`
      --> rosters/privacy.toml:14:9
       |
    14 | [window.b]
       |         ^
       |
       = hint: use it in a rotation: `during = "b"`, or remove it

    warning[unused-window]: no rotation uses the window `c`
      --> rosters/privacy.toml:16:9
       |
    16 | [window.c]
       |         ^
       |
       = hint: use it in a rotation: `during = "c"`, or remove it

    error[bad-value]: `from` must be a day and a time such as "fri 17:00"
      --> rosters/privacy.toml:17:8
       |
    17 | from = "fry 17:00"
       |        ^^^^^^^^^^^
       |
       = hint: did you mean `fri`?

    error[bad-value]: `to` must be a day and a time such as "fri 17:00"
      --> rosters/privacy.toml:18:6
       |
    18 | to = "mon 8:00"
       |      ^^^^^^^^^^
       |
       = hint: write `to = "mon 08:00"`

    error[bad-value]: this window mixes `from` and `to`, `days` and `hours`, and `holidays`
      --> rosters/privacy.toml:19:9
       |
    19 | [window.d]
       |         ^
       |
       = hint: keep one of the three; write a window with a name of its own for each other, and a rotation for it

    warning[unused-window]: no rotation uses the window `d`
      --> rosters/privacy.toml:19:9
       |
    19 | [window.d]
       |         ^
       |
       = hint: use it in a rotation: `during = "d"`, or remove it

    error[bad-value]: this window has no day
      --> rosters/privacy.toml:23:9
       |
    23 | [window.e]
       |         ^
       |
       = hint: list days, such as `holidays = ["us-federal"]`

    warning[unused-window]: no rotation uses the window `e`
      --> rosters/privacy.toml:23:9
       |
    23 | [window.e]
       |         ^
       |
       = hint: use it in a rotation: `during = "e"`, or remove it

    error[bad-value]: `always` already has a meaning in `during`
      --> rosters/privacy.toml:25:9
       |
    25 | [window.always]
       |         ^^^^^^
       |
       = hint: write `[window.always-window]`

    error[bad-value]: `Weekend` cannot be a window: a name may contain only `a-z`, `0-9` and `-`, and must start and end with a letter or digit
      --> rosters/privacy.toml:27:9
       |
    27 | [window.Weekend]
       |         ^^^^^^^
       |
       = hint: write `[window.weekend]`

    warning[unused-window]: no rotation uses the window `weekend`
      --> rosters/privacy.toml:27:9
       |
    27 | [window.Weekend]
       |         ^^^^^^^
       |
       = hint: use it in a rotation: `during = "weekend"`, or remove it

    error[bad-value]: this window never ends
      --> rosters/privacy.toml:29:9
       |
    29 | [window.f]
       |         ^
       |
       = hint: shorten it, or use `during = "always"` without a window

    warning[unused-window]: no rotation uses the window `f`
      --> rosters/privacy.toml:29:9
       |
    29 | [window.f]
       |         ^
       |
       = hint: use it in a rotation: `during = "f"`, or remove it

    warning[unused-window]: no rotation uses the window `g`
      --> rosters/privacy.toml:32:9
       |
    32 | [window.g]
       |         ^
       |
       = hint: use it in a rotation: `during = "g"`, or remove it

    error[bad-value]: each entry of `days` must be a day of the week: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`
      --> rosters/privacy.toml:33:16
       |
    33 | days = ["mon", "tus"]
       |                ^^^^^
       |
       = hint: write `days = ["mon", "tue"]`

    error[bad-value]: these hours of `hours` overlap with earlier ones
      --> rosters/privacy.toml:34:25
       |
    34 | hours = ["08:00-12:00", "11:00-13:00"]
       |                         ^^^^^^^^^^^^^

    error[unknown-key]: this window has no key `until`
      --> rosters/privacy.toml:35:1
       |
    35 | until = 1
       | ^^^^^
       |
       = hint: the keys are `from`, `to`, `days`, `hours`, `holidays`
    "#);
}

#[test]
fn a_window_that_nobody_has_or_uses() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "during = \"hours\"", "during = \"week-end\""),
        (PRIVACY, "[[liaison]]", "[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n\n[[liaison]]"),
    ]), @r#"
    warning[unused-window]: no rotation uses the window `weekend`
      --> rosters/privacy.toml:13:9
       |
    13 | [window.weekend]
       |         ^^^^^^^
       |
       = hint: use it in a rotation: `during = "weekend"`, or remove it

    error[unknown-window]: this roster has no window `week-end`
      --> rosters/privacy.toml:33:10
       |
    33 | during = "week-end"
       |          ^^^^^^^^^^
       |
       = hint: write `during = "weekend"`
    "#);
    insta::assert_snapshot!(after(&[(PRIVACY, "during = \"hours\"", "during = \"nights\"")]), @r#"
    error[unknown-window]: this roster has no window `nights`
      --> rosters/privacy.toml:29:10
       |
    29 | during = "nights"
       |          ^^^^^^^^
       |
       = hint: add `[window.nights]`, or use `hours`, `after-hours`, `always`
    "#);
    insta::assert_snapshot!(after(&[(PRIVACY, "during = \"hours\"", "during = \"Nights!\"")]), @r#"
    error[bad-value]: `during` must be `hours`, `after-hours`, `always`, or the name of a `[window.NAME]`
      --> rosters/privacy.toml:29:10
       |
    29 | during = "Nights!"
       |          ^^^^^^^^^
       |
       = hint: write `during = "nights"`
    "#);
}

#[test]
fn free_turns_that_never_come_and_days_that_are_over() {
    let over = "[window.fair]\nholidays = [2026-10-16, 2026-10-17]\n[window.now]\nholidays = [2026-10-17, 2026-10-18]\n\
                [window.all]\nholidays = [\"us-federal\", 2020-01-01]\n";
    let rotations = "\n[[rotation]]\nrole = \"backup\"\nduring = \"fair\"\nliaisons = [\"m-rivera\", \"-\"]\n[[rotation]]\n\
                     role = \"backup\"\nduring = \"now\"\nliaisons = [\"-\", \"m-rivera\"]\n[[rotation]]\nrole = \
                     \"backup\"\nduring = \"all\"\nliaisons = [\"m-rivera\"]\n[[rotation]]\nrole = \"backup\"";
    let told = after(&[
        (PRIVACY, "[[liaison]]\nid = \"m-rivera\"", &format!("{over}[[liaison]]\nid = \"m-rivera\"")),
        (PRIVACY, "\n[[rotation]]\nrole = \"backup\"", rotations),
    ]);
    insta::assert_snapshot!(told, @r#"
    warning[never-holds]: this window is over: its last day was 2026-10-17
      --> rosters/privacy.toml:13:9
       |
    13 | [window.fair]
       |         ^^^^
       |
       = hint: add the days to come, or remove the window and the rotations that use it

    warning[never-holds]: this free turn never comes: without `every` it is always the first person's turn
      --> rosters/privacy.toml:43:25
       |
    43 | liaisons = ["m-rivera", "-"]
       |                         ^^^
       |
       = hint: remove the `-`, or set the length of a turn and its start, such as `every = "1 week"` and `handoff = "2026-01-05 08:00"`

    warning[never-holds]: this rotation never applies: without `every` it is always the first turn, which is free
      --> rosters/privacy.toml:47:13
       |
    47 | liaisons = ["-", "m-rivera"]
       |             ^^^
       |
       = hint: remove the `-`, or set the length of a turn and its start, such as `every = "1 week"` and `handoff = "2026-01-05 08:00"`
    "#);
    // What the hint says is valid.
    let cured = rotations.replacen("\"-\"]", "\"-\"]\nevery = \"1 week\"\nhandoff = \"2026-10-17 00:00\"", 1);
    let cured = cured.replace("[\"-\", \"m-rivera\"]", "[\"m-rivera\"]");
    let told = after(&[
        (
            PRIVACY,
            "[[liaison]]\nid = \"m-rivera\"",
            &format!("{}[[liaison]]\nid = \"m-rivera\"", over.replace("16,", "18,")),
        ),
        (PRIVACY, "\n[[rotation]]\nrole = \"backup\"", &cured),
    ]);
    assert_eq!(told, "");
}

#[test]
fn turns_that_cannot_be_counted() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "during = \"hours\"", "during = \"always\""),
        (PRIVACY, "every = \"1 week\"", "every = \"1 turn\""),
        (PRIVACY, "[\"j-chen\", \"m-rivera\"]", "[\"-\", \"-\"]\nevery = \"2 turns\""),
    ]), @r#"
    error[bad-value]: turns are stretches of `during`, and this rotation always applies
      --> rosters/privacy.toml:31:9
       |
    31 | every = "1 turn"
       |         ^^^^^^^^
       |
       = hint: use a length such as `every = "1 week"`, or a window for `during`

    error[bad-value]: every turn of this rotation is free
      --> rosters/privacy.toml:36:12
       |
    36 | liaisons = ["-", "-"]
       |            ^^^^^^^^^^
       |
       = hint: list at least one liaison, or remove the rotation

    error[bad-value]: turns are stretches of `during`, and this rotation always applies
      --> rosters/privacy.toml:37:9
       |
    37 | every = "2 turns"
       |         ^^^^^^^^^
       |
       = hint: use a length such as `every = "1 week"`, or a window for `during`

    error[missing-key]: `every` needs a `handoff`
      --> rosters/privacy.toml:37:9
       |
    37 | every = "2 turns"
       |         ^^^^^^^^^
       |
       = hint: set when the first person takes over: `handoff = "2026-01-05 08:00"`
    "#);
}

#[test]
fn people_who_never_have_a_turn_and_rotations_that_never_apply() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "sat = [\"08:00-12:00\", \"13:00-15:00\"]\n", ""),
        (PRIVACY, "every = \"1 week\"", "every = \"7 days\""),
        (PRIVACY, "during = \"hours\"\nliaisons = [\"m-rivera\", \"j-chen\"]\nevery = \"7 days\"", "during = \"hours\"\nliaisons = [\"m-rivera\", \"j-chen\", \"m-rivera\", \"m-rivera\", \"m-rivera\", \"m-rivera\", \"m-rivera\"]\nevery = \"1 day\""),
    ]), @r#"
    warning[never-holds]: `j-chen` never has a turn here: all of their turns fall outside of `hours`
      --> rosters/privacy.toml:29:25
       |
    29 | liaisons = ["m-rivera", "j-chen", "m-rivera", "m-rivera", "m-rivera", "m-rivera", "m-rivera"]
       |                         ^^^^^^^^
       |
       = hint: with `every = "1 turn"`, each stretch of `during` is one turn, so that everybody has turns
    "#);
    insta::assert_snapshot!(after(&[(
        PRIVACY,
        "[[override]]",
        "[[rotation]]\nrole = \"on-site\"\nduring = \"early\"\nliaisons = [\"m-rivera\"]\n\n[[rotation]]\nrole = \"on-site\"\n\
         during = \"late\"\nliaisons = [\"j-chen\"]\n\n[[rotation]]\nrole = \"on-site\"\nduring = \"hours\"\n\
         liaisons = [\"m-rivera\"]\n\n[window.early]\ndays = \"mon\"\nhours = \"00:00-12:00\"\n\n[window.late]\nfrom = \"mon 12:00\"\n\
         to = \"sun 00:00\"\n\n[[override]]",
    )]), @r#"
    warning[unknown-role]: no ladder pages the role `on-site`
      --> rosters/privacy.toml:39:8
       |
    39 | role = "on-site"
       |        ^^^^^^^^^

    warning[unknown-role]: no ladder pages the role `on-site`
      --> rosters/privacy.toml:44:8
       |
    44 | role = "on-site"
       |        ^^^^^^^^^

    warning[never-holds]: this rotation never applies: earlier ones together always cover `on-site` first
      --> rosters/privacy.toml:48:1
       |
    48 | [[rotation]]
       | ^^^^^^^^^^^^
       |
       = hint: if several rotations cover a role, the first in the file applies; move this one up, or remove it

    warning[unknown-role]: no ladder pages the role `on-site`
      --> rosters/privacy.toml:49:8
       |
    49 | role = "on-site"
       |        ^^^^^^^^^
    "#);
}

#[test]
fn weekly_times_and_approvers_that_cannot_be() {
    insta::assert_snapshot!(after(&[
        (PRIVACY, "away = [", "unavailable = [{}, { days = [] }, { hours = \"00:00-24:00\" }, { days = \"tue\", from = 1 }]\naway = ["),
        (PRIVACY, "[hours]", "approvers = [\"m-rivera\", \"m-rivera\", \"j-chan\"]\n\n[hours]"),
    ]), @r#"
    error[duplicate-id]: `m-rivera` is listed twice
     --> rosters/privacy.toml:8:26
      |
    8 | approvers = ["m-rivera", "m-rivera", "j-chan"]
      |                          ^^^^^^^^^^

    error[unknown-liaison]: this roster has no liaison `j-chan`
     --> rosters/privacy.toml:8:38
      |
    8 | approvers = ["m-rivera", "m-rivera", "j-chan"]
      |                                      ^^^^^^^^
      |
      = hint: write `approvers = ["m-rivera", "m-rivera", "j-chen"]`

    error[missing-key]: this time has neither `days` nor `hours`
      --> rosters/privacy.toml:22:16
       |
    22 | unavailable = [{}, { days = [] }, { hours = "00:00-24:00" }, { days = "tue", from = 1 }]
       |                ^^
       |
       = hint: write the days, such as `days = ["tue"]`, and the hours, such as `hours = "08:00-17:00"`

    error[bad-value]: `days` is empty
      --> rosters/privacy.toml:22:29
       |
    22 | unavailable = [{}, { days = [] }, { hours = "00:00-24:00" }, { days = "tue", from = 1 }]
       |                             ^^

    error[bad-value]: this person is never available
      --> rosters/privacy.toml:22:35
       |
    22 | unavailable = [{}, { days = [] }, { hours = "00:00-24:00" }, { days = "tue", from = 1 }]
       |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = hint: leave out some `days` or `hours`, or set `until`

    error[unknown-key]: this time has no key `from`
      --> rosters/privacy.toml:22:78
       |
    22 | unavailable = [{}, { days = [] }, { hours = "00:00-24:00" }, { days = "tue", from = 1 }]
       |                                                                              ^^^^
       |
       = hint: the keys are `days`, `hours`, `until`
    "#);
}

/// The backup of the privacy office by these rotations.
fn backup(rotations: &str) -> String {
    found(&[(
        PRIVACY,
        "[[rotation]]\nrole = \"backup\"\nliaisons = [\"a-okafor\", \"l-bergstrom\"]\nevery = \"1 month\"\nhandoff = \"2026-01-31 09:00\"\n",
        &format!("[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n{rotations}"),
    )])
}

#[test]
fn coverage_is_proved_over_windows_and_free_turns() {
    let rotation = |during: &str, liaisons: &str, turns: &str| {
        format!("[[rotation]]\nrole = \"backup\"\nduring = \"{during}\"\nliaisons = [{liaisons}]\n{turns}")
    };
    let turns = "every = \"1 turn\"\nhandoff = \"2026-01-09 17:00\"\n";
    let weekends = rotation("weekend", "\"a-okafor\", \"-\"", turns);
    insta::assert_snapshot!(backup(&weekends), @r#"
    error[coverage-gap]: no one is on call as `backup` in `privacy` from 2026-10-19 08:00 CDT to 2026-10-30 17:00 CDT, and 12 more times until 2027-04-18 19:00 CDT
      --> rosters/privacy.toml:61:1
       |
    61 | [[rotation]]
       | ^^^^^^^^^^^^
       |
       = hint: no rotation for `backup` applies during the department's hours; add one with `during = "hours"`
    "#);
    let all = weekends + &rotation("always", "\"l-bergstrom\", \"a-okafor\"", "");
    assert_eq!(backup(&all), "");
}

#[test]
fn somebody_unavailable_by_one_roster_and_on_call_by_another() {
    insta::assert_snapshot!(found(&[
        ("rosters/house.toml", "+13125550111", "+13125550101"),
        (PRIVACY, "away = [{ from = \"2026-12-20 00:00\", to = \"2026-12-27 00:00\", cover = \"j-chen\" }]", "unavailable = [{ days = [\"tue\"], hours = \"08:00-17:00\", until = 2026-11-10 }]"),
    ]), @r#"
    warning[away-elsewhere]: `supervisor` is on call as `primary` in `house` from 2026-10-20 09:00 EDT to 2026-10-20 18:00 EDT, and 3 more times until 2027-04-18 20:00 EDT, but is unavailable in the roster of `privacy`
     --> rosters/house.toml:5:1
      |
    5 | [[liaison]]
      | ^^^^^^^^^^^
      |
      = hint: that is at rosters/privacy.toml:20; write the same `unavailable` here

    warning[one-department]: if no one answers, ladder `A` pages no one in another department for `privacy` when `phi-by-staff`, raised by the flag `posting-now` and a reach of 50000, opens from 2026-10-17 19:00 CDT to 2026-10-18 17:00 CDT, and 90 more times until 2027-04-18 19:00 CDT
      --> playbooks/phi-by-staff.toml:18:10
       |
    18 | ladder = "A"
       |          ^^^
       |
       = hint: add a step with `page = "escalation"` or `"department:role"` to the ladder, or another of `departments`

    warning[one-department]: if no one answers, ladder `C` pages no one in another department for `house` when `unclassified` opens from 2026-10-17 20:00 EDT to 2026-10-18 17:45 EDT, and 90 more times until 2027-04-18 20:00 EDT
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: add a step with `page = "escalation"` or `"department:role"` to the ladder, or another of `departments`
    "#);
}
