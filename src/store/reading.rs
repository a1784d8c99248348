//! Reads a range of the record with a callback that may fail.

use std::ops::ControlFlow;

use crate::journal::port::{Found, Reader};
use crate::store::error::Trouble;

/// Takes a record.
pub type Take<'a> = &'a mut dyn FnMut(Found<'_>) -> Result<(), Trouble>;

/// Reads the records after one up to another.
///
/// # Errors
///
/// The journal's errors, and those of `take`, which end the reading.
pub fn read(reader: &dyn Reader, after: u64, up_to: u64, take: Take<'_>) -> Result<(), Trouble> {
    let mut failure = None;
    reader.read_after(after, &mut |found| {
        if found.record.seq > up_to {
            return ControlFlow::Break(());
        }
        match take(found) {
            Ok(()) => ControlFlow::Continue(()),
            Err(trouble) => {
                failure = Some(trouble);
                ControlFlow::Break(())
            }
        }
    })?;
    failure.map_or(Ok(()), Err)
}
