//! Decides each input of a batch.

use crate::domain::escalation::input::Input;
use crate::domain::id::IncidentId;
use crate::engine::batch::changes::Answer;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::parts::internal::{Internal, Sent};
use crate::engine::protocol::command::Command;
use crate::engine::protocol::query::Query;

impl PendingBatch<'_> {
    pub fn internal(&mut self, input: Internal) {
        match input {
            Internal::Sent(sent) | Internal::SentRest(sent) => self.note_sent(sent),
            Internal::Tested(tested) => self.record_test(tested),
            Internal::IssueLink(page) => self.decide_internal(page.incident, Input::IssueLink { page: page.number }),
            Internal::HeardAgain(incident) => self.note_heard_again(incident),
            Internal::RecordedLate(incident) => self.decide_internal(incident, Input::Timeout),
            Internal::ConfigurationFixed => self.note_configuration_fixed(),
            Internal::ConfigurationFault(fault) => self.report_configuration_fault(&fault),
            Internal::Timeouts => {
                let due: Vec<IncidentId> = self.context.open.due(self.context.now.logical).collect();
                due.into_iter().for_each(|id| self.decide_internal(id, Input::Timeout));
                self.report_silences();
            }
        }
    }

    pub fn command(&mut self, command: Command) {
        let answer = match command {
            Command::Open { source, incoming, reply, .. } => Answer::Receipt(reply, self.receive(source, *incoming)),
            Command::Act { incident, operator, action, reply, .. } => {
                Answer::Acted(reply, self.act(incident, operator, action).map(Box::new))
            }
            Command::Press { press, reply, .. } => Answer::Pressed(reply, self.press(press).map(Box::new)),
            Command::Purge { incident, operator, reply, .. } => {
                Answer::Acted(reply, self.purge(incident, operator).map(Box::new))
            }
        };
        self.changes.answers.push(answer);
    }

    /// Answers immediately from durable state.
    pub fn query(&self, query: Query) {
        match query {
            Query::Link { query, reply } => self.answer_view(&query, reply),
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
