//! The keys of what is protected: a vault with its file, and whoever changes, loses and finds master keys.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::oneshot;
use wardbell::domain::escalation::event::Event;
use wardbell::domain::escalation::resolution::Resolve;
use wardbell::domain::id::IncidentId;
use wardbell::domain::master_key::{MasterKey, MasterKeys};
use wardbell::domain::principal::Principal;
use wardbell::engine::protocol::command::{Action, Command};
use wardbell::engine::protocol::control::Control;
use wardbell::engine::protocol::request::Request;
use wardbell::journal::record::{Fact, SystemEvent};
use wardbell::vault::Vault;
use wardbell::vault::opener::Opener;
use wardbell::vault::opening::{Opened, open_event};
use wardbell::vault::reading::KeysAtRest;

use crate::disk::Trap;
use crate::happening::Happening;
use crate::invariants::Broken;
use crate::ledger::{Ledger, Life};
use crate::mutation::Mutation;
use crate::random::Random;
use crate::waiting::Waiting;
use crate::wishes::Wish;
use crate::world::World;

/// Each line of the file of data keys.
const SLOT_BYTES: usize = 128;

/// What all words of sources and people end in.
pub const MARK: &str = "-secret";

/// What only sources and people write; the network that a post came from is none of it.
const PROTECTED: [&str; 5] = ["summary-secret", "url-secret", "author-secret", "value-secret", "note-secret"];

/// Whether what is protected is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// As the seed says.
    BySeed,
    /// It is not.
    Off,
    /// It is, and whoever starts the daemon has lost the master key of the time before.
    KeyLost,
}

/// The vault's folder, and the master keys.
pub struct Keys {
    protection: Protection,
    /// A disk that nothing is simulated of: its files are made durable by the code under test before it goes on.
    folder: Option<TempDir>,
    /// What is in the file of master keys.
    masters: MasterKeys,
    /// What was in it and is not to be found.
    lost: Option<MasterKeys>,
    /// All that ever were: whoever took a copy of each has these.
    all: MasterKeys,
    pub vault: Option<Arc<Vault>>,
    /// So long was the file of data keys after the last step.
    durable: u64,
    random: Random,
}

/// What was found out about protected words.
#[derive(Debug, Default)]
pub struct WordsFound {
    /// What is sealed in the record must open, and did not.
    pub shut: Option<String>,
    /// What was purged opens still.
    pub left: Option<String>,
    /// So many texts were opened.
    pub opened: u64,
    /// So many were looked for in vain, as they should be.
    pub purged: u64,
}

impl Keys {
    pub fn new(mut random: Random, protection: Protection) -> Self {
        let is_on = match protection {
            Protection::BySeed => random.chance(50),
            Protection::Off => false,
            Protection::KeyLost => true,
        };
        let masters = MasterKeys::of(MasterKey::new(random.bytes()));
        let folder = is_on.then(quick_folder);
        Self { protection, folder, all: masters.clone(), masters, lost: None, vault: None, durable: 0, random }
    }

    /// Whether what is protected is sealed.
    pub fn are_used(&self) -> bool {
        self.folder.is_some()
    }

    /// A process opens the vault.
    pub fn open(&mut self) -> Option<Arc<Vault>> {
        let folder = self.folder.as_ref()?;
        let vault = Arc::new(Vault::open(folder.path(), self.masters.clone()).unwrap());
        self.vault = Some(Arc::clone(&vault));
        Some(vault)
    }

    /// The process has ended. Where nothing of its last batch was recorded, the keys that it had made for it are on the
    /// disk, or not, or in part.
    pub fn close(&mut self, nothing_recorded: bool) {
        self.vault = None;
        if self.protection == Protection::KeyLost {
            self.lose();
        }
        let Some(path) = self.path() else { return };
        let length = fs::metadata(&path).unwrap().len();
        if nothing_recorded && length > self.durable {
            let kept = self.durable + self.random.next() % (length - self.durable + 1);
            fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(kept).unwrap();
        }
    }

    /// A step is over: what it has written is durable.
    pub fn end_step(&mut self) {
        self.durable = self.path().map_or(0, |path| fs::metadata(path).unwrap().len());
    }

    fn fresh(&mut self) -> MasterKeys {
        let fresh = MasterKeys::of(MasterKey::new(self.random.bytes()));
        self.all = fresh.and(&self.all);
        fresh
    }

    /// Another master key is in the file from now on.
    fn lose(&mut self) {
        let fresh = self.fresh();
        let lost = std::mem::replace(&mut self.masters, fresh);
        self.lost = Some(self.lost.take().map_or_else(|| lost.clone(), |earlier| earlier.and(&lost)));
    }

    /// All that was lost is found, and put behind the current one.
    fn find(&mut self) {
        if let Some(lost) = self.lost.take() {
            self.masters = self.masters.and(&lost);
        }
    }

    fn path(&self) -> Option<std::path::PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("data-keys"))
    }

    /// A rule broken on purpose: nothing opens any more.
    pub fn damage(&self) {
        if let Some(path) = self.path() {
            fs::write(&path, vec![b'x'; fs::read(&path).unwrap().len()]).unwrap();
        }
    }

    /// A rule broken on purpose: lines that were overwritten are as before; whether there are any.
    pub fn bring_back(&self, before: &mut Vec<u8>) -> bool {
        let Some(path) = self.path() else { return false };
        let mut bytes = fs::read(&path).unwrap();
        let mut is_any = false;
        for (line, old) in bytes.chunks_exact_mut(SLOT_BYTES).zip(before.chunks_exact(SLOT_BYTES)) {
            if line.windows(6).any(|part| part == b"purged") && line[..13] == old[..13] {
                line.copy_from_slice(old);
                is_any = true;
            }
        }
        if is_any {
            // In place: the vault has the file open.
            fs::write(&path, &bytes).unwrap();
        }
        *before = bytes;
        is_any
    }
}

/// A folder for many small files that are flushed often: where the machine has a disk in memory, it is there.
pub fn quick_folder() -> TempDir {
    let place = Some(Path::new("/dev/shm")).filter(|place| place.is_dir()).map(Path::to_owned);
    tempfile::tempdir_in(place.unwrap_or_else(std::env::temp_dir)).unwrap()
}

impl World {
    /// Whoever keeps the machine puts another master key into the file, and the daemon takes it into use.
    pub fn rotate_key(&mut self) {
        if self.keys.protection != Protection::BySeed || self.daemon.is_none() {
            return;
        }
        let Some(vault) = self.keys.vault.clone() else { return };
        self.keys.masters = self.keys.fresh();
        if let Some(rotated) = vault.rotate(self.keys.masters.clone()).unwrap() {
            self.tell(&format!("{} data keys have another master key", rotated.keys));
            let event = SystemEvent::MasterKeyRotated { from: rotated.from, to: rotated.to, keys: rotated.keys };
            let (reply, _answer) = oneshot::channel();
            self.ask(Request::Control(Control::Record { event: Box::new(event), reply }));
        }
    }

    /// The daemon is started again without the master key that it had, until that is found.
    pub fn lose_key(&mut self, length: u64) {
        self.keys.lose();
        self.timetable.add(self.ledger.now + length, Happening::FindKey);
        self.restart();
    }

    pub fn find_key(&mut self) {
        if self.keys.protection == Protection::BySeed {
            self.keys.find();
        }
        self.restart();
    }

    fn restart(&mut self) {
        if self.daemon.is_some() {
            self.stop();
            self.timetable.add(self.ledger.now + 500, Happening::Start);
        }
    }

    /// An administrator has the words of an incident destroyed; often right after it was closed, and now and then the
    /// process ends when that is recorded, before it is done.
    pub fn purge(&mut self) {
        let known: Vec<IncidentId> = self.ledger.incidents.keys().copied().collect();
        if known.is_empty() {
            return;
        }
        let closed: Vec<IncidentId> =
            known.iter().copied().filter(|id| self.ledger.incidents[id].resolved.is_some()).collect();
        let prefers_closed = self.random.chance(60) && !closed.is_empty();
        let id = *self.random.pick(if prefers_closed { &closed } else { &known });
        let by = Principal::Operator { operator: "watch".parse().unwrap() };
        if self.random.chance(50) {
            let (reply, answer) = oneshot::channel();
            let action =
                Action::Resolve(Resolve { note: Some(format!("note-secret-{}", self.steps)), ..Resolve::plainly() });
            let claim = self.wish_action(id, &action);
            self.ask(Request::Command(Command::Act { incident: id, by: by.clone(), action, claim, reply }));
            self.waiting.push(Waiting::Operator(id, Some(Wish::Resolve(id)), answer));
        }
        let (reply, answer) = oneshot::channel();
        let claim = self.wish([Wish::Purge(id)]);
        self.ask(Request::Command(Command::Purge { incident: id, by, claim, reply }));
        self.waiting.push(Waiting::Purger(id, answer));
        if self.random.chance(30) && self.daemon.is_some() {
            self.down_ms = 2_000;
            self.disk.set_trap(Some(Trap::AfterFlush));
        }
    }

    /// Whoever may read looks at the words of all incidents: by the daemon's keys, and by a copy of all keys that ever were.
    pub fn look_into_words(&mut self) {
        let Some((folder, vault)) = self.keys.folder.as_ref().zip(self.keys.vault.as_ref()) else { return };
        let thief = KeysAtRest::read(folder.path(), self.keys.all.clone()).unwrap();
        let mut found = std::mem::take(&mut self.ledger.words_found);
        for (id, life) in &self.ledger.lives {
            let Some(incident) = self.ledger.incidents.get(id) else { continue };
            let by_thief = words_of(&thief, *id, life);
            let by_daemon = words_of(vault.as_ref(), *id, life);
            if incident.purged.is_some() || life.is_forgotten {
                found.purged += life.sealed.len() as u64;
                let left = by_thief.iter().chain(&by_daemon).find_map(|words| words.as_ref().ok());
                found.left =
                    found.left.or(left.map(|words| format!("{id} was purged or pruned, and this is left: {words}")));
                continue;
            }
            found.opened += by_thief.len() as u64;
            let of_daemon = by_daemon.iter().filter(|_| self.keys.lost.is_none());
            let shut = by_thief.iter().chain(of_daemon).find_map(|words| words.as_ref().err());
            found.shut = found.shut.or(shut.map(|why| format!("words of {id} do not open: {why}")));
            let opened: String = by_thief.into_iter().flatten().collect();
            let lacking = life.protected.iter().find(|words| !opened.contains(words.as_str()));
            found.shut = found.shut.or(lacking.map(|words| format!("{words} of {id} is not in the record")));
        }
        self.ledger.words_found = found;
    }

    /// At the end, no protected word is in any byte of the store.
    pub fn search_store(&self) -> Result<(), String> {
        let is_protected =
            |before: &[u8]| PROTECTED.iter().any(|words| before.ends_with(words.trim_end_matches(MARK).as_bytes()));
        let is_there = self.keys.are_used() && self.place.holds(MARK.as_bytes(), &is_protected);
        if is_there { Err("a protected word is in the store".into()) } else { Ok(()) }
    }

    /// Does wrong with words and keys what the mutation says; whether it is one of these.
    pub fn break_a_seal(&mut self, mutation: Mutation) -> bool {
        match mutation {
            Mutation::LoseDataKeys => self.keys.damage(),
            Mutation::KeepPurgedKeys => {
                let mut before = std::mem::take(&mut self.kept_keys);
                let is_any = self.keys.bring_back(&mut before);
                self.kept_keys = before;
                if !is_any {
                    return true;
                }
            }
            // The next start finds what is left.
            Mutation::ForgetPurges => return true,
            _ => return false,
        }
        self.look_into_words();
        true
    }
}

/// All that is sealed of an incident, as far as keys open it.
fn words_of(keys: &dyn Opener, id: IncidentId, life: &Life) -> Vec<Result<String, String>> {
    let opened = life.sealed.iter().filter_map(|event| open_event(Some(keys), id, event));
    let words = opened.map(|opened| match opened {
        Opened::Content(content) => content.map(|content| serde_json::to_string(&content).unwrap()),
        Opened::Note(note) => note,
    });
    words.map(|words| words.map_err(|why| why.to_string())).collect()
}

/// Where it is wished for, no word of a source and no note is in any line of the record.
pub fn what_is_protected_is_sealed(ledger: &Ledger) -> Broken {
    for fresh in ledger.fresh.iter().filter(|_| ledger.is_sealing) {
        if let Some(words) = PROTECTED.iter().find(|words| fresh.line.contains(**words)) {
            return Err(format!("record {} has {words} in plain words", fresh.record.seq));
        }
    }
    Ok(())
}

/// What is sealed in the record opens with the keys, and says what was answered.
pub fn what_is_sealed_opens_again(ledger: &Ledger) -> Broken {
    ledger.words_found.shut.clone().map_or(Ok(()), Err)
}

/// Once a purge is recorded and a process has come to run, nobody opens what was purged, whatever keys they have.
pub fn what_was_purged_is_readable_nowhere(ledger: &Ledger) -> Broken {
    ledger.words_found.left.clone().map_or(Ok(()), Err)
}

/// The words of what is open are needed, and those of what was purged are gone already.
pub fn only_what_is_closed_is_purged_and_once(ledger: &Ledger) -> Broken {
    for fresh in &ledger.fresh {
        let (Fact::Incident(id, Event::Purged { .. }), Some(before)) = (&fresh.record.entry.fact, &fresh.before) else {
            continue;
        };
        if before.is_live() || before.purged.is_some() {
            return Err(format!("{id} was purged, and is {:?} or was purged before", before.status()));
        }
    }
    Ok(())
}
