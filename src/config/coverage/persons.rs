//! Which entries of the rosters are one person.

use std::collections::BTreeMap;

use crate::domain::id::LiaisonId;
use crate::domain::plan::Plan;
use crate::domain::roster::Liaison;

/// What makes two entries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A page to one reaches the other, directly or through others.
    Contact,
    /// The same person: the same ID, and an entry in `people.toml` or a contact in common.
    Person,
}

/// A number for each liaison of each roster, by the roster's index in the plan; the same number for those that are one.
pub fn numbered(plan: &Plan, by: By) -> BTreeMap<(usize, &LiaisonId), usize> {
    let mut numbers = BTreeMap::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    for (position, roster) in plan.rosters.values().enumerate() {
        for liaison in &roster.liaisons {
            let number = parents.len();
            parents.push(number);
            numbers.insert((position, &liaison.id), number);
            for key in keys(liaison, by) {
                let owner = *owners.entry(key).or_insert(number);
                let (one, other) = (root(&parents, owner), root(&parents, number));
                parents[other] = one;
            }
        }
    }
    numbers.values_mut().for_each(|number| *number = root(&parents, *number));
    numbers
}

fn keys(liaison: &Liaison, by: By) -> impl Iterator<Item = String> {
    liaison.keys().map(move |key| match by {
        By::Contact => key.into_owned(),
        By::Person => format!("{}\n{key}", liaison.id),
    })
}

fn root(parents: &[usize], mut number: usize) -> usize {
    while parents[number] != number {
        number = parents[number];
    }
    number
}
