//! A connection to a mail server that limits the length of each reply.
//!
//! `lettre` checks a line's length only at its end, so a server that never ends a line could fill memory.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::io::{AsyncRead as _, AsyncWrite as _};
#[expect(deprecated, reason = "there is no other way to begin with TLS on a stream of one's own")]
use lettre::transport::smtp::client::AsyncNetworkStream;
use lettre::transport::smtp::client::{AsyncTokioStream, TlsParameters};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// The limit of one reply: `lettre` accepts 100 kB, and TLS adds a little.
const ANSWER_MAX_BYTES: usize = 128 * 1_024;

/// A stream that allows a limited number of bytes to be read after each write.
#[derive(Debug)]
pub struct LimitedStream {
    stream: TcpStream,
    /// Since something was last written.
    read: usize,
}

/// The same, encrypted from the first byte on.
#[derive(Debug)]
#[expect(deprecated, reason = "see above")]
pub struct TlsStream(AsyncNetworkStream);

impl LimitedStream {
    /// Connects to the first of a host's addresses that answers, each within the time.
    ///
    /// # Errors
    /// The error of the last address; [`io::ErrorKind::TimedOut`] if it does not respond.
    pub async fn connect(host: &str, port: u16, within: Duration) -> io::Result<Self> {
        let mut last = io::Error::other("the host has no address");
        for address in lookup_host((host, port)).await? {
            match timeout(within, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(Self { stream, read: 0 }),
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(last)
    }

    /// Starts TLS before anything else is sent.
    ///
    /// # Errors
    /// The server does not speak TLS, or its certificate is not trusted.
    pub async fn encrypt(self, tls: TlsParameters) -> Result<TlsStream, lettre::transport::smtp::Error> {
        #[expect(deprecated, reason = "see above")]
        let mut stream = AsyncNetworkStream::use_existing_tokio1(Box::new(self));
        stream.upgrade_tls(tls).await?;
        Ok(TlsStream(stream))
    }
}

impl AsyncRead for LimitedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read > ANSWER_MAX_BYTES {
            return Poll::Ready(Err(io::ErrorKind::FileTooLarge.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.read += buffer.filled().len() - before;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LimitedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.read = 0;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl AsyncTokioStream for LimitedStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.0).poll_read(context, buffer.initialize_unfilled()))?;
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(context)
    }
}

impl AsyncTokioStream for TlsStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}
