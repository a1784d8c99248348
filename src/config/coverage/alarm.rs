//! Diagnostics for a playbook whose ladder pages only one person or only one department.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::config::coverage::case::Way;
use crate::config::coverage::latest::Latest;
use crate::config::coverage::stretches::merged;
use crate::config::coverage::walk::Walk;
use crate::config::coverage::words::interval;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::playbook::Playbook;
use crate::domain::zone::Zone;

/// The worst results for a playbook so far.
#[derive(Default)]
pub struct Worst {
    /// The longest waits for a second person and for another department.
    pub latest: [Option<Latest>; 2],
    /// Openings after which it never happens, with the case's promotion.
    pub never: [Vec<Never>; 2],
    /// The combinations already judged: many cases behave the same.
    pub ways: BTreeSet<Vec<Way>>,
}

/// Openings after which something never happens.
#[derive(Clone)]
pub struct Never {
    /// The first such opening.
    pub from: DateTime<Utc>,
    /// The first opening after them.
    pub to: DateTime<Utc>,
    /// The track that fails.
    pub way: Way,
    pub zone: Zone,
    /// What raised the severity.
    pub lifted_by: Option<String>,
    pub promotion: Option<usize>,
    /// Whether the incident is not urgent.
    pub is_low: bool,
    /// Whether the department is staffed at the opening.
    pub staffed: bool,
}

impl Worst {
    /// At most one diagnostic: without a second person, there is no other department either.
    pub fn findings(&self, walk: &Walk<'_>, playbook: &Playbook) -> Option<Diagnostic> {
        let [no_second, no_other] = &self.never;
        let (code, never) = match (no_second.first(), no_other.first()) {
            (Some(_), _) => (Code::OnePerson, no_second),
            (None, Some(_)) => (Code::OneDepartment, no_other),
            (None, None) => return None,
        };
        let first = never.iter().min_by_key(|never| never.from)?;
        let openings = merged(never.iter().map(|never| (never.from, never.to)).collect());
        let when = interval(&first.zone, *openings.first()?, openings.len(), walk.span.to);
        let (ladder, department) = (&first.way.ladder, &first.way.department);
        let (whom, hint) = match code {
            Code::OnePerson => ("no second person", self.hint(playbook, first)),
            _ => ("no one in another department", ASK_ELSEWHERE.to_owned()),
        };
        let lifted = first.lifted_by.as_ref().map(|by| format!(", raised by {by},")).unwrap_or_default();
        let message = format!(
            "if no one answers, ladder `{ladder}` pages {whom} for `{department}` when `{}`{lifted} opens {when}",
            playbook.name()
        );
        let spot = spot(walk, playbook, first);
        let grave = code == Code::OnePerson && !never.iter().all(|never| never.is_low);
        let diagnostic = match grave {
            true => Diagnostic::error(code, &spot, message),
            false => Diagnostic::warning(code, &spot, message),
        };
        Some(diagnostic.hint(hint))
    }

    fn hint(&self, playbook: &Playbook, never: &Never) -> String {
        let ladder = playbook.ladder_named(&never.way.ladder);
        let targets: BTreeSet<_> = ladder.steps.iter().map(|step| &step.page).collect();
        if targets.len() > 1 {
            return "make sure that its steps find different people with different contacts".to_owned();
        }
        format!("add a step with `page = \"backup\"` to `ladder.{}`, or choose another `ladder` here", ladder.name)
    }
}

const ASK_ELSEWHERE: &str =
    "add a step with `page = \"escalation\"` or `\"department:role\"` to the ladder, or another of `departments`";

/// Where the playbook sets the ladder.
fn spot(walk: &Walk<'_>, playbook: &Playbook, never: &Never) -> Spot {
    let path = walk.texts.playbook(&playbook.name());
    let position = never.promotion.map(|position| position.to_string());
    let promoted =
        position.as_deref().map(|position| [["promote", position, "ladder"], ["promote", position, "severity"]]);
    let after_hours = playbook.after_hours.as_ref().and_then(|rules| rules.ladder.as_ref());
    let is_after_hours = !never.staffed && after_hours.is_some_and(|ladder| ladder.name == never.way.ladder);
    let mut places: Vec<&[&str]> = promoted.iter().flatten().map(|keys| keys.as_slice()).collect();
    if is_after_hours {
        places.push(&["after_hours", "ladder"]);
    }
    places.extend([&["ladder"] as &[&str], &["severity"]]);
    walk.texts.key(&path, &places)
}
