//! A mail as received: the envelope, the raw bytes, and what an email client would show.

use mail_parser::{HeaderValue, Message as Parsed, MessageParser, PartType};

/// One mail, kept once however many recipients its envelope named.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// The envelope's sender; empty for a bounce.
    pub from: String,
    /// The envelope's recipients that were not refused, as they were spelt.
    pub to: Vec<String>,
    /// All of it as it came, dots unstuffed, lines ending in CRLF; bytes that are not UTF-8 are replaced.
    pub raw: String,
    /// Names as they were spelt and values unfolded, with encoded words (RFC 2047) decoded, in order.
    pub headers: Vec<(String, String)>,
    pub subject: String,
    /// The first `text/plain` part that is shown as the body, decoded; lines end in `\n`.
    pub text: Option<String>,
    /// The first `text/html` part that is shown as the body, decoded; lines end in `\n`.
    pub html: Option<String>,
}

impl Mail {
    /// Takes any bytes: what cannot be parsed has no headers and no parts.
    pub fn new(from: String, to: Vec<String>, raw: &[u8]) -> Self {
        let parsed = MessageParser::new().with_mime_headers().default_header_text().parse(raw).unwrap_or_default();
        let headers = headers(&parsed, raw);
        Self {
            from,
            to,
            raw: String::from_utf8_lossy(raw).into_owned(),
            subject: find(&headers, "Subject").unwrap_or_default().to_owned(),
            headers,
            text: parsed.text_bodies().find_map(|part| match &part.body {
                PartType::Text(text) => Some(text.replace("\r\n", "\n")),
                _ => None,
            }),
            html: parsed.html_bodies().find_map(|part| match &part.body {
                PartType::Html(html) => Some(html.replace("\r\n", "\n")),
                _ => None,
            }),
        }
    }

    /// The first header of that name, which is compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn headers(parsed: &Parsed<'_>, raw: &[u8]) -> Vec<(String, String)> {
    let value = |header: &mail_parser::Header<'_>| match &header.value {
        HeaderValue::Text(text) => text.to_string(),
        // The parser takes MIME headers apart, and only the bytes still have the whole.
        _ => {
            let bytes = raw.get(header.offset_start as usize..header.offset_end as usize);
            unfold(&String::from_utf8_lossy(bytes.unwrap_or_default()))
        }
    };
    // Not `parsed.headers()`, which panics when nothing could be parsed.
    let headers = parsed.parts.first().map(|root| root.headers.as_slice()).unwrap_or_default();
    headers.iter().map(|header| (header.name().to_owned(), value(header))).collect()
}

/// RFC 5322, 2.2.3: unfolding takes the line break away and leaves the white space after it.
fn unfold(value: &str) -> String {
    value.replace("\r\n", "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::mock::mail::Mail;

    fn mail(raw: &str) -> Mail {
        Mail::new(String::new(), Vec::new(), raw.replace('\n', "\r\n").as_bytes())
    }

    #[test]
    fn decodes_headers_and_both_parts() {
        let mail = mail(concat!(
            "Subject: =?utf-8?q?Priv=C3=A9?= folded\n over two lines\n",
            "X-Wardbell-Page: 7K3M\n",
            "References: <a@x>\n <b@x>\n",
            "Content-Type: multipart/alternative;\n boundary=\"b\"\n\n",
            "--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n",
            "caf=C3=A9 https://p.example/a/=\nabc\n",
            "--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n",
            "PGI+Y2Fmw6k8L2I+\n--b--\n",
        ));
        assert_eq!(mail.subject, "Privé folded over two lines");
        assert_eq!(mail.header("x-wardbell-page"), Some("7K3M"));
        assert_eq!(mail.header("References"), Some("<a@x> <b@x>"));
        assert_eq!(mail.header("Content-Type"), Some("multipart/alternative; boundary=\"b\""));
        assert_eq!(mail.text.as_deref().map(str::trim_end), Some("café https://p.example/a/abc"));
        assert_eq!(mail.html.as_deref(), Some("<b>café</b>"));
    }

    #[test]
    fn invents_no_part_that_was_not_sent() {
        let html = mail("Content-Type: text/html\n\n<p>one</p>\n");
        assert_eq!((html.text, html.html.as_deref()), (None, Some("<p>one</p>\n")));
        let text = mail("Subject: x\n\none\n");
        assert_eq!((text.text.as_deref(), text.html), (Some("one\n"), None));
    }

    #[test]
    fn any_bytes_make_a_mail() {
        for raw in [&b""[..], b"\xff\xfe\r\n", b"no header at all", b"Subject: cut"] {
            assert_eq!(Mail::new(String::new(), Vec::new(), raw).html, None);
        }
    }
}
