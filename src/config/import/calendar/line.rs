//! Content lines: unfolded, numbered, and split into name, parameters, and value.

use std::borrow::Cow;

use crate::config::import::fault::Fault;
use crate::config::import::text;

/// Length limit of an unfolded line: a thousand dates fit, and parsing stays fast.
const LINE_BYTES_MAX: usize = 64 << 10;

/// Properties whose value has no colon: it starts after the last one, as time zones are often written with a colon and
/// without quotes.
const WITHOUT_COLON: &[&str] = &["DTEND", "DTSTART", "EXDATE", "RDATE", "RECURRENCE-ID"];

/// An unfolded line.
pub struct Line {
    /// The line number of its start, counted from 1.
    pub number: u32,
    text: String,
}

/// The lines of a calendar; a line that starts with a space continues the previous one (RFC 5545, 3.1).
///
/// Lines are joined before they are decoded, because many programs fold inside a letter.
pub fn unfold(bytes: &[u8]) -> Vec<Line> {
    let mut lines: Vec<(u32, Cow<'_, [u8]>)> = Vec::new();
    for (number, line) in (1..).zip(text::lines(bytes)).filter(|(_, line)| !line.is_empty()) {
        match (line, lines.last_mut()) {
            ([b' ' | b'\t', rest @ ..], Some((_, last))) => last.to_mut().extend_from_slice(rest),
            _ => lines.push((number, Cow::Borrowed(line))),
        }
    }
    lines.into_iter().map(|(number, bytes)| Line { number, text: text::decode(&bytes) }).collect()
}

/// A parsed line.
#[derive(Debug, Clone)]
pub struct Content {
    /// The line number of its start, counted from 1.
    pub line: u32,
    /// The value, as in the file.
    pub value: String,
    parameters: Vec<(String, String)>,
}

impl Content {
    /// The value of a parameter, without quotes; the first one of several in quotes.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let raw = self.raw(name)?;
        let quoted = raw.strip_prefix('"').map(|rest| rest.split('"').next().unwrap_or_default());
        Some(decoded(quoted.unwrap_or(raw)))
    }

    /// All values of a parameter, separated by commas outside quotes.
    pub fn parameters(&self, name: &str) -> Vec<String> {
        let mut is_quoted = false;
        let raw = self.raw(name).unwrap_or_default();
        let parts = raw.split(|one: char| {
            is_quoted ^= one == '"';
            one == ',' && !is_quoted
        });
        parts.map(|part| decoded(part.trim().trim_matches('"'))).filter(|part| !part.is_empty()).collect()
    }

    /// The value as text, without escapes; line breaks are spaces.
    pub fn text(&self) -> String {
        let (mut text, mut characters) = (String::new(), self.value.chars());
        while let Some(one) = characters.next() {
            let one = if one == '\\' {
                characters.next().map(|next| if matches!(next, 'n' | 'N') { ' ' } else { next })
            } else {
                Some(one)
            };
            text.extend(one);
        }
        text.trim().to_owned()
    }

    /// A fault on this line.
    pub fn fault(&self, message: impl std::fmt::Display) -> Fault {
        Fault::line(self.line, message)
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Without the escapes of parameters (RFC 6868).
fn decoded(value: &str) -> String {
    value.replace("^n", " ").replace("^'", "\"").replace("^^", "^").trim().to_owned()
}

impl Line {
    /// The property's name in uppercase.
    pub fn name(&self) -> String {
        let end = self.text.find([':', ';']).unwrap_or(self.text.len());
        self.text[..end].trim().to_ascii_uppercase()
    }

    /// The text after the first colon, for lines without parameters.
    pub fn rest(&self) -> String {
        self.text.split_once(':').map_or("", |(_, rest)| rest).trim().to_ascii_uppercase()
    }

    /// Parses the line.
    ///
    /// # Errors
    ///
    /// It is too long, or has no value.
    pub fn content(&self) -> Result<Content, Fault> {
        if self.text.len() > LINE_BYTES_MAX {
            return Err(Fault::line(self.number, format!("the line is longer than {} KiB", LINE_BYTES_MAX >> 10)));
        }
        let name = self.name();
        let colon = self.colon(&name).ok_or_else(|| {
            Fault::line(self.number, format!("`{name}` has no value: a line must be a name, a colon, and a value"))
        })?;
        let parameters = self.text[..colon].get(name_length(&self.text)..).unwrap_or_default();
        let parameters = split_outside_quotes(parameters, ';').filter_map(|one| {
            let (key, value) = one.split_once('=')?;
            Some((key.trim().to_owned(), value.to_owned()))
        });
        Ok(Content {
            line: self.number,
            value: self.text[colon + 1..].trim().to_owned(),
            parameters: parameters.collect(),
        })
    }

    /// The colon before the value.
    fn colon(&self, name: &str) -> Option<usize> {
        if WITHOUT_COLON.contains(&name) {
            return self.text.rfind(':');
        }
        if matches!(name, "ATTENDEE" | "ORGANIZER") {
            // Names of people are often written with a colon and without quotes.
            let address = self.text.to_ascii_lowercase().rfind(":mailto:");
            if address.is_some() {
                return address;
            }
        }
        let mut is_quoted = false;
        let outside = self.text.char_indices().find(|(_, one)| {
            is_quoted ^= *one == '"';
            *one == ':' && !is_quoted
        });
        outside.map(|(at, _)| at).or_else(|| self.text.find(':'))
    }
}

fn name_length(text: &str) -> usize {
    text.find([':', ';']).unwrap_or(text.len())
}

fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let is_balanced = text.matches('"').count().is_multiple_of(2);
    let mut is_quoted = false;
    text.split(move |one: char| {
        is_quoted ^= one == '"' && is_balanced;
        one == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> Content {
        unfold(text.as_bytes()).remove(0).content().unwrap()
    }

    #[test]
    fn parameters_and_values_are_told_apart() {
        let zone = "(UTC-06:00) Central Time (US & Canada)";
        for text in [format!("DTSTART;TZID=\"{zone}\":20261202T070000"), format!("DTSTART;TZID={zone}:20261202T070000")]
        {
            let content = content(&text);
            assert_eq!((content.parameter("tzid").as_deref(), content.value.as_str()), (Some(zone), "20261202T070000"));
        }
        let guest = content("ATTENDEE;CN=\"a:b;c\";X=\"d,e\",f;PARTSTAT=ACCEPTED:mailto:x@y");
        assert_eq!(guest.parameter("CN").as_deref(), Some("a:b;c"));
        assert_eq!(guest.parameters("X"), ["d,e", "f"]);
        assert_eq!((guest.parameter("PARTSTAT").as_deref(), guest.value.as_str()), (Some("ACCEPTED"), "mailto:x@y"));
        assert_eq!(content("ATTENDEE;CN=Rivera, Maria:mailto:x@y").parameter("CN").as_deref(), Some("Rivera, Maria"));
        assert_eq!(content("ATTENDEE;CN=Desk: Maria:MAILTO:x@y").value, "MAILTO:x@y");
        assert_eq!(content("ATTENDEE;CN=Sam \"S\" O:mailto:x@y").parameter("CN").as_deref(), Some("Sam \"S\" O"));
        assert_eq!(content("ATTENDEE;CN=a ^'b^' ^^:x").parameter("CN").as_deref(), Some("a \"b\" ^"));
        assert_eq!(content("SUMMARY:a\\, b\\; c\\\\ \\\"d\\n e: f\\").text(), "a, b; c\\ \"d  e: f");
        assert_eq!(content("SUMMARY;X=a\"b:c \"d\": e").value, "c \"d\": e");
        assert!(unfold(b"DTSTART")[0].content().is_err());
    }

    #[test]
    fn lines_are_joined_before_they_are_decoded() {
        let text = "SUMMARY:Jos\u{e9} N\u{fa}\u{f1}ez".as_bytes();
        for at in 1..text.len() {
            for fold in ["\r\n ", "\n\t", "\r ", "\r\r\n "] {
                let folded = [&text[..at], fold.as_bytes(), &text[at..], b"\r\nUID:1"].concat();
                let lines = unfold(&folded);
                assert_eq!(lines[0].content().unwrap().value, "José Núñez", "{at} {fold:?}");
                assert_eq!(lines[1].number, 3, "{at} {fold:?}");
            }
        }
    }
}
