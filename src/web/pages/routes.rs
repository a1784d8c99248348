//! The routes of signed-in people: who is asked, what they may see, and what their forms do.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::escalation::resolution::{Early, Resolve};
use crate::domain::escalation::tasks::input::{NewTask, TaskChange};
use crate::domain::id::DepartmentId;
use crate::domain::permission::Permission;
use crate::domain::wait::BadWait;
use crate::engine::protocol::command::Action;
use crate::engine::protocol::reader::Reader;
use crate::store::query::Filter;
use crate::web::app_state::{AppState, Shared};
use crate::web::ask::ask;
use crate::web::error::{FINE, Kind, Problem};
use crate::web::message::message_page;
use crate::web::pages::approvals;
use crate::web::pages::board::{Board, SHOWN_MAX};
use crate::web::pages::board_filter::Asked;
use crate::web::pages::context::{Context, history, page};
use crate::web::pages::incident::{Came, IncidentPage, Rights};
use crate::web::pages::leaving::Leaving;
use crate::web::pages::on_call::OnCallPage;
use crate::web::pages::posted::Protected;
use crate::web::pages::timeline_kind::TimelineKind;
use crate::web::pages::viewer::Viewer;
use crate::web::query::Query;
use crate::web::read::reference;
use crate::web::session::acting::allowed;
use crate::web::session::pages::{not_shown, problem_page};
use crate::web::session::signed_form::SignedForm;
use crate::web::session::signed_in::{MayShow, SignedIn};

/// A board looks this far back for what is resolved.
const RESOLVED_MAX: usize = 10_000;

/// How many incidents are read at a time.
const LOOKED_THROUGH: usize = 1_000;

type Reference = Result<Path<String>, PathRejection>;

pub(in crate::web) async fn board(State(app): Shared, who: SignedIn, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query.as_deref().unwrap_or_default());
    board_of(&app, who, asked).await.unwrap_or_else(|problem| not_shown(&app, &problem))
}

async fn board_of(app: &AppState, who: SignedIn, asked: Asked) -> Result<Response, Problem> {
    let context = Context::new(app, &who);
    let (reference, status) = (asked.filter.reference, asked.filter.status);
    let is_of_open = reference.is_none() && status != Some(Status::Resolved);
    // What is open is read once for all, before anybody waits for a turn.
    let open = if is_of_open { Some(app.open_read.read(&app.reader).await?) } else { None };
    let readiness = app.handle.readiness().await;
    let _turn = app.open_read.turn().await;
    let incidents = match (open, reference) {
        (Some(open), _) => open,
        (None, Some(reference)) => {
            let found = ask(&app.reader, move |reader| reader.history(reference)).await?;
            Arc::new(found.map(|history| history.incident).into_iter().collect())
        }
        (None, None) => Arc::new(resolved(app, &who, &context.viewer, &asked).await?),
    };
    let made = move |reader: &dyn Reader| {
        let seen: Vec<&Incident> = incidents.iter().filter(|one| who.may(Permission::See, one)).collect();
        let approvals = is_of_open.then(|| approvals::count(&who, &context.plan, context.now, &incidents));
        let context = context.with_playbooks(reader, seen.iter().copied())?;
        let wrong = readiness.without_incidents().map(str::to_owned).collect();
        let playbook = context.playbook();
        let board = Board::new(context.site(), context.reading(&playbook), asked, &seen, wrong);
        Ok(page(FINE, &board.with_approvals(approvals)))
    };
    ask(&app.reader, made).await
}

/// The latest that are resolved and that the reader may see and asks for.
async fn resolved(app: &AppState, who: &SignedIn, viewer: &Viewer, asked: &Asked) -> Result<Vec<Incident>, Problem> {
    let (mut shown, mut before, mut looked) = (Vec::new(), None, 0);
    while shown.len() < SHOWN_MAX && looked < RESOLVED_MAX {
        let department = asked.filter.department.clone();
        let filter =
            Filter { status: Some(Status::Resolved), department, limit: LOOKED_THROUGH, before, ..Filter::default() };
        let listed = ask(&app.reader, move |reader| reader.list(&filter)).await?;
        looked += listed.incidents.len();
        let fits = |one: &Incident| who.may(Permission::See, one) && asked.filter.fits(one, viewer);
        shown.extend(listed.incidents.into_iter().filter(fits));
        before = listed.next;
        if before.is_none() {
            break;
        }
    }
    Ok(shown)
}

pub(in crate::web) async fn incident(
    State(app): Shared,
    who: SignedIn,
    path: Reference,
    RawQuery(query): RawQuery,
) -> Response {
    let page = async {
        let came = Came { shows: timeline_kind(query.as_deref())?, ..Came::default() };
        shown(&app, &who, path, (FINE, came)).await
    };
    page.await.unwrap_or_else(|problem| not_shown(&app, &problem))
}

fn timeline_kind(query: Option<&str>) -> Result<Option<TimelineKind>, Problem> {
    let mut query = Query::read(query, &["timeline"]);
    let kind = query.value("timeline", "`pages`, `answers`, `notes`, `tasks`, `statements`, or `changes`");
    query.finish()?;
    Ok(kind)
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
    let acted = match action(form).and_then(|action| allowed(app, &form.who, incident, action)) {
        Ok(action) => app.handle.act(id, by, action).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    let (is_recorded, status, came) = match acted {
        Ok(_) => (true, FINE, Came::recorded()),
        Err(problem) => (false, problem.status(), Came::refused(&problem, form)),
    };
    match shown(app, &form.who, Ok(Path(id.to_string())), (status, came)).await {
        // What was recorded must not look as if it had failed.
        Err(problem) if is_recorded => Ok(message_page(app, FINE, "Recorded", &[problem.detail()], None)),
        shown => shown,
    }
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
        Some(word) if word.starts_with("task-") => Action::Task(task(form, word, department, note)?),
        _ => return Err(bad()),
    })
}

/// The buttons and the form for tasks.
fn task(
    form: &SignedForm,
    action: &str,
    department: Option<DepartmentId>,
    note: Option<String>,
) -> Result<TaskChange, Problem> {
    let bad = || Problem::new(Kind::Invalid, "Use the buttons on the page");
    let number = || form.field("task").and_then(|text| text.parse().ok()).ok_or_else(bad);
    Ok(match action {
        "task-done" => TaskChange::Done { task: number()?, note },
        "task-not-needed" => TaskChange::NotNeeded { task: number()?, note: note.unwrap_or_default() },
        "task-reopen" => TaskChange::Reopen { task: number()?, note },
        "task-add" => {
            let within = form.field("within").map(str::trim).filter(|text| !text.is_empty());
            let within = within
                .map(str::parse)
                .transpose()
                .map_err(|error: BadWait| Problem::new(Kind::BadTask, error.to_string()))?;
            let words = form.field("do").unwrap_or_default().to_owned();
            TaskChange::Add(NewTask { department: department.ok_or_else(bad)?, words, within, to: None })
        }
        _ => return Err(bad()),
    })
}

fn resolve(form: &SignedForm, note: Option<String>) -> Result<Resolve, Problem> {
    let outcome = form.field("outcome").and_then(|word| word.parse().ok());
    let missing = || Problem::new(Kind::Invalid, "Choose an outcome, such as “handled”");
    Ok(Resolve { outcome: Some(outcome.ok_or_else(missing)?), note, early: Early::Refused })
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
    let tracks = history.incident.tracks.iter();
    let answers_for = tracks.filter(|track| may_act && who.may_answer_for(track)).map(|track| track.department.clone());
    let answers_for = answers_for.collect();
    let may_draft = who.may(Permission::Draft, &history.incident);
    let (context, may_act_everywhere) = (Context::new(app, who), who.may_everywhere(Permission::Act));
    // Reading keys may wait for the disk.
    let made = move |reader: &dyn Reader| {
        let context = context.with_playbooks(reader, [&history.incident])?;
        let open = context.opening(&history);
        let protected = match may_show {
            Showing::Recorded(MayShow { .. }) => Protected::Shown(&open),
            Showing::NotRecorded => Protected::NotRecorded,
            Showing::Forbidden => Protected::Hidden,
        };
        let rights = Rights { may_act, answers_for, may_act_everywhere, may_draft, protected };
        let playbook = context.playbook();
        Ok(page(status, &IncidentPage::new(context.site(), context.reading(&playbook), &history, &rights, came)))
    };
    ask(&app.reader, made).await
}

/// Whether a page shows what was posted.
enum Showing {
    /// That it does is on the record.
    Recorded(MayShow),
    /// It cannot be put on the record now.
    NotRecorded,
    Forbidden,
}

async fn may_show(app: &AppState, who: &SignedIn, incident: &Incident) -> Result<Showing, Problem> {
    if !who.may(Permission::SeeProtected, incident) {
        return Ok(Showing::Forbidden);
    }
    match who.show(app, incident).await {
        Ok(may_show) => Ok(Showing::Recorded(may_show)),
        Err(problem) if matches!(problem.kind, Kind::CannotRecord | Kind::NotKnownYet) => Ok(Showing::NotRecorded),
        Err(problem) => Err(problem),
    }
}

/// Where a post is, before its reader goes there.
pub(in crate::web) async fn leaving(State(app): Shared, who: SignedIn, path: Reference) -> Response {
    left(&app, &who, path).await.unwrap_or_else(|problem| not_shown(&app, &problem))
}

async fn left(app: &AppState, who: &SignedIn, path: Reference) -> Result<Response, Problem> {
    let history = history(app, reference(path)?).await?;
    who.require(Permission::SeeProtected, &history.incident)?;
    let MayShow { .. } = who.show(app, &history.incident).await?;
    let context = Context::new(app, who);
    let made = move |reader: &dyn Reader| {
        let context = context.with_playbooks(reader, [&history.incident])?;
        let open = context.opening(&history);
        let playbook = context.playbook();
        let url = Protected::Shown(&open).link(&history.records);
        Ok(url.map(|url| page(FINE, &Leaving::new(context.site(), context.reading(&playbook), &history.incident, url))))
    };
    let made = ask(&app.reader, made).await?;
    made.ok_or_else(|| Problem::new(Kind::UnknownRoute, "This incident has no address that a browser can open"))
}

pub(in crate::web) async fn on_call(State(app): Shared, who: SignedIn, RawQuery(query): RawQuery) -> Response {
    let context = Context::new(&app, &who);
    let query = query.as_deref().unwrap_or_default();
    page(FINE, &OnCallPage::new(context.site(), &context.plan, context.now, &context.viewer, query))
}
