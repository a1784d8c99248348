//! Rules of time zones that an update of the operating system brings while the daemon runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::daemon::run;
use crate::hospital::{Hospital, OPERATOR};
use crate::judge::Reason::Opened;
use crate::plan::{CHEN, COMPLIANCE, PRIVACY, RIVERA, Roster};
use crate::reload::{plans, recorded};
use crate::story::BOTH;
use crate::tools::skip;

/// How long an update may take to be in force.
const WITHIN: Duration = Duration::from_secs(10);

/// The releases of PyPI's `tzdata` that are swapped: between them the clocks of Vancouver were changed for good.
const PINNED: [&str; 2] = ["2025.2", "2026.6"];

/// A zone file (RFC 9636) that says nothing but a rule in the notation of POSIX.
fn zone_file(rule: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..2 {
        bytes.extend(b"TZif2");
        bytes.extend([0; 15]);
        // No leap seconds, no transitions, one kind of time, whose name takes four bytes.
        [0_u32, 0, 0, 0, 1, 4].iter().for_each(|count| bytes.extend(count.to_be_bytes()));
        bytes.extend([0; 6]);
        bytes.extend(b"CXT\0");
    }
    bytes.extend(format!("\n{rule}\n").bytes());
    bytes
}

/// Puts a file in the place of another at once, as updates do.
fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let beside = path.with_extension("dpkg-new");
    fs::write(&beside, bytes).unwrap();
    fs::rename(beside, path).unwrap();
}

fn name_release(folder: &Path, release: &str) {
    put(&folder.join("tzdata.zi"), format!("# version {release}\n").as_bytes());
}

/// The privacy office in another zone, where Jin Chen stands in for the hours around a local time.
fn privacy_in(zone: &str, local: &str, hours: i64) -> String {
    let at = chrono::NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
    let [from, to] = [-hours, hours].map(|by| (at + TimeDelta::hours(by)).format("%Y-%m-%d %H:%M").to_string());
    let roster = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&RIVERA).person(&CHEN).always("primary", &RIVERA);
    let change = format!("\n[[override]]\nrole = \"primary\"\nliaison = \"chen\"\nfrom = \"{from}\"\nto = \"{to}\"\n");
    roster.with(&change).text().replace("America/Chicago", zone)
}

/// Waits until `/readyz` names the release.
async fn in_force(hospital: &Hospital, release: &str) {
    let wait = async {
        while hospital.get("/readyz", None).await.json()["time_zones"]["release"] != release {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(WITHIN, wait).await.is_ok(), "{release} is not in force\n{}", hospital.logs());
}

pub async fn an_update_of_the_machine_s_time_zones_holds_from_the_next_page_on() {
    let hospital = Hospital::new().await;
    let zones = hospital.house().parent().unwrap().join("zoneinfo");
    let vancouver = zones.join("America/Vancouver");
    put(&vancouver, &zone_file("CXT3"));
    name_release(&zones, "2099a");
    hospital.env("TZDIR", &zones);
    let now = DateTime::<Utc>::from(SystemTime::now()) - TimeDelta::hours(3);
    hospital
        .write("rosters/privacy.toml", privacy_in("america/vancouver", &now.format("%Y-%m-%d %H:%M").to_string(), 2));
    hospital.serve().await;
    let ready = hospital.get("/readyz", None).await.json();
    assert_eq!(ready["time_zones"], json!({ "release": "2099a", "source": zones }), "{ready}");
    let story = hospital.incident("rumor").await;
    story.at_once().page_in_another_hour(&CHEN, &PRIVACY, BOTH, Opened);
    assert_eq!(story.act(json!({ "action": "acknowledge" })).await.status, 200);
    assert_eq!(recorded(&hospital, "plan-loaded"), 1);

    put(&vancouver, &zone_file("CYT12"));
    name_release(&zones, "2099b");
    in_force(&hospital, "2099b").await;
    plans(&hospital, 2).await;
    let story = hospital.incident("rumor").await;
    story.at_once().page_in_another_hour(&RIVERA, &PRIVACY, BOTH, Opened);
    assert_eq!(story.act(json!({ "action": "acknowledge" })).await.status, 200);

    // A release that changes no zone of the rosters is told and not recorded; a zone that is broken is the one built in.
    put(&zones.join("America/Lima"), &zone_file("CXT5"));
    name_release(&zones, "2099c");
    in_force(&hospital, "2099c").await;
    assert_eq!(recorded(&hospital, "plan-loaded"), 2);
    put(&vancouver, b"TZif2 and no more");
    name_release(&zones, "2099d");
    in_force(&hospital, "2099d").await;
    plans(&hospital, 3).await;

    let out = hospital.house().join("now");
    let said = run(hospital.command(&["audit", "plan", "--out", out.to_str().unwrap()])).await;
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    let built_in = wardbell::domain::zone::Zone::built_in("America/Vancouver").unwrap();
    assert_eq!(fs::read(out.join("tzdata/America/Vancouver")).unwrap(), built_in.bytes());
    let mut command = hospital.command(&["--version"]);
    command.env("TZDIR", &zones);
    let version = String::from_utf8(run(command).await.stdout).unwrap();
    assert!(version.contains("time zones: 2099d, from ") && version.contains("zoneinfo"), "{version}");
    // Older rules of the machine are not used.
    name_release(&zones, "2020a");
    in_force(&hospital, &wardbell::domain::zone::rules::Rules::built_in().edition().release.to_string()).await;
    hospital.judge().await;
}

/// The zone files of a release of PyPI's `tzdata`, or why they are not at hand.
fn of_pypi(version: &str) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tzdata-{version}"));
    let zones = folder.join("tzdata/zoneinfo");
    if zones.join("tzdata.zi").exists() {
        return Ok(zones);
    }
    let python = |args: &[&str]| {
        let output = Command::new("python3").args(args).output().map_err(|error| format!("no python3: {error}"))?;
        let error = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
        if output.status.success() { Ok(()) } else { Err(format!("`python3 {}`: {error}", args.join(" "))) }
    };
    let target = folder.to_str().unwrap();
    let wanted = format!("tzdata=={version}");
    python(&["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", target, &wanted])?;
    Ok(zones)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let path = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &path);
        } else {
            fs::copy(entry.path(), path).unwrap();
        }
    }
}

pub async fn two_pinned_releases_of_the_tz_database_are_swapped_while_the_daemon_runs() {
    let folders = match PINNED.map(of_pypi) {
        [Ok(old), Ok(new)] => [old, new],
        [Err(why), _] | [_, Err(why)] => {
            return skip("two_pinned_releases_of_the_tz_database_are_swapped_while_the_daemon_runs", &why);
        }
    };
    let hospital = Hospital::new().await;
    let home = hospital.house().parent().unwrap().to_owned();
    let [zones, next] = ["zoneinfo", "zoneinfo.new"].map(|name| home.join(name));
    copy(&folders[0], &zones);
    copy(&folders[1], &next);
    // Both are to count, whatever is built in.
    name_release(&zones, "2099a");
    name_release(&next, "2099b");
    hospital.env("TZDIR", &zones);
    // Until 2025b, Vancouver's clocks were to be set back in autumn: then eight in the morning is 16:00 UTC, and else 15:00.
    hospital.write("rosters/privacy.toml", privacy_in("America/Vancouver", "2027-01-15 12:00", 4));
    hospital.serve().await;
    let on_call = async || {
        let path = "/api/v1/oncall?department=privacy&at=2027-01-15T15:30:00Z";
        let answer = hospital.get(path, Some(OPERATOR)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text.contains("\"chen\"")
    };
    assert!(!on_call().await, "by the rules of {}", PINNED[0]);
    fs::rename(&zones, home.join("zoneinfo.old")).unwrap();
    fs::rename(&next, &zones).unwrap();
    in_force(&hospital, "2099b").await;
    assert!(on_call().await, "by the rules of {}", PINNED[1]);
    let mut command = hospital.command(&["oncall", "--department", "privacy", "--at", "2027-01-15T15:30:00Z"]);
    command.env("TZDIR", &zones);
    let told = String::from_utf8(run(command).await.stdout).unwrap();
    assert!(told.contains("Jin Chen"), "{told}");
    hospital.judge().await;
}
