//! Encryption at rest: seals what a source sent and what people noted, and keeps the keys outside the record.
//!
//! # What is sealed, and how
//!
//! Every incident has a *data key* of 256 random bits, made when its first protected words are recorded. The words are
//! sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under it; nonces have 192 random bits. In the record, sealed
//! words are `{"sealed": "…", "key": "7Q2K9MXD.0001"}`: base 64 (RFC 4648, with `=`) of nonce, ciphertext and tag, and the
//! data key's name. The associated data are the text `wardbell v1 TYPE KEY`, with the `type` of the event and the data
//! key's name, so that what was sealed for one incident or kind of event opens nowhere else. What opens is UTF-8: of
//! `opened` and `folded` a JSON object with `summary`, `url`, `author`, `labels` and `involved_unknown` (the names of involved
//! people that are in no roster), of `noted` and `resolved` the note.
//!
//! # The file of data keys
//!
//! `data-keys` is made of lines of 128 bytes, so that each can be found and overwritten in place:
//!
//! | bytes | |
//! | --- | --- |
//! | 13 | the data key's name, `7Q2K9MXD.0001` |
//! | 16, behind a blank | the name of the master key that it is wrapped under: the first 8 bytes of SHA-256 over `wardbell master key id v1`, a line's end, and the master key's 32 bytes |
//! | 96, behind a blank | base 64 of nonce, wrapped key and tag, by the same algorithm; the associated data are `wardbell v1 data-key KEY MASTER` |
//! | 1 | a line's end |
//!
//! A purged key's line has `purged----------` in the master key's place and the instant in the wrapped key's, filled up
//! with `-`. Two lines have one name where a key was lost, another was made by its name, and the lost one came back: each opens
//! what it sealed. A key is durable before the record that needs it is written; all keys of a batch share one `fdatasync`.

mod aead;
pub mod census;
pub mod disk;
mod file;
pub mod lost;
pub mod opener;
pub mod opening;
pub mod reading;
pub mod rotation;
mod slot;
pub mod transfer;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::domain::incident::Incoming;
use crate::domain::master_key::MasterKeys;
use crate::domain::sealed::{DataKeyId, Sealed, SealedKind, Unreadable, Words};
use crate::journal::error::{JournalError, OpenError};
use crate::journal::record::{Entry, Fact};
use crate::vault::aead::{DataKey, random_key, wrap};
use crate::vault::disk::Disk;
use crate::vault::file::KeyFile;
use crate::vault::opener::{Opener, open_slot, those_that_open};
use crate::vault::opening::holds_plain_words;
use crate::vault::slot::{Slot, State};

/// Seals and opens; shared by the engine, which seals and purges, and by those who read.
pub struct Vault {
    inner: Mutex<Inner>,
}

struct Inner {
    file: KeyFile,
    keys: MasterKeys,
    /// What is to be destroyed and could not be yet; nobody is shown it meanwhile.
    doomed: BTreeMap<IncidentId, DateTime<Utc>>,
    /// While all keys are wrapped anew: the slots that were purged since, or may be.
    rotating: Option<Vec<u32>>,
    /// The last key that the record names, of incidents that have none here that opens.
    reserved: BTreeMap<IncidentId, u16>,
    /// How many keys the record names that are not here, as far as it was looked.
    missing: u64,
    /// From this slot on, keys were made for batches that could not be recorded.
    in_vain: Option<u32>,
}

/// Which slots the data keys of a batch have.
#[derive(Debug, Default)]
pub struct Made {
    /// From here on, they were made for it.
    from: u32,
    /// Behind the last one that it needs, be it made for it or not.
    end: u32,
}

impl Vault {
    /// Opens the keys of a folder, or begins them; cuts off a torn end, which no record can need.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open(folder: &Path, keys: MasterKeys) -> Result<Self, OpenError> {
        KeyFile::open(folder).map(|file| Self::over(file, keys))
    }

    /// The same where people are to be paged whatever is wrong with that folder: it is tried again until it can be used, and
    /// seals nothing before.
    pub fn open_or_wait(folder: &Path, keys: MasterKeys) -> Self {
        Self::over(KeyFile::open_or_wait(folder), keys)
    }

    fn over(file: KeyFile, keys: MasterKeys) -> Self {
        let (doomed, reserved) = (BTreeMap::new(), BTreeMap::new());
        let inner = Inner { file, keys, doomed, rotating: None, reserved, missing: 0, in_vain: None };
        Self { inner: Mutex::new(inner) }
    }

    /// The same with its keys on another disk.
    #[must_use]
    pub fn on(self, disk: Arc<dyn Disk>) -> Self {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        Self { inner: Mutex::new(Inner { file: inner.file.on(disk), ..inner }) }
    }

    /// Whether it is known which data keys there are.
    pub fn is_read(&self) -> bool {
        self.lock().file.is_read()
    }

    /// Whether something may be sealed under a master key that ends with this process.
    pub fn is_makeshift(&self) -> bool {
        self.lock().keys.has_makeshift()
    }

    /// Seals all protected words of a batch; the keys that takes are durable when it returns.
    ///
    /// # Errors
    ///
    /// The keys cannot be written: nothing may be recorded then, and the entries are not to be used any more.
    pub fn seal(&self, entries: &mut [Entry]) -> Result<Made, JournalError> {
        let mut inner = self.lock();
        inner.file.mend()?;
        inner.destroy_doomed();
        let wanted: BTreeSet<IncidentId> = entries.iter().filter_map(protected).collect();
        if wanted.is_empty() {
            return Ok(Made { from: inner.file.len(), end: 0 });
        }
        let (keys, made) = inner.data_keys(wanted)?;
        for entry in entries {
            if let Fact::Incident(id, event) = &mut entry.fact
                && let Some((key_id, key)) = keys.get(id)
            {
                seal_event(event, *key_id, key)?;
            }
        }
        Ok(made)
    }

    /// A batch was not recorded. Its keys stay for now: what was written of it may be found after a crash, and counts then.
    pub fn not_recorded(&self, made: &Made) {
        let mut inner = self.lock();
        let from = inner.in_vain.map_or(made.from, |from| from.min(made.from));
        inner.in_vain = Some(from);
    }

    /// A batch was recorded, so that nothing counts any more that was written before it in vain: takes the keys back at the
    /// end that no record needs.
    pub fn recorded(&self, made: &Made) {
        let mut inner = self.lock();
        if inner.rotating.is_none()
            && let Some(from) = inner.in_vain.take()
        {
            inner.file.cut_to(from.max(made.end));
        }
    }

    /// Destroys the data keys of incidents, durably; those that are destroyed already are passed over. Returns how many
    /// keys it destroyed.
    ///
    /// # Errors
    ///
    /// Not yet: it is tried again with every batch, and nobody is shown the words meanwhile.
    pub fn purge(&self, incidents: &[IncidentId], at: DateTime<Utc>) -> Result<usize, JournalError> {
        let mut inner = self.lock();
        for id in incidents {
            inner.doomed.entry(*id).or_insert(at);
        }
        inner.destroy_all_doomed()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Vault(…)")
    }
}

impl Opener for Vault {
    fn data_keys(&self, key: DataKeyId) -> Result<Vec<DataKey>, Unreadable> {
        self.lock().keys_named(key)
    }
}

type DataKeys = BTreeMap<IncidentId, (DataKeyId, DataKey)>;

impl Inner {
    /// A key for each incident: its last one where that opens, else a new one, made durable.
    fn data_keys(&mut self, wanted: BTreeSet<IncidentId>) -> Result<(DataKeys, Made), JournalError> {
        let (mut keys, mut lines) = (BTreeMap::new(), Vec::new());
        let (from, mut end) = (self.file.len(), 0);
        for incident in wanted {
            let last = self.file.last_of(incident);
            if let Some(generation) = last
                && let Ok(key) = self.data_key(DataKeyId { incident, generation })
            {
                let id = DataKeyId { incident, generation };
                keys.insert(incident, (id, key));
                end = self.file.places(id).map(|place| place + 1).fold(end, u32::max);
                continue;
            }
            let last = last.max(self.reserved.get(&incident).copied());
            let generation = last.map_or(1, |generation| generation + 1);
            if generation > DataKeyId::LAST {
                return Err(JournalError::Unwritable(format!("{incident} has too many data keys")));
            }
            let id = DataKeyId { incident, generation };
            let key = random_key()?;
            let master = self.keys.current();
            lines.push(Slot { id, state: State::Wrapped { master: master.id, wrapped: wrap(master, id, &key)? } });
            keys.insert(incident, (id, key));
        }
        self.file.append(&lines)?;
        let end = if lines.is_empty() { end } else { self.file.len() };
        Ok((keys, Made { from, end }))
    }

    /// A key of that name that opens.
    fn data_key(&self, key: DataKeyId) -> Result<DataKey, Unreadable> {
        self.keys_named(key)?.into_iter().next_back().ok_or(Unreadable::KeyMissing { key, master: None })
    }

    /// All keys of that name that open.
    fn keys_named(&self, key: DataKeyId) -> Result<Vec<DataKey>, Unreadable> {
        if let Some(at) = self.doomed.get(&key.incident) {
            return Err(Unreadable::Purged { at: *at });
        }
        let mut places = self.file.places(key).peekable();
        if places.peek().is_none() {
            return Err(Unreadable::KeyMissing { key, master: None });
        }
        let read = |place| self.file.read(place).ok().filter(|slot| slot.id == key).ok_or(Unreadable::Damaged { key });
        those_that_open(key, places.map(|place| open_slot(key, &read(place)?.state, &self.keys)))
    }

    fn destroy_doomed(&mut self) {
        if let Err(reason) = self.destroy_all_doomed() {
            tracing::error!(%reason, "data keys that should be destroyed still exist; trying again");
        }
    }

    /// Writes over every key of the doomed, whatever is read there: after a failure, what is read as destroyed may be
    /// destroyed in memory alone.
    fn destroy_all_doomed(&mut self) -> Result<usize, JournalError> {
        if self.doomed.is_empty() {
            return Ok(0);
        }
        if !self.file.is_read() {
            self.file.mend()?;
        }
        let (mut lines, mut destroyed) = (Vec::new(), 0);
        for (incident, at) in &self.doomed {
            for (id, place) in self.file.keys_of(*incident) {
                let before = self.file.read(place).ok().filter(|slot| slot.is_purged());
                destroyed += usize::from(before.is_none());
                lines.push((place, before.unwrap_or(Slot { id, state: State::Purged { at: *at } })));
            }
        }
        // Also where this fails, a part of it may be written.
        if let Some(since) = &mut self.rotating {
            since.extend(lines.iter().map(|(place, _)| *place));
        }
        self.file.overwrite(&lines)?;
        self.doomed.clear();
        Ok(destroyed)
    }
}

/// The incident of an entry that has protected words in it.
fn protected(entry: &Entry) -> Option<IncidentId> {
    match &entry.fact {
        Fact::Incident(id, event) => holds_plain_words(event).then_some(*id),
        Fact::House(_) => None,
    }
}

fn seal_event(event: &mut Event, id: DataKeyId, key: &DataKey) -> Result<(), JournalError> {
    match event {
        Event::Opened(opened) => seal_incoming(&mut opened.incident, SealedKind::Opened, id, key),
        Event::Folded(folded) => seal_incoming(&mut folded.incident, SealedKind::Folded, id, key),
        Event::Noted { text, .. } => seal_note(text, SealedKind::Noted, id, key),
        Event::Resolved { note: Some(note), .. } => seal_note(note, SealedKind::Resolved, id, key),
        _ => Ok(()),
    }
}

fn seal_incoming(incoming: &mut Incoming, kind: SealedKind, id: DataKeyId, key: &DataKey) -> Result<(), JournalError> {
    if !incoming.has_plain_content() {
        return Ok(());
    }
    let words = serde_json::to_vec(&incoming.take_content());
    let words = Zeroizing::new(words.map_err(|error| JournalError::Unwritable(error.to_string()))?);
    incoming.sealed = Some(Sealed { sealed: aead::seal_words(key, kind, id, &words)?, key: id });
    Ok(())
}

fn seal_note(note: &mut Words, kind: SealedKind, id: DataKeyId, key: &DataKey) -> Result<(), JournalError> {
    if let Words::Plain(text) = note {
        let words = Zeroizing::new(std::mem::take(text));
        *note = Words::Sealed(Sealed { sealed: aead::seal_words(key, kind, id, words.as_bytes())?, key: id });
    }
    Ok(())
}
