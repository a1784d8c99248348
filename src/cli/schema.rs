//! `wardbell schema`: JSON Schema of the files, for editors.

use std::io::Write;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::cli::exit::Exit;
use crate::config::schema::FileKind;

#[derive(Debug, Args)]
pub struct Schema {
    /// Kind of file.
    #[arg(value_enum)]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A department's roster.
    Roster,
    /// People who are in more than one roster.
    People,
    /// A playbook.
    Playbook,
    /// The ladders.
    Ladders,
    /// What the privacy reading of drafts looks for.
    PrivacyReading,
    /// Settings, `wardbell.toml`.
    Config,
}

/// Prints the schema (draft 2020-12).
///
/// # Errors
///
/// Standard output is closed.
pub fn schema(args: &Schema) -> Result<Exit> {
    let kind = match args.kind {
        Kind::Roster => FileKind::Roster,
        Kind::People => FileKind::People,
        Kind::Playbook => FileKind::Playbook,
        Kind::Ladders => FileKind::Ladders,
        Kind::PrivacyReading => FileKind::PrivacyReading,
        Kind::Config => FileKind::Config,
    };
    write!(anstream::stdout(), "{}", kind.schema())?;
    Ok(Exit::Fine)
}
