//! `[heartbeat]`: calls an external monitor while Wardbell can accept incidents and page.

use std::time::Duration;

use reqwest::Url;
use schemars::{JsonSchema, Schema, json_schema};
use secrecy::{ExposeSecret, SecretString};
use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::daemon::secret::{self, Lacking, SecretKind};
use crate::config::files::Files;
use crate::config::reader::{Spanned, Table};
use crate::config::settings::HeartbeatSettings;
use crate::config::value_types::{Line, Read, Wrong, text};
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::wait::Wait;

/// Default interval.
const EVERY: Wait = Wait::minutes(1);

/// More frequent calls are useless: monitors count in minutes.
const EVERY_MIN: Wait = Wait::seconds(10);

/// A monitor that waits longer than a day alerts too late.
const EVERY_MAX: Wait = Wait::minutes(24 * 60);

/// Regular call to an external monitor, which alerts when the calls stop.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawHeartbeat {
    #[schemars(skip)]
    spot: Spot,
    /// Whether an address is set, valid or not.
    #[schemars(skip)]
    has_address: bool,
    /// Address to call with GET, if it is not secret.
    url: Option<Spanned<CallUrl>>,
    /// File with the address, if it is secret.
    url_file: Option<Spanned<Line>>,
    /// Interval; default: `60s`; at least `10s`.
    #[schemars(extend("examples" = ["60s"]))]
    every: Option<Spanned<Wait>>,
}

pub(super) fn read(mut table: Table<'_>) -> RawHeartbeat {
    let mut heartbeat = RawHeartbeat {
        spot: table.spot().clone(),
        has_address: false,
        url: table.optional("url"),
        url_file: table.optional("url_file"),
        every: table.optional("every"),
    };
    heartbeat.has_address = ["url", "url_file"].iter().any(|key| table.has(key));
    table.finish();
    heartbeat
}

pub(super) fn validate(
    raw: &RawHeartbeat,
    files: &dyn Files,
    context: &Context<'_>,
) -> Result<HeartbeatSettings, Lacking> {
    let every = raw.every.as_ref().map_or(EVERY, |every| every.value);
    if let Some(spot) = raw.every.as_ref().map(|every| &every.spot)
        && !(EVERY_MIN..=EVERY_MAX).contains(&every)
    {
        let message = format!("`every` must be from {EVERY_MIN} to {EVERY_MAX}");
        context.diagnostics.error(Code::BadValue, spot, message);
    }
    let url = match (&raw.url, &raw.url_file) {
        (Some(_), Some(file)) => {
            let hint = "keep `url_file` if the address is secret, as it is for most monitors";
            let message = "`url_file` and `url` cannot both be set";
            context.diagnostics.push(Diagnostic::error(Code::BadValue, &file.spot, message).hint(hint));
            Err(Lacking::Settings)
        }
        (Some(url), None) => Ok(SecretString::from(url.value.0.clone())),
        (None, Some(file)) => in_file(file, files, context),
        (None, None) if raw.has_address => Err(Lacking::Settings),
        (None, None) => {
            let hint = "set the file with the monitor's address: `url_file = \"heartbeat-url\"`";
            let message = "`[heartbeat]` needs a `url` or a `url_file`";
            context.diagnostics.push(Diagnostic::error(Code::MissingKey, &raw.spot, message).hint(hint));
            Err(Lacking::Settings)
        }
    };
    Ok(HeartbeatSettings { url: url?, every: Duration::from_secs(every.as_seconds().into()) })
}

fn in_file(file: &Spanned<Line>, files: &dyn Files, context: &Context<'_>) -> Result<SecretString, Lacking> {
    let url = secret::read("url_file", file, SecretKind::Theirs, files, context)?;
    if let Err(what) = check(url.expose_secret()) {
        let message = format!("the address in the file of `url_file` {what}");
        return Err(secret::report(Diagnostic::error(Code::MissingSecret, &file.spot, message), context));
    }
    Ok(url)
}

/// Why an address cannot be called, without showing it.
fn check(text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text).map_err(|_| "must be a web address such as `https://watch.example/ping/1234`")?;
    if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
        return Err("must start with `https://` or `http://` and a host");
    }
    if url.fragment().is_some() || text.chars().any(|one| one.is_whitespace() || one.is_control()) {
        return Err("must not contain spaces or `#`");
    }
    Ok(())
}

/// An address that is called unchanged, including its query.
pub struct CallUrl(String);

impl Read for CallUrl {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        check(text).map_err(|what| Wrong::secret(format!("{label} {what}")))?;
        Ok(Self(text.to_owned()))
    }

    fn schema() -> Schema {
        let pattern = r"^[Hh][Tt][Tt][Pp][Ss]?:[^\s#]+$";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["https://watch.example/ping/1234"] })
    }
}
