//! Encryption at rest: seals incident content and notes, and keeps the keys outside the record.
//!
//! # What is sealed, and how
//!
//! Every incident has a *data key* of 256 random bits, created when its first protected text is recorded. The text is
//! sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under it; nonces have 192 random bits. In the record, sealed
//! text is `{"sealed": "…", "key": "7Q2K9MXD.0001"}`: base64 (RFC 4648, with `=`) of nonce, ciphertext and tag, and the
//! data key's name. The associated data are the text `wardbell v1 TYPE KEY`, with the `type` of the event and the data
//! key's name, so that what was sealed for one incident or kind of event opens nowhere else. What opens is UTF-8: of
//! `opened` and `folded` a JSON object with `summary`, `url`, `author`, `labels` and `involved_unknown` (the names of involved
//! people who are in no roster), and of the other events what somebody wrote.
//!
//! # The data key file
//!
//! `data-keys` consists of lines of 128 bytes, so that each can be found and overwritten in place:
//!
//! | bytes | |
//! | --- | --- |
//! | 13 | the data key's name, `7Q2K9MXD.0001` |
//! | 16, after a space | the name of the master key that wraps it: the first 8 bytes of SHA-256 over `wardbell master key id v1`, a newline, and the master key's 32 bytes |
//! | 96, after a space | base64 of nonce, wrapped key and tag, by the same algorithm; the associated data are `wardbell v1 data-key KEY MASTER` |
//! | 1 | a newline |
//!
//! A purged key's line has `purged----------` instead of the master key's name, and the instant, padded with `-`, instead
//! of the wrapped key. Two lines have the same name if a key was lost, another one was created under its name, and the
//! lost one was restored: each opens what it sealed. A key is durable before the record that needs it is written; all
//! keys of a batch share one `fdatasync`.

mod aead;
pub mod inventory;
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

/// Seals and opens text; shared by the engine, which seals and purges, and by readers.
pub struct Vault {
    inner: Mutex<Inner>,
}

struct Inner {
    file: KeyFile,
    keys: MasterKeys,
    /// Keys that could not be destroyed yet; what they seal is shown to no one meanwhile.
    doomed: BTreeMap<IncidentId, DateTime<Utc>>,
    /// During a rotation: the slots that were, or may have been, purged since it started.
    rotating: Option<Vec<u32>>,
    /// For incidents without a usable key: the last key that the record refers to.
    reserved: BTreeMap<IncidentId, u16>,
    /// The number of missing keys that the record refers to, as far as checked.
    missing: u64,
    /// From this slot on, keys were created for batches that could not be recorded.
    in_vain: Option<u32>,
}

/// The slots of a batch's data keys.
#[derive(Debug, Default)]
pub struct Made {
    /// The first slot created for the batch.
    from: u32,
    /// The slot after the last one that it needs, whether created for it or not.
    end: u32,
}

impl Vault {
    /// Opens or creates the keys in a folder; removes an incomplete last key, which no record can need.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open(folder: &Path, keys: MasterKeys) -> Result<Self, OpenError> {
        KeyFile::open(folder).map(|file| Self::over(file, keys))
    }

    /// The same for a daemon that must page whatever is wrong with that folder: retries until it can be used, and seals
    /// nothing before.
    pub fn open_or_wait(folder: &Path, keys: MasterKeys) -> Self {
        Self::over(KeyFile::open_or_wait(folder), keys)
    }

    fn over(file: KeyFile, keys: MasterKeys) -> Self {
        let (doomed, reserved) = (BTreeMap::new(), BTreeMap::new());
        let inner = Inner { file, keys, doomed, rotating: None, reserved, missing: 0, in_vain: None };
        Self { inner: Mutex::new(inner) }
    }

    /// The same with another [`Disk`].
    #[must_use]
    pub fn on(self, disk: Arc<dyn Disk>) -> Self {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        Self { inner: Mutex::new(Inner { file: inner.file.on(disk), ..inner }) }
    }

    /// Whether the existing data keys are known.
    pub fn is_read(&self) -> bool {
        self.lock().file.is_read()
    }

    /// Whether something may be sealed under an ephemeral master key.
    pub fn is_ephemeral(&self) -> bool {
        self.lock().keys.has_ephemeral()
    }

    /// Seals all protected text of a batch; the required keys are durable when it returns.
    ///
    /// # Errors
    ///
    /// The keys cannot be written. Nothing may be recorded then, and the entries must not be used.
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

    /// A batch was not recorded. Its keys stay for now: after a crash, parts of it may be found and then count.
    pub fn not_recorded(&self, made: &Made) {
        let mut inner = self.lock();
        let from = inner.in_vain.map_or(made.from, |from| from.min(made.from));
        inner.in_vain = Some(from);
    }

    /// A batch was recorded, so earlier failed batches no longer count: removes keys at the end that no record needs.
    pub fn recorded(&self, made: &Made) {
        let mut inner = self.lock();
        if inner.rotating.is_none()
            && let Some(from) = inner.in_vain.take()
        {
            inner.file.cut_to(from.max(made.end));
        }
    }

    /// Destroys the data keys of incidents durably, and skips keys that were destroyed before. Returns the number of
    /// destroyed keys.
    ///
    /// # Errors
    ///
    /// They could not be destroyed yet: every batch tries again, and the text is shown to no one meanwhile.
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
    /// A key for each incident: its last one if it opens, otherwise a new one, made durable.
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

    /// A key with this name that opens.
    fn data_key(&self, key: DataKeyId) -> Result<DataKey, Unreadable> {
        self.keys_named(key)?.into_iter().next_back().ok_or(Unreadable::KeyMissing { key, master: None })
    }

    /// All keys with this name that open.
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

    /// Overwrites every key that must be destroyed, whatever its line contains: after a failure, a key that reads as
    /// destroyed may be destroyed only in memory.
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
        // Even if this fails, a part may have been written.
        if let Some(since) = &mut self.rotating {
            since.extend(lines.iter().map(|(place, _)| *place));
        }
        self.file.overwrite(&lines)?;
        self.doomed.clear();
        Ok(destroyed)
    }
}

/// The incident of an entry that contains protected text.
fn protected(entry: &Entry) -> Option<IncidentId> {
    match &entry.fact {
        Fact::Incident(id, event) => holds_plain_words(event).then_some(*id),
        _ => None,
    }
}

fn seal_event(event: &mut Event, id: DataKeyId, key: &DataKey) -> Result<(), JournalError> {
    match event {
        Event::Opened(opened) => seal_incoming(&mut opened.incident, SealedKind::Opened, id, key),
        Event::Folded(folded) => seal_incoming(&mut folded.incident, SealedKind::Folded, id, key),
        _ => match event.written_mut() {
            Some((kind, words)) => seal_note(words, kind, id, key),
            None => Ok(()),
        },
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
