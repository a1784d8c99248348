//! Loads files and reports TOML syntax errors.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use toml::de::DeTable;

use crate::config::correct::missing_day;
use crate::config::diagnostics::{Diagnostics, quoted};
use crate::config::files::{FILE_BYTES_MAX, Files};
use crate::config::line_fix;
use crate::config::reader::Table;
use crate::diagnostic::{Code, Diagnostic, Source, Spot};
use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;

/// Loads files and keeps track of which ones were read.
pub struct FileLoader<'a> {
    pub files: &'a dyn Files,
    pub diagnostics: &'a Diagnostics,
    read: RefCell<Vec<Opened>>,
}

/// Files that were read.
pub struct Read(Vec<Opened>);

impl Read {
    /// The digest of the first read, if it succeeded.
    pub fn sha256(&self) -> Option<Digest> {
        self.0.first().map(|file| file.sha256)
    }
}

/// A file that was loaded.
struct Opened {
    path: String,
    sha256: Digest,
    /// `None` if it is not text.
    source: Option<Arc<Source>>,
}

pub struct Document<T> {
    /// The contents.
    pub raw: T,
    /// Whether all of it was understood. If not, missing parts may be in the broken part.
    pub is_whole: bool,
}

impl<'a> FileLoader<'a> {
    /// A loader that has not read anything.
    pub fn new(files: &'a dyn Files, diagnostics: &'a Diagnostics) -> Self {
        Self { files, diagnostics, read: RefCell::default() }
    }

    /// Reads a file; `name` is how messages refer to it, such as "this roster".
    pub fn read<T>(&self, path: &str, name: &str, read: impl FnOnce(Table<'_>) -> T) -> Option<Document<T>> {
        Some(self.understand(&self.open(path)?, name, read))
    }

    /// Reads a file that is not TOML, if it is text.
    pub fn read_text(&self, path: &str) -> Option<Arc<Source>> {
        self.open(path)
    }

    fn understand<T>(&self, source: &Arc<Source>, name: &str, read: impl FnOnce(Table<'_>) -> T) -> Document<T> {
        let (table, errors) = DeTable::parse_recoverable(source.text());
        let broken = Broken::new(source, &errors);
        for diagnostic in &broken.diagnostics {
            self.diagnostics.push(diagnostic.clone());
        }
        let found = Diagnostics::default();
        let raw = read(Table::of_file(table.get_ref(), name, source, &found));
        for diagnostic in found.into_sorted() {
            if !broken.may_explain(&diagnostic) {
                self.diagnostics.push(diagnostic);
            }
        }
        let is_whole = broken.diagnostics.is_empty();
        Document { raw, is_whole }
    }

    /// Reads a file that the user named. If it has none of our keys, it may be a secret, so none of its contents are shown.
    pub fn read_ours<T>(
        &self,
        path: &str,
        name: &str,
        keys: &[&str],
        read: impl FnOnce(Table<'_>) -> T,
    ) -> Option<Document<T>> {
        let source = self.open(path)?;
        let (table, _) = DeTable::parse_recoverable(source.text());
        let has_one = table.get_ref().keys().any(|key| keys.contains(&key.get_ref().as_ref()));
        if !has_one && !source.text().trim().is_empty() {
            let message = format!("this file has none of the tables of `wardbell.toml`, such as `[{}]`", keys[0]);
            let diagnostic = Diagnostic::error(Code::Syntax, &Spot::start_of(&source), message).without_source();
            let path = self.files.resolve(path);
            self.diagnostics.push(diagnostic.hint(format!("is `{}` the right file for `--config`?", path.display())));
            return None;
        }
        Some(self.understand(&source, name, read))
    }

    /// Adds the files read by another loader.
    pub fn adopt(&self, read: Read) {
        self.read.borrow_mut().extend(read.0);
    }

    pub fn into_read(self) -> Read {
        Read(self.read.into_inner())
    }

    /// The files that were read, by path.
    pub fn files(&self) -> Vec<PlanFile> {
        let read = self.read.borrow();
        let mut files: Vec<_> =
            read.iter().map(|file| PlanFile { path: file.path.clone(), sha256: file.sha256 }).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// The texts of the files that are text, by path.
    pub fn sources(&self) -> BTreeMap<Arc<str>, Arc<Source>> {
        let sources = self.read.borrow();
        let sources = sources.iter().filter_map(|file| file.source.as_ref());
        sources.map(|source| (Arc::clone(source.path()), Arc::clone(source))).collect()
    }

    /// The texts of those files except the one at `path`.
    pub fn texts_but(&self, path: &str) -> BTreeMap<Digest, Arc<str>> {
        let read = self.read.borrow();
        let others = read.iter().filter(|file| file.path != path);
        others.filter_map(|file| Some((file.sha256, file.source.as_ref()?.text().into()))).collect()
    }

    fn open(&self, path: &str) -> Option<Arc<Source>> {
        let fail = |code: Code, message: String| {
            let diagnostic = Diagnostic::error(code, &Spot::start_of(&Source::unread(path)), message);
            self.diagnostics.push(diagnostic.hint(format!("this is `{}`", self.files.resolve(path).display())));
            None
        };
        let bytes = match self.files.read(path) {
            Ok(bytes) if bytes.len() as u64 > FILE_BYTES_MAX => {
                return fail(Code::OverLimit, format!("the file is larger than {} KiB", FILE_BYTES_MAX / 1_024));
            }
            Ok(bytes) => bytes,
            Err(error) => {
                return fail(Code::UnreadableFile, format!("cannot read the file: {}", why_unread(&error)));
            }
        };
        let sha256 = Digest::of(&bytes);
        let source = self.decode(path, bytes);
        self.read.borrow_mut().push(Opened { path: path.to_owned(), sha256, source: source.clone() });
        source
    }

    fn decode(&self, path: &str, bytes: Vec<u8>) -> Option<Arc<Source>> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Source::new(path, text)),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let source = Source::new(path, String::from_utf8_lossy(error.as_bytes()).into_owned());
                let spot = Spot::new(&source, good..good + '\u{fffd}'.len_utf8());
                self.diagnostics.error(Code::Syntax, &spot, "this is not UTF-8 text");
                None
            }
        }
    }
}

/// Why a file or folder could not be read, in plain words.
pub fn why_unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "file not found".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// A file with more broken lines is not TOML at all.
const BREAKS_MAX: usize = 100;

/// The broken places of a file.
struct Broken {
    diagnostics: Vec<Diagnostic>,
    /// An unclosed bracket or quote swallowed the rest.
    swallowed: bool,
}

impl Broken {
    /// One error per line: the first, or the one that swallows the rest of the file, after which nothing can be checked.
    fn new(source: &Arc<Source>, errors: &[toml::de::Error]) -> Self {
        let end = source.text().trim_end().len();
        let mut lines: BTreeMap<u32, (Range<usize>, &str)> = BTreeMap::new();
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let span = span.start.min(end)..span.end.min(end);
            let line = Spot::new(source, span.clone()).line();
            let (held, message) = lines.entry(line).or_insert((span.clone(), error.message()));
            let rank = |span: &Range<usize>, message: &str| (!swallows(message), span.start);
            if rank(&span, error.message()) < rank(held, message) {
                (*held, *message) = (span, error.message());
            }
        }
        let mut broken = Self { diagnostics: Vec::new(), swallowed: false };
        let is_open_header = |(_, (_, message)): &(&u32, &(Range<usize>, &str))| message.starts_with("unclosed table");
        let open_header = lines.iter().find(is_open_header).map(|(line, _)| *line);
        for (line, (span, message)) in lines {
            // What follows a header that is not closed is in another table than meant.
            if open_header.is_some_and(|header| header < line) && message.starts_with("duplicate key") {
                continue;
            }
            broken.swallowed |= swallows(message) || broken.diagnostics.len() == BREAKS_MAX;
            broken.diagnostics.push(describe(source, span, message));
            if broken.swallowed {
                break;
            }
        }
        broken
    }

    /// Whether a diagnostic may be caused by the syntax errors.
    fn may_explain(&self, diagnostic: &Diagnostic) -> bool {
        let any = !self.diagnostics.is_empty();
        let same_line = self.diagnostics.iter().any(|broken| broken.line == diagnostic.line);
        self.swallowed || same_line || (any && diagnostic.code == Code::MissingKey)
    }
}

/// Whether the parser's message is about an unclosed bracket or quote.
fn swallows(message: &str) -> bool {
    ["in array", "array elements", "inline table", "unclosed array", "multi-line"]
        .iter()
        .any(|part| message.contains(part))
}

/// Longer lines are not copied into a hint.
const COPIED_BYTES_MAX: usize = 300;

/// The parser's message in plain words, with a hint for the most common cause.
fn describe(source: &Arc<Source>, span: Range<usize>, message: &str) -> Diagnostic {
    let raw = source.text().get(span.clone()).unwrap_or_default().to_owned();
    let spot = Spot::new(source, span);
    let error = |message: String| Diagnostic::error(Code::Syntax, &spot, message);
    let line = source.text().get(spot.line_span()).unwrap_or_default();
    if message.starts_with("duplicate key") {
        let message = format!("{} is given twice", quoted(&raw));
        let diagnostic = Diagnostic::error(Code::DuplicateKey, &spot, message);
        return match line_fix::doubled(line) {
            Some(fixed) => diagnostic.write(&fixed, None),
            None => diagnostic.hint("keep one of the two"),
        };
    }
    let is_shown = line.len() <= COPIED_BYTES_MAX && spot.line_with(&raw).is_some();
    let diagnostic = in_words(error, message, &raw);
    match line_fix::corrected(line).filter(|_| is_shown) {
        Some(fixed) => {
            let otherwise = diagnostic.hint.clone();
            diagnostic.write(&fixed, otherwise)
        }
        None => diagnostic,
    }
}

fn in_words(error: impl Fn(String) -> Diagnostic, message: &str, raw: &str) -> Diagnostic {
    if let Some((month, days)) = missing_day(raw) {
        return error(format!("{} is a day that does not exist: {month} has {days} days", quoted(raw)));
    }
    if message.starts_with("string values must be quoted") {
        return error("put text in straight quotes (\"…\")".to_owned()).hint(format!("write \"{}\"", raw.trim()));
    }
    if message.starts_with("invalid") && message.contains("string") {
        return error("the quotes are not closed, or contain a character that is not allowed".to_owned())
            .hint("end the text with the same kind of quote that starts it");
    }
    if message.contains("array") {
        return error(message.replace("array", "list")).hint("is a `,` or a `]` missing here or above?");
    }
    if message.contains("inline table") {
        return error(message.to_owned()).hint("is a `,` or a `}` missing here or above?");
    }
    error(message.to_owned())
}
