//! A mail server that takes everything.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::pages::Arrivals;

/// The header that names the page.
const PAGE: &str = "X-Wardbell-Page: ";

/// What stands before a code to sign in with.
const CODE: &str = "sign-in code: ";

/// The mail server.
pub struct MailServer {
    /// Where it listens.
    pub port: u16,
    /// When pages came in.
    pub arrivals: Arrivals,
    /// The last code to sign in with.
    code: Mutex<Option<String>>,
}

impl MailServer {
    /// Listens on a free port for as long as the runtime lives.
    pub async fn start() -> Result<Arc<Self>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let server = Arc::new(Self {
            port: listener.local_addr()?.port(),
            arrivals: Arrivals::default(),
            code: Mutex::default(),
        });
        let serving = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&serving);
                // The other end closes when it likes.
                tokio::spawn(async move { drop(server.serve(stream).await) });
            }
        });
        Ok(server)
    }

    /// The last code to sign in with.
    pub fn code(&self) -> Option<String> {
        self.code.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn serve(&self, stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 bench\r\n").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let answer: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    self.letter(&mut stream).await?;
                    b"250 taken\r\n"
                }
                "QUIT" => b"221 bye\r\n",
                _ => b"250 fine\r\n",
            };
            stream.write_all(answer).await?;
        }
    }

    async fn letter(&self, stream: &mut BufReader<TcpStream>) -> Result<()> {
        let (mut line, mut page) = (String::new(), None);
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
                break;
            }
            if let Some(code) = line.split(CODE).nth(1).and_then(|rest| rest.get(..6)) {
                *self.code.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.to_owned());
            }
            page = line.strip_prefix(PAGE).and_then(|id| id.as_bytes().first_chunk().copied()).or(page);
        }
        page.into_iter().for_each(|reference| self.arrivals.note(reference, Instant::now()));
        Ok(())
    }
}
