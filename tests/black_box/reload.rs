//! Files that change while the daemon runs, and what the record tells of them later.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use wardbell::domain::digest::Digest;

use crate::daemon::run;
use crate::hospital::{CHIEF, HeldUp, Hospital, OPERATOR, Reply};
use crate::judge::Reason::{HolderUnreachable, NotAcknowledged, Opened};
use crate::pace;
use crate::plan::{CHEN, COMPLIANCE, DIAZ, Department, KIM, PRIVACY, Person, RIVERA, Roster, STONE, playbook};
use crate::story::{BOTH, MAIL};
use crate::tools::skip;

/// How long a change may take to be in force.
const WITHIN: Duration = Duration::from_secs(4);

/// The privacy office with these two on call.
pub fn privacy(primary: &Person, backup: &Person) -> String {
    let people = [&RIVERA, &CHEN, &DIAZ];
    let roster = people.iter().fold(Roster::new(&PRIVACY, Some(&COMPLIANCE)), |roster, person| roster.person(person));
    roster.always("primary", primary).always("backup", backup).text()
}

/// How many records of that type there are.
pub fn recorded(hospital: &Hospital, kind: &str) -> usize {
    let segments = fs::read_dir(hospital.store().join("journal")).unwrap().map(|entry| entry.unwrap().path());
    let texts = segments.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).map(fs::read_to_string);
    texts.map(|text| text.unwrap().matches(&format!("\"event\":{{\"type\":\"{kind}\"")).count()).sum()
}

/// More often than this in a row, a machine that works is not held up.
const TRIES_MAX: usize = 12;

/// Lives through a story from its start, again where the machine was held up in it.
async fn in_time(story: impl AsyncFn() -> Result<(), HeldUp>) {
    for _ in 0..TRIES_MAX {
        if story().await.is_ok() {
            return;
        }
    }
    panic!("the machine was held up {TRIES_MAX} times: run this on one that is less busy");
}

/// Waits until so many plans are recorded.
pub async fn plans(hospital: &Hospital, count: usize) {
    let wait = async {
        while recorded(hospital, "plan-loaded") < count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(pace::within(WITHIN, wait).await.is_ok(), "no plan {count}\n{}", hospital.logs());
}

async fn reload(hospital: &Hospital, token: &str) -> Reply {
    hospital.post("/api/v1/reload", token, "application/json", "").await
}

/// Reloads, and makes sure that the files on the disk are in force; the watcher may have been quicker.
async fn reloaded(hospital: &Hospital) {
    let reply = reload(hospital, CHIEF).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let answer = reply.json();
    let is_zone = |file: &&Value| file["path"].as_str().unwrap().starts_with("tzdata/");
    for file in answer["files"].as_array().unwrap().iter().filter(|file| !is_zone(file)) {
        let bytes = fs::read(hospital.house().join(file["path"].as_str().unwrap())).unwrap();
        assert_eq!(file["sha256"], Digest::of(&bytes).to_string(), "{file}");
    }
}

/// What `/readyz` warns of, but for the backup that the house supervisors do without.
fn warnings(ready: &Value) -> Value {
    let told = ready["warnings"].as_array().unwrap().iter();
    told.filter(|one| !one.as_str().unwrap().contains("no one is on call as `backup` in `house`")).cloned().collect()
}

pub async fn a_folder_that_was_replaced_holds_and_is_followed_on() {
    in_time(folder_replaced).await;
}

async fn folder_replaced() -> Result<(), HeldUp> {
    let hospital = Hospital::serving().await;
    let house = hospital.house();
    let copy = |name: &str| {
        fs::create_dir(house.join(name)).unwrap();
        for entry in fs::read_dir(house.join("rosters")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, house.join(name).join(path.file_name().unwrap())).unwrap();
        }
    };
    copy("rosters.new");
    hospital.write("rosters.new/privacy.toml", privacy(&RIVERA, &DIAZ));
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&DIAZ, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    fs::rename(house.join("rosters"), house.join("rosters.old")).unwrap();
    fs::rename(house.join("rosters.new"), house.join("rosters")).unwrap();
    plans(&hospital, 2).await;
    // By then the next step may have looked its person up in the files before.
    if story.now() > 1.9 {
        return Err(hospital.held_up());
    }
    story.until(5.2).await;
    // The folder that is there now is followed, and the one that was there before is not.
    hospital.write("rosters.old/privacy.toml", "nonsense");
    hospital.write("rosters/privacy.toml", privacy(&DIAZ, &RIVERA));
    plans(&hospital, 3).await;
    let ready = hospital.get("/readyz", None).await.json();
    assert_eq!(warnings(&ready), json!([]));
    let other = hospital.incident("rumor").await;
    other.at_once().page(&DIAZ, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
    Ok(())
}

pub async fn policies_and_the_lists_of_the_privacy_reading_are_followed_and_recorded() {
    let hospital = Hospital::serving().await;
    plans(&hospital, 1).await;
    fs::create_dir(hospital.house().join("playbooks/policies")).unwrap();
    hospital.write("playbooks/policies/photos.md", "# Photos\n");
    plans(&hospital, 2).await;
    hospital.write("playbooks/policies/photos.md", "# Photos\n\nNone.\n");
    plans(&hospital, 3).await;
    hospital.write("playbooks/privacy-reading.toml", "ordinary = [\"photo\"]\n");
    plans(&hospital, 4).await;
    let files = reload(&hospital, CHIEF).await.json()["files"].clone();
    let paths: Vec<&str> = files.as_array().unwrap().iter().filter_map(|file| file["path"].as_str()).collect();
    for path in ["playbooks/policies/photos.md", "playbooks/privacy-reading.toml"] {
        assert!(paths.contains(&path), "{path} is not in {paths:?}");
    }
    hospital.judge_now();
}

pub async fn a_hole_in_the_duty_is_told_as_soon_as_its_file_is_saved() {
    let hospital = Hospital::serving().await;
    let whole = privacy(&RIVERA, &DIAZ);
    let (people, _) = whole.split_once("[[rotation]]").unwrap();
    hospital.write("rosters/privacy.toml", people);
    reload(&hospital, CHIEF).await;
    let ready = hospital.get("/readyz", None).await;
    let told = ready.json()["warnings"].to_string();
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert!(told.contains("rosters/privacy.toml") && told.contains("coverage-gap"), "{told}");
    hospital.write("rosters/privacy.toml", whole);
    reload(&hospital, CHIEF).await;
    let ready = hospital.get("/readyz", None).await.json();
    assert_eq!(warnings(&ready), json!([]));
    hospital.judge().await;
}

pub async fn folders_elsewhere_are_followed_when_they_are_replaced_and_when_a_link_to_them_is_turned() {
    let hospital = Hospital::new().await;
    let elsewhere = hospital.house().parent().unwrap().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    for version in ["one", "two", "three"] {
        let folder = elsewhere.join(version);
        fs::create_dir(&folder).unwrap();
        for (path, bytes) in on_disk(&hospital) {
            if let Some(name) = path.strip_prefix("rosters/") {
                fs::write(folder.join(name), bytes).unwrap();
            }
        }
    }
    fs::write(elsewhere.join("two/privacy.toml"), privacy(&CHEN, &RIVERA)).unwrap();
    fs::write(elsewhere.join("three/privacy.toml"), privacy(&DIAZ, &RIVERA)).unwrap();
    fs::rename(elsewhere.join("one"), elsewhere.join("rosters")).unwrap();
    let config = fs::read_to_string(hospital.config()).unwrap();
    let rosters = elsewhere.join("rosters");
    hospital.write("wardbell.toml", format!("{config}\n[files]\nrosters = \"{}\"\n", rosters.display()));
    hospital.serve().await;
    // What happens beside the folder is no change.
    fs::write(elsewhere.join("notes.txt"), "what else is there").unwrap();
    fs::rename(&rosters, elsewhere.join("old")).unwrap();
    fs::rename(elsewhere.join("two"), &rosters).unwrap();
    plans(&hospital, 2).await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&CHEN, &PRIVACY, BOTH, Opened);
    assert_eq!(hospital.act(&story.id, json!({ "action": "acknowledge" })).await.status, 200);

    fs::rename(&rosters, elsewhere.join("older")).unwrap();
    std::os::unix::fs::symlink(elsewhere.join("three"), &rosters).unwrap();
    plans(&hospital, 3).await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&DIAZ, &PRIVACY, BOTH, Opened);
    // Behind the link, too, each file is followed.
    fs::write(elsewhere.join("three/privacy.toml"), privacy(&RIVERA, &CHEN)).unwrap();
    plans(&hospital, 4).await;
    let out = hospital.house().join("out");
    let said = run(hospital.command(&["audit", "plan", "--out", out.to_str().unwrap()])).await;
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    let kept = out.join(elsewhere.strip_prefix("/").unwrap()).join("rosters/privacy.toml");
    assert_eq!(fs::read_to_string(kept).unwrap(), privacy(&RIVERA, &CHEN));
    hospital.judge().await;
}

/// The system reports nothing of a file that only a link in the folder leads to, as on a network share.
pub async fn a_roster_behind_a_link_to_a_single_file_is_followed() {
    let hospital = Hospital::new().await;
    let settings = fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", format!("{settings}\n[files]\npoll = \"1s\"\n"));
    let (link, elsewhere) = (hospital.house().join("rosters/privacy.toml"), hospital.house().join("../elsewhere"));
    fs::create_dir(&elsewhere).unwrap();
    let file = elsewhere.join("privacy.toml");
    fs::rename(&link, &file).unwrap();
    std::os::unix::fs::symlink("../../elsewhere/privacy.toml", &link).unwrap();
    hospital.serve().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(0.5).await;
    fs::write(&file, privacy(&DIAZ, &RIVERA)).unwrap();
    plans(&hospital, 2).await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&DIAZ, &PRIVACY, BOTH, Opened);
    // Editors replace the file.
    fs::write(elsewhere.join("new"), privacy(&CHEN, &RIVERA)).unwrap();
    fs::rename(elsewhere.join("new"), &file).unwrap();
    plans(&hospital, 3).await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&CHEN, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
}

pub async fn a_channel_that_is_added_is_used_from_the_next_start_and_delays_nobody_before() {
    let hospital = Hospital::new().await;
    let whole = fs::read_to_string(hospital.config()).unwrap();
    let (before, rest) = whole.split_once("[channel.sms]").unwrap();
    let (_, after) = rest.split_once("[[source]]").unwrap();
    hospital.write("wardbell.toml", format!("{before}[[source]]{after}"));
    hospital.serve().await;
    hospital.write("wardbell.toml", &whole);
    reloaded(&hospital).await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(1.0).await;
    let shown = story.show().await;
    assert_eq!(shown["pages"][0]["attempts"].as_array().unwrap().len(), 1, "{shown:#}");
    hospital.act(&story.id, json!({ "action": "resolve" })).await;
    hospital.terminate(Duration::from_secs(4)).await;
    hospital.serve().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
}

pub async fn a_secret_that_is_not_at_hand_yet_keeps_no_roster_back_and_is_warned_of() {
    let hospital = Hospital::serving().await;
    let config = fs::read_to_string(hospital.config()).unwrap();
    let source = "[[source]]\nname = \"intake-form\"\ntoken_file = \"secrets/intake-form\"\n";
    hospital.write("wardbell.toml", format!("{config}\n{source}"));
    hospital.write("rosters/privacy.toml", privacy(&DIAZ, &RIVERA));
    reloaded(&hospital).await;
    let answer = reload(&hospital, CHIEF).await.json();
    let found = answer["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "missing-secret");
    assert_eq!(found.unwrap()["severity"], "error", "as `check` says: {answer:#}");
    assert!(answer["errors"].as_u64().unwrap() >= 1, "{answer:#}");
    let ready = hospital.get("/readyz", None).await;
    let warning = ready.json()["warnings"][0].as_str().unwrap().to_owned();
    let place = format!("wardbell.toml:{}:", config.lines().count() + 4);
    assert!(ready.status == 200 && warning.starts_with(&place), "{warning}");
    assert!(warning.contains("`secrets/intake-form`; what needs it will be off after a restart"), "{warning}");
    assert!(hospital.logs().contains("what needs this secret will be off after a restart"), "{}", hospital.logs());
    let metrics = hospital.get("/metrics", None).await.text;
    assert!(metrics.contains("\nwardbell_plan_reload_failures_total 0\n"), "{metrics}");
    let story = hospital.incident("rumor").await;
    story.at_once().page(&DIAZ, &PRIVACY, BOTH, Opened);

    // A mistake beside it is refused as ever, and told with it.
    hospital.write("rosters/privacy.toml", privacy(&CHEN, &RIVERA).replace("timezone = ", "timezoen = "));
    let refused = reload(&hospital, CHIEF).await;
    assert!(refused.status == 422 && refused.text.contains("missing-secret"), "{}", refused.text);
    hospital.write("rosters/privacy.toml", privacy(&CHEN, &RIVERA));
    hospital.write("secrets/intake-form", "0123456789abcdef0123456789abcdef");
    reloaded(&hospital).await;
    let left = warnings(&hospital.get("/readyz", None).await.json());
    let only = "these settings have changed: [[source]]. Restart Wardbell to apply them";
    assert_eq!(left, json!([only]));
    let story = hospital.incident("rumor").await;
    story.at_once().page(&CHEN, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
}

pub async fn many_files_at_once_are_one_change_and_an_editors_rename_is_one_too() {
    in_time(many_files_at_once).await;
}

async fn many_files_at_once() -> Result<(), HeldUp> {
    let hospital = Hospital::serving().await;
    assert_eq!((recorded(&hospital, "plan-loaded"), recorded(&hospital, "file-kept")), (1, 12));
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(0.7).await;
    // Until the last of them is written, the files do not fit together.
    let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&NEW], ""));
    for number in 0..8 {
        tokio::time::sleep(Duration::from_millis(40)).await;
        longest = longest.max(last.elapsed());
        last = Instant::now();
        let name = ["compliance", "house"][number % 2];
        let path = hospital.house().join(format!("rosters/{name}.toml"));
        fs::write(&path, fs::read_to_string(&path).unwrap() + "# one more line\n").unwrap();
    }
    let roster = Roster::new(&NEW, Some(&COMPLIANCE)).person(&DIAZ).always("primary", &DIAZ);
    hospital.write("rosters/new.toml", roster.text());
    longest = longest.max(last.elapsed());
    // The files are read once nothing has been written for a while, and then this was in the middle of the writing.
    if longest > Duration::from_millis(250) {
        return Err(hospital.held_up());
    }
    plans(&hospital, 2).await;

    // As an editor saves: the whole text beside the file, and then in its place.
    hospital.write("rosters/.house.toml.swp", "not toml");
    hospital.write("rosters/privacy.toml~", privacy(&RIVERA, &CHEN) + "# edited\n");
    fs::rename(hospital.house().join("rosters/privacy.toml~"), hospital.house().join("rosters/privacy.toml")).unwrap();
    plans(&hospital, 3).await;
    story.until(5.2).await;
    assert_eq!((recorded(&hospital, "plan-loaded"), recorded(&hospital, "file-kept")), (3, 17));
    let metrics = hospital.get("/metrics", None).await.text;
    assert!(metrics.contains("\nwardbell_plan_reload_failures_total 0\n"), "{metrics}");
    // The new department answers what opens from now on.
    let other = hospital.incident("photo").await;
    other.at_once().page(&DIAZ, &NEW, BOTH, Opened);
    assert_eq!(hospital.act(&other.id, json!({ "action": "acknowledge" })).await.status, 200);
    hospital.judge().await;
    Ok(())
}

/// A department that comes later.
const NEW: Department = Department { id: "new", name: "New Department" };

/// A department without a roster is called by its id.
const GONE: Department = Department { id: "privacy", name: "privacy" };

pub async fn a_department_taken_away_while_an_incident_climbs_in_it_is_answered_by_the_fallback() {
    in_time(department_taken_away).await;
}

async fn department_taken_away() -> Result<(), HeldUp> {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&STONE, &GONE, BOTH, NotAcknowledged);
    for name in ["rosters/privacy", "playbooks/photo", "playbooks/leak", "playbooks/rumor", "playbooks/slow"] {
        fs::remove_file(hospital.house().join(format!("{name}.toml"))).unwrap();
    }
    reloaded(&hospital).await;
    // By then the next step may have looked its person up in the files before.
    if story.now() > 1.9 {
        return Err(hospital.held_up());
    }
    story.until(3.0).await;
    let link = story.link(&STONE).await;
    let page = hospital.get(&link, None).await;
    assert!(page.status == 200 && page.text.contains("I have it"), "{}", page.text);
    story.pressed(&STONE, "acknowledge").await;
    story.until(5.2).await;
    hospital.judge().await;
    let shown = story.show().await;
    assert_eq!(shown["tracks"][0]["acknowledged_by"], "stone", "{shown:#}");
    Ok(())
}

pub async fn a_liaison_taken_away_who_has_it_is_followed_by_today_s_primary() {
    let hospital = Hospital::new().await;
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], "act_within = \"2s\""));
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(0.5).await;
    let acknowledged = story.pressed(&RIVERA, "acknowledge").await;
    story.after(acknowledged, 2.0).page(&CHEN, &PRIVACY, BOTH, HolderUnreachable);
    let roster = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&CHEN).always("primary", &CHEN);
    hospital.write("rosters/privacy.toml", roster.text());
    reloaded(&hospital).await;
    story.until(3.6).await;
    // Nobody who is in no roster has it or notes anything.
    let link = story.link(&RIVERA).await;
    let noted = hospital.form(&link, &[("action", "note"), ("note", "Captured the post")]).await;
    assert_eq!(noted.status, 409, "{}", noted.text);
    story.pressed(&CHEN, "acknowledge").await;
    let link = story.link(&CHEN).await;
    let noted = hospital.form(&link, &[("action", "note"), ("note", "Captured the post")]).await;
    assert!(noted.text.contains("Note saved at"), "{}", noted.text);
    story.until(7.0).await;
    hospital.judge().await;
}

pub async fn an_operator_reloads_and_hears_what_is_wrong() {
    let hospital = Hospital::new().await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    hospital.configure(&format!("127.0.0.1:{port}"));
    hospital.serve().await;
    assert_eq!(reload(&hospital, OPERATOR).await.status, 403);
    assert_eq!(reload(&hospital, "nobody").await.status, 401);
    reloaded(&hospital).await;
    let chief = hospital.house().join("secrets/chief");
    let command = |args: &[&str]| {
        let mut command = hospital.command(&[&["reload"], args].concat());
        command.env("WARDBELL_TOKEN_FILE", &chief);
        command
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();

    // Also where the files are broken, and do not themselves say all that the daemon is.
    let broken = privacy(&RIVERA, &CHEN).replace("timezone = ", "timezoen = ");
    hospital.write("rosters/privacy.toml", &broken);
    let said = run(command(&[])).await;
    assert_eq!((said.status.code(), text(&said.stdout).as_str()), (Some(1), ""));
    let told = text(&said.stderr);
    assert!(told.contains("the previous plan stays in force: 1 error, 1 warning"), "{told}");
    assert!(told.contains("error[unknown-key]: ") && told.contains("--> rosters/privacy.toml:3:1\n"), "{told}");
    assert!(told.contains("hint: write `timezone = \""), "{told}");
    let said = run(command(&["--format", "json"])).await;
    let report: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(1));
    let first = &report["diagnostics"][0];
    assert_eq!((&first["line"], &first["column"], &first["code"]), (&json!(3), &json!(1), &json!("unknown-key")));
    let reply = reload(&hospital, CHIEF).await;
    assert_eq!((reply.status, reply.content_type.as_str()), (422, "application/problem+json"), "{}", reply.text);
    assert!(reply.json()["type"].as_str().unwrap().ends_with("bad-files"), "{}", reply.text);
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 200 && ready.text.contains("rosters/privacy.toml:3:1"), "{}", ready.text);
    let metrics = hospital.get("/metrics", None).await.text;
    let failures = metrics.lines().find(|line| line.starts_with("wardbell_plan_reload_failures_total")).unwrap();
    let failures: u64 = failures.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(failures >= 3, "{failures}");

    hospital.write("rosters/privacy.toml", privacy(&CHEN, &RIVERA));
    let said = run(command(&[])).await;
    assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
    let told = text(&said.stdout);
    assert!(told.contains("\n  rosters/privacy.toml\n") || told.starts_with("nothing has changed"), "{told}");
    assert!(told.contains("\n4 rosters, 6 playbooks, "), "{told}");
    assert!(text(&said.stderr).contains("warning[unused-liaison]: `diaz`"), "{}", text(&said.stderr));
    let ready = hospital.get("/readyz", None).await.json();
    assert_eq!(warnings(&ready), json!([]));
    let story = hospital.incident("rumor").await;
    story.at_once().page(&CHEN, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
    assert_eq!(run(hospital.command(&["reload"])).await.status.code(), Some(1), "an operator without `admin`");
    hospital.kill();
    assert_eq!(run(command(&[])).await.status.code(), Some(69));
}

pub async fn check_and_reload_report_the_same_and_a_gap_keeps_no_roster_back() {
    let hospital = Hospital::serving().await;
    let whole = privacy(&RIVERA, &DIAZ);
    let (people, _) = whole.split_once("[[rotation]]").unwrap();
    let people =
        &format!("{}\naway = [{{ from = \"2020-01-01 00:00\", to = \"2020-01-02 00:00\" }}]\n", people.trim_end());
    let (server, chief) = (hospital.base(), hospital.house().join("secrets/chief"));
    let command = |args: &[&str]| {
        let mut command = hospital.command(args);
        command.env("WARDBELL_TOKEN_FILE", &chief);
        run(command)
    };
    // With a gap and warnings, then with a file that is broken beside it.
    let broken = "\n[[liaison]]\nid = \"kim\"\nnmae = \"Soo Kim\"\nemail = \"kim@mercy.example\"\n";
    for (roster, code, is_in_force) in [(people.to_owned(), 0, true), (format!("{people}{broken}"), 1, false)] {
        hospital.write("rosters/privacy.toml", &roster);
        let (checked, reloaded) = loop {
            let minute = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 60;
            let before = minute();
            let checked = command(&["check", "--format", "json"]).await;
            let reloaded = command(&["reload", "--server", &server, "--format", "json"]).await;
            // A gap that is there now begins with the minute.
            if minute() == before {
                break (checked, reloaded);
            }
        };
        assert_eq!((checked.status.code(), reloaded.status.code()), (Some(1), Some(code)), "{roster}");
        let [checked, reloaded]: [Value; 2] =
            [&checked.stdout, &reloaded.stdout].map(|out| serde_json::from_slice(out).unwrap());
        for key in ["errors", "warnings", "diagnostics"] {
            assert_eq!(checked[key], reloaded[key], "{key}");
        }
        let codes: Vec<_> = checked["diagnostics"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
        assert!(codes.contains(&&json!("past-leave")), "{checked:#}");
        assert_eq!(codes.contains(&&json!("overloaded")), is_in_force, "hours are counted in valid files: {checked:#}");
        let gap = checked["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "coverage-gap");
        assert_eq!(gap.map(|gap| &gap["severity"]), is_in_force.then_some(&json!("error")), "{checked:#}");
    }
    hospital.write("rosters/privacy.toml", people);
    let said = command(&["reload", "--server", &server]).await;
    let told = String::from_utf8(said.stdout).unwrap();
    assert!(told.ends_with("; the files are in force despite the errors\n"), "{told}");
    let told = String::from_utf8(said.stderr).unwrap();
    assert!(told.contains("error[coverage-gap]: no one is on call as `primary` in `privacy` from "), "{told}");
    // The gap falls to whom the department escalates to.
    let story = hospital.incident("rumor").await;
    story.at_once().page(&KIM, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
}

pub async fn the_record_brings_back_every_plan_letter_by_letter() {
    let hospital = Hospital::serving().await;
    let mut versions = vec![(SystemTime::now(), on_disk(&hospital))];
    let odd = "# caf\u{e9} \u{1f514} \"quoted\" \\ back\r\n";
    for text in [privacy(&RIVERA, &DIAZ), privacy(&DIAZ, &RIVERA) + odd] {
        hospital.write("rosters/privacy.toml", text);
        reloaded(&hospital).await;
        versions.push((SystemTime::now(), on_disk(&hospital)));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let counts = |hospital: &Hospital| ["plan-loaded", "file-kept"].map(|kind| recorded(hospital, kind));
    assert_eq!(counts(&hospital), [3, 14]);
    // What is as before is not recorded again, and what came while nobody ran is.
    hospital.terminate(Duration::from_secs(4)).await;
    hospital.serve().await;
    assert_eq!(counts(&hospital), [3, 14]);
    hospital.kill();
    hospital.write("rosters/privacy.toml", privacy(&RIVERA, &DIAZ));
    fs::remove_dir_all(hospital.store().join("store")).unwrap();
    hospital.serve().await;
    assert_eq!(counts(&hospital), [4, 14], "a version that came back is named and not kept twice");
    versions.push((SystemTime::now(), on_disk(&hospital)));

    for (number, (at, files)) in versions.iter().enumerate() {
        let at = chrono::DateTime::<chrono::Utc>::from(*at).to_rfc3339();
        let out = hospital.house().join(format!("then-{number}"));
        let said = run(hospital.command(&["audit", "plan", "--at", &at, "--out", out.to_str().unwrap()])).await;
        assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
        let told = String::from_utf8(said.stdout).unwrap();
        assert!(told.starts_with("in force from ") && told.contains("12 files written to "), "{told}");
        assert!(told.contains("  wardbell.toml  (text not in the record)"), "{told}");
        assert_eq!(&below(&out), files, "plan {number}");
        let rules = fs::read(out.join("tzdata/America/Chicago")).unwrap();
        assert!(
            rules.starts_with(b"TZif") && told.contains(&format!("{:.16}", Digest::of(&rules).to_string())),
            "{told}"
        );
    }
    let early = run(hospital.command(&["audit", "plan", "--at", "2020-01-01"])).await;
    assert_eq!(early.status.code(), Some(1));
    let again = hospital.house().join("then-0");
    let again = run(hospital.command(&["audit", "plan", "--out", again.to_str().unwrap()])).await;
    assert_eq!(again.status.code(), Some(2), "a folder that is there is left alone");
    // Also while the files of today are broken.
    hospital.write("rosters/privacy.toml", "broken");
    let said = run(hospital.command(&["audit", "plan", "--format", "json"])).await;
    let plan: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!((plan["files"].as_array().unwrap().len(), &plan["until"]), (13, &Value::Null), "{plan:#}");
    hospital.write("rosters/privacy.toml", privacy(&RIVERA, &DIAZ));
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{}", String::from_utf8_lossy(&verified.stderr));
    hospital.judge_now();
}

/// The rosters and playbooks as they are.
fn on_disk(hospital: &Hospital) -> BTreeMap<String, Vec<u8>> {
    below(&hospital.house())
}

/// The same below another folder.
fn below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for inside in ["rosters", "playbooks"] {
        for entry in fs::read_dir(folder.join(inside)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            files.insert(format!("{inside}/{name}"), fs::read(&path).unwrap());
        }
    }
    files
}

pub async fn what_counts_from_the_next_start_alone_is_not_taken_for_in_force() {
    let hospital = Hospital::serving().await;
    let config = fs::read_to_string(hospital.config()).unwrap();
    hospital.write("secrets/master", "8r1HoHvk7S0cObnkE1RwNnaNoONmmLr3kcLXSxHl76E=");
    hospital.write("wardbell.toml", format!("{config}\n[encryption]\nmaster_key_file = \"secrets/master\"\n"));
    let mut command = hospital.command(&["reload", "--server", &hospital.base()]);
    command.env("WARDBELL_TOKEN_FILE", hospital.house().join("secrets/chief"));
    let said = run(command).await;
    let told = String::from_utf8(said.stderr).unwrap();
    assert!(told.contains("these settings have changed; restart the daemon to apply them\n  [encryption]\n"), "{told}");
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 200 && ready.text.contains("these settings have changed: [encryption]"), "{}", ready.text);
    // Taken back, or after a start, nothing is to be told.
    hospital.write("wardbell.toml", &config);
    let reply = reload(&hospital, CHIEF).await;
    assert_eq!(reply.json()["from_next_start"], json!([]));
    assert!(!hospital.get("/readyz", None).await.text.contains("[encryption]"));
    hospital.judge().await;
}

/// Keeps a file from being opened, as a network disk does that does not answer: for 45 seconds, unless the system is told
/// otherwise (`fs.lease-break-time`).
const LEASE: &str = r#"
    open(my $f, "+<", $ARGV[0]) or die $!;
    $SIG{IO} = "IGNORE";
    fcntl($f, 1024, 1) or die $!;
    $| = 1;
    print "held";
    <STDIN>;
"#;

struct Unanswering(Child);

impl Unanswering {
    fn new(file: &Path) -> Option<Self> {
        let mut perl = Command::new("perl");
        let mut perl = perl.args(["-e", LEASE]).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let is_held = perl.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).is_ok();
        is_held.then_some(Self(perl))
    }
}

impl Drop for Unanswering {
    fn drop(&mut self) {
        // Its input ends, and it does.
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

/// The files are read again and one of them does not answer, until the guard is gone; none where that cannot be had here.
async fn unanswering(hospital: &Hospital, file: &str, name: &str) -> Option<Unanswering> {
    // What the start asks for is read by then.
    plans(hospital, 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let hangs = Unanswering::new(&hospital.house().join(file));
    if hangs.is_none() {
        skip(name, "a file cannot be kept from being opened here (perl, leases)");
        hospital.judge_now();
    }
    hangs
}

async fn is_warned_of(hospital: &Hospital) -> bool {
    let ready = hospital.get("/readyz", None).await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    ready.text.contains("the disk with the configuration files is not responding")
}

pub async fn files_on_a_disk_that_does_not_answer_hold_up_no_page_and_are_warned_of() {
    let (hospital, name) = (Hospital::serving().await, "files_on_a_disk_that_does_not_answer_hold_up_no_page");
    let Some(hangs) = unanswering(&hospital, "wardbell.toml", name).await else { return };
    hospital.signal("-HUP");
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.until(2.5).await;
    story.pressed(&CHEN, "acknowledge").await;
    let until = SystemTime::now() + Duration::from_secs(15);
    while !is_warned_of(&hospital).await {
        assert!(SystemTime::now() < until, "{}", hospital.logs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let reply = reload(&hospital, CHIEF).await;
    assert!(reply.status == 504 && reply.text.contains("Wardbell is still reading the files"), "{}", reply.text);
    drop(hangs);
    reloaded(&hospital).await;
    assert!(!is_warned_of(&hospital).await);
    hospital.judge().await;
}

pub async fn told_to_end_while_the_files_disk_does_not_answer_it_ends_in_time() {
    let (hospital, name) = (Hospital::serving().await, "told_to_end_while_the_files_disk_does_not_answer");
    let file = "rosters/privacy.toml";
    let Some(hangs) = unanswering(&hospital, file, name).await else { return };
    hospital.signal("-HUP");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let took = hospital.terminate(Duration::from_secs(4)).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
    drop(hangs);
    hospital.serve().await;
    let Some(hangs) = unanswering(&hospital, file, name).await else { return };
    // An operator's request that is under way has its ten seconds.
    let mut asked = TcpStream::connect(hospital.base().strip_prefix("http://").unwrap()).await.unwrap();
    let head = "POST /api/v1/reload HTTP/1.1\r\nhost: w\r\ncontent-length: 0\r\nauthorization: Bearer ";
    asked.write_all(format!("{head}{CHIEF}\r\n\r\n").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let took = hospital.terminate(Duration::from_secs(14)).await;
    assert!(took < Duration::from_secs(14), "{took:?}");
    drop(hangs);
    hospital.judge_now();
}
