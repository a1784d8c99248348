//! SMTP on the wire: lines in, replies out.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// The longest line of a message with its CRLF (RFC 5321, 4.5.3.1.6). Real servers refuse or break longer ones.
const MAX_TEXT_LINE: usize = 1_000;

/// The largest message, announced as `SIZE`. A page is a few kilobytes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// What a flood sends at once.
const FLOOD_PART: &[u8] = &[b'x'; 64 * 1024];

/// Where a flood ends: a client that reads so much would read for ever.
const FLOOD_MAX: usize = 64 << 20;

/// A connection, plain or encrypted.
pub(crate) struct Wire<S> {
    stream: BufReader<S>,
    /// The pause after each byte of an answer.
    pub(crate) pace: Option<Duration>,
}

/// A reply of one line or more; the code and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) lines: Vec<String>,
}

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Straight(Vec<u8>),
    /// It ended in a bare LF or holds a bare CR, which no client may send (RFC 5321, 2.3.8).
    Crooked(Vec<u8>),
    /// Longer than the limit; what was over is gone.
    TooLong,
}

/// What came after `DATA`, with its dots unstuffed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Whole(Vec<u8>),
    /// Read to its end, but not to be taken.
    Bad(Reply),
}

impl Reply {
    pub(crate) fn new(code: u16, text: impl Into<String>) -> Self {
        let lines = vec![text.into()];
        Self { code, lines }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        let stream = BufReader::new(stream);
        Self { stream, pace: None }
    }

    /// `None` when the client has closed its side, also in the middle of a line.
    pub(crate) async fn line(&mut self, limit: usize) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let mut length = 0;
        loop {
            let chunk = self.stream.fill_buf().await?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let taken = end.map_or(chunk.len(), |end| end + 1);
            length += taken;
            if length <= limit {
                line.extend_from_slice(&chunk[..taken]);
            }
            self.stream.consume(taken);
            if end.is_some() {
                break;
            }
        }
        Ok(Some(if length > limit { Line::TooLong } else { Line::ended(line) }))
    }

    /// Reads up to the line with the dot, whatever comes. `None` when the client has closed its side before.
    pub(crate) async fn body(&mut self) -> io::Result<Option<Body>> {
        let mut body = Vec::new();
        let mut bad = None;
        loop {
            match self.line(MAX_TEXT_LINE + 1).await? {
                None => return Ok(None),
                Some(Line::Straight(line)) if line == b"." => break,
                Some(Line::Straight(line)) => {
                    // The stuffed dot does not count for the length (RFC 5321, 4.5.3.1.6).
                    let line = line.strip_prefix(b".").unwrap_or(&line);
                    if line.len() + 2 > MAX_TEXT_LINE {
                        bad = bad.or_else(|| Some(too_long()));
                    }
                    body.extend_from_slice(line);
                    body.extend_from_slice(b"\r\n");
                }
                Some(Line::Crooked(_)) => {
                    bad = bad.or_else(|| Some(Reply::new(550, "bare CR or LF in the message")));
                }
                Some(Line::TooLong) => bad = bad.or_else(|| Some(too_long())),
            }
            if body.len() > MAX_MESSAGE_BYTES {
                body.clear();
                bad = bad.or_else(|| Some(too_big()));
            }
        }
        Ok(Some(bad.map_or(Body::Whole(body), Body::Bad)))
    }

    pub(crate) async fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        let Reply { code, lines } = reply;
        let mut text = String::new();
        for (index, line) in lines.iter().enumerate() {
            let separator = if index + 1 == lines.len() { ' ' } else { '-' };
            text.push_str(&format!("{code}{separator}{line}\r\n"));
        }
        dribble(&mut self.stream, text.as_bytes(), self.pace).await
    }

    /// One line without an end, until the client has enough of it.
    pub(crate) async fn flood(&mut self) -> io::Result<()> {
        flood(&mut self.stream).await
    }

    /// An answer that nobody can read, until the client has enough of it.
    pub(crate) async fn garble(&mut self) -> io::Result<()> {
        self.stream.write_all(b"\x16\x03\x01\0\x02 taken\r\n").await?;
        self.stream.flush().await?;
        self.ignore().await
    }

    /// Answers nothing, and returns when the client has closed its side.
    pub(crate) async fn ignore(&mut self) -> io::Result<()> {
        let mut bytes = [0; 1024];
        while self.stream.read(&mut bytes).await? > 0 {}
        Ok(())
    }

    pub(crate) async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// The stream, to encrypt it; `None` when the client has sent more already, which could be somebody's injection
    /// (RFC 3207, 6, and CVE-2011-0411).
    pub(crate) fn into_stream(self) -> Option<S> {
        self.stream.buffer().is_empty().then(|| self.stream.into_inner())
    }
}

impl Line {
    fn ended(mut line: Vec<u8>) -> Self {
        line.pop();
        let straight = line.pop_if(|byte| *byte == b'\r').is_some();
        if straight && !line.contains(&b'\r') { Self::Straight(line) } else { Self::Crooked(line) }
    }
}

/// Writes all at once, or a byte at a time.
pub(crate) async fn dribble(
    to: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    pace: Option<Duration>,
) -> io::Result<()> {
    let Some(pause) = pace else {
        to.write_all(bytes).await?;
        return to.flush().await;
    };
    for byte in bytes {
        to.write_all(&[*byte]).await?;
        to.flush().await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// Writes letters until nobody reads them any more, or far too many were read; then it falls silent.
pub(crate) async fn flood(to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    for _ in 0..FLOOD_MAX / FLOOD_PART.len() {
        to.write_all(FLOOD_PART).await?;
    }
    to.flush().await?;
    std::future::pending().await
}

pub(crate) fn too_big() -> Reply {
    Reply::new(552, "message exceeds the size limit")
}

fn too_long() -> Reply {
    Reply::new(500, "line of the message over 1000 bytes")
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use crate::support::wire::{Body, Line, MAX_MESSAGE_BYTES, Wire};

    async fn body(sent: &str) -> Option<Body> {
        let (mut client, server) = tokio::io::duplex(1024 * 1024);
        client.write_all(sent.as_bytes()).await.unwrap();
        drop(client);
        Wire::new(server).body().await.unwrap()
    }

    async fn refused(sent: &str) -> u16 {
        match body(sent).await {
            Some(Body::Bad(reply)) => reply.code,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn takes_dots_away_and_ends_at_the_dot_alone() {
        let whole = body("a\r\n..\r\n...b\r\n\r\n.\r\nQUIT\r\n").await;
        assert_eq!(whole, Some(Body::Whole(b"a\r\n.\r\n..b\r\n\r\n".to_vec())));
        assert_eq!(body("a\r\n.").await, None);
    }

    #[tokio::test]
    async fn refuses_what_real_servers_refuse() {
        assert_eq!(refused("a\n.\nb\r\n.\r\n").await, 550);
        assert_eq!(refused("a\rb\r\n.\r\n").await, 550);
        assert_eq!(refused(&format!("{}\r\n.\r\n", "x".repeat(999))).await, 500);
        assert_eq!(refused(&format!("{}\r\n.\r\n", "x".repeat(9999))).await, 500);
        let line = format!("{}\r\n", "x".repeat(998));
        assert!(matches!(body(&format!("{line}.{line}.\r\n")).await, Some(Body::Whole(_))));
        assert_eq!(refused(&format!("{}.\r\n", line.repeat(MAX_MESSAGE_BYTES / 1000 + 1))).await, 552);
    }

    #[tokio::test]
    async fn a_line_over_the_limit_is_skipped_whole() {
        let mut wire = Wire::new(std::io::Cursor::new(b"123456\r\nNOOP\n".to_vec()));
        assert_eq!(wire.line(7).await.unwrap(), Some(Line::TooLong));
        assert_eq!(wire.line(7).await.unwrap(), Some(Line::Crooked(b"NOOP".to_vec())));
        assert_eq!(wire.line(7).await.unwrap(), None);
    }
}
