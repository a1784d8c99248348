//! Text messages through the Twilio Messages API or a compatible gateway.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use crate::config::settings::TwilioSettings;
use crate::domain::contact::ChannelKind;
use crate::domain::outcome::{Blame, Outcome};
use crate::domain::page::SMS_SEGMENT;
use crate::provider::failure::Failure;
use crate::provider::http_client::client_builder;
use crate::provider::port::{Attempt, Outgoing, Provider, ProviderError, TextLimit};
use crate::provider::{access_text, fault, test_text, text};

/// A response is about a kilobyte of JSON; anything longer is not from the API.
const ANSWER_MAX_BYTES: usize = 64 * 1024;

/// The maximum `ValidityPeriod`.
const VALIDITY_MAX_SECONDS: u32 = 36_000;

/// The longest accepted `Retry-After`; a page cannot wait longer.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// An idle connection is closed after this long: well before firewalls forget it.
const IDLE: Duration = Duration::from_secs(30);

/// Idle connections that are kept.
const MAX_IDLE: usize = 16;

/// Statuses of messages that will not be delivered despite a 201 response.
const FAILED: [&str; 3] = ["failed", "undelivered", "canceled"];

/// The code for such a message without an error code.
const FAILED_AT_ONCE: &str = "gateway-failed";

/// The most messages in flight at once.
pub const AT_ONCE: usize = 64;

pub struct Twilio {
    client: Client,
    url: Url,
    account_sid: String,
    auth_token: SecretString,
    from: String,
    timeout: Duration,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Form<'a> {
    to: &'a str,
    from: &'a str,
    body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    validity_period: Option<u32>,
}

impl Twilio {
    /// Opens no connection yet.
    ///
    /// Does not use proxies from the environment or follow redirects: both would send pages and the account's secret
    /// elsewhere.
    ///
    /// # Errors
    /// The address is not an `http` or `https` address.
    pub fn new(settings: &TwilioSettings) -> Result<Self, ProviderError> {
        let base = Url::parse(&settings.base_url).map_err(|_| no_address())?;
        let client = || {
            client_builder()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(settings.timeout / 2)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(MAX_IDLE)
        };
        let none_trusted = || client().tls_certs_only(std::iter::empty());
        let client = match base.scheme() {
            "https" => client().https_only(true).build().or_else(|error| {
                fault::no_roots(ChannelKind::Sms, &error);
                none_trusted().https_only(true).build()
            }),
            // No TLS, so no root certificates are needed.
            "http" => none_trusted().build(),
            _ => return Err(no_address()),
        };
        Ok(Self {
            client: client.map_err(tls_error)?,
            url: messages_url(base, &settings.account_sid).ok_or_else(no_address)?,
            account_sid: settings.account_sid.clone(),
            auth_token: settings.auth_token.clone(),
            from: settings.from.clone(),
            timeout: settings.timeout,
        })
    }

    async fn deliver(&self, to: &str, body: String, valid_seconds: Option<u32>) -> Outcome {
        match tokio::time::timeout(self.timeout, self.attempt(to, body, valid_seconds)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Outcome::retry(name(&error)),
            Err(_) => Outcome::retry(fault::TIMEOUT),
        }
    }

    async fn attempt(&self, to: &str, body: String, valid_seconds: Option<u32>) -> Result<Outcome, reqwest::Error> {
        let form = Form {
            to,
            from: &self.from,
            body,
            validity_period: valid_seconds.map(|seconds| seconds.clamp(1, VALIDITY_MAX_SECONDS)),
        };
        let request = self.client.post(self.url.clone()).form(&form);
        let request = request.basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()));
        let answer = request.send().await?;
        let (status, after) = (answer.status(), retry_after(answer.headers()));
        let said = read_body(answer).await?;
        Ok(judge(status, after, said.as_ref()))
    }
}

impl Provider for Twilio {
    fn channel(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn text_limit(&self) -> TextLimit {
        TextLimit::Septets(SMS_SEGMENT)
    }

    fn send<'a>(&'a self, to: &'a str, message: Outgoing<'a>) -> Attempt<'a> {
        let (body, valid_seconds) = match message {
            Outgoing::Pages(text) => (text::sms(text), text.lead.valid_seconds),
            Outgoing::Test(test) => (test_text::sentence(test), None),
            Outgoing::Access(access) => (access_text::sentence(access), access_text::valid_seconds(access)),
        };
        Box::pin(self.deliver(to, body, valid_seconds))
    }
}

/// The failures for Messages API codes.
pub fn failure_of(code: &str) -> Option<Failure> {
    match code {
        "twilio-20003" => Some(Failure::LoginRefused),
        "twilio-20429" | "twilio-30001" => Some(Failure::TooMany),
        "gateway-unreadable" => Some(Failure::Unreadable),
        "twilio-30003" => Some(Failure::RecipientBusy),
        "gateway-failed" => Some(Failure::ProviderTrouble),
        _ => code.starts_with("twilio-205").then_some(Failure::ProviderTrouble),
    }
}

fn no_address() -> ProviderError {
    ProviderError::Setting { setting: "`base_url` of `channel.sms`", wanted: "an `http` or `https` address" }
}

fn tls_error(error: reqwest::Error) -> ProviderError {
    ProviderError::Tls { channel: ChannelKind::Sms, source: error.into() }
}

fn messages_url(mut base: Url, account_sid: &str) -> Option<Url> {
    let mut path = base.path_segments_mut().ok()?;
    path.pop_if_empty().extend(["2010-04-01", "Accounts", account_sid, "Messages.json"]);
    drop(path);
    Some(base)
}

/// The response's JSON, or `None` if it is not JSON.
async fn read_body(mut answer: Response) -> Result<Option<Value>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > ANSWER_MAX_BYTES {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&bytes).ok())
}

/// What an answer means for the page.
fn judge(status: StatusCode, after: Option<Duration>, body: Option<&Value>) -> Outcome {
    let field = |name| body.and_then(|body| body.get(name));
    let number = |name| field(name).and_then(Value::as_u64).or_else(|| field(name)?.as_str()?.parse().ok());
    if status.is_success() {
        let said = field("status").and_then(Value::as_str).map(str::to_ascii_lowercase);
        return match (number("error_code"), field("sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())) {
            (Some(code), _) => of_code(code, after).unwrap_or_else(|| unknown_code(code)),
            // It may have been sent anyway, but a duplicate is better than no message.
            _ if said.as_deref().is_some_and(|said| FAILED.contains(&said)) => Outcome::retry(FAILED_AT_ONCE),
            (None, Some(sid)) => Outcome::Accepted { provider_id: Some(sid).filter(|sid| is_sid(sid)).map(Into::into) },
            // The response does not confirm that a message was accepted.
            (None, None) => Outcome::retry("gateway-unreadable"),
        };
    }
    let code = number("code");
    if let Some(outcome) = code.and_then(|code| of_code(code, after)) {
        return outcome;
    }
    let name = code.map_or_else(|| format!("http-{}", status.as_u16()), |code| format!("twilio-{code}"));
    match status {
        StatusCode::UNAUTHORIZED => Outcome::retry("twilio-20003"),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            Outcome::Retry { code: name, after, at_most: None }
        }
        _ if status.is_client_error() => Outcome::permanent(name, Blame::Account),
        _ => Outcome::Retry { code: name, after, at_most: None },
    }
}

/// Known codes from Twilio's error list.
fn of_code(code: u64, after: Option<Duration>) -> Option<Outcome> {
    let name = format!("twilio-{code}");
    let permanent = |blame| Some(Outcome::Permanent { code: name.clone(), blame });
    let retry = |at_most| Some(Outcome::Retry { code: name.clone(), after, at_most });
    match code {
        // Opted out; blocked by the person's carrier.
        21610 | 30004 => permanent(Blame::Recipient),
        // Not a number; not a mobile number; a landline; an unknown handset; a landline.
        21211 | 21614 | 21635 | 30005 | 30006 => permanent(Blame::Roster),
        // Filtered; from an unregistered number.
        30007 | 30034 => permanent(Blame::Account),
        // The handset is off or out of reach: once more, then the next channel.
        30003 => retry(Some(1)),
        // Authentication failed; the secret may be changing.
        20003 => retry(None),
        // Too many requests; the queue is full.
        20429 | 30001 => retry(None),
        _ => None,
    }
}

/// A message that failed with an unknown code.
fn unknown_code(code: u64) -> Outcome {
    Outcome::permanent(format!("twilio-{code}"), Blame::Account)
}

fn is_sid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// In seconds, or as a date (RFC 9110, 10.2.3), which is measured against the answer's own.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let date = |text: &str| DateTime::parse_from_rfc2822(text).ok();
    let asked = text(RETRY_AFTER)?;
    let after = match asked.trim().parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (date(asked)? - date(text(DATE)?)?).to_std().ok()?,
    };
    Some(after.min(RETRY_AFTER_MAX))
}

/// The error's own text would reveal the URL and with it the account.
fn name(error: &reqwest::Error) -> &'static str {
    match fault::name(error) {
        Some(name) => name,
        None if error.is_timeout() => fault::TIMEOUT,
        None if error.is_connect() => fault::CONNECTION_FAILED,
        None => fault::CONNECTION_LOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::sample;
    use crate::provider::scripted::Server;

    const TO: &str = "+13125550101";
    const TIMEOUT: Duration = Duration::from_millis(400);

    fn gateway(base_url: &str) -> Twilio {
        let (account_sid, auth_token) = ("AC1".to_owned(), "secret".to_owned().into());
        let from = "+13125550100".to_owned();
        Twilio::new(&TwilioSettings { base_url: base_url.to_owned(), account_sid, auth_token, from, timeout: TIMEOUT })
            .unwrap()
    }

    async fn ask(head: &'static str, body: &str) -> (Server, Outcome) {
        let server = Server::http(head, body.to_owned()).await;
        let outcome =
            gateway(&format!("http://{}", server.address)).send(TO, Outgoing::Pages(&sample::message())).await;
        (server, outcome)
    }

    #[tokio::test]
    async fn a_page_is_posted_as_the_messages_api_wants_it() {
        let server = Server::http("201 Created", r#"{"sid":"SM0123","error_code":null}"#.to_owned()).await;
        let gateway = gateway(&format!("http://{}/gate", server.address));
        let mut page = sample::message();
        assert_eq!(
            gateway.send(TO, Outgoing::Pages(&page)).await,
            Outcome::Accepted { provider_id: Some("SM0123".to_owned()) }
        );
        page.lead.valid_seconds = None;
        gateway.send(TO, Outgoing::Pages(&page)).await;
        page.lead.valid_seconds = Some(100_000);
        gateway.send(TO, Outgoing::Pages(&page)).await;

        assert_eq!(server.connections(), 1, "the connection is used again");
        let told = server.told(1);
        assert_eq!(told[0], "POST /gate/2010-04-01/Accounts/AC1/Messages.json HTTP/1.1");
        assert!(told.contains(&"authorization: Basic QUMxOnNlY3JldA==".to_owned()), "{told:?}");
        let forms: Vec<_> = told.iter().filter(|line| line.starts_with("To=")).collect();
        insta::assert_snapshot!(forms[0], @"To=%2B13125550101&From=%2B13125550100&Body=MERCY+high+Privacy+7Q2K9MXD.+Answer+by+02%3A14%3A+https%3A%2F%2Fpages.mercy.example%2Fa%2Fpuawhrwqis2gswtwgnn45mua&ValidityPeriod=300");
        assert!(!forms[1].contains("ValidityPeriod"));
        assert!(forms[2].ends_with("&ValidityPeriod=36000"));
    }

    #[test]
    fn each_answer_of_the_gateway_means_one_thing() {
        let check = |status: u16, body: &str| {
            let body = serde_json::from_str(body).ok();
            judge(StatusCode::from_u16(status).unwrap(), Some(Duration::from_secs(7)), body.as_ref())
        };
        let retry =
            |code: &str, at_most| Outcome::Retry { code: code.into(), after: Some(Duration::from_secs(7)), at_most };
        for (status, body, wanted) in [
            (201, r#"{"sid":"SM1"}"#, Outcome::Accepted { provider_id: Some("SM1".into()) }),
            (200, r#"{"sid":"to m.rivera@mercy.example"}"#, Outcome::Accepted { provider_id: None }),
            (200, r#"{"ok":true}"#, Outcome::retry("gateway-unreadable")),
            (201, r#"{"status":"queued"}"#, Outcome::retry("gateway-unreadable")),
            (201, r#"{"sid":"","status":"queued"}"#, Outcome::retry("gateway-unreadable")),
            (201, r#"{"sid":null,"status":"queued"}"#, Outcome::retry("gateway-unreadable")),
            (201, r#"{"sid":"SM1","status":"queued"}"#, Outcome::Accepted { provider_id: Some("SM1".into()) }),
            (201, r#"{"sid":"SM1","status":"failed","error_code":null}"#, Outcome::retry("gateway-failed")),
            (201, r#"{"sid":"SM1","status":"Undelivered"}"#, Outcome::retry("gateway-failed")),
            (201, r#"{"sid":"SM1","status":"canceled"}"#, Outcome::retry("gateway-failed")),
            (
                201,
                r#"{"sid":"SM1","status":"failed","error_code":"21610"}"#,
                Outcome::permanent("twilio-21610", Blame::Recipient),
            ),
            (200, "<html>", Outcome::retry("gateway-unreadable")),
            (201, r#"{"sid":"SM1","error_code":30007}"#, Outcome::permanent("twilio-30007", Blame::Account)),
            (201, r#"{"sid":"SM1","error_code":39999}"#, Outcome::permanent("twilio-39999", Blame::Account)),
            (400, r#"{"code":21610}"#, Outcome::permanent("twilio-21610", Blame::Recipient)),
            (400, r#"{"code":"21610"}"#, Outcome::permanent("twilio-21610", Blame::Recipient)),
            (400, r#"{"code":21211}"#, Outcome::permanent("twilio-21211", Blame::Roster)),
            (400, r#"{"code":21614}"#, Outcome::permanent("twilio-21614", Blame::Roster)),
            (400, r#"{"code":21635}"#, Outcome::permanent("twilio-21635", Blame::Roster)),
            (400, r#"{"code":30005}"#, Outcome::permanent("twilio-30005", Blame::Roster)),
            (400, r#"{"code":30006}"#, Outcome::permanent("twilio-30006", Blame::Roster)),
            (400, r#"{"code":30007}"#, Outcome::permanent("twilio-30007", Blame::Account)),
            (400, r#"{"code":30034}"#, Outcome::permanent("twilio-30034", Blame::Account)),
            (400, r#"{"code":21606}"#, Outcome::permanent("twilio-21606", Blame::Account)),
            (400, r#"{"code":30003}"#, retry("twilio-30003", Some(1))),
            (401, r#"{"code":20003}"#, retry("twilio-20003", None)),
            (401, "", Outcome::retry("twilio-20003")),
            (404, "<html>", Outcome::permanent("http-404", Blame::Account)),
            (429, r#"{"code":20429}"#, retry("twilio-20429", None)),
            (429, "", retry("http-429", None)),
            (408, "", retry("http-408", None)),
            (302, "", retry("http-302", None)),
            (500, "<html>", retry("http-500", None)),
            (503, r#"{"code":20503}"#, retry("twilio-20503", None)),
        ] {
            assert_eq!(check(status, body), wanted, "{status} {body}");
        }
    }

    #[tokio::test]
    async fn a_gateway_may_ask_for_a_pause_but_not_for_a_long_one() {
        for (head, after) in [
            ("503 Busy\r\nRetry-After: 12", Some(12)),
            ("503 Busy\r\nRetry-After: 86400", Some(300)),
            ("429 Slow\r\nDate: Thu, 24 Dec 2026 08:00:00 GMT\r\nRetry-After: Thu, 24 Dec 2026 08:00:20 GMT", Some(20)),
            ("503 Busy\r\nRetry-After: soon", None),
            ("503 Busy", None),
        ] {
            let (_, outcome) = ask(head, "busy").await;
            let Outcome::Retry { after: told, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(told, after.map(Duration::from_secs), "{head}");
        }
    }

    #[tokio::test]
    async fn wrong_servers_are_survived() {
        let (server, outcome) = ask("302 Found\r\nLocation: http://elsewhere.example/", "").await;
        assert_eq!((outcome, server.connections()), (Outcome::retry("http-302"), 1));
        let (_, outcome) = ask("200 OK", &format!("{{\"sid\":\"{}\"}}", "x".repeat(ANSWER_MAX_BYTES))).await;
        assert_eq!(outcome, Outcome::retry("gateway-unreadable"));
        let (_, outcome) = ask("", "").await;
        assert_eq!(outcome, Outcome::retry("timeout"));
        assert_eq!(
            gateway("http://127.0.0.1:1").send(TO, Outgoing::Pages(&sample::message())).await,
            Outcome::retry("connection-refused")
        );
        let (server, _) = ask("200 OK", "").await;
        let tls = gateway(&format!("https://{}", server.address)).send(TO, Outgoing::Pages(&sample::message())).await;
        assert!(matches!(tls.code(), Some("tls-failed" | "connection-lost")), "{tls:?}");
    }
}
