//! The copy of the journal's lines that the store keeps, looked for by number.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Range;

use crate::journal::line::Line;
use crate::store::derivation::CHUNK_RECORDS;
use crate::store::error::Trouble;
use crate::store::projections::timeline::LETTERS;
use crate::store::sled::database::Database;

/// Lines of the record, by number.
pub type Lines = BTreeMap<u64, Box<[u8]>>;

/// So many values are looked through at once; whoever waits for the database has a turn then.
const SLICE: usize = 512;

/// The lines that were written under one key come from so many records at most: a chunk, and what belongs to its last.
const SPAN: u64 = 2 * CHUNK_RECORDS as u64;

/// A part of the store to be looked through.
pub struct Slice<'a> {
    letter: u8,
    behind: &'a [u8],
    numbers: &'a Range<u64>,
    found: &'a mut Lines,
}

impl Slice<'_> {
    /// Takes what it holds of the lines that are looked for, as far as it verifies; the key to go on behind.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn read(self, db: &Database) -> Result<Option<Vec<u8>>, Trouble> {
        let Self { letter, behind, numbers, found } = self;
        db.scan_some(&[letter], behind, SLICE, &mut |key, lines| {
            if may_hold(key, numbers) {
                found.extend(verified(lines, numbers));
            }
            Ok(())
        })
    }
}

/// Looks for the lines of those numbers, slice by slice, with what reads one.
///
/// # Errors
///
/// Those of `read`.
pub fn gather<E>(
    numbers: &Range<u64>,
    mut read: impl FnMut(Slice<'_>) -> Result<Option<Vec<u8>>, E>,
) -> Result<Lines, E> {
    let mut found = Lines::new();
    for letter in LETTERS {
        let mut behind = Vec::new();
        while let Some(next) = read(Slice { letter, behind: &behind, numbers, found: &mut found })? {
            behind = next;
        }
    }
    Ok(found)
}

/// The same from a database that nobody else uses; where that breaks, what was found until then.
pub fn salvage(db: &Database, numbers: &Range<u64>) -> Lines {
    let Ok(found) = gather(numbers, |slice| Ok::<_, Infallible>(slice.read(db).unwrap_or_default()));
    found
}

/// Those of some lines that have such numbers, and verify.
pub fn verified<'a>(lines: &'a [u8], numbers: &'a Range<u64>) -> impl Iterator<Item = (u64, Box<[u8]>)> + 'a {
    let lines = lines.split(|byte| *byte == b'\n');
    let wanted = lines.filter(|line| Line::split(line).is_ok_and(|parts| numbers.contains(&parts.seq)));
    wanted.filter_map(|line| Line::verify(line).ok().map(|parts| (parts.seq, line.into())))
}

/// A key ends in the number of the first of its lines.
fn may_hold(key: &[u8], numbers: &Range<u64>) -> bool {
    let first = key.last_chunk().map_or(0, |number| u64::from_be_bytes(*number));
    first < numbers.end && first.saturating_add(SPAN) > numbers.start
}
