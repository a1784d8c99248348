//! Where files are read from: a folder on the machine, or memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Size limit of a configuration file; a roster of a thousand people needs a fifth of it.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// Limit on the number of configuration files: a hundred times what a hospital needs.
pub const FILES_MAX: usize = 2_000;

/// Reads files by path, relative to the configuration's folder.
pub trait Files {
    /// The names of the files in a folder that end so, sorted, without hidden files.
    fn list_ending(&self, folder: &str, ending: &str) -> io::Result<Vec<String>>;

    /// The names of the `.toml` files in a folder.
    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.list_ending(folder, ".toml")
    }

    /// The contents of a file; for a file larger than [`FILE_BYTES_MAX`], at least one byte more than that.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The path to open the file later.
    fn resolve(&self, path: &str) -> PathBuf;

    /// Where a secret of that name may be, in search order.
    fn secret_paths(&self, name: &str) -> Vec<String> {
        vec![name.to_owned()]
    }

    /// Whether everyone on the machine may read or change a file; false for files in memory.
    fn is_open_to_all(&self, _path: &str) -> bool {
        false
    }
}

/// The folder of `wardbell.toml`.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    credentials: Option<PathBuf>,
}

impl Folder {
    /// The folder, and the folder of systemd credentials.
    pub fn new(root: impl Into<PathBuf>, credentials: Option<PathBuf>) -> Self {
        Self { root: root.into(), credentials }
    }
}

impl Files for Folder {
    fn list_ending(&self, folder: &str, ending: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.resolve(folder))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if is_shown(&name, ending) {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let path = self.resolve(path);
        if !std::fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn secret_paths(&self, name: &str) -> Vec<String> {
        let in_credentials = self.credentials.as_ref().filter(|_| !Path::new(name).is_absolute());
        let passed = in_credentials.map(|folder| folder.join(name).to_string_lossy().into_owned());
        passed.into_iter().chain([name.to_owned()]).collect()
    }

    fn is_open_to_all(&self, path: &str) -> bool {
        let mode = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.permissions().mode());
        let Ok(path) = self.resolve(path).canonicalize() else { return false };
        // A file is not accessible if its folders are not.
        mode(&path) & 0o006 != 0 && path.ancestors().skip(1).all(|folder| mode(folder) & 0o001 != 0)
    }
}

/// Files in memory, by path.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    pub fn remove(&mut self, path: &str) -> Option<Vec<u8>> {
        self.files.remove(path)
    }

    /// The contents of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }
}

impl Files for Memory {
    fn list_ending(&self, folder: &str, ending: &str) -> io::Result<Vec<String>> {
        let prefix = format!("{folder}/");
        let mut inside = self.files.keys().filter_map(|path| path.strip_prefix(&prefix)).peekable();
        if inside.peek().is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(inside.filter(|name| !name.contains('/') && is_shown(name, ending)).map(str::to_owned).collect())
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn resolve(&self, path: &str) -> PathBuf {
        path.into()
    }
}

/// Files with one of them changed in memory, or added to them.
pub struct Changed<'a> {
    pub under: &'a dyn Files,
    /// The changed file, relative to the configuration.
    pub path: &'a str,
    pub text: &'a str,
}

impl Files for Changed<'_> {
    fn list_ending(&self, folder: &str, ending: &str) -> io::Result<Vec<String>> {
        let mut names = self.under.list_ending(folder, ending)?;
        let changed = self.path.rsplit_once('/').filter(|(parent, name)| *parent == folder && is_shown(name, ending));
        if let Some((_, name)) = changed.filter(|(_, name)| !names.iter().any(|one| one == name)) {
            names.push(name.to_owned());
            names.sort_unstable();
        }
        Ok(names)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == self.path { Ok(self.text.as_bytes().to_vec()) } else { self.under.read(path) }
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.under.resolve(path)
    }

    fn secret_paths(&self, name: &str) -> Vec<String> {
        self.under.secret_paths(name)
    }

    fn is_open_to_all(&self, path: &str) -> bool {
        self.under.is_open_to_all(path)
    }
}

fn is_shown(name: &str, ending: &str) -> bool {
    name.ends_with(ending) && !name.starts_with('.')
}
