//! The board of somebody who has signed in: how soon it comes while thousands of incidents are open, and whether many
//! who look at it at once delay pages.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::Bench;
use crate::client::{Connection, Template, find};
use crate::house::PERSON;
use crate::load::{Kind, Until, load, percentile};
use crate::mail::MailServer;
use crate::pages;
use crate::process::Daemon;
use crate::table::Target;

/// So many incidents are open.
const OPEN: u64 = 2_000;

/// So often one person looks.
const LOOKS: u64 = 200;

/// So many people look at once, every second.
const READERS: usize = 50;

/// So many incidents come in while they look, at this pace.
const PAGED: u32 = 250;
const PACE: Duration = Duration::from_millis(20);

/// A code that takes longer does not come.
const CODE_WITHIN: Duration = Duration::from_secs(10);

impl Bench {
    pub fn board(&mut self) -> Result<()> {
        self.gateway.answer_after(Duration::ZERO);
        let house = self.house()?;
        let (port, daemon) = (house.port(), Daemon::start(&house)?);
        let template = Template::incident(port, Kind::New);
        let load = self.runtime.block_on(load(port, &template, 64, Until::Count(OPEN)))?;
        ensure!(load.refused == 0, "{} incidents were refused", load.refused);
        let cookies = self.runtime.block_on(sign_in(port, &self.mail))?;
        let board = Template::page(port, "/board", &cookies);
        let (took, bytes) = self.runtime.block_on(look(port, &board))?;
        let note = format!("{OPEN} open; p99 {:.1} ms", percentile(&took, 99.0));
        self.table.row("a board, whole, p50", percentile(&took, 50.0), "ms", Target::AtMost(50.0), &note);
        self.table.row("a board, its size", bytes as f64 / 1_000.0, "kB", Target::AtMost(150.0), "with its style");
        let incident = Template::incident(port, Kind::OverAllChannels);
        let ways = self.runtime.block_on(async {
            let readers = tokio::spawn(look_together(port, board));
            let ways = pages::measure(port, &incident, PAGED, PACE, &self.gateway.arrivals, &self.mail.arrivals).await;
            readers.abort();
            ways
        })?;
        let note = format!("{READERS} people look at the board at once, every second");
        let (p50, p99) = (percentile(&ways.to_gateway, 50.0), percentile(&ways.to_gateway, 99.0));
        self.table.row("from POST to the gateway meanwhile, p50", p50, "ms", Target::None, &note);
        self.table.row("from POST to the gateway meanwhile, p99", p99, "ms", Target::AtMost(1_000.0), &note);
        self.end(daemon)
    }
}

/// The cookies of somebody who has signed in by a code.
async fn sign_in(port: u16, mail: &MailServer) -> Result<String> {
    let address = format!("address={}", PERSON.replace('@', "%40"));
    let asked = Connection::once(port, &Template::form(port, "/sign-in", "", &address)).await?;
    let asking = cookies(&asked)?;
    let since = Instant::now();
    let code = loop {
        if let Some(code) = mail.code() {
            break code;
        }
        ensure!(since.elapsed() < CODE_WITHIN, "no code came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let form = Template::form(port, "/sign-in/code", &asking, &format!("code={code}"));
    cookies(&Connection::once(port, &form).await?)
}

/// The cookies that an answer sets.
fn cookies(answer: &[u8]) -> Result<String> {
    let head = find(answer, b"\r\n\r\n").context("half an answer")?;
    let head = String::from_utf8_lossy(&answer[..head]);
    let set = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let pairs: Vec<&str> =
        set.filter(|one| !one.contains("Max-Age=0")).filter_map(|one| one.split(';').next()).collect();
    ensure!(!pairs.is_empty(), "no cookie in {head}");
    Ok(pairs.join("; "))
}

/// How long each look took, in microseconds, sorted; and how many bytes came.
async fn look(port: u16, board: &Template) -> Result<(Vec<u32>, usize)> {
    let mut connection = Connection::open(port, board).await?;
    let mut took = Vec::new();
    for number in 0..LOOKS {
        let asked = Instant::now();
        ensure!(connection.ask(number).await?, "no board");
        took.push(u32::try_from(asked.elapsed().as_micros())?);
    }
    took.sort_unstable();
    Ok((took, connection.answer_bytes()))
}

/// All look at once, every second.
async fn look_together(port: u16, board: Template) -> Result<()> {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        let mut readers = JoinSet::new();
        for _ in 0..READERS {
            let board = board.clone();
            readers.spawn(async move { Connection::once(port, &board).await.map(drop) });
        }
        while let Some(read) = readers.join_next().await {
            read??;
        }
    }
}
