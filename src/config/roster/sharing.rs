//! Contacts shared by two people: a page to one also reaches the other, so escalation has no effect.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::config::diagnostics::quoted;
use crate::config::roster::raw::{RawDuring, RawLiaison, RawRoster};
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::{LiaisonId, Role};
use crate::domain::label::lower;

/// An error for a primary and a backup on call at the same time, a warning for others.
pub(super) fn check(roster: &RawRoster, scope: &Scope<'_>) {
    let mut owners: BTreeMap<Cow<'_, str>, Vec<&RawLiaison>> = BTreeMap::new();
    for liaison in &roster.liaisons {
        let by_channel = liaison.contacts.valid.iter().map(|one| (one.channel.word(), &one.address, &one.spot));
        let further = liaison.contacts.further.iter();
        let further = further.map(|one| (one.value.kind.word(), &one.value.address, &one.spot));
        for (word, address, spot) in by_channel.chain(further) {
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
