//! Maps contacts to people across all rosters. Built once per plan, so that looking up an incident's people takes
//! constant time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use crate::domain::id::DepartmentId;
use crate::domain::involved::{Involved, full_name, keys_of};
use crate::domain::label::lower;
use crate::domain::roster::{Liaison, Roster};

/// The contacts of a plan's people, built on first use.
#[derive(Debug, Default)]
pub struct ContactIndex(OnceLock<Index>);

impl Clone for ContactIndex {
    /// A clone starts empty because its rosters may be changed.
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[derive(Debug, Default)]
struct Index {
    /// Ids and addresses of all people, in lower case, and full names that belong to only one person.
    people: HashSet<Box<str>>,
    /// For each contact, the keys of the people who have it.
    by_contact: HashMap<Box<str>, Vec<Box<str>>>,
}

impl ContactIndex {
    /// Whether a name identifies someone in the rosters.
    pub fn know(&self, rosters: &BTreeMap<DepartmentId, Arc<Roster>>, name: &str) -> bool {
        keys_of(name).iter().any(|key| self.index(rosters).people.contains(key.as_ref()))
    }

    /// Whether a person is involved, or shares a contact with someone who is.
    pub fn are_involved(
        &self,
        rosters: &BTreeMap<DepartmentId, Arc<Roster>>,
        liaison: &Liaison,
        involved: &Involved,
    ) -> bool {
        if involved.is_empty() {
            return false;
        }
        let index = self.index(rosters);
        let name = full_name(&liaison.name);
        if index.people.contains(&*name) && involved.has_key(&name) {
            return true;
        }
        let mut keys = liaison.keys().filter_map(|key| index.by_contact.get(key.as_ref())).flatten();
        involved.names(liaison) || keys.any(|key| involved.has_key(key))
    }

    /// Whether an address in lower case is named as involved, or reaches someone who is.
    pub fn is_address_involved(
        &self,
        rosters: &BTreeMap<DepartmentId, Arc<Roster>>,
        address: &str,
        involved: &Involved,
    ) -> bool {
        let owners = || self.index(rosters).by_contact.get(address).into_iter().flatten();
        !involved.is_empty() && (involved.has_key(address) || owners().any(|key| involved.has_key(key)))
    }

    fn index(&self, rosters: &BTreeMap<DepartmentId, Arc<Roster>>) -> &Index {
        self.0.get_or_init(|| {
            let mut index = Index::default();
            let names = own_names(rosters);
            for liaison in rosters.values().flat_map(|roster| &roster.liaisons) {
                let own = std::iter::once(lower(liaison.id.as_str())).chain(liaison.contacts.names());
                let mut keys: Vec<Box<str>> = own.map(Box::from).collect();
                keys.extend(names.get(&*full_name(&liaison.name)).cloned());
                for key in liaison.keys() {
                    index.by_contact.entry(key.into()).or_default().extend(keys.iter().cloned());
                }
                index.people.extend(keys);
            }
            index
        })
    }
}

/// Full names that belong to only one person, even if that person is in several rosters.
fn own_names(rosters: &BTreeMap<DepartmentId, Arc<Roster>>) -> HashSet<Box<str>> {
    let mut people: HashMap<Box<str>, Vec<&Liaison>> = HashMap::new();
    for liaison in rosters.values().flat_map(|roster| &roster.liaisons) {
        people.entry(full_name(&liaison.name).into()).or_default().push(liaison);
    }
    let is_one = |people: &[&Liaison]| people.iter().all(|one| one.id == people[0].id || one.shares_contact(people[0]));
    people.into_iter().filter(|(_, people)| is_one(people)).map(|(name, _)| name).collect()
}
