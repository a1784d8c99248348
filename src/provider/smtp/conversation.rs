//! One SMTP conversation, and what each reply means.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::ExposeSecret;

use crate::config::settings::Login;
use crate::domain::outcome::{Blame, Outcome};
use crate::provider::fault;
use crate::provider::smtp::limited_stream::LimitedStream;

pub struct OutgoingMail {
    /// Receives bounces.
    pub from: Address,
    pub to: Address,
    /// Headers and body with CRLF line ends.
    pub content: String,
}

impl OutgoingMail {
    fn is_ascii(&self) -> bool {
        let ascii = |address: &Address| address.user().is_ascii() && address.domain().is_ascii();
        self.content.is_ascii() && ascii(&self.from) && ascii(&self.to)
    }
}

pub struct Endpoint {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// The name in our EHLO.
    pub hello: ClientId,
    pub login: Option<Login>,
    /// Per address of the host, so that a dead one leaves time for the next.
    pub connect_timeout: Duration,
}

pub enum Security {
    None,
    /// STARTTLS, required before anything else.
    StartTls(TlsParameters),
    /// TLS from the first byte.
    Implicit(TlsParameters),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the mail: connecting, TLS, login.
    Opening,
    /// At `MAIL`.
    Sender,
    /// At `RCPT`.
    Recipient,
    /// At `DATA` or after it.
    Content,
}

#[derive(Debug)]
pub struct Stopped {
    pub stage: Stage,
    pub reason: Reason,
}

#[derive(Debug)]
pub enum Reason {
    /// The connection failed.
    Unconnected(io::Error),
    /// A reply, or no reply.
    Smtp(SmtpError),
    /// The server lacks a required feature.
    Lacking(&'static str, Option<Blame>),
}

impl Stopped {
    /// Whether the server closed a reused connection.
    pub fn was_stale(&self) -> bool {
        match &self.reason {
            Reason::Smtp(error) => {
                self.stage == Stage::Sender && error.status().is_none_or(|code| u16::from(code) == 421)
            }
            Reason::Unconnected(_) | Reason::Lacking(..) => false,
        }
    }

    /// What it means for the page.
    ///
    /// Before the mail has begun, and always for logins, a refusal concerns the server and not this page, so it is
    /// retried. A page must not be lost because a password was being changed.
    pub fn outcome(&self) -> Outcome {
        let error = match &self.reason {
            Reason::Lacking(code, None) => return Outcome::retry(*code),
            Reason::Lacking(code, Some(blame)) => return Outcome::permanent(*code, *blame),
            Reason::Unconnected(error) => {
                return Outcome::retry(fault::name(error).unwrap_or(fault::CONNECTION_FAILED));
            }
            Reason::Smtp(error) => error,
        };
        let Some(code) = error.status() else {
            return Outcome::retry(nameless(error));
        };
        let number = u16::from(code);
        let login = matches!(number, 530 | 534 | 535 | 538);
        if code.severity != Severity::PermanentNegativeCompletion || self.stage == Stage::Opening || login {
            return Outcome::retry(format!("smtp-{number}"));
        }
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        Outcome::permanent(format!("smtp-{number}"), blame(self.stage, number, &said))
    }
}

/// Who is to blame for a refusal. `5.7.*` is policy (RFC 3463), such as "relaying denied", whatever the basic code.
fn blame(stage: Stage, number: u16, said: &str) -> Blame {
    match (stage, number) {
        _ if said.starts_with("5.7.") => Blame::Account,
        (Stage::Recipient, 552) => Blame::Recipient,
        (Stage::Recipient, 550 | 551 | 553 | 556) => Blame::Roster,
        _ => Blame::Account,
    }
}

fn nameless(error: &SmtpError) -> &'static str {
    if let Some(name) = fault::name(error) {
        return name;
    }
    // `lettre` reports an early end of the stream this way; a test checks it.
    let ended = error.source().is_some_and(|source| source.to_string() == "incomplete response");
    match (ended, error.is_response()) {
        (true, _) => fault::CONNECTION_LOST,
        (false, true) => "smtp-unreadable",
        (false, false) => fault::CONNECTION_FAILED,
    }
}

impl Endpoint {
    /// Connects, protects the connection and logs in.
    pub async fn connect(&self) -> Result<AsyncSmtpConnection, Stopped> {
        let opening = |error| Stopped { stage: Stage::Opening, reason: Reason::Smtp(error) };
        let lacking = |code| Stopped { stage: Stage::Opening, reason: Reason::Lacking(code, None) };
        let connected = LimitedStream::connect(&self.host, self.port, self.connect_timeout).await;
        let stream =
            connected.map_err(|error| Stopped { stage: Stage::Opening, reason: Reason::Unconnected(error) })?;
        let stream: Box<dyn AsyncTokioStream> = match &self.security {
            Security::Implicit(tls) => Box::new(stream.encrypt(tls.clone()).await.map_err(opening)?),
            Security::None | Security::StartTls(_) => Box::new(stream),
        };
        let connected = AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await;
        let mut connection = connected.map_err(opening)?;
        if let Security::StartTls(tls) = &self.security {
            if !connection.can_starttls() {
                return Err(lacking("smtp-without-starttls"));
            }
            connection.starttls(tls.clone(), &self.hello).await.map_err(opening)?;
        }
        if let Some(login) = &self.login {
            let ways = [Mechanism::Plain, Mechanism::Login];
            if connection.server_info().get_auth_mechanism(&ways).is_none() {
                return Err(lacking("smtp-without-login"));
            }
            let credentials = Credentials::new(login.username.clone(), login.password.expose_secret().to_owned());
            connection.auth(&ways, &credentials).await.map_err(opening)?;
        }
        Ok(connection)
    }
}

/// Begins a mail. On a reused connection, this shows whether it is still alive.
pub async fn begin(connection: &mut AsyncSmtpConnection, mail: &OutgoingMail) -> Result<(), Stopped> {
    let stopped = |reason| Stopped { stage: Stage::Sender, reason };
    let mut parameters = Vec::new();
    if !mail.is_ascii() {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(stopped(Reason::Lacking("smtp-without-utf8", Some(Blame::Roster))));
        }
        parameters.push(MailParameter::SmtpUtfEight);
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let mail = Mail::new(Some(mail.from.clone()), parameters);
    connection.command(mail).await.map(drop).map_err(|error| stopped(Reason::Smtp(error)))
}

/// Sends the rest of the mail and returns the server's queue id.
pub async fn finish(connection: &mut AsyncSmtpConnection, mail: &OutgoingMail) -> Result<Option<String>, Stopped> {
    let stopped = |stage, error| Stopped { stage, reason: Reason::Smtp(error) };
    let to = Rcpt::new(mail.to.clone(), Vec::new());
    connection.command(to).await.map_err(|error| stopped(Stage::Recipient, error))?;
    let ready = connection.command(Data).await.map_err(|error| stopped(Stage::Content, error))?;
    let taken = match ready.code().severity {
        Severity::PositiveIntermediate => connection.command(Content(&mail.content)).await,
        _ => return Err(out_of_step()),
    };
    let taken = taken.map_err(|error| stopped(Stage::Content, error))?;
    match taken.code().severity {
        Severity::PositiveCompletion => Ok(queue_id(&taken)),
        _ => Err(out_of_step()),
    }
}

/// The replies do not match the commands, so none can be trusted.
fn out_of_step() -> Stopped {
    Stopped { stage: Stage::Content, reason: Reason::Lacking("smtp-out-of-step", None) }
}

/// The name for the EHLO greeting and for message ids, from the host of an address.
pub fn client_id(host: &str) -> ClientId {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

/// A mail's content with dot-stuffing (RFC 5321, 4.5.2).
///
/// Content and terminator are one write: written separately, the terminator could wait 40 ms (Nagle's algorithm with
/// delayed acknowledgements).
struct Content<'a>(&'a str);

impl fmt::Display for Content<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.split_inclusive("\r\n") {
            if line.starts_with('.') {
                out.write_str(".")?;
            }
            out.write_str(line)?;
        }
        out.write_str(if self.0.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" })
    }
}

/// The word after `queued as` (Postfix) or `id=` (Exim) in the server's last answer.
fn queue_id(answer: &Response) -> Option<String> {
    let said = answer.first_line()?;
    let (_, rest) = said.split_once("queued as ").or_else(|| said.split_once("id="))?;
    let id = rest.split_whitespace().next()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (id.len() <= 64 && id.bytes().all(plain)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_with_dots_arrives_as_it_was() {
        for (content, wire) in [
            ("a\r\n.b\r\n..\r\n", "a\r\n..b\r\n...\r\n.\r\n"),
            ("a\r\nb.", "a\r\nb.\r\n.\r\n"),
            (".", "..\r\n.\r\n"),
            ("", "\r\n.\r\n"),
        ] {
            assert_eq!(Content(content).to_string(), wire);
        }
    }

    #[test]
    fn a_queue_id_is_read_where_it_is_plain() {
        for (said, id) in [
            ("250 2.0.0 Ok: queued as 4XyZ12", Some("4XyZ12")),
            ("250 OK id=1sAbC-0000Xy-2B", Some("1sAbC-0000Xy-2B")),
            ("250 2.0.0 Ok: queued as <m.rivera@mercy.example>", None),
            ("250 Message accepted", None),
        ] {
            assert_eq!(queue_id(&format!("{said}\r\n").parse().unwrap()).as_deref(), id, "{said}");
        }
    }

    #[test]
    fn a_refusal_says_whom_it_concerns() {
        for (stage, number, said, wanted) in [
            (Stage::Recipient, 550, "5.1.1 no such user", Blame::Roster),
            (Stage::Recipient, 553, "bad name", Blame::Roster),
            (Stage::Recipient, 552, "5.2.2 full", Blame::Recipient),
            (Stage::Recipient, 550, "5.7.54 unable to relay", Blame::Account),
            (Stage::Recipient, 554, "relay access denied", Blame::Account),
            (Stage::Sender, 550, "sender refused", Blame::Account),
            (Stage::Content, 554, "looks like spam", Blame::Account),
        ] {
            assert_eq!(blame(stage, number, said), wanted, "{number} {said}");
        }
    }

    #[test]
    fn the_greeting_names_the_host_of_the_public_url() {
        assert_eq!(client_id("pages.mercy.example").to_string(), "pages.mercy.example");
        assert_eq!(client_id("10.0.0.7").to_string(), "[10.0.0.7]");
        assert_eq!(client_id("[fd00::7]").to_string(), "[IPv6:fd00::7]");
    }
}
