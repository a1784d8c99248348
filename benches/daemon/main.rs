//! `cargo bench`: what the real daemon does on this machine, measured over HTTP, each figure beside its target.
//!
//! `cargo bench -- quick` measures shorter and with fewer incidents; `load`, `pages`, `open`, `crowd` and `board` choose parts of
//! it; with `sealed`, what sources send is encrypted at rest.
//! Everything happens on 127.0.0.1 and in a folder below `target/`, which is removed at the end.

mod board;
mod client;
mod crowd;
mod disk;
mod gateway;
mod house;
mod load;
mod mail;
mod pages;
mod process;
mod table;

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use tokio::runtime::Runtime;

use crate::client::Template;
use crate::gateway::Gateway;
use crate::house::House;
use crate::load::{Kind, Until, load};
use crate::mail::MailServer;
use crate::process::Daemon;
use crate::table::{Table, Target};

/// A gateway in use answers after about this long; pages then neither pile up on the processor nor cost nothing.
const GATEWAY_ANSWERS_AFTER: Duration = Duration::from_millis(50);

/// Incidents that come in while the way of pages is measured.
const PAGED_PER_SECOND: u32 = 50;

/// How much is measured.
struct Extent {
    load_for: Duration,
    pages: u32,
    open: u64,
    people: u64,
    listed: [u64; 2],
    idle_for: Duration,
}

const WHOLE: Extent = Extent {
    load_for: Duration::from_secs(4),
    pages: 500,
    open: 100_000,
    people: 1_000,
    listed: [2_000, 14_000],
    idle_for: Duration::from_secs(20),
};

const QUICK: Extent = Extent {
    load_for: Duration::from_secs(1),
    pages: 100,
    open: 10_000,
    people: 100,
    listed: [200, 1_400],
    idle_for: Duration::from_secs(5),
};

/// What all measurements use.
struct Bench {
    runtime: Runtime,
    gateway: Arc<Gateway>,
    mail: Arc<MailServer>,
    extent: Extent,
    sealed: bool,
    table: Table,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let named = |name: &str| arguments.iter().any(|argument| argument == name);
    let parts = ["load", "pages", "open", "crowd", "board"];
    let options = ["quick", "sealed"];
    if let Some(unknown) = arguments.iter().find(|one| !options.iter().chain(&parts).any(|known| known == one)) {
        bail!("`{unknown}` is none of `quick`, `sealed`, `load`, `pages`, `open`, `crowd` and `board`");
    }
    let wanted = |part: &str| named(part) || !parts.iter().any(|part| named(part));
    let (quick, sealed) = (named("quick"), named("sealed"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let gateway = runtime.block_on(Gateway::start())?;
    let mail = runtime.block_on(MailServer::start())?;
    let extent = if quick { QUICK } else { WHOLE };
    let mut bench = Bench { runtime, gateway, mail, extent, sealed, table: Table::default() };
    print_head(quick, sealed);
    bench.yardsticks()?;
    if wanted("load") {
        bench.idle()?;
        bench.load()?;
    }
    if wanted("pages") {
        bench.way_of_pages()?;
    }
    if wanted("open") {
        bench.many_open()?;
    }
    if wanted("crowd") {
        bench.crowd()?;
        bench.lists()?;
    }
    if wanted("board") {
        bench.board()?;
    }
    bench.table.end();
    Ok(())
}

fn print_head(quick: bool, sealed: bool) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let length = if quick { "a short run" } else { "a whole run" };
    println!("wardbell {}, {length}; {cores} cores, shared by the daemon and its callers", env!("CARGO_PKG_VERSION"));
    println!("encryption at rest: {}", if sealed { "on" } else { "off" });
    println!("an incident: about 0.8 KB of JSON with an `event_id`; the log, at level info, goes to a file as text");
    println!("a playbook: one department, one step, one person paged by SMS; the gateway answers after");
    println!("{GATEWAY_ANSWERS_AFTER:?} under load and at once elsewhere; the way of pages: SMS and e-mail at once");
    println!();
}

impl Bench {
    fn house(&self) -> Result<House> {
        House::build(self.gateway.port, self.mail.port, self.sealed)
    }

    fn yardsticks(&mut self) -> Result<()> {
        let house = self.house()?;
        for together in [1, 16, 256] {
            let rate = disk::records_per_second(house.path(), together, self.extent.load_for / 4)?;
            let what = format!("the disk: records of 1 KB, {together} an fdatasync");
            self.table.row(&what, rate, "/s", Target::None, "");
        }
        let template = Template::page_to_gateway(self.gateway.port);
        let until = Until::Elapsed(self.extent.load_for / 4);
        let load = self.runtime.block_on(load(self.gateway.port, &template, 32, until))?;
        let note = format!("p99 {:.2} ms", load.percentile(99.0));
        self.table.row("the bench's own gateway, 32 connections", load.per_second(), "/s", Target::None, &note);
        Ok(())
    }

    fn idle(&mut self) -> Result<()> {
        let house = self.house()?;
        let daemon = Daemon::start(&house)?;
        sleep(Duration::from_secs(2));
        let before = daemon.voluntary_switches()?;
        sleep(self.extent.idle_for);
        let (own, sleds) = daemon.voluntary_switches()?.since(&before);
        let per_minute = |switches: u64| switches as f64 * 60.0 / self.extent.idle_for.as_secs_f64();
        self.table.row("idle: wake-ups", per_minute(own), "/min", Target::AtMost(0.0), "");
        let note = "its seven threads sleep too while there is nothing to write";
        self.table.row("idle: wake-ups inside sled", per_minute(sleds), "/min", Target::None, note);
        daemon.terminate()
    }

    fn load(&mut self) -> Result<()> {
        self.gateway.answer_after(GATEWAY_ANSWERS_AFTER);
        let house = self.house()?;
        let daemon = Daemon::start(&house)?;
        for (kind, words) in [(Kind::New, "new incidents"), (Kind::Repeat, "repeats, folded in")] {
            for connections in [1, 32, 256] {
                let target = match (kind, connections) {
                    (Kind::New, 256) => Target::AtLeast(10_000.0),
                    _ => Target::None,
                };
                let template = Template::incident(house.port(), kind);
                let until = Until::Elapsed(self.extent.load_for);
                let busy_before = daemon.busy_for()?;
                let load = self.runtime.block_on(load(house.port(), &template, connections, until))?;
                ensure!(load.refused == 0, "{} incidents were refused", load.refused);
                let busy_us = (daemon.busy_for()? - busy_before).as_micros() as f64 / load.answered as f64;
                let (p50, p99) = (load.percentile(50.0), load.percentile(99.0));
                let note = format!("p50 {p50:.2} ms, p99 {p99:.2} ms; {busy_us:.0} us of processor each");
                let what = format!("{words}, {connections} connections");
                self.table.row(&what, load.per_second(), "/s", target, &note);
            }
        }
        self.end(daemon)
    }

    fn way_of_pages(&mut self) -> Result<()> {
        self.gateway.answer_after(Duration::ZERO);
        let house = self.house()?;
        let daemon = Daemon::start(&house)?;
        let template = Template::incident(house.port(), Kind::OverAllChannels);
        let pace = Duration::from_secs(1) / PAGED_PER_SECOND;
        let ways = self.runtime.block_on(async {
            // The first pages also open the connections.
            pages::measure(house.port(), &template, 20, pace, &self.gateway.arrivals, &self.mail.arrivals).await?;
            let count = self.extent.pages;
            pages::measure(house.port(), &template, count, pace, &self.gateway.arrivals, &self.mail.arrivals).await
        })?;
        for (where_to, way, p50, p99) in [
            ("gateway", &ways.to_gateway, Target::AtMost(2.0), Target::AtMost(20.0)),
            ("mail server", &ways.to_mail, Target::None, Target::None),
        ] {
            let at = format!("at {PAGED_PER_SECOND} a second");
            self.table.row(&format!("from POST to the {where_to}, p50"), load::percentile(way, 50.0), "ms", p50, &at);
            self.table.row(&format!("from POST to the {where_to}, p99"), load::percentile(way, 99.0), "ms", p99, &at);
        }
        self.end(daemon)
    }

    /// Figures count only where every page was taken over at the first attempt.
    fn end(&self, daemon: Daemon) -> Result<()> {
        let failed = daemon.failed_attempts()?;
        ensure!(failed == 0, "{failed} attempts to hand over a page did not succeed");
        daemon.terminate()
    }

    fn many_open(&mut self) -> Result<()> {
        self.gateway.answer_after(Duration::ZERO);
        let (open, house) = (self.extent.open, self.house()?);
        let daemon = Daemon::start(&house)?;
        let at_start = daemon.resident_bytes()?;
        let template = Template::incident(house.port(), Kind::New);
        let load = self.runtime.block_on(load(house.port(), &template, 64, Until::Count(open)))?;
        ensure!(load.refused == 0, "{} incidents were refused", load.refused);
        let waiting = Instant::now();
        while daemon.accepted_attempts()? < open {
            ensure!(waiting.elapsed() < Duration::from_secs(300), "the pages do not come to an end");
            sleep(Duration::from_millis(100));
        }
        sleep(Duration::from_secs(3));
        let per_incident = (daemon.resident_bytes()?.saturating_sub(at_start)) as f64 / open as f64;
        let note = format!("{open} open, each paged; {} MB at the start", at_start >> 20);
        self.table.row("memory for an open incident", per_incident, "bytes", Target::AtMost(2_048.0), &note);
        let note = format!("{open} open");
        self.end(daemon)?;
        let daemon = Daemon::start(&house)?;
        let seconds = daemon.ready_after.as_secs_f64();
        self.table.row("ready again after SIGTERM", seconds, "s", Target::AtMost(2.0), &note);
        daemon.kill()?;
        let daemon = Daemon::start(&house)?;
        let seconds = daemon.ready_after.as_secs_f64();
        self.table.row("ready again after kill -9", seconds, "s", Target::AtMost(2.0), &note);
        daemon.terminate()
    }
}
