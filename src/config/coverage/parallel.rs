//! Work spread over threads, with the results in the order of the work.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, available_parallelism, scope};

/// How many threads to use, with the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threads(NonZero<usize>);

impl Threads {
    pub const ONE: Self = Self(NonZero::<usize>::MIN);

    pub fn new(count: NonZero<usize>) -> Self {
        Self(count)
    }

    /// As many as there are cores for this process.
    pub fn all_cores() -> Self {
        available_parallelism().map_or(Self::ONE, Self)
    }

    /// What `work` makes of each item, in the order of the items.
    pub fn map<T: Sync, R: Send>(self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let threads = self.0.get().min(items.len());
        let next = AtomicUsize::new(0);
        let work_on = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { return done };
                done.push((index, work(item)));
            }
        };
        let mut done = scope(|scope| {
            // Without a further thread, this one does all of the work.
            let start = |_| Builder::new().spawn_scoped(scope, work_on).ok();
            let others: Vec<_> = (1..threads).filter_map(start).collect();
            let mut done = work_on();
            for other in others {
                done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            done
        });
        done.sort_unstable_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items_however_many_threads_work() {
        let items: Vec<u64> = (0..1_000).collect();
        // The first items take longest, so that the last ones are done before them.
        let work = |item: &u64| (0..(1_000 - item) * 50).fold(*item, |sum, number| sum ^ number.rotate_left(7));
        let wanted: Vec<u64> = items.iter().map(work).collect();
        for count in 1..5 {
            let threads = Threads::new(NonZero::new(count).unwrap());
            assert_eq!(threads.map(&items, work), wanted, "{count} threads");
            assert_eq!(threads.map(&[], work), Vec::<u64>::new());
        }
    }

    #[test]
    #[should_panic(expected = "the seventh")]
    fn a_panic_of_any_thread_is_the_callers() {
        Threads::new(NonZero::new(3).unwrap())
            .map(&[0, 1, 2, 3, 4, 5, 6, 7], |item| assert!(*item != 7, "the seventh"));
    }
}
