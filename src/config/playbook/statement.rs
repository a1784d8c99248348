//! Prepared texts: from raw values to valid ones.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::context::Context;
use crate::config::diagnostics::{quoted, quoted_list, with_meant};
use crate::config::playbook::scope::positive;
use crate::config::reader::{Spanned, Table};
use crate::config::spanned::LIST_MAX;
use crate::config::value_types::{Line, Prose, Read};
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::id::DepartmentId;
use crate::domain::playbook::Statement;
use crate::domain::playbook::blank::{self, DATE, TIME};
use crate::domain::wait::Wait;

/// Prepared text for a reply.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawStatement {
    #[schemars(skip)]
    spot: Spot,
    /// Name, such as "holding".
    #[schemars(required)]
    name: Option<Spanned<Line>>,
    /// Text; people fill blanks such as `{unit}` before it is used.
    #[schemars(required)]
    text: Option<Spanned<Prose>>,
    /// Departments that must all approve the text before it is used.
    #[schemars(default)]
    approve: Vec<Spanned<DepartmentId>>,
    /// Whether `approve` is there, valid or not, perhaps under a misspelled key.
    #[schemars(skip)]
    has_approve: bool,
    /// How long each approver has before the next one is asked; default: `20m`.
    #[schemars(extend("examples" = ["20m"]))]
    approve_within: Option<Spanned<Wait>>,
    /// Approved in advance: it may be used at once. Its blanks can only be `{time}`, `{date}`, and those with `choices`.
    ready: Option<Spanned<bool>>,
    /// Whether `ready` is there, valid or not, perhaps under a misspelled key.
    #[schemars(skip)]
    has_ready: bool,
    /// Texts that a blank may be filled with, by its name.
    #[schemars(schema_with = "choices_schema", default)]
    choices: Vec<(Spanned<String>, Vec<Spanned<Line>>)>,
}

fn choices_schema(_: &mut SchemaGenerator) -> Schema {
    let texts = json_schema!({ "type": "array", "items": Line::schema(), "minItems": 1, "maxItems": LIST_MAX });
    json_schema!({
        "type": "object",
        "additionalProperties": texts,
        "examples": [{ "status": ["open", "open, with long waits"] }],
    })
}

pub fn read(mut table: Table<'_>) -> RawStatement {
    let choices = table.table("choices", "`choices`").map(Table::into_entries).unwrap_or_default();
    let mut statement = RawStatement {
        spot: table.spot().clone(),
        name: table.required("name"),
        text: table.required("text"),
        approve: table.entries("approve"),
        has_approve: false,
        approve_within: table.optional("approve_within"),
        ready: table.optional("ready"),
        has_ready: false,
        choices: Vec::new(),
    };
    for (blank, value) in choices {
        let texts = value.values("a list of texts");
        if texts.as_ref().is_some_and(Vec::is_empty) {
            let message = format!("{} has no choice", quoted(&blank.value));
            table.diagnostics().error(Code::BadValue, value.spot(), message);
        }
        let texts = texts.iter().flatten().filter_map(|text| text.read::<Line>());
        statement.choices.push((blank, texts.collect()));
    }
    statement.has_approve = !statement.approve.is_empty() || table.lacks("approve") && table.has("approve");
    statement.has_ready = table.has("ready");
    table.finish();
    statement
}

pub fn validate(raw: &[RawStatement], context: &Context<'_>) -> Option<Vec<Statement>> {
    let mut names: Vec<&str> = Vec::new();
    let mut checked = Vec::new();
    for statement in raw {
        let approve = context.departments(&statement.approve);
        if let Some(name) = &statement.name {
            if names.contains(&name.value.0.as_str()) {
                let message = format!("another statement already has the name {}", quoted(&name.value.0));
                context.diagnostics.error(Code::DuplicateId, &name.spot, message);
            }
            names.push(&name.value.0);
        }
        let approve_within = positive("approve_within", statement.approve_within.as_ref(), context);
        check_approval(statement, context);
        check_blanks(statement, context);
        let valid = statement.name.as_ref().zip(statement.text.as_ref());
        checked.push(valid.map(|(name, text)| Statement {
            name: name.value.0.clone(),
            text: text.value.0.clone(),
            approve,
            approve_within,
            ready: statement.is_ready(),
            choices: statement.choices(),
        }));
    }
    checked.into_iter().collect()
}

impl RawStatement {
    fn is_ready(&self) -> bool {
        self.ready.as_ref().is_some_and(|ready| ready.value)
    }

    fn choices(&self) -> BTreeMap<String, Vec<String>> {
        let texts = |texts: &[Spanned<Line>]| texts.iter().map(|text| text.value.0.clone()).collect();
        self.choices.iter().map(|(blank, choices)| (blank.value.clone(), texts(choices))).collect()
    }
}

/// A text that nobody approves could never be used, or would be used unread.
fn check_approval(raw: &RawStatement, context: &Context<'_>) {
    let unreadable_ready = raw.has_ready && raw.ready.is_none();
    if raw.has_approve || raw.is_ready() || unreadable_ready {
        return;
    }
    let spot = raw.name.as_ref().map_or(&raw.spot, |name| &name.spot);
    let message = "nobody approves this statement";
    let hint = "list departments, such as `approve = [\"privacy\"]`, or write `ready = true` if it is approved in \
                advance";
    context.diagnostics.push(Diagnostic::error(Code::NoApprover, spot, message).hint(hint));
}

/// The blanks of a text that is approved in advance: enough for a notice, and few enough to compare texts quickly.
const BLANKS_MAX: usize = 12;

fn check_blanks(raw: &RawStatement, context: &Context<'_>) {
    let Some(text) = &raw.text else { return };
    if blank::has_stray_brace(&text.value.0) {
        let message = "a brace in the text belongs to no blank";
        let hint = "write blanks as a name in braces, such as `{time}` or `{unit}`, and use no braces otherwise";
        context.diagnostics.push(Diagnostic::error(Code::BadValue, &text.spot, message).hint(hint));
    }
    let blanks = blank::blanks(&text.value.0);
    raw.choices.iter().for_each(|(name, texts)| check_choices(name, texts, &blanks, context));
    if raw.is_ready() {
        check_ready(raw, text, &blanks, context);
    }
}

fn check_choices(name: &Spanned<String>, texts: &[Spanned<Line>], blanks: &[&str], context: &Context<'_>) {
    let is_written = |blank: &str| [TIME, DATE].contains(&blank);
    let known = blanks.iter().copied().filter(|blank| !is_written(blank));
    if is_written(&name.value) {
        let message = format!("`{{{}}}` cannot have choices: people write it themselves", name.value);
        let hint = "give the blank another name, here and in the text";
        context.diagnostics.push(Diagnostic::error(Code::BadValue, &name.spot, message).hint(hint));
    } else if !blanks.contains(&name.value.as_str()) {
        let message = format!("the text has no blank {}", quoted(&format!("{{{}}}", name.value)));
        let add = || Some("write the blank in the text, or remove its choices".to_owned());
        let diagnostic = Diagnostic::error(Code::BadValue, &name.spot, message);
        context.diagnostics.push(with_meant(diagnostic, &name.spot, &name.value, known, add));
    }
    for (index, text) in texts.iter().enumerate() {
        if text.value.0.contains(['{', '}']) {
            let message = "a choice cannot have a blank of its own";
            let diagnostic = Diagnostic::error(Code::BadValue, &text.spot, message);
            context.diagnostics.push(diagnostic.hint("write one choice for each text, without braces"));
        }
        if texts[..index].iter().any(|other| other.value.0 == text.value.0) {
            let message = format!("{} is listed twice", quoted(&text.value.0));
            context.diagnostics.error(Code::DuplicateId, &text.spot, message);
        }
    }
}

/// What is used unread must say nothing that was not known in advance.
fn check_ready(raw: &RawStatement, text: &Spanned<Prose>, blanks: &[&str], context: &Context<'_>) {
    let may_be = |blank: &str| [TIME, DATE].contains(&blank) || raw.choices.iter().any(|(name, _)| name.value == blank);
    if blanks.len() > BLANKS_MAX {
        let message = format!("a statement that is `ready` has at most {BLANKS_MAX} blanks");
        context.diagnostics.error(Code::OverLimit, &text.spot, message);
    }
    let free: Vec<&str> = blanks.iter().copied().filter(|blank| !may_be(blank)).collect();
    let Some(first) = free.first() else { return };
    let names: Vec<String> = free.iter().map(|blank| format!("{{{blank}}}")).collect();
    let message =
        format!("a statement that is `ready` cannot leave {} open", quoted_list(names.iter().map(String::as_str)));
    let is_bare = first.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let key = if is_bare { (*first).to_owned() } else { format!("\"{first}\"") };
    let hint = format!(
        "list the texts it may be, such as `choices = {{ {key} = [\"one\", \"other\"] }}`, use `{{time}}` or `{{date}}`, \
         or have it approved"
    );
    context.diagnostics.push(Diagnostic::error(Code::BadValue, &text.spot, message).hint(hint));
}
