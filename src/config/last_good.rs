//! Copies of good settings, without secrets and comments, for a start with a broken `wardbell.toml`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use toml::{Table, Value};

use crate::diagnostic::looks_like_a_secret;

/// The folder of the copies, inside the record's folder.
pub const FOLDER: &str = "last-good";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LastGood {
    /// Settings that were valid.
    Valid,
    /// Settings that a daemon has started with.
    Started,
}

impl LastGood {
    const ALL: [Self; 2] = [Self::Valid, Self::Started];

    fn name(self) -> &'static str {
        match self {
            Self::Valid => "wardbell.toml",
            Self::Started => "wardbell.started.toml",
        }
    }
}

/// Saves a copy of settings. After a power failure, either the old or the new copy is there.
///
/// # Errors
///
/// An I/O error.
pub fn keep(state: &Path, copy: LastGood, text: &str) -> io::Result<()> {
    let Some(kept) = without_secrets(text) else { return Ok(()) };
    let folder = state.join(FOLDER);
    let path = folder.join(copy.name());
    if fs::read_to_string(&path).is_ok_and(|before| before == kept) {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(kept.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, &path)?;
    File::open(&folder)?.sync_all()?;
    File::open(state)?.sync_all()
}

/// The saved copies, the best first.
pub fn kept_in(state: &Path) -> Vec<String> {
    let folder = state.join(FOLDER);
    let mut copies: Vec<String> =
        LastGood::ALL.iter().filter_map(|copy| fs::read_to_string(folder.join(copy.name())).ok()).collect();
    copies.dedup();
    copies
}

/// Replaces a secret that was put into the settings by mistake; no file has this name.
const NOT_KEPT: &str = "not-kept";

/// The text to save; `None` if the settings are not TOML.
///
/// A heartbeat address may be secret, so a heartbeat with its address in the settings is left out.
pub fn without_secrets(text: &str) -> Option<String> {
    let mut table: Table = toml::from_str(text).ok()?;
    let has_address = |heartbeat: &Value| heartbeat.get("url").is_some();
    if table.get("heartbeat").is_some_and(has_address) {
        table.remove("heartbeat");
    }
    table.iter_mut().for_each(|(_, value)| hide(value));
    let kept = toml::to_string(&table).ok()?;
    Some(format!("# Saved by Wardbell in case wardbell.toml is broken at start. Do not edit this copy.\n{kept}"))
}

fn hide(value: &mut Value) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                match value {
                    Value::String(name) if key.ends_with("_file") && looks_like_a_secret(name) => {
                        NOT_KEPT.clone_into(name);
                    }
                    other => hide(other),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_kept_and_all_else_is() {
        let text = "# token: abcdef0123456789\n[server]\nhospital = \"MERCY\" # or abcdef0123456789\n\
                    [heartbeat]\nurl = \"https://watch.example/ping/abcdef0123456789\"\n\
                    [[source]]\nname = \"desk\"\ntoken_file = \"abcdef0123456789abcdef0123456789\"\n\
                    [[operator]]\nname = \"chief\"\ntoken_file = \"operator-chief\"\n";
        let kept = without_secrets(text).unwrap();
        assert!(!kept.contains("abcdef0123456789"), "{kept}");
        let kept: Table = toml::from_str(&kept).unwrap();
        assert_eq!(kept["server"]["hospital"].as_str(), Some("MERCY"));
        assert_eq!(kept["operator"][0]["token_file"].as_str(), Some("operator-chief"));
        assert_eq!(kept["source"][0]["token_file"].as_str(), Some(NOT_KEPT));
        assert!(!kept.contains_key("heartbeat"));
        let in_file = "[heartbeat]\nurl_file = \"heartbeat-url\"\n";
        assert!(without_secrets(in_file).unwrap().contains("heartbeat-url"));
        assert_eq!(without_secrets("[server"), None);
    }
}
