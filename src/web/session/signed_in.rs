//! Who a request of a signed-in person comes from, and what they may do.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
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
use crate::web::session::cookies::{Cookie, form_token, hash_of};
use crate::web::session::idle::idle_within;
use crate::web::session::pages;

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
        let tracks = incident.tracks.iter().map(|track| &track.department);
        self.grants.may_for(wanted, tracks) && !self.is_involved(&incident.involved)
    }

    pub fn is_involved(&self, involved: &Involved) -> bool {
        let people = self.plan.people();
        people.person(self.acting()).is_some_and(|person| people.is_involved(person, involved))
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
