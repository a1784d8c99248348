//! The daemon as a process of its own, and what the system tells of it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::house::House;

/// A start that takes longer has failed.
const START_WITHIN: Duration = Duration::from_secs(120);

/// An end that takes longer has failed.
const END_WITHIN: Duration = Duration::from_secs(60);

/// How the names of sled's threads begin.
const SLEDS: [&str; 2] = ["sled-io", "log flusher"];

/// By thread: whether it is sled's, and its count.
#[derive(Default)]
pub struct Switches(HashMap<PathBuf, (bool, u64)>);

impl Switches {
    /// How many of them came after others, by the daemon's own threads and by sled's; threads that ended do not count.
    pub fn since(&self, before: &Self) -> (u64, u64) {
        let (mut own, mut sleds) = (0, 0);
        for (task, (is_sleds, count)) in &self.0 {
            let earlier = before.0.get(task).map_or(0, |(_, count)| *count);
            *(if *is_sleds { &mut sleds } else { &mut own }) += count - earlier;
        }
        (own, sleds)
    }
}

/// A running daemon; killed when it goes out of scope.
pub struct Daemon {
    child: Child,
    port: u16,
    /// From the start of the process to the first 200 of `/readyz`.
    pub ready_after: Duration,
}

impl Daemon {
    /// Starts it and waits until it is ready.
    pub fn start(house: &House) -> Result<Self> {
        let log = File::options().create(true).append(true).open(house.log())?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardbell"));
        command.arg("serve").arg("--config").arg(house.settings());
        // As the unit in `deploy/` does.
        command.env("MIMALLOC_PURGE_DELAY", "0");
        // Whoever runs this under systemd would else get a watchdog and its wake-ups.
        command.env_remove("WATCHDOG_USEC").env_remove("NOTIFY_SOCKET").stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let mut daemon = Self { child: command.stderr(log).spawn()?, port: house.port(), ready_after: Duration::ZERO };
        while !is_ready(house.port()) {
            let ended = daemon.child.try_wait()?;
            let log = || fs::read_to_string(house.log()).unwrap_or_default();
            ensure!(ended.is_none(), "the daemon has ended:\n{}", log());
            ensure!(started.elapsed() < START_WITHIN, "the daemon does not become ready:\n{}", log());
            sleep(Duration::from_millis(2));
        }
        daemon.ready_after = started.elapsed();
        Ok(daemon)
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(ExitStatus::success(&status), "the daemon ended with {status}");
                return Ok(());
            }
            ensure!(asked.elapsed() < END_WITHIN, "the daemon does not end");
            sleep(Duration::from_millis(5));
        }
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// How many attempts to hand over a page did not succeed.
    pub fn failed_attempts(&self) -> Result<u64> {
        self.attempts(false)
    }

    /// How many pages were taken over: fewer messages may have carried them.
    pub fn accepted_attempts(&self) -> Result<u64> {
        self.attempts(true)
    }

    /// Of all steps so far, how many came within each time in seconds; the shortest first.
    pub fn lateness(&self) -> Result<Vec<(f64, u64)>> {
        let metrics = get(self.port, "/metrics")?;
        let buckets =
            metrics.lines().filter_map(|line| line.strip_prefix("wardbell_step_lateness_seconds_bucket{le=\""));
        let bucket = |line: &str| {
            let (within, count) = line.split_once("\"} ").context("a figure is missing")?;
            Ok((within.replace("+Inf", "inf").parse()?, count.parse()?))
        };
        buckets.map(bucket).collect()
    }

    fn attempts(&self, accepted: bool) -> Result<u64> {
        let metrics = get(self.port, "/metrics")?;
        let attempts = metrics.lines().filter(|line| line.starts_with("wardbell_attempts_total{"));
        let of_kind = attempts.filter(|line| line.contains(r#"outcome="accepted""#) == accepted);
        of_kind.map(|line| Ok(line.rsplit(' ').next().context("a figure is missing")?.parse::<u64>()?)).sum()
    }

    /// What it has in memory.
    pub fn resident_bytes(&self) -> Result<u64> {
        let kilobytes = field(&self.proc("status"), "VmRSS:")?;
        Ok(kilobytes * 1_024)
    }

    /// How often each of its threads has gone to sleep by itself, and so how often it was woken up.
    pub fn voluntary_switches(&self) -> Result<Switches> {
        let mut switches = Switches::default();
        for task in fs::read_dir(self.proc("task"))? {
            let task = task?.path();
            let count = field(&task.join("status"), "voluntary_ctxt_switches:")?;
            let name = fs::read_to_string(task.join("comm"))?;
            let is_sleds = SLEDS.iter().any(|sleds| name.starts_with(sleds));
            switches.0.insert(task, (is_sleds, count));
        }
        Ok(switches)
    }

    /// How long it has kept the processors busy, by the system's ticks of 10 ms.
    pub fn busy_for(&self) -> Result<Duration> {
        let text = fs::read_to_string(self.proc("stat"))?;
        let (_, after_name) = text.rsplit_once(')').context("the system does not tell")?;
        let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    fn proc(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.child.id()))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended by itself where this fails.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn field(path: &std::path::Path, name: &str) -> Result<u64> {
    let text = fs::read_to_string(path)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)).context("the system does not tell")?;
    Ok(value.trim().trim_end_matches(" kB").parse()?)
}

fn is_ready(port: u16) -> bool {
    get(port, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn get(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
