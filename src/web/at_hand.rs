//! What somebody who has an incident needs at hand, behind the link and without a sign-in: texts that may be used at once,
//! how to write the first statement, who else is on it, and the policies.

use crate::domain::escalation::incident::Track;
use crate::domain::playbook::blank::{DATE, Piece, TIME, pieces};
use crate::domain::playbook::statement::Statement;
use crate::domain::roster::Liaison;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;
use crate::engine::protocol::link::LinkView;
use crate::web::linked_policy;
use crate::web::pages::people::PersonLinks;
use crate::web::words::{Times, in_words, join};

/// Within this time after a critical incident comes in, the hospital should have said something.
const FIRST_STATEMENT_WITHIN: Wait = Wait::minutes(60);

#[derive(Debug)]
pub struct AtHand {
    pub scripts: Vec<Script>,
    pub first_statement: Option<FirstStatement>,
    pub people: Vec<PersonLinks>,
    /// Titles, with where to read them.
    pub policies: Vec<(String, String)>,
}

/// A text that was approved in advance.
#[derive(Debug)]
pub struct Script {
    pub name: String,
    /// With the local time and day filled in, and the name of each blank with choices in brackets.
    pub text: String,
    /// What each of those blanks may be filled with.
    pub choices: Vec<(String, Vec<String>)>,
}

/// When a critical incident asks for a first statement.
#[derive(Debug)]
pub struct FirstStatement {
    pub within: String,
    pub by: String,
}

impl AtHand {
    /// What the reader of a link needs, who has the incident.
    pub fn new(view: &LinkView, times: Times<'_>) -> Self {
        let statements = &view.playbook.statements;
        let ready = statements.iter().filter(|statement| statement.ready);
        let is_urgent = view.incident.severity == Severity::Critical && !statements.is_empty();
        let by = view.incident.received_at + FIRST_STATEMENT_WITHIN.delta();
        let first_statement =
            is_urgent.then(|| FirstStatement { within: in_words(FIRST_STATEMENT_WITHIN), by: times.wall(by) });
        let policies = view.playbook.policies.iter();
        let policies = policies
            .filter_map(|name| Some((view.plan.policies.get(name)?.title.clone(), linked_policy::address(name))));
        Self {
            scripts: ready.map(|statement| Script::new(statement, times)).collect(),
            first_statement,
            people: people(view),
            policies: policies.collect(),
        }
    }
}

impl Script {
    fn new(statement: &Statement, times: Times<'_>) -> Self {
        let text = pieces(statement.text.trim()).map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Blank(TIME) => times.time_now(),
            Piece::Blank(DATE) => times.day_now(),
            Piece::Blank(name) => format!("[{name}]"),
        });
        let choices = statement.choices.iter().map(|(name, texts)| (name.clone(), texts.clone()));
        Self { name: statement.name.clone(), text: text.collect(), choices: choices.collect() }
    }
}

/// Who has the other departments' tracks, or was paged for them last, each once.
fn people(view: &LinkView) -> Vec<PersonLinks> {
    let mut people: Vec<(&Liaison, Part, Vec<String>)> = Vec::new();
    for track in &view.incident.tracks {
        let Some((liaison, part)) = person(view, track) else { continue };
        let department = view.plan.department_name(&track.department).to_owned();
        match people.iter_mut().find(|(known, known_part, _)| known.id == liaison.id && *known_part == part) {
            Some((.., departments)) => departments.push(department),
            None => people.push((liaison, part, vec![department])),
        }
    }
    let links = |(liaison, part, departments): (&Liaison, Part, Vec<String>)| {
        let departments = join(&departments);
        let why = match part {
            Part::HasIt => format!("has it for {departments}"),
            Part::WasPaged => format!("was paged for {departments}, no answer yet"),
        };
        PersonLinks::new(liaison, why)
    };
    people.into_iter().map(links).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    HasIt,
    WasPaged,
}

/// Whom to ask about a department's track, unless it is the reader.
fn person<'a>(view: &'a LinkView, track: &'a Track) -> Option<(&'a Liaison, Part)> {
    let holder = track.acknowledged.as_ref().and_then(|one| one.by.as_liaison());
    let (roster, id, part) = match (holder, track.pages.last()) {
        (Some(holder), _) => (holder.roster, holder.liaison, Part::HasIt),
        (None, Some(page)) if track.acknowledged.is_none() => (&page.roster, &page.liaison, Part::WasPaged),
        _ => return None,
    };
    let is_reader = *roster == view.target.roster && *id == view.target.liaison;
    view.plan.liaison(roster, id).filter(|_| !is_reader).map(|(_, liaison)| (liaison, part))
}
