//! Content lines: unfolded, numbered, and split into name, parameters, and value.

use icalendar::parser::Property;

use crate::config::import::fault::Fault;

/// Length limit of an unfolded line: a thousand dates fit, and parsing stays fast.
const LINE_BYTES_MAX: usize = 64 << 10;

/// An unfolded line.
pub struct Line {
    /// The line number of its start, counted from 1.
    pub number: u32,
    text: String,
}

/// The lines of a calendar; a line that starts with a space continues the previous one (RFC 5545, 3.1).
pub fn unfold(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        let text = text.trim_end_matches('\r');
        match (text.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) => last.text.push_str(rest),
            _ => lines.push(Line { number, text: text.to_owned() }),
        }
    }
    lines
}

/// A parsed line.
pub struct Content {
    /// The line number of its start, counted from 1.
    pub line: u32,
    /// The value, unescaped.
    pub value: String,
    parameters: Vec<(String, String)>,
}

impl Content {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A fault on this line.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::line(self.line, message)
    }
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
    pub fn content(&self) -> Result<Content, Fault> {
        if self.text.len() > LINE_BYTES_MAX {
            return Err(Fault::line(self.number, format!("the line is longer than {} KiB", LINE_BYTES_MAX >> 10)));
        }
        let unreadable = |_| Fault::line(self.number, format!("`{}` cannot be parsed", self.name()));
        let property = Property::try_from(self.text.as_str()).map_err(unreadable)?;
        let parameters = property.params.iter().map(|one| {
            let value = one.val.as_ref().map(|value| value.as_str().trim_matches('"').to_owned());
            (one.key.as_str().to_owned(), value.unwrap_or_default())
        });
        Ok(Content {
            line: self.number,
            value: property.val.as_str().trim().to_owned(),
            parameters: parameters.collect(),
        })
    }
}
