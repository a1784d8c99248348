//! Rosters: from raw values to valid ones.

mod dates;
mod hours;
mod people;
mod reach;
mod scope;
mod turns;
mod weekly;
mod windows;
pub mod person;
pub mod raw;
pub mod sharing;

use std::collections::{BTreeMap, BTreeSet};

use crate::config::context::Context;
use crate::config::diagnostics::{quoted, quoted_list, with_meant};
use crate::config::document::Document;
use crate::config::playbook::ladders::Ladders;
use crate::config::reader::Spanned;
use crate::config::roster::raw::RawRoster;
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::roster::Roster;
use crate::domain::roster::count::StretchCount;
use crate::domain::zone::Zone;

/// Checks a roster against the other files; `stem` is its file name without `.toml`.
pub fn validate(document: &Document<RawRoster>, stem: &str, context: &Context<'_>) -> Option<Roster> {
    let raw = &document.raw;
    let zone = raw.timezone.as_ref().and_then(|zone| context.zone(zone));
    let or_utc = zone.clone().unwrap_or_else(Zone::utc);
    let windows = windows::validate(&raw.windows, context);
    let scope = Scope {
        context,
        zone: &or_utc,
        ids: raw.liaisons.iter().filter_map(|liaison| liaison.id.as_ref()).map(|id| &id.value).collect(),
        hours: &raw.hours,
        windows: &windows,
        window_names: raw.windows.iter().filter_map(|window| window.name.as_ref()).collect(),
        is_whole: document.is_whole,
    };
    check_name(raw, stem, context);
    context.review(raw.review_by.as_ref(), raw.owner.as_ref());
    let escalate_to = escalate_to(raw, context);
    let liaisons: Vec<_> = raw.liaisons.iter().map(|liaison| people::validate(liaison, &scope)).collect();
    people::check_all(raw, &scope);
    sharing::check(raw, &scope);
    let rotations: Vec<_> = raw.rotations.iter().map(|rotation| turns::rotation(rotation, &scope)).collect();
    let overrides: Vec<_> = raw.overrides.iter().map(|change| turns::change(change, &scope)).collect();
    for rotation in raw.rotations.iter().filter(|_| document.is_whole) {
        dates::check_handoff(rotation, &scope);
    }
    for (raw, change) in raw.overrides.iter().zip(&overrides) {
        if let Some(change) = change {
            dates::check_override(raw, change, &liaisons, &scope);
        }
    }
    turns::check_overlaps(raw, &scope);
    reach::check_shadows(raw, &scope);
    reach::check_turns(raw, &scope);
    if document.is_whole {
        let during = raw.rotations.iter().filter_map(|rotation| rotation.during.as_ref());
        let used: Vec<_> = during.filter_map(|during| during.value.window()).collect();
        windows::check_use(&raw.windows, &used, context);
    }
    let approvers = approvers(raw, &scope);
    Some(Roster {
        department: raw.department.as_ref()?.value.clone(),
        name: raw.name.as_ref()?.value.0.clone(),
        timezone: zone?,
        escalate_to,
        owner: raw.owner.as_ref().map(|owner| owner.value.0.clone()),
        review_by: raw.review_by.as_ref().map(|day| day.value),
        hours: raw.hours.clone(),
        staffed_count: StretchCount::default(),
        windows: windows.clone(),
        approvers,
        liaisons: liaisons.into_iter().collect::<Option<_>>()?,
        rotations: rotations.into_iter().collect::<Option<_>>()?,
        overrides: overrides.into_iter().collect::<Option<_>>()?,
    })
}

/// Who approves statements for the department.
fn approvers(raw: &RawRoster, scope: &Scope<'_>) -> Vec<LiaisonId> {
    let listed = raw.approvers.as_ref().map_or(&[][..], |list| &list.items);
    scope.context.once(listed, Code::DuplicateId);
    listed.iter().filter_map(|id| scope.liaison(id)).collect()
}

fn check_name(raw: &RawRoster, stem: &str, context: &Context<'_>) {
    if let Some(department) = raw.department.as_ref().filter(|one| one.value.as_str() == person::STEM) {
        let message = format!("`{}` is not a department: `{}.toml` lists people", person::STEM, person::STEM);
        let diagnostic = Diagnostic::error(Code::WrongFileName, &department.spot, message);
        context.diagnostics.push(diagnostic.hint("give the department another ID, and name the file after it"));
        return;
    }
    let Some(department) = raw.department.as_ref().filter(|department| department.value.as_str() != stem) else {
        return;
    };
    let name = department.value.as_str();
    let message = "file name and `department` do not match";
    let rename = format!("rename the file to `{name}.toml`");
    let hint = match stem.parse::<DepartmentId>() {
        Ok(_) => format!("{rename}, or write `department = \"{stem}\"`"),
        Err(_) => rename,
    };
    context.diagnostics.push(Diagnostic::error(Code::WrongFileName, &department.spot, message).hint(hint));
}

fn escalate_to(raw: &RawRoster, context: &Context<'_>) -> Option<DepartmentId> {
    let next = raw.escalate_to.as_ref()?;
    if raw.department.as_ref().is_some_and(|own| own.value == next.value) {
        let message = "a department cannot escalate to itself";
        let hint = "choose another department, or remove `escalate_to` to use the fallback department";
        context.diagnostics.push(Diagnostic::error(Code::BadValue, &next.spot, message).hint(hint));
    }
    context.department(next)
}

/// Warns once about each cycle of departments that escalate to one another.
///
/// A cycle through the fallback department does not count: every escalation ends there, including that of the department
/// that the fallback department escalates to.
pub fn check_circles<'a>(
    rosters: impl Iterator<Item = &'a RawRoster>,
    fallback: Option<&DepartmentId>,
    context: &Context<'_>,
) {
    let named = rosters.filter_map(|roster| Some((&roster.department.as_ref()?.value, roster.escalate_to.as_ref()?)));
    let next: BTreeMap<&DepartmentId, &Spanned<DepartmentId>> = named.collect();
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
        context.diagnostics.push(diagnostic.hint(
            "an unanswered page would return to people who did not answer it. Change `escalate_to` in one of them, \
             or remove it to use the fallback department",
        ));
    }
}

/// Warns about roles that no ladder pages, which may be typos.
pub fn check_roles(raw: &RawRoster, ladders: &Ladders, context: &Context<'_>) {
    let Some(department) = raw.department.as_ref().filter(|_| ladders.are_valid()) else { return };
    let rotated = raw.rotations.iter().filter_map(|rotation| rotation.role.as_ref());
    for role in rotated.chain(raw.overrides.iter().filter_map(|change| change.role.as_ref())) {
        let is_usual = role.value == Role::primary() || role.value == Role::backup();
        if !is_usual && !ladders.page(&department.value, &role.value) {
            let message = format!("no ladder pages the role {}", quoted(role.value.as_str()));
            let diagnostic = Diagnostic::warning(Code::UnknownRole, &role.spot, message);
            let name = role.value.as_str();
            context.diagnostics.push(with_meant(diagnostic, &role.spot, name, ["primary", "backup"], || None));
        }
    }
}
