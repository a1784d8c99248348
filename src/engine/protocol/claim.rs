//! Who settles a request: the loop, which carries it out, or its caller, who stops waiting for an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const ABANDONED: u8 = 2;

/// One request's claim, shared by its caller and the loop. Only the first of them gets it, so that a caller who was told
/// "not recorded" is never obeyed later.
#[derive(Debug, Clone, Default)]
pub struct Claim(Arc<AtomicU8>);

impl Claim {
    /// The loop takes the request. False where its caller has stopped waiting: it must not be carried out then.
    #[must_use]
    pub fn take(&self) -> bool {
        self.settle(TAKEN)
    }

    /// The caller stops waiting. True where the request will never be carried out; false where the loop has taken it, so
    /// that its outcome is not known yet.
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
