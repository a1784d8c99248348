//! What a link shows its reader: one page, and all other pages waiting for them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{AnswerKind, Refusal};
use crate::domain::escalation::next_page::NextPage;
use crate::domain::escalation::statements::input::PageAnswer;
use crate::domain::escalation::tasks::input::TaskChange;
use crate::domain::id::PageId;
use crate::domain::instant::Now;
use crate::domain::page::Mention;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::store::query::LinkTarget;

/// The list behind a link has this many pages at a time, and one press answers no more.
pub const LISTED: usize = 25;

/// A query for a link's page.
#[derive(Debug, Clone)]
pub struct LinkQuery {
    /// Of the link's token.
    pub link: Digest,
    /// Another page of the link's reader; `None` for the link's own.
    pub page: Option<PageId>,
    /// How many waiting pages to skip.
    pub from: usize,
}

impl LinkQuery {
    /// The link's own page and the first waiting ones.
    pub fn own(link: Digest) -> Self {
        Self { link, page: None, from: 0 }
    }
}

/// A press of a button behind a link.
#[derive(Debug, Clone)]
pub struct LinkPress {
    /// What is shown after it.
    pub query: LinkQuery,
    /// Which of the reader's pages it answers; empty for the one shown.
    pub pages: Vec<PageId>,
    pub answer: LinkAnswer,
}

/// What a button behind a link does.
#[derive(Debug, Clone)]
pub enum LinkAnswer {
    Answer(AnswerKind),
    Task(TaskChange),
    /// About the approval that the page asks for.
    Approval(PageAnswer),
}

impl From<AnswerKind> for LinkAnswer {
    fn from(answer: AnswerKind) -> Self {
        Self::Answer(answer)
    }
}

#[derive(Debug, Clone)]
pub struct LinkView {
    /// The page that is shown: the link's own, or another of its reader's.
    pub target: LinkTarget,
    /// The page that the link was made for.
    pub own: LinkTarget,
    /// Where the incident stands.
    pub incident: Incident,
    /// The version of the playbook that it opened with.
    pub playbook: Arc<Playbook>,
    /// The rosters in force.
    pub plan: Arc<Plan>,
    pub now: Now,
    /// Who is paged next unless somebody acknowledges.
    pub next: Option<NextPage>,
    /// What the person who holds the link may do.
    pub rights: LinkRights,
    /// All pages waiting for the same person, drills or real like the link's own page.
    pub waiting: WaitingList,
}

#[derive(Debug, Clone)]
pub struct Pressed {
    /// What the link shows now.
    pub view: LinkView,
    /// What was recorded of each page that it answers; a refusal such as "already acknowledged" is an answer too.
    pub results: Vec<(PageId, Result<Recorded, Refusal>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// When, on the wall clock.
    pub at: DateTime<Utc>,
}

/// Pages waiting for one person, the most severe first, and pages that person has taken.
#[derive(Debug, Clone, Default)]
pub struct WaitingList {
    pub shown: Vec<Waiting>,
    /// How many come before those that are shown.
    pub from: usize,
    pub total: usize,
    /// Whether what the link shows is among all of them.
    pub has_own: bool,
    /// The open incidents that the person has taken.
    pub taken: Vec<Waiting>,
}

/// One page that waits, or was taken.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// What a message would say of it, with the whole title.
    pub about: Mention,
    /// Its reader may not answer and sees only the reference.
    pub is_reader_involved: bool,
}

/// What a link's holder may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkRights {
    /// May answer and see what it is about.
    Asked,
    /// Nothing: named as involved, or shares a contact with someone who is.
    Involved,
    /// May hand it over to one of these, because everyone who would be paged is involved.
    LastResort(Vec<HandOverTo>),
    /// Nothing: no longer on a roster.
    Left,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOverTo {
    /// What the form sends.
    pub value: String,
    pub name: String,
    /// The name of the department whose roster they are in.
    pub department: String,
}
