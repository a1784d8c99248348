//! Decides whom to page about what is owed.
//!
//! Before the resolution, whoever has the track of a department is paged once when a task of it is overdue, and its primary
//! once if that task is still open [`PRIMARY_AFTER`] that. Several overdue tasks of a department are one page.
//!
//! After the resolution, each department's owner of open tasks is told at once if it is daytime there, unless they
//! resolved the incident themselves, and then once on each day on which the department opens. The owner is the person a
//! task is for, else whoever has the track, else the primary.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{Because, Event, PassedOver};
use crate::domain::escalation::incident::OpenPage;
use crate::domain::escalation::owed::by_day::{is_by_day, is_same_day, next_day, next_morning};
use crate::domain::escalation::owed::follow_up::FollowUp;
use crate::domain::escalation::step_resolution::{StepResolution, is_to_person};
use crate::domain::escalation::tasks::due::next_look;
use crate::domain::escalation::tasks::list::Task;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::page::PageReason;
use crate::domain::plan::{Found, Search};
use crate::domain::playbook::ladder::Target;
use crate::domain::roster::on_call::{Rule, Why};

/// How long after the person who has the track the department's primary is paged about an overdue task: the time to do
/// something about it and to say so.
pub const PRIMARY_AFTER: TimeDelta = TimeDelta::minutes(30);

impl Draft<'_> {
    /// What is due beside the ladder.
    pub(in crate::domain::escalation) fn due_follow_up(&self) -> Option<Event> {
        let now = self.context.now;
        self.incident.follow_up_at.filter(|at| *at <= now.logical)?;
        let mut open = self.incident.tasks(self.context.playbook);
        open.retain(Task::is_open);
        let is_resolved = self.incident.resolved.is_some();
        let of_department = open.iter().find_map(|first| {
            let theirs: Vec<&Task> = open.iter().filter(|task| task.department == first.department).collect();
            if is_resolved { self.owed(first.department, &theirs) } else { self.overdue(first.department, &theirs) }
        });
        let nothing = || FollowUp {
            department: None,
            reason: if is_resolved { PageReason::Owed } else { PageReason::Overdue },
            tasks: 0,
            pages: Vec::new(),
            passed_over: Vec::new(),
            overdue_through: None,
            again_at: None,
            next_at: None,
        };
        let follow_up = of_department.unwrap_or_else(nothing);
        let mut after = self.incident.clone();
        after.followed_up(now.logical, &follow_up);
        let next_at = next_look(&after, self.context);
        Some(Event::FollowedUp(Box::new(FollowUp { next_at, ..follow_up })))
    }

    fn overdue(&self, department: &DepartmentId, open: &[&Task]) -> Option<FollowUp> {
        let now = self.context.now;
        let mut overdue = open.to_vec();
        overdue.retain(|task| task.is_overdue(now.wall));
        let told = self.incident.told(department);
        let through = told.and_then(|told| told.overdue_through);
        let is_new = |task: &&&Task| task.due_at.is_some_and(|due| through.is_none_or(|through| due > through));
        let again_at = told.and_then(|told| told.again_at);
        if overdue.iter().any(|task| is_new(&task)) {
            let mut resolution = self.owners(department, &overdue, &|_| true);
            let again_at = if resolution.people.is_empty() {
                self.add_primary(department, &mut resolution, &|_| true);
                None
            } else {
                let pending = again_at.filter(|at| *at > now.logical);
                Some(pending.unwrap_or(now.logical + PRIMARY_AFTER))
            };
            return Some(self.follow_up(department, PageReason::Overdue, &overdue, resolution, again_at));
        }
        if overdue.is_empty() || again_at.is_none_or(|at| at > now.logical) {
            return None;
        }
        let recently = |page: &OpenPage| {
            page.reason == PageReason::Overdue && now.logical - page.at <= PRIMARY_AFTER + TimeDelta::minutes(1)
        };
        let mut resolution = StepResolution::default();
        self.add_primary(department, &mut resolution, &|_| true);
        let (already, people) = resolution.people.into_iter().partition(|(found, _)| self.was_paged(found, &recently));
        resolution.people = people;
        let already: Vec<(Found, _)> = already;
        resolution.passed_over.extend(already.iter().map(|(found, _)| passed_over(Some(found), Because::PagedAlready)));
        Some(self.follow_up(department, PageReason::Overdue, &overdue, resolution, None))
    }

    fn owed(&self, department: &DepartmentId, open: &[&Task]) -> Option<FollowUp> {
        let (plan, now) = (self.context.plan, self.context.now);
        let again_at = self.incident.told(department).and_then(|told| told.again_at);
        if again_at.is_some_and(|at| at > now.logical) {
            return None;
        }
        let logical = |wall: DateTime<Utc>| now.logical + (wall - now.wall);
        if !is_by_day(plan, department, now.wall) {
            let morning = logical(next_morning(plan, department, now.wall));
            return Some(self.follow_up(department, PageReason::Owed, open, StepResolution::default(), Some(morning)));
        }
        let resolved_it = |found: &Found| {
            let by = self.incident.resolved.as_ref().map(|resolution| &resolution.by);
            again_at.is_none()
                && by.is_some_and(|by| by.entries().any(|one| is_to_person(plan, (one.roster, one.liaison), found)))
        };
        let was_told_today = |found: &Found| {
            self.was_paged(found, &|page| {
                let told_at = now.on_the_wall(page.at);
                page.reason == PageReason::Owed && is_same_day(plan, department, told_at, now.wall)
            })
        };
        let is_reached = |found: &Found| !self.was_not_reached(found);
        let mut resolution = self.owners(department, open, &is_reached);
        if resolution.people.is_empty() {
            self.add_primary(department, &mut resolution, &is_reached);
        }
        let is_told = |found: &Found| !resolved_it(found) && !was_told_today(found);
        let already = resolution.people.iter().filter(|(found, _)| !is_told(found));
        let already: Vec<PassedOver> =
            already.map(|(found, _)| passed_over(Some(found), Because::PagedAlready)).collect();
        resolution.people.retain(|(found, _)| is_told(found));
        resolution.passed_over.extend(already.into_iter().filter(|_| again_at.is_some()));
        let tomorrow = logical(next_day(plan, department, now.wall));
        Some(self.follow_up(department, PageReason::Owed, open, resolution, Some(tomorrow)))
    }

    fn follow_up(
        &self,
        department: &DepartmentId,
        reason: PageReason,
        tasks: &[&Task],
        resolution: StepResolution,
        again_at: Option<DateTime<Utc>>,
    ) -> FollowUp {
        FollowUp {
            department: Some(department.clone()),
            reason,
            tasks: u32::try_from(tasks.len()).unwrap_or(u32::MAX),
            pages: resolution.pages(self.incident.pages_made, self.context),
            passed_over: resolution.passed_over,
            overdue_through: (reason == PageReason::Overdue).then_some(self.context.now.wall),
            again_at,
            next_at: None,
        }
    }

    /// The people the tasks are for, and whoever has the department's track, if a task is for nobody by name.
    fn owners(&self, department: &DepartmentId, tasks: &[&Task], free: &dyn Fn(&Found) -> bool) -> StepResolution<'_> {
        let (plan, now) = (self.context.plan, self.context.now);
        let search = Search::new(plan, now.wall, &self.incident.involved);
        let mut resolution = StepResolution::default();
        let can_be_paged = |found: &Found| {
            !search.is_involved(&found.department, &found.liaison.id) && plan.reaches(found.liaison) && free(found)
        };
        let mut is_for_holder = false;
        for task in tasks {
            let named = task.to.and_then(|to| {
                let liaison = search.liaison(&to.roster, &to.liaison)?;
                let why = Why::new(liaison.place.clone(), Rule::HandedOver);
                Some(Found { department: to.roster.clone(), role: Role::primary(), liaison, why })
            });
            match named.filter(can_be_paged) {
                Some(found) => resolution.add(found, None, plan, now.logical),
                None => is_for_holder = true,
            }
        }
        let acknowledged = self.incident.track(department).and_then(|track| track.acknowledged.as_ref());
        let holder = acknowledged.filter(|_| is_for_holder).and_then(|acknowledged| self.who_has_it(&acknowledged.by));
        match holder.filter(can_be_paged) {
            Some(found) => resolution.add(found, None, plan, now.logical),
            None if is_for_holder && !resolution.people.is_empty() => {
                self.add_primary(department, &mut resolution, free);
            }
            None => {}
        }
        resolution
    }

    /// The department's primary, else its backup, else whoever answers for a department that cannot.
    fn add_primary<'a>(
        &'a self,
        department: &DepartmentId,
        resolution: &mut StepResolution<'a>,
        free: &dyn Fn(&Found) -> bool,
    ) {
        let (plan, now) = (self.context.plan, self.context.now);
        let search = Search::new(plan, now.wall, &self.incident.involved);
        match search.role(department, &Role::primary()) {
            Some(found) if plan.reaches(found.liaison) && free(&found) => {
                return resolution.add(found, None, plan, now.logical);
            }
            Some(found) => {
                let because = if plan.reaches(found.liaison) { Because::Unreachable } else { Because::NoChannel };
                resolution.passed_over.push(passed_over(Some(&found), because));
            }
            None => resolution.passed_over.push(passed_over(None, Because::NobodyOnCall)),
        }
        let can_be_paged = |found: &Found| plan.reaches(found.liaison) && free(found);
        let backup = search.role(department, &Role::backup()).filter(can_be_paged);
        let others = || search.last_resort(department, &Role::primary(), &can_be_paged);
        if let Some(found) = backup.or_else(others) {
            resolution.add(found, None, plan, now.logical);
        }
    }

    /// Whether no channel reached somebody the last time that they were told what is owed.
    fn was_not_reached(&self, found: &Found) -> bool {
        self.pages_to(found).last().is_some_and(|page| page.is_dead() && !page.called_off)
    }

    fn was_paged(&self, found: &Found, fits: &dyn Fn(&OpenPage) -> bool) -> bool {
        self.pages_to(found).any(fits)
    }

    /// Somebody's pages about tasks.
    fn pages_to(&self, found: &Found) -> impl Iterator<Item = &OpenPage> {
        let pages = self.incident.owed_pages().iter().map(|owed| &owed.page);
        let is_theirs = |page: &&OpenPage| is_to_person(self.context.plan, (&page.roster, &page.liaison), found);
        pages.filter(|page| page.reason.is_for_tasks()).filter(is_theirs)
    }
}

fn passed_over(found: Option<&Found>, because: Because) -> PassedOver {
    let liaison = found.map(|found| found.liaison.id.clone());
    PassedOver { target: Target::Role(Role::primary()), liaison, because }
}
