//! A storm over a whole hospital: a hundred incidents for each person on call, whose messages are bundled; and the list
//! behind the link of somebody for whom thousands of pages wait.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::Bench;
use crate::client::{Connection, Template};
use crate::house::House;
use crate::load::{Kind, Until, load, percentile};
use crate::process::Daemon;
use crate::table::Target;

/// The ladder's second step comes three minutes after its first, and its messages within two more.
const ALL_WITHIN: Duration = Duration::from_secs(600);

/// So often a list is asked for.
const LIST_TIMES: u64 = 200;

/// Nobody gets more messages over one channel than one a minute, unless what is critical is among them.
const BUNDLE_SECONDS: f64 = 60.0;

impl Bench {
    pub fn crowd(&mut self) -> Result<()> {
        self.gateway.answer_after(Duration::ZERO);
        let (open, people) = (self.extent.open, self.extent.people);
        // Each department has a primary and a backup.
        let departments = people / 2;
        let house = House::of_crowd(self.gateway.port, self.mail.port, self.sealed, departments)?;
        let daemon = Daemon::start(&house)?;
        let at_start = daemon.resident_bytes()?;
        drop(self.gateway.take_counts());
        let template = Template::incident(house.port(), Kind::OfCrowd(departments));
        let began = Instant::now();
        let load = self.runtime.block_on(load(house.port(), &template, 64, Until::Count(open)))?;
        ensure!(load.refused == 0, "{} incidents were refused", load.refused);
        wait_for(&daemon, open)?;
        sleep(Duration::from_secs(3));
        let per_incident = daemon.resident_bytes()?.saturating_sub(at_start) as f64 / open as f64;
        let note = format!("{open} open for {people} people, each paged; {} MB at the start", at_start >> 20);
        self.table.row("bundled: memory for an open incident", per_incident, "bytes", Target::AtMost(2_048.0), &note);
        let before = daemon.lateness()?;
        wait_for(&daemon, 2 * open)?;
        let lateness_ms = percentile_of(&before, &daemon.lateness()?, 99.0) * 1_000.0;
        let note = format!("{open} steps, three minutes after they were opened");
        self.table.row("bundled: lateness of steps, p99", lateness_ms, "ms", Target::AtMost(50.0), &note);
        let minutes = (began.elapsed().as_secs_f64() / BUNDLE_SECONDS).ceil();
        let counts = self.gateway.take_counts();
        let most = counts.iter().copied().max().unwrap_or_default();
        let messages: u32 = counts.iter().sum();
        let note = format!("{messages} messages to {} people, {} pages", counts.len(), 2 * open);
        let target = Target::AtMost(minutes + 1.0);
        self.table.row("bundled: messages to one person, the most", f64::from(most), "", target, &note);
        self.end(daemon)
    }

    pub fn lists(&mut self) -> Result<()> {
        for waiting in self.extent.listed {
            let house = House::of_crowd(self.gateway.port, self.mail.port, self.sealed, 1)?;
            let daemon = Daemon::start(&house)?;
            let template = Template::incident(house.port(), Kind::OfCrowd(1));
            let took = self.runtime.block_on(async {
                let load = load(house.port(), &template, 64, Until::Count(waiting)).await?;
                ensure!(load.refused == 0, "{} incidents were refused", load.refused);
                let link = self.gateway.link_to("+13125560000").context("nobody was paged")?;
                let mut connection = Connection::open(house.port(), &Template::link(house.port(), &link)).await?;
                let mut took = Vec::new();
                for number in 0..LIST_TIMES {
                    let asked = Instant::now();
                    ensure!(connection.ask(number).await?, "the link leads nowhere");
                    took.push(u32::try_from(asked.elapsed().as_micros())?);
                }
                Ok(took)
            });
            let mut took = took?;
            took.sort_unstable();
            let note = format!("p99 {:.2} ms", percentile(&took, 99.0));
            let what = format!("a link's page, {waiting} wait for its reader, p50");
            self.table.row(&what, percentile(&took, 50.0), "ms", Target::AtMost(5.0), &note);
            daemon.terminate()?;
        }
        Ok(())
    }
}

fn wait_for(daemon: &Daemon, pages: u64) -> Result<()> {
    let waiting = Instant::now();
    while daemon.accepted_attempts()? < pages {
        ensure!(waiting.elapsed() < ALL_WITHIN, "the pages do not come to an end");
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Of what was counted between two readings of a histogram: within its bucket, all values are thought to be as far apart.
fn percentile_of(before: &[(f64, u64)], after: &[(f64, u64)], percent: f64) -> f64 {
    let since = after.iter().zip(before).map(|((within, after), (_, before))| (*within, after - before));
    let since: Vec<(f64, u64)> = since.collect();
    let rank = since.last().map_or(0.0, |(_, all)| *all as f64 * percent / 100.0);
    let (mut below, mut counted) = (0.0, 0);
    for (within, count) in since {
        if count as f64 >= rank {
            let share = (rank - counted as f64) / (count - counted).max(1) as f64;
            return below + (within - below) * share;
        }
        (below, counted) = (within, count);
    }
    f64::NAN
}
