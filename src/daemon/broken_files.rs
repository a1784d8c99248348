//! Tracks broken files, so that the log can say when each is fixed.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::diagnostic::{Diagnostic, Severity};
use crate::domain::words::join;
use crate::engine::log::attempt::length;

/// The files that had errors when they were last read, with the time when that was first seen.
#[derive(Debug, Default)]
pub struct BrokenFiles(BTreeMap<Arc<str>, DateTime<Utc>>);

impl BrokenFiles {
    /// Those that were broken at the start.
    pub fn at_start(files: impl IntoIterator<Item = Arc<str>>, now: DateTime<Utc>) -> Self {
        Self(files.into_iter().map(|file| (file, now)).collect())
    }

    /// Updates from a reload's findings and returns the log line for the files that are fixed. A missing secret does
    /// not make a file broken.
    pub fn read_again(&mut self, found: &[Diagnostic], now: DateTime<Utc>) -> Option<String> {
        let errors = found.iter().filter(|one| one.severity == Severity::Error && !one.code.is_of_secret());
        let mut broken = BTreeMap::new();
        for error in errors {
            let since = self.0.get(&error.file).copied().unwrap_or(now);
            broken.insert(Arc::clone(&error.file), since);
        }
        let before = std::mem::replace(&mut self.0, broken);
        let fixed: Vec<_> = before.into_iter().filter(|(file, _)| !self.0.contains_key(file)).collect();
        let longest = fixed.iter().map(|(_, since)| now - *since).max()?.max(TimeDelta::zero());
        let names: Vec<String> = fixed.iter().map(|(file, _)| format!("`{file}`")).collect();
        let are = if names.len() == 1 { "is" } else { "are" };
        Some(format!("{} {are} no longer broken, after {}", join(&names), length(longest)))
    }

    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Source, Spot};

    fn error(file: &str, code: Code) -> Diagnostic {
        Diagnostic::error(code, &Spot::start_of(&Source::unread(file)), "wrong")
    }

    #[test]
    fn a_file_that_was_broken_is_named_once_when_it_is_fixed() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let mut broken = BrokenFiles::default();
        let both = [error("a.toml", Code::Syntax), error("b.toml", Code::UnknownKey), error("b.toml", Code::Syntax)];
        assert_eq!(broken.read_again(&both, at(0)), None);
        let fixed = broken.read_again(&both[1..], at(40));
        assert_eq!(fixed.as_deref(), Some("`a.toml` is no longer broken, after 40 s"));
        assert!(broken.any());
        let fixed = broken.read_again(&[error("wardbell.toml", Code::MissingSecret)], at(180));
        assert_eq!(fixed.as_deref(), Some("`b.toml` is no longer broken, after 3 min"));
        assert!(!broken.any());
        assert_eq!(broken.read_again(&[], at(190)), None);
        let mut broken = BrokenFiles::at_start(["c.toml".into(), "d.toml".into()], at(0));
        assert_eq!(
            broken.read_again(&[], at(1)).as_deref(),
            Some("`c.toml` and `d.toml` are no longer broken, after 1 s")
        );
    }
}
