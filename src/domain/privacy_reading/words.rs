//! A text as words that can be compared: lower case, without accents, contractions written out, each with its place.

use std::collections::BTreeMap;

use unicode_normalization::char::is_combining_mark;

use crate::domain::privacy_reading::close::folded;
use crate::domain::privacy_reading::vocabulary::Vocabulary;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Lower case, without accents.
    pub text: String,
    /// Its place, in characters of the text.
    pub from: usize,
    pub to: usize,
    /// The part of the text that it belongs to: a sentence, or a part of one that "but" begins.
    pub sentence: usize,
    pub case: Case,
    /// Whether it is the first of its sentence.
    pub is_first: bool,
    /// Whether everybody uses it.
    pub is_ordinary: bool,
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Small,
    /// With a capital letter first.
    Capital,
    /// All in capital letters, as short forms are.
    Capitals,
}

impl Word {
    /// Whether it is written as a name is.
    pub fn is_name(&self) -> bool {
        self.case == Case::Capital
    }
}

/// Short and careless spellings, with the words that they stand for.
pub type Spellings = BTreeMap<String, Vec<String>>;

/// The words of a text. Letters and digits are separate words, so `34yo` is two.
pub fn words(text: &str, spellings: &Spellings, vocabulary: &Vocabulary) -> Vec<Word> {
    let chars: Vec<char> = text.chars().map(plain_mark).collect();
    let mut reader = Reader { chars: &chars, vocabulary, found: Vec::new(), sentence: 0, is_first: true };
    let mut at = 0;
    while at < chars.len() {
        at = reader.step(at, spellings);
    }
    reader.found
}

/// Apostrophes come in many forms.
fn plain_mark(one: char) -> char {
    match one {
        '\u{2019}' | '\u{2018}' | '\u{02bc}' | '`' | '\u{00b4}' => '\'',
        other => other,
    }
}

struct Reader<'a> {
    chars: &'a [char],
    vocabulary: &'a Vocabulary,
    found: Vec<Word>,
    sentence: usize,
    is_first: bool,
}

impl Reader<'_> {
    /// Reads what begins at a place, and returns where the next thing begins.
    fn step(&mut self, at: usize, spellings: &Spellings) -> usize {
        let one = self.chars[at];
        if is_letter(one) {
            return self.letters(at, spellings);
        }
        if one.is_numeric() {
            let end = self.end_of(at, |next| next.is_numeric());
            let text = folded(&self.chars[at..end].iter().collect::<String>());
            self.push(text, at, end);
            return end;
        }
        if matches!(one, '/' | ':') && self.is_between_digits(at) {
            self.push(one.to_string(), at, at + 1);
            return at + 1;
        }
        if self.ends_sentence(at) {
            self.next_sentence();
        }
        at + 1
    }

    fn letters(&mut self, at: usize, spellings: &Spellings) -> usize {
        let end = self.end_of(at, is_letter);
        let base = folded(&self.chars[at..end].iter().collect::<String>());
        let next_is_letter = self.chars.get(end + 1).copied().is_some_and(is_letter);
        let has_suffix = self.chars.get(end) == Some(&'\'') && next_is_letter;
        let whole = if has_suffix { self.end_of(end + 1, is_letter) } else { end };
        let suffix = folded(&self.chars[(end + 1).min(whole)..whole].iter().collect::<String>());
        if matches!(base.as_str(), "but" | "however" | "pero") && !self.is_first {
            self.next_sentence();
        }
        for text in written_out(&base, &suffix) {
            match spellings.get(&text) {
                Some(meant) => meant.iter().for_each(|text| self.push(text.clone(), at, whole)),
                None => self.push(text, at, whole),
            }
        }
        whole
    }

    fn push(&mut self, text: String, from: usize, to: usize) {
        let rest_is_small = self.chars[from + 1..to].iter().any(|one| one.is_lowercase());
        let case = match self.chars[from].is_uppercase() {
            true if rest_is_small => Case::Capital,
            true => Case::Capitals,
            false => Case::Small,
        };
        let is_ordinary = self.vocabulary.is_ordinary(&text);
        let is_first = std::mem::take(&mut self.is_first);
        self.found.push(Word { text, from, to, sentence: self.sentence, case, is_first, is_ordinary });
    }

    fn next_sentence(&mut self) {
        self.sentence += 1;
        self.is_first = true;
    }

    fn end_of(&self, from: usize, belongs: impl Fn(char) -> bool) -> usize {
        let rest = &self.chars[from..];
        from + rest.iter().position(|one| !belongs(*one)).unwrap_or(rest.len())
    }

    fn is_between_digits(&self, at: usize) -> bool {
        let is_digit = |at: Option<usize>| at.and_then(|at| self.chars.get(at)).is_some_and(|one| one.is_numeric());
        is_digit(at.checked_sub(1)) && is_digit(Some(at + 1))
    }

    fn ends_sentence(&self, at: usize) -> bool {
        let next = self.chars.get(at + 1);
        match self.chars[at] {
            '!' | '?' | '\n' | ';' | '¿' | '¡' => true,
            '.' if next.is_none_or(|next| !next.is_alphanumeric()) => !self.is_abbreviation(at),
            _ => false,
        }
    }

    /// Whether the full stop belongs to `Dr.`, an initial, or `p.m.` in the middle of a sentence.
    fn is_abbreviation(&self, at: usize) -> bool {
        let Some(last) = self.found.last().filter(|last| last.to == at) else { return false };
        let goes_on =
            self.chars[at + 1..].iter().find(|one| !one.is_whitespace()).is_some_and(|one| one.is_lowercase());
        let is_title = matches!(last.text.as_str(), "dr" | "doctor" | "mr" | "mrs" | "ms" | "st" | "dept" | "no");
        is_title || (last.to - last.from == 1 && (last.case != Case::Small || goes_on))
    }
}

fn is_letter(one: char) -> bool {
    one.is_alphabetic() || is_combining_mark(one) || matches!(one, '\u{200b}'..='\u{200d}' | '\u{00ad}')
}

/// The words that a contraction stands for; the ending of a possessive is left out.
fn written_out(base: &str, suffix: &str) -> Vec<String> {
    let base: String = base.chars().filter(|one| !matches!(one, '\u{200b}'..='\u{200d}' | '\u{00ad}')).collect();
    let with = |first: &str, second: &str| vec![first.to_owned(), second.to_owned()];
    match (base.as_str(), suffix) {
        ("can", "t") => with("can", "not"),
        ("won", "t") => with("will", "not"),
        (base, "t") if base.ends_with('n') => with(&base[..base.len() - 1], "not"),
        (base, "re") => with(base, "are"),
        (base, "ve") => with(base, "have"),
        (base, "ll") => with(base, "will"),
        (base, "d") => with(base, "would"),
        (base, "m") => with(base, "am"),
        (base @ ("he" | "she" | "it" | "that" | "who" | "what" | "there" | "here"), "s") => with(base, "is"),
        (_, "" | "s") => vec![base],
        (base, suffix) => vec![format!("{base}{suffix}")],
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::privacy_reading::vocabulary::Vocabulary;
    use crate::domain::privacy_reading::words::{Spellings, words};

    fn texts(text: &str) -> String {
        let spellings = Spellings::from([("u".to_owned(), vec!["you".to_owned()])]);
        let mut shown = String::new();
        let mut sentence = 0;
        for word in words(text, &spellings, &Vocabulary::default()) {
            shown.push_str(if word.sentence == sentence { " " } else { " / " });
            shown.push_str(&word.text);
            sentence = word.sentence;
        }
        shown.trim_start().to_owned()
    }

    #[test]
    fn a_text_is_read_as_plain_words() {
        for (text, read) in [
            ("We’re sorry you didn't wait", "we are sorry you did not wait"),
            ("Your dad's nurse can't", "your dad nurse can not"),
            ("She's HERE, José!", "she is here jose"),
            ("34yo in bed 4B", "34 yo in bed 4 b"),
            ("on 11/12 at 2:15", "on 11 / 12 at 2 : 15"),
            ("and/or", "and or"),
            ("thank u", "thank you"),
            ("Dr. Lee left. We did not", "dr lee left / we did not"),
            ("open at 9 a.m. daily. Call", "open at 9 a m daily / call"),
            ("sorry, but call us", "sorry / but call us"),
            ("one\ntwo; three", "one / two / three"),
            ("", ""),
        ] {
            assert_eq!(texts(text), read, "{text}");
        }
    }

    #[test]
    fn places_are_counted_in_characters() {
        let found = words("¡Héctor’s 👍 bed", &Spellings::new(), &Vocabulary::default());
        let places: Vec<_> = found.iter().map(|word| (word.text.as_str(), word.from, word.to)).collect();
        assert_eq!(places, [("hector", 1, 9), ("bed", 12, 15)]);
    }
}
