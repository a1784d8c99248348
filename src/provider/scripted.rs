//! Servers for tests that answer by a script, one function of the connection's number and what was asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a server does when it is asked something.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Says a line, or several.
    Say(&'static str),
    /// Says it after a while.
    Late(Duration, &'static str),
    /// Says it and closes the connection.
    Leave(&'static str),
    /// Says nothing anymore.
    Hang,
}

/// From the connection's number, counted from 1, and the first word of the line, to the answer.
pub type Script = fn(usize, &str) -> Reply;

/// A mail server that agrees to everything.
pub fn agree(_: usize, verb: &str) -> Reply {
    Reply::Say(match verb {
        "" => "220 mail.example",
        "EHLO" => "250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME",
        "DATA" => "354 go on",
        "." => "250 2.0.0 Ok: queued as 4XyZ12",
        "QUIT" => return Reply::Leave("221 bye"),
        _ => "250 ok",
    })
}

/// A server, and all lines that it was told.
pub struct Server {
    pub address: SocketAddr,
    told: Told,
    frozen: Arc<AtomicUsize>,
}

type Told = Arc<Mutex<Vec<(usize, String)>>>;

impl Server {
    /// A mail server; with an acceptor, TLS begins with the first byte or after `STARTTLS`.
    pub async fn smtp(script: Script, tls: Option<(TlsAcceptor, bool)>) -> Self {
        let (listener, server) = Self::listen().await;
        let (told, frozen) = (server.told.clone(), server.frozen.clone());
        tokio::spawn(async move {
            for number in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                let talk = Talk { number, script, told: told.clone(), frozen: frozen.clone() };
                tokio::spawn(talk.serve(stream, tls.clone()));
            }
        });
        server
    }

    /// A gateway that gives the same answer to all, the status line and headers as written here.
    pub async fn http(head: &'static str, body: String) -> Self {
        let (listener, server) = Self::listen().await;
        let told = server.told.clone();
        tokio::spawn(async move {
            for number in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (told, body) = (told.clone(), body.clone());
                tokio::spawn(async move { answer(stream, number, head, &body, &told).await });
            }
        });
        server
    }

    async fn listen() -> (TcpListener, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, Self { address, told: Arc::default(), frozen: Arc::default() })
    }

    /// All lines that it was told on the connection of that number.
    pub fn told(&self, number: usize) -> Vec<String> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|(at, _)| *at == number).map(|(_, line)| line.clone()).collect()
    }

    /// Answers nothing anymore on the connection of that number.
    pub fn freeze(&self, number: usize) {
        self.frozen.store(number, Ordering::SeqCst);
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.told.lock().unwrap().iter().map(|(number, _)| *number).max().unwrap_or(0)
    }
}

struct Talk {
    number: usize,
    script: Script,
    told: Told,
    frozen: Arc<AtomicUsize>,
}

impl Talk {
    async fn serve(self, stream: TcpStream, tls: Option<(TlsAcceptor, bool)>) -> Option<()> {
        let Some((acceptor, implicit)) = tls else {
            return self.talk(stream, false).await.map(drop);
        };
        if implicit {
            self.talk(acceptor.accept(stream).await.ok()?, false).await.map(drop)
        } else {
            let stream = self.talk(stream, false).await?;
            self.talk(acceptor.accept(stream).await.ok()?, true).await.map(drop)
        }
    }

    /// Until the connection ends, or until TLS is to begin.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, greeted: bool) -> Option<S> {
        let mut stream = BufReader::new(stream);
        let mut in_letter = false;
        if !greeted {
            say(&mut stream, (self.script)(self.number, "")).await?;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            self.told.lock().unwrap().push((self.number, line.to_owned()));
            if in_letter && line != "." {
                continue;
            }
            let verb = line.split([' ', ':']).next()?;
            let frozen = self.frozen.load(Ordering::SeqCst) == self.number;
            let reply = if frozen { Reply::Hang } else { (self.script)(self.number, verb) };
            in_letter = verb == "DATA" && matches!(reply, Reply::Say(said) if said.starts_with('3'));
            say(&mut stream, reply).await?;
            if verb == "STARTTLS" {
                return Some(stream.into_inner());
            }
        }
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, reply: Reply) -> Option<()> {
    let (pause, said, stays) = match reply {
        Reply::Say(said) => (Duration::ZERO, said, true),
        Reply::Late(pause, said) => (pause, said, true),
        Reply::Leave(said) => (Duration::ZERO, said, false),
        Reply::Hang => return std::future::pending().await,
    };
    // A sleep of no length would last until the timer's next millisecond.
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    let line = if said.is_empty() { String::new() } else { format!("{said}\r\n") };
    stream.write_all(line.as_bytes()).await.ok()?;
    stays.then_some(())
}

async fn answer(stream: TcpStream, number: usize, head: &str, body: &str, told: &Mutex<Vec<(usize, String)>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            told.lock().unwrap().push((number, line.trim_end().to_owned()));
        }
        let mut form = vec![0; length];
        stream.read_exact(&mut form).await.unwrap();
        told.lock().unwrap().push((number, String::from_utf8(form).unwrap()));
        if head.is_empty() {
            return std::future::pending().await;
        }
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
