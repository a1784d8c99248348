//! `wardbell audit verify`: proves that the record is whole.

use std::io::Write;
use std::path::Path;

use anyhow::Result;

use crate::cli::exit::{Ending, Exit};
use crate::cli::serve::usable;
use crate::journal::verify::verify;

/// Verifies every record's hash, and that each hangs on the one before; the daemon may run meanwhile.
///
/// # Errors
///
/// Where the record is damaged.
pub fn audit_verify(config_file: &Path) -> Result<Exit> {
    let folder = usable(config_file)?.settings.store_path.join("journal");
    let verified = verify(&folder).map_err(|damage| Ending::no(damage.to_string()))?;
    let (records, segments) = (verified.records, verified.segments);
    writeln!(
        anstream::stdout(),
        "{records} records in {segments} segments are whole, the last hash is {}",
        verified.head
    )?;
    Ok(Exit::Fine)
}
