//! `playbooks/privacy-reading.toml`: its mistakes, and what each key does.

use wardbell::config::files::Memory;
use wardbell::domain::privacy_reading::found::Why;
use wardbell::domain::privacy_reading::protected::Protected;
use wardbell::domain::privacy_reading::read;

use crate::{good, load, said};

const FILE: &str = "playbooks/privacy-reading.toml";

fn with(text: &str) -> Memory {
    let mut files = good();
    files.insert(FILE, text);
    files
}

#[test]
fn a_phrase_that_cannot_be_read_has_its_place_and_a_cure() {
    let text = "general = [\"if you,\"]\n[groups]\nkin = [\"mom\", \"*x*\"]\n[[rule]]\nwhy = \"patients\"\n\
                phrases = [\"your {kinn}\", \"...\", \"my {pet}\"]\n";
    insta::assert_snapshot!(said(&with(text)), @r#"
    error[bad-value]: `you,` is not a word: use letters, `*` at its start or its end, `|`, `{group}`, `#`, `?`, `!` or `...`
     --> playbooks/privacy-reading.toml:1:12
      |
    1 | general = ["if you,"]
      |            ^^^^^^^^^
      |
      = hint: leave out punctuation; words have spaces between them

    error[bad-value]: `*x*` is not a word: use letters, `*` at its start or its end, `|`, `{group}`, `#`, `?`, `!` or `...`
     --> playbooks/privacy-reading.toml:3:15
      |
    3 | kin = ["mom", "*x*"]
      |               ^^^^^
      |
      = hint: leave out punctuation; words have spaces between them

    error[bad-value]: `why` must be one of `patient`, `detail`, `promise`, `admission`, `date`, `place`
     --> playbooks/privacy-reading.toml:5:7
      |
    5 | why = "patients"
      |       ^^^^^^^^^^
      |
      = hint: write `why = "patient"`

    error[bad-value]: `kinn` is not a group of words
     --> playbooks/privacy-reading.toml:6:12
      |
    6 | phrases = ["your {kinn}", "...", "my {pet}"]
      |            ^^^^^^^^^^^^^
      |
      = hint: write `phrases = ["your {kin}", "...", "my {pet}"]`

    error[bad-value]: a phrase needs at least one word that must be there
     --> playbooks/privacy-reading.toml:6:27
      |
    6 | phrases = ["your {kinn}", "...", "my {pet}"]
      |                           ^^^^^
      |
      = hint: add a word without `?` or `!`

    error[bad-value]: `pet` is not a group of words
     --> playbooks/privacy-reading.toml:6:34
      |
    6 | phrases = ["your {kinn}", "...", "my {pet}"]
      |                                  ^^^^^^^^^^
      |
      = hint: add `pet` under `[groups]`, above the phrases that use it
    "#);
}

#[test]
fn what_the_lists_lack_is_named() {
    insta::assert_snapshot!(said(&with("genral = []\n[[rule]]\nphrases = []\n")), @r#"
    error[unknown-key]: this file has no key `genral`
     --> playbooks/privacy-reading.toml:1:1
      |
    1 | genral = []
      | ^^^^^^
      |
      = hint: write `general = []`

    error[missing-key]: this rule has no `why`
     --> playbooks/privacy-reading.toml:2:1
      |
    2 | [[rule]]
      | ^^^^^^^^

    error[bad-value]: `phrases` is empty
     --> playbooks/privacy-reading.toml:3:11
      |
    3 | phrases = []
      |           ^^
    "#);
}

#[test]
fn a_hint_about_a_group_is_valid_input() {
    let text = |group: &str| {
        format!("[groups]\nkin = [\"mom\"]\n[[rule]]\nwhy = \"patient\"\nphrases = [\"your {{{group}}}\"]\n")
    };
    assert!(said(&with(&text("kinn"))).contains("write `phrases = [\"your {kin}\"]`"));
    assert_eq!(said(&with(&text("kin"))), "");
}

#[test]
fn the_lists_of_the_privacy_reading_are_reviewed_like_a_playbook() {
    insta::assert_snapshot!(said(&with("owner = \"privacy\"\nreview_by = 2026-10-01\n")), @r#"
    warning[review-overdue]: the review of this file was due on 2026-10-01
     --> playbooks/privacy-reading.toml:2:13
      |
    2 | review_by = 2026-10-01
      |             ^^^^^^^^^^
      |
      = hint: review it with its `owner` (line 1), then set the next `review_by`
    "#);
}

/// What is marked in a text by lists of this text.
fn marks(lists: &str, text: &str) -> Vec<Why> {
    let loaded = load(&with(lists));
    assert_eq!(loaded.diagnostics, []);
    let protected = Protected { summary: Some("It says flamingo.".to_owned()), ..Protected::default() };
    let lists = loaded.config.unwrap().plan.lists;
    read(text, &protected, &lists).into_iter().map(|mark| mark.why).collect()
}

#[test]
fn each_key_of_the_lists_changes_what_is_marked() {
    let rule = |more: &str| format!("[[rule]]\nwhy = \"patient\"\nphrases = [\"your stay\"]\n{more}\n");
    for (lists, text, expected) in [
        ("", "your stay", &[][..]),
        (&*rule(""), "your stay", &[Why::Patient]),
        (&rule("").replace("\"patient\"", "\"place\""), "your stay", &[Why::Place]),
        (&rule("with = [\"here\"]"), "your stay", &[]),
        (&rule("with = [\"here\"]"), "your stay here", &[Why::Patient]),
        (&rule("unless = [\"here\"]"), "your stay here", &[]),
        (&format!("general = [\"if\"]\n{}", rule("")), "if your stay", &[]),
        (&format!("general = [\"if\"]\n{}", rule("in_general = true")), "if your stay", &[Why::Patient]),
        (&rule(""), "ur stay", &[]),
        (&format!("{}[spellings]\nur = \"your\"\n", rule("")), "ur stay", &[Why::Patient]),
        (
            "[groups]\ntime = [\"stay\"]\n[[rule]]\nwhy = \"patient\"\nphrases = [\"your {time}\"]",
            "your stay",
            &[Why::Patient],
        ),
        ("about_somebody = [\"you\"]", "you saw a flamingo", &[Why::Report]),
        ("about_somebody = [\"you\"]", "we saw a flamingo", &[]),
        ("about_somebody = [\"you\"]\nordinary = [\"flamingo\"]", "you saw a flamingo", &[]),
    ] {
        assert_eq!(marks(lists, text), expected, "{lists}\n{text}");
    }
}

#[test]
fn without_the_file_the_built_in_lists_are_used() {
    let plan = load(&good()).config.unwrap().plan;
    assert!(!read("Your visit was short.", &Protected::default(), &plan.lists).is_empty());
}
