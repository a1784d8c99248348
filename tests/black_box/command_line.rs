//! The commands of the real binary, and how they end.

use std::fs;
use std::net::TcpListener;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::daemon::run;
use crate::hospital::Hospital;
use crate::judge::Reason::{Escalated, Opened};
use crate::plan::{CHEN, COMPLIANCE, DIAZ, HOUSE, KIM, LADDERS, OKAFOR, PRIVACY, RIVERA, Roster, STONE, playbook};
use crate::story::{BOTH, Story};

/// What a command said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub async fn say(hospital: &Hospital, args: &[&str]) -> Said {
    let output = run(hospital.command(args)).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// What a command that speaks to the daemon says on standard output and on standard error, however its lines are broken.
pub async fn ask(hospital: &Hospital, args: &[&str]) -> (String, String) {
    let said = say(hospital, &[args, &["--server", &hospital.base()]].concat()).await;
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    (plain(&said.out), plain(&said.err))
}

/// Results go to standard output, and nothing else is said.
pub async fn fine(hospital: &Hospital, args: &[&str]) -> String {
    let said = say(hospital, args).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{args:?}: {}", said.out);
    said.out
}

/// The reason goes to standard error, and standard output stays empty.
pub async fn refused(hospital: &Hospital, args: &[&str], code: i32) -> String {
    let said = say(hospital, args).await;
    assert_eq!((said.code, said.out.as_str()), (code, ""), "{args:?}: {}", said.err);
    assert!(said.err.contains("error: "), "{args:?}: {}", said.err);
    said.err
}

pub async fn an_operator_works_from_a_shell() {
    let hospital = Hospital::new().await;
    // The commands find the daemon by the configuration, so that its port is fixed before.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    hospital.configure(&format!("127.0.0.1:{port}"));
    hospital.serve().await;
    let desk = hospital.house().join("secrets/desk");
    let desk = desk.to_str().unwrap();
    assert_eq!(fine(&hospital, &["list"]).await, "no incidents\n");

    let before = SystemTime::now();
    let opened = fine(&hospital, &["open", "--class", "rumor", "--token-file", desk, "--format", "json"]).await;
    let receipt: Value = serde_json::from_str(&opened).unwrap();
    let id = receipt["id"].as_str().unwrap();
    let story = Story::known(&hospital, id, "rumor", (before, SystemTime::now()));
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let listed = fine(&hospital, &["list", "--status", "open", "--department", "privacy"]).await;
    assert!(listed.contains(id) && listed.contains("rumor"), "{listed}");
    let shown = fine(&hospital, &["show", id]).await;
    assert!(shown.contains("Paged Maria Rivera (primary) for privacy by "), "{shown}");
    let shown: Value = serde_json::from_str(&fine(&hospital, &["show", id, "--format", "json"]).await).unwrap();
    assert_eq!(shown["id"], id);

    let stopped = "Acknowledged for privacy: paging has stopped. Maria Rivera had been paged.";
    assert_eq!(fine(&hospital, &["act", id, "acknowledge"]).await, format!("{stopped}\n{id} is acknowledged\n"));
    let late = refused(&hospital, &["act", id, "acknowledge"], 1).await;
    assert!(late.to_lowercase().contains("already acknowledged by social-desk at "), "{late}");
    let noted = fine(&hospital, &["act", id, "note", "--note", "Captured"]).await;
    assert_eq!(noted, format!("Noted.\n{id} is acknowledged\n"));
    let over = "Resolved: social-desk had acknowledged privacy. Maria Rivera had been paged.";
    assert_eq!(fine(&hospital, &["act", id, "resolve"]).await, format!("{over}\n{id} is resolved\n"));

    let other = hospital.incident("photo").await;
    other.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    other.until(0.5).await;
    let before = SystemTime::now();
    let escalated = fine(&hospital, &["act", &other.id, "escalate", "--department", "privacy"]).await;
    let paged = "Escalated for privacy: Jin Chen (backup) is paged now by email and SMS.";
    assert_eq!(escalated, format!("{paged}\n{} is open\n", other.id));
    other.after((before, SystemTime::now()), 0.0).page(&CHEN, &PRIVACY, BOTH, Escalated);
    let answer = fine(&hospital, &["act", &other.id, "acknowledge", "--format", "json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["status"], "acknowledged", "{answer}");

    let verified = fine(&hospital, &["audit", "verify"]).await;
    assert!(verified.contains(" records in 1 segment; last hash: "), "{verified}");
    refused(&hospital, &["show", "7Q2K9MXD"], 1).await;
    refused(&hospital, &["open", "--class", "rumor"], 1).await;
    refused(&hospital, &["list", "--server", "http://127.0.0.1:1"], 69).await;
    other.until(2.0).await;
    hospital.judge().await;
    hospital.kill();
    refused(&hospital, &["list"], 69).await;
}

pub async fn wrong_usage_and_unusable_files_are_told_apart() {
    let hospital = Hospital::new().await;
    for args in [&["lsit"][..], &["show", "not a reference"], &["act", "7Q2K9MXD", "note"], &["open"], &["list", "--x"]]
    {
        refused(&hospital, args, 2).await;
    }
    let missing = hospital.house().join("no-such-file");
    let missing = missing.to_str().unwrap();
    refused(&hospital, &["list", "--token-file", missing], 64).await;
    refused(&hospital, &["list", "--config", missing], 64).await;
    refused(&hospital, &["serve", "--config", missing], 64).await;
    refused(&hospital, &["audit", "verify", "--config", missing], 64).await;
    hospital.judge_now();
}

pub async fn a_schema_is_printed_as_it_is_shipped() {
    let hospital = Hospital::new().await;
    for kind in ["roster", "playbook", "ladders", "privacy-reading", "config"] {
        let shipped = format!("{}/deploy/schema/{kind}.json", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(fine(&hospital, &["schema", kind]).await, fs::read_to_string(shipped).unwrap());
    }
    let unknown = refused(&hospital, &["schema", "rosters"], 2).await;
    assert!(unknown.contains("roster"), "{unknown}");
    hospital.judge_now();
}

pub async fn the_manual_has_every_page_that_it_names() {
    let hospital = Hospital::new().await;
    let folder = hospital.house().join("usr/share/man/man1");
    assert_eq!(fine(&hospital, &["man", folder.to_str().unwrap()]).await, "");
    let page = |name: &str| fs::read_to_string(folder.join(format!("{name}.1")));
    assert_eq!(fine(&hospital, &["man"]).await, page("wardbell").unwrap(), "the main page goes to standard output");
    let names: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    for name in ["wardbell.1", "wardbell-check.1", "wardbell-override-add.1", "wardbell-man.1"] {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
    for name in &names {
        let name = name.strip_suffix(".1").unwrap();
        let text = page(name).unwrap().replace("\\fB", "").replace("\\fR", "").replace('\\', "");
        let named: Vec<&str> = text.split("(1)").collect();
        for before in &named[..named.len() - 1] {
            let other = before.rsplit([' ', '\n', ',']).next().unwrap();
            assert!(page(other).is_ok(), "{name} names {other}(1)");
        }
        assert!(text.contains(".SH \"SEE ALSO\"\n") || name == "wardbell", "{text}");
    }
    let Ok(version) = std::process::Command::new("man").arg("--version").output() else {
        println!("skipped: there is no `man` to format the pages");
        return hospital.judge_now();
    };
    assert!(version.status.success());
    for name in &names {
        let args = ["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"];
        let mut man = std::process::Command::new("man");
        let output = man.args(args).arg(folder.join(name)).env("MANWIDTH", "80").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{name}: {said}");
    }
    hospital.judge_now();
}

pub async fn check_names_every_mistake_and_its_place() {
    let hospital = Hospital::new().await;
    // The usual hospital's shortest ladder pages one person alone, which is a mistake of its own.
    let once = "steps = [{ at = \"0s\", page = \"primary\" }]";
    let longer = "steps = [{ at = \"0s\", page = \"primary\" }, { at = \"2s\", page = \"compliance:primary\" }]";
    let alone = say(&hospital, &["check"]).await;
    assert!(alone.code == 1 && alone.out.contains("error[one-person]"), "{}", alone.out);
    hospital.write("playbooks/ladders.toml", LADDERS.replace(once, longer));
    hospital.write("playbooks/unclassified.toml", playbook("unclassified", "moderate", &[&HOUSE, &COMPLIANCE], ""));
    // A source may call a matter graver than its playbook does, and then whoever answers needs a backup.
    for (department, primary, backup) in [(&HOUSE, &STONE, &DIAZ), (&COMPLIANCE, &KIM, &OKAFOR)] {
        let roster = Roster::new(department, None).person(primary).person(backup);
        let roster = roster.always("primary", primary).always("backup", backup);
        hospital.write(&format!("rosters/{}.toml", department.id), roster.text());
    }
    let good = fine(&hospital, &["check", "--format", "json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&good).unwrap()["errors"], 0);
    let roster = Roster::new(&PRIVACY, None).person(&RIVERA).always("primary", &CHEN).with("shift = 1");
    hospital.write("rosters/privacy.toml", roster.text());
    hospital.write("playbooks/leak.toml", "class = \"leak\"\n");
    let said = say(&hospital, &["check", "--format", "json"]).await;
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let found = report["diagnostics"].as_array().unwrap();
    let names = |file: &str, code: &str| {
        found
            .iter()
            .any(|one| one["file"] == file && one["code"] == code && one["line"].is_u64() && one["column"].is_u64())
    };
    assert!(names("rosters/privacy.toml", "unknown-liaison"), "{report:#}");
    assert!(names("rosters/privacy.toml", "unknown-key"), "{report:#}");
    assert!(found.iter().any(|one| one["file"] == "playbooks/leak.toml"), "{report:#}");
    assert_eq!(report["errors"], found.iter().filter(|one| one["severity"] == "error").count());
    let said = say(&hospital, &["check"]).await;
    assert!(said.code == 1 && said.out.contains("rosters/privacy.toml:"), "{}", said.out);
    let served = refused(&hospital, &["serve"], 64).await;
    assert!(served.contains("unknown-liaison"), "{served}");
    hospital.judge_now();
}

pub async fn a_record_that_was_changed_does_not_verify() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
    hospital.terminate(std::time::Duration::from_secs(4)).await;
    fine(&hospital, &["audit", "verify"]).await;
    let segment = fs::read_dir(hospital.store().join("journal")).unwrap().map(|entry| entry.unwrap().path());
    let segment = segment.filter(|path| fs::metadata(path).unwrap().len() > 0).min().unwrap();
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replacen("rivera", "riveta", 1)).unwrap();
    let told = refused(&hospital, &["audit", "verify"], 1).await;
    assert!(told.contains(segment.file_name().unwrap().to_str().unwrap()), "{told}");
}

pub async fn what_turns_text_is_shown_as_its_number_and_names_are_escaped_in_calendars() {
    let hospital = Hospital::serving().await;
    let server = hospital.base();
    let story = hospital.open(json!({ "class": "rumor", "labels": { "unit": "4\u{202e}b" } })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let noted = story.act(json!({ "action": "note", "note": "first\n\u{2066}second" })).await;
    assert_eq!(noted.status, 200, "{}", noted.text);
    let reader = hospital.house().join("secrets/reader");
    let shown =
        fine(&hospital, &["show", &story.id, "--server", &server, "--token-file", reader.to_str().unwrap()]).await;
    assert!(shown.contains("\\u{2066}second"), "{shown}");
    let hidden = |one: char| matches!(one, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{1b}');
    assert!(!shown.contains(hidden), "{shown:?}");

    let roster = fs::read_to_string(hospital.house().join("rosters/privacy.toml")).unwrap();
    hospital.write("rosters/privacy.toml", roster.replace("Privacy Office", "Privacy, Ethics; and more"));
    let calendar = fine(&hospital, &["schedule", "--department", "privacy", "--format", "ics"]).await;
    let unfolded = calendar.replace("\r\n ", "");
    for key in ["NAME", "X-WR-CALNAME"] {
        assert!(unfolded.contains(&format!("\r\n{key}:MERCY Privacy\\, Ethics\\; and more on call\r\n")), "{unfolded}");
    }
    assert!(
        unfolded.contains("SUMMARY:MERCY Privacy\\, Ethics\\; and more\\, primary: Maria Rivera\r\n"),
        "{unfolded}"
    );
    story.until(1.0).await;
    hospital.judge().await;
}
