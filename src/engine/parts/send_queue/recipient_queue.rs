//! What waits for one recipient over one channel, and when the next message may go.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::bundling::Bundling;
use crate::domain::id::PageId;
use crate::domain::severity::Severity;
use crate::engine::parts::send_queue::message::{Ended, PAGES_MAX};

/// At most this many messages are on their way to one recipient at once: a provider that hangs must not take all places.
pub const AT_ONCE: usize = 4;

/// After this many failures in a row a provider is left alone for longer than a second before the next message.
const SECONDS_OF_ONE: u32 = 5;

/// The pause then doubles this often: it is eight seconds at most, so that a critical page is tried within ten.
const DOUBLES: u32 = 3;

/// What waits for one recipient.
#[derive(Default)]
pub struct RecipientQueue {
    /// The address or number as a roster had it last.
    pub to: Box<str>,
    waiting: Vec<Waiting>,
    /// The gravest severity of what waits.
    gravest: Option<Severity>,
    /// Whether something that waits was tried before.
    has_retry: bool,
    /// Those that are on their way.
    flights: Vec<Flight>,
    /// When the last one was let go that a provider took over.
    last_taken: Option<DateTime<Utc>>,
    failed: Option<Failed>,
    pub place: Place,
}

/// Where a recipient stands in the channel's queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// Nothing waits, or as much as may be is on its way.
    #[default]
    Nowhere,
    /// It is among those that go as soon as there is room.
    Turn,
    /// It waits until then.
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

    /// When the next message may go; `None` where nothing waits, or one that is on its way has to end first.
    ///
    /// A page goes at once to somebody who had no message within the bundling time. Retries do not wait for that time,
    /// and nothing goes while a provider is left alone after a failure.
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

    /// Takes what waits as one message: the gravest first; of these the one whose incident has been paged least, so that
    /// the reminders of a storm hold up nothing new; of these the oldest.
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
                // Those that were on their way together have failed together.
                if before.is_none_or(|failed| failed.at < let_go) {
                    let in_a_row = before.map_or(0, |failed| failed.in_a_row) + 1;
                    self.failed = Some(Failed { at: now, in_a_row });
                }
            }
            Ended::NotSent => {}
        }
    }

    /// When nothing about it matters any more; `None` while something waits or is on its way.
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
