//! `[calendar]`: calendar feeds.

use schemars::JsonSchema;
use secrecy::SecretString;

use crate::config::context::Context;
use crate::config::daemon::secret::{self, Lacking, SecretKind};
use crate::config::files::Files;
use crate::config::reader::{Spanned, Table};
use crate::config::value_types::Line;

/// Calendar feeds.
#[derive(Default, JsonSchema)]
#[schemars(rename = "WrittenCalendar", deny_unknown_fields)]
pub struct RawCalendar {
    /// File with the key of the secret feed links; changing the key revokes all links.
    #[schemars(required)]
    key_file: Option<Spanned<Line>>,
}

pub fn read(mut table: Table<'_>) -> RawCalendar {
    let calendar = RawCalendar { key_file: table.required("key_file") };
    table.finish();
    calendar
}

pub(super) fn key(raw: &RawCalendar, files: &dyn Files, context: &Context<'_>) -> Result<SecretString, Lacking> {
    let file = raw.key_file.as_ref().ok_or(Lacking::Settings)?;
    secret::read("key_file", file, SecretKind::Key, files, context)
}
