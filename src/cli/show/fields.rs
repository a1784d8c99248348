//! The fields of an incident in words.

use std::sync::LazyLock;

use chrono::{DateTime, Local, Utc};
use serde_json::Value;

use crate::cli::list::text;
use crate::clock::zones;
use crate::domain::visible::escaped;
use crate::domain::zone::Zone;

/// Who reported it.
pub fn source(incident: &Value) -> String {
    match incident["reporter"].as_str() {
        Some(operator) if text(incident, "source").starts_with("operator/") => {
            format!("{} (operator)", escaped(operator))
        }
        Some(person) => format!("{} (signed in)", escaped(person)),
        None => text(incident, "source"),
    }
}

/// A time in the local time zone, with the zone's abbreviation for `%Z`.
pub fn local(at: &Value, format: &str) -> String {
    static ZONE: LazyLock<Option<Zone>> = LazyLock::new(zones::local);
    let Some(at) = at.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()) else { return "-".to_owned() };
    match &*ZONE {
        Some(zone) => zone.write(at, format),
        None => at.with_timezone(&Local).format(&format.replace("%Z", "UTC%:z")).to_string(),
    }
}

/// The items of a list, or none if the value is not a list.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
