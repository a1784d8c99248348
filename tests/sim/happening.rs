//! What can happen to a daemon from outside, and the timetable that a seed makes of it.

use std::collections::BTreeMap;

use wardbell::domain::contact::ChannelKind;
use wardbell::domain::digest::Digest;
use wardbell::domain::id::PageId;
use wardbell::domain::outcome::Outcome;

use crate::disk::Trap;
use crate::random::Random;
use crate::retention::Stage;

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Happening {
    /// A source sends an incident.
    Incident,
    /// A source sends one again, word for word.
    SameEvent,
    /// A source sends a repeat of an open matter.
    Repeat,
    /// A person presses a button behind a link, for these pages of the list, or for the link's own where there is none.
    Press(Digest, Button, Vec<PageId>),
    /// A source that must be heard from says that it is there.
    Heard(usize),
    /// A scanner opens every link that it has seen.
    Scan,
    /// An operator does something.
    Operate,
    /// An operator tests the channels.
    TestChannels,
    /// An administrator has the words of an incident destroyed.
    Purge,
    /// The master key is exchanged.
    RotateKey,
    /// The master key is lost, and found after so many milliseconds.
    LoseKey(u64),
    FindKey,
    /// What is older than so many minutes is pruned; the process may end on the way.
    Prune(i64, Option<Stage>),
    /// The keeper of a roster saves a change.
    Edit,
    /// Somebody sets the wall clock, by so many milliseconds.
    SetClock(i64),
    /// The process ends in the middle of whatever it does; it starts again after so many milliseconds.
    Crash(Option<Trap>, u64),
    /// The process starts again.
    Start,
    /// It is told to end, and does.
    Stop(u64),
    /// The disk fills, for so many milliseconds, and leaves so many lines of each failed write behind.
    FillDisk(u64, usize),
    FreeDisk,
    /// The disk answers nobody for so many milliseconds.
    HangDisk(u64),
    DiskAnswers,
    /// The store's disk fails.
    BreakStore(u64),
    MendStore,
    /// What the store holds is spoilt, and it has to be built anew.
    SpoilStore,
    /// A provider is down for so many milliseconds.
    FailProvider(ChannelKind, u64),
    MendProvider(ChannelKind),
    /// A provider answers one attempt.
    Answer(u64, Outcome),
}

/// What a person presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Button {
    Acknowledge,
    Decline,
    Note,
    HandOver,
}

/// What will happen, by true time in milliseconds from the beginning.
#[derive(Debug, Default)]
pub struct Timetable {
    entries: BTreeMap<(u64, u64), Happening>,
    made: u64,
}

impl Timetable {
    /// A whole simulation's worth.
    pub fn new(random: &mut Random, length_ms: u64) -> Self {
        let mut all = Self::default();
        let storm = random.chance(8);
        let busy = length_ms * 6 / 10;
        all.fill(random, busy, if storm { 40 } else { 6 }, |_| Happening::Incident);
        all.fill(random, busy, 3, |_| Happening::SameEvent);
        all.fill(random, busy, 5, |_| Happening::Repeat);
        all.fill(random, busy, 4, |_| Happening::Operate);
        all.fill(random, busy, 3, |_| Happening::Scan);
        all.fill(random, busy, 3, |_| Happening::Edit);
        all.fill(random, busy, 1, |_| Happening::TestChannels);
        all.fill(random, length_ms, 25, |random| Happening::Heard(random.below(2)));
        if random.chance(50) {
            all.fill(random, busy, 3, |random| {
                let millis = *random.pick(&[300, 999, 2_000, 5_000, 60_000, 600_000, 3_600_000, 10_800_000]);
                Happening::SetClock(if random.chance(50) { millis } else { -millis })
            });
        }
        if random.chance(70) {
            all.fill(random, busy, 5, |random| {
                let trap = match random.below(4) {
                    0 => None,
                    1 => Some(Trap::AfterFlush),
                    _ => Some(Trap::InWrite(random.below(4))),
                };
                let down = *random.pick(&[200, 5_000, 60_000, 1_800_000, 7_200_000]);
                Happening::Crash(trap, down)
            });
        }
        all.fill(random, busy, 2, |random| Happening::Stop(*random.pick(&[500, 30_000, 600_000])));
        if random.chance(40) {
            all.fill(random, busy, 3, |random| {
                let length = *random.pick(&[3_000, 60_000, 1_200_000]);
                Happening::FillDisk(length, random.below(4))
            });
        }
        if random.chance(25) {
            all.fill(random, busy, 4, |random| Happening::HangDisk(*random.pick(&[300, 1_500, 18_000, 35_000])));
        }
        if random.chance(30) {
            all.fill(random, busy, 3, |random| Happening::BreakStore(*random.pick(&[2_000, 300_000])));
            all.fill(random, busy, 2, |_| Happening::SpoilStore);
        }
        if random.chance(40) {
            all.fill(random, busy, 3, |random| {
                let channel = *random.pick(&ChannelKind::ALL);
                Happening::FailProvider(channel, *random.pick(&[20_000, 900_000, 7_200_000]))
            });
        }
        all.fill(random, busy, 4, |_| Happening::Purge);
        all.fill(random, busy, 2, |_| Happening::RotateKey);
        if random.chance(30) {
            all.fill(random, busy, 2, |random| Happening::LoseKey(*random.pick(&[60_000, 1_800_000])));
        }
        if random.chance(15) {
            // What a failed write leaves behind is found after a crash: nobody was answered, and it counts.
            let at = random.next() % busy;
            all.add(at, Happening::FillDisk(5_000, 3));
            all.add(at + 1, Happening::Incident);
            all.add(at + 300, Happening::Crash(None, 200));
        }
        if random.chance(40) {
            all.fill(random, length_ms, 6, |random| {
                let stage = *random.pick(&[Stage::Recorded, Stage::KeysGone, Stage::Done]);
                Happening::Prune(*random.pick(&[5, 20, 60]), random.chance(50).then_some(stage))
            });
        }
        all
    }

    pub fn add(&mut self, at: u64, happening: Happening) {
        self.made += 1;
        self.entries.insert((at, self.made), happening);
    }

    pub fn next_at(&self) -> Option<u64> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next thing that happens by `now`.
    pub fn take(&mut self, now: u64) -> Option<Happening> {
        let key = *self.entries.first_key_value()?.0;
        if key.0 <= now { self.entries.remove(&key) } else { None }
    }

    /// The next answer of a provider by `now`, and nothing else.
    pub fn take_answer(&mut self, now: u64) -> Option<(u64, Outcome)> {
        let is_due = |at: u64, happening: &Happening| at <= now && matches!(happening, Happening::Answer(..));
        let key = *self.entries.iter().find(|((at, _), happening)| is_due(*at, happening))?.0;
        match self.entries.remove(&key) {
            Some(Happening::Answer(number, outcome)) => Some((number, outcome)),
            _ => None,
        }
    }

    /// Forgets what providers would have answered to a process that has ended.
    pub fn forget_answers(&mut self) {
        self.entries.retain(|_, happening| !matches!(happening, Happening::Answer(..)));
    }

    fn fill(&mut self, random: &mut Random, busy: u64, at_most: i64, make: impl Fn(&mut Random) -> Happening) {
        let together = random.chance(20).then(|| random.next() % busy);
        for _ in 0..random.between(0, at_most + 1) {
            let at = together.unwrap_or_else(|| random.next() % busy);
            let happening = make(random);
            self.add(at, happening);
        }
    }
}
