//! What is owed stays owed: no task disappears, and after the resolution its people are told, by day, until each is done.

use chrono::TimeDelta;
use wardbell::domain::escalation::event::Event;
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::escalation::tasks::event::TaskChanged;
use wardbell::domain::escalation::tasks::input::{NewTask, TaskChange};
use wardbell::domain::page::PageReason;
use wardbell::journal::record::Fact;

use crate::invariants::Broken;
use crate::ledger::Ledger;
use crate::world::World;

/// The actions of one class's playbook: one that is overdue soon, and one that is never due.
pub fn actions(departments: &[String]) -> String {
    let (first, last) = (&departments[0], &departments[departments.len() - 1]);
    format!(
        "[[action]]\ndepartment = \"{first}\"\nwithin = \"4m\"\ndo = \"Call the ward\"\n\
         [[action]]\ndepartment = \"{last}\"\ndo = \"Write it down\"\n"
    )
}

/// After a resolution, who owes something is looked for within this time.
const LOOKED_FOR_WITHIN: TimeDelta = TimeDelta::seconds(5);

/// A department that is closed for the longest time, a week with its holidays, is told after it.
const TOLD_WITHIN: TimeDelta = TimeDelta::days(15);

impl World {
    /// What an operator does about a task.
    pub fn task_change(&mut self, incident: &Incident) -> TaskChange {
        let last = i64::try_from(incident.tracks.len()).unwrap() + 2;
        let task = u32::try_from(self.random.between(1, last)).unwrap();
        let note = format!("note-secret-{}", self.steps);
        match self.random.below(6) {
            0 => TaskChange::NotNeeded { task, note },
            1 => TaskChange::Reopen { task, note: Some(note) },
            2 => TaskChange::Add(NewTask {
                department: self.random.pick(&incident.tracks).department.clone(),
                words: note,
                within: Some("3m".parse().unwrap()),
                to: None,
            }),
            _ => TaskChange::Done { task, note: Some(note) },
        }
    }
}

pub fn what_is_owed_stays_owed(ledger: &Ledger) -> Broken {
    for fresh in &ledger.fresh {
        let (Fact::Incident(id, event), Some(before)) = (&fresh.record.entry.fact, &fresh.before) else { continue };
        let mut after = before.clone();
        wardbell::domain::aggregate::Aggregate::evolve(&mut after, fresh.record.entry.at, event);
        let is_closed = matches!(event, Event::Task(task)
            if matches!(task.change, TaskChanged::Done { .. } | TaskChanged::NotNeeded { .. }));
        if after.follow_up() < before.follow_up() && !is_closed {
            return Err(format!("{id} owes less after {event:?}, which closes nothing"));
        }
        let asks_to_answer = event.pages().is_some_and(|(_, reason, pages)| {
            !pages.is_empty() && reason != PageReason::Owed && !matches!(event, Event::FollowedUp(_))
        });
        if before.resolved.is_some() && asks_to_answer && !fresh.is_late {
            return Err(format!("{id} is resolved, and {event:?} pages people to answer"));
        }
    }
    if !ledger.is_up || !ledger.journal_works || ledger.has_unrecorded() {
        return Ok(());
    }
    let Some(now) = ledger.last_at else { return Ok(()) };
    for incident in ledger.incidents.values().filter(|incident| incident.follow_up() > 0) {
        let Some(resolution) = &incident.resolved else { continue };
        let told = incident.owed.iter().flat_map(|owed| &owed.told).filter_map(|told| told.again_at);
        let next = told.chain(incident.follow_up_at).min();
        match next {
            None if now > resolution.at + LOOKED_FOR_WITHIN => {
                return Err(format!("{} owes {} tasks, and nobody is told", incident.id, incident.follow_up()));
            }
            Some(next) if next > now + TOLD_WITHIN => {
                return Err(format!("{} owes tasks, and nobody is told before {next}", incident.id));
            }
            _ => {}
        }
    }
    Ok(())
}
