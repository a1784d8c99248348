//! The answers sources got to their events, so that a resent event gets the same answer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::id::{IncidentId, SourceName};
use crate::store::error::Trouble;
use crate::store::fold::Fold;
use crate::store::listed::word;
use crate::store::projection::{Projection, Step};
use crate::store::query::Receipt;
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;
use crate::store::states;

const LETTER: u8 = b'e';

/// Writes the answer to each opening and repeat.
#[derive(Default)]
pub struct Answers {
    /// The last answer of this chunk for each incident: consequences that follow immediately belong to it.
    last: HashMap<IncidentId, (Vec<u8>, Answered)>,
}

impl Projection for Answers {
    fn name(&self) -> &'static str {
        "answers"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        let Some(about) = &step.about else { return Ok(()) };
        let Some(incident) = about.incident else { return Ok(()) };
        let before = self.last.remove(&about.id).filter(|_| matches!(about.event, Event::Withdrawn { .. }));
        let now = match before {
            Some((key, answered)) => Some((key, Answered { status: incident.status(), ..answered })),
            None => answered(incident, about.event),
        };
        if let Some((key, answered)) = now {
            changes.put(key.clone(), answered.to_bytes());
            self.last.insert(about.id, (key, answered));
        }
        Ok(())
    }

    fn finish(&mut self, _fold: &Fold<'_>, _changes: &mut Changes) -> Result<(), Trouble> {
        self.last.clear();
        Ok(())
    }
}

/// The key of the answer to a source's event.
pub fn key(source: &SourceName, event_id: &str) -> Vec<u8> {
    let hash = Digest::of(&[source.as_str().as_bytes(), b"\n", event_id.as_bytes()].concat());
    [&[LETTER][..], &hash.as_bytes()[..16]].concat()
}

/// The answer to a source's event.
///
/// # Errors
///
/// See [`Trouble`].
pub fn receipt(db: &Database, source: &SourceName, event_id: &str) -> Result<Option<Receipt>, Trouble> {
    let Some(bytes) = db.get(&key(source, event_id))? else { return Ok(None) };
    let Answered { id, status, duplicate_of_open, received_at, reclassified } = Answered::read(&bytes)?;
    let playbook = states::incident(db, id)?.map(|incident| incident.playbook_after(reclassified.into()).to_owned());
    Ok(playbook.map(|playbook| Receipt { id, status, playbook, duplicate_of_open, received_at }))
}

/// The answer to an opening or a repeat, and its key.
fn answered(incident: &Incident, event: &Event) -> Option<(Vec<u8>, Answered)> {
    let (incoming, received_at, duplicate_of_open) = match event {
        Event::Opened(opened) => (&opened.incident, opened.received_at, false),
        Event::Folded(folded) => (&folded.incident, folded.received_at, true),
        _ => return None,
    };
    let key = key(&incident.source, incoming.event_id.as_deref()?);
    let earlier = incident.earlier.as_ref().map_or(0, |earlier| earlier.playbooks.len());
    let reclassified = u8::try_from(earlier).unwrap_or(u8::MAX);
    Some((key, Answered { id: incident.id, status: incident.status(), duplicate_of_open, received_at, reclassified }))
}

/// The answer to a source, apart from what the incident itself contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Answered {
    id: IncidentId,
    /// The status at that time.
    status: Status,
    /// It folded into an open incident.
    duplicate_of_open: bool,
    /// Wall clock.
    received_at: DateTime<Utc>,
    /// How often the incident had changed its playbook by then.
    reclassified: u8,
}

impl Answered {
    fn to_bytes(self) -> Vec<u8> {
        let status = word(self.status).as_bytes()[0];
        let millis = self.received_at.timestamp_millis().to_be_bytes();
        // Most incidents keep their playbook: nothing is written for them.
        let reclassified = Some(self.reclassified).filter(|times| *times > 0);
        let head = [&self.id.to_bits().to_be_bytes()[..], &[status, u8::from(self.duplicate_of_open)], &millis];
        [&head.concat(), reclassified.as_slice()].concat()
    }

    /// # Errors
    ///
    /// [`Trouble::Broken`] if it is damaged.
    fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let read = || {
            let (id, rest) = bytes.split_first_chunk()?;
            let ([status, duplicate_of_open], rest) = rest.split_first_chunk()?;
            let (millis, rest) = rest.split_first_chunk()?;
            let status = match status {
                b'o' => Status::Open,
                b'a' => Status::Acknowledged,
                b'r' => Status::Resolved,
                _ => return None,
            };
            Some(Self {
                id: IncidentId::from_random(u64::from_be_bytes(*id)),
                status,
                duplicate_of_open: *duplicate_of_open == 1,
                received_at: DateTime::from_timestamp_millis(i64::from_be_bytes(*millis))?,
                reclassified: match rest {
                    [] => 0,
                    [times] => *times,
                    _ => return None,
                },
            })
        };
        read().ok_or_else(|| Trouble::unreadable("an answer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_survive_being_written_and_read() {
        let id = IncidentId::from_random(0xff_1234_5678);
        for (status, duplicate_of_open) in
            [(Status::Open, false), (Status::Acknowledged, true), (Status::Resolved, true)]
        {
            let received_at = DateTime::from_timestamp_millis(1_798_153_200_123).unwrap();
            for reclassified in [0, 3] {
                let answered = Answered { id, status, duplicate_of_open, received_at, reclassified };
                assert_eq!(Answered::read(&answered.to_bytes()), Ok(answered));
            }
        }
        assert!(Answered::read(b"").is_err());
    }
}
