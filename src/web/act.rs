//! `POST /api/v1/incidents/{id}/actions`: what operators do, and people who are signed in.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use crate::domain::escalation::input::{NOTE_MAX, Refusal};
use crate::domain::escalation::resolution::{Early, Resolve, ResolvedAs, UnknownOutcome};
use crate::domain::id::DepartmentId;
use crate::domain::permission::Permission;
use crate::domain::principal::Principal;
use crate::engine::protocol::command::Action;
use crate::engine::protocol::refused::Refused;
use crate::inbound::input_error::InputError;
use crate::web::act_task::{self, TaskFields, given};
use crate::web::app_state::Shared;
use crate::web::error::{Kind, Problem};
use crate::web::incident::Summary;
use crate::web::input_errors::{broken, text, twice, unknown_key};
use crate::web::pages::context::history;
use crate::web::privacy_marks::with_marks;
use crate::web::read::{json, reference};
use crate::web::session::acting::allowed;
use crate::web::session::signed_in::{SignedIn, find_for_write};
use crate::web::tree::Tree;
use crate::web::{body, statement_action, tree};

const KEYS: [&str; 8] = ["action", "department", "note", "outcome", "to", "task", "within", "do"];

const TO_MISSING: &str = "`to` is required: a person's id, such as `j-chen`, or `department/id`";

pub(in crate::web) async fn act(
    State(app): Shared,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let actor = match find_for_write(&app, request.headers())? {
        Some(who) => Actor::Person(Box::new(who)),
        None => Actor::Operator(app.keyring.caller(request.headers())?.require(Permission::Act)?.clone()),
    };
    let id = reference(path)?;
    if !body::is_type(request.headers(), "application/json") {
        return Err(Problem::new(Kind::WrongType, "Send `application/json`, uncompressed"));
    }
    let bytes = body::read(request.into_body(), body::ONE_MAX, body::ONE_WITHIN).await?;
    let entries = entries(&bytes)?;
    let Wanted { action, note_after } = match statement_action::is_of_statement(&entries) {
        true => Wanted { action: Action::Statement(statement_action::read(entries)?), note_after: None },
        false => read(entries)?,
    };
    let (by, action) = match actor {
        Actor::Operator(by) => (by, action),
        Actor::Person(who) => {
            let incident = history(&app, id).await?.incident;
            let by = who.principal(incident.tracks.iter().map(|track| &track.department));
            (by, allowed(&app, &who, &incident, action)?)
        }
    };
    let action = match action {
        Action::Statement(change) => Action::Statement(with_marks(&app, id, change).await?),
        action => action,
    };
    let mut acted = app.handle.act(id, by.clone(), action).await?;
    if let Some(note) = note_after {
        acted = app.handle.act(id, by, note).await.map_err(without_note)?;
    }
    Ok(json(&Summary::of(&acted.incident)))
}

enum Actor {
    Operator(Principal),
    Person(Box<SignedIn>),
}

/// The action is already recorded when its note fails, so the error must not claim that nothing was recorded.
fn without_note(refused: Refused) -> Problem {
    match refused {
        Refused::CannotRecord(_) | Refused::Unavailable => Problem::new(
            Kind::CannotRecord,
            "The action was recorded, but its note was not. Send the note separately with the action `note`",
        ),
        Refused::NotKnownYet => Problem::new(
            Kind::NotKnownYet,
            "The action was recorded, but its note may not have been. Check the incident before you send the note \
             again",
        ),
        other => other.into(),
    }
}

/// An action, and the note to add afterward if the action cannot carry one.
struct Wanted {
    action: Action,
    note_after: Option<Action>,
}

struct Fields {
    action: Option<String>,
    department: Option<DepartmentId>,
    note: Option<String>,
    outcome: Option<ResolvedAs>,
    to: Option<String>,
}

fn entries(bytes: &[u8]) -> Result<Vec<(String, Tree)>, Problem> {
    match tree::read(bytes) {
        Ok(Tree::Map(entries)) => Ok(entries),
        Ok(_) => Err(Problem::input_error(InputError::new("", "wrong-kind", "Send the action as a JSON object"))),
        Err(not_a_tree) => Err(Problem::input_error(broken(&not_a_tree))),
    }
}

fn read(entries: Vec<(String, Tree)>) -> Result<Wanted, Problem> {
    let mut errors = Vec::new();
    let mut values: [Option<String>; KEYS.len()] = Default::default();
    let mut seen = [false; KEYS.len()];
    for (key, value) in entries {
        match KEYS.iter().position(|known| *known == key) {
            None => errors.push(unknown_key("", &key, &KEYS)),
            Some(position) if seen[position] => errors.push(twice(KEYS[position])),
            Some(position) => {
                seen[position] = true;
                values[position] = match (KEYS[position], value) {
                    ("task", Tree::Natural(number)) => Some(number.to_string()),
                    (key, value) => text(key, value, &mut errors),
                };
            }
        }
    }
    let [action, department, note, outcome, to, task, within, words] = values;
    let department = department.and_then(|text| department_of(&text, &mut errors));
    let note = note.filter(|note| is_printable("note", note, &mut errors));
    let words = words.filter(|words| is_printable("do", words, &mut errors));
    let task = task.and_then(|text| task_of(&text, &mut errors));
    let outcome = outcome.and_then(|text| outcome_of(&text, action.as_deref(), &mut errors));
    let wanted = match action.as_deref() {
        Some(word) if word.starts_with("task-") && act_task::WORDS.contains(&format!("`{word}`")) => {
            let fields = TaskFields { department, note, task, within, words, to };
            let change = act_task::change(word, fields, &mut errors);
            change.map(|change| Ok(Wanted { action: Action::Task(change), note_after: None }))
        }
        _ => {
            let given = [("/task", task.is_some()), ("/within", within.is_some()), ("/do", words.is_some())];
            for (field, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
                let message = format!("`{}` goes with the actions for tasks alone; remove it", &field[1..]);
                errors.push(InputError::new(field, "bad-value", message));
            }
            action_of(Fields { action, department, note, outcome, to }, &mut errors)
        }
    };
    match wanted {
        Some(wanted) if errors.is_empty() => wanted,
        _ => Err(Problem::invalid(errors)),
    }
}

fn action_of(fields: Fields, errors: &mut Vec<InputError>) -> Option<Result<Wanted, Problem>> {
    let Fields { action, department, note, outcome, to } = fields;
    let words = "`action` must be `acknowledge`, `decline`, `escalate`, `hand-over`, `hand-over-accept`, `resolve`, \
                 `reopen`, `task-done`, `task-not-needed`, `task-reopen`, `task-add`, `note`, `draft`, `submit`, \
                 `withdraw`, `ask-for-changes`, or `used`";
    if to.is_some() && action.as_deref() != Some("hand-over") {
        errors.push(InputError::new(
            "/to",
            "bad-value",
            "`to` goes with the actions `hand-over` and `task-add` alone; remove it",
        ));
        return None;
    }
    let action = match action.as_deref() {
        Some("acknowledge") => Action::Acknowledge(department.clone()),
        Some("decline") => Action::Decline(department.clone()),
        Some("escalate") => Action::Escalate(department.clone()),
        Some("hand-over") => Action::HandOver(department.clone(), given(to, "/to", TO_MISSING, errors)?),
        Some("hand-over-accept") => Action::TakeOver(department.clone()),
        Some("resolve" | "reopen") if department.is_some() => {
            let message = "`resolve` and `reopen` are for the whole incident; remove `department`";
            errors.push(InputError::new("/department", "bad-value", message));
            return None;
        }
        Some("resolve") => {
            let action = Action::Resolve(Resolve { outcome, note, early: Early::Allowed });
            return Some(Ok(Wanted { action, note_after: None }));
        }
        Some("reopen") => return Some(Ok(Wanted { action: Action::Reopen(note), note_after: None })),
        Some("note") => {
            let note = given(note, "/note", "`note` is required: what was done", errors)?;
            return Some(Ok(Wanted { action: Action::Note(department, note), note_after: None }));
        }
        Some(_) => {
            errors.push(InputError::new("/action", "bad-value", words));
            return None;
        }
        None => return given::<Wanted>(None, "/action", words, errors).map(Ok),
    };
    // A note that would be refused is refused before anything is done.
    let refusal = note.as_deref().and_then(unfit);
    if let Some(refusal) = refusal {
        return Some(Err(refusal.into()));
    }
    let note_after = note.map(|note| Action::Note(department, note));
    Some(Ok(Wanted { action, note_after }))
}

fn task_of(text: &str, errors: &mut Vec<InputError>) -> Option<u32> {
    let parsed = text.parse();
    if parsed.is_err() {
        errors.push(InputError::new("/task", "bad-value", "`task` must be the number of a task, such as `3`"));
    }
    parsed.ok()
}

fn department_of(text: &str, errors: &mut Vec<InputError>) -> Option<DepartmentId> {
    let parsed = text.parse();
    if parsed.is_err() {
        errors.push(InputError::new("/department", "bad-value", "`department` must be a name such as `privacy`"));
    }
    parsed.ok()
}

fn outcome_of(text: &str, action: Option<&str>, errors: &mut Vec<InputError>) -> Option<ResolvedAs> {
    if action != Some("resolve") {
        let message = "`outcome` goes with the action `resolve` alone; remove it";
        errors.push(InputError::new("/outcome", "bad-value", message));
        return None;
    }
    let parsed = text.parse();
    if let Err(unknown) = parsed {
        errors.push(InputError::new("/outcome", "bad-value", UnknownOutcome::to_string(&unknown)));
    }
    parsed.ok()
}

fn is_printable(key: &'static str, note: &str, errors: &mut Vec<InputError>) -> bool {
    let breaks_line = |character| matches!(character, '\n' | '\r' | '\t');
    let printable = !note.chars().any(|character| character.is_control() && !breaks_line(character));
    if !printable {
        let message = format!("`{key}` must not contain control characters");
        errors.push(InputError::new(format!("/{key}"), "control-character", message));
    }
    printable
}

/// Why the engine would refuse the note.
fn unfit(note: &str) -> Option<Refusal> {
    match note.trim() {
        "" => Some(Refusal::EmptyNote),
        note if note.chars().count() > NOTE_MAX => Some(Refusal::NoteTooLong),
        _ => None,
    }
}
