//! `wardbell keys`: makes master keys, tells of data keys, and copies them.

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
use crate::domain::count::count;
use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::domain::master_key::{MasterKey, MasterKeys};
use crate::journal::record::Fact;
use crate::journal::walk::walk;
use crate::vault::census::Census;
use crate::vault::transfer::{self, Exported, Imported};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Print a fresh master key: one line for the file that `master_key_file` names.
    New,
    /// Tell how many data keys each master key wraps, how many were purged, and how many cannot be opened.
    Status(Status),
    /// Copy the wrapped data keys to a file; keep the newest copy alone, as older ones hold what was purged since.
    Export {
        /// Where to; a file that is there is replaced.
        file: PathBuf,
    },
    /// Take over the data keys of a copy that are missing here; the daemon must be stopped. What was purged stays so.
    Import(Import),
}

/// How to open the data keys, and how to tell.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    master: MasterKeyFile,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What to take over.
#[derive(Debug, Args)]
pub struct Import {
    /// The copy.
    file: PathBuf,
    #[command(flatten)]
    master: MasterKeyFile,
}

/// Where the master keys are.
#[derive(Debug, Args)]
pub struct MasterKeyFile {
    /// The file of the master keys; the one that `[encryption]` names, if left out.
    #[arg(long, value_name = "FILE")]
    master_key_file: Option<PathBuf>,
}

impl MasterKeyFile {
    /// Reads the master keys.
    ///
    /// # Errors
    ///
    /// What is wrong with their file, in words.
    pub fn read(&self, encryption: config::Encryption) -> Result<MasterKeys, String> {
        let Some(path) = &self.master_key_file else { return encryption.master_keys };
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
        MasterKeys::read(&text).map_err(|bad| format!("the file {shown} {bad}"))
    }
}

/// Makes, counts or copies keys.
///
/// # Errors
///
/// There is no `[encryption]`, or a file cannot be read or written.
pub fn keys(config_file: &Path, command: &Keys) -> Result<Exit> {
    match command {
        Keys::New => new(),
        Keys::Status(args) => status(config_file, args),
        Keys::Export { file } => {
            let folder = encryption(config_file)?.keys_path;
            let cannot = || format!("the data keys of {} cannot be copied to {}", folder.display(), file.display());
            let exported = transfer::export(&folder, file);
            let Exported { lines, damaged } = exported.map_err(|error| Ending::no(format!("{}: {error}", cannot())))?;
            writeln!(anstream::stdout(), "{} copied to {}", count(lines as u64, "data key"), file.display())?;
            if damaged > 0 {
                let cure = "an earlier copy may hold them whole: take it over with `wardbell keys import`";
                writeln!(anstream::stderr(), "warning: {damaged} of them are damaged, here and in the copy; {cure}")?;
            }
            Ok(Exit::Fine)
        }
        Keys::Import(args) => import(config_file, args),
    }
}

/// What `[encryption]` says.
///
/// # Errors
///
/// There is none.
pub fn encryption(config_file: &Path) -> Result<config::Encryption> {
    let none = || Ending::silent(config_file, "how to encrypt: it has no `[encryption]`");
    config::encryption(config_file).ok_or_else(none).map_err(Into::into)
}

fn new() -> Result<Exit> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| anyhow::anyhow!("the operating system gives no random bits"))?;
    writeln!(anstream::stdout(), "{}", *MasterKey::new(*bytes).to_line())?;
    Ok(Exit::Fine)
}

fn status(config_file: &Path, args: &Status) -> Result<Exit> {
    let encryption = encryption(config_file)?;
    let folder = encryption.keys_path.clone();
    let master = args.master.read(encryption);
    let cannot = || format!("the data keys of {} cannot be read", folder.display());
    let census = match Census::of_folder(&folder, master.as_ref().ok()) {
        // The daemon makes the file at its first start.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            writeln!(anstream::stderr(), "note: there are no data keys in {} yet", folder.display())?;
            Census::default()
        }
        read => read.with_context(cannot)?,
    };
    let is_known = |id| master.as_ref().is_ok_and(|keys| keys.get(id).is_some());
    let current = master.as_ref().ok().map(|keys| keys.current().id);
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        let known: Vec<_> = master.iter().flat_map(MasterKeys::iter).map(|key| key.id).collect();
        let answer = json!({
            "current": current, "master_keys": known, "data_keys": census.by_master,
            "purged": census.purged, "damaged": census.damaged, "unreadable": census.unreadable,
        });
        writeln!(out, "{answer:#}")?;
    } else {
        for key in master.iter().flat_map(MasterKeys::iter) {
            let wrapped = census.by_master.get(&key.id).copied().unwrap_or_default();
            let role = match current {
                Some(id) if id == key.id => "current",
                _ if wrapped == 0 => "can be taken away",
                _ => "old, and still needed",
            };
            writeln!(out, "{}  {}  {role}", key.id, column(wrapped))?;
        }
        for (id, wrapped) in census.by_master.iter().filter(|(id, _)| !is_known(**id)) {
            writeln!(out, "{id}  {}  not at hand", column(*wrapped))?;
        }
        let Census { purged, damaged, unreadable, .. } = &census;
        writeln!(out, "{purged} purged, {damaged} damaged, {unreadable} that cannot be opened")?;
    }
    if let Err(why) = &master {
        writeln!(anstream::stderr(), "note: {why}")?;
    }
    Ok(if census.unreadable + census.damaged == 0 { Exit::Fine } else { Exit::No })
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
    fs::File::open(&args.file).with_context(|| format!("{} cannot be read", args.file.display()))?;
    let purged = purged(&store.join("journal"))?;
    let imported = transfer::import(&folder, &args.file, &purged, master.as_ref().ok());
    let imported = imported.map_err(|error| Ending::no(error.to_string()))?;
    let Imported { added, known, beside, purged, damaged } = imported;
    let mut out = anstream::stdout();
    let added = count(added as u64, "data key");
    writeln!(out, "{added} taken over, {known} were there already, {purged} were purged and stay so")?;
    if beside > 0 {
        write!(out, "{beside} more were taken over beside others of the same names")?;
        match master {
            Ok(_) => writeln!(out, ", as they are others: each opens what it sealed, if its master key is there")?,
            Err(why) => writeln!(out, ", as nobody can tell without the master key whether they are others: {why}")?,
        }
    }
    if damaged > 0 {
        let cure = "an earlier copy may hold them whole";
        writeln!(anstream::stderr(), "warning: {damaged} lines of the copy are damaged and were passed over; {cure}")?;
    }
    Ok(Exit::Fine)
}

/// The incidents that the record tells as purged; none where there is no record yet.
fn purged(journal: &Path) -> Result<BTreeSet<IncidentId>> {
    let mut purged = BTreeSet::new();
    if !journal.is_dir() {
        return Ok(purged);
    }
    walk(journal, 0, &mut |line, text| {
        // Few lines are of this kind: the others need not be understood.
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
