//! The lists that a hospital can edit: phrases that say too much, and how people speak in general.

use crate::domain::privacy_reading::found::{Finding, Why};
use crate::domain::privacy_reading::phrase::Phrase;
use crate::domain::privacy_reading::vocabulary::Vocabulary;
use crate::domain::privacy_reading::words::{Spellings, Word};

/// The contents of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    pub spellings: Spellings,
    pub vocabulary: Vocabulary,
    /// What shows that a sentence speaks of people in general.
    pub general: Vec<Phrase>,
    /// What shows that a sentence speaks to or of somebody.
    pub about_somebody: Vec<Phrase>,
    pub rules: Vec<PhraseRule>,
}

/// Phrases that are marked for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhraseRule {
    pub why: Why,
    pub phrases: Vec<Phrase>,
    /// If there are any, one of these must be in the same sentence.
    pub with: Vec<Phrase>,
    /// None of these may be in the same sentence.
    pub unless: Vec<Phrase>,
    /// Whether sentences that speak in general are marked, too.
    pub in_general: bool,
}

impl Lists {
    /// Every place where a text says what a rule looks for.
    pub fn find(&self, text: &[Word]) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut from = 0;
        for sentence in text.chunk_by(|one, next| one.sentence == next.sentence) {
            let in_sentence = from..from + sentence.len();
            from = in_sentence.end;
            let is_general = any(&self.general, sentence);
            let applies = |rule: &&PhraseRule| {
                (rule.in_general || !is_general)
                    && (rule.with.is_empty() || any(&rule.with, sentence))
                    && !any(&rule.unless, sentence)
            };
            for rule in self.rules.iter().filter(applies) {
                for (at, end) in rule.phrases.iter().flat_map(|phrase| places(phrase, sentence)) {
                    let words = in_sentence.start + at..in_sentence.start + end;
                    found.push(Finding { words, why: rule.why });
                }
            }
        }
        found
    }

    /// Whether a sentence speaks to or of somebody, and not of people in general.
    pub fn is_about_somebody(&self, sentence: &[Word]) -> bool {
        any(&self.about_somebody, sentence) && !any(&self.general, sentence)
    }
}

fn any(phrases: &[Phrase], sentence: &[Word]) -> bool {
    phrases.iter().any(|phrase| places(phrase, sentence).next().is_some())
}

fn places<'a>(phrase: &'a Phrase, sentence: &'a [Word]) -> impl Iterator<Item = (usize, usize)> + 'a {
    (0..sentence.len()).filter_map(|at| Some((at, phrase.end(sentence, at)?)))
}
