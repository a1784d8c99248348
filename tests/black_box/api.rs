//! The API against its own description, with schemathesis as the judge.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tokio::time::timeout;

use crate::hospital::{CHIEF, Hospital, SOURCE};
use crate::tools::schemathesis;

/// It takes half a minute alone.
const WITHIN: Duration = Duration::from_secs(240);

/// What it must find right of every answer; a 503 or 504 is described where it may come.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

pub async fn whatever_is_asked_of_the_api_it_answers_as_it_is_described() {
    let Some(program) = schemathesis() else {
        eprintln!("SKIPPED the API against its description: there is no schemathesis (PyPI) on the PATH");
        return;
    };
    let hospital = Hospital::serving().await;
    judge(&program, &hospital, CHIEF, &["--max-examples=15", SLOW]).await;
    let heartbeat = ["--max-examples=5", "--include-path=/api/v1/heartbeat", "--phases=coverage,fuzzing"];
    judge(&program, &hospital, SOURCE, &heartbeat).await;
    hospital.judged_elsewhere();
}

/// Each code takes a second of hashing in a build without optimization.
const SLOW: &str = "--exclude-operation-id=makeEmergencyCodes";

/// The same requests in every run.
async fn judge(program: &Path, hospital: &Hospital, token: &str, more: &[&str]) {
    let mut command = Command::new(program);
    command.arg("run").arg(format!("{}/api/v1/openapi.json", hospital.base()));
    command.args(["-H", &format!("Authorization: Bearer {token}"), "--checks", CHECKS]);
    command.args(["--seed=7", "--no-color", "--continue-on-failure", "--generation-database=none"]).args(more);
    // It would leave its reports where it runs, and finds its module with bodies of many lines beside this file.
    let folder = tempfile::tempdir().unwrap();
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/black_box");
    command.current_dir(&folder).env("PYTHONPATH", beside).env("SCHEMATHESIS_HOOKS", "many_lines");
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_PROXY", "127.0.0.1");
    let ran = timeout(WITHIN, tokio::task::spawn_blocking(move || command.output())).await;
    let output = ran.expect("it does not end").unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains(" passed"), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
