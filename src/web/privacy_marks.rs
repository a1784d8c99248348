//! Reads a draft for privacy before it is submitted, against all that was reported about its incident.

use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::statements::input::StatementChange;
use crate::domain::escalation::statements::mark::Mark;
use crate::domain::id::IncidentId;
use crate::domain::incident::Incoming;
use crate::domain::plan::Plan;
use crate::domain::privacy_reading::protected::Protected;
use crate::domain::privacy_reading::read;
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::journal::record::Fact;
use crate::store::query::History;
use crate::vault::opener::Opener;
use crate::vault::opening::{Opened, open_event};
use crate::web::app_state::AppState;
use crate::web::ask::ask;
use crate::web::error::{Kind, Problem};
use crate::web::statement_texts::{Open, versions};

/// What is to be submitted, with what the reading marks in it. It is submitted in the version that was read.
///
/// # Errors
///
/// There is no such statement, or its text cannot be read now.
pub(in crate::web) async fn with_marks(
    app: &AppState,
    id: IncidentId,
    change: StatementChange,
) -> Result<StatementChange, Problem> {
    let StatementChange::Submit { statement, version, reason, .. } = change else { return Ok(change) };
    let (vault, plan) = (app.handle.vault().cloned(), app.handle.plan());
    // Reading keys may wait for the disk.
    let made = move |reader: &dyn Reader| {
        let history = reader.history(id)?.ok_or(Refused::UnknownIncident(id))?;
        let keys = vault.as_deref().map(|vault| vault as &dyn Opener);
        let open = |event: &Event| open_event(keys, id, event);
        let all = versions(&history.records, statement, &open);
        let is_known = !all.is_empty();
        let read = match version {
            Some(version) => all.into_iter().find(|one| one.number == version),
            None => all.into_iter().last(),
        };
        Ok((is_known, read.map(|one| (one.number, one.text.map(|text| marks(&plan, &history, &open, &text))))))
    };
    match ask(&app.reader, made).await? {
        (_, Some((version, Ok(marks)))) => {
            Ok(StatementChange::Submit { statement, version: Some(version), marks, reason })
        }
        // The store may be behind what was just written: nothing is submitted that was not read.
        (true, _) => Err(Problem::new(Kind::Unavailable, "The text cannot be read right now, so it was not submitted")),
        (false, _) => Err(Problem::new(Kind::UnknownStatement, "Its incident has no statement with that number")),
    }
}

/// The places of a text that may say too much about an incident.
pub fn marks(plan: &Plan, history: &History, open: Open<'_>, text: &str) -> Vec<Mark> {
    let Some(protected) = protected(plan, history, open) else {
        let why = "A report of this incident cannot be read, so this text could not be compared with it.".into();
        return vec![Mark { from: 0, to: u32::try_from(text.chars().count()).unwrap_or(u32::MAX), why }];
    };
    let found = read(text, &protected, &plan.lists);
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mark = |found: &crate::domain::privacy_reading::PrivacyMark| Mark {
        from: place(found.from),
        to: place(found.to),
        why: found.why.sentence().into(),
    };
    found.iter().map(mark).collect()
}

/// What all reports of an incident protect; `None` if one of them cannot be read.
fn protected(plan: &Plan, history: &History, open: Open<'_>) -> Option<Protected> {
    let incident = &history.incident;
    let mut protected = Protected { involved: involved(plan, incident), ..Protected::default() };
    protected.public.push(plan.hospital.to_string());
    protected.public.extend(plan.rosters.values().map(|roster| roster.name.clone()));
    let (mut summaries, mut urls) = (Vec::new(), Vec::new());
    for record in &history.records {
        let Fact::Incident(_, event) = &record.entry.fact else { continue };
        let Some(incoming) = incoming(event) else { continue };
        protected.public.extend(incoming.facility.iter().chain(&incoming.network).map(ToString::to_string));
        let content = match open(event) {
            Some(Opened::Content(Ok(content))) => content,
            Some(_) => return None,
            None => incoming.clone().take_content(),
        };
        let one = Protected::new(&content, Vec::new(), Vec::new());
        protected.involved.extend(one.author.into_iter().chain(one.involved));
        protected.labels.extend(one.labels);
        summaries.extend(one.summary);
        urls.extend(one.url);
    }
    protected.summary = Some(summaries.join("\n"));
    protected.url = Some(urls.join(" "));
    Some(protected)
}

fn incoming(event: &Event) -> Option<&Incoming> {
    match event {
        Event::Opened(opened) => Some(&opened.incident),
        Event::Folded(folded) => Some(&folded.incident),
        _ => None,
    }
}

/// The names of the people in rosters whom the incident names.
fn involved(plan: &Plan, incident: &Incident) -> Vec<String> {
    let liaisons = plan.rosters.values().flat_map(|roster| &roster.liaisons);
    let named = liaisons.filter(|liaison| incident.involved.names(liaison));
    named.map(|liaison| liaison.name.clone()).collect()
}
