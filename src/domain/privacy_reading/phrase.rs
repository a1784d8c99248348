//! The phrases of the lists: a small pattern language over words.
//!
//! `word` is that word, `visit*` a word that begins so, `*ed` one that ends so, `#` a number, `a|b` either of two,
//! `{group}` any word of a named group, `word?` may be left out, `!word` must not come next, and `...` is up to four
//! words of any kind.

use std::collections::BTreeMap;

use strsim::damerau_levenshtein;

use crate::domain::privacy_reading::close::folded;
use crate::domain::privacy_reading::vocabulary::is_number;
use crate::domain::privacy_reading::words::Word;

/// The most words that `...` leaves open.
const GAP_MAX: usize = 4;

/// A longer phrase finds nothing that a shorter one would not.
const ELEMENTS_MAX: usize = 16;

/// Named groups of words.
pub type Groups = BTreeMap<String, Choice>;

/// What is wrong with a phrase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPhrase {
    #[error("a phrase needs at least one word that must be there")]
    Empty,
    #[error("a phrase has at most {ELEMENTS_MAX} parts")]
    Long,
    #[error("`{0}` is not a group of words")]
    UnknownGroup(String),
    #[error("`{0}` is not a word: use letters, `*` at its start or its end, `|`, `{{group}}`, `#`, `?`, `!` or `...`")]
    BadWord(String),
}

/// Words of which any will do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    exact: Vec<String>,
    starts: Vec<String>,
    ends: Vec<String>,
    has_number: bool,
}

impl Choice {
    /// Reads words separated by `|`.
    ///
    /// # Errors
    ///
    /// One of them is neither a word nor a known group.
    pub fn parse(text: &str, groups: &Groups) -> Result<Self, BadPhrase> {
        let mut choice = Self::default();
        text.split('|').try_for_each(|one| choice.add(one, groups)).map(|()| choice)
    }

    /// Adds one word, or the words of a group.
    ///
    /// # Errors
    ///
    /// It is neither a word nor a known group.
    pub fn add(&mut self, text: &str, groups: &Groups) -> Result<(), BadPhrase> {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let group = groups.get(name).ok_or_else(|| BadPhrase::UnknownGroup(name.to_owned()))?;
            self.exact.extend(group.exact.iter().cloned());
            self.starts.extend(group.starts.iter().cloned());
            self.ends.extend(group.ends.iter().cloned());
            self.has_number |= group.has_number;
            return Ok(());
        }
        let plain = folded(text.trim_matches('*'));
        let is_mark = plain == "/" || plain == ":";
        let is_word = !plain.is_empty() && (is_mark || plain.chars().all(char::is_alphanumeric));
        match (text.strip_prefix('*'), text.strip_suffix('*')) {
            _ if text == "#" => self.has_number = true,
            _ if !is_word => return Err(BadPhrase::BadWord(text.to_owned())),
            (None, None) => self.exact.push(plain),
            (Some(_), None) => self.ends.push(plain),
            (None, Some(_)) => self.starts.push(plain),
            (Some(_), Some(_)) => return Err(BadPhrase::BadWord(text.to_owned())),
        }
        Ok(())
    }

    fn fits(&self, word: &Word) -> bool {
        let text = word.text.as_str();
        self.exact.iter().any(|one| one == text)
            || self.starts.iter().any(|start| text.starts_with(start.as_str()))
            || self.ends.iter().any(|end| text.len() > end.len() + 1 && text.ends_with(end.as_str()))
            || (self.has_number && is_number(text))
            || (!word.is_ordinary && self.exact.iter().any(|one| is_misspelled(one, text)))
    }
}

/// In shorter words, one letter makes another word.
const MISSPELLED_FROM: usize = 6;

fn is_misspelled(meant: &str, text: &str) -> bool {
    let is_long = meant.chars().count() >= MISSPELLED_FROM;
    is_long && meant.chars().next() == text.chars().next() && damerau_levenshtein(meant, text) == 1
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    Word(Choice),
    MaybeWord(Choice),
    NotNext(Choice),
    Gap,
}

/// A phrase that is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase(Vec<Element>);

impl Phrase {
    /// Reads a phrase.
    ///
    /// # Errors
    ///
    /// It has no word, too many, or one that cannot be read.
    pub fn parse(text: &str, groups: &Groups) -> Result<Self, BadPhrase> {
        let elements: Vec<Element> =
            text.split_whitespace().map(|part| element(part, groups)).collect::<Result<_, _>>()?;
        if elements.len() > ELEMENTS_MAX {
            return Err(BadPhrase::Long);
        }
        let has_word = elements.iter().any(|element| matches!(element, Element::Word(_)));
        if has_word { Ok(Self(elements)) } else { Err(BadPhrase::Empty) }
    }

    /// Where the phrase ends if it begins at that word: the index after its last word.
    pub fn end(&self, words: &[Word], at: usize) -> Option<usize> {
        let sentence = words.get(at)?.sentence;
        let own = words[at..].iter().position(|word| word.sentence != sentence).map_or(words.len(), |end| at + end);
        end_of(&self.0, &words[..own], at).filter(|end| *end > at)
    }
}

fn element(part: &str, groups: &Groups) -> Result<Element, BadPhrase> {
    if part == "..." {
        return Ok(Element::Gap);
    }
    if let Some(rest) = part.strip_prefix('!') {
        return Choice::parse(rest, groups).map(Element::NotNext);
    }
    match part.strip_suffix('?') {
        Some(rest) => Choice::parse(rest, groups).map(Element::MaybeWord),
        None => Choice::parse(part, groups).map(Element::Word),
    }
}

fn end_of(elements: &[Element], words: &[Word], at: usize) -> Option<usize> {
    let Some((first, rest)) = elements.split_first() else { return Some(at) };
    let fits = |choice: &Choice| words.get(at).is_some_and(|word| choice.fits(word));
    let after = |at: usize| end_of(rest, words, at);
    match first {
        Element::Word(choice) => fits(choice).then(|| after(at + 1)).flatten(),
        Element::MaybeWord(choice) => fits(choice).then(|| after(at + 1)).flatten().or_else(|| after(at)),
        Element::NotNext(choice) => (!fits(choice)).then(|| after(at)).flatten(),
        Element::Gap => {
            (0..=GAP_MAX).filter(|skipped| at + skipped <= words.len()).find_map(|skipped| after(at + skipped))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::privacy_reading::phrase::{BadPhrase, Choice, Groups, Phrase};
    use crate::domain::privacy_reading::vocabulary::Vocabulary;
    use crate::domain::privacy_reading::words::{Spellings, words};

    fn groups() -> Groups {
        let kin = Choice::parse("mom|dad", &Groups::new()).unwrap();
        Groups::from([("kin".to_owned(), kin)])
    }

    #[test]
    fn a_phrase_finds_what_it_says() {
        let vocabulary = Vocabulary::default();
        for (phrase, text, found) in [
            ("your visit", "Thanks for YOUR visit!", true),
            ("your visit", "Your. Visit", false),
            ("your visit*", "your visiting hours", true),
            ("your {kin}", "your dad's nurse", true),
            ("your recent? visit", "your visit", true),
            ("your recent? visit", "your recent visit", true),
            ("we ... you", "we have not forgotten you", true),
            ("we ... you", "we have never ever really once forgotten you", false),
            ("the patient !advocate", "the patient advocate", false),
            ("the patient !advocate", "call the patient", true),
            ("room #", "room 412", true),
            ("room #", "room twelve", true),
            ("room #", "room for all", false),
            ("we *ed you", "we treated you", true),
            ("appointment", "apointment", true),
            ("visit", "vizit", false),
            ("bed", "bad", false),
        ] {
            let phrase = Phrase::parse(phrase, &groups()).unwrap();
            let words = words(text, &Spellings::new(), &vocabulary);
            let any = (0..words.len()).any(|at| phrase.end(&words, at).is_some());
            assert_eq!(any, found, "{phrase:?} in {text}");
        }
    }

    #[test]
    fn a_phrase_that_cannot_be_read_says_why() {
        for (phrase, error) in [
            ("", BadPhrase::Empty),
            ("... !you maybe?", BadPhrase::Empty),
            ("your {pet}", BadPhrase::UnknownGroup("pet".to_owned())),
            ("your visit,", BadPhrase::BadWord("visit,".to_owned())),
            ("*visit*", BadPhrase::BadWord("*visit*".to_owned())),
            (&"a ".repeat(17), BadPhrase::Long),
        ] {
            assert_eq!(Phrase::parse(phrase, &groups()), Err(error), "{phrase}");
        }
    }
}
