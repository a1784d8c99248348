//! Whoever reads the log may stop, and strangers may try to fill it: neither holds up a page.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;

use crate::daemon::{Daemon, wardbell};
use crate::hospital::{Hospital, SOURCE};
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::plan::{ADVOCACY, CHEN, OKAFOR, PRIVACY, RIVERA, STONE};
use crate::story::{BOTH, MAIL, SMS};
use crate::watcher::value;

/// What a pipe takes that nobody reads.
const PIPE_BYTES: usize = 64 << 10;

/// More than the lines that wait for their reader.
const REPEATS: usize = 6_000;

pub async fn a_log_that_nobody_reads_delays_no_page_and_no_end_and_readiness_says_so() {
    let hospital = Hospital::new().await;
    let address = {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        free.local_addr().unwrap().to_string()
    };
    hospital.configure(&address);
    let config = std::fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", config + "\n[log]\nlevel = \"debug\"\n");
    let (unread, mut pipe) = std::io::pipe().unwrap();
    pipe.write_all(&[b'\n'; PIPE_BYTES]).unwrap();
    let mut command = wardbell();
    command.arg("serve").arg("--config").arg(hospital.config()).stdout(Stdio::null()).stderr(pipe);
    hospital.adopt(Daemon::of(command.spawn().unwrap(), format!("http://{address}")));
    drop(command);
    let listens = async {
        while TcpStream::connect(&address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), listens).await.expect("it starts all the same");
    while hospital.get("/readyz", None).await.status != 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let other = hospital.open(json!({ "class": "complaint", "dedup_key": "again and again" })).await;
    other.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    // Each repeat is a line.
    let lines = format!("{}\n", json!({ "class": "complaint", "dedup_key": "again and again" })).repeat(REPEATS);
    let folded = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines).await;
    assert_eq!(folded.text.matches("\"status\":202").count(), REPEATS);
    story.until(5.2).await;
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 200 && ready.text.contains("the log is not read fast enough"), "{}", ready.text);
    assert!(value(&hospital, "wardbell_log_lines_dropped_total").await > Some(0.0));
    hospital.judge().await;
    let ended = hospital.terminate(Duration::from_secs(20)).await;
    assert!(ended < Duration::from_secs(10), "{ended:?}");
    drop(unread);
}

pub async fn the_log_tells_the_life_of_an_incident_in_sentences() {
    let hospital = Hospital::serving().await;
    hospital.stop_sms().await;
    let story = hospital.open(json!({ "class": "photo", "summary": "MARKER", "drill": true })).await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(0.5).await;
    hospital.start_sms().await;
    story.between(0.5, 7.0).page(&RIVERA, &PRIVACY, SMS, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.until(2.9).await;
    story.pressed(&CHEN, "acknowledge").await;
    story.press_note(&CHEN, "MARKER").await;
    story.act(json!({ "action": "resolve", "note": "MARKER" })).await;
    story.until(3.5).await;
    let logs = hospital.logs();
    let lines: Vec<&str> = logs.lines().collect();
    let mut from = 0;
    for wanted in [
        " INFO {}: drill opened by listening-desk as photo, severity high, for privacy",
        " INFO {}: paging rivera (primary) for privacy by email and SMS line=rosters/privacy.toml:",
        " INFO {}: SMS to rivera failed (provider unreachable), retrying in ",
        " INFO {}: escalating to chen (backup) for privacy by email and SMS: not acknowledged in time line=",
        " INFO {}: acknowledged by chen for privacy",
        " INFO {}: note by chen for privacy",
        " INFO {}: resolved by social-desk",
    ] {
        let wanted = wanted.replace("{}", &story.id);
        let found = lines[from..].iter().position(|line| line.contains(&wanted));
        from += found.unwrap_or_else(|| panic!("no line says `{wanted}` after line {from}:\n{logs}")) + 1;
    }
    for sent in ["email to rivera", "SMS to chen", "email to chen"] {
        let sent = format!(" INFO {}: {}{} accepted in ", story.id, sent[..1].to_uppercase(), &sent[1..]);
        let line = lines.iter().find(|line| line.contains(&sent)).unwrap_or_else(|| panic!("{sent}\n{logs}"));
        assert!(line.ends_with(" ms") || line.ends_with(" s"), "{line}");
    }
    for secret in ["MARKER", "@mercy.example", "+1312", "/a/"] {
        assert!(!logs.contains(secret), "{secret}\n{logs}");
    }
    // What needs nobody is no warning.
    assert!(!logs.lines().any(|line| line.contains(&story.id) && line.contains(" WARN ")), "{logs}");
    hospital.judge_now();
}

pub async fn strangers_cannot_fill_the_log_with_wrong_links_and_tokens() {
    let hospital = Hospital::serving().await;
    for number in 0..100 {
        assert_eq!(hospital.get(&format!("/a/{number:024}"), None).await.status, 404);
        assert_eq!(hospital.get("/api/v1/incidents", Some("no token of anybody")).await.status, 401);
    }
    let logs = hospital.logs();
    for words in ["somebody opened a link that does not exist", "a request had no valid token"] {
        assert!((1..=5).contains(&logs.matches(words).count()), "{words}\n{logs}");
    }
    let counted = async {
        while hospital.logs().matches("more times within a minute").count() < 2 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(70), counted).await.expect("the others are counted");
    let logs = hospital.logs();
    let sums: Vec<&str> = logs.lines().filter(|line| line.contains("more times within a minute")).collect();
    assert!(sums.iter().all(|line| line.contains(": 95 more times")), "{sums:?}");
    hospital.judge_now();
}
