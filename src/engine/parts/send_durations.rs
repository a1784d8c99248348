//! How long attempts took, from their start to the provider's answer. Only the log wants to know, so that no record has it.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::contact::ChannelKind;
use crate::domain::id::PageId;
use crate::engine::parts::internal::Sent;

/// This many are kept until their attempts are recorded. While the journal cannot be written, more may end: the log then
/// says nothing of how long those took.
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
