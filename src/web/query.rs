//! Query strings: known names, each once, with checked values.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;

use crate::domain::id::IncidentId;
use crate::inbound::input_error::{INPUT_ERRORS_MAX, InputError};
use crate::store::query::Cursor;
use crate::web::error::Problem;
use crate::web::input_errors::unknown_key;

/// A query string's values and the errors in them.
pub struct Query {
    values: Vec<(&'static str, String)>,
    errors: Vec<InputError>,
}

impl Query {
    /// Parses the text after the `?`.
    pub fn read(text: Option<&str>, known: &[&'static str]) -> Self {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text.unwrap_or_default()).unwrap_or_default();
        let mut query = Self { values: Vec::new(), errors: Vec::new() };
        for (key, value) in pairs {
            match known.iter().find(|one| **one == key) {
                None if query.errors.len() >= INPUT_ERRORS_MAX => {}
                None => query.errors.push(unknown_key("", &key, known)),
                Some(name) if query.values.iter().any(|(seen, _)| seen == name) => {
                    query.error(name, "duplicate-key", format!("`{name}` appears twice; send it once"));
                }
                Some(name) => query.values.push((name, value)),
            }
        }
        for error in &mut query.errors {
            // A parameter has a name, not a JSON pointer.
            error.field = error.field.trim_start_matches('/').to_owned().into();
        }
        query
    }

    /// The value of that name, if it was given; `wanted` says what it should be.
    pub fn value<T: FromStr>(&mut self, name: &'static str, wanted: impl Display) -> Option<T> {
        let (_, text) = self.values.iter().find(|(key, _)| *key == name)?;
        let parsed = text.parse();
        if parsed.is_err() {
            self.error(name, "bad-value", format!("`{name}` must be {wanted}"));
        }
        parsed.ok()
    }

    /// Adds an error for the value of that name.
    pub fn error(&mut self, name: &'static str, code: &'static str, message: String) {
        self.errors.push(InputError::new(name, code, message));
    }

    /// Finishes parsing.
    ///
    /// # Errors
    ///
    /// All errors found.
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }
}

/// An opaque cursor for clients.
pub fn cursor_to_text(cursor: Cursor) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", cursor.received_at.timestamp_millis(), cursor.id))
}

pub struct ReadCursor(pub Cursor);

impl FromStr for ReadCursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(drop)?;
        let (millis, id) = std::str::from_utf8(&bytes).map_err(drop)?.split_once('.').ok_or(())?;
        let received_at = millis.parse().ok().and_then(DateTime::from_timestamp_millis).ok_or(())?;
        let id = id.parse::<IncidentId>().map_err(drop)?;
        Ok(Self(Cursor { received_at, id }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_out_and_back() {
        let received_at = DateTime::from_timestamp_millis(1_790_000_000_123).unwrap();
        let cursor = Cursor { received_at, id: "7Q2K9MXD".parse().unwrap() };
        let ReadCursor(back) = cursor_to_text(cursor).parse().unwrap();
        assert_eq!(back, cursor);
        assert!("AAAA".parse::<ReadCursor>().is_err());
    }
}
