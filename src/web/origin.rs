//! Whether a request can come from a person on our page, judged by the browser's headers.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};

/// Headers by which browsers mark prefetches and previews.
const PURPOSES: [&str; 4] = ["purpose", "sec-purpose", "x-purpose", "x-moz"];

/// False if the browser says that another site sent the form, or that it is a prefetch.
pub fn is_own_page(headers: &HeaderMap) -> bool {
    let says = |name: &str, words: &[&str]| {
        let values = headers.get_all(name).iter().map(|value| value.as_bytes().to_ascii_lowercase());
        values.into_iter().any(|value| words.iter().any(|word| contains(&value, word.as_bytes())))
    };
    let ahead = PURPOSES.iter().any(|name| says(name, &["prefetch", "prerender", "preview"]));
    !ahead && !says("sec-fetch-site", &["cross-site", "same-site"])
}

/// Whether `Origin` names another site than `public_url` and the host that was asked. Pages behind links are sent with
/// `no-referrer`, which makes it `null`, and some are opened by another name of the host.
pub fn names_another_site(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase();
    let host = headers.get(HOST).map(text);
    let is_host = |origin: &str| origin.split_once("://").is_some_and(|(_, rest)| Some(rest) == host.as_deref());
    let mut origins = headers.get_all(ORIGIN).iter().map(text);
    origins.any(|origin| origin != "null" && origin != origin_of(public_url) && !is_host(&origin))
}

/// Whether a form was sent by a page of `public_url`. Browsers that are older than `Sec-Fetch-Site` say where it comes
/// from in `Origin`; a browser that says neither is not believed.
pub fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let all = |name: &str| -> Vec<String> {
        let values = headers.get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase()).collect()
    };
    let (sites, origins) = (all("sec-fetch-site"), all("origin"));
    let is_ours = match (sites.as_slice(), origins.as_slice()) {
        ([], [origin]) => *origin == origin_of(public_url),
        ([], _) => false,
        (sites, _) => sites.iter().all(|site| site == "same-origin"),
    };
    is_ours && is_own_page(headers)
}

/// The scheme, host and port of a URL, as browsers write them.
fn origin_of(url: &str) -> String {
    let url = url.to_ascii_lowercase();
    let Some((scheme, rest)) = url.split_once("://") else { return url };
    let host = rest.split('/').next().unwrap_or_default();
    let port = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}", host.strip_suffix(port).unwrap_or(host))
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn a_form_of_another_origin_or_of_none_is_refused() {
        let ours = "https://Pages.mercy.example:443/bell";
        for (headers, is_ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("origin", "https://pages.mercy.example")], true),
            (&[], false),
            (&[("origin", "null")], false),
            (&[("origin", "http://pages.mercy.example")], false),
            (&[("origin", "https://pages.mercy.example:8443")], false),
            (&[("origin", "https://evil.example")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://pages.mercy.example")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://pages.mercy.example")], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-purpose", "prefetch")], false),
        ] {
            let mut all = HeaderMap::new();
            for (name, value) in headers {
                all.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_same_origin(&all, ours), is_ours, "{headers:?}");
        }
    }

    #[test]
    fn a_link_works_by_each_name_of_its_host_and_from_no_other_site() {
        for (origin, is_another) in [
            ("null", false),
            ("https://pages.mercy.example", false),
            ("http://10.0.0.5:8080", false),
            ("https://evil.example", true),
            ("https://pages.mercy.example.evil.example", true),
        ] {
            let origin = HeaderValue::from_static(origin);
            let headers = HeaderMap::from_iter([(ORIGIN, origin), (HOST, HeaderValue::from_static("10.0.0.5:8080"))]);
            assert_eq!(names_another_site(&headers, "https://pages.mercy.example/bell"), is_another, "{headers:?}");
        }
        assert!(!names_another_site(&HeaderMap::new(), "https://pages.mercy.example"), "older browsers say nothing");
    }

    #[test]
    fn only_the_page_itself_may_press() {
        for (name, value, may) in [
            ("sec-fetch-site", "same-origin", true),
            ("sec-fetch-site", "none", true),
            ("sec-fetch-site", "cross-site", false),
            ("sec-fetch-site", "same-site", false),
            ("purpose", "prefetch", false),
            ("sec-purpose", "prefetch;prerender", false),
            ("Sec-Purpose", "Prefetch", false),
            ("x-moz", "prefetch", false),
            ("x-purpose", "preview", false),
            ("origin", "null", true),
        ] {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            assert_eq!(is_own_page(&headers), may, "{value}");
        }
        assert!(is_own_page(&HeaderMap::new()), "older browsers say nothing");
    }
}
