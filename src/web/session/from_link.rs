//! "See what was posted" behind a page's link: six digits to another contact of the person than the one that the link
//! came by. The link alone shows nothing that is protected.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, Utc};

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
use crate::engine::protocol::reader::Reader;
use crate::journal::record::Fact;
use crate::store::query::{History, LinkTarget};
use crate::web::app_state::AppState;
use crate::web::ask::ask;
use crate::web::error::{Kind, Problem};
use crate::web::session::client::Client;
use crate::web::session::codes::{Asked, PER_PERSON, Waiting};
use crate::web::session::pages::problem_page;
use crate::web::session::sign_in::{local, send_code, too_many};

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
    let brought = brought(app, view).await;
    let Some((contact, is_same_contact)) = choose(&plan, person, brought.as_ref()) else {
        let detail = "We have no phone number or email address that is yours alone. Ask your administrator to add one";
        return problem_page(app, &Problem::new(Kind::Forbidden, detail));
    };
    let proof = SignInProof {
        contact: Some(contact.channel),
        is_same_contact,
        page: Some(PageId { incident, number: target.page }.to_string()),
        marks: person.marks(),
        ..SignInProof::new(&person.name, SignInMethod::Link)
    };
    let waiting = Waiting {
        person: Some((person.id.clone(), proof)),
        next: next(view),
        sent_to: Some(contact.channel.contact_word()),
    };
    match send_code(app, waiting, Some(contact)) {
        (response, Asked::ToBeSent) => response,
        (_, Asked::Limit(left)) => {
            let until = local(app, left);
            let detail = format!(
                "We sent you {PER_PERSON} codes in the past hour, which is the limit. If the last one is less than five \
                 minutes old, enter it. Otherwise ask again after {until}. You can still answer the page"
            );
            problem_page(app, &Problem::new(Kind::TooManyTries, detail))
        }
        (_, Asked::NotSent) => {
            let detail = "No code was sent, because too many people are asking for one. Try again in five minutes";
            problem_page(app, &Problem::new(Kind::TooManyTries, detail))
        }
    }
}

/// Where the reader goes on: to the statement that the page asks them to approve, or to the incident.
fn next(view: &LinkView) -> String {
    let incident = view.target.incident;
    let statements = view.incident.statements.as_ref();
    match statements.and_then(|statements| statements.of_page(view.target.page)) {
        Some((one, _)) => format!("/incidents/{incident}/statements/{}", one.number),
        None => format!("/incidents/{incident}"),
    }
}

/// How likely it is that whoever reads an address has the link. A code goes to the address where it is least likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Brought {
    Nothing,
    /// The page that is shown, whose own link is another.
    AnotherLink,
    /// The link, if an attempt arrived that failed for now, such as one that timed out, or whose end is not known.
    Perhaps,
    TheLink,
}

/// What came to each address, in lower case.
type Addresses = BTreeMap<String, Brought>;

/// `None` where it cannot be found out.
async fn brought(app: &AppState, view: &LinkView) -> Option<Addresses> {
    let (own, shown, now) = (view.own.clone(), view.target.clone(), view.now.logical);
    let read = move |reader: &dyn Reader| {
        let is_own = own == shown;
        let Some(mut all) = reader.history(own.incident)?.map(|history| of_page(&history, &own, now)) else {
            return Ok(None);
        };
        if !is_own {
            let Some(others) = reader.history(shown.incident)?.map(|history| of_page(&history, &shown, now)) else {
                return Ok(None);
            };
            for address in others.into_keys() {
                all.entry(address).or_insert(Brought::AnotherLink);
            }
        }
        Ok(Some(all))
    };
    ask(&app.reader, read).await.ok().flatten()
}

/// Which addresses a page came to.
fn of_page(history: &History, target: &LinkTarget, now: DateTime<Utc>) -> Addresses {
    let events = || {
        history.records.iter().filter_map(|record| match &record.entry.fact {
            Fact::Incident(_, event) => Some((record.entry.at, event)),
            _ => None,
        })
    };
    let number = target.page;
    let has_it = |(_, event): &(_, &Event)| {
        event.pages().is_some_and(|(_, _, pages)| pages.iter().any(|page| page.number == number))
    };
    let paged = events().find(has_it).and_then(|(_, event)| event.pages()).map(|(_, _, pages)| pages);
    let channels = paged.into_iter().flatten().filter(|page| page.number == number).flat_map(|page| &page.channels);
    // Nothing is sent after an answer.
    let is_answer = |event: &Event| match event {
        Event::Acknowledged { department, .. } => *department == target.department,
        Event::Resolved { .. } => true,
        _ => false,
    };
    let answered = events().skip_while(|event| !has_it(event)).find(|(_, event)| is_answer(event));
    let until = answered.map_or(now, |(at, _)| at);
    let brought = |by: ChannelKind, position: ContactPosition, due_at: DateTime<Utc>| {
        let outcomes = events().filter_map(|(_, event)| match event {
            Event::Attempted { page, channel, contact, outcome, .. }
                if (*page, *channel, *contact) == (number, by, position) =>
            {
                Some(outcome)
            }
            _ => None,
        });
        let of_outcome = |outcome: &Outcome| match outcome {
            Outcome::Accepted { .. } => Brought::TheLink,
            Outcome::Retry { .. } => Brought::Perhaps,
            Outcome::Permanent { .. } => Brought::Nothing,
        };
        let before_the_end = if due_at <= until { Brought::Perhaps } else { Brought::Nothing };
        outcomes.map(of_outcome).max().unwrap_or(before_the_end)
    };
    let first = channels.map(|one| (lower(&one.to).into_owned(), brought(one.by, ContactPosition::FIRST, one.at)));
    let further = events().filter_map(|(at, event)| match event {
        Event::Attempted { page, channel, contact, next_contact: Some(next), .. } if *page == number => {
            Some((lower(&next.to).into_owned(), brought(*channel, contact.next(), at)))
        }
        _ => None,
    });
    first.chain(further).collect()
}

/// The contact that most likely has nothing of the link; if all have it, the last, and whether it may be one that the
/// link came by.
fn choose<'a>(plan: &Plan, person: &'a Person, brought: Option<&Addresses>) -> Option<(&'a Contact, bool)> {
    let people = plan.people();
    let is_usable = |contact: &&Contact| plan.channels.contains(&contact.channel) && people.is_of_one(&contact.address);
    let usable = || person.contacts.iter().filter(is_usable);
    let has = |contact: &Contact| match brought {
        Some(brought) => brought.get(&*contact.key()).copied().unwrap_or(Brought::Nothing),
        None => Brought::TheLink,
    };
    let least = usable().map(has).min()?;
    let mut likely = usable().filter(|contact| has(contact) == least);
    let contact = if least == Brought::TheLink { likely.last() } else { likely.next() };
    contact.map(|contact| (contact, least >= Brought::Perhaps))
}
