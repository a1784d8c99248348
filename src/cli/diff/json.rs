//! The plan diff as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::domain::instant::to_text;
use crate::domain::plan_diff::PlanDiff;
use crate::domain::plan_diff::fact::Fact;
use crate::domain::plan_diff::first_page::FirstPage;
use crate::domain::plan_diff::people::Person;
use crate::domain::playbook::Staffing;

/// Everything, without limits; the format is described in the command's help.
pub fn report(difference: &PlanDiff) -> Value {
    let departments = difference.departments.iter().map(|one| {
        json!({
            "department": one.department,
            "name": one.name,
            "change": one.change.word(),
            "facts": facts(&one.facts),
        })
    });
    let duty = difference.duty.iter().map(|one| {
        json!({
            "department": one.department,
            "role": one.role,
            "from": to_text(one.from),
            "to": to_text(one.to),
            "before": one.before.as_ref().map(|person| &person.id),
            "after": one.after.as_ref().map(|person| &person.id),
        })
    });
    let ladders = difference.ladders.iter().map(|one| {
        json!({
            "ladder": one.name,
            "before": one.steps.before,
            "after": one.steps.after,
            "classes": one.classes,
        })
    });
    json!({
        "differences": difference.count(),
        "from": to_text(difference.window.from),
        "to": to_text(difference.window.to),
        "hospital": facts(&difference.hospital),
        "departments": departments.collect::<Vec<_>>(),
        "duty": duty.collect::<Vec<_>>(),
        "ladders": ladders.collect::<Vec<_>>(),
        "classes": classes(difference),
    })
}

fn classes(difference: &PlanDiff) -> Vec<Value> {
    let changed = difference.classes.iter().map(|one| (&one.class, &one.title));
    let answered = difference.first_pages.iter().map(|one| (&one.class, &one.title));
    let titles: BTreeMap<&String, &String> = answered.chain(changed).collect();
    let class = |(name, title): (&String, &String)| {
        let change = difference.classes.iter().find(|one| one.class == *name);
        let first_pages = difference.first_pages.iter().filter(|one| one.class == *name).map(first_page);
        json!({
            "class": name,
            "title": title,
            "change": change.map(|one| one.change.word()),
            "facts": change.map(|one| facts(&one.facts)).unwrap_or_default(),
            "first_pages": first_pages.collect::<Vec<_>>(),
        })
    };
    titles.into_iter().map(class).collect()
}

fn first_page(page: &FirstPage) -> Value {
    let ids = |people: &[Person]| people.iter().map(|person| person.id.to_string()).collect::<Vec<_>>();
    json!({
        "department": page.department,
        "when": match page.staffing {
            Staffing::Hours => "hours",
            Staffing::AfterHours => "after-hours",
        },
        "at": to_text(page.at),
        "before": ids(&page.before),
        "after": ids(&page.after),
    })
}

fn facts(facts: &[Fact]) -> Vec<Value> {
    let row = |fact: &Fact| json!({ "what": fact.what, "before": fact.before, "after": fact.after });
    facts.iter().map(row).collect()
}
