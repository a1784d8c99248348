//! People who come and go, in every form in which rosters are written.

use proptest::prelude::{ProptestConfig, prop, proptest};
use toml::Value as Parsed;

use super::*;

fn person(id: &str) -> NewPerson {
    NewPerson {
        id: id.parse().unwrap(),
        name: Some("June \"JP\" Park".to_owned()),
        email: None,
        sms: vec!["+13125550101".to_owned()],
        sms_consent: "2026-10-01".parse().ok(),
        voice: None,
        push: None,
        pager: None,
    }
}

const BLOCK: &str =
    "[[liaison]]\nid = \"j\"\nname = 'June \"JP\" Park'\nsms = \"+13125550101\"\nsms_consent = 2026-10-01\n";

#[test]
fn a_person_goes_behind_the_others() {
    for (old, new) in [
        ("", "BLOCK"),
        (
            "[[liaison]]\nid = \"a\"\n\n# turns\n[[rotation]]\n",
            "[[liaison]]\nid = \"a\"\n\nBLOCK\n# turns\n[[rotation]]\n",
        ),
        (
            "[[liaison]]\n[[rotation]]\n[[liaison.away]]\nto = 1",
            "[[liaison]]\n[[rotation]]\n[[liaison.away]]\nto = 1\n\nBLOCK",
        ),
        ("liaison = [{ id = \"a\" }]\n", "liaison = [{ id = \"a\" }, INLINE]\n"),
    ] {
        let inline = "{ id = \"j\", name = 'June \"JP\" Park', sms = \"+13125550101\", sms_consent = 2026-10-01 }";
        let new = new.replace("BLOCK", BLOCK).replace("INLINE", inline);
        assert_eq!(add(old, Entry::Liaison, &person("j")).unwrap(), new, "{old:?}");
    }
    let two = NewPerson { sms: vec!["+1".to_owned(), "+2".to_owned()], ..person("j") };
    let text = add("", Entry::Person, &two).unwrap();
    assert!(text.starts_with("[[person]]\n") && text.contains("\nsms = [\"+1\", \"+2\"]\n"), "{text}");
}

#[track_caller]
fn removes(old: &str, new: &str) {
    let padded = format!("{old}\n[[liaison]]\nid = \"x\"\n");
    assert_eq!(remove_liaison(&padded, &"x".parse().unwrap()).unwrap().trim_end(), new.trim_end(), "{old:?}");
}

#[test]
fn a_turn_goes_and_the_comments_of_the_others_stay() {
    let turns = |list: &str| format!("[[rotation]]\nliaisons = {list}\n");
    for (old, new) in [
        (r#"["x", "a"]"#, r#"["a"]"#),
        (r#"["a", "x"]"#, r#"["a"]"#),
        (r#"["a", "x", "b"]"#, r#"["a", "b"]"#),
        (r#"["x", "a", "x", "x"]"#, r#"["a"]"#),
        (r#"["a", "-", "x", ]"#, r#"["a", "-", ]"#),
        ("[\n  \"a\", # first\n  \"x\", # gone\n  \"b\" # last\n]", "[\n  \"a\", # first\n  \"b\" # last\n]"),
        ("[\n  # the days\n  \"x\",\n  # the nights\n  \"b\",\n]", "[\n  # the days\n  # the nights\n  \"b\",\n]"),
        ("[\n  \"a\", # first\n  \"x\"\n]", "[\n  \"a\", # first\n]"),
        ("[\"a\", # first\n \"x\"]", "[\"a\", # first\n ]"),
        ("[\"x\", # first\n \"a\"]", "[ # first\n \"a\"]"),
        ("[\"a\", \"x\",\n \"b\"]", "[\"a\",\n \"b\"]"),
        ("[\n  \"x\"\n  , \"a\"\n]", "[\n  \n   \"a\"\n]"),
    ] {
        removes(&turns(old), &turns(new));
    }
}

#[test]
fn everything_that_names_a_person_goes_with_them_and_nothing_else() {
    removes(
        "a = 1\n# nobody else\n[[rotation]]\nliaisons = [\"x\", \"-\"]\n\n# b\n[[rotation]]\nliaisons = [\"a\"]\n",
        "a = 1\n# nobody else\n\n# b\n[[rotation]]\nliaisons = [\"a\"]\n",
    );
    removes("rotation = [{ liaisons = [\"x\"] }, { liaisons = [\"a\"] }]\n", "rotation = [{ liaisons = [\"a\"] }]\n");
    removes(
        "[[override]]\nliaison = \"x\"\n\n[[override]]\nliaison = \"a\" # x\n\n[[override]]\nliaison = 'x'\n",
        "\n[[override]]\nliaison = \"a\" # x\n",
    );
    removes("approvers = [\"x\"] # both\nb = 1\n", "b = 1\n");
    removes("approvers = [\"a\", \"x\"] # both\nb = 1\n", "approvers = [\"a\"] # both\nb = 1\n");
    removes(
        "[[liaison]]\naway = [{ from = 1, cover = \"x\" }, { cover = \"x\", to = 2 }, { cover = \"a\" }]\n",
        "[[liaison]]\naway = [{ from = 1 }, { to = 2 }, { cover = \"a\" }]\n",
    );
    removes(
        "[[liaison]]\nid = \"a\"\n[[liaison.away]]\ncover = \"x\" # until May\nto = 2\n",
        "[[liaison]]\nid = \"a\"\n[[liaison.away]]\nto = 2\n",
    );
    // Another table between a person and their absences stays.
    let between =
        "# Xenia\n[[liaison]]\nid = \"x\"\n\n[hours]\nmon = 1\n\n[[liaison.away]]\ncover = \"a\"\n\n# b\n[b]\n";
    let gone = remove_liaison(between, &"x".parse().unwrap()).unwrap();
    assert_eq!(gone, "# Xenia\n\n[hours]\nmon = 1\n\n# b\n[b]\n");
    let crlf = "[[rotation]]\r\nliaisons = [\r\n  \"x\",\r\n  \"a\"\r\n]\r\n[[liaison]]\r\nid = \"x\"\r\n";
    let gone = remove_liaison(crlf, &"x".parse().unwrap()).unwrap();
    assert_eq!(gone, "[[rotation]]\r\nliaisons = [\r\n  \"a\"\r\n]\r\n");
    let nobody = remove_liaison("[[liaison]]\nid = \"a\"\n", &"x".parse().unwrap());
    assert_eq!(nobody, Err(NotEditable::Form("liaison")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the file looks like, what names the person is gone, and everything else means what it meant.
    #[test]
    fn only_the_person_is_gone(pieces in prop::collection::vec(0..PIECES.len(), 0..10), at in 0..10_usize) {
        let mut all: Vec<&str> = pieces.iter().map(|piece| PIECES[*piece]).collect();
        all.insert(at.min(all.len()), "# Xenia\n[[liaison]]\nid = \"x\" # y\nnotify = [\n  { by = \"sms\" },\n]\n");
        let text = all.concat();
        let mut old: toml::Table = text.parse().unwrap();
        let edited = remove_liaison(&text, &"x".parse().unwrap()).unwrap();
        let mut new: toml::Table = edited.parse().unwrap();
        expect_gone(&mut old);
        drop_empty(&mut new);
        assert_eq!(new, old, "{text}\n-----\n{edited}");
        let comments = |text: &str| text.lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(comments(&edited), comments(&text), "{text}\n-----\n{edited}");
        let added = add(&edited, Entry::Liaison, &person("x")).unwrap();
        let back = remove_liaison(&added, &"x".parse().unwrap()).unwrap();
        let mut back: toml::Table = back.parse().unwrap();
        drop_empty(&mut back);
        assert_eq!(back, new, "{added}");
    }
}

/// Takes the person `x` out of a parsed roster.
fn expect_gone(roster: &mut toml::Table) {
    let is_x = |value: Option<&Parsed>| value.and_then(Parsed::as_str) == Some("x");
    if let Some(Parsed::Array(rotations)) = roster.get_mut("rotation") {
        for rotation in rotations.iter_mut() {
            let Some(Parsed::Array(turns)) = rotation.get_mut("liaisons") else { continue };
            let before = turns.len();
            turns.retain(|turn| turn.as_str() != Some("x"));
            if turns.len() < before && turns.iter().all(|turn| turn.as_str() == Some("-")) {
                turns.clear();
            }
        }
        rotations.retain(|one| one["liaisons"].as_array().is_none_or(|turns| !turns.is_empty()));
    }
    if let Some(Parsed::Array(overrides)) = roster.get_mut("override") {
        overrides.retain(|one| !is_x(one.get("liaison")));
    }
    if let Some(Parsed::Array(liaisons)) = roster.get_mut("liaison") {
        liaisons.retain(|one| !is_x(one.get("id")));
        for absence in liaisons.iter_mut().filter_map(|one| one.get_mut("away")?.as_array_mut()).flatten() {
            let absence = absence.as_table_mut().unwrap();
            if is_x(absence.get("cover")) {
                absence.remove("cover");
            }
        }
    }
    drop_empty(roster);
}

/// An empty list of tables is the same as none.
fn drop_empty(roster: &mut toml::Table) {
    roster.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
}

const PIECES: &[&str] = &[
    "# a comment\n",
    "\n",
    "[[override]]\nliaison = \"x\"\nrole = \"primary\" # x\n",
    "# of this override\n[[ override ]]\nliaison = \"a\"\n\n",
    "[[liaison]]\nid = \"a\"\n\n",
    "  [[liaison]]\n  id = \"b\"\n  away = [{ from = 1, cover = \"x\" }, { cover = \"a\" }]\n",
    "[[liaison]]\nid = \"c\"\n[[liaison.away]]\nfrom = 1\ncover = \"x\"\n[[liaison.away]]\ncover = \"a\"\n",
    "[[rotation]]\nliaisons = [\n  \"a\", # a\n  \"x\",\n  \"-\",\n  'x' # x\n]\n",
    "[[rotation]]\nliaisons = [\"x\", \"-\"]\nrole = \"backup\"\n",
    "[[rotation]]\nrole = \"backup\"\nliaisons = [\"x\", \"x\", \"a\",\n \"x\", \"b\" ]\n",
];
