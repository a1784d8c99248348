//! The versions of a statement with their words, from the record.

use chrono::{DateTime, Utc};

use crate::domain::escalation::event::Event;
use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::escalation::statements::mark::Mark;
use crate::domain::id::DepartmentId;
use crate::domain::principal::Principal;
use crate::domain::sealed::{Unreadable, Words};
use crate::journal::record::{Fact, Record};
use crate::vault::opening::Opened;

/// Opens what is sealed in an event.
pub type Open<'a> = &'a dyn Fn(&Event) -> Option<Opened>;

/// Words, or why they cannot be read.
pub type Written = Result<String, Unreadable>;

#[derive(Debug)]
pub struct Version {
    pub number: u32,
    pub by: Principal,
    /// Logical time.
    pub at: DateTime<Utc>,
    pub text: Written,
    pub submitted: Option<Submission>,
    pub remarks: Vec<Remark>,
}

#[derive(Debug)]
pub struct Submission {
    pub by: Principal,
    pub at: DateTime<Utc>,
    pub marks: Vec<Mark>,
    /// Why it was submitted although it has marks.
    pub reason: Option<Written>,
}

/// What an approver wants to be changed.
#[derive(Debug)]
pub struct Remark {
    pub by: Principal,
    pub department: DepartmentId,
    pub at: DateTime<Utc>,
    pub note: Written,
}

/// Where a statement was published.
#[derive(Debug)]
pub struct Use {
    pub by: Principal,
    pub place: Written,
    /// Wall clock.
    pub at: DateTime<Utc>,
}

/// All versions of a statement, in order.
pub fn versions(records: &[Record], statement: u32, open: Open<'_>) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::new();
    for (at, event, of) in about(records, statement) {
        let words = || words_of(event, &of.change, open);
        match &of.change {
            StatementChanged::Drafted { by, .. } => {
                let text = words().unwrap_or_else(|| Ok(String::new()));
                let by = by.clone();
                versions.push(Version { number: of.version, by, at, text, submitted: None, remarks: Vec::new() });
            }
            StatementChanged::Submitted { by, marks, .. } => {
                if let Some(version) = versions.iter_mut().find(|one| one.number == of.version) {
                    version.submitted = Some(Submission { by: by.clone(), at, marks: marks.clone(), reason: words() });
                }
            }
            StatementChanged::ChangesAsked { by, department, .. } => {
                if let Some(version) = versions.iter_mut().find(|one| one.number == of.version) {
                    let note = words().unwrap_or_else(|| Ok(String::new()));
                    version.remarks.push(Remark { by: by.clone(), department: department.clone(), at, note });
                }
            }
            _ => {}
        }
    }
    versions
}

/// Where it was published, if it was.
pub fn used(records: &[Record], statement: u32, open: Open<'_>) -> Option<Use> {
    let uses = about(records, statement).filter_map(|(_, event, of)| match &of.change {
        StatementChanged::Used { by, at, .. } => {
            let place = words_of(event, &of.change, open).unwrap_or_else(|| Ok(String::new()));
            Some(Use { by: by.clone(), place, at: *at })
        }
        _ => None,
    });
    uses.last()
}

fn about(records: &[Record], statement: u32) -> impl Iterator<Item = (DateTime<Utc>, &Event, &StatementEvent)> {
    records.iter().filter_map(move |record| match &record.entry.fact {
        Fact::Incident(_, event @ Event::Statement(of)) if of.statement == statement => {
            Some((record.entry.at, event, &**of))
        }
        _ => None,
    })
}

fn words_of(event: &Event, change: &StatementChanged, open: Open<'_>) -> Option<Written> {
    match (open(event), change.words()?) {
        (Some(Opened::Note(opened)), _) => Some(opened),
        (_, Words::Plain(text)) => Some(Ok(text.clone())),
        _ => None,
    }
}
