//! A light caller: requests that are made beforehand, one connection, few allocations.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{PUBLIC_URL, TOKEN};
use crate::load::Kind;

/// Where the number stands that makes an incident another one.
const NUMBER: &str = "000000000000";

/// Where the number of a department stands.
const DEPARTMENT: &str = "matter-0000";

/// A request, and where its number stands.
#[derive(Clone)]
pub struct Template {
    bytes: Vec<u8>,
    number_at: Option<usize>,
    /// Where the number of its department ends, and how many there are: they take turns.
    departments: Option<(usize, u64)>,
}

impl Template {
    /// One incident.
    pub fn incident(port: u16, kind: Kind) -> Self {
        let class = match kind {
            Kind::New | Kind::Repeat => "matter",
            Kind::OverAllChannels => "matter-over-all",
            Kind::OfCrowd(_) => DEPARTMENT,
        };
        let dedup_key = if kind == Kind::Repeat { r#""dedup_key":"the-same-matter","# } else { "" };
        let summary = "Somebody waited for four hours and writes about it at length, with names and times. ".repeat(4);
        let body = format!(
            concat!(
                r#"{{"class":"{class}","event_id":"event-{number}",{dedup_key}"confidence":0.83,"summary":"{summary}","#,
                r#""url":"https://social.example/posts/1234567890","author":"@somebody","network":"example","#,
                r#""facility":"main","language":"en","reach":1200,"flags":["waiting-time"],"#,
                r#""occurred_at":"2026-03-01T10:00:00Z","labels":{{"model":"triage-7","queue":"north"}}}}"#
            ),
            class = class,
            number = NUMBER,
            dedup_key = dedup_key,
            summary = summary
        );
        let head = format!(
            "POST /api/v1/incidents HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/json\r\n"
        );
        let template = Self::new(&head, &body);
        let Kind::OfCrowd(departments) = kind else { return template };
        let ends_at = find(&template.bytes, DEPARTMENT.as_bytes()).map(|at| at + DEPARTMENT.len());
        Self { departments: ends_at.map(|at| (at, departments)), ..template }
    }

    /// Somebody opens a link.
    pub fn link(port: u16, path: &str) -> Self {
        Self::new(&format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"), "")
    }

    /// Somebody with these cookies opens a page.
    pub fn page(port: u16, path: &str, cookies: &str) -> Self {
        Self::new(&format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncookie: {cookies}\r\n"), "")
    }

    /// Somebody with these cookies sends a form of ours.
    pub fn form(port: u16, path: &str, cookies: &str, fields: &str) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\norigin: {PUBLIC_URL}\r\ncookie: {cookies}\r\n\
             content-type: application/x-www-form-urlencoded\r\n"
        );
        Self::new(&head, fields)
    }

    /// A page as the daemon sends it.
    pub fn page_to_gateway(port: u16) -> Self {
        let head = format!("POST /Messages.json HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n");
        Self::new(&head, &format!("To=x&From=y&Body={}", "z".repeat(200)))
    }

    fn new(head: &str, body: &str) -> Self {
        let text = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        Self { number_at: text.find(NUMBER), bytes: text.into_bytes(), departments: None }
    }

    fn set_number(&mut self, number: u64) {
        if let Some(at) = self.number_at {
            self.write(at + NUMBER.len(), NUMBER.len(), number);
        }
        if let Some((ends_at, departments)) = self.departments {
            self.write(ends_at, 4, number % departments);
        }
    }

    fn write(&mut self, ends_at: usize, digits: usize, number: u64) {
        let mut rest = number;
        for digit in self.bytes[ends_at - digits..ends_at].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
}

/// One connection that is kept open.
pub struct Connection {
    stream: TcpStream,
    template: Template,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(port: u16, template: &Template) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, template: template.clone(), answer: Vec::with_capacity(4_096) })
    }

    /// Sends the request with that number and reads the answer; whether it was a good one.
    pub async fn ask(&mut self, number: u64) -> Result<bool> {
        self.template.set_number(number);
        self.stream.write_all(&self.template.bytes).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the connection was closed");
            }
            if self.answer.len() >= whole_length(&self.answer).unwrap_or(usize::MAX) {
                return Ok(self.answer.starts_with(b"HTTP/1.1 2"));
            }
        }
    }

    /// Asks once, whatever the answer is.
    pub async fn once(port: u16, template: &Template) -> Result<Vec<u8>> {
        let mut connection = Self::open(port, template).await?;
        connection.ask(0).await?;
        Ok(connection.answer.to_vec())
    }

    /// How long the last answer was.
    pub fn answer_bytes(&self) -> usize {
        self.answer.len()
    }

    /// The incident's reference in the last answer.
    pub fn reference(&self) -> Result<[u8; 8]> {
        const BEFORE: &[u8] = br#""id":""#;
        let at = find(&self.answer, BEFORE).context("no reference in the answer")? + BEFORE.len();
        self.answer[at..].first_chunk().copied().context("half a reference in the answer")
    }
}

/// How long a message is with its body, once its head is there.
pub fn whole_length(message: &[u8]) -> Option<usize> {
    let head = find(message, b"\r\n\r\n")? + 4;
    let mut lines = message[..head].split(|byte| *byte == b'\n');
    let length = lines.find_map(|line| {
        let (name, value) = line.split_at_checked(15)?;
        name.eq_ignore_ascii_case(b"content-length:").then(|| std::str::from_utf8(value.trim_ascii()).ok())?
    });
    Some(head + length.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0))
}

/// Where some bytes stand in others.
pub fn find(all: &[u8], wanted: &[u8]) -> Option<usize> {
    all.windows(wanted.len()).position(|window| window == wanted)
}
