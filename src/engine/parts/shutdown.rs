//! The loop's end: what is on its way is waited for.

use chrono::{DateTime, TimeDelta, Utc};

use crate::engine::protocol::reply::Reply;

/// What is on its way when the daemon ends is waited for no longer than this. With the ten seconds that callers have
/// before it, and what closing takes, the end comes within the 30 seconds after which systemd kills.
const LAST_ATTEMPTS: TimeDelta = TimeDelta::seconds(15);

/// The daemon is ending.
pub struct Shutdown {
    replies: Vec<Reply<()>>,
    until: DateTime<Utc>,
}

impl Shutdown {
    /// From now on nothing is started.
    pub fn begin(now: DateTime<Utc>) -> Self {
        Self { replies: Vec::new(), until: now + LAST_ATTEMPTS }
    }

    /// Somebody else waits for the end.
    pub fn add(&mut self, reply: Reply<()>) {
        self.replies.push(reply);
    }

    /// When it is not waited for any longer.
    pub fn until(&self) -> DateTime<Utc> {
        self.until
    }

    /// The wall clock jumped ahead: the wait keeps its length.
    pub fn shift(&mut self, by: TimeDelta) {
        self.until += by;
    }

    /// Answers all who wait for the end.
    pub fn answer(self) {
        for reply in self.replies {
            // Whoever asked may have gone away.
            let _gone = reply.send(Ok(()));
        }
    }
}
