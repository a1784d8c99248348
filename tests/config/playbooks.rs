//! Mistakes in playbooks and ladders.

use crate::{after, good, said};

const STAFF: &str = "playbooks/phi-by-staff.toml";
const OTHERS: &str = "playbooks/unclassified.toml";
const LADDERS: &str = "playbooks/ladders.toml";

#[test]
fn names_that_nobody_has() {
    insta::assert_snapshot!(after(&[
        (STAFF, "departments = [\"privacy\"]", "departments = [\"privcy\", \"house\", \"house\"]"),
        (STAFF, "ladder = \"A\"", "ladder = \"AA\""),
        (STAFF, "department = \"privacy\"", "department = \"legal\""),
        (STAFF, "approve = [\"privacy\"]", "approve = [\"prvacy\"]"),
        (STAFF, "severity = \"high\"", "severity = \"hihg\""),
        (LADDERS, "\"house:primary\"", "\"haus:primary\""),
        (LADDERS, "page = \"backup\"", "page = \"bakcup\""),
        ("wardbell.toml", "department = \"house\"", "department = \"home\""),
        ("wardbell.toml", "= \"phi-by-staff\"", "= \"phi-by-stuff\""),
    ]), @r#"
    error[unknown-role]: no roster gives the role `bakcup`
     --> playbooks/ladders.toml:5:23
      |
    5 |   { at = "5m", page = "bakcup" },
      |                       ^^^^^^^^
      |
      = hint: did you mean `backup`?

    error[unknown-department]: there is no roster for `haus`
     --> playbooks/ladders.toml:6:24
      |
    6 |   { at = "10m", page = "haus:primary" },
      |                        ^^^^^^^^^^^^^^
      |
      = hint: a roster `haus.toml` would make it known

    error[bad-value]: `severity` is not valid: a severity must be `critical`, `high`, `moderate` or `low`
     --> playbooks/phi-by-staff.toml:5:12
      |
    5 | severity = "hihg"
      |            ^^^^^^
      |
      = hint: did you mean `high`?

    error[unknown-department]: there is no roster for `privcy`
     --> playbooks/phi-by-staff.toml:6:16
      |
    6 | departments = ["privcy", "house", "house"]
      |                ^^^^^^^^
      |
      = hint: did you mean `privacy`?

    error[duplicate-id]: `house` is listed twice
     --> playbooks/phi-by-staff.toml:6:35
      |
    6 | departments = ["privcy", "house", "house"]
      |                                   ^^^^^^^

    error[unknown-ladder]: `ladders.toml` has no ladder `AA`
      --> playbooks/phi-by-staff.toml:18:10
       |
    18 | ladder = "AA"
       |          ^^^^
       |
       = hint: did you mean `A`?

    warning[never-holds]: `hold` does nothing for `house`, whose roster has no hours: it is paged at once
      --> playbooks/phi-by-staff.toml:22:8
       |
    22 | hold = true
       |        ^^^^
       |
       = hint: add `[hours]` to the roster, or take `hold` out

    error[unknown-department]: there is no roster for `legal`
      --> playbooks/phi-by-staff.toml:26:14
       |
    26 | department = "legal"
       |              ^^^^^^^
       |
       = hint: a roster `legal.toml` would make it known

    error[unknown-department]: there is no roster for `prvacy`
      --> playbooks/phi-by-staff.toml:40:12
       |
    40 | approve = ["prvacy"]
       |            ^^^^^^^^
       |
       = hint: did you mean `privacy`?

    error[unknown-department]: there is no roster for `home`
     --> wardbell.toml:7:14
      |
    7 | department = "home"
      |              ^^^^^^
      |
      = hint: a roster `home.toml` would make it known
    "#);
}

#[test]
fn a_severity_without_a_ladder() {
    insta::assert_snapshot!(after(&[(LADDERS, "for = \"high\"\n", "")]), @r#"
    error[unknown-ladder]: no ladder is `for` `high`, and none is named here
     --> playbooks/phi-by-staff.toml:5:12
      |
    5 | severity = "high"
      |            ^^^^^^
      |
      = hint: name a `ladder`, or add one for this severity to `ladders.toml`
    "#);
}

#[test]
fn ladders_that_cannot_be_climbed() {
    insta::assert_snapshot!(after(&[
        (LADDERS, "at = \"5m\"", "at = \"11m\""),
        (LADDERS, "repeat_every = \"5m\"", "repeat_every = \"0s\""),
        (LADDERS, "for = \"moderate\"", "for = \"high\""),
        (LADDERS, "repeat_every = \"15m\"\nrepeat_times = 8", "repeat_times = 0"),
        (LADDERS, "page = \"primary\", by = \"email\"", "page = \"the boss\", by = \"fax\""),
    ]), @r#"
    error[bad-value]: this step is due before the one above it, at 11m
     --> playbooks/ladders.toml:6:10
      |
    6 |   { at = "10m", page = "house:primary" },
      |          ^^^^^
      |
      = hint: steps stand in the order of their times

    error[bad-value]: `repeat_every` must be longer than nothing
     --> playbooks/ladders.toml:8:16
      |
    8 | repeat_every = "0s"
      |                ^^^^

    error[bad-value]: `repeat_times` must be from 1 to 1000
      --> playbooks/ladders.toml:13:16
       |
    13 | repeat_times = 0
       |                ^

    error[missing-key]: `repeat_times` needs a `repeat_every`
      --> playbooks/ladders.toml:13:16
       |
    13 | repeat_times = 0
       |                ^

    error[duplicate-id]: `B` is `for` this severity already
      --> playbooks/ladders.toml:16:7
       |
    16 | for = "high"
       |       ^^^^^^

    error[bad-value]: `page` is not valid: a step must page a role (`primary`, `backup`), `escalation` or `department:role`
      --> playbooks/ladders.toml:17:30
       |
    17 | steps = [{ at = "0m", page = "the boss", by = "fax" }]
       |                              ^^^^^^^^^^

    error[bad-value]: `by` is not valid: a channel is `email` or `sms`
      --> playbooks/ladders.toml:17:47
       |
    17 | steps = [{ at = "0m", page = "the boss", by = "fax" }]
       |                                               ^^^^^

    error[unknown-ladder]: no ladder is `for` `moderate`, and none is named here
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: name a `ladder`, or add one for this severity to `ladders.toml`
    "#);
    let many = format!("steps = [{}]", "{ at = \"1m\", page = \"primary\" }, ".repeat(65));
    let said = after(&[(LADDERS, "steps = [{ at = \"0m\", page = \"primary\", by = \"email\" }]", &many)]);
    insta::assert_snapshot!(said.lines().next().unwrap(), @"error[over-limit]: a ladder has at most 64 steps");
    insta::assert_snapshot!(after(&[(LADDERS, "steps = [{ at = \"0m\", page = \"primary\", by = \"email\" }]", "steps = []")]), @r"
    error[bad-value]: `steps` is empty
      --> playbooks/ladders.toml:18:9
       |
    18 | steps = []
       |         ^^
    ");
}

#[test]
fn pages_that_do_not_fit() {
    insta::assert_snapshot!(after(&[
        (STAFF, "page_title = \"Privacy\"", "page_title = \"Patient information posted by a member of staff, on any network\""),
        (OTHERS, "page_title = \"Triage\"", "page_title = \"Triage – now\""),
    ]), @r#"
    error[page-too-long]: with this title a page does not fit one text message: 63 characters, 49 are left
     --> playbooks/phi-by-staff.toml:4:14
      |
    4 | page_title = "Patient information posted by a member of staff, on any network"
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: shorten it; hospital, severity, reference and link take the rest

    error[page-too-long]: text messages have no `–`
     --> playbooks/unclassified.toml:3:14
      |
    3 | page_title = "Triage – now"
      |              ^^^^^^^^^^^^^^
      |
      = hint: with it, a page takes more than one message; write it with plain letters
    "#);
    let url = format!("https://{}.example", "p".repeat(73));
    insta::assert_snapshot!(after(&[("wardbell.toml", "https://pages.mercy.example/ward/", &url)]), @r#"
    error[page-too-long]: with this address no page fits one text message
     --> wardbell.toml:3:14
      |
    3 | public_url = "https://ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp.example"
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: shorten it: at most 80 characters leave room for a title
    "#);
}

#[test]
fn promotions_that_lift_nothing() {
    insta::assert_snapshot!(after(&[(STAFF, "severity = \"critical\"\nladder = \"A\"", "")]), @r"
    error[missing-key]: this `[[promote]]` names neither a `severity` nor a `ladder`, and lifts nothing
      --> playbooks/phi-by-staff.toml:15:1
       |
    15 | [[promote]]
       | ^^^^^^^^^^^
    ");
    insta::assert_snapshot!(after(&[(STAFF, "severity = \"critical\"\nladder = \"A\"", "severity = \"low\"")]), @r#"
    error[bad-value]: a promotion never lowers a severity, and this playbook's is `high`
      --> playbooks/phi-by-staff.toml:17:12
       |
    17 | severity = "low"
       |            ^^^^^
    "#);
    insta::assert_snapshot!(after(&[(STAFF, "severity = \"critical\"\nladder = \"A\"", "severity = \"high\"\nladder = \"B\"")]), @r"
    error[bad-value]: this `[[promote]]` changes nothing: severity and ladder are the playbook's own
      --> playbooks/phi-by-staff.toml:15:1
       |
    15 | [[promote]]
       | ^^^^^^^^^^^
    ");
    insta::assert_snapshot!(after(&[(STAFF, "{ any_flag = [\"posting-now\"], reach_at_least = 50000 }", "{}")]), @r"
    error[missing-key]: `when` names neither `any_flag` nor `reach_at_least`, and would always hold
      --> playbooks/phi-by-staff.toml:16:8
       |
    16 | when = {}
       |        ^^
    ");
}

#[test]
fn nothing_critical_waits() {
    insta::assert_snapshot!(after(&[
        (STAFF, "severity = \"high\"", "severity = \"critical\""),
        (STAFF, "severity = \"critical\"\nladder = \"A\"", "ladder = \"B\""),
        (STAFF, "departments = [\"privacy\"]", "departments = [\"privacy\", \"house\"]"),
    ]), @r"
    error[bad-value]: nothing critical is held until the morning
      --> playbooks/phi-by-staff.toml:21:8
       |
    21 | hold = true
       |        ^^^^
       |
       = hint: take `hold` out, and page somebody who is awake with another `ladder`

    warning[never-holds]: `hold` does nothing for `house`, whose roster has no hours: it is paged at once
      --> playbooks/phi-by-staff.toml:21:8
       |
    21 | hold = true
       |        ^^^^
       |
       = hint: add `[hours]` to the roster, or take `hold` out
    ");
    insta::assert_snapshot!(after(&[(STAFF, "hold = true\n", "")]), @r#"
    error[missing-key]: `instead` needs `hold = true`
      --> playbooks/phi-by-staff.toml:22:11
       |
    22 | instead = ["house"]
       |           ^^^^^^^^^
       |
       = hint: nobody is replaced while the department's own track does not wait
    "#);
}

#[test]
fn two_playbooks_for_one_incident() {
    let mut files = good();
    let text = String::from_utf8(files.get(OTHERS).unwrap().to_vec()).unwrap();
    let other = text.replace("\"unclassified\"", "\"hipaa-notice\"\nalso = [\"hipaa.staff\"]")
        + "[match]\nreach_at_least = 5\n";
    files.insert("playbooks/hipaa-notice.toml", other);
    insta::assert_snapshot!(said(&files), @r#"
    error[ambiguous-playbook]: `hipaa-notice` and `phi-by-staff` both answer `hipaa.*` with as many conditions
     --> playbooks/phi-by-staff.toml:1:9
      |
    1 | class = "phi-by-staff"
      |         ^^^^^^^^^^^^^^
      |
      = hint: give one of them another condition under `[match]`, or take the label out of `also`
    "#);
    let apart = |facility: &str| {
        text.replace("\"unclassified\"", "\"drill\"") + &format!("[match]\nfacilities = [\"{facility}\"]\n")
    };
    let mut files = good();
    files.insert("playbooks/drill.north.toml", apart("north"));
    files.insert("playbooks/drill.south.toml", apart("south"));
    insta::assert_snapshot!(said(&files), @"");
    files.insert("playbooks/drill.south.toml", apart("North"));
    insta::assert_snapshot!(said(&files), @r#"
    error[ambiguous-playbook]: `drill.north` and `drill.south` both answer `drill` with as many conditions
     --> playbooks/drill.south.toml:1:9
      |
    1 | class = "drill"
      |         ^^^^^^^
      |
      = hint: give one of them another condition under `[match]`, or take the label out of `also`
    "#);
}

#[test]
fn nobody_answers_the_rest() {
    let mut files = good();
    files.remove(OTHERS);
    insta::assert_snapshot!(said(&files), @r"
    error[missing-unclassified]: there is no playbook `unclassified.toml`, which answers what no other does
     --> wardbell.toml:1:1
      |
    1 | [server]
      | ^
      |
      = hint: add one: without it, an incident of an unknown class pages nobody
    ");
    insta::assert_snapshot!(after(&[(OTHERS, "acknowledge_within = \"30m\"", "acknowledge_within = \"30m\"\n[match]\nreach_at_least = 0")]), @r"
    error[bad-value]: `unclassified` answers whatever no other playbook does, so it cannot have conditions
     --> playbooks/unclassified.toml:7:1
      |
    7 | [match]
      | ^^^^^^^
      |
      = hint: take `[match]` out, or move it to a variant

    error[bad-value]: `reach_at_least` must be 1 or more
     --> playbooks/unclassified.toml:8:18
      |
    8 | reach_at_least = 0
      |                  ^
    ");
}

#[test]
fn files_of_another_name() {
    let mut files = good();
    let text = files.remove(STAFF).unwrap();
    files.insert("playbooks/phi-by-stuff.Late Shift.toml", text);
    insta::assert_snapshot!(said(&files), @r#"
    error[wrong-file-name]: the file's name has a variant that is none: a name may contain only `a-z`, `0-9` and `-`, and must start and end with a letter or digit
     --> playbooks/phi-by-stuff.Late Shift.toml:1:1
      |
    1 | class = "phi-by-staff"
      | ^

    error[wrong-file-name]: the playbook of `phi-by-staff` stands in a file of another name
     --> playbooks/phi-by-stuff.Late Shift.toml:1:9
      |
    1 | class = "phi-by-staff"
      |         ^^^^^^^^^^^^^^
      |
      = hint: name the file `phi-by-staff.toml`, or `phi-by-staff.` with a variant and `.toml`
    "#);
}

#[test]
fn a_statement_twice() {
    insta::assert_snapshot!(after(&[(STAFF, "[[statement]]", "[[statement]]\nname = \"holding\"\ntext = \"…\"\n[[statement]]")]), @r#"
    error[duplicate-id]: another statement has the name `holding` already
      --> playbooks/phi-by-staff.toml:39:8
       |
    39 | name = "holding"
       |        ^^^^^^^^^
    "#);
}

#[test]
fn ladders_and_steps_that_page_nobody() {
    let spare = "[ladder.spare]\nsteps = [{ at = \"0m\", page = \"primary\" }]\n\n[ladder.B]";
    let twice = "{ at = \"5m\", page = \"backup\" },\n  { at = \"5m\", page = \"backup\", by = \"sms\" },";
    insta::assert_snapshot!(after(&[
        (LADDERS, "[ladder.B]", spare),
        (LADDERS, "{ at = \"5m\", page = \"backup\" },", twice),
    ]), @r#"
    warning[never-fires]: this step pages nobody: a step above pages `backup` at 5m already
     --> playbooks/ladders.toml:6:23
      |
    6 |   { at = "5m", page = "backup", by = "sms" },
      |                       ^^^^^^^^
      |
      = hint: give it a later `at`, or take it out

    warning[unused-ladder]: no playbook names the ladder `spare`, and it is `for` no severity
      --> playbooks/ladders.toml:11:9
       |
    11 | [ladder.spare]
       |         ^^^^^
       |
       = hint: take it out, or name it in a playbook
    "#);
    let named = (OTHERS, "severity = \"moderate\"", "severity = \"moderate\"\nladder = \"spare\"");
    let apart = "{ at = \"5m\", page = \"backup\" },\n  { at = \"6m\", page = \"backup\", by = \"sms\" },";
    let right = [(LADDERS, "[ladder.B]", spare), (LADDERS, "{ at = \"5m\", page = \"backup\" },", apart), named];
    assert_eq!(after(&right), "");
}

#[test]
fn a_role_that_only_others_give() {
    let charge = "[[rotation]]\nrole = \"charge\"\nliaisons = [\"j-chen\"]\n\n[[override]]";
    let roster = ("rosters/privacy.toml", "[[override]]", charge);
    let step = "page = \"primary\", by = \"email\" }, { at = \"1m\", page = \"charge\" }";
    let ladder = (LADDERS, "page = \"primary\", by = \"email\" }", step);
    insta::assert_snapshot!(after(&[roster, ladder]), @r#"
    warning[never-fires]: this step pages nobody: no department that climbs `C` has a `charge`
      --> playbooks/ladders.toml:18:77
       |
    18 | steps = [{ at = "0m", page = "primary", by = "email" }, { at = "1m", page = "charge" }]
       |                                                                             ^^^^^^^^
       |
       = hint: give the role to somebody in one of their rosters, or write `department:role`
    "#);
    let also = (OTHERS, "departments = [\"house\"]", "departments = [\"house\", \"privacy\"]");
    assert_eq!(after(&[roster, ladder, also]), "");
}

#[test]
fn titles_leave_room_for_the_longest_request() {
    let title = |length: usize| format!("page_title = \"{}\"", "x".repeat(length));
    let with = |length: usize, more: &[(&str, &str, &str)]| {
        let title = title(length);
        let changes: Vec<_> =
            [(STAFF, "page_title = \"Privacy\"", title.as_str())].into_iter().chain(more.iter().copied()).collect();
        after(&changes)
    };
    let no_note = [(STAFF, "act_within = \"30m\"\n", "")];
    let tomorrow = [
        (STAFF, "act_within = \"30m\"\n", ""),
        (STAFF, "acknowledge_within = \"15m\"", "acknowledge_within = \"12h\""),
    ];
    assert_eq!((with(52, &no_note), with(49, &[]), with(48, &tomorrow)), Default::default());
    for said in [with(53, &no_note), with(50, &[]), with(49, &tomorrow)] {
        assert!(
            said.starts_with("error[page-too-long]: with this title a page does not fit one text message"),
            "{said}"
        );
    }
}

#[test]
fn a_ladder_for_what_is_grave_begins_at_once() {
    let late = (LADDERS, "{ at = \"0m\", page = \"primary\" },", "{ at = \"30s\", page = \"primary\" },");
    insta::assert_snapshot!(after(&[late]), @r#"
    warning[late-first-step]: ladder `A` is used for critical incidents and pages nobody for the first 30s
     --> playbooks/ladders.toml:4:10
      |
    4 |   { at = "30s", page = "primary" },
      |          ^^^^^
      |
      = hint: write `at = "0m"` in its first step to page somebody at once
    "#);
    // Nobody is woken for what is low.
    let low =
        (LADDERS, "steps = [{ at = \"0m\", page = \"primary\", by", "steps = [{ at = \"30s\", page = \"primary\", by");
    assert_eq!(after(&[low]), "");
}
