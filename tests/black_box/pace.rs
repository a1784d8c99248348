//! How fast this machine is at the moment, and what a limit of time is stretched by for that: the one place for it.
//!
//! All the while a thread does, over and over, a round of what a page is made of: it sleeps, computes, has a line
//! written to the disk, and passes a word to and fro with another thread. On an idle machine that takes milliseconds. Where
//! it takes longer the machine is busy, and so it is for the daemon: every limit is stretched by a few rounds, the longest
//! of those that were under way in the time that is judged. So what is late by a second on an idle machine is late.

use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use crate::hospital::lock;

/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(100);

/// A page is a step that is recorded, then tried by text and by mail, and these are recorded: so many rounds.
const ROUNDS_OF_A_PAGE: u32 = 3;

/// As many words as an SMTP conversation has.
const WORDS: usize = 16;

/// What only has to come, so that a story can go on, is waited for so long. How soon it must come is judged elsewhere.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// When each round began, and how long it took.
static ROUNDS: Mutex<Vec<(SystemTime, Duration)>> = Mutex::new(Vec::new());

/// When the round began that is under way.
static UNDER_WAY: Mutex<Option<SystemTime>> = Mutex::new(None);

/// Measures from now on.
pub fn measure() {
    static MEASURES: OnceLock<()> = OnceLock::new();
    MEASURES.get_or_init(|| {
        std::thread::spawn(|| {
            let (mut here, there) = UnixStream::pair().unwrap();
            std::thread::spawn(move || echo(there));
            let mut file = tempfile::tempfile().unwrap();
            loop {
                std::thread::sleep(PAUSE);
                let (at, began) = (SystemTime::now(), Instant::now());
                *lock(&UNDER_WAY) = Some(at);
                round(&mut here, &mut file);
                *lock(&UNDER_WAY) = None;
                lock(&ROUNDS).push((at, began.elapsed()));
            }
        });
    });
}

/// What a limit is stretched by that began at this instant and was kept, or not, at that one.
pub fn allowance(from: SystemTime, to: SystemTime) -> Duration {
    measure();
    let rounds = lock(&ROUNDS);
    // One after another: both their beginnings and their ends are in order.
    let first = rounds.partition_point(|(began, took)| *began + *took < from);
    let end = rounds.partition_point(|(began, _)| *began <= to).max(first);
    let ended = rounds[first..end].iter().map(|(_, took)| *took);
    let under_way = lock(&UNDER_WAY).filter(|began| *began <= to).map(|began| began.elapsed().unwrap_or_default());
    ended.chain(under_way).max().unwrap_or_default() * ROUNDS_OF_A_PAGE
}

/// Whether what began at that instant and took so long has kept its limit.
pub fn is_within(limit: Duration, began: SystemTime, took: Duration) -> bool {
    took <= limit + allowance(began, began + took)
}

/// Waits for something that must come within a limit.
pub async fn within<T>(limit: Duration, what: impl Future<Output = T>) -> Result<T, String> {
    let (began, started) = (SystemTime::now(), Instant::now());
    let mut what = std::pin::pin!(what);
    loop {
        let left = (limit + allowance(began, SystemTime::now())).saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(format!("not within {limit:?}, nor after {:?}", started.elapsed()));
        }
        if let Ok(came) = tokio::time::timeout(left, &mut what).await {
            return Ok(came);
        }
    }
}

/// The longest round so far.
pub fn longest_round() -> Duration {
    lock(&ROUNDS).iter().map(|(_, took)| *took).max().unwrap_or_default()
}

fn round(here: &mut UnixStream, file: &mut std::fs::File) {
    let mut sum = 0_u64;
    for number in 0..200_000_u64 {
        sum = black_box(sum.wrapping_mul(31).wrapping_add(number));
    }
    file.set_len(0).unwrap();
    file.write_all(&sum.to_le_bytes().repeat(128)).unwrap();
    file.sync_data().unwrap();
    let mut word = [0; 8];
    for _ in 0..WORDS {
        here.write_all(&word).unwrap();
        here.read_exact(&mut word).unwrap();
    }
}

fn echo(mut there: UnixStream) {
    let mut word = [0; 8];
    while there.read_exact(&mut word).is_ok() && there.write_all(&word).is_ok() {}
}
