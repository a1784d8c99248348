//! The messages that the mock providers received.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

use crate::mock::message::{Content, Message};

/// How many messages are kept; the oldest go first. At some 10 KB a mail that is 50 MB.
const MAX_KEPT: usize = 5_000;

#[derive(Debug, Clone)]
pub struct Inbox {
    kept: Arc<Mutex<VecDeque<Arc<Message>>>>,
    /// How many were ever received.
    count: watch::Sender<u64>,
    now: fn() -> SystemTime,
}

impl Inbox {
    pub fn new(now: fn() -> SystemTime) -> Self {
        Self { kept: Arc::default(), count: watch::Sender::default(), now }
    }

    /// All kept messages, oldest first.
    pub fn messages(&self) -> Vec<Arc<Message>> {
        self.lock().iter().cloned().collect()
    }

    /// Changes after each new message.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }

    /// Stores a message built from its number, counting from 1.
    pub(in crate::mock) fn keep(&self, content: impl FnOnce(u64) -> Content) {
        let mut kept = self.lock();
        let number = *self.count.borrow() + 1;
        let content = content(number);
        if kept.len() == MAX_KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::new(Message { number, received_at: (self.now)(), content }));
        self.count.send_replace(number);
    }

    /// A panic elsewhere cannot leave the list inconsistent.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Message>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
