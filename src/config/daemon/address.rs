//! The addresses of web pages and gateways.

use reqwest::Url;
use schemars::{Schema, json_schema};
use toml::de::DeValue;

use crate::config::kinds::{Read, Wrong, text};

/// An `http` or `https` address that paths are put behind: without query, fragment, account, or a slash at the end.
///
/// It is kept as written, since a gateway signs the address it was given, letter by letter.
#[derive(Debug, Clone)]
pub struct BaseUrl(pub String);

impl Read for BaseUrl {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        let example = "such as `https://pages.mercy.example`";
        let url = Url::parse(text).map_err(|_| Wrong::value(format!("{label} must be a web address {example}")))?;
        if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
            return Err(Wrong::value(format!("{label} must start with `https://` or `http://` and a host")));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Wrong::value(format!("{label} must not have a `?` or `#`: paths are put behind it")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let message = format!("{label} must not hold a user or a password: a secret stands in a file of its own");
            return Err(Wrong::secret(message));
        }
        if text.chars().any(|one| one.is_whitespace() || one.is_control() || one == '\\') {
            return Err(Wrong::value(format!("{label} must not hold blanks or backslashes")));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    fn schema() -> Schema {
        let pattern = r"^[Hh][Tt][Tt][Pp][Ss]?:[^\s?#\\]+$";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["https://pages.mercy.example"] })
    }
}
