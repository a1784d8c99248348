//! The loop's way to the courier: what the outbox lets go is started, or dropped where nobody needs it any more.

use std::sync::Arc;

use crate::domain::escalation::delivery::Dispatch;
use crate::domain::id::PageId;
use crate::domain::instant::Now;
use crate::domain::page::PageLink;
use crate::domain::roster::ChannelKind;
use crate::engine::run::Engine;

impl Engine {
    /// Starts as many attempts as the outbox lets go. A page whose secret was lost with the process before waits in its
    /// place until a further one is recorded.
    pub(in crate::engine) fn send(&mut self, now: Now) {
        for dispatch in self.courier.take_linked() {
            self.start(now, dispatch);
        }
        while let Some(dispatch) = self.courier.outbox.pop() {
            let is_wanted = self.desk.incident(dispatch.page.incident).is_some_and(|incident| {
                let page = incident.page(dispatch.page.number);
                page.is_some_and(|(track, page)| !incident.is_moot(track, page))
            });
            if is_wanted && self.courier.token(dispatch.page).is_none() {
                self.courier.await_link(dispatch);
            } else {
                self.start(now, dispatch);
            }
        }
    }

    /// Starts one attempt, unless nobody needs its page any more.
    fn start(&mut self, now: Now, dispatch: Dispatch) {
        let (page, channel) = (dispatch.page, dispatch.channel);
        let text = self.desk.incident(page.incident).and_then(|incident| {
            let (track, open_page) = incident.page(page.number)?;
            let playbook = self.desk.playbook(&incident.playbook_hash)?;
            let token = self.courier.token(page)?.clone();
            let link = PageLink { base: Arc::clone(&self.public_url), token };
            let wanted = !incident.is_moot(track, open_page);
            wanted.then(|| incident.page_text(page.number, &self.plan, playbook, now, link)).flatten()
        });
        match text {
            Some(text) => self.courier.start(dispatch, text),
            None => {
                self.courier.outbox.end(channel, &dispatch.to);
                self.cancel(page, channel);
            }
        }
    }

    /// Ends a delivery that was not started. Its incident may leave the desk with it: whoever asks for it is answered by
    /// what was recorded, also before the store has that.
    fn cancel(&mut self, page: PageId, channel: ChannelKind) {
        let courier = &mut self.courier;
        let after = self.desk.touch(page.incident, |incident| {
            incident.cancel(page.number, channel);
            courier.forget_tokens(incident);
            incident.is_settled().then(|| incident.clone())
        });
        if let Some(settled) = after.flatten() {
            // Only what is recorded resolves an incident, so that the record's end has it.
            self.desk.recent.add_closed(settled, self.recorder.last_seq());
        }
    }
}
