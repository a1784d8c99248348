//! Contacts shared by two people: a page to one also reaches the other, so escalation has no effect.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::config::contact::RawContact;
use crate::config::diagnostics::quoted;
use crate::config::roster::raw::{RawLiaison, RawRoster};
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::contact::ChannelKind;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::label::lower;
use crate::domain::roster::rotation::During;

/// An error for a primary and a backup on call at the same time, a warning for others.
pub(super) fn check(roster: &RawRoster, scope: &Scope<'_>) {
    for channel in ChannelKind::ALL {
        let mut owners: BTreeMap<Cow<'_, str>, Vec<&RawLiaison>> = BTreeMap::new();
        for liaison in &roster.liaisons {
            let Some(RawContact { address, spot, .. }) = liaison.contacts.of(channel) else { continue };
            let others = owners.entry(lower(address)).or_default();
            let pair = others.iter().find(|other| back_each_other_up(roster, other, liaison));
            if let Some(other) = pair.or(others.first()) {
                let name = |liaison: &RawLiaison| quoted(liaison.id.as_ref().map_or("?", |id| id.value.as_str()));
                let message = format!("{} has the same `{channel}` as {}", name(liaison), name(other));
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
        primaries.iter().any(|one| backups.iter().any(|other| may_coincide(*one, *other)))
    };
    meet(&one.value, &other.value) || meet(&other.value, &one.value)
}

/// When a person may have a role by rotation.
fn turns(roster: &RawRoster, id: &LiaisonId, role: &Role) -> Vec<During> {
    let in_role =
        roster.rotations.iter().filter(|rotation| rotation.role.as_ref().is_some_and(|one| one.value == *role));
    let with_person = in_role.filter(|rotation| {
        rotation.liaisons.as_ref().is_some_and(|list| list.items.iter().any(|one| one.value == *id))
    });
    with_person.map(|rotation| rotation.during.as_ref().map_or(During::Always, |during| during.value)).collect()
}

fn may_coincide(one: During, other: During) -> bool {
    one == other || one == During::Always || other == During::Always
}
