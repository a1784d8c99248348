//! An incident as operators see it: status, pages, and timeline.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::contact::ChannelKind;
use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::incident::{Incident, Status, TrackStatus};
use crate::domain::escalation::resolution::ResolvedAs;
use crate::domain::further_contact::ContactPosition;
use crate::domain::id::{DepartmentId, IncidentId, LiaisonId, PageId, Role, SourceName};
use crate::domain::incident::Content;
use crate::domain::involved::is_hashed;
use crate::domain::outcome::Outcome;
use crate::domain::page::PageReason;
use crate::domain::person_id::PersonId;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::roster::on_call::Why;
use crate::domain::severity::Severity;
use crate::journal::record::{Fact, Record};
use crate::store::query::History;
use crate::vault::opener::Opener;
use crate::vault::opening::{Opened, open_event};
use crate::web::statement_texts::Open;
use crate::web::statements_out::{StatementOut, statements};
use crate::web::task_out::{self, TaskOut, TaskWords};

/// The status of an incident.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "IncidentSummary")]
pub struct Summary {
    id: IncidentId,
    class: String,
    playbook: String,
    severity: Severity,
    status: Status,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    received_at: DateTime<Utc>,
    source: SourceName,
    /// The operator or the signed-in person who opened it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    reporter: Option<String>,
    occurrences: u64,
    drill: bool,
    /// How many tasks are still open.
    follow_up: u32,
    /// What came of it, if it is resolved and that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<ResolvedAs>,
    #[serde(with = "crate::domain::instant::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    purged_at: Option<DateTime<Utc>>,
    tracks: Vec<TrackOut>,
}

/// The same, with its pages and its timeline.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Incident")]
pub struct Whole {
    #[serde(flatten)]
    summary: Summary,
    /// The readable names of involved people who are on no roster now; they exclude no one from paging.
    involved_unknown: Vec<String>,
    tasks: Vec<TaskOut>,
    pages: Vec<PageOut>,
    statements: Vec<StatementOut>,
    timeline: Vec<Moment>,
}

/// Whether what was posted, and what people wrote about it, is in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtectedWords {
    Shown,
    Withheld,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Track")]
struct TrackOut {
    department: DepartmentId,
    status: TrackStatus,
    ladder: String,
    acknowledged_by: Option<String>,
    #[serde(with = "crate::domain::instant::optional")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    acknowledged_at: Option<DateTime<Utc>>,
    #[serde(with = "crate::domain::instant::optional")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    next_step_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Page")]
struct PageOut {
    id: String,
    /// Whose track the page is about.
    department: DepartmentId,
    role: Role,
    liaison: LiaisonId,
    name: String,
    /// The department whose roster lists the liaison.
    roster: DepartmentId,
    reason: PageReason,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    created_at: DateTime<Utc>,
    why: Why,
    attempts: Vec<AttemptOut>,
    #[serde(skip)]
    number: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
struct AttemptOut {
    channel: ChannelKind,
    /// Which of the person's contacts for the channel it went to; absent for the first.
    #[serde(default, skip_serializing_if = "ContactPosition::is_first")]
    contact: ContactPosition,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    at: DateTime<Utc>,
    outcome: &'static str,
    provider_id: Option<String>,
    code: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TimelineEntry")]
struct Moment {
    seq: u64,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    at: DateTime<Utc>,
    #[serde(flatten)]
    #[schemars(with = "AnyEvent")]
    event: Value,
}

/// The schema of an event.
#[derive(JsonSchema)]
pub(in crate::web) struct AnyEvent {
    /// What happened, such as `opened`, `step-fired`, or `acknowledged`. New words may be added.
    #[expect(dead_code, reason = "declares the schema")]
    r#type: String,
}

impl Summary {
    /// The incident's current status.
    pub fn of(incident: &Incident) -> Self {
        let tracks = incident.tracks.iter().map(|track| {
            let acknowledged = track.acknowledged.as_ref();
            TrackOut {
                department: track.department.clone(),
                status: incident.track_status(track),
                ladder: track.ladder.to_string(),
                acknowledged_by: acknowledged.map(|one| one.by.id().to_owned()),
                acknowledged_at: acknowledged.map(|one| one.at),
                next_step_at: track.next.map(|next| next.at),
            }
        });
        Self {
            id: incident.id,
            class: incident.class.to_string(),
            playbook: incident.playbook.to_string(),
            severity: incident.severity,
            status: incident.status(),
            received_at: incident.received_at,
            source: incident.source.clone(),
            reporter: incident
                .source
                .operator()
                .or(incident.reporter.as_ref().map(PersonId::as_str))
                .map(str::to_owned),
            occurrences: incident.occurrences,
            drill: incident.drill,
            follow_up: incident.follow_up(),
            outcome: incident.outcome,
            purged_at: incident.purged.as_ref().map(|purged| purged.at),
            tracks: tracks.collect(),
        }
    }
}

impl Whole {
    /// The incident with its timeline; `playbook` is the version that it has. Sealed text is opened if possible.
    pub fn of(
        history: &History,
        playbook: Option<&Playbook>,
        keys: Option<&dyn Opener>,
        plan: &Plan,
        words: ProtectedWords,
    ) -> Self {
        let mut task_words = TaskWords::default();
        let (mut involved_unknown, mut seen) = (Vec::new(), HashSet::new());
        let mut pages: Vec<PageOut> = Vec::new();
        let mut timeline = Vec::new();
        let purged_at = history.incident.purged.as_ref().map(|purged| purged.at);
        for record in &history.records {
            let Fact::Incident(id, event) = &record.entry.fact else { continue };
            pages.extend(pages_of(*id, record.entry.at, event));
            add_attempt(&mut pages, record.entry.at, event);
            let opened = match words {
                ProtectedWords::Shown => open_event(keys, *id, event),
                ProtectedWords::Withheld => None,
            };
            let opened = opened.map(|opened| opened.unless_purged(purged_at));
            if words == ProtectedWords::Shown {
                task_words.add(event, words_of(event, opened.as_ref()));
            }
            let mut moment = moment(record, event, opened);
            if words == ProtectedWords::Withheld {
                withhold(&mut moment.event);
            }
            involved_unknown.extend(unknown(&moment.event, plan).filter(|name| seen.insert(name.clone())));
            timeline.push(moment);
        }
        let open =
            |event: &Event| open_event(keys, history.incident.id, event).map(|opened| opened.unless_purged(purged_at));
        let open: Option<Open<'_>> = (words == ProtectedWords::Shown).then_some(&open);
        let statements = statements(&history.incident, &history.records, open);
        let tasks = task_out::tasks(&history.incident, playbook, &task_words);
        Self { summary: Summary::of(&history.incident), involved_unknown, tasks, pages, statements, timeline }
    }
}

/// What somebody wrote into an event, if it can be read.
fn words_of(event: &Event, opened: Option<&Opened>) -> Option<String> {
    match opened {
        Some(Opened::Note(text)) => text.as_ref().ok().cloned(),
        _ => event.written()?.1.plain().map(str::to_owned),
    }
}

/// Removes what is protected, sealed or not.
fn withhold(event: &mut Value) {
    let Some(fields) = event.as_object_mut() else { return };
    ["text", "note", "place", "hash", "sealed"].iter().for_each(|field| drop(fields.remove(*field)));
    if let Some(incident) = fields.get_mut("incident").and_then(Value::as_object_mut) {
        Content::FIELDS.iter().chain(&["sealed"]).for_each(|field| drop(incident.remove(*field)));
    }
}

/// The names of involved people in an event that are on no roster.
fn unknown(event: &Value, plan: &Plan) -> impl Iterator<Item = String> {
    let names = event["incident"]["involved_unknown"].as_array().into_iter().flatten();
    names.filter_map(Value::as_str).filter(|name| !plan.knows(name)).map(str::to_owned)
}

fn pages_of(incident: IncidentId, at: DateTime<Utc>, event: &Event) -> Vec<PageOut> {
    let Some((department, reason, pages)) = event.pages() else { return Vec::new() };
    let out = |paged: &Paged| PageOut {
        id: PageId { incident, number: paged.number }.to_string(),
        department: department.clone(),
        role: paged.role.clone(),
        liaison: paged.liaison.clone(),
        name: paged.name.clone(),
        roster: paged.roster.clone(),
        reason,
        created_at: at,
        why: paged.why.clone(),
        attempts: Vec::new(),
        number: paged.number,
    };
    pages.iter().map(out).collect()
}

fn add_attempt(pages: &mut [PageOut], at: DateTime<Utc>, event: &Event) {
    let Event::Attempted { page, channel, contact, outcome, .. } = event else { return };
    // Attempts come soon after their page, so the search goes backward.
    let Some(page) = pages.iter_mut().rev().find(|one| one.number == *page) else { return };
    let (outcome, provider_id, code) = match outcome {
        Outcome::Accepted { provider_id } => ("accepted", provider_id.clone(), None),
        Outcome::Retry { code, .. } => ("retry", None, Some(code.clone())),
        Outcome::Permanent { code, .. } => ("permanent", None, Some(code.clone())),
    };
    page.attempts.push(AttemptOut { channel: *channel, contact: *contact, at, outcome, provider_id, code });
}

fn moment(record: &Record, event: &Event, opened: Option<Opened>) -> Moment {
    // Events are made of texts and numbers, and serializing those does not fail.
    let mut value = serde_json::to_value(event).unwrap_or_default();
    remove_links(&mut value);
    remove_hashes(&mut value);
    remove_state(&mut value);
    if let Some(opened) = opened {
        unseal(&mut value, opened);
    }
    Moment { seq: record.seq, at: record.entry.at, event: value }
}

/// Link hashes are of no use to callers.
fn remove_links(event: &mut Value) {
    let Some(event) = event.as_object_mut() else { return };
    event.remove("link");
    let pages = event.get_mut("pages").and_then(Value::as_array_mut);
    for page in pages.into_iter().flatten().filter_map(Value::as_object_mut) {
        page.remove("link");
    }
}

/// Nor are name hashes: readable names are in `involved_unknown`.
fn remove_hashes(event: &mut Value) {
    for list in ["/incident/involved", "/involved_not_kept"] {
        let Some(names) = event.pointer_mut(list).and_then(Value::as_array_mut) else { continue };
        names.retain(|name| !name.as_str().is_some_and(is_hashed));
    }
}

/// The state that a reopened incident continues from is what the rest of the answer says.
fn remove_state(event: &mut Value) {
    if let Some(fields) = event.as_object_mut().filter(|fields| fields.get("type") == Some(&json!("reopened"))) {
        fields.remove("before");
    }
}

/// Replaces sealed text with its content, or with the reason it cannot be opened.
fn unseal(event: &mut Value, opened: Opened) {
    let (place, fields): (_, &[&str]) = match &opened {
        Opened::Content(_) => (event.get_mut("incident"), &Content::FIELDS),
        Opened::Note(_) if event.get("text").is_some() => (Some(event), &["text"]),
        Opened::Note(_) if event.get("place").is_some_and(Value::is_object) => (Some(event), &["place"]),
        Opened::Note(_) => (Some(event), &["note"]),
    };
    let Some(place) = place.and_then(Value::as_object_mut) else { return };
    place.remove("sealed");
    let words = match opened {
        // Texts are serialized to memory, which does not fail.
        Opened::Content(content) => content.map(|content| serde_json::to_value(content).unwrap_or_default()),
        Opened::Note(note) => note.map(|note| json!({ fields[0]: note })),
    };
    match words {
        Ok(words) => place.extend(words.as_object().cloned().unwrap_or_default()),
        Err(why) => {
            place.extend(fields.iter().map(|field| ((*field).to_owned(), Value::Null)));
            place.insert("unreadable".to_owned(), json!({ "reason": why.word(), "detail": why.to_string() }));
        }
    }
}
