//! Keeps the rooms apart, the files short and the clock in its place.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A longer file is perhaps two rooms in one.
const FILE_LINES_MAX: usize = 400;

/// A longer function is perhaps two.
const FUNCTION_LINES_MAX: usize = 70;

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
    ("web", &["domain", "config", "journal::record", "vault", "engine", "store::query"]),
    (
        "cli",
        &["domain", "diagnostic", "clock", "config", "journal", "vault", "store", "provider", "mock", "engine", "web"],
    ),
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
                let allowed = own || may_use.iter().any(|room| path == *room || path.starts_with(&format!("{room}::")));
                if !allowed {
                    writeln!(faults, "{}:{number}: `{}` must not use `{path}`", source.name(), source.room).unwrap();
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
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
    "src/config/contact.rs",
    "src/config/daemon/channels/mod.rs",
    "src/config/roster/people.rs",
    "src/config/import/people.rs",
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
