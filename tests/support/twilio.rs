//! The shapes of Twilio's Messages API: the form that comes in, the answers that go out.
//!
//! Codes and limits are those of <https://www.twilio.com/docs/api/errors>.

use std::time::{Duration, SystemTime};

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use crate::support::behaviour::SmsRefusal;
use crate::support::shared::Login;
use wardbell::mock::Sms;

/// Error 21617: a longer one is not sent.
const MAX_BODY_CHARACTERS: usize = 1_600;

/// Error 21624: ten hours, in seconds.
const MAX_VALIDITY_PERIOD: u64 = 36_000;

/// The form fields that are looked at; others are passed over, as Twilio has many more.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MessageForm {
    pub(crate) to: Option<String>,
    from: Option<String>,
    messaging_service_sid: Option<String>,
    body: Option<String>,
    validity_period: Option<String>,
    status_callback: Option<String>,
}

impl MessageForm {
    /// The message under this id, when all that Twilio asks for is there.
    pub(crate) fn into_sms(self, sid: String) -> Result<Sms, SmsRefusal> {
        let to = given(self.to).ok_or_else(|| bad_request(21604, "A 'To' phone number is required."))?;
        if !is_phone_number(&to) {
            return Err(bad_request(21211, &format!("Invalid 'To' Phone Number: {to}")));
        }
        let from = given(self.from).or(given(self.messaging_service_sid));
        let from = from.ok_or_else(|| bad_request(21603, "A 'From' phone number is required."))?;
        let body = given(self.body).ok_or_else(|| bad_request(21602, "Message body is required."))?;
        if body.chars().count() > MAX_BODY_CHARACTERS {
            let message = "The concatenated message body exceeds the 1600 character limit";
            return Err(bad_request(21617, message));
        }
        Ok(Sms {
            sid,
            to,
            from,
            body,
            validity_period: given(self.validity_period).map(|text| validity_period(&text)).transpose()?,
            status_callback: given(self.status_callback),
        })
    }
}

/// Passes everybody when no account was configured.
pub(crate) fn authenticate(known: Option<&Login>, account: &str, headers: &HeaderMap) -> Result<(), SmsRefusal> {
    let Some(known) = known else { return Ok(()) };
    let admitted = basic_credentials(headers)
        .is_some_and(|(name, secret)| known.admits(&name, &secret) && account == known.name());
    if admitted {
        return Ok(());
    }
    Err(SmsRefusal { status: 401, code: 20003, message: "Authenticate".to_owned() })
}

/// 201, as for a message that Twilio took and will send. The number of segments and the price are left out.
pub(crate) fn queued(account: &str, sms: &Sms, now: SystemTime) -> Response {
    let by_service = is_messaging_service(&sms.from);
    let date = DateTime::<Utc>::from(now).to_rfc2822();
    let answer = json!({
        "sid": sms.sid,
        "account_sid": account,
        "api_version": "2010-04-01",
        "to": sms.to,
        "from": (!by_service).then_some(&sms.from),
        "messaging_service_sid": by_service.then_some(&sms.from),
        "body": sms.body,
        "status": if by_service { "accepted" } else { "queued" },
        "direction": "outbound-api",
        "num_media": "0",
        "error_code": null,
        "error_message": null,
        "date_created": date,
        "date_updated": date,
        "date_sent": null,
        "uri": format!("/2010-04-01/Accounts/{account}/Messages/{}.json", sms.sid),
    });
    (StatusCode::CREATED, Json(answer)).into_response()
}

pub(crate) fn refused(refusal: SmsRefusal) -> Response {
    let SmsRefusal { status, code, message } = refusal;
    let answer = Json(json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status,
    }));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Twilio API\"")];
        return (status, challenge, answer).into_response();
    }
    (status, answer).into_response()
}

pub(crate) async fn no_such_resource() -> Response {
    refused(SmsRefusal { status: 404, code: 20404, message: "The requested resource was not found".to_owned() })
}

fn given(field: Option<String>) -> Option<String> {
    field.filter(|text| !text.is_empty())
}

/// E.164: a plus and at most 15 digits. Twilio knows which numbers exist; here the shape must do.
fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `MG` and 32 hexadecimal digits; a sender's name has at most 11 characters.
fn is_messaging_service(from: &str) -> bool {
    from.len() == 34 && from.starts_with("MG")
}

fn validity_period(text: &str) -> Result<Duration, SmsRefusal> {
    let seconds = text.parse().ok().filter(|seconds| (1..=MAX_VALIDITY_PERIOD).contains(seconds));
    let seconds = seconds.ok_or_else(|| bad_request(21624, "Invalid validity period value"))?;
    Ok(Duration::from_secs(seconds))
}

fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (name, secret) = decoded.split_once(':')?;
    Some((name.to_owned(), secret.to_owned()))
}

fn bad_request(code: u32, message: &str) -> SmsRefusal {
    SmsRefusal { status: 400, code, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::support::twilio::{MessageForm, is_messaging_service};

    fn form() -> MessageForm {
        let text = |text: &str| Some(text.to_owned());
        MessageForm {
            to: text("+13125550101"),
            from: text("+13125550100"),
            body: text("x"),
            validity_period: text("300"),
            ..MessageForm::default()
        }
    }

    #[test]
    fn takes_what_is_whole() {
        let sms = form().into_sms("SM1".into()).unwrap();
        assert_eq!(sms.validity_period, Some(Duration::from_secs(300)));
        let from = "MG00000000000000000000000000000000";
        let by_service = MessageForm { from: None, messaging_service_sid: Some(from.into()), ..form() };
        assert_eq!(by_service.into_sms("SM1".into()).unwrap().from, from);
        assert!(is_messaging_service(from) && !is_messaging_service("MGH"));
    }

    #[test]
    fn answers_mistakes_with_twilios_codes() {
        let check = |form: MessageForm, code: u32| assert_eq!(form.into_sms("SM1".into()).unwrap_err().code, code);
        let set = |text: &str| Some(text.to_owned());
        check(MessageForm { to: None, ..form() }, 21604);
        check(MessageForm { to: set("312-555-0101"), ..form() }, 21211);
        check(MessageForm { from: None, ..form() }, 21603);
        check(MessageForm { body: set(""), ..form() }, 21602);
        check(MessageForm { body: set(&"x".repeat(1601)), ..form() }, 21617);
        for period in ["0", "36001", "1.5", "-1", "5m"] {
            check(MessageForm { validity_period: set(period), ..form() }, 21624);
        }
    }
}
