//! The text of a body, and the raw members of its JSON object.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::inbound::input_error::InputError;

const BOM: &[u8] = b"\xEF\xBB\xBF";

pub struct Text<'a> {
    text: Cow<'a, str>,
    is_repaired: bool,
}

/// The members of an object, in order, with duplicate keys kept.
pub type Members<'a> = Vec<(String, &'a RawValue)>;

/// Decodes UTF-8, also with a byte-order mark, and UTF-16 that has one. Invalid bytes become U+FFFD. Lone surrogates,
/// unescaped control characters, and non-JSON numbers are repaired.
pub fn decode(bytes: &[u8]) -> Text<'_> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(from_utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(from_utf16(rest, u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes.strip_prefix(BOM).unwrap_or(bytes)),
    };
    let is_lossy = matches!(text, Cow::Owned(_)) && text.contains(char::REPLACEMENT_CHARACTER);
    let may_need_repair = is_lossy || text.contains("\\ud") || text.contains("\\uD") || parse(&text).is_err();
    match may_need_repair.then(|| repair(&text)).flatten() {
        Some(repaired) => Text { text: Cow::Owned(repaired), is_repaired: true },
        None => Text { text, is_repaired: is_lossy },
    }
}

impl Text<'_> {
    /// The members of the object, and whether characters were replaced.
    pub fn members(&self) -> Result<(Members<'_>, bool), InputError> {
        let is_object = self.text.trim_ascii_start().starts_with('{');
        match parse(&self.text) {
            Ok(Object(members)) => Ok((members, self.is_repaired)),
            Err(error) if error.is_data() && !is_object => {
                Err(InputError::new("", "wrong-kind", "Send the incident as a JSON object"))
            }
            Err(error) => Err(not_json(error.line(), error.column())),
        }
    }
}

/// A body that is not JSON, from this place on.
fn not_json(line: usize, column: usize) -> InputError {
    InputError::new(
        "",
        "not-json",
        format!("Line {line}, column {column} is not valid JSON. Send one JSON object in UTF-8"),
    )
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks(2).map(|pair| unit([pair[0], pair.get(1).copied().unwrap_or_default()]));
    char::decode_utf16(units).map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn parse(text: &str) -> Result<Object<'_>, serde_json::Error> {
    serde_json::from_str(text)
}

struct Object<'a>(Members<'a>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(AsWritten).map(Self)
    }
}

struct AsWritten;

impl<'de> Visitor<'de> for AsWritten {
    type Value = Members<'de>;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The members of an object inside the object.
pub fn members(raw: &RawValue) -> Option<Members<'_>> {
    parse(raw.get()).ok().map(|object| object.0)
}

/// Repairs common sender mistakes; `None` if there are none.
///
/// In strings, a lone surrogate becomes U+FFFD, and a control character is escaped. Elsewhere, `NaN` and `Infinity`,
/// which Python writes, become `null`.
fn repair(json: &str) -> Option<String> {
    let (mut out, mut rest, mut in_text) = (String::with_capacity(json.len()), json, false);
    while let Some(next) = rest.chars().next() {
        let (length, instead) = match next {
            '"' => {
                in_text = !in_text;
                (1, None)
            }
            '\\' if in_text => repair_escape(rest),
            _ if in_text && next < ' ' => (1, Some(format!("\\u{:04x}", u32::from(next)))),
            'N' | 'I' | '-' if !in_text => repair_number(rest),
            _ => (next.len_utf8(), None),
        };
        let (written, after) = rest.split_at(length);
        out.push_str(instead.as_deref().unwrap_or(written));
        rest = after;
    }
    (out != json).then_some(out)
}

/// The length of the escape, and its replacement if it is a lone surrogate.
fn repair_escape(rest: &str) -> (usize, Option<String>) {
    let Some(first) = unicode_escape(rest) else {
        return (1 + rest.chars().nth(1).map_or(0, char::len_utf8), None);
    };
    match first {
        0xD800..=0xDBFF
            if rest.get(6..).and_then(unicode_escape).is_some_and(|low| (0xDC00..=0xDFFF).contains(&low)) =>
        {
            (12, None)
        }
        0xD800..=0xDFFF => (6, Some("\\ufffd".to_owned())),
        _ => (6, None),
    }
}

/// The unit that `\u` and four digits stand for.
fn unicode_escape(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

fn repair_number(rest: &str) -> (usize, Option<String>) {
    let found = ["NaN", "Infinity", "-Infinity"].into_iter().find(|number| rest.starts_with(number));
    found.map_or((1, None), |number| (number.len(), Some("null".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_senders_get_wrong_is_put_right_and_nothing_else() {
        for (json, repaired) in [
            (r#"{"a":"\ud83d"}"#, Some(r#"{"a":"\ufffd"}"#)),
            (r#"{"a":"\ud83d\u0041"}"#, Some(r#"{"a":"\ufffd\u0041"}"#)),
            (r#"{"a":"\ude00\ud83d\ude00"}"#, Some(r#"{"a":"\ufffd\ud83d\ude00"}"#)),
            (r#"{"a":"\\ud83d \" NaN"}"#, None),
            ("{\"a\":\"one\ntwo\"}", Some("{\"a\":\"one\\u000atwo\"}")),
            (r#"{"a":NaN,"b":-Infinity,"c":-1}"#, Some(r#"{"a":null,"b":null,"c":-1}"#)),
            (r#"{"a":"\u00"#, None),
            (r#"{"ü":"ü\"#, None),
        ] {
            assert_eq!(repair(json).as_deref(), repaired, "{json}");
        }
    }

    #[test]
    fn marks_of_byte_order_say_how_a_body_is_written() {
        let utf16 = |unit: fn(u16) -> [u8; 2], mark: u16| -> Vec<u8> {
            std::iter::once(mark).chain(r#"{"ü":1}"#.encode_utf16()).flat_map(unit).collect()
        };
        let bodies =
            ["\u{feff}{\"ü\":1}".as_bytes().to_vec(), utf16(u16::to_le_bytes, 0xFEFF), utf16(u16::to_be_bytes, 0xFEFF)];
        for body in bodies {
            let text = decode(&body);
            let (members, is_repaired) = text.members().unwrap();
            assert_eq!((members[0].0.as_str(), is_repaired), ("ü", false));
        }
        let text = decode(b"{\"a\":\"caf\xE9\"}");
        let (members, is_repaired) = text.members().unwrap();
        assert_eq!((members[0].1.get(), is_repaired), ("\"caf\u{fffd}\"", true));
    }
}
