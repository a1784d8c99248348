//! One SMTP conversation, from the greeting to the end of the connection.

use std::io;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::support::behaviour::{Fate, MailRefusal, Manner, Stage};
use crate::support::command::{Command, Mechanism, decode, plain_credentials};
use crate::support::inbox::{Attempt, Channel, Outcome};
use crate::support::shared::Shared;
use crate::support::wire::{Body, Line, MAX_MESSAGE_BYTES, Reply, Wire, too_big};
use wardbell::mock::Content;
use wardbell::mock::Mail;

/// The longest command line: a line of AUTH may have so much (RFC 4954, 4); others need 512.
const MAX_COMMAND_LINE: usize = 12_288;

/// What every server must take (RFC 5321, 4.5.3.1.8); a page has one.
const MAX_RECIPIENTS: usize = 100;

/// How long a client may be silent (RFC 5321, 4.5.3.2.7 asks for at least this).
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// The state of one connection, until it is encrypted or ends.
pub(crate) struct Session<'s, S> {
    wire: Wire<S>,
    shared: &'s Shared,
    encryption: Encryption,
    phase: Phase,
    envelope: Option<Envelope>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    Absent,
    /// STARTTLS is announced, and no mail is taken before it.
    Required,
    On,
}

pub(crate) enum End<S> {
    Closed,
    /// The client was told to go ahead with its handshake.
    StartTls(S),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Greeted,
    LoggedIn,
}

#[derive(Debug)]
struct Envelope {
    from: String,
    recipients: Vec<String>,
    /// The first that is not `Accept`, of those which come after the message.
    fate: Fate<MailRefusal>,
}

enum Flow {
    Continue,
    Close,
    StartTls,
}

impl<'s, S: AsyncRead + AsyncWrite + Unpin> Session<'s, S> {
    pub(crate) fn new(stream: S, shared: &'s Shared, encryption: Encryption) -> Self {
        Self { wire: Wire::new(stream), shared, encryption, phase: Phase::New, envelope: None }
    }

    /// The first words of a connection, not said again after STARTTLS; whether it goes on after them.
    pub(crate) async fn greet(&mut self) -> io::Result<bool> {
        self.wire.pace = self.shared.behaviours().mail_pace();
        let flow = match self.befallen(Stage::Greeting).await? {
            Some(flow) => flow,
            None => self.say(220, "wardbell-tests ESMTP").await?,
        };
        Ok(matches!(flow, Flow::Continue))
    }

    pub(crate) async fn run(mut self) -> io::Result<End<S>> {
        while let Some(line) = self.line().await? {
            let flow = match line {
                Line::TooLong => self.say(500, "line too long").await?,
                // People who try it by hand send bare line feeds, and in commands these do no harm.
                Line::Straight(line) | Line::Crooked(line) => match Command::parse(&line) {
                    Ok(command) => self.obey(command).await?,
                    Err(reply) => self.reply(reply).await?,
                },
            };
            match flow {
                Flow::Continue => {}
                Flow::Close => break,
                Flow::StartTls => {
                    return Ok(self.wire.into_stream().map_or(End::Closed, End::StartTls));
                }
            }
        }
        Ok(End::Closed)
    }

    async fn obey(&mut self, command: Command) -> io::Result<Flow> {
        match command {
            Command::Ehlo => self.ehlo().await,
            Command::Helo => {
                self.start_over();
                self.say(250, "wardbell-tests").await
            }
            Command::Mail { from, size } => self.mail(from, size).await,
            Command::Recipient { to } => self.recipient(to).await,
            Command::Data => self.data().await,
            Command::Reset => {
                self.envelope = None;
                self.say(250, "forgotten").await
            }
            Command::Noop => self.say(250, "here").await,
            Command::Verify => self.say(252, "cannot say, but will take mail").await,
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial).await,
            Command::StartTls => self.start_tls().await,
            Command::Quit => {
                self.say(221, "goodbye").await?;
                self.wire.close().await?;
                Ok(Flow::Close)
            }
        }
    }

    async fn ehlo(&mut self) -> io::Result<Flow> {
        if let Some(flow) = self.befallen(Stage::Hello).await? {
            return Ok(flow);
        }
        self.start_over();
        let mut lines = vec![
            "wardbell-tests".to_owned(),
            "PIPELINING".to_owned(),
            "8BITMIME".to_owned(),
            format!("SIZE {MAX_MESSAGE_BYTES}"),
        ];
        if self.encryption == Encryption::Required {
            lines.push("STARTTLS".to_owned());
        } else if self.shared.mail_login().is_some() {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        self.reply(Reply { code: 250, lines }).await
    }

    async fn mail(&mut self, from: String, size: Option<usize>) -> io::Result<Flow> {
        if self.phase == Phase::New {
            return self.say(503, "say EHLO first").await;
        }
        if self.encryption == Encryption::Required {
            return self.say(530, "must issue a STARTTLS command first").await;
        }
        if self.shared.mail_login().is_some() && self.phase != Phase::LoggedIn {
            return self.say(530, "authentication required").await;
        }
        if self.envelope.is_some() {
            return self.say(503, "one message at a time").await;
        }
        if size.is_some_and(|size| size > MAX_MESSAGE_BYTES) {
            return self.reply(too_big()).await;
        }
        self.wire.pace = self.shared.behaviours().mail_pace();
        if let Some(flow) = self.befallen(Stage::Mail).await? {
            return Ok(flow);
        }
        self.envelope = Some(Envelope { from, recipients: Vec::new(), fate: Fate::Accept });
        self.say(250, "sender taken").await
    }

    async fn recipient(&mut self, to: String) -> io::Result<Flow> {
        let Some(envelope) = &mut self.envelope else {
            return self.say(503, "say MAIL first").await;
        };
        if envelope.recipients.len() == MAX_RECIPIENTS {
            return self.say(452, "too many recipients").await;
        }
        match self.shared.behaviours().for_mail(&to) {
            Fate::Refuse(refusal) if refusal.at <= Stage::Recipient => {
                self.record(Some(to), Outcome::Refused(refusal.code.into()), self.shared.now());
                return self.refuse(refusal).await;
            }
            Fate::Falter(at, manner) if at <= Stage::Recipient => {
                self.record(Some(to), manner.outcome(), self.shared.now());
                return self.falter(manner).await;
            }
            Fate::Dribble(pause) => self.wire.pace = Some(pause),
            fate if envelope.fate == Fate::Accept => envelope.fate = fate,
            _ => {}
        }
        envelope.recipients.push(to);
        self.say(250, "recipient taken").await
    }

    async fn data(&mut self) -> io::Result<Flow> {
        let envelope = match self.envelope.take() {
            None => return self.say(503, "say MAIL first").await,
            Some(envelope) if envelope.recipients.is_empty() => {
                self.envelope = Some(envelope);
                return self.say(554, "no valid recipients").await;
            }
            Some(envelope) => envelope,
        };
        match envelope.fate {
            Fate::Refuse(refusal) if refusal.at == Stage::GoAhead => {
                self.record_all(envelope.recipients, &Outcome::Refused(refusal.code.into()), self.shared.now());
                return self.refuse(refusal).await;
            }
            Fate::Falter(Stage::GoAhead, manner) => {
                self.record_all(envelope.recipients, &manner.outcome(), self.shared.now());
                return self.falter(manner).await;
            }
            _ => {}
        }
        self.say(354, "end with a dot alone on a line").await?;
        let body = tokio::time::timeout(IDLE_TIMEOUT, self.wire.body()).await;
        match body.unwrap_or(Ok(None))? {
            None => Ok(Flow::Close),
            Some(Body::Whole(raw)) => self.deliver(envelope, &raw).await,
            Some(Body::Bad(reply)) => {
                let refused = Outcome::Refused(reply.code.into());
                self.record_all(envelope.recipients, &refused, self.shared.now());
                self.reply(reply).await
            }
        }
    }

    async fn deliver(&mut self, envelope: Envelope, raw: &[u8]) -> io::Result<Flow> {
        let now = self.shared.now();
        let Envelope { from, recipients, fate } = envelope;
        match fate {
            Fate::Refuse(refusal) => {
                self.record_all(recipients, &Outcome::Refused(refusal.code.into()), now);
                self.refuse(refusal).await
            }
            Fate::Hang => {
                self.record_all(recipients, &Outcome::LeftHanging, now);
                self.wire.ignore().await?;
                Ok(Flow::Close)
            }
            Fate::Drop => {
                self.record_all(recipients, &Outcome::Dropped, now);
                Ok(Flow::Close)
            }
            Fate::AcceptThenDrop => {
                self.keep(Mail::new(from, recipients, raw), &Outcome::AcceptedThenDropped, now);
                Ok(Flow::Close)
            }
            Fate::Falter(_, manner) => {
                self.record_all(recipients, &manner.outcome(), now);
                self.falter(manner).await
            }
            Fate::Accept | Fate::Slow(_) | Fate::Dribble(_) | Fate::Misanswer(_) => {
                let number = self.keep(Mail::new(from, recipients, raw), &Outcome::Accepted, now);
                if let Fate::Slow(delay) = fate {
                    tokio::time::sleep(delay).await;
                }
                self.say(250, format!("kept as {number}")).await
            }
        }
    }

    /// What befalls all mail at a moment before a recipient is known.
    async fn befallen(&mut self, stage: Stage) -> io::Result<Option<Flow>> {
        let Some(fate) = self.shared.behaviours().before_recipients(stage) else { return Ok(None) };
        let now = self.shared.now();
        let flow = match fate {
            Fate::Refuse(refusal) => {
                self.record(None, Outcome::Refused(refusal.code.into()), now);
                self.refuse(refusal).await?
            }
            Fate::Falter(_, manner) => {
                self.record(None, manner.outcome(), now);
                self.falter(manner).await?
            }
            _ => return Ok(None),
        };
        Ok(Some(flow))
    }

    async fn falter(&mut self, manner: Manner) -> io::Result<Flow> {
        match manner {
            Manner::Stall => self.wire.ignore().await?,
            Manner::Cut => {}
            Manner::Flood => self.wire.flood().await?,
            Manner::Garbage => self.wire.garble().await?,
        }
        Ok(Flow::Close)
    }

    async fn auth(&mut self, mechanism: Mechanism, initial: Option<String>) -> io::Result<Flow> {
        if self.shared.mail_login().is_none() || self.encryption == Encryption::Required {
            return self.say(502, "not offered").await;
        }
        if self.phase != Phase::Greeted || self.envelope.is_some() {
            return self.say(503, "not now").await;
        }
        let Some((name, secret)) = self.credentials(mechanism, initial).await? else {
            return self.say(501, "malformed, or given up").await;
        };
        let login = self.shared.mail_login();
        let admitted = login.is_some_and(|login| login.admits(&name, &secret));
        if !admitted {
            return self.say(535, "authentication failed").await;
        }
        self.phase = Phase::LoggedIn;
        self.say(235, "welcome").await
    }

    /// The name and the secret; `None` when the client gave up or what it sent makes no sense.
    async fn credentials(
        &mut self,
        mechanism: Mechanism,
        initial: Option<String>,
    ) -> io::Result<Option<(String, String)>> {
        let first = match (initial, mechanism) {
            (Some(initial), _) => decode(&initial),
            (None, Mechanism::Plain) => self.challenge("").await?,
            (None, Mechanism::Login) => self.challenge("Username:").await?,
        };
        let Some(first) = first else { return Ok(None) };
        match mechanism {
            Mechanism::Plain => Ok(plain_credentials(&first)),
            Mechanism::Login => Ok(self.challenge("Password:").await?.map(|secret| (first, secret))),
        }
    }

    async fn challenge(&mut self, text: &str) -> io::Result<Option<String>> {
        self.say(334, BASE64.encode(text)).await?;
        Ok(match self.line().await? {
            Some(Line::Straight(line) | Line::Crooked(line)) => str::from_utf8(&line).ok().and_then(decode),
            Some(Line::TooLong) | None => None,
        })
    }

    async fn start_tls(&mut self) -> io::Result<Flow> {
        if self.encryption != Encryption::Required {
            return self.say(502, "not offered").await;
        }
        self.say(220, "go ahead").await?;
        Ok(Flow::StartTls)
    }

    fn start_over(&mut self) {
        self.envelope = None;
        if self.phase == Phase::New {
            self.phase = Phase::Greeted;
        }
    }

    async fn line(&mut self) -> io::Result<Option<Line>> {
        let line = tokio::time::timeout(IDLE_TIMEOUT, self.wire.line(MAX_COMMAND_LINE)).await;
        line.unwrap_or(Ok(None))
    }

    async fn say(&mut self, code: u16, text: impl Into<String>) -> io::Result<Flow> {
        self.reply(Reply::new(code, text)).await
    }

    async fn refuse(&mut self, refusal: MailRefusal) -> io::Result<Flow> {
        self.reply(Reply::new(refusal.code, refusal.text)).await
    }

    async fn reply(&mut self, reply: Reply) -> io::Result<Flow> {
        self.wire.reply(&reply).await?;
        if reply.code == 421 {
            self.wire.close().await?;
            return Ok(Flow::Close);
        }
        Ok(Flow::Continue)
    }

    fn keep(&self, mail: Mail, outcome: &Outcome, now: SystemTime) -> u64 {
        self.shared.inbox().keep(now, Content::Mail(mail), outcome)
    }

    fn record_all(&self, recipients: Vec<String>, outcome: &Outcome, now: SystemTime) {
        for recipient in recipients {
            self.record(Some(recipient), outcome.clone(), now);
        }
    }

    fn record(&self, recipient: Option<String>, outcome: Outcome, at: SystemTime) {
        self.shared.inbox().record(Attempt { at, channel: Channel::Mail, recipient, outcome });
    }
}
