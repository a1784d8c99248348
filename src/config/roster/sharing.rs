//! Contacts shared by two people: a page to one also reaches the other, so escalation has no effect.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::config::diagnostics::{Diagnostics, quoted};
use crate::config::roster::raw::{Listed, RawDuring, RawLiaison, RawRoster};
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::label::lower;

/// An error for a primary and a backup on call at the same time, a warning for others.
pub(super) fn check(roster: &RawRoster, scope: &Scope<'_>) {
    let mut owners: BTreeMap<Cow<'_, str>, Vec<&RawLiaison>> = BTreeMap::new();
    for liaison in &roster.liaisons {
        for (word, address, spot) in contacts(liaison) {
            let others = owners.entry(lower(address)).or_default();
            if others.last().is_some_and(|last| std::ptr::eq(*last, liaison)) {
                continue;
            }
            let pair = others.iter().find(|other| back_each_other_up(roster, other, liaison));
            if let Some(other) = pair.or(others.first()) {
                let name = |liaison: &RawLiaison| quoted(liaison.id.as_ref().map_or("?", |id| id.value.as_str()));
                let message = format!("{} has the same `{word}` as {}", name(liaison), name(other));
                let diagnostic = match pair {
                    Some(_) => Diagnostic::error(Code::SharedContact, spot, message)
                        .hint("one is primary while the other is backup; an escalation must reach a different phone or mailbox"),
                    None => Diagnostic::warning(Code::SharedContact, spot, message)
                        .hint("a page to one also reaches the other; give each person their own contact"),
                };
                scope.context.diagnostics.push(diagnostic);
            }
            others.push(liaison);
        }
    }
}

/// Warns about people of different rosters who share a contact under different IDs or names.
///
/// Each person is compared with the first who has the contact: one phone for a whole department is reported once for each
/// of the others.
pub fn check_across<'a>(rosters: impl Iterator<Item = &'a RawRoster>, diagnostics: &Diagnostics) {
    let mut owners: BTreeMap<Cow<'_, str>, Vec<Owner<'_>>> = BTreeMap::new();
    for roster in rosters {
        for liaison in &roster.liaisons {
            let (Some(department), Some(id)) = (&roster.department, &liaison.id) else { continue };
            let (department, id) = (&department.value, &id.value);
            for (word, address, spot) in contacts(liaison) {
                owners.entry(lower(address)).or_default().push(Owner { department, id, liaison, word, spot });
            }
        }
    }
    let mut told: BTreeSet<(&LiaisonId, &DepartmentId, &LiaisonId)> = BTreeSet::new();
    for all in owners.values() {
        let Some((first, others)) = all.split_first() else { continue };
        for other in others.iter().filter(|other| other.department != first.department && !first.is_same(other)) {
            // Two people of one roster are reported there.
            let is_colleague = all.iter().any(|one| one.department == other.department && one.id == first.id);
            if is_colleague && first.id != other.id || !told.insert((first.id, other.department, other.id)) {
                continue;
            }
            diagnostics.push(first.report(other));
        }
    }
}

/// Who has a contact, and where.
struct Owner<'a> {
    department: &'a DepartmentId,
    id: &'a LiaisonId,
    liaison: &'a RawLiaison,
    word: &'static str,
    spot: &'a Spot,
}

impl Owner<'_> {
    /// Whether both are one person for certain.
    fn is_same(&self, other: &Self) -> bool {
        let name = |one: &Self| one.liaison.name.as_ref().map(|name| name.value.0.to_lowercase());
        let is_listed = |one: &Self| one.liaison.listed == Listed::Yes;
        self.id == other.id && ((is_listed(self) && is_listed(other)) || name(self) == name(other))
    }

    fn report(&self, other: &Self) -> Diagnostic {
        let (id, word, known, there) = (other.id, other.word, self.id, self.department);
        let (message, hint) = if id == known {
            let message = format!("`{id}` has the same `{word}` as `{id}` in `{there}`, but another name");
            (
                message,
                "if this is one person, write them once in `people.toml`; otherwise correct the contact".to_owned(),
            )
        } else {
            let message = format!("`{id}` has the same `{word}` as `{known}` in `{there}`");
            let hint = format!(
                "if this is one person, use one `id` in all rosters, such as `id = \"{known}\"`; otherwise correct the \
                 contact: a page to one also reaches the other"
            );
            (message, hint)
        };
        Diagnostic::warning(Code::SharedContact, other.spot, message).hint(hint)
    }
}

/// All addresses of a person, each with its key in the file.
fn contacts(liaison: &RawLiaison) -> impl Iterator<Item = (&'static str, &String, &Spot)> {
    let by_channel = liaison.contacts.valid.iter().map(|one| (one.channel.word(), &one.address, &one.spot));
    let further = liaison.contacts.further.iter();
    by_channel.chain(further.map(|one| (one.value.kind.word(), &one.value.address, &one.spot)))
}

fn back_each_other_up(roster: &RawRoster, one: &RawLiaison, other: &RawLiaison) -> bool {
    let (Some(one), Some(other)) = (&one.id, &other.id) else { return false };
    let meet = |primary: &LiaisonId, backup: &LiaisonId| {
        let primaries = turns(roster, primary, &Role::primary());
        let backups = turns(roster, backup, &Role::backup());
        primaries.iter().any(|one| backups.iter().any(|other| may_coincide(one, other)))
    };
    meet(&one.value, &other.value) || meet(&other.value, &one.value)
}

/// When a person may have a role by rotation.
fn turns<'a>(roster: &'a RawRoster, id: &LiaisonId, role: &Role) -> Vec<&'a RawDuring> {
    let in_role =
        roster.rotations.iter().filter(|rotation| rotation.role.as_ref().is_some_and(|one| one.value == *role));
    let with_person = in_role.filter(|rotation| {
        rotation.liaisons.as_ref().is_some_and(|list| list.items.iter().any(|one| one.value.liaison() == Some(id)))
    });
    with_person.map(|rotation| rotation.during.as_ref().map_or(&RawDuring::Always, |during| &during.value)).collect()
}

/// Whether two rotations surely apply at some time together. What is not sure is proved day by day.
fn may_coincide(one: &RawDuring, other: &RawDuring) -> bool {
    one == other || *one == RawDuring::Always || *other == RawDuring::Always
}
