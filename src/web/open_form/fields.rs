//! The fields of the form for a new incident, as a page shows them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::escalation::input::Context;
use crate::domain::escalation::open::{Opening, open};
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::instant::Now;
use crate::domain::link::Entropy;
use crate::domain::plan::Plan;
use crate::domain::playbook::{Playbook, matching};
use crate::domain::principal::Principal;
use crate::domain::severity::Severity;
use crate::domain::words::capitalized;
use crate::inbound::input_error::InputError;
use crate::web::open_form::written::Written;

#[derive(Debug)]
pub struct FormFields {
    /// Where the form is sent.
    pub action: String,
    /// The session's, for somebody who has signed in.
    pub form_token: Option<String>,
    pub written: Written,
    /// The classes of each severity, the gravest first.
    pub classes: Vec<(String, Vec<Choice>)>,
    pub severities: Vec<&'static str>,
    pub flags: Vec<Choice>,
    /// What to correct: the field's id, and a sentence.
    pub errors: Vec<(String, String)>,
    /// Whether to ask if names that match nobody are right.
    pub asks_if_sure: bool,
    pub preview: Preview,
}

/// Whom the form would page.
#[derive(Debug)]
pub enum Preview {
    /// It is not told here.
    None,
    NotAsked,
    Paged(Vec<String>),
}

#[derive(Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// What a form may open.
pub struct Choices<'a> {
    playbooks: Vec<&'a Arc<Playbook>>,
}

impl<'a> Choices<'a> {
    /// The playbooks of a plan that may be chosen, without those for what Wardbell itself reports.
    pub fn new(plan: &'a Plan, may_open: impl Fn(&Playbook) -> bool) -> Self {
        let ours = [matching::SOURCE_SILENT, matching::CHANNEL_FAILING, matching::CONFIGURATION_BROKEN];
        let is_ours = |playbook: &Playbook| ours.contains(&playbook.class.as_str());
        let playbooks = plan.playbooks.iter().filter(|playbook| !is_ours(playbook) && may_open(playbook));
        Self { playbooks: playbooks.collect() }
    }

    pub fn classes(&self) -> Vec<&str> {
        self.playbooks.iter().map(|playbook| playbook.class.as_str()).collect()
    }

    fn by_severity(&self, chosen: &str) -> Vec<(String, Vec<Choice>)> {
        let of_severity = |severity: Severity| {
            let mut seen = BTreeSet::new();
            let own =
                self.playbooks.iter().filter(|playbook| playbook.severity == severity && playbook.variant.is_none());
            let own = own.filter(|playbook| seen.insert(playbook.class.as_str())).map(|playbook| Choice {
                value: playbook.class.to_string(),
                label: playbook.title.clone(),
                is_chosen: playbook.class.as_str() == chosen,
            });
            let mut own: Vec<Choice> = own.collect();
            own.sort_by(|one, other| one.label.cmp(&other.label));
            (capitalized(severity.word()), own)
        };
        let all = Severity::ALL.iter().rev().map(|severity| of_severity(*severity));
        all.filter(|(_, classes)| !classes.is_empty()).collect()
    }

    /// The flags that change what some playbook does.
    fn flags(&self, chosen: &[String]) -> Vec<Choice> {
        let promoting = self.playbooks.iter().flat_map(|one| &one.promotions).flat_map(|one| &one.when.any_flag);
        let matched = self.playbooks.iter().flat_map(|one| &one.conditions.any_flag);
        let all: BTreeSet<&String> = promoting.chain(matched).collect();
        let choice = |flag: &String| Choice {
            value: flag.clone(),
            label: capitalized(&flag.replace('-', " ")),
            is_chosen: chosen.contains(flag),
        };
        all.into_iter().map(choice).collect()
    }
}

impl FormFields {
    pub fn new(action: String, choices: &Choices<'_>, written: Written, errors: &[InputError]) -> Self {
        let error = |error: &InputError| (id_of(error), error.message.to_string());
        Self {
            action,
            form_token: None,
            classes: choices.by_severity(&written.class),
            severities: Severity::ALL.iter().rev().map(|severity| severity.word()).collect(),
            flags: choices.flags(&written.flags),
            errors: errors.iter().map(error).collect(),
            asks_if_sure: written.is_sure || errors.iter().any(|error| error.code == UNKNOWN_NAMES),
            written,
            preview: Preview::None,
        }
    }

    /// What somebody sent, for one who is not known: it says nothing that was not in it.
    pub fn echo(action: String, written: Written) -> Self {
        let choice = |value: &String| Choice { value: value.clone(), label: value.clone(), is_chosen: true };
        Self {
            classes: vec![("Chosen".to_owned(), vec![choice(&written.class)])],
            flags: written.flags.iter().map(choice).collect(),
            ..Self::new(action, &Choices { playbooks: Vec::new() }, written, &[])
        }
    }

    /// Whether one of the fields that are folded away says something.
    pub fn has_more(&self) -> bool {
        let Written { network, reach, facility, severity, .. } = &self.written;
        [network, reach, facility, severity].iter().any(|text| !text.is_empty())
    }

    /// The sentences about a field.
    pub fn errors_of(&self, field: &str) -> Vec<&str> {
        self.errors.iter().filter(|(id, _)| id == field).map(|(_, message)| message.as_str()).collect()
    }
}

/// The code of the error about names that are on no roster.
pub const UNKNOWN_NAMES: &str = "unknown-names";

/// The id of the field that an error is about: errors name it as JSON pointers do.
fn id_of(error: &InputError) -> String {
    error.field.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned()
}

/// Who would be paged first if this were opened now.
pub fn paged(plan: &Plan, now: Now, incoming: Incoming) -> Vec<String> {
    let Some(playbook) = matching::choose(&plan.playbooks, &incoming.class, &incoming) else { return Vec::new() };
    let context = Context { plan, playbook, now, entropy: &Entropy::NONE };
    let class = incoming.class.clone();
    let (id, by, source) = (IncidentId::from_random(0), Principal::Daemon, SourceName::form());
    let opened = open(&context, Opening { id, by, source, class, incoming }).after;
    let mut people = Vec::new();
    for track in &opened.tracks {
        let department = plan.department_name(&track.department);
        let named = track.pages.iter().filter_map(|page| {
            let (_, liaison) = plan.liaison(&page.roster, &page.liaison)?;
            Some(format!("{}, for {department}", liaison.name))
        });
        let before = people.len();
        people.extend(named);
        if people.len() == before {
            people.push(format!("{department}: nobody yet, paged later"));
        }
    }
    people
}
