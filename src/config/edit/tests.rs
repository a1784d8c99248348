//! Edits in every form in which people write rosters.

use proptest::prelude::{ProptestConfig, prop, proptest};

use super::*;

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn change(liaison: &str, reason: Option<&str>) -> LocalOverride {
    LocalOverride {
        role: Role::primary(),
        from: local("2026-12-24 17:00"),
        to: local("2026-12-26 08:00"),
        liaison: liaison.parse().unwrap(),
        reason: reason.map(str::to_owned),
    }
}

fn away() -> LocalAway {
    LocalAway { from: local("2026-12-20 00:00"), to: local("2026-12-27 00:00"), cover: Some("b".parse().unwrap()) }
}

const ENTRY: &str = r#"{ from = "2026-12-20 00:00", to = "2026-12-27 00:00", cover = "b" }"#;

const BLOCK: &str =
    "[[override]]\nrole = \"primary\"\nfrom = \"2026-12-24 17:00\"\nto = \"2026-12-26 08:00\"\nliaison = \"b\"\n";

#[track_caller]
fn adds_away(old: &str, new: &str) {
    assert_eq!(add_away(old, 0, &away()).unwrap(), new.replace("ENTRY", ENTRY));
}

#[test]
fn an_absence_ends_early_or_is_removed_in_the_form_in_which_it_is_written() {
    let tables = "[[liaison]]\nid = \"a\"\n[[liaison.away]]\nfrom = 2026-12-20T00:00:00\nto = 2026-12-27T00:00:00 # x\n\n\
                  [[liaison.away]]\nfrom = \"2027-01-01 00:00\"\nto = \"2027-01-05 00:00\"\n\n[[liaison]]\nid = \"b\"\n";
    let early = local("2026-12-22 08:00");
    let earlier = tables.replace("2026-12-27T00:00:00", "2026-12-22T08:00:00");
    assert_eq!(set_away_end(tables, 0, 0, early).unwrap(), earlier);
    let first = "[[liaison.away]]\nfrom = 2026-12-20T00:00:00\nto = 2026-12-27T00:00:00 # x\n\n";
    assert_eq!(remove_away(tables, 0, 0).unwrap(), tables.replace(first, "\n"));
    let list = "[[liaison]]\naway = [\n  { from = 1, to = \"2026-12-27 00:00\" },\n  { from = 2, to = 3 },\n]\n";
    assert_eq!(remove_away(list, 0, 1).unwrap(), list.replace("\n  { from = 2, to = 3 },", ""));
    let commented = "[[liaison]]\naway = [\n  # summer\n  { to = 1 }, # ski trip\n  # winter\n  { to = 2 } # last\n]\n";
    let (summer, winter) = ("  # summer\n  { to = 1 }, # ski trip\n", "  # winter\n  { to = 2 } # last\n");
    assert_eq!(remove_away(commented, 0, 0).unwrap(), commented.replace(summer, ""));
    assert_eq!(remove_away(commented, 0, 1).unwrap(), commented.replace(winter, ""));
    for (liaison, absence) in [(0, 2), (1, 0), (2, 0)] {
        assert_eq!(remove_away(tables, liaison, absence), Err(NotEditable::Form("absence")));
        assert_eq!(set_away_end(tables, liaison, absence, early), Err(NotEditable::Form("absence")));
    }
}

#[test]
fn an_absence_is_written_as_the_others_are() {
    adds_away(
        "[[liaison]]\nid = \"a\"  # x\n\n# y\n[hours]\n",
        "[[liaison]]\nid = \"a\"  # x\naway = [ENTRY]\n\n# y\n[hours]\n",
    );
    adds_away("[[liaison]]\nid = \"a\"", "[[liaison]]\nid = \"a\"\naway = [ENTRY]\n");
    adds_away("[[liaison]]\r\nid = \"a\"\r\n", "[[liaison]]\r\nid = \"a\"\r\naway = [ENTRY]\r\n");
    adds_away("[[liaison]]\naway = []\nid = \"a\"\n", "[[liaison]]\naway = [ENTRY]\nid = \"a\"\n");
    adds_away("[[liaison]]\naway = [{ from = 1 }] # x\n", "[[liaison]]\naway = [{ from = 1 }, ENTRY] # x\n");
    adds_away("[[liaison]]\naway = [{ from = 1 }, ]\n", "[[liaison]]\naway = [{ from = 1 }, ENTRY, ]\n");
    adds_away(
        "[[liaison]]\naway = [\n  { from = 1 }, # x, y\n]\n",
        "[[liaison]]\naway = [\n  { from = 1 }, # x, y\n  ENTRY,\n]\n",
    );
    adds_away(
        "[[liaison]]\naway = [\n\t{ from = 1 } # x, y\n]\n",
        "[[liaison]]\naway = [\n\t{ from = 1 }, # x, y\n\tENTRY\n]\n",
    );
    adds_away(
        "[[liaison]]\nid = \"a\"\n[[liaison.away]]\nfrom = 1 # x\n\n[[liaison]]\nid = \"b\"\n",
        "[[liaison]]\nid = \"a\"\n[[liaison.away]]\nfrom = 1 # x\n\n[[liaison.away]]\nfrom = \"2026-12-20 00:00\"\nto = \
         \"2026-12-27 00:00\"\ncover = \"b\"\n\n[[liaison]]\nid = \"b\"\n",
    );
    adds_away(
        "liaison = [{ id = \"a\" }, { id = \"b\" }]\n",
        "liaison = [{ id = \"a\", away = [ENTRY] }, { id = \"b\" }]\n",
    );
    assert_eq!(add_away("[[liaison]]\nid = \"a\"\n", 1, &away()), Err(NotEditable::Form("liaison")));
}

#[test]
fn an_override_goes_behind_the_others_and_comes_off_again() {
    for (old, new) in [
        ("a = 1\n", "a = 1\n\nBLOCK"),
        ("a = 1", "a = 1\n\nBLOCK"),
        ("a = 1\n\n", "a = 1\n\nBLOCK"),
        ("[[override]]\nto = 1 # x\n\n[b]\nc = 1\n", "[[override]]\nto = 1 # x\n\nBLOCK\n[b]\nc = 1\n"),
        ("[[override]]\nto = 1\n# about b\n[b]\n", "[[override]]\nto = 1\n\nBLOCK\n# about b\n[b]\n"),
        ("a = \"\"\"\n[[override]]\n\"\"\"\n", "a = \"\"\"\n[[override]]\n\"\"\"\n\nBLOCK"),
    ] {
        let edited = insert_overrides(old, None, &[change("b", None)]).unwrap();
        assert_eq!(edited, new.replace("BLOCK", BLOCK), "{old:?}");
        let last =
            edited.lines().filter(|line| *line == "[[override]]").count() - 1 - old.matches("\"\"\"").count() / 2;
        let back = remove_overrides(&edited, &[last]).unwrap();
        assert_eq!(back.trim_end().replace("\n\n#", "\n#"), old.trim_end(), "{old:?}");
    }
    let with_reason = insert_overrides("", None, &[change("b", Some("Ada's \"swap\" \\ \u{1f384}"))]).unwrap();
    let read: toml::Table = with_reason.parse().unwrap();
    assert_eq!(read["override"][0]["reason"].as_str(), Some("Ada's \"swap\" \\ \u{1f384}"));
}

#[test]
fn an_override_goes_before_another_and_its_comment() {
    let old = "a = 1\n\n# Ada and June have agreed on this.\n[[override]]\nto = 1\n";
    let edited = insert_overrides(old, Some(0), &[change("b", None)]).unwrap();
    assert_eq!(edited, format!("a = 1\n\n{BLOCK}\n# Ada and June have agreed on this.\n[[override]]\nto = 1\n"));
    assert_eq!(remove_overrides(&edited, &[0]).unwrap(), old);
    let text = "a = \"\"\"\n# no comment\"\"\"\n[[override]]\nto = 1\n";
    let edited = insert_overrides(text, Some(0), &[change("b", None)]).unwrap();
    assert_eq!(edited, format!("a = \"\"\"\n# no comment\"\"\"\n\n{BLOCK}\n[[override]]\nto = 1\n"));
}

#[test]
fn overrides_in_a_list_stay_in_a_list() {
    let entry = r#"{ role = "primary", from = "2026-12-24 17:00", to = "2026-12-26 08:00", liaison = "b" }"#;
    let old = "override = [{ to = 1 }, { to = 2 }, { to = 3 }]\n";
    let last = insert_overrides(old, None, &[change("b", None)]).unwrap();
    assert_eq!(last, format!("override = [{{ to = 1 }}, {{ to = 2 }}, {{ to = 3 }}, {entry}]\n"));
    assert_eq!(remove_overrides(&last, &[3]).unwrap(), old);
    let first = insert_overrides(old, Some(0), &[change("b", None)]).unwrap();
    assert_eq!(first, format!("override = [{entry}, {{ to = 1 }}, {{ to = 2 }}, {{ to = 3 }}]\n"));
    assert_eq!(remove_overrides(&first, &[0]).unwrap(), old);
    for (gone, left) in [
        (vec![0, 2], "override = [{ to = 2 }]\n"),
        (vec![1, 2], "override = [{ to = 1 }]\n"),
        (vec![0, 1, 2], "override = []\n"),
        (vec![1], "override = [{ to = 1 }, { to = 3 }]\n"),
    ] {
        assert_eq!(remove_overrides(old, &gone).unwrap(), left, "{gone:?}");
    }
    let lines = "override = [\n  { to = 1 },\n]\n";
    let edited = insert_overrides(lines, Some(0), &[change("b", None)]).unwrap();
    assert_eq!(edited, format!("override = [\n  {entry},\n  {{ to = 1 }},\n]\n"));
    assert_eq!(remove_overrides(old, &[3]), Err(NotEditable::Form("override")));
}

#[test]
fn an_end_is_written_as_the_one_before_was() {
    for (old, new) in [
        ("[[override]]\nto =  \"2026-12-26 08:00\"  # x\n", "[[override]]\nto =  \"2026-12-25 09:30\"  # x\n"),
        ("[[override]]\nto = 2026-12-26T08:00:00\n", "[[override]]\nto = 2026-12-25T09:30:00\n"),
        ("override = [{ to = '2026-12-26 08:00' }]\n", "override = [{ to = \"2026-12-25 09:30\" }]\n"),
    ] {
        assert_eq!(set_end(old, 0, local("2026-12-25 09:30")).unwrap(), new);
    }
    assert_eq!(set_end("[[override]]\nfrom = 1\n", 0, local("2026-12-25 09:30")), Err(NotEditable::Form("override")));
    assert!(matches!(set_end("[[override\n", 0, local("2026-12-25 09:30")), Err(NotEditable::Syntax(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the file looks like, an edit adds to it, changes no line of it, and comes off again.
    #[test]
    fn every_other_line_stays(pieces in prop::collection::vec(0..PIECES.len(), 0..12), end in 0..3_usize) {
        let mut text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        text.truncate(text.trim_end_matches('\n').len());
        text.push_str(["", "\n", "\n\n"][end]);
        let old: toml::Table = text.parse().unwrap();
        let count = |table: &toml::Table, key| table.get(key).map_or(0, |list: &toml::Value| list.as_array().unwrap().len());
        let (overrides, liaisons) = (count(&old, "override"), count(&old, "liaison"));
        for before in (0..overrides).map(Some).chain([None]) {
            let edited = insert_overrides(&text, before, &[change("b", None), change("c", Some("d"))]).unwrap();
            let new: toml::Table = edited.parse().unwrap();
            assert_eq!(count(&new, "override"), overrides + 2);
            let at = before.unwrap_or(overrides);
            assert_eq!(new["override"][at + 1]["reason"].as_str(), Some("d"));
            assert!(keeps_lines(&text, &edited), "{text}\n-----\n{edited}");
            let back = remove_overrides(&edited, &[at, at + 1]).unwrap();
            assert_eq!(back.parse::<toml::Table>().unwrap(), old);
            assert!(keeps_lines(&text, &back) && keeps_lines(&back, &text), "{text}\n-----\n{back}");
        }
        for index in 0..liaisons {
            let edited = add_away(&text, index, &away()).unwrap();
            let new: toml::Table = edited.parse().unwrap();
            let last = new["liaison"][index]["away"].as_array().unwrap().last().unwrap().clone();
            assert_eq!(last["cover"].as_str(), Some("b"));
            let added = new["liaison"][index]["away"].as_array().unwrap().len() - 1;
            let shorter = set_away_end(&edited, index, added, local("2026-12-22 00:00")).unwrap();
            assert_eq!(shorter, edited.replacen("2026-12-27 00:00", "2026-12-22 00:00", 1));
            let back = remove_away(&edited, index, added).unwrap();
            let mut cleared: toml::Table = back.parse().unwrap();
            if added == 0 {
                let liaison = cleared["liaison"][index].as_table_mut().unwrap();
                assert_eq!(liaison.remove("away").and_then(|away| away.as_array().map(Vec::len)), Some(0));
            }
            let mut old = old.clone();
            if added == 0 {
                old["liaison"][index].as_table_mut().unwrap().remove("away");
            }
            assert_eq!(cleared, old);
        }
    }
}

const PIECES: &[&str] = &[
    "# a comment\n",
    "\n",
    "[[override]]\nrole = \"primary\"\nto = \"2026-12-26 08:00\" # x\n",
    "# of this override\n[[ override ]]\nto = 2026-12-26T08:00:00\n\n",
    "[[liaison]]\nid = \"a\"\n\n",
    "[[liaison]]\nid = \"a\"\nnotify = [\n  { by = \"sms\" },\n]\n# x\n",
    "[[liaison]]\naway = [\n  # none yet\n]\nid = \"\"\"\n[[override]]\n# x\n\"\"\"\n",
    "  [[liaison]]\n  away = [{ from = 1, cover = \"b\" }]\n",
    "[[liaison]]\n[[liaison.away]]\ncover = \"b\"\n[[liaison.away]]\ncover = \"c\"\n",
    "[[rotation]]\nliaisons = [\n  \"a\", # x\n  \"b\",\n]\n",
];

/// Whether the lines of one text that are not blank stand in another in the same order.
fn keeps_lines(text: &str, other: &str) -> bool {
    let mut lines = other.lines();
    text.lines().filter(|line| !line.trim().is_empty()).all(|line| lines.any(|one| one == line))
}
