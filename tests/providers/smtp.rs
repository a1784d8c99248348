//! `provider::smtp` and its mock.

use std::time::{Duration, SystemTime};

use wardbell::config::settings::{Login, SmtpSettings, Tls};
use wardbell::provider::smtp::Smtp;

use crate::subject::{Fault, Mock, Subject, TIMEOUT};
use crate::support::{Behaviour, Manner, Message, Shared, SmtpServer, Stage};

const PASSWORD: &str = "mail-s3cret";

pub const SUBJECT: Subject = Subject {
    name: "smtp",
    to: "m.rivera@mercy.example",
    start: || Box::pin(start()),
    fault,
    texts,
    secrets: &[PASSWORD],
};

async fn start() -> Mock {
    let shared = Shared::new(SystemTime::now).with_mail_login("ward", PASSWORD);
    let server = SmtpServer::start("127.0.0.1:0", shared.clone()).await.unwrap();
    let settings = SmtpSettings {
        host: server.local_addr().ip().to_string(),
        port: server.local_addr().port(),
        tls: Tls::None,
        from: "Wardbell <pages@mercy.example>".to_owned(),
        login: Some(Login { username: "ward".to_owned(), password: PASSWORD.to_owned().into() }),
        timeout: TIMEOUT,
    };
    let provider = Box::new(Smtp::new(&settings, "https://pages.mercy.example").unwrap());
    Mock { provider, shared, server: Box::new(server) }
}

fn fault(fault: Fault) -> Behaviour {
    match fault {
        Fault::RefusesForNow => Behaviour::reject_mail(Stage::Recipient, 451, "try again"),
        Fault::RefusesForGood => Behaviour::reject_mail(Stage::Recipient, 550, "5.1.1 no m.rivera@mercy.example"),
        Fault::Hangs => Behaviour::Falter(Stage::Data, Manner::Stall),
        Fault::AnswersByteByByte => Behaviour::Dribble(Duration::from_millis(200)),
        Fault::AnswersNonsense => Behaviour::Falter(Stage::Data, Manner::Garbage),
        Fault::AnswersWithoutEnd => Behaviour::Falter(Stage::Data, Manner::Flood),
        Fault::BreaksOff => Behaviour::Drop,
        Fault::BreaksOffAfterTaking => Behaviour::AcceptThenDrop,
    }
}

fn texts(message: &Message) -> Vec<String> {
    vec![message.mail().unwrap().raw.clone()]
}
