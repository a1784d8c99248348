//! How much the engine holds in memory; bounded by open incidents, messages in flight, and lookups not yet in the
//! store.

use crate::engine::state::State;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryStats {
    pub incidents: usize,
    /// Pages that wait for their message.
    pub waiting: usize,
    /// Recipients whose message may go as soon as there is room.
    pub ready: usize,
    /// Messages in flight, with those that wait for a link.
    pub on_their_way: usize,
    /// Secrets of pages that are still to be sent.
    pub tokens: usize,
    /// Lookups that the store does not have yet.
    pub recent: usize,
    /// What happened while the journal could not be written.
    pub unrecorded: usize,
}

impl MemoryStats {
    pub fn of(state: &State) -> Self {
        Self {
            incidents: state.open.len(),
            waiting: state.dispatcher.queue.waiting(),
            ready: state.dispatcher.queue.ready(),
            on_their_way: state.dispatcher.queue.on_their_way(),
            tokens: state.dispatcher.tokens(),
            recent: state.open.recent.len(),
            unrecorded: state.recorder.unrecorded(),
        }
    }
}
