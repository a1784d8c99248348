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
    pub links: Vec<Link>,
}

/// Calls or writes to somebody.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    /// A number is written out: not every desk has a phone in its browser.
    pub text: String,
}

impl PersonLinks {
    pub fn new(liaison: &Liaison, why: String) -> Self {
        let mut links: Vec<Link> = liaison.contacts.iter().filter_map(link_to).collect();
        // Calls come first.
        links.sort_by_key(|link| link.href.starts_with("mailto:"));
        Self { name: liaison.name.clone(), why, links }
    }
}

/// Most channels have addresses that a phone can call or a mail program write to.
fn link_to(contact: &Contact) -> Option<Link> {
    let address = &contact.address;
    if address.contains('@') {
        Some(Link { href: format!("mailto:{address}"), text: "Write".to_owned() })
    } else {
        address.starts_with('+').then(|| Link { href: format!("tel:{address}"), text: format!("Call {address}") })
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
