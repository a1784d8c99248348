//! What happened to an incident, in the past tense: the record's words.
//!
//! Events carry results (who, which channel, why, which file and line), so that they can be read and replayed without
//! the rosters of their day.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
pub use crate::domain::escalation::by::By;
use crate::domain::escalation::reclassified::Reclassified;
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::id::{DepartmentId, LiaisonId, Role, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::outcome::Outcome;
use crate::domain::page::PageReason;
use crate::domain::playbook::ladder::Target;
use crate::domain::roster::holder::Why;
use crate::domain::sealed::Words;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// One fact about one incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The incident was accepted and matched to a playbook.
    Opened(Box<Opened>),
    /// A repeat of it came in.
    Folded(Box<Folded>),
    /// A repeat lifted it: every track climbs its new ladder from the first step.
    SeverityRose(SeverityRose),
    /// A repeat of a graver class came in: the incident took that class's playbook.
    Reclassified(Box<Reclassified>),
    /// A step's time came.
    StepFired(StepFired),
    /// An overdue step waits, as its person was paged for this incident a moment ago.
    StepPutOff {
        /// Whose track.
        department: DepartmentId,
        /// What comes now.
        next: Next,
    },
    /// One attempt to hand a page to a provider ended.
    Attempted {
        /// The page's number.
        page: u32,
        /// Over which channel.
        channel: ChannelKind,
        /// What the provider said.
        #[serde(flatten)]
        outcome: Outcome,
        /// When it is tried again.
        #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
        again_at: Option<DateTime<Utc>>,
        /// Nobody can be reached by this page: the next step is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Next>,
    },
    /// A page got a further link, as the first one was lost with the process before it was surely sent.
    LinkIssued {
        /// The page's number.
        page: u32,
        /// What is kept of the link.
        link: Digest,
    },
    /// Somebody took it.
    Acknowledged {
        /// Whose track stops climbing.
        department: DepartmentId,
        /// Who.
        by: By,
        /// Through the link of which page.
        page: Option<u32>,
        /// Without a note by then, people are paged again.
        #[serde(with = "crate::domain::instant::optional", default)]
        act_by: Option<DateTime<Utc>>,
    },
    /// Somebody cannot take it.
    Declined {
        /// Whose track.
        department: DepartmentId,
        /// Who.
        by: By,
        /// Through the link of which page.
        page: Option<u32>,
        /// The step that is due at once; none where somebody else still has a page to answer.
        next: Option<Next>,
    },
    /// A repeat named somebody as involved who had a page, or had taken it: they are asked no more.
    CalledBack {
        /// Whose track.
        department: DepartmentId,
        /// Who.
        liaison: LiaisonId,
        /// The roster that holds them.
        roster: DepartmentId,
        /// The step that is due at once; none where somebody else still has a page to answer.
        next: Option<Next>,
    },
    /// The person who had it cannot be reached, so that nobody has it: the track climbs again, from its backup on.
    HolderUnreachable {
        /// Whose track.
        department: DepartmentId,
        /// Who had it.
        by: By,
        /// Why they are not asked again before the next round.
        because: Because,
        /// The ladder's times count from then.
        #[serde(with = "crate::domain::instant")]
        climbs_from: DateTime<Utc>,
        /// The step that is due at once.
        next: Next,
    },
    /// Somebody who may not answer, paged as the last resort, named somebody who may. The climb goes on until they take it.
    HandedOver {
        /// Whose track.
        department: DepartmentId,
        /// Who.
        by: By,
        /// Through the link of which page.
        page: Option<u32>,
        /// Who is paged.
        pages: Vec<Paged>,
    },
    /// Somebody wrote something down.
    Noted {
        /// Which department's note it is; none for the incident as a whole.
        department: Option<DepartmentId>,
        /// Who.
        by: By,
        /// Through the link of which page.
        page: Option<u32>,
        /// The words: treat them as protected health information.
        text: Words,
    },
    /// An operator asked for the next step.
    Escalated {
        /// Whose track.
        department: DepartmentId,
        /// Who.
        by: By,
        /// The step that is due at once.
        next: Next,
    },
    /// The source whose silence this incident tells of spoke again; people close the matter.
    HeardAgain {
        /// When, on the wall clock.
        #[serde(with = "crate::domain::instant")]
        heard_at: DateTime<Utc>,
    },
    /// Nothing is wrong any more with the configuration that this incident reports; people close the matter.
    ConfigurationFixed {
        /// When that was noticed, on the wall clock.
        #[serde(with = "crate::domain::instant")]
        fixed_at: DateTime<Utc>,
    },
    /// Acknowledged, and nothing was noted in time.
    Reminded {
        /// Whose track.
        department: DepartmentId,
        /// Who is paged.
        pages: Vec<Paged>,
        /// Who is not, and why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed_over: Vec<PassedOver>,
        /// Without a note by then, they are paged once more.
        #[serde(with = "crate::domain::instant")]
        again_at: DateTime<Utc>,
    },
    /// The matter is closed.
    Resolved {
        /// Who.
        by: By,
        /// A last word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
    },
    /// The data keys of its sealed words are destroyed: nobody can read them any more, in no copy of the record.
    Purged {
        /// Who asked for it.
        by: By,
    },
}

/// The incident was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Who sent it.
    pub source: SourceName,
    /// What came in.
    pub incident: Incoming,
    /// The hospital's class for the source's label.
    pub class: String,
    /// The playbook's name.
    pub playbook: String,
    /// The version that stays with the incident: its hash, under which the record keeps the whole playbook.
    pub playbook_hash: Digest,
    /// After promotions.
    pub severity: Severity,
    /// The wall clock when it was received.
    #[serde(with = "crate::domain::instant")]
    pub received_at: DateTime<Utc>,
    /// One a department.
    pub tracks: Vec<TrackOpened>,
}

/// A repeat came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Folded {
    /// What came in.
    pub incident: Incoming,
    /// How often the matter has come in, with this.
    pub occurrences: u64,
    /// The wall clock when it was received.
    #[serde(with = "crate::domain::instant")]
    pub received_at: DateTime<Utc>,
    /// Those of its `involved` that are in no roster and were not kept, as the incident has too many of these already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub involved_not_kept: Vec<String>,
}

/// The severity rose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeverityRose {
    /// To which.
    pub severity: Severity,
    /// The ladder that each department climbs now.
    pub ladders: Vec<(DepartmentId, Box<str>)>,
    /// How long after this the ladder's first step is due, for departments where it is not due at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_steps: Vec<(DepartmentId, Wait)>,
}

/// A step's time came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepFired {
    /// Whose track.
    pub department: DepartmentId,
    /// Which step.
    pub step: Rung,
    /// When it was due.
    #[serde(with = "crate::domain::instant")]
    pub due_at: DateTime<Utc>,
    /// Why it fired.
    pub reason: PageReason,
    /// Who is paged.
    pub pages: Vec<Paged>,
    /// Who is not, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// What comes after; nothing where the ladder has ended.
    pub next: Option<Next>,
}

/// A place on a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// The ladder's step of that position, from 0.
    Step(u16),
    /// The whole ladder's people again, for the so-many-th time.
    Again(u32),
    /// Those who answer for a department that cannot.
    Beyond,
}

/// What a track does next unless somebody acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// When.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// Which step.
    pub step: Rung,
    /// Why it fires then.
    pub reason: PageReason,
}

/// One page was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paged {
    /// Counts the incident's pages from 1.
    pub number: u32,
    /// Who.
    pub liaison: LiaisonId,
    /// Their name.
    pub name: String,
    /// The roster that holds them.
    pub roster: DepartmentId,
    /// The role they were found in.
    pub role: Role,
    /// The line and the rule that chose them.
    pub why: Why,
    /// What is kept of the link.
    pub link: Digest,
    /// Over which channels, in order of time.
    pub channels: Vec<Channel>,
}

/// A page's way over one channel.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Which channel.
    pub by: ChannelKind,
    /// The address or number.
    pub to: String,
    /// When it is first tried.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
}

impl std::fmt::Debug for Channel {
    /// Addresses stay out of logs.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} at {}", self.by, self.at)
    }
}

/// Somebody was not paged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Whom the step wanted.
    pub target: Target,
    /// Who that would have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liaison: Option<LiaisonId>,
    /// Why not.
    pub because: Because,
}

/// Why somebody was not paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// Nobody holds the role.
    NobodyOnCall,
    /// Named as involved, or sharing a contact with somebody who is.
    Involved,
    /// Has declined.
    Declined,
    /// Could not be reached by any channel.
    Unreachable,
    /// Was paged after this step's time already.
    PagedAlready,
    /// Has no contact on a channel that is set up.
    NoChannel,
    /// Is in no roster any more.
    Left,
}

impl Because {
    /// The reason in words, after a name.
    pub fn words(self) -> &'static str {
        match self {
            Self::NobodyOnCall => "nobody is on call",
            Self::Involved => "involved in the incident",
            Self::Declined => "can’t take it",
            Self::Unreachable => "could not be reached",
            Self::PagedAlready => "has just been paged",
            Self::NoChannel => "has no usable address",
            Self::Left => "is no longer in any roster",
        }
    }
}

impl Event {
    /// The pages that it made: for whose track, and why.
    pub fn pages(&self) -> Option<(&DepartmentId, PageReason, &[Paged])> {
        match self {
            Self::StepFired(fired) => Some((&fired.department, fired.reason, &fired.pages)),
            Self::Reminded { department, pages, .. } => Some((department, PageReason::NotActedOn, pages)),
            Self::HandedOver { department, pages, .. } => Some((department, PageReason::HandedOver, pages)),
            _ => None,
        }
    }
}
