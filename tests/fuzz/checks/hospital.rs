//! A small hospital, of whose files one is replaced by whatever comes; and what must hold of all that is said of it.

use std::sync::Arc;

use wardbell::config::files::Memory;
use wardbell::config::loaded::{Circumstances, Loaded};
use wardbell::config::loader::load_from;
use wardbell::config::settings::LogFormat;
use wardbell::diagnostic::{Colour, Diagnostic};
use wardbell::domain::zone::rules::Rules;

pub const CONFIG: &str = "wardbell.toml";
pub const ROSTER: &str = "rosters/privacy.toml";
pub const PLAYBOOK: &str = "playbooks/phi-by-staff.toml";
pub const LADDERS: &str = "playbooks/ladders.toml";

/// The secrets of the hospital, none of which may be shown.
const SECRETS: [(&str, &str); 3] = [
    ("secrets/twilio", "the-gateway's-token"),
    ("secrets/desk", "0123456789abcdef"),
    ("secrets/operator", "fedcba9876543210"),
];

/// Far more than any sentence about a mistake needs, names that are repeated in it included.
const MESSAGE_MAX: usize = 4_000;

/// The hospital's files, without a mistake.
pub fn good() -> Memory {
    let mut files = Memory::default();
    for (path, text) in [
        (CONFIG, include_str!("../../config/files/wardbell.toml")),
        (ROSTER, include_str!("../../config/files/privacy.toml")),
        ("rosters/house.toml", include_str!("../../config/files/house.toml")),
        (LADDERS, include_str!("../../config/files/ladders.toml")),
        (PLAYBOOK, include_str!("../../config/files/phi-by-staff.toml")),
        ("playbooks/unclassified.toml", include_str!("../../config/files/unclassified.toml")),
    ]
    .into_iter()
    .chain(SECRETS)
    {
        files.insert(path, text);
    }
    files
}

/// The same with one file replaced.
pub fn with(path: &str, bytes: &[u8]) -> Memory {
    let mut files = good();
    files.insert(path, bytes);
    files
}

/// Reads the files, and judges all that is said of them.
pub fn load(files: &Memory) -> Loaded {
    let today = "2026-10-18".parse().expect("a day");
    let loaded = load_from(
        files,
        CONFIG,
        Circumstances { today, log_by_default: LogFormat::Text, rules: Arc::clone(Rules::built_in()) },
    );
    assert_eq!(loaded.config.is_some(), loaded.errors() == 0, "files are valid exactly when nothing is wrong");
    judge(files, &loaded.diagnostics);
    loaded
}

/// Every diagnostic has its place in a file that is there, can be shown, and shows no secret.
pub fn judge(files: &Memory, diagnostics: &[Diagnostic]) {
    for one in diagnostics {
        assert!(!one.message.is_empty(), "a message");
        assert!(one.message.len() <= MESSAGE_MAX, "a message of {} bytes", one.message.len());
        if let Some(bytes) = files.get(&one.file) {
            let text = String::from_utf8_lossy(bytes);
            let line = text.split('\n').nth(one.line as usize - 1).expect("the line is in the file");
            assert!((1..=line.chars().count() + 1).contains(&(one.column as usize)), "column {}", one.column);
        }
        if let Some(line) = &one.source_line {
            assert!(line.get(one.span.clone()).is_some(), "{:?} is a part of the line", one.span);
        }
        let in_a_log = one.to_string();
        assert!(!in_a_log.contains(char::is_control), "one line, and nothing that a terminal obeys: {in_a_log:?}");
        let (plain, coloured) = (one.render(Colour::Plain), one.render(Colour::Ansi));
        let obeyed = |character: char| character.is_control() && character != '\n';
        assert!(!plain.contains(obeyed), "nothing that a terminal obeys: {plain:?}");
        assert!(plain.contains(one.code.word()) && coloured.contains(one.code.word()));
        for (_, secret) in SECRETS {
            let is_in_ours = files.get(&one.file).is_some_and(|bytes| String::from_utf8_lossy(bytes).contains(secret));
            assert!(is_in_ours || !plain.contains(secret), "a secret is shown: {plain}");
        }
    }
}
