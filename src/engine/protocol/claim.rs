//! Decides a race: the engine carries a request out, or its caller gives up on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const ABANDONED: u8 = 2;

/// One request's claim, shared by its caller and the engine. Only the first to claim it wins, so that a request
/// answered "not recorded" is never carried out.
#[derive(Debug, Clone, Default)]
pub struct Claim(Arc<AtomicU8>);

impl Claim {
    /// The engine takes the request. False if its caller has given up; then it must not be carried out.
    #[must_use]
    pub fn take(&self) -> bool {
        self.settle(TAKEN)
    }

    /// The caller gives up. True if the request will never be carried out; false if the engine has taken it and its
    /// outcome is not known yet.
    #[must_use]
    pub fn abandon(&self) -> bool {
        self.settle(ABANDONED)
    }

    fn settle(&self, as_what: u8) -> bool {
        self.0.compare_exchange(WAITING, as_what, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn whoever_comes_first_has_it_for_good() {
        let taken = Claim::default();
        assert!(taken.take() && !taken.clone().abandon() && !taken.take());
        let abandoned = Claim::default();
        assert!(abandoned.clone().abandon() && !abandoned.take());
    }

    #[test]
    fn of_two_at_once_one_has_it() {
        for _ in 0..1_000 {
            let (claim, other) = (Claim::default(), Claim::default());
            let (mine, theirs) = (claim.clone(), other.clone());
            let abandons = thread::spawn(move || (mine.abandon(), theirs.abandon()));
            let (taken, other_taken) = (claim.take(), other.take());
            let (abandoned, other_abandoned) = abandons.join().unwrap();
            assert!(taken != abandoned && other_taken != other_abandoned);
        }
    }
}
