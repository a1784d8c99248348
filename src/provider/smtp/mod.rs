//! Mail over SMTP.

mod conversation;
mod limited_stream;
mod pool;

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, MultiPartKind, SinglePart};
use lettre::transport::smtp::client::{CertificateStore, TlsParameters};

use crate::config::settings::{SmtpSettings, Tls};
use crate::domain::access_message::AccessMessage;
use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::id::PageId;
use crate::domain::outcome::{Blame, Outcome};
use crate::domain::page::MessageText;
use crate::domain::test_message::TestMessage;
use crate::provider::failure::Failure;
use crate::provider::fault;
use crate::provider::port::{Attempt, Outgoing, Provider, ProviderError, TextLimit};
use crate::provider::smtp::conversation::{Endpoint, OutgoingMail, Security};
use crate::provider::smtp::pool::Pool;
use crate::provider::{access_text, letter, test_text};

/// The longest line of a mail (RFC 5322, 2.1.1).
const LINE_MAX: usize = 998;

/// The most mails in flight at once: what a small relay accepts.
pub const AT_ONCE: usize = 16;

pub struct Smtp {
    pool: Pool,
    from: Mailbox,
    host: String,
    timeout: Duration,
}

impl Smtp {
    /// Opens no connection yet. The host of `public_url` is used in EHLO and in each `Message-ID`.
    ///
    /// # Errors
    /// The sender is not an email address, or `public_url` has no host.
    pub fn new(settings: &SmtpSettings, public_url: &str) -> Result<Self, ProviderError> {
        let tls = || {
            TlsParameters::new(settings.host.clone()).or_else(|error| {
                fault::no_roots(ChannelKind::Email, &error);
                let none_trusted = TlsParameters::builder(settings.host.clone());
                none_trusted.certificate_store(CertificateStore::None).build().map_err(tls_error)
            })
        };
        let security = match settings.tls {
            Tls::None => Security::None,
            Tls::StartTls => Security::StartTls(tls()?),
            Tls::Implicit => Security::Implicit(tls()?),
        };
        Self::with_security(settings, public_url, security)
    }

    fn with_security(settings: &SmtpSettings, public_url: &str, security: Security) -> Result<Self, ProviderError> {
        let url = reqwest::Url::parse(public_url).map_err(|_| no_host())?;
        let host = url.host_str().ok_or_else(no_host)?.to_owned();
        let from = settings.from.parse().map_err(|_| no_sender())?;
        let pool = Pool::new(Endpoint {
            host: settings.host.clone(),
            port: settings.port,
            security,
            hello: conversation::client_id(&host),
            login: settings.login.clone(),
            connect_timeout: settings.timeout / 3,
        });
        Ok(Self { pool, from, host, timeout: settings.timeout })
    }

    async fn deliver(&self, mail: Result<OutgoingMail, Outcome>) -> Outcome {
        let mail = match mail {
            Ok(mail) => mail,
            Err(outcome) => return outcome,
        };
        match tokio::time::timeout(self.timeout, self.pool.deliver(&mail)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::retry(fault::TIMEOUT),
        }
    }

    fn mail(&self, to: &str, message: Outgoing<'_>) -> Result<OutgoingMail, Outcome> {
        let bad_address = || Outcome::permanent("bad-address", Blame::Roster);
        let to: Mailbox = to.parse().map_err(|_| bad_address())?;
        let whole = match message {
            Outgoing::Pages(text) => page_mail(&self.from, &to, &self.host, text),
            Outgoing::Test(test) => test_mail(&self.from, &to, &self.host, test),
            Outgoing::Access(access) => access_mail(&self.from, &to, &self.host, access),
        };
        let whole = whole.map_err(|_| bad_address())?;
        let content = String::from_utf8(whole.formatted()).map_err(|_| bad_address())?;
        Ok(OutgoingMail { from: self.from.email.clone(), to: to.email, content })
    }
}

impl Provider for Smtp {
    fn channel(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn text_limit(&self) -> TextLimit {
        TextLimit::LineBytes(LINE_MAX)
    }

    fn send<'a>(&'a self, to: &'a str, message: Outgoing<'a>) -> Attempt<'a> {
        Box::pin(async move { self.deliver(self.mail(to, message)).await })
    }
}

/// The failures for SMTP codes.
pub fn failure_of(code: &str) -> Option<Failure> {
    match code {
        "smtp-without-starttls" => Some(Failure::NotSecure),
        "smtp-530" | "smtp-534" | "smtp-535" | "smtp-538" | "smtp-without-login" => Some(Failure::LoginRefused),
        "smtp-unreadable" | "smtp-out-of-step" => Some(Failure::Unreadable),
        "smtp-450" | "smtp-452" => Some(Failure::RecipientBusy),
        _ => code.starts_with("smtp-4").then_some(Failure::ProviderTrouble),
    }
}

fn no_host() -> ProviderError {
    ProviderError::Setting { setting: "`public_url`", wanted: "an address with a host" }
}

fn no_sender() -> ProviderError {
    ProviderError::Setting { setting: "`from` of `channel.email`", wanted: "an email address" }
}

fn tls_error(error: lettre::transport::smtp::Error) -> ProviderError {
    ProviderError::Tls { channel: ChannelKind::Email, source: error.into() }
}

/// The whole mail. Deterministic.
fn page_mail(from: &Mailbox, to: &Mailbox, host: &str, text: &MessageText) -> Result<Message, lettre::error::Error> {
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

/// A test message as a plain mail without priority. Deterministic.
fn test_mail(from: &Mailbox, to: &Mailbox, host: &str, test: &TestMessage) -> Result<Message, lettre::error::Error> {
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

fn access_mail(
    from: &Mailbox,
    to: &Mailbox,
    host: &str,
    access: &AccessMessage,
) -> Result<Message, lettre::error::Error> {
    let id = format!("<access-{}-{}@{host}>", access.written_at.timestamp_millis(), access.number);
    Message::builder()
        .from(from.clone())
        .to(to.clone())
        .subject(access_text::subject(access))
        .date(SystemTime::from(access.written_at))
        .message_id(Some(id))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "OOF, DR, RN, NRN, AutoReply"))
        .singlepart(part(ContentType::TEXT_PLAIN, access_text::letter(access)))
}

/// Unencoded if the lines are short enough (RFC 5322, 2.1.1), so that links survive clients that decode nothing.
/// Otherwise quoted-printable or base64.
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

/// The same for all attempts, so that mailboxes can drop duplicates.
fn message_id(page: PageId, host: &str) -> String {
    format!("<{page}@{host}>")
}

/// The same for the same pages.
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
