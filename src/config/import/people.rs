//! Whom another system means: its names, numbers and addresses against the liaisons of a roster.

use std::collections::BTreeMap;

use crate::config::import::{Fault, Shift, first_of};
use crate::config::mistakes::{closest, meant_or_known, quoted, quoted_list};
use crate::domain::id::LiaisonId;
use crate::domain::roster::{Liaison, Roster};

/// A number with fewer digits is an extension and names nobody.
const PHONE_DIGITS_MIN: usize = 10;

/// Something that says whose a shift is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clue {
    /// The other system's own key.
    Id(String),
    /// `Maria Rivera` or `Rivera, Maria`.
    Name(String),
    /// An address.
    Email(String),
    /// A number in any form.
    Phone(String),
    /// A text that holds the name somewhere.
    Text(String),
}

impl Clue {
    fn text(&self) -> &str {
        match self {
            Self::Id(text) | Self::Name(text) | Self::Email(text) | Self::Phone(text) | Self::Text(text) => text,
        }
    }

    fn is_of(&self, liaison: &Liaison) -> bool {
        match self {
            Self::Id(text) => text == liaison.id.as_str(),
            Self::Name(text) => {
                let name = plain(&liaison.name);
                plain(text) == name || first_name_first(text) == name || text.trim() == liaison.id.as_str()
            }
            Self::Email(text) => liaison.email.as_ref().is_some_and(|email| email.eq_ignore_ascii_case(text.trim())),
            Self::Phone(text) => liaison.sms.as_ref().is_some_and(|sms| is_same_number(sms, text)),
            Self::Text(text) => {
                Self::Name(text.clone()).is_of(liaison) || holds_words(&plain(text), &plain(&liaison.name))
            }
        }
    }
}

/// The liaisons of a roster, and the words that other systems use for them.
pub struct People<'a> {
    roster: &'a Roster,
    map: BTreeMap<String, LiaisonId>,
}

impl<'a> People<'a> {
    /// The roster's liaisons, with `map` from names, keys or addresses of the other system; it goes before all else.
    ///
    /// # Errors
    ///
    /// Entries whose liaison the roster does not have; the line is 0 for one that stands in no file.
    pub fn new(roster: &'a Roster, map: &[MapEntry]) -> Result<Self, Vec<Fault>> {
        let ids = || roster.liaisons.iter().map(|liaison| liaison.id.as_str());
        let unknown = map.iter().filter(|entry| !ids().any(|id| id == entry.liaison));
        let faults: Vec<_> = unknown
            .map(|entry| {
                let message = format!("no liaison has the id {}", quoted(&entry.liaison));
                let hint = meant_or_known(&entry.liaison, ids()).map_or(String::new(), |hint| format!(": {hint}"));
                Fault { lines: entry.line.into_iter().collect(), message: message + &hint }
            })
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let map = map.iter().filter_map(|entry| Some((plain(&entry.word), entry.liaison.parse().ok()?))).collect();
        Ok(Self { roster, map })
    }

    /// Whose each shift is.
    ///
    /// # Errors
    ///
    /// The shifts that name nobody of the roster, or more than one, those of one name together.
    pub fn name_all<'s>(&self, shifts: &'s [Shift]) -> Result<Vec<(&'s Shift, LiaisonId)>, Vec<Fault>> {
        let mut named = Vec::new();
        // Each person is looked for once, however long the file is.
        let mut known: BTreeMap<&[Vec<Clue>], Result<LiaisonId, String>> = BTreeMap::new();
        let mut unknown: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for shift in shifts {
            match known.entry(&shift.clues).or_insert_with(|| self.find(&shift.clues)) {
                Ok(liaison) => named.push((shift, liaison.clone())),
                Err(message) => unknown.entry(message.clone()).or_default().push(shift.line),
            }
        }
        if unknown.is_empty() {
            return Ok(named);
        }
        let mut faults: Vec<_> = unknown.into_iter().map(|(message, lines)| Fault { lines, message }).collect();
        faults.sort_by(|one, other| one.lines.cmp(&other.lines));
        Err(first_of(faults))
    }

    fn find(&self, groups: &[Vec<Clue>]) -> Result<LiaisonId, String> {
        let mapped: Vec<_> = groups.iter().flatten().filter_map(|clue| self.map.get(&plain(clue.text()))).collect();
        if let Some((first, rest)) = mapped.split_first() {
            return match rest.iter().find(|other| *other != first) {
                Some(other) => Err(two(groups, &[first.as_str(), other.as_str()])),
                None => Ok((*first).clone()),
            };
        }
        for clues in groups {
            let of = |clue: &Clue| -> Vec<&LiaisonId> {
                self.roster.liaisons.iter().filter(|one| clue.is_of(one)).map(|one| &one.id).collect()
            };
            let meant: Vec<Vec<&LiaisonId>> = clues.iter().map(of).filter(|ids| !ids.is_empty()).collect();
            let Some(first) = meant.first() else { continue };
            // A number that two people share says less than a name, but must not contradict it.
            let common: Vec<_> = first.iter().filter(|id| meant.iter().all(|ids| ids.contains(id))).collect();
            if let [only] = common.as_slice() {
                return Ok((**only).clone());
            }
            let mut all: Vec<&str> = meant.iter().flatten().map(|id| id.as_str()).collect();
            all.sort_unstable();
            all.dedup();
            return Err(two(groups, &all));
        }
        Err(self.nobody(groups))
    }

    fn nobody(&self, groups: &[Vec<Clue>]) -> String {
        let shown = shown(groups);
        let names = || self.roster.liaisons.iter().map(|liaison| liaison.name.as_str());
        let ids = || self.roster.liaisons.iter().map(|liaison| liaison.id.as_str());
        let near = closest(&first_name_first(&shown), names().chain(ids())).or_else(|| closest(&shown, names()));
        let near = near.and_then(|near| {
            self.roster.liaisons.iter().find(|liaison| liaison.name == near || liaison.id.as_str() == near)
        });
        let hint = near.map_or(String::new(), |liaison| format!("did you mean {}? ", quoted(&liaison.name)));
        let id = near.map_or("ID", |liaison| liaison.id.as_str());
        let (department, word) = (quoted(self.roster.department.as_str()), shown.replace('"', "'"));
        format!("nobody in {department} is {}: {hint}say who it is with `--liaison \"{word}={id}\"`", quoted(&shown))
    }
}

/// One entry of a map from another system's words to liaisons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapEntry {
    /// Where it stands, counted from 1, if in a file.
    pub line: Option<u32>,
    /// A name, key or address of the other system.
    pub word: String,
    /// The id of a liaison.
    pub liaison: String,
}

impl MapEntry {
    /// Reads `Rivera, Maria = m-rivera`; the last `=` counts.
    pub fn read(text: &str) -> Option<Self> {
        let (word, liaison) = text.rsplit_once('=')?;
        let word = word.trim().trim_matches('"');
        let liaison = liaison.trim().trim_matches('"');
        (!word.is_empty() && !liaison.is_empty()).then(|| Self {
            line: None,
            word: word.to_owned(),
            liaison: liaison.to_owned(),
        })
    }

    /// Reads a file of them, one a line; blank lines and those that start with `#` are left out.
    ///
    /// # Errors
    ///
    /// The lines that are none.
    pub fn read_all(text: &str) -> Result<Vec<Self>, Vec<Fault>> {
        let (mut entries, mut faults) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            match Self::read(line) {
                Some(entry) => entries.push(Self { line: Some(number), ..entry }),
                None => faults.push(Fault::line(number, "write a line of the map as `Rivera, Maria = m-rivera`")),
            }
        }
        if faults.is_empty() { Ok(entries) } else { Err(first_of(faults)) }
    }
}

fn two(groups: &[Vec<Clue>], ids: &[&str]) -> String {
    let shown = shown(groups);
    let ids = quoted_list(ids.iter().copied());
    format!("{} may be any of {ids}: say who it is with `--liaison \"{}=ID\"`", quoted(&shown), shown.replace('"', "'"))
}

/// The words that tell a person most.
fn shown(groups: &[Vec<Clue>]) -> String {
    let all = || groups.iter().flatten();
    let name = all().find(|clue| matches!(clue, Clue::Name(_) | Clue::Text(_)));
    name.or_else(|| all().next()).map_or("?", Clue::text).trim().to_owned()
}

/// Small letters, one blank between words.
fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `maria rivera` for `Rivera, Maria`.
fn first_name_first(text: &str) -> String {
    match text.split_once(',') {
        Some((last, first)) => plain(&format!("{first} {last}")),
        None => plain(text),
    }
}

/// Whether a text holds some words together and whole.
fn holds_words(text: &str, words: &str) -> bool {
    !words.is_empty()
        && text.match_indices(words).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + words.len()..].chars().next();
            [before, after].iter().all(|one| one.is_none_or(|one| !one.is_alphanumeric()))
        })
}

/// Whether a number in any form is the one in E.164, whose country may be left out.
fn is_same_number(e164: &str, text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_complete = digits.len() >= PHONE_DIGITS_MIN && !text.chars().any(char::is_alphabetic);
    let wanted = e164.trim_start_matches('+');
    let country_digits = wanted.len().saturating_sub(digits.len());
    is_complete && wanted.ends_with(&digits) && country_digits <= 3
}
