//! What a link shows its reader: one page, and all else that waits for them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{AnswerKind, Refusal};
use crate::domain::escalation::next_page::NextPage;
use crate::domain::id::PageId;
use crate::domain::instant::Now;
use crate::domain::page::Mention;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::store::query::LinkTarget;

/// The list behind a link has this many pages at a time, and one press answers no more.
pub const LISTED: usize = 25;

/// What somebody wants to see behind a link.
#[derive(Debug, Clone)]
pub struct LinkQuery {
    /// Of the link's token.
    pub link: Digest,
    /// Another page of the link's reader; left out, the link's own.
    pub page: Option<PageId>,
    /// How many of the waiting pages are passed over.
    pub from: usize,
}

impl LinkQuery {
    /// The link's own page, and the first of those that wait.
    pub fn own(link: Digest) -> Self {
        Self { link, page: None, from: 0 }
    }
}

/// A press of a button behind a link.
#[derive(Debug, Clone)]
pub struct LinkPress {
    /// What is shown after it.
    pub query: LinkQuery,
    /// Which of the reader's pages it answers; the one that is shown where there is none.
    pub pages: Vec<PageId>,
    pub answer: AnswerKind,
}

/// What a link shows.
#[derive(Debug, Clone)]
pub struct LinkView {
    /// What the link leads to.
    pub target: LinkTarget,
    /// Where the incident stands.
    pub incident: Incident,
    /// The version of the playbook that it opened with.
    pub playbook: Arc<Playbook>,
    /// The rosters in force.
    pub plan: Arc<Plan>,
    /// What the clocks say.
    pub now: Now,
    /// Who is paged next unless somebody acknowledges.
    pub next: Option<NextPage>,
    /// What the person who holds the link may do.
    pub rights: LinkRights,
    /// All that waits for the same person, drills or real as the link's own page.
    pub waiting: WaitingList,
}

/// What a press led to.
#[derive(Debug, Clone)]
pub struct Pressed {
    /// What the link shows now.
    pub view: LinkView,
    /// What was recorded of each page that it answers; a refusal such as "already acknowledged" is an answer too.
    pub results: Vec<(PageId, Result<Recorded, Refusal>)>,
}

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// When, on the wall clock.
    pub at: DateTime<Utc>,
}

/// Pages that wait for one person's answer, the gravest first, and what that person has taken.
#[derive(Debug, Clone, Default)]
pub struct WaitingList {
    pub shown: Vec<Waiting>,
    /// How many come before those that are shown.
    pub from: usize,
    pub total: usize,
    /// Whether what the link shows is among all of them.
    pub has_own: bool,
    /// What else the person has, of all open incidents.
    pub taken: Vec<Waiting>,
}

/// One page that waits, or was taken.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// What a message would say of it, with the whole title.
    pub about: Mention,
    /// Its reader may not answer it, and learns no more than the reference.
    pub is_reader_involved: bool,
}

/// What the person who holds a link may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkRights {
    /// Answer, and know what it is about.
    Asked,
    /// Nothing: named as involved, or sharing a contact with somebody who is.
    Involved,
    /// Hand it over, to one of these: everybody who would be paged is involved, they too.
    LastResort(Vec<HandOverTo>),
    /// Nothing: in no roster any more.
    Left,
}

/// Somebody whom it can be handed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOverTo {
    /// What the form sends.
    pub value: String,
    /// The person's name.
    pub name: String,
    /// The name of the department whose roster they are in.
    pub department: String,
}
