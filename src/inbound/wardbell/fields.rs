//! The fields of an incident: each is taken once by name and parsed by type.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::instant;
use crate::domain::severity::Severity;
use crate::inbound::input_error::{INPUT_ERRORS_MAX, InputError};
use crate::inbound::known_keys::closest;
use crate::inbound::wardbell::json::Members;

/// The longest class.
pub const CLASS_MAX: usize = 200;

/// The limit for ids and keys, as in other alerting tools (PagerDuty's `dedup_key`).
const ID_MAX: usize = 255;

/// An RFC 3339 instant with nanoseconds and an offset has 35 characters.
const INSTANT_MAX: usize = 40;

/// The fields not yet taken, and the errors and warnings so far.
pub struct Fields<'a> {
    members: Members<'a>,
    known: Vec<&'static str>,
    /// Characters of the body were replaced, so a U+FFFD may stand for anything.
    is_repaired: bool,
    errors: Vec<InputError>,
    warnings: Vec<InputError>,
}

/// Whether a text may have more than one line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// Line breaks become spaces.
    One,
    /// Line breaks and tabs stay.
    Many,
}

impl<'a> Fields<'a> {
    /// The members of a body.
    pub fn new(members: Members<'a>, is_repaired: bool) -> Self {
        let mut fields = Self { members, known: Vec::new(), is_repaired, errors: Vec::new(), warnings: Vec::new() };
        if is_repaired {
            let message = "Some characters are not valid in JSON or Unicode and were replaced";
            fields.warn(InputError::new("", "replaced-characters", message));
        }
        fields
    }

    /// The errors and the warnings.
    pub fn found(self) -> (Vec<InputError>, Vec<InputError>) {
        (self.errors, self.warnings)
    }

    pub fn known(&self) -> &[&'static str] {
        &self.known
    }

    /// Adds a warning.
    pub fn warn(&mut self, warning: InputError) {
        if self.warnings.len() < INPUT_ERRORS_MAX {
            self.warnings.push(warning);
        }
    }

    fn refuse(&mut self, name: &str, code: &'static str, message: impl Into<Cow<'static, str>>) {
        if self.errors.len() < INPUT_ERRORS_MAX {
            self.errors.push(InputError::new(format!("/{name}"), code, message));
        }
    }

    fn note(&mut self, name: &str, code: &'static str, message: impl Into<Cow<'static, str>>) {
        self.warn(InputError::new(format!("/{name}"), code, message));
    }

    /// The last value of that name; `None` if it is `null`.
    pub fn take(&mut self, name: &'static str) -> Option<&'a RawValue> {
        let values = self.take_all(name);
        if values.iter().any(|one| one.get() != values[0].get()) {
            self.note(name, "duplicate-key", format!("`{name}` appears more than once; the last value was used"));
        }
        values.last().copied().filter(|value| value.get() != "null")
    }

    /// The value of a routing field; conflicting duplicates are an error.
    fn take_routing(&mut self, name: &'static str) -> Option<&'a RawValue> {
        let values = self.take_all(name);
        if values.iter().any(|one| one.get() != values[0].get()) {
            self.refuse(name, "duplicate-key", format!("`{name}` appears more than once; send it once"));
        }
        values.last().copied().filter(|value| value.get() != "null")
    }

    fn take_all(&mut self, name: &'static str) -> Vec<&'a RawValue> {
        self.known.push(name);
        self.members.extract_if(.., |(key, _)| key == name).map(|(_, value)| value).collect()
    }

    /// The remaining fields.
    pub fn take_rest(&mut self) -> Members<'a> {
        std::mem::take(&mut self.members)
    }

    /// The class: the one field without which an incident cannot be routed.
    pub fn class(&mut self) -> String {
        let class = self.take_routing("class").and_then(|raw| self.identifying("class", raw));
        if class.is_none() && self.errors.is_empty() {
            let near = self.members.iter().find(|(key, _)| closest(key, &["class"]).is_some());
            let message = match near {
                Some(_) => "`class` is required: the label from the classifier. A key with a similar name was sent",
                None => "`class` is required: the label from the classifier",
            };
            self.refuse("class", "missing-key", message);
        }
        let class = class.unwrap_or_default();
        if class.is_empty() && self.errors.is_empty() {
            self.refuse("class", "empty", "`class` must not be empty");
        }
        self.check_length("class", &class, CLASS_MAX);
        class
    }

    /// An id from the source. It is never cut or cleaned, because that could make two ids equal.
    pub fn id(&mut self, name: &'static str) -> Option<String> {
        let id = self.take_routing(name).and_then(|raw| self.identifying(name, raw))?;
        if id.is_empty() {
            self.note(name, "empty", format!("`{name}` is empty and was left out"));
            return None;
        }
        self.check_length(name, &id, ID_MAX);
        Some(id)
    }

    fn check_length(&mut self, name: &str, text: &str, longest: usize) {
        if text.chars().count() > longest {
            self.refuse(name, "too-long", format!("`{name}` must have at most {longest} characters"));
        }
    }

    /// A text without surrounding space, or the digits of a number.
    fn identifying(&mut self, name: &str, raw: &RawValue) -> Option<String> {
        let text = match parse(raw) {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(_) => raw.get().to_owned(),
            _ => {
                self.refuse(name, "wrong-kind", format!("`{name}` must be a string"));
                return None;
            }
        };
        if text.chars().any(char::is_control) {
            self.refuse(name, "control-character", format!("`{name}` must not contain control characters"));
        } else if self.is_repaired && text.contains(char::REPLACEMENT_CHARACTER) {
            self.refuse(name, "not-unicode", format!("`{name}` must be valid Unicode"));
        }
        Some(text)
    }

    /// A severity that may raise the playbook's.
    pub fn severity(&mut self, name: &'static str) -> Option<Severity> {
        let raw = self.take_routing(name)?;
        let Value::String(text) = parse(raw) else {
            self.refuse(name, "wrong-kind", format!("`{name}` must be a string"));
            return None;
        };
        let severity = text.trim().to_lowercase().parse().ok();
        if severity.is_none() {
            self.refuse(name, "bad-value", "`severity` must be `critical`, `high`, `moderate`, or `low`");
        }
        severity
    }

    /// A text field that does not affect routing.
    pub fn text(&mut self, name: &'static str, longest: usize, lines: Lines) -> Option<String> {
        let raw = self.take(name)?;
        let text = match parse(raw) {
            Value::String(text) => text,
            Value::Number(_) => raw.get().to_owned(),
            _ => {
                self.note(name, "wrong-kind", format!("`{name}` must be a string; its JSON was kept"));
                raw.get().to_owned()
            }
        };
        let cleaned = clean(&text, longest, lines);
        if text.chars().count() > longest {
            self.note(name, "too-long", format!("`{name}` was cut to {longest} characters"));
        } else if has_control(&text, lines) {
            self.note(name, "control-character", format!("Control characters in `{name}` were replaced with spaces"));
        }
        let cleaned = if lines == Lines::One { cleaned.trim() } else { cleaned.as_ref() };
        (!cleaned.is_empty()).then(|| cleaned.to_owned())
    }

    pub fn fraction(&mut self, name: &'static str) -> Option<f64> {
        let raw = self.take(name)?;
        let number = self.number(name, raw).filter(|number| (0.0..=1.0).contains(number));
        if number.is_none() {
            self.note(name, "out-of-range", format!("`{name}` must be a number from 0 to 1; it was left out"));
        }
        number
    }

    pub fn natural(&mut self, name: &'static str) -> Option<u64> {
        let raw = self.take(name)?;
        if let Ok(number) = serde_json::from_str(raw.get()) {
            return Some(number);
        }
        let Some(number) = self.number(name, raw).filter(|number| *number >= 0.0) else {
            self.note(name, "out-of-range", format!("`{name}` must be a whole number, 0 or greater; it was left out"));
            return None;
        };
        // A number too large to represent becomes the maximum.
        let whole = number as u64;
        if number.fract() != 0.0 || number >= u64::MAX as f64 {
            self.note(name, "out-of-range", format!("`{name}` must be a whole number; it was rounded down"));
        }
        Some(whole)
    }

    fn number(&mut self, name: &str, raw: &RawValue) -> Option<f64> {
        let text = match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => {
                self.note(name, "wrong-kind", format!("`{name}` must be a number, not a string"));
                text
            }
            Err(_) => raw.get().to_owned(),
        };
        // Rejects what Rust parses as a number but JSON does not: `inf`, `nan`, and a sign or point without digits.
        let has_digits = text.trim().starts_with(|first: char| first.is_ascii_digit() || first == '-');
        text.trim().parse().ok().filter(|number: &f64| has_digits && !number.is_nan())
    }

    /// A boolean; missing means `false`.
    pub fn truth(&mut self, name: &'static str) -> bool {
        let Some(raw) = self.take_routing(name) else { return false };
        match raw.get().trim_matches('"') {
            "true" => true,
            "false" => false,
            _ => {
                self.refuse(name, "wrong-kind", format!("`{name}` must be `true` or `false`"));
                false
            }
        }
    }

    /// A list of words; a single word counts as a list of one.
    pub fn words(&mut self, name: &'static str, most: usize, longest: usize) -> Vec<String> {
        let Some(raw) = self.take_routing(name) else { return Vec::new() };
        let entries = match parse(raw) {
            Value::Array(entries) => entries,
            one @ (Value::String(_) | Value::Number(_)) => vec![one],
            _ => {
                self.refuse(name, "wrong-kind", format!("`{name}` must be a list of strings"));
                return Vec::new();
            }
        };
        let mut words: Vec<String> = Vec::new();
        for (position, entry) in entries.into_iter().enumerate() {
            let place = format!("{name}/{position}");
            match entry {
                Value::Null => {}
                Value::String(text) => self.word(&place, &text, longest, &mut words),
                Value::Number(number) => self.word(&place, &number.to_string(), longest, &mut words),
                _ => self.refuse(&place, "wrong-kind", format!("Every entry of `{name}` must be a string")),
            }
        }
        if words.len() > most {
            self.refuse(name, "too-many", format!("`{name}` must have at most {most} different entries"));
        }
        words
    }

    fn word(&mut self, place: &str, text: &str, longest: usize, words: &mut Vec<String>) {
        let word = clean(text, usize::MAX, Lines::One);
        let word = word.trim();
        if word.chars().count() > longest {
            // Names in the configuration are shorter, so this can match nothing.
            self.note(place, "too-long", format!("This entry has more than {longest} characters and was left out"));
        } else if !word.is_empty() && words.iter().all(|known| known != word) {
            words.push(word.to_owned());
        }
    }

    /// An instant: RFC 3339, also with an offset that has no colon.
    pub fn instant(&mut self, name: &'static str) -> Option<DateTime<Utc>> {
        let raw = self.take(name)?;
        let parsed = serde_json::from_str::<String>(raw.get()).ok().and_then(|text| instant_in(text.trim()));
        if parsed.is_none() {
            let message =
                format!("`{name}` must be an RFC 3339 timestamp such as `2026-12-24T23:00:00Z`; it was left out");
            self.note(name, "bad-instant", message);
        }
        parsed
    }
}

/// The parsed value. A number too large for the JSON parser still counts as a number.
fn parse(raw: &RawValue) -> Value {
    let is_number = raw.get().starts_with(|first: char| first.is_ascii_digit() || first == '-');
    serde_json::from_str(raw.get()).unwrap_or_else(|_| if is_number { Value::from(0) } else { Value::Null })
}

fn instant_in(text: &str) -> Option<DateTime<Utc>> {
    if text.len() > INSTANT_MAX {
        return None;
    }
    let without_colon = || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z");
    let at = DateTime::parse_from_rfc3339(text).or_else(|_| without_colon()).ok()?;
    let at = instant::to_millis(at.with_timezone(&Utc));
    // The offset may shift the year out of the range of RFC 3339.
    (1..=9_999).contains(&at.year()).then_some(at)
}

/// The text with control characters replaced by spaces, cut to `longest` characters.
pub fn clean(text: &str, longest: usize, lines: Lines) -> Cow<'_, str> {
    // A text never has more characters than bytes, so most need no counting.
    let cut = match text.char_indices().nth(longest).filter(|_| text.len() > longest) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    if !has_control(cut, lines) {
        return Cow::Borrowed(cut);
    }
    let one = |character: char| if is_control(character, lines) { ' ' } else { character };
    Cow::Owned(cut.chars().map(one).collect())
}

fn has_control(text: &str, lines: Lines) -> bool {
    text.chars().any(|character| is_control(character, lines))
}

fn is_control(character: char, lines: Lines) -> bool {
    character.is_control() && !(lines == Lines::Many && matches!(character, '\n' | '\r' | '\t'))
}
