//! Which words are ordinary: everybody uses them, so using one points to nobody.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::domain::privacy_reading::close::folded;

/// Ordinary words of English and Spanish, and of every hospital. Words for illnesses, parts of the body, relatives, and
/// wards are left out: repeated from a report, they tell who is meant.
static ORDINARY: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("ordinary.txt").split_whitespace().collect());

const NUMBERS: [&str; 28] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
];

/// The built-in ordinary words, and those that a hospital adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    own: HashSet<String>,
}

impl Vocabulary {
    pub fn new(own: impl IntoIterator<Item = String>) -> Self {
        Self { own: own.into_iter().map(|word| folded(&word)).collect() }
    }

    /// Whether a word, or the word that it is a form of, is ordinary.
    pub fn is_ordinary(&self, word: &str) -> bool {
        let known = |form: &str| ORDINARY.contains(form) || self.own.contains(form);
        known(word) || forms(word).iter().any(|form| known(form)) || NUMBERS.contains(&word)
    }
}

/// Whether a word is a number, in digits or in letters.
pub fn is_number(word: &str) -> bool {
    NUMBERS.contains(&word) || (!word.is_empty() && word.chars().all(char::is_numeric))
}

/// A number in digits.
pub fn in_digits(word: &str) -> String {
    let value = NUMBERS.iter().position(|one| *one == word).map(|at| match at {
        0..=18 => at + 1,
        tens => (tens - 17) * 10,
    });
    value.map_or_else(|| word.to_owned(), |value| value.to_string())
}

/// The words that a word may be a form of, such as the singular.
pub fn forms(word: &str) -> Vec<String> {
    const ENDINGS: [(&str, &str); 14] = [
        ("ies", "y"),
        ("ied", "y"),
        ("es", ""),
        ("s", ""),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
        ("ing", "e"),
        ("ly", ""),
        ("er", ""),
        ("er", "e"),
        ("est", ""),
        ("ment", ""),
        ("ness", ""),
    ];
    let mut forms = Vec::new();
    for (ending, instead) in ENDINGS {
        let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.chars().count() >= 3) else { continue };
        forms.push(format!("{stem}{instead}"));
        let mut letters = stem.chars().rev();
        if let (Some(last), Some(before)) = (letters.next(), letters.next())
            && last == before
        {
            forms.push(stem[..stem.len() - last.len_utf8()].to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use crate::domain::privacy_reading::vocabulary::{Vocabulary, in_digits};

    #[test]
    fn ordinary_words_are_known_in_their_forms() {
        let vocabulary = Vocabulary::new(["Léger".to_owned()]);
        for (word, ordinary) in [
            ("nurse", true),
            ("nurses", true),
            ("stopped", true),
            ("families", true),
            ("caring", true),
            ("leger", true),
            ("rivera", false),
            ("gallbladder", false),
            ("grandmother", false),
        ] {
            assert_eq!(vocabulary.is_ordinary(word), ordinary, "{word}");
        }
    }

    #[test]
    fn numbers_are_one_in_digits_and_letters() {
        for (word, digits) in [("six", "6"), ("twenty", "20"), ("ninety", "90"), ("hundred", "100"), ("412", "412")] {
            assert_eq!(in_digits(word), digits);
        }
    }
}
