//! One incident: what was posted, who has it, whom to call, what happened, and what its reader can do.

use askama::Template;

use crate::domain::contact;
use crate::domain::escalation::hand_over;
use crate::domain::escalation::incident::{Incident, Status, Track};
use crate::domain::escalation::input::NOTE_MAX;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::roster::Liaison;
use crate::engine::protocol::link::HandOverTo;
use crate::journal::record::{Fact, Record};
use crate::store::query::History;
use crate::web::notice::Notice;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::posted::{Posted, Protected, is_note};
use crate::web::pages::row::{Reading, Row, Tag};
use crate::web::pages::timeline::{Moment, moments};
use crate::web::words::{Times, join};

#[derive(Debug, Template)]
#[template(path = "incident.html")]
pub struct IncidentPage {
    frame: Frame,
    head: Row,
    status: &'static str,
    received: String,
    notice: Option<Notice>,
    may_act: bool,
    /// `None` if the reader may not see it.
    posted: Option<Posted>,
    facts: Vec<(&'static str, String)>,
    departments: Vec<Department>,
    people: Vec<Contact>,
    notes: Vec<Moment>,
    timeline: Vec<Moment>,
    note_max: usize,
    is_open: bool,
    /// What resolving means right now.
    resolving: String,
}

/// A department's part of it, with what the reader can do for it.
#[derive(Debug)]
pub struct Department {
    id: DepartmentId,
    tag: Tag,
    is_unanswered: bool,
    is_mine: bool,
    /// Whom the reader, who has it, can ask to take it over.
    colleagues: Vec<HandOverTo>,
}

/// Somebody to call or write to.
#[derive(Debug, PartialEq, Eq)]
pub struct Contact {
    pub name: String,
    /// "has it for Privacy Office"
    pub why: String,
    /// Links that call or write to them, with their texts.
    pub links: Vec<(String, String)>,
}

/// What the reader may do and see, as decided elsewhere.
pub struct Rights<'a> {
    pub may_act: bool,
    pub protected: Protected<'a>,
}

impl IncidentPage {
    /// The page of an incident that its reader may see.
    pub fn new(
        site: Site<'_>,
        reading: Reading<'_>,
        history: &History,
        rights: &Rights<'_>,
        notice: Option<Notice>,
    ) -> Self {
        let incident = &history.incident;
        let times = Times::new(&reading.viewer.zone, reading.now);
        let protected = rights.protected;
        let timeline = moments(&history.records, reading, times, protected);
        let noted: Vec<_> = history.records.iter().filter(|record| is_about_note(record)).cloned().collect();
        let is_open = incident.resolved.is_none();
        Self {
            frame: Frame::new(site, reading.viewer, times, Tab::Board),
            head: Row::new(incident, reading),
            status: status(incident),
            received: times.wall_to_the_second(incident.received_at),
            notice,
            may_act: rights.may_act,
            posted: protected.posted(&history.records),
            facts: facts(incident),
            departments: incident.tracks.iter().map(|track| Department::new(incident, track, reading)).collect(),
            people: people(incident, reading),
            notes: moments(&noted, reading, times, protected),
            timeline,
            note_max: NOTE_MAX,
            is_open,
            resolving: resolving(incident, reading),
        }
    }
}

impl Department {
    fn new(incident: &Incident, track: &Track, reading: Reading<'_>) -> Self {
        let is_mine = track.acknowledged.as_ref().is_some_and(|one| reading.viewer.is(&one.by));
        let found = hand_over::colleagues(incident, reading.plan, reading.now.wall, track).into_iter();
        let colleagues = found.map(|found| HandOverTo {
            value: hand_over::value_of(&found.department, &found.liaison.id),
            name: found.liaison.name.clone(),
            department: reading.plan.department_name(&found.department).to_owned(),
        });
        Self {
            id: track.department.clone(),
            tag: Tag::new(incident, track, reading),
            is_unanswered: track.is_unanswered(),
            is_mine,
            colleagues: if is_mine { colleagues.collect() } else { Vec::new() },
        }
    }
}

fn is_about_note(record: &Record) -> bool {
    matches!(&record.entry.fact, Fact::Incident(_, event) if is_note(event))
}

fn status(incident: &Incident) -> &'static str {
    match incident.status() {
        Status::Open => "Somebody still has to answer",
        Status::Acknowledged => "Every department has answered",
        Status::Resolved => "Resolved",
    }
}

fn facts(incident: &Incident) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Source", incident.source.to_string())];
    if incident.occurrences > 1 {
        facts.push(("Reported", format!("{} times", incident.occurrences)));
    }
    if let Some(reach) = incident.seen.reach {
        facts.push(("Reach", format!("{reach} people")));
    }
    if !incident.seen.flags.is_empty() {
        facts.push(("Flags", incident.seen.flags.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")));
    }
    facts
}

/// Who has it, and whom it was paged to last, each once, with a way to reach them.
fn people(incident: &Incident, reading: Reading<'_>) -> Vec<Contact> {
    let plan = reading.plan;
    let mut people: Vec<Contact> = Vec::new();
    let mut add = |roster: &DepartmentId, liaison: &LiaisonId, why: String| {
        if let Some((_, liaison)) = plan.liaison(roster, liaison)
            && people.iter().all(|known| known.name != liaison.name)
        {
            people.push(Contact::new(liaison, why));
        }
    };
    for track in &incident.tracks {
        let department = plan.department_name(&track.department);
        if let Some(holder) = track.acknowledged.as_ref().and_then(|one| one.by.as_liaison()) {
            add(holder.roster, holder.liaison, format!("has it for {department}"));
        }
    }
    for track in &incident.tracks {
        let department = plan.department_name(&track.department);
        for page in track.pages.iter().rev() {
            add(&page.roster, &page.liaison, format!("was paged for {department}"));
        }
    }
    people
}

impl Contact {
    pub fn new(liaison: &Liaison, why: String) -> Self {
        Self { name: liaison.name.clone(), why, links: liaison.contacts.iter().filter_map(link_to).collect() }
    }
}

/// Most channels have addresses that a phone can call or a mail program write to.
fn link_to(contact: &contact::Contact) -> Option<(String, String)> {
    let address = &contact.address;
    if address.contains('@') {
        Some((format!("mailto:{address}"), format!("Write to {address}")))
    } else {
        address.starts_with('+').then(|| (format!("tel:{address}"), format!("Call {address}")))
    }
}

fn resolving(incident: &Incident, reading: Reading<'_>) -> String {
    let open = incident.tracks.iter().filter(|track| track.is_unanswered());
    let open: Vec<&str> = open.map(|track| reading.plan.department_name(&track.department)).collect();
    match open.is_empty() {
        true => "Nobody is paged about it anymore.".to_owned(),
        false => format!("Nobody is paged about it anymore, although nobody has it for {}.", join(&open)),
    }
}
