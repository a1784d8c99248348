//! Files that are not TOML, or have keys that they should not.

use crate::{after, good, said};

#[test]
fn several_breaks_in_one_file_are_shown() {
    insta::assert_snapshot!(after(&[
        ("playbooks/phi-by-staff.toml", "severity = \"high\"", "severity = high"),
        ("playbooks/phi-by-staff.toml", "title = \"Patient", "title = \"Patient\nowner = \"me\"\nx = \""),
        ("playbooks/phi-by-staff.toml", "2027-03-31", "2027-13-31"),
        ("playbooks/phi-by-staff.toml", "[match]", "[match"),
        ("playbooks/phi-by-staff.toml", "instead = [\"house\"]", "instead = [\"hose\"]"),
    ]), @r#"
    error[syntax]: the quotes are not closed, or contain a character that is not allowed
     --> playbooks/phi-by-staff.toml:3:17
      |
    3 | title = "Patient
      |                 ^
      |
      = hint: write `title = "Patient"`

    error[unknown-key]: this playbook has no key `x`
     --> playbooks/phi-by-staff.toml:5:1
      |
    5 | x = " information posted by staff"
      | ^
      |
      = hint: the keys are `class`, `also`, `title`, `page_title`, `severity`, `ladder`, `departments`, `acknowledge_within`, `act_within`, `owner`, `review_by`, `match`, `promote`, `after_hours`, `action`, `guidance`, `policy`, `statement`

    error[syntax]: put text in straight quotes ("…")
     --> playbooks/phi-by-staff.toml:7:12
      |
    7 | severity = high
      |            ^^^^
      |
      = hint: write `severity = "high"`

    error[duplicate-key]: `owner` is given twice
      --> playbooks/phi-by-staff.toml:11:1
       |
    11 | owner = "privacy"
       | ^^^^^
       |
       = hint: keep one of the two

    error[syntax]: invalid date, expected month between 01 and 12
      --> playbooks/phi-by-staff.toml:12:13
       |
    12 | review_by = 2027-13-31
       |             ^^^^^^^^^^

    error[syntax]: unclosed table, expected `]`
      --> playbooks/phi-by-staff.toml:14:7
       |
    14 | [match
       |       ^
       |
       = hint: write `[match]`

    error[unknown-department]: no roster for `hose`
      --> playbooks/phi-by-staff.toml:25:12
       |
    25 | instead = ["hose"]
       |            ^^^^^^
       |
       = hint: write `instead = ["house"]`
    "#);
}

#[test]
fn an_open_bracket_swallows_the_rest_and_is_said_once() {
    insta::assert_snapshot!(after(&[("playbooks/ladders.toml", "\"house:primary\" },\n]", "\"house:primary\" },\n")]), @r#"
    error[syntax]: unexpected `=` in list, expected value, `]`
     --> playbooks/ladders.toml:8:14
      |
    8 | repeat_every = "5m"
      |              ^
      |
      = hint: is a `,` or a `]` missing here or above?
    "#);
}

#[test]
fn a_key_given_twice() {
    insta::assert_snapshot!(after(&[("rosters/house.toml", "timezone", "name = \"x\"\ntimezone")]), @r#"
    error[duplicate-key]: `name` is given twice
     --> rosters/house.toml:3:1
      |
    3 | name = "x"
      | ^^^^
      |
      = hint: keep one of the two
    "#);
}

#[test]
fn bytes_that_are_not_text() {
    let mut files = good();
    files.insert("rosters/house.toml", b"department = \"house\"\nname = \"\xff\"\n");
    insta::assert_snapshot!(said(&files), @r#"
    error[syntax]: this is not UTF-8 text
     --> rosters/house.toml:2:9
      |
    2 | name = "�"
      |         ^
    "#);
}

#[test]
fn a_file_that_is_too_large() {
    let mut files = good();
    files.insert("rosters/house.toml", vec![b'#'; (1 << 20) + 1]);
    insta::assert_snapshot!(said(&files), @r"
    error[over-limit]: the file is larger than 1024 KiB
    --> rosters/house.toml
     = hint: this is `rosters/house.toml`
    ");
}

#[test]
fn nothing_to_read() {
    let mut files = good();
    files.remove("playbooks/ladders.toml");
    files.remove("rosters/house.toml");
    files.remove("rosters/privacy.toml");
    insta::assert_snapshot!(said(&files), @r"
    error[unreadable-file]: cannot read the file: file not found
    --> playbooks/ladders.toml
     = hint: this is `playbooks/ladders.toml`

    error[unreadable-file]: cannot read the folder `rosters`: file not found
     --> wardbell.toml:1:1
      |
    1 | [server]
      | ^
    ");
    files.remove("wardbell.toml");
    insta::assert_snapshot!(said(&files), @r"
    error[unreadable-file]: cannot read the file: file not found
    --> wardbell.toml
     = hint: this is `wardbell.toml`
    ");
}

#[test]
fn unknown_keys_everywhere() {
    insta::assert_snapshot!(after(&[
        ("wardbell.toml", "hospital =", "hospitol = 1\nhospital ="),
        ("wardbell.toml", "token_file", "token = \"not-to-be-shown\"\ntoken_file"),
        ("rosters/privacy.toml", "escalate_to", "escalates_to = \"x\"\nescalate_to"),
        ("rosters/privacy.toml", "mon =", "monday = \"08:00-17:00\"\nmon ="),
        ("rosters/privacy.toml", "reason", "colour = \"green\"\nreason"),
        ("playbooks/ladders.toml", "page = \"primary\" }", "page = \"primary\", channel = \"sms\" }"),
        ("playbooks/phi-by-staff.toml", "do_not", "dont = [\"x\"]\ndo_not"),
    ]), @r#"
    error[unknown-key]: this step has no key `channel`
     --> playbooks/ladders.toml:4:34
      |
    4 |   { at = "0m", page = "primary", channel = "sms" },
      |                                  ^^^^^^^
      |
      = hint: the keys are `at`, `page`, `by`

    error[unknown-key]: `[guidance]` has no key `dont`
      --> playbooks/phi-by-staff.toml:32:1
       |
    32 | dont = ["x"]
       | ^^^^
       |
       = hint: did you mean `do_not`?

    error[unknown-key]: this roster has no key `escalates_to`
     --> rosters/privacy.toml:4:1
      |
    4 | escalates_to = "x"
      | ^^^^^^^^^^^^
      |
      = hint: did you mean `escalate_to`?

    error[unknown-key]: `[hours]` has no key `monday`
      --> rosters/privacy.toml:10:1
       |
    10 | monday = "08:00-17:00"
       | ^^^^^^
       |
       = hint: the keys are `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`, `holidays`

    error[unknown-key]: this override has no key `colour`
      --> rosters/privacy.toml:45:1
       |
    45 | colour = "green"
       | ^^^^^^
       |
       = hint: the keys are `role`, `from`, `to`, `liaison`, `reason`

    error[unknown-key]: `[server]` has no key `hospitol`
     --> wardbell.toml:4:1
      |
    4 | hospitol = 1
      | ^^^^^^^^
      |
      = hint: did you mean `hospital`?

    error[unknown-key]: `[channel.sms]` has no key `auth_token`
      --> wardbell.toml:18:1
       |
    18 | auth_token = …
       | ^^^^^^^^^^
       |
       = hint: keep the secret in its own file, and set `auth_token_file` to the file's name

    error[unknown-key]: `[channel.sms]` has no key `token_file`
      --> wardbell.toml:19:1
       |
    19 | token_file = "secrets/twilio"
       | ^^^^^^^^^^
       |
       = hint: write `auth_token_file = "secrets/twilio"`
    "#);
}

#[test]
fn missing_keys_everywhere() {
    insta::assert_snapshot!(after(&[
        ("wardbell.toml", "public_url = \"https://pages.mercy.example/ward/\"\n", ""),
        ("wardbell.toml", "[fallback]\ndepartment = \"house\"\n", ""),
        ("rosters/privacy.toml", "timezone = \"America/Chicago\"\n", ""),
        ("rosters/privacy.toml", "name = \"Jin Chen\"\n", ""),
        ("playbooks/ladders.toml", "at = \"5m\", ", ""),
        ("playbooks/phi-by-staff.toml", "within = \"1h\"\ndo = \"Capture the post in the restricted folder\"\n", ""),
        ("playbooks/unclassified.toml", "acknowledge_within = \"30m\"\n", ""),
    ]), @r#"
    error[missing-key]: this step has no `at`
     --> playbooks/ladders.toml:5:3
      |
    5 |   { page = "backup" },
      |   ^^^^^^^^^^^^^^^^^^^

    error[missing-key]: this action has no `do`
      --> playbooks/phi-by-staff.toml:25:1
       |
    25 | [[action]]
       | ^^^^^^^^^^

    error[missing-key]: this playbook has no `acknowledge_within`
     --> playbooks/unclassified.toml:1:1
      |
    1 | class = "unclassified"
      | ^

    error[missing-key]: this roster has no `timezone`
     --> rosters/privacy.toml:1:1
      |
    1 | department = "privacy"
      | ^

    error[missing-key]: this liaison has neither a `name` nor an entry in `people.toml`
      --> rosters/privacy.toml:21:1
       |
    21 | [[liaison]]
       | ^^^^^^^^^^^

    error[missing-key]: `[server]` has no `public_url`
     --> wardbell.toml:1:1
      |
    1 | [server]
      | ^^^^^^^^

    error[missing-key]: this file has no `fallback`
     --> wardbell.toml:1:1
      |
    1 | [server]
      | ^
    "#);
}

#[test]
fn values_of_the_wrong_kind() {
    insta::assert_snapshot!(after(&[
        ("wardbell.toml", "port = 25", "port = 70000"),
        ("rosters/privacy.toml", "name = \"Privacy Office\"", "name = 5"),
        ("rosters/privacy.toml", "mon = \"08:00-17:00\"", "mon = \"8-17\""),
        ("rosters/privacy.toml", "\"us-federal\"", "\"us-federl\""),
        ("rosters/privacy.toml", "America/Chicago", "America/Chicagoo"),
        ("rosters/privacy.toml", "review_by = 2027-01-31", "review_by = \"31.1.2027\""),
        ("rosters/privacy.toml", "\"2026-12-20 00:00\"", "2026-12-20T00:00:00Z"),
        ("rosters/privacy.toml", "every = \"1 week\"", "every = \"weekly\""),
        ("rosters/house.toml", "during = \"always\"", "during = \"allways\""),
        ("playbooks/phi-by-staff.toml", "departments = [\"privacy\"]", "departments = \"privacy\""),
        ("playbooks/phi-by-staff.toml", "confidence_at_least = 0.5", "confidence_at_least = 50"),
        ("playbooks/unclassified.toml", "acknowledge_within = \"30m\"", "acknowledge_within = \"0m\""),
    ]), @r#"
    error[bad-value]: `departments` must be a list, not text
     --> playbooks/phi-by-staff.toml:6:15
      |
    6 | departments = "privacy"
      |               ^^^^^^^^^
      |
      = hint: write `departments = ["privacy"]`

    error[bad-value]: `confidence_at_least` must be from 0 to 1
      --> playbooks/phi-by-staff.toml:13:23
       |
    13 | confidence_at_least = 50
       |                       ^^
       |
       = hint: write `confidence_at_least = 0.5`

    error[bad-value]: `acknowledge_within` must be more than zero
     --> playbooks/unclassified.toml:6:22
      |
    6 | acknowledge_within = "0m"
      |                      ^^^^

    error[unknown-window]: this roster has no window `allways`
      --> rosters/house.toml:12:10
       |
    12 | during = "allways"
       |          ^^^^^^^^^
       |
       = hint: write `during = "always"`

    error[bad-value]: `name` must be text in quotes, not a whole number
     --> rosters/privacy.toml:2:8
      |
    2 | name = 5
      |        ^
      |
      = hint: write `name = "5"`

    error[bad-value]: `America/Chicagoo` is not a time zone
     --> rosters/privacy.toml:3:12
      |
    3 | timezone = "America/Chicagoo"
      |            ^^^^^^^^^^^^^^^^^^
      |
      = hint: write `timezone = "America/Chicago"`

    error[bad-value]: `review_by` must be a date such as `2027-01-31`
     --> rosters/privacy.toml:6:13
      |
    6 | review_by = "31.1.2027"
      |             ^^^^^^^^^^^
      |
      = hint: write `review_by = 2027-01-31`

    error[bad-value]: `mon` must be hours such as "08:00-17:00"
     --> rosters/privacy.toml:9:7
      |
    9 | mon = "8-17"
      |       ^^^^^^
      |
      = hint: write `mon = "08:00-17:00"`

    error[bad-value]: each entry of `holidays` must be a date such as `2027-01-31`, or the calendar `us-federal`
      --> rosters/privacy.toml:11:13
       |
    11 | holidays = ["us-federl", 2026-12-24]
       |             ^^^^^^^^^^^
       |
       = hint: write `holidays = ["us-federal", 2026-12-24]`

    error[bad-value]: `from` must be a local time such as "2026-12-24 17:00"
      --> rosters/privacy.toml:20:18
       |
    20 | away = [{ from = 2026-12-20T00:00:00Z, to = 2026-12-27T00:00:00, cover = "j-chen" }]
       |                  ^^^^^^^^^^^^^^^^^^^^
       |
       = hint: write `away = [{ from = "2026-12-20 00:00", to = 2026-12-27T00:00:00, cover = "j-chen" }]`

    error[bad-value]: `every` is not valid: a turn length is a number from 1 to 1000 and `hours`, `days`, `weeks`, `months` or `turns`, such as `1 week`
      --> rosters/privacy.toml:31:9
       |
    31 | every = "weekly"
       |         ^^^^^^^^
       |
       = hint: write `every = "1 week"`

    error[bad-value]: `port` must be from 1 to 65535
      --> wardbell.toml:11:8
       |
    11 | port = 70000
       |        ^^^^^
    "#);
}
