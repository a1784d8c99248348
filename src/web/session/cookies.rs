//! The two cookies: one of a session, and one of a browser that waits for a code.
//!
//! With an `https` address the names begin with `__Host-`, or with `__Secure-` where `public_url` has a path, and
//! browsers send them over TLS alone. Not every browser takes such a cookie from `http://127.0.0.1`, so at a loopback
//! address over `http`, as in a demo, the cookies have plain names. At any other `http` address browsers keep none of
//! them, so that no session goes over the network unencrypted.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use crate::domain::digest::Digest;
use crate::domain::link::LinkToken;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    Session,
    /// A browser that waits for a code.
    Waiting,
}

pub struct Cookies {
    prefix: &'static str,
    attributes: String,
}

impl Cookies {
    /// `path` is the path of the URL, without a trailing slash.
    pub fn new(public_url: &str, path: &str) -> Self {
        let (prefix, secure) = match (is_loopback_http(public_url), path.is_empty()) {
            (true, _) => ("", ""),
            (false, true) => ("__Host-", "; Secure"),
            (false, false) => ("__Secure-", "; Secure"),
        };
        let path = if path.is_empty() { "/" } else { path };
        Self { prefix, attributes: format!("; Path={path}{secure}; HttpOnly; SameSite=Lax") }
    }

    fn name(&self, cookie: Cookie) -> String {
        let suffix = match cookie {
            Cookie::Session => "",
            Cookie::Waiting => "-code",
        };
        format!("{}wardbell{suffix}", self.prefix)
    }

    /// The secret in a request. If there are two, neither is taken: under `__Secure-` another host of the same domain can
    /// set a cookie of this name for a longer path, which browsers send first.
    pub fn read(&self, headers: &HeaderMap, cookie: Cookie) -> Option<String> {
        let name = self.name(cookie);
        let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value);
        let secret = found.next()?;
        found.next().is_none().then(|| secret.to_owned())
    }

    /// Gives the browser a secret until it is closed.
    pub fn set(&self, response: &mut Response, cookie: Cookie, secret: &LinkToken) {
        self.add(response, format!("{}={}{}", self.name(cookie), secret.reveal(), self.attributes));
    }

    pub fn clear(&self, response: &mut Response, cookie: Cookie) {
        self.add(response, format!("{}={}; Max-Age=0", self.name(cookie), self.attributes));
    }

    fn add(&self, response: &mut Response, text: String) {
        // Only a path with other characters than a header may have cannot be written; then nobody is signed in.
        if let Ok(value) = HeaderValue::try_from(text) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}

/// What is recorded of a secret.
pub fn hash_of(secret: &str) -> Digest {
    Digest::of(secret.as_bytes())
}

/// What a form has to say in a session. It can be computed from the session's secret alone.
pub fn form_token(secret: &str) -> String {
    let digest = Digest::of(format!("form token {secret}").as_bytes());
    LinkToken::encode(&digest.as_bytes()[..20]).reveal().to_owned()
}

fn is_loopback_http(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(host, _)| host);
    let host = host.unwrap_or_else(|| authority.split(':').next().unwrap_or_default());
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[track_caller]
    fn check(url: &str, path: &str, written: &str) {
        let mut response = "".into_response();
        let cookies = Cookies::new(url, path);
        cookies.set(&mut response, Cookie::Session, &LinkToken::encode(&[0; 5]));
        assert_eq!(response.headers()[SET_COOKIE], written, "{url}");
    }

    #[test]
    fn a_cookie_is_for_this_address_and_for_no_script() {
        let rest = "HttpOnly; SameSite=Lax";
        check("https://x.example", "", &format!("__Host-wardbell=aaaaaaaa; Path=/; Secure; {rest}"));
        check("https://x.example/bell", "/bell", &format!("__Secure-wardbell=aaaaaaaa; Path=/bell; Secure; {rest}"));
        check("http://127.0.0.1:8080", "", &format!("wardbell=aaaaaaaa; Path=/; {rest}"));
        check("http://[::1]:8080/x", "/x", &format!("wardbell=aaaaaaaa; Path=/x; {rest}"));
        check("http://localhost", "", &format!("wardbell=aaaaaaaa; Path=/; {rest}"));
        check("http://10.0.0.5", "", &format!("__Host-wardbell=aaaaaaaa; Path=/; Secure; {rest}"));
        check("http://localhost.evil.example", "", &format!("__Host-wardbell=aaaaaaaa; Path=/; Secure; {rest}"));
    }

    #[test]
    fn the_cookie_of_that_name_is_read_among_others() {
        let cookies = Cookies::new("https://x.example", "");
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; __Host-wardbell-code=two; wardbell=three"));
        assert_eq!(cookies.read(&headers, Cookie::Session), None);
        headers.append(COOKIE, HeaderValue::from_static("__Host-wardbell=one"));
        assert_eq!(cookies.read(&headers, Cookie::Session).as_deref(), Some("one"));
        assert_eq!(cookies.read(&headers, Cookie::Waiting).as_deref(), Some("two"));
        assert_ne!(form_token("one"), form_token("two"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-wardbell=planted"));
        assert_eq!(cookies.read(&headers, Cookie::Session), None, "which of the two is ours cannot be told");
    }
}
