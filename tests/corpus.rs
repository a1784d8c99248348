//! Every input that fuzzing has kept or found goes through the checks that fuzzing makes: what was mended stays mended, also
//! where no fuzzer runs.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "fuzz/checks/mod.rs"]
mod checks;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use checks::{ALL, Check};

/// One test a kind of input.
macro_rules! kinds {
    ($($kind:ident)*) => {
        const KINDS: &[&str] = &[$(stringify!($kind)),*];

        $(
            #[test]
            fn $kind() {
                run(stringify!($kind), checks::$kind::check);
            }
        )*
    };
}

kinds! { incident ndjson roster playbook config link journal amion calendar }

/// A kind that has a check and no test, or a folder and no check, would be looked at by nobody.
#[test]
fn every_kind_of_input_is_checked() {
    let checked: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(checked, KINDS);
    let known: BTreeSet<String> = KINDS.iter().map(ToString::to_string).collect();
    assert_eq!(names("tests/fuzz/corpus"), known, "each has a corpus");
    assert!(names("tests/fuzz/found").is_subset(&known), "each folder of findings has its check");
    let targets: BTreeSet<String> = known.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names("tests/fuzz/targets"), targets, "each has a fuzzer");
}

fn run(kind: &str, check: Check) {
    let corpus = files(&Path::new("tests/fuzz/corpus").join(kind));
    assert!(corpus.len() >= 10, "the corpus of `{kind}` has {} files", corpus.len());
    let found = Path::new("tests/fuzz/found").join(kind);
    let found = if found.is_dir() { Some(files(&found)) } else { None };
    assert!(found.as_ref().is_none_or(|found| !found.is_empty()), "a folder of findings holds some");
    let all = corpus.into_iter().chain(found.into_iter().flatten());
    let failed: Vec<PathBuf> = all
        .filter(|path| {
            let bytes = fs::read(path).unwrap();
            catch_unwind(|| check(&bytes)).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "told above, one after the other: {failed:#?}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn names(folder: &str) -> BTreeSet<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files(Path::new(folder)).into_iter().map(name).collect()
}
