//! When the answer to "who is on call" changes.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::{LiaisonId, Role};
use crate::domain::roster::Roster;
use crate::domain::roster::holder::Why;

/// One stretch of time with one holder, `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// Who holds the role, and why at `from`; nobody is a gap.
    pub holder: Option<(LiaisonId, Why)>,
}

impl Roster {
    /// The next instant at which somebody else holds the role, or nobody; none up to `until`.
    ///
    /// It is exact: only at an edge of hours, at a handoff, and at either end of an override or an absence can the answer
    /// change, and each of them is asked.
    pub fn next_change(&self, role: &Role, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let holder = self.holder_id(role, after);
        let mut at = after;
        while let Some(edge) = self.next_edge(role, at).filter(|edge| *edge < until) {
            if self.holder_id(role, edge) != holder {
                return Some(edge);
            }
            at = edge;
        }
        None
    }

    /// Who holds a role from one instant to another, without a hole.
    pub fn shifts(&self, role: &Role, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Shift> {
        let mut shifts = Vec::new();
        let mut start = from;
        while start < to {
            let end = self.next_change(role, start, to).unwrap_or(to);
            let holder = self.holder(role, start, &|_| false);
            let holder = holder.map(|holder| (holder.liaison.id.clone(), holder.why));
            shifts.push(Shift { from: start, to: end, holder });
            start = end;
        }
        shifts
    }

    fn holder_id(&self, role: &Role, at: DateTime<Utc>) -> Option<&LiaisonId> {
        self.holder(role, at, &|_| false).map(|holder| &holder.liaison.id)
    }

    /// The next instant at which the answer could change.
    fn next_edge(&self, role: &Role, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let matters = |one: &Role| one == role || (*role == Role::backup() && *one == Role::primary());
        let overrides = self.overrides.iter().filter(|change| matters(&change.role));
        let absences = self.liaisons.iter().flat_map(|liaison| &liaison.away);
        let ends = overrides.flat_map(|change| [change.from, change.to]);
        let ends = ends.chain(absences.flat_map(|away| [away.from, away.to])).filter(|at| *at > after);
        let rotations = self.rotations.iter().filter(|rotation| matters(&rotation.role));
        let handoffs = rotations.filter_map(|rotation| rotation.next_handoff(self.timezone, after));
        let hours = self.hours.next_edge(self.timezone, after).or_else(|| self.closed_for_long(after));
        ends.chain(handoffs).chain(hours).min()
    }

    /// Where no hours begin or end within a month, the search goes on from there.
    fn closed_for_long(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (!self.hours.is_empty()).then(|| after + TimeDelta::days(28))
    }
}
