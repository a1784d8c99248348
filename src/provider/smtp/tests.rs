//! Mail against servers that behave, and against those that do not.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;
use crate::config::settings::Login;
use crate::provider::sample;
use crate::provider::scripted::{Reply, Script, Server, agree};

const TO: &str = "m.rivera@mercy.example";
const URL: &str = "https://pages.mercy.example";
const TIMEOUT: Duration = Duration::from_millis(600);

fn settings(server: &Server) -> SmtpSettings {
    SmtpSettings {
        host: server.address.ip().to_string(),
        port: server.address.port(),
        tls: Tls::None,
        from: "Wardbell <pages@mercy.example>".to_owned(),
        login: None,
        timeout: TIMEOUT,
    }
}

async fn meet(script: Script) -> (Server, Smtp) {
    let server = Server::smtp(script, None).await;
    let mailer = Smtp::new(&settings(&server), URL).unwrap();
    (server, mailer)
}

/// Sends one page to a server of that script.
async fn check(script: Script) -> Outcome {
    let (_server, mailer) = meet(script).await;
    mailer.send(TO, Outgoing::Pages(&sample::message())).await
}

fn accepted() -> Outcome {
    Outcome::Accepted { provider_id: Some("4XyZ12".to_owned()) }
}

#[test]
fn a_mail_is_threaded_marked_and_complete() {
    let (from, to) = ("Wardbell <pages@mercy.example>".parse().unwrap(), TO.parse().unwrap());
    let mut page = sample::message();
    let mail = String::from_utf8(page_mail(&from, &to, "pages.mercy.example", &page).unwrap().formatted()).unwrap();
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    insta::assert_snapshot!(head.replace("\r\n", "\n"), @r#"
    From: Wardbell <pages@mercy.example>
    To: m.rivera@mercy.example
    Subject: [MERCY] Privacy 7Q2K9MXD
    Date: Thu, 24 Dec 2026 08:05:00 +0000
    Message-ID: <7Q2K9MXD-3@pages.mercy.example>
    Auto-Submitted: auto-generated
    X-Auto-Response-Suppress: OOF, DR, RN, NRN, AutoReply
    Importance: high
    X-Priority: 1
    X-Wardbell-Page: 7Q2K9MXD-3
    In-Reply-To: <7Q2K9MXD-1@pages.mercy.example>
    References: <7Q2K9MXD-1@pages.mercy.example>
    MIME-Version: 1.0
    Content-Type: multipart/alternative; boundary="=_wardbell-7Q2K9MXD-3"
    "#);
    assert_eq!(body.matches("Content-Transfer-Encoding: 7bit").count(), 2, "{body}");
    assert!(body.contains(&format!("\r\n{}\r\n", page.lead.link.reveal())), "the link is alone on its line");
    page.lead.page.number = 1;
    let first = String::from_utf8(page_mail(&from, &to, "h", &page).unwrap().formatted()).unwrap();
    assert!(first.contains("Message-ID: <7Q2K9MXD-1@h>\r\n"));
    assert!(!first.contains("References") && !first.contains("In-Reply-To"));
}

#[tokio::test]
async fn letters_share_a_connection_without_asking_whether_it_lives() {
    let (server, mailer) = meet(agree).await;
    for _ in 0..3 {
        assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, accepted());
    }
    assert_eq!(server.connections(), 1);
    let told = server.told(1);
    let verbs = ["EHLO ", "MAIL ", "RCPT ", "DATA", "NOOP", "RSET", "QUIT"];
    let asked: Vec<_> = told.iter().filter(|line| verbs.iter().any(|verb| line.starts_with(verb))).collect();
    let letter = ["MAIL FROM:<pages@mercy.example>", "RCPT TO:<m.rivera@mercy.example>", "DATA"];
    assert_eq!(asked, [&["EHLO pages.mercy.example"][..], &letter, &letter, &letter].concat());
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_no_attempt() {
    fn leaves(number: usize, verb: &str) -> Reply {
        match (number, verb) {
            (1, ".") => Reply::Leave("250 ok: queued as 4XyZ12"),
            _ => agree(number, verb),
        }
    }
    fn leaves_later(number: usize, verb: &str) -> Reply {
        match (number, verb) {
            (1, ".") => Reply::Leave("250 ok: queued as 4XyZ12\r\n421 too long idle"),
            _ => agree(number, verb),
        }
    }
    for script in [leaves as Script, leaves_later] {
        let (server, mailer) = meet(script).await;
        for _ in 0..3 {
            assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, accepted());
        }
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn a_connection_that_a_firewall_forgot_costs_no_attempt() {
    let (server, mailer) = meet(agree).await;
    assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, accepted());
    server.freeze(1);
    assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, accepted());
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_the_next_letters() {
    fn slow(number: usize, verb: &str) -> Reply {
        match (number, verb) {
            (1, ".") => Reply::Late(TIMEOUT + Duration::from_millis(50), "250 late"),
            (2, "RCPT") => Reply::Say("550 5.1.1 no such user"),
            _ => agree(number, verb),
        }
    }
    let (server, mailer) = meet(slow).await;
    assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, Outcome::retry("timeout"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        mailer.send(TO, Outgoing::Pages(&sample::message())).await,
        Outcome::permanent("smtp-550", Blame::Roster)
    );
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn each_answer_of_the_server_means_one_thing() {
    macro_rules! at {
        ($verb:literal, $reply:expr) => {{
            fn script(number: usize, verb: &str) -> Reply {
                if verb == $verb { $reply } else { agree(number, verb) }
            }
            check(script).await
        }};
    }
    let retry = Outcome::retry;
    assert_eq!(at!("MAIL", Reply::Say("450 try later")), retry("smtp-450"));
    assert_eq!(at!("RCPT", Reply::Say("451 4.7.1 greylisted")), retry("smtp-451"));
    assert_eq!(at!(".", Reply::Say("452 disk full")), retry("smtp-452"));
    assert_eq!(at!("RCPT", Reply::Say("550 5.1.1 no such user")), Outcome::permanent("smtp-550", Blame::Roster));
    assert_eq!(
        at!("RCPT", Reply::Say("550-5.7.1 not\r\n550 5.7.1 ours")),
        Outcome::permanent("smtp-550", Blame::Account)
    );
    assert_eq!(at!("MAIL", Reply::Say("553 who")), Outcome::permanent("smtp-553", Blame::Account));
    assert_eq!(at!(".", Reply::Say("554 spam")), Outcome::permanent("smtp-554", Blame::Account));
    assert_eq!(at!("MAIL", Reply::Say("530 login first")), retry("smtp-530"));
    assert_eq!(at!("", Reply::Say("554 no service")), retry("smtp-554"));
    assert_eq!(at!("", Reply::Leave("421 busy")), retry("smtp-421"));
    assert_eq!(at!("EHLO", Reply::Say("502 what")), retry("smtp-502"));
    assert_eq!(at!("", Reply::Say("SSH-2.0-OpenSSH")), retry("smtp-unreadable"));
    assert_eq!(at!("", Reply::Leave("")), retry("connection-lost"));
    assert_eq!(at!("RCPT", Reply::Leave("")), retry("connection-lost"));
    assert_eq!(at!(".", Reply::Leave("")), retry("connection-lost"));
    assert_eq!(at!("DATA", Reply::Say("250 ok")), retry("smtp-out-of-step"));
    assert_eq!(at!(".", Reply::Say("354 more")), retry("smtp-out-of-step"));
    assert_eq!(at!("", Reply::Hang), retry("timeout"));
    assert_eq!(at!("DATA", Reply::Hang), retry("timeout"));
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_named() {
    let server = Server::smtp(agree, None).await;
    let send = async |settings: &SmtpSettings, to: &str| {
        Smtp::new(settings, URL).unwrap().send(to, Outgoing::Pages(&sample::message())).await
    };
    let good = settings(&server);
    assert_eq!(send(&good, "nobody").await, Outcome::permanent("bad-address", Blame::Roster));
    assert_eq!(send(&good, "andré@mercy.example").await, Outcome::permanent("smtp-without-utf8", Blame::Roster));
    let starttls = SmtpSettings { tls: Tls::StartTls, ..good.clone() };
    assert_eq!(send(&starttls, TO).await, Outcome::retry("smtp-without-starttls"));
    let implicit = SmtpSettings { tls: Tls::Implicit, ..good.clone() };
    assert_eq!(send(&implicit, TO).await, Outcome::retry("tls-failed"));
    let nobody = SmtpSettings { port: 1, ..good.clone() };
    assert_eq!(send(&nobody, TO).await, Outcome::retry("connection-refused"));
    let unknown = SmtpSettings { host: "mail.invalid".to_owned(), ..good.clone() };
    assert_eq!(send(&unknown, TO).await, Outcome::retry("connection-failed"));
    assert!(matches!(Smtp::new(&good, "pages"), Err(ProviderError::Setting { setting: "`public_url`", .. })));
    let sender = SmtpSettings { from: "Wardbell".to_owned(), ..good };
    assert!(matches!(
        Smtp::new(&sender, URL),
        Err(ProviderError::Setting { setting: "`from` of `channel.email`", .. })
    ));
}

#[tokio::test]
async fn a_refused_login_is_tried_again() {
    fn refuses(number: usize, verb: &str) -> Reply {
        if verb == "AUTH" { Reply::Say("535 5.7.8 no") } else { agree(number, verb) }
    }
    fn has_none(number: usize, verb: &str) -> Reply {
        if verb == "EHLO" { Reply::Say("250 mail.example") } else { agree(number, verb) }
    }
    for (script, wanted) in [
        (agree as Script, accepted()),
        (refuses, Outcome::retry("smtp-535")),
        (has_none, Outcome::retry("smtp-without-login")),
    ] {
        let server = Server::smtp(script, None).await;
        let login = Some(Login { username: "pager".to_owned(), password: "secret".to_owned().into() });
        let mailer = Smtp::new(&SmtpSettings { login, ..settings(&server) }, URL).unwrap();
        assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, wanted);
    }
}

#[tokio::test]
async fn letters_go_over_tls_when_the_settings_say_so() {
    fn offers(number: usize, verb: &str) -> Reply {
        match verb {
            "EHLO" => Reply::Say("250-mail.example\r\n250 STARTTLS"),
            _ => agree(number, verb),
        }
    }
    let (acceptor, parameters) = tls();
    for implicit in [true, false] {
        let server = Server::smtp(offers, Some((acceptor.clone(), implicit))).await;
        let security = if implicit { Security::Implicit } else { Security::StartTls };
        let mailer = Smtp::with_security(&settings(&server), URL, security(parameters.clone())).unwrap();
        assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, accepted());
        assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, accepted());
        assert_eq!(server.connections(), 1);
        let ways = if implicit { Tls::Implicit } else { Tls::StartTls };
        let strict = Smtp::new(&SmtpSettings { tls: ways, ..settings(&server) }, URL).unwrap();
        assert_eq!(
            strict.send(TO, Outgoing::Pages(&sample::message())).await,
            Outcome::retry("tls-failed"),
            "the certificate is unknown"
        );
    }
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_its_end() {
    fn endless(number: usize, verb: &str) -> Reply {
        match verb {
            "EHLO" => Reply::Say("250-mail.example\r\n250 STARTTLS"),
            "RCPT" => Reply::Say("x".repeat(400_000).leak()),
            _ => agree(number, verb),
        }
    }
    let (acceptor, parameters) = tls();
    let ways = [Security::None, Security::Implicit(parameters.clone()), Security::StartTls(parameters)];
    for security in ways {
        let tls = match &security {
            Security::None => None,
            Security::Implicit(_) => Some((acceptor.clone(), true)),
            Security::StartTls(_) => Some((acceptor.clone(), false)),
        };
        let server = Server::smtp(endless, tls).await;
        let mailer = Smtp::with_security(&settings(&server), URL, security).unwrap();
        // Had it been read to its end, it would be unreadable.
        assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, Outcome::retry("answer-too-long"));
    }
}

fn tls() -> (TlsAcceptor, TlsParameters) {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certified.cert.der().clone()], key);
    let trusted = Certificate::from_der(certified.cert.der().to_vec()).unwrap();
    let parameters = TlsParameters::builder("127.0.0.1".to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(trusted)
        .build()
        .unwrap();
    (TlsAcceptor::from(Arc::new(config.unwrap())), parameters)
}

#[tokio::test]
async fn many_letters_at_once_take_few_connections_and_lose_nothing() {
    let (server, mailer) = meet(agree).await;
    let mailer = Arc::new(mailer);
    let sent: Vec<_> = (0..100)
        .map(|_| {
            let mailer = mailer.clone();
            tokio::spawn(async move { mailer.send(TO, Outgoing::Pages(&sample::message())).await })
        })
        .collect();
    for outcome in sent {
        assert_eq!(outcome.await.unwrap(), accepted());
    }
    assert!(server.connections() <= 16, "{}", server.connections());
}

/// Delayed acknowledgements are 40 ms on Linux, each.
#[tokio::test]
async fn a_letter_does_not_wait_for_a_delayed_acknowledgement() {
    let (_server, mailer) = meet(agree).await;
    let letters = async {
        for _ in 0..20 {
            assert_eq!(mailer.send(TO, Outgoing::Pages(&sample::message())).await, accepted());
        }
    };
    tokio::time::timeout(Duration::from_millis(20 * 20), letters).await.expect("20 ms a letter");
}
