//! The entry point of the decider: turns an input into events.

use crate::domain::aggregate::{self, Aggregate};
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{Context, Input, Refusal};

/// The state afterwards equals the result of replaying the events.
pub type Decision = aggregate::Decision<Incident, Event>;

/// Decides on an input and on everything that is due.
///
/// # Errors
///
/// A [`Refusal`] says why a request cannot be met.
pub(in crate::domain::escalation) fn decide(
    incident: &Incident,
    context: &Context,
    input: Input,
) -> Result<Decision, Refusal> {
    let mut draft = Draft::new(incident.clone(), context);
    let mut taken = None;
    match input {
        Input::Fold { by, incoming } => taken = draft.fold(by, *incoming),
        Input::Answer(answer) => draft.answer(answer)?,
        Input::Escalate { by, department } => draft.escalate(by, department)?,
        Input::Resolve { by, resolve } => draft.resolve(by, resolve)?,
        Input::Reopen { by, note, key } => draft.reopen(by, note, key)?,
        Input::Attempted { page, channel, outcome, jitter } => draft.end_attempt(page, channel, outcome, jitter),
        Input::IssueLink { page } => {
            let link = context.entropy.token(page).hash();
            draft.push(Event::LinkIssued { page, link });
        }
        Input::Task(input) => draft.change_task(input)?,
        Input::Statement(input) => draft.change_statement(input)?,
        Input::HeardAgain => draft.push(Event::HeardAgain { heard_at: context.now.wall }),
        Input::ConfigurationFixed => draft.push(Event::ConfigurationFixed { fixed_at: context.now.wall }),
        // A crash may have kept a repeat but lost its consequences.
        Input::Timeout => draft.call_back_involved(),
    }
    if let Some(after) = taken {
        draft.ask_anew(context.playbook, after);
    }
    // What is due follows the incident's current playbook.
    let context = Context { playbook: taken.unwrap_or(context.playbook), ..*context };
    let mut draft = Draft { incident: draft.incident, context: &context, events: draft.events };
    draft.settle();
    Ok(draft.finish())
}

/// A decision in progress: each event changes the state that the next one is based on.
pub struct Draft<'a> {
    pub(in crate::domain::escalation) incident: Incident,
    pub(in crate::domain::escalation) context: &'a Context<'a>,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub(in crate::domain::escalation) fn new(incident: Incident, context: &'a Context<'a>) -> Self {
        Self { incident, context, events: Vec::new() }
    }

    pub(in crate::domain::escalation) fn push(&mut self, event: Event) {
        self.incident.evolve(self.context.now.logical, &event);
        self.events.push(event);
    }

    pub(in crate::domain::escalation) fn finish(self) -> Decision {
        Decision { events: self.events, after: self.incident }
    }
}
