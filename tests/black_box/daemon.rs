//! The daemon as a process: started, told to end, killed, and never left behind.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use crate::pace;

/// A debug build on a busy machine starts within this.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

pub struct Daemon {
    child: Child,
    log: PathBuf,
    /// Such as `http://127.0.0.1:43210`.
    pub base: String,
}

/// The binary under test, without what the environment might tell it.
pub fn wardbell() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardbell"));
    for name in ["WARDBELL_CONFIG", "WARDBELL_TOKEN_FILE", "JOURNAL_STREAM", "NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end; the clock of the test goes on meanwhile.
pub async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

impl Daemon {
    /// Starts it, with so many files that it may have open, and returns when it is ready; where it ends by itself, how, and what it has logged.
    pub async fn try_start(
        config: &Path,
        log: PathBuf,
        env: &[(OsString, OsString)],
        files: Option<usize>,
    ) -> Result<Self, (ExitStatus, String)> {
        let mut command = wardbell();
        if let Some(files) = files {
            let binary = command.get_program().to_owned();
            let mut limited = Command::new("prlimit");
            limited.arg(format!("--nofile={files}")).arg(binary).stdin(Stdio::null());
            for (name, _) in command.get_envs() {
                limited.env_remove(name);
            }
            command = limited;
        }
        command.arg("serve").arg("--config").arg(config).envs(env.iter().cloned());
        command.stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let mut daemon = Self { child: command.spawn().unwrap(), log, base: String::new() };
        let until = Instant::now() + STARTS_WITHIN;
        loop {
            if let Some(address) = address(&daemon.log()) {
                daemon.base = format!("http://{address}");
                return Ok(daemon);
            }
            if let Some(ended) = daemon.child.try_wait().unwrap() {
                return Err((ended, daemon.log()));
            }
            assert!(Instant::now() < until, "the daemon is not ready in time\n{}", daemon.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// One that was started otherwise, and listens there; what it logs goes elsewhere.
    #[allow(dead_code, reason = "the stories under fire start theirs in one way")]
    pub fn of(child: Child, base: String) -> Self {
        Self { child, log: PathBuf::new(), base }
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap();
        assert!(status.success(), "kill {signal}");
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let ended = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let ended = pace::within(within, ended).await;
        ended.unwrap_or_else(|late| panic!("the daemon has not ended: {late}\n{}", self.log()))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}---", self.log.display(), self.log());
        }
    }
}

fn address(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.contains(" ready address="))?;
    line.split("address=").nth(1)?.split_whitespace().next().map(str::to_owned)
}
