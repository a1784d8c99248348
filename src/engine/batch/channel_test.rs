//! The result of a test message.

use crate::domain::incident::Incoming;
use crate::domain::playbook::matching::CHANNEL_FAILING;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::parts::channel_tests::Tested;
use crate::journal::record::SystemEvent;

impl PendingBatch<'_> {
    /// Records a test result. If the daily test failed, opens an incident for the fallback department.
    pub fn record_test(&mut self, tested: Tested) {
        let Tested { channel, day, outcome, .. } = tested;
        if let (Some(_), Some(code)) = (day, outcome.code()) {
            let incoming = Incoming {
                class: CHANNEL_FAILING.to_owned(),
                // Source names contain no colon.
                dedup_key: Some(format!("channel:{channel}")),
                summary: Some(format!("the daily test of the channel `{channel}` failed: {code}")),
                ..Incoming::default()
            };
            // Without a matching playbook this is refused, and only metrics show the failure.
            let _told = self.raise(incoming);
        }
        // Last, so that after a power cut mid-batch the test is repeated rather than the failure lost.
        self.system_event(SystemEvent::ChannelTested { channel, day, tested_at: self.context.now.wall, outcome });
    }
}
