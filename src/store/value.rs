//! How the store's values are written: states behind a line that lists them, answers and links in a few bytes.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::id::{DepartmentId, IncidentId};
use crate::store::error::Trouble;

/// An incident's state with the steps of the wall clock that its times include.
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

/// Writes a state: a line for the list, then JSON.
///
/// # Errors
///
/// A state without a JSON form.
pub fn write_state(incident: &Incident, stepped_ms: i64) -> Result<Vec<u8>, Trouble> {
    let mut out = Listed::of(incident);
    serde_json::to_writer(&mut out, &Kept { stepped_ms, incident })?;
    Ok(out)
}

/// Reads a state, with all steps of the wall clock up to now; a closed one has no waits that could keep their length.
///
/// # Errors
///
/// [`Trouble::Broken`] where it is not what was written.
pub fn read_state(bytes: &[u8], stepped_ms: i64) -> Result<Incident, Trouble> {
    let start = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut kept: Kept<Incident> = serde_json::from_slice(&bytes[start..])?;
    if stepped_ms != kept.stepped_ms && kept.incident.resolved.is_none() {
        kept.incident.shift(TimeDelta::milliseconds(stepped_ms - kept.stepped_ms));
    }
    Ok(kept.incident)
}

/// What the list tells of an incident without its state: `open privacy legal` and a line's end.
pub struct Listed<'a> {
    status: &'a str,
    departments: &'a str,
}

impl<'a> Listed<'a> {
    /// Writes it.
    pub fn of(incident: &Incident) -> Vec<u8> {
        let mut out = word(incident.status()).to_owned();
        for track in &incident.tracks {
            out.push(' ');
            out.push_str(track.department.as_str());
        }
        out.push('\n');
        out.into_bytes()
    }

    /// Reads it from the beginning of a value.
    ///
    /// # Errors
    ///
    /// [`Trouble::Broken`] where it is not what was written.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Trouble> {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let text = std::str::from_utf8(&bytes[..end]).map_err(|_| bad("a place in the list"))?;
        let (status, departments) = text.split_once(' ').unwrap_or((text, ""));
        Ok(Self { status, departments })
    }

    /// Whether it stands so and has a track of that department, each where given.
    pub fn fits(&self, status: Option<Status>, department: Option<&DepartmentId>) -> bool {
        status.is_none_or(|status| word(status) == self.status)
            && department.is_none_or(|wanted| self.departments.split(' ').any(|one| one == wanted.as_str()))
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Acknowledged => "acknowledged",
        Status::Resolved => "resolved",
    }
}

/// What a source was answered, but for what the incident itself tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The incident.
    pub id: IncidentId,
    /// Where it stood.
    pub status: Status,
    /// It folded into an incident that was open.
    pub duplicate_of_open: bool,
    /// The wall clock when it was received.
    pub received_at: DateTime<Utc>,
    /// How often the incident had taken another playbook by then.
    pub reclassified: u8,
}

impl Answered {
    /// Writes it.
    pub fn to_bytes(self) -> Vec<u8> {
        let status = word(self.status).as_bytes()[0];
        let millis = self.received_at.timestamp_millis().to_be_bytes();
        // Nearly all incidents keep their playbook: nothing is written then.
        let reclassified = Some(self.reclassified).filter(|times| *times > 0);
        let head = [&self.id.to_bits().to_be_bytes()[..], &[status, u8::from(self.duplicate_of_open)], &millis];
        [&head.concat(), reclassified.as_slice()].concat()
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`Trouble::Broken`] where it is not what was written.
    pub fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let read = || {
            let (id, rest) = bytes.split_first_chunk()?;
            let ([status, duplicate_of_open], rest) = rest.split_first_chunk()?;
            let (millis, rest) = rest.split_first_chunk()?;
            let status = match status {
                b'o' => Status::Open,
                b'a' => Status::Acknowledged,
                b'r' => Status::Resolved,
                _ => return None,
            };
            Some(Self {
                id: IncidentId::from_random(u64::from_be_bytes(*id)),
                status,
                duplicate_of_open: *duplicate_of_open == 1,
                received_at: DateTime::from_timestamp_millis(i64::from_be_bytes(*millis))?,
                reclassified: match rest {
                    [] => 0,
                    [times] => *times,
                    _ => return None,
                },
            })
        };
        read().ok_or_else(|| bad("an answer"))
    }
}

/// Which page a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkedPage {
    /// The incident.
    pub id: IncidentId,
    /// The page's number.
    pub page: u32,
}

impl LinkedPage {
    /// Writes it.
    pub fn to_bytes(self) -> Vec<u8> {
        [&self.id.to_bits().to_be_bytes()[..], &self.page.to_be_bytes()].concat()
    }

    /// Reads it.
    ///
    /// # Errors
    ///
    /// [`Trouble::Broken`] where it is not what was written.
    pub fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let read = || {
            let (id, page) = bytes.split_first_chunk()?;
            let page = u32::from_be_bytes(page.try_into().ok()?);
            Some(Self { id: IncidentId::from_random(u64::from_be_bytes(*id)), page })
        };
        read().ok_or_else(|| bad("a link"))
    }
}

/// A value that is not what was written.
pub fn bad(what: &str) -> Trouble {
    Trouble::Broken(format!("{what} cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_survive_being_written_and_read() {
        let id = IncidentId::from_random(0xff_1234_5678);
        for (status, duplicate_of_open) in
            [(Status::Open, false), (Status::Acknowledged, true), (Status::Resolved, true)]
        {
            let received_at = DateTime::from_timestamp_millis(1_798_153_200_123).unwrap();
            for reclassified in [0, 3] {
                let answered = Answered { id, status, duplicate_of_open, received_at, reclassified };
                assert_eq!(Answered::read(&answered.to_bytes()), Ok(answered));
            }
        }
        let linked = LinkedPage { id, page: 3 };
        assert_eq!(LinkedPage::read(&linked.to_bytes()), Ok(linked));
        assert!(Answered::read(b"").is_err() && LinkedPage::read(b"too short").is_err());
    }

    #[test]
    fn departments_fit_as_whole_words() {
        let listed = Listed::read(b"open privacy-office legal\n{}").unwrap();
        let fits = |status, department: &str| listed.fits(status, Some(&department.parse().unwrap()));
        assert!(fits(Some(Status::Open), "legal") && fits(None, "privacy-office"));
        assert!(!fits(Some(Status::Resolved), "legal") && !fits(None, "privacy"));
    }
}
