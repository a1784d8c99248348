//! Converts one record to one line and back.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::digest::Digest;
use crate::domain::instant;
use crate::journal::error::{Fault, JournalError};
use crate::journal::record::{Entry, Fact, Record};

const VERSION: &str = r#"{"v":2,"seq":"#;
/// The version in which no release wrote.
const PRERELEASE: &str = "1";
const AT: &str = r#","at":""#;
const KIND: &str = r#"","kind":""#;
const ID: &str = r#"","id":""#;
const EVENT: &str = r#"","event":"#;
const PREV: &str = r#","prev":""#;
const HASH: &str = r#","hash":""#;
const END: &str = r#""}"#;

/// The words for what an event is about. They never change, and each new kind has a new one.
const INCIDENT: &str = "incident";
const SOURCE_WATCH: &str = "source-watch";
const CHANNEL_TEST: &str = "channel-test";
const PERSON: &str = "person";
const SYSTEM: &str = "system";

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
        Fact::Incident(id, event) => push_event(out, INCIDENT, Some(id), event),
        Fact::SourceWatch(id, event) => push_event(out, SOURCE_WATCH, Some(id), event),
        Fact::ChannelTest(id, event) => push_event(out, CHANNEL_TEST, Some(id), event),
        Fact::Person(id, event) => push_event(out, PERSON, Some(id), event),
        Fact::System(event) => push_event(out, SYSTEM, None, event),
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

fn push_event(
    out: &mut Vec<u8>,
    kind: &str,
    id: Option<&dyn Display>,
    event: &impl Serialize,
) -> serde_json::Result<()> {
    out.extend_from_slice(KIND.as_bytes());
    out.extend_from_slice(kind.as_bytes());
    if let Some(id) = id {
        out.extend_from_slice(ID.as_bytes());
        out.extend_from_slice(id.to_string().as_bytes());
    }
    out.extend_from_slice(EVENT.as_bytes());
    serde_json::to_writer(out, event)
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
    kind: &'a str,
    id: Option<&'a str>,
    event: &'a str,
    hashed: &'a str,
}

impl<'a> Line<'a> {
    /// Splits a line without verifying its hash.
    ///
    /// # Errors
    ///
    /// [`Fault::NotARecord`], or for another version [`Fault::Prerelease`] or [`Fault::Unknown`].
    pub fn split(line: &'a [u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(line).map_err(|_| Fault::NotARecord)?;
        split(text).ok_or_else(|| fault_of(text))
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

    /// Whether it is about the daemon itself or its record.
    pub fn is_system_event(&self) -> bool {
        self.kind == SYSTEM
    }

    /// The reference of the incident it is about.
    pub fn incident(&self) -> Option<&'a str> {
        self.id.filter(|_| self.kind == INCIDENT)
    }

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
        let fact = match (self.kind, self.id) {
            (INCIDENT, Some(id)) => Fact::Incident(parsed(id)?, event(self.event)?),
            (SOURCE_WATCH, Some(id)) => Fact::SourceWatch(parsed(id)?, event(self.event)?),
            (CHANNEL_TEST, Some(id)) => Fact::ChannelTest(parsed(id)?, event(self.event)?),
            (PERSON, Some(id)) => Fact::Person(parsed(id)?, event(self.event)?),
            (SYSTEM, None) => Fact::System(event(self.event)?),
            (INCIDENT | SOURCE_WATCH | CHANNEL_TEST | PERSON, None) | (SYSTEM, Some(_)) => {
                return Err(Fault::NotARecord);
            }
            _ => return Err(Fault::Unknown),
        };
        Ok(Record { seq: self.seq, entry: Entry { at: self.at()?, fact } })
    }
}

fn parsed<T: FromStr>(id: &str) -> Result<T, Fault> {
    id.parse().map_err(|_| Fault::NotARecord)
}

fn event<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Unknown)
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
    let rest = rest.strip_prefix(KIND)?;
    let (kind, rest) = rest.split_at_checked(rest.find('"')?)?;
    let (id, event) = match rest.strip_prefix(ID) {
        Some(rest) => rest.split_once(EVENT).map(|(id, event)| (Some(id), event))?,
        None => (None, rest.strip_prefix(EVENT)?),
    };
    Some(Line { seq: seq.parse().ok()?, prev, hash, at, kind, id, event, hashed })
}

/// What is wrong with a line that cannot be split.
fn fault_of(text: &str) -> Fault {
    let version = text.strip_prefix(r#"{"v":"#).and_then(|rest| rest.split_once(',')).map(|(version, _)| version);
    match version {
        Some(PRERELEASE) => Fault::Prerelease,
        Some(version) if !VERSION.contains(&format!(r#":{version},"#)) => Fault::Unknown,
        _ => Fault::NotARecord,
    }
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
            text.starts_with(
                r#"{"v":2,"seq":17,"at":"2026-12-24T23:00:00.000Z","kind":"system","event":{"type":"started","#
            ),
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
        let newer = String::from_utf8(bytes).unwrap().replace(r#"{"v":2"#, r#"{"v":3"#);
        assert_eq!(Line::verify(newer.as_bytes()).unwrap_err(), Fault::Unknown);
        let older = newer.replace(r#"{"v":3"#, r#"{"v":1"#);
        assert_eq!(Line::verify(older.as_bytes()).unwrap_err(), Fault::Prerelease);
    }
}
