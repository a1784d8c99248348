//! `provider::twilio` and its mock.

use std::time::{Duration, SystemTime};

use wardbell::config::settings::TwilioSettings;
use wardbell::provider::twilio::Twilio;

use crate::subject::{Fault, Mock, Subject, TIMEOUT};
use crate::support::{Behaviour, Message, Misanswer, Shared, SmsGateway};

const TOKEN: &str = "twilio-s3cret";

pub const SUBJECT: Subject = Subject {
    name: "twilio",
    to: "+13125550101",
    start: || Box::pin(start()),
    fault,
    texts,
    secrets: &[TOKEN, "AC777"],
};

async fn start() -> Mock {
    let shared = Shared::new(SystemTime::now).with_sms_account("AC777", TOKEN);
    let server = SmsGateway::start("127.0.0.1:0", shared.clone()).await.unwrap();
    let settings = TwilioSettings {
        base_url: server.base_url(),
        account_sid: "AC777".to_owned(),
        auth_token: TOKEN.to_owned().into(),
        from: "+13125550100".to_owned(),
        timeout: TIMEOUT,
    };
    let provider = Box::new(Twilio::new(&settings).unwrap());
    Mock { provider, shared, server: Box::new(server) }
}

fn fault(fault: Fault) -> Behaviour {
    match fault {
        Fault::RefusesForNow => Behaviour::reject_sms(503, 20503, "try again"),
        Fault::RefusesForGood => Behaviour::reject_sms(400, 21211, "invalid number +13125550101"),
        Fault::Hangs => Behaviour::Hang,
        Fault::AnswersByteByByte => Behaviour::Dribble(Duration::from_millis(200)),
        Fault::AnswersNonsense => Behaviour::Misanswer(Misanswer::Garbage),
        Fault::AnswersWithoutEnd => Behaviour::Misanswer(Misanswer::EndlessBody),
        Fault::BreaksOff => Behaviour::Drop,
        Fault::BreaksOffAfterTaking => Behaviour::Misanswer(Misanswer::HalfBody),
    }
}

fn texts(message: &Message) -> Vec<String> {
    vec![message.text().to_owned()]
}
