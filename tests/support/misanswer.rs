//! What is no answer of an HTTP server, byte by byte.

use std::io;
use std::time::Duration;

use axum::response::Response;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::behaviour::Misanswer;
use crate::support::wire::{dribble, flood};

/// The pause between the lines of a head without an end.
const HEADER_PAUSE: Duration = Duration::from_millis(50);

/// Before the head of an answer that never comes to its end.
const BEGINNING: &str = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n";

/// How a connection ends that a server of HTTP would go on with.
pub(crate) enum Ending {
    /// It is closed.
    Cut,
    /// The answer comes a byte at a time.
    Dribble(Vec<u8>, Duration),
    /// This comes in place of the answer.
    Misanswer(Misanswer, Vec<u8>),
}

impl Ending {
    /// Returns when all is said, or the client has enough of it.
    pub(crate) async fn come(self, mut stream: TcpStream) -> io::Result<()> {
        match self {
            Self::Cut => Ok(()),
            Self::Dribble(answer, pause) => dribble(&mut stream, &answer, Some(pause)).await,
            Self::Misanswer(Misanswer::EndlessHead, _) => {
                stream.write_all(BEGINNING.as_bytes()).await?;
                loop {
                    stream.write_all(b"x-more: and more\r\n").await?;
                    tokio::time::sleep(HEADER_PAUSE).await;
                }
            }
            Self::Misanswer(Misanswer::EndlessBody, _) => {
                let head = format!("{BEGINNING}content-length: {}\r\n\r\n{{\"sid\":\"SM", u32::MAX);
                stream.write_all(head.as_bytes()).await?;
                flood(&mut stream).await
            }
            Self::Misanswer(Misanswer::Garbage, _) => {
                stream.write_all(b"\x16\x03\x01\0\x02 201 Created {\"sid\":\"SM1\"}\r\n\r\n").await?;
                stays_open(stream).await
            }
            Self::Misanswer(Misanswer::HalfBody, answer) => {
                let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(0, |end| end + 4);
                let half = head + (answer.len() - head) / 2;
                stream.write_all(&answer[..half]).await
            }
            Self::Misanswer(Misanswer::SaysFailed, answer) => {
                stream.write_all(&changed(&answer, "\"queued\"", "\"failed\"")).await
            }
            Self::Misanswer(Misanswer::WithoutId, answer) => {
                stream.write_all(&changed(&answer, "\"sid\"", "\"was\"")).await
            }
        }
    }
}

/// A good answer as it goes over the wire.
pub(crate) async fn bytes_of(answer: Response) -> Vec<u8> {
    let status = answer.status();
    let body = answer.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), &body].concat()
}

/// The answer with other words of the same length.
fn changed(answer: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(answer).replacen(from, to, 1).into_bytes()
}

async fn stays_open(mut stream: TcpStream) -> io::Result<()> {
    let mut bytes = [0; 1_024];
    while stream.read(&mut bytes).await? > 0 {}
    Ok(())
}
