//! Callers that ask and never read what they are answered, or begin what they never finish.

use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::hospital::{Hospital, SOURCE};
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::plan::{CHEN, PRIVACY, RIVERA, STONE};
use crate::story::{BOTH, Story};

/// So few files that these callers could take them all.
const FILES: usize = 300;

const CALLERS: usize = 220;

/// From when a caller has a place; the longest limit is 15 seconds.
const CUT_WITHIN: Duration = Duration::from_secs(40);

/// Asks for a page of some kilobytes until the other side ends it. What waits here for nobody is small.
async fn ask_without_reading(address: String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    let Ok(mut stream) = socket.connect(address.parse().unwrap()).await else { return };
    while stream.write_all(b"GET /a/nothing HTTP/1.1\r\nhost: w\r\n\r\n").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub async fn callers_that_never_read_their_answers_are_cut_and_delay_no_page() {
    let hospital = Hospital::new().await;
    hospital.limit_files(FILES);
    hospital.serve().await;
    let address = hospital.base().strip_prefix("http://").unwrap().to_owned();
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let (mut callers, started) = (JoinSet::new(), Instant::now());
    for _ in 0..CALLERS {
        callers.spawn(ask_without_reading(address.clone()));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    story.until(5.5).await;
    hospital.judge().await;
    let cut = async { while callers.join_next().await.is_some() {} };
    assert!(timeout(CUT_WITHIN.saturating_sub(started.elapsed()), cut).await.is_ok(), "{} are left", callers.len());
    let later = hospital.incident("rumor").await;
    later.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    later.until(1.0).await;
    hospital.judge().await;
    let logs = hospital.logs();
    assert!(!logs.contains("could not be accepted") && !logs.contains(" ERROR "), "{logs}");
}

pub async fn unfinished_bodies_of_one_source_take_no_place_of_another_and_delay_no_page() {
    let hospital = Hospital::new().await;
    let config = std::fs::read_to_string(hospital.config()).unwrap();
    let other = "other-token-other-token-other-00";
    hospital.write("secrets/other", other);
    hospital.write("wardbell.toml", config + "\n[[source]]\nname = \"other-desk\"\ntoken_file = \"secrets/other\"\n");
    hospital.serve().await;
    let address = hospital.base().strip_prefix("http://").unwrap().to_owned();
    let mut unfinished = Vec::new();
    for _ in 0..30 {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "POST /api/v1/incidents HTTP/1.1\r\nhost: w\r\nauthorization: Bearer {SOURCE}\r\n\
             content-type: application/x-ndjson\r\ncontent-length: 1000000\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        unfinished.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    let lines = format!("{}\n", json!({ "class": "rumor" }));
    let before = SystemTime::now();
    let answer = hospital.post("/api/v1/incidents", other, "application/x-ndjson", lines).await;
    assert!(answer.status == 200 && answer.text.contains("\"status\":202"), "{} {}", answer.status, answer.text);
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let story = Story::known(&hospital, &id, "rumor", (before, SystemTime::now()));
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    // One incident by itself never waits for a place, whoever sends it.
    let single = hospital.incident("rumor").await;
    single.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    single.until(1.0).await;
    hospital.judge().await;
    drop(unfinished);
}
