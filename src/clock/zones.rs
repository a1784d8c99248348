//! The only module that reads the machine's tz database.
//!
//! The rules are read into a value each time; an update of the operating system takes effect at the next reading.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::zone::Zone;
use crate::domain::zone::release::Release;
use crate::domain::zone::rules::{Edition, Rules, Source, is_zone};

/// Where the tz database may be, unless `TZDIR` is set.
const FOLDERS: [&str; 4] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// The file whose first line contains the release.
pub const RELEASE_FILE: &str = "tzdata.zi";

/// The first bytes of every zone file.
const MAGIC: &[u8] = b"TZif";

/// Size limit of a zone file; the largest has 4 KiB.
const FILE_BYTES_MAX: u64 = 64 * 1_024;

/// Limits on the number of entries and the depth; there are about two thousand, three levels deep.
const FILES_MAX: usize = 20_000;
const DEPTH_MAX: usize = 4;

/// An update replaces files one by one. If the release changes meanwhile, the rules are read again, up to this many times.
const TRIES: usize = 3;

/// The rules in force: those of the machine, or the built-in ones if they are newer.
pub fn rules() -> Arc<Rules> {
    let read = newer_folder().and_then(|(folder, _)| read(&folder));
    read.map_or_else(|| Arc::clone(Rules::built_in()), Arc::new)
}

/// Which rules are in force, without reading them.
pub fn edition() -> Edition {
    let machine = newer_folder().map(|(folder, release)| Edition { release, source: Source::Folder(folder) });
    machine.unwrap_or_else(|| Rules::built_in().edition().clone())
}

/// The machine's folder and its release, if it is not older than the built-in rules.
fn newer_folder() -> Option<(PathBuf, Release)> {
    let folder = folder()?;
    let release = release(&folder)?;
    (release >= Rules::built_in().edition().release).then_some((folder, release))
}

/// The rules not in force: the built-in ones, or older ones of the machine.
pub fn others(rules: &Rules) -> Option<Arc<Rules>> {
    match rules.edition().source {
        Source::Folder(_) => Some(Arc::clone(Rules::built_in())),
        Source::BuiltIn => folder().and_then(|folder| read(&folder)).map(Arc::new),
    }
}

/// The local time zone: `TZ`, or the machine's; `None` if it has no name.
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

/// The folders of the machine's tz database that contain zone files, the main one first.
pub fn folders() -> Vec<PathBuf> {
    let Some(root) = folder() else { return Vec::new() };
    let mut found = Vec::new();
    Walk::of(&root, &mut |_, path, is_folder| found.extend(is_folder.then(|| path.to_owned())));
    found.insert(0, root);
    found
}

/// Walks a folder and reports each entry: its relative name, its path, and whether it is a folder.
struct Walk<'a> {
    root: &'a Path,
    tell: &'a mut dyn FnMut(&str, &Path, bool),
    /// Remaining number of entries.
    left: usize,
    /// Each folder is visited once, even if links lead back to it.
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

/// The release of a folder's rules; `None` if it is unknown, because then their age is unknown.
fn release(folder: &Path) -> Option<Release> {
    let mut line = String::new();
    let path = folder.join(RELEASE_FILE);
    // Reading something other than a file, such as a pipe, could block.
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

/// All zone files in a folder by name; unreadable ones are skipped.
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
