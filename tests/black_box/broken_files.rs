//! Files and secrets that are broken or gone when the daemon is started again: whatever it is, what is open is paged on, and
//! the fallback department is paged about it.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::hospital::{CHIEF, Hospital, READER, SOURCE};
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::plan::{CHEN, HOUSE, PRIVACY, RIVERA, Roster, STONE};
use crate::story::{BOTH, By, MAIL, Story};

/// A start on a busy machine, and a second for the step that is overdue by then.
const STARTED_WITHIN: f64 = 20.0;

/// A hospital whose daemon was killed and started again with broken files.
struct Survived {
    hospital: Hospital,
    /// The incident that the fallback department was paged about; somebody has it.
    fault: String,
}

impl Survived {
    /// An incident is open; files break while the process is killed; it starts all the same, goes on paging, and says so.
    async fn new(damage: impl FnOnce(&Hospital), by: &'static [By], said: &[&str]) -> Self {
        let hospital = Hospital::serving().await;
        let story = hospital.incident("photo").await;
        story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
        story.until(1.2).await;
        hospital.kill();
        damage(&hospital);
        let (before, after) = hospital.serve().await;
        story.between(2.0, STARTED_WITHIN).page(&CHEN, &PRIVACY, by, NotAcknowledged);
        story.between(4.0, STARTED_WITHIN + 2.0).page(&STONE, &PRIVACY, by, NotAcknowledged);
        let found = faults(&hospital).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let fault = found[0]["id"].as_str().unwrap().to_owned();
        let about = Story::known(&hospital, &fault, "configuration-broken", (before, after)).of_severity("high");
        about.between(0.0, 2.0).page(&STONE, &HOUSE, by, Opened);
        about.message(&STONE).await;
        let taken = hospital.post_as_chief(&fault, json!({ "action": "acknowledge" })).await;
        assert_eq!(taken.status, 200, "{}", taken.text);
        let summary = hospital.show(&fault).await["timeline"][0].to_string();
        let ready = hospital.get("/readyz", None).await;
        assert_eq!(ready.status, 503, "{}", ready.text);
        let reasons = ready.json()["reasons"].to_string();
        for words in said {
            assert!(summary.contains(words), "the incident should say {words}: {summary}");
            assert!(reasons.contains(words), "readiness should say {words}: {reasons}");
            assert!(hospital.logs().contains(words), "the log should say {words}: {}", hospital.logs());
        }
        story.until(5.0).await;
        waits_for_pages(&hospital, &story).await;
        drop((story, about));
        Self { hospital, fault }
    }

    /// Killed and started again with the same fault, nobody is paged about it a second time.
    async fn once_more(&self) {
        self.hospital.kill();
        self.hospital.serve().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let known: Vec<Value> = faults(&self.hospital).await;
        assert_eq!(known.len(), 1, "{known:?}");
        assert_eq!(known[0]["id"], json!(self.fault));
    }

    /// What was broken is whole again: without a restart, all is well.
    async fn mended(&self) {
        let until = SystemTime::now() + Duration::from_secs(5);
        loop {
            let ready = self.hospital.get("/readyz", None).await;
            if ready.status == 200 {
                break;
            }
            assert!(SystemTime::now() < until, "{}", ready.text);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let metrics = self.hospital.get("/metrics", None).await.text;
        assert!(metrics.contains("\nwardbell_running_on_last_good_plan 0\n"), "{metrics}");
        self.is_noted_as_fixed().await;
    }

    /// The incident says once that all is well; people resolve it.
    async fn is_noted_as_fixed(&self) {
        let until = SystemTime::now() + Duration::from_secs(5);
        loop {
            let shown = self.hospital.show(&self.fault).await;
            let timeline = shown["timeline"].as_array().unwrap();
            let notes = timeline.iter().filter(|moment| moment["type"] == "configuration-fixed").count();
            if notes == 1 {
                assert_eq!(shown["status"], "acknowledged");
                break;
            }
            assert!(notes == 0 && SystemTime::now() < until, "{shown:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn is_on_last_good_plan(&self) {
        let metrics = self.hospital.get("/metrics", None).await.text;
        assert!(metrics.contains("\nwardbell_running_on_last_good_plan 1\n"), "{metrics}");
    }
}

/// The last step of the story has arrived.
async fn waits_for_pages(hospital: &Hospital, story: &Story<'_>) {
    let until = SystemTime::now() + Duration::from_secs(20);
    while story.messages(&STONE).is_empty() || story.messages(&CHEN).is_empty() {
        assert!(SystemTime::now() < until, "the open incident is paged on\n{}", hospital.logs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The incidents about a broken configuration.
pub async fn faults(hospital: &Hospital) -> Vec<Value> {
    let listed = hospital.get("/api/v1/incidents", Some(READER)).await.json();
    let ours = |one: &&Value| one["class"] == "configuration-broken";
    listed["incidents"].as_array().unwrap().iter().filter(ours).cloned().collect()
}

pub fn change(hospital: &Hospital, name: &str, from: &str, to: &str) -> String {
    let before = fs::read_to_string(hospital.house().join(name)).unwrap();
    assert!(before.contains(from), "{name} has no {from}");
    hospital.write(name, before.replace(from, to));
    before
}

pub async fn a_wrong_key_in_an_unrelated_roster_and_a_restart_cost_no_page() {
    let whole = Roster::new(&crate::plan::COMPLIANCE, None).person(&crate::plan::KIM);
    let whole = whole.always("primary", &crate::plan::KIM).text();
    let damage =
        |hospital: &Hospital| drop(change(hospital, "rosters/compliance.toml", "timezone", "emial = 1\ntimezone"));
    let survived = Survived::new(damage, BOTH, &["rosters/compliance.toml:3:1: unknown-key", "last valid"]).await;
    survived.is_on_last_good_plan().await;
    survived.once_more().await;
    let story = survived.hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    survived.hospital.write("rosters/compliance.toml", &whole);
    survived.mended().await;
    let told = survived.hospital.logs();
    let fixed = "INFO `rosters/compliance.toml` is no longer broken, after ";
    assert_eq!(told.matches(fixed).count(), 1, "{told}");
    drop(story);
    // Restarted with whole files, nothing is noted a second time; broken anew, somebody hears of it anew.
    let hospital = &survived.hospital;
    hospital.kill();
    hospital.serve().await;
    survived.is_noted_as_fixed().await;
    hospital.kill();
    hospital.write("rosters/compliance.toml", whole.replace("timezone", "emial = 1\ntimezone"));
    let started = hospital.serve().await;
    let found = faults(hospital).await;
    let new = found.iter().find(|one| one["id"] != json!(survived.fault)).unwrap_or_else(|| panic!("{found:?}"));
    let about =
        Story::known(hospital, new["id"].as_str().unwrap(), "configuration-broken", started).of_severity("high");
    about.between(0.0, 2.0).page(&STONE, &HOUSE, BOTH, Opened);
    about.message(&STONE).await;
    assert_eq!(hospital.post_as_chief(&about.id, json!({ "action": "acknowledge" })).await.status, 200);
    drop(about);
    survived.hospital.judge().await;
}

pub async fn a_stray_copy_and_a_restart_are_nothing_but_a_warning() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, STARTED_WITHIN).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, STARTED_WITHIN + 2.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(1.2).await;
    hospital.kill();
    let privacy = fs::read_to_string(hospital.house().join("rosters/privacy.toml")).unwrap();
    hospital.write("rosters/privacy (1).toml", &privacy);
    hospital.write("rosters/privacy.sync-conflict-20261129-101112-ABCDEFG.toml", &privacy[..privacy.len() / 2]);
    hospital.write("rosters/privacy.toml~", "half a");
    hospital.write("rosters/.#privacy.toml", "lock");
    hospital
        .write("playbooks/photo.bak.toml", fs::read_to_string(hospital.house().join("playbooks/photo.toml")).unwrap());
    hospital.serve().await;
    let ready = hospital.get("/readyz", None).await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    let checked = crate::daemon::run(hospital.command(&["check", "--format", "json"])).await;
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    let codes: Vec<&str> =
        checked["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == "stray-copy").count(), 3, "{codes:?}");
    let of_copies = ["wrong-file-name", "syntax", "ambiguous-playbook", "missing-key"];
    assert!(!codes.iter().any(|code| of_copies.contains(code)), "{codes:?}");
    assert!(faults(&hospital).await.is_empty());
    waits_for_pages(&hospital, &story).await;
    hospital.judge().await;
}

pub async fn the_rosters_are_gone_and_a_restart_costs_no_page() {
    let away = |hospital: &Hospital, to: &str, from: &str| {
        fs::rename(hospital.house().join(from), hospital.house().join(to)).unwrap();
    };
    let survived =
        Survived::new(|hospital| away(hospital, "moved", "rosters"), BOTH, &["cannot read the folder `rosters`"]).await;
    survived.is_on_last_good_plan().await;
    away(&survived.hospital, "rosters", "moved");
    survived.hospital.signal("-HUP");
    survived.mended().await;
    survived.hospital.judge().await;
}

pub async fn a_playbook_that_was_cut_off_and_a_restart_cost_no_page() {
    let mut whole = String::new();
    let damage = |hospital: &Hospital| {
        whole = fs::read_to_string(hospital.house().join("playbooks/photo.toml")).unwrap();
        hospital.write("playbooks/photo.toml", &whole[..whole.len() / 2]);
    };
    let survived = Survived::new(damage, BOTH, &["playbooks/photo.toml"]).await;
    survived.is_on_last_good_plan().await;
    survived.hospital.write("playbooks/photo.toml", whole);
    survived.mended().await;
    survived.hospital.judge().await;
}

pub async fn settings_that_are_not_toml_and_a_restart_cost_no_page() {
    let mut whole = String::new();
    let damage =
        |hospital: &Hospital| whole = change(hospital, "wardbell.toml", "hospital = \"MERCY\"", "hospital = \"MERCY");
    let survived = Survived::new(damage, BOTH, &["wardbell.toml:5:", "restart Wardbell"]).await;
    survived.is_on_last_good_plan().await;
    survived.hospital.write("wardbell.toml", whole);
    survived.mended().await;
    survived.hospital.judge().await;
}

pub async fn a_typo_in_the_settings_and_a_restart_cost_no_page() {
    let damage = |hospital: &Hospital| drop(change(hospital, "wardbell.toml", "[channel.sms]", "[chanel.sms]"));
    let survived = Survived::new(damage, BOTH, &["unknown-key"]).await;
    survived.once_more().await;
    survived.hospital.judge().await;
}

pub async fn an_address_that_is_not_this_machines_and_a_restart_cost_no_page() {
    // Valid, and of a network that no machine has (RFC 5737).
    let damage = |hospital: &Hospital| drop(change(hospital, "wardbell.toml", "127.0.0.1:0", "192.0.2.1:8080"));
    let survived = Survived::new(damage, BOTH, &["cannot listen on 192.0.2.1:8080"]).await;
    survived.hospital.judge().await;
}

pub async fn with_its_whole_folder_gone_and_restarted_it_pages_on() {
    let damage = |hospital: &Hospital| {
        hospital.env("STATE_DIRECTORY", hospital.store());
        fs::rename(hospital.house(), hospital.house().with_extension("away")).unwrap();
        // Secrets come from elsewhere, as they do from systemd.
        hospital.env("CREDENTIALS_DIRECTORY", hospital.house().with_extension("away"));
    };
    let survived = Survived::new(damage, BOTH, &["wardbell.toml"]).await;
    survived.once_more().await;
    let away = survived.hospital.house().with_extension("away");
    fs::rename(away, survived.hospital.house()).unwrap();
    survived.hospital.signal("-HUP");
    survived.mended().await;
    survived.hospital.judge().await;
}

pub async fn without_a_providers_secret_pages_go_by_the_other_channel() {
    for secret in ["", "missing\n"] {
        let damage = |hospital: &Hospital| match secret {
            "" => fs::remove_file(hospital.house().join("secrets/twilio")).unwrap(),
            stands_in => hospital.write("secrets/twilio", stands_in),
        };
        let survived = Survived::new(damage, MAIL, &["no pages are sent by text message", "missing"]).await;
        let hospital = &survived.hospital;
        let metrics = hospital.get("/metrics", None).await.text;
        assert!(metrics.contains("\nwardbell_secret_missing{part=\"channel.sms\"} 1\n"), "{metrics}");
        assert!(metrics.contains("\nwardbell_running_on_last_good_plan 0\n"), "{metrics}");
        // Rosters change as ever.
        assert_eq!(hospital.post("/api/v1/reload", CHIEF, "text/plain", "").await.status, 200);
        hospital.write("secrets/twilio", "twilio-token\n");
        hospital.post("/api/v1/reload", CHIEF, "text/plain", "").await;
        let ready = hospital.get("/readyz", None).await;
        assert!(ready.status == 503 && ready.text.contains("is available again: restart"), "{}", ready.text);
        hospital.kill();
        hospital.serve().await;
        assert_eq!(hospital.get("/readyz", None).await.status, 200);
        survived.is_noted_as_fixed().await;
        let story = hospital.incident("rumor").await;
        story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
        hospital.judge().await;
    }
}

pub async fn without_its_token_a_source_alone_is_refused_and_so_is_an_operator() {
    let damage = |hospital: &Hospital| {
        fs::remove_file(hospital.house().join("secrets/desk")).unwrap();
        hospital.write("secrets/operator", "");
    };
    let said = ["everything from the source `listening-desk` is rejected", "the operator `social-desk` is rejected"];
    let survived = Survived::new(damage, BOTH, &said).await;
    let hospital = &survived.hospital;
    assert_eq!(hospital.send(&json!({ "class": "rumor" })).await.status, 401);
    let acted = hospital.act(&survived.fault, json!({ "action": "note", "note": "x" })).await;
    assert_eq!(acted.status, 401, "{}", acted.text);
    assert!(!hospital.logs().contains(SOURCE));
    hospital.judge().await;
}

pub async fn where_there_was_never_a_plan_broken_files_are_refused_with_all_that_is_wrong() {
    let hospital = Hospital::new().await;
    change(&hospital, "rosters/compliance.toml", "timezone", "timezoen");
    fs::remove_file(hospital.house().join("secrets/twilio")).unwrap();
    let (status, log) = hospital.try_serve().await.expect_err("it does not start");
    assert_eq!(status.code(), Some(64), "{log}");
    assert!(log.contains("unknown-key") && log.contains("missing-secret"), "{log}");
    hospital.judge_now();
}

pub async fn a_copy_of_the_settings_that_cannot_be_kept_is_warned_of_until_it_can() {
    let hospital = Hospital::serving().await;
    let (kept, aside) = (hospital.store().join("last-good"), hospital.store().join("aside"));
    let warned = async |wanted: bool| {
        let until = SystemTime::now() + Duration::from_secs(20);
        loop {
            let ready = hospital.get("/readyz", None).await;
            assert_eq!(ready.status, 200, "it pages all the same: {}", ready.text);
            let words = format!("the copy of wardbell.toml in {} cannot be updated: ", kept.display());
            if ready.text.contains(&words) == wanted {
                break;
            }
            assert!(SystemTime::now() < until, "{wanted}: {}\n{}", ready.text, hospital.logs());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    warned(false).await;
    fs::rename(&kept, &aside).unwrap();
    fs::write(&kept, "no folder").unwrap();
    let before = change(&hospital, "wardbell.toml", "hospital = \"MERCY\"", "hospital = \"GRACE\"");
    warned(true).await;
    // No file changes any more.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    // It goes by itself, and the newest settings are what is kept.
    fs::remove_file(&kept).unwrap();
    warned(false).await;
    let copy = fs::read_to_string(kept.join("wardbell.toml")).unwrap();
    assert!(copy.contains("GRACE"), "{copy}");
    let logs = hospital.logs();
    assert_eq!(logs.matches("cannot be updated").count(), 1, "once an outage: {logs}");
    // The line follows the readiness.
    let until = SystemTime::now() + crate::pace::PATIENCE;
    while !hospital.logs().contains("the copy of wardbell.toml is up to date again") {
        assert!(SystemTime::now() < until, "{}", hospital.logs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The same where it cannot be kept from the start on.
    hospital.write("wardbell.toml", before);
    hospital.kill();
    fs::remove_dir_all(&kept).unwrap();
    fs::write(&kept, "no folder").unwrap();
    hospital.serve().await;
    warned(true).await;
    fs::remove_file(&kept).unwrap();
    warned(false).await;
    assert!(kept.join("wardbell.started.toml").exists());
    hospital.judge_now();
}
