//! A page for tests.

use chrono::{DateTime, Utc};

use crate::domain::id::{IncidentId, PageId};
use crate::domain::link::Entropy;
use crate::domain::page::{MessageText, PageLink, PageReason, PageText};
use crate::domain::severity::Severity;
use crate::domain::zone::Zone;

/// The third page of an incident, written at 02:05 in Chicago on 24 December 2026.
pub fn page() -> PageText {
    PageText {
        page: PageId { incident: "7Q2K9MXD".parse::<IncidentId>().unwrap(), number: 3 },
        first_page: 1,
        hospital: "MERCY".parse().unwrap(),
        drill: false,
        severity: Severity::High,
        title: "Privacy".to_owned(),
        department: "Privacy Office".to_owned(),
        zone: Zone::built_in("America/Chicago").unwrap(),
        answer_by: instant("2026-12-24T08:14:00Z"),
        written_at: instant("2026-12-24T08:05:00Z"),
        reason: PageReason::NotAcknowledged,
        tasks: 0,
        link: PageLink { base: "https://pages.mercy.example".into(), token: Entropy([7; 32]).token(3) },
        valid_seconds: Some(300),
    }
}

/// A message with that page alone.
pub fn message() -> MessageText {
    MessageText::of_one(page())
}

pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
