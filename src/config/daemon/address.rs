//! Addresses of web pages and gateways.

use reqwest::Url;
use schemars::{Schema, json_schema};
use toml::de::DeValue;

use crate::config::value_types::{Read, Wrong, text};

/// An `http` or `https` base address: no query, fragment, user, or trailing slash.
///
/// Kept exactly as in the file, because a gateway signs the address byte for byte.
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
            return Err(Wrong::value(format!("{label} must not contain `?` or `#`, because paths are added to it")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let message = format!("{label} must not contain a user or a password; secrets belong in separate files");
            return Err(Wrong::secret(message));
        }
        if text.chars().any(|one| one.is_whitespace() || one.is_control() || one == '\\') {
            return Err(Wrong::value(format!("{label} must not contain spaces or backslashes")));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    fn schema() -> Schema {
        let pattern = r"^[Hh][Tt][Tt][Pp][Ss]?:[^\s?#\\]+$";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["https://pages.mercy.example"] })
    }
}
