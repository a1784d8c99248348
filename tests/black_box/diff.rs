//! What changes between two versions of the files, by the real binary and with a real git repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::command_line::{fine, refused, say};
use crate::daemon::run;
use crate::hospital::Hospital;
use crate::plan::{self, CHEN, COMPLIANCE, PRIVACY, RIVERA, Roster};
use crate::tools::{has_git, skip};

const SWAPPED: &str = "  primary: Jin Chen instead of Maria Rivera\n    all the time\n";

/// The privacy office with primary and backup the other way round.
fn swapped() -> String {
    let roster = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&RIVERA).person(&CHEN);
    roster.always("primary", &CHEN).always("backup", &RIVERA).text()
}

/// Runs git on a folder, with nothing of this machine's settings.
fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=A. Coordinator", "-c", "user.email=a@mercy.example"]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn commit(hospital: &Hospital, message: &str) {
    git(&hospital.house(), &["add", "--all"]);
    git(&hospital.house(), &["commit", "--quiet", "--message", message]);
}

/// The reason why a command cannot use the files, where the environment says so.
async fn refused_with(hospital: &Hospital, args: &[&str], name: &str, value: &str) -> String {
    let mut command = hospital.command(args);
    command.env(name, value);
    let output = run(command).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(64), &b""[..]), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

pub async fn two_folders_are_compared() {
    let hospital = Hospital::new().await;
    let other = tempfile::tempdir().unwrap();
    plan::write_usual(other.path());
    fs::copy(hospital.config(), other.path().join("wardbell.toml")).unwrap();
    let (house, other_house) = (hospital.house(), other.path().to_str().unwrap());
    let house = house.to_str().unwrap();
    let same = fine(&hospital, &["diff", house, other_house, "--at", "2026-11-24T11:00:00Z"]).await;
    let line = "no difference; compared 2026-11-24 05:00 CST to 2027-02-22 05:00 CST\n";
    assert_eq!(same, line);
    fs::write(other.path().join("rosters/privacy.toml"), swapped()).unwrap();
    let file = other.path().join("wardbell.toml");
    let said = say(&hospital, &["diff", house, file.to_str().unwrap()]).await;
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    assert!(said.out.starts_with("Privacy Office (privacy)\n") && said.out.contains(SWAPPED), "{}", said.out);
    // A contact is told to nobody who did not ask for it.
    let moved = swapped().replace("+13125550101", "+13125550177");
    fs::write(other.path().join("rosters/privacy.toml"), moved).unwrap();
    for format in ["text", "json"] {
        let args = ["diff", house, other_house, "--format", format];
        let (withheld, shown) =
            (say(&hospital, &args).await.out, say(&hospital, &[&args[..], &["--show-contacts"]].concat()).await.out);
        assert!(withheld.contains("phone of Maria Rivera") && !withheld.contains("+1312"), "{withheld}");
        assert!(shown.contains("+13125550101") && shown.contains("+13125550177"), "{shown}");
    }
    fs::write(other.path().join("rosters/privacy.toml"), "shift = 1\n").unwrap();
    let told = refused(&hospital, &["diff", house, other_house], 64).await;
    assert!(told.contains("unknown-key") && told.contains("rosters/privacy.toml:"), "{told}");
    let missing = refused_with(&hospital, &["diff", "no-such-version", house], "PATH", other_house).await;
    assert!(missing.contains("git is not installed"), "{missing}");
    hospital.judge_now();
}

pub async fn a_revision_is_compared_with_the_files_that_are_there() {
    if !has_git() {
        return skip("a_revision_is_compared_with_the_files_that_are_there", "there is no git");
    }
    let hospital = Hospital::new().await;
    let house = hospital.house();
    // The files lie in a folder of the repository, not at its top.
    git(house.parent().unwrap(), &["init", "--quiet"]);
    commit(&hospital, "The usual rosters");
    let here = house.to_str().unwrap();
    assert!(fine(&hospital, &["diff", "HEAD", here]).await.starts_with("no difference; "));
    hospital.write("rosters/privacy.toml", swapped());
    let said = say(&hospital, &["diff", "HEAD", here, "--horizon", "7d"]).await;
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    assert!(said.out.contains(SWAPPED), "{}", said.out);
    commit(&hospital, "Swap the privacy office");
    git(&house, &["tag", "swapped"]);
    fs::remove_dir_all(house.join("rosters")).unwrap();
    let at = ["--at", "2026-11-24T11:00:00Z", "--horizon", "1d", "--format", "json"];
    let said = say(&hospital, &[&["diff", "HEAD~1", "swapped"][..], &at].concat()).await;
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let duty = |role: &str, before: &str, after: &str| {
        serde_json::json!({
            "department": "privacy", "role": role, "before": before, "after": after,
            "from": "2026-11-24T11:00:00.000Z", "to": "2026-11-25T11:00:00.000Z",
        })
    };
    assert_eq!(report["duty"][0], duty("primary", "rivera", "chen"), "{report:#}");
    assert_eq!(report["duty"][1], duty("backup", "chen", "rivera"), "{report:#}");
    let classes: Vec<&str> =
        report["classes"].as_array().unwrap().iter().map(|one| one["class"].as_str().unwrap()).collect();
    assert_eq!(classes, ["leak", "photo", "rumor", "slow"], "{report:#}");
    assert!(fine(&hospital, &["diff", "swapped", "HEAD"]).await.starts_with("no difference; "));
    hospital.judge_now();
}

pub async fn links_inside_the_repository_are_followed_in_a_revision_too() {
    if !has_git() {
        return skip("links_inside_the_repository_are_followed_in_a_revision_too", "there is no git");
    }
    let hospital = Hospital::new().await;
    let house = hospital.house();
    let here = house.to_str().unwrap();
    let link = |target: &str, path: &str| std::os::unix::fs::symlink(target, house.join(path)).unwrap();
    fs::create_dir(house.join("shared")).unwrap();
    fs::rename(house.join("rosters/privacy.toml"), house.join("shared/privacy")).unwrap();
    fs::rename(house.join("playbooks"), house.join("shared/playbooks")).unwrap();
    link("../shared/privacy", "rosters/privacy.toml");
    link("shared/playbooks", "playbooks");
    git(house.parent().unwrap(), &["init", "--quiet"]);
    commit(&hospital, "One roster and all playbooks behind links");
    assert!(fine(&hospital, &["diff", "HEAD", here]).await.starts_with("no difference; "));
    hospital.write("shared/privacy", swapped());
    let said = say(&hospital, &["diff", "HEAD", here]).await;
    assert!(said.code == 1 && said.out.contains(SWAPPED), "{} {}", said.out, said.err);

    fs::remove_file(house.join("rosters/privacy.toml")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("privacy.toml");
    fs::write(&file, swapped()).unwrap();
    link(file.to_str().unwrap(), "rosters/privacy.toml");
    commit(&hospital, "Keep the roster elsewhere");
    let told = refused(&hospital, &["diff", "HEAD", here], 64).await;
    assert!(told.contains("rosters/privacy.toml` leads out of the git repository"), "{told}");
    hospital.judge_now();
}

pub async fn what_is_no_version_is_refused_with_its_cure() {
    if !has_git() {
        return skip("what_is_no_version_is_refused_with_its_cure", "there is no git");
    }
    let hospital = Hospital::new().await;
    let house = hospital.house();
    let here = house.to_str().unwrap();
    // Whatever lies above the folder of the test is none of its business.
    let ceiling = house.parent().unwrap().to_str().unwrap();
    let told = refused_with(&hospital, &["diff", "HEAD", here], "GIT_CEILING_DIRECTORIES", ceiling).await;
    assert!(told.contains("git finds no repository for") && told.contains("`--config`"), "{told}");
    git(&house, &["init", "--quiet"]);
    commit(&hospital, "The usual rosters");
    hospital.write("rosters/privacy.toml", "shift = 1\n");
    commit(&hospital, "A slip of the pen");
    let told = refused(&hospital, &["diff", "HEAD~1", "HEAD"], 64).await;
    assert!(told.contains("unknown-key") && told.contains("cannot use the version `HEAD`"), "{told}");
    let told = refused(&hospital, &["diff", "HEAD~9", here], 64).await;
    assert!(told.contains("`HEAD~9` is not a file, a folder, or a revision"), "{told}");
    let written = house.join("written");
    let option = format!("--output={}", written.display());
    refused(&hospital, &["diff", "--", &option, "HEAD"], 64).await;
    assert!(!written.exists());
    refused(&hospital, &["diff", "HEAD"], 2).await;
    hospital.judge_now();
}
