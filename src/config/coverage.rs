//! Proof that somebody answers: not by sampling, but by walking every instant at which duty changes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::diagnostic::{Code, Diagnostic, Source, Spot};
use crate::domain::id::{DepartmentId, Role};
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::playbook::ladder::{Ladder, Target};
use crate::domain::roster::Roster;
use crate::domain::roster::change::Shift;

/// Every gap in a role that some ladder pages, and every time at which primary and backup would ring at one place, from
/// one instant to another. The files are read from `home` once more, to show the line at fault.
pub fn findings(plan: &Plan, home: &Path, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (department, role) in wanted(plan) {
        let Some(roster) = plan.rosters.get(&department) else { continue };
        found.extend(gap(roster, &role, home, from, to));
    }
    found.extend(plan.rosters.values().filter_map(|roster| one_place(roster, home, from, to)));
    found
}

/// The roles that some ladder pages.
fn wanted(plan: &Plan) -> BTreeSet<(DepartmentId, Role)> {
    let mut wanted = BTreeSet::from([(plan.fallback.clone(), Role::primary())]);
    for playbook in &plan.playbooks {
        let stand_ins = playbook.after_hours.iter().flat_map(|rules| &rules.instead);
        for department in playbook.departments.iter().chain(stand_ins) {
            for step in ladders(playbook).flat_map(|ladder| &ladder.steps) {
                let escalation = || plan.rosters.get(department)?.escalate_to.clone();
                wanted.extend(match &step.page {
                    Target::Role(role) => Some((department.clone(), role.clone())),
                    Target::Elsewhere(elsewhere, role) => Some((elsewhere.clone(), role.clone())),
                    Target::Escalation => escalation().map(|department| (department, Role::primary())),
                });
            }
        }
    }
    wanted
}

fn ladders(playbook: &Playbook) -> impl Iterator<Item = &Ladder> {
    let promoted = playbook.promotions.iter().filter_map(|promotion| promotion.ladder.as_ref());
    let after_hours = playbook.after_hours.iter().filter_map(|rules| rules.ladder.as_ref());
    [&playbook.ladder].into_iter().chain(promoted).chain(after_hours).map(Arc::as_ref)
}

fn gap(roster: &Roster, role: &Role, home: &Path, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Diagnostic> {
    let shifts = roster.shifts(role, from, to);
    let gaps: Vec<&Shift> = shifts.iter().filter(|shift| shift.holder.is_none()).collect();
    let first = gaps.first()?;
    let (start, end) = (local(roster, first.from), local(roster, first.to));
    let more = match gaps.len() {
        1 => String::new(),
        count => format!(", and {} more times until {}", count - 1, local(roster, to)),
    };
    let message = format!("nobody holds `{role}` of `{}` from {start} to {end}{more}", roster.department);
    let hint = format!("add a `[[rotation]]` for `{role}` that holds then, more people to it, or an `[[override]]`");
    Some(Diagnostic::error(Code::CoverageGap, &spot(roster, role, home), message).hint(hint))
}

fn one_place(roster: &Roster, home: &Path, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Diagnostic> {
    let primaries = roster.shifts(&Role::primary(), from, to);
    let backups = roster.shifts(&Role::backup(), from, to);
    let holder = |shift: &Shift| roster.liaison(&shift.holder.as_ref()?.0);
    backups.iter().find_map(|backup| {
        let overlaps = |primary: &&Shift| primary.from < backup.to && backup.from < primary.to;
        primaries.iter().filter(overlaps).find_map(|primary| {
            let (first, second) = (holder(primary)?, holder(backup)?);
            let at = local(roster, primary.from.max(backup.from));
            let message = format!(
                "`{}` is primary and `{}` is backup of `{}` at {at}, and a page to either rings at the same place",
                first.id, second.id, roster.department
            );
            let hint = "give each a contact of their own, or another backup";
            let spot = spot(roster, &Role::backup(), home);
            first.shares_contact(second).then(|| Diagnostic::error(Code::PrimaryIsBackup, &spot, message).hint(hint))
        })
    })
}

fn local(roster: &Roster, at: DateTime<Utc>) -> String {
    at.with_timezone(&roster.timezone).format("%Y-%m-%d %H:%M %Z").to_string()
}

/// The first rotation for the role, or the file's start where it has none.
fn spot(roster: &Roster, role: &Role, home: &Path) -> Spot {
    let path = format!("rosters/{}.toml", roster.department);
    let place = roster.rotations.iter().find(|rotation| rotation.role == *role).map(|rotation| &rotation.place);
    let any_place = roster.liaisons.first().map(|liaison| &liaison.place);
    let path = place.or(any_place).map_or(path.as_str(), |place| &place.file);
    let Ok(text) = fs::read_to_string(home.join(path)) else { return Spot::start_of(&Source::unread(path)) };
    let line = place.map_or(1, |place| place.line) as usize;
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let length = text[start..].lines().next().map_or(0, |line| line.trim_end().len());
    Spot::new(&Source::new(path, text), start..start + length)
}
