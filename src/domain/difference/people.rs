//! Who is the same person in two versions of a roster.

use std::collections::BTreeMap;

use crate::domain::id::LiaisonId;
use crate::domain::roster::{Liaison, Roster};

/// A person by the id that one of the plans gives them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// The id.
    pub id: LiaisonId,
    /// As people say it.
    pub name: String,
}

impl Person {
    /// The liaison of that id.
    pub fn of(roster: &Roster, id: &LiaisonId) -> Self {
        let name = roster.liaison(id).map_or_else(|| id.to_string(), |liaison| liaison.name.clone());
        Self { id: id.clone(), name }
    }
}

/// Who is the same person in two versions of a roster: by id, and under another id by contacts.
#[derive(Debug, Default)]
pub struct People {
    renamed: BTreeMap<LiaisonId, LiaisonId>,
}

impl People {
    /// Looks at two versions of a roster.
    ///
    /// An id that went and one that came are one person if all their contacts are the same, or their name and one
    /// contact are.
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

    /// Those whose id changed, the old id first.
    pub fn renamed(&self) -> impl Iterator<Item = (&LiaisonId, &LiaisonId)> {
        self.renamed.iter()
    }

    /// The new plan's id of a person of the old one.
    pub fn now<'a>(&'a self, old: &'a LiaisonId) -> &'a LiaisonId {
        self.renamed.get(old).unwrap_or(old)
    }

    /// Whether an id of the old plan and one of the new mean one person.
    pub fn is_one(&self, old: &LiaisonId, new: &LiaisonId) -> bool {
        self.now(old) == new
    }
}
