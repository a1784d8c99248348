//! Counts what one caller tries within a time.

use std::collections::HashMap;
use std::time::Duration;

/// More callers are counted together.
const CALLERS_MAX: usize = 10_000;

pub struct Limiter {
    most: u32,
    within: Duration,
    /// When the caller's time began, and how often they have tried since.
    counts: HashMap<String, (Duration, u32)>,
}

impl Limiter {
    pub fn new(most: u32, within: Duration) -> Self {
        Self { most, within, counts: HashMap::new() }
    }

    /// Counts a try at a time since some start. False if there were too many.
    pub fn allows(&mut self, caller: &str, now: Duration) -> bool {
        let within = self.within;
        if self.counts.len() >= CALLERS_MAX && !self.counts.contains_key(caller) {
            self.counts.retain(|_, (since, _)| now.saturating_sub(*since) < within);
        }
        let is_full = self.counts.len() >= CALLERS_MAX && !self.counts.contains_key(caller);
        let caller = if is_full { String::new() } else { caller.to_owned() };
        let (since, count) = self.counts.entry(caller).or_insert((now, 0));
        if now.saturating_sub(*since) >= within {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_so_many_tries_within_the_time() {
        let mut limiter = Limiter::new(2, Duration::from_secs(60));
        let at = Duration::from_secs;
        assert!(limiter.allows("a", at(0)) && limiter.allows("a", at(1)) && limiter.allows("b", at(1)));
        assert!(!limiter.allows("a", at(59)) && limiter.allows("a", at(60)));
        for number in 0..CALLERS_MAX * 2 {
            limiter.allows(&number.to_string(), at(61));
        }
        assert!(limiter.counts.len() <= CALLERS_MAX + 1);
        assert!(!limiter.allows("one more", at(62)), "beyond what is counted, all are one");
        assert!(limiter.allows("one more", at(122)));
    }
}
