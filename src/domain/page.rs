//! What a page may say: a closed list of fields. None of them comes from the reported post.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::PageId;
use crate::domain::link::LinkToken;
use crate::domain::severity::Severity;
use crate::domain::zone::Zone;

/// Everything a page can say. Channels build their texts from these fields alone.
#[derive(Debug, Clone)]
pub struct PageText {
    /// The same across all channels and attempts.
    pub page: PageId,
    /// The number of the incident's first page, used to thread email.
    pub first_page: u32,
    pub hospital: HospitalName,
    /// Marked as an exercise.
    pub drill: bool,
    pub severity: Severity,
    /// The playbook's `page_title`.
    pub title: String,
    pub department: String,
    /// The zone used to show times.
    pub zone: Zone,
    /// When the next person is paged, on the wall clock. If no one else is left to page, the deadline for
    /// acknowledging.
    pub answer_by: DateTime<Utc>,
    /// Wall clock.
    pub written_at: DateTime<Utc>,
    pub reason: PageReason,
    /// How many tasks it is about.
    pub tasks: u32,
    pub link: PageLink,
    /// After this many seconds the next step runs, and the message no longer needs to be delivered.
    pub valid_seconds: Option<u32>,
}

/// Everything one message can say: one page, or several pages to one person.
#[derive(Debug, Clone)]
pub struct MessageText {
    /// The page whose link the message contains.
    pub lead: PageText,
    /// The other pages that the message mentions, most severe first.
    pub mentioned: Vec<Mention>,
    /// All pages in the message.
    pub pages: Vec<PageId>,
    /// How many of them ask for an answer.
    pub asking: usize,
    /// The earliest deadline among them.
    pub answer_by: DateTime<Utc>,
}

/// What a message says about a page other than its first.
#[derive(Debug, Clone)]
pub struct Mention {
    pub page: PageId,
    pub severity: Severity,
    /// The playbook's `page_title`.
    pub title: String,
    pub department: String,
    pub zone: Zone,
    pub answer_by: DateTime<Utc>,
    pub reason: PageReason,
    /// How many tasks it is about.
    pub tasks: u32,
}

impl MessageText {
    /// A message mentions at most this many pages; the list behind its link shows all of them.
    pub const MENTIONED: usize = 25;

    pub fn of_one(page: PageText) -> Self {
        let asking = usize::from(page.reason.asks_for_an_answer());
        Self { pages: vec![page.page], answer_by: page.answer_by, lead: page, mentioned: Vec::new(), asking }
    }

    /// The first page, with the earliest deadline of all.
    pub fn most_urgent(&self) -> PageText {
        PageText { answer_by: self.answer_by, ..self.lead.clone() }
    }

    /// The first page as one of several.
    pub fn lead_mention(&self) -> Mention {
        let PageText { page, severity, title, department, zone, answer_by, reason, tasks, .. } = self.lead.clone();
        Mention { page, severity, title, department, zone, answer_by, reason, tasks }
    }

    /// The number of other incidents in the message.
    pub fn other_incidents(&self) -> usize {
        let others =
            self.pages.iter().map(|page| page.incident).filter(|incident| *incident != self.lead.page.incident);
        others.collect::<BTreeSet<_>>().len()
    }
}

/// The address of a page's answer form.
#[derive(Clone)]
pub struct PageLink {
    /// `public_url`, without a trailing slash.
    pub base: std::sync::Arc<str>,
    pub token: LinkToken,
}

impl PageLink {
    /// The full address. Write it into a page and nowhere else.
    pub fn reveal(&self) -> String {
        format!("{}/a/{}", self.base, self.token.reveal())
    }
}

impl fmt::Debug for PageLink {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PageLink(…)")
    }
}

/// Why a person is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PageReason {
    /// The incident or the department opened.
    Opened,
    /// The step was due and no one had acknowledged.
    NotAcknowledged,
    /// The ladder is repeated because no one has acknowledged.
    Repeated,
    /// The previous person declined.
    Declined,
    /// No channel reached the previous person.
    Unreachable,
    /// The previous person was named as involved.
    Involved,
    /// The previous step found no one.
    NobodyFound,
    /// Someone asked for the next step.
    Escalated,
    SeverityRose,
    /// A repeat arrived under a more serious class.
    Reclassified,
    /// Somebody reopened the incident after its resolution.
    Reopened,
    /// Acknowledged, but nothing was noted in time.
    NotActedOn,
    /// The person who acknowledged cannot be reached.
    HolderUnreachable,
    /// Everyone who could be paged is involved. The page carries only the reference, and its reader can hand it off.
    LastResort,
    /// Handed over by a colleague: the one who has it, or one who may not answer.
    HandedOver,
    /// The person asked to take it over does not.
    NotTakenOver,
    /// A task of the department is overdue.
    Overdue,
    /// The incident is resolved, and something is still owed.
    Owed,
    /// Asks somebody to approve a statement.
    Approval,
}

impl PageReason {
    /// Whether the reader is asked to acknowledge, rather than to add a note or hand the incident off.
    pub fn asks_for_an_answer(self) -> bool {
        !self.is_for_holder() && !self.is_for_tasks() && self != Self::LastResort
    }

    /// Whether the page asks for what is owed, and nobody is paged next unless it is answered.
    pub fn is_for_tasks(self) -> bool {
        matches!(self, Self::Overdue | Self::Owed)
    }

    /// Whether the page tells someone about what they or a colleague have acknowledged, and leaves it with them.
    pub fn is_for_holder(self) -> bool {
        matches!(self, Self::NotActedOn | Self::NotTakenOver)
    }

    /// The reason in words, for pages and timelines.
    pub fn words(self) -> &'static str {
        match self {
            Self::Opened => "new incident",
            Self::NotAcknowledged => "no one has acknowledged yet",
            Self::Repeated => "still no one has acknowledged",
            Self::Declined => "the previous person cannot take it",
            Self::Unreachable => "the previous person could not be reached",
            Self::Involved => "assigned to you",
            Self::NobodyFound => "no one else was on call",
            Self::Escalated => "escalated to you by a colleague",
            Self::SeverityRose => "the severity was raised",
            Self::Reclassified => "now classified as more serious",
            Self::Reopened => "reopened after it was resolved",
            Self::NotActedOn => "acknowledged, but nothing has been noted since",
            Self::HolderUnreachable => "the person who acknowledged it cannot be reached",
            Self::LastResort => "everyone who could be paged is involved",
            Self::HandedOver => "a colleague asks you to take it over",
            Self::NotTakenOver => "the person you asked did not take it over: you still have it",
            Self::Overdue => "a task is overdue",
            Self::Owed => "resolved, but a task is still open",
            Self::Approval => "a statement waits for your approval",
        }
    }
}

/// The hospital's short name, which starts every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HospitalName(String);

/// The name does not fit at the start of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hospital's short name must be 1 to 12 characters from the GSM-7 alphabet")]
pub struct BadHospitalName;

impl FromStr for HospitalName {
    type Err = BadHospitalName;
    fn from_str(text: &str) -> Result<Self, BadHospitalName> {
        let fits = gsm7_length(text).is_some_and(|length| (1..=12).contains(&length));
        let printable = text.trim() == text && !text.contains(['\n', '\r', '\u{c}', '\u{1b}']);
        if fits && printable { Ok(Self(text.to_owned())) } else { Err(BadHospitalName) }
    }
}

impl fmt::Display for HospitalName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Characters in one GSM-7 text message (3GPP TS 23.038).
pub const SMS_SEGMENT: usize = 160;

/// The longest `public_url`, in septets (see [`gsm7_length`]), that still fits in one text message.
///
/// Of the 160, the rest of the link takes 27 (`/a/` and the token), and `DRILL `, the hospital, the severity, the
/// reference and `. Answer now: ` take at most 50.
pub const PUBLIC_URL_SEPTETS: usize = 80;

const GSM7_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                          ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM7_EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// The number of septets that a text takes in GSM-7 (3GPP TS 23.038, 6.2.1), or `None` if it contains a character
/// outside that alphabet.
pub fn gsm7_length(text: &str) -> Option<usize> {
    text.chars().try_fold(0, |length, character| {
        if GSM7_BASIC.contains(character) {
            Some(length + 1)
        } else if GSM7_EXTENDED.contains(character) {
            Some(length + 2)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gsm7_counts_extended_characters_twice() {
        assert_eq!(gsm7_length("MERCY high"), Some(10));
        assert_eq!(gsm7_length("[a]"), Some(5));
        assert_eq!(gsm7_length("€"), Some(2));
        assert_eq!(gsm7_length("ä"), Some(1));
        assert_eq!(gsm7_length("–"), None);
        assert!("MERCY".parse::<HospitalName>().is_ok());
        for name in ["", "MERCY HOSPITAL", "ΩΩΩ…", " A", "[[[[[[["] {
            assert!(name.parse::<HospitalName>().is_err(), "{name}");
        }
    }
}
