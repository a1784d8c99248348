//! A thousand connections that are slow or never finish, and floods, while an incident comes in and is paged.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::hospital::{Hospital, SOURCE};
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::pace;
use crate::plan::{CHEN, PRIVACY, RIVERA, STONE};
use crate::story::BOTH;

/// Of each kind so many at once.
const EACH: usize = 150;

/// A connection that does nothing useful is cut within this: the longest limit is 15 seconds, for a head.
const CUT_WITHIN: Duration = Duration::from_secs(25);

/// What the floods may cost: some tens of kilobytes a connection.
const GROWTH_MAX_KB: u64 = 96 << 10;

/// What a bad caller does: it says this at once, and then this again and again.
struct Caller {
    says: String,
    drips: &'static [u8],
    every: Duration,
}

fn callers() -> Vec<Caller> {
    let post = |more: &str| {
        format!(
            "POST /api/v1/incidents HTTP/1.1\r\nhost: w\r\nauthorization: Bearer {SOURCE}\r\ncontent-type: application/json\r\n{more}"
        )
    };
    let head = "GET /healthz HTTP/1.1\r\nhost: w\r\n";
    let caller = |says: String, drips, every| Caller { says, drips, every: Duration::from_millis(every) };
    vec![
        // Silent, a letter a second of a head that never ends, and kept open without a request.
        caller(String::new(), b"", 1_000),
        caller(head.to_owned(), b"x", 1_000),
        caller(format!("{head}\r\n"), b"", 1_000),
        // A body that is announced and comes a letter a second, or not, or is a lie.
        caller(post("content-length: 200000\r\n\r\n{"), b" ", 1_000),
        caller(post("content-length: 1073741824\r\n\r\n"), b"", 1_000),
        caller(post("transfer-encoding: chunked\r\n\r\n"), b"1\r\n \r\n", 500),
        // As fast as it can: a head without end, and a chunked body without end.
        caller(
            head.to_owned(),
            b"x-flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
            5,
        ),
    ]
}

pub async fn a_thousand_slow_connections_and_floods_delay_no_page_and_are_cut() {
    let hospital = Hospital::serving().await;
    let address = hospital.base().strip_prefix("http://").unwrap().to_owned();
    let (rss, files) = (hospital.resident_kb(), hospital.open_files());
    let (mut bad, started) = (JoinSet::new(), Instant::now());
    for caller in callers().into_iter().map(Arc::new) {
        for _ in 0..EACH {
            bad.spawn(misbehave(address.clone(), Arc::clone(&caller)));
            // Not faster than they are accepted: of those that find the system's queue full the daemon never hears.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let all = bad.len();
    let (mut most_rss, mut most_files, mut slowest) = (0, 0, Duration::ZERO);
    let mut stories = Vec::new();
    // While they last: first they come, then they drip.
    while started.elapsed() < Duration::from_secs(8) {
        let asked = Instant::now();
        let story = hospital.open(json!({ "class": "rumor" })).await;
        slowest = slowest.max(asked.elapsed());
        story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
        stories.push(story);
        most_rss = most_rss.max(hospital.resident_kb());
        most_files = most_files.max(hospital.open_files());
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert!(most_files >= files + EACH * 4, "they did not all come: {files} files before, {most_files} with them");
    assert!(most_files <= files + all + 100, "{files} files before, {most_files} with {all} connections");
    assert!(most_rss <= rss + GROWTH_MAX_KB, "{rss} KB before, {most_rss} KB with {all} connections");
    // Every one of them is cut in time, by the daemon.
    let cut = async { while bad.join_next().await.is_some() {} };
    let left = CUT_WITHIN.saturating_sub(started.elapsed());
    assert!(pace::within(left, cut).await.is_ok(), "{} are not cut after {CUT_WITHIN:?}", bad.len());
    let lasted = started.elapsed();
    hospital.judge().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (after, left) = (hospital.resident_kb(), hospital.open_files());
    assert!(left <= files + 20, "{files} files before, {left} after");
    println!(
        "flood: {all} connections, at most {most_files} files and {rss} -> {most_rss} KB ({after} KB after), all cut \
         after {lasted:.1?}; {} incidents meanwhile, the slowest answered and shown after {slowest:.0?}",
        stories.len()
    );
}

pub async fn where_few_files_may_be_open_connections_leave_enough_for_pages() {
    const FILES: usize = 300;
    let hospital = Hospital::new().await;
    hospital.limit_files(FILES);
    hospital.serve().await;
    let address = hospital.base().strip_prefix("http://").unwrap().to_owned();
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let mut silent = Vec::new();
    for _ in 0..FILES + 100 {
        silent.push(TcpStream::connect(&address).await.unwrap());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    story.until(1.9).await;
    let most = hospital.open_files();
    assert!((FILES / 2..FILES - 100).contains(&most), "{most} files");
    story.until(5.5).await;
    drop(silent);
    let later = hospital.incident("rumor").await;
    later.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    later.until(1.0).await;
    hospital.judge().await;
    let logs = hospital.logs();
    assert!(!logs.contains("could not be accepted") && !logs.contains(" ERROR "), "{logs}");
}

/// Goes on until the other side ends it.
async fn misbehave(address: String, caller: Arc<Caller>) {
    let Ok(mut stream) = TcpStream::connect(address).await else { return };
    let _gone = stream.write_all(caller.says.as_bytes()).await;
    let (mut from, mut to) = stream.split();
    let drip = async {
        loop {
            tokio::time::sleep(caller.every).await;
            if to.write_all(caller.drips).await.is_err() {
                return;
            }
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = drip => {}
        _ended = from.read_to_end(&mut answer) => {}
    }
}

impl Hospital {
    /// The memory that the daemon holds.
    pub fn resident_kb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.with_daemon(|daemon| daemon.id()))).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many files and connections the daemon has open.
    pub fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.with_daemon(|daemon| daemon.id()))).unwrap().count()
    }
}
