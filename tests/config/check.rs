//! `wardbell check` on a folder of the machine.

use std::path::Path;

use secrecy::ExposeSecret;
use wardbell::cli::Format;
use wardbell::cli::check::{Stretch, check};
use wardbell::config::files::Folder;
use wardbell::config::settings::LogFormat;
use wardbell::config::{Circumstances, load_from};

use crate::{FILES, good};

/// The good files on disk, with what goes wrong in `change`.
fn folder(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for path in FILES {
        let whole = folder.path().join(path);
        std::fs::create_dir_all(whole.parent().unwrap()).unwrap();
        std::fs::write(whole, good().get(path).unwrap()).unwrap();
    }
    change(folder.path());
    folder
}

fn run(folder: &Path, format: Format) -> (bool, String) {
    run_over(folder, "0s", format)
}

fn run_over(folder: &Path, horizon: &str, format: Format) -> (bool, String) {
    let mut out = anstream::StripStream::new(Vec::new());
    let stretch = Stretch { from: "2026-10-18T00:00:00Z".parse().unwrap(), horizon: horizon.parse().unwrap() };
    let fine = check(&folder.join("wardbell.toml"), stretch, format, &mut out).unwrap();
    (fine, String::from_utf8(out.into_inner()).unwrap())
}

#[test]
fn good_files_are_fine() {
    let folder = folder(|_| {});
    assert_eq!(run(folder.path(), Format::Text), (true, "2 rosters, 2 playbooks, 0 errors, 0 warnings\n".to_owned()));
    let json = run(folder.path(), Format::Json);
    insta::assert_snapshot!(json.1, @r#"
    {
      "errors": 0,
      "warnings": 0,
      "diagnostics": []
    }
    "#);
}

#[test]
fn what_is_wrong_is_said_by_file_and_line() {
    let folder = folder(|root| {
        let path = root.join("rosters/house.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("[\"supervisor\"]", "[\"super\"]")).unwrap();
        std::fs::write(root.join("rosters/.house.toml.swp"), "not ours").unwrap();
        std::fs::write(root.join("rosters/.#house.toml"), "not ours").unwrap();
        std::fs::write(root.join("rosters/notes.txt"), "not ours").unwrap();
    });
    let (fine, text) = run(folder.path(), Format::Text);
    assert!(!fine);
    insta::assert_snapshot!(text, @r#"
    warning[unused-liaison]: `supervisor` is in no rotation, override or cover, and is never paged
     --> rosters/house.toml:6:6
      |
    6 | id = "supervisor"
      |      ^^^^^^^^^^^^

    error[unknown-liaison]: no liaison of this roster has the id `super`
      --> rosters/house.toml:13:13
       |
    13 | liaisons = ["super"]
       |             ^^^^^^^
       |
       = hint: known here: `supervisor`

    2 rosters, 2 playbooks, 1 error, 1 warning
    "#);
    let (fine, json) = run(folder.path(), Format::Json);
    assert!(!fine);
    insta::assert_snapshot!(json, @r#"
    {
      "errors": 1,
      "warnings": 1,
      "diagnostics": [
        {
          "severity": "warning",
          "code": "unused-liaison",
          "file": "rosters/house.toml",
          "line": 6,
          "column": 6,
          "message": "`supervisor` is in no rotation, override or cover, and is never paged",
          "hint": null
        },
        {
          "severity": "error",
          "code": "unknown-liaison",
          "file": "rosters/house.toml",
          "line": 13,
          "column": 13,
          "message": "no liaison of this roster has the id `super`",
          "hint": "known here: `supervisor`"
        }
      ]
    }
    "#);
}

#[test]
fn a_folder_or_a_pipe_is_no_file() {
    let folder = folder(|root| std::fs::create_dir(root.join("playbooks/folder.toml")).unwrap());
    let said = run(folder.path(), Format::Text).1;
    assert!(said.starts_with("error[unreadable-file]: the file cannot be read: not a regular file\n"), "{said}");
    assert!(said.contains("playbooks/folder.toml"), "{said}");
    let (fine, text) = run(&folder.path().join("gone"), Format::Text);
    assert!(!fine);
    assert!(text.starts_with("error[unreadable-file]: the file cannot be read: it is not there\n"), "{text}");
    assert!(text.contains(&format!("{}", folder.path().join("gone/wardbell.toml").display())), "{text}");
}

#[test]
fn the_folders_to_watch_are_those_that_the_file_names() {
    let folder = folder(|root| {
        let path = root.join("wardbell.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}[files]\nrosters = \"./people/\"\nplaybooks = \"/srv/playbooks\"\n"))
            .unwrap();
    });
    let root = folder.path();
    let watched = wardbell::config::folders(&root.join("wardbell.toml"));
    assert_eq!(watched, [root.to_owned(), root.join("people"), "/srv/playbooks".into()]);
    let usual = wardbell::config::folders(&root.join("gone.toml"));
    assert_eq!(usual, [root.to_owned(), root.join("rosters"), root.join("playbooks")]);
}

#[test]
fn secrets_that_systemd_passes_come_first() {
    let folder = folder(|root| {
        std::fs::create_dir_all(root.join("passed/secrets")).unwrap();
        std::fs::write(root.join("passed/secrets/desk"), "passed-by-systemd\n").unwrap();
    });
    let files = Folder::new(folder.path(), Some(folder.path().join("passed")));
    let circumstances = Circumstances { today: "2026-10-18".parse().unwrap(), log_by_default: LogFormat::Journald };
    let settings = load_from(&files, "wardbell.toml", circumstances).config.unwrap().settings;
    assert_eq!(settings.sources[0].token.expose_secret(), "passed-by-systemd");
    assert_eq!(settings.operators[0].token.expose_secret(), "fedcba9876543210");
    assert_eq!(settings.log.format, LogFormat::Journald);
}

#[test]
fn every_gap_is_found_to_the_minute() {
    let folder = folder(|_| {});
    let (fine, text) = run_over(folder.path(), "90d", Format::Text);
    assert!(!fine);
    let first: Vec<&str> = text.lines().filter(|line| line.starts_with("error")).collect();
    insta::assert_snapshot!(first.join("\n"), @"
    error[coverage-gap]: nobody holds `backup` of `house` from 2026-10-17 19:00 CDT to 2027-01-15 18:00 CST
    error[coverage-gap]: nobody holds `primary` of `privacy` from 2026-10-17 19:00 CDT to 2026-10-19 08:00 CDT, and 37 more times until 2027-01-15 18:00 CST
    error[coverage-gap]: nobody holds `backup` of `privacy` from 2026-12-21 08:00 CST to 2026-12-21 17:00 CST, and 2 more times until 2027-01-15 18:00 CST
    ");
}
