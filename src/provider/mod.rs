//! Sends messages and returns outcomes: one folder per service. All other code knows only channels.
//!
//! A new provider is a folder with a type that implements [`Provider`](port::Provider), an arm in [`provider_of`], and one
//! in [`failure_of`] where its codes say more than "refused".

pub mod access_text;
pub mod failure;
pub mod http_client;
pub mod letter;
pub mod port;
pub mod smtp;
pub mod test_text;
pub mod text;
pub mod twilio;
mod deadline;
mod fault;
mod gsm7;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod scripted;

use std::collections::BTreeMap;

use crate::config::settings::{ProviderSettings, Settings};
use crate::domain::contact::ChannelKind;
use crate::domain::outcome::{Blame, Outcome};
use crate::provider::failure::Failure;
use crate::provider::port::{Outgoing, Provider, ProviderError};
use crate::provider::smtp::Smtp;
use crate::provider::twilio::Twilio;

/// A message for a channel without a provider fails immediately, so a few slots are enough.
const NOT_SET_UP_AT_ONCE: usize = 16;

/// The providers that are set up, one for each channel.
#[derive(Default)]
pub struct Providers(Vec<Box<dyn Provider>>);

impl Providers {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, ProviderError> {
        settings.channels.values().map(|provider| provider_of(provider, &settings.public_url)).collect()
    }

    pub fn channels(&self) -> Vec<ChannelKind> {
        self.0.iter().map(|provider| provider.channel()).collect()
    }

    /// How many attempts may run at once, for each channel.
    pub fn at_once(&self) -> BTreeMap<ChannelKind, usize> {
        let of = |channel| self.of(channel).map_or(NOT_SET_UP_AT_ONCE, Provider::at_once);
        ChannelKind::ALL.into_iter().map(|channel| (channel, of(channel))).collect()
    }

    /// One attempt to hand a message to a channel's provider; it ends within that provider's timeout.
    ///
    /// Dropping the future abandons the attempt. The service may still have accepted the message.
    pub async fn send(&self, channel: ChannelKind, to: &str, message: Outgoing<'_>) -> Outcome {
        let outcome = match self.of(channel) {
            Some(provider) => provider.send(to, message).await,
            None => Outcome::permanent("not-set-up", Blame::Account),
        };
        if let (Outgoing::Test(_), Some(code)) = (message, outcome.code()) {
            tracing::warn!(%channel, code, "test message not accepted");
        }
        outcome
    }

    fn of(&self, channel: ChannelKind) -> Option<&dyn Provider> {
        self.0.iter().find(|provider| provider.channel() == channel).map(AsRef::as_ref)
    }
}

impl FromIterator<Box<dyn Provider>> for Providers {
    fn from_iter<I: IntoIterator<Item = Box<dyn Provider>>>(providers: I) -> Self {
        Self(providers.into_iter().collect())
    }
}

fn provider_of(settings: &ProviderSettings, public_url: &str) -> Result<Box<dyn Provider>, ProviderError> {
    Ok(match settings {
        ProviderSettings::Smtp(settings) => Box::new(Smtp::new(settings, public_url)?),
        ProviderSettings::Twilio(settings) => Box::new(Twilio::new(settings)?),
    })
}

/// The failure for the code of any provider.
pub fn failure_of(code: &str) -> Failure {
    let of_a_provider = || [smtp::failure_of, twilio::failure_of].iter().find_map(|failure_of| failure_of(code));
    Failure::of_network(code).or_else(of_a_provider).unwrap_or(Failure::Refused)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::config::settings::{LogFormat, LogSettings, SmtpSettings, Tls, TwilioSettings};
    use crate::provider::scripted::{Reply, Server, agree};

    fn settings(channels: BTreeMap<ChannelKind, ProviderSettings>) -> Settings {
        Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: "https://pages.mercy.example".into(),
            store_path: "/nowhere".into(),
            keep_for: crate::domain::retention::Retention::default(),
            channels,
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
        let providers = Providers::new(&settings(BTreeMap::new())).unwrap();
        assert_eq!(providers.channels(), []);
        for kind in ChannelKind::ALL {
            let outcome = providers.send(kind, "somebody", Outgoing::Pages(&sample::message())).await;
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
        let email = SmtpSettings {
            host: mail.address.ip().to_string(),
            port: mail.address.port(),
            tls: Tls::None,
            from: "pages@mercy.example".to_owned(),
            login: None,
            timeout,
        };
        let sms = TwilioSettings {
            base_url: format!("http://{}", gateway.address),
            account_sid: "AC777".to_owned(),
            auth_token: "secret".to_owned().into(),
            from: "+13125550100".to_owned(),
            timeout,
        };
        let all = BTreeMap::from([
            (ChannelKind::Email, ProviderSettings::Smtp(email)),
            (ChannelKind::Sms, ProviderSettings::Twilio(sms)),
        ]);
        let providers = Providers::new(&settings(all)).unwrap();
        assert_eq!(providers.channels(), [ChannelKind::Email, ChannelKind::Sms]);

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
            providers.send(ChannelKind::Email, "m.rivera@mercy.example", Outgoing::Pages(&page)).await,
            providers.send(ChannelKind::Sms, "+13125550101", Outgoing::Pages(&page)).await,
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

    #[test]
    fn a_code_says_what_kind_of_failure_it_is() {
        for (code, failure) in [
            ("connection-refused", Failure::Unreachable),
            ("smtp-535", Failure::LoginRefused),
            ("twilio-20003", Failure::LoginRefused),
            ("smtp-450", Failure::RecipientBusy),
            ("smtp-421", Failure::ProviderTrouble),
            ("http-503", Failure::ProviderTrouble),
            ("twilio-20503", Failure::ProviderTrouble),
            ("twilio-30034", Failure::Refused),
            ("http-302", Failure::Refused),
        ] {
            assert_eq!(failure_of(code), failure, "{code}");
        }
    }
}
