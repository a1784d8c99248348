//! A record through years of appending, rotating, compressing, pruning, backups and crashes, made up from a seed: whatever
//! comes between any two steps, what was answered and is not old is found, letter by letter.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use chrono::TimeDelta;
use tempfile::TempDir;
use wardbell::journal::backup::backup;
use wardbell::journal::base::Base;
use wardbell::journal::compress::compress;
use wardbell::journal::file::FileJournal;
use wardbell::journal::folder_reader::FolderReader;
use wardbell::journal::port::{Epoch, Journal};
use wardbell::journal::prune::{is_still_right, look, sweep};
use wardbell::journal::record::{Entry, Fact};
use wardbell::journal::restore::restore;
use wardbell::journal::segment::Segment;
use wardbell::journal::verify::verify;

use crate::compress::copy;
use crate::fixture::{Dice, House, Model};
use crate::journal::read;

const SEGMENT_BYTES: u64 = 6_000;

struct Life {
    dice: Dice,
    folder: TempDir,
    journal: FileJournal,
    house: House,
    /// Each house starts at the same date: the next one's days come behind.
    later: TimeDelta,
    model: Model,
    lines: Vec<Box<str>>,
    pruned: u64,
    crashes: u32,
}

impl Life {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = open(folder.path());
        Self {
            dice: Dice::new(seed),
            journal,
            folder,
            house: House::new(seed),
            later: TimeDelta::zero(),
            model: Model::default(),
            lines: Vec::new(),
            pruned: 0,
            crashes: 0,
        }
    }

    fn step(&mut self) {
        match self.dice.below(12) {
            0..5 => {
                let count = 1 + self.dice.below(20);
                let entries = self.house.entries(count);
                self.append(entries);
            }
            5 => self.begin_anew(),
            6..8 => {
                let (up_to, most) = (self.dice.below(self.lines.len() + 2) as u64, self.dice.below(300));
                let left = std::cell::Cell::new(most);
                let stop = || {
                    left.set(left.get().saturating_sub(1));
                    left.get() == 0 && most % 3 == 0
                };
                compress(self.folder.path(), up_to, &stop).unwrap();
            }
            8..10 => self.prune(),
            10 => self.crash(),
            _ => self.move_to_a_backup(),
        }
        self.is_sound(self.folder.path());
    }

    fn append(&mut self, entries: Vec<Entry>) {
        let entries: Vec<_> = entries.into_iter().map(|entry| Entry { at: entry.at + self.later, ..entry }).collect();
        let written = self.journal.append(Epoch::FIRST, &entries).unwrap();
        self.model.add_all(&written, &entries);
        self.lines.extend(written.into_iter().map(|one| one.line));
    }

    /// Everybody is done with everything; forty days later it starts anew.
    fn begin_anew(&mut self) {
        let open: Vec<_> = self.model.open().iter().map(|incident| incident.id).collect();
        let entries: Vec<_> = open.into_iter().flat_map(|id| self.house.closing(id)).collect();
        self.append(entries);
        let seed = self.dice.next();
        self.house = House::new(seed);
        let first = self.house.entries(1);
        let end = self.journal.head().at.unwrap_or(first[0].at);
        self.later = (end - first[0].at).max(TimeDelta::zero()) + TimeDelta::days(40);
        self.append(first);
    }

    fn prune(&mut self) {
        let Some(now) = self.journal.head().at else { return };
        let folder = self.folder.path().to_owned();
        let Some(found) = look(&folder, "30d".parse().unwrap(), now).unwrap() else { return };
        let entries =
            found.events.iter().map(|event| Entry { at: now - self.later, fact: Fact::System(event.clone()) });
        self.append(entries.collect());
        let number = self.journal.head().seq;
        self.crash();
        assert!(is_still_right(&folder, &found, number).unwrap());
        let checkpoint = &found.checkpoint;
        Base { through: checkpoint.through, hash: checkpoint.hash, checkpoint: number }.write(&folder).unwrap();
        self.pruned = checkpoint.through;
        self.crash();
        let oldest = Segment::list(&folder).unwrap().remove(0);
        fs::remove_file(&oldest.path).unwrap();
        self.crash();
        sweep(&folder).unwrap();
        assert!(Segment::list(&folder).unwrap()[0].first == self.pruned + 1);
    }

    /// What is on the disk at this instant, with a torn line behind it now and then, is opened elsewhere and goes on.
    fn crash(&mut self) {
        self.crashes += 1;
        let cut = copy(self.folder.path());
        if let Some(last) = Segment::list(cut.path()).unwrap().last().filter(|last| !last.is_compressed())
            && self.dice.below(2) == 0
        {
            OpenOptions::new().append(true).open(&last.path).unwrap().write_all(b"{\"v\":2,\"seq\":99").unwrap();
        }
        self.is_sound(cut.path());
        sweep(cut.path()).unwrap();
        compress(cut.path(), u64::MAX, &|| false).unwrap();
        self.is_sound(cut.path());
        let mut journal = open(cut.path());
        assert_eq!(journal.head(), self.journal.head());
        let seed = self.dice.next();
        journal.append(Epoch::FIRST, &House::new(seed).entries(3)).unwrap();
        assert_eq!(verify(cut.path()).unwrap().records, self.lines.len() as u64 + 3);
    }

    fn move_to_a_backup(&mut self) {
        let mut bytes = Vec::new();
        let now = self.journal.head().at.unwrap_or_default();
        let manifest = backup(self.folder.path(), now, &mut bytes).unwrap();
        assert_eq!((manifest.last, manifest.head), (self.journal.head().seq, self.journal.head().hash));
        let other = tempfile::tempdir().unwrap();
        let place = other.path().join("journal");
        restore(&bytes[..], &place, &other.path().join("store")).unwrap();
        let moved = copy(&place);
        self.journal = open(moved.path());
        self.folder = moved;
    }

    fn is_sound(&self, folder: &Path) {
        let verified = verify(folder).unwrap();
        assert_eq!(verified.records, self.lines.len() as u64);
        assert_eq!(verified.pruned.map_or(0, |pruned| pruned.through), self.pruned);
        let found = read(&FolderReader::new(folder), 0).into_iter().map(|(_, _, line)| line);
        let kept = self.lines.iter().skip(usize::try_from(self.pruned).unwrap()).map(|line| line.to_string());
        assert!(found.eq(kept));
    }
}

fn open(folder: &Path) -> FileJournal {
    FileJournal::open(folder).unwrap().0.with_segment_bytes(SEGMENT_BYTES)
}

#[test]
fn whatever_comes_between_any_two_steps_what_was_answered_is_found() {
    let (mut crashes, mut pruned) = (0, 0);
    for seed in 0..8 {
        let mut life = Life::new(seed);
        (0..60).for_each(|_| life.step());
        crashes += life.crashes;
        pruned += u32::from(life.pruned > 0);
    }
    assert!(crashes > 40 && pruned > 3, "{crashes} crashes, {pruned} of 8 were pruned");
}
