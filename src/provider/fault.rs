//! Short, stable names for what goes wrong on a network.

use std::error::Error;
use std::io;

use crate::domain::contact::ChannelKind;

/// No answer in the time that one attempt has.
pub const TIMEOUT: &str = "timeout";

/// No connection came about, for a reason that has no name of its own, such as a host name that does not resolve.
pub const CONNECTION_FAILED: &str = "connection-failed";

/// The other side went away in the middle.
pub const CONNECTION_LOST: &str = "connection-lost";

/// The other side says more than any answer takes.
pub const TOO_LONG: &str = "answer-too-long";

/// Tells that the system's root certificates cannot be read. A channel trusts no server then, so that each of its attempts
/// fails and is told of, and the daemon starts and pages by the others.
pub fn no_roots(channel: ChannelKind, error: &dyn Error) {
    tracing::error!(
        %channel,
        %error,
        "no root certificates: nothing leaves by this channel until they are installed (Debian: `ca-certificates`) and \
         Wardbell is started again"
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
        // So a limited stream says that its limit is reached.
        io::ErrorKind::FileTooLarge => Some(TOO_LONG),
        // So rustls reports a certificate that it does not trust, and a peer that does not speak TLS.
        io::ErrorKind::InvalidData => Some("tls-failed"),
        _ => None,
    }
}
