//! Shutdown: waits for attempts in flight.

use chrono::{DateTime, TimeDelta, Utc};

use crate::engine::protocol::reply::Reply;

/// The longest wait for attempts in flight at shutdown. With the ten seconds for callers before it, the process ends
/// within systemd's 30 seconds.
const LAST_ATTEMPTS: TimeDelta = TimeDelta::seconds(15);

pub struct Shutdown {
    replies: Vec<Reply<()>>,
    until: DateTime<Utc>,
}

impl Shutdown {
    /// Starts the shutdown; no attempt is started from now on.
    pub fn begin(now: DateTime<Utc>) -> Self {
        Self { replies: Vec::new(), until: now + LAST_ATTEMPTS }
    }

    /// Adds another caller waiting for the shutdown.
    pub fn add(&mut self, reply: Reply<()>) {
        self.replies.push(reply);
    }

    /// The deadline.
    pub fn until(&self) -> DateTime<Utc> {
        self.until
    }

    /// The wall clock jumped ahead: the wait keeps its length.
    pub fn shift(&mut self, by: TimeDelta) {
        self.until += by;
    }

    /// Answers all waiting callers.
    pub fn answer(self) {
        for reply in self.replies {
            // The caller may be gone.
            let _gone = reply.send(Ok(()));
        }
    }
}
