//! The README's tour and the coordinators' guide are run as they stand, with ports that are free.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use chrono::{Datelike, NaiveDate, Utc};

#[test]
fn the_five_minute_tour_works() {
    let (out, err) = follow(&fs::read_to_string("README.md").unwrap(), 15);
    for expected in ["0 errors", "opened, playbook phi-by-staff", "added to the open incident", "is resolved"] {
        assert!(out.contains(expected), "`{expected}` is told:\n{out}\n{err}");
    }
    assert!(out.contains("hint: write `name = "), "the mistake is told with its cure:\n{out}\n{err}");
    assert!(out.contains("\"type\":\"resolved\""), "the record ends with the resolution:\n{out}\n{err}");
}

#[test]
fn the_coordinators_guide_works() {
    // Its days are always ahead.
    let today = Utc::now().date_naive();
    let year = today.year() + i32::from((today.month(), today.day()) >= (12, 10));
    let guide = fs::read_to_string("rosters/README.md").unwrap();
    let guide = guide.replace("2026-12", &format!("{year}-12"));
    let guide = ["12-1", "12-2", "12-31"]
        .iter()
        .fold(guide, |guide, day| guide.replace(&format!("{day}-26"), &format!("{day}-{:02}", year % 100)));
    let guide = ["02", "03"]
        .iter()
        .fold(guide, |guide, month| guide.replace(&format!("2027-{month}-"), &format!("{}-{month}-", year + 1)));
    let (out, err) = follow(&guide, 80);
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap().format("%a %-d %b").to_string();
    assert_eq!(out.matches("[coverage-gap]").count(), 1, "the gap is found, and then mended:\n{out}\n{err}");
    for expected in [
        "+liaison = \"i-vance\"".to_owned(),
        "+reason = \"swap\"".to_owned(),
        format!("Ines Vance is primary from {}", day(year, 12, 24)),
        format!("instead of {}", day(year, 12, 26)),
        format!("Grace Abbott is away from {}", day(year + 1, 2, 1)),
        format!("Grace Abbott is back at {}", day(year + 1, 2, 5)),
        format!("3 overrides for primary of {year}-12"),
        format!("Henry Osei is backup from {}", day(year + 1, 3, 1)),
    ] {
        assert!(out.contains(&expected), "`{expected}` is told:\n{out}\n{err}");
    }
}

/// Runs a guide's blocks in a folder of their own, and returns what was said.
#[track_caller]
fn follow(guide: &str, lines_at_least: usize) -> (String, String) {
    let ports = [free_port(), free_port()];
    let script = script(guide).replace("8080", &ports[0]).replace("8025", &ports[1]);
    assert!(script.lines().count() > lines_at_least, "the tour is found");
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_wardbell")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("timeout")
        .args([
            "--kill-after=5",
            "60",
            "bash",
            "-c",
            &format!("set -euo pipefail\ntrap 'kill %1 || true' EXIT\n{script}"),
        ])
        .current_dir(folder.path())
        .env("PATH", path)
        .env_remove("WARDBELL_CONFIG")
        .env_remove("WARDBELL_TOKEN_FILE")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    (out.into_owned(), err.into_owned())
}

/// A guide's blocks in their order: `sh tour` is run, and one that names a file is written to it.
fn script(guide: &str) -> String {
    let mut script = String::new();
    for block in guide.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap_or_default();
        match kind.split_once(' ') {
            Some(("sh", "tour")) => script.push_str(text),
            Some((_, file)) => script.push_str(&format!("cat > {file} <<'END-OF-FILE'\n{text}END-OF-FILE\n")),
            None => {}
        }
    }
    script
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}
