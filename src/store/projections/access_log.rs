//! Who signed in, and what they were shown.

use crate::journal::record::{Fact, Record};
use crate::store::error::Trouble;
use crate::store::projection::{Projection, Step};
use crate::store::projections::timeline::record;
use crate::store::query::AccessFilter;
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

const LETTER: u8 = b'n';

/// Writes the line of each event of a person once more, so that a query reads nothing else.
pub struct AccessLog;

impl Projection for AccessLog {
    fn name(&self) -> &'static str {
        "access-log"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        if matches!(step.record.entry.fact, Fact::Person(..)) {
            changes.put_long(&[&[LETTER][..], &step.record.seq.to_be_bytes()].concat(), step.line.as_bytes());
        }
        Ok(())
    }
}

/// The first events that fit, in order, and whether there are more.
///
/// # Errors
///
/// See [`Trouble`].
pub fn list(db: &Database, filter: &AccessFilter) -> Result<(Vec<Record>, bool), Trouble> {
    let mut found = Vec::new();
    let more = db.find_long(&[LETTER], &mut |_, line| {
        let one = record(line)?;
        if !filter.fits(&one) {
            return Ok(None);
        }
        if found.len() == AccessFilter::MOST {
            return Ok(Some(()));
        }
        found.push(one);
        Ok(None)
    })?;
    Ok((found, more.is_some()))
}
