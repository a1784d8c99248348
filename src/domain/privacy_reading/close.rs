//! How words are compared, and which are close to one another.

use strsim::damerau_levenshtein;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word as it is compared.
pub fn folded(text: &str) -> String {
    text.nfkd().filter(|one| !is_combining_mark(*one)).flat_map(char::to_lowercase).collect()
}

/// Whether two words, both as they are compared, differ by no more than a typing mistake.
pub fn is_close(one: &str, other: &str) -> bool {
    let (one_length, other_length) = (one.chars().count(), other.chars().count());
    let allowed = match one_length.min(other_length) {
        0..=4 => 0,
        5..=7 => 1,
        _ => 2,
    };
    one == other || (one_length.abs_diff(other_length) <= allowed && damerau_levenshtein(one, other) <= allowed)
}

/// The word with the digits and signs that stand for letters written as letters.
pub fn without_digits(text: &str) -> String {
    let letter = |one: char| match one {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use crate::domain::privacy_reading::close::{folded, is_close, without_digits};

    #[test]
    fn longer_words_may_differ_more() {
        for (one, other, close) in [
            ("dawn", "dawn", true),
            ("dawn", "down", false),
            ("rivera", "riveras", true),
            ("rivera", "rivere", true),
            ("rivera", "reverb", false),
            ("whitcombe", "whitcmobe", true),
            ("whitcombe", "witcomb", false),
            ("abernathy", "abernethie", false),
            ("abernathy", "abernethi", true),
        ] {
            assert_eq!(is_close(one, other), close, "{one} {other}");
        }
        assert_eq!(folded("Ünïté"), "unite");
        assert_eq!(without_digits("d4wn8ell"), "dawnbell");
    }
}
