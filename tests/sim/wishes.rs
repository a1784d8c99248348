//! What callers asked for, what they were answered, and what was done: whoever was answered "no" is never obeyed later.

use std::collections::BTreeMap;

use wardbell::domain::escalation::event::Event;
use wardbell::domain::id::{IncidentId, PageId};
use wardbell::domain::principal::Principal;
use wardbell::engine::protocol::claim::Claim;
use wardbell::engine::protocol::command::Action;
use wardbell::engine::protocol::refused::Refused;
use wardbell::journal::record::Fact;

use crate::happening::Button;
use crate::invariants::Broken;
use crate::ledger::Ledger;
use crate::mutation::Mutation;
use crate::world::World;

/// Of a hundred callers, so many give up before they are answered.
const GIVE_UP_PERCENT: u32 = 4;

/// Something that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// What the source has sent under that number is an incident, or a repeat of one.
    Incident(usize),
    /// A press of a button.
    Press(PageId, Button),
    /// An operator closes an incident.
    Resolve(IncidentId),
    /// An operator opens it again.
    Reopen(IncidentId),
    /// An administrator has its words destroyed.
    Purge(IncidentId),
}

/// How often it was wished for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    asked: u32,
    refused: u32,
    done: u32,
}

/// All wishes.
pub type Wishes = BTreeMap<Wish, Times>;

impl World {
    /// Somebody asks for something; the claim that goes with it. Some give up at once.
    pub fn wish(&mut self, wishes: impl IntoIterator<Item = Wish>) -> Claim {
        let claim = Claim::default();
        if self.daemon.is_none() {
            return claim;
        }
        let wishes: Vec<Wish> = wishes.into_iter().collect();
        wishes.iter().for_each(|wish| self.ledger.wishes.entry(*wish).or_default().asked += 1);
        if self.random.below(100) < GIVE_UP_PERCENT as usize && claim.abandon() {
            self.tell(&format!("{wishes:?}: given up"));
            wishes.iter().for_each(|wish| self.ledger.refused(*wish));
            if self.mutation == Some(Mutation::ObeyWhoGaveUp) {
                return Claim::default();
            }
        }
        claim
    }

    /// The same for what an operator does.
    pub fn wish_action(&mut self, id: IncidentId, action: &Action) -> Claim {
        let wish = wish_to(id, action);
        if wish.is_some() { self.wish(wish) } else { Claim::default() }
    }
}

impl Ledger {
    /// Somebody was answered "no".
    pub fn refused(&mut self, wish: Wish) {
        self.wishes.entry(wish).or_default().refused += 1;
    }

    /// Somebody was answered; "not known yet" is no "no", nor is a purge that is recorded and not done yet.
    pub fn answered<T>(&mut self, wish: Wish, result: &Result<T, Refused>) {
        if matches!(result, Err(refused) if !matches!(refused, Refused::NotKnownYet | Refused::NotYetPurged(_))) {
            self.refused(wish);
        }
    }

    /// The same for a press for one page, which is refused in two ways.
    pub fn press_answered(&mut self, wish: Wish, is_recorded: Result<bool, &Refused>) {
        match is_recorded {
            Ok(false) => self.refused(wish),
            Ok(true) => {}
            Err(refused) => self.answered::<()>(wish, &Err(refused.clone())),
        }
    }

    /// Something is in the record that somebody wished for.
    pub fn done(&mut self, fact: &Fact) {
        if let Some(times) = wish_of(fact).and_then(|wish| self.wishes.get_mut(&wish)) {
            times.done += 1;
        }
    }
}

/// What an operator wishes for who acts so.
pub fn wish_to(id: IncidentId, action: &Action) -> Option<Wish> {
    match action {
        Action::Resolve(_) => Some(Wish::Resolve(id)),
        Action::Reopen(_) => Some(Wish::Reopen(id)),
        _ => None,
    }
}

fn wish_of(fact: &Fact) -> Option<Wish> {
    let Fact::Incident(id, event) = fact else { return None };
    let press = |page: &Option<u32>, button| page.map(|number| Wish::Press(PageId { incident: *id, number }, button));
    match event {
        Event::Opened(opened) => sent(opened.incident.network.as_deref()?),
        Event::Folded(folded) => sent(folded.incident.network.as_deref()?),
        Event::Acknowledged { page, .. } => press(page, Button::Acknowledge),
        Event::Declined { page, .. } => press(page, Button::Decline),
        Event::HandOverRequested { page, .. } => press(page, Button::HandOver),
        Event::HandOverFailed { page, .. } => press(page, Button::Decline),
        Event::Noted { page, .. } => press(page, Button::Note),
        Event::Resolved { by: Principal::Operator { .. }, .. } => Some(Wish::Resolve(*id)),
        Event::Reopened(_) => Some(Wish::Reopen(*id)),
        Event::Purged { .. } => Some(Wish::Purge(*id)),
        _ => None,
    }
}

/// The network tells what was sent, and is not sealed.
fn sent(network: &str) -> Option<Wish> {
    network.strip_prefix("network-secret-")?.parse().ok().map(Wish::Incident)
}

/// What is in the record was asked for by somebody who was not answered "no".
pub fn whoever_is_answered_no_is_never_obeyed_later(ledger: &Ledger) -> Broken {
    for wish in ledger.fresh.iter().filter_map(|fresh| wish_of(&fresh.record.entry.fact)) {
        let Some(Times { asked, refused, done }) = ledger.wishes.get(&wish).copied() else { continue };
        if done + refused > asked {
            return Err(format!(
                "{wish:?} was asked for {asked} times, answered \"no\" {refused} times and done {done} times"
            ));
        }
    }
    Ok(())
}
