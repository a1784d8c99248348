//! `[window.NAME]`: parts of the week, and days, beside a department's hours.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use crate::config::context::{Context, place};
use crate::config::correct::slug;
use crate::config::diagnostics::quoted;
use crate::config::reader::{Spanned, Table, Value};
use crate::config::roster::hours::{self, read_holidays};
use crate::config::roster::weekly::{RawWeekly, WeekTime};
use crate::config::value_types::Read;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::id::WindowName;
use crate::domain::roster::holidays::Holidays;
use crate::domain::roster::rotation::During;
use crate::domain::roster::week::{WEEK_MINUTES, Week};
use crate::domain::roster::window::{Form, Window};

/// Limit on the windows of a roster: two for each day of the week.
const WINDOWS_MAX: usize = 14;

/// One of three forms: from one time of the week to another, days with hours, or holidays.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawWindow {
    #[schemars(skip)]
    pub name: Option<WindowName>,
    #[schemars(skip)]
    pub spot: Spot,
    /// Start, such as `fri 17:00`.
    pub from: Option<Spanned<WeekTime>>,
    /// End (not included), such as `mon 08:00`.
    pub to: Option<Spanned<WeekTime>>,
    #[schemars(flatten)]
    pub weekly: RawWeekly,
    /// Whole days: a named calendar, dates, or both.
    #[schemars(schema_with = "hours::holidays_schema", default)]
    pub holidays: Option<Holidays>,
    /// The keys in the file, valid or not, also misspelled ones.
    #[schemars(skip)]
    pub keys: Vec<&'static str>,
    /// Whether one of them is misspelled, and reported for that.
    #[schemars(skip)]
    has_typo: bool,
}

/// The JSON Schema of the table of all windows.
pub fn schema(generator: &mut SchemaGenerator) -> Schema {
    let name = WindowName::schema();
    json_schema!({
        "type": "object",
        "propertyNames": { "pattern": name.get("pattern").cloned().unwrap_or_else(|| json!(".")), "not": { "enum": During::WORDS } },
        "additionalProperties": RawWindow::json_schema(generator),
        "maxProperties": WINDOWS_MAX,
        "description": "Parts of the week, and days, by name: `during` may use them.",
    })
}

/// The keys of a window.
const KEYS: [&str; 5] = ["from", "to", "days", "hours", "holidays"];

/// What an example of a window is called.
const EXAMPLE: &str = "weekend";

pub fn read_all(roster: &mut Table<'_>) -> Vec<RawWindow> {
    let nameless = roster.without_name("window", &KEYS);
    if nameless.is_empty() {
        return roster.table("window", "`[window]`").map(read).unwrap_or_default();
    }
    // The rotations use its name.
    let mut names =
        names_used(roster).into_iter().chain([EXAMPLE.to_owned()]).chain((2..).map(|one| format!("{EXAMPLE}-{one}")));
    let mut taken = BTreeSet::new();
    let read = |(spot, value): (Spot, Value<'_>)| {
        let name = names.find(|name| taken.insert(name.clone()))?;
        let diagnostic = Diagnostic::error(Code::BadValue, &spot, "this window has no name");
        roster.diagnostics().push(diagnostic.write(&format!("[window.{name}]"), None));
        Some(read_window(name.parse().ok(), value.table("this window")?, spot))
    };
    nameless.into_iter().take(WINDOWS_MAX).filter_map(read).collect()
}

/// The windows that the rotations of a roster use, in order.
fn names_used(roster: &mut Table<'_>) -> Vec<String> {
    let Some(rotations) = roster.value("rotation") else { return Vec::new() };
    let used = rotations.texts_of("during").into_iter().filter(|word| !During::WORDS.contains(&word.as_str()));
    used.filter(|name| name.parse::<WindowName>().is_ok()).collect()
}

fn read(table: Table<'_>) -> Vec<RawWindow> {
    let diagnostics = table.diagnostics();
    let entries = table.into_entries();
    if let Some((name, _)) = entries.get(WINDOWS_MAX) {
        diagnostics.error(Code::OverLimit, &name.spot, format!("a roster has at most {WINDOWS_MAX} windows"));
    }
    let read = |(raw, value): (Spanned<String>, Value<'_>)| {
        let name = raw.value.parse::<WindowName>();
        // After the error, the window has the name that is probably meant: its rotations may use it.
        let meant = slug(&raw.value).and_then(|slug| slug.parse::<WindowName>().ok());
        if let Err(error) = &name {
            let message = format!("{} cannot be a window: {error}", quoted(&raw.value));
            let diagnostic = Diagnostic::error(Code::BadValue, &raw.spot, message);
            diagnostics.push(diagnostic.fix(&raw.spot, meant.as_ref().map(WindowName::as_str), None));
        }
        let name = name.ok().or(meant);
        let is_reserved = During::WORDS.contains(&raw.value.as_str());
        if is_reserved {
            let message = format!("{} already has a meaning in `during`", quoted(&raw.value));
            let diagnostic = Diagnostic::error(Code::BadValue, &raw.spot, message);
            let other = format!("{}-window", raw.value);
            let hint = "give the window another name, such as `weekend`".to_owned();
            diagnostics.push(diagnostic.fix(&raw.spot, Some(&other), Some(hint)));
        }
        Some(read_window(name.filter(|_| !is_reserved), value.table("this window")?, raw.spot))
    };
    entries.into_iter().take(WINDOWS_MAX).filter_map(read).collect()
}

fn read_window(name: Option<WindowName>, mut table: Table<'_>, spot: Spot) -> RawWindow {
    let mut window = RawWindow {
        name,
        spot,
        from: table.optional("from"),
        to: table.optional("to"),
        weekly: RawWeekly::read(&mut table),
        holidays: table.value("holidays").is_some().then(|| read_holidays(&mut table)),
        keys: Vec::new(),
        has_typo: false,
    };
    window.keys.extend(KEYS.into_iter().filter(|key| table.has(key)));
    window.has_typo = window.keys.iter().any(|key| table.lacks(key));
    table.finish();
    window
}

/// The windows that are valid; their rotations are checked with them.
pub(super) fn validate(windows: &[RawWindow], context: &Context<'_>) -> Vec<Arc<Window>> {
    let of = |raw: &RawWindow| {
        let form = form(raw, context)?;
        Some(Arc::new(Window::new(raw.name.clone()?, form, place(&raw.spot))))
    };
    windows.iter().filter_map(of).collect()
}

/// Warns about windows that are not among those that rotations use.
pub(super) fn check_use(windows: &[RawWindow], used: &[&WindowName], context: &Context<'_>) {
    for window in windows {
        if let Some(name) = window.name.as_ref().filter(|name| !used.contains(name)) {
            let message = format!("no rotation uses the window {}", quoted(name.as_str()));
            let diagnostic = Diagnostic::warning(Code::UnusedWindow, &window.spot, message);
            context
                .diagnostics
                .push(diagnostic.hint(format!("use it in a rotation: `during = \"{name}\"`, or remove it")));
        }
    }
}

/// Warns about days that are all in the past.
fn warn_if_over(holidays: &Holidays, raw: &RawWindow, context: &Context<'_>) {
    let last = holidays.dates.iter().max().filter(|last| !holidays.us_federal && **last < context.today);
    if let Some(last) = last {
        let message = format!("this window is over: its last day was {last}");
        let diagnostic = Diagnostic::warning(Code::NeverHolds, &raw.spot, message);
        context
            .diagnostics
            .push(diagnostic.hint("add the days to come, or remove the window and the rotations that use it"));
    }
}

fn form(raw: &RawWindow, context: &Context<'_>) -> Option<Form> {
    let error = |code, message: &str, hint: &str| {
        context.diagnostics.push(Diagnostic::error(code, &raw.spot, message).hint(hint));
    };
    let has = |key| raw.keys.contains(&key);
    let forms = [has("from") || has("to"), has("days") || has("hours"), has("holidays")];
    match forms.into_iter().filter(|is_used| *is_used).count() {
        1 => {}
        0 => {
            let hint = "write `from = \"fri 17:00\"` and `to = \"mon 08:00\"`, or `days` with `hours`, or `holidays`";
            error(Code::MissingKey, "this window has no time", hint);
            return None;
        }
        _ => {
            let message = "this window mixes `from` and `to`, `days` and `hours`, and `holidays`";
            let hint =
                "keep one of the three; write a window with a name of its own for each other, and a rotation for it";
            error(Code::BadValue, message, hint);
            return None;
        }
    }
    if raw.has_typo {
        return None;
    }
    if let Some(holidays) = &raw.holidays {
        if !holidays.us_federal && holidays.dates.is_empty() {
            error(Code::BadValue, "this window has no day", "list days, such as `holidays = [\"us-federal\"]`");
        }
        warn_if_over(holidays, raw, context);
        return Some(Form::Holidays(holidays.clone()));
    }
    let week = if forms[1] {
        Week::of_days(&raw.weekly.spans())
    } else {
        match (&raw.from, &raw.to) {
            (Some(from), Some(to)) => Week::between(from.value.0 % WEEK_MINUTES, to.value.0 % WEEK_MINUTES),
            _ => {
                if let Some(missing) = ["from", "to"].into_iter().find(|key| !has(key)) {
                    context.diagnostics.error(Code::MissingKey, &raw.spot, format!("this window has no `{missing}`"));
                }
                return None;
            }
        }
    };
    if week.is_endless() {
        error(Code::BadValue, "this window never ends", "shorten it, or use `during = \"always\"` without a window");
    }
    Some(Form::Week(week))
}
