//! How stories are told.

use std::future::Future;

/// The trials of some stories, each by its module and name.
macro_rules! stories {
    ($($module:ident::$story:ident),* $(,)?) => {
        vec![$(libtest_mimic::Trial::test(concat!(stringify!($module), "::", stringify!($story)), || {
            crate::telling::tell($module::$story());
            Ok(())
        })),*]
    };
}

/// Lives through one story, on threads of its own.
pub fn tell(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story);
    runtime.shutdown_background();
}
