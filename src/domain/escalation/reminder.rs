//! What happens if someone has acknowledged but nothing is noted: reminders, and a new escalation if they reach no one.

use chrono::TimeDelta;

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{Because, Event, Next, PassedOver, StepPosition};
use crate::domain::escalation::incident::{Delivery, OpenPage, Track};
use crate::domain::escalation::pace::LAST_RESORT_AGAIN;
use crate::domain::escalation::step_resolution::StepResolution;
use crate::domain::id::Role;
use crate::domain::page::PageReason;
use crate::domain::plan::{Found, Search};
use crate::domain::playbook::ladder::Target;
use crate::domain::principal::Principal;
use crate::domain::roster::on_call::{Rule, Why};

/// A reminder that no provider accepts within this time comes too late.
const MUST_LEAVE_WITHIN: TimeDelta = TimeDelta::minutes(1);

impl Draft<'_> {
    /// The reminder that is due, or a new escalation if the previous one did not reach the person who acknowledged.
    pub(in crate::domain::escalation) fn remind(&self, track: &Track) -> Event {
        if let Some(event) = self.holder_lost(track).and_then(|because| self.escalate_again(track, because)) {
            return event;
        }
        let (plan, now) = (self.context.plan, self.context.now);
        let search = Search::new(plan, now.wall, &self.incident.involved);
        let primary = Target::Role(Role::primary());
        let mut resolution = StepResolution::default();
        let holder = track.acknowledged.as_ref().and_then(|acknowledged| self.who_has_it(&acknowledged.by));
        holder.into_iter().for_each(|found| resolution.add(found, None, plan, now.logical));
        match search.role(&track.department, &Role::primary()) {
            Some(found) if plan.reaches(found.liaison) => resolution.add(found, None, plan, now.logical),
            Some(found) => resolution.passed_over.push(PassedOver {
                target: primary,
                liaison: Some(found.liaison.id.clone()),
                because: Because::NoChannel,
            }),
            None => resolution.passed_over.push(PassedOver {
                target: primary,
                liaison: None,
                because: Because::NobodyOnCall,
            }),
        }
        if resolution.people.is_empty() {
            let found = search.last_resort(&track.department, &Role::primary(), &|found| plan.reaches(found.liaison));
            found.into_iter().for_each(|found| resolution.add(found, None, plan, now.logical));
        }
        let pause = track.act_within.map_or(LAST_RESORT_AGAIN, |wait| wait.delta()).max(TimeDelta::seconds(1));
        Event::Reminded {
            department: track.department.clone(),
            act_by: now.logical + pause,
            pages: resolution.pages(self.incident.pages_made, self.context),
            passed_over: resolution.passed_over,
        }
    }

    /// After an attempt: starts a new escalation if a reminder failed to reach the person who acknowledged.
    pub(in crate::domain::escalation) fn escalate_if_reminder_failed(&self, number: u32) -> Option<Event> {
        let (scope, page) = self.incident.page(number)?;
        let track = scope.track?;
        let is_due = page.reminds() && !self.incident.is_moot(scope, page);
        let is_lost = is_due
            && match &track.acknowledged.as_ref()?.by {
                by if by.as_liaison().is_some() => self.who_has_it(by).is_some_and(|holder| {
                    let is_theirs = page.is_to(&holder.department, &holder.liaison.id);
                    is_theirs && latest_reminder(track, &holder).is_some_and(|page| self.is_lost(page))
                }),
                _ => self.reached_nobody(track),
            };
        is_lost.then(|| self.escalate_again(track, Because::Unreachable))?
    }

    /// Why the person who acknowledged cannot be reminded, if so.
    fn holder_lost(&self, track: &Track) -> Option<Because> {
        let by = &track.acknowledged.as_ref()?.by;
        if by.as_liaison().is_none() {
            return self.reached_nobody(track).then_some(Because::Unreachable);
        }
        let Some(holder) = self.who_has_it(by) else { return Some(Because::Left) };
        if !self.context.plan.reaches(holder.liaison) {
            return Some(Because::NoChannel);
        }
        // A full `act_within` has passed since the previous reminder.
        let is_lost = |page: &OpenPage| !page.accepted && was_tried(page);
        latest_reminder(track, &holder).is_some_and(is_lost).then_some(Because::Unreachable)
    }

    /// Whether no one got the latest reminder. Operators who acknowledged are not paged.
    fn reached_nobody(&self, track: &Track) -> bool {
        let latest = track.pages.iter().filter(|page| page.paging_step == track.paging_steps);
        let mut reminders = latest.filter(|page| page.reminds()).peekable();
        reminders.peek().is_some() && reminders.all(|page| self.is_lost(page))
    }

    fn is_lost(&self, page: &OpenPage) -> bool {
        let is_late = self.context.now.logical - page.at >= MUST_LEAVE_WITHIN;
        page.is_dead() || !page.accepted && is_late && was_tried(page)
    }

    /// Removes the acknowledgement: the backup is paged immediately, and the ladder continues from there at its own
    /// pace.
    pub(in crate::domain::escalation) fn escalate_again(&self, track: &Track, because: Because) -> Option<Event> {
        let by = track.acknowledged.as_ref()?.by.clone();
        let ladder = self.incident.ladder(track, self.context.playbook);
        let (now, backup) = (self.context.now.logical, Target::Role(Role::backup()));
        let reason = PageReason::HolderUnreachable;
        let next = match ladder.steps.iter().position(|step| step.page == backup).map(u16::try_from) {
            Some(Ok(position)) => Next { at: now, step: StepPosition::Step(position), reason },
            _ => self.at_once(track, reason),
        };
        let escalates_from = match next.step {
            StepPosition::Step(position) => now - ladder.steps.get(usize::from(position))?.at.delta(),
            StepPosition::Repeat(_) | StepPosition::LastResort => now - ladder.last_step_at().delta(),
        };
        let department = track.department.clone();
        Some(Event::HolderUnreachable { department, by, because, escalates_from, next })
    }

    /// The person who acknowledged, according to the current rosters.
    pub(in crate::domain::escalation) fn who_has_it(&self, by: &Principal) -> Option<Found<'_>> {
        let plan = self.context.plan;
        let (department, liaison) = by.entries().find_map(|one| plan.person(one.roster, one.liaison, one.name))?;
        let why = Why::new(liaison.place.clone(), Rule::Acknowledged);
        Some(Found { department: department.clone(), role: Role::primary(), liaison, why })
    }
}

/// Whether an attempt has failed: one that was only waiting since before a downtime was not tried.
fn was_tried(page: &OpenPage) -> bool {
    page.pending.is_empty() || page.pending.iter().any(Delivery::has_failed_here)
}

fn latest_reminder<'a>(track: &'a Track, holder: &Found) -> Option<&'a OpenPage> {
    let mut pages = track.pages.iter().rev().filter(|page| page.reminds());
    pages.find(|page| page.is_to(&holder.department, &holder.liaison.id) && !page.called_off)
}
