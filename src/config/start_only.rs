//! The settings that take effect only at start. A reload reports changes to them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// Those tables, with the affected keys if not all are. The contents of secret files are not covered here.
const PARTS: [(&str, &[&str]); 10] = [
    ("server", &["listen", "public_url"]),
    ("store", &[]),
    ("retention", &[]),
    ("encryption", &["keys"]),
    ("channel", &[]),
    ("source", &["name", "token_file"]),
    ("operator", &[]),
    ("heartbeat", &[]),
    ("calendar", &[]),
    ("log", &[]),
];

/// The values of those settings when they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartOnly(BTreeMap<&'static str, String>);

impl StartOnly {
    /// Reads them from a file; empty if it cannot be read, which is reported elsewhere.
    pub fn read(config_file: &Path) -> Option<Self> {
        // Reading something other than a file, such as a pipe, could block.
        let is_file = fs::metadata(config_file).is_ok_and(|found| found.is_file());
        is_file.then(|| fs::read_to_string(config_file).ok()).flatten().and_then(|text| Self::of(&text))
    }

    /// Reads them from a text.
    pub fn of(text: &str) -> Option<Self> {
        let table: Table = toml::from_str(text).ok()?;
        let part = |(name, keys): (&'static str, &[&str])| Some((name, said(table.get(name)?, keys)));
        Some(Self(PARTS.into_iter().filter_map(part).collect()))
    }

    /// The tables that have changed, as in the file: `[encryption]`.
    pub fn changed(&self, now: &Self) -> Vec<String> {
        let names = PARTS.iter().map(|(name, _)| *name).filter(|name| self.0.get(name) != now.0.get(name));
        names
            .map(|name| if matches!(name, "source" | "operator") { format!("[[{name}]]") } else { format!("[{name}]") })
            .collect()
    }
}

fn said(value: &Value, keys: &[&str]) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| said(item, keys)).collect::<Vec<_>>().join(" "),
        Value::Table(table) if !keys.is_empty() => {
            keys.iter().map(|key| format!("{:?}", table.get(*key))).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_says_something_else_is_named_and_what_is_reloaded_is_not() {
        let before =
            "[server]\nlisten = \"a\"\nhospital = \"MERCY\"\n[[source]]\nname = \"desk\"\nheard_within = \"1h\"\n";
        let changed = |after: &str| StartOnly::of(before).unwrap().changed(&StartOnly::of(after).unwrap());
        assert!(changed(&before.replace("MERCY", "OTHER").replace("1h", "2h")).is_empty());
        assert_eq!(changed(&before.replace("\"a\"", "\"b\"").replace("desk", "other")), ["[server]", "[[source]]"]);
        assert_eq!(changed(&format!("{before}[encryption]\nmaster_key_file = \"m\"\n")), ["[encryption]"]);
        let sealed = |file: &str| StartOnly::of(&format!("[encryption]\nmaster_key_file = \"{file}\"\n")).unwrap();
        assert!(sealed("m").changed(&sealed("/elsewhere/m")).is_empty(), "the keys are read at each reload");
        assert_eq!(changed(""), ["[server]", "[[source]]"]);
    }
}
