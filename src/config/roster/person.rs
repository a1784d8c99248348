//! `rosters/people.toml`: people who are in more than one roster, written once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemars::JsonSchema;

use crate::config::contact::{RawContacts, add_keys_of_person};
use crate::config::diagnostics::{Diagnostics, closest, quoted};
use crate::config::document::Document;
use crate::config::reader::{Spanned, Table};
use crate::config::roster::raw::{Listed, RawLiaison, RawNotify, RawRoster, read_notify};
use crate::config::value_types::Line;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::LiaisonId;

/// The name of the file without `.toml`; no department has it.
pub const STEM: &str = "people";

/// The name of the file in the folder of rosters.
pub const FILE: &str = "people.toml";

/// People who are in more than one roster (`rosters/people.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawPeople {
    /// People; a liaison with the same ID in a roster takes from here what it does not have itself.
    #[schemars(rename = "person", length(min = 1))]
    pub people: Vec<RawPerson>,
}

/// Person.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, transform = add_keys_of_person)]
pub struct RawPerson {
    /// Short ID, the same in every roster.
    #[schemars(required)]
    pub id: Option<Spanned<LiaisonId>>,
    /// Full name.
    #[schemars(required)]
    pub name: Option<Spanned<Line>>,
    #[schemars(skip)]
    pub contacts: RawContacts,
    /// Date on which the person agreed to be paged by SMS.
    pub sms_consent: Option<Spanned<NaiveDate>>,
    /// Channels for pages, in order; default: all of the person's channels immediately.
    #[schemars(length(min = 1))]
    pub notify: Option<Vec<RawNotify>>,
}

pub fn read(mut table: Table<'_>) -> RawPeople {
    let people = RawPeople { people: table.tables("person", "this person").into_iter().map(read_person).collect() };
    if people.people.is_empty() && !(table.lacks("person") && table.has("person")) {
        table.missing("[[person]]");
    }
    table.finish();
    people
}

fn read_person(mut table: Table<'_>) -> RawPerson {
    let contacts = RawContacts::read_person(&mut table);
    let mut person = RawPerson {
        id: table.required("id"),
        name: table.required("name"),
        contacts,
        sms_consent: table.optional("sms_consent"),
        notify: read_notify(&mut table),
    };
    person.contacts.note_typos(&table);
    table.finish();
    person
}

/// Checks the people against one another and against the rosters, which must all be read for that.
pub fn check(people: &Document<RawPeople>, rosters: Option<Vec<&RawRoster>>, diagnostics: &Diagnostics) {
    let mut taken = BTreeSet::new();
    for id in people.raw.people.iter().filter_map(|person| person.id.as_ref()) {
        if !taken.insert(&id.value) {
            let message = format!("another person already has the ID {}", quoted(id.value.as_str()));
            diagnostics.error(Code::DuplicateId, &id.spot, message);
        }
    }
    let Some(rosters) = rosters else { return };
    let liaisons = rosters.into_iter().flat_map(|roster| &roster.liaisons).filter_map(|liaison| liaison.id.as_ref());
    let used: BTreeSet<&LiaisonId> = liaisons.map(|id| &id.value).collect();
    for id in people.raw.people.iter().filter_map(|person| person.id.as_ref()) {
        if !used.contains(&id.value) && !diagnostics.any(|one| is_typo(one, id)) {
            let message = format!("{} is in no roster", quoted(id.value.as_str()));
            let diagnostic = Diagnostic::warning(Code::UnusedLiaison, &id.spot, message);
            diagnostics.push(diagnostic.hint("add a `[[liaison]]` with this `id` to a roster, or remove the person"));
        }
    }
}

/// What is known of `people.toml`.
#[derive(Clone, Copy)]
pub enum CommonPeople<'a> {
    Absent,
    /// The file is there, but cannot be read.
    Unread,
    Read(&'a Document<RawPeople>),
}

/// Whether the ID was already reported as a typo.
fn is_typo(diagnostic: &Diagnostic, id: &Spanned<LiaisonId>) -> bool {
    let is_there = diagnostic.file == *id.spot.file() && diagnostic.line == id.spot.line();
    is_there && diagnostic.code == Code::UnknownLiaison
}

/// Reports people whose ID is probably a typo of one in a roster that has only an ID. That liaison is then not reported.
pub fn check_typos<'a>(
    people: &Document<RawPeople>,
    rosters: impl Iterator<Item = &'a mut Document<RawRoster>>,
    diagnostics: &Diagnostics,
) {
    let mut bare: Vec<(&mut RawLiaison, LiaisonId)> = Vec::new();
    let mut used: BTreeSet<LiaisonId> = BTreeSet::new();
    for liaison in rosters.flat_map(|document| &mut document.raw.liaisons) {
        let Some(id) = liaison.id.as_ref().map(|id| id.value.clone()) else { continue };
        used.insert(id.clone());
        if liaison.listed == Listed::No && !liaison.has_name && liaison.contacts.channels.is_empty() {
            bare.push((liaison, id));
        }
    }
    for person in people.raw.people.iter().filter_map(|person| person.id.as_ref()) {
        if used.contains(&person.value) {
            continue;
        }
        let Some(meant) = closest(person.value.as_str(), bare.iter().map(|(_, id)| id.as_str())) else { continue };
        let meant = meant.to_owned();
        let message = format!(
            "no roster has {}, and {} of a roster is not in this file",
            quoted(person.value.as_str()),
            quoted(&meant)
        );
        let diagnostic = Diagnostic::error(Code::UnknownLiaison, &person.spot, message);
        diagnostics.push(diagnostic.fix(&person.spot, Some(&format!("\"{meant}\"")), None));
        for (liaison, _) in bare.iter_mut().filter(|(_, id)| id.as_str() == meant) {
            liaison.listed = Listed::Unknown;
        }
    }
}

/// Gives each liaison what the person with the same ID has and the liaison has not.
pub fn complete(roster: &mut RawRoster, people: CommonPeople<'_>) {
    let (persons, is_whole) = match people {
        CommonPeople::Absent => (&[][..], true),
        CommonPeople::Unread => (&[][..], false),
        CommonPeople::Read(document) => (&document.raw.people[..], document.is_whole),
    };
    // The first of several with one ID counts.
    let by_id: BTreeMap<_, _> =
        persons.iter().rev().filter_map(|person| Some((&person.id.as_ref()?.value, person))).collect();
    for liaison in &mut roster.liaisons {
        match liaison.id.as_ref().and_then(|id| by_id.get(&id.value)) {
            Some(person) => take(liaison, person),
            None if !is_whole => liaison.listed = Listed::Unknown,
            None => {}
        }
    }
}

fn take(liaison: &mut RawLiaison, person: &RawPerson) {
    liaison.listed = Listed::Yes;
    if !liaison.has_name {
        liaison.name.clone_from(&person.name);
    }
    liaison.contacts.complete(&person.contacts);
    if liaison.sms_consent.is_none() {
        liaison.sms_consent.clone_from(&person.sms_consent);
    }
    if liaison.notify.is_none() {
        liaison.notify.clone_from(&person.notify);
    }
}
