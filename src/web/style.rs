//! The one style sheet, and the headers that let a page have it and nothing else.

use std::sync::LazyLock;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::digest::Digest;

/// Inlined in every page, so that a page needs only one request.
pub const CSS: &str = include_str!("templates/wardbell.css");

/// No external content, no scripts, no framing, and forms post only to this site.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy(CSS));

fn policy(css: &str) -> HeaderValue {
    let hash = STANDARD.encode(Digest::of(css.as_bytes()).as_bytes());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    // The policy is ASCII; the fallback is stricter.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Lets a page have another sheet than [`CSS`].
pub fn set_policy(response: &mut Response, css: &str) {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy(css));
}

/// The same for a page with forms that are taken from our own pages alone: their `Origin` says so to older browsers'
/// servers. No other site learns which page it was.
pub fn html_with_origin(status: StatusCode, text: String) -> Response {
    let mut response = html(status, text);
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// An HTML response that is not cached, framed, indexed, or leaked by referrer.
pub fn html(status: StatusCode, html: String) -> Response {
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    response
}
