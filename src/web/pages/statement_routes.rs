//! The routes of statements: who may see one, and what its forms do.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::statements::input::{ApprovalOf, NewDraft, StatementChange};
use crate::domain::escalation::statements::state::{Stage, Statement};
use crate::domain::id::{DepartmentId, IncidentId};
use crate::domain::permission::Permission;
use crate::domain::plan::Plan;
use crate::domain::principal::Principal;
use crate::engine::protocol::command::{Acted, Action};
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::store::query::History;
use crate::web::app_state::{AppState, Shared};
use crate::web::ask::ask;
use crate::web::error::{FINE, Kind, Problem};
use crate::web::notice::Notice;
use crate::web::pages::approvals::ApprovalsPage;
use crate::web::pages::context::{Context, history, page};
use crate::web::pages::frame::SHEET;
use crate::web::pages::statement::{May, Shown, StatementPage, Unsaved};
use crate::web::privacy_marks::{marks, with_marks};
use crate::web::read::reference;
use crate::web::session::acting::too_much;
use crate::web::session::own_form::{LongForm, OwnForm};
use crate::web::session::pages::{not_shown, problem_page, redirect, sign_in_first};
use crate::web::session::signed_form::{FORM_TOKEN, SignedForm};
use crate::web::session::signed_in::{self, MayShow, SignedIn};
use crate::web::statement_texts::{used, versions};
use crate::web::words::sentence;

type Place = Result<Path<(String, String)>, PathRejection>;

/// The statements that wait for the reader.
pub(in crate::web) async fn approvals(State(app): Shared, who: SignedIn) -> Response {
    approvals_of(&app, who).await.unwrap_or_else(|problem| not_shown(&app, &problem))
}

async fn approvals_of(app: &AppState, who: SignedIn) -> Result<Response, Problem> {
    let incidents = app.open_read.read(&app.reader).await?;
    let _turn = app.open_read.turn().await;
    let context = Context::new(app, &who);
    let made = move |reader: &dyn Reader| {
        let by = who.principal([]);
        let seen: Vec<&Incident> = incidents.iter().filter(|one| !who.is_involved(&one.involved)).collect();
        let context = context.with_playbooks(reader, [])?;
        let playbook = context.playbook();
        Ok(page(FINE, &ApprovalsPage::new(context.site(), context.reading(&playbook), &by, &seen)))
    };
    ask(&app.reader, made).await
}

pub(in crate::web) async fn show(State(app): Shared, who: SignedIn, place: Place) -> Response {
    shown(&app, &who, place, Came::default()).await.unwrap_or_else(|problem| not_shown(&app, &problem))
}

/// A form of a statement's page. What somebody wrote survives a late sign-in and somebody who was faster.
pub(in crate::web) async fn act(State(app): Shared, place: Place, LongForm(form): LongForm) -> Response {
    let Some(who) = signed_in::find(&app, &form.headers, signed_in::Request::OfPerson) else {
        return sign_in_first(&app);
    };
    acted(&app, &who, place, &form).await.unwrap_or_else(|problem| problem_page(&app, &problem))
}

async fn acted(app: &AppState, who: &SignedIn, place: Place, form: &OwnForm) -> Result<Response, Problem> {
    let (id, number) = read(place)?;
    let unsaved = || Unsaved {
        text: form.field("text").map(str::to_owned),
        note: form.field("note").unwrap_or_default().to_owned(),
        reason: form.field("reason").unwrap_or_default().to_owned(),
        place: form.field("where").unwrap_or_default().to_owned(),
    };
    let again = || Ok(Path((id.to_string(), number.to_string())));
    if !form.field(FORM_TOKEN).is_some_and(|token| who.has_form_token(token)) {
        let text =
            "Nothing was recorded yet: you have signed in again. Check what you wrote and press the button again.";
        let notice = Some(Notice { failed: true, text: text.to_owned(), look_again: false });
        let status = Problem::new(Kind::Forbidden, "").status();
        return shown(app, who, again(), Came { status, notice, unsaved: unsaved() }).await;
    }
    let incident = history(app, id).await?.incident;
    let rights = Rights::of(app, who, &incident, number)?;
    let came = match change(app, who, &incident, number, &rights, form).await {
        Ok(_) => {
            let notice = Some(Notice { failed: false, text: "Recorded.".to_owned(), look_again: false });
            Came { status: FINE, notice, unsaved: Unsaved::default() }
        }
        Err(problem) => {
            let look_again = problem.kind == Kind::NotKnownYet;
            let text = match problem.kind {
                Kind::NotKnownYet => "We do not know yet whether this was recorded. Refresh the page first.".to_owned(),
                Kind::StatementConflict if form.field("action") == Some("edit") => {
                    let first = sentence(problem.detail());
                    format!("{first} Your text was not saved: it is still under “Change the text”.")
                }
                Kind::StatementConflict => format!("{} Read it, then decide.", sentence(problem.detail())),
                _ => sentence(problem.detail()),
            };
            let notice = Some(Notice { failed: true, text, look_again });
            Came { status: problem.status(), notice, unsaved: unsaved() }
        }
    };
    shown(app, who, again(), came).await
}

async fn change(
    app: &AppState,
    who: &SignedIn,
    incident: &Incident,
    statement: u32,
    rights: &Rights,
    form: &OwnForm,
) -> Result<Acted, Problem> {
    let bad = || Problem::new(Kind::Invalid, "Use the buttons on the page");
    let field = |name: &str| form.field(name).unwrap_or_default().to_owned();
    let version = || form.field("version").and_then(|text| text.parse().ok()).ok_or_else(bad);
    let of = || Ok::<_, Problem>(ApprovalOf { statement, version: version()?, department: None });
    let action = form.field("action").unwrap_or_default();
    if action != "approve" && !app.session.may_write(who.person.as_str()) {
        return Err(too_much());
    }
    if !matches!(action, "approve" | "ask-for-changes") && !rights.may_draft {
        return Err(Problem::new(Kind::Forbidden, "Ask your administrator for permission"));
    }
    let change = match action {
        "edit" => StatementChange::Edit { statement, version: version()?, text: field("text") },
        "submit" => {
            let reason = form.field("reason").filter(|reason| !reason.trim().is_empty()).map(str::to_owned);
            StatementChange::Submit { statement, version: Some(version()?), marks: Vec::new(), reason }
        }
        "withdraw" => StatementChange::Withdraw { statement },
        "approve" => StatementChange::Approve(of()?),
        "ask-for-changes" => StatementChange::AskForChanges { of: of()?, note: field("note") },
        "used" => StatementChange::Used { statement, version: Some(version()?), place: field("where"), at: None },
        _ => return Err(bad()),
    };
    let by = principal(who, incident);
    let change = with_marks(app, incident.id, change).await?;
    Ok(app.handle.act(incident.id, by, Action::Statement(change)).await?)
}

/// Somebody begins a statement on an incident's page.
pub(in crate::web) async fn begin(
    State(app): Shared,
    path: Result<Path<String>, PathRejection>,
    form: SignedForm,
) -> Response {
    begun(&app, path, &form).await.unwrap_or_else(|problem| problem_page(&app, &problem))
}

async fn begun(
    app: &Arc<AppState>,
    path: Result<Path<String>, PathRejection>,
    form: &SignedForm,
) -> Result<Response, Problem> {
    let id = reference(path)?;
    let incident = history(app, id).await?.incident;
    form.who.require(Permission::Draft, &incident)?;
    if !app.session.may_write(form.who.person.as_str()) {
        return Err(too_much());
    }
    let name = form.field("name").filter(|name| !name.is_empty()).map(str::to_owned);
    let text = form.field("text").filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let medium = form.field("medium").and_then(|word| word.parse().ok());
    let draft = NewDraft { name, text, medium, ..NewDraft::default() };
    let by = principal(&form.who, &incident);
    let acted = app.handle.act(id, by, Action::Statement(StatementChange::Draft(draft))).await?;
    let number = acted.incident.all_statements().last().map_or(1, |one| one.number);
    Ok(redirect(app, &format!("/incidents/{id}/statements/{number}")))
}

#[derive(Debug, Template)]
#[template(path = "statement-text.html")]
struct TextPage {
    css: &'static str,
    reference: String,
    text: String,
    about: String,
    back: String,
}

/// The text alone, ready to be selected.
pub(in crate::web) async fn text(State(app): Shared, who: SignedIn, place: Place) -> Response {
    text_of(&app, &who, place).await.unwrap_or_else(|problem| not_shown(&app, &problem))
}

async fn text_of(app: &AppState, who: &SignedIn, place: Place) -> Result<Response, Problem> {
    let (id, number) = read(place)?;
    let history = history(app, id).await?;
    let rights = Rights::of(app, who, &history.incident, number)?;
    let MayShow { .. } = rights.show(app, who, &history.incident).await?;
    let (context, path) = (Context::new(app, who), app.path.clone());
    let made = move |_: &dyn Reader| {
        let open = context.opening(&history);
        let one = history.incident.statement(number).ok_or(Refused::UnknownIncident(id))?;
        let latest =
            versions(&history.records, number, &open).into_iter().find(|version| version.number == one.version);
        let text = latest.and_then(|latest| latest.text.ok());
        let about = match one.stage {
            Stage::Used if one.approvals.is_empty() => format!("Version {} was approved in advance.", one.version),
            Stage::Approved | Stage::Used => format!("Version {} is approved.", one.version),
            _ if one.may_be_used() => format!("Version {} is approved in advance.", one.version),
            _ => format!("Version {} is not approved.", one.version),
        };
        let back = format!("{path}/incidents/{id}/statements/{number}");
        Ok(text.map(|text| page(FINE, &TextPage { css: &SHEET, reference: id.to_string(), text, about, back })))
    };
    let made = ask(&app.reader, made).await?;
    made.ok_or_else(|| Problem::new(Kind::Unavailable, "The text cannot be read"))
}

/// What came of the latest form on the page.
struct Came {
    status: StatusCode,
    notice: Option<Notice>,
    unsaved: Unsaved,
}

impl Default for Came {
    fn default() -> Self {
        Self { status: FINE, notice: None, unsaved: Unsaved::default() }
    }
}

async fn shown(app: &AppState, who: &SignedIn, place: Place, came: Came) -> Result<Response, Problem> {
    let (id, number) = read(place)?;
    let history = history(app, id).await?;
    let rights = Rights::of(app, who, &history.incident, number)?;
    let showing = match rights.show(app, who, &history.incident).await {
        Ok(may_show) => Ok(may_show),
        Err(problem) if matches!(problem.kind, Kind::CannotRecord | Kind::NotKnownYet) => {
            Err("We cannot show the text right now, because we cannot record who sees it. Try again in a minute.")
        }
        Err(problem) if problem.kind == Kind::Forbidden => Err("You do not have permission to see the text."),
        Err(problem) => return Err(problem),
    };
    let context = Context::new(app, who);
    // Reading keys may wait for the disk.
    let made = move |reader: &dyn Reader| {
        let context = context.with_playbooks(reader, [&history.incident])?;
        let one = history.incident.statement(number).ok_or(Refused::UnknownIncident(id))?;
        let (all, used, hidden) = match showing {
            Ok(MayShow { .. }) => {
                let open = context.opening(&history);
                (Some(versions(&history.records, number, &open)), used(&history.records, number, &open), "")
            }
            Err(hidden) => (None, None, hidden),
        };
        // Whoever writes sees what will be marked before it is submitted.
        let draft_marks = match &all {
            Some(all) if one.stage == Stage::Draft => {
                let latest = all.iter().find(|version| version.number == one.version);
                let text = latest.and_then(|latest| latest.text.as_deref().ok()).unwrap_or_default();
                marks(&context.plan, &history, &context.opening(&history), text)
            }
            _ => Vec::new(),
        };
        let may = rights.may(&history, one);
        let (mine, notice, unsaved) = (rights.mine.clone(), came.notice, came.unsaved);
        let shown = Shown { one, versions: all, draft_marks, used, hidden, may, mine, notice, unsaved };
        let playbook = context.playbook();
        let made = StatementPage::new(context.site(), context.reading(&playbook), &history.incident, shown);
        Ok(page(came.status, &made))
    };
    ask(&app.reader, made).await
}

/// What somebody may do with a statement: those who work on the incident, and those who approve it.
struct Rights {
    may_draft: bool,
    may_see_protected: bool,
    is_approver: bool,
    /// The departments for which their approval is waited for.
    mine: Vec<DepartmentId>,
    is_author: bool,
}

impl Rights {
    /// # Errors
    ///
    /// They may not learn of it, or there is no such statement.
    fn of(app: &AppState, who: &SignedIn, incident: &Incident, number: u32) -> Result<Self, Problem> {
        let unknown = || Problem::from(Refused::UnknownIncident(incident.id));
        if who.is_involved(&incident.involved) {
            return Err(unknown());
        }
        let (plan, now): (Arc<Plan>, _) = (app.handle.plan(), app.clocks());
        let by = principal(who, incident);
        let is_approver = incident.approved_by(&plan, now.wall, &by).any(|(one, _)| one.number == number);
        let waiting = incident.waiting_for(&plan, now.wall, &by).filter(|(one, _)| one.number == number);
        let mine = waiting.map(|(_, approval)| approval.department.clone()).collect();
        if !is_approver && !who.may(Permission::See, incident) {
            return Err(unknown());
        }
        let none = || Problem::new(Kind::UnknownStatement, "Its incident has no statement with that number");
        let one = incident.statement(number).ok_or_else(none)?;
        Ok(Self {
            may_draft: who.may(Permission::Draft, incident),
            may_see_protected: who.may(Permission::SeeProtected, incident),
            is_approver,
            mine,
            is_author: one.author.is_same(&by),
        })
    }

    /// Records that the words are shown.
    async fn show(&self, app: &AppState, who: &SignedIn, incident: &Incident) -> Result<MayShow, Problem> {
        match self.may_see_protected {
            false if self.is_approver => who.show_to_approver(app, incident).await,
            _ => who.show(app, incident).await,
        }
    }

    fn may(&self, history: &History, one: &Statement) -> May {
        let is_open = history.incident.resolved.is_none() && one.stage.is_open();
        let is_mine = !self.mine.is_empty();
        May {
            edit: self.may_draft && is_open,
            submit: self.may_draft && is_open && one.stage == Stage::Draft && !one.ready && !one.has_blanks,
            withdraw: self.may_draft && one.stage.is_open(),
            use_it: self.may_draft && one.may_be_used(),
            // Whoever wrote it approves it only if nobody else can: otherwise that is refused.
            approve: is_mine && (!self.is_author || one.marks > 0),
            ask_for_changes: is_mine,
        }
    }
}

fn principal(who: &SignedIn, incident: &Incident) -> Principal {
    who.principal(incident.tracks.iter().map(|track| &track.department))
}

fn read(place: Place) -> Result<(IncidentId, u32), Problem> {
    let unknown = || Problem::new(Kind::UnknownRoute, "Check the address");
    let Ok(Path((id, number))) = place else { return Err(unknown()) };
    Ok((reference(Ok(Path(id)))?, number.parse().map_err(|_| unknown())?))
}
