//! Nothing that stands in a file makes the loader panic, or leaves it without a word.

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::sample::Index;
use wardbell::config::files::Memory;

use crate::{FILES, good, said};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces of the files themselves, put in odd places: most of it is nearly right.
    #[test]
    fn files_that_are_cut_up(cuts in prop::collection::vec(any::<(Index, Index, Index, Index, u8)>(), 1..4)) {
        let mut files = good();
        for (file, at, from, length, kind) in cuts {
            let path = FILES[file.index(FILES.len())];
            let text = files.get(path).unwrap().to_vec();
            files.insert(path, cut_up(&files, text, (at, from, length), kind));
        }
        said(&files);
    }
}

fn cut_up(files: &Memory, mut text: Vec<u8>, (at, from, length): (Index, Index, Index), kind: u8) -> Vec<u8> {
    let start = at.index(text.len() + 1);
    let end = (start + length.index(40)).min(text.len());
    match kind % 5 {
        0 => drop(text.drain(start..end)),
        1 => {
            let donor = files.get(FILES[from.index(FILES.len())]).unwrap();
            let piece = from.index(donor.len().max(1)).min(donor.len());
            let piece = donor[piece..(piece + length.index(200)).min(donor.len())].to_vec();
            text.splice(start..end, piece);
        }
        2 => {
            let odd = [
                "\"",
                "[",
                "]",
                "{",
                "= ",
                "\n",
                "'''",
                "\u{fffd}",
                "…",
                "9999999999999999999",
                "nan",
                "#",
                "\0",
                "😀",
            ];
            text.splice(start..end, odd[from.index(odd.len())].bytes());
        }
        3 => {
            let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let gone = at.index(lines.len().max(1));
            text = lines
                .iter()
                .enumerate()
                .filter(|(line, _)| *line != gone)
                .flat_map(|(_, line)| line.to_vec())
                .collect();
        }
        _ => {
            let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let twice = at.index(lines.len().max(1));
            let again = |(line, text): (usize, &&[u8])| text.repeat(if line == twice { 2 } else { 1 });
            text = lines.iter().enumerate().flat_map(again).collect();
        }
    }
    text
}

/// A large file, full of one thing.
#[test]
fn large_and_odd_files_are_read_in_time() {
    let large = |piece: &str| piece.repeat((1 << 18) / piece.len());
    for piece in
        ["[", "{", "x=[", "x={", "a.", "= ", "a\n", "\"", "'''", "ä", "#", ",", "[[a]]\n", "[a]\n", "[[liaison]]\n"]
    {
        let mut files = good();
        files.insert("rosters/privacy.toml", large(piece));
        assert!(!said(&files).is_empty(), "{piece}");
    }
    let mut files = good();
    let keys: String = (0..15_000).map(|number| format!("k{number} = {number}\n")).collect();
    files.insert("rosters/privacy.toml", keys);
    assert!(said(&files).contains("more than 200 of these in this file"));
    let long = large("\"x\",");
    files.insert("rosters/privacy.toml", format!("department = [{}]", &long[..long.len() - 20]));
    said(&files);
}
