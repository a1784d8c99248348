//! `playbooks/ladders.toml`: who is paged when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::context::{Context, Facts};
use crate::config::diagnostics::{did_you_mean, meant_or_known, quoted, with_meant};
use crate::config::document::Document;
use crate::config::reader::{Spanned, Table};
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::playbook::Playbook;
use crate::domain::playbook::ladder::{Ladder, STEPS_MAX, Step, Target};
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// Limit on the repeats of a ladder: a day of repeats every five minutes is 288.
const REPEATS_MAX: u64 = 1_000;

/// Length limit of a ladder's name.
const NAME_MAX: usize = 64;

/// A ladder: who is paged when, until someone acknowledges.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawLadder {
    #[schemars(skip)]
    name: Spanned<String>,
    /// Default ladder for playbooks of this severity.
    #[schemars(rename = "for")]
    severity: Option<Spanned<Severity>>,
    /// Whether `for` has an invalid value.
    #[schemars(skip)]
    severity_is_bad: bool,
    /// Steps, in order of time.
    #[schemars(length(min = 1, max = STEPS_MAX))]
    steps: Vec<RawStep>,
    /// Interval at which everyone on the ladder is paged again after the last step.
    repeat_every: Option<Spanned<Wait>>,
    /// Whether an interval is set, valid or not.
    #[schemars(skip)]
    has_repeat_every: bool,
    /// Number of repeats; default: until someone acknowledges.
    repeat_times: Option<Spanned<u64>>,
}

/// Step of a ladder.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RawStep {
    /// Time after the incident opens.
    #[schemars(required, extend("examples" = ["0m", "5m"]))]
    at: Option<Spanned<Wait>>,
    /// Who to page: a role of the department, `escalation`, or `department:role`.
    #[schemars(required)]
    page: Option<Spanned<Target>>,
    /// Channel to use; default: all of the person's channels.
    by: Option<Spanned<ChannelKind>>,
}

/// The JSON Schema of the file, whose keys are arbitrary names.
pub fn schema(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "Ladders: who is paged when, if no one answers (`playbooks/ladders.toml`).",
        "type": "object",
        "properties": {
            "ladder": {
                "description": "Ladders by name.",
                "type": "object",
                "propertyNames": { "minLength": 1, "maxLength": NAME_MAX },
                "additionalProperties": generator.subschema_for::<RawLadder>(),
            },
        },
        "required": ["ladder"],
        "additionalProperties": false,
    })
}

pub fn read(mut table: Table<'_>) -> Vec<RawLadder> {
    let ladders = table.required_table("ladder", "`[ladder]`");
    table.finish();
    let entries = ladders.map(Table::into_entries).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|(name, value)| {
            let called = format!("the ladder {}", quoted(&name.value));
            value.table(&called).map(|table| read_ladder(name, table))
        })
        .collect()
}

fn read_ladder(name: Spanned<String>, mut table: Table<'_>) -> RawLadder {
    let diagnostics = table.diagnostics();
    if name.value.trim().is_empty() || name.value.len() > NAME_MAX || name.value.chars().any(char::is_control) {
        diagnostics.error(Code::BadValue, &name.spot, format!("a ladder's name has 1 to {NAME_MAX} characters"));
    }
    let steps_spot = table.required_value("steps").map(|steps| steps.spot().clone());
    let severity = table.optional("for");
    let mut ladder = RawLadder {
        name,
        severity_is_bad: severity.is_none() && table.value("for").is_some(),
        severity,
        steps: table.non_empty_tables("steps", "this step").into_iter().map(read_step).collect(),
        repeat_every: table.optional("repeat_every"),
        has_repeat_every: false,
        repeat_times: table.optional("repeat_times"),
    };
    ladder.has_repeat_every = table.has("repeat_every");
    if let Some(spot) = steps_spot.filter(|_| ladder.steps.len() > STEPS_MAX) {
        diagnostics.error(Code::OverLimit, &spot, format!("a ladder has at most {STEPS_MAX} steps"));
    }
    table.finish();
    ladder
}

fn read_step(mut table: Table<'_>) -> RawStep {
    let step = RawStep { at: table.required("at"), page: table.required("page"), by: table.optional("by") };
    table.finish();
    step
}

/// The ladders by name; invalid ones are known but cannot be used.
pub struct Ladders {
    by_name: BTreeMap<String, Option<Arc<Ladder>>>,
    by_severity: BTreeMap<Severity, String>,
    /// Whether all ladders were read. If not, an unknown one may be in the broken part of the file.
    is_whole: bool,
    /// The same for the ladder of a severity.
    knows_severities: bool,
}

impl Ladders {
    /// Checks all ladders; `None` if the file could not be read.
    pub fn validate(document: Option<&Document<Vec<RawLadder>>>, context: &Context<'_>) -> Self {
        let mut ladders =
            Self { by_name: BTreeMap::new(), by_severity: BTreeMap::new(), is_whole: false, knows_severities: false };
        let Some(document) = document else { return ladders };
        ladders.is_whole = document.is_whole;
        ladders.knows_severities = document.is_whole && !document.raw.iter().any(|ladder| ladder.severity_is_bad);
        for raw in &document.raw {
            ladders.by_name.insert(raw.name.value.clone(), validate(raw, context).map(Arc::new));
            let Some(severity) = &raw.severity else { continue };
            match ladders.by_severity.get(&severity.value) {
                Some(other) => {
                    let message = format!("{} is already `for` this severity", quoted(other));
                    context.diagnostics.error(Code::DuplicateId, &severity.spot, message);
                }
                None => {
                    ladders.by_severity.insert(severity.value, raw.name.value.clone());
                }
            }
        }
        ladders
    }

    pub fn named(&self, name: &Spanned<String>, context: &Context<'_>) -> Option<Arc<Ladder>> {
        if let Some(ladder) = self.by_name.get(&name.value) {
            return ladder.clone();
        }
        if self.is_whole {
            let message = format!("`ladders.toml` has no ladder {}", quoted(&name.value));
            let known = self.by_name.keys().map(String::as_str);
            let hint = || meant_or_known(&name.value, known.clone());
            let diagnostic = Diagnostic::error(Code::UnknownLadder, &name.spot, message);
            context.diagnostics.push(with_meant(diagnostic, &name.spot, &name.value, known.clone(), hint));
        }
        None
    }

    /// The ladder for a severity that is set at a place.
    pub fn required_for(&self, severity: Severity, spot: &Spot, context: &Context<'_>) -> Option<Arc<Ladder>> {
        let ladder = self.by_severity.get(&severity);
        if ladder.is_none() && self.knows_severities {
            let message = format!("no ladder is `for` {}, and none is set here", quoted(severity.word()));
            let hint = "set `ladder`, or add a ladder for this severity to `ladders.toml`";
            context.diagnostics.push(Diagnostic::error(Code::UnknownLadder, spot, message).hint(hint));
        }
        self.by_name.get(ladder?).cloned().flatten()
    }

    /// The ladders by severity.
    pub fn by_severity(&self) -> BTreeMap<Severity, Arc<Ladder>> {
        let named = self.by_severity.iter();
        named.filter_map(|(severity, name)| Some((*severity, self.by_name.get(name).cloned().flatten()?))).collect()
    }

    /// Whether some step pages the role, in this department or in any that uses the ladder.
    pub fn page(&self, department: &DepartmentId, role: &Role) -> bool {
        let steps = self.by_name.values().flatten().flat_map(|ladder| &ladder.steps);
        steps.into_iter().any(|step| match &step.page {
            Target::Role(paged) => paged == role,
            Target::Department(paged_department, paged) => paged_department == department && paged == role,
            Target::Escalation => false,
        })
    }

    pub fn are_valid(&self) -> bool {
        self.is_whole && self.by_name.values().all(Option::is_some)
    }
}

/// Warns about unused ladders, ladders that start late for serious incidents, and steps that can never page anyone.
pub fn check_use(raw: &[RawLadder], playbooks: &[&Playbook], context: &Context<'_>) {
    let climbers = climbers(playbooks);
    for ladder in raw {
        check_first_step(ladder, playbooks, context);
        let name = &ladder.name;
        let departments = climbers.get(name.value.as_str());
        if departments.is_none() && ladder.severity.is_none() {
            let message = format!("no playbook uses the ladder {}, and it has no `for`", quoted(&name.value));
            let diagnostic = Diagnostic::warning(Code::UnusedLadder, &name.spot, message);
            context.diagnostics.push(diagnostic.hint("remove it, or use it in a playbook"));
        }
        for (position, step) in ladder.steps.iter().enumerate() {
            check_repeated(step, &ladder.steps[..position], context);
            if let (Some(page), Some(departments)) = (&step.page, departments) {
                check_filled(page, &name.value, departments, context);
            }
        }
    }
}

/// The departments that can use each ladder, at the playbook's own severity or a higher one.
fn climbers<'a>(playbooks: &[&'a Playbook]) -> BTreeMap<&'a str, BTreeSet<&'a DepartmentId>> {
    let mut climbers: BTreeMap<&str, BTreeSet<&DepartmentId>> = BTreeMap::new();
    for playbook in playbooks {
        let stand_ins = playbook.after_hours.iter().flat_map(|rules| &rules.instead);
        let departments: Vec<_> = playbook.departments.iter().chain(stand_ins).collect();
        for ladder in playbook.all_ladders() {
            climbers.entry(&ladder.name).or_default().extend(&departments);
        }
    }
    climbers
}

/// No one is paged before the first step; for a critical or high incident it should be immediate.
fn check_first_step(ladder: &RawLadder, playbooks: &[&Playbook], context: &Context<'_>) {
    let Some(at) = ladder.steps.first().and_then(|step| step.at.as_ref()).filter(|at| !at.value.is_zero()) else {
        return;
    };
    let name = &ladder.name.value;
    let climbed = playbooks.iter().filter_map(|playbook| playbook.gravest_on(name));
    let gravest = climbed.chain(ladder.severity.as_ref().map(|severity| severity.value)).max();
    if let Some(severity) = gravest.filter(|severity| *severity >= Severity::High) {
        let message = format!(
            "ladder {} is used for {severity} incidents and pages no one for the first {}",
            quoted(name),
            at.value
        );
        let diagnostic = Diagnostic::warning(Code::LateFirstStep, &at.spot, message);
        context.diagnostics.push(diagnostic.hint("set `at = \"0m\"` in its first step to page someone immediately"));
    }
}

/// A person is not paged twice at the same time, over whichever channel.
fn check_repeated(step: &RawStep, before: &[RawStep], context: &Context<'_>) {
    let (Some(at), Some(page)) = (&step.at, &step.page) else { return };
    let same = |one: &&RawStep| {
        one.at.as_ref().is_some_and(|one| one.value == at.value)
            && one.page.as_ref().is_some_and(|one| one.value == page.value)
    };
    if before.iter().any(|one| same(&one)) {
        let message = format!("this step pages no one: an earlier step already pages `{}` at {}", page.value, at.value);
        let diagnostic = Diagnostic::warning(Code::NeverFires, &page.spot, message);
        context.diagnostics.push(diagnostic.hint("set a later `at`, or remove it"));
    }
}

/// A role that another department has, but none that uses this ladder.
fn check_filled(page: &Spanned<Target>, ladder: &str, climbers: &BTreeSet<&DepartmentId>, context: &Context<'_>) {
    let Target::Role(role) = &page.value else { return };
    let gives = |facts: Option<&Facts>| facts.is_some_and(|facts| facts.roles.contains(role));
    let given_somewhere = context.departments.values().any(|facts| facts.roles.contains(role));
    let given_here = climbers.iter().any(|department| gives(context.departments.get(*department)));
    if given_somewhere && !given_here && !is_given_everywhere(role) {
        let message = format!("this step pages no one: no department that uses {} has a `{role}`", quoted(ladder));
        let hint = "give the role to someone in one of their rosters, or use `department:role`";
        context.diagnostics.push(Diagnostic::warning(Code::NeverFires, &page.spot, message).hint(hint));
    }
}

fn validate(raw: &RawLadder, context: &Context<'_>) -> Option<Ladder> {
    check_order(raw, context);
    let steps: Vec<_> = raw.steps.iter().map(|step| validate_step(step, context)).collect();
    let repeat_times = check_repeats(raw, context);
    let steps: Vec<Step> = steps.into_iter().collect::<Option<_>>()?;
    Some(Ladder {
        name: raw.name.value.clone(),
        severity: raw.severity.as_ref().map(|severity| severity.value),
        steps,
        repeat_every: raw.repeat_every.as_ref().map(|every| every.value),
        repeat_times,
    })
}

fn check_order(raw: &RawLadder, context: &Context<'_>) {
    let mut latest = Wait::ZERO;
    for at in raw.steps.iter().filter_map(|step| step.at.as_ref()) {
        if at.value < latest {
            let message = format!("this step is due before the previous one, at {latest}");
            let diagnostic = Diagnostic::error(Code::BadValue, &at.spot, message);
            context.diagnostics.push(diagnostic.hint("put the steps in order of their times"));
        }
        latest = latest.max(at.value);
    }
}

fn check_repeats(raw: &RawLadder, context: &Context<'_>) -> Option<u32> {
    let diagnostics = context.diagnostics;
    if let Some(every) = raw.repeat_every.as_ref().filter(|every| every.value == Wait::ZERO) {
        diagnostics.error(Code::BadValue, &every.spot, "`repeat_every` must be more than zero");
    }
    let times = raw.repeat_times.as_ref()?;
    if !raw.has_repeat_every {
        diagnostics.error(Code::MissingKey, &times.spot, "`repeat_times` needs a `repeat_every`");
    }
    if !(1..=REPEATS_MAX).contains(&times.value) {
        diagnostics.error(Code::BadValue, &times.spot, format!("`repeat_times` must be from 1 to {REPEATS_MAX}"));
    }
    u32::try_from(times.value).ok()
}

fn validate_step(raw: &RawStep, context: &Context<'_>) -> Option<Step> {
    let page = raw.page.as_ref()?;
    match &page.value {
        Target::Escalation => {}
        Target::Role(role) => check_role(role, &page.spot, context),
        Target::Department(department, role) => {
            let department = Spanned { value: department.clone(), spot: page.spot.clone() };
            if context.department(&department).is_some() {
                check_role_of(&department.value, role, &page.spot, context);
            }
        }
    }
    if let Some(by) = raw.by.as_ref().filter(|by| !context.channels.contains(&by.value))
        && !context.channels.is_empty()
    {
        let message = format!("this step pages only by `{0}`, but `[channel.{0}]` is missing", by.value);
        context.diagnostics.warning(Code::NoChannel, &by.spot, message);
    }
    let by = raw.by.as_ref().map(|by| by.value);
    Some(Step { at: raw.at.as_ref()?.value, page: page.value.clone(), by })
}

fn is_given_everywhere(role: &Role) -> bool {
    *role == Role::primary() || *role == Role::backup()
}

fn check_role(role: &Role, spot: &Spot, context: &Context<'_>) {
    let given = context.departments.values().any(|facts| facts.roles.contains(role));
    if !given && !is_given_everywhere(role) && context.knows_departments {
        let known = context.departments.values().flat_map(|facts| &facts.roles);
        report_role(role, "no roster has the role", known, spot, context);
    }
}

fn check_role_of(department: &DepartmentId, role: &Role, spot: &Spot, context: &Context<'_>) {
    let Some(Facts { roles, .. }) = context.departments.get(department) else { return };
    if !roles.contains(role) && !is_given_everywhere(role) && context.knows_departments {
        report_role(role, &format!("the roster of `{department}` does not have the role"), roles, spot, context);
    }
}

fn report_role<'r>(
    role: &Role,
    what: &str,
    known: impl IntoIterator<Item = &'r Role>,
    spot: &Spot,
    context: &Context<'_>,
) {
    let always = ["primary", "backup", "escalation"];
    let hint = did_you_mean(role.as_str(), known.into_iter().map(Role::as_str).chain(always));
    let diagnostic = Diagnostic::error(Code::UnknownRole, spot, format!("{what} {}", quoted(role.as_str())));
    context.diagnostics.push(diagnostic.maybe_hint(hint));
}
