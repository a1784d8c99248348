//! Finds what an edit names in a roster that is valid, or says what was probably meant.

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::config::mistakes::{meant_or_known, quoted};
use crate::domain::civil;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::plan::Plan;
use crate::domain::roster::{Liaison, Roster};
use crate::domain::zone::Zone;

/// Something that an edit names is not there, or cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unknown(String);

/// The department's roster.
///
/// # Errors
///
/// There is none.
pub fn roster<'plan>(plan: &'plan Plan, department: &DepartmentId) -> Result<&'plan Roster, Unknown> {
    plan.rosters.get(department).map(AsRef::as_ref).ok_or_else(|| {
        let known = plan.rosters.keys().map(DepartmentId::as_str);
        unknown(format!("no roster is named {}", quoted(department.as_str())), department.as_str(), known)
    })
}

/// The liaison, and how many stand before it in the file.
///
/// # Errors
///
/// There is no such person in the roster.
pub fn liaison<'roster>(roster: &'roster Roster, id: &LiaisonId) -> Result<(usize, &'roster Liaison), Unknown> {
    roster.liaisons.iter().enumerate().find(|(_, liaison)| liaison.id == *id).ok_or_else(|| {
        let known = roster.liaisons.iter().map(|liaison| liaison.id.as_str());
        let message =
            format!("no liaison of {} has the id {}", quoted(roster.department.as_str()), quoted(id.as_str()));
        unknown(message, id.as_str(), known)
    })
}

/// Checks that the roster names the role: a slip of the pen would give a duty that nobody is paged for.
///
/// # Errors
///
/// It does not.
pub fn role(roster: &Roster, role: &Role) -> Result<(), Unknown> {
    let roles = roster.roles();
    if roles.contains(role) {
        return Ok(());
    }
    let message = format!("{} has no role {}", quoted(roster.department.as_str()), quoted(role.as_str()));
    Err(unknown(message, role.as_str(), roles.iter().map(Role::as_str)))
}

/// What a file writes for an instant, on the roster's wall clock.
///
/// # Errors
///
/// The clock shows that time twice in that night, and the instant is the second of the two: files mean the first.
pub fn local(zone: &Zone, at: DateTime<Utc>) -> Result<NaiveDateTime, Unknown> {
    let local = civil::to_local(zone, at);
    if civil::to_instant(zone, local) == at {
        return Ok(local);
    }
    let shown = local.format("%Y-%m-%d %H:%M");
    Err(Unknown(format!(
        "the clock in {zone} shows {shown} twice, and a roster means the first: name a time before or after that hour"
    )))
}

fn unknown<'a>(message: String, written: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Unknown {
    Unknown(match meant_or_known(written, known) {
        Some(hint) => format!("{message}: {hint}"),
        None => message,
    })
}
