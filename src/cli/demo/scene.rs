//! What the demo's narrator and inbox look at: the incidents, and the person of each link.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{DepartmentId, IncidentId};
use crate::domain::link;
use crate::domain::plan::Plan;
use crate::domain::principal::Principal;
use crate::domain::severity::Severity;
use crate::engine::handle::Handle;
use crate::engine::protocol::reader::Reader;
use crate::journal::record::{Fact, Record};
use crate::mock::{Inbox, Message};
use crate::store::query::{Filter, History};

/// More incidents than anyone sends in one demo.
const INCIDENTS_MAX: usize = 100;

#[derive(Clone)]
pub struct Window {
    pub handle: Handle,
    pub reader: Arc<dyn Reader>,
    pub inbox: Inbox,
}

/// A snapshot. Whatever led to a message is in the histories.
pub struct Scene {
    pub plan: Arc<Plan>,
    pub messages: Vec<Arc<Message>>,
    pub histories: Vec<History>,
}

/// The person whom a page is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    pub incident: IncidentId,
    pub name: String,
    /// What they are on call as, such as `primary, Privacy Office`.
    pub role: String,
    /// Severity.
    pub severity: Severity,
    /// How the page was settled; `None` while it waits for an answer.
    pub settled: Option<String>,
}

impl Window {
    /// Takes a snapshot; messages first, so that every message has its page.
    ///
    /// # Errors
    ///
    /// The store does not answer.
    pub async fn look(&self) -> Result<Scene> {
        let messages = self.inbox.messages();
        let (plan, reader) = (self.handle.plan(), Arc::clone(&self.reader));
        let read = move || {
            let listing = reader.list(&Filter { limit: INCIDENTS_MAX, ..Filter::default() })?;
            let histories = listing.incidents.iter().filter_map(|incident| reader.history(incident.id).transpose());
            histories.collect::<Result<Vec<_>, _>>()
        };
        Ok(Scene { plan, messages, histories: tokio::task::spawn_blocking(read).await?? })
    }
}

impl Scene {
    /// The person of each link.
    pub fn guests(&self) -> HashMap<Digest, Guest> {
        self.histories.iter().flat_map(|history| self.guests_of(history)).collect()
    }

    /// A time in the rosters' time zone, such as `02:14:07`.
    pub fn clock(&self, at: DateTime<Utc>) -> String {
        self.plan.zone(&self.plan.fallback).write(at, "%H:%M:%S")
    }

    /// A time that may be days away, such as `Mon 08:00`.
    pub fn day_and_clock(&self, at: DateTime<Utc>) -> String {
        self.plan.zone(&self.plan.fallback).write(at, "%a %H:%M")
    }

    /// A person with their role, and their department if it is not the one that was asked.
    pub fn person(&self, paged: &Paged, department: &DepartmentId) -> String {
        let (name, role) = (&paged.name, &paged.role);
        match *department == paged.roster {
            true => format!("{name} ({role})"),
            false => format!("{name} ({role}, {})", self.plan.department_name(&paged.roster)),
        }
    }

    fn guests_of(&self, history: &History) -> Vec<(Digest, Guest)> {
        let mut links: Vec<(Digest, Guest)> = Vec::new();
        let mut by_number = HashMap::new();
        for (_, event) in events(history) {
            if let Event::LinkIssued { page, link } = event {
                links.extend(by_number.get(page).map(|guest: &Guest| (*link, guest.clone())));
            }
            let Some((department, _, pages)) = event.pages() else { continue };
            for paged in pages {
                let guest = self.guest(history, department, paged);
                by_number.insert(paged.number, guest.clone());
                links.push((paged.link, guest));
            }
        }
        links
    }

    fn guest(&self, history: &History, department: &DepartmentId, paged: &Paged) -> Guest {
        let roster = self.plan.department_name(&paged.roster);
        let for_whom = self.plan.department_name(department);
        let role = match *department == paged.roster {
            true => format!("{}, {roster}", paged.role),
            false => format!("{}, {roster}, for {for_whom}", paged.role),
        };
        let settled = self.settled(&history.incident, department);
        Guest {
            incident: history.incident.id,
            name: paged.name.clone(),
            role,
            severity: history.incident.severity,
            settled,
        }
    }

    fn settled(&self, incident: &Incident, department: &DepartmentId) -> Option<String> {
        if let Some(resolution) = &incident.resolved {
            return Some(format!("Resolved by {} at {}", who(&resolution.by), self.clock(resolution.at)));
        }
        let acknowledged = incident.track(department)?.acknowledged.as_ref()?;
        Some(format!("Acknowledged by {} at {}", who(&acknowledged.by), self.clock(acknowledged.at)))
    }
}

/// The events of an incident, in order.
pub fn events(history: &History) -> impl Iterator<Item = (&Record, &Event)> {
    history.records.iter().filter_map(|record| match &record.entry.fact {
        Fact::Incident(_, event) => Some((record, event)),
        _ => None,
    })
}

/// The page of a message, by its link.
pub fn page_of(message: &Message) -> Option<(String, Digest)> {
    let link = message.links().into_iter().next()?;
    let digest = link::hash_of(link.rsplit('/').next()?);
    Some((link, digest))
}

/// The name of the person or program that acted.
pub fn who(by: &Principal) -> String {
    match by {
        Principal::Operator { operator } => format!("operator {operator}"),
        Principal::Source { .. } | Principal::LinkHolder { .. } | Principal::Person { .. } | Principal::Daemon => {
            by.name().to_owned()
        }
    }
}

/// Text from outside, made safe for one line of a terminal.
pub fn one_line(text: &str) -> String {
    let words = text.split(|one: char| one.is_whitespace() || one.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
