//! Finds what an edit refers to in a valid roster, or suggests what was meant.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::config::diagnostics::{meant_or_known, quoted, quoted_list};
use crate::config::edit::contacts::{Listed, listed};
use crate::config::edit::error::NotEditable;
use crate::config::roster::person::FILE;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::local_time;
use crate::domain::plan::Plan;
use crate::domain::roster::{Liaison, Roster};
use crate::domain::zone::Zone;

/// The edit refers to something missing, or to a time that cannot be written.
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

/// The path of a roster, relative to the configuration.
pub fn file(roster: &Roster) -> String {
    // A roster that is valid has at least one liaison.
    roster.liaisons.first().map(|liaison| liaison.place.file.to_string()).unwrap_or_default()
}

/// The path of `people.toml`, relative to the configuration, whether it is there or not.
pub fn people_file(plan: &Plan) -> String {
    let beside = plan.rosters.values().next().map(|roster| file(roster)).unwrap_or_default();
    match beside.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{FILE}"),
        None => FILE.to_owned(),
    }
}

/// The people in `people.toml`.
///
/// # Errors
///
/// The text is not TOML, which a plan excludes.
pub fn people(plan: &Plan) -> Result<Vec<Listed>, NotEditable> {
    let path = people_file(plan);
    let digest = plan.files.iter().find(|file| file.path == path).map(|file| file.sha256);
    digest.and_then(|digest| plan.texts.get(&digest)).map_or(Ok(Vec::new()), |text| listed(text))
}

/// The only roster that lists a liaison; `None` if no roster does.
///
/// # Errors
///
/// Several do.
pub fn only_roster<'plan>(plan: &'plan Plan, id: &LiaisonId) -> Result<Option<&'plan Roster>, Unknown> {
    let rosters: Vec<&Roster> = rosters_of(plan, id).collect();
    match rosters[..] {
        [] => Ok(None),
        [roster] => Ok(Some(roster)),
        _ => {
            let departments = quoted_list(rosters.iter().map(|roster| roster.department.as_str()));
            let id = quoted(id.as_str());
            Err(Unknown(format!("{id} is in {departments}: choose one of them with `--department`")))
        }
    }
}

/// The error for a person who is in no file.
pub fn nobody(plan: &Plan, listed: &[LiaisonId], id: &LiaisonId) -> Unknown {
    let liaisons = plan.rosters.values().flat_map(|roster| &roster.liaisons).map(|liaison| liaison.id.as_str());
    let known: BTreeSet<&str> = liaisons.chain(listed.iter().map(LiaisonId::as_str)).collect();
    unknown(format!("nobody has the ID {}", quoted(id.as_str())), id.as_str(), known)
}

/// The only roster that lists both liaisons.
///
/// # Errors
///
/// None or several do.
pub fn common_roster<'plan>(plan: &'plan Plan, both: [&LiaisonId; 2]) -> Result<&'plan Roster, Unknown> {
    let rosters = |id| rosters_of(plan, id);
    if let Some(id) = both.into_iter().find(|id| rosters(id).next().is_none()) {
        let known: BTreeSet<&str> =
            plan.rosters.values().flat_map(|roster| &roster.liaisons).map(|liaison| liaison.id.as_str()).collect();
        let message = format!("no roster has a liaison {}", quoted(id.as_str()));
        return Err(unknown(message, id.as_str(), known));
    }
    let common: Vec<&Roster> = rosters(both[0]).filter(|roster| roster.liaison(both[1]).is_some()).collect();
    let [one, other] = both.map(|id| quoted(id.as_str()));
    match common[..] {
        [roster] => Ok(roster),
        [] => {
            let listed = |id| quoted_list(rosters(id).map(|roster| roster.department.as_str()));
            let [ones, others] = both.map(listed);
            Err(Unknown(format!("no roster lists both: {one} is in {ones}, {other} in {others}")))
        }
        _ => {
            let names = quoted_list(common.iter().map(|roster| roster.department.as_str()));
            Err(Unknown(format!("{one} and {other} are both in {names}: choose one with `--department`")))
        }
    }
}

fn rosters_of<'plan>(plan: &'plan Plan, id: &LiaisonId) -> impl Iterator<Item = &'plan Roster> {
    plan.rosters.values().map(AsRef::as_ref).filter(move |roster| roster.liaison(id).is_some())
}

/// The liaison and their index in the file.
///
/// # Errors
///
/// The roster has no such person.
pub fn liaison<'roster>(roster: &'roster Roster, id: &LiaisonId) -> Result<(usize, &'roster Liaison), Unknown> {
    roster.liaisons.iter().enumerate().find(|(_, liaison)| liaison.id == *id).ok_or_else(|| {
        let known = roster.liaisons.iter().map(|liaison| liaison.id.as_str());
        let message = format!("{} has no liaison {}", quoted(roster.department.as_str()), quoted(id.as_str()));
        unknown(message, id.as_str(), known)
    })
}

/// Checks that the roster has the role: with a typo, the role would be one that no one is paged for.
///
/// # Errors
///
/// The roster lacks the role.
pub fn role(roster: &Roster, role: &Role) -> Result<(), Unknown> {
    let roles = roster.roles();
    if roles.contains(role) {
        return Ok(());
    }
    let message = format!("{} has no role {}", quoted(roster.department.as_str()), quoted(role.as_str()));
    Err(unknown(message, role.as_str(), roles.iter().map(Role::as_str)))
}

/// How a file writes an instant, in the roster's time zone.
///
/// # Errors
///
/// The clocks show that time twice that night and the instant is the second; files always mean the first.
pub fn local(zone: &Zone, at: DateTime<Utc>) -> Result<NaiveDateTime, Unknown> {
    let local = local_time::to_local(zone, at);
    if local_time::to_instant(zone, local) == at {
        return Ok(local);
    }
    let shown = local.format("%Y-%m-%d %H:%M");
    Err(Unknown(format!(
        "{shown} occurs twice in {zone}, and a roster means the first. Choose a time before or after that hour"
    )))
}

fn unknown<'a>(message: String, raw: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Unknown {
    Unknown(match meant_or_known(raw, known) {
        Some(hint) => format!("{message}: {hint}"),
        None => message,
    })
}
