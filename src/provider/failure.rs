//! What a failed attempt says about its channel, by the recorded code.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Unreachable,
    /// No encrypted connection.
    NotSecure,
    /// The provider does not accept the account.
    LoginRefused,
    /// No answer comes in time.
    TooSlow,
    /// The connection closed before the response.
    BrokenOff,
    /// Rate limited by the provider.
    TooMany,
    /// The response cannot be parsed.
    Unreadable,
    /// The mailbox or phone is temporarily unavailable; the provider may work for others.
    RecipientBusy,
    /// The provider reports an internal error.
    ProviderTrouble,
    /// The provider or the settings reject the message.
    Refused,
}

impl Failure {
    /// The failure for a network or HTTP code of any provider.
    pub fn of_network(code: &str) -> Option<Self> {
        match code {
            "connection-refused" | "connection-failed" | "unreachable" => Some(Self::Unreachable),
            "tls-failed" => Some(Self::NotSecure),
            "timeout" | "http-408" => Some(Self::TooSlow),
            "connection-lost" | "attempt-broken-off" => Some(Self::BrokenOff),
            "http-429" => Some(Self::TooMany),
            "answer-too-long" => Some(Self::Unreadable),
            _ if code.starts_with("http-5") => Some(Self::ProviderTrouble),
            _ => None,
        }
    }

    /// Whether one attempt is enough to know that others would fail, too.
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
