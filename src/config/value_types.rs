//! Value types: how each is read, and the errors for invalid values.

use std::fmt::Display;
use std::net::SocketAddr;
use std::str::FromStr;

use schemars::{Schema, json_schema};
use serde_json::json;
use toml::de::{DeInteger, DeValue};

use crate::config::diagnostics::{closest, did_you_mean, quoted_list};
use crate::diagnostic::Code;
use crate::domain::contact::ChannelKind;
use crate::domain::id::{
    ClassName, DepartmentId, LiaisonId, NAME_MAX, OperatorName, PolicyName, Role, SourceName, WindowName,
};
use crate::domain::page::HospitalName;
use crate::domain::playbook::glob::Glob;
use crate::domain::playbook::ladder::Target;
use crate::domain::roster::rotation::Every;
use crate::domain::severity::Severity;
use crate::domain::visible::{is_hidden, turns_text};
use crate::domain::wait::Wait;
use crate::domain::zone::rules::Rules;

/// Length limit of names and titles, which must fit in email subjects and tables.
pub const LINE_MAX: usize = 200;

/// Length limit of texts: a statement of three pages.
const PROSE_MAX: usize = 10_000;

/// A type of value that can be read.
pub trait Read: Sized {
    /// Reads a value; `label` is how messages refer to it, such as "`severity`".
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong>;

    /// Whether it refers to a person by ID.
    fn is_person() -> bool {
        false
    }

    /// The JSON Schema of the values. Every value in the usual form matches it.
    fn schema() -> Schema;
}

#[derive(Debug)]
pub struct Wrong {
    pub code: Code,
    pub message: String,
    pub hint: Option<String>,
    /// What to write instead, as TOML.
    pub fix: Option<String>,
    /// Whether the line contains a secret and must not be shown.
    pub is_secret: bool,
}

impl Wrong {
    /// An invalid value.
    pub fn value(message: impl Into<String>) -> Self {
        Self { code: Code::BadValue, message: message.into(), hint: None, fix: None, is_secret: false }
    }

    /// An invalid value that contains a secret, which no message shows.
    pub fn secret(message: impl Into<String>) -> Self {
        Self { is_secret: true, ..Self::value(message) }
    }

    fn kind(value: &DeValue<'_>, label: &str, wanted: &str) -> Self {
        Self::value(format!("{label} must be {wanted}, not {}", kind_of(value)))
    }

    pub fn hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// A keyword that may be meant.
    pub fn meant<'a>(self, raw: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Self {
        let fix = closest(raw, known.clone()).map(|word| format!("\"{word}\""));
        Self { fix, ..self.hint(did_you_mean(raw, known)) }
    }
}

/// The type of a value, in words.
pub fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(true) => "`true`",
        DeValue::Boolean(false) => "`false`",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The text of a string value.
pub fn text<'a>(value: &'a DeValue<'_>, label: &str) -> Result<&'a str, Wrong> {
    match value {
        DeValue::String(text) => Ok(text.as_ref()),
        other => Err(Wrong::kind(other, label, "text in quotes")),
    }
}

/// The meaning of a keyword.
pub fn one_of<T: Copy>(value: &DeValue<'_>, label: &str, words: &[(&str, T)]) -> Result<T, Wrong> {
    let raw = text(value, label)?;
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == raw) {
        return Ok(*meaning);
    }
    let known = || words.iter().map(|(word, _)| *word);
    let one_of = if words.len() == 1 { "" } else { "one of " };
    let message = format!("{label} must be {one_of}{}", quoted_list(known()));
    Err(Wrong::value(message).meant(raw, known()))
}

/// One non-empty line of text.
#[derive(Debug, Clone)]
pub struct Line(pub String);

impl Read for Line {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        let trimmed = text.trim();
        if trimmed.is_empty() {
            Err(Wrong::value(format!("{label} is empty")))
        } else if text.chars().any(char::is_control) {
            Err(Wrong::value(format!("{label} must be one line, without control characters")))
        } else if text.chars().any(is_hidden) {
            Err(turned(label))
        } else if text.chars().count() > LINE_MAX {
            Err(Wrong { code: Code::OverLimit, ..Wrong::value(format!("{label} has more than {LINE_MAX} characters")) })
        } else {
            Ok(Self(trimmed.to_owned()))
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r"\S", "maxLength": LINE_MAX })
    }
}

/// Non-empty text of one or more lines.
#[derive(Debug, Clone)]
pub struct Prose(pub String);

impl Read for Prose {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        if text.trim().is_empty() {
            Err(Wrong::value(format!("{label} is empty")))
        } else if text.chars().any(|one| one.is_control() && !matches!(one, '\n' | '\r' | '\t')) {
            Err(Wrong::value(format!("{label} contains a control character")))
        } else if text.chars().any(turns_text) {
            Err(turned(label))
        } else if text.chars().count() > PROSE_MAX {
            Err(Wrong {
                code: Code::OverLimit,
                ..Wrong::value(format!("{label} has more than {PROSE_MAX} characters"))
            })
        } else {
            Ok(Self(text.trim_end().to_owned()))
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r"\S", "maxLength": PROSE_MAX })
    }
}

fn turned(label: &str) -> Wrong {
    let wrong =
        Wrong::value(format!("{label} contains an invisible character that breaks the line or changes its direction"));
    wrong.hint(Some("retype the text; such characters often come with copied text".to_owned()))
}

impl Read for bool {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        value.as_bool().ok_or_else(|| Wrong::kind(value, label, "`true` or `false`"))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "boolean" })
    }
}

impl Read for u64 {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let number = value.as_integer().ok_or_else(|| Wrong::kind(value, label, "a whole number"))?;
        parse_integer(number).ok_or_else(|| Wrong::value(format!("{label} must be from 0 to {}", i64::MAX)))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": 0, "maximum": i64::MAX })
    }
}

fn parse_integer(number: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| i64::try_from(*number).is_ok())
}

/// A fraction from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Share(pub f64);

impl Read for Share {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let number = match value {
            DeValue::Float(number) => number.as_str().parse().unwrap_or(f64::NAN),
            DeValue::Integer(number) => parse_integer(number).map_or(f64::NAN, |number| number as f64),
            other => return Err(Wrong::kind(other, label, "a number from 0 to 1")),
        };
        if (0.0..=1.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Wrong::value(format!("{label} must be from 0 to 1")))
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 1 })
    }
}

/// A time zone name; whether the zone exists is checked against the rules in force.
pub struct ZoneName(pub String);

impl Read for ZoneName {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        text(value, label).map(|text| Self(text.to_owned()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "enum": Rules::known_names().collect::<Vec<_>>() })
    }
}

impl Read for SocketAddr {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let wrong = |_| Wrong::value(format!("{label} must be an address and a port, such as `127.0.0.1:8080`"));
        text(value, label)?.parse().map_err(wrong)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r":\d{1,5}$", "examples": ["127.0.0.1:8080"] })
    }
}

/// Names and short notations whose own parse error is shown.
pub fn parse<T: FromStr<Err: Display>>(value: &DeValue<'_>, label: &str, known: &[&str]) -> Result<T, Wrong> {
    let text = text(value, label)?;
    text.parse()
        .map_err(|error| Wrong::value(format!("{label} is not valid: {error}")).meant(text, known.iter().copied()))
}

macro_rules! parsed {
    ($($kind:ty: $known:expr, $schema:expr;)*) => {$(
        impl Read for $kind {
            fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
                parse(value, label, &$known)
            }

            fn schema() -> Schema {
                $schema
            }
        }
    )*};
}

impl Read for LiaisonId {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        if value.as_str() == Some("-") {
            let wrong = Wrong::value(format!("{label} must be a person: `-` is a free turn of a rotation"));
            return Err(wrong.hint(Some("take it out; if nothing is left, remove this line".to_owned())));
        }
        parse(value, label, &[])
    }

    fn is_person() -> bool {
        true
    }

    fn schema() -> Schema {
        name("m-rivera")
    }
}

const SEVERITIES: [&str; 4] = ["critical", "high", "moderate", "low"];

parsed! {
    DepartmentId: [], name("privacy");
    WindowName: [], name("weekend");
    Role: [], name("primary");
    ClassName: [], name("phi-by-staff");
    PolicyName: [], name("social-media");
    SourceName: [], name("listening-desk");
    OperatorName: [], name("social-desk");
    HospitalName: [], json_schema!({ "type": "string", "minLength": 1, "maxLength": 12, "examples": ["MERCY"] });
    Glob: [], json_schema!({ "type": "string", "pattern": r"[^*]", "examples": ["hipaa.*"] });
    Target: [], json_schema!({
        "type": "string",
        "pattern": format!("^{NAME}(:{NAME})?$"),
        "examples": ["primary", "backup", "escalation", "administrator-on-call:primary"],
    });
    Wait: [], json_schema!({ "type": "string", "pattern": r"^\d+[smhd]$", "examples": ["90s", "5m", "1h"] });
    Every: [], json_schema!({
        "type": "string",
        "pattern": r"^\+?\d+ (hour|day|week|month|turn)s?$",
        "examples": ["1 week", "12 hours", "2 days", "1 month"],
    });
    ChannelKind: ChannelKind::ALL.map(ChannelKind::word), words(ChannelKind::ALL.map(ChannelKind::word));
    Severity: SEVERITIES, words(SEVERITIES);
}

/// Lowercase letters, digits, and inner hyphens.
pub const NAME: &str = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";

pub fn name(example: &str) -> Schema {
    let pattern = format!("^{NAME}$");
    json_schema!({ "type": "string", "pattern": pattern, "maxLength": NAME_MAX, "examples": [example] })
}

/// The schema of a keyword.
pub fn words(words: impl IntoIterator<Item = &'static str>) -> Schema {
    json_schema!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}

/// The schema of one value or a list of them.
pub fn one_or_many<T: Read>(description: &str) -> Schema {
    let one = T::schema();
    let mut schema = one.clone();
    schema.insert("type".to_owned(), json!(["string", "array"]));
    schema.insert("items".to_owned(), one.to_value());
    schema.insert("description".to_owned(), description.into());
    schema
}
