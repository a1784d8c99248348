//! Whether a person may be added: nobody else has the ID or a contact.

use crate::config::diagnostics::{closest, quoted};
use crate::config::edit::contacts::{Listed, shared};
use crate::config::edit::error::NotEditable;
use crate::config::edit::lookup;
use crate::config::edit::people::NewPerson;
use crate::domain::id::{DepartmentId, LiaisonId, NAME_MAX};
use crate::domain::plan::Plan;
use crate::domain::roster::Liaison;

/// Why a person cannot be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    #[error("`{id}` is already {name} ({place}). For another person, choose another ID, such as `{free}`")]
    IdTaken { id: LiaisonId, name: String, place: String, free: LiaisonId },
    #[error("`{id}` is {name} ({place}). Leave out `--name`; for another person, choose another ID, such as `{free}`")]
    OtherName { id: LiaisonId, name: String, place: String, free: LiaisonId },
    #[error(
        "`{id}` is already {name} ({place}), who has none of these contacts. If this is the same person, give a contact \
         from there; for another person, choose another ID, such as `{free}`"
    )]
    IdOfAnother { id: LiaisonId, name: String, place: String, free: LiaisonId },
    #[error(
        "`--{option}` is already that of {name} ({place}), and a page to one would also reach the other. Give the person \
         a contact of their own{}", if_same(.same_id)
    )]
    ContactTaken { option: &'static str, name: String, place: String, same_id: Option<LiaisonId> },
    #[error("give the person's full name with `--name`{}", if_listed(.listed))]
    NoName { listed: Option<String> },
    #[error("give at least one of `--email` and `--sms`, so that pages reach the person")]
    NoContact,
}

fn if_same(id: &Option<LiaisonId>) -> String {
    id.as_ref().map_or_else(String::new, |id| format!("; if this is {id}, use that ID"))
}

fn if_listed(id: &Option<String>) -> String {
    id.as_ref().map_or_else(String::new, |id| format!("; did you mean {}, who is in `people.toml`?", quoted(id)))
}

/// Where a person is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination<'a> {
    Roster(&'a DepartmentId),
    /// `people.toml`
    People,
}

/// The people of all files.
pub struct Known<'a> {
    plan: &'a Plan,
    listed: Vec<Listed>,
    people_file: String,
}

impl<'a> Known<'a> {
    /// # Errors
    ///
    /// The text of `people.toml` is not TOML, which a plan excludes.
    pub fn of(plan: &'a Plan) -> Result<Self, NotEditable> {
        Ok(Self { plan, listed: lookup::people(plan)?, people_file: lookup::people_file(plan) })
    }

    pub fn listed(&self, id: &LiaisonId) -> Option<&Listed> {
        self.listed.iter().find(|person| person.id == *id)
    }

    pub fn place(&self, listed: &Listed) -> String {
        format!("{}:{}", self.people_file, listed.line)
    }

    /// The people in `people.toml`.
    pub fn ids(&self) -> Vec<LiaisonId> {
        self.listed.iter().map(|listed| listed.id.clone()).collect()
    }

    /// Checks that a person may be added.
    ///
    /// # Errors
    ///
    /// Someone else has the ID or a contact, or the name or all contacts are missing.
    pub fn admit(&self, person: &NewPerson, to: Destination<'_>) -> Result<(), NotAdmitted> {
        self.check_id(person, to)?;
        let listed = self.listed(&person.id).filter(|_| to != Destination::People);
        match (&person.name, listed) {
            (Some(name), Some(listed)) if name.trim() != listed.name => {
                let (id, name, place) = (person.id.clone(), listed.name.clone(), self.place(listed));
                return Err(NotAdmitted::OtherName { free: self.free(&id), id, name, place });
            }
            (None, None) => {
                let ids = self.listed.iter().map(|one| one.id.as_str());
                let meant = closest(person.id.as_str(), ids).filter(|_| to != Destination::People);
                return Err(NotAdmitted::NoName { listed: meant.map(str::to_owned) });
            }
            _ => {}
        }
        if person.email.is_none() && person.sms.is_empty() && listed.is_none() {
            return Err(NotAdmitted::NoContact);
        }
        self.check_contacts(person, to)
    }

    fn check_id(&self, person: &NewPerson, to: Destination<'_>) -> Result<(), NotAdmitted> {
        let id = &person.id;
        let taken = |name: &str, place| {
            Err(NotAdmitted::IdTaken { id: id.clone(), name: name.to_owned(), place, free: self.free(id) })
        };
        let listed = self.listed(id);
        if let (Some(listed), Destination::People) = (listed, to) {
            return taken(&listed.name, self.place(listed));
        }
        for (department, liaison) in self.liaisons().filter(|(_, liaison)| liaison.id == *id) {
            if to == Destination::Roster(department) {
                return taken(&liaison.name, place(liaison));
            }
            let has_name = person.name.as_deref().is_some_and(|name| name.trim() == liaison.name);
            let is_same = listed.is_some()
                || shared(person, liaison.contacts.keys()).is_some()
                || (has_name && to == Destination::People);
            if !is_same {
                let (name, place) = (liaison.name.clone(), place(liaison));
                return Err(NotAdmitted::IdOfAnother { id: id.clone(), name, place, free: self.free(id) });
            }
        }
        Ok(())
    }

    fn check_contacts(&self, person: &NewPerson, to: Destination<'_>) -> Result<(), NotAdmitted> {
        let liaisons = self.liaisons().filter(|(_, liaison)| liaison.id != person.id).filter_map(|(_, liaison)| {
            Some((shared(person, liaison.contacts.keys())?, &liaison.id, &liaison.name, place(liaison)))
        });
        let listed = self.listed.iter().filter(|listed| listed.id != person.id).filter_map(|listed| {
            let keys = listed.keys.iter().map(|key| key.as_str().into());
            Some((shared(person, keys)?, &listed.id, &listed.name, self.place(listed)))
        });
        let Some((option, owner, name, place)) = liaisons.chain(listed).next() else { return Ok(()) };
        let is_there = match to {
            Destination::Roster(department) => {
                self.liaisons().any(|(one, liaison)| one == department && liaison.id == *owner)
            }
            Destination::People => self.listed(owner).is_some(),
        };
        let same_id = (!is_there).then(|| owner.clone());
        Err(NotAdmitted::ContactTaken { option, name: name.clone(), place, same_id })
    }

    /// The same ID with a number that nobody has.
    fn free(&self, id: &LiaisonId) -> LiaisonId {
        let is_taken =
            |one: &LiaisonId| self.listed(one).is_some() || self.liaisons().any(|(_, other)| other.id == *one);
        let numbered = |number: u32| {
            let end = format!("-{number}");
            let stem: String = id.as_str().chars().take(NAME_MAX - end.len()).collect();
            format!("{}{end}", stem.trim_end_matches('-')).parse().ok()
        };
        (2..).filter_map(numbered).find(|one| !is_taken(one)).unwrap_or_else(|| id.clone())
    }

    fn liaisons(&self) -> impl Iterator<Item = (&'a DepartmentId, &'a Liaison)> {
        let rosters = self.plan.rosters.values();
        rosters.flat_map(|roster| roster.liaisons.iter().map(move |liaison| (&roster.department, liaison)))
    }
}

fn place(liaison: &Liaison) -> String {
    format!("{}:{}", liaison.place.file, liaison.place.line)
}
