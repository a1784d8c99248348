//! One hospital: its files, its mail server and gateway, its daemon, and all pages that its stories expect.

use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;
use wardbell::provider::http_client::client_builder;

use crate::daemon::{Daemon, wardbell};
use crate::judge::{self, Expected};
use crate::plan;
use crate::story::Story;
use crate::support::{Shared, SmsGateway, SmtpServer};

pub const SOURCE: &str = "desk-token-desk-token-desk-token";
pub const OPERATOR: &str = "operator-token-operator-token-00";
pub const CHIEF: &str = "chief-token-chief-token-chief-00";
pub const READER: &str = "reader-token-reader-token-reader";

/// The base of links; its path must be kept. What stands before the daemon takes it off again.
pub const PUBLIC_URL: &str = "https://pages.mercy.example/ward";

pub struct Hospital {
    // It ends before its folder does.
    daemon: Mutex<Option<Daemon>>,
    folder: TempDir,
    store: PathBuf,
    shared: Shared,
    servers: tokio::sync::Mutex<Servers>,
    mail_address: SocketAddr,
    sms_address: SocketAddr,
    starts: Mutex<u32>,
    env: Mutex<Vec<(OsString, OsString)>>,
    files: Mutex<Option<usize>>,
    client: reqwest::Client,
    expected: Mutex<Vec<Expected>>,
    /// The address of each test message that somebody asked for.
    tests: Mutex<Vec<String>>,
    judged: Mutex<bool>,
}

#[derive(Default)]
struct Servers {
    mail: Option<SmtpServer>,
    sms: Option<SmsGateway>,
}

/// What an HTTP request was answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    async fn of(response: reqwest::Response) -> Self {
        Self::try_of(response).await.unwrap()
    }

    async fn try_of(response: reqwest::Response) -> Option<Self> {
        let content_type = response.headers().get("content-type").map_or("", |value| value.to_str().unwrap());
        let (status, content_type) = (response.status().as_u16(), content_type.to_owned());
        Some(Self { status, content_type, text: response.text().await.ok()? })
    }
}

impl Hospital {
    /// The usual files and servers that work; the daemon does not run yet.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shared = Shared::new(SystemTime::now).with_sms_account("AC1", "twilio-token");
        let mail = SmtpServer::start("127.0.0.1:0", shared.clone()).await.unwrap();
        let sms = SmsGateway::start("127.0.0.1:0", shared.clone()).await.unwrap();
        let (mail_address, sms_address) = (mail.local_addr(), sms.local_addr());
        let hospital = Self {
            store: folder.path().join("data"),
            folder,
            shared,
            servers: tokio::sync::Mutex::new(Servers { mail: Some(mail), sms: Some(sms) }),
            mail_address,
            sms_address,
            daemon: Mutex::default(),
            starts: Mutex::default(),
            env: Mutex::default(),
            files: Mutex::default(),
            client: client_builder().timeout(Duration::from_secs(30)).build().unwrap(),
            expected: Mutex::default(),
            tests: Mutex::default(),
            judged: Mutex::default(),
        };
        plan::write_usual(&hospital.house());
        hospital.configure("127.0.0.1:0");
        hospital
    }

    /// The same with the daemon running.
    pub async fn serving() -> Self {
        let hospital = Self::new().await;
        hospital.serve().await;
        hospital
    }

    /// Where the files are.
    pub fn house(&self) -> PathBuf {
        self.folder.path().join("house")
    }

    pub fn config(&self) -> PathBuf {
        self.house().join("wardbell.toml")
    }

    /// Where the daemon keeps its record.
    pub fn store(&self) -> &Path {
        &self.store
    }

    pub fn write(&self, name: &str, text: impl AsRef<str>) {
        fs::write(self.house().join(name), text.as_ref()).unwrap();
    }

    /// Further variables for the daemon's next start.
    pub fn env(&self, name: &str, value: impl Into<OsString>) {
        lock(&self.env).push((name.into(), value.into()));
    }

    /// From its next start on, the daemon may have only so many files open.
    pub fn limit_files(&self, files: usize) {
        *lock(&self.files) = Some(files);
    }

    /// Writes `wardbell.toml`. Sending a text may take two seconds, mail four: then it has failed.
    pub fn configure(&self, listen: &str) {
        let (mail, sms, store) = (self.mail_address, self.sms_address, self.store.display());
        let text = format!(
            r#"
[server]
listen = "{listen}"
public_url = "{PUBLIC_URL}"
hospital = "MERCY"

[store]
path = "{store}"

[fallback]
department = "house"

[channel.email]
host = "{}"
port = {}
tls = "none"
from = "Wardbell <pages@mercy.example>"
timeout = "4s"

[channel.sms]
kind = "twilio"
base_url = "http://{sms}"
account_sid = "AC1"
auth_token_file = "secrets/twilio"
from = "+13125550100"
timeout = "2s"

[paging]
bundle = "0s"

[[source]]
name = "listening-desk"
token_file = "secrets/desk"

[[operator]]
name = "social-desk"
token_file = "secrets/operator"
may = ["read", "act"]

[[operator]]
name = "chief"
token_file = "secrets/chief"
may = ["admin"]

[[operator]]
name = "auditor"
token_file = "secrets/reader"
may = ["read"]
"#,
            mail.ip(),
            mail.port(),
        );
        self.write("wardbell.toml", text);
    }

    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Starts the daemon, and returns when it is ready: the times before and after.
    pub async fn serve(&self) -> (SystemTime, SystemTime) {
        let before = SystemTime::now();
        if let Err((ended, log)) = self.try_serve().await {
            panic!("the daemon ended at its start: {ended}\n{log}");
        }
        (before, SystemTime::now())
    }

    /// The same; where it ends by itself, how, and what it has logged.
    pub async fn try_serve(&self) -> Result<(), (ExitStatus, String)> {
        let start = {
            let mut starts = lock(&self.starts);
            *starts += 1;
            *starts
        };
        let (log, env) = (self.folder.path().join(format!("log-{start}")), lock(&self.env).clone());
        let files = *lock(&self.files);
        let daemon = Daemon::try_start(&self.config(), log, &env, files).await?;
        *lock(&self.daemon) = Some(daemon);
        Ok(())
    }

    /// Goes on with a daemon that was started elsewhere.
    pub fn adopt(&self, daemon: Daemon) {
        *lock(&self.daemon) = Some(daemon);
    }

    pub fn base(&self) -> String {
        self.with_daemon(|daemon| daemon.base.clone())
    }

    /// `kill -9`.
    pub fn kill(&self) {
        self.take_daemon().kill();
    }

    /// The same, if it runs.
    pub fn kill_if_running(&self) {
        drop(lock(&self.daemon).take());
    }

    pub fn signal(&self, signal: &str) {
        self.with_daemon(|daemon| daemon.signal(signal));
    }

    /// SIGTERM, and a clean end within the time; how long it took.
    pub async fn terminate(&self, within: Duration) -> Duration {
        let mut daemon = self.take_daemon();
        let started = tokio::time::Instant::now();
        daemon.signal("-TERM");
        let status = daemon.ended(within).await;
        assert_eq!(status.code(), Some(0), "a clean end\n{}", daemon.log());
        started.elapsed()
    }

    /// What the running daemon has logged, and those before it.
    pub fn logs(&self) -> String {
        let logs = (1..=*lock(&self.starts)).map(|start| self.folder.path().join(format!("log-{start}")));
        logs.map(|log| fs::read_to_string(log).unwrap_or_default()).collect()
    }

    pub async fn stop_mail(&self) {
        self.servers.lock().await.mail.take().unwrap().stop().await;
    }

    pub async fn stop_sms(&self) {
        self.servers.lock().await.sms.take().unwrap().stop().await;
    }

    /// The most connections that the mail server ever had at once.
    pub async fn most_mail_connections(&self) -> usize {
        self.servers.lock().await.mail.as_ref().unwrap().most_connections()
    }

    pub async fn start_mail(&self) {
        let mail = SmtpServer::start(self.mail_address, self.shared.clone()).await.unwrap();
        self.servers.lock().await.mail = Some(mail);
    }

    pub async fn start_sms(&self) {
        let sms = SmsGateway::start(self.sms_address, self.shared.clone()).await.unwrap();
        self.servers.lock().await.sms = Some(sms);
    }

    pub async fn get(&self, path: &str, token: Option<&str>) -> Reply {
        let request = self.client.get(format!("{}{path}", self.base()));
        let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
        Reply::of(request.send().await.unwrap()).await
    }

    pub async fn head(&self, path: &str) -> u16 {
        self.client.head(format!("{}{path}", self.base())).send().await.unwrap().status().as_u16()
    }

    pub async fn post(&self, path: &str, token: &str, kind: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self.client.post(format!("{}{path}", self.base())).bearer_auth(token);
        Reply::of(request.header("content-type", kind).body(body).send().await.unwrap()).await
    }

    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self.client.post(format!("{}{path}", self.base())).form(fields);
        Reply::of(request.send().await.unwrap()).await
    }

    /// Sends an incident, whatever is answered.
    pub async fn send(&self, incident: &Value) -> Reply {
        self.post("/api/v1/incidents", SOURCE, "application/json", incident.to_string()).await
    }

    /// Sends an incident to a daemon that may be gone.
    pub async fn try_send(&self, incident: &Value) -> Option<Reply> {
        let request = self.client.post(format!("{}/api/v1/incidents", self.base())).bearer_auth(SOURCE);
        let response = request.json(incident).send().await.ok()?;
        Reply::try_of(response).await
    }

    /// Opens an incident of that class.
    pub async fn incident(&self, class: &str) -> Story<'_> {
        self.open(json!({ "class": class })).await
    }

    /// Opens an incident.
    pub async fn open(&self, incident: Value) -> Story<'_> {
        Story::open(self, incident).await
    }

    pub async fn show(&self, id: &str) -> Value {
        let reply = self.get(&format!("/api/v1/incidents/{id}"), Some(READER)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    pub async fn act(&self, id: &str, action: Value) -> Reply {
        let path = format!("/api/v1/incidents/{id}/actions");
        self.post(&path, OPERATOR, "application/json", action.to_string()).await
    }

    /// What the chief does, who may all.
    pub async fn post_as_chief(&self, id: &str, action: Value) -> Reply {
        let path = format!("/api/v1/incidents/{id}/actions");
        self.post(&path, CHIEF, "application/json", action.to_string()).await
    }

    /// Adds lines to the end of `wardbell.toml`.
    pub fn configure_more(&self, lines: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        self.write("wardbell.toml", format!("{text}\n{lines}"));
    }

    /// A command line with this hospital's configuration, speaking to its daemon as the operator.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = wardbell();
        command.arg("--config").arg(self.config()).args(args);
        command.env("WARDBELL_TOKEN_FILE", self.house().join("secrets/operator"));
        command
    }

    pub fn expect(&self, expected: Expected) {
        lock(&self.expected).push(expected);
    }

    /// One test message goes to this address.
    pub fn expect_test(&self, address: &str) {
        lock(&self.tests).push(address.to_owned());
    }

    /// Waits until the last page could have come, and then judges all that came: each expected page once, and no other.
    pub async fn judge(&self) {
        loop {
            let now = SystemTime::now();
            let last = lock(&self.expected).iter().map(|expected| expected.latest(now)).max();
            let Some(left) = last.and_then(|last| last.duration_since(now).ok()) else { break };
            tokio::time::sleep(left).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.judge_now();
    }

    /// Judges what came so far.
    pub fn judge_now(&self) {
        *lock(&self.judged) = true;
        if let Err(faults) = self.verdict() {
            panic!("{faults}");
        }
    }

    /// Gives the story up unjudged: the machine was held up, so that what came tells nothing.
    pub fn held_up(&self) -> HeldUp {
        self.judged_elsewhere();
        HeldUp
    }

    /// What came is judged by other means than a list of pages.
    pub fn judged_elsewhere(&self) {
        *lock(&self.judged) = true;
    }

    /// What is wrong with what came so far.
    pub fn verdict(&self) -> Result<(), String> {
        let mut messages = self.shared.inbox().messages();
        // What people are sent who sign in is no page.
        let is_about_access = |text: &str| {
            text.contains("MERCY Wardbell sign-in code") || text.contains("MERCY Wardbell: emergency code")
        };
        messages.retain(|message| !is_about_access(message.text()));
        for address in lock(&self.tests).iter() {
            let is_test = |text: &str| text.starts_with("MERCY Wardbell test ");
            let came = messages.iter().position(|message| is_test(message.text()) && message.is_to(address));
            messages.remove(came.ok_or_else(|| format!("no test came to {address}"))?);
        }
        judge::judge(&lock(&self.expected), &messages)
    }

    /// Nothing is expected any more.
    pub fn forget(&self) {
        lock(&self.expected).clear();
    }

    pub fn with_daemon<T>(&self, ask: impl FnOnce(&Daemon) -> T) -> T {
        ask(lock(&self.daemon).as_ref().unwrap())
    }

    fn take_daemon(&self) -> Daemon {
        lock(&self.daemon).take().unwrap()
    }
}

/// The machine was held up in the middle of a story.
pub struct HeldUp;

impl Drop for Hospital {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(*lock(&self.judged), "a story ends with its judgement");
        }
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
