//! What is wrong with a file and where: a code, a place, a message and a hint, shown with the line and a caret.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet, normalize_untrusted_str};
use serde::{Serialize, Serializer};

/// One mistake in the files, or one thing that somebody should look at.
///
/// The message names things in backticks and never carries a contact or a secret, so it may be logged; the line itself
/// may carry a contact, and is for whoever has the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind it is.
    pub code: Code,
    /// Relative to the configuration, such as `rosters/privacy.toml`.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// What is wrong: starts small, without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The line itself; `None` where a file could not be read.
    #[serde(skip)]
    pub source_line: Option<String>,
    /// The place within the line, in bytes.
    #[serde(skip)]
    pub span: Range<usize>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The files cannot be used.
    Error,
    /// They can, and somebody should look.
    Warning,
}

/// Whether text carries colours for a terminal; the words are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// None.
    Plain,
    /// ANSI escapes.
    Ansi,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// What kind of mistake it is. The words are stable: scripts may hold on to them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word for people and scripts.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

codes! {
    /// Two playbooks answer the same incident with as many conditions.
    AmbiguousPlaybook "ambiguous-playbook";
    /// Somebody is away and nobody is named to stand in.
    AwayWithoutCover "away-without-cover";
    /// A number that nobody can be reached at.
    BadPhoneNumber "bad-phone-number";
    /// A value that cannot be meant.
    BadValue "bad-value";
    /// At some time nobody holds a role.
    CoverageGap "coverage-gap";
    /// A name that is taken.
    DuplicateId "duplicate-id";
    /// A key that is given twice.
    DuplicateKey "duplicate-key";
    /// Larger, longer or more than a limit allows.
    OverLimit "over-limit";
    /// A key that must be there is not.
    MissingKey "missing-key";
    /// A secret's file is not there, is empty, or holds too little.
    MissingSecret "missing-secret";
    /// There is no playbook for what no other playbook answers.
    MissingUnclassified "missing-unclassified";
    /// No channel that is set up reaches somebody.
    NoChannel "no-channel";
    /// A person without any address.
    NoContact "no-contact";
    /// Two overrides of a role cover the same time.
    OverlappingOverrides "overlapping-overrides";
    /// A page would not fit one text message.
    PageTooLong "page-too-long";
    /// At some time one person is primary and backup.
    PrimaryIsBackup "primary-is-backup";
    /// Somebody should have looked the file over by now.
    ReviewOverdue "review-overdue";
    /// A page to one person rings at another's as well.
    SharedContact "shared-contact";
    /// An address at a carrier's mail-to-SMS gateway: these are shut or closing.
    SmsGatewayAddress "sms-gateway-address";
    /// A number without the day its owner agreed to messages.
    SmsWithoutConsent "sms-without-consent";
    /// The file is not TOML.
    Syntax "syntax";
    /// A class that no playbook answers.
    UnknownClass "unknown-class";
    /// A department without a roster.
    UnknownDepartment "unknown-department";
    /// A key that means nothing here.
    UnknownKey "unknown-key";
    /// A ladder that is not in `ladders.toml`.
    UnknownLadder "unknown-ladder";
    /// A person who is not in the roster.
    UnknownLiaison "unknown-liaison";
    /// A role that nobody is ever given, or that no ladder pages.
    UnknownRole "unknown-role";
    /// A file or folder that cannot be read.
    UnreadableFile "unreadable-file";
    /// A person whom nothing names.
    UnusedLiaison "unused-liaison";
    /// Something that can never come to pass.
    NeverHolds "never-holds";
    /// The file's name and what stands in it differ.
    WrongFileName "wrong-file-name";
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.word())
    }
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, spot: &Spot, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, spot, message.into())
    }

    /// A warning at a place.
    pub fn warning(code: Code, spot: &Spot, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, spot, message.into())
    }

    fn new(severity: Severity, code: Code, spot: &Spot, message: String) -> Self {
        let (line, column) = spot.line_and_column();
        let (source_line, span) = spot.line_text();
        let file = Arc::clone(&spot.source.path);
        Self { severity, code, file, line, column, message, hint: None, source_line, span }
    }

    /// The same with what to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with what to do about it, if that is known.
    pub fn maybe_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// Code, message, place, the line, a caret under the place, and the hint; ends with a line break.
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
            None => group.element(Origin::path(self.file.as_ref())),
        };
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.with_name("hint").message(normalize_untrusted_str(hint)));
        }
        let renderer = match colour {
            Colour::Plain => Renderer::plain(),
            Colour::Ansi => Renderer::styled(),
        };
        renderer.render(&[group]) + "\n"
    }

    /// By file, line and column.
    pub fn sort(diagnostics: &mut [Self]) {
        diagnostics.sort_by(|a, b| (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code)));
    }
}

impl fmt::Display for Diagnostic {
    /// One line, without the source.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}: {}", self.file, self.line, self.column, self.code, self.message)
    }
}

/// A file's text, with its lines found.
pub struct Source {
    path: Arc<str>,
    text: Option<String>,
    line_starts: Vec<usize>,
}

impl Source {
    /// A file that was read.
    pub fn new(path: &str, text: String) -> Arc<Self> {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Arc::new(Self { path: path.into(), text: Some(text), line_starts })
    }

    /// A file or folder that could not be read.
    pub fn unread(path: &str) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: None, line_starts: vec![0] })
    }

    /// Relative to the configuration.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// What stands in the file; nothing if it could not be read.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Source({})", self.path)
    }
}

/// A place in a file.
#[derive(Debug, Clone)]
pub struct Spot {
    source: Arc<Source>,
    span: Range<usize>,
}

impl Spot {
    /// The bytes `span` of the file; cut to what is there.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let floor = |at: usize| source.text().floor_char_boundary(at);
        let start = floor(span.start);
        Self { source: Arc::clone(source), span: start..floor(span.end).max(start) }
    }

    /// The start of a file.
    pub fn start_of(source: &Arc<Source>) -> Self {
        Self::new(source, 0..0)
    }

    /// The file.
    pub fn file(&self) -> &Arc<str> {
        &self.source.path
    }

    /// Counted from 1.
    pub fn line(&self) -> u32 {
        self.line_and_column().0
    }

    fn line_and_column(&self) -> (u32, u32) {
        let index = self.line_index();
        let column = self.source.text()[self.source.line_starts[index]..self.span.start].chars().count() + 1;
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (narrow(index + 1), narrow(column))
    }

    fn line_index(&self) -> usize {
        self.source.line_starts.partition_point(|start| *start <= self.span.start).saturating_sub(1)
    }

    /// The line, and the place's part of it.
    fn line_text(&self) -> (Option<String>, Range<usize>) {
        let Some(text) = &self.source.text else { return (None, 0..0) };
        let line_start = self.source.line_starts[self.line_index()];
        let line = text[line_start..].lines().next().unwrap_or_default();
        let cut = cut_off(line, self.span.start - line_start);
        let shown = without_secret(&line[cut.clone()]);
        let inside = |at: usize| shown.floor_char_boundary((at - line_start).saturating_sub(cut.start));
        let span = inside(self.span.start)..inside(self.span.end);
        (Some(shown), span)
    }
}

/// A line that is longer is shown in part, so that a thousand mistakes in one long line stay small.
const LINE_BYTES_MAX: usize = 4_096;

/// The part of a very long line that is around a place.
fn cut_off(line: &str, at: usize) -> Range<usize> {
    if line.len() <= LINE_BYTES_MAX {
        return 0..line.len();
    }
    let start = line.floor_char_boundary(at.saturating_sub(LINE_BYTES_MAX / 2));
    start..line.floor_char_boundary(start + LINE_BYTES_MAX)
}

/// Somebody may have written a secret where the name of its file belongs: what follows is not shown.
fn without_secret(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let names_secret = |at: &usize| {
        let key = lower[..*at].trim_end().trim_end_matches(['"', '\'']);
        ["token", "password", "secret"].iter().any(|word| key.ends_with(word))
    };
    match lower.match_indices('=').map(|(at, _)| at).find(names_secret) {
        Some(at) => format!("{} …", &line[..=at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
