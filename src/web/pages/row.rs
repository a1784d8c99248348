//! One incident on a list: what it is, who has it, and who is paged next.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::{Incident, Track, TrackStatus};
use crate::domain::id::DepartmentId;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::severity::Severity;
use crate::web::pages::viewer::Viewer;
use crate::web::words::{Times, join};

/// What rows are made from.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    pub plan: &'a Plan,
    pub now: Now,
    pub viewer: &'a Viewer,
    /// A version of a playbook, by its hash.
    pub playbook: &'a dyn Fn(&Digest) -> Option<Arc<Playbook>>,
}

#[derive(Debug)]
pub struct Row {
    pub severity: Severity,
    pub reference: String,
    pub title: String,
    pub drill: bool,
    pub tags: Vec<Tag>,
    /// Who is paged next and when, for each department that nobody has.
    pub next: Vec<String>,
    /// What is overdue, or still owed after the resolution.
    pub tasks: Option<String>,
    /// Until the next person is paged.
    pub left: Option<Left>,
    pub opened: String,
    /// What the reader is asked.
    pub asked: Option<String>,
    /// The departments that nobody has and for which the reader was paged.
    pub paged: Vec<PagedFor>,
}

/// The reader was paged, and has not answered.
#[derive(Debug)]
pub struct PagedFor {
    pub id: DepartmentId,
    pub department: String,
    /// When.
    pub at: String,
}

/// A department, and who has it.
#[derive(Debug)]
pub struct Tag {
    pub class: &'static str,
    pub department: String,
    pub state: String,
}

#[derive(Debug)]
pub struct Left {
    pub text: String,
    /// How much of the wait is left, in percent.
    pub percent: i64,
}

impl Row {
    pub fn new(incident: &Incident, reading: Reading<'_>) -> Self {
        let playbook = (reading.playbook)(&incident.playbook_hash);
        let soonest = incident.tracks.iter().filter_map(|track| Some((track.next?.at, track))).min_by_key(|one| one.0);
        let zone = soonest.or(incident.tracks.first().map(|track| (DateTime::UNIX_EPOCH, track)));
        let zone = zone.map_or_else(|| reading.viewer.zone.clone(), |(_, track)| reading.plan.zone(&track.department));
        let times = Times::new(&zone, reading.now);
        let is_open = incident.resolved.is_none();
        let next = playbook.iter().flat_map(|playbook| {
            let unanswered = incident.tracks.iter().filter(|track| is_open && track.is_unanswered());
            unanswered.filter_map(|track| next(incident, playbook, track, reading))
        });
        // Several departments often wait for the same person.
        let mut said = BTreeSet::new();
        let next = next.filter(|sentence| said.insert(sentence.clone()));
        Self {
            severity: incident.severity,
            reference: incident.id.to_string(),
            title: playbook.as_ref().map_or_else(|| incident.class.to_string(), |playbook| playbook.title.clone()),
            drill: incident.drill,
            tags: incident.tracks.iter().map(|track| Tag::new(incident, track, reading)).collect(),
            next: next.collect(),
            tasks: playbook.as_ref().and_then(|playbook| tasks(incident, playbook, reading)),
            left: soonest.filter(|_| is_open).map(|(at, track)| Left {
                text: times.distance(at),
                percent: percent_left(track, at, reading.now.logical),
            }),
            opened: times.wall_distance(incident.received_at),
            asked: incident.tracks.iter().find_map(|track| asked(track, reading)),
            paged: incident
                .tracks
                .iter()
                .filter(|_| is_open)
                .filter_map(|track| PagedFor::new(track, reading))
                .collect(),
        }
    }
}

/// What is overdue, in words, or what is still owed after the resolution.
fn tasks(incident: &Incident, playbook: &Playbook, reading: Reading<'_>) -> Option<String> {
    let mut tasks = incident.tasks(playbook);
    let is_resolved = incident.resolved.is_some();
    tasks.retain(|task| if is_resolved { task.is_open() } else { task.is_overdue(reading.now.wall) });
    let mut departments: Vec<&str> = tasks.iter().map(|task| reading.plan.department_name(task.department)).collect();
    departments.sort_unstable();
    departments.dedup();
    let count = if tasks.len() == 1 { "1 task".to_owned() } else { format!("{} tasks", tasks.len()) };
    let what = if is_resolved { "still open" } else { "overdue" };
    (!tasks.is_empty()).then(|| format!("{count} {what}: {}", join(&departments)))
}

impl PagedFor {
    fn new(track: &Track, reading: Reading<'_>) -> Option<Self> {
        let mut pages = track.pages.iter().rev().filter(|_| track.is_unanswered());
        let page = pages.find(|page| reading.viewer.is_listed_as(&page.roster, &page.liaison))?;
        let zone = reading.plan.zone(&track.department);
        Some(Self {
            id: track.department.clone(),
            department: reading.plan.department_name(&track.department).to_owned(),
            at: Times::new(&zone, reading.now).logical(page.at),
        })
    }
}

impl Tag {
    pub fn new(incident: &Incident, track: &Track, reading: Reading<'_>) -> Self {
        let department = reading.plan.department_name(&track.department).to_owned();
        let zone = reading.plan.zone(&track.department);
        let times = Times::new(&zone, reading.now);
        let (class, state) = match (incident.track_status(track), &track.acknowledged) {
            (_, Some(acknowledged)) => ("got", reading.viewer.name_of(&acknowledged.by).to_owned()),
            (TrackStatus::Resolved, None) => ("wait", "resolved".to_owned()),
            (TrackStatus::Ended, None) => ("over", "nobody, and no one else is paged".to_owned()),
            (TrackStatus::Waiting, None) => match track.next {
                Some(next) => ("wait", format!("waits until {}", times.logical(next.at))),
                None => ("wait", "waits".to_owned()),
            },
            (TrackStatus::Climbing | TrackStatus::Acknowledged, None) => ("none", "nobody yet".to_owned()),
        };
        Self { class, department, state }
    }
}

/// "Jonas Chen (backup, Privacy Office) is paged at 02:10 CST"
pub fn next(incident: &Incident, playbook: &Playbook, track: &Track, reading: Reading<'_>) -> Option<String> {
    let (plan, now) = (reading.plan, reading.now);
    let reader = reading.viewer.entries.first().map(|(roster, liaison)| (roster, liaison));
    let found = incident.next_page(plan, playbook, now, track, reader)?;
    let zone = plan.zone(&track.department);
    let times = Times::new(&zone, now);
    let named =
        found.people.iter().map(|(name, role, roster)| format!("{name} ({role}, {})", plan.department_name(roster)));
    let people: Vec<String> = named.collect();
    Some(match people.len() {
        0 => format!("you are paged again at {}", times.wall(found.at)),
        1 => format!("{} is paged at {}", people[0], times.wall(found.at)),
        _ => format!("{} are paged at {}", join(&people), times.wall(found.at)),
    })
}

fn asked(track: &Track, reading: Reading<'_>) -> Option<String> {
    let acknowledged = track.acknowledged.as_ref()?;
    let hand_over = acknowledged.hand_over.as_ref()?;
    let is_asked = reading.viewer.is_listed_as(&hand_over.roster, &hand_over.to);
    let zone = reading.plan.zone(&track.department);
    let by = Times::new(&zone, reading.now).logical(hand_over.take_by);
    let from = acknowledged.by.name();
    is_asked.then(|| format!("{from} asks you to take it over by {by}. Open the link in your message."))
}

fn percent_left(track: &Track, at: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    let since = track.pages.iter().map(|page| page.at).max().unwrap_or(track.base).min(now);
    let whole = (at - since).num_milliseconds().max(1);
    ((at - now).num_milliseconds().max(0) * 100 / whole).clamp(0, 100)
}
