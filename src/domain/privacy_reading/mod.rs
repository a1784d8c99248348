//! Reads a draft for what it may say about a person: before it is submitted, its author sees what may say too much.
//!
//! A reading knows the words that the incident protects ([`protected`]) and the phrases of the hospital's [lists](lists).
//! It decides nothing: whoever writes may submit nevertheless, with a reason.

pub mod close;
pub mod found;
pub mod lists;
pub mod phrase;
pub mod protected;
pub mod vocabulary;
pub mod words;

use serde::{Deserialize, Serialize};

use crate::domain::privacy_reading::found::{Finding, Why};
use crate::domain::privacy_reading::lists::Lists;
use crate::domain::privacy_reading::protected::{Protected, Wanted};
use crate::domain::privacy_reading::words::{Spellings, Word, words};

/// A part of a text that may say too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PrivacyMark {
    /// The first character, counted in Unicode characters (code points) from 0, not in bytes.
    pub from: usize,
    /// The character after the last.
    pub to: usize,
    pub why: Why,
}

/// What may say too much in a text, in order. Marks do not overlap: where several reasons apply, the first of [`Why`]
/// is given.
pub fn read(text: &str, protected: &Protected, lists: &Lists) -> Vec<PrivacyMark> {
    // A short spelling may be part of an account's name, so names are looked for as they are written.
    let written = words(text, &Spellings::new(), &lists.vocabulary);
    let spelled = words(text, &lists.spellings, &lists.vocabulary);
    let mut all = marks(&Wanted::new(protected, lists).find(&written, lists), &written);
    all.extend(marks(&lists.find(&spelled), &spelled));
    merged(all)
}

fn marks(found: &[Finding], words: &[Word]) -> Vec<PrivacyMark> {
    let place = |found: &Finding| {
        let all = words.get(found.words.clone())?;
        Some(PrivacyMark { from: all.first()?.from, to: all.last()?.to, why: found.why })
    };
    found.iter().filter_map(place).collect()
}

fn merged(mut marks: Vec<PrivacyMark>) -> Vec<PrivacyMark> {
    marks.sort_by_key(|mark| (mark.from, mark.to));
    let mut merged: Vec<PrivacyMark> = Vec::new();
    for mark in marks {
        match merged.last_mut().filter(|last| mark.from < last.to) {
            Some(last) => {
                *last = PrivacyMark { from: last.from, to: last.to.max(mark.to), why: last.why.min(mark.why) }
            }
            None => merged.push(mark),
        }
    }
    merged
}
