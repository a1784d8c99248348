//! Many callers at once, each with a connection of its own, each waiting for its answer before it asks again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::client::{Connection, Template};

/// What callers send.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Each is another matter.
    New,
    /// All are one matter.
    Repeat,
    /// Each is another matter, and its person is paged over all channels.
    OverAllChannels,
    /// Each is another matter of the next of so many departments.
    OfCrowd(u64),
}

/// When they stop.
#[derive(Clone, Copy)]
pub enum Until {
    /// After a time.
    Elapsed(Duration),
    /// After so many requests of all together.
    Count(u64),
}

/// How it went.
pub struct Load {
    /// All answers.
    pub answered: u64,
    /// Answers other than 2xx.
    pub refused: u64,
    lasted: Duration,
    latencies_us: Vec<u32>,
}

impl Load {
    /// Good answers a second.
    pub fn per_second(&self) -> f64 {
        (self.answered - self.refused) as f64 / self.lasted.as_secs_f64()
    }

    /// Of the time until an answer, in milliseconds.
    pub fn percentile(&self, percent: f64) -> f64 {
        percentile(&self.latencies_us, percent)
    }
}

/// Of sorted microseconds, in milliseconds.
pub fn percentile(sorted_us: &[u32], percent: f64) -> f64 {
    let rank = (sorted_us.len() as f64 * percent / 100.0).ceil() as usize;
    sorted_us.get(rank.saturating_sub(1)).map_or(f64::NAN, |us| f64::from(*us) / 1_000.0)
}

/// Numbers that no two requests of a run share.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// Runs that many callers until they stop.
pub async fn load(port: u16, template: &Template, connections: u64, until: Until) -> Result<Load> {
    let mut callers = Vec::new();
    for _ in 0..connections {
        callers.push(Connection::open(port, template).await?);
    }
    let (started, begun) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut tasks = JoinSet::new();
    for caller in callers {
        tasks.spawn(call(caller, Arc::clone(&begun), started, until));
    }
    let (mut refused, mut latencies_us) = (0, Vec::new());
    while let Some(result) = tasks.join_next().await {
        let (of_one, mut latencies) = result??;
        refused += of_one;
        latencies_us.append(&mut latencies);
    }
    let lasted = started.elapsed();
    latencies_us.sort_unstable();
    Ok(Load { answered: latencies_us.len() as u64, refused, lasted, latencies_us })
}

async fn call(
    mut caller: Connection,
    begun: Arc<AtomicU64>,
    started: Instant,
    until: Until,
) -> Result<(u64, Vec<u32>)> {
    let (mut refused, mut latencies) = (0, Vec::with_capacity(4_096));
    loop {
        let goes_on = match until {
            Until::Elapsed(lasting) => started.elapsed() < lasting,
            Until::Count(count) => begun.fetch_add(1, Ordering::Relaxed) < count,
        };
        if !goes_on {
            return Ok((refused, latencies));
        }
        let asked = Instant::now();
        let good = caller.ask(NUMBERS.fetch_add(1, Ordering::Relaxed)).await?;
        refused += u64::from(!good);
        latencies.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}
