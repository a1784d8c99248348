//! Who approves for a department, in the order in which they are asked.

use chrono::{DateTime, Utc};

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::statements::state::{Approval, Stage, Statement};
use crate::domain::escalation::step_resolution::is_to_person;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::involved::Involved;
use crate::domain::plan::{Found, Plan, Search};
use crate::domain::principal::{Principal, RosterEntry};
use crate::domain::roster::on_call::{Rule, Why};

impl Draft<'_> {
    /// Who is asked to approve for a department: its `approvers`, whoever is on call first, then its backup, the primary
    /// of its `escalate_to`, and the fallback department's. Nobody who is away, involved, or cannot be reached. Whoever
    /// wrote the version comes last.
    pub(in crate::domain::escalation) fn approvers(
        &self,
        department: &DepartmentId,
        author: &Principal,
    ) -> Vec<Found<'_>> {
        let (plan, wall) = (self.context.plan, self.context.now.wall);
        let search = Search::new(plan, wall, &self.incident.involved);
        let roster = plan.rosters.get(department);
        let mut found = self.own_approvers(department, &search);
        found.extend(search.role(department, &Role::backup()));
        let escalate_to = roster.and_then(|roster| roster.escalate_to.as_ref());
        let others = escalate_to.into_iter().chain([&plan.fallback]);
        found.extend(others.filter_map(|other| search.role(other, &Role::primary())));
        found.retain(|one| plan.reaches(one.liaison));
        if found.iter().all(|one| self.is_by(author, one)) {
            let is_free = |one: &Found| plan.reaches(one.liaison) && !self.is_by(author, one);
            found.extend(search.last_resort(department, &Role::primary(), &is_free));
        }
        let mut once: Vec<Found<'_>> = Vec::new();
        for one in found {
            let key = (&one.department, &one.liaison.id);
            if !once.iter().any(|known| is_to_person(plan, key, known)) {
                once.push(one);
            }
        }
        let (own, mut others): (Vec<_>, Vec<_>) = once.into_iter().partition(|one| self.is_by(author, one));
        others.extend(own);
        others
    }

    /// The people whom the roster names, or the department's primary.
    fn own_approvers<'a>(&'a self, department: &DepartmentId, search: &Search<'a>) -> Vec<Found<'a>> {
        let wall = self.context.now.wall;
        let Some(roster) = self.context.plan.rosters.get(department) else { return Vec::new() };
        if roster.approvers.is_empty() {
            return search.role(department, &Role::primary()).into_iter().collect();
        }
        let on_call: Vec<Found<'_>> = roster.roles().iter().filter_map(|role| search.role(department, role)).collect();
        let listed = roster.approvers.iter().filter_map(|id| search.liaison(department, id));
        let present = listed.filter(|liaison| !roster.is_away(liaison, wall));
        let found = present.map(|liaison| {
            let duty = on_call.iter().find(|one| one.liaison.id == liaison.id);
            let role = duty.map_or_else(Role::approver, |one| one.role.clone());
            let why = Why::new(liaison.place.clone(), Rule::Approver);
            (duty.is_some(), Found { department: department.clone(), role, liaison, why })
        });
        let (first, later): (Vec<_>, Vec<_>) = found.partition(|(is_on_call, _)| *is_on_call);
        first.into_iter().chain(later).map(|(_, found)| found).collect()
    }

    pub(in crate::domain::escalation) fn may_approve(&self, by: &Principal, approval: &Approval) -> bool {
        may_approve(self.context.plan, self.context.now.wall, &self.incident.involved, by, approval)
    }

    /// Whether each approver of a department other than the author is away, involved, or did not answer in time.
    pub(in crate::domain::escalation) fn only_the_author_is_left(
        &self,
        statement: &Statement,
        approval: &Approval,
    ) -> bool {
        let now = self.context.now.logical;
        let approvers = self.approvers(&approval.department, &statement.author);
        let mut others = approvers.iter().filter(|one| !self.is_by(&statement.author, one));
        others.all(|other| {
            let mut asked = approval
                .asked
                .iter()
                .filter(|asked| is_to_person(self.context.plan, (&asked.roster, &asked.liaison), other));
            asked.any(|asked| asked.until.is_some_and(|until| until <= now))
        })
    }

    /// Whether a person found in a roster is this one.
    pub(in crate::domain::escalation) fn is_by(&self, by: &Principal, found: &Found) -> bool {
        let plan = self.context.plan;
        let mut known = entries_now(plan, by).iter();
        is_listed_as(plan, by, found) || known.any(|one| is_to_person(plan, (&one.roster, &one.liaison), found))
    }

    /// Whether somebody wrote a version, whatever entry in the rosters they had then and have now.
    pub(in crate::domain::escalation) fn wrote(&self, author: &Principal, by: &Principal) -> bool {
        let plan = self.context.plan;
        let has = |one: &Principal, other: &Principal| {
            entries_now(plan, one).iter().any(|entry| other.is_listed_as(&entry.roster, &entry.liaison))
        };
        author.is_same(by) || has(author, by) || has(by, author)
    }
}

/// Whether somebody may approve for a department: one of its approvers, or somebody who was asked.
fn may_approve(plan: &Plan, wall: DateTime<Utc>, involved: &Involved, by: &Principal, approval: &Approval) -> bool {
    let listed = |roster: &DepartmentId, liaison: &LiaisonId| plan.rosters.get(roster)?.liaison(liaison);
    let was_asked = approval.asked.iter().any(|asked| {
        let Some(known) = listed(&asked.roster, &asked.liaison) else { return false };
        let mut entries = by.entries().filter_map(|one| Some((one.roster, listed(one.roster, one.liaison)?)));
        entries.any(|(roster, other)| other.is_same_person(roster, known, &asked.roster))
    });
    let Some(roster) = plan.rosters.get(&approval.department) else { return was_asked };
    let mut approvers = roster.approvers.iter().filter(|id| roster.liaison(id).is_some());
    let is_listed = approvers.any(|id| by.is_listed_as(&approval.department, id));
    let primary = || Search::new(plan, wall, involved).role(&approval.department, &Role::primary());
    let is_primary = roster.approvers.is_empty() && primary().is_some_and(|found| is_listed_as(plan, by, &found));
    was_asked || is_listed || is_primary
}

/// The entries in the rosters that somebody who signed in has today: with an emergency code they act with none.
fn entries_now<'a>(plan: &'a Plan, by: &Principal) -> &'a [RosterEntry] {
    let person = match by {
        Principal::Person { person, .. } => plan.people().person(person),
        _ => None,
    };
    person.map_or(&[], |person| &person.entries)
}

fn is_listed_as(plan: &Plan, by: &Principal, found: &Found) -> bool {
    by.entries().any(|entry| is_to_person(plan, (entry.roster, entry.liaison), found))
}

impl Incident {
    /// The statements of which somebody may approve the latest version, with the departments for which they may.
    /// Whether they are involved is not looked at.
    pub fn approved_by<'a>(
        &'a self,
        plan: &'a Plan,
        wall: DateTime<Utc>,
        by: &'a Principal,
    ) -> impl Iterator<Item = (&'a Statement, &'a Approval)> {
        let all = self.all_statements().iter().filter(|one| one.stage.is_open());
        let approvals = all.flat_map(|one| one.approvals.iter().map(move |approval| (one, approval)));
        approvals.filter(move |(_, approval)| may_approve(plan, wall, &self.involved, by, approval))
    }

    /// Those that wait for them.
    pub fn waiting_for<'a>(
        &'a self,
        plan: &'a Plan,
        wall: DateTime<Utc>,
        by: &'a Principal,
    ) -> impl Iterator<Item = (&'a Statement, &'a Approval)> {
        let all = self.approved_by(plan, wall, by);
        all.filter(|(one, approval)| one.stage == Stage::Submitted && !approval.is_approved())
    }
}
