//! A gateway for texts that takes everything after a set time.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{find, whole_length};
use crate::pages::Arrivals;

const ANSWER: &str = r#"{"sid":"SM00000000000000000000000000000000","status":"sent"}"#;

/// The gateway.
pub struct Gateway {
    /// Where it listens.
    pub port: u16,
    /// When pages came in.
    pub arrivals: Arrivals,
    answer_after_ms: AtomicU64,
    /// Of each number, how many messages it got, and the link in the last one.
    recipients: Mutex<HashMap<String, (u32, String)>>,
}

impl Gateway {
    /// Listens on a free port for as long as the runtime lives.
    pub async fn start() -> Result<Arc<Self>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let gateway = Arc::new(Self {
            port: listener.local_addr()?.port(),
            arrivals: Arrivals::default(),
            answer_after_ms: AtomicU64::new(0),
            recipients: Mutex::default(),
        });
        let serving = Arc::clone(&gateway);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let gateway = Arc::clone(&serving);
                // The other end closes when it likes.
                tokio::spawn(async move { drop(gateway.serve(stream).await) });
            }
        });
        Ok(gateway)
    }

    /// From now on it answers after that time.
    pub fn answer_after(&self, time: Duration) {
        self.answer_after_ms.store(time.as_millis() as u64, Ordering::Relaxed);
    }

    /// How many messages each number has had since it was asked last.
    pub fn take_counts(&self) -> Vec<u32> {
        let recipients = std::mem::take(&mut *self.recipients());
        recipients.into_values().map(|(count, _)| count).collect()
    }

    /// The path of the link in the last message to a number.
    pub fn link_to(&self, number: &str) -> Option<String> {
        self.recipients().get(number).map(|(_, link)| link.clone())
    }

    fn recipients(&self) -> MutexGuard<'_, HashMap<String, (u32, String)>> {
        self.recipients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, request: &[u8]) {
        let text = String::from_utf8_lossy(request);
        let form = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let field = |name: &str| form.split('&').find_map(|field| field.strip_prefix(name)).unwrap_or_default();
        let link = field("Body=").rsplit_once("%2Fa%2F").map_or("", |(_, token)| token);
        let mut recipients = self.recipients();
        let (count, path) = recipients.entry(field("To=").replace("%2B", "+")).or_default();
        *count += 1;
        *path = format!("/a/{link}");
    }

    async fn serve(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let head =
            format!("HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}", ANSWER.len());
        let answer = format!("{head}\r\n\r\n{ANSWER}");
        let mut request = Vec::with_capacity(4_096);
        loop {
            request.clear();
            while request.len() < whole_length(&request).unwrap_or(usize::MAX) {
                if stream.read_buf(&mut request).await? == 0 {
                    return Ok(());
                }
            }
            if let Some(reference) = reference(&request) {
                self.arrivals.note(reference, Instant::now());
            }
            self.note(&request);
            let pause = self.answer_after_ms.load(Ordering::Relaxed);
            if pause > 0 {
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            stream.write_all(answer.as_bytes()).await?;
        }
    }
}

/// The incident's reference in a text: its first word of eight characters of Crockford's base 32.
fn reference(request: &[u8]) -> Option<[u8; 8]> {
    const TEXT: &[u8] = b"Body=";
    let is_of_base = |byte: &u8| byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(byte));
    let text = &request[find(request, TEXT)? + TEXT.len()..];
    let mut words = text.split(|byte| !byte.is_ascii_alphanumeric());
    // A word may still have two digits of an escaped sign in front.
    words.find_map(|word| word.last_chunk().filter(|last: &&[u8; 8]| last.iter().all(is_of_base)).copied())
}
