//! Rules broken on purpose: each promise is shown to be able to fail.

use chrono::TimeDelta;
use wardbell::domain::escalation::event::{By, Event};
use wardbell::journal::record::{Entry, Fact};

use crate::world::World;

/// What the simulation does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// An acknowledgement appears that nobody pressed.
    ForgeAcknowledgement,
    /// A crash loses lines that were flushed.
    LoseFlushed,
    /// A page shows what the source sent.
    LeakPayload,
    /// A line of the record changes.
    BendRecord,
    /// A record is older than the one before.
    TurnTimeBack,
    /// A provider's copy of an attempt counts as a second one.
    SendTwice,
}

impl World {
    /// Does what the mutation says, now and then.
    pub fn break_a_rule(&mut self) {
        let Some(mutation) = self.mutation else { return };
        match mutation {
            Mutation::ForgeAcknowledgement => self.forge(TimeDelta::zero()),
            Mutation::TurnTimeBack => self.forge(TimeDelta::hours(-1)),
            Mutation::LoseFlushed => self.disk.lose_in_crash(2),
            Mutation::LeakPayload => self.provider.leak("summary-secret-0"),
            Mutation::BendRecord if self.steps % 40 == 39 => {
                self.disk.bend_last();
                self.ledger.hashes.pop();
                let lines = self.disk.lines_after(self.ledger.hashes.len());
                self.ledger.read(lines, false);
            }
            Mutation::SendTwice => {
                if let Some((_, arrival)) = self.in_flight.last_key_value() {
                    let (page, channel, to) = (arrival.page, arrival.channel, arrival.to.clone());
                    self.ledger.send(page, channel, to, String::new());
                }
            }
            Mutation::BendRecord => {}
        }
    }

    fn forge(&mut self, by: TimeDelta) {
        let open = self.ledger.incidents.values().find(|incident| incident.resolved.is_none());
        let Some((incident, at)) = open.zip(self.ledger.last_at) else { return };
        let by_nobody = By::Operator { operator: "nobody".parse().unwrap() };
        let department = incident.tracks[0].department.clone();
        let event = if by == TimeDelta::zero() {
            Event::Acknowledged { department, by: by_nobody, page: None, act_by: None }
        } else {
            Event::Noted { department: None, by: by_nobody, page: None, text: "late".into() }
        };
        self.disk.forge(&Entry { at: at + by, fact: Fact::Incident(incident.id, event) });
        let lines = self.disk.lines_after(self.ledger.hashes.len());
        self.ledger.read(lines, false);
    }
}
