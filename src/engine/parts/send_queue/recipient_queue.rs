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
    /// The address or number as a roster had it last.
    pub to: Box<str>,
    waiting: Vec<Waiting>,
    /// The highest severity waiting.
    gravest: Option<Severity>,
    /// Whether a retry is waiting.
    has_retry: bool,
    /// The messages in flight.
    flights: Vec<Flight>,
    /// When the last accepted message was sent.
    last_taken: Option<DateTime<Utc>>,
    failed: Option<Failed>,
    pub place: Place,
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

struct Waiting {
    page: PageId,
    severity: Severity,
    is_retry: bool,
}

struct Flight {
    number: u64,
    let_go: DateTime<Utc>,
}

struct Failed {
    at: DateTime<Utc>,
    in_a_row: u32,
}

impl RecipientQueue {
    pub fn push(&mut self, page: PageId, severity: Severity, is_retry: bool) {
        self.gravest = self.gravest.max(Some(severity));
        self.has_retry |= is_retry;
        self.waiting.push(Waiting { page, severity, is_retry });
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn flights(&self) -> usize {
        self.flights.len()
    }

    /// When the next message may be sent; `None` if nothing is waiting or one in flight has to finish first.
    ///
    /// A page is sent immediately to someone who had no message within the bundling time. Retries skip that time, and
    /// nothing is sent during the pause after a failure.
    pub fn goes_at(&self, bundling: Bundling) -> Option<DateTime<Utc>> {
        let gravest = self.gravest?;
        if self.flights.len() >= AT_ONCE {
            return None;
        }
        let after_failure = self.failed.as_ref().map(Failed::pause_ends);
        let last = self.flights.iter().map(|flight| flight.let_go).chain(self.last_taken).max();
        let bundled = last.map(|at| at + bundling.before(gravest));
        let wait = bundled.filter(|_| !self.has_retry).into_iter().chain(after_failure).max();
        Some(wait.unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    /// Takes the waiting pages as one message: the most severe first, then those whose incident has been paged least,
    /// so that reminders do not delay new pages, then the oldest.
    pub fn take(&mut self, number: u64, now: DateTime<Utc>) -> Vec<PageId> {
        self.waiting.sort_by_key(|one| (Reverse(one.severity), one.page.number));
        let count = self.waiting.len().min(PAGES_MAX);
        self.flights.push(Flight { number, let_go: now });
        let pages = self.waiting.drain(..count).map(|one| one.page).collect();
        self.waiting.shrink_to_fit();
        self.gravest = self.waiting.iter().map(|one| one.severity).max();
        self.has_retry = self.waiting.iter().any(|one| one.is_retry);
        pages
    }

    pub fn end(&mut self, number: u64, ended: Ended, now: DateTime<Utc>) {
        let Some(flight) = self.flights.iter().position(|flight| flight.number == number) else { return };
        let Flight { let_go, .. } = self.flights.swap_remove(flight);
        match ended {
            Ended::Accepted => {
                self.last_taken = self.last_taken.max(Some(let_go));
                self.failed = None;
            }
            Ended::Failed => {
                let before = self.failed.as_ref();
                // Messages in flight together count as one failure.
                if before.is_none_or(|failed| failed.at < let_go) {
                    let in_a_row = before.map_or(0, |failed| failed.in_a_row) + 1;
                    self.failed = Some(Failed { at: now, in_a_row });
                }
            }
            Ended::NotSent => {}
        }
    }

    /// When the recipient can be forgotten; `None` while something is waiting or in flight.
    pub fn forgotten_at(&self, bundling: Bundling) -> Option<DateTime<Utc>> {
        if !self.waiting.is_empty() || !self.flights.is_empty() {
            return None;
        }
        let after_failure = self.failed.as_ref().map(Failed::pause_ends);
        let bundled = self.last_taken.map(|at| at + bundling.longest());
        bundled.into_iter().chain(after_failure).max().or(Some(DateTime::<Utc>::MIN_UTC))
    }

    pub fn shift(&mut self, by: TimeDelta) {
        self.flights.iter_mut().for_each(|flight| flight.let_go += by);
        self.last_taken.iter_mut().for_each(|at| *at += by);
        self.failed.iter_mut().for_each(|failed| failed.at += by);
        if let Place::Timer(at) = &mut self.place {
            *at += by;
        }
    }

    pub fn clear(&mut self) -> Vec<PageId> {
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
