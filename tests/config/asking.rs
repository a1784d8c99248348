//! What the planning commands say of files: calendars, routes, and who is on call.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::{FILES, good};

const MAIN: &str = "wardbell.toml";

/// A week each, a gap in the backup, a holiday, and the clocks going ahead on the 9th of March 2031.
const DESK: &str = r#"
department = "desk"
name = "Desk"
timezone = "America/Chicago"
escalate_to = "house"

[hours]
mon = "08:00-17:00"
tue = "08:00-17:00"
wed = "08:00-17:00"
thu = "08:00-17:00"
fri = "08:00-17:00"
holidays = [2031-03-17]

[[liaison]]
id = "a-okafor"
name = "Ada Okafor"
email = "a.okafor@mercy.example"

[[liaison]]
id = "b-lund"
name = "Bo Lund"
email = "b.lund@mercy.example"

[[liaison]]
id = "c-wu"
name = "Cy Wu"
email = "c.wu@mercy.example"
away = [{ from = "2031-03-12 12:00", to = "2031-03-12 15:00" }]

[[rotation]]
role = "primary"
liaisons = ["a-okafor", "b-lund"]
every = "1 week"
handoff = "2031-02-24 08:00"

[[rotation]]
role = "backup"
liaisons = ["c-wu"]
"#;

struct Hospital(TempDir);

impl Hospital {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = good();
        for name in FILES {
            write(folder.path(), name, files.get(name).unwrap());
        }
        write(folder.path(), "rosters/desk.toml", DESK.as_bytes());
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) {
        write(self.0.path(), name, text.as_bytes());
    }

    fn change(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.0.path().join(name)).unwrap();
        assert!(text.contains(old), "{name} has no {old:?}");
        self.write(name, &text.replacen(old, new, 1));
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardbell"));
        for name in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CREDENTIALS_DIRECTORY", "WARDBELL_CONFIG"] {
            command.env_remove(name);
        }
        command.arg("--config").arg(self.0.path().join(MAIN)).args(args).envs(env.iter().copied()).output().unwrap()
    }

    /// What a command prints that ends well.
    #[track_caller]
    fn say(&self, args: &[&str], env: &[(&str, &str)]) -> String {
        let output = self.run(args, env);
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The code and the words of a command that does not.
    #[track_caller]
    fn refuse(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args, &[]);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{args:?}");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

fn write(folder: &Path, name: &str, text: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const MARCH: [&str; 5] = ["schedule", "--department", "desk", "--month", "2031-03"];

#[test]
fn a_wide_terminal_shows_weeks_as_rows() {
    insta::assert_snapshot!(Hospital::new().say(&MARCH, &[("COLUMNS", "100")]), @"
    Desk, March 2031 (America/Chicago)

    ┌─────────────┬─────────────┬─────────────┬─────────────┬─────────────┬─────────────┬─────────────┐
    │ Mon         │ Tue         │ Wed         │ Thu         │ Fri         │ Sat         │ Sun         │
    ├─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┤
    │             │             │             │             │             │ 1           │ 2           │
    │             │             │             │             │             │ closed      │ closed      │
    │             │             │             │             │             │ primary     │ primary     │
    │             │             │             │             │             │ Ada Okafor  │ Ada Okafor  │
    │             │             │             │             │             │ backup      │ backup      │
    │             │             │             │             │             │ Cy Wu       │ Cy Wu       │
    ├─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┤
    │ 3           │ 4           │ 5           │ 6           │ 7           │ 8           │ 9           │
    │ primary     │ primary     │ primary     │ primary     │ primary     │ closed      │ closed      │
    │ 00:00 Ada   │ Bo Lund     │ Bo Lund     │ Bo Lund     │ Bo Lund     │ primary     │ 23 hours:   │
    │       Okafor│ backup      │ backup      │ backup      │ backup      │ Bo Lund     │ clocks      │
    │ 08:00 Bo    │ Cy Wu       │ Cy Wu       │ Cy Wu       │ Cy Wu       │ backup      │ change      │
    │       Lund  │             │             │             │             │ Cy Wu       │ primary     │
    │ backup      │             │             │             │             │             │ Bo Lund     │
    │ Cy Wu       │             │             │             │             │             │ backup      │
    │             │             │             │             │             │             │ Cy Wu       │
    ├─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┤
    │ 10          │ 11          │ 12          │ 13          │ 14          │ 15          │ 16          │
    │ primary     │ primary     │ primary     │ primary     │ primary     │ closed      │ closed      │
    │ 00:00 Bo    │ Ada Okafor  │ Ada Okafor  │ Ada Okafor  │ Ada Okafor  │ primary     │ primary     │
    │       Lund  │ backup      │ backup      │ backup      │ backup      │ Ada Okafor  │ Ada Okafor  │
    │ 08:00 Ada   │ Cy Wu       │ 00:00 Cy Wu │ Cy Wu       │ Cy Wu       │ backup      │ backup      │
    │       Okafor│             │ nobody      │             │             │ Cy Wu       │ Cy Wu       │
    │ backup      │             │ 12:00–15:00 │             │             │             │             │
    │ Cy Wu       │             │ 15:00 Cy Wu │             │             │             │             │
    ├─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┤
    │ 17          │ 18          │ 19          │ 20          │ 21          │ 22          │ 23          │
    │ holiday     │ primary     │ primary     │ primary     │ primary     │ closed      │ closed      │
    │ closed      │ Bo Lund     │ Bo Lund     │ Bo Lund     │ Bo Lund     │ primary     │ primary     │
    │ primary     │ backup      │ backup      │ backup      │ backup      │ Bo Lund     │ Bo Lund     │
    │ 00:00 Ada   │ Cy Wu       │ Cy Wu       │ Cy Wu       │ Cy Wu       │ backup      │ backup      │
    │       Okafor│             │             │             │             │ Cy Wu       │ Cy Wu       │
    │ 08:00 Bo    │             │             │             │             │             │             │
    │       Lund  │             │             │             │             │             │             │
    │ backup      │             │             │             │             │             │             │
    │ Cy Wu       │             │             │             │             │             │             │
    ├─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┤
    │ 24          │ 25          │ 26          │ 27          │ 28          │ 29          │ 30          │
    │ primary     │ primary     │ primary     │ primary     │ primary     │ closed      │ closed      │
    │ 00:00 Bo    │ Ada Okafor  │ Ada Okafor  │ Ada Okafor  │ Ada Okafor  │ primary     │ primary     │
    │       Lund  │ backup      │ backup      │ backup      │ backup      │ Ada Okafor  │ Ada Okafor  │
    │ 08:00 Ada   │ Cy Wu       │ Cy Wu       │ Cy Wu       │ Cy Wu       │ backup      │ backup      │
    │       Okafor│             │             │             │             │ Cy Wu       │ Cy Wu       │
    │ backup      │             │             │             │             │             │             │
    │ Cy Wu       │             │             │             │             │             │             │
    ├─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┼─────────────┤
    │ 31          │             │             │             │             │             │             │
    │ primary     │             │             │             │             │             │             │
    │ 00:00 Ada   │             │             │             │             │             │             │
    │       Okafor│             │             │             │             │             │             │
    │ 08:00 Bo    │             │             │             │             │             │             │
    │       Lund  │             │             │             │             │             │             │
    │ backup      │             │             │             │             │             │             │
    │ Cy Wu       │             │             │             │             │             │             │
    └─────────────┴─────────────┴─────────────┴─────────────┴─────────────┴─────────────┴─────────────┘

    gaps
      backup: nobody Wed 12 Mar 12:00–15:00
      A page that finds nobody goes to the next step at once, and at last to `house`, by `escalate_to`.
    ");
}

#[test]
fn a_narrow_terminal_or_a_file_gets_a_list_by_day() {
    let hospital = Hospital::new();
    let text = hospital.say(&MARCH, &[]);
    assert_eq!(hospital.say(&MARCH, &[("COLUMNS", "80")]), text);
    insta::assert_snapshot!(text, @"
    Desk, March 2031 (America/Chicago)

    Sat  1  closed
            primary  Ada Okafor
            backup   Cy Wu
    Sun  2  closed
            primary  Ada Okafor
            backup   Cy Wu

    Mon  3  primary  00:00 Ada Okafor, 08:00 Bo Lund
            backup   Cy Wu
    Tue  4  primary  Bo Lund
            backup   Cy Wu
    Wed  5  primary  Bo Lund
            backup   Cy Wu
    Thu  6  primary  Bo Lund
            backup   Cy Wu
    Fri  7  primary  Bo Lund
            backup   Cy Wu
    Sat  8  closed
            primary  Bo Lund
            backup   Cy Wu
    Sun  9  closed, 23 hours: clocks change
            primary  Bo Lund
            backup   Cy Wu

    Mon 10  primary  00:00 Bo Lund, 08:00 Ada Okafor
            backup   Cy Wu
    Tue 11  primary  Ada Okafor
            backup   Cy Wu
    Wed 12  primary  Ada Okafor
            backup   00:00 Cy Wu, nobody 12:00–15:00, 15:00 Cy Wu
    Thu 13  primary  Ada Okafor
            backup   Cy Wu
    Fri 14  primary  Ada Okafor
            backup   Cy Wu
    Sat 15  closed
            primary  Ada Okafor
            backup   Cy Wu
    Sun 16  closed
            primary  Ada Okafor
            backup   Cy Wu

    Mon 17  holiday, closed
            primary  00:00 Ada Okafor, 08:00 Bo Lund
            backup   Cy Wu
    Tue 18  primary  Bo Lund
            backup   Cy Wu
    Wed 19  primary  Bo Lund
            backup   Cy Wu
    Thu 20  primary  Bo Lund
            backup   Cy Wu
    Fri 21  primary  Bo Lund
            backup   Cy Wu
    Sat 22  closed
            primary  Bo Lund
            backup   Cy Wu
    Sun 23  closed
            primary  Bo Lund
            backup   Cy Wu

    Mon 24  primary  00:00 Bo Lund, 08:00 Ada Okafor
            backup   Cy Wu
    Tue 25  primary  Ada Okafor
            backup   Cy Wu
    Wed 26  primary  Ada Okafor
            backup   Cy Wu
    Thu 27  primary  Ada Okafor
            backup   Cy Wu
    Fri 28  primary  Ada Okafor
            backup   Cy Wu
    Sat 29  closed
            primary  Ada Okafor
            backup   Cy Wu
    Sun 30  closed
            primary  Ada Okafor
            backup   Cy Wu

    Mon 31  primary  00:00 Ada Okafor, 08:00 Bo Lund
            backup   Cy Wu

    gaps
      backup: nobody Wed 12 Mar 12:00–15:00
      A page that finds nobody goes to the next step at once, and at last to
      `house`, by `escalate_to`.
    ");
}

#[test]
fn gaps_are_red_where_colours_are_wanted_and_words_everywhere() {
    let hospital = Hospital::new();
    let red = "\u{1b}[1m\u{1b}[31m";
    for columns in ["80", "160"] {
        let plain = hospital.say(&MARCH, &[("COLUMNS", columns)]);
        let coloured = hospital.say(&MARCH, &[("COLUMNS", columns), ("CLICOLOR_FORCE", "1")]);
        assert!(!plain.contains('\u{1b}') && plain.contains("nobody 12:00–15:00"), "{plain}");
        assert!(coloured.contains(&format!("{red}nobody 12:00–15:00")), "{coloured}");
        let forced_off = hospital.say(&MARCH, &[("COLUMNS", columns), ("NO_COLOR", "1")]);
        assert_eq!(forced_off, plain);
    }
}

#[test]
fn a_stretch_is_cut_at_its_ends_and_one_role_can_be_asked_for() {
    let hospital = Hospital::new();
    let args = ["--from", "2031-03-31 12:00", "--to", "2031-04-02", "--role", "primary"];
    let text = hospital.say(&[&["schedule", "--department", "desk"], &args[..]].concat(), &[]);
    insta::assert_snapshot!(text, @"
    Desk, 31 Mar 2031 to 1 Apr 2031 (America/Chicago)

    Mon 31  primary  Bo Lund
    April 2031
    Tue  1  primary  Bo Lund

    no gaps
    ");
}

#[test]
fn a_time_that_comes_twice_says_which_of_the_two() {
    let hospital = Hospital::new();
    let swap = "[[override]]\nrole = \"primary\"\nfrom = \"2031-11-02 00:30\"\nto = \"2031-11-02 01:30\"\nliaison = \"c-wu\"\n";
    hospital.write("rosters/desk.toml", &format!("{DESK}\n{swap}"));
    let args = ["schedule", "--department", "desk", "--from", "2031-11-02", "--to", "2031-11-03", "--role", "primary"];
    let text = hospital.say(&args, &[]);
    assert!(text.contains("25 hours: clocks change"), "{text}");
    assert!(text.contains("00:00 Bo Lund, 00:30 Cy Wu, 01:30 CDT Bo Lund"), "{text}");
}

#[test]
fn a_role_that_nobody_is_given_is_told_once() {
    let hospital = Hospital::new();
    let text = hospital.say(&["schedule", "--department", "house", "--month", "2031-03"], &[]);
    assert_eq!(text.matches("backup").count(), 1, "{text}");
    assert!(text.contains("backup: nobody, as no rotation or override gives it"), "{text}");
    let args = ["schedule", "--department", "house", "--month", "2031-03", "--role", "backup"];
    let (narrow, wide) = (hospital.say(&args, &[("COLUMNS", "80")]), hospital.say(&args, &[("COLUMNS", "160")]));
    insta::assert_snapshot!(narrow, @"
    House Supervisor, March 2031 (America/Chicago)

    gaps
      backup: nobody, as no rotation or override gives it
      A page that finds nobody goes to the next step at once, and at last to the
      fallback department.
    ");
    assert_eq!(wide.split_whitespace().collect::<Vec<_>>(), narrow.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn a_schedule_for_programs_is_as_the_contract_says() {
    let hospital = Hospital::new();
    let args = ["--from", "2031-03-12", "--to", "2031-03-13", "--format", "json"];
    let text = hospital.say(&[&["schedule", "--department", "desk"], &args[..]].concat(), &[]);
    insta::assert_snapshot!(text, @r#"
    [
      {
        "from": "2031-03-12T05:00:00.000Z",
        "liaison": "a-okafor",
        "role": "primary",
        "to": "2031-03-13T05:00:00.000Z",
        "why": {
          "file": "rosters/desk.toml",
          "line": 31,
          "rule": "turn"
        }
      },
      {
        "from": "2031-03-12T05:00:00.000Z",
        "liaison": "c-wu",
        "role": "backup",
        "to": "2031-03-12T17:00:00.000Z",
        "why": {
          "file": "rosters/desk.toml",
          "line": 37,
          "rule": "turn"
        }
      },
      {
        "from": "2031-03-12T17:00:00.000Z",
        "liaison": null,
        "role": "backup",
        "to": "2031-03-12T20:00:00.000Z",
        "why": null
      },
      {
        "from": "2031-03-12T20:00:00.000Z",
        "liaison": "c-wu",
        "role": "backup",
        "to": "2031-03-13T05:00:00.000Z",
        "why": {
          "file": "rosters/desk.toml",
          "line": 37,
          "rule": "turn"
        }
      }
    ]
    "#);
}

#[test]
fn a_calendar_file_holds_every_shift_in_utc_and_short_lines() {
    let hospital = Hospital::new();
    hospital.change("rosters/desk.toml", "name = \"Desk\"", "name = \"Desk, night; ünd 日本 day\"");
    let text = hospital.say(&[&MARCH[..], &["--format", "ics"]].concat(), &[]);
    assert!(text.ends_with("END:VCALENDAR\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "{text}");
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    for wanted in [
        "VERSION:2.0\r\n",
        "PRODID:-//wardbell//",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n",
        "X-PUBLISHED-TTL:PT1H\r\n",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(!text.contains("METHOD"), "a method would make it an invitation");
    let calendar: icalendar::Calendar = text.parse().unwrap();
    assert_eq!(calendar.get_name(), Some("MERCY Desk, night; ünd 日本 day on call"));
    use icalendar::Component;
    let lines: Vec<String> = calendar
        .events()
        .map(|event| {
            let value = |key| event.property_value(key).unwrap();
            assert!(value("DTSTAMP").ends_with('Z'), "{event:?}");
            format!("{} {} {} {}", value("DTSTART"), value("DTEND"), value("UID"), value("SUMMARY"))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    20310224T140000Z 20310303T140000Z desk.primary.20310224T140000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, primary: Ada Okafor
    20310303T140000Z 20310310T130000Z desk.primary.20310303T140000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, primary: Bo Lund
    20310310T130000Z 20310317T130000Z desk.primary.20310310T130000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, primary: Ada Okafor
    20310317T130000Z 20310324T130000Z desk.primary.20310317T130000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, primary: Bo Lund
    20310324T130000Z 20310331T130000Z desk.primary.20310324T130000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, primary: Ada Okafor
    20310331T130000Z 20310407T130000Z desk.primary.20310331T130000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, primary: Bo Lund
    20301201T060000Z 20310312T170000Z desk.backup.20301201T060000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, backup: Cy Wu
    20310312T170000Z 20310312T200000Z desk.backup.20310312T170000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, backup: nobody
    20310312T200000Z 20310601T050000Z desk.backup.20310312T200000Z@mercy.wardbell MERCY Desk, night; ünd 日本 day, backup: Cy Wu
    ");
}

#[test]
fn a_page_and_a_picture_keep_what_people_wrote_as_text() {
    let hospital = Hospital::new();
    hospital.change("rosters/desk.toml", "name = \"Desk\"", "name = 'Desk <script>\"&'");
    hospital.change("rosters/desk.toml", "name = \"Cy Wu\"", "name = '<b onload=\"x\">'");
    for format in ["html", "svg"] {
        let text = hospital.say(&[&MARCH[..], &["--format", format]].concat(), &[]);
        for raw in ["<script", "<b onload", "http-equiv", "src=", "@import"] {
            assert!(!text.contains(raw), "{format} {raw}");
        }
        assert!(text.contains("backup: nobody Wed 12 Mar 12:00–15:00"), "{text}");
        assert!(text.contains("23 hours: clocks change") && text.contains("holiday, closed"), "{text}");
    }
    let page = hospital.say(&[&MARCH[..], &["--format", "html"]].concat(), &[]);
    assert_eq!(page.matches("<td role=\"cell\">").count(), 31, "{page}");
    assert!(page.contains("<li class=\"gap\">nobody 12:00–15:00</li>"), "{page}");
}

#[test]
fn what_cannot_be_shown_is_refused_with_its_cure() {
    let hospital = Hospital::new();
    let schedule = |args: &[&str]| hospital.refuse(&[&["schedule", "--department"], args].concat());
    assert_eq!(schedule(&["dsk"]), (1, "error: no roster is named `dsk`\n".to_owned()));
    let (code, told) = schedule(&["desk", "--role", "chief"]);
    assert_eq!((code, told.as_str()), (1, "error: desk has no role `chief`: it has `primary`, `backup`\n"));
    for month in ["2031-13", "2031-3", "march", "2031-03-01"] {
        let (code, told) = schedule(&["desk", "--month", month]);
        assert!(code == 2 && told.contains("write a month as `2026-12`"), "{told}");
    }
    assert_eq!(schedule(&["desk", "--month", "2031-03", "--from", "2031-03-01"]).0, 2);
    assert_eq!(schedule(&["desk", "--from", "2031-03-02", "--to", "2031-03-01"]).0, 2);
    let (code, told) = hospital.refuse(&["oncall", "--at", "9999-12-31"]);
    assert!(code == 2 && told.contains("the year 9998 is the last"), "{told}");
}

#[test]
fn who_is_on_call_is_told_with_until_and_why() {
    let hospital = Hospital::new();
    let args = ["oncall", "--department", "desk", "--at", "2031-03-12 13:00"];
    insta::assert_snapshot!(hospital.say(&args, &[]), @"
    department  role     name                   until                 why                                           
    desk        primary  Ada Okafor (a-okafor)  Mon 17 Mar 08:00 CDT  rosters/desk.toml:31 it is this person's turn 
    desk        backup   nobody                 Wed 12 Mar 15:00 CDT  everybody whose turn it could be is away
    ");
    insta::assert_snapshot!(hospital.say(&args, &[("COLUMNS", "60")]), @"
    desk
      primary: Ada Okafor (a-okafor), until Mon 17 Mar 08:00 CDT
        rosters/desk.toml:31 it is this person's turn
      backup: nobody, until Wed 12 Mar 15:00 CDT
        everybody whose turn it could be is away
    ");
}

#[test]
fn far_ahead_every_time_is_still_rfc_3339() {
    let hospital = Hospital::new();
    let said = hospital.say(&["oncall", "--at", "9998-12-31T23:00:00Z", "--format", "json"], &[]);
    let said: Value = serde_json::from_str(&said).unwrap();
    for row in said.as_array().unwrap() {
        let until = row["until"].as_str();
        assert!(until.is_none_or(|until| until.len() == "9999-01-01T00:00:00.000Z".len()), "{row}");
    }
}

#[test]
fn a_route_tells_holds_stand_ins_promotions_and_repeats() {
    let hospital = Hospital::new();
    let route = ["route", "--class", "phi-by-staff", "--confidence", "0.9", "--at", "2031-03-09 12:00"];
    insta::assert_snapshot!(hospital.say(&route, &[]), @"
    phi-by-staff: Patient information posted by staff
    received Sun 9 Mar 12:00 CDT, severity high

        Privacy Office (after hours): ladder B, acknowledge within 15m, then note what was done within 30m; held until it opens, Mon 10 Mar 08:00 CDT
        House Supervisor (after hours): ladder B, acknowledge within 15m, then note what was done within 30m; at once in the place of Privacy Office

    +0m      Sun 9 Mar 12:00 CDT
        House Supervisor, step 1: new incident
            House Supervisor, primary: email at once
                rosters/house.toml:10 it is this person's turn

    +10m     Sun 9 Mar 12:10 CDT
        House Supervisor, step 2: nobody has acknowledged yet
            House Supervisor, primary: email at once
                rosters/house.toml:10 it is this person's turn

    +25m     Sun 9 Mar 12:25 CDT
        House Supervisor, repeat 1: still nobody has acknowledged
            House Supervisor, primary: email at once
                rosters/house.toml:10 it is this person's turn

    +20h     Mon 10 Mar 08:00 CDT
        Privacy Office, step 1: new incident
            Maria Rivera, primary: sms at once, email after 1m
                rosters/privacy.toml:27 it is this person's turn

    +20h 10m Mon 10 Mar 08:10 CDT
        Privacy Office, step 2: nobody has acknowledged yet
            House Supervisor, primary of House Supervisor: email at once
                rosters/house.toml:10 it is this person's turn

    +20h 25m Mon 10 Mar 08:25 CDT
        Privacy Office, repeat 1: still nobody has acknowledged
            Maria Rivera, primary: sms at once, email after 1m
                rosters/privacy.toml:27 it is this person's turn
            House Supervisor, primary of House Supervisor: email at once
                rosters/house.toml:10 it is this person's turn

    Privacy Office: then all of them again every 15m, 8 times in all, the last at Mon 10 Mar 10:10 CDT
    House Supervisor: then all of them again every 15m, 8 times in all, the last at Sun 9 Mar 14:10 CDT
    ");
    let promoted = [&route[..], &["--flag", "posting-now", "--reach", "60000"]].concat();
    insta::assert_snapshot!(hospital.say(&promoted, &[("COLUMNS", "80")]), @"
    phi-by-staff: Patient information posted by staff
    received Sun 9 Mar 12:00 CDT, severity critical
    promoted to severity critical and ladder A, by flag `posting-now` and a reach
      of 50000 or more

        Privacy Office (after hours): ladder A, acknowledge within 15m, then note
          what was done within 30m

    +0m      Sun 9 Mar 12:00 CDT
        Privacy Office, step 1: new incident
            nobody: no person holds `primary` in privacy then; the next step runs
              at once
        Privacy Office, step 2: nobody was on call before you
            Jin Chen, backup: email at once
                rosters/privacy.toml:34 it is this person's turn

    +10m     Sun 9 Mar 12:10 CDT
        Privacy Office, step 3: nobody has acknowledged yet
            House Supervisor, primary of House Supervisor: email at once
                rosters/house.toml:10 it is this person's turn

    +15m     Sun 9 Mar 12:15 CDT
        Privacy Office, repeat 1: still nobody has acknowledged
            Jin Chen, backup: email at once
                rosters/privacy.toml:34 it is this person's turn
            House Supervisor, primary of House Supervisor: email at once
                rosters/house.toml:10 it is this person's turn
            nobody: no person holds `primary` in privacy then

    Privacy Office: then all of them again every 5m until somebody acknowledges
    ");
}

#[test]
fn a_route_says_which_playbook_answers_and_why() {
    let hospital = Hospital::new();
    let route = |class: &str| {
        let args =
            ["route", "--class", class, "--confidence", "0.9", "--severity", "critical", "--at", "2031-03-10 12:00"];
        hospital.say(&args, &[])
    };
    let told = route("rumor");
    assert!(told.contains("no playbook answers `rumor`, so `unclassified` does"), "{told}");
    assert!(told.contains("the source lifts it from moderate to critical"), "{told}");
    let told = route("hipaa.staff");
    assert!(told.contains("`hipaa.staff` means `phi-by-staff`, by its `also`"), "{told}");
}

#[test]
fn a_route_for_programs_has_one_round_of_repeats() {
    let hospital = Hospital::new();
    let args = ["route", "--class", "rumor", "--severity", "critical", "--at", "2031-03-10 12:00", "--format", "json"];
    let said: Value = serde_json::from_str(&hospital.say(&args, &[])).unwrap();
    let steps: Vec<&str> = said.as_array().unwrap().iter().map(|row| row["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["step 1", "step 3", "repeat 1"]);
    let keys: Vec<&String> = said[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["at", "channels", "department", "liaison", "reason", "role", "step", "why"]);
}

const KEY: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";

fn with_feeds() -> Hospital {
    let hospital = Hospital::new();
    hospital.change(MAIN, "[fallback]", "[calendar]\nkey_file = \"secrets/calendar-key\"\n\n[fallback]");
    hospital.write("secrets/calendar-key", KEY);
    hospital
}

#[test]
fn the_links_of_feeds_are_printed_and_another_key_revokes_them() {
    let hospital = with_feeds();
    let links = hospital.say(&["calendar", "links", "--department", "desk"], &[]);
    insta::assert_snapshot!(links, @"
    department  liaison   name        link                                                                     
    desk        -         Desk        https://pages.mercy.example/ward/calendar/wlxbfv7f4qmey5aoelnvk7i4fe.ics 
    desk        a-okafor  Ada Okafor  https://pages.mercy.example/ward/calendar/3uan2jk7nzyhw6ywelt3ggl6cm.ics 
    desk        b-lund    Bo Lund     https://pages.mercy.example/ward/calendar/ks544zedd7fzhki4ywt2bv27ha.ics 
    desk        c-wu      Cy Wu       https://pages.mercy.example/ward/calendar/x3v5cdzfkxwqkhjlos2it7j2cu.ics
    ");
    let one = ["calendar", "links", "--liaison", "c-wu", "--format", "json"];
    let before: Value = serde_json::from_str(&hospital.say(&one, &[])).unwrap();
    assert_eq!(before.as_array().unwrap().len(), 1, "{before}");
    let link = before[0]["link"].as_str().unwrap().to_owned();
    assert!(links.contains(&link), "{link}");
    hospital.write("secrets/calendar-key", &KEY.replace('a', "b"));
    let after: Value = serde_json::from_str(&hospital.say(&one, &[])).unwrap();
    assert_ne!(after[0]["link"], before[0]["link"]);
    assert_eq!((&after[0]["department"], &after[0]["name"]), (&"desk".into(), &"Cy Wu".into()));
}

#[test]
fn links_that_nobody_can_have_are_refused_with_their_cure() {
    let hospital = Hospital::new();
    let (code, told) = hospital.refuse(&["calendar", "links"]);
    assert!(code == 64 && told.contains("by `[calendar]` with `key_file = \"calendar-key\"`"), "{told}");
    let hospital = with_feeds();
    assert_eq!(hospital.refuse(&["calendar", "links", "--department", "dsk"]).0, 1);
    let (code, told) = hospital.refuse(&["calendar", "links", "--liaison", "nobody"]);
    assert_eq!((code, told.as_str()), (1, "error: no roster that was asked for has a liaison `nobody`\n"));
}

#[test]
fn the_contact_of_pages_needs_no_secret_and_holds_what_a_phone_can_know() {
    let hospital = Hospital::new();
    fs::remove_dir_all(hospital.0.path().join("secrets")).unwrap();
    let card = hospital.say(&["vcard"], &[]);
    let lines: Vec<&str> = card.split_terminator("\r\n").collect();
    for line in
        ["FN:MERCY pages", "TEL;TYPE=WORK,MSG,PREF:+13125550100", "EMAIL;TYPE=INTERNET,WORK,PREF:pages@mercy.example"]
    {
        assert!(lines.contains(&line), "{line}\n{card}");
    }
    hospital.change(MAIN, "from = \"+13125550100\"", "from = \"MERCY\"");
    let card = hospital.say(&["vcard"], &[]);
    assert!(!card.contains("TEL") && card.contains("EMAIL"), "a name is no number: {card}");
}
