//! Chance from a seed.

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::hospital::lock;

/// Numbers of SplitMix64; those who share it draw from one sequence.
pub struct Dice(Mutex<u64>);

impl Dice {
    /// From `WARDBELL_FIRE_SEED`, else from the time when the first story asked, so that a story that is told once more
    /// meets the same chance; prints the seed.
    pub fn thrown(story: &str) -> Self {
        static SEED: OnceLock<u64> = OnceLock::new();
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        let given = || std::env::var("WARDBELL_FIRE_SEED").map(|seed| seed.parse().expect("a seed"));
        let seed = *SEED.get_or_init(|| given().unwrap_or_else(|_| now()));
        println!("{story}: WARDBELL_FIRE_SEED={seed}");
        Self::new(seed)
    }

    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    pub fn next(&self) -> u64 {
        let mut state = lock(&self.0);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`.
    pub fn below(&self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_of<'t, T>(&self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    /// So many milliseconds at least, and less than so many.
    pub fn pause(&self, from: usize, to: usize) -> Duration {
        Duration::from_millis((from + self.below(to - from)) as u64)
    }
}
