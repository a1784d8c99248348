//! Decides each input of a batch.

use crate::domain::channel_test::ChannelTestInput;
use crate::domain::escalation::input::Input;
use crate::domain::session::SessionInput;
use crate::engine::batch::changes::Answer;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::parts::internal::{AccessSent, Addressed, Internal, Sent, Tested};
use crate::engine::protocol::access_mail::AccessMail;
use crate::engine::protocol::command::Command;
use crate::engine::protocol::query::Query;

impl PendingBatch<'_> {
    pub fn internal(&mut self, input: Internal) {
        match input {
            Internal::Sent(sent) | Internal::SentRest(sent) => self.note_sent(sent),
            Internal::Tested(Tested { channel, run, outcome }) => {
                self.deliver(Addressed::ChannelTest(channel, ChannelTestInput::Ended { run, outcome }));
            }
            Internal::To(addressed) => self.deliver(addressed),
            Internal::AccessSent(sent) => self.note_test(sent),
            Internal::ConfigurationFixed => self.note_configuration_fixed(),
            Internal::ConfigurationFault(fault) => self.report_configuration_fault(&fault),
            Internal::Timeouts => self.time_out(),
        }
    }

    pub fn command(&mut self, command: Command) {
        let answer = match command {
            Command::Open { by, source, incoming, reply, .. } => {
                Answer::Receipt(reply, self.receive(by, source, *incoming))
            }
            Command::Act { incident, by, action, reply, .. } => {
                Answer::Acted(reply, self.act(incident, by, action).map(Box::new))
            }
            Command::Press { press, reply, .. } => Answer::Pressed(reply, self.press(press).map(Box::new)),
            Command::Purge { incident, by, reply, .. } => Answer::Acted(reply, self.purge(incident, by).map(Box::new)),
            Command::Session { inputs, reply, .. } => Answer::Session(reply, self.sessions(inputs)),
        };
        self.changes.answers.push(answer);
    }

    /// Answers immediately from durable state.
    pub fn query(&self, query: Query) {
        match query {
            Query::Link { query, reply } => self.answer_view(&query, reply),
        }
    }

    /// The last attempt of a test that somebody asked for has ended.
    fn note_test(&mut self, sent: AccessSent) {
        let AccessSent { attempt, outcome } = sent;
        if attempt.is_tried_again(&outcome) {
            return;
        }
        let AccessMail { to, message, tests, .. } = attempt.mail;
        if let Some(person) = tests {
            let (channel, address_hash) = (message.channel, message.channel.hash_of(&to));
            // The end of a test is never refused.
            let _events = self.sessions(vec![(person, SessionInput::EndTestPage { channel, address_hash, outcome })]);
        }
    }

    fn note_sent(&mut self, sent: Sent) {
        let Sent { message, outcome, .. } = sent;
        // Pages sent as one message are retried as one.
        let jitter = self.draw().permille();
        for page in message.pages {
            let (number, channel, outcome) = (page.number, message.channel, outcome.clone());
            self.decide_internal(page.incident, Input::Attempted { page: number, channel, outcome, jitter });
        }
    }
}
