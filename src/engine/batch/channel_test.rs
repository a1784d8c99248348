//! What became of a test message.

use crate::domain::incident::Incoming;
use crate::domain::playbook::matching::CHANNEL_FAILING;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::parts::channel_tests::Tested;
use crate::journal::record::SystemEvent;

impl PendingBatch<'_> {
    /// Records how a test ended; where the day's own failed, the fallback department is told.
    pub fn record_test(&mut self, tested: Tested) {
        let Tested { channel, day, outcome, .. } = tested;
        if let (Some(_), Some(code)) = (day, outcome.code()) {
            let incoming = Incoming {
                class: CHANNEL_FAILING.to_owned(),
                // No name of a source has a colon.
                dedup_key: Some(format!("channel:{channel}")),
                summary: Some(format!("the daily test of the channel `{channel}` failed: {code}")),
                ..Incoming::default()
            };
            // What no playbook answers is refused, and stands in the metrics alone.
            let _told = self.raise(incoming);
        }
        // At last: where a power cut leaves a part of the batch, the test is made again rather than nobody told of it.
        self.house(SystemEvent::ChannelTested { channel, day, tested_at: self.context.now.wall, outcome });
    }
}
