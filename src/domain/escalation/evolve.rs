//! Applies events to the state, with neither plan nor clock: live processing and replay give the same result.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::decision::{self, Decision};
use crate::domain::escalation::event::{
    Because, Event, Folded, Next, Opened, Paged, SeverityRose, StepFired, StepPosition,
};
use crate::domain::escalation::incident::{Acknowledgement, Delivery, Incident, OpenPage, Resolution, Track};
use crate::domain::escalation::input::{Context, Input, Refusal};
use crate::domain::escalation::restart::first_step;
use crate::domain::id::{DepartmentId, IncidentId, LiaisonId};
use crate::domain::instant::Now;
use crate::domain::page::PageReason;
use crate::domain::playbook::Seen;
use crate::domain::principal::Principal;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// The number of recent pages a track remembers: enough to see who was just paged, and a bound on memory.
const PAGES_KEPT: usize = 8;

impl Incident {
    /// The state right after an opening at logical time `at`.
    pub fn opened(id: IncidentId, at: DateTime<Utc>, opened: &Opened) -> Self {
        let incoming = &opened.incident;
        let tracks = opened.tracks.iter().map(|track| Track::opened(at, track, PageReason::Opened));
        Self {
            id,
            source: opened.source.clone(),
            reporter: match &opened.by {
                Principal::Person { person, .. } => Some(person.clone()),
                _ => None,
            },
            class: opened.class.as_str().into(),
            dedup_key: incoming.dedup_key.as_deref().map(Into::into),
            playbook: opened.playbook.as_str().into(),
            playbook_hash: opened.playbook_hash,
            earlier: None,
            severity: opened.severity,
            asked: incoming.severity,
            seen: Seen::of(incoming),
            drill: incoming.drill,
            received_at: opened.received_at,
            occurrences: 1,
            involved: incoming.involved.iter().collect(),
            involved_not_kept: 0,
            pages_made: 0,
            tracks: tracks.collect(),
            resolved: None,
            outcome: None,
            reopened: None,
            heard_again: false,
            configuration_fixed: false,
            purged: None,
            playbook_tasks: opened.tasks.count,
            follow_up_at: opened.tasks.next_at,
            owed: None,
            statements: None,
        }
    }
}

impl Aggregate for Incident {
    type Id = IncidentId;
    type Context<'a> = Context<'a>;
    type Input = Input;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, context: &Context<'_>, input: Input) -> Result<Decision, Refusal> {
        decision::decide(self, context, input)
    }

    fn next_timeout(&self, _now: Now) -> Option<DateTime<Utc>> {
        Self::next_timeout(self)
    }

    fn lives(&self) -> bool {
        self.is_live()
    }

    fn evolve(&mut self, at: DateTime<Utc>, event: &Event) {
        match event {
            Event::Opened(_) => {}
            Event::Folded(folded) => self.fold(folded),
            Event::SeverityRose(rose) => self.rise(at, rose),
            Event::Reclassified(new) => self.reclassify(at, new),
            Event::StepFired(fired) => self.fire(at, fired),
            Event::StepDeferred { department, next } => {
                self.on_track(department, |track| track.next = track.next.map(|awaited| awaited.deferred(*next)));
            }
            Event::Escalated { department, next, .. } => self.on_track(department, |track| track.resume(Some(*next))),
            Event::Attempted { .. } => self.end_attempt(at, event),
            Event::HeardAgain { .. } => self.heard_again = true,
            Event::ConfigurationFixed { .. } => self.configuration_fixed = true,
            Event::LinkIssued { .. } => {}
            Event::Acknowledged { department, by, act_by, taken_from, .. } => {
                let (by, act_by) = (by.clone(), *act_by);
                self.on_track(department, |track| {
                    let before = track.acknowledged.as_ref().filter(|_| taken_from.is_some());
                    let stopped_before = track.next.or(before.and_then(|before| before.stopped_before));
                    track.stop();
                    track.passed.retain(|(roster, liaison, _)| !by.is_listed_as(roster, liaison));
                    track.acknowledged = Some(Acknowledgement { by, at, act_by, stopped_before, hand_over: None });
                });
            }
            Event::Declined { department, by, next, .. } => self.on_track(department, |track| track.decline(by, *next)),
            Event::Withdrawn { department, liaison, roster, next } => {
                self.call_off_owed(|owed| owed.page.is_to(roster, liaison));
                self.on_track(department, |track| {
                    track.call_back(roster, liaison, Because::Involved);
                    track.resume(*next);
                });
            }
            Event::HolderUnreachable { department, by, because, escalates_from, next } => {
                let is_open = self.resolved.is_none();
                self.on_track(department, |track| {
                    // An earlier record may have resolved it, or given it to someone else.
                    if is_open && track.is_with(by) {
                        track.lose_holder(by, *because, *escalates_from, *next);
                    }
                });
            }
            Event::HandedOver { .. } | Event::HandOverRequested { .. } | Event::HandOverFailed { .. } => {
                self.pass_on(at, event);
            }
            Event::Noted { department, by, .. } => self.note(department.as_ref(), by),
            Event::Reminded { department, pages, act_by, .. } => {
                self.count(pages);
                self.on_track(department, |track| track.remind(at, pages, *act_by));
            }
            Event::Resolved { by, outcome, .. } => self.close(at, by, *outcome),
            Event::Reopened(reopened) => self.open_again(at, reopened),
            Event::FollowedUp(follow_up) => self.followed_up(at, follow_up),
            Event::Statement(event) => self.change_statement(at, event),
            Event::Task(task) => self.change_task(at, task),
            Event::Purged { by } => self.purged = Some(Box::new(Resolution { by: by.clone(), at })),
        }
        self.note_end(at);
    }

    fn shift(&mut self, by: TimeDelta) {
        for track in &mut self.tracks {
            track.base += by;
            if let Some(next) = &mut track.next {
                next.at += by;
            }
            if let Some(acknowledged) = &mut track.acknowledged {
                acknowledged.act_by.iter_mut().for_each(|at| *at += by);
                acknowledged.stopped_before.iter_mut().for_each(|next| next.at += by);
                acknowledged.hand_over.iter_mut().for_each(|hand_over| hand_over.take_by += by);
            }
        }
        for page in self.pages_mut() {
            page.at += by;
            page.pending.iter_mut().for_each(|delivery| delivery.at += by);
        }
        self.shift_owed(by);
        if let Some(statements) = &mut self.statements {
            statements.shift(by);
        }
    }
}

impl Incident {
    fn fold(&mut self, folded: &Folded) {
        self.occurrences = folded.occurrences;
        self.heard_again = false;
        self.configuration_fixed = false;
        self.asked = self.asked.max(folded.incident.severity);
        self.seen.add(&Seen::of(&folded.incident));
        self.involved_not_kept =
            self.involved_not_kept.saturating_add(u32::try_from(folded.involved_not_kept.len()).unwrap_or(u32::MAX));
        let kept = folded.incident.involved.iter().filter(|name| !folded.involved_not_kept.contains(name));
        kept.for_each(|name| self.involved.add(name));
    }

    fn rise(&mut self, at: DateTime<Utc>, rose: &SeverityRose) {
        self.severity = rose.severity;
        self.earlier.iter_mut().for_each(|earlier| earlier.ladders.clear());
        for (department, ladder) in &rose.ladders {
            let later = rose.first_steps.iter().find(|(one, _)| one == department);
            let first_step_at = later.map_or(Wait::ZERO, |(_, wait)| *wait);
            self.on_track(department, |track| {
                track.ladder = ladder.clone();
                if track.is_waiting() && track.base > at && rose.severity < Severity::Critical {
                    track.next = Some(first_step(track.base, first_step_at, PageReason::Opened));
                    return;
                }
                track.restart(at, first_step(at, first_step_at, PageReason::SeverityRose));
            });
        }
    }

    /// A step that its track no longer waits for ran before it was known that another record comes first: what that
    /// record says about the next step stays in force.
    fn fire(&mut self, at: DateTime<Utc>, fired: &StepFired) {
        self.count(&fired.pages);
        let is_open = self.resolved.is_none();
        self.on_track(&fired.department, |track| {
            let is_awaited = track.next.is_some_and(|next| next.step == fired.step && next.at == fired.due_at);
            if !is_awaited {
                return track.add_late_pages(at, fired.reason, &fired.pages, is_open && track.is_unanswered());
            }
            match fired.step {
                StepPosition::Repeat(round) => {
                    track.rounds = round;
                    track.passed.clear();
                }
                StepPosition::LastResort if fired.pages.is_empty() || fired.reason == PageReason::LastResort => {
                    track.passed.clear()
                }
                StepPosition::LastResort | StepPosition::Step(_) => {}
            }
            track.next = fired.next;
            if fired.reason == PageReason::LastResort {
                track.ask_again(&fired.pages);
            }
            track.add_pages(at, fired.reason, &fired.pages);
        });
    }

    /// A note ends a track's reminders if it comes from the person who acknowledged, or for that department from an
    /// operator or from somebody who is in no roster.
    fn note(&mut self, department: Option<&DepartmentId>, by: &Principal) {
        let is_operator = matches!(by, Principal::Operator { .. } | Principal::Person { listed: None, .. });
        for track in &mut self.tracks {
            let names_it = department.is_some_and(|one| *one == track.department);
            let concerns = names_it || department.is_none();
            if concerns && track.is_with(by) || names_it && is_operator {
                track.acted();
            }
        }
    }

    /// Numbers may be skipped if pages were created that were never recorded.
    pub(in crate::domain::escalation) fn count(&mut self, pages: &[Paged]) {
        self.pages_made = pages.iter().map(|paged| paged.number).fold(self.pages_made, u32::max);
    }

    pub(in crate::domain::escalation) fn on_track(
        &mut self,
        department: &DepartmentId,
        change: impl FnOnce(&mut Track),
    ) {
        if let Some(track) = self.tracks.iter_mut().find(|track| track.department == *department) {
            change(track);
        }
    }
}

impl Track {
    pub(in crate::domain::escalation) fn add_pages(&mut self, at: DateTime<Utc>, reason: PageReason, pages: &[Paged]) {
        if !pages.is_empty() {
            self.paging_steps += 1;
        }
        // Most tracks never have more pages than their first step creates, so no space is reserved for more.
        self.pages.reserve_exact(pages.len());
        self.pages.extend(pages.iter().map(|paged| OpenPage {
            number: paged.number,
            paging_step: self.paging_steps,
            liaison: paged.liaison.clone(),
            roster: paged.roster.clone(),
            at,
            reason,
            pending: paged.channels.iter().map(Delivery::planned).collect(),
            accepted: false,
            called_off: false,
        }));
        let surplus = self.pages.len().saturating_sub(PAGES_KEPT);
        // A person paged as the last resort can hand the track off as long as no one has acknowledged, and a person who
        // is asked to take it over can answer for longer than pages are kept.
        let last_resort = self.pages.iter().rev().find(|page| page.reason == PageReason::LastResort);
        let kept = [last_resort.map(|page| page.number), self.hand_over().map(|hand_over| hand_over.page)];
        let (latest, mut seen) = (self.paging_steps, 0);
        self.pages.retain(|page| {
            seen += 1;
            let on_its_way = !page.pending.is_empty() && !page.called_off;
            seen > surplus || on_its_way || page.paging_step == latest || kept.contains(&Some(page.number))
        });
    }

    fn decline(&mut self, by: &Principal, next: Option<Next>) {
        by.entries().for_each(|one| self.call_back(one.roster, one.liaison, Because::Declined));
        self.resume(next);
    }

    /// Stops asking a liaison.
    pub(in crate::domain::escalation) fn call_back(
        &mut self,
        roster: &DepartmentId,
        liaison: &LiaisonId,
        because: Because,
    ) {
        self.pass(roster.clone(), liaison.clone(), because);
        self.pages.iter_mut().filter(|page| page.is_to(roster, liaison)).for_each(OpenPage::call_off);
    }

    /// Continues with a step that is due immediately, whoever had acknowledged. A track that waited for its department
    /// to open stops waiting: later steps count from now.
    fn resume(&mut self, next: Option<Next>) {
        if let Some(next) = next {
            self.acknowledged = None;
            self.pages.iter_mut().filter(|page| page.reminds()).for_each(OpenPage::call_off);
            self.base = self.base.min(next.at);
            self.next = Some(next);
        }
    }

    /// Removes the acknowledgement: others who were reminded keep their page, which leads to the open track.
    fn lose_holder(&mut self, by: &Principal, because: Because, escalates_from: DateTime<Utc>, next: Next) {
        by.entries().for_each(|one| self.call_back(one.roster, one.liaison, because));
        self.acknowledged = None;
        self.base = escalates_from;
        self.rounds = 0;
        self.next = Some(next);
    }

    /// People who are paged now count as asked, whatever they answered before.
    pub(in crate::domain::escalation) fn ask_again(&mut self, pages: &[Paged]) {
        self.passed.retain(|(roster, liaison, _)| {
            pages.iter().all(|paged| paged.roster != *roster || paged.liaison != *liaison)
        });
    }

    fn pass(&mut self, roster: DepartmentId, liaison: LiaisonId, because: Because) {
        let known = self.passed.iter_mut().find(|(department, id, _)| *department == roster && *id == liaison);
        match known {
            // A person who declined says more than the provider's failure.
            Some((.., known)) if because == Because::Declined => *known = because,
            Some(_) => {}
            None => self.passed.push((roster, liaison, because)),
        }
    }

    /// The person who acknowledged has acted, so no one is reminded.
    fn acted(&mut self) {
        if let Some(acknowledged) = &mut self.acknowledged {
            acknowledged.act_by = None;
            let asked = acknowledged.hand_over.as_ref().map(|hand_over| hand_over.page);
            let stays = |page: &OpenPage| page.reason == PageReason::NotTakenOver || Some(page.number) == asked;
            self.pages.iter_mut().filter(|page| !stays(page)).for_each(OpenPage::call_off);
        }
    }

    fn remind(&mut self, at: DateTime<Utc>, pages: &[Paged], next_act_by: DateTime<Utc>) {
        // A person whose note is in an earlier record is not reminded again.
        let act_by = self.acknowledged.as_mut().and_then(|acknowledged| acknowledged.act_by.as_mut());
        let is_due = act_by.map(|act_by| *act_by = next_act_by).is_some();
        self.add_late_pages(at, PageReason::NotActedOn, pages, is_due);
    }

    /// Adds pages; if no one needs them anymore, they are called off immediately.
    pub(in crate::domain::escalation) fn add_late_pages(
        &mut self,
        at: DateTime<Utc>,
        reason: PageReason,
        pages: &[Paged],
        are_needed: bool,
    ) {
        self.add_pages(at, reason, pages);
        if !are_needed {
            let added = self.pages.iter_mut().filter(|page| pages.iter().any(|paged| paged.number == page.number));
            added.for_each(OpenPage::call_off);
        }
    }

    /// Cancels everything pending. What is in flight to a provider cannot be called back.
    pub(in crate::domain::escalation) fn stop(&mut self) {
        self.next = None;
        if let Some(acknowledged) = &mut self.acknowledged {
            acknowledged.act_by = None;
            acknowledged.hand_over = None;
        }
        self.pages.iter_mut().for_each(OpenPage::call_off);
    }
}
