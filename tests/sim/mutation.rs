//! Rules broken on purpose: each promise is shown to be able to fail.

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::escalation::event::{By, Event, Next, Rung, SeverityRose, StepFired};
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::id::{IncidentId, PageId, SourceName};
use wardbell::domain::page::PageReason;
use wardbell::engine::protocol::control::Control;
use wardbell::engine::protocol::request::Request;
use wardbell::journal::record::{Entry, Fact, HouseEvent};

use crate::hospital::PUBLIC_URL;
use crate::ledger::Answer;
use crate::world::World;

/// What the simulation does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Nothing reaches a provider.
    LoseAttempts,
    /// A step is put off for a day.
    RestForHours,
    /// A step fires although its time has not come.
    FireEarly,
    /// The loop wakes five seconds late.
    Oversleep,
    /// A start finds a clock that was set back, and nothing tells of it.
    LoseTimeAtStart,
    /// The people of a rotation stand in another order than in the files.
    SwapRotation,
    /// A page goes out when its track has been answered.
    SendAfterAnswer,
    /// An acknowledgement appears that nobody pressed.
    ForgeAcknowledgement,
    /// A crash loses lines that were flushed.
    LoseFlushed,
    /// A source is answered before anything is recorded.
    AnswerUnrecorded,
    /// An attempt is made twice.
    SendTwice,
    /// A page goes to another address.
    Misdirect,
    /// An overdue step pages somebody who has just been paged.
    Burst,
    /// The severity rises to what it was.
    RiseWithoutCause,
    /// The engine is given repeats under the class that their matter has already.
    SwallowClass,
    /// Somebody is named as involved, and their page stays on its way.
    InvolveThePaged,
    /// Everybody is involved, and a step pages nobody.
    PageNobody,
    /// Somebody whom no roster knows acknowledges.
    AnswerAsAStranger,
    /// No reminder reaches anybody, and people are reminded all the same.
    ForgetReminders,
    /// A page shows what the source sent.
    LeakPayload,
    /// A line of the record changes.
    BendRecord,
    /// A record is older than the one before.
    TurnTimeBack,
    /// Secrets of pages are never forgotten.
    Hoard,
    /// Sources that say nothing are said to have spoken.
    HushSilence,
    /// An incident of a silence is recorded twice.
    TellSilenceTwice,
    /// A daily test arrives twice.
    TestTwice,
    /// No test arrives.
    LoseTests,
    /// Pages and tests show a link.
    LeakLink,
    /// A page waits until a test has ended.
    WaitForTests,
    /// A daily test fails and nobody is told.
    HushTest,
    /// A note is recorded in plain words.
    RecordPlainly,
    /// The data keys are lost.
    LoseDataKeys,
    /// The data keys of what is purged come back.
    KeepPurgedKeys,
    /// A start does not complete the purges that the record tells of.
    ForgetPurges,
    /// What is open is purged.
    PurgeOpen,
    /// A page waits for the master key that was lost.
    WaitForKey,
    /// The record is pruned as if nothing in it were open.
    PruneTooMuch,
    /// A request is carried out although its caller has given up, and was told so.
    ObeyWhoGaveUp,
    /// The journal says that nothing is left of what it could not write, and a crash finds it.
    DenyLeftovers,
    /// A start does not look for the record's last plan.
    TrustFilesAlone,
    /// The loop sends each page as soon as it is due.
    BundleNothing,
    /// The loop bundles for five minutes.
    BundleTooLong,
    /// A state counts a repeat that the record does not have.
    MissARepeat,
}

impl World {
    /// Does what the mutation says, whenever it can.
    pub fn break_a_rule(&mut self) {
        if self.mutation.is_some_and(|mutation| self.break_a_seal(mutation)) {
            return;
        }
        match self.mutation {
            Some(Mutation::LoseFlushed) => self.disk.lose_in_crash(2),
            Some(Mutation::DenyLeftovers) => self.disk.deny(),
            Some(Mutation::LeakLink) => self.provider.leak(PUBLIC_URL),
            Some(Mutation::LeakPayload) => self.provider.leak("summary-secret-0"),
            Some(Mutation::TestTwice) => {
                let test = self.tests_in_flight.last_key_value().map(|(_, test)| test.message.clone());
                test.into_iter().for_each(|message| self.ledger.send_test(&message, String::new()));
            }
            Some(Mutation::WaitForTests) if !self.tests_in_flight.is_empty() => {
                self.ledger.held.iter_mut().for_each(|held| (held.ready, held.on_their_way) = (1, 0));
            }
            Some(Mutation::PruneTooMuch) if self.ledger.pruned > 0 => {
                self.ledger.pruned = self.ledger.hashes.len() as u64;
            }
            Some(Mutation::HushTest) => self.hush_test(),
            Some(Mutation::ForgetReminders) => {
                let tracks = self.ledger.incidents.values_mut().flat_map(|incident| &mut incident.tracks);
                let reminders = tracks.flat_map(|track| &mut track.pages);
                let reminders = reminders.filter(|page| page.reason == PageReason::NotActedOn);
                reminders.for_each(|page| (page.accepted, page.pending) = (false, Vec::new()));
            }
            Some(Mutation::SwapRotation) if self.steps == 1 => {
                let departments = self.ledger.hospital.departments.iter_mut();
                departments.flat_map(|one| &mut one.rotations).for_each(|turns| turns.people.rotate_left(1));
            }
            Some(Mutation::BendRecord) if self.steps % 40 == 39 => {
                self.disk.bend_last();
                self.ledger.hashes.pop();
                self.read_forged();
            }
            Some(Mutation::Hoard) => self.ledger.held.iter_mut().for_each(|held| held.tokens += 10_000),
            Some(Mutation::AnswerUnrecorded) => {
                self.ledger.answers.push(Answer::Accepted(IncidentId::from_random(5), None))
            }
            Some(Mutation::SendTwice | Mutation::Misdirect | Mutation::SendAfterAnswer) => self.send_wrongly(),
            Some(Mutation::HushSilence) => {
                for (name, _) in self.ledger.hospital.heard_within.clone() {
                    self.ask(Request::Control(Control::Heard { source: name.parse().unwrap(), reply: None }));
                }
            }
            Some(Mutation::TellSilenceTwice) => {
                let opened = self.ledger.fresh.iter().find(|fresh| match &fresh.record.entry.fact {
                    Fact::Incident(_, Event::Opened(opened)) => opened.source == SourceName::ours(),
                    _ => false,
                });
                if let Some(opened) = opened.cloned() {
                    self.ledger.fresh.push(opened);
                }
            }
            Some(mutation) => self.forge(mutation),
            None => {}
        }
    }

    fn hush_test(&mut self) {
        let is_failed = |fact: &Fact| matches!(fact, Fact::House(HouseEvent::ChannelTested { outcome, .. }) if outcome.code().is_some());
        if self.ledger.fresh.iter().any(|fresh| is_failed(&fresh.record.entry.fact)) {
            self.ledger.fresh.retain(|fresh| !matches!(&fresh.record.entry.fact, Fact::Incident(..)));
        }
    }

    fn send_wrongly(&mut self) {
        if self.mutation == Some(Mutation::SendAfterAnswer) {
            let answered = self.ledger.incidents.values().find_map(|incident| {
                let track = incident.tracks.iter().find(|track| track.acknowledged.is_some())?;
                let page = track.pages.iter().find(|page| page.reason != PageReason::NotActedOn)?;
                Some(PageId { incident: incident.id, number: page.number })
            });
            let sent = answered.zip(self.in_flight.last_key_value());
            if let Some((page, channel)) = sent.map(|(page, (_, arrival))| (page, arrival.channel)) {
                self.ledger.send(page, channel, String::new(), String::new(), 1);
            }
        } else if let Some((_, arrival)) = self.in_flight.last_key_value() {
            let (page, channel, mut to) = (arrival.pages[0], arrival.channel, arrival.to.clone());
            if self.mutation == Some(Mutation::Misdirect) {
                to.push('x');
            }
            self.ledger.send(page, channel, to, String::new(), 1);
        }
    }

    fn forge(&mut self, mutation: Mutation) {
        let people = self.ledger.hospital.people().count();
        let fits = |incident: &&Incident| mutation != Mutation::PageNobody || incident.involved.len() >= people;
        let open = self.ledger.incidents.values().filter(|incident| incident.resolved.is_none()).find(fits);
        let Some((incident, at)) = open.cloned().zip(self.ledger.last_at) else { return };
        let by = By::Operator { operator: "nobody".parse().unwrap() };
        let department = incident.tracks[0].department.clone();
        let mut time = at;
        let event = match mutation {
            Mutation::ForgeAcknowledgement => Some(Event::Acknowledged { department, by, page: None, act_by: None }),
            Mutation::TurnTimeBack => {
                time -= TimeDelta::hours(1);
                Some(Event::Noted { department: None, by, page: None, text: "late".into() })
            }
            Mutation::RecordPlainly => {
                Some(Event::Noted { department: None, by, page: None, text: "note-secret".into() })
            }
            Mutation::PurgeOpen => Some(Event::Purged { by }),
            Mutation::PageNobody => {
                let next = Next { at: at + TimeDelta::minutes(5), step: Rung::Beyond, reason: PageReason::Repeated };
                Some(Event::StepFired(StepFired {
                    department,
                    step: Rung::Beyond,
                    due_at: at,
                    reason: PageReason::Repeated,
                    pages: Vec::new(),
                    passed_over: Vec::new(),
                    next: Some(next),
                }))
            }
            Mutation::AnswerAsAStranger => {
                let (liaison, roster) = ("nobody-9".parse().unwrap(), department.clone());
                let by = By::Liaison { liaison, name: "Nobody".into(), roster };
                Some(Event::Acknowledged { department, by, page: None, act_by: None })
            }
            Mutation::RestForHours => {
                let next = Next { at: at + TimeDelta::days(1), step: Rung::Step(1), reason: PageReason::Opened };
                (!incident.tracks[0].is_waiting()).then_some(Event::StepPutOff { department, next })
            }
            Mutation::RiseWithoutCause => Some(Event::SeverityRose(SeverityRose {
                severity: incident.severity,
                ladders: Vec::new(),
                first_steps: Vec::new(),
            })),
            Mutation::FireEarly => early_step(&incident, at),
            Mutation::Burst => self.burst(&incident, at),
            Mutation::InvolveThePaged => {
                let paged = self.in_flight.values().find(|arrival| arrival.pages[0].incident == incident.id);
                let people = self.ledger.hospital.people().map(|(_, person)| person);
                let paged = paged.map(|arrival| arrival.to.clone());
                let mut with_contact = people.filter(|one| one.email == paged || one.sms == paged);
                let id = with_contact.next().map(|person| person.id.as_str().into());
                let named = self.ledger.incidents.get_mut(&incident.id);
                if let Some((id, named)) = id.zip(named) {
                    named.involved = std::iter::once::<Box<str>>(id).collect();
                }
                None
            }
            Mutation::MissARepeat => {
                self.ledger.incidents.get_mut(&incident.id).into_iter().for_each(|one| one.occurrences += 1);
                None
            }
            _ => None,
        };
        if let Some(event) = event {
            self.disk.forge(&Entry { at: time, fact: Fact::Incident(incident.id, event) });
            self.read_forged();
        }
    }

    /// Right after a page, the same person's next one, of a step that was due long ago.
    fn burst(&mut self, incident: &Incident, at: DateTime<Utc>) -> Option<Event> {
        let life = self.ledger.lives.get_mut(&incident.id)?;
        let page = life.pages.values().next_back()?.clone();
        let department =
            incident.tracks.iter().find(|track| track.pages.iter().any(|one| one.number == page.paged.number));
        let department = department?.department.clone();
        let climb = life.tracks.get_mut(&department)?;
        let (_, expected) = climb.next.as_mut()?;
        if page.made_at + 3_000 < self.ledger.now {
            return None;
        }
        *expected = self.ledger.now.saturating_sub(60_000);
        let mut paged = page.paged;
        paged.number += 1;
        let due_at = at - TimeDelta::minutes(1);
        let (step, reason) = (Rung::Again(1), PageReason::Repeated);
        Some(Event::StepFired(StepFired {
            department,
            step,
            due_at,
            reason,
            pages: vec![paged],
            passed_over: Vec::new(),
            next: None,
        }))
    }

    fn read_forged(&mut self) {
        let lines = self.disk.lines_after(self.ledger.hashes.len());
        self.ledger.read(lines, false);
    }
}

fn early_step(incident: &Incident, at: DateTime<Utc>) -> Option<Event> {
    let track =
        incident.tracks.iter().find(|track| track.next.is_some_and(|next| next.at > at + TimeDelta::seconds(9)))?;
    let next = track.next?;
    Some(Event::StepFired(StepFired {
        department: track.department.clone(),
        step: next.step,
        due_at: at,
        reason: next.reason,
        pages: Vec::new(),
        passed_over: Vec::new(),
        next: None,
    }))
}
