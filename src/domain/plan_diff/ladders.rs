//! Differences in ladders, listed once for all classes that use them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::count::count;
use crate::domain::plan::Plan;
use crate::domain::plan_diff::fact::{Fact, changed};
use crate::domain::playbook::ladder::{Ladder, Step};

/// A ladder was added, removed or changed.
#[derive(Debug, Clone)]
pub struct LadderChange {
    pub name: String,
    pub steps: Fact,
    /// The names of the playbooks that use it by default, from the new plan if it has the ladder.
    pub classes: Vec<String>,
}

/// Every changed ladder that a playbook can use, by name.
pub fn changes(old: &Plan, new: &Plan) -> Vec<LadderChange> {
    let (before, after) = (by_name(old), by_name(new));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    let change = |name: &str| {
        let steps = |ladders: &BTreeMap<&str, &Ladder>| ladders.get(name).map(|ladder| words(ladder));
        let steps = changed("steps", steps(&before), steps(&after))?;
        let plan = if steps.after.is_some() { new } else { old };
        let classes = plan.playbooks.iter().filter(|playbook| playbook.ladder.name == name);
        let mut classes: Vec<_> = classes.map(|playbook| playbook.name()).collect();
        classes.sort();
        Some(LadderChange { name: name.to_owned(), steps, classes })
    };
    names.into_iter().filter_map(change).collect()
}

fn by_name(plan: &Plan) -> BTreeMap<&str, &Ladder> {
    let all = plan.playbooks.iter().flat_map(|playbook| playbook.all_ladders());
    all.map(|ladder| (ladder.name.as_str(), ladder)).collect()
}

/// `primary at once, backup at 10m; all again every 15m, 8 times`.
fn words(ladder: &Ladder) -> String {
    let steps: Vec<String> = ladder.steps.iter().map(step).collect();
    let times = ladder.repeat_times.map(|times| format!(", {}", count(times.into(), "time"))).unwrap_or_default();
    let repeat = ladder.repeat_every.map(|every| format!("; all again every {every}{times}"));
    format!("{}{}", steps.join(", "), repeat.unwrap_or_default())
}

fn step(step: &Step) -> String {
    let by = step.by.map(|by| format!(" by {by}")).unwrap_or_default();
    match step.at.as_seconds() {
        0 => format!("{}{by} at once", step.page),
        _ => format!("{}{by} at {}", step.page, step.at),
    }
}
