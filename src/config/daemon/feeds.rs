//! `[calendar]`: the feeds of calendars.

use schemars::JsonSchema;
use secrecy::SecretString;

use crate::config::context::Context;
use crate::config::daemon::secret::{self, Lacking, SecretKind};
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

/// The key.
pub(super) fn key(
    written: &WrittenCalendar,
    files: &dyn Files,
    context: &Context<'_>,
) -> Result<SecretString, Lacking> {
    let file = written.key_file.as_ref().ok_or(Lacking::Settings)?;
    secret::read("key_file", file, SecretKind::Key, files, context)
}
