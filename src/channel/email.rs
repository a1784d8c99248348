//! Pages by mail.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, MultiPartKind, SinglePart};
use lettre::transport::smtp::client::{CertificateStore, TlsParameters};

use crate::channel::conversation::{self, Dial, Parcel, Security};
use crate::channel::fault;
use crate::channel::pool::Pool;
use crate::channel::{ChannelError, letter, test_text};
use crate::config::settings::{EmailSettings, Tls};
use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::id::PageId;
use crate::domain::outcome::{Blame, Outcome};
use crate::domain::page::MessageText;
use crate::domain::test_message::TestMessage;

/// The longest line of a mail (RFC 5322, 2.1.1).
const LINE_MAX: usize = 998;

/// Sends pages over one mail server.
pub struct Mailer {
    pool: Pool,
    from: Mailbox,
    host: String,
    timeout: Duration,
}

impl Mailer {
    /// Opens no connection yet. The host of `public_url` names us to the server and ends each `Message-ID`.
    ///
    /// # Errors
    /// The sender is no mail address, or `public_url` has no host.
    pub fn new(settings: &EmailSettings, public_url: &str) -> Result<Self, ChannelError> {
        let tls = || {
            TlsParameters::new(settings.host.clone()).or_else(|error| {
                fault::no_roots(ChannelKind::Email, &error);
                let none_trusted = TlsParameters::builder(settings.host.clone());
                none_trusted.certificate_store(CertificateStore::None).build().map_err(ChannelError::MailTls)
            })
        };
        let security = match settings.tls {
            Tls::None => Security::None,
            Tls::StartTls => Security::StartTls(tls()?),
            Tls::Implicit => Security::Implicit(tls()?),
        };
        Self::with_security(settings, public_url, security)
    }

    fn with_security(settings: &EmailSettings, public_url: &str, security: Security) -> Result<Self, ChannelError> {
        let url = reqwest::Url::parse(public_url).map_err(|_| ChannelError::PublicUrl)?;
        let host = url.host_str().ok_or(ChannelError::PublicUrl)?.to_owned();
        let from = settings.from.parse().map_err(|_| ChannelError::Sender)?;
        let pool = Pool::new(Dial {
            host: settings.host.clone(),
            port: settings.port,
            security,
            hello: conversation::client_id(&host),
            login: settings.login.clone(),
            connect_timeout: settings.timeout / 3,
        });
        Ok(Self { pool, from, host, timeout: settings.timeout })
    }

    /// One attempt, which ends within the timeout.
    pub async fn send(&self, to: &str, text: &MessageText) -> Outcome {
        self.deliver(self.parcel(to, |to| message(&self.from, to, &self.host, text))).await
    }

    /// One attempt to send a test message, which ends within the timeout.
    pub async fn test(&self, to: &str, test: &TestMessage) -> Outcome {
        self.deliver(self.parcel(to, |to| test_message(&self.from, to, &self.host, test))).await
    }

    async fn deliver(&self, parcel: Result<Parcel, Outcome>) -> Outcome {
        let parcel = match parcel {
            Ok(parcel) => parcel,
            Err(outcome) => return outcome,
        };
        match tokio::time::timeout(self.timeout, self.pool.deliver(&parcel)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::retry(fault::TIMEOUT),
        }
    }

    fn parcel(
        &self,
        to: &str,
        message: impl FnOnce(&Mailbox) -> Result<Message, lettre::error::Error>,
    ) -> Result<Parcel, Outcome> {
        let bad_address = || Outcome::permanent("bad-address", Blame::Roster);
        let to: Mailbox = to.parse().map_err(|_| bad_address())?;
        let message = message(&to).map_err(|_| bad_address())?;
        let content = String::from_utf8(message.formatted()).map_err(|_| bad_address())?;
        Ok(Parcel { from: self.from.email.clone(), to: to.email, content })
    }
}

/// The whole mail. The same text makes the same bytes.
fn message(from: &Mailbox, to: &Mailbox, host: &str, text: &MessageText) -> Result<Message, lettre::error::Error> {
    let page = &text.lead;
    let letter = letter::letter(text);
    let is_of_several = text.pages.len() > 1;
    let id = if is_of_several { message_id_of_several(text, host) } else { message_id(page.page, host) };
    let mut builder = Message::builder()
        .from(from.clone())
        .to(to.clone())
        .subject(letter.subject)
        .date(SystemTime::from(page.written_at))
        .message_id(Some(id))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "OOF, DR, RN, NRN, AutoReply"))
        .raw_header(header("Importance", "high"))
        .raw_header(header("X-Priority", "1"))
        .raw_header(header("X-Wardbell-Page", &page.page.to_string()));
    if is_of_several {
        builder = builder.raw_header(header("X-Wardbell-Pages", &text.pages.len().to_string()));
    }
    if text.other_incidents() == 0 && (is_of_several || page.page.number != page.first_page) {
        let first = message_id(PageId { number: page.first_page, ..page.page }, host);
        builder = builder.in_reply_to(first.clone()).references(first);
    }
    let plain = part(ContentType::TEXT_PLAIN, letter.text);
    match letter.html {
        Some(html) => {
            let both = MultiPart::builder().kind(MultiPartKind::Alternative);
            let both = both.boundary(format!("=_wardbell-{}", page.page));
            builder.multipart(both.singlepart(plain).singlepart(part(ContentType::TEXT_HTML, html)))
        }
        None => builder.singlepart(plain),
    }
}

/// A test message's mail, in plain words and of no importance. The same message makes the same bytes.
fn test_message(from: &Mailbox, to: &Mailbox, host: &str, test: &TestMessage) -> Result<Message, lettre::error::Error> {
    Message::builder()
        .from(from.clone())
        .to(to.clone())
        .subject(test_text::subject(test))
        .date(SystemTime::from(test.written_at))
        .message_id(Some(format!("<test-{}@{host}>", test.written_at.timestamp_millis())))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "OOF, DR, RN, NRN, AutoReply"))
        .singlepart(part(ContentType::TEXT_PLAIN, test_text::letter(test)))
}

/// As it is where mail allows that (RFC 5322, 2.1.1), so that a link is whole even for a reader that decodes nothing.
/// Else quoted-printable or base 64.
fn part(kind: ContentType, text: String) -> SinglePart {
    let as_it_is = text.is_ascii() && text.lines().all(|line| line.len() <= LINE_MAX);
    let body = if as_it_is {
        let lines = text.lines().collect::<Vec<_>>().join("\r\n");
        Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    };
    SinglePart::builder().header(kind).body(body)
}

/// The same over all attempts, so that a mailbox can drop what comes twice.
fn message_id(page: PageId, host: &str) -> String {
    format!("<{page}@{host}>")
}

/// The same pages make the same one.
fn message_id_of_several(text: &MessageText, host: &str) -> String {
    let mut pages: Vec<String> = text.pages.iter().map(ToString::to_string).collect();
    pages.sort();
    let digest = Digest::of(pages.join(" ").as_bytes()).to_string();
    format!("<{}-{}@{host}>", text.lead.page, digest.get(..16).unwrap_or_default())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests;
