//! The page behind the link of an approval: the very text, and two buttons. Of a version with marked places, both follow
//! a sign-in.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::escalation::event::Event;
use crate::domain::escalation::statements::input::WORDS_MAX;
use crate::domain::escalation::statements::state::{Approval, Stage, Statement};
use crate::domain::plan::Plan;
use crate::domain::severity::Severity;
use crate::engine::protocol::link::{LinkRights, LinkView};
use crate::engine::protocol::reader::Reader;
use crate::vault::opener::Opener;
use crate::vault::opening::open_event;
use crate::web::app_state::AppState;
use crate::web::ask::ask;
use crate::web::error::{Problem, press_status};
use crate::web::notice::{Button, Notice, PressResult, Pressed, TOO_MANY_NOTES};
use crate::web::statement_texts::versions;
use crate::web::style::{CSS, html};
use crate::web::words::{Times, sentence};

#[derive(Debug, Template)]
#[template(path = "approve.html")]
struct ApprovalPage {
    css: &'static str,
    hospital: String,
    drill: bool,
    severity: Severity,
    notice: Option<Notice>,
    headline: String,
    lead: Vec<String>,
    title: String,
    reference: String,
    department: String,
    reader: String,
    /// What the statement is called.
    name: String,
    /// `None` if it is not shown here.
    text: Option<String>,
    written: String,
    version: u32,
    /// Departments, each with its state.
    approvals: Vec<(String, String)>,
    asks: bool,
    offers_sign_in: bool,
    afterwards: String,
    note_max: usize,
    unsaved: String,
}

/// Whether the page that a link shows is about an approval, and its reader may see what it asks.
pub fn is_shown(view: &LinkView) -> bool {
    view.rights == LinkRights::Asked && asked(view).is_some()
}

fn asked(view: &LinkView) -> Option<(&Statement, Option<&Approval>)> {
    view.incident.statements.as_ref()?.of_page(view.target.page)
}

/// The page, right after a press or without one.
///
/// # Errors
///
/// The store cannot be read.
pub(in crate::web) async fn page(
    app: &AppState,
    view: &LinkView,
    pressed: Option<Pressed>,
) -> Result<Response, Problem> {
    let text = text(app, view).await?;
    // Writing to memory does not fail, and the template is checked when it is compiled.
    let page = ApprovalPage::new(view, pressed.as_ref(), text).map(|page| page.render().unwrap_or_default());
    let status = pressed.map_or(StatusCode::OK, |pressed| press_status(pressed.result, |_| false));
    Ok(html(status, page.unwrap_or_default()))
}

/// The words of the version that the page asks for, unless it has marks or was changed.
async fn text(app: &AppState, view: &LinkView) -> Result<Option<String>, Problem> {
    let Some((one, Some(_))) = asked(view).filter(|(one, _)| one.marks == 0 && one.stage.is_open()) else {
        return Ok(None);
    };
    let (id, number, version) = (view.incident.id, one.number, one.version);
    let vault = app.handle.vault().cloned();
    let read = move |reader: &dyn Reader| {
        let Some(history) = reader.history(id)? else { return Ok(None) };
        let keys = vault.as_deref().map(|vault| vault as &dyn Opener);
        let open = |event: &Event| open_event(keys, id, event);
        let found = versions(&history.records, number, &open).into_iter().find(|one| one.number == version);
        Ok(found.and_then(|found| found.text.ok()))
    };
    ask(&app.reader, read).await
}

impl ApprovalPage {
    fn new(view: &LinkView, pressed: Option<&Pressed>, text: Option<String>) -> Option<Self> {
        let (one, approval) = asked(view)?;
        let zone = view.plan.zone(&view.target.department);
        let times = Times::new(&zone, view.now);
        let is_open = one.stage == Stage::Submitted && approval.is_some_and(|approval| approval.answer.is_none());
        let (headline, lead) = words(view, one, approval, times);
        let name = |department| view.plan.department_name(department).to_owned();
        let others = one.approvals.iter().filter(|other| Some(*other) != approval && other.answer.is_none()).count();
        let (author, is_lost) = (one.author.name(), text.is_none() && one.marks == 0);
        let lost = (is_open && is_lost).then(|| {
            "We cannot show the text right now, so you cannot answer here. Look again in a minute.".to_owned()
        });
        Some(Self {
            css: CSS,
            hospital: view.plan.hospital.to_string(),
            drill: view.incident.drill,
            severity: view.incident.severity,
            notice: pressed.map(notice),
            headline,
            lead: lead.into_iter().chain(lost).collect(),
            title: view.playbook.title.clone(),
            reference: view.incident.id.to_string(),
            department: name(&view.target.department),
            reader: view.target.name.clone(),
            name: format!("{}, version {}", title(one), one.version),
            written: format!(
                "By {author}, {}. Your answer is for these very words; a new version is asked for again.",
                times.logical(one.written_at)
            ),
            version: one.version,
            approvals: match approval {
                Some(_) => {
                    one.approvals.iter().map(|one| (name(&one.department), state(one, &view.plan, times))).collect()
                }
                None => Vec::new(),
            },
            asks: is_open && text.is_some(),
            offers_sign_in: is_open && one.marks > 0,
            afterwards: match others {
                0 => format!("Then all have approved, and {author} may use it."),
                1 => "One other department is asked, too.".to_owned(),
                count => format!("{count} other departments are asked, too."),
            },
            note_max: WORDS_MAX,
            unsaved: pressed
                .filter(|one| !matches!(one.result, PressResult::Recorded(_)))
                .map(|one| one.note.clone())
                .unwrap_or_default(),
            text,
        })
    }
}

/// What a statement is called.
pub fn title(one: &Statement) -> String {
    match &one.name {
        Some(name) => format!("Statement “{name}”"),
        None => format!("Statement {}", one.number),
    }
}

/// How far a department's approval is, to follow its name.
pub fn state(approval: &Approval, plan: &Plan, times: Times<'_>) -> String {
    let asked = approval.asked.last().map(|asked| {
        let known = plan.liaison(&asked.roster, &asked.liaison);
        known.map_or_else(|| asked.liaison.to_string(), |(_, liaison)| liaison.name.clone())
    });
    match (&approval.answer, approval.next_at, asked) {
        (Some(answer), ..) => {
            let verb = if answer.approved { "approved it" } else { "asked for changes" };
            format!("{} {verb} at {}", answer.by.name(), times.logical(answer.at))
        }
        (None, Some(at), Some(who)) => {
            format!("nobody yet; {who} is asked, and the next person at {}", times.logical(at))
        }
        (None, Some(at), None) => format!("nobody yet; the next person is asked at {}", times.logical(at)),
        (None, None, _) => "no answer, and nobody else is asked".to_owned(),
    }
}

fn words(view: &LinkView, one: &Statement, approval: Option<&Approval>, times: Times<'_>) -> (String, Vec<String>) {
    let nothing = |headline: &str, lead: String| (headline.to_owned(), vec![lead]);
    let Some(approval) = approval else {
        return nothing(
            "This text has changed",
            "You do not need to answer. If the new version needs you, we page you again.".to_owned(),
        );
    };
    if let Some(answer) = &approval.answer {
        let at = times.logical(answer.at);
        let who =
            if answer.by.is_listed_as(&view.target.roster, &view.target.liaison) { "You" } else { answer.by.name() };
        return match answer.approved {
            true => nothing("Approved", format!("{who} approved version {} at {at}.", one.version)),
            false => {
                nothing("Changes asked for", format!("{who} asked for changes to version {} at {at}.", one.version))
            }
        };
    }
    match one.stage {
        Stage::Submitted => {
            let asked = approval.asked.iter().find(|asked| asked.page == view.target.page);
            let until = asked.and_then(|asked| asked.until).filter(|until| *until > view.now.logical);
            let by = until.map(|until| {
                format!(
                    "Answer by {} ({}). After that, the next person is asked.",
                    times.logical(until),
                    times.distance(until)
                )
            });
            let late = || "The deadline has passed. You can still answer.".to_owned();
            let mut lead = vec![by.unwrap_or_else(late)];
            if one.marks > 0 {
                lead.push(
                    "Parts of this text may reveal private information, so you must sign in to read it.".to_owned(),
                );
            }
            ("Approve a statement?".to_owned(), lead)
        }
        Stage::ChangesAsked => {
            nothing("Changes asked for", "Somebody else asked for changes. You do not need to answer.".to_owned())
        }
        Stage::Withdrawn => nothing("This text was withdrawn", "You do not need to answer.".to_owned()),
        Stage::Draft | Stage::Approved | Stage::Used => {
            nothing("You do not need to answer", "This text is not waiting for you.".to_owned())
        }
    }
}

fn notice(pressed: &Pressed) -> Notice {
    let failed = |text: &str| Notice { failed: true, text: text.to_owned(), look_again: false };
    match (&pressed.result, pressed.button) {
        (PressResult::Recorded(_), Button::AskForChanges) => Notice {
            failed: false,
            text: "Recorded. The writer sees what should change.".to_owned(),
            look_again: false,
        },
        (PressResult::Recorded(_), _) => {
            Notice { failed: false, text: "Recorded: you approved it.".to_owned(), look_again: false }
        }
        (PressResult::Refused(refusal), _) => failed(&sentence(&format!("not saved: {refusal}"))),
        (PressResult::TooMany, _) => failed(TOO_MANY_NOTES),
        (PressResult::Lost, _) => failed("We could not record this. Press again."),
        (PressResult::NotKnownYet, _) => {
            Notice { failed: true, text: "We do not know yet whether this was recorded.".to_owned(), look_again: true }
        }
    }
}
