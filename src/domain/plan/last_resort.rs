//! Whom to page, and whom they can hand the incident to, if everyone who would be paged is involved.

use crate::domain::id::Role;
use crate::domain::plan::{Found, Search, found};
use crate::domain::roster::Liaison;
use crate::domain::roster::on_call::{Rule, Why};

impl<'plan> Search<'plan> {
    /// Whether the incident names anyone as involved.
    pub fn names_anybody(&self) -> bool {
        !self.involved.is_empty()
    }

    /// Everyone in the rosters who is not involved, present or away; the fallback department's people come first.
    pub fn not_involved(&self) -> impl Iterator<Item = Found<'plan>> {
        self.everybody().filter(|found| !self.is_out(found.liaison))
    }

    /// The fallback department's primary despite being involved; otherwise its backup, or anyone accepted by `free`.
    pub fn although_involved(&self, free: &dyn Fn(&Found) -> bool) -> Option<Found<'plan>> {
        let fallback = &self.plan.fallback;
        let holder = |role: &Role| self.plan.rosters.get(fallback)?.on_call(role, self.at, &|_| false);
        let on_call = [Role::primary(), Role::backup()];
        let mut on_call = on_call.iter().filter_map(|role| Some(found(fallback, role, holder(role)?)));
        on_call.find(free).or_else(|| self.everybody().find(free))
    }

    fn everybody(&self) -> impl Iterator<Item = Found<'plan>> {
        let fallback = self.plan.rosters.get(&self.plan.fallback).into_iter();
        let others = self.plan.rosters.values().filter(|roster| roster.department != self.plan.fallback);
        let all = fallback.chain(others).flat_map(|roster| roster.liaisons.iter().map(move |one| (roster, one)));
        all.map(|(roster, liaison)| Found {
            department: roster.department.clone(),
            role: Role::primary(),
            liaison,
            why: last_resort(liaison),
        })
    }
}

fn last_resort(liaison: &Liaison) -> Why {
    Why::new(liaison.place.clone(), Rule::LastResort)
}
