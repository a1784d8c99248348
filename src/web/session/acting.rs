//! For which departments of an incident a signed-in person answers.

use crate::domain::escalation::incident::{Incident, Track};
use crate::domain::escalation::resolution::{Early, Resolve};
use crate::domain::id::DepartmentId;
use crate::domain::permission::Permission;
use crate::engine::protocol::command::Action;
use crate::web::app_state::AppState;
use crate::web::error::{Kind, Problem};
use crate::web::session::signed_in::SignedIn;

/// The action as this person may take it: one that names no department is for those that they may answer for.
///
/// Taking a track stops the paging of a department, so only its own people, those who were paged for it, and groups that
/// may act for it do that.
///
/// # Errors
///
/// They may not act on the incident, or not for that department, or have to say for which; or they do too much.
pub(in crate::web) fn allowed(
    app: &AppState,
    who: &SignedIn,
    incident: &Incident,
    action: Action,
) -> Result<Action, Problem> {
    who.require(Permission::Act, incident)?;
    let is_answer = matches!(action, Action::Acknowledge(_) | Action::Decline(_) | Action::TakeOver(_));
    if !is_answer && !app.session.may_write(who.person.as_str()) {
        return Err(too_much());
    }
    Ok(match action {
        Action::Acknowledge(department) => Action::Acknowledge(answerable(who, incident, department)?),
        Action::Decline(department) => Action::Decline(answerable(who, incident, department)?),
        Action::Escalate(department) => Action::Escalate(answerable(who, incident, department)?),
        Action::HandOver(department, to) => Action::HandOver(answerable(who, incident, department)?, to),
        Action::TakeOver(department) => Action::TakeOver(answerable(who, incident, department)?),
        Action::Resolve(resolve) => {
            // Liaisons resolve only what every department has acknowledged.
            let early = if who.may_everywhere(Permission::Act) { Early::WithReason } else { Early::Refused };
            Action::Resolve(Resolve { early, ..resolve })
        }
        Action::Statement(_) => {
            who.require(Permission::Draft, incident)?;
            action
        }
        Action::Reopen(_) | Action::Note(..) | Action::Task(_) => action,
    })
}

/// Somebody adds more to the record than a person would.
pub(in crate::web) fn too_much() -> Problem {
    let detail = "That is too much in a few minutes, so nothing was recorded. Wait ten minutes, and try again";
    Problem::new(Kind::TooManyTries, detail)
}

fn answerable(
    who: &SignedIn,
    incident: &Incident,
    department: Option<DepartmentId>,
) -> Result<Option<DepartmentId>, Problem> {
    let theirs: Vec<&Track> = incident.tracks.iter().filter(|track| who.may_answer_for(track)).collect();
    match department {
        // One without a track is refused as such.
        Some(department) => match incident.track(&department).is_none_or(|track| who.may_answer_for(track)) {
            true => Ok(Some(department)),
            false => Err(Problem::new(Kind::Forbidden, "You can answer only for your own department")),
        },
        None if theirs.len() == incident.tracks.len() => Ok(None),
        None => match theirs.as_slice() {
            [track] => Ok(Some(track.department.clone())),
            _ => Err(Problem::new(Kind::Forbidden, "Name the department: you cannot answer for all of them")),
        },
    }
}
