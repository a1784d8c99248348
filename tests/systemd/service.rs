//! The service in its machine: what systemd says of it, what is sent to it, and the mail server and gateway that it pages by.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use wardbell::provider::http_client::client_builder;

use crate::install::{MAIL_PASSWORD, MAIL_PORT, TEXT_PORT, TEXT_TOKEN};
use crate::machine::Machine;
use crate::support::{Message, Shared, SmsGateway, SmtpServer};

/// Words that a source sends and that must stand in no log.
pub const PROTECTED: &[&str] = &["quicksilver-summary", "quicksilver-author", "quicksilver-label", "quicksilver-note"];

/// What a page takes at most here, where others use the machine too. How fast it must be is judged elsewhere.
const PAGED_WITHIN: Duration = Duration::from_secs(15);

/// How soon systemd has it running again.
const RESTARTED_WITHIN: Duration = Duration::from_secs(30);

const BASE: &str = "http://127.0.0.1:8080";

pub struct Service<'m> {
    pub machine: &'m Machine,
    pub shared: Shared,
    client: reqwest::Client,
    _mail: SmtpServer,
    _texts: SmsGateway,
}

/// What people and systems are paged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Mail,
    Text,
}

pub const BOTH: &[By] = &[By::Mail, By::Text];

impl<'m> Service<'m> {
    /// The servers that it pages by; it is not installed yet.
    pub async fn new(machine: &'m Machine) -> Self {
        let account = "AC00000000000000000000000000000000";
        let shared = Shared::new(SystemTime::now).with_mail_login("wardbell", MAIL_PASSWORD);
        let shared = shared.with_sms_account(account, TEXT_TOKEN);
        Self {
            machine,
            client: client_builder().timeout(Duration::from_secs(30)).build().unwrap(),
            _mail: SmtpServer::start(("127.0.0.1", MAIL_PORT), shared.clone()).await.unwrap(),
            _texts: SmsGateway::start(("127.0.0.1", TEXT_PORT), shared.clone()).await.unwrap(),
            shared,
        }
    }

    /// A property of the unit.
    pub fn property(&self, name: &str) -> String {
        self.machine.succeed(&format!("systemctl show wardbell --value --property {name}")).trim().to_owned()
    }

    /// Does something that ends the process, and waits until systemd has started it again; how long that took.
    pub async fn restarted_after(&self, what: &str) -> Duration {
        let before = self.property("MainPID");
        let began = Instant::now();
        self.machine.succeed(&what.replace("$MAINPID", &before));
        loop {
            // In one question: between two, an active process may die.
            let shown = self.machine.succeed("systemctl show wardbell --property=ActiveState --property=MainPID");
            let shows = |line: &str| shown.lines().any(|one| one == line);
            let is_another = !shows(&format!("MainPID={before}")) && !shows("MainPID=0");
            if is_another && shows("ActiveState=active") {
                return began.elapsed();
            }
            assert!(began.elapsed() < RESTARTED_WITHIN, "{what}: {shown} after {before}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    pub async fn readiness(&self) -> (u16, String) {
        let response = self.client.get(format!("{BASE}/readyz")).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub async fn wait_until_ready(&self) {
        let began = Instant::now();
        loop {
            let (status, text) = self.readiness().await;
            if status == 200 {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{status}: {text}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A secret as its file holds it.
    pub fn secret(&self, name: &str) -> String {
        fs::read_to_string(self.machine.file("/etc/wardbell/secrets").join(name)).unwrap()
    }

    /// Sends an incident: the status, and the answer.
    pub async fn send(&self) -> (u16, Value) {
        let incident = json!({
            "class": "emergency-care-request", "summary": PROTECTED[0], "author": PROTECTED[1],
            "labels": { "words": PROTECTED[2] },
        });
        self.post("/api/v1/incidents", "source-intake-form", &incident).await
    }

    /// Sends an incident that is taken; its id.
    pub async fn incident(&self) -> String {
        let (status, answer) = self.send().await;
        assert_eq!(status, 202, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    async fn post(&self, path: &str, secret: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(format!("{BASE}{path}")).bearer_auth(self.secret(secret)).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    /// A page about an incident that came after this instant.
    pub async fn page(&self, id: &str, by: By, after: SystemTime) -> Arc<Message> {
        let fits = |message: &Message| {
            let is_by = match by {
                By::Mail => message.mail().is_some(),
                By::Text => message.sms().is_some(),
            };
            is_by && message.received_at >= after && message.text().contains(id)
        };
        let came = self.shared.inbox().wait_for(fits, PAGED_WITHIN).await;
        came.unwrap_or_else(|error| panic!("no page about {id} by {by:?}: {error}"))
    }

    /// Pages go out: an incident comes in, is paged over these channels, and is resolved.
    pub async fn pages(&self, by: &[By]) {
        let id = self.incident().await;
        for by in by {
            self.page(&id, *by, SystemTime::UNIX_EPOCH).await;
        }
        self.resolve(&id).await;
    }

    pub async fn resolve(&self, id: &str) {
        let action = json!({ "action": "resolve", "note": PROTECTED[3] });
        let (status, answer) =
            self.post(&format!("/api/v1/incidents/{id}/actions"), "operator-platform", &action).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Presses a button of a page's link.
    pub async fn press(&self, page: &Message, action: &str) {
        let link = page.links()[0].replace("https://pages.mercy.example", BASE);
        let response = self.client.post(link).form(&[("action", action), ("note", "")]).send().await.unwrap();
        let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
        assert!(status == 200 && text.contains("Recorded at"), "{status}: {text}");
    }
}
