//! A Debian 12 that is booted in a container, with systemd as its first process and a network of its own.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::tools::is_root;

/// What the commands of `deploy/README.md` use, beside systemd.
const PACKAGES: &str = "systemd,systemd-sysv,dbus,sudo,openssl,curl";

const MIRROR: &str = "http://deb.debian.org/debian";

/// On a busy machine too.
const BOOTS_WITHIN: Duration = Duration::from_secs(60);

/// Why no machine can be booted.
pub enum Unable {
    /// Something is not installed, or may not be used.
    Lacks(&'static str),
    /// The system refuses.
    Refused(String),
}

/// It ends with this value, and with the thread that booted it.
pub struct Machine {
    nspawn: Child,
    /// What the container itself says.
    log: PathBuf,
    /// Its first process.
    init: u32,
    /// Two test runs take turns.
    _turn: File,
}

/// What a command said, and how it ended.
pub struct Ran {
    pub code: Option<i32>,
    pub text: String,
}

impl Machine {
    pub fn boot() -> Result<Self, Unable> {
        if !is_root() {
            return Err(Unable::Lacks("root, who alone may boot a machine"));
        }
        for tool in ["debootstrap", "systemd-nspawn", "nsenter", "setpriv"] {
            let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap();
            if !found.status.success() {
                return Err(Unable::Lacks(tool));
            }
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("systemd");
        fs::create_dir_all(&folder).unwrap();
        let turn = File::create(folder.join("turn")).unwrap();
        turn.lock().unwrap();
        let base = made(&folder).map_err(|why| Unable::Refused(format!("debootstrap: {why}")))?;
        let log = folder.join("machine.log");
        let nspawn = started(&base, &log).map_err(Unable::Refused)?;
        let mut machine = Self { nspawn, log, init: 0, _turn: turn };
        machine.wait_until_booted().map_err(Unable::Refused)?;
        Ok(machine)
    }

    /// A file of the machine, as it is seen from outside.
    pub fn file(&self, path: &str) -> PathBuf {
        Path::new(&format!("/proc/{}/root", self.init)).join(path.trim_start_matches('/'))
    }

    /// Runs commands as root, to their end.
    pub fn run(&self, script: &str) -> Ran {
        self.run_as("root", "/", script)
    }

    /// The same; they must succeed. What they said.
    pub fn succeed(&self, script: &str) -> String {
        let ran = self.run(script);
        assert_eq!(ran.code, Some(0), "{script}\n{}", ran.text);
        ran.text
    }

    /// Runs commands as somebody in a folder. They come through standard input, as when they are typed, so that those
    /// behind `sudo -i` go to the shell that this starts.
    pub fn run_as(&self, user: &str, folder: &str, script: &str) -> Ran {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.init.to_string(), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]);
        command.args(["--", "runuser", "--user", user, "--", "env", "--chdir", folder, "HOME=/root", "PAGER=cat"]);
        command.args(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c"]);
        command.arg("exec bash -e 2>&1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = command.spawn().unwrap();
        let mut input = shell.stdin.take().unwrap();
        input.write_all(script.as_bytes()).unwrap();
        drop(input);
        let output = shell.wait_with_output().unwrap();
        Ran { code: output.status.code(), text: String::from_utf8_lossy(&output.stdout).into_owned() }
    }

    /// From now on the sockets of this thread, and of those that it starts, are the machine's.
    pub fn enter_network(&self) {
        let network = File::open(format!("/proc/{}/ns/net", self.init)).unwrap();
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
    }

    fn wait_until_booted(&mut self) -> Result<(), String> {
        let until = Instant::now() + BOOTS_WITHIN;
        while Instant::now() < until {
            if let Some(ended) = self.nspawn.try_wait().unwrap() {
                return Err(format!("systemd-nspawn: {ended}: {}", self.said()));
            }
            if self.init == 0 {
                self.init = child_of(self.nspawn.id()).unwrap_or_default();
            } else if self.is_booted() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("it is not up after {BOOTS_WITHIN:?}: {}", self.said()))
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default().trim().replace('\n', "; ")
    }

    fn is_booted(&self) -> bool {
        let ran = self.run("systemctl is-system-running");
        matches!(ran.text.trim(), "running" | "degraded")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With its first process all others end, and with these all its mounts and what was written.
        if self.init != 0 {
            let _gone = Command::new("kill").args(["-9", &self.init.to_string()]).stderr(Stdio::null()).status();
        } else {
            let _gone = self.nspawn.kill();
        }
        let _ended = self.nspawn.wait();
    }
}

/// The system that each run begins with: made once, and only read.
fn made(folder: &Path) -> Result<PathBuf, String> {
    let base = folder.join("debian12");
    if fs::read_to_string(base.join("etc/made-of")).is_ok_and(|made_of| made_of == PACKAGES) {
        return Ok(base);
    }
    remove(&base);
    let mut debootstrap = Command::new("debootstrap");
    debootstrap.args(["--variant=minbase", &format!("--include={PACKAGES}"), "bookworm"]).arg(&base).arg(MIRROR);
    called(&mut debootstrap)?;
    // Written last: one that was interrupted is made anew.
    fs::write(base.join("etc/made-of"), PACKAGES).unwrap();
    Ok(base)
}

/// It ends when the thread that starts it ends, in whatever way. What is written in it is kept in memory.
fn started(base: &Path, log: &Path) -> Result<Child, String> {
    let log = File::create(log).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "systemd-nspawn", "--quiet", "--boot", "--volatile=overlay"]);
    // Nothing of it is told to a systemd outside, which may not be there.
    command.args(["--keep-unit", "--register=no", "--link-journal=no", "--console=pipe", "--machine=wardbell"]);
    command
        .arg("--private-network")
        .arg("--directory")
        .arg(base)
        .stdin(Stdio::null())
        .stderr(log.try_clone().unwrap())
        .stdout(log);
    command.spawn().map_err(|error| error.to_string())
}

/// The first process of the container, which has its own numbers for processes.
fn child_of(parent: u32) -> Option<u32> {
    let own = fs::read_link("/proc/self/ns/pid").unwrap();
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_child = |process: &u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let spaces = fs::read_link(format!("/proc/{process}/ns/pid"));
        status.contains(&format!("\nPPid:\t{parent}\n")) && spaces.is_ok_and(|space| space != own)
    };
    processes.into_iter().find(is_child)
}

fn remove(folder: &Path) {
    if folder.exists() {
        // It knows better than a walk by path what is of this file system alone.
        called(Command::new("rm").args(["--recursive", "--force", "--one-file-system"]).arg(folder)).unwrap();
    }
}

fn called(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let last = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().rev().take(3).collect::<Vec<_>>().join("; ");
    if output.status.success() { Ok(()) } else { Err(last(&output.stdout) + &last(&output.stderr)) }
}
