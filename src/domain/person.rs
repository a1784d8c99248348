//! The people who may sign in: liaisons of all rosters and the addresses of groups, each person once.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use crate::domain::contact::{ChannelKind, Contact, FurtherKind};
use crate::domain::contact_index::ContactIndex;
use crate::domain::digest::Digest;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::involved::Involved;
use crate::domain::label::lower;
use crate::domain::permission::{Grants, Group};
use crate::domain::person_id::PersonId;
use crate::domain::place::Place;
use crate::domain::principal::RosterEntry;
use crate::domain::roster::{Liaison, Roster};
use crate::domain::session::Session;

/// Somebody who may sign in.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    /// Where the rosters list them; empty for an address of a group alone.
    pub entries: Vec<RosterEntry>,
    /// Where a code can be sent: first what pages use, in the person's own order.
    pub contacts: Vec<Contact>,
    pub grants: Grants,
}

impl Person {
    /// Hashes of the name and of each contact: what shows that an id still means the same person.
    pub fn marks(&self) -> Vec<Digest> {
        let contacts = self.contacts.iter().map(Contact::key);
        std::iter::once(lower(&self.name)).chain(contacts).map(|text| Digest::of(text.as_bytes())).collect()
    }
}

/// The addresses of a group's people, with the channel of each.
#[derive(Debug, Clone)]
pub struct Members {
    pub group: Arc<Group>,
    pub addresses: Vec<Member>,
}

/// One address of a group.
#[derive(Debug, Clone)]
pub struct Member {
    pub channel: ChannelKind,
    pub address: String,
    pub place: Place,
}

/// Everybody who may sign in, built on first use.
#[derive(Debug, Default)]
pub struct Directory(OnceLock<Index>);

impl Clone for Directory {
    /// A clone starts empty because its rosters may be changed.
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[derive(Debug, Default)]
struct Index {
    people: Vec<Person>,
    by_id: HashMap<PersonId, usize>,
    /// By address in lower case.
    by_address: HashMap<Box<str>, Owner>,
    by_entry: HashMap<(DepartmentId, LiaisonId), usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    One(usize),
    /// It says of none of them who they are.
    Several,
}

/// The people of a plan.
#[derive(Clone, Copy)]
pub struct People<'plan> {
    index: &'plan Index,
    rosters: &'plan BTreeMap<DepartmentId, Arc<Roster>>,
    contacts: &'plan ContactIndex,
}

impl Directory {
    pub fn people<'plan>(
        &'plan self,
        rosters: &'plan BTreeMap<DepartmentId, Arc<Roster>>,
        contacts: &'plan ContactIndex,
        members: &[Members],
    ) -> People<'plan> {
        People { index: self.0.get_or_init(|| Index::new(rosters, members)), rosters, contacts }
    }
}

impl<'plan> People<'plan> {
    pub fn all(self) -> impl Iterator<Item = &'plan Person> {
        self.index.people.iter()
    }

    pub fn person(self, id: &PersonId) -> Option<&'plan Person> {
        self.index.by_id.get(id).map(|at| &self.index.people[*at])
    }

    /// Who is behind a session of this id, unless they have left or the id is now another person's: the person
    /// themselves, or who used the emergency code.
    pub fn of_session(self, id: &PersonId, session: &Session) -> Option<&'plan Person> {
        let id = if id.is_emergency_code() { session.used_by.as_ref()? } else { id };
        self.person(id).filter(|person| session.is_of(&person.marks()))
    }

    /// The person that a roster lists under an id.
    pub fn of_entry(self, department: &DepartmentId, liaison: &LiaisonId) -> Option<&'plan Person> {
        let at = self.index.by_entry.get(&(department.clone(), liaison.clone()))?;
        Some(&self.index.people[*at])
    }

    /// The one person whose contact this is, and that contact. A contact of two people belongs to neither, and so does
    /// one that no code can be sent to.
    pub fn at_address(self, typed: &str) -> Option<(&'plan Person, &'plan Contact)> {
        let at = readings(typed).into_iter().find_map(|key| self.index.by_address.get(&*key).map(|owner| (key, owner)));
        let (key, Owner::One(owner)) = at? else { return None };
        let person = &self.index.people[*owner];
        let contact = person.contacts.iter().find(|contact| contact.key() == key)?;
        Some((person, contact))
    }

    /// The addresses that belong to several people.
    pub fn shared_addresses(self) -> impl Iterator<Item = &'plan str> {
        let shared = self.index.by_address.iter().filter(|(_, owner)| **owner == Owner::Several);
        shared.map(|(address, _)| address.as_ref())
    }

    /// Whether an address signs in the one person who has it.
    pub fn is_of_one(self, address: &str) -> bool {
        matches!(self.index.by_address.get(&*lower(address)), Some(Owner::One(_)))
    }

    /// Whether an incident names the person as involved, or somebody with whom they share a contact.
    pub fn is_involved(self, person: &Person, involved: &Involved) -> bool {
        if involved.is_empty() {
            return false;
        }
        let mut liaisons = person.entries.iter().filter_map(|entry| {
            let roster = self.rosters.get(&entry.roster)?;
            roster.liaison(&entry.liaison)
        });
        let has_address = || {
            let mut addresses = person.contacts.iter().map(Contact::key);
            addresses.any(|key| self.contacts.is_address_involved(self.rosters, &key, involved))
        };
        liaisons.any(|liaison| self.contacts.are_involved(self.rosters, liaison, involved)) || has_address()
    }
}

impl Index {
    fn new(rosters: &BTreeMap<DepartmentId, Arc<Roster>>, members: &[Members]) -> Self {
        let mut index = Self::default();
        for people in by_liaison_id(rosters).into_values() {
            let is_only = people.len() == 1;
            people.into_iter().for_each(|entries| index.add_liaison(&entries, is_only));
        }
        for Members { group, addresses } in members {
            addresses.iter().for_each(|one| index.add_member(group, one.channel, &one.address));
        }
        index.by_id = index.people.iter().enumerate().map(|(at, person)| (person.id.clone(), at)).collect();
        index
    }

    fn add_liaison(&mut self, entries: &[(&DepartmentId, &Liaison)], is_only: bool) {
        let at = self.people.len();
        let Some((department, first)) = entries.first() else { return };
        let id = if is_only { PersonId::of_liaison(&first.id) } else { PersonId::in_roster(department, &first.id) };
        let mut contacts: Vec<Contact> = Vec::new();
        for (_, liaison) in entries {
            let further = liaison.contacts.further(FurtherKind::Sms);
            let of_texts =
                |address| Some(Contact { order: None, ..Contact::at_once(FurtherKind::Sms.channel()?, address) });
            for contact in liaison.contacts.iter().cloned().chain(further.filter_map(of_texts)) {
                if !contacts.iter().any(|known| known.is_same(&contact)) {
                    contacts.push(contact);
                }
            }
            liaison.contacts.keys().for_each(|key| self.add_owner(key.into(), at));
        }
        let listed = entries
            .iter()
            .map(|(department, liaison)| RosterEntry { roster: (*department).clone(), liaison: liaison.id.clone() });
        let entries: Vec<RosterEntry> = listed.collect();
        for RosterEntry { roster, liaison } in &entries {
            self.by_entry.insert((roster.clone(), liaison.clone()), at);
        }
        let grants = Grants::of_liaison(entries.iter().map(|entry| entry.roster.clone()));
        self.people.push(Person { id, name: first.name.clone(), entries, contacts, grants });
    }

    fn add_member(&mut self, group: &Arc<Group>, channel: ChannelKind, address: &str) {
        match self.by_address.get(&*lower(address)) {
            Some(Owner::One(at)) => self.people[*at].grants.add(Arc::clone(group)),
            Some(Owner::Several) => {}
            None => {
                let at = self.people.len();
                self.add_owner(lower(address).into(), at);
                let mut grants = Grants::default();
                grants.add(Arc::clone(group));
                self.people.push(Person {
                    id: PersonId::of_address(address),
                    name: address.split('@').next().unwrap_or(address).to_owned(),
                    entries: Vec::new(),
                    contacts: vec![Contact::at_once(channel, address)],
                    grants,
                });
            }
        }
    }

    fn add_owner(&mut self, address: Box<str>, owner: usize) {
        let known = self.by_address.entry(address).or_insert(Owner::One(owner));
        if *known != Owner::One(owner) {
            *known = Owner::Several;
        }
    }
}

type Entries<'a> = Vec<(&'a DepartmentId, &'a Liaison)>;

/// The entries of each liaison id, by person: those of the same id that are the same person are together.
fn by_liaison_id(rosters: &BTreeMap<DepartmentId, Arc<Roster>>) -> BTreeMap<&LiaisonId, Vec<Entries<'_>>> {
    let mut by_id: BTreeMap<&LiaisonId, Vec<Entries<'_>>> = BTreeMap::new();
    for (department, roster) in rosters {
        for liaison in &roster.liaisons {
            let people = by_id.entry(&liaison.id).or_default();
            let is_theirs = |entries: &Entries<'_>| {
                entries.iter().any(|(other, known)| liaison.is_same_person(department, known, other))
            };
            // One entry may show that two others are one person.
            let (theirs, others): (Vec<_>, Vec<_>) = std::mem::take(people).into_iter().partition(is_theirs);
            *people = others;
            let mut entries: Entries<'_> = theirs.into_iter().flatten().collect();
            entries.push((department, liaison));
            people.push(entries);
        }
    }
    by_id
}

/// The forms in which a typed address may be in the files: a number is often typed with spaces, and in North America
/// without its country code.
fn readings(typed: &str) -> Vec<Cow<'_, str>> {
    let typed = typed.trim();
    let is_of_number = |one: char| one.is_ascii_digit() || one.is_whitespace() || "+-().\u{a0}".contains(one);
    if typed.is_empty() || !typed.chars().all(is_of_number) {
        return vec![lower(typed)];
    }
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let whole = format!("+{digits}");
    let mut all = vec![Cow::Owned(whole)];
    if digits.len() == 10 && !typed.starts_with('+') {
        all.push(format!("+1{digits}").into());
    }
    all
}

#[cfg(test)]
mod tests;
