//! The only place that reads the machine's tz database.
//!
//! The rules are read anew each time, and are a value from then on: what an update of the operating system changes holds from
//! the next reading.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::zone::Zone;
use crate::domain::zone::release::Release;
use crate::domain::zone::rules::{Edition, Rules, Source, is_zone};

/// Where the tz database is, where `TZDIR` does not say so.
const FOLDERS: [&str; 4] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// The file whose first line names the release.
pub const RELEASE_FILE: &str = "tzdata.zi";

/// The first bytes of every zone file.
const MAGIC: &[u8] = b"TZif";

/// A zone file is at most this large; the largest has 4 KiB.
const FILE_BYTES_MAX: u64 = 64 * 1_024;

/// It has at most this many entries, and the deepest lies so deep: about two thousand, and three names.
const FILES_MAX: usize = 20_000;
const DEPTH_MAX: usize = 4;

/// An update replaces one file after the other: where the release changes meanwhile, it is read again so often.
const TRIES: usize = 3;

/// The rules in force: those of the machine, or those that are built in where these are newer.
pub fn rules() -> Arc<Rules> {
    let read = newer_folder().and_then(|(folder, _)| read(&folder));
    read.map_or_else(|| Arc::clone(Rules::built_in()), Arc::new)
}

/// Which rules are in force, without reading them.
pub fn edition() -> Edition {
    let machine = newer_folder().map(|(folder, release)| Edition { release, source: Source::Folder(folder) });
    machine.unwrap_or_else(|| Rules::built_in().edition().clone())
}

/// The machine's folder and its release, if that is no older than the rules that are built in.
fn newer_folder() -> Option<(PathBuf, Release)> {
    let folder = folder()?;
    let release = release(&folder)?;
    (release >= Rules::built_in().edition().release).then_some((folder, release))
}

/// The rules that are not in force: those that are built in, or older ones of the machine.
pub fn others(rules: &Rules) -> Option<Arc<Rules>> {
    match rules.edition().source {
        Source::Folder(_) => Some(Arc::clone(Rules::built_in())),
        Source::BuiltIn => folder().and_then(|folder| read(&folder)).map(Arc::new),
    }
}

/// The zone of whoever looks at this machine's clock: that of `TZ`, else of the machine; none where no name tells it.
pub fn local() -> Option<Zone> {
    let asked = std::env::var("TZ").ok().filter(|name| !name.is_empty());
    let of_machine = || {
        let target = fs::read_link("/etc/localtime").ok()?;
        Some(target.to_str()?.rsplit_once("zoneinfo/")?.1.to_owned())
    };
    Zone::built_in(asked.or_else(of_machine)?.trim_start_matches(':'))
}

/// The folder of the machine's tz database.
pub fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("TZDIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    named.or_else(|| FOLDERS.iter().map(PathBuf::from).find(|folder| folder.is_dir()))
}

/// The folders of the machine's tz database that hold zone files, its own first.
pub fn folders() -> Vec<PathBuf> {
    let Some(root) = folder() else { return Vec::new() };
    let mut found = Vec::new();
    Walk::of(&root, &mut |_, path, is_folder| found.extend(is_folder.then(|| path.to_owned())));
    found.insert(0, root);
    found
}

/// Tells of all that is below a folder: its name from there on, its path, and whether it is a folder itself.
struct Walk<'a> {
    root: &'a Path,
    tell: &'a mut dyn FnMut(&str, &Path, bool),
    /// So many entries may still be looked at.
    left: usize,
    /// Each folder is entered once, also where links lead back to it.
    entered: HashSet<(u64, u64)>,
}

impl<'a> Walk<'a> {
    fn of(root: &'a Path, tell: &'a mut dyn FnMut(&str, &Path, bool)) {
        Walk { root, tell, left: FILES_MAX, entered: HashSet::new() }.enter("");
    }

    fn enter(&mut self, below: &str) {
        let folder = self.root.join(below);
        let Ok(found) = fs::metadata(&folder) else { return };
        let Ok(entries) = fs::read_dir(&folder) else { return };
        if !self.entered.insert((found.dev(), found.ino())) {
            return;
        }
        for entry in entries.flatten() {
            let Some(left) = self.left.checked_sub(1) else { return };
            self.left = left;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = if below.is_empty() { name } else { format!("{below}/{name}") };
            // A zone may be a link to another one.
            let Ok(found) = fs::metadata(entry.path()) else { continue };
            if found.is_dir() && is_zone(&format!("{name}/")) && name.matches('/').count() < DEPTH_MAX {
                (self.tell)(&name, &entry.path(), true);
                self.enter(&name);
            } else if found.is_file() && is_zone(&name) {
                (self.tell)(&name, &entry.path(), false);
            }
        }
    }
}

/// The release of a folder's rules; none where it does not say so: it cannot be told whether those are new.
fn release(folder: &Path) -> Option<Release> {
    let mut line = String::new();
    let path = folder.join(RELEASE_FILE);
    // What is no file, such as a pipe, would be waited for.
    let file = fs::metadata(&path).ok().filter(fs::Metadata::is_file).and_then(|_| File::open(&path).ok())?;
    BufReader::new(file.take(1_024)).read_line(&mut line).ok()?;
    Release::of_first_line(&line)
}

fn read(folder: &Path) -> Option<Rules> {
    let mut before = release(folder)?;
    for _ in 1..TRIES {
        let files = zone_files(folder);
        let after = release(folder)?;
        if before == after {
            return Some(Rules::of_folder(after, folder.to_owned(), files));
        }
        before = after;
    }
    Some(Rules::of_folder(before, folder.to_owned(), zone_files(folder)))
}

/// All zone files below a folder, by their names; what cannot be read is left out.
fn zone_files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    Walk::of(root, &mut |name, path, is_folder| {
        if !is_folder && let Ok(Some(bytes)) = zone_file(path) {
            found.push((name.to_owned(), bytes));
        }
    });
    found
}

fn zone_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?.take(FILE_BYTES_MAX + 1);
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut bytes)?;
    if bytes != MAGIC {
        return Ok(None);
    }
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= FILE_BYTES_MAX))
}
