//! `[calendar]`: calendar feeds.

use schemars::JsonSchema;
use secrecy::SecretString;

use crate::config::context::Context;
use crate::config::daemon::secret::{self, Lacking, SecretKind};
use crate::config::files::Files;
use crate::config::kinds::Line;
use crate::config::reader::{Table, Written};

/// Calendar feeds.
#[derive(Default, JsonSchema)]
#[schemars(rename = "WrittenCalendar", deny_unknown_fields)]
pub struct WrittenCalendar {
    /// File with the key of the secret feed links; changing the key revokes all links.
    #[schemars(required)]
    key_file: Option<Written<Line>>,
}

pub fn read(mut table: Table<'_>) -> WrittenCalendar {
    let calendar = WrittenCalendar { key_file: table.required("key_file") };
    table.finish();
    calendar
}

pub(super) fn key(
    written: &WrittenCalendar,
    files: &dyn Files,
    context: &Context<'_>,
) -> Result<SecretString, Lacking> {
    let file = written.key_file.as_ref().ok_or(Lacking::Settings)?;
    secret::read("key_file", file, SecretKind::Key, files, context)
}
