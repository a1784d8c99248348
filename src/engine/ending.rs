//! The loop's end: what is on its way is waited for, and the store is closed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::engine::request::{Refused, Reply};
use crate::engine::run::Engine;

/// What is on its way when the daemon ends is waited for no longer than this. With the ten seconds that callers have
/// before it, and what closing takes, the end comes within the 30 seconds after which systemd kills.
const LAST_ATTEMPTS: TimeDelta = TimeDelta::seconds(15);

/// The daemon is ending.
pub(in crate::engine) struct Stopping {
    pub(in crate::engine) replies: Vec<Reply<()>>,
    pub(in crate::engine) until: DateTime<Utc>,
}

impl Stopping {
    /// The wall clock jumped ahead: the wait keeps its length.
    pub(in crate::engine) fn shift(&mut self, by: TimeDelta) {
        self.until += by;
    }
}

impl Engine {
    /// Starts no further attempt; what waited for its turn is sent after the next start.
    pub(in crate::engine) fn stop(&mut self, reply: Reply<()>) {
        // The time as it was last read may be long ago where nothing has happened since.
        let until = self.keeper.read_without_step() + LAST_ATTEMPTS;
        self.stopping.get_or_insert(Stopping { replies: Vec::new(), until }).replies.push(reply);
        for (page, channel) in self.courier.clear(self.keeper.logical(), self.plan.bundling) {
            self.desk.touch(page.incident, |incident| incident.put_back(page.number, channel));
        }
    }

    /// Whether it was told to stop and has done what that takes.
    pub fn has_stopped(&self) -> bool {
        let nothing_left = self.courier.outbox.on_their_way() == 0 && self.sent.is_empty() && !self.recorder.is_late();
        self.stopping.as_ref().is_some_and(|stopping| nothing_left || self.keeper.logical() >= stopping.until)
    }

    /// Closes the store and answers whoever waits for the end.
    pub fn end(self) {
        self.store.close();
        let replies = self.stopping.map(|stopping| stopping.replies).unwrap_or_default();
        tracing::info!(
            open = self.desk.len(),
            on_their_way = self.courier.outbox.on_their_way(),
            "the engine has ended"
        );
        // Whoever asked may have gone away.
        replies.into_iter().for_each(|reply| drop(reply.send(Ok::<(), Refused>(()))));
    }
}
