//! Starts the messages that the send queue releases, or drops those that are no longer needed.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::id::PageId;
use crate::domain::instant::Now;
use crate::domain::page::{Mention, MessageText, PageLink, PageReason, PageText};
use crate::domain::plan::Plan;
use crate::engine::parts::dispatcher::Dispatcher;
use crate::engine::parts::open_incidents::OpenIncidents;
use crate::engine::parts::send_queue::message::{Ended, Message};

pub struct Sending<'a> {
    pub now: Now,
    pub plan: &'a Plan,
    pub public_url: &'a Arc<str>,
    pub open: &'a mut OpenIncidents,
    pub dispatcher: &'a mut Dispatcher,
    /// The sequence number of the last record.
    pub last_seq: u64,
}

impl Sending<'_> {
    /// Starts as many messages as the send queue allows. A message whose link was lost in a restart keeps its slot
    /// until a new link is recorded.
    pub fn send(&mut self) {
        for message in self.dispatcher.take_linked() {
            self.start(message);
        }
        while let Some(message) = self.dispatcher.queue.pop(self.now.logical, self.plan.bundling) {
            self.start(message);
        }
    }

    /// Starts one message with its pages that are still needed.
    fn start(&mut self, mut message: Message) {
        let (mut asking, mut notes, mut owed, mut hand_overs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut unwanted = 0;
        for page in std::mem::take(&mut message.pages) {
            match self.still_wanted(page) {
                Some(reason) if reason.is_for_holder() => notes.push(page),
                Some(reason) if reason.is_for_tasks() => owed.push(page),
                Some(PageReason::LastResort) => hand_overs.push(page),
                Some(_) => asking.push(page),
                None => {
                    self.cancel(page, message.channel);
                    unwanted += 1;
                }
            }
        }
        // The message carries the link of its first page; a page that asks for an answer comes before one that asks for
        // a note, and that before what is owed.
        let count = asking.len();
        message.pages = [asking, notes, owed, hand_overs].concat();
        let Some(first) = message.pages.first().filter(|_| unwanted == 0) else {
            return self.queue_again(&message);
        };
        if self.dispatcher.token(*first).is_none() {
            return self.dispatcher.await_link(message);
        }
        match self.message_text(&message, count) {
            Some(text) => self.dispatcher.start(message, text),
            None => {
                tracing::error!(page = %first, "a message has no text; its pages are dropped");
                self.dispatcher.queue.end(&message, Ended::NotSent, self.now.logical, self.plan.bundling);
                message.pages.iter().for_each(|page| self.cancel(*page, message.channel));
            }
        }
    }

    /// Puts the pages of a message back into the queue, to wait for their own time: the message may have been released for
    /// a page that is no longer needed, such as a critical one among others or a retry.
    fn queue_again(&mut self, message: &Message) {
        let (now, bundling) = (self.now.logical, self.plan.bundling);
        self.dispatcher.queue.end(message, Ended::NotSent, now, bundling);
        for page in &message.pages {
            let dispatch = self.open.incident(page.incident).and_then(|one| one.dispatch(page.number, message.channel));
            if let Some(dispatch) = dispatch {
                self.dispatcher.queue.push(dispatch, now, bundling);
            }
        }
    }

    /// Why a page was made; `None` if it is no longer needed.
    fn still_wanted(&self, page: PageId) -> Option<PageReason> {
        let incident = self.open.incident(page.incident)?;
        let (scope, open_page) = incident.page(page.number)?;
        if incident.is_moot(scope, open_page) {
            return None;
        }
        if self.open.playbook(&incident.playbook_hash).is_none() {
            tracing::error!(%page, "the page's playbook is missing: the page is dropped");
            return None;
        }
        Some(open_page.reason)
    }

    fn message_text(&self, message: &Message, asking: usize) -> Option<MessageText> {
        let (first, others) = message.pages.split_first()?;
        let link = PageLink { base: Arc::clone(self.public_url), token: self.dispatcher.token(*first)?.clone() };
        let incident = self.open.incident(first.incident)?;
        let playbook = self.open.playbook(&incident.playbook_hash)?;
        let lead = incident.page_text(first.number, self.plan, playbook, self.now, link)?;
        if others.is_empty() {
            return Some(MessageText::of_one(lead));
        }
        let (mentioned, rest) = others.split_at(others.len().min(MessageText::MENTIONED - 1));
        let mentioned: Vec<Mention> = mentioned.iter().filter_map(|page| self.mention(*page)).collect();
        let by = mentioned.iter().filter(|one| one.reason.asks_for_an_answer()).map(|one| one.answer_by);
        let by = by.chain(rest.iter().filter_map(|page| self.next_step(*page)));
        let answer_by = by.chain([lead.answer_by]).min()?;
        // It stays valid as long as one of its pages is.
        let lead = PageText { valid_seconds: None, ..lead };
        Some(MessageText { lead, mentioned, pages: message.pages.clone(), asking, answer_by })
    }

    fn mention(&self, page: PageId) -> Option<Mention> {
        let incident = self.open.incident(page.incident)?;
        let playbook = self.open.playbook(&incident.playbook_hash)?;
        incident.mention(page.number, self.plan, playbook, self.now)
    }

    /// When a page's next step is due, on the wall clock: no later than the next person is paged.
    fn next_step(&self, page: PageId) -> Option<DateTime<Utc>> {
        let (scope, open_page) = self.open.incident(page.incident)?.page(page.number)?;
        let next = scope.next_step(page.number).filter(|_| open_page.reason.asks_for_an_answer())?;
        Some(self.now.on_the_wall(next))
    }

    /// Ends a delivery that was not started. This may settle its incident, which is then remembered until the store has
    /// it.
    fn cancel(&mut self, page: PageId, channel: ChannelKind) {
        let dispatcher = &mut self.dispatcher;
        let after = self.open.touch(page.incident, |incident| {
            incident.cancel(page.number, channel);
            dispatcher.forget_tokens(incident);
            incident.is_settled().then(|| incident.clone())
        });
        if let Some(settled) = after.flatten() {
            // Only recorded events resolve an incident, so the journal has it.
            self.open.recent.add_closed(settled, self.last_seq);
        }
    }
}
