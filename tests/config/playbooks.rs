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
    error[unknown-role]: no roster has the role `bakcup`
     --> playbooks/ladders.toml:5:23
      |
    5 |   { at = "5m", page = "bakcup" },
      |                       ^^^^^^^^
      |
      = hint: did you mean `backup`?

    error[unknown-department]: no roster for `haus`
     --> playbooks/ladders.toml:6:24
      |
    6 |   { at = "10m", page = "haus:primary" },
      |                        ^^^^^^^^^^^^^^
      |
      = hint: add a roster `haus.toml`

    error[bad-value]: `severity` is not valid: a severity must be `critical`, `high`, `moderate` or `low`
     --> playbooks/phi-by-staff.toml:5:12
      |
    5 | severity = "hihg"
      |            ^^^^^^
      |
      = hint: write `severity = "high"`

    error[unknown-department]: no roster for `privcy`
     --> playbooks/phi-by-staff.toml:6:16
      |
    6 | departments = ["privcy", "house", "house"]
      |                ^^^^^^^^
      |
      = hint: write `departments = ["privacy", "house", "house"]`

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
       = hint: write `ladder = "A"`

    warning[never-holds]: `hold` has no effect for `house`, whose roster has no hours; it is paged immediately
      --> playbooks/phi-by-staff.toml:22:8
       |
    22 | hold = true
       |        ^^^^
       |
       = hint: add `[hours]` to the roster, or remove `hold`

    error[unknown-department]: no roster for `legal`
      --> playbooks/phi-by-staff.toml:26:14
       |
    26 | department = "legal"
       |              ^^^^^^^
       |
       = hint: add a roster `legal.toml`

    error[unknown-department]: no roster for `prvacy`
      --> playbooks/phi-by-staff.toml:40:12
       |
    40 | approve = ["prvacy"]
       |            ^^^^^^^^
       |
       = hint: write `approve = ["privacy"]`

    error[unknown-department]: no roster for `home`
     --> wardbell.toml:7:14
      |
    7 | department = "home"
      |              ^^^^^^
      |
      = hint: add a roster `home.toml`
    "#);
}

#[test]
fn a_severity_without_a_ladder() {
    insta::assert_snapshot!(after(&[(LADDERS, "for = \"high\"\n", "")]), @r#"
    error[unknown-ladder]: no ladder is `for` `high`, and none is set here
     --> playbooks/phi-by-staff.toml:5:12
      |
    5 | severity = "high"
      |            ^^^^^^
      |
      = hint: set `ladder`, or add a ladder for this severity to `ladders.toml`
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
    error[bad-value]: this step is due before the previous one, at 11m
     --> playbooks/ladders.toml:6:10
      |
    6 |   { at = "10m", page = "house:primary" },
      |          ^^^^^
      |
      = hint: put the steps in order of their times

    error[bad-value]: `repeat_every` must be more than zero
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

    error[duplicate-id]: `B` is already `for` this severity
      --> playbooks/ladders.toml:16:7
       |
    16 | for = "high"
       |       ^^^^^^

    error[bad-value]: `page` is not valid: a step must page a role (`primary`, `backup`), `escalation` or `department:role`
      --> playbooks/ladders.toml:17:30
       |
    17 | steps = [{ at = "0m", page = "the boss", by = "fax" }]
       |                              ^^^^^^^^^^
       |
       = hint: write `steps = [{ at = "0m", page = "the-boss", by = "fax" }]`

    error[bad-value]: `by` is not valid: a channel is `email` or `sms`
      --> playbooks/ladders.toml:17:47
       |
    17 | steps = [{ at = "0m", page = "the boss", by = "fax" }]
       |                                               ^^^^^

    error[unknown-ladder]: no ladder is `for` `moderate`, and none is set here
     --> playbooks/unclassified.toml:4:12
      |
    4 | severity = "moderate"
      |            ^^^^^^^^^^
      |
      = hint: set `ladder`, or add a ladder for this severity to `ladders.toml`
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
    error[page-too-long]: with this title, a page does not fit in one text message: 63 characters, 49 available
     --> playbooks/phi-by-staff.toml:4:14
      |
    4 | page_title = "Patient information posted by a member of staff, on any network"
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: shorten it; hospital, severity, reference, and link take the rest

    error[page-too-long]: text messages cannot carry `–`
     --> playbooks/unclassified.toml:3:14
      |
    3 | page_title = "Triage – now"
      |              ^^^^^^^^^^^^^^
      |
      = hint: with it, a page needs more than one message; use plain letters
    "#);
    let url = format!("https://{}.example", "p".repeat(73));
    insta::assert_snapshot!(after(&[("wardbell.toml", "https://pages.mercy.example/ward/", &url)]), @r#"
    error[page-too-long]: with this address, pages do not fit in one text message
     --> wardbell.toml:3:14
      |
    3 | public_url = "https://ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp.example"
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: shorten it to at most 80 characters, to leave room for a title
    "#);
}

#[test]
fn promotions_that_lift_nothing() {
    insta::assert_snapshot!(after(&[(STAFF, "severity = \"critical\"\nladder = \"A\"", "")]), @r"
    error[missing-key]: this `[[promote]]` needs a `severity` or a `ladder`
      --> playbooks/phi-by-staff.toml:15:1
       |
    15 | [[promote]]
       | ^^^^^^^^^^^
    ");
    insta::assert_snapshot!(after(&[(STAFF, "severity = \"critical\"\nladder = \"A\"", "severity = \"low\"")]), @r#"
    error[bad-value]: a promotion cannot lower the severity, and this playbook's severity is `high`
      --> playbooks/phi-by-staff.toml:17:12
       |
    17 | severity = "low"
       |            ^^^^^
    "#);
    insta::assert_snapshot!(after(&[(STAFF, "severity = \"critical\"\nladder = \"A\"", "severity = \"high\"\nladder = \"B\"")]), @r"
    error[bad-value]: this `[[promote]]` has no effect: its severity and ladder are the playbook's own
      --> playbooks/phi-by-staff.toml:15:1
       |
    15 | [[promote]]
       | ^^^^^^^^^^^
    ");
    insta::assert_snapshot!(after(&[(STAFF, "{ any_flag = [\"posting-now\"], reach_at_least = 50000 }", "{}")]), @r"
    error[missing-key]: `when` needs `any_flag` or `reach_at_least`
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
    error[bad-value]: critical incidents cannot be put on hold
      --> playbooks/phi-by-staff.toml:21:8
       |
    21 | hold = true
       |        ^^^^
       |
       = hint: remove `hold`, and use another `ladder` that pages someone who is awake

    warning[never-holds]: `hold` has no effect for `house`, whose roster has no hours; it is paged immediately
      --> playbooks/phi-by-staff.toml:21:8
       |
    21 | hold = true
       |        ^^^^
       |
       = hint: add `[hours]` to the roster, or remove `hold`
    ");
    insta::assert_snapshot!(after(&[(STAFF, "hold = true\n", "")]), @r#"
    error[missing-key]: `instead` needs `hold = true`
      --> playbooks/phi-by-staff.toml:22:11
       |
    22 | instead = ["house"]
       |           ^^^^^^^^^
       |
       = hint: `instead` has an effect only while the department's own track is on hold
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
    error[ambiguous-playbook]: `hipaa-notice` and `phi-by-staff` both match `hipaa.*` with the same number of conditions
     --> playbooks/phi-by-staff.toml:1:9
      |
    1 | class = "phi-by-staff"
      |         ^^^^^^^^^^^^^^
      |
      = hint: add another condition to `[match]` of one of them, or remove the label from `also`
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
    error[ambiguous-playbook]: `drill.north` and `drill.south` both match `drill` with the same number of conditions
     --> playbooks/drill.south.toml:1:9
      |
    1 | class = "drill"
      |         ^^^^^^^
      |
      = hint: add another condition to `[match]` of one of them, or remove the label from `also`
    "#);
}

#[test]
fn nobody_answers_the_rest() {
    let mut files = good();
    files.remove(OTHERS);
    insta::assert_snapshot!(said(&files), @r"
    error[missing-unclassified]: no playbook `unclassified.toml` for incidents that no other playbook covers
     --> wardbell.toml:1:1
      |
    1 | [server]
      | ^
      |
      = hint: add one; without it, an incident of an unknown class pages no one
    ");
    insta::assert_snapshot!(after(&[(OTHERS, "acknowledge_within = \"30m\"", "acknowledge_within = \"30m\"\n[match]\nreach_at_least = 0")]), @r"
    error[bad-value]: `unclassified` must match whatever no other playbook matches, so it cannot have conditions
     --> playbooks/unclassified.toml:7:1
      |
    7 | [match]
      | ^^^^^^^
      |
      = hint: remove `[match]`, or move it to a variant

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
    error[wrong-file-name]: the variant in the file name is not valid: a name may contain only `a-z`, `0-9` and `-`, and must start and end with a letter or digit
     --> playbooks/phi-by-stuff.Late Shift.toml:1:1
      |
    1 | class = "phi-by-staff"
      | ^

    error[wrong-file-name]: file name and `class` do not match
     --> playbooks/phi-by-stuff.Late Shift.toml:1:9
      |
    1 | class = "phi-by-staff"
      |         ^^^^^^^^^^^^^^
      |
      = hint: rename the file to `phi-by-staff.toml`, or to `phi-by-staff.<variant>.toml` for a variant
    "#);
}

#[test]
fn a_statement_twice() {
    let twice = "[[statement]]\nname = \"holding\"\ntext = \"…\"\nready = true\n[[statement]]";
    insta::assert_snapshot!(after(&[(STAFF, "[[statement]]", twice)]), @r#"
    error[duplicate-id]: another statement already has the name `holding`
      --> playbooks/phi-by-staff.toml:40:8
       |
    40 | name = "holding"
       |        ^^^^^^^^^
    "#);
}

#[test]
fn statements_that_nobody_approves() {
    let without = |approve: &str| after(&[(STAFF, "approve = [\"privacy\"]", approve)]);
    insta::assert_snapshot!(without(""), @r#"
    error[no-approver]: nobody approves this statement
      --> playbooks/phi-by-staff.toml:36:8
       |
    36 | name = "holding"
       |        ^^^^^^^^^
       |
       = hint: list departments, such as `approve = ["privacy"]`, or write `ready = true` if it is approved in advance
    "#);
    for same in ["approve = []", "ready = false"] {
        assert_eq!(without(same).lines().next(), without("").lines().next(), "{same}");
    }
    assert_eq!(without("ready = true"), "");
    assert_eq!(without("approve = [\"privacy\"]\nready = true\napprove_within = \"10m\""), "");
    // One mistake is reported once.
    insta::assert_snapshot!(without("aprove = [\"privacy\"]"), @r#"
    error[unknown-key]: this statement has no key `aprove`
      --> playbooks/phi-by-staff.toml:40:1
       |
    40 | aprove = ["privacy"]
       | ^^^^^^
       |
       = hint: write `approve = ["privacy"]`
    "#);
    insta::assert_snapshot!(without("ready = \"yes\""), @r#"
    error[bad-value]: `ready` must be `true` or `false`, not text
      --> playbooks/phi-by-staff.toml:40:9
       |
    40 | ready = "yes"
       |         ^^^^^
    "#);
    insta::assert_snapshot!(without("approve = [\"privcy\"]\napprove_within = \"0m\""), @r#"
    error[unknown-department]: no roster for `privcy`
      --> playbooks/phi-by-staff.toml:40:12
       |
    40 | approve = ["privcy"]
       |            ^^^^^^^^
       |
       = hint: write `approve = ["privacy"]`

    error[bad-value]: `approve_within` must be more than zero
      --> playbooks/phi-by-staff.toml:41:18
       |
    41 | approve_within = "0m"
       |                  ^^^^
    "#);
}

#[test]
fn blanks_that_cannot_be_filled() {
    let text = "We take this seriously.\nWe will say more.";
    let with = |line: &str, keys: &str| after(&[(STAFF, text, line), (STAFF, "approve = [\"privacy\"]", keys)]);
    assert_eq!(with("At {time} on {date} in {unit}.", "approve = [\"privacy\"]"), "");
    let choices = "ready = true\nchoices = { unit = [\"4 East\", \"4 West\"] }";
    assert_eq!(with("At {time} on {date} in {unit}.", choices), "");
    insta::assert_snapshot!(with("At {time} in {unit} by {our people}.", "ready = true"), @r#"
    error[bad-value]: a statement that is `ready` cannot leave `{unit}`, `{our people}` open
      --> playbooks/phi-by-staff.toml:37:8
       |
    37 | text = """
       |        ^^^
       |
       = hint: list the texts it may be, such as `choices = { unit = ["one", "other"] }`, use `{time}` or `{date}`, or have it approved
    "#);
    insta::assert_snapshot!(with("At {time} in {unit.", "approve = [\"privacy\"]"), @r#"
    error[bad-value]: a brace in the text belongs to no blank
      --> playbooks/phi-by-staff.toml:37:8
       |
    37 | text = """
       |        ^^^
       |
       = hint: write blanks as a name in braces, such as `{time}` or `{unit}`, and use no braces otherwise
    "#);
    let wrong =
        "approve = [\"privacy\"]\nchoices = { unitt = [\"4 East\", \"4 East\"], time = [\"06:00\"], other = [] }";
    insta::assert_snapshot!(with("At {time} in {unit}.", wrong), @r#"
    error[bad-value]: the text has no blank `{unitt}`
      --> playbooks/phi-by-staff.toml:40:13
       |
    40 | choices = { unitt = ["4 East", "4 East"], time = ["06:00"], other = [] }
       |             ^^^^^
       |
       = hint: write `choices = { "unit" = ["4 East", "4 East"], time = ["06:00"], other = [] }`

    error[duplicate-id]: `4 East` is listed twice
      --> playbooks/phi-by-staff.toml:40:32
       |
    40 | choices = { unitt = ["4 East", "4 East"], time = ["06:00"], other = [] }
       |                                ^^^^^^^^

    error[bad-value]: `{time}` cannot have choices: people write it themselves
      --> playbooks/phi-by-staff.toml:40:43
       |
    40 | choices = { unitt = ["4 East", "4 East"], time = ["06:00"], other = [] }
       |                                           ^^^^
       |
       = hint: give the blank another name, here and in the text

    error[bad-value]: the text has no blank `{other}`
      --> playbooks/phi-by-staff.toml:40:61
       |
    40 | choices = { unitt = ["4 East", "4 East"], time = ["06:00"], other = [] }
       |                                                             ^^^^^
       |
       = hint: write the blank in the text, or remove its choices

    error[bad-value]: `other` has no choice
      --> playbooks/phi-by-staff.toml:40:69
       |
    40 | choices = { unitt = ["4 East", "4 East"], time = ["06:00"], other = [] }
       |                                                                     ^^
    "#);
    insta::assert_snapshot!(with("In {unit}.", "ready = true\nchoices = { unit = \"4 East\" }"), @r#"
    error[bad-value]: `unit` must be a list of texts, not text
      --> playbooks/phi-by-staff.toml:40:20
       |
    40 | choices = { unit = "4 East" }
       |                    ^^^^^^^^
       |
       = hint: write `choices = { unit = ["4 East"] }`
    "#);
    insta::assert_snapshot!(with("In {unit}.", "ready = true\nchoices = { unit = [\"{x}\"] }"), @r#"
    error[bad-value]: a choice cannot have a blank of its own
      --> playbooks/phi-by-staff.toml:40:21
       |
    40 | choices = { unit = ["{x}"] }
       |                     ^^^^^
       |
       = hint: write one choice for each text, without braces
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
    warning[never-fires]: this step pages no one: an earlier step already pages `backup` at 5m
     --> playbooks/ladders.toml:6:23
      |
    6 |   { at = "5m", page = "backup", by = "sms" },
      |                       ^^^^^^^^
      |
      = hint: set a later `at`, or remove it

    warning[unused-ladder]: no playbook uses the ladder `spare`, and it has no `for`
      --> playbooks/ladders.toml:11:9
       |
    11 | [ladder.spare]
       |         ^^^^^
       |
       = hint: remove it, or use it in a playbook
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
    warning[never-fires]: this step pages no one: no department that uses `C` has a `charge`
      --> playbooks/ladders.toml:18:77
       |
    18 | steps = [{ at = "0m", page = "primary", by = "email" }, { at = "1m", page = "charge" }]
       |                                                                             ^^^^^^^^
       |
       = hint: give the role to someone in one of their rosters, or use `department:role`
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
            said.starts_with("error[page-too-long]: with this title, a page does not fit in one text message"),
            "{said}"
        );
    }
}

#[test]
fn a_ladder_for_what_is_grave_begins_at_once() {
    let late = (LADDERS, "{ at = \"0m\", page = \"primary\" },", "{ at = \"30s\", page = \"primary\" },");
    insta::assert_snapshot!(after(&[late]), @r#"
    warning[late-first-step]: ladder `A` is used for critical incidents and pages no one for the first 30s
     --> playbooks/ladders.toml:4:10
      |
    4 |   { at = "30s", page = "primary" },
      |          ^^^^^
      |
      = hint: set `at = "0m"` in its first step to page someone immediately
    "#);
    // Nobody is woken for what is low.
    let low =
        (LADDERS, "steps = [{ at = \"0m\", page = \"primary\", by", "steps = [{ at = \"30s\", page = \"primary\", by");
    assert_eq!(after(&[low]), "");
}
