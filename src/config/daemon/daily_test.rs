//! `[daily_test]`: a daily test message on every channel.

use chrono::NaiveTime;
use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::contact::{RawContact, RawContacts, add_keys_of_test};
use crate::config::context::Context;
use crate::config::reader::{Spanned, Table};
use crate::config::value_types::{Read, Wrong, ZoneName, text};
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::test_message::DailyTest;

/// Daily test message on every channel, to prove that it works.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, transform = add_keys_of_test)]
pub struct RawDailyTest {
    #[schemars(skip)]
    pub(super) spot: Spot,
    /// Time of day in `timezone`.
    #[schemars(required)]
    at: Option<Spanned<TimeOfDay>>,
    /// Time zone of `at`.
    #[schemars(required)]
    timezone: Option<Spanned<ZoneName>>,
    #[schemars(skip)]
    to: RawContacts,
}

pub(super) fn read(mut table: Table<'_>) -> RawDailyTest {
    let mut test = RawDailyTest {
        spot: table.spot().clone(),
        at: table.required("at"),
        timezone: table.required("timezone"),
        to: RawContacts::read(&mut table),
    };
    test.to.note_typos(&table);
    if test.to.channels.is_empty() {
        let message = "`[daily_test]` has no recipient";
        let hint = "set `email`, `sms`, or both to a mailbox and a phone that someone checks";
        table.diagnostics().push(Diagnostic::error(Code::MissingKey, &test.spot, message).hint(hint));
    }
    table.finish();
    test
}

pub(super) fn validate(raw: &RawDailyTest, context: &Context<'_>) -> Option<DailyTest> {
    let named = &raw.to.valid;
    for RawContact { channel, spot, .. } in named.iter().filter(|to| !context.channels.contains(&to.channel)) {
        let message = format!("`{channel}` cannot be tested, because `[channel.{channel}]` is missing");
        let hint = "remove it, or add the channel";
        context.diagnostics.push(Diagnostic::error(Code::BadValue, spot, message).hint(hint));
    }
    let to = named.iter().map(|to| (to.channel, to.address.clone())).collect();
    let zone = raw.timezone.as_ref().and_then(|zone| context.zone(zone));
    Some(DailyTest { at: raw.at.as_ref()?.value.0, zone: zone?, to })
}

struct TimeOfDay(NaiveTime);

impl Read for TimeOfDay {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let wrong = || Wrong::value(format!("{label} must be a time such as \"08:30\""));
        let text = text(value, label)?;
        let time = NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == "08:30".len());
        time.map(Self).ok_or_else(wrong)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["08:30"] })
    }
}
