//! Matches people between two versions of a roster.

use std::collections::BTreeMap;

use crate::domain::id::LiaisonId;
use crate::domain::roster::{Liaison, Roster};

/// A person with their id in one of the plans.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    pub id: LiaisonId,
    /// Display name.
    pub name: String,
}

impl Person {
    pub fn of(roster: &Roster, id: &LiaisonId) -> Self {
        let name = roster.liaison(id).map_or_else(|| id.to_string(), |liaison| liaison.name.clone());
        Self { id: id.clone(), name }
    }
}

/// Matches people between two versions of a roster: by id, or by contacts if the id changed.
#[derive(Debug, Default)]
pub struct People {
    renamed: BTreeMap<LiaisonId, LiaisonId>,
}

impl People {
    /// Compares two versions of a roster.
    ///
    /// A removed id and an added id are one person if all their contacts are the same, or their name and one contact.
    pub fn between(old: &Roster, new: &Roster) -> Self {
        let mut renamed = BTreeMap::new();
        let mut came: Vec<&Liaison> =
            new.liaisons.iter().filter(|liaison| old.liaison(&liaison.id).is_none()).collect();
        for gone in old.liaisons.iter().filter(|liaison| new.liaison(&liaison.id).is_none()) {
            let best = came.iter().position(|one| gone.contacts.share_all(&one.contacts));
            let next = || came.iter().position(|one| one.name == gone.name && one.shares_contact(gone));
            if let Some(position) = best.or_else(next) {
                renamed.insert(gone.id.clone(), came.remove(position).id.clone());
            }
        }
        Self { renamed }
    }

    /// People whose id changed, with the old id first.
    pub fn renamed(&self) -> impl Iterator<Item = (&LiaisonId, &LiaisonId)> {
        self.renamed.iter()
    }

    /// The new id of a person in the old plan.
    pub fn now<'a>(&'a self, old: &'a LiaisonId) -> &'a LiaisonId {
        self.renamed.get(old).unwrap_or(old)
    }

    /// Whether an old and a new id are the same person.
    pub fn is_one(&self, old: &LiaisonId, new: &LiaisonId) -> bool {
        self.now(old) == new
    }
}
