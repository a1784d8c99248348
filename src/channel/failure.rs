//! What a failed attempt says about its channel, by the code that the record keeps.

/// What kind of failure a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection comes about.
    Unreachable,
    /// No encrypted connection comes about.
    NotSecure,
    /// The provider does not accept the account.
    LoginRefused,
    /// No answer comes in time.
    TooSlow,
    /// The connection ends before the answer.
    BrokenOff,
    /// The provider is asked for more than it allows.
    TooMany,
    /// The answer cannot be understood.
    Unreadable,
    /// The mailbox or the phone does not take the message at the moment; the provider may work for others.
    RecipientBusy,
    /// The provider has trouble of its own.
    ProviderTrouble,
    /// The provider, or these settings, rule the message out.
    Refused,
}

impl Failure {
    /// What kind of failure a code stands for.
    pub fn of(code: &str) -> Self {
        match code {
            "connection-refused" | "connection-failed" | "unreachable" => Self::Unreachable,
            "tls-failed" | "smtp-without-starttls" => Self::NotSecure,
            "smtp-530" | "smtp-534" | "smtp-535" | "smtp-538" | "smtp-without-login" | "twilio-20003" => {
                Self::LoginRefused
            }
            "timeout" | "http-408" => Self::TooSlow,
            "connection-lost" | "attempt-broken-off" => Self::BrokenOff,
            "http-429" | "twilio-20429" | "twilio-30001" => Self::TooMany,
            "gateway-unreadable" | "smtp-unreadable" | "smtp-out-of-step" | "answer-too-long" => Self::Unreadable,
            "smtp-450" | "smtp-452" | "twilio-30003" => Self::RecipientBusy,
            "gateway-failed" => Self::ProviderTrouble,
            _ if code.starts_with("http-5") || code.starts_with("smtp-4") || code.starts_with("twilio-205") => {
                Self::ProviderTrouble
            }
            _ => Self::Refused,
        }
    }

    /// Whether one attempt is enough to know that no other would fare better.
    pub fn is_sure(self) -> bool {
        matches!(self, Self::Unreachable | Self::NotSecure | Self::LoginRefused)
    }

    /// For people who do not know the codes.
    pub fn plain(self) -> &'static str {
        match self {
            Self::Unreachable => "the provider cannot be reached",
            Self::NotSecure => "no encrypted connection to the provider can be made",
            Self::LoginRefused => "the provider refuses the login",
            Self::TooSlow => "the provider does not answer in time",
            Self::BrokenOff => "the provider closes the connection early",
            Self::TooMany => "the provider is limiting how many messages it accepts",
            Self::Unreadable => "the provider's answer cannot be understood",
            Self::RecipientBusy => "several recipients' mailboxes or phones do not accept messages",
            Self::ProviderTrouble => "the provider reports an internal error",
            Self::Refused => "the provider refuses the messages",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Failure::of(code), failure, "{code}");
        }
    }
}
