//! Playbooks that match the same incident equally well.

use std::collections::BTreeMap;

use crate::config::diagnostics::{Diagnostics, quoted};
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::id::ClassName;
use crate::domain::playbook::Playbook;
use crate::domain::playbook::conditions::Conditions;
use crate::domain::playbook::glob::Glob;

/// Reports every playbook that can tie with an earlier one.
pub fn check(playbooks: &[(&Playbook, &Spot)], diagnostics: &Diagnostics) {
    let mut labels: BTreeMap<&ClassName, Vec<&Glob>> = BTreeMap::new();
    for (playbook, _) in playbooks {
        labels.entry(&playbook.class).or_default().extend(&playbook.also);
    }
    for (index, (playbook, spot)) in playbooks.iter().enumerate() {
        let before = playbooks[..index].iter().filter(|(other, _)| can_tie(playbook, other));
        let ties = before.map(|(other, _)| other).find_map(|other| {
            let (one, two) = (&playbook.class, &other.class);
            Some((other, common_label((one, &labels[one]), (two, &labels[two]))?))
        });
        if let Some((other, label)) = ties {
            let message = format!(
                "{} and {} both match {} with the same number of conditions",
                quoted(&other.name()),
                quoted(&playbook.name()),
                quoted(&label)
            );
            let hint = "add another condition to `[match]` of one of them, or remove the label from `also`";
            diagnostics.push(Diagnostic::error(Code::AmbiguousPlaybook, spot, message).hint(hint));
        }
    }
}

fn can_tie(one: &Playbook, other: &Playbook) -> bool {
    one.conditions.count() == other.conditions.count() && !exclude_each_other(&one.conditions, &other.conditions)
}

/// A label that means both classes; `also` in any file of a class applies to the class.
fn common_label(one: (&ClassName, &[&Glob]), other: (&ClassName, &[&Glob])) -> Option<String> {
    let is_label_of = |class: &ClassName, labels: &[&Glob]| labels.iter().any(|label| label.matches(class.as_str()));
    if one.0 == other.0 || is_label_of(one.0, other.1) {
        return Some(one.0.to_string());
    }
    if is_label_of(other.0, one.1) {
        return Some(other.0.to_string());
    }
    let shared = one.1.iter().find(|glob| other.1.iter().any(|label| label.overlaps(glob)));
    shared.map(|glob| glob.to_string())
}

/// An incident has one facility, network, and language: lists without a common entry cannot both match.
fn exclude_each_other(one: &Conditions, other: &Conditions) -> bool {
    let apart = |one: &[String], other: &[String]| {
        let common = one.iter().any(|entry| other.iter().any(|same| same.eq_ignore_ascii_case(entry)));
        !one.is_empty() && !other.is_empty() && !common
    };
    apart(&one.facilities, &other.facilities)
        || apart(&one.networks, &other.networks)
        || apart(&one.languages, &other.languages)
}
