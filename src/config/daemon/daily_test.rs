//! `[daily_test]`: a harmless message a day through every channel.

use chrono::NaiveTime;
use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::contact::{WrittenContact, WrittenContacts, add_keys_of_test};
use crate::config::context::Context;
use crate::config::kinds::{Read, Wrong, ZoneName, text};
use crate::config::reader::{Table, Written};
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::test_message::DailyTest;

/// A harmless message a day through every channel, which proves that it works.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, transform = add_keys_of_test)]
pub struct WrittenDailyTest {
    #[schemars(skip)]
    pub(super) spot: Spot,
    /// When, on the wall clock of `timezone`.
    #[schemars(required)]
    at: Option<Written<TimeOfDay>>,
    /// The zone of `at`.
    #[schemars(required)]
    timezone: Option<Written<ZoneName>>,
    #[schemars(skip)]
    to: WrittenContacts,
}

pub(super) fn read(mut table: Table<'_>) -> WrittenDailyTest {
    let test = WrittenDailyTest {
        spot: table.spot().clone(),
        at: table.required("at"),
        timezone: table.required("timezone"),
        to: WrittenContacts::read(&mut table),
    };
    if test.to.channels.is_empty() {
        let message = "`[daily_test]` names nobody to test the channels with";
        let hint = "give an `email`, an `sms`, or both: a mailbox and a phone that somebody looks at";
        table.mistakes().push(Diagnostic::error(Code::MissingKey, &test.spot, message).hint(hint));
    }
    table.finish();
    test
}

/// Checks `[daily_test]`.
pub(super) fn validate(written: &WrittenDailyTest, context: &Context<'_>) -> Option<DailyTest> {
    let named = &written.to.valid;
    for WrittenContact { channel, spot, .. } in named.iter().filter(|to| !context.channels.contains(&to.channel)) {
        let message = format!("`{channel}` cannot be tested: `[channel.{channel}]` is not set up");
        let hint = "leave it out, or set up the channel";
        context.mistakes.push(Diagnostic::error(Code::BadValue, spot, message).hint(hint));
    }
    let to = named.iter().map(|to| (to.channel, to.address.clone())).collect();
    let zone = written.timezone.as_ref().and_then(|zone| context.zone(zone));
    Some(DailyTest { at: written.at.as_ref()?.value.0, zone: zone?, to })
}

/// A time such as `08:30`.
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
