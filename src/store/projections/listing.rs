//! The list of incidents, newest first, in the order of their openings, which clock changes cannot affect.

use std::iter::Peekable;

use crate::store::sled::tree::Bytes;

use crate::domain::escalation::incident::{Incident, Status};
use crate::store::error::Trouble;
use crate::store::fold::Fold;
use crate::store::listed::Listed;
use crate::store::number::Number;
use crate::store::projection::{Projection, Step};
use crate::store::query::{Cursor, Filter, Listing};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;
use crate::store::states::{self, OPEN};

/// The letter of closed incidents. For open ones, the list entry is at the start of their state.
const LETTER: u8 = b'l';

/// Writes the list entries of closed incidents.
pub struct ListingOfClosed;

impl Projection for ListingOfClosed {
    fn name(&self) -> &'static str {
        "listing"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn take(&mut self, _step: &Step<'_>, _changes: &mut Changes) -> Result<(), Trouble> {
        Ok(())
    }

    fn finish(&mut self, fold: &Fold<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        for touched in fold.touched() {
            match &touched.incident {
                Some(incident) if !touched.is_open() => {
                    changes.put(touched.number.key(LETTER), Listed::of(incident));
                }
                Some(_) if touched.was_closed => changes.remove(touched.number.key(LETTER)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A page of the list.
///
/// # Errors
///
/// See [`Trouble`].
pub fn list(db: &Database, filter: &Filter) -> Result<Listing, Trouble> {
    let letters: &[u8] = match filter.status {
        Some(Status::Open | Status::Acknowledged) => &[OPEN],
        // What is resolved and still owes something is among what is open.
        Some(Status::Resolved) | None => &[OPEN, LETTER],
    };
    let nothing = Listing { incidents: Vec::new(), next: None };
    let before = match &filter.before {
        None => Number(u64::MAX),
        Some(cursor) => match states::number(db, cursor.id)? {
            Some(number) => number,
            None => return Ok(nothing),
        },
    };
    let mut streams = Vec::new();
    for letter in letters {
        streams.push(stream(db, *letter, before)?.peekable());
    }
    let (mut incidents, mut last): (Vec<Incident>, _) = (Vec::new(), None);
    while let Some(item) = newest(&mut streams) {
        let (number, listed) = item?;
        // An incident that is closed or reopened meanwhile may appear twice.
        if last == Some(number) || !Listed::read(&listed)?.fits(filter.status, filter.department.as_ref()) {
            continue;
        }
        if incidents.len() >= filter.limit {
            let next = incidents.last().map(|last| Cursor { received_at: last.received_at, id: last.id });
            return Ok(Listing { incidents, next });
        }
        last = Some(number);
        incidents.extend(states::numbered(db, number)?);
    }
    Ok(Listing { incidents, next: None })
}

type Item = Result<(Number, Bytes), Trouble>;

/// Entries with a letter and before a number, last first. Only first parts of values count: they start with the list
/// entry.
fn stream(db: &Database, letter: u8, before: Number) -> Result<impl Iterator<Item = Item> + use<>, Trouble> {
    let end = [&[letter][..], &before.0.to_be_bytes()].concat();
    let items = db.backwards(&[letter], &end)?;
    Ok(items.filter_map(|item| match item {
        Ok((key, value)) if key.len() == 9 || key.ends_with(&[0, 0]) => {
            let skipped = if key.len() == 9 { 0 } else { 2 };
            let listed = value.subslice(skipped, value.len() - skipped);
            Some(Number::of_key(&key).map(|number| (number, listed)).ok_or_else(|| Trouble::unreadable("a list entry")))
        }
        Ok(_) => None,
        Err(trouble) => Some(Err(trouble)),
    }))
}

/// The newest of the streams' next items; errors come first.
fn newest<S: Iterator<Item = Item>>(streams: &mut [Peekable<S>]) -> Option<Item> {
    let rank = |item: Option<&Item>| match item {
        Some(Err(_)) => (2, None),
        Some(Ok((number, _))) => (1, Some(*number)),
        None => (0, None),
    };
    let ranks = streams.iter_mut().map(|stream| rank(stream.peek()));
    let (best, _) = ranks.enumerate().max_by_key(|(_, rank)| *rank)?;
    streams[best].next()
}
