//! What a page may say: a closed list of fields, none of them from the post.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::PageId;
use crate::domain::link::LinkToken;
use crate::domain::severity::Severity;
use crate::domain::zone::Zone;

/// All that a page can say. Channels write their texts from these fields alone.
#[derive(Debug, Clone)]
pub struct PageText {
    /// The same over all channels and attempts.
    pub page: PageId,
    /// The number of the incident's first page, for threads of mail.
    pub first_page: u32,
    /// The hospital's short name.
    pub hospital: HospitalName,
    /// Marked as an exercise.
    pub drill: bool,
    /// How grave.
    pub severity: Severity,
    /// The playbook's `page_title`.
    pub title: String,
    /// The department's name.
    pub department: String,
    /// The zone that times are shown in.
    pub zone: Zone,
    /// When the next person is paged, on the wall clock; once nobody else is, by when somebody should have acknowledged.
    pub answer_by: DateTime<Utc>,
    /// When the page is written, on the wall clock.
    pub written_at: DateTime<Utc>,
    /// Why this person is paged.
    pub reason: PageReason,
    /// Where to answer.
    pub link: PageLink,
    /// After this many seconds the next step runs and the message need not be delivered any more.
    pub valid_seconds: Option<u32>,
}

/// All that one message can say: one page, or several to one person.
#[derive(Debug, Clone)]
pub struct MessageText {
    /// The page whose link the message has.
    pub lead: PageText,
    /// The pages after it that the message mentions, the gravest first.
    pub mentioned: Vec<Mention>,
    /// All of its pages.
    pub pages: Vec<PageId>,
    /// How many of them ask for an answer.
    pub asking: usize,
    /// When the first of these is to be answered by.
    pub answer_by: DateTime<Utc>,
}

/// What a message says of a page that is not its first one.
#[derive(Debug, Clone)]
pub struct Mention {
    pub page: PageId,
    pub severity: Severity,
    /// The playbook's `page_title`.
    pub title: String,
    /// The department's name.
    pub department: String,
    pub zone: Zone,
    /// As of a whole page.
    pub answer_by: DateTime<Utc>,
    pub reason: PageReason,
}

impl MessageText {
    /// A message mentions at most this many pages; the list behind its link has all of them.
    pub const MENTIONED: usize = 25;

    /// A message with one page.
    pub fn of_one(page: PageText) -> Self {
        let asking = usize::from(page.reason.asks_for_an_answer());
        Self { pages: vec![page.page], answer_by: page.answer_by, lead: page, mentioned: Vec::new(), asking }
    }

    /// Its first page, to be answered as soon as the first of all.
    pub fn most_urgent(&self) -> PageText {
        PageText { answer_by: self.answer_by, ..self.lead.clone() }
    }

    /// Its first page as one of several.
    pub fn lead_mention(&self) -> Mention {
        let PageText { page, severity, title, department, zone, answer_by, reason, .. } = self.lead.clone();
        Mention { page, severity, title, department, zone, answer_by, reason }
    }

    /// How many incidents it is about beside its first page's.
    pub fn other_incidents(&self) -> usize {
        let others =
            self.pages.iter().map(|page| page.incident).filter(|incident| *incident != self.lead.page.incident);
        others.collect::<BTreeSet<_>>().len()
    }
}

/// The address of a page's answer form.
#[derive(Clone)]
pub struct PageLink {
    /// `public_url`, without a slash at the end.
    pub base: std::sync::Arc<str>,
    /// The secret part.
    pub token: LinkToken,
}

impl PageLink {
    /// The whole address, to be written into a page and nowhere else.
    pub fn reveal(&self) -> String {
        format!("{}/a/{}", self.base, self.token.reveal())
    }
}

impl fmt::Debug for PageLink {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PageLink(…)")
    }
}

/// Why somebody is paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageReason {
    /// The incident opened, or the department did.
    Opened,
    /// Its step's time came and nobody had acknowledged.
    NotAcknowledged,
    /// The ladder is climbed again and nobody had acknowledged.
    Repeated,
    /// The one before declined.
    Declined,
    /// The one before could not be reached by any channel.
    Unreachable,
    /// The one before was named as involved.
    Involved,
    /// The step before found nobody.
    NobodyFound,
    /// A person asked for the next step.
    Escalated,
    /// The severity rose.
    SeverityRose,
    /// A repeat came in under a graver class.
    Reclassified,
    /// Acknowledged, and nothing was noted in time.
    NotActedOn,
    /// Who had acknowledged cannot be reached.
    HolderUnreachable,
    /// Everybody who could be paged is involved: the page carries the reference alone, and its reader can hand it over.
    LastResort,
    /// Somebody who may not answer handed it over.
    HandedOver,
}

impl PageReason {
    /// Whether the reader is asked to take it, rather than to note what was done or to hand it to somebody.
    pub fn asks_for_an_answer(self) -> bool {
        !matches!(self, Self::NotActedOn | Self::LastResort)
    }

    /// The reason in words, for pages and timelines.
    pub fn words(self) -> &'static str {
        match self {
            Self::Opened => "new incident",
            Self::NotAcknowledged => "nobody has acknowledged yet",
            Self::Repeated => "still nobody has acknowledged",
            Self::Declined => "the person before you cannot take it",
            Self::Unreachable => "the person before you could not be reached",
            Self::Involved => "the person before you must not be asked",
            Self::NobodyFound => "nobody was on call before you",
            Self::Escalated => "somebody asked to page you now",
            Self::SeverityRose => "the severity rose",
            Self::Reclassified => "now classified as more serious",
            Self::NotActedOn => "acknowledged, but nothing has been noted since",
            Self::HolderUnreachable => "the person who had it cannot be reached",
            Self::LastResort => "everybody who could be paged is involved",
            Self::HandedOver => "handed to you by somebody who may not answer it",
        }
    }
}

/// The hospital's short name, which starts every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HospitalName(String);

/// The name does not fit the start of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hospital's short name has 1 to 12 characters of the GSM-7 alphabet")]
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

/// One text message of GSM-7 carries this many characters (3GPP TS 23.038).
pub const SMS_SEGMENT: usize = 160;

/// The most septets of `public_url` (as [`gsm7_length`] counts them) that leave room in one text message.
///
/// Of the 160, the link's own end takes 27 (`/a/` and the token), and `DRILL `, the hospital, the severity, the
/// reference and `. Answer now: ` take 50 at most.
pub const PUBLIC_URL_SEPTETS: usize = 80;

const GSM7_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                          ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM7_EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How many septets a text takes in GSM-7 (3GPP TS 23.038, 6.2.1), or `None` if a character is not in that alphabet.
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
