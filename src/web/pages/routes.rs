//! The routes of signed-in people: who is asked, what they may see, and what their forms do.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::{Incident, Status, Track};
use crate::domain::id::IncidentId;
use crate::domain::instant::Now;
use crate::domain::permission::Permission;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::engine::protocol::command::Action;
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::store::query::{Filter, History};
use crate::vault::Vault;
use crate::vault::opener::Opener;
use crate::vault::opening::{Opened, open_event};
use crate::web::app_state::{AppState, Shared};
use crate::web::error::{FINE, Kind, Problem};
use crate::web::notice::Notice;
use crate::web::pages::board::{Board, SHOWN_MAX};
use crate::web::pages::board_filter::Asked;
use crate::web::pages::frame::{SHEET, Site};
use crate::web::pages::incident::{IncidentPage, Rights};
use crate::web::pages::leaving::Leaving;
use crate::web::pages::me::{Me, Own, Session};
use crate::web::pages::on_call::OnCallPage;
use crate::web::pages::posted::Protected;
use crate::web::pages::row::Reading;
use crate::web::pages::viewer::Viewer;
use crate::web::read::{ask, reference};
use crate::web::session::pages::problem_page;
use crate::web::session::signed_form::SignedForm;
use crate::web::session::signed_in::{MayShow, SignedIn};
use crate::web::style::{html_with_origin, set_policy};

/// More than a hospital ever has open; a board counts no further.
const OPEN_MAX: usize = 5_000;

type Reference = Result<Path<String>, PathRejection>;

pub(in crate::web) async fn board(State(app): Shared, who: SignedIn, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query.as_deref().unwrap_or_default());
    let incidents = match incidents(&app, &asked).await {
        Ok(incidents) => incidents.into_iter().filter(|incident| who.may(Permission::See, incident)),
        Err(problem) => return problem_page(&app, &problem),
    };
    let incidents: Vec<Incident> = incidents.collect();
    let readiness = app.handle.readiness().await;
    let wrong = readiness.reasons().chain(readiness.warnings()).map(ToString::to_string).collect();
    let context = Context::new(&app, &who);
    page(FINE, &Board::new(context.site(), context.reading(&context.playbook()), asked, &incidents, wrong))
}

/// What a board may show: everything open, or what is asked for.
async fn incidents(app: &AppState, asked: &Asked) -> Result<Vec<Incident>, Problem> {
    let (reference, status) = (asked.filter.reference, asked.filter.status);
    let department = asked.filter.department.clone();
    let read = move |reader: &dyn Reader| {
        if let Some(reference) = reference {
            return Ok(reader.history(reference)?.map(|history| history.incident).into_iter().collect());
        }
        let list = |status, limit| {
            let filter = Filter { status: Some(status), department: department.clone(), limit, before: None };
            Ok::<_, Refused>(reader.list(&filter)?.incidents)
        };
        match status {
            None => Ok([list(Status::Open, OPEN_MAX)?, list(Status::Acknowledged, OPEN_MAX)?].concat()),
            Some(Status::Resolved) => list(Status::Resolved, SHOWN_MAX),
            Some(status) => list(status, OPEN_MAX),
        }
    };
    ask(&app.reader, read).await
}

pub(in crate::web) async fn incident(State(app): Shared, who: SignedIn, path: Reference) -> Response {
    shown(&app, &who, path, None).await.unwrap_or_else(|problem| problem_page(&app, &problem))
}

/// A form of an incident's page.
pub(in crate::web) async fn act(State(app): Shared, path: Reference, form: SignedForm) -> Response {
    acted(&app, path, &form).await.unwrap_or_else(|problem| problem_page(&app, &problem))
}

async fn acted(app: &AppState, path: Reference, form: &SignedForm) -> Result<Response, Problem> {
    let id = reference(path)?;
    let history = history(app, id).await?;
    let incident = &history.incident;
    form.who.require(Permission::Act, incident)?;
    let action = action(form, incident)?;
    let by = form.who.principal(incident.tracks.iter().map(|track| &track.department));
    let (text, failed, look_again) = match app.handle.act(id, by, action).await {
        Ok(_) => ("Recorded.".to_owned(), false, false),
        Err(refused) => {
            let look_again = matches!(refused, Refused::NotKnownYet);
            (Problem::from(refused).detail().to_owned(), true, look_again)
        }
    };
    shown(app, &form.who, Ok(Path(id.to_string())), Some(Notice { failed, text, look_again })).await
}

fn action(form: &SignedForm, incident: &Incident) -> Result<Action, Problem> {
    let bad = || Problem::new(Kind::Invalid, "Use the buttons on the page");
    let department = form.field("department").map(|text| text.parse().map_err(|_| bad())).transpose()?;
    let note = form.field("note").map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
    Ok(match form.field("action") {
        Some("acknowledge") => Action::Acknowledge(department),
        Some("decline") => Action::Decline(department),
        Some("escalate") => Action::Escalate(department),
        Some("hand-over") => Action::HandOver(department, form.field("to").ok_or_else(bad)?.to_owned()),
        Some("note") => Action::Note(department, note.unwrap_or_default()),
        Some("resolve") => {
            may_resolve(form, incident, note.is_some())?;
            Action::Resolve(note)
        }
        _ => return Err(bad()),
    })
}

/// Liaisons resolve only what every department has acknowledged.
fn may_resolve(form: &SignedForm, incident: &Incident, has_reason: bool) -> Result<(), Problem> {
    if !incident.tracks.iter().any(Track::is_unanswered) {
        return Ok(());
    }
    if !form.who.may_everywhere(Permission::Act) {
        let detail =
            "Nobody has it yet for every department. Until then, only a group that may act for all resolves it";
        return Err(Problem::new(Kind::Forbidden, detail));
    }
    if has_reason {
        Ok(())
    } else {
        Err(Problem::new(Kind::BadNote, "Nobody has it yet for every department: write why you resolve it"))
    }
}

/// The page of an incident. What was posted is shown once that is recorded; while nothing can be, the page has no such
/// words.
async fn shown(app: &AppState, who: &SignedIn, path: Reference, notice: Option<Notice>) -> Result<Response, Problem> {
    let history = history(app, reference(path)?).await?;
    who.require(Permission::See, &history.incident)?;
    let may_show = may_show(app, who, &history.incident).await?;
    let (context, may_act) = (Context::new(app, who), who.may(Permission::Act, &history.incident));
    // Reading keys may wait for the disk.
    let made = move |_: &dyn Reader| {
        let open = context.opening(&history);
        let protected = may_show.map_or(Protected::Hidden, |MayShow { .. }| Protected::Shown(&open));
        let rights = Rights { may_act, protected };
        let playbook = context.playbook();
        Ok(page(FINE, &IncidentPage::new(context.site(), context.reading(&playbook), &history, &rights, notice)))
    };
    ask(&app.reader, made).await
}

async fn may_show(app: &AppState, who: &SignedIn, incident: &Incident) -> Result<Option<MayShow>, Problem> {
    if !who.may(Permission::SeeProtected, incident) {
        return Ok(None);
    }
    match who.show(app, incident).await {
        Ok(may_show) => Ok(Some(may_show)),
        Err(problem) if matches!(problem.kind, Kind::CannotRecord | Kind::NotKnownYet) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Where a post is, before its reader goes there.
pub(in crate::web) async fn leaving(State(app): Shared, who: SignedIn, path: Reference) -> Response {
    left(&app, &who, path).await.unwrap_or_else(|problem| problem_page(&app, &problem))
}

async fn left(app: &AppState, who: &SignedIn, path: Reference) -> Result<Response, Problem> {
    let history = history(app, reference(path)?).await?;
    who.require(Permission::SeeProtected, &history.incident)?;
    let MayShow { .. } = who.show(app, &history.incident).await?;
    let context = Context::new(app, who);
    let made = move |_: &dyn Reader| {
        let open = context.opening(&history);
        let playbook = context.playbook();
        let url = Protected::Shown(&open).link(&history.records);
        Ok(url.map(|url| page(FINE, &Leaving::new(context.site(), context.reading(&playbook), &history.incident, url))))
    };
    let made = ask(&app.reader, made).await?;
    made.ok_or_else(|| Problem::new(Kind::UnknownRoute, "This incident has no address that a browser can open"))
}

pub(in crate::web) async fn on_call(State(app): Shared, who: SignedIn) -> Response {
    let context = Context::new(&app, &who);
    page(FINE, &OnCallPage::new(context.site(), &context.plan, context.now, &context.viewer))
}

pub(in crate::web) async fn me(State(app): Shared, who: SignedIn) -> Response {
    let context = Context::new(&app, &who);
    let table = app.handle.sessions();
    let theirs = table.all().filter(|(_, live)| live.person == who.person);
    let sessions = theirs.map(|(session, live)| Session {
        began_at: context.now.on_the_wall(live.session.since),
        ends_at: context.now.on_the_wall(live.session.until),
        is_this: *session == who.session,
    });
    let own = Own { calendars: Vec::new(), has_card: !app.senders.is_empty(), sessions: sessions.collect() };
    page(FINE, &Me::new(context.site(), &context.plan, context.now, &context.viewer, own))
}

async fn history(app: &AppState, id: IncidentId) -> Result<History, Problem> {
    let history = ask(&app.reader, move |reader| reader.history(id)).await?;
    history.ok_or_else(|| Refused::UnknownIncident(id).into())
}

/// What every page is made from.
struct Context {
    plan: Arc<Plan>,
    hospital: String,
    path: String,
    now: Now,
    viewer: Viewer,
    vault: Option<Arc<Vault>>,
}

impl Context {
    fn new(app: &AppState, who: &SignedIn) -> Self {
        let plan = app.handle.plan();
        let zone = plan.zone(who.entries.first().map_or(&plan.fallback, |entry| &entry.roster));
        let viewer = Viewer {
            person: who.person.clone(),
            name: who.name.clone(),
            entries: who.entries.iter().map(|entry| (entry.roster.clone(), entry.liaison.clone())).collect(),
            zone,
            form_token: who.form_token.clone(),
            session_ends_at: who.ends_at,
        };
        let (hospital, path, now) = (plan.hospital.to_string(), app.path.clone(), app.clocks());
        Self { plan, hospital, path, now, viewer, vault: app.handle.vault().cloned() }
    }

    fn site(&self) -> Site<'_> {
        Site { hospital: &self.hospital, path: &self.path }
    }

    /// A version of a playbook that is in force.
    fn playbook(&self) -> impl Fn(&Digest) -> Option<Arc<Playbook>> {
        |hash| self.plan.playbooks.iter().find(|playbook| playbook.hash() == *hash).cloned()
    }

    fn reading<'a>(&'a self, playbook: &'a dyn Fn(&Digest) -> Option<Arc<Playbook>>) -> Reading<'a> {
        Reading { plan: &self.plan, now: self.now, viewer: &self.viewer, playbook }
    }

    /// Opens what is sealed in an event of an incident.
    fn opening(&self, history: &History) -> impl Fn(&Event) -> Option<Opened> {
        let id = history.incident.id;
        let purged_at = history.incident.purged.as_ref().map(|purged| purged.at);
        let keys = self.vault.as_deref().map(|vault| vault as &dyn Opener);
        move |event| open_event(keys, id, event).map(|opened| opened.unless_purged(purged_at))
    }
}

fn page(status: StatusCode, page: &impl Template) -> Response {
    // Writing to memory does not fail, and the template is checked when it is compiled.
    let mut response = html_with_origin(status, page.render().unwrap_or_default());
    set_policy(&mut response, &SHEET);
    response
}
