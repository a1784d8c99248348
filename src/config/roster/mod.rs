//! Rosters: from raw values to valid ones.

mod hours;
mod people;
mod scope;
mod sharing;
mod turns;
pub mod written;

use std::collections::{BTreeMap, BTreeSet};

use crate::config::context::Context;
use crate::config::document::Document;
use crate::config::mistakes::{did_you_mean, quoted, quoted_list};
use crate::config::playbook::ladders::Ladders;
use crate::config::reader::Written;
use crate::config::roster::scope::Scope;
use crate::config::roster::written::WrittenRoster;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::{DepartmentId, Role};
use crate::domain::roster::Roster;
use crate::domain::zone::Zone;

/// Checks a roster against the other files; `stem` is its file name without `.toml`.
pub fn validate(document: &Document<WrittenRoster>, stem: &str, context: &Context<'_>) -> Option<Roster> {
    let written = &document.written;
    let zone = written.timezone.as_ref().and_then(|zone| context.zone(zone));
    let or_utc = zone.clone().unwrap_or_else(Zone::utc);
    let scope = Scope {
        context,
        zone: &or_utc,
        ids: written.liaisons.iter().filter_map(|liaison| liaison.id.as_ref()).map(|id| &id.value).collect(),
        hours: &written.hours,
        is_whole: document.is_whole,
    };
    check_name(written, stem, context);
    context.review(written.review_by.as_ref(), written.owner.as_ref());
    let escalate_to = escalate_to(written, context);
    let liaisons: Vec<_> = written.liaisons.iter().map(|liaison| people::validate(liaison, &scope)).collect();
    people::check_all(written, &scope);
    sharing::check(written, &scope);
    let rotations: Vec<_> = written.rotations.iter().map(|rotation| turns::rotation(rotation, &scope)).collect();
    let overrides: Vec<_> = written.overrides.iter().map(|change| turns::change(change, &scope)).collect();
    turns::check_overlaps(written, &scope);
    turns::check_shadows(written, &scope);
    Some(Roster {
        department: written.department.as_ref()?.value.clone(),
        name: written.name.as_ref()?.value.0.clone(),
        timezone: zone?,
        escalate_to,
        owner: written.owner.as_ref().map(|owner| owner.value.0.clone()),
        review_by: written.review_by.as_ref().map(|day| day.value),
        hours: written.hours.clone(),
        liaisons: liaisons.into_iter().collect::<Option<_>>()?,
        rotations: rotations.into_iter().collect::<Option<_>>()?,
        overrides: overrides.into_iter().collect::<Option<_>>()?,
    })
}

fn check_name(written: &WrittenRoster, stem: &str, context: &Context<'_>) {
    let Some(department) = written.department.as_ref().filter(|department| department.value.as_str() != stem) else {
        return;
    };
    let name = department.value.as_str();
    let message = "file name and `department` do not match";
    let hint = format!("rename the file to `{name}.toml`, or change `department` to {}", quoted(stem));
    context.mistakes.push(Diagnostic::error(Code::WrongFileName, &department.spot, message).hint(hint));
}

fn escalate_to(written: &WrittenRoster, context: &Context<'_>) -> Option<DepartmentId> {
    let next = written.escalate_to.as_ref()?;
    if written.department.as_ref().is_some_and(|own| own.value == next.value) {
        let message = "a department cannot escalate to itself";
        let hint = "choose another department, or remove `escalate_to` to use the fallback department";
        context.mistakes.push(Diagnostic::error(Code::BadValue, &next.spot, message).hint(hint));
    }
    context.department(next)
}

/// Warns once about each cycle of departments that escalate to one another.
///
/// A cycle through the fallback department does not count: every escalation ends there, including that of the department
/// that the fallback department escalates to.
pub fn check_circles<'a>(
    rosters: impl Iterator<Item = &'a WrittenRoster>,
    fallback: Option<&DepartmentId>,
    context: &Context<'_>,
) {
    let named = rosters.filter_map(|roster| Some((&roster.department.as_ref()?.value, roster.escalate_to.as_ref()?)));
    let next: BTreeMap<&DepartmentId, &Written<DepartmentId>> = named.collect();
    let mut judged: BTreeSet<&DepartmentId> = fallback.into_iter().collect();
    for start in next.keys() {
        let mut chain: Vec<&DepartmentId> = Vec::new();
        let mut at = *start;
        while judged.insert(at) {
            chain.push(at);
            let Some(then) = next.get(at) else { break };
            at = &then.value;
        }
        let Some(first) = chain.iter().position(|one| *one == at).filter(|first| chain.len() - first > 1) else {
            continue;
        };
        let mut circle: Vec<&str> = chain[first..].iter().map(|one| one.as_str()).collect();
        circle.push(at.as_str());
        let message = format!(
            "these departments escalate to one another in a cycle: {}",
            quoted_list(circle).replace(", ", " → ")
        );
        let Some(back) = chain.last().and_then(|last| next.get(last)) else { continue };
        let diagnostic = Diagnostic::warning(Code::EscalationCircle, &back.spot, message);
        context.mistakes.push(diagnostic.hint(
            "an unanswered page would return to people who did not answer it. Change `escalate_to` in one of them, \
             or remove it to use the fallback department",
        ));
    }
}

/// Warns about roles that no ladder pages, which may be typos.
pub fn check_roles(written: &WrittenRoster, ladders: &Ladders, context: &Context<'_>) {
    let Some(department) = written.department.as_ref().filter(|_| ladders.are_valid()) else { return };
    let rotated = written.rotations.iter().filter_map(|rotation| rotation.role.as_ref());
    for role in rotated.chain(written.overrides.iter().filter_map(|change| change.role.as_ref())) {
        let is_usual = role.value == Role::primary() || role.value == Role::backup();
        if !is_usual && !ladders.page(&department.value, &role.value) {
            let message = format!("no ladder pages the role {}", quoted(role.value.as_str()));
            let diagnostic = Diagnostic::warning(Code::UnknownRole, &role.spot, message);
            context.mistakes.push(diagnostic.maybe_hint(did_you_mean(role.value.as_str(), ["primary", "backup"])));
        }
    }
}
