//! The mail server.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, ToSocketAddrs};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::support::server::Server;
use crate::support::session::{Encryption, End, Session};
use crate::support::shared::Shared;

/// A handshake is a few kilobytes; who takes longer is stuck.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A running mail server. When it is dropped, its port and all its connections close soon; see [`SmtpServer::stop`].
pub struct SmtpServer {
    server: Server,
}

/// How connections are encrypted.
#[derive(Clone)]
pub enum Tls {
    None,
    /// In the clear until `STARTTLS`; before it neither mail nor a login is taken.
    Upgrade(TlsAcceptor),
    /// From the first byte on.
    Implicit(TlsAcceptor),
}

impl SmtpServer {
    /// Listens in the clear, on a free port when the address ends in `:0`. Errs when the address cannot be had.
    pub async fn start(addr: impl ToSocketAddrs, shared: Shared) -> io::Result<Self> {
        Self::start_with_tls(addr, shared, Tls::None).await
    }

    pub async fn start_with_tls(addr: impl ToSocketAddrs, shared: Shared, tls: Tls) -> io::Result<Self> {
        let server = Server::start(addr, move |stream| {
            let (shared, tls) = (shared.clone(), tls.clone());
            async move {
                // The client is gone or does not speak TLS: there is nobody to tell.
                let _ = converse(stream, &shared, tls).await;
            }
        })
        .await?;
        Ok(Self { server })
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The most connections that were ever open at once.
    pub fn most_connections(&self) -> usize {
        self.server.most_connections()
    }

    /// Returns when the port is free for another server and every connection closed, in the middle of whatever it did.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

async fn converse(stream: TcpStream, shared: &Shared, tls: Tls) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        Tls::None => {
            let mut session = Session::new(stream, shared, Encryption::Absent);
            if session.greet().await? {
                session.run().await?;
            }
        }
        Tls::Upgrade(acceptor) => {
            let mut session = Session::new(stream, shared, Encryption::Required);
            if session.greet().await?
                && let End::StartTls(stream) = session.run().await?
            {
                let stream = handshake(&acceptor, stream).await?;
                Session::new(stream, shared, Encryption::On).run().await?;
            }
        }
        Tls::Implicit(acceptor) => {
            let stream = handshake(&acceptor, stream).await?;
            let mut session = Session::new(stream, shared, Encryption::On);
            if session.greet().await? {
                session.run().await?;
            }
        }
    }
    Ok(())
}

async fn handshake(acceptor: &TlsAcceptor, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await?
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use lettre::message::MultiPart;
    use lettre::transport::smtp::Error;
    use lettre::transport::smtp::authentication::{Credentials, Mechanism};
    use lettre::transport::smtp::client::{Certificate, Tls as ClientTls, TlsParameters};
    use lettre::transport::smtp::response::Response;
    use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

    use crate::support::{Behaviour, Outcome, Shared, SmtpServer, Stage, Target, Tls};

    type Client = AsyncSmtpTransport<Tokio1Executor>;

    const TO: &str = "m.rivera@mercy.example";

    async fn start() -> (SmtpServer, Shared) {
        let shared = Shared::new(SystemTime::now);
        let server = SmtpServer::start("127.0.0.1:0", shared.clone()).await.unwrap();
        (server, shared)
    }

    fn client(addr: SocketAddr) -> Client {
        Client::builder_dangerous("127.0.0.1").port(addr.port()).build()
    }

    async fn send(client: &Client, to: &str, body: &str) -> Result<Response, Error> {
        let message = Message::builder()
            .from("Wardbell <pages@mercy.example>".parse().unwrap())
            .to(to.parse().unwrap())
            .subject("Página: Privacy")
            .message_id(Some("<page-1@mercy.example>".into()))
            .multipart(MultiPart::alternative_plain_html(body.to_owned(), format!("<p>{body}</p>")))
            .unwrap();
        client.send(message).await
    }

    fn code(result: Result<Response, Error>) -> u16 {
        result.unwrap_err().status().unwrap().into()
    }

    #[tokio::test]
    async fn keeps_mail_of_one_connection_and_of_many() {
        let (server, shared) = start().await;
        let client = client(server.local_addr());
        let body = "Café\n.\n..two dots\nhttp://127.0.0.1:8080/base/a/abc234xyz.\nend";
        send(&client, TO, body).await.unwrap();
        let others = (0..8).map(|index| format!("p{index}@mercy.example"));
        let sent: Vec<_> = others.map(|to| (client.clone(), to)).collect();
        let mut tasks = tokio::task::JoinSet::new();
        for (client, to) in sent {
            tasks.spawn(async move { send(&client, &to, "x").await.unwrap() });
        }
        tasks.join_all().await;

        let messages = shared.inbox().messages();
        assert_eq!(messages.iter().map(|message| message.number).collect::<Vec<_>>(), Vec::from_iter(1..=9));
        let mail = messages[0].mail().unwrap();
        assert_eq!((mail.from.as_str(), mail.to.as_slice()), ("pages@mercy.example", &[TO.to_owned()][..]));
        assert_eq!(mail.subject, "Página: Privacy");
        assert_eq!(mail.header("message-id"), Some("<page-1@mercy.example>"));
        assert_eq!(mail.text.as_deref().map(str::trim_end), Some(body));
        assert!(mail.html.as_deref().unwrap().starts_with("<p>Café\n.\n"));
        assert_eq!(messages[0].links(), ["http://127.0.0.1:8080/base/a/abc234xyz"]);
        assert_eq!(shared.inbox().messages_to("M.RIVERA@mercy.example").len(), 1);
    }

    #[tokio::test]
    async fn takes_logins_and_nothing_without() {
        let shared = Shared::new(SystemTime::now).with_mail_login("ward", "s3cret");
        let server = SmtpServer::start("127.0.0.1:0", shared.clone()).await.unwrap();
        let addr = server.local_addr();
        for mechanism in [Mechanism::Plain, Mechanism::Login] {
            let client = |secret: &str| {
                Client::builder_dangerous("127.0.0.1")
                    .port(addr.port())
                    .credentials(Credentials::new("ward".into(), secret.into()))
                    .authentication(vec![mechanism])
                    .build::<Tokio1Executor>()
            };
            send(&client("s3cret"), TO, "x").await.unwrap();
            assert_eq!(code(send(&client("wrong"), TO, "x").await), 535);
        }
        assert_eq!(code(send(&client(addr), TO, "x").await), 530);
        assert_eq!(shared.inbox().messages().len(), 2);
    }

    #[tokio::test]
    async fn refuses_where_it_is_told() {
        let (server, shared) = start().await;
        let client = client(server.local_addr());
        let refusals = [(Stage::Mail, 421), (Stage::Recipient, 450), (Stage::Data, 554)];
        for (at, expected) in refusals {
            let refusal = Behaviour::reject_mail(at, expected, "not today");
            shared.behave(Target::Mail, Behaviour::fail_times(1, refusal.clone()));
            assert_eq!(code(send(&client, TO, "x").await), expected, "{at:?}, all");
            send(&client, TO, "x").await.unwrap();
            shared.behave(TO, refusal);
            assert_eq!(code(send(&client, TO, "x").await), expected, "{at:?}, one");
            send(&client, "j.chen@mercy.example", "x").await.unwrap();
            shared.behave_well();
        }
        let refused = |outcome: &Outcome| matches!(outcome, Outcome::Refused(_));
        let attempts = shared.inbox().attempts();
        assert_eq!(attempts.iter().filter(|attempt| refused(&attempt.outcome)).count(), 6);
        assert_eq!((attempts[0].recipient.as_deref(), attempts[2].recipient.as_deref()), (None, Some(TO)));
        assert_eq!(shared.inbox().messages().len(), 6);
    }

    #[tokio::test]
    async fn hangs_drops_and_is_slow() {
        let (server, shared) = start().await;
        shared.behave(TO, Behaviour::Hang);
        // Its own client: lettre puts a connection that was given up back into its pool, and would wait on it again.
        let given_up = client(server.local_addr());
        let hanging = tokio::time::timeout(Duration::from_millis(100), send(&given_up, TO, "x"));
        assert!(hanging.await.is_err());
        assert_eq!(shared.inbox().attempts()[0].outcome, Outcome::LeftHanging);
        let client = client(server.local_addr());
        shared.behave(TO, Behaviour::Drop);
        assert!(send(&client, TO, "x").await.unwrap_err().status().is_none());
        assert!(shared.inbox().messages().is_empty());
        shared.behave(TO, Behaviour::fail_times(1, Behaviour::AcceptThenDrop));
        assert!(send(&client, TO, "x").await.unwrap_err().status().is_none());
        shared.behave("other@mercy.example", Behaviour::Slow(Duration::from_millis(20)));
        send(&client, TO, "x").await.unwrap();
        send(&client, "other@mercy.example", "x").await.unwrap();
        let mails = shared.inbox().messages_to(TO);
        let ids: Vec<_> = mails.iter().map(|message| message.mail().unwrap().header("Message-ID")).collect();
        assert_eq!(ids, [Some("<page-1@mercy.example>"); 2]);
    }

    #[tokio::test]
    async fn encrypts_both_ways() {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let trusted = TlsParameters::builder("localhost".into())
            .add_root_certificate(Certificate::from_der(certified.cert.der().to_vec()).unwrap())
            .build()
            .unwrap();
        let shared = Shared::new(SystemTime::now).with_mail_login("ward", "s3cret");
        let modes = [
            (Tls::Upgrade(acceptor.clone()), ClientTls::Required(trusted.clone())),
            (Tls::Implicit(acceptor), ClientTls::Wrapper(trusted)),
        ];
        for (server, client_tls) in modes {
            let server = SmtpServer::start_with_tls("127.0.0.1:0", shared.clone(), server).await.unwrap();
            let port = server.local_addr().port();
            let login = Credentials::new("ward".into(), "s3cret".into());
            let builder = Client::builder_dangerous("localhost").port(port).credentials(login);
            let client: Client = builder.tls(client_tls).build();
            send(&client, TO, "x").await.unwrap();
            send(&client, TO, "y").await.unwrap();
        }
        assert_eq!(shared.inbox().messages().len(), 4);
    }

    #[tokio::test]
    async fn comes_back_on_its_port_and_talks_to_people() {
        let (server, shared) = start().await;
        let addr = server.local_addr();
        let mut open = tokio::net::TcpStream::connect(addr).await.unwrap();
        server.stop().await;
        let mut rest = Vec::new();
        let _ = open.read_to_end(&mut rest).await;
        let _server = SmtpServer::start(addr, shared.clone()).await.unwrap();

        let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
        let script = concat!(
            "MAIL FROM:<a@x.example>\r\nHELO me\r\nRCPT TO:<b@x.example>\r\nDATA\r\nMAIL FROM:<>\r\nDATA\r\n",
            "RSET\r\nMAIL FROM:<> SIZE=99999999\r\nVRFY b\r\nSTARTTLS\r\nAUTH PLAIN =\r\nNOOP\r\n",
            "MAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\nRCPT TO:<c@x.example>\r\nDATA\r\nSubject: hi\r\n\r\nyou\r\n.\r\n",
            "MAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nbare\nline feed\r\n.\r\nQUIT\r\n",
        );
        stream.write_all(script.as_bytes()).await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        let codes: Vec<&str> = answers.lines().map(|line| &line[..3]).collect();
        let expected = "220 503 250 503 503 250 554 250 552 252 502 502 250 250 250 250 354 250 250 250 354 550 221";
        assert_eq!(codes.join(" "), expected);
        let messages = shared.inbox().messages();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].recipients(), ["b@x.example", "c@x.example"]);
        assert_eq!(shared.inbox().attempts().len(), 3);
    }
}
