//! Matches another system's names, numbers, and addresses to the liaisons of a roster.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::diagnostics::{closest, meant_or_known, quoted, quoted_list};
use crate::config::import::clue::Clue;
use crate::config::import::fault::{Fault, first_of};
use crate::config::import::names::{first_name_first, full_name, holds_words, may_be, plain, speaks_of_absence, words};
use crate::config::import::shift::Shift;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::roster::{Liaison, Roster};

/// In a mapping, instead of a liaison's ID: the text is not a person.
const NO_PERSON: &str = "-";

/// The liaisons of a roster, and their names in other systems.
pub struct People<'a> {
    roster: &'a Roster,
    map: BTreeMap<String, LiaisonId>,
    no_persons: BTreeSet<String>,
    /// Words that name the department or role, not a person.
    office_words: Vec<String>,
}

impl<'a> People<'a> {
    /// The roster's liaisons, with mappings from names, keys, or addresses of the other system, which take precedence. An
    /// entry for `-` says that its text, such as an event title, is not a person.
    ///
    /// # Errors
    ///
    /// Entries whose liaison is not in the roster; the line is 0 for an entry that is not from a file.
    pub fn new(roster: &'a Roster, map: &[MapEntry]) -> Result<Self, Vec<Fault>> {
        let ids = || roster.liaisons.iter().map(|liaison| liaison.id.as_str());
        let (no_persons, map): (Vec<_>, Vec<_>) = map.iter().partition(|entry| entry.liaison == NO_PERSON);
        let unknown = map.iter().filter(|entry| !ids().any(|id| id == entry.liaison));
        let faults: Vec<_> = unknown
            .map(|entry| {
                let message = format!("no liaison has the ID {}", quoted(&entry.liaison));
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
        let office_words = words(&roster.name).chain(words(roster.department.as_str())).chain(of_roles);
        Ok(Self { roster, map, no_persons, office_words: office_words.map(plain).collect() })
    }

    /// The person of each shift.
    ///
    /// # Errors
    ///
    /// Shifts that match no one or several people, grouped by name.
    pub fn name_all<'s>(&self, shifts: &'s [Shift]) -> Result<Vec<(&'s Shift, LiaisonId)>, Vec<Fault>> {
        let mut named = Vec::new();
        // Each person is looked up only once, however long the file is.
        let mut known: BTreeMap<&[Vec<Clue>], Result<LiaisonId, Unclear>> = BTreeMap::new();
        let mut unknown: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for shift in shifts {
            match known.entry(&shift.clues).or_insert_with(|| self.find(&shift.clues)) {
                Ok(liaison) => named.push((shift, liaison.clone())),
                Err(unclear) => unknown.entry(unclear.to_string()).or_default().push(shift.line),
            }
        }
        if unknown.is_empty() {
            return Ok(named);
        }
        let mut faults: Vec<_> = unknown.into_iter().map(|(message, lines)| Fault { lines, message }).collect();
        faults.sort_by(|one, other| one.lines.cmp(&other.lines));
        Err(first_of(faults))
    }

    fn find(&self, groups: &[Vec<Clue>]) -> Result<LiaisonId, Unclear> {
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
            // A shared number is weaker than a name, but must not contradict it.
            let common: Vec<_> = first.iter().filter(|id| meant.iter().all(|ids| ids.contains(id))).collect();
            if let [only] = common.as_slice() {
                return self.uncontradicted(groups, clues, only).map(|()| (**only).clone());
            }
            return Err(two_of(groups, meant.iter().flatten()));
        }
        if groups.iter().all(Vec::is_empty) {
            return Err(Unclear::Unnamed);
        }
        Err(self.nobody(&self.unknown(groups), ""))
    }

    /// The text to ask about. A title without a name may be used for other events, so it is avoided.
    fn unknown(&self, groups: &[Vec<Clue>]) -> String {
        let all = || groups.iter().flatten();
        let is_bare = |clue: &Clue| matches!(clue, Clue::Text(text) if full_name(text, &self.office_words).is_none());
        let address = all().find(|clue| matches!(clue, Clue::Email(_))).filter(|_| {
            let has_name = all().any(|clue| matches!(clue, Clue::Name(_)));
            !has_name && all().any(is_bare)
        });
        address.map_or_else(|| shown(groups), |address| address.text().to_owned())
    }

    fn meant_by(&self, clue: &Clue) -> Vec<&LiaisonId> {
        let all: Vec<&Liaison> = self.roster.liaisons.iter().filter(|one| clue.is_of(one)).collect();
        let is_outdone = |one: &Liaison| {
            let name = plain(&one.name);
            all.iter().any(|other| {
                let longer = plain(&other.name);
                // `Ana Lopez-Ruiz` is not `Ana Lopez`, and `José` is `José` before he is `Jose`.
                if longer == name {
                    clue.is_exactly(other) && !clue.is_exactly(one)
                } else {
                    holds_words(&longer, &name)
                        && count(&plain(clue.text()), &longer) >= count(&plain(clue.text()), &name)
                }
            })
        };
        all.iter().filter(|one| !is_outdone(one)).map(|one| &one.id).collect()
    }

    /// A number or address often belongs to a desk or to the scheduler, so a name counts more.
    fn uncontradicted(&self, groups: &[Vec<Clue>], deciding: &[Clue], found: &LiaisonId) -> Result<(), Unclear> {
        let Some(liaison) = self.roster.liaison(found) else { return Ok(()) };
        let is_by_key = deciding.iter().any(|clue| matches!(clue, Clue::Id(_)) && clue.is_of(liaison));
        let is_by_title = deciding.iter().any(|clue| matches!(clue, Clue::Text(_)));
        for clue in groups.iter().flatten() {
            let meant = self.meant_by(clue);
            match clue {
                // The organizer often just maintains the calendar.
                Clue::Name(name) if meant.is_empty() && !is_by_key && !may_be(name, &liaison.name) => {
                    let by_phone = deciding.iter().any(|clue| matches!(clue, Clue::Phone(_)) && clue.is_of(liaison));
                    let what = if by_phone { "number" } else { "address" };
                    let only = format!(", but the {what} belongs to {}", quoted(&liaison.name));
                    return Err(self.nobody(name.trim(), &only));
                }
                Clue::Alias(_) if is_by_title => {}
                Clue::Text(_) | Clue::Alias(_) if !meant.is_empty() && !meant.contains(&found) => {
                    return Err(two_of(groups, meant.iter().chain([&found])));
                }
                Clue::Text(text) if speaks_of_absence(text) && !self.no_persons.contains(&plain(text)) => {
                    let (title, liaison) = (text.trim().to_owned(), liaison.name.clone());
                    return Err(Unclear::MayBeAbsent { title, liaison });
                }
                Clue::Text(text) if meant.is_empty() && !self.no_persons.contains(&plain(text)) => {
                    let Some(name) = full_name(text, &self.office_words).filter(|name| !may_be(name, &liaison.name))
                    else {
                        continue;
                    };
                    let (name, title) = (name.to_owned(), text.trim().to_owned());
                    let (department, liaison) = (self.roster.department.clone(), liaison.name.clone());
                    return Err(Unclear::Another { name, title, department, liaison });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn nobody(&self, shown: &str, aside: &str) -> Unclear {
        let names: Vec<String> = self.roster.liaisons.iter().map(|liaison| plain(&liaison.name)).collect();
        let names = || names.iter().map(String::as_str);
        let ids = || self.roster.liaisons.iter().map(|liaison| liaison.id.as_str());
        let near = closest(&first_name_first(shown), names().chain(ids())).or_else(|| closest(&plain(shown), names()));
        let is_near =
            |liaison: &&Liaison| near.is_some_and(|near| plain(&liaison.name) == near || liaison.id.as_str() == near);
        let near = self.roster.liaisons.iter().find(is_near);
        Unclear::Unknown {
            who: shown.to_owned(),
            department: self.roster.department.clone(),
            aside: aside.to_owned(),
            near: near.map(|liaison| (liaison.name.clone(), liaison.id.clone())),
        }
    }
}

/// Why it is not clear who a shift is of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    #[error("no one is named: add a title or an attendee, or remove the event")]
    Unnamed,
    #[error("{} has no {}{aside}. {}", quoted(.department.as_str()), quoted(.who), set_or_near(.who, .near.as_ref()))]
    Unknown {
        who: String,
        department: DepartmentId,
        /// What speaks for somebody else.
        aside: String,
        near: Option<(String, LiaisonId)>,
    },
    #[error("{} could be any of {}. {}", quoted(.who), quoted_list(.ids.iter().map(String::as_str)), set(.who, "ID"))]
    Several { who: String, ids: Vec<String> },
    #[error(
        "the title {} may mean that {} is not on call. Remove the event, or set who is on call with {}",
        quoted(.title), quoted(.liaison), option(.title, "ID")
    )]
    MayBeAbsent { title: String, liaison: String },
    #[error(
        "the title names {}, who is not in {}, but the address belongs to {}. {}, or use {} if it is not a person",
        quoted(.name), quoted(.department.as_str()), quoted(.liaison), set(.title, "ID"), option(.title, "-")
    )]
    Another { name: String, title: String, department: DepartmentId, liaison: String },
}

/// What the command line takes, in backticks.
fn option(title: &str, id: &str) -> String {
    format!("`--liaison \"{}={id}\"`", title.replace('"', "'"))
}

fn set(title: &str, id: &str) -> String {
    format!("Set who it is with {}", option(title, id))
}

fn set_or_near(title: &str, near: Option<&(String, LiaisonId)>) -> String {
    match near {
        Some((name, id)) => format!("Did you mean {}? {}", quoted(name), set(title, id.as_str())),
        None => set(title, "ID"),
    }
}

/// A mapping from a name in another system to a liaison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapEntry {
    /// The line number, counted from 1, if it is from a file.
    pub line: Option<u32>,
    /// A name, key, or address of the other system.
    pub word: String,
    /// The ID of a liaison, or `-` if the text is not a person.
    pub liaison: String,
}

impl MapEntry {
    /// Parses `Rivera, Maria = m-rivera`, splitting at the last `=`.
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

    /// Parses a file with one mapping per line; blank lines and lines that start with `#` are ignored.
    ///
    /// # Errors
    ///
    /// The lines that are not mappings.
    pub fn read_all(text: &str) -> Result<Vec<Self>, Vec<Fault>> {
        let (mut entries, mut faults) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            match Self::read(line) {
                Some(entry) => entries.push(Self { line: Some(number), ..entry }),
                None => faults.push(Fault::line(number, "write each line of the map as `Rivera, Maria = m-rivera`")),
            }
        }
        if faults.is_empty() { Ok(entries) } else { Err(first_of(faults)) }
    }
}

fn count(text: &str, words: &str) -> usize {
    text.matches(words).count()
}

/// The possible people, each once.
fn two_of<'a, 'b: 'a>(groups: &[Vec<Clue>], ids: impl Iterator<Item = &'a &'b LiaisonId>) -> Unclear {
    let all: BTreeSet<&str> = ids.map(|id| id.as_str()).collect();
    two(groups, &all.into_iter().collect::<Vec<_>>())
}

fn two(groups: &[Vec<Clue>], ids: &[&str]) -> Unclear {
    Unclear::Several { who: shown(groups), ids: ids.iter().map(|id| (*id).to_owned()).collect() }
}

/// The most telling clue.
fn shown(groups: &[Vec<Clue>]) -> String {
    let all = || groups.iter().flatten();
    let name = all().find(|clue| matches!(clue, Clue::Name(_) | Clue::Text(_)));
    let name = name.or_else(|| all().find(|clue| matches!(clue, Clue::Alias(_))));
    name.or_else(|| all().next()).map_or("?", Clue::text).trim().to_owned()
}
