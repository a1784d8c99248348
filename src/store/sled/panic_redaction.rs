//! Keeps panics inside sled out of the log: the message may contain stored data, and the backtrace would only cause
//! alarm.

use std::cell::Cell;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static REDACTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs code whose panics are caught by its caller; only a panic's location in the code is logged.
pub fn redacted<T>(act: impl FnOnce() -> T) -> T {
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            REDACTED.set(self.0);
        }
    }

    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| if REDACTED.get() { tell(panic) } else { usual(panic) }));
    });
    let _restore = Restore(REDACTED.replace(true));
    act()
}

fn tell(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    tracing::debug!(place, "the store's database failed");
}
