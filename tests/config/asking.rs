//! What the planning commands say of files: calendars, routes, and who is on call.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::on_disk;

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
        let folder = on_disk();
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
    insta::assert_snapshot!(Hospital::new().say(&MARCH, &[("COLUMNS", "100")]), @r"
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
      backup: no one Wed 12 Mar 12:00–15:00
      If no one is on call, the page moves to the next step immediately, and finally to `house`
      (`escalate_to`).
    ");
}

#[test]
fn a_narrow_terminal_or_a_file_gets_a_list_by_day() {
    let hospital = Hospital::new();
    let text = hospital.say(&MARCH, &[]);
    assert_eq!(hospital.say(&MARCH, &[("COLUMNS", "80")]), text);
    insta::assert_snapshot!(text, @r"
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
      backup: no one Wed 12 Mar 12:00–15:00
      If no one is on call, the page moves to the next step immediately, and finally
      to `house` (`escalate_to`).
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
    assert!(text.contains("backup: no one, because no rotation or override covers it"), "{text}");
    let args = ["schedule", "--department", "house", "--month", "2031-03", "--role", "backup"];
    let (narrow, wide) = (hospital.say(&args, &[("COLUMNS", "80")]), hospital.say(&args, &[("COLUMNS", "160")]));
    insta::assert_snapshot!(narrow, @r"
    House Supervisor, March 2031 (America/Chicago)

    gaps
      backup: no one, because no rotation or override covers it
      If no one is on call, the page moves to the next step immediately, and finally
      to the fallback department.
    ");
    assert_eq!(wide.split_whitespace().collect::<Vec<_>>(), narrow.split_whitespace().collect::<Vec<_>>());
}

/// A swap that gives a person the hours before their own turn: one stretch of duty, by two lines.
#[test]
fn every_line_that_gives_a_stretch_of_duty_is_told() {
    let hospital = Hospital::new();
    let swap = "[[override]]\nrole = \"primary\"\nliaison = \"b-lund\"\n\
                from = \"2031-03-02 08:00\"\nto = \"2031-03-03 08:00\"\n";
    hospital.write("rosters/desk.toml", &format!("{DESK}\n{swap}"));
    let schedule = |format: &str| {
        let days = ["--from", "2031-03-02 08:00", "--to", "2031-03-04", "--role", "primary"];
        hospital.say(&[&["schedule", "--department", "desk", "--format", format], &days[..]].concat(), &[])
    };
    let rows: Value = serde_json::from_str(&schedule("json")).unwrap();
    let told: Vec<_> = rows.as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 2, "{rows:#}");
    for (row, from, to) in [(told[0], "03-02T14", "03-03T14"), (told[1], "03-03T14", "03-04T06")] {
        assert_eq!(row["liaison"], "b-lund");
        assert_eq!(row["from"], format!("2031-{from}:00:00.000Z"));
        assert_eq!(row["to"], format!("2031-{to}:00:00.000Z"));
        let args = ["oncall", "--department", "desk", "--format", "json", "--at", row["from"].as_str().unwrap()];
        let oncall: Value = serde_json::from_str(&hospital.say(&args, &[])).unwrap();
        assert_eq!(row["why"], oncall[0]["why"], "{oncall:#}");
    }
    assert_ne!(told[0]["why"], told[1]["why"]);
    let table = schedule("table");
    assert_eq!(table.matches("Bo Lund").count(), 2, "{table}");
    let feed = schedule("ics").replace("\r\n ", "");
    let description = feed.lines().find(|line| line.starts_with("DESCRIPTION:")).unwrap();
    assert_eq!(feed.matches("BEGIN:VEVENT").count(), 1, "{feed}");
    assert!(description.contains("scheduled override\\nfrom Mon 3 Mar 08:00 CST: "), "{description}");
    assert!(description.ends_with("next in rotation"), "{description}");
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
    // The crate hands the name over as it is written.
    assert_eq!(calendar.get_name(), Some("MERCY Desk\\, night\\; ünd 日本 day on call"));
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
        assert!(text.contains("backup: no one Wed 12 Mar 12:00–15:00"), "{text}");
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
    assert_eq!((code, told.as_str()), (1, "error: desk has no role `chief`. Its roles: `primary`, `backup`\n"));
    for month in ["2031-13", "2031-3", "march", "2031-03-01"] {
        let (code, told) = schedule(&["desk", "--month", month]);
        assert!(code == 2 && told.contains("write a month as `2026-12`"), "{told}");
    }
    assert_eq!(schedule(&["desk", "--month", "2031-03", "--from", "2031-03-01"]).0, 2);
    assert_eq!(schedule(&["desk", "--from", "2031-03-02", "--to", "2031-03-01"]).0, 2);
    let (code, told) = hospital.refuse(&["oncall", "--at", "9999-12-31"]);
    assert!(code == 2 && told.contains("no later than the year 9998"), "{told}");
}

#[test]
fn who_is_on_call_is_told_with_until_and_why() {
    let hospital = Hospital::new();
    let args = ["oncall", "--department", "desk", "--at", "2031-03-12 13:00"];
    insta::assert_snapshot!(hospital.say(&args, &[]), @r"
    department  role     name                   until                 why                                   
    desk        primary  Ada Okafor (a-okafor)  Mon 17 Mar 08:00 CDT  rosters/desk.toml:31 next in rotation 
    desk        backup   no one                 Wed 12 Mar 15:00 CDT  everyone in the rotation is away
    ");
    insta::assert_snapshot!(hospital.say(&args, &[("COLUMNS", "60")]), @r"
    desk
      primary: Ada Okafor (a-okafor), until Mon 17 Mar 08:00 CDT
        rosters/desk.toml:31 next in rotation
      backup: no one, until Wed 12 Mar 15:00 CDT
        everyone in the rotation is away
    ");
}

#[test]
fn who_is_on_call_is_told_with_their_contacts_where_that_is_asked_for() {
    let hospital = Hospital::new();
    let own = "email = \"a.okafor@mercy.example\"\nsms = \"+13125550101\"\nsms_consent = 2030-01-01\n";
    let order = "notify = [{ by = \"email\", after = \"5m\" }, { by = \"sms\", after = \"0s\" }]\n";
    hospital.change("rosters/desk.toml", "email = \"a.okafor@mercy.example\"\n", &format!("{own}{order}"));
    let wu = "email = \"c.wu@mercy.example\"\n";
    let only_sms = "sms = \"+13125550102\"\nsms_consent = 2030-01-01\nnotify = [{ by = \"sms\", after = \"0s\" }]\n";
    hospital.change("rosters/desk.toml", wu, &format!("{wu}{only_sms}"));
    let args = ["oncall", "--department", "desk", "--at", "2031-03-12 16:00", "--contacts"];
    let shown = hospital.say(&args, &[]);
    insta::assert_snapshot!(shown, @r"
    desk
      primary: Ada Okafor (a-okafor), until Mon 17 Mar 08:00 CDT
        rosters/desk.toml:37 next in rotation
        SMS +13125550101, immediately
        email a.okafor@mercy.example, after 5m
      backup: Cy Wu (c-wu), until further notice
        rosters/desk.toml:43 next in rotation
        SMS +13125550102, immediately
        email c.wu@mercy.example, not used for pages
    ");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&hospital.say(&[args, &["--format", "json"]].concat(), &[])).unwrap()
    };
    let rows = json(&args);
    let okafor = json!([
        { "by": "sms", "to": "+13125550101", "after": "0s" }, { "by": "email", "to": "a.okafor@mercy.example", "after": "5m" },
    ]);
    let wu = json!([
        { "by": "sms", "to": "+13125550102", "after": "0s" }, { "by": "email", "to": "c.wu@mercy.example", "after": null },
    ]);
    assert_eq!((&rows[0]["contacts"], &rows[1]["contacts"]), (&okafor, &wu), "{rows:#}");
    let nobody = json(&["oncall", "--department", "desk", "--at", "2031-03-12 13:00", "--contacts"]);
    assert_eq!((&nobody[1]["liaison"], &nobody[1]["contacts"]), (&Value::Null, &json!([])));
    // Nothing else changes, and without being asked nobody's contacts are shown.
    let without = json(&args[..5]);
    assert!(!without.to_string().contains("contacts") && !without.to_string().contains('@'), "{without:#}");
    assert_eq!(without[0]["why"], rows[0]["why"]);
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
fn a_route_and_who_is_on_call_fit_the_terminal() {
    let hospital = Hospital::new();
    let route = ["route", "--class", "phi-by-staff", "--confidence", "0.9", "--at", "2031-03-09 12:00"];
    for args in [&route[..], &["oncall"], &["oncall", "--contacts"]] {
        for columns in [50, 80, 140] {
            let shown = hospital.say(args, &[("COLUMNS", &columns.to_string())]);
            let widest = shown.lines().map(|line| line.trim_end().chars().count()).max().unwrap();
            assert!(widest <= columns, "{widest} columns:\n{shown}");
        }
    }
}

#[test]
fn a_route_tells_holds_stand_ins_promotions_and_repeats() {
    let hospital = Hospital::new();
    let route = ["route", "--class", "phi-by-staff", "--confidence", "0.9", "--at", "2031-03-09 12:00"];
    insta::assert_snapshot!(hospital.say(&route, &[]), @r"
    phi-by-staff: Patient information posted by staff
    received Sun 9 Mar 2031 12:00 CDT, severity high

        Privacy Office (after hours): ladder B, acknowledge within 15m, then note what was done within 30m; on hold until it opens, Mon 10 Mar 08:00 CDT
        House Supervisor (after hours): ladder B, acknowledge within 15m, then note what was done within 30m; paged immediately instead of Privacy Office

    +0m      Sun 9 Mar 12:00 CDT
        House Supervisor, step 1: new incident
            House Supervisor, primary: email immediately
                rosters/house.toml:10 next in rotation

    +10m     Sun 9 Mar 12:10 CDT
        House Supervisor, step 2: no one has acknowledged yet
            House Supervisor, primary: email immediately
                rosters/house.toml:10 next in rotation

    +25m     Sun 9 Mar 12:25 CDT
        House Supervisor, repeat 1: still no one has acknowledged
            House Supervisor, primary: email immediately
                rosters/house.toml:10 next in rotation

    +20h     Mon 10 Mar 08:00 CDT
        Privacy Office, step 1: new incident
            Maria Rivera, primary: sms immediately, email after 1m
                rosters/privacy.toml:27 next in rotation

    +20h 10m Mon 10 Mar 08:10 CDT
        Privacy Office, step 2: no one has acknowledged yet
            House Supervisor, primary of House Supervisor: email immediately
                rosters/house.toml:10 next in rotation

    +20h 25m Mon 10 Mar 08:25 CDT
        Privacy Office, repeat 1: still no one has acknowledged
            Maria Rivera, primary: sms immediately, email after 1m
                rosters/privacy.toml:27 next in rotation
            House Supervisor, primary of House Supervisor: email immediately
                rosters/house.toml:10 next in rotation

    Privacy Office: then all of them again every 15m, 8 times in all, the last at Mon 10 Mar 10:10 CDT
    House Supervisor: then all of them again every 15m, 8 times in all, the last at Sun 9 Mar 14:10 CDT
    ");
    let promoted = [&route[..], &["--flag", "posting-now", "--reach", "60000"]].concat();
    insta::assert_snapshot!(hospital.say(&promoted, &[("COLUMNS", "80")]), @r"
    phi-by-staff: Patient information posted by staff
    received Sun 9 Mar 2031 12:00 CDT, severity critical
    promoted to severity critical and ladder A, by flag `posting-now` and a reach
      of 50000 or more

        Privacy Office (after hours): ladder A, acknowledge within 15m, then note
          what was done within 30m

    +0m      Sun 9 Mar 12:00 CDT
        Privacy Office, step 1: new incident
            no one is on call as `primary` in privacy then; the next step runs
              immediately
        Privacy Office, step 2: no one else was on call
            Jin Chen, backup: email immediately
                rosters/privacy.toml:34 next in rotation

    +10m     Sun 9 Mar 12:10 CDT
        Privacy Office, step 3: no one has acknowledged yet
            House Supervisor, primary of House Supervisor: email immediately
                rosters/house.toml:10 next in rotation

    +15m     Sun 9 Mar 12:15 CDT
        Privacy Office, repeat 1: still no one has acknowledged
            Jin Chen, backup: email immediately
                rosters/privacy.toml:34 next in rotation
            House Supervisor, primary of House Supervisor: email immediately
                rosters/house.toml:10 next in rotation
            no one is on call as `primary` in privacy then

    Privacy Office: then all of them again every 5m until someone acknowledges
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
    assert!(told.contains("no playbook for `rumor`; using `unclassified`"), "{told}");
    assert!(told.contains("raised by the source from moderate to critical"), "{told}");
    let told = route("hipaa.staff");
    assert!(told.contains("`hipaa.staff` is listed in `also` of `phi-by-staff`"), "{told}");
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
    assert!(code == 64 && told.contains("add `key_file = \"calendar-key\"` to `[calendar]`"), "{told}");
    let hospital = with_feeds();
    assert_eq!(hospital.refuse(&["calendar", "links", "--department", "dsk"]).0, 1);
    let (code, told) = hospital.refuse(&["calendar", "links", "--liaison", "nobody"]);
    assert_eq!((code, told.as_str()), (1, "error: no liaison `nobody` in the selected rosters\n"));
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

#[test]
fn before_a_rotation_begins_its_start_is_told_and_the_true_next_change() {
    let hospital = Hospital::new();
    let oncall = |at: &str| {
        let text = hospital.say(&["oncall", "--department", "desk", "--at", at, "--format", "json"], &[]);
        serde_json::from_str::<Value>(&text).unwrap()[0].clone()
    };
    for at in ["1975-01-01", "2029-01-01", "2031-02-24 07:59"] {
        let primary = oncall(at);
        assert_eq!((&primary["role"], &primary["liaison"]), (&Value::from("primary"), &Value::Null), "{at}");
        assert_eq!(primary["until"], "2031-02-24T14:00:00.000Z", "{at}");
    }
    assert_eq!(oncall("2031-02-24 08:00")["liaison"], "a-okafor");
    let text = hospital.say(&["oncall", "--department", "desk", "--at", "1975-01-01"], &[("COLUMNS", "200")]);
    assert!(text.contains("the rotation starts on Mon 24 Feb 2031 08:00 CST"), "{text}");
    assert!(!text.contains("away"), "{text}");
    // An override before the first handoff is the next change.
    let early = "[[override]]\nrole = \"primary\"\nliaison = \"b-lund\"\n\
                 from = \"2030-01-01 08:00\"\nto = \"2030-01-02 08:00\"\n";
    hospital.write("rosters/desk.toml", &format!("{DESK}\n{early}"));
    assert_eq!(oncall("1975-01-01")["until"], "2030-01-01T14:00:00.000Z");
    assert_eq!(oncall("2030-01-01 08:00")["until"], "2030-01-02T14:00:00.000Z");
    assert_eq!(oncall("2030-01-02 08:00")["until"], "2031-02-24T14:00:00.000Z");
}

#[test]
fn a_route_refuses_what_no_source_could_send() {
    let hospital = Hospital::new();
    let (long, too_long) = ("é".repeat(200), "a".repeat(10_000));
    for args in [
        &["--class", ""][..],
        &["--class", " "],
        &["--class", &too_long],
        &["--class", "rumor", "--flag", ""],
        &["--class", "rumor", "--confidence", "nan"],
        &["--class", "rumor", "--confidence", "2"],
        &["--class", "rumor", "--confidence=-0.1"],
        &["--class", "rumor", "--confidence", "sure"],
    ] {
        let (code, told) = hospital.refuse(&[&["route"], args].concat());
        assert_eq!(code, 2, "{told}");
    }
    hospital.say(&["route", "--class", &long, "--confidence", "1", "--at", "2031-03-10 12:00"], &[]);
    let year = hospital.say(&["route", "--class", "rumor", "--at", "2031-03-10 12:00"], &[]);
    assert!(year.contains("received Mon 10 Mar 2031 12:00"), "{year}");
}

#[test]
fn a_local_time_is_read_on_the_fallback_departments_clock_by_check_too() {
    let hospital = Hospital::new();
    let opened_at = |at: &str| {
        let args = ["check", "--at", at, "--horizon", "1h", "--format", "json"];
        let report: Value = serde_json::from_slice(&hospital.run(&args, &[]).stdout).unwrap();
        report["playbooks"][0]["second_person"]["opened_at"].as_str().unwrap().to_owned()
    };
    assert_eq!(opened_at("2031-03-12 03:30"), "2031-03-12T08:30:00.000Z");
    assert_eq!(opened_at("2031-03-12T03:30:00Z"), "2031-03-12T03:30:00.000Z");
    // A time that is skipped is the first after the gap.
    assert_eq!(opened_at("2031-03-09 02:30"), "2031-03-09T08:00:00.000Z");
    hospital.change("rosters/house.toml", "America/Chicago", "Europe/Berlin");
    assert_eq!(opened_at("2031-03-12 03:30"), "2031-03-12T02:30:00.000Z");
}

#[test]
fn reviews_are_due_by_the_day_that_was_typed() {
    let hospital = Hospital::new();
    hospital.change(
        "rosters/desk.toml",
        "escalate_to",
        "owner = \"house@mercy.example\"\nreview_by = 2031-03-12\nescalate_to",
    );
    let overdue = |at: &str| {
        let args = ["check", "--at", at, "--horizon", "1h", "--format", "json"];
        let report: Value = serde_json::from_slice(&hospital.run(&args, &[]).stdout).unwrap();
        let diagnostics = report["diagnostics"].as_array().unwrap().iter();
        diagnostics.filter(|one| one["code"] == "review-overdue" && one["file"] == "rosters/desk.toml").count()
    };
    // In the evening of that day it is the next day in UTC already.
    assert_eq!(overdue("2031-03-12 23:30"), 0);
    assert_eq!(overdue("2031-03-13 00:30"), 1);
}

#[test]
fn hidden_characters_reach_no_terminal() {
    let hospital = Hospital::new();
    let reason = "[[override]]\nrole = \"primary\"\nliaison = \"b-lund\"\nfrom = \"2031-01-01 08:00\"\n\
                  to = \"2031-01-02 08:00\"\nreason = \"swap \\u202Ednob\"\n";
    for (name, text, code) in [
        ("rosters/a\u{1b}[31m\u{202e}.toml", "nothing = 1\n".to_owned(), "unknown-key"),
        ("rosters/desk.toml", DESK.replace("\"Bo Lund\"", "\"Bo \\u2066Lund\""), "bad-value"),
        ("rosters/desk.toml", format!("{DESK}\n{reason}"), "bad-value"),
        ("rosters/desk.toml", DESK.replace("\"Bo Lund\"", "\"Bo \\u001B[2JLund\""), "bad-value"),
    ] {
        hospital.write(name, &text);
        for format in ["text", "json", "github"] {
            let output = hospital.run(&["check", "--format", format], &[]);
            let told = String::from_utf8(output.stdout).unwrap();
            assert!(told.contains(code), "{name} {format}: {told}");
            let raw = |one: char| matches!(one, '\u{1b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(!told.contains(raw), "{name} {format}: {told:?}");
        }
        fs::remove_file(hospital.0.path().join(name)).unwrap();
    }
    hospital.write("rosters/desk.toml", DESK);
    let add = ["override", "add", "--department", "desk", "--role", "primary", "--liaison", "b-lund"];
    let times = ["--from", "2031-01-01 08:00", "--to", "2031-01-02 08:00", "--reason", "swap \u{202e}dnob"];
    let (code, told) = hospital.refuse(&[&add[..], &times].concat());
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("`reason` contains an invisible character") && !told.contains('\u{202e}'), "{told}");
    assert_eq!(fs::read_to_string(hospital.0.path().join("rosters/desk.toml")).unwrap(), DESK);
}

#[test]
fn a_secret_that_is_the_daemons_alone_makes_no_error_of_a_check() {
    let hospital = Hospital::new();
    fs::rename(hospital.0.path().join("secrets/desk"), hospital.0.path().join("desk")).unwrap();
    hospital.change(MAIN, "\"secrets/desk\"", "\"desk\"");
    let check = ["check", "--at", "2031-03-12 12:00", "--horizon", "1h", "--format", "json"];
    let report = |env: &[(&str, &str)]| {
        let report: Value = serde_json::from_slice(&hospital.run(&check, env).stdout).unwrap();
        let secrets = |severity: &str| {
            let found = report["diagnostics"].as_array().unwrap().iter();
            let of_secrets = found.filter(|one| one["code"].as_str().unwrap().ends_with("-secret"));
            of_secrets.filter(|one| one["severity"] == severity).count()
        };
        (secrets("error"), secrets("warning"))
    };
    assert_eq!(report(&[]), (0, 0));
    // Among the credentials of systemd, which the daemon alone is given.
    fs::rename(hospital.0.path().join("desk"), hospital.0.path().join("secrets/desk")).unwrap();
    assert_eq!(report(&[]), (0, 1));
    let passed = hospital.0.path().join("secrets");
    assert_eq!(report(&[("CREDENTIALS_DIRECTORY", passed.to_str().unwrap())]), (0, 0));
    // Where systemd has handed it over, it is missing.
    fs::remove_file(passed.join("desk")).unwrap();
    assert_eq!(report(&[("CREDENTIALS_DIRECTORY", passed.to_str().unwrap())]), (1, 0));
    let serve = hospital.run(&["serve"], &[]);
    assert_eq!(serve.status.code(), Some(64));
    assert!(String::from_utf8(serve.stderr).unwrap().contains("error[unread-secret]"));
}

const ADD: [&str; 8] = ["override", "add", "--department", "desk", "--role", "primary", "--liaison", "b-lund"];

#[test]
fn a_shift_that_is_there_with_another_reason_is_told_with_how_to_change_it() {
    let hospital = Hospital::new();
    let times = ["--from", "2031-01-01 08:00", "--to", "2031-01-02 08:00"];
    let add = |reason: &[&str]| hospital.run(&[&ADD[..], &times, reason].concat(), &[]);
    assert_eq!(add(&["--reason", "swap"]).status.code(), Some(0));
    for same in [&["--reason", " swap "][..], &[]] {
        let again = add(same);
        let told = String::from_utf8(again.stdout).unwrap();
        assert!(
            again.status.code() == Some(0)
                && told.starts_with("Nothing to do. Already scheduled at rosters/desk.toml:"),
            "{told}"
        );
    }
    let other = add(&["--reason", "leave"]);
    let told = String::from_utf8(other.stderr).unwrap();
    assert_eq!((other.status.code(), other.stdout.as_slice()), (Some(1), &b""[..]), "{told}");
    let end = "override end --department desk --role primary --liaison b-lund --at \"2031-01-01 08:00\"";
    assert!(told.contains("with the reason \"swap\"") && told.contains(end), "{told}");
    // The command that is named does it.
    let args: Vec<&str> = end.split(" --at ").next().unwrap().split(' ').chain(["--at", "2031-01-01 08:00"]).collect();
    assert_eq!(hospital.run(&args, &[]).status.code(), Some(0));
    assert_eq!(add(&["--reason", "leave"]).status.code(), Some(0));
}

#[test]
fn a_time_that_the_clocks_skip_is_told_as_what_it_is_read_as() {
    let hospital = Hospital::new();
    let gap = "the clocks in America/Chicago jump from 2031-03-09 02:00 to 2031-03-09 03:00";
    let add = |from: &str, to: &str| {
        let output = hospital.run(&[&ADD[..7], &["c-wu", "--from", from, "--to", to]].concat(), &[]);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = add("2031-03-09 02:15", "2031-03-09 02:45");
    assert!(code == 2 && told.contains(&format!("`--to` must be after `--from`: {gap}")), "{told}");
    let (code, told) = add("2031-03-09 02:15", "2031-03-09 08:00");
    assert!(
        code == 0 && told.contains(&format!("note: {gap}, so 2031-03-09 02:15 is read as 2031-03-09 03:00")),
        "{told}"
    );
    let text = fs::read_to_string(hospital.0.path().join("rosters/desk.toml")).unwrap();
    assert!(text.contains("from = \"2031-03-09 03:00\""), "{text}");
    // So is one that stands in a roster.
    hospital.change("rosters/desk.toml", "to = \"2031-03-09 08:00\"", "to = \"2031-03-09 02:45\"");
    let told = String::from_utf8(hospital.run(&["check"], &[]).stdout).unwrap();
    assert!(told.contains("`to` must be after `from`") && told.contains(gap), "{told}");
}

#[test]
fn what_is_no_address_of_a_daemon_is_wrong_usage() {
    let hospital = Hospital::new();
    let token = hospital.0.path().join("secrets/operator");
    let ask = |server: &str| hospital.refuse(&["reload", "--server", server, "--token-file", token.to_str().unwrap()]);
    for server in ["garbage", "localhost:8080", "127.0.0.1:8080", "ftp://mercy.example", "http://", ""] {
        let (code, told) = ask(server);
        assert!(code == 2 && told.contains("is not an address such as `http://127.0.0.1:8080`"), "{told}");
    }
    // A port that nobody listens on.
    assert_eq!(ask("http://127.0.0.1:1/").0, 69);
}

#[test]
fn leave_in_one_roster_is_told_where_the_person_is_on_call_in_another() {
    let hospital = Hospital::new();
    // The same person by the same address, whatever the id; the other roster's clock is two hours behind.
    let there = DESK.replace("\"desk\"", "\"till\"").replace("America/Chicago", "America/Los_Angeles");
    let there = there.replace("a-okafor", "okafor").replace("a.okafor@mercy", "A.Okafor@mercy");
    hospital.write("rosters/till.toml", &there.replace("b.lund@", "b.lund.till@").replace("c.wu@", "c.wu.till@"));
    let found = |from: &str| {
        let args = ["check", "--at", from, "--horizon", "30d", "--format", "json"];
        let report: Value = serde_json::from_slice(&hospital.run(&args, &[]).stdout).unwrap();
        let all = report["diagnostics"].as_array().unwrap().clone();
        all.into_iter().filter(|one| one["code"] == "away-elsewhere").collect::<Vec<_>>()
    };
    assert_eq!(found("2031-03-01"), [] as [Value; 0]);
    let add = ["away", "add", "--department", "desk", "--liaison", "a-okafor"];
    let output = hospital.run(&[&add[..], &["--from", "2031-03-01 00:00", "--to", "2031-03-12 00:00"]].concat(), &[]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    let held = "Ada Okafor is also on call as primary in `till` at times from Fri 28 Feb 2031 22:00 PST to \
                Tue 11 Mar 2031 22:00 PDT";
    let command = "away add --department till --liaison okafor --from \"2031-02-28 22:00\" --to \"2031-03-11 22:00\"";
    assert!(told.contains(held) && told.contains(command), "{told}");
    let findings = found("2031-03-01");
    insta::assert_snapshot!(serde_json::to_string_pretty(&findings).unwrap(), @r#"
    [
      {
        "code": "away-elsewhere",
        "column": 1,
        "file": "rosters/till.toml",
        "hint": "the absence is at rosters/desk.toml:19; to add it here too, use `away = [{ from = \"2031-02-28 22:00\", to = \"2031-03-11 22:00\" }]`",
        "line": 15,
        "message": "`okafor` is on call as `primary` in `till` from 2031-02-28 22:00 PST to 2031-03-03 08:00 PST, and once more until 2031-03-11 22:00 PDT, but is away in the roster of `desk`",
        "severity": "warning"
      }
    ]
    "#);
    // What is over is not told, nor what is beyond the horizon.
    assert_eq!(found("2031-03-12"), [] as [Value; 0]);
    assert_eq!(found("2031-01-02"), [] as [Value; 0]);
    // The command that is named mends it.
    let args: Vec<String> = command
        .split('"')
        .enumerate()
        .flat_map(|(index, part)| {
            let words = if index % 2 == 0 { part.split_whitespace().collect() } else { vec![part] };
            words.into_iter().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let output = hospital.run(&args.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(found("2031-03-01"), [] as [Value; 0]);
}
