//! `[calendar]`: the feeds of calendars.

use schemars::JsonSchema;
use secrecy::SecretString;

use crate::config::context::Context;
use crate::config::daemon::secret::{self, SecretKind};
use crate::config::files::Files;
use crate::config::kinds::Line;
use crate::config::reader::{Table, Written};

/// The feeds of calendars.
#[derive(Default, JsonSchema)]
#[schemars(rename = "WrittenCalendar", deny_unknown_fields)]
pub struct WrittenCalendar {
    /// The key that the feeds' secret links are made from; another key revokes them all.
    #[schemars(required)]
    key_file: Option<Written<Line>>,
}

/// Reads the table.
pub fn read(mut table: Table<'_>) -> WrittenCalendar {
    let calendar = WrittenCalendar { key_file: table.required("key_file") };
    table.finish();
    calendar
}

/// The key; `None` inside where it is named and not at hand.
pub fn key(
    written: Option<&WrittenCalendar>,
    files: &dyn Files,
    context: &Context<'_>,
) -> Option<Option<SecretString>> {
    let file = written.and_then(|calendar| calendar.key_file.as_ref())?;
    Some(secret::read("key_file", file, SecretKind::Key, files, context))
}
