//! Differences that affect the whole hospital.

use std::collections::BTreeMap;

use crate::domain::plan::Plan;
use crate::domain::plan_diff::fact::{Fact, changed, items};

/// What differs outside departments, ladders and classes.
pub fn facts(old: &Plan, new: &Plan) -> Vec<Fact> {
    let fallback = changed("fallback department", Some(&old.fallback), Some(&new.fallback));
    let name = changed("hospital's name on pages", Some(&old.hospital), Some(&new.hospital));
    let channels = |plan: &Plan| plan.channels.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut facts: Vec<Fact> = name.into_iter().chain(fallback).collect();
    facts.extend(items("channel", &channels(old), &channels(new)));
    let (before, after) = (labels(old), labels(new));
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    facts.extend(keys.into_iter().filter_map(|key| {
        let (source, label) = key;
        changed(format!("class for `{label}` from {source}"), before.get(key), after.get(key))
    }));
    facts
}

/// The class for each source's label.
fn labels(plan: &Plan) -> BTreeMap<(&str, &str), &str> {
    let sources = plan.labels.iter();
    let labels = sources.flat_map(|(source, labels)| {
        labels.iter().map(move |(label, class)| ((source.as_str(), label.as_str()), class.as_str()))
    });
    labels.collect()
}
