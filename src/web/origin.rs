//! Whether a request can come from a person on our page, judged by the browser's headers.

use axum::http::HeaderMap;

/// Headers by which browsers mark prefetches and previews.
const PURPOSES: [&str; 4] = ["purpose", "sec-purpose", "x-purpose", "x-moz"];

/// False if the browser says that another site sent the form, or that it is a prefetch. `Origin` is not compared: pages
/// are sent with `no-referrer`, which makes it `null`.
pub fn is_own_page(headers: &HeaderMap) -> bool {
    let says = |name: &str, words: &[&str]| {
        let values = headers.get_all(name).iter().map(|value| value.as_bytes().to_ascii_lowercase());
        values.into_iter().any(|value| words.iter().any(|word| contains(&value, word.as_bytes())))
    };
    let ahead = PURPOSES.iter().any(|name| says(name, &["prefetch", "prerender", "preview"]));
    !ahead && !says("sec-fetch-site", &["cross-site", "same-site"])
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

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
