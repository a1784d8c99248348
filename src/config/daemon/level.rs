//! `level` of `[log]`.

use schemars::{Schema, json_schema};
use toml::de::DeValue;

use crate::config::value_types::{Read, Wrong, one_of, text};

/// A level or a list of filter directives.
pub struct Level(pub String);

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

impl Read for Level {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        if !text.contains(['=', ',']) {
            let levels: Vec<_> = LEVELS.iter().map(|level| (*level, *level)).collect();
            return one_of(value, label, &levels).map(|level| Self(level.to_owned()));
        }
        let filter = tracing_subscriber::EnvFilter::builder().parse(text);
        filter.map_err(|_| Wrong::value(format!("{label} is not a list such as `info,wardbell=debug`")))?;
        Ok(Self(text.to_owned()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^({})$|[=,]", LEVELS.join("|")), "examples": LEVELS })
    }
}
