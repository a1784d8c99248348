//! What a link's holder may do.

use crate::domain::escalation::hand_over;
use crate::domain::escalation::incident::Incident;
use crate::domain::instant::Now;
use crate::domain::plan::{Found, Plan, Search};
use crate::engine::protocol::link::{HandOverTo, LinkRights};
use crate::store::query::LinkTarget;

/// Derives the rights from the current rosters and the involved people.
pub fn rights(incident: &Incident, plan: &Plan, now: Now, target: &LinkTarget) -> LinkRights {
    let LinkTarget { roster, liaison, name, .. } = target;
    if Search::new(plan, now.wall, &incident.involved).is_involved(roster, liaison) {
        if !incident.waits_for_hand_over(roster, liaison) {
            return LinkRights::Involved;
        }
        let candidates = hand_over::candidates(incident, plan, now.wall);
        let candidate = |found: &Found| HandOverTo {
            value: hand_over::value_of(&found.department, &found.liaison.id),
            name: found.liaison.name.clone(),
            department: plan.department_name(&found.department).to_owned(),
        };
        return LinkRights::LastResort(candidates.iter().map(candidate).collect());
    }
    if plan.person(roster, liaison, name).is_none() { LinkRights::Left } else { LinkRights::Asked }
}
