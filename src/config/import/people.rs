//! Whom another system means: its names, numbers and addresses against the liaisons of a roster.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::import::names::{first_name_first, full_name, holds_words, may_be, plain, speaks_of_absence, words};
use crate::config::import::{Fault, Shift, first_of};
use crate::config::mistakes::{closest, meant_or_known, quoted, quoted_list};
use crate::domain::contact::ChannelKind;
use crate::domain::id::LiaisonId;
use crate::domain::label::lower;
use crate::domain::roster::{Liaison, Roster};

/// A number with fewer digits is an extension and names nobody.
const PHONE_DIGITS_MIN: usize = 10;

/// In a map in the place of a liaison's id: the words name no person at all.
const NO_PERSON: &str = "-";

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
            Self::Email(text) => {
                liaison.contacts.of(ChannelKind::Email).is_some_and(|mail| mail.key() == lower(text.trim()))
            }
            Self::Phone(text) => {
                liaison.contacts.of(ChannelKind::Sms).is_some_and(|phone| is_same_number(&phone.address, text))
            }
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
    no_persons: BTreeSet<String>,
    /// Words that say which department or role, and not who.
    ours: Vec<String>,
}

impl<'a> People<'a> {
    /// The roster's liaisons, with `map` from names, keys or addresses of the other system; it goes before all else. An
    /// entry for `-` says that its words, as the title of an event, name no person.
    ///
    /// # Errors
    ///
    /// Entries whose liaison the roster does not have; the line is 0 for one that stands in no file.
    pub fn new(roster: &'a Roster, map: &[MapEntry]) -> Result<Self, Vec<Fault>> {
        let ids = || roster.liaisons.iter().map(|liaison| liaison.id.as_str());
        let (no_persons, map): (Vec<_>, Vec<_>) = map.iter().partition(|entry| entry.liaison == NO_PERSON);
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
        let no_persons = no_persons.iter().map(|entry| plain(&entry.word)).collect();
        let roles = roster.roles();
        let of_roles = roles.iter().flat_map(|role| words(role.as_str()));
        let ours = words(&roster.name).chain(words(roster.department.as_str())).chain(of_roles);
        Ok(Self { roster, map, no_persons, ours: ours.map(str::to_lowercase).collect() })
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
            let meant: Vec<Vec<&LiaisonId>> =
                clues.iter().map(|clue| self.meant_by(clue)).filter(|ids| !ids.is_empty()).collect();
            let Some(first) = meant.first() else { continue };
            // A number that two people share says less than a name, but must not contradict it.
            let common: Vec<_> = first.iter().filter(|id| meant.iter().all(|ids| ids.contains(id))).collect();
            if let [only] = common.as_slice() {
                return self.uncontradicted(groups, clues, only).map(|()| (**only).clone());
            }
            return Err(two_of(groups, meant.iter().flatten()));
        }
        Err(self.nobody(&self.unknown(groups), ""))
    }

    /// The word to ask about; a title without a name is that of other events, too, and is better left alone.
    fn unknown(&self, groups: &[Vec<Clue>]) -> String {
        let all = || groups.iter().flatten();
        let is_bare = |clue: &Clue| matches!(clue, Clue::Text(text) if full_name(text, &self.ours).is_none());
        let address = all().find(|clue| matches!(clue, Clue::Email(_))).filter(|_| {
            let has_name = all().any(|clue| matches!(clue, Clue::Name(_)));
            !has_name && all().any(is_bare)
        });
        address.map_or_else(|| shown(groups), |address| address.text().to_owned())
    }

    fn meant_by(&self, clue: &Clue) -> Vec<&LiaisonId> {
        self.roster.liaisons.iter().filter(|one| clue.is_of(one)).map(|one| &one.id).collect()
    }

    /// A number or an address is often that of a desk, or of whoever keeps the schedule: a name says more.
    fn uncontradicted(&self, groups: &[Vec<Clue>], deciding: &[Clue], found: &LiaisonId) -> Result<(), String> {
        let Some(liaison) = self.roster.liaison(found) else { return Ok(()) };
        let is_by_key = deciding.iter().any(|clue| matches!(clue, Clue::Id(_)) && clue.is_of(liaison));
        for clue in groups.iter().flatten() {
            let meant = self.meant_by(clue);
            match clue {
                Clue::Name(name) if meant.is_empty() && !is_by_key && !may_be(name, &liaison.name) => {
                    let by_phone = deciding.iter().any(|clue| matches!(clue, Clue::Phone(_)) && clue.is_of(liaison));
                    let what = if by_phone { "number" } else { "address" };
                    let only = format!(", only the {what} is that of {}", quoted(&liaison.name));
                    return Err(self.nobody(name.trim(), &only));
                }
                Clue::Text(_) if !meant.is_empty() && !meant.contains(&found) => {
                    return Err(two_of(groups, meant.iter().chain([&found])));
                }
                Clue::Text(text) if speaks_of_absence(text) && !self.no_persons.contains(&plain(text)) => {
                    let (title, whole) = (quoted(text.trim()), text.trim().replace('"', "'"));
                    return Err(format!(
                        "the title {title} may say that {} is not on duty: take the event out, or say who is on call \
                         with `--liaison \"{whole}=ID\"`",
                        quoted(&liaison.name)
                    ));
                }
                Clue::Text(text) if meant.is_empty() && !self.no_persons.contains(&plain(text)) => {
                    let Some(name) = full_name(text, &self.ours).filter(|name| !may_be(name, &liaison.name)) else {
                        continue;
                    };
                    let (name, whole) = (quoted(name), text.trim().replace('"', "'"));
                    let department = quoted(self.roster.department.as_str());
                    return Err(format!(
                        "the title names {name}, who is nobody in {department}, and the address is that of {}: say who \
                         it is with `--liaison \"{whole}=ID\"`, or that it is no person with `--liaison \"{whole}=-\"`",
                        quoted(&liaison.name)
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn nobody(&self, shown: &str, aside: &str) -> String {
        let names = || self.roster.liaisons.iter().map(|liaison| liaison.name.as_str());
        let ids = || self.roster.liaisons.iter().map(|liaison| liaison.id.as_str());
        let near = closest(&first_name_first(shown), names().chain(ids())).or_else(|| closest(shown, names()));
        let near = near.and_then(|near| {
            self.roster.liaisons.iter().find(|liaison| liaison.name == near || liaison.id.as_str() == near)
        });
        let hint = near.map_or(String::new(), |liaison| format!("did you mean {}? ", quoted(&liaison.name)));
        let id = near.map_or("ID", |liaison| liaison.id.as_str());
        let (department, word) = (quoted(self.roster.department.as_str()), shown.replace('"', "'"));
        let who = quoted(shown);
        format!("nobody in {department} is {who}{aside}: {hint}say who it is with `--liaison \"{word}={id}\"`")
    }
}

/// One entry of a map from another system's words to liaisons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapEntry {
    /// Where it stands, counted from 1, if in a file.
    pub line: Option<u32>,
    /// A name, key or address of the other system.
    pub word: String,
    /// The id of a liaison; `-` where the word names no person.
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

/// The people that it may be, each once.
fn two_of<'a, 'b: 'a>(groups: &[Vec<Clue>], ids: impl Iterator<Item = &'a &'b LiaisonId>) -> String {
    let all: BTreeSet<&str> = ids.map(|id| id.as_str()).collect();
    two(groups, &all.into_iter().collect::<Vec<_>>())
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

/// Whether a number in any form is the one in E.164, whose country may be left out.
fn is_same_number(e164: &str, text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_complete = digits.len() >= PHONE_DIGITS_MIN && !text.chars().any(char::is_alphabetic);
    let wanted = e164.trim_start_matches('+');
    let country_digits = wanted.len().saturating_sub(digits.len());
    is_complete && wanted.ends_with(&digits) && country_digits <= 3
}
