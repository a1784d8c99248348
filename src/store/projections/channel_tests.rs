//! The latest test results of each channel.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;
use crate::domain::outcome::Outcome;
use crate::journal::record::{Fact, SystemEvent};
use crate::store::error::Trouble;
use crate::store::fold::Fold;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

const LETTER: u8 = b'd';

/// What the record contains about a channel's tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTest {
    /// The last day whose daily test is finished.
    pub day: Option<NaiveDate>,
    /// When a test message was last accepted, on the wall clock.
    #[serde(with = "crate::domain::instant::optional")]
    pub taken_at: Option<DateTime<Utc>>,
    /// The last test failed.
    pub failed: bool,
}

impl LastTest {
    /// Records the end of a test.
    pub fn end(&mut self, day: Option<NaiveDate>, at: DateTime<Utc>, outcome: &Outcome) {
        self.day = day.or(self.day);
        self.failed = !matches!(outcome, Outcome::Accepted { .. });
        if !self.failed {
            self.taken_at = Some(at);
        }
    }
}

/// Adds each test to the earlier results.
#[derive(Default)]
pub struct ChannelTests {
    /// Results of this chunk.
    learned: BTreeMap<ChannelKind, LastTest>,
}

impl Projection for ChannelTests {
    fn name(&self) -> &'static str {
        "channel-tests"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn take(&mut self, step: &Step<'_>, _changes: &mut Changes) -> Result<(), Trouble> {
        if let Fact::System(SystemEvent::ChannelTested { channel, day, tested_at, outcome }) = &step.record.entry.fact {
            let mut test = match self.learned.get(channel) {
                Some(test) => *test,
                None => last(step.db, *channel)?.unwrap_or_default(),
            };
            test.end(*day, *tested_at, outcome);
            self.learned.insert(*channel, test);
        }
        Ok(())
    }

    fn finish(&mut self, _fold: &Fold<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        for (channel, test) in std::mem::take(&mut self.learned) {
            changes.put(key(channel), serde_json::to_vec(&test)?);
        }
        Ok(())
    }
}

/// The latest results of all channels that were tested.
///
/// # Errors
///
/// [`Trouble::Broken`] if they cannot be read.
pub fn all(db: &Database) -> Result<BTreeMap<ChannelKind, LastTest>, Trouble> {
    let tests = ChannelKind::ALL.into_iter().map(|channel| Ok(last(db, channel)?.map(|test| (channel, test))));
    tests.filter_map(Result::transpose).collect()
}

fn last(db: &Database, channel: ChannelKind) -> Result<Option<LastTest>, Trouble> {
    let bytes = db.get(&key(channel))?;
    Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
}

fn key(channel: ChannelKind) -> Vec<u8> {
    [&[LETTER][..], channel.word().as_bytes()].concat()
}
