//! How incident states are stored: a list entry, then JSON.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::store::error::Trouble;
use crate::store::listed::Listed;
use crate::store::meta::Meta;
use crate::store::number::Number;
use crate::store::sled::database::Database;

/// The letter of incident numbers, by reference.
pub const NUMBERS: u8 = b'i';

/// The letter of open incidents' states.
pub const OPEN: u8 = b'o';

/// The letter of closed incidents' states.
pub const CLOSED: u8 = b'c';

/// The key of an incident's number.
pub fn number_key(id: IncidentId) -> Vec<u8> {
    [&[NUMBERS][..], &id.to_bits().to_be_bytes()[3..]].concat()
}

/// An incident's number.
///
/// # Errors
///
/// See [`Trouble`].
pub fn number(db: &Database, id: IncidentId) -> Result<Option<Number>, Trouble> {
    let Some(bytes) = db.get(&number_key(id))? else { return Ok(None) };
    let bytes = bytes.as_ref().try_into().map_err(|_| Trouble::unreadable("an incident's number"))?;
    Ok(Some(Number(u64::from_be_bytes(bytes))))
}

/// Whether an incident is open.
///
/// # Errors
///
/// See [`Trouble`].
pub fn is_open(db: &Database, number: Number) -> Result<bool, Trouble> {
    Ok(db.get(&[&number.key(OPEN)[..], &[0, 0]].concat())?.is_some())
}

/// An incident's current state, open or closed.
///
/// # Errors
///
/// See [`Trouble`].
pub fn incident(db: &Database, id: IncidentId) -> Result<Option<Incident>, Trouble> {
    number(db, id)?.map_or(Ok(None), |number| numbered(db, number))
}

/// The same by number.
///
/// # Errors
///
/// See [`Trouble`].
pub fn numbered(db: &Database, number: Number) -> Result<Option<Incident>, Trouble> {
    let Some(state) = state(db, number)? else { return Ok(None) };
    // Reading the clock steps after the state ensures that they are at least as recent as the state.
    read(&state, db.meta()?.stepped_ms).map(Some)
}

/// The same with this total of wall clock steps.
///
/// # Errors
///
/// See [`Trouble`].
pub fn stepped(db: &Database, number: Number, stepped_ms: i64) -> Result<Option<Incident>, Trouble> {
    state(db, number)?.map(|state| read(&state, stepped_ms)).transpose()
}

/// Looks through closed incidents in between: one that is closed or reopened meanwhile is found all the same.
fn state(db: &Database, number: Number) -> Result<Option<Vec<u8>>, Trouble> {
    for letter in [OPEN, CLOSED, OPEN] {
        if let Some(state) = db.get_long(&number.key(letter))? {
            return Ok(Some(state));
        }
    }
    Ok(None)
}

/// The current states of all open incidents.
///
/// # Errors
///
/// [`Trouble::Broken`] if one is missing or cannot be read.
pub fn all_open(db: &Database, meta: Meta) -> Result<Vec<Incident>, Trouble> {
    let mut incidents = Vec::with_capacity(usize::try_from(meta.open).unwrap_or_default());
    db.scan_long(&[OPEN], &mut |_, bytes| {
        let mut incident = read(bytes, meta.stepped_ms)?;
        incident.shrink();
        incidents.push(incident);
        Ok(())
    })?;
    if incidents.len() as u64 == meta.open {
        Ok(incidents)
    } else {
        Err(Trouble::Broken(format!("it has only {} of {} open incidents", incidents.len(), meta.open)))
    }
}

/// An incident's state with the wall clock steps that its times include.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    #[serde(rename = "s", default, skip_serializing_if = "is_zero")]
    stepped_ms: i64,
    #[serde(rename = "i")]
    incident: T,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Writes a state: a list entry, then JSON.
///
/// # Errors
///
/// The state has no JSON form.
pub fn write(incident: &Incident, stepped_ms: i64) -> Result<Vec<u8>, Trouble> {
    let mut out = Listed::of(incident);
    serde_json::to_writer(&mut out, &Kept { stepped_ms, incident })?;
    Ok(out)
}

/// Reads a state and applies later wall clock steps. A closed incident has no waits to adjust.
fn read(bytes: &[u8], stepped_ms: i64) -> Result<Incident, Trouble> {
    let start = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut kept: Kept<Incident> = serde_json::from_slice(&bytes[start..])?;
    if stepped_ms != kept.stepped_ms && kept.incident.is_live() {
        kept.incident.shift(TimeDelta::milliseconds(stepped_ms - kept.stepped_ms));
    }
    Ok(kept.incident)
}
