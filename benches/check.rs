//! How long `wardbell check` takes for a hundred departments, 2,000 liaisons and 200 playbooks over a year.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use chrono::TimeDelta;
use wardbell::config::coverage;
use wardbell::config::files::Memory;
use wardbell::config::loaded::Circumstances;
use wardbell::config::loader::load_from;
use wardbell::config::settings::LogFormat;
use wardbell::domain::zone::rules::Rules;

const DEPARTMENTS: usize = 100;
const LIAISONS: usize = 20;
const PLAYBOOKS: usize = 200;

/// The promise.
const SECONDS_MAX: f64 = 2.0;

fn main() {
    let files = hospital();
    let circumstances = Circumstances {
        today: "2026-11-24".parse().unwrap(),
        log_by_default: LogFormat::Text,
        rules: Arc::clone(Rules::built_in()),
    };
    let start = Instant::now();
    let loaded = load_from(&files, "wardbell.toml", circumstances);
    let read = start.elapsed().as_secs_f64();
    let from = "2026-11-24T11:00:00Z".parse().unwrap();
    let proof = coverage::prove(&loaded, from, from + TimeDelta::days(365));
    let all = start.elapsed().as_secs_f64();
    for diagnostic in loaded.diagnostics.iter().chain(&proof.findings).take(5) {
        println!("{diagnostic}");
    }
    assert_eq!((loaded.errors(), loaded.warnings(), proof.findings.len()), (0, 0, 0), "the hospital is a good one");
    assert_eq!(proof.reaches.len(), PLAYBOOKS);
    println!("read and checked in {read:.2} s, proved in {:.2} s, together {all:.2} s", all - read);
    assert!(all < SECONDS_MAX, "more than {SECONDS_MAX} s");
}

/// Files of a large hospital without a mistake.
fn hospital() -> Memory {
    let mut files = Memory::default();
    files.insert("wardbell.toml", MAIN);
    files.insert("token", "0123456789abcdef0123456789abcdef");
    files.insert("playbooks/ladders.toml", LADDERS);
    for number in 0..DEPARTMENTS {
        files.insert(format!("rosters/d{number}.toml"), roster(number));
    }
    for number in 0..PLAYBOOKS {
        let class = if number == 0 { "unclassified".to_owned() } else { format!("c{number}") };
        files.insert(format!("playbooks/{class}.toml"), playbook(number, &class));
    }
    files
}

fn roster(number: usize) -> String {
    let zone = ["America/Chicago", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"][number % 4];
    let mut text = format!("department = \"d{number}\"\nname = \"Department {number}\"\ntimezone = \"{zone}\"\n");
    if number > 0 {
        writeln!(text, "escalate_to = \"d{}\"", number / 10).unwrap();
    }
    text.push_str("review_by = 2028-01-31\n[hours]\n");
    for day in ["mon", "tue", "wed", "thu", "fri"] {
        writeln!(text, "{day} = [\"08:00-12:00\", \"13:00-17:00\"]").unwrap();
    }
    text.push_str("holidays = [\"us-federal\", 2026-12-24]\n");
    text.push_str("[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n");
    for person in 0..LIAISONS {
        writeln!(text, "[[liaison]]\nid = \"p{person}\"\nname = \"Person {person}\"").unwrap();
        writeln!(text, "email = \"p{person}@d{number}.example\"\nsms = \"+1312{:07}\"", number * 100 + person).unwrap();
        text.push_str("sms_consent = 2026-10-01\n");
        if person % 10 == 1 {
            text.push_str("unavailable = [{ days = [\"tue\"], hours = \"13:00-15:00\" }]\n");
        }
        if person % 5 == 0 {
            let (month, cover) = (person % 9 + 1, (person + 1) % 10 + person / 10 * 10);
            writeln!(
                text,
                "away = [{{ from = \"2027-0{month}-05 00:00\", to = \"2027-0{month}-12 00:00\", cover = \"p{cover}\" }}]"
            )
            .unwrap();
        }
    }
    let people =
        |range: std::ops::Range<usize>| range.map(|person| format!("\"p{person}\"")).collect::<Vec<_>>().join(", ");
    for (role, during, range, every, handoff) in [
        ("primary", "weekend", 0..10, "1 turn", "2026-01-09 17:00"),
        ("primary", "hours", 0..5, "1 day", "2026-01-05 08:00"),
        ("primary", "after-hours", 5..10, "1 week", "2026-01-09 17:00"),
        ("backup", "always", 10..20, "12 hours", "2026-01-05 07:00"),
    ] {
        writeln!(text, "[[rotation]]\nrole = \"{role}\"\nduring = \"{during}\"\nliaisons = [{}]", people(range))
            .unwrap();
        writeln!(text, "every = \"{every}\"\nhandoff = \"{handoff}\"").unwrap();
    }
    for month in 1..=9 {
        writeln!(text, "[[override]]\nrole = \"primary\"\nfrom = \"2027-0{month}-20 17:00\"").unwrap();
        writeln!(text, "to = \"2027-0{month}-21 08:00\"\nliaison = \"p{month}\"").unwrap();
    }
    text
}

fn playbook(number: usize, class: &str) -> String {
    let (severity, departments) = (["critical", "high", "moderate"][number % 3], number % DEPARTMENTS);
    let listed: Vec<String> = (0..3).map(|other| format!("\"d{}\"", (departments + other * 7) % DEPARTMENTS)).collect();
    let mut text = format!("class = \"{class}\"\ntitle = \"Class {number}\"\npage_title = \"Class {number}\"\n");
    writeln!(text, "severity = \"{severity}\"\ndepartments = [{}]", listed.join(", ")).unwrap();
    text.push_str("acknowledge_within = \"30m\"\nreview_by = 2028-01-31\n");
    if severity != "critical" {
        text.push_str("[[promote]]\nwhen = { any_flag = [\"posting-now\"] }\nseverity = \"critical\"\n");
    }
    if severity == "moderate" && number.is_multiple_of(2) {
        text.push_str("[after_hours]\nhold = true\n");
    }
    text
}

const MAIN: &str = r#"
[server]
public_url = "https://pages.mercy.example"
hospital = "MERCY"

[fallback]
department = "d0"

[channel.email]
host = "localhost"
from = "Wardbell <pages@mercy.example>"

[channel.sms]
account_sid = "AC00000000000000000000000000000000"
auth_token_file = "token"
from = "+13125550100"
"#;

const LADDERS: &str = r#"
[ladder.A]
for = "critical"
steps = [
  { at = "0m", page = "primary" },
  { at = "2m", page = "primary" },
  { at = "5m", page = "backup" },
  { at = "10m", page = "d0:primary" },
  { at = "15m", page = "d1:primary" },
]
repeat_every = "5m"

[ladder.B]
for = "high"
steps = [
  { at = "0m", page = "primary" },
  { at = "5m", page = "primary" },
  { at = "10m", page = "backup" },
  { at = "20m", page = "d0:primary" },
  { at = "30m", page = "d2:primary" },
]
repeat_every = "15m"

[ladder.C]
for = "moderate"
steps = [
  { at = "0m", page = "primary" },
  { at = "15m", page = "primary" },
  { at = "30m", page = "backup" },
  { at = "1h", page = "escalation" },
]
repeat_every = "1h"
repeat_times = 8
"#;
