//! A write timeout for clients that do not read, so that they cannot hold a connection forever.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Any progress restarts the timeout, so that slow clients still get the whole response.
pub struct CutWhereUnread<S> {
    stream: S,
    within: Duration,
    waits: Option<Pin<Box<Sleep>>>,
}

impl<S> CutWhereUnread<S> {
    /// Writes fail if the client reads nothing for `within`.
    pub fn new(stream: S, within: Duration) -> Self {
        Self { stream, within, waits: None }
    }

    /// The result of a write, or a timeout.
    fn limit<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waits = None;
            return written;
        }
        let within = self.within;
        let waits = self.waits.get_or_insert_with(|| Box::pin(sleep(within)));
        ready!(waits.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CutWhereUnread<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CutWhereUnread<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.limit(written, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, parts);
        this.limit(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.limit(flushed, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.stream).poll_shutdown(context);
        this.limit(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    const WITHIN: Duration = Duration::from_secs(15);

    #[tokio::test(start_paused = true)]
    async fn somebody_who_does_not_read_is_cut_in_time() {
        let (ours, _theirs) = duplex(64);
        let mut ours = CutWhereUnread::new(ours, WITHIN);
        let started = Instant::now();
        let ended = ours.write_all(&[0; 1_000]).await.unwrap_err();
        assert_eq!((ended.kind(), started.elapsed().as_secs()), (io::ErrorKind::TimedOut, 15));
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_who_reads_slowly_gets_all() {
        let (ours, mut theirs) = duplex(64);
        let mut ours = CutWhereUnread::new(ours, WITHIN);
        let write = async { ours.write_all(&[0; 1_000]).await.unwrap() };
        let read = async {
            let (mut part, mut taken) = ([0; 10], 0);
            while taken < 1_000 {
                sleep(Duration::from_secs(14)).await;
                taken += theirs.read(&mut part).await.unwrap();
            }
        };
        tokio::join!(write, read);
    }
}
