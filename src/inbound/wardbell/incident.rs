//! An incident as a source sends it. Routing fields are validated; all others are cleaned rather than refused.
//!
//! A refused incident may be lost because many senders do not read responses. So only fields that decide whom to page,
//! or which incident it belongs to (`class`, the ids, `severity`, `flags`, `involved`, `drill`), can cause a refusal.
//! Everything else is cut, cleaned, or left out, with a warning in the response.

use crate::config::settings::Strictness;
use crate::domain::incident::Incoming;
use crate::inbound::decoded::Decoded;
use crate::inbound::input_error::{INPUT_ERRORS_MAX, InputError};
use crate::inbound::wardbell::fields::{Fields, Lines};
use crate::inbound::wardbell::json;

/// A post and a comment on it; longer texts belong behind the `url`.
pub const SUMMARY_MAX: usize = 10_000;

/// The longest address that browsers and proxies agree on.
pub const URL_MAX: usize = 2_048;

pub const AUTHOR_MAX: usize = 320;

/// The name of a network, a facility or a language.
pub const WORD_MAX: usize = 100;

/// Flags are a closed set of words in a playbook.
const FLAGS_MAX: usize = 32;

const FLAG_MAX: usize = 64;

/// The most involved people in one message.
pub const INVOLVED_MAX: usize = 32;

/// An address has at most 254 characters (RFC 5321, 4.5.3.1), and a name may precede it.
pub const PERSON_MAX: usize = 400;

/// Reads one incident.
///
/// # Errors
///
/// All errors; never empty.
pub fn decode(bytes: &[u8], strictness: Strictness) -> Result<Decoded, Vec<InputError>> {
    let text = json::decode(bytes);
    let (members, is_repaired) = text.members().map_err(|error| vec![error])?;
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
    let (mut errors, mut warnings) = fields.found();
    if strictness == Strictness::Strict || !errors.is_empty() {
        errors.append(&mut warnings);
    }
    errors.truncate(INPUT_ERRORS_MAX);
    if errors.is_empty() { Ok(Decoded { incoming, warnings }) } else { Err(errors) }
}
