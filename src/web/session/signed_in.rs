//! Who a request of a signed-in person comes from, and what they may do.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::{Incident, OpenPage, Track};
use crate::domain::id::DepartmentId;
use crate::domain::involved::Involved;
use crate::domain::permission::{Grants, Permission};
use crate::domain::person::Person;
use crate::domain::person_id::PersonId;
use crate::domain::plan::Plan;
use crate::domain::principal::{Principal, RosterEntry};
use crate::domain::session::{Session, SessionInput};
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::sessions::LiveSession;
use crate::web::app_state::AppState;
use crate::web::error::{Kind, Problem};
use crate::web::origin::is_same_origin;
use crate::web::session::cookies::{Cookie, form_token, hash_of};
use crate::web::session::idle::idle_within;
use crate::web::session::pages;

/// What a page's script sends with the session's form token.
pub const FORM_TOKEN_HEADER: &str = "x-form-token";

/// Somebody who has signed in. A request without one is led to the page for signing in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub person: PersonId,
    pub name: String,
    pub session: Digest,
    /// What each form says in its field `form_token`.
    pub form_token: String,
    /// When the session ends unless there is another request, on the wall clock.
    pub ends_at: DateTime<Utc>,
    /// Then it ends whatever they do.
    pub ends_for_good: bool,
    /// The entries in the rosters; empty for somebody who is in a group alone.
    pub entries: Vec<RosterEntry>,
    grants: Grants,
    plan: Arc<Plan>,
    began: Session,
}

/// What was posted may be shown: that is on the disk. Only `SignedIn::show` makes one.
#[derive(Debug)]
pub struct MayShow {
    _recorded: (),
}

impl SignedIn {
    /// Who acts for an incident with these tracks: with the roster's entry of one of them, if the person has one.
    pub fn principal<'a>(&self, tracks: impl IntoIterator<Item = &'a DepartmentId>) -> Principal {
        let tracks: Vec<&DepartmentId> = tracks.into_iter().collect();
        let of_track = self.entries.iter().find(|entry| tracks.contains(&&entry.roster));
        let listed = of_track.or(self.entries.first());
        let also = self.entries.iter().filter(|entry| Some(*entry) != listed).cloned().collect();
        let listed = listed.cloned().map(Box::new);
        let (person, name) = (self.acting().clone(), self.name.clone());
        Principal::Person { person, name, how: self.began.how, listed, also }
    }

    /// Whether they may do it for at least one department.
    pub fn may_somewhere(&self, wanted: Permission) -> bool {
        self.grants.may_somewhere(wanted)
    }

    /// Whether they may do it for one of these departments.
    pub fn may_for(&self, wanted: Permission, departments: &[DepartmentId]) -> bool {
        self.grants.may_for(wanted, departments)
    }

    /// Whether they may do it for all departments.
    pub fn may_everywhere(&self, wanted: Permission) -> bool {
        self.grants.may_everywhere(wanted)
    }

    /// Whether they may do it for this incident. Whoever is involved may do nothing, and does not learn of it.
    pub fn may(&self, wanted: Permission, incident: &Incident) -> bool {
        let concerned = incident.tracks.iter().flat_map(|track| self.departments_in(track));
        let concerned = concerned.chain(self.departments_owing(incident));
        self.grants.may_for(wanted, concerned) && !self.is_involved(&incident.involved)
    }

    /// Whether they may answer for a track: for its department, or because they were paged for it or have it.
    pub fn may_answer_for(&self, track: &Track) -> bool {
        self.grants.may_for(Permission::Act, self.departments_in(track))
    }

    /// The departments for which they were told that a task is still open, with or without a track.
    fn departments_owing<'a>(&'a self, incident: &'a Incident) -> impl Iterator<Item = &'a DepartmentId> {
        let told = incident.owed_pages().iter().map(|owed| &owed.page).filter(|page| page.reason.is_for_tasks());
        let theirs = |page: &&OpenPage| self.entries.iter().any(|entry| page.is_to(&entry.roster, &entry.liaison));
        told.filter(theirs).map(|page| &page.roster)
    }

    /// The departments for which somebody is concerned with a track: its own, and the one whose roster they were found in
    /// when nobody of its own answered.
    fn departments_in<'a>(&'a self, track: &'a Track) -> impl Iterator<Item = &'a DepartmentId> {
        let found = self.entries.iter().filter(|entry| track.concerns(&entry.roster, &entry.liaison));
        std::iter::once(&track.department).chain(found.map(|entry| &entry.roster))
    }

    pub fn is_involved(&self, involved: &Involved) -> bool {
        let people = self.plan.people();
        people.person(self.acting()).is_some_and(|person| people.is_involved(person, involved))
    }

    /// Whether a form or a script that sends this is of a page of their session.
    pub fn has_form_token(&self, sent: &str) -> bool {
        let hash = |token: &str| Digest::of(token.as_bytes());
        hash(sent).as_bytes().ct_eq(hash(&self.form_token).as_bytes()).into()
    }

    /// Who sees and acts: of an emergency code, the person who said that they use it.
    pub fn acting(&self) -> &PersonId {
        self.began.used_by.as_ref().unwrap_or(&self.person)
    }

    /// Refuses what they may not do. An incident that they may not see is unknown to them.
    ///
    /// # Errors
    ///
    /// [`Kind::UnknownIncident`] or [`Kind::Forbidden`].
    pub fn require(&self, wanted: Permission, incident: &Incident) -> Result<(), Problem> {
        if !self.may(Permission::See, incident) {
            return Err(Refused::UnknownIncident(incident.id).into());
        }
        if self.may(wanted, incident) {
            Ok(())
        } else {
            Err(Problem::new(Kind::Forbidden, "Ask your administrator for permission"))
        }
    }

    /// Records that what was posted about an incident is shown, before the first byte of it leaves.
    ///
    /// # Errors
    ///
    /// They may not see it, the session has ended, or the journal cannot be written.
    pub(in crate::web) async fn show(&self, app: &AppState, incident: &Incident) -> Result<MayShow, Problem> {
        self.require(Permission::SeeProtected, incident)?;
        self.record_showing(app, incident).await
    }

    /// The same for a statement that they are asked to approve, and no other words of the incident.
    ///
    /// # Errors
    ///
    /// They are involved, the session has ended, or the journal cannot be written.
    pub(in crate::web) async fn show_to_approver(
        &self,
        app: &AppState,
        incident: &Incident,
    ) -> Result<MayShow, Problem> {
        if self.is_involved(&incident.involved) {
            return Err(Refused::UnknownIncident(incident.id).into());
        }
        self.record_showing(app, incident).await
    }

    async fn record_showing(&self, app: &AppState, incident: &Incident) -> Result<MayShow, Problem> {
        let show = SessionInput::Show { session: self.session, incident: incident.id };
        app.handle.session(self.person.clone(), show).await?;
        Ok(MayShow { _recorded: () })
    }
}

/// Whether a request is made by a person, or by a page that a person left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    OfPerson,
    OfPage,
}

/// The session of a request, if it has one that lives.
pub(in crate::web) fn find(app: &AppState, headers: &HeaderMap, request: Request) -> Option<SignedIn> {
    let secret = app.session.cookies.read(headers, Cookie::Session)?;
    let session = hash_of(&secret);
    // The time first: of a step of the clock, the sessions are published before it.
    let (now, plan) = (app.clocks(), app.handle.plan());
    let table = app.handle.sessions();
    let live = table.get(&session)?;
    let idle = idle_until(app, live, session, request)?;
    let (longest, idle_at) = (now.on_the_wall(live.session.until), now.wall + app.session.left(idle));
    let (ends_at, ends_for_good) = (longest.min(idle_at), longest <= idle_at);
    if ends_at <= now.wall {
        return None;
    }
    let (name, entries, grants) = standing(&plan, live)?;
    let (person, began) = (live.person.clone(), live.session.clone());
    let form_token = form_token(&secret);
    Some(SignedIn { person, name, session, form_token, ends_at, ends_for_good, entries, grants, plan, began })
}

/// When it is idle for too long, since some start.
fn idle_until(app: &AppState, live: &LiveSession, session: Digest, request: Request) -> Option<Duration> {
    let (now, idle) = (app.session.up(), idle_within(app, &live.person));
    let mut activity = app.session.activity();
    match request {
        Request::OfPerson => activity.touch(session, now, idle),
        Request::OfPage => activity.look(session, now, idle),
    }
}

/// The rosters and groups in force decide what somebody may do, whatever they said at sign-in.
fn standing(plan: &Plan, live: &LiveSession) -> Option<(String, Vec<RosterEntry>, Grants)> {
    let person = plan.people().of_session(&live.person, &live.session)?;
    if live.person.is_emergency_code() {
        return Some((live.session.name.clone(), Vec::new(), Grants::of_emergency_code()));
    }
    let Person { name, entries, grants, .. } = person.clone();
    Some((name, entries, grants))
}

/// The session of a request that would change something by the API; `None` if it has a program's token or no session. A
/// page of ours sends the form token in a header.
///
/// # Errors
///
/// It does not come from one of our pages.
pub(in crate::web) fn find_for_write(app: &AppState, headers: &HeaderMap) -> Result<Option<SignedIn>, Problem> {
    if headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let Some(who) = find(app, headers, Request::OfPerson) else { return Ok(None) };
    let sent = headers.get(FORM_TOKEN_HEADER).and_then(|value| value.to_str().ok());
    if is_same_origin(headers, &app.public_url) && sent.is_some_and(|token| who.has_form_token(token)) {
        return Ok(Some(who));
    }
    let detail =
        "Send the session's form token, which each form of a page has, as `X-Form-Token`, from a page of Wardbell";
    Err(Problem::new(Kind::Forbidden, detail))
}

impl FromRequestParts<Arc<AppState>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> Result<Self, Response> {
        find(app, &parts.headers, Request::OfPerson).ok_or_else(|| sign_in_first(app, &parts.method, &parts.uri))
    }
}

/// Leads to the page for signing in and back. A form cannot be sent again by itself, so its page says what to do.
fn sign_in_first(app: &AppState, method: &Method, uri: &Uri) -> Response {
    if *method == Method::GET || *method == Method::HEAD {
        pages::redirect_to_sign_in(app, uri)
    } else {
        pages::sign_in_first(app)
    }
}
