//! The pruning of the record: the code that looks, and the code that finishes, work on a folder that holds the simulated
//! disk's lines; the checkpoint goes the daemon's way. The process ends between any two steps of it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use tokio::sync::oneshot;
use wardbell::domain::escalation::event::Event;
use wardbell::domain::escalation::resolution::Resolve;
use wardbell::domain::id::IncidentId;
use wardbell::domain::principal::Principal;
use wardbell::domain::retention::Retention;
use wardbell::engine::protocol::command::{Action, Command};
use wardbell::engine::protocol::control::Control;
use wardbell::engine::protocol::refused::Refused;
use wardbell::engine::protocol::request::Request;
use wardbell::journal::base::Base;
use wardbell::journal::checkpoint::start;
use wardbell::journal::error::ReadError;
use wardbell::journal::port::Written;
use wardbell::journal::prune::{Prunable, finish, is_still_right, look};
use wardbell::journal::record::{Entry, Fact};
use wardbell::journal::segment::Segment;
use wardbell::journal::verify::verify;

use crate::invariants::Broken;
use crate::keys::quick_folder;
use crate::ledger::Ledger;
use crate::mutation::Mutation;
use crate::waiting::Waiting;
use crate::wishes::Wish;
use crate::world::World;

/// Where the process ends on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The checkpoint is recorded.
    Recorded,
    /// The data keys of what goes are destroyed, too.
    KeysGone,
    /// All is done.
    Done,
}

/// One pruning under way.
pub struct Pruning {
    folder: TempDir,
    found: Prunable,
    last: PathBuf,
    /// So many of the disk's lines are in the folder.
    written: usize,
    ends_at: Option<Stage>,
}

impl World {
    /// What is older than so many minutes is looked for; retention counts in days, and no simulation lives that long, so
    /// that the look comes as much later.
    pub fn prune(&mut self, minutes: i64, ends_at: Option<Stage>) {
        let Some(last_at) = self.ledger.last_at.filter(|_| self.daemon.is_some()) else { return };
        // One thread does so, and begins with nothing before it is done.
        if self.waiting.iter().any(|caller| matches!(caller, Waiting::Pruner(..))) {
            return;
        }
        let is_blind = self.mutation == Some(Mutation::PruneTooMuch);
        if !is_blind {
            self.close_the_old(last_at - TimeDelta::minutes(minutes));
        }
        let folder = quick_folder();
        if let Some(base) = self.disk.base() {
            base.write(folder.path()).unwrap();
        }
        let written = self.disk.len();
        let mut lines = self.disk.lines_after(self.disk.pruned()).into_iter().peekable();
        let mut last = PathBuf::new();
        while let Some(first) = lines.peek().map(|line| line.seq) {
            last = Segment::beginning(folder.path(), first).path;
            let count = usize::try_from(self.random.between(3, 40)).unwrap();
            let text: String =
                lines.by_ref().take(count).flat_map(|line| [line.line.into(), "\n".to_owned()]).collect();
            fs::write(&last, text).unwrap();
        }
        let keep_for = month();
        let now = last_at + keep_for.delta() - TimeDelta::minutes(minutes);
        let found = if is_blind { self.look_blindly(&folder, &last, now) } else { look(folder.path(), keep_for, now) };
        let found = match found {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => return self.ledger.faults.push(format!("the record cannot be looked at: {error}")),
        };
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Control(Control::Prune { found: Box::new(found.clone()), reply }));
        let pruning = Pruning { folder, found, last, written, ends_at };
        self.waiting.push(Waiting::Pruner(Box::new(pruning), answer));
    }

    /// Looks at a record in which all that is open is closed: a rule broken on purpose.
    fn look_blindly(&self, folder: &TempDir, last: &Path, now: DateTime<Utc>) -> Result<Option<Prunable>, ReadError> {
        let open = self.ledger.incidents.values().filter(|one| one.resolved.is_none());
        let (at, by) = (self.ledger.last_at.unwrap(), Principal::Operator { operator: "watch".parse().unwrap() });
        let closed = Event::Resolved { by, note: None, outcome: None };
        let closings: Vec<Entry> = open.map(|one| Entry { at, fact: Fact::Incident(one.id, closed.clone()) }).collect();
        let record = fs::read(last).unwrap();
        append(last, self.disk.lines_to_be(&closings));
        let found = look(folder.path(), month(), now);
        fs::write(last, record).unwrap();
        found.map(|found| found.map(|found| Prunable { seen: self.disk.len() as u64, ..found }))
    }

    /// By the time when records are old, all is closed; the next pruning finds it so.
    fn close_the_old(&mut self, before: DateTime<Utc>) {
        let old = self.ledger.incidents.values().filter(|one| one.received_at < before && one.resolved.is_none());
        for incident in old.map(|one| one.id).collect::<Vec<IncidentId>>() {
            let (reply, answer) = oneshot::channel();
            let by = Principal::Operator { operator: "watch".parse().unwrap() };
            let action = Action::Resolve(Resolve::plainly());
            let claim = self.wish_action(incident, &action);
            self.ask(Request::Command(Command::Act { incident, by, action, claim, reply }));
            self.waiting.push(Waiting::Operator(incident, Some(Wish::Resolve(incident)), answer));
        }
    }

    /// The checkpoint is recorded, or cannot be.
    pub fn prune_on(&mut self, pruning: &Pruning, result: Result<u64, Refused>) {
        let Pruning { folder, found, last, written, ends_at } = pruning;
        let folder = folder.path();
        let number = match result {
            Ok(number) => number,
            Err(refused) => return self.tell(&format!("nothing is pruned: {refused}")),
        };
        append(last, self.disk.lines_after(*written));
        if !is_still_right(folder, found, number).unwrap() {
            return self.tell("a new incident needs the records that were about to be removed");
        }
        if *ends_at == Some(Stage::Recorded) {
            return self.crash();
        }
        if let Some(vault) = self.keys.vault.clone() {
            let gone: Vec<_> = found.incidents.iter().copied().collect();
            vault.purge(&gone, self.ledger.wall).unwrap();
        }
        for id in &found.incidents {
            self.ledger.lives.entry(*id).or_default().is_forgotten = true;
        }
        if *ends_at == Some(Stage::KeysGone) {
            return self.crash();
        }
        let removed = finish(folder, &found.checkpoint, number).unwrap();
        let base = Base::read(folder).unwrap().unwrap();
        let begins = start(folder).unwrap();
        self.tell(&format!("{removed} segments up to {} are pruned", base.through));
        match verify(folder) {
            Ok(verified) if verified.head == self.disk.lines_after(self.disk.len() - 1)[0].hash => {}
            other => self.ledger.faults.push(format!("what is left does not verify: {other:?}")),
        }
        self.disk.prune(base, begins);
        self.prunings += 1;
        self.ledger.pruned = base.through;
        self.ledger.tests.forget(base.through);
        self.look_into_words();
        if *ends_at == Some(Stage::Done) {
            self.crash();
        }
    }
}

fn month() -> Retention {
    "30d".parse().unwrap()
}

fn append(segment: &Path, lines: Vec<Written>) {
    let text: String = lines.into_iter().flat_map(|line| [line.line.into(), "\n".to_owned()]).collect();
    OpenOptions::new().append(true).open(segment).unwrap().write_all(text.as_bytes()).unwrap();
}

/// No record goes from the opening of an incident on that is still open.
pub fn no_open_incident_loses_its_record(ledger: &Ledger) -> Broken {
    let open = ledger.incidents.values().filter(|incident| incident.is_live());
    for incident in open {
        let opening = ledger.lives[&incident.id].opening;
        if opening <= ledger.pruned {
            return Err(format!("{} is open, and its opening {opening} was pruned", incident.id));
        }
    }
    Ok(())
}
