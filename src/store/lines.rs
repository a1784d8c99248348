//! Finds the store's copies of journal lines by number.

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

/// Values searched at a time, so that other database users get a turn.
const SLICE: usize = 512;

/// The maximum span of record numbers under one key: a chunk, and what belongs to its last record.
const SPAN: u64 = 2 * CHUNK_RECORDS as u64;

/// A part of the store to search.
pub struct Slice<'a> {
    letter: u8,
    behind: &'a [u8],
    numbers: &'a Range<u64>,
    found: &'a mut Lines,
}

impl Slice<'_> {
    /// Collects the wanted lines that verify, and returns the key to continue after.
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

/// Finds the lines with these numbers slice by slice, using `read` for each slice.
///
/// # Errors
///
/// The errors of `read`.
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

/// The same from a database that no one else uses; if it breaks, returns what was found so far.
pub fn salvage(db: &Database, numbers: &Range<u64>) -> Lines {
    let Ok(found) = gather(numbers, |slice| Ok::<_, Infallible>(slice.read(db).unwrap_or_default()));
    found
}

/// The lines with these numbers that verify.
pub fn verified<'a>(lines: &'a [u8], numbers: &'a Range<u64>) -> impl Iterator<Item = (u64, Box<[u8]>)> + 'a {
    let lines = lines.split(|byte| *byte == b'\n');
    let wanted = lines.filter(|line| Line::split(line).is_ok_and(|parts| numbers.contains(&parts.seq)));
    wanted.filter_map(|line| Line::verify(line).ok().map(|parts| (parts.seq, line.into())))
}

/// A key ends with the number of its first line.
fn may_hold(key: &[u8], numbers: &Range<u64>) -> bool {
    let first = key.last_chunk().map_or(0, |number| u64::from_be_bytes(*number));
    first < numbers.end && first.saturating_add(SPAN) > numbers.start
}
