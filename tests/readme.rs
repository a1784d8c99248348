//! The README's tour and the coordinators' guide are run as they stand, with ports that are free.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

#[test]
fn the_five_minute_tour_works() {
    let (out, err) = follow("README.md", 15);
    for expected in ["0 errors", "opened, playbook phi-by-staff", "added to the open incident", "is resolved"] {
        assert!(out.contains(expected), "`{expected}` is told:\n{out}\n{err}");
    }
    assert!(out.contains("did you mean `name`"), "the mistake is told with its cure:\n{out}\n{err}");
    assert!(out.contains("\"type\":\"resolved\""), "the record ends with the resolution:\n{out}\n{err}");
}

#[test]
fn the_coordinators_guide_works() {
    let (out, err) = follow("rosters/README.md", 80);
    assert_eq!(out.matches("[coverage-gap]").count(), 1, "the gap is found, and then mended:\n{out}\n{err}");
    for expected in [
        "+liaison = \"i-vance\"",
        "Ines Vance is primary from Thu 24 Dec",
        "instead of Sat 26 Dec",
        "Grace Abbott is away from Mon 1 Feb",
        "3 overrides for primary of 2026-12",
        "Henry Osei is backup from Mon 1 Mar",
    ] {
        assert!(out.contains(expected), "`{expected}` is told:\n{out}\n{err}");
    }
}

/// Runs a guide's blocks in a folder of their own, and returns what was said.
#[track_caller]
fn follow(guide: &str, lines_at_least: usize) -> (String, String) {
    let ports = [free_port(), free_port()];
    let script = script(&fs::read_to_string(guide).unwrap()).replace("8080", &ports[0]).replace("8025", &ports[1]);
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
