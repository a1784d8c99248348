//! What somebody has is theirs until another, who was asked, takes it.

use wardbell::domain::escalation::event::{Event, Paged};
use wardbell::domain::escalation::incident::{Acknowledgement, Incident};
use wardbell::domain::id::DepartmentId;
use wardbell::domain::principal::Principal;
use wardbell::journal::record::Fact;

use crate::invariants::Broken;
use crate::ledger::Ledger;

/// Whoever is asked is a colleague, of the department or of the person who has it; whoever is told has it.
pub fn is_entitled(incident: &Incident, department: &DepartmentId, event: &Event, paged: &Paged) -> Broken {
    let holder = &holder(incident, department).ok_or("nobody has it")?.by;
    let (is_holder, is_colleague) = match holder {
        Principal::LinkHolder { liaison, roster, .. } => {
            (*liaison == paged.liaison, paged.roster == *department || paged.roster == *roster)
        }
        _ => (false, paged.roster == *department),
    };
    match event {
        Event::HandOverFailed { .. } if is_holder => Ok(()),
        Event::HandOverFailed { .. } => Err("somebody else has it".into()),
        _ if is_holder => Err("they have it".into()),
        _ if is_colleague => Ok(()),
        _ => Err("they are no colleague".into()),
    }
}

/// Nobody takes what another has, but whom that other, or an operator, has asked; and a request leaves it where it is.
pub fn an_acknowledged_track_stays_with_its_holder(ledger: &Ledger) -> Broken {
    for fresh in ledger.fresh.iter().filter(|fresh| !fresh.is_late) {
        let Fact::Incident(id, event) = &fresh.record.entry.fact else { continue };
        let Some(before) = &fresh.before else { continue };
        match event {
            Event::Acknowledged { department, by, taken_from, .. } => {
                let held = holder(before, department);
                let is_asked = held.is_some_and(|held| held.hand_over.as_ref().is_some_and(|asked| asked.is_of(by)));
                let is_from_holder = match (held, taken_from) {
                    (None, None) => true,
                    (Some(held), Some(from)) => is_asked && held.by.is_same(from),
                    _ => false,
                };
                if !is_from_holder {
                    return Err(format!("{id}: {} took {department} from somebody who has it", by.id()));
                }
            }
            Event::HandOverRequested { department, from, .. } | Event::HandOverFailed { department, from, .. }
                if !holder(before, department).is_some_and(|held| held.by.is_same(from)) =>
            {
                return Err(format!("{id}: {} does not have {department}, and hands it over", from.id()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn holder<'a>(incident: &'a Incident, department: &DepartmentId) -> Option<&'a Acknowledgement> {
    incident.track(department)?.acknowledged.as_ref()
}
