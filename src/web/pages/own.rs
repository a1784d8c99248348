//! The routes of one's own page: shifts, contacts, a test message to each of them, and sessions.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::domain::access_message::{AccessMessage, AccessNews};
use crate::domain::contact::Contact;
use crate::domain::digest::Digest;
use crate::domain::person_id::PersonId;
use crate::domain::session::{SessionEnd, SessionInput};
use crate::engine::protocol::access_mail::AccessMail;
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::sessions::LiveSession;
use crate::web::app_state::{AppState, Shared};
use crate::web::ask::ask;
use crate::web::error::{FINE, Kind, Problem};
use crate::web::notice::Notice;
use crate::web::pages::context::{Context, page};
use crate::web::pages::me::{Calendar, Me, Own, Reach, Session};
use crate::web::session::pages::{problem_page, redirect};
use crate::web::session::signed_form::SignedForm;
use crate::web::session::signed_in::SignedIn;
use crate::web::words::sentence;

/// A test message that waits for longer says nothing about now.
const TEST_GOOD_FOR: Duration = Duration::from_secs(10 * 60);

pub(in crate::web) async fn me(State(app): Shared, who: SignedIn) -> Response {
    shown(&app, &who, None).await
}

/// A form of the page.
pub(in crate::web) async fn act(State(app): Shared, form: SignedForm) -> Response {
    let who = &form.who;
    let done = match form.field("action") {
        Some("test") => test(&app, who).await,
        Some("end-session") => {
            let wanted = form.field("session").unwrap_or_default();
            end(&app, who, |session| session != who.session && name_of(&session) == wanted).await
        }
        Some("end-others") => end(&app, who, |session| session != who.session).await,
        _ => Err(Problem::new(Kind::Invalid, "Use the buttons on the page")),
    };
    match done {
        Ok(text) => shown(&app, who, Some(Notice { failed: false, text, look_again: false })).await,
        // Without its session the page cannot be shown.
        Err(problem) if problem.kind == Kind::SignInFirst => redirect(&app, "/sign-in?next=%2Fme"),
        Err(problem) if problem.kind == Kind::Invalid => problem_page(&app, &problem),
        Err(problem) => {
            let look_again = problem.kind == Kind::NotKnownYet;
            let text = match look_again {
                true => {
                    "We do not know yet whether this was recorded. Refresh the page before you try again.".to_owned()
                }
                false => sentence(problem.detail()),
            };
            shown(&app, who, Some(Notice { failed: true, text, look_again })).await
        }
    }
}

async fn shown(app: &AppState, who: &SignedIn, notice: Option<Notice>) -> Response {
    let context = Context::new(app, who);
    let contacts = contacts(&context, &who.person);
    let hashes: Vec<Digest> = contacts.iter().map(|one| one.channel.hash_of(&one.address)).collect();
    // Without the store, the page says all but when each contact was reached.
    let reached = ask(&app.reader, move |reader: &dyn Reader| reader.reached(&hashes)).await.ok();
    let own = Own {
        is_by_emergency_code: who.person.is_emergency_code(),
        reach: reach(&contacts, reached.as_deref()),
        may_test: contacts.iter().any(|contact| context.plan.channels.contains(&contact.channel)),
        calendars: calendars(app, &context),
        has_card: !app.senders.is_empty(),
        sessions: sessions(app, who),
        notice,
    };
    page(FINE, &Me::new(context.site(), &context.plan, context.now, &context.viewer, own))
}

/// All contacts of a person; an emergency code has none.
fn contacts(context: &Context, person: &PersonId) -> Vec<Contact> {
    context.plan.people().person(person).map(|person| person.contacts.clone()).unwrap_or_default()
}

fn reach(contacts: &[Contact], reached: Option<&[Option<DateTime<Utc>>]>) -> Vec<Reach> {
    let at = |index: usize| reached.map(|reached| reached.get(index).copied().flatten());
    let contacts = contacts.iter().enumerate();
    contacts.map(|(index, contact)| Reach { contact: contact.clone(), reached: at(index) }).collect()
}

fn calendars(app: &AppState, context: &Context) -> Vec<Calendar> {
    let Some(feeds) = &app.feeds else { return Vec::new() };
    let calendar = |(department, liaison): &_| {
        let address = feeds.address(&app.public_url, department, liaison)?;
        Some(Calendar { department: context.plan.department_name(department).to_owned(), address })
    };
    context.viewer.entries.iter().filter_map(calendar).collect()
}

/// The reader's sessions, this one first.
fn sessions(app: &AppState, who: &SignedIn) -> Vec<Session> {
    let now = app.clocks();
    let table = app.handle.sessions();
    let theirs = table.all().filter(|(_, live)| live.person == who.person);
    let session = |(session, live): (&Digest, &LiveSession)| Session {
        name: name_of(session),
        how: live.session.how,
        from: live.session.from.clone(),
        began_at: now.on_the_wall(live.session.since),
        ends_at: now.on_the_wall(live.session.until),
        is_this: *session == who.session,
    };
    let mut sessions: Vec<Session> = theirs.map(session).collect();
    sessions.sort_by_key(|session| (!session.is_this, session.began_at));
    sessions
}

/// Tells a person's sessions apart in a form, and says nothing of their secrets.
fn name_of(session: &Digest) -> String {
    let mut name = Digest::of(session.as_bytes()).to_string();
    name.truncate(16);
    name
}

/// Sends a test message to each contact of the person. It is recorded first, and waits for every page.
async fn test(app: &Arc<AppState>, who: &SignedIn) -> Result<String, Problem> {
    let context = Context::new(app, who);
    let plan = &context.plan;
    let mut contacts = contacts(&context, &who.person);
    contacts.retain(|contact| plan.channels.contains(&contact.channel));
    if contacts.is_empty() {
        return Err(Problem::new(Kind::Forbidden, "There is no contact of yours that we can send to"));
    }
    if !app.session.may_test(&who.person) {
        return Err(Problem::new(Kind::TooManyTries, "You have had three tests within an hour. Wait, then try again"));
    }
    let mut channels: Vec<_> = contacts.iter().map(|contact| contact.channel).collect();
    channels.sort_unstable();
    channels.dedup();
    let wanted = SessionInput::RequestTestPage { session: who.session, channels };
    app.handle.session(who.person.clone(), wanted).await?;
    let day = context.viewer.zone.local(context.now.wall).date();
    for contact in &contacts {
        let message = AccessMessage {
            hospital: plan.hospital.clone(),
            channel: contact.channel,
            about: AccessNews::Test { day },
            written_at: context.now.wall,
            number: app.session.number(),
        };
        let (to, tests) = (contact.address.clone(), Some(who.person.clone()));
        app.handle.send_access_mail(AccessMail { to, message, good_for: TEST_GOOD_FOR, tests }).await;
    }
    let to = if contacts.len() == 1 { "your contact" } else { "each of your contacts" };
    Ok(format!("A test message is on its way to {to}. Reload this page in a minute to see whether it was sent."))
}

/// Ends other sessions of the person. They end also while the journal cannot be written.
async fn end(app: &AppState, who: &SignedIn, is_wanted: impl Fn(Digest) -> bool) -> Result<String, Problem> {
    let table = app.handle.sessions();
    let theirs = table.all().filter(|(session, live)| live.person == who.person && is_wanted(**session));
    let theirs: Vec<Digest> = theirs.map(|(session, _)| *session).collect();
    theirs.iter().for_each(|session| app.session.activity().end(*session));
    let mut unrecorded = None;
    for session in &theirs {
        let by = Some(who.principal([]));
        let end = SessionInput::End { session: Some(*session), why: SessionEnd::EndedByPerson, by: by.clone() };
        if let Err(refused) = app.handle.session(who.person.clone(), end).await {
            app.handle.end_session(who.person.clone(), *session, SessionEnd::EndedByPerson, by).await;
            unrecorded = Some(refused);
        }
    }
    match (unrecorded, theirs.len()) {
        (Some(Refused::CannotRecord(_) | Refused::NotKnownYet), _) => {
            let text = "Signed out. We could not record this yet. If Wardbell restarts before it is recorded, those sessions work again. Check this page later";
            Err(Problem::new(Kind::CannotRecord, text))
        }
        (Some(refused), _) => Err(refused.into()),
        (None, 0) => Ok("That session had already ended.".to_owned()),
        (None, 1) => Ok("Signed out there.".to_owned()),
        (None, count) => Ok(format!("Signed out of {count} other sessions.")),
    }
}
