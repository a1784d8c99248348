//! The routes of signed-in people: who is asked, what they may see, and what their forms do.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::escalation::resolution::{Early, Resolve};
use crate::domain::permission::Permission;
use crate::engine::protocol::command::Action;
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::store::query::Filter;
use crate::web::app_state::{AppState, Shared};
use crate::web::error::{FINE, Kind, Problem};
use crate::web::pages::board::{Board, SHOWN_MAX};
use crate::web::pages::board_filter::Asked;
use crate::web::pages::context::{Context, history, page};
use crate::web::pages::incident::{Came, IncidentPage, Rights};
use crate::web::pages::leaving::Leaving;
use crate::web::pages::me::{Me, Own, Session};
use crate::web::pages::on_call::OnCallPage;
use crate::web::pages::posted::Protected;
use crate::web::read::{ask, reference};
use crate::web::session::pages::problem_page;
use crate::web::session::signed_form::SignedForm;
use crate::web::session::signed_in::{MayShow, SignedIn};

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
    shown(&app, &who, path, (FINE, Came::default())).await.unwrap_or_else(|problem| problem_page(&app, &problem))
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
    let by = form.who.principal(incident.tracks.iter().map(|track| &track.department));
    let acted = match action(form) {
        Ok(action) => app.handle.act(id, by, action).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    let (status, came) = match acted {
        Ok(_) => (FINE, Came::recorded()),
        Err(problem) => (problem.status(), Came::refused(&problem, form)),
    };
    shown(app, &form.who, Ok(Path(id.to_string())), (status, came)).await
}

fn action(form: &SignedForm) -> Result<Action, Problem> {
    let bad = || Problem::new(Kind::Invalid, "Use the buttons on the page");
    let department = form.field("department").map(|text| text.parse().map_err(|_| bad())).transpose()?;
    let note = form.field("note").map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
    Ok(match form.field("action") {
        Some("acknowledge") => Action::Acknowledge(department),
        Some("decline") => Action::Decline(department),
        Some("escalate") => Action::Escalate(department),
        Some("hand-over") => Action::HandOver(department, form.field("to").ok_or_else(bad)?.to_owned()),
        Some("note") => Action::Note(department, note.unwrap_or_default()),
        Some("resolve") => Action::Resolve(resolve(form, note)?),
        Some("reopen") => Action::Reopen(note),
        _ => return Err(bad()),
    })
}

/// Liaisons resolve only what every department has acknowledged.
fn resolve(form: &SignedForm, note: Option<String>) -> Result<Resolve, Problem> {
    let outcome = form.field("outcome").and_then(|word| word.parse().ok());
    let missing = || Problem::new(Kind::Invalid, "Choose what came of it, such as “handled”");
    let early = if form.who.may_everywhere(Permission::Act) { Early::WithReason } else { Early::Refused };
    Ok(Resolve { outcome: Some(outcome.ok_or_else(missing)?), note, early })
}

/// The page of an incident. What was posted is shown once that is recorded; while nothing can be, the page has no such
/// words.
async fn shown(
    app: &AppState,
    who: &SignedIn,
    path: Reference,
    (status, came): (StatusCode, Came),
) -> Result<Response, Problem> {
    let history = history(app, reference(path)?).await?;
    who.require(Permission::See, &history.incident)?;
    let may_show = may_show(app, who, &history.incident).await?;
    let may_act = who.may(Permission::Act, &history.incident);
    let (context, may_act_everywhere) = (Context::new(app, who), who.may_everywhere(Permission::Act));
    // Reading keys may wait for the disk.
    let made = move |_: &dyn Reader| {
        let open = context.opening(&history);
        let protected = may_show.map_or(Protected::Hidden, |MayShow { .. }| Protected::Shown(&open));
        let rights = Rights { may_act, may_act_everywhere, protected };
        let playbook = context.playbook();
        Ok(page(status, &IncidentPage::new(context.site(), context.reading(&playbook), &history, &rights, came)))
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
        began_at: live.session.since,
        ends_at: live.session.until,
        is_this: *session == who.session,
    });
    let own = Own { calendars: Vec::new(), has_card: !app.senders.is_empty(), sessions: sessions.collect() };
    page(FINE, &Me::new(context.site(), &context.plan, context.now, &context.viewer, own))
}
