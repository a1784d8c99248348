//! The files of a git revision, read from the repository into memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io::{self, Seek, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};

use crate::cli::exit::Ending;
use crate::config::files::{FILES_MAX, Files};
use crate::config::policies;

/// Size limit of a revision's `.toml` files together, which are held in memory.
const BYTES_MAX: u64 = 64 << 20;

/// Limit on the links followed on the way to a file, as in the Linux kernel; more form a cycle.
const LINKS_ON_THE_WAY_MAX: usize = 40;

/// Limits on the number of links in a revision and on the bytes of each target.
const LINKS_MAX: usize = 10_000;
const LINK_BYTES_MAX: u64 = 4 << 10;

/// Environment variables, set by hooks, that would point git at another repository.
const MISLEADING: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

#[derive(Debug)]
pub struct Revision {
    /// By path from the top of the repository.
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// The targets of symbolic links, by path from the top of the repository.
    links: BTreeMap<PathBuf, PathBuf>,
    /// The top folder of the repository.
    top: PathBuf,
    /// The folder of the configuration, relative to the top.
    folder: PathBuf,
}

impl Revision {
    /// Reads a revision of the repository that contains a configuration file.
    ///
    /// # Errors
    ///
    /// There is no git, no repository, or no such revision, or it is too large.
    pub fn find(name: &str, config_file: &Path) -> Result<Self> {
        let folder = config_file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(Ending::unusable(format!(
                "`{name}` is not a file or folder, and cannot be looked up as a git revision because there is no folder `{}`; \
                 give the configuration in the repository with `--config`",
                folder.display()
            ))
            .into());
        }
        let repository = git(folder, ["rev-parse", "--show-toplevel", "--show-prefix"], Stdio::null())?;
        if !repository.status.success() {
            return Err(Ending::unusable(format!(
                "`{name}` is not a file or folder, and git finds no repository for `{}` to look up a revision ({}); give \
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
                "`{name}` is not a file, a folder, or a revision of the git repository in `{top}`. `git log --oneline` \
                 lists revisions, and a shallow clone lacks the older ones"
            ))
            .into());
        }
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let (files, links) = (BTreeMap::new(), BTreeMap::new());
        let mut revision = Self { files, links, top: top.into(), folder: prefix.trim_end_matches('\n').into() };
        revision.fill(&commit, name)?;
        Ok(revision)
    }

    fn fill(&mut self, commit: &str, name: &str) -> Result<()> {
        let tree = run(&self.top, ["ls-tree", "-r", "-l", "-z", "--full-tree", commit], Stdio::null())?;
        let (links, plain): (Vec<_>, Vec<_>) =
            tree.split(|byte| *byte == 0).filter_map(entry).partition(|entry| entry.kind == Kind::Link);
        if links.len() > LINKS_MAX || links.iter().any(|link| link.size > LINK_BYTES_MAX) {
            return Err(Ending::unusable(format!("the revision `{name}` has too many or too long links")).into());
        }
        for (path, target) in blobs(&self.top, links)? {
            let not_text = || format!("the target of the link {} is not UTF-8", path.display());
            let target = String::from_utf8(target).with_context(not_text)?;
            self.links.insert(path, target.into());
        }
        // The target of a link may have any name.
        let led_to: BTreeSet<PathBuf> =
            self.links.keys().filter(|path| is_of_plan(path)).filter_map(|path| self.follow(path).ok()).collect();
        let plain: Vec<_> =
            plain.into_iter().filter(|entry| is_of_plan(&entry.path) || led_to.contains(&entry.path)).collect();
        let size: u64 = plain.iter().map(|entry| entry.size).sum();
        if plain.len() > 2 * FILES_MAX || size > BYTES_MAX {
            return Err(
                Ending::unusable(format!("the revision `{name}` has too many or too large `.toml` files")).into()
            );
        }
        self.files = blobs(&self.top, plain)?;
        Ok(())
    }

    /// The path from the top of the repository.
    fn locate(&self, path: &str) -> io::Result<PathBuf> {
        match Path::new(path).strip_prefix(&self.top) {
            Ok(inside) => self.follow(inside),
            Err(_) => self.follow(&self.folder.join(path)),
        }
    }

    /// Resolves the links of the same tree in a path from the top of the repository.
    fn follow(&self, path: &Path) -> io::Result<PathBuf> {
        let mut plain = PathBuf::new();
        let mut to_go: VecDeque<OsString> = path.iter().map(OsStr::to_owned).collect();
        let mut links = 0;
        while let Some(part) = to_go.pop_front() {
            match Path::new(&part).components().next() {
                Some(Component::Normal(name)) => plain.push(name),
                Some(Component::ParentDir) if plain.pop() => {}
                Some(Component::ParentDir | Component::RootDir | Component::Prefix(_)) => {
                    return Err(outside(links, path));
                }
                Some(Component::CurDir) | None => {}
            }
            let Some(target) = self.links.get(&plain) else { continue };
            links += 1;
            if links > LINKS_ON_THE_WAY_MAX {
                return Err(io::Error::other(format!("the link `{}` is part of a cycle", path.display())));
            }
            let inside = match target.strip_prefix(&self.top) {
                Ok(inside) => {
                    plain.clear();
                    inside
                }
                Err(_) => {
                    plain.pop();
                    target
                }
            };
            for part in inside.iter().rev() {
                to_go.push_front(part.to_owned());
            }
        }
        Ok(plain)
    }
}

fn outside(links: usize, path: &Path) -> io::Error {
    match links {
        0 => io::Error::other("it is outside the git repository"),
        _ => io::Error::other(format!(
            "the link `{}` leads out of the git repository, where there are no revisions; compare two folders \
             instead",
            path.display()
        )),
    }
}

impl Files for Revision {
    fn list_ending(&self, folder: &str, ending: &str) -> io::Result<Vec<String>> {
        let folder = self.locate(folder)?;
        let all = self.files.keys().chain(self.links.keys());
        let inside = all.filter(|path| path.parent() == Some(&folder));
        let names = inside.filter_map(|path| path.file_name()?.to_str());
        let mut names: Vec<_> =
            names.filter(|name| name.ends_with(ending) && !name.starts_with('.')).map(str::to_owned).collect();
        names.sort_unstable();
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

/// One file or link of a commit's tree.
struct Entry {
    kind: Kind,
    path: PathBuf,
    id: String,
    size: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    File,
    Link,
}

/// Whether it may be a file of the plan: other texts of a repository may be many.
fn is_of_plan(path: &Path) -> bool {
    let is_policy = path.parent().is_some_and(|folder| folder.ends_with(policies::FOLDER));
    let ending = |ending| path.as_os_str().to_str().is_some_and(|path| path.ends_with(ending));
    ending(".toml") || (is_policy && ending(policies::ENDING))
}

/// Their contents, by path.
fn blobs(top: &Path, entries: Vec<Entry>) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut wanted = tempfile::tempfile()?;
    for entry in &entries {
        writeln!(wanted, "{}", entry.id)?;
    }
    wanted.rewind()?;
    let told = run(top, ["cat-file", "--batch"], Stdio::from(wanted))?;
    let mut rest = told.as_slice();
    let mut files = BTreeMap::new();
    for entry in entries {
        let bytes = blob(&mut rest, entry.size).context("git returned a file that differs from its listing")?;
        files.insert(entry.path, bytes);
    }
    Ok(files)
}

/// Parses `mode type id size<tab>path`; `None` unless it is a regular file or a link.
fn entry(line: &[u8]) -> Option<Entry> {
    let (facts, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, _, id, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let kind = match mode {
        "120000" => Kind::Link,
        _ if mode.starts_with("100") => Kind::File,
        _ => return None,
    };
    Some(Entry { kind, path: path.into(), id: id.to_owned(), size: size.parse().ok()? })
}

/// Parses the next `id blob size<newline>bytes<newline>`.
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
            Ending::unusable("git is not installed; install it, or compare two folders instead of a revision").into()
        }
        _ => Ending::unusable(format!("cannot run git: {error}")).into(),
    })
}

/// The first line of git's error output.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or("no error message");
    line.trim_start_matches("fatal: ").chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_repository() {
        let links = [
            ("site/rosters/c.toml", "../../shared/people/c.toml"),
            ("site/playbooks", "/srv/repo/shared/./playbooks"),
            ("shared/people", "../people"),
            ("site/out.toml", "../../c.toml"),
            ("site/away.toml", "/etc/c.toml"),
            ("site/round.toml", "round.toml"),
        ];
        let links = links.map(|(path, target)| (path.into(), target.into())).into();
        let revision = Revision { files: BTreeMap::new(), links, top: "/srv/repo".into(), folder: "site/".into() };
        let located = |path: &str| revision.locate(path).ok().map(|path| path.display().to_string());
        assert_eq!(located("rosters/a.toml").as_deref(), Some("site/rosters/a.toml"));
        assert_eq!(located("./../shared/rosters").as_deref(), Some("shared/rosters"));
        assert_eq!(located("/srv/repo/people").as_deref(), Some("people"));
        assert_eq!(located("rosters/c.toml").as_deref(), Some("people/c.toml"));
        assert_eq!(located("playbooks/d.toml").as_deref(), Some("shared/playbooks/d.toml"));
        for (path, words) in [
            ("out.toml", "the link `site/out.toml` leads out of the git repository"),
            ("away.toml", "leads out of the git repository, where there are no revisions"),
            ("round.toml", "the link `site/round.toml` is part of a cycle"),
        ] {
            let error = revision.locate(path).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(located("../../etc"), None);
        assert_eq!(located("/etc/wardbell"), None);
    }

    #[test]
    fn what_git_prints_is_read_byte_by_byte() {
        let mut rest: &[u8] = b"0a1b blob 3\na\nb\n0c blob 0\n\n";
        assert_eq!(blob(&mut rest, 3).unwrap(), b"a\nb");
        assert_eq!(blob(&mut rest, 0).unwrap(), b"");
        assert_eq!(blob(&mut rest, 0), None);
        assert_eq!(entry(b"120000 blob 0a1b       3\trosters/a.toml").unwrap().kind, Kind::Link);
        assert!(entry(b"160000 commit 0a1b       -\tmodule.toml").is_none());
        assert_eq!(entry(b"100644 blob 0a1b       3\trosters/a b.toml").unwrap().path, Path::new("rosters/a b.toml"));
    }
}
