//! What every import shares: whose the shifts are, and where they go in a roster.

use std::collections::BTreeSet;

use wardbell::config::edit::LocalOverride;
use wardbell::config::import::fault::Fault;
use wardbell::config::import::label::Origin;
use wardbell::config::import::merge::merge_month;
use wardbell::config::import::overrides;
use wardbell::config::import::people::{MapEntry, People};
use wardbell::config::import::shift::Shift;
use wardbell::diagnostic::Code;
use wardbell::domain::id::Role;
use wardbell::domain::month::Month;
use wardbell::domain::roster::Roster;

use crate::{good, load};

pub const PRIVACY: &str = "rosters/privacy.toml";

/// The good files' roster of the privacy office, with its text changed.
pub fn roster_of(text: &str) -> Roster {
    let mut files = good();
    files.insert(PRIVACY, text);
    let loaded = load(&files);
    assert_eq!(loaded.error_lines(), Vec::<String>::new());
    loaded.plan().unwrap().rosters[&"privacy".parse().unwrap()].as_ref().clone()
}

pub fn text() -> String {
    String::from_utf8(good().get(PRIVACY).unwrap().to_vec()).unwrap()
}

/// The shifts as overrides of `primary`, a line each, or all faults.
pub fn made(shifts: Result<Vec<Shift>, Vec<Fault>>, origin: Origin, map: &[&str]) -> String {
    let roster = roster_of(&text());
    let map: Vec<_> = map.iter().map(|entry| MapEntry::read(entry).unwrap()).collect();
    let made = People::new(&roster, &map)
        .and_then(|people| overrides(&shifts?, &Role::primary(), origin, &people))
        .map(|made| made.iter().map(shown).collect::<Vec<_>>());
    made.unwrap_or_else(|faults| faults.iter().map(ToString::to_string).collect()).join("\n")
}

fn shown(one: &LocalOverride) -> String {
    let LocalOverride { from, to, liaison, reason, .. } = one;
    let reason = reason.as_deref().unwrap_or_default();
    format!("{} to {} {liaison} ({reason})", from.format("%m-%d %H:%M"), to.format("%m-%d %H:%M"))
}

fn imported(from: &str, to: &str, liaison: &str, month: &str) -> LocalOverride {
    let local = |text: &str| text.parse().unwrap();
    LocalOverride {
        role: Role::primary(),
        from: local(from),
        to: local(to),
        liaison: liaison.parse().unwrap(),
        reason: Some(format!("from Amion {month}")),
    }
}

fn merged(text: &str, month: &str, new: &[LocalOverride]) -> (String, usize) {
    let months: BTreeSet<Month> = [month.parse().unwrap()].into();
    let done = merge_month(text, &roster_of(text), &Role::primary(), &months, new).unwrap();
    (done.text, done.removed)
}

#[test]
fn an_import_stands_before_what_was_written_by_hand_and_is_replaced_by_the_next() {
    let first = [
        imported("2026-12-01T07:00:00", "2026-12-05T07:00:00", "m-rivera", "2026-12"),
        imported("2026-12-05T07:00:00", "2026-12-09T07:00:00", "j-chen", "2026-12"),
    ];
    let (once, removed) = merged(&text(), "2026-12", &first);
    assert_eq!(removed, 0);
    let (start, end) =
        text().split_once("[[override]]").map(|(start, end)| (start.to_owned(), end.to_owned())).unwrap();
    assert!(once.starts_with(&start) && once.ends_with(&format!("\n[[override]]{end}")), "{once}");
    insta::assert_snapshot!(once[start.len()..once.len() - end.len()], @r#"
    [[override]]
    role = "primary"
    from = "2026-12-01 07:00"
    to = "2026-12-05 07:00"
    liaison = "m-rivera"
    reason = "from Amion 2026-12"

    [[override]]
    role = "primary"
    from = "2026-12-05 07:00"
    to = "2026-12-09 07:00"
    liaison = "j-chen"
    reason = "from Amion 2026-12"

    [[override]]
    "#);
    assert_eq!(merged(&once, "2026-12", &first), (once.clone(), 0), "the same again changes nothing");

    let next = [imported("2027-01-01T07:00:00", "2027-01-05T07:00:00", "j-chen", "2027-01")];
    let (both, removed) = merged(&once, "2027-01", &next);
    assert_eq!(removed, 0, "another month stays");
    assert_eq!(both.matches("from Amion 2026-12").count(), 2);
    assert_eq!(merged(&both, "2026-12", &first).0, both);

    let (changed, removed) = merged(&both, "2026-12", &first[1..]);
    assert_eq!((removed, changed.matches("from Amion 2026-12").count()), (2, 1));
    assert_eq!(changed.matches("holiday swap").count(), 1, "what was written by hand stays");
    assert_eq!(merged(&changed, "2026-12", &first).0.len(), both.len());
    let last = roster_of(&changed).overrides.last().unwrap().reason.clone();
    assert_eq!(last.as_deref(), Some("holiday swap"), "and it goes before");
}

#[test]
fn an_import_moves_before_what_somebody_has_put_first() {
    let first = [imported("2026-12-01T07:00:00", "2026-12-05T07:00:00", "m-rivera", "2026-12")];
    let block = "\n[[override]]\nrole = \"primary\"\nfrom = \"2026-12-01 07:00\"\nto = \"2026-12-05 07:00\"\nliaison = \
                 \"m-rivera\"\nreason = \"from Amion 2026-12\"\n";
    let moved = text() + block;
    let (merge, removed) = merged(&moved, "2026-12", &first);
    assert_eq!(removed, 1);
    assert_eq!(merged(&text(), "2026-12", &first).0, merge);
}

#[test]
fn a_month_that_became_empty_takes_its_overrides_away() {
    let first = [
        imported("2026-12-01T07:00:00", "2026-12-05T07:00:00", "m-rivera", "2026-12"),
        imported("2027-01-01T07:00:00", "2027-01-05T07:00:00", "j-chen", "2027-01"),
    ];
    let months = ["2026-12".parse().unwrap(), "2027-01".parse().unwrap()].into();
    let both = merge_month(&text(), &roster_of(&text()), &Role::primary(), &months, &first).unwrap().text;
    let merge = merge_month(&both, &roster_of(&both), &Role::primary(), &months, &first[..1]).unwrap();
    assert_eq!(merge.text, merged(&text(), "2026-12", &first[..1]).0);
    assert!(merge.span.unwrap().1 > roster_of(&both).overrides[1].from, "what goes away is in the span: {merge:?}");
    assert_eq!(merged(&merge.text, "2026-12", &[]), (text(), 1));
}

#[test]
fn a_time_that_the_clock_skips_is_the_same_again() {
    let skipped = [imported("2026-03-08T02:30:00", "2026-03-09T02:30:00", "m-rivera", "2026-03")];
    let (once, _) = merged(&text(), "2026-03", &skipped);
    assert!(once.contains("from = \"2026-03-08 02:30\""), "{once}");
    assert_eq!(merged(&once, "2026-03", &skipped), (once, 0));
}

#[test]
fn a_map_is_read_and_its_mistakes_are_told() {
    let entries = MapEntry::read_all("# who is who\n\nRivera, Maria = m-rivera\n\"MR = 1\" = \"m-rivera\"\n").unwrap();
    let words: Vec<_> = entries.iter().map(|entry| (entry.line, entry.word.as_str())).collect();
    assert_eq!(words, [(Some(3), "Rivera, Maria"), (Some(4), "MR = 1")]);
    let faults = MapEntry::read_all("Rivera\n= x\nx =\n").unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.lines[0]).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(
        made(Ok(Vec::new()), Origin::Amion, &["Maria=m-rivra", "Jin=nobody"]),
        "no liaison has the ID `m-rivra`: did you mean `m-rivera`?\nno liaison has the ID `nobody`: known names: \
         `m-rivera`, `j-chen`"
    );
}

#[test]
fn a_swap_by_hand_in_an_imported_month_is_no_overlap_but_two_imports_are() {
    let at = |from: &str, to: &str, reason: &str| {
        format!(
            "[[override]]\nrole = \"primary\"\nfrom = \"{from}\"\nto = \"{to}\"\nliaison = \"m-rivera\"\n{reason}\n"
        )
    };
    let said = |first: &str, second: &str| {
        let mut files = good();
        let first = at("2027-01-01 00:00", "2027-01-09 00:00", first);
        files.insert(PRIVACY, format!("{}{first}{}", text(), at("2027-01-02 00:00", "2027-01-03 00:00", second)));
        load(&files).diagnostics.iter().filter(|one| one.code == Code::OverlappingOverrides).count()
    };
    let imported = "reason = \"from Amion 2027-01\"";
    assert_eq!(said(imported, "reason = \"swap\""), 0);
    assert_eq!(said(imported, ""), 0);
    assert_eq!(said("", imported), 1, "it would take the place of the swap");
    assert_eq!(said(imported, imported), 1);
    assert_eq!(said("", ""), 1);
}

/// Found by fuzzing: what another system wrote went to the terminal as it was.
#[test]
fn a_fault_is_one_line_that_a_terminal_only_shows() {
    let fault = Fault { lines: vec![3, 4], message: "nobody is `Sam \u{1b}[31mChen\r`: \u{9b}2J".to_owned() };
    assert_eq!(fault.to_string(), "lines 3 and 4: nobody is `Sam \u{fffd}[31mChen\u{fffd}`: \u{fffd}2J");
}
