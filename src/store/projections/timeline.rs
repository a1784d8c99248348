//! A copy of the record's lines, by incident.

use std::collections::BTreeMap;

use crate::journal::line::Line;
use crate::journal::record::Record;
use crate::store::error::Trouble;
use crate::store::fold::Fold;
use crate::store::number::Number;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::{Changes, PART_BYTES};
use crate::store::sled::database::{Database, Find, Visit};

/// The letter of lines about an incident.
const OF_INCIDENTS: u8 = b't';

/// The letter of lines about no incident.
const OF_SYSTEM: u8 = b'h';

pub const LETTERS: [u8; 2] = [OF_INCIDENTS, OF_SYSTEM];

/// Writes an incident's lines of a chunk together.
#[derive(Default)]
pub struct Timeline {
    /// Lines of this chunk, each with the number of the first line.
    gathered: BTreeMap<Number, Vec<(u64, Vec<u8>)>>,
}

impl Projection for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &LETTERS
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        let (seq, line) = (step.record.seq, step.line);
        let Some(about) = &step.about else {
            changes.put_long(&[&[OF_SYSTEM][..], &seq.to_be_bytes()].concat(), line.as_bytes());
            return Ok(());
        };
        let gathered = self.gathered.entry(about.number).or_default();
        match gathered.last_mut() {
            Some((_, lines)) if lines.len() + line.len() < PART_BYTES => {
                lines.push(b'\n');
                lines.extend_from_slice(line.as_bytes());
            }
            _ => gathered.push((seq, line.into())),
        }
        Ok(())
    }

    fn finish(&mut self, _fold: &Fold<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        for (number, gathered) in std::mem::take(&mut self.gathered) {
            for (seq, lines) in gathered {
                changes.put_long(&[number.key(OF_INCIDENTS), seq.to_be_bytes().to_vec()].concat(), &lines);
            }
        }
        Ok(())
    }
}

/// Visits an incident's lines in order, some at a time.
///
/// # Errors
///
/// See [`Trouble`].
pub fn visit(db: &Database, number: Number, visit: Visit<'_>) -> Result<(), Trouble> {
    db.scan_long(&number.key(OF_INCIDENTS), visit)
}

/// The same until something is found; later lines are not read.
///
/// # Errors
///
/// See [`Trouble`].
pub fn find<T>(db: &Database, number: Number, find: Find<'_, T>) -> Result<Option<T>, Trouble> {
    db.find_long(&number.key(OF_INCIDENTS), find)
}

/// # Errors
///
/// [`Trouble::Broken`] if they are damaged.
pub fn records(db: &Database, number: Number) -> Result<Vec<Record>, Trouble> {
    let mut records = Vec::new();
    visit(db, number, &mut |_, lines| {
        for line in lines.split(|byte| *byte == b'\n') {
            records.push(record(line)?);
        }
        Ok(())
    })?;
    Ok(records)
}

/// # Errors
///
/// [`Trouble::Broken`] if it is damaged.
pub fn record(line: &[u8]) -> Result<Record, Trouble> {
    let record = Line::split(line).and_then(|line| line.record());
    record.map_err(|fault| Trouble::Broken(format!("a line of the record: {fault}")))
}
