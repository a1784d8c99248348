//! Whom to call or write to.

use crate::domain::contact::Contact;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::roster::Liaison;
use crate::web::pages::row::Reading;

/// Somebody to call or write to.
#[derive(Debug, PartialEq, Eq)]
pub struct PersonLinks {
    pub name: String,
    /// "has it for Privacy Office"
    pub why: String,
    /// Links that call or write to them, with their texts.
    pub links: Vec<(String, String)>,
}

impl PersonLinks {
    pub fn new(liaison: &Liaison, why: String) -> Self {
        Self { name: liaison.name.clone(), why, links: liaison.contacts.iter().filter_map(link_to).collect() }
    }
}

/// Most channels have addresses that a phone can call or a mail program write to.
fn link_to(contact: &Contact) -> Option<(String, String)> {
    let address = &contact.address;
    if address.contains('@') {
        Some((format!("mailto:{address}"), format!("Write to {address}")))
    } else {
        address.starts_with('+').then(|| (format!("tel:{address}"), format!("Call {address}")))
    }
}

/// Who has an incident, and who was paged about it last, each once.
pub fn people(incident: &Incident, reading: Reading<'_>) -> Vec<PersonLinks> {
    let plan = reading.plan;
    let mut people: Vec<PersonLinks> = Vec::new();
    let mut add = |roster: &DepartmentId, liaison: &LiaisonId, why: String| {
        if let Some((_, liaison)) = plan.liaison(roster, liaison)
            && people.iter().all(|known| known.name != liaison.name)
        {
            people.push(PersonLinks::new(liaison, why));
        }
    };
    for track in &incident.tracks {
        let department = plan.department_name(&track.department);
        if let Some(holder) = track.acknowledged.as_ref().and_then(|one| one.by.as_liaison()) {
            add(holder.roster, holder.liaison, format!("has it for {department}"));
        }
    }
    for track in &incident.tracks {
        let department = plan.department_name(&track.department);
        for page in track.pages.iter().rev() {
            add(&page.roster, &page.liaison, format!("was paged for {department}"));
        }
    }
    people
}
