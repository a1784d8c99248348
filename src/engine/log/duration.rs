//! How long attempts take, from their start to the provider's answer. Only the log wants to know, so that no record has it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::domain::id::PageId;
use crate::domain::outcome::Outcome;
use crate::domain::page::MessageText;
use crate::domain::roster::ChannelKind;
use crate::domain::test_message::TestMessage;
use crate::engine::courier::Carrier;

/// So many are kept until their attempts are recorded. While the journal cannot be written, more may end: the log then says
/// nothing of how long those took.
const KEPT_MAX: usize = 4_096;

/// How long attempts took that are not logged yet; clones share them.
#[derive(Clone, Default)]
pub struct SendDurations(Arc<Mutex<HashMap<(PageId, ChannelKind), Duration>>>);

impl SendDurations {
    /// How long the latest attempt took, once.
    pub fn take(&self, page: PageId, channel: ChannelKind) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(page, channel))
    }

    fn keep(&self, page: PageId, channel: ChannelKind, took: Duration) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert((page, channel), took);
    }

    /// The carrier, with its attempts measured.
    pub fn measure(&self, carrier: Arc<dyn Carrier>) -> Arc<dyn Carrier> {
        Arc::new(Measured { carrier, durations: self.clone() })
    }
}

struct Measured {
    carrier: Arc<dyn Carrier>,
    durations: SendDurations,
}

impl Carrier for Measured {
    fn carry<'a>(
        &'a self,
        channel: ChannelKind,
        to: &'a str,
        message: &'a MessageText,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            let started = SystemClock.steady();
            let outcome = self.carrier.carry(channel, to, message).await;
            let took = SystemClock.steady().saturating_sub(started);
            message.pages.iter().for_each(|page| self.durations.keep(*page, channel, took));
            outcome
        })
    }

    fn carry_test<'a>(
        &'a self,
        to: &'a str,
        message: &'a TestMessage,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        self.carrier.carry_test(to, message)
    }
}
