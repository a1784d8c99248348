//! Playbooks: from raw values to valid ones.

pub mod ambiguity;
mod escalation;
pub mod ladders;
pub mod builtin;
pub mod page;
pub mod scope;
pub mod raw;
pub mod statement;

use crate::config::context::Context;
use crate::config::document::Document;
use crate::config::playbook::page::Request;
use crate::config::playbook::raw::{RawConditions, RawPlaybook};
use crate::config::playbook::scope::{Scope, check_reach, lines, positive};
use crate::config::policies;
use crate::config::reader::Spanned;
use crate::config::value_types::Prose;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::id::VariantName;
use crate::domain::playbook::conditions::Conditions;
use crate::domain::playbook::matching::UNCLASSIFIED;
use crate::domain::playbook::{Action, Guidance, KnownHash, Playbook};
use crate::domain::wait::Wait;

/// Checks a playbook; `stem` is its file name without `.toml`.
pub fn validate(document: &Document<RawPlaybook>, stem: &str, scope: &Scope<'_>) -> Option<Playbook> {
    let (raw, context) = (&document.raw, scope.context);
    let variant = check_name(raw, stem, context);
    context.review(raw.review_by.as_ref(), raw.owner.as_ref());
    if let Some(title) = &raw.page_title {
        scope.room.check(title, longest_request(raw), context.diagnostics);
    }
    let acknowledge_within = positive("acknowledge_within", raw.acknowledge_within.as_ref(), context);
    let act_within = positive("act_within", raw.act_within.as_ref(), context);
    let departments = raw.departments.as_ref().map(|list| context.departments(&list.items));
    let conditions = raw.conditions.as_ref().map(|one| conditions(one, context)).unwrap_or_default();
    let escalation = escalation::validate(raw, scope);
    let actions = actions(raw, context);
    let statements = statement::validate(&raw.statements, context);
    let policies = policies::named(&raw.policies, scope.policies, context.diagnostics);
    context.once(&raw.policies, Code::DuplicateId);
    let guidance = &raw.guidance;
    let escalation = escalation?;
    Some(Playbook {
        class: raw.class.as_ref()?.value.clone(),
        variant: variant?,
        also: raw.also.iter().map(|glob| glob.value.clone()).collect(),
        title: raw.title.as_ref()?.value.0.clone(),
        page_title: raw.page_title.as_ref()?.value.0.clone(),
        severity: escalation.severity,
        ladder: escalation.ladder,
        departments: departments?,
        acknowledge_within: acknowledge_within?,
        act_within,
        owner: raw.owner.as_ref().map(|owner| owner.value.0.clone()),
        review_by: raw.review_by.as_ref().map(|day| day.value),
        conditions,
        promotions: escalation.promotions,
        after_hours: escalation.after_hours,
        actions: actions?,
        guidance: Guidance {
            advice: proses(&guidance.advice),
            do_not: proses(&guidance.do_not),
            examples: proses(&guidance.examples),
        },
        policies,
        statements: statements?,
        ladders: scope.ladders.by_severity(),
        known_hash: KnownHash::default(),
    })
}

/// From this wait on, a page shows the day of its acknowledge-by time.
const NAMES_THE_DAY: Wait = Wait::minutes(12 * 60);

fn longest_request(raw: &RawPlaybook) -> Request {
    let after_hours = raw.after_hours.as_ref();
    let answers = [Some(raw.acknowledge_within.as_ref()), after_hours.map(|rules| rules.acknowledge_within.as_ref())];
    let notes = [Some(raw.act_within.as_ref()), after_hours.map(|rules| rules.act_within.as_ref())];
    if answers.into_iter().flatten().flatten().any(|wait| wait.value >= NAMES_THE_DAY) {
        Request::AnswerLater
    } else if notes.into_iter().flatten().any(|wait| wait.is_some()) {
        Request::Note
    } else {
        Request::AnswerToday
    }
}

/// The variant in the file name, if the name matches the class.
fn check_name(raw: &RawPlaybook, stem: &str, context: &Context<'_>) -> Option<Option<VariantName>> {
    let (class_part, variant_part) =
        stem.split_once('.').map_or((stem, None), |(class, variant)| (class, Some(variant)));
    let class = raw.class.as_ref()?;
    if class.value.as_str() != class_part {
        let name = class.value.as_str();
        let message = "file name and `class` do not match";
        let hint = format!("rename the file to `{name}.toml`, or to `{name}.<variant>.toml` for a variant");
        context.diagnostics.push(Diagnostic::error(Code::WrongFileName, &class.spot, message).hint(hint));
    }
    let spot = &raw.spot;
    match variant_part.map(str::parse).transpose() {
        Ok(variant) => Some(variant),
        Err(error) => {
            let message = format!("the variant in the file name is not valid: {error}");
            context.diagnostics.error(Code::WrongFileName, spot, message);
            None
        }
    }
    .inspect(|variant| check_unclassified(raw, variant.as_ref(), context))
}

/// This playbook must match everything that no other playbook matches.
fn check_unclassified(raw: &RawPlaybook, variant: Option<&VariantName>, context: &Context<'_>) {
    let is_fallback = variant.is_none() && raw.class.as_ref().is_some_and(|class| class.value.as_str() == UNCLASSIFIED);
    if let Some(conditions) = raw.conditions.as_ref().filter(|_| is_fallback) {
        let message =
            format!("`{UNCLASSIFIED}` must match whatever no other playbook matches, so it cannot have conditions");
        let hint = "remove `[match]`, or move it to a variant";
        context.diagnostics.push(Diagnostic::error(Code::BadValue, &conditions.spot, message).hint(hint));
    }
}

fn conditions(raw: &RawConditions, context: &Context<'_>) -> Conditions {
    if raw.is_empty {
        context.diagnostics.error(Code::BadValue, &raw.spot, "`[match]` has no condition");
    }
    check_reach(raw.reach_at_least.as_ref(), context);
    Conditions {
        confidence_at_least: raw.confidence_at_least.as_ref().map(|share| share.value.0),
        facilities: lines(&raw.facilities),
        networks: lines(&raw.networks),
        languages: lines(&raw.languages),
        any_flag: lines(&raw.any_flag),
        reach_at_least: raw.reach_at_least.as_ref().map(|reach| reach.value),
    }
}

fn actions(raw: &RawPlaybook, context: &Context<'_>) -> Option<Vec<Action>> {
    let checked: Vec<_> = raw
        .actions
        .iter()
        .map(|action| {
            let department = action.department.as_ref().and_then(|department| context.department(department));
            let within = action.within.as_ref().map(|within| within.value);
            Some(Action { department: department?, within, task: action.task.as_ref()?.value.0.clone() })
        })
        .collect();
    checked.into_iter().collect()
}

fn proses(raw: &[Spanned<Prose>]) -> Vec<String> {
    raw.iter().map(|prose| prose.value.0.clone()).collect()
}

/// Where a playbook sets its class, for checks across playbooks.
pub fn class_spot(raw: &RawPlaybook) -> &Spot {
    raw.class.as_ref().map_or(&raw.spot, |class| &class.spot)
}
