//! Keeps the rooms apart, the files short and the clock in its place.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A longer file is perhaps two rooms in one.
const FILE_LINES_MAX: usize = 400;

/// A longer function is perhaps two.
const FUNCTION_LINES_MAX: usize = 70;

/// A room that puts the others together.
const ALL_ABOVE: &str = "*";

/// Which rooms a room may use, beside itself; each must stand above it in `lib.rs`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("diagnostic", &["domain"]),
    ("clock", &["domain"]),
    ("config", &["domain", "diagnostic"]),
    ("journal", &["domain"]),
    ("vault", &["domain", "journal"]),
    ("store", &["domain", "journal"]),
    ("provider", &["domain", "config"]),
    ("mock", &[]),
    ("engine", &["domain", "diagnostic", "clock", "config", "journal", "vault", "store", "provider"]),
    ("inbound", &["domain", "config", "engine::protocol"]),
    (
        "web",
        &[
            "domain",
            "config",
            "journal::record",
            "vault",
            "engine::handle",
            "engine::protocol",
            "inbound",
            "store::query",
        ],
    ),
    ("maintenance", &["domain", "journal", "vault", "store", "engine"]),
    (
        "daemon",
        &[
            "domain",
            "diagnostic",
            "clock",
            "config",
            "journal",
            "vault",
            "store",
            "provider",
            "engine",
            "inbound",
            "web",
            "maintenance",
        ],
    ),
    ("cli", &[ALL_ABOVE]),
];

#[test]
fn every_room_uses_only_what_it_may() {
    let order = rooms_in_order();
    let known: Vec<&str> = MAY_USE.iter().map(|(room, _)| *room).collect();
    assert_eq!(order, known, "`lib.rs` declares the rooms in this order");
    let mut faults = String::new();
    for source in sources() {
        let Some((_, may_use)) = MAY_USE.iter().find(|(room, _)| *room == source.room) else { continue };
        for (number, line) in source.code() {
            for path in crate_paths(line) {
                let own = path.split("::").next() == Some(source.room.as_str());
                let may = |room: &&str| *room == ALL_ABOVE || path == **room || path.starts_with(&format!("{room}::"));
                let allowed = own || may_use.iter().any(may);
                if !allowed {
                    writeln!(faults, "{}:{number}: `{}` must not use `{path}`", source.name(), source.room).unwrap();
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let imports = imports();
    let reached: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|file| (*file, reached(&imports, file))).collect();
    let mut faults = String::new();
    let mut seen = BTreeSet::new();
    for file in imports.keys().filter(|file| reached[*file].contains(*file)) {
        let circle: BTreeSet<&str> =
            reached[file].iter().copied().filter(|other| reached[other].contains(file)).collect();
        if !seen.insert(circle.clone()) {
            continue;
        }
        writeln!(faults, "{} files import each other in a circle:", circle.len()).unwrap();
        for file in &circle {
            let others: Vec<&str> = imports[file].iter().map(String::as_str).filter(|to| circle.contains(to)).collect();
            writeln!(faults, "    {file} -> {}", others.join(", ")).unwrap();
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn paths_are_followed_into_nested_braces() {
    let text =
        "use crate::a::{self, b::{c, D}};\nlet x = crate::f::g::H { d };\npub(in crate::s) fn y() {}\n// crate::z";
    let source = Source { path: "src/room/mod.rs".into(), room: "room".into(), text: text.to_owned() };
    let mut paths = Vec::new();
    source.paths(&mut paths);
    assert_eq!(paths, ["a", "a::b::c", "a::b::D", "f::g::H"]);
}

/// Which files each file imports.
fn imports() -> BTreeMap<&'static str, BTreeSet<String>> {
    let sources: &'static [Source] = sources().leak();
    let modules: BTreeMap<String, String> = sources.iter().map(|source| (source.module(), source.name())).collect();
    let imports = sources.iter().map(|source| {
        let name: &'static str = source.name().leak();
        let mut paths = Vec::new();
        source.paths(&mut paths);
        let files = paths.iter().filter_map(|path| file_of(&modules, path)).filter(|file| file != name);
        (name, files.collect())
    });
    imports.collect()
}

/// All files that a file imports, directly or by others.
fn reached<'a>(imports: &'a BTreeMap<&str, BTreeSet<String>>, from: &str) -> BTreeSet<&'a str> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(file) = next.pop() {
        for to in imports.get(file.as_str()).into_iter().flatten() {
            if found.insert(to.as_str()) {
                next.push(to.clone());
            }
        }
    }
    found
}

/// The file of the deepest module that a path names.
fn file_of(modules: &BTreeMap<String, String>, path: &str) -> Option<String> {
    let ends = path.match_indices("::").map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(|end| modules.get(&path[..end])).last().cloned()
}

/// The paths that `a::{self, b::{c, D}}` stands for; what follows the path is left alone, and returned.
fn expand<'a>(text: &'a str, before: &str, paths: &mut Vec<String>) -> &'a str {
    let is_of_path = |character: char| character.is_alphanumeric() || "_:".contains(character);
    let end = text.find(|character| !is_of_path(character)).unwrap_or(text.len());
    let (path, mut rest) = text.split_at(end);
    let whole = format!("{before}{path}");
    if !(path.ends_with("::") && rest.starts_with('{')) {
        paths.push(whole.trim_end_matches("::self").trim_end_matches("::").to_owned());
        return rest;
    }
    rest = rest[1..].trim_start();
    while !rest.is_empty() && !rest.starts_with('}') {
        rest = expand(rest, &whole, paths).trim_start();
        rest = rest.trim_start_matches(|character| character != ',' && character != '}');
        rest = rest.trim_start_matches(',').trim_start();
    }
    rest.trim_start_matches('}')
}

#[test]
fn the_domain_is_pure() {
    let impure =
        ["tokio", "std::fs", "std::net", "std::env", "std::thread", "getrandom", "rand::", "async fn", ".await"];
    find_none("a pure room has", |source| source.room == "domain", &impure);
}

#[test]
fn clocks_are_read_in_one_place() {
    let reads = ["Utc::now", "Local::now", "SystemTime::now", "Instant::now", "clock_gettime"];
    find_none("a clock is read by", |source| source.room != "clock", &reads);
}

#[test]
fn nothing_is_left_lying_about() {
    let loose = ["todo!", "unimplemented!", "dbg!", "TODO", "FIXME", "XXX"];
    find_none("unfinished:", |_| true, &loose);
    find_none("prints:", |source| source.room != "cli", &["println!", "eprintln!", "print!("]);
    find_none("`anyhow` outside of `cli`:", |source| source.room != "cli" && source.room != "main", &["anyhow"]);
    find_none("a glob, or `super`:", |_| true, &["::*;", "super::"]);
}

/// Where a channel may be named: where its keys and contacts are read, and where its provider is.
/// Everything else walks all channels, so that a new one is forgotten nowhere.
const NAME_A_CHANNEL: &[&str] = &[
    "src/config/contact/mod.rs",
    "src/config/daemon/channels/mod.rs",
    "src/config/roster/people.rs",
    "src/config/import/clue.rs",
    "src/provider/smtp/mod.rs",
    "src/provider/twilio/mod.rs",
];

#[test]
fn a_channel_is_named_only_where_what_is_its_own_is() {
    const CHANNELS: [&str; 2] = ["ChannelKind::Email", "ChannelKind::Sms"];
    let may_not = |source: &Source| !NAME_A_CHANNEL.contains(&source.name().as_str());
    find_none("walk `ChannelKind::ALL`, or a person's contacts, in the place of", may_not, &CHANNELS);
    let names_one = |source: &Source| source.code().any(|(_, line)| CHANNELS.iter().any(|name| line.contains(name)));
    let idle = NAME_A_CHANNEL.iter().filter(|name| !sources().iter().any(|one| one.name() == **name && names_one(one)));
    assert_eq!(idle.count(), 0, "every file that may name a channel does");
}

#[test]
fn files_and_functions_are_short_and_files_say_what_they_are() {
    let mut faults = String::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            writeln!(faults, "{}:1: a file starts with a line that says what it is", source.name()).unwrap();
        }
        let code: Vec<_> = source.code().collect();
        if code.len() > FILE_LINES_MAX {
            writeln!(faults, "{}: {} lines are more than {FILE_LINES_MAX}", source.name(), code.len()).unwrap();
        }
        for (start, length) in functions(&code) {
            if length > FUNCTION_LINES_MAX {
                writeln!(faults, "{}:{start}: a function of {length} lines", source.name()).unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn every_proof_that_a_document_names_is_a_test() {
    let mut tests = String::new();
    every_rust_file(Path::new("tests"), &mut |text| tests.push_str(text));
    every_rust_file(Path::new("src"), &mut |text| tests.push_str(text));
    let mut faults = String::new();
    for document in ["README.md", "deploy/README.md", "src/lib.rs"] {
        let text = fs::read_to_string(document).unwrap();
        let proofs: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|word| is_name_of_test(word)).collect();
        assert!(document == "deploy/README.md" || proofs.len() > 10, "{document} names its proofs: {proofs:?}");
        for proof in proofs.iter().filter(|proof| !tests.contains(&format!("fn {proof}("))) {
            writeln!(faults, "{document}: `{proof}` is no test").unwrap();
        }
    }
    let readme = fs::read_to_string("README.md").unwrap();
    let operations = readme.split("\n## ").find(|part| part.starts_with("Operations")).unwrap();
    let rows = operations.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1);
    for row in rows.filter(|row| !row.split('`').any(is_name_of_test)) {
        writeln!(faults, "README.md: no test proves: {row}").unwrap();
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// Tests are named by sentences: no other word in code has as many parts, but for metrics.
fn is_name_of_test(word: &str) -> bool {
    let plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    word.chars().all(plain) && word.matches('_').count() >= 3 && !word.starts_with("wardbell_")
}

fn every_rust_file(folder: &Path, tell: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            every_rust_file(&path, tell);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            tell(&fs::read_to_string(&path).unwrap());
        }
    }
}

struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

impl Source {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// As in a path: `config::edit`.
    fn module(&self) -> String {
        let inner = self.path.strip_prefix("src").unwrap().with_extension("");
        let parts: Vec<_> = inner.iter().map(|part| part.to_string_lossy()).filter(|part| part != "mod").collect();
        parts.join("::")
    }

    /// All paths that start at the crate's root.
    fn paths(&self, paths: &mut Vec<String>) {
        let code = self.plain_code();
        for (at, root) in code.match_indices("crate::") {
            // Who may see something is no import.
            if !code[..at].ends_with("(in ") {
                expand(&code[at + root.len()..], "", paths);
            }
        }
    }

    /// The lines before the tests, without those that are comments.
    fn plain_code(&self) -> String {
        let lines = self.code().map(|(_, line)| line).filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The lines before the tests, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let is_test_file = self
            .path
            .file_stem()
            .is_some_and(|stem| ["tests", "sample", "scripted"].map(Some).contains(&stem.to_str()));
        numbered.take_while(move |(_, line)| !is_test_file && !is_start_of_tests(line))
    }
}

fn is_start_of_tests(line: &str) -> bool {
    line == "mod tests {"
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new("src"), &mut found);
    assert!(found.len() > 20, "the sources are found");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let room = path.components().nth(1).unwrap().as_os_str().to_string_lossy().replace(".rs", "");
            found.push(Source { text: fs::read_to_string(&path).unwrap(), room, path });
        }
    }
}

fn rooms_in_order() -> Vec<String> {
    let text = fs::read_to_string("src/lib.rs").unwrap();
    let names = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

fn crate_paths(line: &str) -> Vec<String> {
    if line.trim_start().starts_with("//") {
        return Vec::new();
    }
    let paths = line.split("crate::").skip(1).map(|rest| {
        rest.chars()
            .take_while(|character| character.is_alphanumeric() || "_:".contains(*character))
            .collect::<String>()
    });
    paths.map(|path| path.trim_end_matches("::").to_owned()).filter(|path| !path.is_empty()).collect()
}

fn functions(code: &[(usize, &str)]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in code {
        let indent: String = line.chars().take_while(|character| *character == ' ').collect();
        let starts = ["fn ", "pub fn ", "async fn ", "pub async fn ", "pub(crate) fn ", "const fn ", "pub const fn "];
        let is_start = starts.iter().any(|start| line.trim_start().starts_with(start)) || line.contains(") fn ");
        match &open {
            None if is_start && !line.ends_with(';') && !line.ends_with('}') => open = Some((*number, indent)),
            Some((start, depth)) if *line == format!("{depth}}}") => {
                found.push((*start, number - start + 1));
                open = None;
            }
            _ => {}
        }
    }
    found
}

fn find_none(what: &str, concerns: impl Fn(&Source) -> bool, words: &[&str]) {
    let mut faults = String::new();
    for source in sources().iter().filter(|source| concerns(source)) {
        for (number, line) in source.code().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                writeln!(faults, "{}:{number}: {what} `{word}`", source.name()).unwrap();
            }
        }
    }
    if !faults.is_empty() {
        panic!("\n{faults}");
    }
}
