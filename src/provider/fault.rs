//! Short, stable names for what goes wrong on a network.

use std::error::Error;
use std::io;

use crate::domain::contact::ChannelKind;

/// No answer in the time that one attempt has.
pub const TIMEOUT: &str = "timeout";

/// No connection, for a reason without its own code, such as a host name that does not resolve.
pub const CONNECTION_FAILED: &str = "connection-failed";

/// The other side closed the connection early.
pub const CONNECTION_LOST: &str = "connection-lost";

/// The response is too long.
pub const TOO_LONG: &str = "answer-too-long";

/// Logs that the system's root certificates cannot be read. The channel then trusts no server and its attempts fail,
/// but the daemon starts and pages through the others.
pub fn no_roots(channel: ChannelKind, error: &dyn Error) {
    tracing::error!(
        %channel,
        %error,
        "no root certificates, so this channel cannot send: install them (Debian: `ca-certificates`) and restart \
         Wardbell"
    );
}

/// The name of the first I/O error among an error and its causes that has one.
pub fn name(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let Some(io) = error.downcast_ref::<io::Error>() else {
        return name(error.source()?);
    };
    // An I/O error's `source` is not the error that it wraps, but that one's source.
    of_kind(io.kind()).or_else(|| name(io.get_ref()?))
}

fn of_kind(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some("connection-refused"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            Some("unreachable")
        }
        io::ErrorKind::TimedOut => Some(TIMEOUT),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(CONNECTION_LOST),
        // A limited stream reports its limit this way.
        io::ErrorKind::FileTooLarge => Some(TOO_LONG),
        // rustls reports untrusted certificates and non-TLS peers this way.
        io::ErrorKind::InvalidData => Some("tls-failed"),
        _ => None,
    }
}
