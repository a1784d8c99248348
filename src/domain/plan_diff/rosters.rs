//! Differences between two versions of a roster, apart from who is on call.

use std::collections::BTreeSet;

use crate::domain::contact::{ChannelKind, Contact, FurtherKind};
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::local_time;
use crate::domain::plan::Plan;
use crate::domain::plan_diff::change::Change;
use crate::domain::plan_diff::fact::{Contacts, Fact, changed, unmatched};
use crate::domain::plan_diff::hours;
use crate::domain::plan_diff::people::{People, Person};
use crate::domain::plan_diff::window::{Window, local_span};
use crate::domain::plan_diff::windows;
use crate::domain::roster::rotation::{During, Rotation};
use crate::domain::roster::{Away, Liaison, Override, Roster};
use crate::domain::wait::Wait;

/// A department was added, removed or changed.
#[derive(Debug, Clone)]
pub struct DepartmentChange {
    pub department: DepartmentId,
    /// Its display name, from the new plan if it has one.
    pub name: String,
    pub change: Change,
    /// The differences; for a new department, its details.
    pub facts: Vec<Fact>,
}

/// Every department that differs between the plans, in order.
pub fn changes(old: &Plan, new: &Plan, window: Window, contacts: Contacts) -> Vec<DepartmentChange> {
    let departments: BTreeSet<_> = old.rosters.keys().chain(new.rosters.keys()).collect();
    let change = |department: &DepartmentId| match (old.rosters.get(department), new.rosters.get(department)) {
        (Some(before), Some(after)) => {
            let facts =
                Comparison { old: before, new: after, people: People::between(before, after), window, contacts }
                    .facts();
            (!facts.is_empty()).then(|| told(after, Change::Changes, facts))
        }
        (None, Some(after)) => Some(told(after, Change::Comes, introduction(after, contacts))),
        (Some(before), None) => Some(told(before, Change::Goes, Vec::new())),
        (None, None) => None,
    };
    departments.into_iter().filter_map(change).collect()
}

fn told(roster: &Roster, change: Change, facts: Vec<Fact>) -> DepartmentChange {
    DepartmentChange { department: roster.department.clone(), name: roster.name.clone(), change, facts }
}

/// The details of a new department.
fn introduction(roster: &Roster, contacts: Contacts) -> Vec<Fact> {
    let escalation = changed("escalation", None, roster.escalate_to.as_ref());
    escalation.into_iter().chain(roster.liaisons.iter().map(|liaison| newcomer(liaison, contacts))).collect()
}

fn newcomer(liaison: &Liaison, contacts: Contacts) -> Fact {
    let all = ChannelKind::ALL.into_iter().filter(|_| contacts == Contacts::Shown);
    let own = all.filter_map(|channel| address(liaison, channel));
    let parts: Vec<&str> = std::iter::once(liaison.name.as_str()).chain(own).collect();
    Fact { what: "liaison".into(), before: None, after: Some(parts.join(", ")) }
}

/// Two versions of one department's roster.
struct Comparison<'a> {
    old: &'a Roster,
    new: &'a Roster,
    people: People,
    window: Window,
    contacts: Contacts,
}

impl Comparison<'_> {
    fn facts(&self) -> Vec<Fact> {
        let (old, new) = (self.old, self.new);
        let mut facts: Vec<Fact> = Vec::new();
        facts.extend(changed("name", Some(&old.name), Some(&new.name)));
        facts.extend(changed("time zone", Some(old.timezone.name()), Some(new.timezone.name())));
        facts.extend(changed("escalation", old.escalate_to.as_ref(), new.escalate_to.as_ref()));
        let today = local_time::to_local(&new.timezone, self.window.from).date();
        facts.extend(hours::facts(&old.hours, &new.hours, today));
        facts.extend(windows::facts(old, new));
        facts.extend(changed("approvers", approvers(old), approvers(new)));
        facts.extend(self.liaisons());
        facts.extend(self.rotations());
        facts.extend(self.overrides());
        facts.extend(self.absences());
        facts.extend(windows::unavailable(old, new, &self.people, self.window.from));
        facts
    }

    fn liaisons(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (before, after) in self.people.renamed() {
            let name = Person::of(self.new, after).name;
            facts.extend(changed(format!("id of {name}"), Some(before), Some(after)));
        }
        for before in &self.old.liaisons {
            match self.new.liaison(self.people.now(&before.id)) {
                Some(after) => facts.extend(person(before, after, self.contacts)),
                None => {
                    facts.push(Fact { what: "liaison".into(), before: Some(before.name.clone()), after: None });
                }
            }
        }
        let was_there = |id: &LiaisonId| self.old.liaisons.iter().any(|before| self.people.is_one(&before.id, id));
        let new = self.new.liaisons.iter().filter(|liaison| !was_there(&liaison.id));
        facts.extend(new.map(|liaison| newcomer(liaison, self.contacts)));
        facts
    }

    fn rotations(&self) -> Vec<Fact> {
        let is_same = |before: &Rotation, after: &Rotation| {
            let now = before.liaisons.iter().map(|turn| turn.as_ref().map(|id| self.people.now(id)));
            let people = now.eq(after.liaisons.iter().map(Option::as_ref));
            let place = (&before.role, before.during.word()) == (&after.role, after.during.word());
            people && place && before.every == after.every && before.handoff == after.handoff
        };
        let (gone, mut new) = unmatched(&self.old.rotations, &self.new.rotations, is_same);
        let mut facts = Vec::new();
        for before in gone {
            let is_heir =
                |after: &&Rotation| (&after.role, after.during.word()) == (&before.role, before.during.word());
            let heir = new.iter().position(is_heir);
            let after = heir.map(|position| rotation(self.new, new.remove(position)));
            facts.push(Fact { what: rotation_name(before), before: Some(rotation(self.old, before)), after });
        }
        let new = new.into_iter();
        facts.extend(new.map(|after| Fact {
            what: rotation_name(after),
            before: None,
            after: Some(rotation(self.new, after)),
        }));
        facts
    }

    fn overrides(&self) -> Vec<Fact> {
        let coming = |roster: &Roster| {
            let coming = roster.overrides.iter().filter(|change| change.to > self.window.from);
            coming.cloned().collect::<Vec<_>>()
        };
        let (before, after) = (coming(self.old), coming(self.new));
        let (gone, new) = unmatched(&before, &after, |before, after| {
            let when = (&before.role, before.from, before.to) == (&after.role, after.from, after.to);
            when && self.people.is_one(&before.liaison, &after.liaison)
        });
        let what = |change: &Override| format!("override of {}", change.role);
        let gone = gone.into_iter().map(|one| Fact {
            what: what(one),
            before: Some(override_text(self.old, one)),
            after: None,
        });
        let new = new.into_iter().map(|one| Fact {
            what: what(one),
            before: None,
            after: Some(override_text(self.new, one)),
        });
        gone.chain(new).collect()
    }

    fn absences(&self) -> Vec<Fact> {
        let coming = |liaison: &Liaison| {
            let coming = liaison.away.iter().filter(|away| away.to > self.window.from);
            coming.cloned().collect::<Vec<_>>()
        };
        let mut facts = Vec::new();
        for after in &self.new.liaisons {
            let before = self.old.liaisons.iter().find(|before| self.people.is_one(&before.id, &after.id));
            let (before, coming_now) = (before.map(coming).unwrap_or_default(), coming(after));
            let (gone, new) = unmatched(&before, &coming_now, |before, after| {
                let cover = before.cover.as_ref().map(|id| self.people.now(id));
                (before.from, before.to, cover) == (after.from, after.to, after.cover.as_ref())
            });
            let what = format!("absence of {}", after.name);
            facts.extend(gone.into_iter().map(|away| {
                let before = Some(absence_text(self.old, away));
                Fact { what: what.clone(), before, after: None }
            }));
            facts.extend(new.into_iter().map(|away| {
                let after = Some(absence_text(self.new, away));
                Fact { what: what.clone(), before: None, after }
            }));
        }
        facts
    }
}

/// Differences in how a person is reached.
fn person(before: &Liaison, after: &Liaison, contacts: Contacts) -> Vec<Fact> {
    let name = &after.name;
    let of_channel = |channel: ChannelKind| {
        let what = format!("{} of {name}", channel.contact_word());
        contacts.changed(what, address(before, channel), address(after, channel))
    };
    let mut facts = Vec::from_iter(changed(format!("name of `{}`", after.id), Some(&before.name), Some(&after.name)));
    facts.extend(ChannelKind::ALL.into_iter().filter_map(of_channel));
    let further = |liaison: &Liaison, kind| {
        let all: Vec<&str> = liaison.contacts.further(kind).collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    facts.extend(FurtherKind::ALL.into_iter().filter_map(|kind| {
        let what = format!("{} of {name}", kind.contact_word());
        contacts.changed(what, further(before, kind).as_deref(), further(after, kind).as_deref())
    }));
    facts.extend(changed(format!("consent of {name} to text messages"), before.sms_consent, after.sms_consent));
    facts.extend(changed(format!("channels of {name}"), order(before), order(after)));
    facts
}

fn address(liaison: &Liaison, channel: ChannelKind) -> Option<&str> {
    liaison.contacts.of(channel).map(|contact| contact.address.as_str())
}

/// `sms at once, email after 2m`; `None` for a person who cannot be reached.
fn order(liaison: &Liaison) -> Option<String> {
    let step = |(contact, after): (&Contact, Wait)| match after.as_seconds() {
        0 => format!("{} at once", contact.channel),
        _ => format!("{} after {after}", contact.channel),
    };
    let steps: Vec<String> = liaison.contacts.in_order().map(step).collect();
    (!steps.is_empty()).then(|| steps.join(", "))
}

/// Who approves statements, in order; `None` if the primary does.
fn approvers(roster: &Roster) -> Option<String> {
    let names: Vec<String> = roster.approvers.iter().map(|id| Person::of(roster, id).name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn rotation_name(rotation: &Rotation) -> String {
    let during = match &rotation.during {
        During::Hours => "in hours".to_owned(),
        During::AfterHours => "after hours".to_owned(),
        During::Always => "at all times".to_owned(),
        During::Window(window) => format!("in window `{}`", window.name),
    };
    format!("rotation of {} {during}", rotation.role)
}

/// `Maria Rivera, June Chen; 1 week each, from 2026-01-05 08:00`.
fn rotation(roster: &Roster, rotation: &Rotation) -> String {
    let name =
        |turn: &Option<LiaisonId>| turn.as_ref().map_or("free turn".to_owned(), |id| Person::of(roster, id).name);
    let names: Vec<String> = rotation.liaisons.iter().map(name).collect();
    let every = rotation.every.map(|every| format!("{every} each"));
    let handoff = rotation.handoff.map(|local| format!("from {}", local.format("%Y-%m-%d %H:%M")));
    let turns: Vec<String> = every.into_iter().chain(handoff).collect();
    if turns.is_empty() { names.join(", ") } else { format!("{}; {}", names.join(", "), turns.join(", ")) }
}

fn override_text(roster: &Roster, change: &Override) -> String {
    let reason = change.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let span = local_span(&roster.timezone, change.from, change.to);
    format!("{}, {span}{reason}", Person::of(roster, &change.liaison).name)
}

fn absence_text(roster: &Roster, away: &Away) -> String {
    let cover = away.cover.as_ref().map(|id| format!(", covered by {}", Person::of(roster, id).name));
    format!("{}{}", local_span(&roster.timezone, away.from, away.to), cover.unwrap_or_default())
}
