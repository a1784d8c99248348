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
    /// What a code stands for that says how the network or HTTP failed, whichever the provider.
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
