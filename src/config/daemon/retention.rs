//! `[retention]`: how long the record is kept.

use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::reader::{Spanned, Table};
use crate::config::value_types::{Read, Wrong, text};
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::retention::Retention;

/// How long the record is kept.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawRetention {
    /// Days after which records are deleted; default: `2192d`, which is six years.
    keep_for: Option<Spanned<Retention>>,
}

pub fn read(mut table: Table<'_>) -> RawRetention {
    let retention = RawRetention { keep_for: table.optional("keep_for") };
    table.finish();
    retention
}

/// The retention period. Warns if it is shorter than regulations require.
pub fn validate(raw: &RawRetention, context: &Context<'_>) -> Retention {
    let Some(keep_for) = &raw.keep_for else { return Retention::default() };
    if keep_for.value < Retention::SIX_YEARS {
        let message = format!("the record is kept for `{}`, which is less than six years", keep_for.value);
        let short = Diagnostic::warning(Code::ShortRetention, &keep_for.spot, message);
        context.diagnostics.push(short.hint(
            "45 CFR 164.316 requires six years; use `2192d` or more, unless your compliance office approved less",
        ));
    }
    keep_for.value
}

impl Read for Retention {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let raw = text(value, label)?;
        let wrong = "must be a whole number of days, such as `2192d`, from `30d` to `36525d`";
        raw.parse().map_err(|_| Wrong::value(format!("{label} {wrong}")))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{2,5}d$", "examples": ["2192d"] })
    }
}
