//! Common to the settings of all channels.

use std::time::Duration;

use schemars::{Schema, json_schema};
use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::daemon::secret::Lacking;
use crate::config::files::Files;
use crate::config::reader::Spanned;
use crate::config::settings::ProviderSettings;
use crate::config::value_types::{LINE_MAX, Line, Read, Wrong};
use crate::diagnostic::Code;
use crate::domain::card::Senders;
use crate::domain::wait::Wait;

/// The longest `timeout`: a longer attempt counts as failed.
const TIMEOUT_MAX: Wait = Wait::minutes(5);

/// The settings of one channel in the file.
pub trait SettingsBlock {
    /// Checks the settings and reads their secret.
    fn validate(&self, files: &dyn Files, context: &Context<'_>) -> Result<ProviderSettings, Lacking>;

    /// Adds the sender of pages, as a phone shows it.
    fn add_sender(&self, senders: &mut Senders);
}

pub fn timeout(raw: Option<&Spanned<Wait>>, usual: Duration, context: &Context<'_>) -> Duration {
    let Some(raw) = raw else { return usual };
    if raw.value == Wait::ZERO || raw.value > TIMEOUT_MAX {
        let message = format!("`timeout` must be more than zero and at most {TIMEOUT_MAX}");
        context.diagnostics.error(Code::BadValue, &raw.spot, message);
    }
    Duration::from_secs(raw.value.as_seconds().into())
}

/// Text without spaces or slashes.
pub struct Word(pub String);

impl Read for Word {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let Line(text) = Line::read(value, label)?;
        if text.contains(|one: char| one.is_whitespace() || one == '/') {
            return Err(Wrong::value(format!("{label} must not contain spaces or slashes")));
        }
        Ok(Self(text))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\s*[^\s/]+\s*$", "maxLength": LINE_MAX })
    }
}
