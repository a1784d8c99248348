//! sled panics if a disk fails or contains unexpected data: that is an ordinary error, not a bug to report.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::store::error::Trouble;
use crate::store::sled::panic_redaction::redacted;

/// Runs code that may panic inside sled. Drops the panic message because it may contain stored data.
pub fn catch_panics<T>(act: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    redacted(|| catch_unwind(AssertUnwindSafe(act))).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
        let words = words.unwrap_or_default();
        let of_disk = ["No space left", "Read-only file system"].into_iter().find(|reason| words.contains(reason));
        Err(match of_disk {
            Some(reason) => Trouble::Disk(reason.into()),
            None => Trouble::Broken("an internal error in the database".into()),
        })
    })
}
