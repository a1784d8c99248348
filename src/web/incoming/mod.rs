//! An incident as a source sends it: what routes it is checked, what does not is cleaned rather than refused.
//!
//! An incident that is refused may be lost, as many senders do not read answers. So only what decides whom to page, or which
//! incident it belongs to (`class`, the ids, `severity`, `flags`, `involved`, `drill`), can refuse it. Everything else is
//! cut, cleaned or left out, and the answer carries a warning.

mod fields;
mod json;
mod labels;

use crate::config::settings::Strictness;
use crate::domain::incident::Incoming;
use crate::web::error::{MISTAKES_MAX, Mistake};
use crate::web::incoming::fields::{Fields, Lines};

pub use crate::web::incoming::fields::CLASS_MAX;

/// A post and what the desk says about it; longer texts belong behind the `url`.
const SUMMARY_MAX: usize = 10_000;

/// The longest address that browsers and proxies agree on.
const URL_MAX: usize = 2_048;

/// A name or handle.
const AUTHOR_MAX: usize = 320;

/// The name of a network, a facility or a language.
const WORD_MAX: usize = 100;

/// Flags are a closed set of words in a playbook.
const FLAGS_MAX: usize = 32;

/// One flag.
const FLAG_MAX: usize = 64;

/// More people are not known to be involved while an incident opens.
const INVOLVED_MAX: usize = 32;

/// An address has at most 254 characters (RFC 5321, 4.5.3.1), and a name may stand before it.
const PERSON_MAX: usize = 400;

/// An incident that is accepted.
#[derive(Debug)]
pub struct Accepted {
    /// What counts.
    pub incoming: Incoming,
    /// What was cut, cleaned or left out.
    pub warnings: Vec<Mistake>,
}

/// Reads one incident.
///
/// # Errors
///
/// Every mistake in it; never an empty list.
pub fn read(bytes: &[u8], strictness: Strictness) -> Result<Accepted, Vec<Mistake>> {
    let text = json::decode(bytes);
    let (members, is_repaired) = text.members().map_err(|mistake| vec![mistake])?;
    let mut fields = Fields::new(members, is_repaired);
    let incoming = Incoming {
        class: fields.class(),
        event_id: fields.id("event_id"),
        dedup_key: fields.id("dedup_key"),
        severity: fields.severity("severity"),
        confidence: fields.fraction("confidence"),
        summary: fields.text("summary", SUMMARY_MAX, Lines::Many),
        url: fields.text("url", URL_MAX, Lines::One),
        author: fields.text("author", AUTHOR_MAX, Lines::One),
        network: fields.text("network", WORD_MAX, Lines::One),
        facility: fields.text("facility", WORD_MAX, Lines::One),
        language: fields.text("language", WORD_MAX, Lines::One),
        reach: fields.natural("reach"),
        flags: fields.words("flags", FLAGS_MAX, FLAG_MAX),
        involved: fields.words("involved", INVOLVED_MAX, PERSON_MAX),
        involved_unknown: Vec::new(),
        occurred_at: fields.instant("occurred_at"),
        drill: fields.truth("drill"),
        labels: fields.labels("labels"),
        sealed: None,
    };
    let (mut mistakes, mut warnings) = fields.found();
    if strictness == Strictness::Strict || !mistakes.is_empty() {
        mistakes.append(&mut warnings);
    }
    mistakes.truncate(MISTAKES_MAX);
    if mistakes.is_empty() { Ok(Accepted { incoming, warnings }) } else { Err(mistakes) }
}
