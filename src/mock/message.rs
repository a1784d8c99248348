//! A mail or text message that a mock provider received.

use std::time::{Duration, SystemTime};

use crate::mock::mail::Mail;

/// One received message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Counts from 1 in the order of arrival, over mail and SMS together; never used twice by one inbox.
    pub number: u64,
    /// When the last byte had come in.
    pub received_at: SystemTime,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Mail(Mail),
    Sms(Sms),
}

/// A text message as the gateway's client sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sms {
    /// The provider's id, `SM` and 32 hexadecimal digits, as it was answered.
    pub sid: String,
    pub to: String,
    /// `From`, or else `MessagingServiceSid`.
    pub from: String,
    pub body: String,
    /// For how long the provider may go on trying; `None` when the client left it out.
    pub validity_period: Option<Duration>,
    /// Where the client wants to hear about delivery. It is never called.
    pub status_callback: Option<String>,
}

impl Message {
    pub fn mail(&self) -> Option<&Mail> {
        match &self.content {
            Content::Mail(mail) => Some(mail),
            Content::Sms(_) => None,
        }
    }

    pub fn sms(&self) -> Option<&Sms> {
        match &self.content {
            Content::Mail(_) => None,
            Content::Sms(sms) => Some(sms),
        }
    }

    /// The envelope's recipients of a mail (not those in its headers), or the one number of a text message.
    pub fn recipients(&self) -> Vec<&str> {
        match &self.content {
            Content::Mail(mail) => mail.to.iter().map(String::as_str).collect(),
            Content::Sms(sms) => vec![&sms.to],
        }
    }

    /// Whether it went to this email address (without regard to case) or phone number.
    pub fn is_to(&self, recipient: &str) -> bool {
        self.recipients().iter().any(|to| to.eq_ignore_ascii_case(recipient))
    }

    /// What a person reads: the text part of a mail, the HTML part of a mail that has no text, the body of an SMS.
    pub fn text(&self) -> &str {
        match &self.content {
            Content::Mail(mail) => mail.text.as_deref().or(mail.html.as_deref()).unwrap_or(""),
            Content::Sms(sms) => &sms.body,
        }
    }

    /// The acknowledge links `…/a/{token}` in [`Message::text`], each once, in order.
    pub fn links(&self) -> Vec<String> {
        acknowledge_links(self.text())
    }
}

/// A link may lack its scheme (a text message saves characters) and may be followed by punctuation.
fn acknowledge_links(text: &str) -> Vec<String> {
    let mut links: Vec<String> = Vec::new();
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | '(' | ')' | '[' | ']'));
    for word in words {
        let start = word.find("https://").or_else(|| word.find("http://")).unwrap_or(0);
        let link = word[start..].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        if is_acknowledge_link(link) && !links.iter().any(|known| known == link) {
            links.push(link.to_owned());
        }
    }
    links
}

fn is_acknowledge_link(link: &str) -> bool {
    link.rsplit_once("/a/").is_some_and(|(base, token)| {
        !base.is_empty() && !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use crate::mock::message::acknowledge_links;

    #[test]
    fn finds_links_in_all_that_people_write() {
        let check = |text: &str, expected: &[&str]| assert_eq!(acknowledge_links(text), expected, "{text}");
        check("Open https://p.example/a/abc234. Thanks", &["https://p.example/a/abc234"]);
        check("link:http://127.0.0.1:80/base/a/x2", &["http://127.0.0.1:80/base/a/x2"]);
        check("MERCY p.example/a/abc ACK 4821", &["p.example/a/abc"]);
        check(r#"<a href="https://p.example/a/t">x</a> (https://p.example/a/t)"#, &["https://p.example/a/t"]);
        check("https://p.example/a/ https://p.example/b/t /a/t https://p.example/a/t/u", &[]);
    }
}
