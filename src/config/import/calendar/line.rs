//! Content lines: unfolded, numbered, and split into name, parameters and value.

use icalendar::parser::Property;

use crate::config::import::fault::Fault;

/// A line is at most this long, unfolded: a thousand dates fit, and a parser cannot be kept busy.
const LINE_BYTES_MAX: usize = 64 << 10;

/// A line as it is meant.
pub struct Line {
    /// Where it starts, counted from 1.
    pub number: u32,
    text: String,
}

/// The lines of a calendar; one that starts with a blank goes on with the one before (RFC 5545, 3.1).
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

/// What a line says.
pub struct Content {
    /// Where it starts, counted from 1.
    pub line: u32,
    /// The value, without the escapes of a text.
    pub value: String,
    parameters: Vec<(String, String)>,
}

impl Content {
    /// A parameter's value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// That something is wrong with it.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::line(self.line, message)
    }
}

impl Line {
    /// The property's name in capitals.
    pub fn name(&self) -> String {
        let end = self.text.find([':', ';']).unwrap_or(self.text.len());
        self.text[..end].trim().to_ascii_uppercase()
    }

    /// What follows the first colon, for lines that have no parameters.
    pub fn rest(&self) -> String {
        self.text.split_once(':').map_or("", |(_, rest)| rest).trim().to_ascii_uppercase()
    }

    /// The line's parts.
    pub fn content(&self) -> Result<Content, Fault> {
        if self.text.len() > LINE_BYTES_MAX {
            return Err(Fault::line(self.number, format!("the line is longer than {} KiB", LINE_BYTES_MAX >> 10)));
        }
        let unreadable =
            |_| Fault::line(self.number, format!("`{}` is written in a form that cannot be read", self.name()));
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
