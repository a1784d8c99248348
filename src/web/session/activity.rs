//! When each session was last used. Known to the running process alone: a restart counts as use.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::domain::digest::Digest;

/// All times are since some start.
#[derive(Default)]
pub struct Activity {
    used: HashMap<Digest, Duration>,
    /// Those that have ended here, whether that is recorded yet or not.
    ended: HashSet<Digest>,
}

impl Activity {
    /// A request of a session that lives. Returns when it would end without another one; `None` if it has ended.
    pub fn touch(&mut self, session: Digest, now: Duration, idle: Duration) -> Option<Duration> {
        self.look(session, now, idle)?;
        self.used.insert(session, now);
        Some(now + idle)
    }

    /// The same for a request that is no use, such as one that a page makes by itself.
    pub fn look(&mut self, session: Digest, now: Duration, idle: Duration) -> Option<Duration> {
        let until = *self.used.entry(session).or_insert(now) + idle;
        (until > now && !self.ended.contains(&session)).then_some(until)
    }

    pub fn end(&mut self, session: Digest) {
        self.ended.insert(session);
    }

    /// Those of all live sessions, each with its limit, that have been idle for too long. Forgets all others: one that is
    /// left out here would live again after it was ended.
    pub fn idle(&mut self, live: &[(Digest, Duration)], now: Duration) -> Vec<Digest> {
        let known: HashSet<&Digest> = live.iter().map(|(session, _)| session).collect();
        self.used.retain(|session, _| known.contains(session));
        self.ended.retain(|session| known.contains(session));
        let over = live.iter().filter(|(session, idle)| self.look(*session, now, *idle).is_none());
        over.map(|(session, _)| *session).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_after_its_idle_time_and_a_look_does_not_prolong_it() {
        let (mut activity, idle, at) = (Activity::default(), Duration::from_secs(60), Duration::from_secs);
        let id = |number| Digest::from_bytes([number; 32]);
        assert_eq!(activity.touch(id(1), at(0), idle), Some(at(60)));
        assert_eq!(activity.touch(id(1), at(59), idle), Some(at(119)));
        assert_eq!(activity.look(id(1), at(118), idle), Some(at(119)));
        assert_eq!(activity.look(id(1), at(119), idle), None);
        assert_eq!(activity.touch(id(1), at(119), idle), None, "what has ended does not come back");
        assert_eq!(activity.touch(id(2), at(119), idle), Some(at(179)));
        activity.end(id(2));
        assert_eq!(activity.touch(id(2), at(120), idle), None);
        let live = [1, 2, 3].map(|number| (id(number), idle));
        assert_eq!(activity.idle(&live, at(120)), [id(1), id(2)]);
        assert_eq!(activity.idle(&live, at(121)), [id(1), id(2)], "ended until that is recorded");
        assert_eq!(activity.idle(&[(id(3), at(3_600))], at(180)), [], "each has its own limit");
        assert_eq!(activity.idle(&[(id(3), idle)], at(180)), [id(3)], "known since it was first seen");
        assert_eq!(activity.ended.len() + activity.used.len(), 1);
    }
}
