//! `wardbell check` on a folder of the machine.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use secrecy::ExposeSecret;
use wardbell::cli::check::{CheckFormat as Format, Stretch, check};
use wardbell::config::files::Folder;
use wardbell::config::loaded::Circumstances;
use wardbell::config::loader::load_from;
use wardbell::config::settings::LogFormat;
use wardbell::diagnostic::Code;
use wardbell::domain::zone::Zone;
use wardbell::domain::zone::rules::Rules;

use crate::on_disk;

/// The good files on disk, with what goes wrong in `change`.
fn folder(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let folder = on_disk();
    change(folder.path());
    folder
}

fn run(folder: &Path, format: Format) -> (bool, String) {
    run_over(folder, "0s", format)
}

fn run_over(folder: &Path, horizon: &str, format: Format) -> (bool, String) {
    let now = "2026-10-18T00:00:00Z".parse().unwrap();
    let rules = Rules::built_in();
    let stretch = Stretch { now, at: None, horizon: horizon.parse().unwrap(), rules, others: None };
    run_in(folder, stretch, format)
}

/// The release that is built in is another one in a later version.
fn run_in(folder: &Path, stretch: Stretch<'_>, format: Format) -> (bool, String) {
    let mut out = anstream::StripStream::new(Vec::new());
    let fine = check(&folder.join("wardbell.toml"), stretch, format, &mut out).unwrap();
    let text = String::from_utf8(out.into_inner()).unwrap();
    (fine, text.replace(&Rules::built_in().edition().release.to_string(), "20XXx"))
}

#[test]
fn good_files_are_fine() {
    let folder = folder(|_| {});
    assert_eq!(
        run(folder.path(), Format::Text),
        (true, "time zones: 20XXx, built in\n2 rosters, 2 playbooks, 0 errors, 0 warnings\n".to_owned())
    );
    let json = run(folder.path(), Format::Json);
    insta::assert_snapshot!(json.1, @r#"
    {
      "errors": 0,
      "warnings": 0,
      "diagnostics": [],
      "playbooks": [],
      "time_zones": {
        "release": "20XXx",
        "source": "built-in"
      }
    }
    "#);
}

#[test]
fn rules_of_time_zones_that_are_old_or_differ_are_warned_of() {
    let folder = folder(|_| {});
    let new_york = Zone::built_in("America/New_York").unwrap().bytes().to_vec();
    let files = [("America/Chicago".to_owned(), new_york)];
    let rules = Arc::new(Rules::of_folder("2025a".parse().unwrap(), "/zones".into(), files));
    let now = "2026-10-18T00:00:00Z".parse().unwrap();
    let others = Some(Rules::built_in().as_ref());
    let stretch = Stretch { now, at: None, horizon: "1d".parse().unwrap(), rules: &rules, others };
    let (_, text) = run_in(folder.path(), stretch, Format::Text);
    for told in [
        "warning[old-time-zones]: the time zone rules are more than a year old: 2025a, from /zones\n --> wardbell.toml:1:1",
        "warning[time-zones-differ]: two tz database releases differ for `America/Chicago`: `2026-10-17 20:00 EDT` in the one in force \
         (2025a, from /zones) is `2026-10-17 19:00 CDT` in the other (20XXx, built in)\n --> rosters/",
        "time zones: 2025a, from /zones\n",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    let stretch = Stretch { rules: Rules::built_in(), others: Some(&rules), ..stretch };
    let (_, text) = run_in(folder.path(), stretch, Format::Text);
    assert!(!text.contains("old-time-zones") && text.contains("warning[time-zones-differ]: "), "{text}");
    assert!(text.contains("update the machine's `tzdata` package so that other programs agree"), "{text}");
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
    warning[unused-liaison]: `supervisor` is not in any rotation, override, or cover, and is never paged
     --> rosters/house.toml:6:6
      |
    6 | id = "supervisor"
      |      ^^^^^^^^^^^^

    error[unknown-liaison]: this roster has no liaison `super`
      --> rosters/house.toml:13:13
       |
    13 | liaisons = ["super"]
       |             ^^^^^^^
       |
       = hint: known names: `supervisor`

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
          "message": "`supervisor` is not in any rotation, override, or cover, and is never paged",
          "hint": null
        },
        {
          "severity": "error",
          "code": "unknown-liaison",
          "file": "rosters/house.toml",
          "line": 13,
          "column": 13,
          "message": "this roster has no liaison `super`",
          "hint": "known names: `supervisor`"
        }
      ],
      "playbooks": []
    }
    "#);
}

#[test]
fn a_folder_or_a_pipe_is_no_file() {
    let folder = folder(|root| std::fs::create_dir(root.join("playbooks/folder.toml")).unwrap());
    let said = run(folder.path(), Format::Text).1;
    assert!(said.starts_with("error[unreadable-file]: cannot read the file: not a regular file\n"), "{said}");
    assert!(said.contains("playbooks/folder.toml"), "{said}");
    let (fine, text) = run(&folder.path().join("gone"), Format::Text);
    assert!(!fine);
    assert!(text.starts_with("error[unreadable-file]: cannot read the file: file not found\n"), "{text}");
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
    let watched = wardbell::config::followed(&root.join("wardbell.toml")).folders;
    assert_eq!(watched, [root.to_owned(), root.join("people"), "/srv/playbooks".into()]);
    let usual = wardbell::config::followed(&root.join("gone.toml")).folders;
    assert_eq!(usual, [root.to_owned(), root.join("rosters"), root.join("playbooks")]);
}

#[test]
fn secrets_that_systemd_passes_come_first() {
    let folder = folder(|root| {
        std::fs::create_dir_all(root.join("passed/secrets")).unwrap();
        std::fs::write(root.join("passed/secrets/desk"), "passed-by-systemd\n").unwrap();
    });
    let files = Folder::new(folder.path(), Some(folder.path().join("passed")));
    let circumstances = Circumstances {
        today: "2026-10-18".parse().unwrap(),
        log_by_default: LogFormat::Journald,
        rules: Arc::clone(Rules::built_in()),
    };
    let settings = load_from(&files, "wardbell.toml", circumstances).config.unwrap().settings;
    assert_eq!(settings.sources[0].token.expose_secret(), "passed-by-systemd");
    assert_eq!(settings.operators[0].token.expose_secret(), "fedcba9876543210");
    assert_eq!(settings.log.format, LogFormat::Journald);
}

#[test]
fn a_secret_that_everybody_may_read_is_warned_of() {
    let mode = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let folder = folder(|_| {});
    let desk = folder.path().join("secrets/desk");
    let warned = || run(folder.path(), Format::Text).1.replace(folder.path().to_str().unwrap(), "…");
    mode(&desk, 0o644);
    assert!(!warned().contains("open-secret"), "nobody gets through a closed folder");
    mode(folder.path(), 0o755);
    mode(&folder.path().join("secrets"), 0o755);
    let is_open = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o001 != 0;
    if !folder.path().canonicalize().unwrap().ancestors().all(is_open) {
        return eprintln!("SKIPPED: the folder for temporary files is closed itself");
    }
    insta::assert_snapshot!(warned(), @r#"
    warning[open-secret]: everyone on this machine can read or change the secret for `token_file`
      --> wardbell.toml:22:14
       |
    22 | token_file = "secrets/desk"
       |              ^^^^^^^^^^^^^^
       |
       = hint: restrict access: `chmod o-rwx …/secrets/desk`

    time zones: 20XXx, built in
    2 rosters, 2 playbooks, 0 errors, 1 warning
    "#);
    for closed in [0o640, 0o600, 0o440] {
        mode(&desk, closed);
        assert!(!warned().contains("open-secret"), "a group may be let in on purpose: {closed:o}");
    }
    mode(&desk, 0o602);
    assert!(warned().contains("open-secret"));
}

#[test]
fn every_gap_is_found_to_the_minute() {
    let folder = folder(|_| {});
    let (fine, text) = run_over(folder.path(), "90d", Format::Text);
    assert!(!fine);
    let first: Vec<&str> = text.lines().filter(|line| line.starts_with("error")).collect();
    insta::assert_snapshot!(first.join("\n"), @r"
    error[one-person]: if no one answers, ladder `C` pages no second person for `house` when `unclassified` opens from 2026-10-17 19:00 CDT to 2027-01-15 18:00 CST
    error[coverage-gap]: no one is on call as `backup` in `house` from 2026-10-17 19:00 CDT to 2027-01-15 18:00 CST
    error[coverage-gap]: no one is on call as `primary` in `privacy` from 2026-10-17 19:00 CDT to 2026-10-19 08:00 CDT, and 37 more times until 2027-01-15 18:00 CST
    error[coverage-gap]: no one is on call as `backup` in `privacy` from 2026-12-21 08:00 CST to 2026-12-21 17:00 CST, and 2 more times until 2027-01-15 18:00 CST
    ");
}

#[test]
fn a_pull_request_gets_a_line_for_each_finding() {
    let folder = folder(|root| {
        let path = root.join("rosters/house.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("[\"supervisor\"]", "[\"super\"]")).unwrap();
    });
    let (fine, text) = run(folder.path(), Format::Github);
    assert!(!fine);
    let text = text.replace(&format!("{}/", folder.path().display()), "");
    insta::assert_snapshot!(text, @"
    ::warning file=rosters/house.toml,line=6,col=6,title=unused-liaison::`supervisor` is not in any rotation, override, or cover, and is never paged
    ::error file=rosters/house.toml,line=13,col=13,title=unknown-liaison::this roster has no liaison `super`%0Ahint: known names: `supervisor`
    2 rosters, 2 playbooks, 1 error, 1 warning
    ");
}

#[test]
fn a_pull_request_is_judged_without_secrets() {
    let folder = folder(|root| std::fs::remove_dir_all(root.join("secrets")).unwrap());
    let all_is_well = "2 rosters, 2 playbooks, 0 errors, 0 warnings\n".to_owned();
    assert_eq!(run(folder.path(), Format::Github), (true, all_is_well));
    assert!(!run(folder.path(), Format::Text).0, "the daemon's own machine must have them");
}

#[test]
fn another_kind_of_file_is_not_shown() {
    for secret in ["hunter2-is-the-token", "{\"token\": \"hunter2\"}", "hunter2 = \"x\"\n", "[[x]]\ny = hunter2\n"] {
        let folder = folder(|root| std::fs::write(root.join("wardbell.toml"), secret).unwrap());
        let (fine, text) = run(folder.path(), Format::Text);
        assert!(!fine && !text.contains("hunter2"), "{text}");
        assert!(text.starts_with("error[syntax]: this file has none of the tables of `wardbell.toml`"), "{text}");
    }
}

#[test]
fn every_code_has_a_text_that_is_pinned() {
    let tests = [
        "check",
        "daemon",
        "people",
        "playbooks",
        "policies",
        "proof",
        "rosters",
        "syntax",
        "warnings",
        "window_faults",
    ];
    let text =
        |name: &str| std::fs::read_to_string(format!("{}/tests/config/{name}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let pinned: String = tests.into_iter().map(text).collect();
    let is_pinned =
        |code: &Code| ["error", "warning"].iter().any(|level| pinned.contains(&format!("{level}[{code}]: ")));
    let bare: Vec<_> = Code::ALL.iter().filter(|code| !is_pinned(code)).collect();
    assert!(bare.is_empty(), "no snapshot has {bare:?}");
}

#[test]
fn what_the_walk_shows_stands_in_text_and_json() {
    let folder = folder(|_| {});
    let (_, text) = run_over(folder.path(), "30d", Format::Text);
    let start = text.find("Longest wait before").unwrap();
    insta::assert_snapshot!(&text[start..], @r"
    Longest wait before someone else is paged:

     playbook      another  another     worst opening            
                   person   department                           
     phi-by-staff  4d 15h   4d 15h      Mon 2026-10-19 17:00 CDT 
     unclassified  never    never       Sat 2026-10-17 19:00 CDT 

    time zones: 20XXx, built in
    2 rosters, 2 playbooks, 3 errors, 3 warnings
    ");
    let (_, json) = run_over(folder.path(), "30d", Format::Json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json["playbooks"][0]).unwrap(), @r#"
    {
      "another_department": {
        "department": "house",
        "ladder": "B",
        "lifted_by": null,
        "opened_at": "2026-10-19T22:00:00.000Z",
        "staffed": false,
        "within_seconds": 399600
      },
      "playbook": "phi-by-staff",
      "second_person": {
        "department": "house",
        "ladder": "B",
        "lifted_by": null,
        "opened_at": "2026-10-19T22:00:00.000Z",
        "staffed": false,
        "within_seconds": 399600
      }
    }
    "#);
}

#[test]
fn people_who_cannot_sign_in_and_access_that_nobody_audits_are_warned_of() {
    let with = |may: &str| {
        let folder = folder(|folder| {
            let (main, house) = (folder.join("wardbell.toml"), folder.join("rosters/house.toml"));
            let group =
                format!("[[group]]\nname = \"board\"\nmay = [\"{may}\"]\npeople = [\"a.board@mercy.example\"]\n");
            let text = std::fs::read_to_string(&main).unwrap();
            std::fs::write(&main, format!("{text}\n{group}")).unwrap();
            let text = std::fs::read_to_string(&house).unwrap();
            std::fs::write(&house, text.replace("supervisor@mercy.example", "J.Chen@mercy.example")).unwrap();
        });
        run_over(folder.path(), "1d", Format::Text).1
    };
    let text = with("see");
    for wanted in [
        "warning[nobody-audits]: no one has `audit`, so no one is told when an emergency code is used",
        "warning[shared-contact]: ",
        "warning[cannot-sign-in]: `j-chen` cannot sign in: every contact of theirs is also another person's",
        "warning[cannot-sign-in]: `supervisor` cannot sign in: every contact of theirs is also another person's",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(!text.contains("`m-rivera` cannot sign in"), "{text}");
    assert!(!with("audit").contains("nobody-audits"), "the cure works");
}
