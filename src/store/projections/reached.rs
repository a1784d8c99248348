//! When a message last reached each contact: when its provider last accepted one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::outcome::Outcome;
use crate::domain::session::SessionEvent;
use crate::journal::record::Fact;
use crate::store::error::Trouble;
use crate::store::number::Number;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

/// The time of a contact, in milliseconds.
const REACHED: u8 = b'r';

/// The contact that a page uses by a channel, until that has ended.
const UNDERWAY: u8 = b'u';

/// A page's channels are recorded when it is made, and how an attempt ended without them, so the contacts in between are
/// kept here.
#[derive(Default)]
pub struct Reached {
    /// What this chunk changes, which the database does not have yet; `None` where it has ended.
    underway: HashMap<Vec<u8>, Option<Digest>>,
}

impl Projection for Reached {
    fn name(&self) -> &'static str {
        "reached"
    }

    fn version(&self) -> u8 {
        2
    }

    fn letters(&self) -> &'static [u8] {
        &[REACHED, UNDERWAY]
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        let at = step.record.entry.at;
        if let Fact::Person(_, SessionEvent::TestPageEnded { address_hash, outcome, .. }) = &step.record.entry.fact {
            note(*address_hash, outcome, at, changes);
        }
        let Some(about) = &step.about else { return Ok(()) };
        for paged in about.event.pages().map(|(_, _, pages)| pages).unwrap_or_default() {
            for channel in &paged.channels {
                let (key, contact) = (key_of(about.number, paged.number, channel.by), channel.by.hash_of(&channel.to));
                self.goes_to(key, contact, changes);
            }
        }
        if let Event::Attempted { page, channel, outcome, retry_at, next_contact, .. } = about.event {
            let key = key_of(about.number, *page, *channel);
            if let Some(contact) = self.contact(&key, step.db)? {
                note(contact, outcome, at, changes);
                match next_contact {
                    Some(next) => self.goes_to(key, channel.hash_of(&next.to), changes),
                    None if retry_at.is_some() => {}
                    None => {
                        changes.remove(key.clone());
                        self.underway.insert(key, None);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Reached {
    fn goes_to(&mut self, key: Vec<u8>, contact: Digest, changes: &mut Changes) {
        changes.put(key.clone(), contact.as_bytes().to_vec());
        self.underway.insert(key, Some(contact));
    }

    fn contact(&self, key: &[u8], db: &Database) -> Result<Option<Digest>, Trouble> {
        if let Some(known) = self.underway.get(key) {
            return Ok(*known);
        }
        let Some(bytes) = db.get(key)? else { return Ok(None) };
        let bytes = bytes.as_ref().try_into().map_err(|_| Trouble::unreadable("the contact of a page"))?;
        Ok(Some(Digest::from_bytes(bytes)))
    }
}

fn note(contact: Digest, outcome: &Outcome, at: DateTime<Utc>, changes: &mut Changes) {
    if matches!(outcome, Outcome::Accepted { .. }) {
        changes.put(key(&contact), at.timestamp_millis().to_be_bytes().to_vec());
    }
}

/// When a message last reached a contact, in logical time.
///
/// # Errors
///
/// See [`Trouble`].
pub fn at(db: &Database, contact: &Digest) -> Result<Option<DateTime<Utc>>, Trouble> {
    let Some(bytes) = db.get(&key(contact))? else { return Ok(None) };
    let millis = bytes.as_ref().try_into().ok().map(i64::from_be_bytes).and_then(DateTime::from_timestamp_millis);
    millis.map(Some).ok_or_else(|| Trouble::unreadable("when a contact was reached"))
}

fn key(contact: &Digest) -> Vec<u8> {
    [&[REACHED][..], &contact.as_bytes()[..16]].concat()
}

fn key_of(incident: Number, page: u32, channel: ChannelKind) -> Vec<u8> {
    [&incident.key(UNDERWAY)[..], &page.to_be_bytes(), channel.word().as_bytes()].concat()
}
