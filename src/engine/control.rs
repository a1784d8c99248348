//! Control requests, handled immediately, before the turn's batch.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::channel_test::ChannelTestInput;
use crate::domain::contact::ChannelKind;
use crate::domain::id::SourceName;
use crate::domain::outcome::Outcome;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::session::SessionInput;
use crate::domain::source_watch::SourceWatchInput;
use crate::engine::log::attempt;
use crate::engine::parts::channel_health::{Change, Moment};
use crate::engine::parts::internal::{AccessSent, Addressed, Internal};
use crate::engine::parts::recorder::{Batch, Unrecorded};
use crate::engine::parts::shutdown::Shutdown;
use crate::engine::protocol::access_mail::AccessMail;
use crate::engine::protocol::control::Control;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reply::Reply;
use crate::engine::state::State;
use crate::journal::prune::Prunable;
use crate::journal::record::{Entry, Fact, SystemEvent};

/// The recipient key of test messages.
const TEST_RECIPIENT: &str = "test";

impl State {
    /// Handles a control request. The caller may be gone by the time of the answer.
    pub fn control(&mut self, control: Control) {
        match control {
            Control::Ping { reply } => drop(reply.send(Ok(()))),
            Control::Health { reply } => drop(reply.send(Ok(self.health()))),
            Control::Replan { plan, claim, reply } => {
                if claim.take() {
                    self.replan(plan);
                    drop(reply.send(self.refuse_while_failing()));
                }
            }
            Control::Heard { source, reply } => {
                self.note_heard(&source);
                if let Some(reply) = reply {
                    drop(reply.send(Ok(())));
                }
            }
            Control::ConfigurationFixed => self.noticed.push(Internal::ConfigurationFixed),
            Control::Record { event, reply } => {
                let now = self.read_clocks();
                self.record_system_events(now, vec![*event]);
                drop(reply.send(self.refuse_while_failing()));
            }
            Control::Prune { found, reply } => drop(reply.send(self.record_checkpoint(*found))),
            Control::TestChannels { reply } => {
                let (number, channels) = self.test_requests.ask(&self.plan, reply);
                let request = |channel| Addressed::ChannelTest(channel, ChannelTestInput::Request(number));
                self.noticed.extend(channels.into_iter().map(request).map(Internal::To));
            }
            Control::EndSession { person, session, why, by } => {
                let end = SessionInput::End { session: Some(session), why, by };
                self.noticed.push(Internal::To(Addressed::Person(person, end)));
            }
            Control::SendAccessMail(mail) => {
                let now = self.time.read_without_step();
                self.dispatcher.access.push(mail, now);
            }
            Control::Stop { reply } => self.stop(reply),
        }
    }

    /// A source sent something.
    pub fn note_heard(&mut self, source: &SourceName) {
        self.noticed.push(Internal::To(Addressed::SourceWatch(source.clone(), SourceWatchInput::Heard)));
    }

    /// An attempt ended: updates channel health.
    pub fn note_end(&mut self, end: &Internal) {
        match end {
            Internal::Sent(sent) => {
                self.note_outcome(sent.message.channel, &sent.message.to, &sent.outcome);
                self.durations.keep(sent);
            }
            Internal::Tested(tested) => {
                self.note_outcome(tested.channel, TEST_RECIPIENT, &tested.outcome);
                self.test_requests.note(tested);
            }
            Internal::AccessSent(AccessSent { attempt, outcome }) => {
                let AccessMail { to, message, .. } = &attempt.mail;
                self.note_outcome(message.channel, to, outcome);
                if let Some(code) = outcome.code() {
                    tracing::warn!(channel = %message.channel, code, "{} could not be sent", message.about.words());
                }
                let now = self.time.read_without_step();
                self.dispatcher.access.end(attempt.clone(), outcome, now);
            }
            Internal::SentRest(_)
            | Internal::To(_)
            | Internal::ConfigurationFault(_)
            | Internal::ConfigurationFixed
            | Internal::Timeouts => {}
        }
    }

    fn note_outcome(&mut self, channel: ChannelKind, to: &str, outcome: &Outcome) {
        let at = Moment { wall: self.time.wall(), steady: self.time.stopwatch() };
        match self.channel_health.note(channel, to, outcome, at) {
            Some(Change::Began(failure)) => {
                tracing::warn!(
                    %channel, code = outcome.code(), "the channel `{channel}` is failing: {}", failure.plain()
                );
            }
            Some(Change::Ended(length)) => log_recovery(channel, length),
            None => {}
        }
    }

    fn replan(&mut self, plan: Arc<Plan>) {
        self.plan = Arc::clone(&plan);
        self.note_plan();
        self.shared.plan.store(plan);
        self.record_plan();
        tracing::info!("new rosters and playbooks loaded");
    }

    /// Records a checkpoint for the part of the journal that is about to be removed, and forgets what the journal will
    /// no longer hold; it is recorded again when used. Returns the checkpoint's sequence number.
    ///
    /// # Errors
    ///
    /// [`Refused::CannotRecord`] or [`Refused::NotKnownYet`]; then nothing is forgotten.
    fn record_checkpoint(&mut self, found: Prunable) -> Result<u64, Refused> {
        let now = self.read_clocks();
        let at = now.logical;
        // New incidents and closed ones with attempts in flight still need their playbooks; without one an incident
        // pages no one.
        let used = self.open.used_of(&found.forgotten.playbooks);
        let playbooks = used.iter().map(|(hash, playbook)| SystemEvent::PlaybookPinned {
            hash: *hash,
            playbook: Box::new(Playbook::clone(playbook)),
        });
        let entries = playbooks.chain(found.events).map(|event| Entry { at, fact: Fact::System(event) }).collect();
        let recorded = self.recorder.record(now, Batch { external: entries, ..Batch::default() });
        self.report_journal();
        let recorded = recorded.map_err(|unrecorded| match unrecorded {
            Unrecorded::Never(reason) => Refused::CannotRecord(reason),
            // The checkpoint may be recorded with nothing removed; the next pruning makes its own.
            Unrecorded::PerhapsAfterACrash(_) | Unrecorded::Late(_) => Refused::NotKnownYet,
        })?;
        self.publish(recorded);
        self.plans.forget(&found.forgotten.files);
        self.open.unpin(&found.forgotten.playbooks);
        self.open.pruned_through = found.checkpoint.through;
        for (hash, playbook) in used {
            self.open.pin(hash, playbook);
        }
        Ok(self.recorder.last_seq())
    }

    /// Starts no more attempts; pending messages are sent after the next start.
    fn stop(&mut self, reply: Reply<()>) {
        // The last reading may be old if nothing has happened since.
        let now = self.time.read_without_step();
        self.shutdown.get_or_insert_with(|| Shutdown::begin(now)).add(reply);
        for (page, channel) in self.dispatcher.clear(self.time.logical(), self.plan.bundling) {
            self.open.touch(page.incident, |incident| incident.put_back(page.number, channel));
        }
    }
}

fn log_recovery(channel: ChannelKind, length: Duration) {
    let seconds = length.as_secs();
    let after = attempt::length(TimeDelta::from_std(length).unwrap_or_default());
    tracing::info!(%channel, seconds, "the channel `{channel}` works again after {after}");
}
