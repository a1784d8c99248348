//! Copies of rosters and playbooks that editors, people, and sync tools leave behind. They are ignored and do not affect
//! other files.

use crate::domain::digest::Digest;
use crate::domain::id::{ClassName, DepartmentId, VariantName};

/// The suffix that sync tools add to a file that was changed in two places.
const CONFLICT: &str = "sync-conflict-";

/// The files in the playbook folder that are not playbooks.
const NOT_PLAYBOOKS: [&str; 2] = ["ladders", "privacy-reading"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// `<department>.toml`.
    Rosters,
    /// `<class>.toml` and `<class>.<variant>.toml`.
    Playbooks,
}

/// What decides whether a file is a copy.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// The file name without `.toml`.
    pub stem: &'a str,
    /// The department or class in the file, if it can be read.
    pub says: Option<&'a str>,
    /// The digest of the contents, if they could be read.
    pub sha256: Option<Digest>,
}

/// The stem of the file that `file` is a copy of; `None` if it may be intended.
pub fn original<'a>(file: &File<'_>, folder: Folder, all: &[File<'a>]) -> Option<&'a str> {
    let others = all.iter().filter(|other| other.stem != file.stem && is_well_named(other, folder));
    let found = others.filter(|other| match file.says {
        Some(name) => base(other.stem, folder) == name && is_copy(file, name, other, folder),
        None => !is_name(file.stem, folder) && names(file.stem, other.stem),
    });
    // Prefer the shortest name: longer ones may be copies too.
    found.map(|other| other.stem).min_by_key(|stem| stem.len())
}

fn is_copy(file: &File<'_>, name: &str, other: &File<'_>, folder: Folder) -> bool {
    let is_same_text = file.sha256.is_some() && file.sha256 == other.sha256 && file.stem.len() > other.stem.len();
    is_same_text
        || match folder {
            Folder::Rosters => file.stem != name,
            // A plain name may be that of another class, with the wrong class in the file.
            Folder::Playbooks => !is_name(file.stem, folder) && names(file.stem, other.stem),
        }
}

/// Whether the file name matches the department or class in the file, if there is one.
fn is_well_named(file: &File<'_>, folder: Folder) -> bool {
    is_name(file.stem, folder) && file.says.is_none_or(|name| base(file.stem, folder) == name)
}

/// Whether a file may have this name.
fn is_name(stem: &str, folder: Folder) -> bool {
    match folder {
        Folder::Rosters => stem.parse::<DepartmentId>().is_ok(),
        Folder::Playbooks => match stem.split_once('.') {
            None => stem.parse::<ClassName>().is_ok(),
            Some((class, variant)) => {
                let is_variant = variant.parse::<VariantName>().is_ok() && !variant.starts_with(CONFLICT);
                class.parse::<ClassName>().is_ok() && is_variant && !NOT_PLAYBOOKS.contains(&class)
            }
        },
    }
}

fn base(stem: &str, folder: Folder) -> &str {
    match folder {
        Folder::Rosters => stem,
        Folder::Playbooks => stem.split_once('.').map_or(stem, |(class, _)| class),
    }
}

/// Whether a copy's name contains the whole name of another file, as in `Copy of privacy` but not `privacy-officer`.
fn names(copy: &str, stem: &str) -> bool {
    let is_part_of_a_name = |one: char| one.is_alphanumeric() || one == '-';
    let lower = copy.to_lowercase();
    lower.match_indices(stem).any(|(at, _)| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + stem.len()..].chars().next();
        !before.is_some_and(is_part_of_a_name) && !after.is_some_and(is_part_of_a_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file<'a>(stem: &'a str, says: Option<&'a str>, text: &str) -> File<'a> {
        File { stem, says, sha256: Some(Digest::of(text.as_bytes())) }
    }

    #[test]
    fn a_roster_that_names_the_department_of_another_is_a_copy_whatever_it_is_called() {
        let all = [file("privacy", Some("privacy"), "1"), file("it", None, "broken")];
        let original = |stem: &str, says: Option<&str>| original(&file(stem, says, "2"), Folder::Rosters, &all);
        for stem in ["privacy (1)", "Copy of privacy", "privacy - Copy", "privacy-old", "old", "Privacy", "p.x"] {
            assert_eq!(original(stem, Some("privacy")), Some("privacy"), "{stem}");
        }
        assert_eq!(original("IT (2)", Some("it")), Some("it"), "the file itself may be broken");
        assert_eq!(original("privacy", Some("privacy")), None);
        assert_eq!(original("compliance (1)", Some("compliance")), None, "nobody else has it");
    }

    #[test]
    fn what_cannot_be_read_is_a_copy_by_its_name_alone() {
        let all = [file("privacy", Some("privacy"), "1"), file("it", Some("it"), "2")];
        let original = |stem: &str| original(&file(stem, None, "3"), Folder::Rosters, &all);
        for stem in ["privacy (1)", "privacy.sync-conflict-20261129-101112-ABCDEFG", "Copy of privacy", "privacy_old"] {
            assert_eq!(original(stem), Some("privacy"), "{stem}");
        }
        for stem in ["privacy", "privacy-officer", "Privacy-Officer (1)", "kitchen", "Kitchen (1)", "people"] {
            assert_eq!(original(stem), None, "{stem} may be a department of its own");
        }
    }

    #[test]
    fn a_playbook_may_be_a_variant_or_of_another_class() {
        let all = [
            file("phi", Some("phi"), "1"),
            file("phi.night", Some("phi"), "2"),
            file("ladders", None, "3"),
            file("privacy-reading", None, "4"),
        ];
        let original =
            |stem: &str, says: Option<&str>, text: &str| original(&file(stem, says, text), Folder::Playbooks, &all);
        assert_eq!(original("phi (1)", Some("phi"), "x"), Some("phi"));
        assert_eq!(original("phi.night (1)", Some("phi"), "x"), Some("phi"));
        assert_eq!(original("phi.sync-conflict-2026", Some("phi"), "x"), Some("phi"));
        assert_eq!(original("phi.bak", Some("phi"), "1"), Some("phi"), "the same text adds nothing");
        assert_eq!(original("phi-2", Some("phi"), "1"), Some("phi"), "the same text adds nothing");
        assert_eq!(original("ladders (1)", None, "x"), Some("ladders"));
        assert_eq!(original("ladders.old", None, "x"), Some("ladders"));
        assert_eq!(original("privacy-reading.old", None, "x"), Some("privacy-reading"));
        for (stem, says) in
            [("phi.weekend", Some("phi")), ("phi.weekend", None), ("phi-2", Some("phi")), ("other", None)]
        {
            assert_eq!(original(stem, says, "x"), None, "{stem} may be meant");
        }
    }
}
