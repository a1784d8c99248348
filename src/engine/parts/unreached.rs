//! People whom no channel reaches about an open incident.

use crate::domain::escalation::event::Because;
use crate::domain::escalation::incident::{Delivery, Incident, OpenPage, Track};
use crate::domain::escalation::owed::page::PageScope;
use crate::domain::plan::Plan;
use crate::engine::protocol::health::Unreachable;

/// Everybody whom no channel reaches, once each.
pub fn find<'a>(incidents: impl Iterator<Item = &'a Incident>, plan: &Plan) -> Vec<Unreachable> {
    let mut found = Vec::new();
    for incident in incidents.filter(|incident| incident.resolved.is_none()) {
        for track in &incident.tracks {
            let given_up = track.passed.iter().filter(|(.., because)| *because == Because::Unreachable);
            let given_up = given_up.map(|(department, liaison, _)| (department, liaison));
            let failing = track.pages.iter().filter(|page| is_failing(incident, track, page));
            let people = given_up.chain(failing.map(|page| (&page.roster, &page.liaison)));
            found.extend(people.map(|(department, liaison)| (department.clone(), liaison.clone(), incident.id)));
        }
    }
    found.sort();
    found.dedup_by(|one, other| (&one.0, &one.1) == (&other.0, &other.1));
    let named = found.into_iter().map(|(department, liaison, incident)| {
        let roster = plan.rosters.get(&department);
        let name = roster.and_then(|roster| roster.liaison(&liaison)).map(|liaison| liaison.name.clone());
        Unreachable { department, liaison, name, incident }
    });
    named.collect()
}

/// A still-needed page that every channel has failed to send at least once.
fn is_failing(incident: &Incident, track: &Track, page: &OpenPage) -> bool {
    let all_tried = page.pending.iter().all(Delivery::has_failed_here);
    !page.accepted && all_tried && !incident.is_moot(PageScope::of_track(track), page)
}
