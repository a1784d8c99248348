//! The way of pages: from the POST to their arrival at the gateway and at the mail server.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::client::{Connection, Template};

/// A page that takes longer does not come.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// When pages came in, by their incidents' references.
#[derive(Default)]
pub struct Arrivals(Mutex<HashMap<[u8; 8], Instant>>);

impl Arrivals {
    /// Notes the arrival of a page; the first counts.
    pub fn note(&self, reference: [u8; 8], at: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(reference).or_insert(at);
    }

    fn of(&self, reference: &[u8; 8]) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(reference).copied()
    }
}

/// How long pages took, in microseconds, sorted.
pub struct Ways {
    pub to_gateway: Vec<u32>,
    pub to_mail: Vec<u32>,
}

/// Sends incidents at a steady pace and waits for their pages.
pub async fn measure(
    port: u16,
    template: &Template,
    count: u32,
    pace: Duration,
    gateway: &Arrivals,
    mail: &Arrivals,
) -> Result<Ways> {
    let mut connection = Connection::open(port, template).await?;
    let (started, mut sent) = (Instant::now(), Vec::new());
    for number in 0..count {
        tokio::time::sleep_until((started + pace * number).into()).await;
        let posted = Instant::now();
        // No number of another load is as high.
        let good = connection.ask(900_000_000_000 + u64::from(count) * 1_000 + u64::from(number)).await?;
        ensure!(good, "an incident was refused");
        sent.push((connection.reference()?, posted));
    }
    let all_sent = Instant::now();
    let is_here = |reference: &[u8; 8]| gateway.of(reference).is_some() && mail.of(reference).is_some();
    while !sent.iter().all(|(reference, _)| is_here(reference)) {
        ensure!(all_sent.elapsed() < ARRIVES_WITHIN, "not all pages came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ways = |arrivals: &Arrivals| {
        let took = sent.iter().filter_map(|(reference, posted)| Some(arrivals.of(reference)?.duration_since(*posted)));
        let mut took: Vec<u32> = took.map(|took| u32::try_from(took.as_micros()).unwrap_or(u32::MAX)).collect();
        took.sort_unstable();
        took
    };
    Ok(Ways { to_gateway: ways(gateway), to_mail: ways(mail) })
}
