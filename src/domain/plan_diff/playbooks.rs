//! Differences between two versions of a playbook.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::domain::plan::Plan;
use crate::domain::plan_diff::change::Change;
use crate::domain::plan_diff::fact::{Fact, changed, items};
use crate::domain::plan_diff::first_page::example;
use crate::domain::playbook::conditions::Conditions;
use crate::domain::playbook::matching::choose;
use crate::domain::playbook::{Action, AfterHours, Playbook, Promotion, Statement, Trigger};

/// A class's playbook was added, removed or changed.
#[derive(Debug, Clone)]
pub struct ClassChange {
    /// The playbook's name: the class, or `class.variant`.
    pub class: String,
    /// The class's title, from the new plan if it has one.
    pub title: String,
    pub change: Change,
    /// The differences. If it was added or removed: which playbook handles its incidents in the other plan.
    pub facts: Vec<Fact>,
}

/// Every playbook that differs between the plans, by name, ignoring the file's owner and review date.
pub fn changes(old: &Plan, new: &Plan) -> Vec<ClassChange> {
    let (before, after) = (by_name(old), by_name(new));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let change = |name: &String| match (before.get(name).copied(), after.get(name).copied()) {
        (Some(before), Some(after)) => {
            let facts = facts(before, after);
            (!facts.is_empty()).then(|| told(after, Change::Changes, facts))
        }
        (None, Some(after)) => Some(told(after, Change::Comes, coming(old, after))),
        (Some(before), None) => Some(told(before, Change::Goes, going(new, before))),
        (None, None) => None,
    };
    names.into_iter().filter_map(change).collect()
}

fn by_name(plan: &Plan) -> BTreeMap<String, &Playbook> {
    plan.playbooks.iter().map(|playbook| (playbook.name(), playbook.as_ref())).collect()
}

fn told(playbook: &Playbook, change: Change, facts: Vec<Fact>) -> ClassChange {
    ClassChange { class: playbook.name(), title: playbook.title.clone(), change, facts }
}

fn coming(old: &Plan, after: &Playbook) -> Vec<Fact> {
    changed("answered by", stand_in(old, after), Some(answer(after))).into_iter().collect()
}

fn going(new: &Plan, before: &Playbook) -> Vec<Fact> {
    changed("answered by", Some(answer(before)), stand_in(new, before)).into_iter().collect()
}

/// The playbook that a plan without this one uses for its incidents.
fn stand_in(plan: &Plan, playbook: &Playbook) -> Option<String> {
    let incident = example(playbook);
    choose(&plan.playbooks, &incident.class, &incident).map(|chosen| answer(chosen))
}

/// `phi-by-staff (privacy, legal), severity high, ladder B`.
fn answer(playbook: &Playbook) -> String {
    let (name, departments) = (playbook.name(), list(&playbook.departments));
    format!("{name} ({departments}), severity {}, ladder {}", playbook.severity, playbook.ladder.name)
}

fn facts(before: &Playbook, after: &Playbook) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    facts.extend(changed("title", Some(&before.title), Some(&after.title)));
    facts.extend(changed("title on pages", Some(&before.page_title), Some(&after.page_title)));
    facts.extend(changed("severity", Some(before.severity), Some(after.severity)));
    facts.extend(changed("ladder", Some(&before.ladder.name), Some(&after.ladder.name)));
    let departments = |playbook: &Playbook| texts(&playbook.departments);
    facts.extend(items("department", &departments(before), &departments(after)));
    let (acknowledge, act) = (|one: &Playbook| Some(one.acknowledge_within), |one: &Playbook| one.act_within);
    facts.extend(changed("acknowledge within", acknowledge(before), acknowledge(after)));
    facts.extend(changed("act within", act(before), act(after)));
    facts.extend(after_hours(before.after_hours.as_ref(), after.after_hours.as_ref()));
    facts.extend(changed("condition", conditions(&before.conditions), conditions(&after.conditions)));
    facts.extend(items("label", &texts(&before.also), &texts(&after.also)));
    let lifts = |playbook: &Playbook| playbook.promotions.iter().map(promotion).collect::<Vec<_>>();
    facts.extend(items("lift", &lifts(before), &lifts(after)));
    facts.extend(work(before, after));
    facts
}

/// Differences in actions and guidance.
fn work(before: &Playbook, after: &Playbook) -> Vec<Fact> {
    let mut facts = Vec::new();
    let actions = |playbook: &Playbook| playbook.actions.iter().map(action).collect::<Vec<_>>();
    facts.extend(items("action", &actions(before), &actions(after)));
    facts.extend(items("`do`", &before.guidance.advice, &after.guidance.advice));
    facts.extend(items("`do_not`", &before.guidance.do_not, &after.guidance.do_not));
    facts.extend(items("example", &before.guidance.examples, &after.guidance.examples));
    facts.extend(items("policy", &texts(&before.policies), &texts(&after.policies)));
    let names: BTreeSet<_> = before.statements.iter().chain(&after.statements).map(|one| &one.name).collect();
    for name in names {
        let of = |playbook: &Playbook| playbook.statements.iter().find(|one| one.name == *name).map(statement);
        facts.extend(changed(format!("statement `{name}`"), of(before), of(after)));
    }
    facts
}

fn after_hours(before: Option<&AfterHours>, after: Option<&AfterHours>) -> Vec<Fact> {
    let ladder = |rules: &AfterHours| rules.ladder.as_ref().map(|ladder| ladder.name.clone());
    let holds = |rules: &AfterHours| rules.hold.then_some("until the department opens");
    let instead = |rules: Option<&AfterHours>| rules.map(|rules| texts(&rules.instead)).unwrap_or_default();
    let facts = [
        changed(
            "acknowledge within after hours",
            before.and_then(|rules| rules.acknowledge_within),
            after.and_then(|rules| rules.acknowledge_within),
        ),
        changed(
            "act within after hours",
            before.and_then(|rules| rules.act_within),
            after.and_then(|rules| rules.act_within),
        ),
        changed("ladder after hours", before.and_then(ladder), after.and_then(ladder)),
        changed("wait after hours", before.and_then(holds), after.and_then(holds)),
    ];
    let instead = items("stand-in after hours", &instead(before), &instead(after));
    facts.into_iter().flatten().chain(instead).collect()
}

/// `confidence 0.5 or more; flags posting-now`; `None` without conditions.
fn conditions(conditions: &Conditions) -> Option<String> {
    let lists = [
        ("facilities", &conditions.facilities),
        ("networks", &conditions.networks),
        ("languages", &conditions.languages),
        ("any flag of", &conditions.any_flag),
    ];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    let lists = lists.map(|(what, values)| format!("{what} {}", values.join(", ")));
    let sure = conditions.confidence_at_least.map(|mark| format!("confidence {mark} or more"));
    let reach = conditions.reach_at_least.map(|mark| format!("reach {mark} or more"));
    let all: Vec<String> = sure.into_iter().chain(lists).chain(reach).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// `to critical on ladder A, at any flag of posting-now`.
fn promotion(promotion: &Promotion) -> String {
    let severity = promotion.severity.map(|severity| format!("to {severity}"));
    let ladder = promotion.ladder.as_ref().map(|ladder| format!("on ladder {}", ladder.name));
    let target: Vec<String> = severity.into_iter().chain(ladder).collect();
    format!("{}, at {}", target.join(" "), trigger(&promotion.when))
}

fn trigger(trigger: &Trigger) -> String {
    let flags = (!trigger.any_flag.is_empty()).then(|| format!("any flag of {}", trigger.any_flag.join(", ")));
    let reach = trigger.reach_at_least.map(|mark| format!("reach {mark} or more"));
    flags.into_iter().chain(reach).collect::<Vec<_>>().join(" and ")
}

/// `privacy within 30m: Capture the post`.
fn action(action: &Action) -> String {
    let within = action.within.map(|within| format!(" within {within}")).unwrap_or_default();
    format!("{}{within}: {}", action.department, action.task)
}

/// The text on one line, who approves it within what time, and what its blanks may be filled with.
fn statement(statement: &Statement) -> String {
    let text = statement.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let ready = statement.ready.then(|| "approved in advance".to_owned());
    let within = statement.approve_within.map(|within| format!(" within {within} each")).unwrap_or_default();
    let asked = !statement.approve.is_empty();
    let approve = asked.then(|| format!("approved by {}{within}", list(&statement.approve)));
    let choices = statement.choices.iter().map(|(blank, choices)| format!("{{{blank}}}: {}", choices.join(" | ")));
    let facts: Vec<String> = ready.into_iter().chain(approve).chain(choices).collect();
    if facts.is_empty() { text } else { format!("{text} ({})", facts.join("; ")) }
}

fn texts<T: Display>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn list<T: Display>(values: &[T]) -> String {
    texts(values).join(", ")
}
