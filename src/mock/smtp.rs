//! A mail server that accepts everything (RFC 5321), without encryption or logins.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::task::{JoinHandle, JoinSet};

use crate::mock::inbox::Inbox;
use crate::mock::mail::Mail;
use crate::mock::message::Content;

/// The most that is read in one conversation: a page is a few kilobytes.
const CONVERSATION_MAX_BYTES: u64 = 16 << 20;

/// A running mail server; stops when dropped.
pub struct MockSmtp {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl MockSmtp {
    /// Starts listening, on a free port if the address ends in `:0`.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(address: impl ToSocketAddrs, inbox: Inbox) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            let mut conversations = JoinSet::new();
            // An error is of one client alone, which has gone away again.
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    while conversations.try_join_next().is_some() {}
                    conversations.spawn(converse(stream, inbox.clone()));
                }
            }
        });
        Ok(Self { address, task })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for MockSmtp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Until the client leaves or breaks off.
async fn converse(stream: TcpStream, inbox: Inbox) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read.take(CONVERSATION_MAX_BYTES));
    let (mut from, mut to) = (String::new(), Vec::new());
    write.write_all(b"220 wardbell demo\r\n").await?;
    let mut line = String::new();
    while read.read_line(&mut line).await? > 0 {
        let command = line.to_ascii_uppercase();
        let answer = match command.split([' ', ':', '\r', '\n']).next().unwrap_or_default() {
            "EHLO" => "250-wardbell demo\r\n250 8BITMIME\r\n".to_owned(),
            "MAIL" => {
                (from, to) = (address_in(&line), Vec::new());
                "250 sender taken\r\n".to_owned()
            }
            "RCPT" => {
                to.push(address_in(&line));
                "250 recipient taken\r\n".to_owned()
            }
            "DATA" => {
                write.write_all(b"354 end with a dot alone on a line\r\n").await?;
                let Some(content) = content(&mut read).await? else { return Ok(()) };
                let mail = Mail::new(std::mem::take(&mut from), std::mem::take(&mut to), &content);
                inbox.keep(|_| Content::Mail(mail));
                "250 taken\r\n".to_owned()
            }
            "HELO" | "RSET" | "NOOP" => "250 fine\r\n".to_owned(),
            "QUIT" => return write.write_all(b"221 goodbye\r\n").await,
            _ => "502 not known here\r\n".to_owned(),
        };
        write.write_all(answer.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

/// What follows `DATA`, with its dots unstuffed; `None` if the client breaks off.
async fn content(read: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    let mut line = Vec::new();
    while read.read_until(b'\n', &mut line).await? > 0 {
        if line == b".\r\n" {
            return Ok(Some(content));
        }
        content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        line.clear();
    }
    Ok(None)
}

fn address_in(command: &str) -> String {
    let address = command.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    address.map(|(address, _)| address).unwrap_or_default().to_owned()
}
