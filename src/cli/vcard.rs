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
/// The files cannot be used, or no channel is set up that a contact could hold.
pub fn vcard(config_file: &Path) -> Result<Exit> {
    let (plan, senders) = read(config_file)?;
    if senders.is_empty() {
        let message = "a contact holds `from` of `[channel.sms]`, where it is a number, and of `[channel.email]`: \
                       neither is set up";
        return Err(Ending::no(message).into());
    }
    write!(anstream::stdout(), "{}", senders.to_vcard(&plan.hospital))?;
    Ok(Exit::Fine)
}
