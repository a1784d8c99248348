//! The codes that were sent and not entered yet. They are in memory alone, and each is good in the browser that asked
//! for it.

use std::collections::HashMap;
use std::time::Duration;

use subtle::ConstantTimeEq;

use crate::domain::digest::Digest;
use crate::domain::person_id::PersonId;
use crate::domain::principal::SignInMethod;
use crate::domain::session::SignInProof;

pub const GOOD_FOR: Duration = Duration::from_secs(5 * 60);

pub const TRIES: u32 = 5;

/// The most codes to one person in [`PER_PERSON_WITHIN`] by each way of asking: with five tries each, a guess succeeds
/// once in 67,000 hours.
///
/// Everybody can ask for a code to an address that they know, and three an hour are all that a stranger can have sent.
/// They must not use up those of somebody with a page's link, which are counted apart: only that link's holder gets
/// them. Whoever asks gets at most three an hour for one person, and that is the limit for people.
pub const PER_PERSON: usize = 3;

const PER_PERSON_WITHIN: Duration = Duration::from_secs(60 * 60);

/// More are not waited for at once; those who guess addresses have limits of their own.
const PENDING_MAX: usize = 10_000;

/// The most failures to record of one person in [`PER_PERSON_WITHIN`], so that a stranger cannot fill the record.
const FAILURES_RECORDED: u32 = 5;

/// All times are since some start.
#[derive(Default)]
pub struct Codes {
    /// By the hash of the secret that the browser has.
    pending: HashMap<Digest, Pending>,
    sent: HashMap<(PersonId, SignInMethod), Vec<Duration>>,
    failures: HashMap<PersonId, Failures>,
}

#[derive(Clone)]
struct Pending {
    waiting: Waiting,
    code: Digest,
    until: Duration,
    tries: u32,
}

/// What entering the right code leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// `None` for an address that signs nobody in: no code is right.
    pub person: Option<(PersonId, SignInProof)>,
    /// The page that the person wanted, under the path of `public_url`.
    pub next: String,
    /// The kind of contact that the code went to, where the page may say so.
    pub sent_to: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Failures {
    since: Duration,
    count: u32,
    unrecorded: u32,
}

/// What follows when a browser asks for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    ToBeSent,
    /// The person has had as many as there are; the next can be sent after this time.
    Limit(Duration),
    /// The address signs nobody in, or too many codes are waited for.
    NotSent,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Entered {
    Right(Waiting),
    Wrong {
        tries_left: u32,
        /// Whose code it was not.
        person: Option<PersonId>,
    },
    /// There is no code for this browser, or no longer.
    NoCode,
}

impl Codes {
    /// A browser asks for a code. Where it entered an address, it learns nothing of what follows.
    pub fn ask(&mut self, browser: Digest, waiting: Waiting, code: Digest, now: Duration) -> Asked {
        self.forget(now);
        if self.pending.len() >= PENDING_MAX {
            return Asked::NotSent;
        }
        let asked = match &waiting.person {
            Some((person, proof)) => self.count((person.clone(), proof.how), now),
            None => Asked::NotSent,
        };
        // A code that is not sent is not right either.
        let waiting = if asked == Asked::ToBeSent { waiting } else { Waiting { person: None, ..waiting } };
        self.pending.insert(browser, Pending { waiting, code, until: now + GOOD_FOR, tries: 0 });
        asked
    }

    /// Makes room. Codes that are right for nobody go first, so that a stranger who asks for many cannot keep people out.
    fn forget(&mut self, now: Duration) {
        self.sent.retain(|_, sent| sent.iter().any(|sent| is_recent(*sent, now)));
        if self.pending.len() < PENDING_MAX {
            return;
        }
        self.pending.retain(|_, pending| pending.until > now);
        if self.pending.len() >= PENDING_MAX {
            self.pending.retain(|_, pending| pending.waiting.person.is_some());
        }
    }

    fn count(&mut self, asks: (PersonId, SignInMethod), now: Duration) -> Asked {
        let sent = self.sent.entry(asks).or_default();
        sent.retain(|sent| is_recent(*sent, now));
        match sent.first() {
            Some(first) if sent.len() >= PER_PERSON => Asked::Limit((*first + PER_PERSON_WITHIN).saturating_sub(now)),
            _ => {
                sent.push(now);
                Asked::ToBeSent
            }
        }
    }

    /// How long the browser's code is still good.
    pub fn left(&self, browser: &Digest, now: Duration) -> Option<Duration> {
        self.pending.get(browser)?.until.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// The kind of contact that the browser's code went to, where the page may say so.
    pub fn sent_to(&self, browser: &Digest) -> Option<&'static str> {
        self.pending.get(browser)?.waiting.sent_to
    }

    /// Somebody enters a code. A right one is used up.
    pub fn enter(&mut self, browser: &Digest, typed: &Digest, now: Duration) -> Entered {
        let Some(pending) = self.pending.get_mut(browser).filter(|pending| pending.until > now) else {
            return Entered::NoCode;
        };
        pending.tries += 1;
        let is_right: bool = pending.code.as_bytes().ct_eq(typed.as_bytes()).into();
        let person = pending.waiting.person.as_ref().map(|(person, _)| person.clone());
        if is_right && person.is_some() {
            return self.pending.remove(browser).map_or(Entered::NoCode, |pending| Entered::Right(pending.waiting));
        }
        let tries_left = TRIES.saturating_sub(pending.tries);
        if tries_left == 0 {
            self.pending.remove(browser);
        }
        Entered::Wrong { tries_left, person }
    }

    /// A right code signed nobody in, because that could not be recorded: it may be entered again.
    pub fn put_back(&mut self, browser: Digest, waiting: Waiting, code: Digest, now: Duration) {
        let until = now + GOOD_FOR;
        self.pending.insert(browser, Pending { waiting, code, until, tries: 0 });
    }

    /// Counts a failure. Returns how many were not recorded before it, if this one is to be recorded.
    pub fn note_failure(&mut self, person: &PersonId, now: Duration) -> Option<u32> {
        let failures = self.failures.entry(person.clone()).or_default();
        if now.saturating_sub(failures.since) >= PER_PERSON_WITHIN {
            (failures.since, failures.count) = (now, 0);
        }
        failures.count += 1;
        if failures.count > FAILURES_RECORDED {
            failures.unrecorded += 1;
            return None;
        }
        Some(std::mem::take(&mut failures.unrecorded))
    }
}

fn is_recent(sent: Duration, now: Duration) -> bool {
    now.saturating_sub(sent) < PER_PERSON_WITHIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> Digest {
        Digest::from_bytes([number; 32])
    }

    fn waiting(person: Option<&str>) -> Waiting {
        let proof = SignInProof::new("x", SignInMethod::Code);
        Waiting { person: person.map(|person| (person.parse().unwrap(), proof)), next: "/board".into(), sent_to: None }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const CODE: u8 = 9;

    #[test]
    fn a_code_is_good_once_for_five_minutes_in_the_browser_that_asked() {
        let mut codes = Codes::default();
        assert_eq!(codes.ask(id(1), waiting(Some("m-rivera")), id(CODE), at(0)), Asked::ToBeSent);
        assert_eq!(codes.enter(&id(2), &id(CODE), at(1)), Entered::NoCode, "another browser");
        assert_eq!(codes.left(&id(1), at(1)), Some(at(299)));
        assert_eq!(codes.enter(&id(1), &id(CODE), at(299)), Entered::Right(waiting(Some("m-rivera"))));
        assert_eq!(codes.enter(&id(1), &id(CODE), at(299)), Entered::NoCode, "once");
        assert_eq!(codes.ask(id(1), waiting(Some("m-rivera")), id(CODE), at(300)), Asked::ToBeSent);
        assert_eq!((codes.enter(&id(1), &id(CODE), at(600)), codes.left(&id(1), at(600))), (Entered::NoCode, None));
        // A new code replaces the one before.
        assert_eq!(codes.ask(id(1), waiting(Some("m-rivera")), id(8), at(700)), Asked::ToBeSent);
        let person = Some("m-rivera".parse().unwrap());
        assert_eq!(codes.enter(&id(1), &id(CODE), at(701)), Entered::Wrong { tries_left: 4, person });
    }

    #[test]
    fn after_five_tries_the_right_code_is_wrong_too_and_an_unknown_address_looks_the_same() {
        let mut codes = Codes::default();
        assert_eq!(codes.ask(id(1), waiting(Some("m-rivera")), id(CODE), at(0)), Asked::ToBeSent);
        assert_eq!(codes.ask(id(2), waiting(None), id(CODE), at(0)), Asked::NotSent);
        for tries_left in (0..TRIES).rev() {
            let left = |entered| match entered {
                Entered::Wrong { tries_left, .. } => tries_left,
                other => panic!("{other:?}"),
            };
            assert_eq!(left(codes.enter(&id(1), &id(0), at(1))), tries_left);
            assert_eq!(left(codes.enter(&id(2), &id(CODE), at(1))), tries_left);
        }
        for browser in [1, 2] {
            assert_eq!(codes.enter(&id(browser), &id(CODE), at(1)), Entered::NoCode);
        }
    }

    #[test]
    fn a_person_gets_three_codes_an_hour_and_one_that_is_not_sent_is_not_right() {
        let mut codes = Codes::default();
        for number in 0..3 {
            let asked = codes.ask(id(number), waiting(Some("m-rivera")), id(CODE), at(number.into()));
            assert_eq!(asked, Asked::ToBeSent);
        }
        let limit = Asked::Limit(at(1));
        assert_eq!(codes.ask(id(4), waiting(Some("m-rivera")), id(CODE), at(3_599)), limit);
        assert_eq!(codes.enter(&id(4), &id(CODE), at(3_599)), Entered::Wrong { tries_left: 4, person: None });
        assert_eq!(codes.ask(id(5), waiting(Some("j-chen")), id(CODE), at(3_599)), Asked::ToBeSent, "another person");
        assert_eq!(codes.ask(id(6), waiting(Some("m-rivera")), id(CODE), at(3_600)), Asked::ToBeSent);
    }

    #[test]
    fn a_stranger_who_asks_by_the_address_uses_up_no_code_behind_the_link() {
        let by_link = |person| {
            let mut waiting = waiting(Some(person));
            waiting.person.iter_mut().for_each(|(_, proof)| proof.how = SignInMethod::Link);
            waiting
        };
        let mut codes = Codes::default();
        for number in 0..9 {
            codes.ask(id(number), waiting(Some("m-rivera")), id(CODE), at(0));
        }
        for number in 10..13 {
            assert_eq!(codes.ask(id(number), by_link("m-rivera"), id(CODE), at(60)), Asked::ToBeSent);
        }
        assert_eq!(codes.ask(id(13), by_link("m-rivera"), id(CODE), at(120)), Asked::Limit(at(3_540)));
    }

    #[test]
    fn ten_thousand_codes_that_nobody_gets_keep_nobody_out() {
        let browser = |number: usize| Digest::of(&number.to_be_bytes());
        let mut codes = Codes::default();
        assert_eq!(codes.ask(browser(0), waiting(Some("j-chen")), id(CODE), at(0)), Asked::ToBeSent);
        for number in 1..PENDING_MAX {
            codes.ask(browser(number), waiting(None), id(CODE), at(1));
        }
        assert_eq!(codes.ask(id(1), waiting(Some("m-rivera")), id(CODE), at(2)), Asked::ToBeSent);
        assert_eq!(codes.enter(&browser(0), &id(CODE), at(2)), Entered::Right(waiting(Some("j-chen"))));
        assert!(codes.pending.len() < 10, "{}", codes.pending.len());
    }

    #[test]
    fn of_many_failures_a_few_are_recorded_and_the_rest_is_counted() {
        let (mut codes, person) = (Codes::default(), "m-rivera".parse().unwrap());
        let mut recorded = Vec::new();
        (0..20).for_each(|second| recorded.extend(codes.note_failure(&person, at(second))));
        assert_eq!(recorded, [0; 5]);
        assert_eq!(codes.note_failure(&person, at(3_601)), Some(15));
    }
}
