//! The files of a git revision, read from the repository and written nowhere.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Seek, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};

use crate::cli::exit::Ending;
use crate::config::files::{FILES_MAX, Files};

/// A revision's `.toml` files together are at most this large, since all of them are held in memory.
const BYTES_MAX: u64 = 64 << 20;

/// What would lead git to another repository than that of the folder; hooks set these.
const MISLEADING: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// The `.toml` files of a commit.
#[derive(Debug)]
pub struct Revision {
    /// By their path from the repository's top.
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// The repository's top folder.
    top: PathBuf,
    /// From there, the folder that holds the configuration.
    folder: PathBuf,
}

impl Revision {
    /// Reads a revision of the repository that holds a configuration file.
    ///
    /// # Errors
    ///
    /// There is no git, no repository, no such revision, or too much in it.
    pub fn find(name: &str, config_file: &Path) -> Result<Self> {
        let folder = config_file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(Ending::unusable(format!(
                "`{name}` is no file or folder, and no git revision can be looked up, as the folder `{}` is not there: \
                 name the configuration in the repository with `--config`",
                folder.display()
            ))
            .into());
        }
        let repository = git(folder, ["rev-parse", "--show-toplevel", "--show-prefix"], Stdio::null())?;
        if !repository.status.success() {
            return Err(Ending::unusable(format!(
                "`{name}` is no file or folder, and git finds no repository for `{}` to look a revision up in ({}): name \
                 the configuration in the repository with `--config`",
                folder.display(),
                complaint(&repository)
            ))
            .into());
        }
        let places = String::from_utf8(repository.stdout).context("the repository's path is not UTF-8")?;
        let (top, prefix) = places.split_once('\n').unwrap_or((&places, ""));
        let commit = format!("{name}^{{commit}}");
        let found = git(folder, ["rev-parse", "--verify", "--end-of-options", &commit], Stdio::null())?;
        if !found.status.success() {
            return Err(Ending::unusable(format!(
                "`{name}` is no file, no folder, and no revision of the git repository in `{top}`: `git log --oneline` \
                 lists revisions, and a shallow clone lacks the older ones"
            ))
            .into());
        }
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let files = read(Path::new(top), &commit, name)?;
        Ok(Self { files, top: top.into(), folder: prefix.trim_end_matches('\n').into() })
    }

    /// The path from the repository's top.
    fn locate(&self, path: &str) -> io::Result<PathBuf> {
        let whole = match Path::new(path).strip_prefix(&self.top) {
            Ok(inside) => inside.to_owned(),
            Err(_) => self.folder.join(path),
        };
        let outside = || io::Error::other("it lies outside of the git repository");
        let mut plain = PathBuf::new();
        for part in whole.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) => plain.push(name),
                Component::ParentDir if plain.pop() => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(outside()),
            }
        }
        Ok(plain)
    }
}

impl Files for Revision {
    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let folder = self.locate(folder)?;
        let inside = self.files.keys().filter(|path| path.parent() == Some(&folder));
        let names = inside.filter_map(|path| path.file_name()?.to_str());
        let names: Vec<_> = names.filter(|name| !name.starts_with('.')).map(str::to_owned).collect();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let path = self.locate(path)?;
        self.files.get(&path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.top.join(&self.folder).join(path)
    }
}

/// One file of a commit's tree.
struct Entry {
    path: PathBuf,
    id: String,
    size: u64,
}

fn read(top: &Path, commit: &str, name: &str) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let tree = run(top, ["ls-tree", "-r", "-l", "-z", "--full-tree", commit], Stdio::null())?;
    let entries: Vec<Entry> = tree.split(|byte| *byte == 0).filter_map(entry).collect();
    let size: u64 = entries.iter().map(|entry| entry.size).sum();
    if entries.len() > 2 * FILES_MAX || size > BYTES_MAX {
        return Err(Ending::unusable(format!("the revision `{name}` has too many or too large `.toml` files")).into());
    }
    let mut wanted = tempfile::tempfile()?;
    for entry in &entries {
        writeln!(wanted, "{}", entry.id)?;
    }
    wanted.rewind()?;
    let blobs = run(top, ["cat-file", "--batch"], Stdio::from(wanted))?;
    let mut rest = blobs.as_slice();
    let mut files = BTreeMap::new();
    for entry in entries {
        let bytes = blob(&mut rest, entry.size).context("git tells a file otherwise than it listed it")?;
        files.insert(entry.path, bytes);
    }
    Ok(files)
}

/// `mode type id size<tab>path`; none for what is no plain `.toml` file.
fn entry(line: &[u8]) -> Option<Entry> {
    let (facts, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, _, id, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let is_file = mode.starts_with("100") && path.ends_with(".toml");
    is_file.then_some(Entry { path: path.into(), id: id.to_owned(), size: size.parse().ok()? })
}

/// The next of `id blob size<newline>bytes<newline>`.
fn blob(rest: &mut &[u8], size: u64) -> Option<Vec<u8>> {
    let size = usize::try_from(size).ok()?;
    let head = rest.iter().position(|byte| *byte == b'\n')?;
    let bytes = rest.get(head + 1..head + 1 + size)?.to_vec();
    *rest = rest.get(head + size + 2..)?;
    Some(bytes)
}

fn run<const N: usize>(folder: &Path, args: [&str; N], input: Stdio) -> Result<Vec<u8>> {
    let output = git(folder, args, input)?;
    if !output.status.success() {
        return Err(Ending::unusable(format!("`git {}` failed: {}", args[0], complaint(&output))).into());
    }
    Ok(output.stdout)
}

fn git<const N: usize>(folder: &Path, args: [&str; N], input: Stdio) -> Result<Output> {
    let mut command = Command::new("git");
    command.arg("--no-pager").arg("--literal-pathspecs").arg("-C").arg(folder).args(args.map(OsStr::new)).stdin(input);
    for variable in MISLEADING {
        command.env_remove(variable);
    }
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Ending::unusable("git is not installed: install it, or compare two folders instead of a revision").into()
        }
        _ => Ending::unusable(format!("git cannot be run: {error}")).into(),
    })
}

/// The first line of what git says is wrong.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or("git does not say why");
    line.trim_start_matches("fatal: ").chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_repository() {
        let revision = Revision { files: BTreeMap::new(), top: "/srv/repo".into(), folder: "site/".into() };
        let located = |path: &str| revision.locate(path).ok().map(|path| path.display().to_string());
        assert_eq!(located("rosters/a.toml").as_deref(), Some("site/rosters/a.toml"));
        assert_eq!(located("./../shared/rosters").as_deref(), Some("shared/rosters"));
        assert_eq!(located("/srv/repo/people").as_deref(), Some("people"));
        assert_eq!(located("../../etc"), None);
        assert_eq!(located("/etc/wardbell"), None);
    }

    #[test]
    fn what_git_prints_is_read_byte_by_byte() {
        let mut rest: &[u8] = b"0a1b blob 3\na\nb\n0c blob 0\n\n";
        assert_eq!(blob(&mut rest, 3).unwrap(), b"a\nb");
        assert_eq!(blob(&mut rest, 0).unwrap(), b"");
        assert_eq!(blob(&mut rest, 0), None);
        let link = b"120000 blob 0a1b       3\trosters/a.toml";
        assert!(entry(link).is_none() && entry(b"100644 blob 0a1b       3\ta.md").is_none());
        assert_eq!(entry(b"100644 blob 0a1b       3\trosters/a b.toml").unwrap().path, Path::new("rosters/a b.toml"));
    }
}
