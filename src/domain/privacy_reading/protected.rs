//! The words of an incident that a text must not repeat, and where a text comes close to them.

use std::collections::{BTreeSet, HashSet};

use crate::domain::incident::Content;
use crate::domain::privacy_reading::close::{is_close, without_digits};
use crate::domain::privacy_reading::found::{Finding, Why};
use crate::domain::privacy_reading::lists::Lists;
use crate::domain::privacy_reading::vocabulary::{Vocabulary, forms, in_digits, is_number};
use crate::domain::privacy_reading::words::{Spellings, Word, words};

/// What an incident protects. It has no `Debug`: its words belong in no log.
#[derive(Clone, Default)]
pub struct Protected {
    pub author: Option<String>,
    pub url: Option<String>,
    pub summary: Option<String>,
    /// Names of people.
    pub involved: Vec<String>,
    /// The values of the source's other labels.
    pub labels: Vec<String>,
    /// What everybody may know, such as the hospital's and the network's names; it is never marked.
    pub public: Vec<String>,
}

impl Protected {
    /// What the content of an incident protects, with the names of the people involved.
    pub fn new(content: &Content, involved: Vec<String>, public: Vec<String>) -> Self {
        Self {
            author: content.author.clone(),
            url: content.url.clone(),
            summary: content.summary.clone(),
            involved: content.involved_unknown.iter().cloned().chain(involved).collect(),
            labels: content.labels.values().cloned().collect(),
            public,
        }
    }
}

/// The most words that one name is looked for in: `d a w n` is four.
const PIECES_MAX: usize = 6;

/// A shorter part of a name is compared to the letter.
const CLOSE_FROM: usize = 5;

/// The protected words in the forms in which they are looked for.
#[derive(Default)]
pub struct Wanted {
    /// Parts of names.
    names: BTreeSet<String>,
    /// Parts of names that are ordinary words, such as `May`.
    ordinary_names: HashSet<String>,
    /// Names and accounts, written as one.
    whole: HashSet<String>,
    /// Other words that are not ordinary, and what they are forms of.
    others: HashSet<String>,
    url: HashSet<String>,
    /// Numbers of the report, each with the word after it, or the month before it.
    counted: HashSet<(String, String)>,
    days: HashSet<String>,
}

const WEEKDAYS: [&str; 14] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "lunes",
    "martes",
    "miercoles",
    "jueves",
    "viernes",
    "sabado",
    "domingo",
];

/// The first letters of the months; `may` is found by its number.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl Wanted {
    pub fn new(protected: &Protected, lists: &Lists) -> Self {
        let vocabulary = &lists.vocabulary;
        let public: HashSet<String> = protected
            .public
            .iter()
            .flat_map(|text| words(text, &Spellings::new(), vocabulary))
            .map(|word| word.text)
            .collect();
        let mut wanted = Self::default();
        for name in protected.author.iter().chain(&protected.involved) {
            wanted.add_name(name, vocabulary);
        }
        for text in protected.summary.iter().chain(&protected.labels) {
            wanted.add_text(text, vocabulary);
        }
        if let Some(url) = &protected.url {
            let parts = words(url, &Spellings::new(), vocabulary).into_iter().map(|word| word.text);
            wanted.url.extend(parts.filter(|part| is_telling(part, vocabulary)));
        }
        wanted.names.retain(|name| !public.contains(name));
        wanted.others.retain(|word| !public.contains(word));
        wanted.url.retain(|word| !public.contains(word));
        wanted
    }

    fn add_name(&mut self, name: &str, vocabulary: &Vocabulary) {
        let local = name.trim_start_matches('@');
        let parts = words(&apart(local), &Spellings::new(), vocabulary);
        let whole: String = parts.iter().map(|part| part.text.as_str()).collect();
        // `nurse supervisor` is not a name.
        let is_written_out = local.contains(' ');
        let is_role = is_written_out && parts.iter().all(|part| part.is_ordinary);
        if whole.chars().count() >= 4 && !is_role && !vocabulary.is_ordinary(&whole) {
            self.whole.insert(without_digits(&whole));
            self.whole.insert(whole);
        }
        for part in parts {
            let length = part.text.chars().count();
            if part.text.chars().any(char::is_numeric) {
                continue;
            }
            if part.is_ordinary {
                self.ordinary_names.extend((is_written_out && length > 2).then_some(part.text));
            } else if length >= 3 || (is_written_out && length == 2) {
                self.names.insert(part.text);
            }
        }
    }

    fn add_text(&mut self, text: &str, vocabulary: &Vocabulary) {
        let read = words(text, &Spellings::new(), vocabulary);
        for (at, word) in read.iter().enumerate() {
            if let Some((counted, _)) = counted_at(&read, at) {
                self.counted.insert(counted);
            }
            if WEEKDAYS.contains(&word.text.as_str()) {
                self.days.insert(word.text.clone());
            } else if !word.is_ordinary && word.text.chars().count() >= 3 {
                if word.is_name() && !word.is_first {
                    self.names.insert(word.text.clone());
                }
                self.others.extend(forms(&word.text));
                self.others.insert(word.text.clone());
            }
        }
    }

    /// Every place where a text repeats a protected word, or comes close to one. What is not a name counts where the text
    /// speaks to or of somebody: a hospital may say that its elevator is broken although the report says so, too.
    pub fn find(&self, text: &[Word], lists: &Lists) -> Vec<Finding> {
        let mut found = Vec::new();
        for (at, word) in text.iter().enumerate() {
            let sentence = || {
                text.chunk_by(|one, next| one.sentence == next.sentence).find(|all| all[0].sentence == word.sentence)
            };
            if let Some(end) = self.name_at(text, at) {
                found.push(Finding { words: at..end, why: Why::Name });
            } else if let Some(end) = self.counted_end(text, at) {
                found.push(Finding { words: at..end, why: Why::Report });
            } else if self.is_repeated(word) && sentence().is_some_and(|sentence| lists.is_about_somebody(sentence)) {
                found.push(Finding { words: at..at + 1, why: Why::Report });
            } else if self.url.contains(&text[at].text) {
                found.push(Finding { words: at..at + 1, why: Why::Link });
            }
        }
        found
    }

    /// Where a name ends that begins at a word.
    fn name_at(&self, text: &[Word], at: usize) -> Option<usize> {
        let mut joined = String::new();
        let mut longest = None;
        for (end, word) in text.iter().enumerate().skip(at).take(PIECES_MAX) {
            joined.push_str(&word.text);
            let plain = without_digits(&joined);
            let is_new = end > at || plain != joined;
            let is_part = is_new && plain.chars().count() >= 4 && self.names.contains(&plain);
            if is_part || self.whole.contains(&joined) || self.whole.contains(&plain) {
                longest = Some(end + 1);
            }
        }
        longest.or_else(|| self.is_name(&text[at]).then_some(at + 1))
    }

    fn is_name(&self, word: &Word) -> bool {
        let text = word.text.as_str();
        if self.names.contains(text) {
            return true;
        }
        if word.is_ordinary {
            return word.is_name() && !word.is_first && self.ordinary_names.contains(text);
        }
        let length = text.chars().count();
        let is_close_to = |name: &String| name.chars().count() >= CLOSE_FROM && is_close(name, text);
        let begins = |name: &String| length >= 3 && name.len() > text.len() && name.starts_with(text);
        let is_part_of = |name: &String| word.is_name() && (begins(name) || (length >= 5 && name.ends_with(text)));
        (length >= CLOSE_FROM && self.names.iter().any(is_close_to))
            || self.names.iter().chain(&self.whole).any(is_part_of)
    }

    fn counted_end(&self, text: &[Word], at: usize) -> Option<usize> {
        let (counted, end) = counted_at(text, at)?;
        self.counted.contains(&counted).then_some(end)
    }

    fn is_repeated(&self, word: &Word) -> bool {
        let is_same =
            self.others.contains(&word.text) || forms(&word.text).iter().any(|form| self.others.contains(form));
        self.days.contains(&word.text) || (is_same && !word.is_ordinary)
    }
}

/// A number with what it counts, or a day with its month, and where it ends.
fn counted_at(text: &[Word], at: usize) -> Option<((String, String), usize)> {
    let next = text.get(at + 1).filter(|next| next.sentence == text[at].sentence)?;
    let (word, after) = (text[at].text.as_str(), next.text.as_str());
    let month = MONTHS.iter().find(|month| word.starts_with(**month));
    if let Some(month) = month.filter(|_| is_number(after)) {
        return Some(((in_digits(after), (*month).to_owned()), at + 2));
    }
    let is_unit = !matches!(after, "/" | ":") && !is_number(after);
    (is_number(word) && is_unit).then(|| ((in_digits(word), singular(after)), at + 2))
}

fn is_telling(part: &str, vocabulary: &Vocabulary) -> bool {
    let is_number = part.chars().all(char::is_numeric);
    let length = part.chars().count();
    if is_number { length >= 5 } else { length >= 4 && !vocabulary.is_ordinary(part) }
}

fn singular(word: &str) -> String {
    word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word).to_owned()
}

/// The parts of `DawnRuiz` with space between them.
fn apart(name: &str) -> String {
    let mut apart = String::with_capacity(name.len() + 2);
    let mut before_is_small = false;
    for one in name.chars() {
        if before_is_small && one.is_uppercase() {
            apart.push(' ');
        }
        before_is_small = one.is_lowercase();
        apart.push(one);
    }
    apart
}
