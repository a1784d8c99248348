//! What came against what was expected: each expected page once, in its time, saying what it must; and no other.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use crate::hospital::PUBLIC_URL;
use crate::pace;
use crate::plan::{Department, Person};
use crate::story::By;
use crate::support::Message;

/// The playbooks' `acknowledge_within`.
const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(600);

/// A page over one channel.
#[derive(Debug, Clone)]
pub struct Expected {
    pub incident: String,
    pub severity: String,
    pub title: String,
    pub drill: bool,
    /// None where the daemon's clock shows another time.
    pub opened_at: Option<SystemTime>,
    pub person: &'static Person,
    pub department: &'static Department,
    pub by: By,
    pub reason: Reason,
    pub from: SystemTime,
    pub to: SystemTime,
    pub optional: bool,
    /// It may come in a message about several incidents: then the record says that it did.
    pub bundled: bool,
}

/// Why somebody is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Opened,
    NotAcknowledged,
    Repeated,
    Declined,
    Unreachable,
    NobodyFound,
    Escalated,
    SeverityRose,
    Reclassified,
    Reopened,
    NotActedOn,
    HolderUnreachable,
    LastResort,
    HandedOver,
    NotTakenOver,
    Overdue,
    Owed,
    Approval,
}

impl Reason {
    fn words(self) -> &'static str {
        match self {
            Self::Opened => "new incident",
            Self::NotAcknowledged => "no one has acknowledged yet",
            Self::Repeated => "still no one has acknowledged",
            Self::Declined => "the previous person cannot take it",
            Self::Unreachable => "the previous person could not be reached",
            Self::NobodyFound => "no one else was on call",
            Self::Escalated => "escalated to you by a colleague",
            Self::SeverityRose => "the severity was raised",
            Self::Reclassified => "now classified as more serious",
            Self::Reopened => "reopened after it was resolved",
            Self::NotActedOn => "acknowledged, but nothing has been noted since",
            Self::HolderUnreachable => "the person who acknowledged it cannot be reached",
            Self::LastResort => "everyone who could be paged is involved",
            Self::HandedOver => "a colleague asks you to take it over",
            Self::Overdue => "a task is overdue",
            Self::Owed => "resolved, but a task is still open",
            Self::NotTakenOver => "the person you asked did not take it over: you still have it",
            Self::Approval => "a statement waits for your approval",
        }
    }
}

/// Judges all messages.
pub fn judge(expected: &[Expected], messages: &[Arc<Message>]) -> Result<(), String> {
    let mut faults = String::new();
    let mut open: Vec<&Expected> = expected.iter().collect();
    // Windows that end first are filled first; one that must be filled comes before one that may.
    open.sort_by_key(|expected| (expected.optional, expected.to));
    let is_of_several = |message: &Message| {
        message.mail().map_or(message.text(), |mail| &mail.subject).contains(" more")
            && expected.iter().any(|one| one.bundled && one.is_to(message))
    };
    for message in messages.iter().filter(|message| !is_of_several(message)) {
        if let Some(more) = more(message) {
            if !answer_several(&mut open, message, more) {
                writeln!(faults, "NOT EXPECTED: {}\n{}", arrived(message), indented(message.text())).unwrap();
            }
            continue;
        }
        let fits = |expected: &&Expected| expected.is_answered_by(message);
        match open.iter().position(fits) {
            Some(position) => {
                let expected = open.remove(position);
                for fault in expected.faults_of(message) {
                    writeln!(faults, "{}: {fault}\n{}", expected.line(), indented(message.text())).unwrap();
                }
            }
            None => writeln!(faults, "NOT EXPECTED: {}\n{}", arrived(message), indented(message.text())).unwrap(),
        }
    }
    for expected in open.iter().filter(|expected| !expected.optional) {
        writeln!(faults, "MISSING: {}", expected.line()).unwrap();
    }
    if faults.is_empty() {
        return Ok(());
    }
    faults.push_str("all that came:\n");
    messages.iter().take(60).for_each(|message| writeln!(faults, "  {}", arrived(message)).unwrap());
    faults.push_str("all that was expected:\n");
    expected.iter().take(60).for_each(|expected| writeln!(faults, "  {}", expected.line()).unwrap());
    Err(faults)
}

/// How many incidents a message is about beside the one that it names first.
fn more(message: &Message) -> Option<usize> {
    let head = message.mail().map_or(message.text(), |mail| &mail.subject);
    let (_, rest) = head.split_once(" and ")?;
    rest.split_once(" more")?.0.parse().ok()
}

/// What one person is paged about at one moment may come as one message: a mail names all of it, a text the first alone.
fn answer_several(open: &mut Vec<&Expected>, message: &Message, more: usize) -> bool {
    let mut answered: Vec<String> = Vec::new();
    for is_first in [true, false] {
        open.retain(|expected| {
            let is_named = message.text().contains(&expected.incident);
            let fits = is_named || message.mail().is_none() && !is_first;
            let is_in_time = (expected.from..=expected.latest(message.received_at)).contains(&message.received_at);
            let is_new = answered.len() <= more && !answered.contains(&expected.incident);
            let is_answered = fits && is_in_time && is_new && expected.is_to(message);
            if is_answered {
                answered.push(expected.incident.clone());
            }
            !is_answered
        });
    }
    answered.len() == more + 1
}

impl Expected {
    fn is_to(&self, message: &Message) -> bool {
        match self.by {
            By::Mail => message.is_to(self.person.email) && message.mail().is_some(),
            By::Sms => message.is_to(self.person.sms) && message.sms().is_some(),
        }
    }

    fn is_answered_by(&self, message: &Message) -> bool {
        let in_time = || (self.from..=self.latest(message.received_at)).contains(&message.received_at);
        let says_why = message.mail().is_none() || message.text().contains(self.reason.words());
        self.is_to(message) && says_why && message.text().contains(&self.incident) && in_time()
    }

    /// Until when it counts as in time, judged at an instant.
    pub fn latest(&self, at: SystemTime) -> SystemTime {
        self.to + pace::allowance(self.from, at)
    }

    fn faults_of(&self, message: &Message) -> Vec<String> {
        match (message.mail(), message.sms()) {
            (Some(mail), _) => self.faults_of_mail(message, mail),
            (_, Some(sms)) => self.faults_of_sms(message, sms),
            _ => Vec::new(),
        }
    }

    fn faults_of_sms(&self, message: &Message, sms: &crate::support::Sms) -> Vec<String> {
        let Some(link) = only_link(message) else { return vec!["one link that leads here".to_owned()] };
        let drill = if self.drill { "DRILL " } else { "" };
        // Whoever may not answer learns no more than the reference.
        let about = match self.reason {
            Reason::LastResort => String::new(),
            _ => format!("{} {} ", self.severity, self.title),
        };
        let head = format!("{drill}MERCY {about}{}. ", self.incident);
        let mut allowed: Vec<String> = self.minutes(message).iter().map(|time| format!("Answer by {time}")).collect();
        if self.reason == Reason::Approval {
            allowed = self.minutes(message).iter().map(|time| format!("Approve by {time}")).collect();
        } else if self.reason == Reason::NotActedOn {
            allowed = vec!["Note what was done".to_owned()];
        } else if self.reason == Reason::NotTakenOver {
            allowed = vec!["Not taken over, you still have it".to_owned()];
        } else if self.reason == Reason::Overdue {
            allowed = vec!["1 task is overdue".to_owned()];
        } else if self.reason == Reason::Owed {
            allowed = vec!["1 task is still yours".to_owned()];
        } else if self.reason == Reason::LastResort {
            allowed = vec!["Hand this to someone else".to_owned()];
        }
        let whole = allowed.iter().any(|ask| sms.body == format!("{head}{ask}: {link}"));
        let mut faults = Vec::new();
        if !whole {
            faults.push(format!("is not `{head}…: {link}` with one of {:?}", &allowed[..allowed.len().min(5)]));
        }
        if sms.body.len() > 160 || sms.from != "+13125550100" {
            faults.push("longer than a segment, or from another number".to_owned());
        }
        faults
    }

    fn faults_of_mail(&self, message: &Message, mail: &crate::support::Mail) -> Vec<String> {
        let Some(link) = only_link(message) else { return vec!["one link that leads here".to_owned()] };
        let drill = if self.drill { "DRILL " } else { "" };
        let page = mail.header("X-Wardbell-Page").unwrap_or_default().to_owned();
        let number = page.strip_prefix(&format!("{}-", self.incident)).unwrap_or_default().to_owned();
        let subject = match self.reason {
            Reason::LastResort => format!("[MERCY] {drill}{}", self.incident),
            _ => format!("[MERCY] {drill}{} {}", self.title, self.incident),
        };
        let header = |name: &str| mail.header(name).unwrap_or_default().to_owned();
        let host = "pages.mercy.example";
        let mut pairs = vec![
            ("the subject", mail.subject.clone(), subject),
            ("Message-ID", header("Message-ID"), format!("<{page}@{host}>")),
            ("Auto-Submitted", header("Auto-Submitted"), "auto-generated".to_owned()),
            ("From", mail.from.clone(), "pages@mercy.example".to_owned()),
        ];
        if number != "1" {
            pairs.push(("References", header("References"), format!("<{}-1@{host}>", self.incident)));
        }
        let facts = [
            ("Hospital", "MERCY"),
            ("Severity", &self.severity),
            ("Incident", &self.title),
            ("Department", self.department.name),
            ("Reference", &self.incident),
            ("Why now", self.reason.words()),
        ];
        for (name, wanted) in facts {
            let is_hidden = self.reason == Reason::LastResort && ["Severity", "Incident", "Department"].contains(&name);
            let wanted = if is_hidden { "" } else { wanted };
            let line = message.text().lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
            pairs.push((name, line.unwrap_or_default().trim().to_owned(), wanted.to_owned()));
        }
        let differing = pairs.iter().filter(|(_, is, wanted)| is != wanted);
        let mut faults: Vec<String> =
            differing.map(|(name, is, wanted)| format!("{name} is `{is}` and should be `{wanted}`")).collect();
        if number.parse::<u32>().is_err() {
            faults.push(format!("the page's id is `{page}`"));
        }
        if !mail.html.as_deref().is_some_and(|html| html.contains(&link)) {
            faults.push("the HTML part has another link".to_owned());
        }
        let by = self.minutes(message);
        let says_when = by.iter().any(|time| message.text().contains(&format!(", {time} C")));
        let asks_for_no_answer =
            [Reason::NotActedOn, Reason::NotTakenOver, Reason::LastResort, Reason::Overdue, Reason::Owed];
        if !asks_for_no_answer.contains(&self.reason) && !says_when {
            faults.push(format!("the time to acknowledge by is none of {by:?}"));
        }
        faults
    }

    /// By when to answer, on the roster's clock: when the next person is paged, or, once nobody else is, at the end of the
    /// playbook's own time.
    fn minutes(&self, message: &Message) -> Vec<String> {
        let Some(opened_at) = self.opened_at else {
            return (0..24 * 60).map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)).collect();
        };
        let first = DateTime::<Utc>::from(opened_at);
        let last = DateTime::<Utc>::from(message.received_at + ACKNOWLEDGE_WITHIN);
        let minutes = last.timestamp() / 60 - first.timestamp() / 60;
        let all = (0..=minutes).map(|minute| first + chrono::TimeDelta::minutes(minute));
        all.map(|at| at.with_timezone(&chrono_tz::America::Chicago).format("%H:%M").to_string()).collect()
    }

    fn line(&self) -> String {
        let perhaps = if self.optional { ", perhaps" } else { "" };
        format!(
            "{} to {}, {:?}, between {} and {}, {:?}{perhaps}",
            self.incident,
            self.person.name,
            self.by,
            clock(self.from),
            clock(self.to),
            self.reason
        )
    }
}

/// The one link of a message, if it is of the shape that was promised.
fn only_link(message: &Message) -> Option<String> {
    let links = message.links();
    let [link] = links.as_slice() else { return None };
    let token = link.strip_prefix(PUBLIC_URL)?.strip_prefix("/a/")?;
    // 100 bits of base32 take 20 letters.
    let is_token = token.len() >= 20 && token.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
    is_token.then(|| link.clone())
}

fn arrived(message: &Message) -> String {
    let why = message.text().lines().find_map(|line| line.strip_prefix("Why now:")).unwrap_or_default().trim();
    let head = message.mail().map_or(message.text(), |mail| &mail.subject);
    format!("{} to {}: {} ({why})", clock(message.received_at), message.recipients().join(", "), shortened(head))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    | {line}\n")).collect()
}

fn clock(at: SystemTime) -> String {
    DateTime::<Utc>::from(at).format("%M:%S%.3f").to_string()
}
