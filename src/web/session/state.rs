//! What the pages for people keep in memory: codes, limits, and when each session was last used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::access_message::SignInCode;
use crate::domain::link::LinkToken;
use crate::domain::person_id::PersonId;
use crate::web::rarely::Rarely;
use crate::web::session::activity::Activity;
use crate::web::session::codes::Codes;
use crate::web::session::cookies::Cookies;
use crate::web::session::limiter::{Caller, Limiter};

/// Tries are counted for this long.
const LIMITED_WITHIN: Duration = Duration::from_secs(10 * 60);

/// The most codes that one network address asks for in that time: a hospital may have one address for everybody.
const ASKS_MAX: u32 = 60;

/// The most test pages that a person asks for in [`TESTED_WITHIN`].
const TESTS_MAX: u32 = 3;

const TESTED_WITHIN: Duration = Duration::from_secs(60 * 60);

/// The most codes that one network address enters in that time.
const TRIES_MAX: u32 = 120;

/// The most times that one network address opens or sends the form of a secret link in that time.
const REPORTS_MAX: u32 = 120;

/// The most notes and actions of one person, or notes by one link, in that time. An answer to a page is never refused
/// for it.
const WRITES_MAX: u32 = 60;

pub struct SessionState {
    pub cookies: Cookies,
    random: fn() -> [u8; 32],
    up: fn() -> Duration,
    codes: Mutex<Codes>,
    asks: Mutex<Limiter>,
    tries: Mutex<Limiter>,
    tests: Mutex<Limiter>,
    reports: Mutex<Limiter>,
    writes: Mutex<Limiter>,
    activity: Mutex<Activity>,
    hashing: Arc<Semaphore>,
    wrong_emergency_code: Rarely,
    no_code_sent: Rarely,
}

impl SessionState {
    pub fn new(cookies: Cookies, random: fn() -> [u8; 32], up: fn() -> Duration) -> Self {
        Self {
            cookies,
            random,
            up,
            codes: Mutex::default(),
            asks: Mutex::new(Limiter::new(ASKS_MAX, LIMITED_WITHIN)),
            tries: Mutex::new(Limiter::new(TRIES_MAX, LIMITED_WITHIN)),
            tests: Mutex::new(Limiter::new(TESTS_MAX, TESTED_WITHIN)),
            reports: Mutex::new(Limiter::new(REPORTS_MAX, LIMITED_WITHIN)),
            writes: Mutex::new(Limiter::new(WRITES_MAX, LIMITED_WITHIN)),
            activity: Mutex::default(),
            hashing: Arc::new(Semaphore::new(1)),
            wrong_emergency_code: Rarely::new("somebody entered an emergency code that is not valid"),
            no_code_sent: Rarely::counted("somebody entered a sign-in code where none was sent, and may be guessing"),
        }
    }

    /// Time since some start, whatever happens to the wall clock.
    pub fn up(&self) -> Duration {
        (self.up)()
    }

    /// The wall clock time of something that is so far away.
    pub fn left(&self, until: Duration) -> TimeDelta {
        TimeDelta::from_std(until.saturating_sub(self.up())).unwrap_or_default()
    }

    pub fn secret(&self) -> LinkToken {
        LinkToken::encode(&(self.random)())
    }

    pub fn code(&self) -> SignInCode {
        let [a, b, c, d, e, f, g, h, ..] = (self.random)();
        SignInCode::from_random([a, b, c, d, e, f, g, h])
    }

    pub fn number(&self) -> u64 {
        let [a, b, c, d, ..] = (self.random)();
        u32::from_be_bytes([a, b, c, d]).into()
    }

    /// Tells emergency codes apart; short, because it is typed.
    pub fn emergency_number(&self) -> u32 {
        let [a, b, c, d, ..] = (self.random)();
        u32::from_be_bytes([a, b, c, d]) % 1_000_000
    }

    pub fn bits(&self) -> [u8; 32] {
        (self.random)()
    }

    /// Waits for its turn to compare an emergency code, which takes memory and time; `None` at shutdown.
    pub async fn hashing(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.hashing).acquire_owned().await.ok()
    }

    pub fn note_wrong_emergency_code(&self) {
        self.wrong_emergency_code.warn();
    }

    /// Nobody's record has it, because no person has the address, or nothing was sent.
    pub fn note_no_code_sent(&self) {
        self.no_code_sent.warn();
    }

    pub fn codes(&self) -> MutexGuard<'_, Codes> {
        lock(&self.codes)
    }

    pub fn activity(&self) -> MutexGuard<'_, Activity> {
        lock(&self.activity)
    }

    /// Counts a request for a code. False if there were too many.
    pub fn may_ask(&self, caller: &Caller) -> bool {
        lock(&self.asks).allows(caller, self.up())
    }

    /// Counts a person's request for a test page. False if there were too many.
    pub fn may_test(&self, person: &PersonId) -> bool {
        lock(&self.tests).allows(&Caller::named(person.as_str()), self.up())
    }

    /// Counts a code that was entered. False if there were too many.
    pub fn may_try(&self, caller: &Caller) -> bool {
        lock(&self.tries).allows(caller, self.up())
    }

    /// Counts a look at the form of a secret link, or a report by it. False if there were too many.
    pub fn may_report(&self, caller: &Caller) -> bool {
        lock(&self.reports).allows(caller, self.up())
    }

    /// Counts what somebody adds to the record: a person by id, a link by its hash. False if it was too much.
    pub fn may_write(&self, writer: &str) -> bool {
        lock(&self.writes).allows(&Caller::named(writer), self.up())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
