//! Runs due steps and reminders one after the other.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{Event, Next, StepPosition};
use crate::domain::escalation::incident::Track;
use crate::domain::escalation::pace::{CATCH_UP_PAUSE, LAST_RESORT_AGAIN};
use crate::domain::escalation::step_resolution::{self, StepResolution};
use crate::domain::page::PageReason;
use crate::domain::playbook::ladder::Ladder;

impl Draft<'_> {
    /// Runs all steps and reminders that are due, longest overdue first.
    pub fn settle(&mut self) {
        while let Some(event) = self.due() {
            self.push(event);
        }
    }

    /// What is owed comes last: it never delays the ladder.
    fn due(&self) -> Option<Event> {
        let of_tracks = self.incident.resolved.is_none().then(|| self.due_of_tracks()).flatten();
        of_tracks.or_else(|| self.due_approval()).or_else(|| self.due_follow_up())
    }

    fn due_of_tracks(&self) -> Option<Event> {
        let now = self.context.now.logical;
        let steps = self.incident.tracks.iter().filter_map(|track| Some((track.next?.at, track)));
        if let Some((_, track)) = steps.filter(|(at, _)| *at <= now).min_by_key(|(at, _)| *at) {
            return track.next.map(|next| self.fire(track, next));
        }
        if let Some(event) = self.failed_hand_over() {
            return Some(event);
        }
        let reminders = self.incident.tracks.iter().find(|track| {
            track.acknowledged.as_ref().and_then(|acknowledged| acknowledged.act_by).is_some_and(|at| at <= now)
        });
        reminders.map(|track| self.remind(track))
    }

    fn fire(&self, track: &Track, next: Next) -> Event {
        let ladder = self.incident.ladder(track, self.context.playbook);
        let resolution = StepResolution::plan(&self.incident, self.context, track, next, self.context.now.wall);
        if let Some(at) = step_resolution::deferred(
            &self.incident,
            self.context.plan,
            track,
            ladder,
            &resolution,
            self.context.now.logical,
        ) {
            return Event::StepDeferred { department: track.department.clone(), next: Next { at, ..next } };
        }
        let after = after(track, ladder, next, &resolution, self.context.now.logical);
        resolution.into_event(&self.incident, self.context, track, next, after)
    }
}

/// What comes after a step.
///
/// A step that found no one is followed immediately. After an overdue step, the next one follows after its normal
/// distance on the ladder, but at most [`CATCH_UP_PAUSE`]. Missed repeats are not made up for.
pub(in crate::domain::escalation) fn after(
    track: &Track,
    ladder: &Ladder,
    fired: Next,
    resolution: &StepResolution,
    now: DateTime<Utc>,
) -> Option<Next> {
    let position = match fired.step {
        StepPosition::Step(position) => position,
        StepPosition::Repeat(round) => return repeat(track, ladder, round, resolution, now),
        StepPosition::LastResort => return repeat(track, ladder, track.rounds, resolution, now),
    };
    let this = ladder.steps.get(usize::from(position))?;
    let Some(then) = ladder.steps.get(usize::from(position) + 1) else {
        return repeat(track, ladder, 0, resolution, now);
    };
    let step = StepPosition::Step(position + 1);
    if resolution.found_nobody(fired.reason) {
        let because_of_people = [
            PageReason::Declined,
            PageReason::Unreachable,
            PageReason::Involved,
            PageReason::Escalated,
            PageReason::HolderUnreachable,
        ];
        let goes_on = because_of_people.contains(&fired.reason);
        return Some(Next { at: now, step, reason: if goes_on { fired.reason } else { PageReason::NobodyFound } });
    }
    let due = track.base + then.at.delta();
    let pause = (then.at.delta() - this.at.delta()).min(CATCH_UP_PAUSE);
    Some(Next { at: if due > now { due } else { now + pause }, step, reason: PageReason::NotAcknowledged })
}

/// What comes after the last step. If no one is left who can answer for the department, they are tried again later. The
/// same applies to the last resort if the ladder has no repeat left: an incident that no one may answer is never left
/// alone.
fn repeat(
    track: &Track,
    ladder: &Ladder,
    rounds: u32,
    resolution: &StepResolution,
    now: DateTime<Utc>,
) -> Option<Next> {
    let again = again(track, ladder, rounds, now);
    let last_resort =
        Next { at: now + LAST_RESORT_AGAIN, step: StepPosition::LastResort, reason: PageReason::Repeated };
    if resolution.people.is_empty() {
        again.into_iter().chain([last_resort]).min_by_key(|next| next.at)
    } else if resolution.is_last_resort {
        again.or(Some(last_resort))
    } else {
        again
    }
}

/// The next repeat of the whole ladder, if any is left after this many rounds.
fn again(track: &Track, ladder: &Ladder, rounds: u32, now: DateTime<Utc>) -> Option<Next> {
    let every = ladder.repeat_every?.delta().max(TimeDelta::seconds(1));
    let rounds_left = ladder.repeat_times.is_none_or(|times| rounds < times);
    let last_step = track.base + ladder.last_step_at().delta();
    let missed = ((now - last_step).num_milliseconds() / every.num_milliseconds()).max(0);
    let at = last_step + every * i32::try_from(missed + 1).unwrap_or(i32::MAX);
    let next = Next { at, step: StepPosition::Repeat(rounds + 1), reason: PageReason::Repeated };
    rounds_left.then_some(next)
}
