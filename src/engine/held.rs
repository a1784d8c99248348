//! How much the loop holds in memory: all of it is bounded by what is open, on its way, or not in the store yet.

use crate::engine::run::Engine;

/// How much the loop holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Incidents on the desk.
    pub incidents: usize,
    /// Pages that wait for their message.
    pub waiting: usize,
    /// Recipients whose message may go as soon as there is room.
    pub ready: usize,
    /// Messages on their way, with those that wait for a link.
    pub on_their_way: usize,
    /// Secrets of pages that are still to be sent.
    pub tokens: usize,
    /// Lookups that the store does not have yet.
    pub recent: usize,
    /// What happened while the journal could not be written.
    pub unrecorded: usize,
}

impl Engine {
    /// How much the loop holds now.
    pub fn held(&self) -> Held {
        Held {
            incidents: self.desk.len(),
            waiting: self.courier.outbox.waiting(),
            ready: self.courier.outbox.ready(),
            on_their_way: self.courier.outbox.on_their_way(),
            tokens: self.courier.tokens(),
            recent: self.desk.recent.len(),
            unrecorded: self.recorder.unrecorded(),
        }
    }
}
