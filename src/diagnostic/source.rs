//! Source files and places in them: lines, columns, and the part of a line that may be shown.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The text of a file, indexed by line.
pub struct Source {
    path: Arc<str>,
    text: Option<String>,
    line_starts: Vec<usize>,
}

impl Source {
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

    /// The text; empty if it could not be read.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Source({})", self.path)
    }
}

#[derive(Debug, Clone)]
pub struct Spot {
    source: Arc<Source>,
    span: Range<usize>,
}

impl Spot {
    /// The bytes `span` of the file, clamped to its length.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let floor = |at: usize| source.text().floor_char_boundary(at);
        let start = floor(span.start);
        Self { source: Arc::clone(source), span: start..floor(span.end).max(start) }
    }

    pub fn start_of(source: &Arc<Source>) -> Self {
        Self::new(source, 0..0)
    }

    /// A whole line, counted from 1; the start of the file if there is no such line.
    pub fn of_line(source: &Arc<Source>, line: u32) -> Self {
        let index = (line as usize).saturating_sub(1);
        let start = source.line_starts.get(index).copied().unwrap_or(0);
        let length = source.text()[start..].lines().next().map_or(0, |line| line.trim_end().len());
        Self::new(source, start..start + length)
    }

    pub fn file(&self) -> &Arc<str> {
        &self.source.path
    }

    /// Counted from 1.
    pub fn line(&self) -> u32 {
        self.line_and_column().0
    }

    pub(in crate::diagnostic) fn line_and_column(&self) -> (u32, u32) {
        let index = self.line_index();
        let column = self.source.text()[self.source.line_starts[index]..self.span.start].chars().count() + 1;
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (narrow(index + 1), narrow(column))
    }

    /// The whole line with another text at this place; `None` if the place is not within one line, or if the line is too
    /// long to be copied or may contain a secret.
    pub fn line_with(&self, replacement: &str) -> Option<String> {
        let text = self.source.text.as_ref()?;
        let line_start = self.source.line_starts[self.line_index()];
        let line = text[line_start..].lines().next().unwrap_or_default();
        let (start, end) = (self.span.start - line_start, self.span.end - line_start);
        let is_shown = end <= line.len() && line.len() <= COPIED_BYTES_MAX && without_secret(line) == line;
        is_shown.then(|| format!("{}{replacement}{}", &line[..start], &line[end..]).trim().to_owned())
    }

    /// The bytes of the line, without its end, in the file.
    pub fn line_span(&self) -> Range<usize> {
        let start = self.source.line_starts[self.line_index()];
        let line = self.source.text()[start..].lines().next().unwrap_or_default();
        start..start + line.len()
    }

    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    fn line_index(&self) -> usize {
        self.source.line_starts.partition_point(|start| *start <= self.span.start).saturating_sub(1)
    }

    /// The line, and the range of the place within it.
    pub(in crate::diagnostic) fn line_text(&self) -> (Option<String>, Range<usize>) {
        let Some(text) = &self.source.text else { return (None, 0..0) };
        let line_start = self.source.line_starts[self.line_index()];
        let line = text[line_start..].lines().next().unwrap_or_default();
        let cut = cut_off(line, self.span.start - line_start);
        let shown = without_c1(&without_secret(&line[cut.clone()]));
        let inside = |at: usize| shown.floor_char_boundary((at - line_start).saturating_sub(cut.start));
        let span = inside(self.span.start)..inside(self.span.end);
        (Some(shown), span)
    }
}

/// Nobody copies a longer line from a hint.
const COPIED_BYTES_MAX: usize = 300;

/// Longer lines are truncated, so that a thousand errors in one long line stay small.
pub(in crate::diagnostic) const LINE_BYTES_MAX: usize = 4_096;

/// The part of a very long line around a place.
fn cut_off(line: &str, at: usize) -> Range<usize> {
    if line.len() <= LINE_BYTES_MAX {
        return 0..line.len();
    }
    let start = line.floor_char_boundary(at.saturating_sub(LINE_BYTES_MAX / 2));
    start..line.floor_char_boundary(start + LINE_BYTES_MAX)
}

/// Some terminals obey the C1 control characters of ISO 6429, which the renderer leaves alone. Each replacement has the
/// same number of bytes, so that places stay correct.
fn without_c1(line: &str) -> String {
    line.replace(|character| ('\u{80}'..='\u{9f}').contains(&character), "\u{b7}")
}

/// Hides a value that may be a secret, such as one that was put where its file name belongs.
fn without_secret(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let names_secret = |at: &usize| {
        let at = *at;
        let key = lower[..at].trim_end().trim_end_matches(['"', '\'']);
        let is_secret = ["token", "password", "secret"].iter().any(|word| key.ends_with(word));
        is_secret || (key.ends_with("_file") && looks_like_a_secret(first_text(&line[at + 1..])))
    };
    match lower.match_indices('=').map(|(at, _)| at).find(names_secret) {
        Some(at) => format!("{} …", &line[..=at]),
        None => line.to_owned(),
    }
}

/// The text in the first quotes, or up to a space if there are none.
fn first_text(value: &str) -> &str {
    let value = value.trim_start();
    let mut quoted = value.split(['"', '\'']);
    match quoted.next() {
        Some("") => quoted.next().unwrap_or_default(),
        _ => value.split_whitespace().next().unwrap_or_default(),
    }
}

/// File names have shorter words, or words without digits.
const SECRET_WORD_MIN: usize = 16;

/// Whether a text that should be a file name is more likely a secret: it contains an unusual character or a long word of
/// digits and letters.
pub fn looks_like_a_secret(written: &str) -> bool {
    let is_of_names = |one: char| one.is_alphanumeric() || matches!(one, '/' | '.' | '-' | '_');
    let is_random = |word: &str| {
        let has = |is: fn(&char) -> bool| word.chars().any(|one| is(&one));
        word.len() >= SECRET_WORD_MIN && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
    };
    !written.chars().all(is_of_names) || written.split(['/', '.', '-', '_']).any(is_random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_names_of_files() {
        for secret in [
            "0123456789abcdef0123456789abcdef",
            "eyJhbGciOiJIUzI1NiJ9.e30.x",
            "S3cret!",
            "correct horse",
            "aGVsbG8gd29ybGQh==",
        ] {
            assert!(looks_like_a_secret(secret), "{secret}");
        }
        for name in [
            "twilio-token",
            "source-listening-desk-2026",
            "/etc/wardbell/secrets/operator_2.txt",
            "supercalifragilistic",
            "../Zoë",
        ] {
            assert!(!looks_like_a_secret(name), "{name}");
        }
    }
}
