//! `[paging]`: bundling of messages to one person.

use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::reader::{Spanned, Table};
use crate::config::value_types::{Read, Wrong};
use crate::domain::bundling::Bundling;
use crate::domain::wait::Wait;

/// Bundling of messages to one person.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawPaging {
    /// Minimum time between two messages to one person on one channel; default: `60s`. Pages that come due in between
    /// are sent together. If one is critical, the wait is at most 10 seconds. At most `5m`; takes effect on reload.
    bundle: Option<Spanned<Bundling>>,
}

pub fn read(mut table: Table<'_>) -> RawPaging {
    let paging = RawPaging { bundle: table.optional("bundle") };
    table.finish();
    paging
}

impl RawPaging {
    pub(super) fn bundling(&self) -> Bundling {
        self.bundle.as_ref().map_or(Bundling::DEFAULT, |bundle| bundle.value)
    }
}

impl Read for Bundling {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let too_long = || Wrong::value(format!("{label} must be at most `{}`", Self::LONGEST));
        Self::new(Wait::read(value, label)?).ok_or_else(too_long)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,3}[sm]$", "examples": ["60s"] })
    }
}
