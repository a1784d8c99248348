//! `playbooks/privacy-reading.toml`: what the privacy reading of drafts looks for.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use schemars::JsonSchema;
use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::diagnostics::{Diagnostics, closest, did_you_mean, quoted};
use crate::config::document::{Document, FileLoader};
use crate::config::files::Memory;
use crate::config::reader::{RawList, Spanned, Table};
use crate::config::value_types::{Line, Read, Wrong, one_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::privacy_reading::close::folded;
use crate::domain::privacy_reading::found::Why;
use crate::domain::privacy_reading::lists::{Lists, PhraseRule};
use crate::domain::privacy_reading::phrase::{BadPhrase, Choice, Groups, Phrase};
use crate::domain::privacy_reading::vocabulary::Vocabulary;
use crate::domain::privacy_reading::words::Spellings;

/// The file in the playbook folder.
pub const FILE: &str = "privacy-reading.toml";

/// Its name without `.toml`.
pub const STEM: &str = "privacy-reading";

/// What the privacy reading of drafts looks for (`playbooks/privacy-reading.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawLists {
    /// Who maintains this file.
    owner: Option<Spanned<Line>>,
    /// Date by which this file should be reviewed.
    review_by: Option<Spanned<NaiveDate>>,
    /// Words that are ordinary here: repeating one from a report is not marked.
    #[schemars(default)]
    ordinary: Vec<Spanned<Line>>,
    /// Phrases that show that a sentence speaks of people in general.
    #[schemars(default)]
    general: Vec<Spanned<Line>>,
    /// Phrases that show that a sentence speaks to or of somebody: in it, unusual words of the report are marked.
    #[schemars(default)]
    about_somebody: Vec<Spanned<Line>>,
    /// Short and careless spellings, and the words they stand for.
    #[schemars(with = "BTreeMap<String, String>", default)]
    spellings: Vec<(Spanned<String>, Spanned<Line>)>,
    /// Named groups of words, for phrases.
    #[schemars(with = "BTreeMap<String, Vec<String>>", default)]
    groups: Vec<(Spanned<String>, Vec<Spanned<Line>>)>,
    /// Phrases to mark.
    #[schemars(rename = "rule", default)]
    rules: Vec<RawRule>,
}

/// Phrases that are marked for the same reason.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RawRule {
    /// Reason that is shown with a mark.
    #[schemars(required)]
    why: Option<Spanned<Why>>,
    /// Phrases to mark.
    #[schemars(required)]
    phrases: Option<RawList<Line>>,
    /// Phrases of which one must be in the same sentence; default: none is needed.
    with: Option<RawList<Line>>,
    /// Phrases of which none may be in the same sentence.
    unless: Option<RawList<Line>>,
    /// Whether sentences that speak of people in general are marked, too; default: false.
    in_general: Option<Spanned<bool>>,
}

impl Read for Why {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &Self::OF_LISTS.map(|why| (why.word(), why)))
    }

    fn schema() -> schemars::Schema {
        crate::config::value_types::words(Self::OF_LISTS.map(Self::word))
    }
}

pub fn read(mut table: Table<'_>) -> RawLists {
    let lists = RawLists {
        owner: table.optional("owner"),
        review_by: table.optional("review_by"),
        ordinary: table.entries("ordinary"),
        general: table.entries("general"),
        about_somebody: table.entries("about_somebody"),
        spellings: read_spellings(table.table("spellings", "`[spellings]`")),
        groups: read_groups(table.table("groups", "`[groups]`")),
        rules: table.tables("rule", "this rule").into_iter().map(read_rule).collect(),
    };
    table.finish();
    lists
}

fn read_spellings(table: Option<Table<'_>>) -> Vec<(Spanned<String>, Spanned<Line>)> {
    let entries = table.map(Table::into_entries).unwrap_or_default();
    entries.into_iter().filter_map(|(name, value)| Some((name, value.read::<Line>()?))).collect()
}

fn read_groups(table: Option<Table<'_>>) -> Vec<(Spanned<String>, Vec<Spanned<Line>>)> {
    let entries = table.map(Table::into_entries).unwrap_or_default();
    let words = |value: crate::config::reader::Value<'_>| {
        let values = value.values("a list of words").unwrap_or_default();
        values.iter().filter_map(|value| value.read::<Line>()).collect()
    };
    entries.into_iter().map(|(name, value)| (name, words(value))).collect()
}

fn read_rule(mut table: Table<'_>) -> RawRule {
    let rule = RawRule {
        why: table.required("why"),
        phrases: table.required_list("phrases"),
        with: table.optional_list("with"),
        unless: table.optional_list("unless"),
        in_general: table.optional("in_general"),
    };
    table.finish();
    rule
}

/// Checks the file; without one, the built-in lists.
pub fn validate(raw: Option<&Document<RawLists>>, context: &Context<'_>) -> Arc<Lists> {
    let Some(Document { raw, .. }) = raw else { return builtin() };
    context.review(raw.review_by.as_ref(), raw.owner.as_ref());
    Arc::new(lists(raw, context.diagnostics))
}

/// The lists that come with the program.
pub fn builtin() -> Arc<Lists> {
    static BUILTIN: LazyLock<Arc<Lists>> = LazyLock::new(|| {
        let mut files = Memory::default();
        files.insert(FILE, include_str!("../../playbooks/privacy-reading.toml"));
        let diagnostics = Diagnostics::default();
        let document = FileLoader::new(&files, &diagnostics).read(FILE, "this file", read);
        Arc::new(document.map(|document| lists(&document.raw, &diagnostics)).unwrap_or_default())
    });
    Arc::clone(&BUILTIN)
}

fn lists(raw: &RawLists, diagnostics: &Diagnostics) -> Lists {
    let mut groups = Groups::new();
    for (name, words) in &raw.groups {
        let mut group = Choice::default();
        for word in words {
            if let Err(error) = group.add(&word.value.0, &groups) {
                report(&error, word, &groups, diagnostics);
            }
        }
        groups.insert(name.value.clone(), group);
    }
    let phrases = |raw: &[Spanned<Line>]| -> Vec<Phrase> {
        let read = |one: &Spanned<Line>| {
            Phrase::parse(&one.value.0, &groups).inspect_err(|error| report(error, one, &groups, diagnostics)).ok()
        };
        raw.iter().filter_map(read).collect()
    };
    let rule = |raw: &RawRule| {
        let found = raw.phrases.as_ref().map(|list| phrases(&list.items));
        let all = |list: &Option<RawList<Line>>| list.as_ref().map(|list| phrases(&list.items)).unwrap_or_default();
        let (with, unless) = (all(&raw.with), all(&raw.unless));
        let in_general = raw.in_general.as_ref().is_some_and(|one| one.value);
        Some(PhraseRule { why: raw.why.as_ref()?.value, phrases: found?, with, unless, in_general })
    };
    let meant = |text: &str| folded(text).split_whitespace().map(str::to_owned).collect();
    let spellings: Spellings =
        raw.spellings.iter().map(|(short, words)| (folded(&short.value), meant(&words.value.0))).collect();
    Lists {
        spellings,
        vocabulary: Vocabulary::new(raw.ordinary.iter().map(|word| word.value.0.clone())),
        general: phrases(&raw.general),
        about_somebody: phrases(&raw.about_somebody),
        rules: raw.rules.iter().filter_map(rule).collect(),
    }
}

fn report(error: &BadPhrase, phrase: &Spanned<Line>, groups: &Groups, diagnostics: &Diagnostics) {
    let diagnostic = Diagnostic::error(Code::BadValue, &phrase.spot, error.to_string());
    let known = || groups.keys().map(String::as_str);
    diagnostics.push(match error {
        BadPhrase::UnknownGroup(name) => {
            let meant = closest(name, known()).map(|meant| {
                let braced = |name: &str| format!("{{{name}}}");
                format!("\"{}\"", phrase.value.0.replace(&braced(name), &braced(meant)))
            });
            let add = || format!("add {} under `[groups]`, above the phrases that use it", quoted(name));
            diagnostic.fix(&phrase.spot, meant.as_deref(), Some(did_you_mean(name, known()).unwrap_or_else(add)))
        }
        BadPhrase::Empty => diagnostic.hint("add a word without `?` or `!`"),
        BadPhrase::Long => diagnostic.hint("split it into shorter phrases"),
        BadPhrase::BadWord(_) => diagnostic.hint("leave out punctuation; words have spaces between them"),
    });
}

#[cfg(test)]
mod tests {
    use crate::config::diagnostics::Diagnostics;
    use crate::config::document::FileLoader;
    use crate::config::files::Memory;
    use crate::config::privacy_reading::{FILE, lists, read};

    #[test]
    fn the_lists_that_come_with_the_program_are_right() {
        let mut files = Memory::default();
        files.insert(FILE, include_str!("../../playbooks/privacy-reading.toml"));
        let diagnostics = Diagnostics::default();
        let document = FileLoader::new(&files, &diagnostics).read(FILE, "this file", read).unwrap();
        let lists = lists(&document.raw, &diagnostics);
        assert_eq!(diagnostics.into_sorted(), []);
        assert!(lists.rules.len() > 10 && !lists.general.is_empty());
    }
}
