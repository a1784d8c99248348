//! The story of one incident: when it opened, which pages it must lead to, and what people do about them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::hospital::{Hospital, PUBLIC_URL, Reply};
use crate::judge::{Expected, Reason};
use crate::pace;
use crate::plan::{Department, Person, page_title};
use crate::support::{Message, TimedOut};

/// Instants are kept in whole milliseconds, and machines round.
const SLACK: Duration = Duration::from_millis(2);

/// The channels of a page.
pub const BOTH: &[By] = &[By::Sms, By::Mail];
pub const SMS: &[By] = &[By::Sms];
pub const MAIL: &[By] = &[By::Mail];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Sms,
    Mail,
}

pub struct Story<'h> {
    hospital: &'h Hospital,
    pub id: String,
    class: String,
    severity: String,
    drill: bool,
    /// It opened between these two.
    opened: (SystemTime, SystemTime),
}

/// A span of time, in which pages are expected.
pub struct Window<'s> {
    story: &'s Story<'s>,
    from: SystemTime,
    to: SystemTime,
    optional: bool,
    bundled: bool,
}

impl<'h> Story<'h> {
    pub async fn open(hospital: &'h Hospital, incident: Value) -> Self {
        let before = SystemTime::now();
        let reply = hospital.send(&incident).await;
        let after = SystemTime::now();
        assert_eq!(reply.status, 202, "{}", reply.text);
        let answer = reply.json();
        // The playbook that was chosen says what the pages are about.
        let class = answer["playbook"].as_str().unwrap().to_owned();
        let id = answer["id"].as_str().unwrap().to_owned();
        let story = Self::known(hospital, &id, &class, (before, after));
        let drill = incident["drill"].as_bool().unwrap_or(false);
        let severity = hospital.show(&story.id).await["severity"].as_str().unwrap().to_owned();
        Self { drill, ..story.of_severity(&severity) }
    }

    /// The same in another severity.
    pub fn of_severity(self, severity: &str) -> Self {
        Self { severity: severity.to_owned(), ..self }
    }

    /// An incident that was opened by other means, of a moderate class.
    pub fn known(hospital: &'h Hospital, id: &str, class: &str, opened: (SystemTime, SystemTime)) -> Self {
        assert!(id.len() == 8 && id.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte)), "{id}");
        let (id, class, severity) = (id.to_owned(), class.to_owned(), "moderate".to_owned());
        Self { hospital, id, class, severity, drill: false, opened }
    }

    /// Seconds since the opening.
    pub fn now(&self) -> f64 {
        self.opened.1.elapsed().unwrap_or_default().as_secs_f64()
    }

    /// Waits until so many seconds after the opening.
    pub async fn until(&self, seconds: f64) {
        let at = self.opened.1 + Duration::from_secs_f64(seconds);
        tokio::time::sleep(at.duration_since(SystemTime::now()).unwrap_or_default()).await;
    }

    /// Pages come at the opening.
    pub fn at_once(&self) -> Window<'_> {
        self.between(0.0, 1.0)
    }

    /// Pages come between so many seconds after the opening and so many.
    pub fn between(&self, from: f64, to: f64) -> Window<'_> {
        let (before, after) = self.opened;
        self.during(before + Duration::from_secs_f64(from), after + Duration::from_secs_f64(to))
    }

    /// Pages come so many seconds after something that happened between these two instants, and within a second.
    pub fn after(&self, (before, after): (SystemTime, SystemTime), seconds: f64) -> Window<'_> {
        let pause = Duration::from_secs_f64(seconds);
        self.during(before + pause, after + pause + Duration::from_secs(1))
    }

    pub fn during(&self, from: SystemTime, to: SystemTime) -> Window<'_> {
        Window { story: self, from: from - SLACK, to, optional: false, bundled: false }
    }

    /// The story goes on in another severity.
    pub fn rises_to(&mut self, severity: &str) {
        severity.clone_into(&mut self.severity);
    }

    /// The story goes on under another playbook.
    pub fn becomes(&mut self, class: &str, severity: &str) {
        class.clone_into(&mut self.class);
        self.rises_to(severity);
    }

    /// The latest message to a person about this incident, once there is one.
    pub async fn message(&self, person: &Person) -> Arc<Message> {
        let newest = || {
            let mut messages = self.messages(person);
            messages.pop()
        };
        let found: Result<_, TimedOut> = self.hospital.shared().inbox().wait_until(newest, pace::PATIENCE).await;
        found.unwrap_or_else(|error| panic!("a page to {}: {error}", person.name))
    }

    /// All messages to a person about this incident.
    pub fn messages(&self, person: &Person) -> Vec<Arc<Message>> {
        let mut messages = self.hospital.shared().inbox().messages();
        messages.retain(|message| {
            (message.is_to(person.email) || message.is_to(person.sms)) && message.text().contains(&self.id)
        });
        messages
    }

    /// The path of the link that a person was sent last, as it is behind the proxy.
    pub async fn link(&self, person: &Person) -> String {
        let links = self.message(person).await.links();
        links[0].strip_prefix(PUBLIC_URL).unwrap().to_owned()
    }

    /// A person presses a button of the page behind the link that they were sent last.
    pub async fn press(&self, person: &Person, action: &str) -> Reply {
        let link = self.link(person).await;
        self.hospital.form(&link, &[("action", action), ("note", "")]).await
    }

    /// A person writes something down on the page behind the link that they were sent last.
    pub async fn press_note(&self, person: &Person, note: &str) -> Reply {
        let link = self.link(person).await;
        self.hospital.form(&link, &[("action", "note"), ("note", note)]).await
    }

    /// A press that counts; the times before and after.
    pub async fn pressed(&self, person: &Person, action: &str) -> (SystemTime, SystemTime) {
        let before = SystemTime::now();
        let reply = self.press(person, action).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(reply.text.contains("Recorded at"), "{}", reply.text);
        (before, SystemTime::now())
    }

    /// What the operator does to it.
    pub async fn act(&self, action: Value) -> Reply {
        self.hospital.act(&self.id, action).await
    }

    pub async fn show(&self) -> Value {
        self.hospital.show(&self.id).await
    }

    /// Waits until providers have taken over so many of its pages, each over both channels; the identifiers of their messages.
    pub async fn taken_over(&self, pages: usize) -> Vec<String> {
        self.taken_over_by(2 * pages).await
    }

    /// The same for so many messages.
    pub async fn taken_over_by(&self, messages: usize) -> Vec<String> {
        let until = SystemTime::now() + pace::PATIENCE;
        loop {
            let shown = self.show().await;
            let attempts =
                shown["pages"].as_array().unwrap().iter().flat_map(|page| page["attempts"].as_array().unwrap());
            let taken = attempts.filter(|attempt| attempt["outcome"] == "accepted");
            let ids: Vec<String> = taken.map(|attempt| attempt["provider_id"].to_string()).collect();
            if ids.len() >= messages {
                return ids;
            }
            assert!(SystemTime::now() < until, "{} of its messages are taken over: {shown:#}", ids.len());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The types of all that happened to it, in order, without attempts.
    pub async fn timeline(&self) -> Vec<Value> {
        self.show().await["timeline"].as_array().unwrap().clone()
    }
}

impl Window<'_> {
    /// The pages may be missing.
    pub fn perhaps(self) -> Self {
        Self { optional: true, ..self }
    }

    /// The pages may come in messages about several incidents.
    pub fn bundled(self) -> Self {
        Self { optional: true, bundled: true, ..self }
    }

    /// One page to one person for one department's track, over these channels.
    pub fn page(&self, person: &'static Person, department: &'static Department, by: &[By], reason: Reason) -> &Self {
        self.expect(person, department, by, reason, Some(self.story.opened.0))
    }

    /// The same where the daemon's clock shows another hour, and with it the time to answer by.
    pub fn page_in_another_hour(
        &self,
        person: &'static Person,
        department: &'static Department,
        by: &[By],
        reason: Reason,
    ) -> &Self {
        self.expect(person, department, by, reason, None)
    }

    fn expect(
        &self,
        person: &'static Person,
        department: &'static Department,
        by: &[By],
        reason: Reason,
        opened_at: Option<SystemTime>,
    ) -> &Self {
        for by in by {
            let story = self.story;
            story.hospital.expect(Expected {
                incident: story.id.clone(),
                severity: story.severity.clone(),
                title: page_title(&story.class),
                drill: story.drill,
                opened_at,
                person,
                department,
                by: *by,
                reason,
                from: self.from,
                to: self.to,
                optional: self.optional,
                bundled: self.bundled,
            });
        }
        self
    }
}
