//! `wardbell vcard`: the contact that phones let through "do not disturb".

use std::io::Write;
use std::path::Path;

use anyhow::Result;

use crate::cli::exit::{Ending, Exit};
use crate::cli::plan::read;

/// Prints the contact of the hospital's pages.
///
/// # Errors
///
/// The files are not valid, or no channel in use has a sender that fits in a contact.
pub fn vcard(config_file: &Path) -> Result<Exit> {
    let (plan, senders) = read(config_file)?;
    if senders.is_empty() {
        let message = "a contact contains `from` of `[channel.sms]`, if it is a number, and of `[channel.email]`; \
                       neither is set up";
        return Err(Ending::no(message).into());
    }
    write!(anstream::stdout(), "{}", senders.to_vcard(&plan.hospital))?;
    Ok(Exit::Fine)
}
