//! The one rule that says who holds a role at an instant.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::{LiaisonId, Role};
use crate::domain::roster::rotation::{During, Rotation};
use crate::domain::roster::{Liaison, Place, Roster};

/// Who holds a role, and why.
#[derive(Debug, Clone)]
pub struct Holder<'roster> {
    /// The person.
    pub liaison: &'roster Liaison,
    /// The line and the rule that chose the person.
    pub why: Why,
}

/// The line of a file and the rule that chose a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The line.
    #[serde(flatten)]
    pub place: Place,
    /// The rule.
    pub rule: Rule,
}

/// Which part of the rule chose a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// An override covers the instant.
    Override,
    /// It is the person's turn.
    Turn,
    /// The person whose turn it is is away, and this one covers.
    Cover,
    /// Those before in the rotation cannot hold the role.
    NextInRotation,
    /// The person has acknowledged it.
    HasIt,
    /// Nobody holds a role, and this is the first person who can be reached at all.
    LastResort,
}

impl Rule {
    /// The rule in words, for people who ask why.
    pub fn words(self) -> &'static str {
        match self {
            Self::Override => "an override covers this time",
            Self::Turn => "it is this person's turn",
            Self::Cover => "covers for the person whose turn it is",
            Self::NextInRotation => "next in the rotation, as those before cannot hold the role",
            Self::HasIt => "this person has acknowledged it",
            Self::LastResort => "nobody is on call, and this person can be reached",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.words())
    }
}

/// Says of a liaison whether a page must pass them over, as for people involved in the incident.
pub type PassOver<'a> = &'a dyn Fn(&Liaison) -> bool;

impl Roster {
    /// Who holds a role at an instant; `None` is a gap.
    ///
    /// Candidates are the people of the overrides that cover the instant, the last in the file first; then, from the
    /// first rotation whose `during` holds and whose handoff has come, the person whose turn it is, who covers for them
    /// when they are away, and the others in order. The first who is not away, not passed over and, for `backup`, does
    /// not hold `primary`, holds the role.
    pub fn holder(&self, role: &Role, at: DateTime<Utc>, pass_over: PassOver) -> Option<Holder<'_>> {
        let primary = if *role == Role::backup() { self.holder(&Role::primary(), at, pass_over) } else { None };
        let is_primary = |liaison: &Liaison| primary.as_ref().is_some_and(|holder| holder.liaison.id == liaison.id);
        self.candidates(role, at)
            .into_iter()
            .filter_map(|candidate| Some(Holder { liaison: self.liaison(candidate.id)?, why: candidate.why }))
            .find(|holder| {
                holder.liaison.absence(at).is_none() && !is_primary(holder.liaison) && !pass_over(holder.liaison)
            })
    }

    /// The roles that the roster names, `primary` and `backup` first.
    pub fn roles(&self) -> Vec<Role> {
        let named = self.rotations.iter().map(|rotation| &rotation.role);
        let overridden = self.overrides.iter().map(|change| &change.role);
        let mut roles = vec![Role::primary(), Role::backup()];
        for role in named.chain(overridden) {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        roles
    }

    fn candidates(&self, role: &Role, at: DateTime<Utc>) -> Vec<Candidate<'_>> {
        let covering =
            self.overrides.iter().rev().filter(|change| change.role == *role && change.from <= at && at < change.to);
        let mut candidates: Vec<_> =
            covering.map(|change| Candidate::new(&change.liaison, &change.place, Rule::Override)).collect();
        if let Some(rotation) = self.rotation_in_force(role, at) {
            self.push_rotation(rotation, at, &mut candidates);
        }
        candidates
    }

    fn rotation_in_force(&self, role: &Role, at: DateTime<Utc>) -> Option<&Rotation> {
        let staffed = self.is_staffed(at);
        self.rotations.iter().find(|rotation| {
            let holds = match rotation.during {
                During::Hours => staffed,
                During::AfterHours => !staffed,
                During::Always => true,
            };
            rotation.role == *role && holds && rotation.has_begun(self.timezone, at)
        })
    }

    fn push_rotation<'roster>(
        &'roster self,
        rotation: &'roster Rotation,
        at: DateTime<Utc>,
        candidates: &mut Vec<Candidate<'roster>>,
    ) {
        let people = &rotation.liaisons;
        let turn = rotation.turn(self.timezone, at);
        let Some(first) = people.get(turn) else { return };
        candidates.push(Candidate::new(first, &rotation.place, Rule::Turn));
        let absence = self.liaison(first).and_then(|liaison| liaison.absence(at));
        if let Some((away, cover)) = absence.and_then(|away| Some((away, away.cover.as_ref()?))) {
            candidates.push(Candidate::new(cover, &away.place, Rule::Cover));
        }
        let others = people.iter().cycle().skip(turn + 1).take(people.len() - 1);
        candidates.extend(others.map(|id| Candidate::new(id, &rotation.place, Rule::NextInRotation)));
    }
}

struct Candidate<'roster> {
    id: &'roster LiaisonId,
    why: Why,
}

impl<'roster> Candidate<'roster> {
    fn new(id: &'roster LiaisonId, place: &Place, rule: Rule) -> Self {
        Self { id, why: Why { place: place.clone(), rule } }
    }
}
