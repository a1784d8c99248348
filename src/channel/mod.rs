//! A page out, an outcome back: mail and text messages.
//!
//! One call of [`Channels::send`] is one attempt. It ends within the channel's timeout, it never panics on what a
//! provider answers, and what it reports and logs holds no address, number, token or link.

pub mod email;
pub mod failure;
pub mod letter;
pub mod sms;
mod conversation;
mod deadline;
mod fault;
mod gsm7;
mod leash;
mod pool;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod scripted;
pub mod test_text;
pub mod text;

use crate::config::settings::Settings;
use crate::domain::contact::ChannelKind;
use crate::domain::outcome::{Blame, Outcome};
use crate::domain::page::MessageText;
use crate::domain::test_message::TestMessage;

/// All channels that are set up.
pub struct Channels {
    email: Option<email::Mailer>,
    sms: Option<sms::Gateway>,
}

/// Why a channel cannot be set up. No setting's value is told.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// Mail needs the host for its `Message-ID`s.
    #[error("`public_url` is not an address with a host")]
    PublicUrl,
    /// Not `name@host` or `Name <name@host>`.
    #[error("`from` of `channel.email` is not a mail address")]
    Sender,
    #[error("TLS for `channel.email` cannot be set up")]
    MailTls(#[source] lettre::transport::smtp::Error),
    /// Not `http://…` or `https://…`.
    #[error("`base_url` of `channel.sms` is not an `http` or `https` address")]
    BaseUrl,
    #[error("TLS for `channel.sms` cannot be set up")]
    SmsTls(#[source] reqwest::Error),
}

impl Channels {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, ChannelError> {
        let email = settings.email.as_ref().map(|email| email::Mailer::new(email, &settings.public_url));
        let sms = settings.sms.as_ref().map(sms::Gateway::new);
        Ok(Self { email: email.transpose()?, sms: sms.transpose()? })
    }

    /// The channels that are set up.
    pub fn set_up(&self) -> Vec<ChannelKind> {
        let email = self.email.as_ref().map(|_| ChannelKind::Email);
        let sms = self.sms.as_ref().map(|_| ChannelKind::Sms);
        email.into_iter().chain(sms).collect()
    }

    /// One attempt to hand a message to a channel's provider; it ends within the channel's timeout.
    ///
    /// Dropping the future gives the attempt up. The provider may have taken the message all the same.
    pub async fn send(&self, kind: ChannelKind, to: &str, message: &MessageText) -> Outcome {
        match (kind, &self.email, &self.sms) {
            (ChannelKind::Email, Some(mailer), _) => mailer.send(to, message).await,
            (ChannelKind::Sms, _, Some(gateway)) => gateway.send(to, message).await,
            _ => Outcome::permanent("not-set-up", Blame::Account),
        }
    }

    /// One attempt to hand a test message to its channel's provider; it ends within the channel's timeout.
    pub async fn test(&self, to: &str, message: &TestMessage) -> Outcome {
        let channel = message.channel;
        let outcome = match (channel, &self.email, &self.sms) {
            (ChannelKind::Email, Some(mailer), _) => mailer.test(to, message).await,
            (ChannelKind::Sms, _, Some(gateway)) => gateway.test(to, message).await,
            _ => Outcome::permanent("not-set-up", Blame::Account),
        };
        if let Some(code) = outcome.code() {
            tracing::warn!(%channel, code, "test message not accepted");
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::channel::scripted::{Reply, Server, agree};
    use crate::config::settings::{EmailSettings, LogFormat, LogSettings, SmsSettings, Tls};

    fn settings(email: Option<EmailSettings>, sms: Option<SmsSettings>) -> Settings {
        Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: "https://pages.mercy.example".into(),
            store_path: "/nowhere".into(),
            keep_for: crate::domain::retention::Retention::default(),
            email,
            sms,
            sources: Vec::new(),
            operators: Vec::new(),
            encryption: None,
            calendar_key: None,
            heartbeat: None,
            missing: Vec::new(),
            senders: crate::domain::card::Senders::default(),
            log: LogSettings { format: LogFormat::Text, level: "info".to_owned() },
        }
    }

    #[tokio::test]
    async fn a_channel_that_is_not_set_up_says_so() {
        let channels = Channels::new(&settings(None, None)).unwrap();
        assert_eq!(channels.set_up(), []);
        for kind in ChannelKind::ALL {
            let outcome = channels.send(kind, "somebody", &sample::message()).await;
            assert_eq!(outcome, Outcome::permanent("not-set-up", Blame::Account));
        }
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_failure_tells_nobodys_address_and_is_logged_by_the_engine_alone() {
        fn refuses(number: usize, verb: &str) -> Reply {
            if verb == "RCPT" { Reply::Say("550 5.1.1 no m.rivera@mercy.example here") } else { agree(number, verb) }
        }
        let mail = Server::smtp(refuses, None).await;
        let gateway = Server::http("400 Bad", r#"{"code":21211,"message":"no +13125550101"}"#.to_owned()).await;
        let timeout = Duration::from_secs(5);
        let email = EmailSettings {
            host: mail.address.ip().to_string(),
            port: mail.address.port(),
            tls: Tls::None,
            from: "pages@mercy.example".to_owned(),
            login: None,
            timeout,
        };
        let sms = SmsSettings {
            base_url: format!("http://{}", gateway.address),
            account_sid: "AC777".to_owned(),
            auth_token: "secret".to_owned().into(),
            from: "+13125550100".to_owned(),
            timeout,
        };
        let channels = Channels::new(&settings(Some(email), Some(sms))).unwrap();
        assert_eq!(channels.set_up(), ChannelKind::ALL);

        let (lines, page) = (Lines::default(), sample::message());
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .without_time()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let outcomes = [
            channels.send(ChannelKind::Email, "m.rivera@mercy.example", &page).await,
            channels.send(ChannelKind::Sms, "+13125550101", &page).await,
        ];
        drop(guard);
        assert_eq!(outcomes, ["smtp-550", "twilio-21211"].map(|code| Outcome::permanent(code, Blame::Roster)));

        let log = format!("{}{outcomes:?}", String::from_utf8(lines.0.lock().unwrap().clone()).unwrap());
        let ours: Vec<_> = log.lines().filter(|line| line.contains("wardbell::")).collect();
        assert_eq!(ours, [""; 0]);
        for secret in ["rivera", "3125550101", page.lead.link.token.reveal(), "AC777", "secret", "/a/"] {
            assert!(!log.contains(secret), "{secret} is in the log: {log}");
        }
    }
}
