//! Diagnostics: a code, a place, a message, and a hint, shown with the source line and a caret.

mod code;
mod source;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet, normalize_untrusted_str};
use serde::Serialize;

use crate::domain::visible::escaped;

pub use crate::diagnostic::code::Code;
pub use crate::diagnostic::source::{Source, Spot, looks_like_a_secret};

/// An error or a warning about the files.
///
/// The message puts names in backticks and never contains a contact or a secret, so it may be logged. The source line may
/// contain a contact and is only for people with access to the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Diagnostic {
    pub severity: Severity,
    #[schemars(with = "String")]
    pub code: Code,
    /// Relative to the configuration, such as `rosters/privacy.toml`; invisible characters in names are escaped.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// What is wrong, without a final period.
    pub message: String,
    /// How to fix it; it may be logged.
    pub hint: Option<String>,
    /// A better hint with a contact, for people with access to the file.
    #[serde(skip)]
    pub private_hint: Option<String>,
    /// The source line; `None` if the file could not be read.
    #[serde(skip)]
    pub source_line: Option<String>,
    /// The range within the line, in bytes.
    #[serde(skip)]
    pub span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The files cannot be used, or someone would not be reached.
    Error,
    /// Someone should take a look.
    Warning,
}

/// Whether to use terminal colors; the text is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Plain,
    /// ANSI escape codes.
    Ansi,
}

impl Diagnostic {
    pub fn error(code: Code, spot: &Spot, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, spot, message.into())
    }

    pub fn warning(code: Code, spot: &Spot, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, spot, message.into())
    }

    fn new(severity: Severity, code: Code, spot: &Spot, message: String) -> Self {
        let (line, column) = spot.line_and_column();
        let (source_line, span) = spot.line_text();
        let file = escaped(spot.file()).into();
        let message = escaped(&message);
        Self { severity, code, file, line, column, message, hint: None, private_hint: None, source_line, span }
    }

    /// Sets the hint.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(escaped(&hint.into())), ..self }
    }

    /// Sets the hint if there is one.
    pub fn maybe_hint(self, hint: Option<String>) -> Self {
        Self { hint: hint.as_deref().map(escaped), ..self }
    }

    /// Sets the hint to the whole line as it should be, with `replacement` at its place, or else to another hint.
    pub fn fix(self, spot: &Spot, replacement: Option<&str>, otherwise: Option<String>) -> Self {
        let line = replacement.and_then(|replacement| spot.line_with(replacement));
        let Some(line) = line.filter(|line| !line.is_empty()) else { return self.maybe_hint(otherwise) };
        self.write(&line, otherwise)
    }

    /// Sets the hint to a line as it should be; if it has a contact, the other hint is logged.
    pub fn write(self, line: &str, otherwise: Option<String>) -> Self {
        let hint = format!("write `{line}`");
        match has_contact(line) {
            true => Self { private_hint: Some(escaped(&hint)), ..self }.maybe_hint(otherwise),
            false => self.hint(hint),
        }
    }

    /// The same, with the hint for people with access to the file.
    #[must_use]
    pub fn revealed(&self) -> Self {
        let hint = self.private_hint.as_ref().or(self.hint.as_ref()).cloned();
        Self { hint, ..self.clone() }
    }

    /// Removes the source line, if readers should not see its contents.
    pub fn without_source(self) -> Self {
        Self { source_line: None, span: 0..0, ..self }
    }

    /// Code, message, place, source line with a caret, and hint; ends with a line break.
    pub fn render(&self, colour: Colour) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let group = level.primary_title(self.message.as_str()).id(self.code.word());
        let mut group = match &self.source_line {
            Some(text) => group.element(
                Snippet::source(text.as_str())
                    .line_start(self.line as usize)
                    .path(self.file.as_ref())
                    .annotation(AnnotationKind::Primary.span(self.span.clone())),
            ),
            // A diagnostic about a whole file points at its first character.
            None if (self.line, self.column) == (1, 1) => group.element(Origin::path(self.file.as_ref())),
            None => group
                .element(Origin::path(self.file.as_ref()).line(self.line as usize).char_column(self.column as usize)),
        };
        if let Some(hint) = self.private_hint.as_ref().or(self.hint.as_ref()) {
            group = group.element(Level::HELP.with_name("hint").message(normalize_untrusted_str(hint)));
        }
        let renderer = match colour {
            Colour::Plain => Renderer::plain(),
            Colour::Ansi => Renderer::styled(),
        };
        renderer.render(&[group]) + "\n"
    }

    /// Sorts by file, line, and column.
    pub fn sort(diagnostics: &mut [Self]) {
        diagnostics.sort_by(|a, b| (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code)));
    }
}

/// Fewer digits in a row are a date or a time.
const NUMBER_DIGITS: usize = 7;

/// Whether a line may contain an address, a number or a topic of a person.
fn has_contact(line: &str) -> bool {
    let longest = line.split(|one: char| !one.is_ascii_digit()).map(str::len).max().unwrap_or_default();
    line.contains('@') || longest >= NUMBER_DIGITS || ["push", "pager"].iter().any(|key| line.contains(key))
}

impl fmt::Display for Diagnostic {
    /// One line, without the source.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}: {}", self.file, self.line, self.column, self.code, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::source::LINE_BYTES_MAX;

    fn shown(text: &str, part: &str) -> Diagnostic {
        let source = Source::new("rosters/privacy.toml", text.to_owned());
        let start = text.find(part).unwrap();
        let spot = Spot::new(&source, start..start + part.len());
        Diagnostic::error(Code::UnknownLiaison, &spot, "`j-chan` is not in this roster").hint("did you mean `j-chen`?")
    }

    #[test]
    fn a_caret_stands_under_the_place() {
        let diagnostic = shown("a = 1\n\tliaisons = [\"müller\", \"日本\", \"j-chan\"]\r\nb = 2\n", "\"j-chan\"");
        assert_eq!((diagnostic.line, diagnostic.column), (2, 30));
        insta::assert_snapshot!(diagnostic.render(Colour::Plain), @r#"
        error[unknown-liaison]: `j-chan` is not in this roster
         --> rosters/privacy.toml:2:30
          |
        2 |     liaisons = ["müller", "日本", "j-chan"]
          |                                   ^^^^^^^^
          |
          = hint: did you mean `j-chen`?
        "#);
    }

    #[test]
    fn nothing_in_a_line_speaks_to_a_terminal() {
        let rendered = shown("x\u{9b}31m\u{85}\u{1b}[31m = \"j-chan\"", "\"j-chan\"").render(Colour::Plain);
        insta::assert_snapshot!(rendered, @r#"
        error[unknown-liaison]: `j-chan` is not in this roster
         --> rosters/privacy.toml:1:15
          |
        1 | x·31m·␛[31m = "j-chan"
          |               ^^^^^^^^
          |
          = hint: did you mean `j-chen`?
        "#);
        assert!(!rendered.contains(|character: char| character.is_control() && character != '\n'));
    }

    #[test]
    fn scripts_get_exactly_the_promised_fields() {
        let json = serde_json::to_string(&shown("liaisons = [\"j-chan\"]", "\"j-chan\"")).unwrap();
        insta::assert_snapshot!(json, @r#"{"severity":"error","code":"unknown-liaison","file":"rosters/privacy.toml","line":1,"column":13,"message":"`j-chan` is not in this roster","hint":"did you mean `j-chen`?"}"#);
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_shown() {
        for line in ["token = \"abc\"", "x = { name = \"a\", auth_token=\"abc\" }", "\"Password\" = abc"] {
            let diagnostic = shown(line, "abc");
            assert!(!diagnostic.render(Colour::Plain).contains("abc"), "{line}");
        }
        assert!(shown("token_file = \"abc\"", "abc").render(Colour::Plain).contains("abc"));
    }

    #[test]
    fn odd_places_are_shown_too() {
        let long = format!("{}here{}", "ä".repeat(900_000), "b".repeat(900_000));
        assert!(shown(&long, "here").source_line.unwrap().len() <= LINE_BYTES_MAX);
        let source = Source::new("x.toml", "one\ntwo\n".to_owned());
        for span in [0..8, 8..8, 8..900, 3..4, Range { start: 7, end: 2 }] {
            Diagnostic::error(Code::Syntax, &Spot::new(&source, span), "odd").render(Colour::Plain);
        }
        let unread = Spot::start_of(&Source::unread("gone.toml"));
        insta::assert_snapshot!(Diagnostic::error(Code::UnreadableFile, &unread, "gone").render(Colour::Plain), @r"
        error[unreadable-file]: gone
        --> gone.toml
        ");
    }

    #[test]
    fn codes_are_kebab_case_and_unlike() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.word()).collect();
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
