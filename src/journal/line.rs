//! Converts one record to one line and back.

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::id::IncidentId;
use crate::domain::instant;
use crate::journal::error::{Fault, JournalError};
use crate::journal::record::{Entry, Fact, Record};

const VERSION: &str = r#"{"v":1,"seq":"#;
const AT: &str = r#","at":""#;
const INCIDENT: &str = r#"","incident":""#;
const EVENT: &str = r#"","event":"#;
const PREV: &str = r#","prev":""#;
const HASH: &str = r#","hash":""#;
const END: &str = r#""}"#;

/// The length of what follows the hashed bytes.
const HASH_LENGTH: usize = HASH.len() + 64 + END.len();

/// Appends the line of one record, without a newline, and returns the record's hash.
///
/// # Errors
///
/// An entry without a JSON form; the buffer then contains part of a line.
pub fn encode(out: &mut Vec<u8>, seq: u64, prev: Digest, entry: &Entry) -> Result<Digest, JournalError> {
    let start = out.len();
    out.extend_from_slice(VERSION.as_bytes());
    push_number(out, seq);
    out.extend_from_slice(AT.as_bytes());
    out.extend_from_slice(instant::to_text(entry.at).as_bytes());
    let written = match &entry.fact {
        Fact::Incident(id, event) => {
            out.extend_from_slice(INCIDENT.as_bytes());
            out.extend_from_slice(id.to_string().as_bytes());
            out.extend_from_slice(EVENT.as_bytes());
            serde_json::to_writer(&mut *out, event)
        }
        Fact::System(event) => {
            out.extend_from_slice(EVENT.as_bytes());
            serde_json::to_writer(&mut *out, event)
        }
    };
    written.map_err(|error| JournalError::Unwritable(error.to_string()))?;
    out.extend_from_slice(PREV.as_bytes());
    out.extend_from_slice(&prev.to_hex());
    out.push(b'"');
    let hash = Digest::of(&out[start..]);
    out.extend_from_slice(HASH.as_bytes());
    out.extend_from_slice(&hash.to_hex());
    out.extend_from_slice(END.as_bytes());
    Ok(hash)
}

fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return out.extend_from_slice(&digits[first..]);
        }
    }
}

/// A line split into its parts; the event is not parsed yet.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub seq: u64,
    /// The hash of the previous record.
    pub prev: Digest,
    /// The record's own hash, as written.
    pub hash: Digest,
    at: &'a str,
    incident: Option<&'a str>,
    event: &'a str,
    hashed: &'a str,
}

impl<'a> Line<'a> {
    /// Splits a line without verifying its hash.
    ///
    /// # Errors
    ///
    /// [`Fault::NotARecord`], or [`Fault::Unknown`] for another version.
    pub fn split(line: &'a [u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(line).map_err(|_| Fault::NotARecord)?;
        split(text).ok_or(if is_of_other_version(text) { Fault::Unknown } else { Fault::NotARecord })
    }

    /// Splits a line and verifies its hash.
    ///
    /// # Errors
    ///
    /// The errors of [`split`](Self::split), and [`Fault::WrongHash`].
    pub fn verify(line: &'a [u8]) -> Result<Self, Fault> {
        let parts = Self::split(line)?;
        if Digest::of(parts.hashed.as_bytes()) == parts.hash { Ok(parts) } else { Err(Fault::WrongHash) }
    }

    /// Whether it is a system event, about no single incident.
    pub fn is_system_event(&self) -> bool {
        self.incident.is_none()
    }

    /// The reference of the incident it is about; `None` for a system event.
    pub fn incident(&self) -> Option<&'a str> {
        self.incident
    }

    ///
    /// # Errors
    ///
    /// [`Fault::NotARecord`].
    pub fn at(&self) -> Result<DateTime<Utc>, Fault> {
        let at = DateTime::parse_from_rfc3339(self.at).map_err(|_| Fault::NotARecord)?;
        Ok(at.with_timezone(&Utc))
    }

    /// Parses the event.
    ///
    /// # Errors
    ///
    /// [`Fault::Unknown`] for events that this version does not know.
    pub fn record(&self) -> Result<Record, Fault> {
        let unknown = |_: serde_json::Error| Fault::Unknown;
        let fact = match self.incident {
            Some(id) => {
                let id: IncidentId = id.parse().map_err(|_| Fault::NotARecord)?;
                Fact::Incident(id, serde_json::from_str(self.event).map_err(unknown)?)
            }
            None => Fact::System(serde_json::from_str(self.event).map_err(unknown)?),
        };
        Ok(Record { seq: self.seq, entry: Entry { at: self.at()?, fact } })
    }
}

fn split(text: &str) -> Option<Line<'_>> {
    let hashed = text.get(..text.len().checked_sub(HASH_LENGTH)?)?;
    let hash = text[hashed.len()..].strip_prefix(HASH)?.strip_suffix(END)?;
    let hash = hash.parse().ok().filter(|_| !hash.contains(|digit: char| digit.is_ascii_uppercase()))?;
    let before_prev = hashed.len().checked_sub(PREV.len() + 64 + 1)?;
    let (body, prev) = hashed.split_at_checked(before_prev)?;
    let prev = prev.strip_prefix(PREV)?.strip_suffix('"')?.parse().ok()?;
    let (seq, rest) = body.strip_prefix(VERSION)?.split_once(AT)?;
    let (at, rest) = rest.split_at_checked(rest.find('"')?)?;
    let (incident, event) = match rest.strip_prefix(INCIDENT) {
        Some(rest) => rest.split_once(EVENT).map(|(id, event)| (Some(id), event))?,
        None => (None, rest.strip_prefix(EVENT)?),
    };
    Some(Line { seq: seq.parse().ok()?, prev, hash, at, incident, event, hashed })
}

fn is_of_other_version(text: &str) -> bool {
    text.starts_with(r#"{"v":"#) && !text.starts_with(&VERSION[..7])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::record::SystemEvent;

    fn line(seq: u64) -> (Vec<u8>, Entry) {
        let started = SystemEvent::Started { version: r#"1","event":"x,"hash":"#.into() };
        let at = DateTime::from_timestamp_millis(1_798_153_200_000).unwrap();
        let entry = Entry { at, fact: Fact::System(started) };
        let mut out = Vec::new();
        encode(&mut out, seq, Digest::of(b"before"), &entry).unwrap();
        (out, entry)
    }

    #[test]
    fn a_line_survives_being_written_and_read() {
        for seq in [1, 10, u64::MAX] {
            let (bytes, entry) = line(seq);
            let parts = Line::verify(&bytes).unwrap();
            assert_eq!(parts.prev, Digest::of(b"before"));
            assert_eq!(parts.record(), Ok(Record { seq, entry }));
        }
    }

    #[test]
    fn the_hash_covers_what_stands_before_it() {
        let (bytes, _) = line(17);
        let text = String::from_utf8(bytes).unwrap();
        let (hashed, hash) = text.rsplit_once(r#","hash":""#).unwrap();
        assert_eq!(hash, format!("{}\"}}", Digest::of(hashed.as_bytes())));
        assert!(
            text.starts_with(r#"{"v":1,"seq":17,"at":"2026-12-24T23:00:00.000Z","event":{"type":"started","#),
            "{text}"
        );
    }

    #[test]
    fn no_flipped_bit_passes() {
        let (bytes, _) = line(17);
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut bent = bytes.clone();
                bent[position] ^= 1 << bit;
                assert!(Line::verify(&bent).is_err(), "bit {bit} of byte {position}");
            }
        }
        let newer = String::from_utf8(bytes).unwrap().replace(r#"{"v":1"#, r#"{"v":2"#);
        assert_eq!(Line::verify(newer.as_bytes()).unwrap_err(), Fault::Unknown);
    }
}
