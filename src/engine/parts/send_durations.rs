//! How long attempts took, for the log only; not recorded.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::contact::ChannelKind;
use crate::domain::id::PageId;
use crate::engine::parts::internal::Sent;

/// The most durations kept until their attempts are recorded. Beyond that, the log leaves the duration out.
const KEPT_MAX: usize = 16_384;

/// How long attempts took that are not logged yet.
#[derive(Debug, Default)]
pub struct SendDurations(HashMap<(PageId, ChannelKind), Duration>);

impl SendDurations {
    /// An attempt has ended.
    pub fn keep(&mut self, sent: &Sent) {
        if self.0.len() + sent.message.pages.len() > KEPT_MAX {
            self.0.clear();
        }
        let pages = sent.message.pages.iter();
        self.0.extend(pages.map(|page| ((*page, sent.message.channel), sent.took)));
    }

    /// How long the latest attempt took, once.
    pub fn take(&mut self, page: PageId, channel: ChannelKind) -> Option<Duration> {
        let took = self.0.remove(&(page, channel));
        if self.0.is_empty() {
            self.0.shrink_to(1_024);
        }
        took
    }
}
