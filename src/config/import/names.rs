//! Compares names, and finds names in texts.

use unicode_normalization::UnicodeNormalization;

/// Titles before a name, which are ignored.
const TITLES: &[&str] = &["dr", "miss", "mr", "mrs", "ms", "prof", "sr"];

/// Words in calendar titles that are not names.
const DUTY: &[&str] = &[
    "afternoon",
    "backup",
    "call",
    "christmas",
    "compliance",
    "cover",
    "coverage",
    "covering",
    "covers",
    "day",
    "department",
    "desk",
    "drill",
    "duty",
    "escalation",
    "evening",
    "fri",
    "friday",
    "holiday",
    "hospital",
    "hotline",
    "hours",
    "lead",
    "liaison",
    "line",
    "meeting",
    "mon",
    "monday",
    "morning",
    "new",
    "night",
    "nights",
    "off",
    "office",
    "on",
    "oncall",
    "pager",
    "phone",
    "primary",
    "privacy",
    "rotation",
    "sat",
    "saturday",
    "schedule",
    "second",
    "secondary",
    "shift",
    "sun",
    "sunday",
    "swap",
    "team",
    "thu",
    "thursday",
    "training",
    "tue",
    "tuesday",
    "wed",
    "wednesday",
    "week",
    "weekday",
    "weekend",
    "year",
];

/// Words that suggest the person is not on call.
const ABSENCE: &[&str] =
    &["absent", "away", "canceled", "cancelled", "leave", "no", "not", "out", "pto", "sick", "unavailable", "vacation"];

/// In the form in which names are compared: lowercase, without accents and apostrophes, with single spaces between words
/// and instead of hyphens.
pub fn plain(text: &str) -> String {
    bare(text).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without accents and apostrophes, and with spaces instead of hyphens.
fn bare(text: &str) -> String {
    let text = without_accents(text);
    let letters = text.chars().filter(|one| !is_apostrophe(*one));
    letters.map(|one| if is_hyphen(one) { ' ' } else { one }).collect()
}

/// Without accents, and without characters that are not seen.
pub fn without_accents(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // In `´`, decomposing would find a space and an accent.
    for one in text.replace('\u{b4}', "'").nfkd().filter(|one| !ACCENTS.contains(one) && !is_unseen(*one)) {
        match one {
            'ß' => out.push_str("ss"),
            'ẞ' => out.push_str("SS"),
            'æ' => out.push_str("ae"),
            'Æ' => out.push_str("AE"),
            'œ' => out.push_str("oe"),
            'Œ' => out.push_str("OE"),
            'ø' => out.push('o'),
            'Ø' => out.push('O'),
            'ł' => out.push('l'),
            'Ł' => out.push('L'),
            'đ' | 'ð' => out.push('d'),
            'Đ' | 'Ð' => out.push('D'),
            'ı' => out.push('i'),
            _ => out.push(one),
        }
    }
    out
}

/// The accents of Latin, Greek, and Cyrillic letters; the marks of other scripts are letters of their own.
const ACCENTS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';

fn is_unseen(one: char) -> bool {
    matches!(one, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn is_apostrophe(one: char) -> bool {
    matches!(one, '\'' | '`' | '\u{2b9}'..='\u{2bd}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{ff07}')
}

fn is_hyphen(one: char) -> bool {
    matches!(one, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// The same name in every order in which a text may have it: `maria rivera`, `rivera, maria`.
pub fn orders(name: &str) -> Vec<String> {
    let name = plain(name);
    let spaces = name.match_indices(' ').map(|(at, _)| format!("{}, {}", &name[at + 1..], &name[..at]));
    let mut orders: Vec<String> = spaces.collect();
    orders.push(name);
    orders
}

/// `maria rivera` for `Rivera, Maria`.
pub fn first_name_first(text: &str) -> String {
    match text.split_once(',') {
        Some((last, first)) => plain(&format!("{first} {last}")),
        None => plain(text),
    }
}

/// Whether a text contains some words, whole and in sequence.
pub fn holds_words(text: &str, words: &str) -> bool {
    !words.is_empty()
        && text.match_indices(words).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + words.len()..].chars().next();
            [before, after].iter().all(|one| one.is_none_or(|one| !one.is_alphanumeric()))
        })
}

/// Whether a text may say that someone is not on call.
pub fn speaks_of_absence(text: &str) -> bool {
    words(text).any(|word| ABSENCE.contains(&word.to_lowercase().as_str()))
}

/// Whether a text may be this person's name: initials, part of the name, or more than the name.
pub fn may_be(written: &str, name: &str) -> bool {
    let written = bare(written);
    let lower = |text: &str| words(text).map(str::to_lowercase).collect::<Vec<_>>();
    let (said, known) = (lower(&written), lower(&plain(name)));
    let surname = written.split_once(',').map(|(surname, _)| surname);
    // `LI, BO` is not a pair of initials: the part before a comma is a surname.
    let telling = words(&written).filter(|word| !is_short(word)).chain(surname.into_iter().flat_map(words));
    telling.map(str::to_lowercase).filter(|word| !is_title(word)).all(|word| known.contains(&word))
        || known.iter().all(|word| said.contains(word))
}

/// The first two or three capitalized words in a row that are neither common words of schedules nor in `office_words`.
pub fn full_name<'t>(text: &'t str, office_words: &[String]) -> Option<&'t str> {
    let is_duty = |word: &str| {
        let word = plain(word);
        DUTY.contains(&word.as_str()) || is_title(&word) || office_words.contains(&word)
    };
    let mut run: Option<(usize, usize, usize)> = None;
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let start = at;
        at += piece.len();
        let piece = piece.trim_end();
        let bare = piece.trim_matches(|one: char| !one.is_alphanumeric());
        let is_initial = run.is_some() && bare.chars().count() == 1 && bare.chars().all(char::is_uppercase);
        let is_part = is_initial || (is_name_word(bare) && !bare.split('-').all(is_duty));
        let opens = piece.starts_with(|one: char| !one.is_alphanumeric());
        if let Some(found) = run.filter(|run| (!is_part || opens) && run.2 >= 2) {
            return text.get(found.0..found.1);
        }
        if !is_part {
            run = None;
            continue;
        }
        let offset = start + piece.find(bare).unwrap_or(0);
        let (first, _, count) = run.filter(|_| !opens).unwrap_or((offset, offset, 0));
        let now = (first, offset + bare.len(), count + usize::from(!is_initial));
        run = Some(now);
        // `Smith, Bob` continues after its comma; after any other mark something else starts.
        let closes = piece.ends_with(|one: char| !one.is_alphanumeric()) && !piece.ends_with([',', '.']);
        if closes {
            if now.2 >= 2 {
                return text.get(now.0..now.1);
            }
            run = None;
        }
    }
    run.filter(|run| run.2 >= 2).and_then(|run| text.get(run.0..run.1))
}

/// The words of a text, without separators.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_title(word: &str) -> bool {
    TITLES.contains(&word)
}

/// Initials and credentials, such as `MR`, `jc`, or `RN`.
fn is_short(word: &str) -> bool {
    match word.chars().count() {
        1 => true,
        2 => word.chars().all(char::is_uppercase) || word.chars().all(char::is_lowercase),
        3 => word.chars().all(char::is_uppercase),
        _ => false,
    }
}

/// `Bob`, `O'Neill`, `Lopez-Ruiz`, `SMITH`.
fn is_name_word(word: &str) -> bool {
    let letters = word.chars().filter(|one| one.is_alphabetic()).count();
    let is_plain = word.chars().all(|one| one.is_alphabetic() || matches!(one, '-' | '\'' | '\u{2019}'));
    let is_loud = !word.chars().any(char::is_lowercase);
    is_plain && word.starts_with(char::is_uppercase) && letters >= if is_loud { 3 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_of_somebody_else_is_told_from_initials() {
        for written in
            ["MR", "M.R.", "mr", "Dr. R", "Maria", "Rivera, M., RN", "RIVERA, MARIA", "Dr. Maria A. Rivera PharmD", ""]
        {
            assert!(may_be(written, "Maria Rivera"), "{written}");
        }
        for written in ["Smith, Bob", "Bob Smith", "SMITH, BOB", "Dr. Smith", "Rivera, Bob", "Nemo", "LI, BO", "Li Bo"]
        {
            assert!(!may_be(written, "Maria Rivera"), "{written}");
        }
    }

    #[test]
    fn a_full_name_is_found_in_a_title() {
        let office_words = ["volunteers".to_owned()];
        for (title, name) in [
            ("Bob Smith on call", "Bob Smith"),
            ("On call: Bob Smith (primary)", "Bob Smith"),
            ("Primary - Smith, Bob", "Smith, Bob"),
            ("BOB SMITH", "BOB SMITH"),
            ("Volunteers: Dr. Bob J. O'Neill", "Bob J. O'Neill"),
            ("Night Shift (Jo Lopez-Ruiz)", "Jo Lopez-Ruiz"),
        ] {
            assert_eq!(full_name(title, &office_words), Some(name), "{title}");
        }
        for title in [
            "",
            "On Call",
            "Privacy call",
            "Volunteers On-Call Primary",
            "Weekend Coverage Desk",
            "ER on call",
            "Bob",
            "Call: Primary (Bob): Night",
            "the desk is staffed",
        ] {
            assert_eq!(full_name(title, &office_words), None, "{title}");
        }
    }
}
