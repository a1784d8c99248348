//! `wardbell keys`: creates master keys, counts data keys, and copies them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::config;
use crate::config::settings::NoMasterKeys;
use crate::domain::count::count;
use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::domain::master_key::{MasterKey, MasterKeys};
use crate::journal::record::Fact;
use crate::journal::walk::walk;
use crate::vault::inventory::KeyInventory;
use crate::vault::transfer::{self, Exported, Imported};

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Print a new master key: one line for the file set by `master_key_file`.
    New,
    /// Count the data keys of each master key, the purged ones, and those that cannot be opened.
    Status(Status),
    /// Copy the wrapped data keys to a file. Keep only the newest copy: older ones contain keys purged since.
    Export {
        /// File to write; an existing file is replaced.
        file: PathBuf,
    },
    /// Restore data keys that are missing here from a copy. Stop the daemon first. Purged keys stay purged.
    Import(Import),
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    master: MasterKeyFile,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct Import {
    /// File to import.
    file: PathBuf,
    #[command(flatten)]
    master: MasterKeyFile,
}

#[derive(Debug, Args)]
pub struct MasterKeyFile {
    /// Master key file; default: the one set in `[encryption]`.
    #[arg(long, value_name = "FILE")]
    master_key_file: Option<PathBuf>,
}

impl MasterKeyFile {
    /// # Errors
    ///
    /// The file cannot be read or used; the text says why.
    pub fn read(&self, encryption: config::Encryption) -> Result<MasterKeys, NoMasterKeys> {
        let Some(path) = &self.master_key_file else { return encryption.master_keys };
        let shown = || path.display().to_string();
        let unreadable = |error: io::Error| NoMasterKeys::Unreadable { shown: shown(), error: error.to_string() };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        MasterKeys::read(&text).map_err(|bad| NoMasterKeys::Bad { shown: shown(), bad })
    }
}

/// # Errors
///
/// `[encryption]` is missing, or a file cannot be read or written.
pub fn keys(config_file: &Path, command: &Keys) -> Result<Exit> {
    match command {
        Keys::New => new(),
        Keys::Status(args) => status(config_file, args),
        Keys::Export { file } => {
            let folder = encryption(config_file)?.keys_path;
            let cannot = || format!("cannot copy the data keys of {} to {}", folder.display(), file.display());
            let exported = transfer::export(&folder, file);
            let Exported { lines, damaged } = exported.map_err(|error| Ending::no(format!("{}: {error}", cannot())))?;
            writeln!(anstream::stdout(), "{} copied to {}", count(lines as u64, "data key"), file.display())?;
            if damaged > 0 {
                let cure = "an earlier copy may contain them intact; import it with `wardbell keys import`";
                writeln!(anstream::stderr(), "warning: {damaged} of them are damaged, here and in the copy; {cure}")?;
            }
            Ok(Exit::Fine)
        }
        Keys::Import(args) => import(config_file, args),
    }
}

/// # Errors
///
/// `[encryption]` is missing.
pub fn encryption(config_file: &Path) -> Result<config::Encryption> {
    let none = || Ending::silent(config_file, "`[encryption]`");
    config::encryption(config_file).ok_or_else(none).map_err(Into::into)
}

fn new() -> Result<Exit> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|_| anyhow::anyhow!("the operating system returned no random bytes"))?;
    writeln!(anstream::stdout(), "{}", *MasterKey::new(*bytes).to_line())?;
    Ok(Exit::Fine)
}

fn status(config_file: &Path, args: &Status) -> Result<Exit> {
    let encryption = encryption(config_file)?;
    let folder = encryption.keys_path.clone();
    let master = args.master.read(encryption);
    let cannot = || format!("cannot read the data keys of {}", folder.display());
    let inventory = match KeyInventory::of_folder(&folder, master.as_ref().ok()) {
        // The daemon creates the file when it first starts.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            writeln!(anstream::stderr(), "note: there are no data keys in {} yet", folder.display())?;
            KeyInventory::default()
        }
        read => read.with_context(cannot)?,
    };
    let is_known = |id| master.as_ref().is_ok_and(|keys| keys.get(id).is_some());
    let current = master.as_ref().ok().map(|keys| keys.current().id);
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        let known: Vec<_> = master.iter().flat_map(MasterKeys::iter).map(|key| key.id).collect();
        let answer = json!({
            "current": current, "master_keys": known, "data_keys": inventory.by_master,
            "purged": inventory.purged, "damaged": inventory.damaged, "unreadable": inventory.unreadable,
        });
        writeln!(out, "{answer:#}")?;
    } else {
        for key in master.iter().flat_map(MasterKeys::iter) {
            let wrapped = inventory.by_master.get(&key.id).copied().unwrap_or_default();
            let role = match current {
                Some(id) if id == key.id => "current",
                _ if wrapped == 0 => "can be removed",
                _ => "old, still needed",
            };
            writeln!(out, "{}  {}  {role}", key.id, column(wrapped))?;
        }
        for (id, wrapped) in inventory.by_master.iter().filter(|(id, _)| !is_known(**id)) {
            writeln!(out, "{id}  {}  missing", column(*wrapped))?;
        }
        let KeyInventory { purged, damaged, unreadable, .. } = &inventory;
        writeln!(out, "{purged} purged, {damaged} damaged, {unreadable} cannot be opened")?;
    }
    if let Err(why) = &master {
        writeln!(anstream::stderr(), "note: {why}")?;
    }
    Ok(if inventory.unreadable + inventory.damaged == 0 { Exit::Fine } else { Exit::No })
}

/// `      17 data keys`, aligned over several lines.
fn column(keys: u64) -> String {
    format!("{:>18}", count(keys, "data key"))
}

fn import(config_file: &Path, args: &Import) -> Result<Exit> {
    let encryption = encryption(config_file)?;
    let folder = encryption.keys_path.clone();
    let master = args.master.read(encryption);
    let store = config::store_path(config_file).unwrap_or_default();
    fs::File::open(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let purged = purged(&store.join("journal"))?;
    let imported = transfer::import(&folder, &args.file, &purged, master.as_ref().ok());
    let imported = imported.map_err(|error| Ending::no(error.to_string()))?;
    let Imported { added, known, beside, purged, damaged } = imported;
    let mut out = anstream::stdout();
    let added = count(added as u64, "data key");
    writeln!(out, "{added} imported, {known} already present, {purged} skipped because they were purged")?;
    if beside > 0 {
        write!(out, "{beside} more imported alongside others with the same names")?;
        match master {
            Ok(_) => {
                writeln!(out, ": they are different keys, and each decrypts its own data if its master key is present")?
            }
            Err(why) => writeln!(out, ": without the master key they cannot be compared: {why}")?,
        }
    }
    if damaged > 0 {
        let cure = "an earlier copy may contain them intact";
        writeln!(anstream::stderr(), "warning: {damaged} damaged lines of the copy were skipped; {cure}")?;
    }
    Ok(Exit::Fine)
}

/// The incidents that are purged according to the record; empty if there is no record yet.
fn purged(journal: &Path) -> Result<BTreeSet<IncidentId>> {
    let mut purged = BTreeSet::new();
    if !journal.is_dir() {
        return Ok(purged);
    }
    walk(journal, 0, &mut |line, text| {
        // Few lines are purges, so skip parsing the others.
        if text.contains(r#""type":"purged""#)
            && let Fact::Incident(id, Event::Purged { .. }) = line.record()?.entry.fact
        {
            purged.insert(id);
        }
        Ok(ControlFlow::Continue(()))
    })
    .map_err(|error| Ending::no(error.to_string()))?;
    Ok(purged)
}
