//! Rules broken on purpose: each promise is shown to be able to fail.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::channel_test::ChannelTestEvent;
use wardbell::domain::escalation::event::{Event, Next, SeverityRose, StepFired, StepPosition};
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::id::{DepartmentId, IncidentId, PageId, SourceName};
use wardbell::domain::outcome::{Blame, Outcome};
use wardbell::domain::page::PageReason;
use wardbell::domain::playbook::matching::SOURCE_SILENT;
use wardbell::domain::principal::Principal;
use wardbell::engine::protocol::control::Control;
use wardbell::engine::protocol::request::Request;
use wardbell::journal::record::{Entry, Fact};

use crate::world::World;
use crate::writer::Bend;

/// What the simulation does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Nothing reaches a provider.
    LoseAttempts,
    /// Nothing about an incident that was reopened reaches a provider.
    LoseReopened,
    /// A step is put off for a day.
    RestForHours,
    /// A step fires although its time has not come.
    FireEarly,
    /// The loop wakes five seconds late.
    Oversleep,
    /// A start finds a clock that was set back, and nothing tells of it.
    LoseTimeAtStart,
    /// The daemon knows one number of each person.
    SkipSecondNumbers,
    /// The people of a rotation stand in another order than in the files.
    SwapRotation,
    /// A message arrives when its page has been answered.
    SendAfterAnswer,
    /// An acknowledgement appears that nobody pressed.
    ForgeAcknowledgement,
    /// A crash loses lines that were flushed.
    LoseFlushed,
    /// The disk says that an incident is written, and has not written it.
    AnswerUnrecorded,
    /// An attempt arrives twice.
    SendTwice,
    /// A page goes to another address.
    Misdirect,
    /// An overdue step pages somebody who has just been paged.
    Burst,
    /// The severity rises to what it was.
    RiseWithoutCause,
    /// The engine is given repeats under the class that their matter has already.
    SwallowClass,
    /// The record names whoever is paged first as involved.
    InvolveThePaged,
    /// Everybody is involved, and a step pages nobody.
    PageNobody,
    /// Somebody whom no roster knows acknowledges.
    AnswerAsAStranger,
    /// Somebody takes what another has, and was not asked to.
    TakeUnasked,
    /// The record says that no reminder reaches anybody, and people are reminded all the same.
    ForgetReminders,
    /// A page shows what the source sent.
    LeakPayload,
    /// A line of the record changes.
    BendRecord,
    /// A record is older than the one before.
    TurnTimeBack,
    /// A provider never answers, and nobody sees what it has: what is closed stays in memory.
    Hoard,
    /// Sources that say nothing are said to have spoken.
    HushSilence,
    /// An incident of a silence is recorded twice.
    TellSilenceTwice,
    /// A start does not know which tests were made.
    TestAgain,
    /// No test arrives.
    LoseTests,
    /// Pages and tests show a link.
    LeakLink,
    /// A message waits until no test is on its way.
    WaitForTests,
    /// A daily test fails and nobody is told.
    HushTest,
    /// Nothing is sealed before it is recorded.
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
    /// A look for what can be pruned takes all that is open for closed.
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
    /// Whoever owes a task after the resolution is looked for once, and never again.
    ForgetOwed,
}

/// How the writer changes what the loop has decided upon, where a rule is broken so.
pub fn bend(mutation: Mutation) -> Option<Bend> {
    match mutation {
        Mutation::TellSilenceTwice => Some(Box::new(tell_silences_twice)),
        Mutation::HushTest => Some(Box::new(hush_tests)),
        Mutation::InvolveThePaged => Some(Box::new(involve_the_paged)),
        Mutation::MissARepeat => {
            let is_repeat = |entry: &Entry| matches!(entry.fact, Fact::Incident(_, Event::Folded(_)));
            Some(Box::new(move |entries| entries.retain(|entry| !is_repeat(entry))))
        }
        Mutation::ForgetOwed => Some(Box::new(forget_owed)),
        Mutation::ForgetReminders => {
            let mut reminders = BTreeSet::new();
            Some(Box::new(move |entries| fail_reminders(&mut reminders, entries)))
        }
        _ => None,
    }
}

/// Nothing says when the people are told again.
fn forget_owed(entries: &mut Vec<Entry>) {
    for entry in entries {
        if let Fact::Incident(_, Event::FollowedUp(followed)) = &mut entry.fact {
            (followed.again_at, followed.next_at) = (None, None);
        }
    }
}

/// Each incident of a silence has a twin of another reference.
fn tell_silences_twice(entries: &mut Vec<Entry>) {
    let is_of_silence = |fact: &Fact| match fact {
        Fact::Incident(_, Event::Opened(opened)) => {
            opened.source == SourceName::wardbell() && opened.class == SOURCE_SILENT
        }
        _ => false,
    };
    let told = entries.iter().filter(|entry| is_of_silence(&entry.fact)).cloned();
    let twins: Vec<Entry> = told
        .filter_map(|entry| match entry.fact {
            Fact::Incident(id, event) => {
                let twin = IncidentId::from_random(id.to_bits() ^ 1);
                Some(Entry { fact: Fact::Incident(twin, event), ..entry })
            }
            _ => None,
        })
        .collect();
    entries.extend(twins);
}

/// Where a daily test has failed, no incident is recorded.
fn hush_tests(entries: &mut Vec<Entry>) {
    let has_failed = |entry: &Entry| match &entry.fact {
        Fact::ChannelTest(_, ChannelTestEvent::Tested { day: Some(_), outcome, .. }) => outcome.code().is_some(),
        _ => false,
    };
    if entries.iter().any(has_failed) {
        entries.retain(|entry| !matches!(entry.fact, Fact::Incident(..)));
    }
}

/// The first page of an incident is to somebody whom its record names as involved.
fn involve_the_paged(entries: &mut Vec<Entry>) {
    let paged: Vec<(IncidentId, String)> = entries
        .iter()
        .filter_map(|entry| match &entry.fact {
            Fact::Incident(id, event) => Some((*id, event.pages()?.2.first()?.liaison.to_string())),
            _ => None,
        })
        .collect();
    for entry in entries {
        let Fact::Incident(id, Event::Opened(opened)) = &mut entry.fact else { continue };
        let involved = paged.iter().find(|(incident, _)| incident == id).map(|(_, liaison)| liaison.clone());
        opened.incident.involved.extend(involved);
    }
}

/// The record says of every reminder that it was not taken over.
fn fail_reminders(reminders: &mut BTreeSet<PageId>, entries: &mut [Entry]) {
    for entry in entries {
        let Fact::Incident(id, event) = &mut entry.fact else { continue };
        if let Event::Reminded { pages, .. } = event {
            reminders.extend(pages.iter().map(|page| PageId { incident: *id, number: page.number }));
        }
        if let Event::Attempted { page, outcome, retry_at, .. } = event
            && reminders.contains(&PageId { incident: *id, number: *page })
        {
            *outcome = Outcome::permanent("smtp-550", Blame::Recipient);
            *retry_at = None;
        }
    }
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
            Some(Mutation::BendRecord) if self.steps % 40 == 39 => {
                self.disk.bend_last();
                self.ledger.hashes.pop();
                self.read_forged();
            }
            Some(Mutation::AnswerUnrecorded) => self.disk.forget_openings(),
            Some(Mutation::HushSilence) => {
                for (name, _) in self.ledger.hospital.heard_within.clone() {
                    self.ask(Request::Control(Control::Heard { source: name.parse().unwrap(), reply: None }));
                }
            }
            Some(mutation) => self.forge(mutation),
            None => {}
        }
    }

    fn forge(&mut self, mutation: Mutation) {
        let people = self.ledger.hospital.people().count();
        let fits = |incident: &&Incident| match mutation {
            Mutation::PageNobody => incident.involved.len() >= people,
            Mutation::TakeUnasked => incident.tracks.iter().any(|track| track.acknowledged.is_some()),
            _ => true,
        };
        let open = self.ledger.incidents.values().filter(|incident| incident.resolved.is_none()).find(fits);
        let Some((incident, at)) = open.cloned().zip(self.ledger.last_at) else { return };
        let by = Principal::Operator { operator: "nobody".parse().unwrap() };
        let department = incident.tracks[0].department.clone();
        let mut time = at;
        let event = match mutation {
            Mutation::ForgeAcknowledgement => Some(acknowledged(department, by)),
            Mutation::TakeUnasked => {
                let held = incident.tracks.iter().find(|track| track.acknowledged.is_some());
                held.map(|track| acknowledged(track.department.clone(), by))
            }
            Mutation::TurnTimeBack => {
                time -= TimeDelta::hours(1);
                Some(Event::Noted { department: None, by, page: None, text: "late".into() })
            }
            Mutation::PurgeOpen => Some(Event::Purged { by }),
            Mutation::PageNobody => {
                let next = Next {
                    at: at + TimeDelta::minutes(5),
                    step: StepPosition::LastResort,
                    reason: PageReason::Repeated,
                };
                Some(Event::StepFired(StepFired {
                    department,
                    step: StepPosition::LastResort,
                    due_at: at,
                    reason: PageReason::Repeated,
                    pages: Vec::new(),
                    passed_over: Vec::new(),
                    next: Some(next),
                }))
            }
            Mutation::AnswerAsAStranger => {
                let (liaison, roster) = ("nobody-9".parse().unwrap(), department.clone());
                let by = Principal::LinkHolder { liaison, name: "Nobody".into(), roster };
                Some(acknowledged(department, by))
            }
            Mutation::RestForHours => {
                let next =
                    Next { at: at + TimeDelta::days(1), step: StepPosition::Step(1), reason: PageReason::Opened };
                (!incident.tracks[0].is_waiting()).then_some(Event::StepDeferred { department, next })
            }
            Mutation::RiseWithoutCause => Some(Event::SeverityRose(SeverityRose {
                severity: incident.severity,
                ladders: Vec::new(),
                first_steps: Vec::new(),
            })),
            Mutation::FireEarly => early_step(&incident, at),
            Mutation::Burst => self.burst(&incident, at),
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
        let severity_and_ladder = life.tracks.get_mut(&department)?;
        let (_, expected) = severity_and_ladder.next.as_mut()?;
        if page.made_at + 3_000 < self.ledger.now {
            return None;
        }
        *expected = self.ledger.now.saturating_sub(60_000);
        let mut paged = page.paged;
        paged.number += 1;
        let due_at = at - TimeDelta::minutes(1);
        let (step, reason) = (StepPosition::Repeat(1), PageReason::Repeated);
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

fn acknowledged(department: DepartmentId, by: Principal) -> Event {
    Event::Acknowledged { department, by, page: None, act_by: None, taken_from: None }
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
