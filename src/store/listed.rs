//! What the list shows about an incident without its full state.

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::id::DepartmentId;
use crate::store::error::Trouble;

/// What the list shows about an incident without its full state: `open privacy legal` and a newline.
pub struct Listed<'a> {
    status: &'a str,
    departments: &'a str,
}

impl<'a> Listed<'a> {
    pub fn of(incident: &Incident) -> Vec<u8> {
        let mut out = word(incident.status()).to_owned();
        for track in &incident.tracks {
            out.push(' ');
            out.push_str(track.department.as_str());
        }
        out.push('\n');
        out.into_bytes()
    }

    /// Reads it from the start of a value.
    ///
    /// # Errors
    ///
    /// [`Trouble::Broken`] if it is damaged.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Trouble> {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let text = std::str::from_utf8(&bytes[..end]).map_err(|_| Trouble::unreadable("a list entry"))?;
        let (status, departments) = text.split_once(' ').unwrap_or((text, ""));
        Ok(Self { status, departments })
    }

    /// Whether it has this status and a track for this department, if given.
    pub fn fits(&self, status: Option<Status>, department: Option<&DepartmentId>) -> bool {
        status.is_none_or(|status| word(status) == self.status)
            && department.is_none_or(|wanted| self.departments.split(' ').any(|one| one == wanted.as_str()))
    }
}

/// The word for a status.
pub fn word(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Acknowledged => "acknowledged",
        Status::Resolved => "resolved",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departments_fit_as_whole_words() {
        let listed = Listed::read(b"open privacy-office legal\n{}").unwrap();
        let fits = |status, department: &str| listed.fits(status, Some(&department.parse().unwrap()));
        assert!(fits(Some(Status::Open), "legal") && fits(None, "privacy-office"));
        assert!(!fits(Some(Status::Resolved), "legal") && !fits(None, "privacy"));
    }
}
