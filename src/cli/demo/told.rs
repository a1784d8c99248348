//! What happens, told on the terminal as it happens.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use chrono::{DateTime, Local, Utc};
use tokio::sync::watch;

use crate::catcher::{Content, Inbox, Message, Seen};
use crate::cli::demo::folder::Folder;
use crate::cli::demo::say;
use crate::domain::escalation::event::{Event, Rung, StepFired};
use crate::domain::id::IncidentId;
use crate::domain::plan::Plan;
use crate::engine::reader::Reader;
use crate::journal::record::Fact;
use crate::store::query::Filter;

/// The record is looked at this often: soon enough for eyes.
const LOOK_EVERY: Duration = Duration::from_millis(150);

const BOLD: anstyle::Style = anstyle::Style::new().bold();
const DIM: anstyle::Style = anstyle::Style::new().dimmed();

/// Tells what has not been told yet.
pub struct Teller {
    inbox: Inbox,
    arrivals: watch::Receiver<Seen>,
    told_messages: usize,
    told_records: HashMap<IncidentId, u64>,
    plan: Arc<Plan>,
}

impl Teller {
    /// Tells of an inbox and of the record.
    pub fn new(inbox: Inbox, plan: Arc<Plan>) -> Self {
        let arrivals = inbox.subscribe();
        Self { inbox, arrivals, told_messages: 0, told_records: HashMap::new(), plan }
    }

    /// What a newcomer should know first.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn welcome(&self, inbox: &str, daemon: &str, folder: &Folder) -> Result<()> {
        let operator = folder.file("operator-demo").display().to_string();
        let source = folder.file("source-demo").display().to_string();
        say(&format!("{BOLD}wardbell demo{BOLD:#}: an example hospital; nothing leaves this machine\n"))?;
        say(&format!("  inbox     {BOLD}{inbox}{BOLD:#}   every mail and text message that is sent"))?;
        say(&format!("  daemon    {daemon}"))?;
        say(&format!("  look      wardbell list --server {daemon} --token-file {operator}"))?;
        say(&format!("  hand in   wardbell open --class care-complaint --server {daemon} --token-file {source}"))?;
        say("  end       Ctrl-C\n")
    }

    /// The last word.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn farewell(&self) -> Result<()> {
        say("\nthe demo has ended")
    }

    /// Waits a moment, and tells what is new.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub async fn tell_next(&mut self, reader: &Arc<dyn Reader>) -> Result<()> {
        // Either a message arrives, or it is time to look at the record again.
        let _arrived = tokio::time::timeout(LOOK_EVERY, self.arrivals.changed()).await;
        let reader = Arc::clone(reader);
        let known: Vec<(IncidentId, u64)> = self.told_records.iter().map(|(id, seq)| (*id, *seq)).collect();
        let news = tokio::task::spawn_blocking(move || news(reader.as_ref(), &known)).await?;
        for (id, seq, at, event) in news {
            self.told_records.insert(id, seq);
            if let Some(line) = self.words(id, &event) {
                say(&format!("{DIM}{}{DIM:#}  {line}", clock(at)))?;
            }
        }
        let messages = self.inbox.messages();
        for message in messages.iter().skip(self.told_messages) {
            self.tell_message(message)?;
        }
        self.told_messages = messages.len();
        Ok(())
    }

    fn tell_message(&self, message: &Message) -> Result<()> {
        let at = clock(DateTime::<Utc>::from(message.received_at));
        let to = message.recipients().join(", ");
        let line = match &message.content {
            Content::Mail(mail) => format!("mail to {to}: {}", mail.subject),
            Content::Sms(sms) => format!("text to {to}: {}", sms.body),
        };
        say(&format!("{DIM}{at}{DIM:#}    {line}"))?;
        for link in message.mail().is_some().then(|| message.links()).into_iter().flatten().take(1) {
            say(&format!("            press: {link}"))?;
        }
        Ok(())
    }

    fn words(&self, id: IncidentId, event: &Event) -> Option<String> {
        let name = |department| self.plan.department_name(department);
        Some(match event {
            Event::Opened(opened) => {
                let departments: Vec<&str> = opened.tracks.iter().map(|track| name(&track.department)).collect();
                let (severity, playbook) = (opened.severity, &opened.playbook);
                let departments = departments.join(", ");
                format!("{BOLD}{id} opened{BOLD:#}: {severity}, playbook {playbook}, answered by {departments}")
            }
            Event::Folded(folded) => format!("{id} came in again, {} times now", folded.occurrences),
            Event::SeverityRose(rose) => format!("{BOLD}{id} is {} now{BOLD:#}", rose.severity),
            Event::StepFired(fired) => format!("{id} {}", self.step(fired)),
            Event::Acknowledged { department, by, .. } => {
                format!("{BOLD}{id} {}: {} has it{BOLD:#}", name(department), by.name())
            }
            Event::Declined { department, by, .. } => {
                format!("{id} {}: {} cannot take it", name(department), by.name())
            }
            Event::Noted { by, .. } => format!("{id} {} wrote a note", by.name()),
            Event::Reminded { department, pages, .. } => {
                let people: Vec<&str> = pages.iter().map(|paged| paged.name.as_str()).collect();
                format!("{id} {}: nothing was noted; {} paged again", name(department), people.join(" and "))
            }
            Event::Escalated { department, by, .. } => {
                format!("{id} {}: {} asked for the next", name(department), by.name())
            }
            Event::Resolved { by, .. } => format!("{BOLD}{id} was resolved by {}{BOLD:#}", by.name()),
            Event::StepPutOff { .. } | Event::Attempted { .. } | Event::LinkIssued { .. } => return None,
        })
    }

    fn step(&self, fired: &StepFired) -> String {
        let step = match fired.step {
            Rung::Step(position) => format!("step {}", position + 1),
            Rung::Again(round) => format!("repeat {round}"),
            Rung::Beyond => "beyond the ladder".to_owned(),
        };
        let people = fired.pages.iter().map(|paged| format!("{} ({})", paged.name, paged.role));
        let people: Vec<String> = people.collect();
        let people = if people.is_empty() { "nobody".to_owned() } else { people.join(", ") };
        format!("{} {step}: {people}, {}", self.plan.department_name(&fired.department), fired.reason.words())
    }
}

type News = (IncidentId, u64, DateTime<Utc>, Event);

/// What the record holds beyond what is known, in its order.
fn news(reader: &dyn Reader, known: &[(IncidentId, u64)]) -> Vec<News> {
    let filter = Filter { limit: 50, ..Filter::default() };
    let Ok(listing) = reader.list(&filter) else { return Vec::new() };
    let mut news = Vec::new();
    for incident in listing.incidents {
        let told = known.iter().find(|(id, _)| *id == incident.id).map_or(0, |(_, seq)| *seq);
        let Ok(Some(history)) = reader.history(incident.id) else { continue };
        news.extend(history.records.into_iter().filter(|record| record.seq > told).filter_map(|record| {
            let (seq, at) = (record.seq, record.entry.at);
            match record.entry.fact {
                Fact::Incident(id, event) => Some((id, seq, at, event)),
                Fact::House(_) => None,
            }
        }));
    }
    news.sort_by_key(|(_, seq, ..)| *seq);
    news
}

fn clock(at: DateTime<Utc>) -> String {
    DateTime::<Local>::from(SystemTime::from(at)).format("%H:%M:%S").to_string()
}
