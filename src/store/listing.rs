//! The list of incidents, newest first.

use std::iter::Peekable;

use sled::IVec;

use crate::domain::escalation::incident::Status;
use crate::store::database::{Database, Trouble};
use crate::store::derive::Listed;
use crate::store::keys::Half;
use crate::store::query::{Cursor, Filter};

/// The places of the incidents that a filter asks for, and whether there are more.
///
/// # Errors
///
/// See [`Trouble`].
pub fn places(db: &Database, filter: &Filter) -> Result<(Vec<Cursor>, bool), Trouble> {
    let halves: &[Half] = match filter.status {
        Some(Status::Open | Status::Acknowledged) => &[Half::Open],
        Some(Status::Resolved) => &[Half::Closed],
        None => &[Half::Open, Half::Closed],
    };
    let mut streams = Vec::new();
    for half in halves {
        streams.push(stream(db, *half, filter)?.peekable());
    }
    let mut places = Vec::new();
    while let Some(item) = newest(&mut streams) {
        let (place, value) = item?;
        let listed: Listed = serde_json::from_slice(&value)?;
        let wanted = filter.status.is_none_or(|status| status == listed.status)
            && filter.department.as_ref().is_none_or(|department| listed.departments.contains(department));
        if wanted && places.len() >= filter.limit {
            return Ok((places, true));
        }
        if wanted {
            places.push(place);
        }
    }
    Ok((places, false))
}

type Item = Result<(Cursor, IVec), Trouble>;

fn stream(db: &Database, half: Half, filter: &Filter) -> Result<impl Iterator<Item = Item> + use<>, Trouble> {
    let [letter, which] = *half.prefix();
    let end = filter.before.as_ref().map_or(vec![letter, which + 1], |before| half.key(before));
    let items = db.backwards(half.prefix(), &end)?;
    Ok(items.map(move |item| {
        let (key, value) = item?;
        let place = half.place(&key).ok_or_else(|| Trouble::Broken("a place in the list cannot be read".into()))?;
        Ok((place, value))
    }))
}

/// The newest of what the streams offer next; trouble before anything else.
fn newest<S: Iterator<Item = Item>>(streams: &mut [Peekable<S>]) -> Option<Item> {
    let rank = |item: Option<&Item>| match item {
        Some(Err(_)) => (2, None),
        Some(Ok((place, _))) => (1, Some(*place)),
        None => (0, None),
    };
    let ranks = streams.iter_mut().map(|stream| rank(stream.peek()));
    let (best, _) = ranks.enumerate().max_by_key(|(_, rank)| *rank)?;
    streams[best].next()
}
