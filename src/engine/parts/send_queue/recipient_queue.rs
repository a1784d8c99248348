//! The pages waiting for one recipient on one channel, and when the next message may be sent.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::bundling::Bundling;
use crate::domain::id::PageId;
use crate::domain::severity::Severity;
use crate::engine::parts::send_queue::message::{Ended, PAGES_MAX};

/// The most messages in flight to one recipient, so that a hanging provider cannot use all slots.
pub const AT_ONCE: usize = 4;

/// After this many failures in a row the pause grows beyond a second.
const SECONDS_OF_ONE: u32 = 5;

/// How often the pause doubles: to eight seconds at most, so that a critical page is tried within ten.
const DOUBLES: u32 = 3;

/// What waits for one recipient.
#[derive(Default)]
pub struct RecipientQueue {
    /// The person's contacts for the channel: more than one only while a page goes to a further one.
    contacts: Vec<Contact>,
    /// The messages in flight.
    flights: Vec<Flight>,
    /// When the last accepted message was sent.
    last_taken: Option<DateTime<Utc>>,
    pub place: Place,
}

/// What waits for one address or number of the recipient.
#[derive(Default)]
struct Contact {
    /// As a roster had it last.
    to: Box<str>,
    waiting: Vec<Waiting>,
    /// The highest severity waiting.
    gravest: Option<Severity>,
    /// Whether a retry is waiting.
    has_retry: bool,
    failed: Option<Failed>,
}

/// A recipient's state in the channel's queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// Nothing is waiting, or the limit in flight is reached.
    #[default]
    Nowhere,
    /// Ready to send when a slot is free.
    Turn,
    /// Waits until this time.
    Timer(DateTime<Utc>),
}

pub struct Waiting {
    pub page: PageId,
    pub severity: Severity,
    pub is_retry: bool,
}

struct Flight {
    number: u64,
    let_go: DateTime<Utc>,
    to: Box<str>,
}

struct Failed {
    at: DateTime<Utc>,
    in_a_row: u32,
}

impl RecipientQueue {
    pub fn push(&mut self, to: Box<str>, waiting: Waiting) {
        let contact = match self.contacts.iter().position(|contact| contact.is(&to)) {
            Some(known) => &mut self.contacts[known],
            None => self.contacts.push_mut(Contact::default()),
        };
        contact.to = to;
        contact.push(waiting);
    }

    pub fn len(&self) -> usize {
        self.contacts.iter().map(|contact| contact.waiting.len()).sum()
    }

    pub fn flights(&self) -> usize {
        self.flights.len()
    }

    /// When the next message may be sent; `None` if nothing is waiting or one in flight has to finish first.
    ///
    /// A page is sent immediately to someone who had no message within the bundling time, at any of their contacts.
    /// Retries skip that time, and nothing is sent to a contact during the pause after its failure.
    pub fn goes_at(&self, bundling: Bundling) -> Option<DateTime<Utc>> {
        self.next(bundling).map(|(at, _)| at)
    }

    /// Takes the pages that wait for the contact whose turn it is as one message, if it may be sent now: the most severe
    /// first, then those whose incident has been paged least, so that reminders do not delay new pages, then the oldest.
    pub fn take(&mut self, number: u64, now: DateTime<Utc>, bundling: Bundling) -> Option<(Box<str>, Vec<PageId>)> {
        let (_, index) = self.next(bundling).filter(|(at, _)| *at <= now)?;
        let contact = self.contacts.get_mut(index)?;
        let to = contact.to.clone();
        self.flights.push(Flight { number, let_go: now, to: to.clone() });
        Some((to, contact.take()))
    }

    pub fn end(&mut self, number: u64, ended: Ended, now: DateTime<Utc>) {
        let Some(flight) = self.flights.iter().position(|flight| flight.number == number) else { return };
        let Flight { let_go, to, .. } = self.flights.swap_remove(flight);
        let contact = self.contacts.iter_mut().find(|contact| contact.is(&to));
        match ended {
            Ended::Accepted => {
                self.last_taken = self.last_taken.max(Some(let_go));
                if let Some(contact) = contact {
                    contact.failed = None;
                }
            }
            Ended::Failed => {
                if let Some(contact) = contact {
                    contact.fail(let_go, now);
                }
            }
            Ended::NotSent => {}
        }
    }

    /// When the recipient can be forgotten; `None` while something is waiting or in flight.
    pub fn forgotten_at(&self, bundling: Bundling) -> Option<DateTime<Utc>> {
        if self.len() > 0 || !self.flights.is_empty() {
            return None;
        }
        let after_failures = self.contacts.iter().filter_map(|contact| contact.failed.as_ref()).map(Failed::pause_ends);
        let bundled = self.last_taken.map(|at| at + bundling.longest());
        bundled.into_iter().chain(after_failures).max().or(Some(DateTime::<Utc>::MIN_UTC))
    }

    pub fn shift(&mut self, by: TimeDelta) {
        self.flights.iter_mut().for_each(|flight| flight.let_go += by);
        self.last_taken.iter_mut().for_each(|at| *at += by);
        let failed = self.contacts.iter_mut().filter_map(|contact| contact.failed.as_mut());
        failed.for_each(|failed| failed.at += by);
        if let Place::Timer(at) = &mut self.place {
            *at += by;
        }
    }

    pub fn clear(&mut self) -> Vec<PageId> {
        self.contacts.iter_mut().flat_map(Contact::clear).collect()
    }

    /// The contact that the next message goes to, and when it may be sent.
    fn next(&self, bundling: Bundling) -> Option<(DateTime<Utc>, usize)> {
        if self.flights.len() >= AT_ONCE {
            return None;
        }
        let last = self.flights.iter().map(|flight| flight.let_go).chain(self.last_taken).max();
        let contacts = self.contacts.iter().enumerate();
        contacts.filter_map(|(index, contact)| Some((contact.goes_at(last, bundling)?, index))).min()
    }
}

impl Contact {
    /// Whether it is this address or number: rosters may write it in two ways.
    fn is(&self, to: &str) -> bool {
        self.to.eq_ignore_ascii_case(to)
    }

    fn push(&mut self, waiting: Waiting) {
        self.gravest = self.gravest.max(Some(waiting.severity));
        self.has_retry |= waiting.is_retry;
        self.waiting.push(waiting);
    }

    /// When the next message to it may be sent, after the last one to the person.
    fn goes_at(&self, last: Option<DateTime<Utc>>, bundling: Bundling) -> Option<DateTime<Utc>> {
        let gravest = self.gravest?;
        let after_failure = self.failed.as_ref().map(Failed::pause_ends);
        let bundled = last.map(|at| at + bundling.before(gravest));
        let wait = bundled.filter(|_| !self.has_retry).into_iter().chain(after_failure).max();
        Some(wait.unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    fn take(&mut self) -> Vec<PageId> {
        self.waiting.sort_by_key(|one| (Reverse(one.severity), one.page.number));
        let count = self.waiting.len().min(PAGES_MAX);
        let pages = self.waiting.drain(..count).map(|one| one.page).collect();
        self.waiting.shrink_to_fit();
        self.gravest = self.waiting.iter().map(|one| one.severity).max();
        self.has_retry = self.waiting.iter().any(|one| one.is_retry);
        pages
    }

    fn fail(&mut self, let_go: DateTime<Utc>, now: DateTime<Utc>) {
        let before = self.failed.as_ref();
        // Messages in flight together count as one failure.
        if before.is_none_or(|failed| failed.at < let_go) {
            let in_a_row = before.map_or(0, |failed| failed.in_a_row) + 1;
            self.failed = Some(Failed { at: now, in_a_row });
        }
    }

    fn clear(&mut self) -> Vec<PageId> {
        (self.gravest, self.has_retry) = (None, false);
        self.waiting.drain(..).map(|one| one.page).collect()
    }
}

impl Failed {
    /// One second after each of the first failures, then two, four and eight.
    fn pause_ends(&self) -> DateTime<Utc> {
        self.at + TimeDelta::seconds(1 << self.in_a_row.saturating_sub(SECONDS_OF_ONE).min(DOUBLES))
    }
}
