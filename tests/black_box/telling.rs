//! How stories are told: each once, and one that failed once more, alone, when all others have ended. A busy machine can
//! fail a story; what is wrong with the product fails it twice.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Conclusion, Trial};

/// What stands before the name of a story that failed and then passed, on a line of its own at the end.
pub const SECOND_TRY: &str = "passed at the second try: ";

/// A story by its module and name.
#[derive(Clone, Copy)]
pub struct Listed {
    pub name: &'static str,
    pub run: fn(),
}

/// Lists some stories.
macro_rules! stories {
    ($($module:ident::$story:ident),* $(,)?) => {
        vec![$(crate::telling::Listed {
            name: concat!(stringify!($module), "::", stringify!($story)),
            run: || crate::telling::tell($module::$story()),
        }),*]
    };
}

/// Tells the stories that the arguments choose, and ends the process: with a failure if one of them failed twice.
pub fn tell_all(arguments: &Arguments, stories: &[Listed]) -> ! {
    crate::pace::measure();
    let (first, failed) = tell_each(arguments, stories);
    if failed.is_empty() {
        first.exit();
    }
    let slow = crate::pace::longest_round();
    println!("Telling once more, each alone, what failed above (a round of `pace` took {slow:.1?} at the most):");
    let chosen = Arguments { filter: None, exact: false, skip: Vec::new(), ..arguments.clone() };
    let alone = Arguments { test_threads: Some(1), logfile: None, ..chosen };
    let again: Vec<Listed> = stories.iter().filter(|story| failed.contains(&story.name)).copied().collect();
    let (second, failed_twice) = tell_each(&alone, &again);
    for story in again.iter().filter(|story| !failed_twice.contains(&story.name)) {
        println!("{SECOND_TRY}{}", story.name);
    }
    second.exit()
}

/// The names of those that failed are told too.
fn tell_each(arguments: &Arguments, stories: &[Listed]) -> (Conclusion, Vec<&'static str>) {
    let failed = Arc::new(Mutex::new(Vec::new()));
    let trial = |story: &Listed| {
        let (story, failed) = (*story, Arc::clone(&failed));
        Trial::test(story.name, move || {
            catch_unwind(AssertUnwindSafe(story.run)).or_else(|why| {
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(story.name);
                resume_unwind(why)
            })
        })
    };
    let conclusion = libtest_mimic::run(arguments, stories.iter().map(trial).collect());
    let failed = std::mem::take(&mut *failed.lock().unwrap_or_else(PoisonError::into_inner));
    (conclusion, failed)
}

/// Lives through one story, on threads of its own.
pub fn tell(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story);
    runtime.shutdown_background();
}
