//! What happened to an incident, in sentences with local times, the newest first.

use std::collections::HashMap;

use crate::domain::escalation::event::{Event, Paged, StepFired};
use crate::domain::escalation::owed::follow_up::FollowUp;
use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::escalation::tasks::event::{TaskChanged, TaskEvent};
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::outcome::Outcome;
use crate::domain::page::PageReason;
use crate::domain::principal::Principal;
use crate::journal::record::{Fact, Record};
use crate::web::pages::posted::Protected;
use crate::web::pages::row::Reading;
use crate::web::pages::timeline_kind::TimelineKind;
use crate::web::words::{Times, join};

#[derive(Debug, PartialEq, Eq)]
pub struct Moment {
    pub at: String,
    pub kind: TimelineKind,
    pub text: String,
    /// What somebody wrote.
    pub words: Option<String>,
}

/// All moments of a record, newest first.
pub fn moments(records: &[Record], reading: Reading<'_>, times: Times<'_>, protected: Protected<'_>) -> Vec<Moment> {
    let mut told = Telling { reading, times, people: HashMap::new() };
    let mut moments = Vec::new();
    for record in records {
        let Fact::Incident(_, event) = &record.entry.fact else { continue };
        let (at, kind) = (times.logical(record.entry.at), TimelineKind::of(event));
        let words = protected.note(event);
        let mut sentences = told.sentences(event).into_iter();
        if let Some(text) = sentences.next() {
            moments.push(Moment { at: at.clone(), kind, text, words });
        }
        moments.extend(sentences.map(|text| Moment { at: at.clone(), kind, text, words: None }));
    }
    moments.reverse();
    moments
}

struct Telling<'a> {
    reading: Reading<'a>,
    times: Times<'a>,
    /// Who each page went to.
    people: HashMap<u32, String>,
}

impl Telling<'_> {
    fn sentences(&mut self, event: &Event) -> Vec<String> {
        let pages = event.pages().map(|(_, _, pages)| pages).unwrap_or_default();
        self.people.extend(pages.iter().map(|paged| (paged.number, paged.name.clone())));
        match event {
            Event::Opened(opened) if matches!(opened.by, Principal::Person { .. }) => {
                vec![format!("{} opened it", self.who(&opened.by))]
            }
            Event::Opened(opened) => vec![format!("Received from {}", opened.source)],
            Event::Folded(folded) => vec![format!("Received again, {} times so far", folded.occurrences)],
            Event::SeverityRose(rose) => vec![format!("The severity rose to {}", rose.severity)],
            Event::Reclassified(new) => {
                vec![format!(
                    "Now classified as {}, which is more serious; the severity is {}",
                    new.playbook, new.severity
                )]
            }
            Event::StepFired(fired) => self.fired(fired),
            Event::StepDeferred { .. } | Event::LinkIssued { .. } => Vec::new(),
            Event::Attempted { page, channel, contact, outcome, retry_at, next_contact, .. } => {
                let person = self.people.get(page).map_or("somebody", String::as_str);
                let to = contact.of_person(*channel, person);
                let again = match (retry_at, next_contact) {
                    (Some(at), _) => format!(", retrying at {}", self.times.logical(*at)),
                    (None, Some(_)) => format!(", now to their {} {}", contact.next(), channel.address_word()),
                    (None, None) => String::new(),
                };
                vec![match outcome {
                    Outcome::Accepted { .. } => format!("{} to {to} sent", channel.in_words()),
                    _ => format!(
                        "{} to {to} failed ({}){again}",
                        channel.in_words(),
                        outcome.code().unwrap_or("unknown")
                    ),
                }]
            }
            Event::FollowedUp(followed) => self.followed_up(followed),
            Event::HeardAgain { .. } => vec!["The source reported again".to_owned()],
            Event::ConfigurationFixed { .. } => vec!["The files are valid again".to_owned()],
            Event::Resolved { by, outcome: Some(outcome), .. } => {
                vec![format!("{}: resolved: {}", self.who(by), outcome.in_words())]
            }
            Event::Resolved { by, .. } => vec![format!("{}: resolved", self.who(by))],
            Event::Reopened(reopened) => vec![format!("{} reopened it", self.who(&reopened.by))],
            Event::Purged { by } => vec![format!("{} permanently deleted the text and notes", self.who(by))],
            Event::Statement(event) => self.of_statement(event),
            event => self.of_people(event),
        }
    }

    fn of_statement(&self, event: &StatementEvent) -> Vec<String> {
        if let StatementChanged::Asked { department, pages, until, .. } = &event.change
            && !pages.is_empty()
        {
            let until = until.map(|until| format!(" until {}", self.times.logical(until))).unwrap_or_default();
            let (names, department) = (names(pages), self.department(department));
            return vec![format!("{names} asked to approve statement {} for {department}{until}", event.statement)];
        }
        let by = event.change.by().map(|by| self.who(by)).unwrap_or_default();
        event.sentence(&by, &|department| self.department(department)).into_iter().collect()
    }

    /// What people did, or were asked to do, for a department.
    fn of_people(&self, event: &Event) -> Vec<String> {
        let sentence = match event {
            Event::Acknowledged { department, by, taken_from: Some(from), .. } => {
                format!("{} took {} over from {}", self.who(by), self.department(department), self.who(from))
            }
            Event::Acknowledged { department, by, .. } => {
                format!("{}: I have it, for {}", self.who(by), self.department(department))
            }
            Event::Declined { department, by, .. } => {
                format!("{}: I can’t take it, for {}", self.who(by), self.department(department))
            }
            Event::Withdrawn { department, liaison, roster, .. } => {
                let who = self.liaison(roster, liaison);
                format!("{who} is involved and is no longer paged for {}", self.department(department))
            }
            Event::HolderUnreachable { department, by, because, .. } => {
                format!(
                    "{}, who had it for {}, {}: others are paged",
                    self.who(by),
                    self.department(department),
                    because.words()
                )
            }
            Event::HandedOver { department, by, pages, .. } => {
                format!("{} handed {} to {}, who is paged", self.who(by), self.department(department), names(pages))
            }
            Event::HandOverRequested { department, by, pages, .. } => {
                format!("{} asked {} to take {} over", self.who(by), names(pages), self.department(department))
            }
            Event::HandOverFailed { department, by, from, because, .. } => {
                let (from, department) = (self.who(from), self.department(department));
                format!("{} does not take {department} over ({}): {from} still has it", self.who(by), because.words())
            }
            Event::Noted { department, by, .. } => {
                let about = department.as_ref().map(|one| format!(" for {}", self.department(one))).unwrap_or_default();
                format!("{} wrote a note{about}", self.who(by))
            }
            Event::Task(task) => self.task(task),
            Event::Escalated { department, by, .. } => {
                format!("{} asked for the next person of {}", self.who(by), self.department(department))
            }
            Event::Reminded { department, pages, .. } if pages.is_empty() => {
                format!("No note yet for {}, and no one could be reminded", self.department(department))
            }
            Event::Reminded { department, pages, .. } => {
                format!("{} reminded: no note yet for {}", names(pages), self.department(department))
            }
            _ => return Vec::new(),
        };
        vec![sentence]
    }

    fn followed_up(&self, followed: &FollowUp) -> Vec<String> {
        let Some(department) = followed.department.as_ref().map(|one| self.department(one)) else { return Vec::new() };
        let tasks = if followed.tasks == 1 { "1 task".to_owned() } else { format!("{} tasks", followed.tasks) };
        let what = if followed.reason == PageReason::Overdue { "overdue" } else { "still open" };
        match (followed.pages.as_slice(), followed.again_at) {
            ([], Some(at)) => {
                vec![format!("{tasks} of {department} {what}: its people are told at {}", self.times.logical(at))]
            }
            ([], None) => vec![format!("{tasks} of {department} {what}, and no one else could be paged")],
            (pages, _) => vec![format!("{} paged for {department}: {tasks} {what}", names(pages))],
        }
    }

    fn task(&self, event: &TaskEvent) -> String {
        let (number, who, department) = (event.task, self.who(&event.by), self.department(&event.department));
        match event.change {
            TaskChanged::Done { .. } => format!("{who}: task {number} of {department} is done"),
            TaskChanged::NotNeeded { .. } => format!("{who}: task {number} of {department} is not needed"),
            TaskChanged::Reopened { .. } => format!("{who}: task {number} of {department} is open again"),
            TaskChanged::Added { .. } => format!("{who} added task {number} for {department}"),
        }
    }

    fn fired(&self, fired: &StepFired) -> Vec<String> {
        let department = self.department(&fired.department);
        let passed = fired.passed_over.iter().map(|passed| {
            let who = match &passed.liaison {
                Some(liaison) => self.liaison(&fired.department, liaison),
                None => passed.target.to_string(),
            };
            format!("{who} not paged for {department}: {}", passed.because.words())
        });
        let paged = fired.pages.iter().map(|paged| {
            let roster = self.department(&paged.roster);
            format!("{} ({}, {roster}) paged for {department}: {}", paged.name, paged.role, fired.reason.words())
        });
        passed.chain(paged).collect()
    }

    fn who(&self, who: &Principal) -> String {
        who.name().to_owned()
    }

    fn department(&self, id: &DepartmentId) -> String {
        self.reading.plan.department_name(id).to_owned()
    }

    fn liaison(&self, roster: &DepartmentId, liaison: &LiaisonId) -> String {
        let known = self.reading.plan.liaison(roster, liaison);
        known.map_or_else(|| liaison.to_string(), |(_, liaison)| liaison.name.clone())
    }
}

fn names(pages: &[Paged]) -> String {
    join(&pages.iter().map(|paged| paged.name.as_str()).collect::<Vec<_>>())
}
