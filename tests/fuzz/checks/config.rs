//! The settings' file: its mistakes have places, and no secret is shown.

use super::hospital::{CONFIG, load, with};

pub fn check(bytes: &[u8]) {
    let files = with(CONFIG, bytes);
    let loaded = load(&files);
    let Some(config) = &loaded.config else { return };
    let settings = &config.settings;
    assert!(!settings.public_url.ends_with('/'), "the base of links has no slash at its end");
    let shown = format!("{settings:?}");
    for secret in ["the-gateway's-token", "0123456789abcdef", "fedcba9876543210"] {
        assert!(!shown.contains(secret) || contains(bytes, secret), "a secret is shown");
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}
