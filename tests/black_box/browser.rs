//! People at the pages, in a real browser: `tests/browser/walk.mjs` walks, and asks here for what arrived by mail and text.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::hospital::{Hospital, PUBLIC_URL};
use crate::pace;
use crate::plan::{ADVOCACY, CHEN, COMPLIANCE, PRIVACY, RIVERA, Roster, playbook};
use crate::sign_in::codes;
use crate::tools::chromium;

const WORDS: &str = "Night shift done. So proud of the man in bed 12: he walked the whole hall with me.";

const RUMOR: &str = "Patient information posted by staff";

const COMPLAINT: &str = "Complaint about care";

const DESK: &str = "s.ng@mercy.example";

const GROUP: &str = "[[group]]\nname = \"social-desk\"\nmay = [\"see\", \"see-protected\", \"open\", \"act\", \"draft\"]\n\
    people = [\"s.ng@mercy.example\"]\n";

/// What somebody who has an incident finds behind the link.
const AT_HAND: &str = "policy = [\"social-media\", \"photography\"]\n[[statement]]\nname = \"reply\"\nready = true\n\
    text = \"As of {time} on {date}, our clinic is {state}.\"\nchoices = { state = [\"open\", \"closed\"] }\n";

pub async fn people_find_their_way_in_a_real_browser() {
    let (Some(browser), Some(modules)) = (chromium(), modules()) else {
        eprintln!(
            "SKIPPED the pages in a real browser: there is no Chromium, no Node, or no `npm ci` in target/browser"
        );
        return;
    };
    let hospital = Hospital::new().await;
    let base = format!("http://127.0.0.1:{}", free_port());
    hospital.configure(base.trim_start_matches("http://"));
    let config = std::fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", config.replace(PUBLIC_URL, &base) + GROUP);
    let order = "notify = [{ by = \"sms\" }, { by = \"email\", after = \"10m\" }]\n";
    let privacy = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person_with(&RIVERA, order).person(&CHEN);
    hospital.write("rosters/privacy.toml", privacy.always("primary", &RIVERA).always("backup", &CHEN).text());
    std::fs::create_dir_all(hospital.house().join("playbooks/policies")).unwrap();
    for name in ["photography", "public-page", "social-media", "who-speaks"] {
        let path = format!("playbooks/policies/{name}.md");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(&path);
        hospital.write(&path, std::fs::read_to_string(shipped).unwrap());
    }
    for (class, title, department) in [("rumor", RUMOR, &PRIVACY), ("complaint", COMPLAINT, &ADVOCACY)] {
        let text = playbook(class, "moderate", &[department], AT_HAND);
        hospital.write(&format!("playbooks/{class}.toml"), text.replace(&format!("The matter of {class}"), title));
    }
    hospital.serve().await;
    let posted = json!({
        "class": "rumor", "summary": WORDS, "url": "https://social.example/p/1", "author": "@nurse_k", "network": "x",
        "facility": "mercy-la", "reach": 5_200, "flags": ["breach"], "labels": { "desk": "night" },
    });
    let accepted = hospital.send(&posted).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    let other = hospital.send(&json!({ "class": "complaint", "summary": "They never called back", "reach": 40 })).await;
    assert_eq!(other.status, 202, "{}", other.text);
    let begin = json!({
        "incident": accepted.json()["id"], "words": WORDS, "desk": DESK,
        "rivera": { "name": RIVERA.name, "email": RIVERA.email, "sms": RIVERA.sms },
        "chen": { "name": CHEN.name, "email": CHEN.email, "sms": CHEN.sms },
    });
    let node = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/walk.mjs"))
        .env("WARDBELL_BASE", &base)
        .env("WARDBELL_MODULES", modules)
        .env("WARDBELL_CHROMIUM", browser)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let faults = walk(&hospital, node, begin).await;
    assert_eq!(faults, "", "\n{faults}\n{}", hospital.logs());
    hospital.judged_elsewhere();
}

/// Answers what the walk asks until it ends, and returns what it found wrong. It ends by itself if it hangs.
async fn walk(hospital: &Hospital, mut node: Child, begin: Value) -> String {
    let mut answers = node.stdin.take().unwrap();
    let mut errors = node.stderr.take().unwrap();
    let faults = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text).unwrap()
    });
    let mut questions = BufReader::new(node.stdout.take().unwrap()).lines();
    let mut seen = Vec::new();
    while let Some(line) = block_in_place(|| questions.next()) {
        let question: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let answer = match (question["link"].as_str(), question["code"].as_str()) {
            (Some(to), _) => json!(newest_link(hospital, to).await),
            (_, Some(to)) => json!(new_code(hospital, to, &mut seen).await),
            _ => begin.clone(),
        };
        writeln!(answers, "{answer}").unwrap();
    }
    let ended = block_in_place(|| node.wait()).unwrap();
    let found = faults.join().unwrap();
    if ended.success() { String::new() } else { format!("{found}({ended})") }
}

async fn newest_link(hospital: &Hospital, to: &str) -> String {
    let newest = || hospital.shared().inbox().messages_to(to).last()?.links().first().cloned();
    hospital.shared().inbox().wait_until(newest, pace::PATIENCE).await.unwrap()
}

/// The next code that came to an address and was not asked for yet.
async fn new_code(hospital: &Hospital, to: &str, seen: &mut Vec<(String, String)>) -> String {
    let before = seen.iter().filter(|(address, _)| address == to).count();
    let next = || codes(hospital, to).get(before).cloned();
    let code = hospital.shared().inbox().wait_until(next, pace::PATIENCE).await.unwrap();
    seen.push((to.to_owned(), code.clone()));
    code
}

/// Where `.ci/run` installs what the walk is written with.
fn modules() -> Option<PathBuf> {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser/node_modules");
    let has_node = std::process::Command::new("node").arg("--version").output().is_ok();
    (has_node && modules.join("puppeteer-core").is_dir()).then_some(modules)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
