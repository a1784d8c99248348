//! The README's tour is run as it stands, with ports that are free.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

#[test]
fn the_five_minute_tour_works() {
    let readme = fs::read_to_string("README.md").unwrap();
    let ports = [free_port(), free_port()];
    let script = blocks(&readme).replace("8080", &ports[0]).replace("8025", &ports[1]);
    assert!(script.lines().count() > 15, "the tour is found");
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
    for expected in ["0 errors", "opened, playbook phi-by-staff", "folded into the open incident", "is resolved"] {
        assert!(out.contains(expected), "`{expected}` is told:\n{out}\n{err}");
    }
    assert!(out.contains("did you mean `name`"), "the mistake is told with its cure:\n{out}\n{err}");
    assert!(out.contains("\"type\":\"resolved\""), "the record ends with the resolution:\n{out}\n{err}");
}

fn blocks(readme: &str) -> String {
    let blocks = readme.split("```sh tour\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}
