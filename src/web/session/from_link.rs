//! "See what was posted" behind a page's link: six digits to another contact of the person than the one that the link
//! came by. The link alone shows nothing that is protected.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::response::Response;

use crate::domain::contact::{ChannelKind, Contact};
use crate::domain::escalation::event::Event;
use crate::domain::further_contact::ContactPosition;
use crate::domain::id::PageId;
use crate::domain::label::lower;
use crate::domain::outcome::Outcome;
use crate::domain::person::Person;
use crate::domain::plan::Plan;
use crate::domain::principal::SignInMethod;
use crate::domain::session::SignInProof;
use crate::engine::protocol::link::{LinkRights, LinkView};
use crate::journal::record::Fact;
use crate::store::query::{History, LinkTarget};
use crate::web::app_state::AppState;
use crate::web::ask::ask;
use crate::web::error::{Kind, Problem};
use crate::web::session::client::Client;
use crate::web::session::codes::Waiting;
use crate::web::session::pages::problem_page;
use crate::web::session::sign_in::{send_code, too_many};

/// Sends the code, and leads to the page where it is entered and on to the incident.
pub(in crate::web) async fn see_posted(app: &Arc<AppState>, client: &Client, view: &LinkView) -> Response {
    if !app.session.may_ask(&client.counted_as()) {
        return too_many(app);
    }
    let target = &view.target;
    let plan = app.handle.plan();
    let person = plan.people().of_entry(&target.roster, &target.liaison).filter(|_| view.rights == LinkRights::Asked);
    let Some(person) = person else {
        return problem_page(app, &Problem::new(Kind::Forbidden, "You cannot see what was posted"));
    };
    let incident = target.incident;
    let history = ask(&app.reader, move |reader| reader.history(incident)).await.ok().flatten();
    let used = history.map_or_else(|| all_of(person), |history| came_by(&history, target));
    let Some((contact, is_same_contact)) = choose(&plan, person, &used) else {
        let detail = "We have no phone number or e-mail address that is yours alone. Ask your administrator to add one";
        return problem_page(app, &Problem::new(Kind::Forbidden, detail));
    };
    let proof = SignInProof {
        contact: Some(contact.channel),
        is_same_contact,
        page: Some(PageId { incident, number: target.page }.to_string()),
        ..SignInProof::new(&person.name, SignInMethod::Link)
    };
    let waiting = Waiting {
        person: Some((person.id.clone(), proof)),
        next: format!("/incidents/{incident}"),
        sent_to: Some(contact.channel.contact_word()),
    };
    send_code(app, waiting, Some(contact))
}

/// A channel, and which of the person's contacts there.
type Used = (ChannelKind, ContactPosition);

/// The addresses that got the link. Whoever reads one of them has it.
fn came_by(history: &History, target: &LinkTarget) -> BTreeSet<String> {
    let events = || {
        history.records.iter().filter_map(|record| match &record.entry.fact {
            Fact::Incident(_, event) => Some(event),
            _ => None,
        })
    };
    let accepted: BTreeSet<Used> = events()
        .filter_map(|event| match event {
            Event::Attempted { page, channel, contact, outcome: Outcome::Accepted { .. }, .. }
                if *page == target.page =>
            {
                Some((*channel, *contact))
            }
            _ => None,
        })
        .collect();
    let paged = events().filter_map(Event::pages).flat_map(|(_, _, pages)| pages);
    let channels = paged.filter(|paged| paged.number == target.page).flat_map(|paged| &paged.channels);
    let first = channels.map(|channel| ((channel.by, ContactPosition::FIRST), channel.to.as_str()));
    let further = events().filter_map(|event| match event {
        Event::Attempted { page, channel, contact, next_contact: Some(next), .. } if *page == target.page => {
            Some(((*channel, contact.next()), next.to.as_ref()))
        }
        _ => None,
    });
    // As long as no provider says that it has the page, each may.
    let may_have = |used: &Used| accepted.is_empty() || accepted.contains(used);
    let all = first.chain(further).filter(|(used, _)| may_have(used));
    all.map(|(_, to)| lower(to).into_owned()).collect()
}

fn all_of(person: &Person) -> BTreeSet<String> {
    person.contacts.iter().map(|contact| contact.key().into_owned()).collect()
}

/// Another contact than those that got the link; if there is none, the last of them, and whether it is one of them.
fn choose<'a>(plan: &Plan, person: &'a Person, used: &BTreeSet<String>) -> Option<(&'a Contact, bool)> {
    let people = plan.people();
    let is_usable = |contact: &&Contact| plan.channels.contains(&contact.channel) && people.is_of_one(&contact.address);
    let usable = || person.contacts.iter().filter(is_usable);
    let other = usable().find(|contact| !used.contains(&*contact.key()));
    other.map(|contact| (contact, false)).or_else(|| usable().last().map(|contact| (contact, true)))
}
