//! Counts what one caller tries within a time.

use std::collections::HashMap;
use std::time::Duration;

/// More callers are counted together.
const CALLERS_MAX: usize = 10_000;

/// A site may try this many times as often as one of its networks.
const SITE_TIMES: u32 = 10;

/// Who is counted.
#[derive(Debug, Clone)]
pub struct Caller {
    pub network: String,
    /// What the network is part of: whoever has thousands of networks is one caller.
    pub site: Option<String>,
}

impl Caller {
    /// Somebody who is known by name, wherever they ask from.
    pub fn named(name: &str) -> Self {
        Self { network: name.to_owned(), site: None }
    }
}

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
    pub fn allows(&mut self, caller: &Caller, now: Duration) -> bool {
        let Caller { network, site } = caller;
        let is_site_fine = site.as_ref().is_none_or(|site| self.counts(site, self.most * SITE_TIMES, now));
        is_site_fine && self.counts(network, self.most, now)
    }

    fn counts(&mut self, caller: &str, most: u32, now: Duration) -> bool {
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
        *count <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(network: &str, site: Option<&str>) -> Caller {
        Caller { network: network.to_owned(), site: site.map(str::to_owned) }
    }

    #[test]
    fn each_caller_has_so_many_tries_within_the_time() {
        let mut limiter = Limiter::new(2, Duration::from_secs(60));
        let at = Duration::from_secs;
        let mut allows = |network: &str, now| limiter.allows(&caller(network, None), now);
        assert!(allows("a", at(0)) && allows("a", at(1)) && allows("b", at(1)));
        assert!(!allows("a", at(59)) && allows("a", at(60)));
        for number in 0..CALLERS_MAX * 2 {
            allows(&number.to_string(), at(61));
        }
        assert!(!allows("one more", at(62)), "beyond what is counted, all are one");
        assert!(allows("one more", at(122)));
        assert!(limiter.counts.len() <= CALLERS_MAX + 1);
    }

    #[test]
    fn ten_thousand_networks_of_one_site_leave_room_for_everybody_else() {
        let mut limiter = Limiter::new(60, Duration::from_secs(600));
        let at = Duration::from_secs;
        let tried =
            (0..CALLERS_MAX * 2).map(|number| caller(&format!("2001:db8:1:{number:x}::/64"), Some("2001:db8:1::/48")));
        let allowed = tried.filter(|one| limiter.allows(one, at(1))).count();
        assert_eq!(allowed, 600);
        for other in [caller("2001:db8:2:1::/64", Some("2001:db8:2::/48")), caller("203.0.113.9", None)] {
            assert!((0..60).all(|_| limiter.allows(&other, at(2))), "{other:?}");
        }
    }
}
