//! The SMS gateway: an HTTP server that speaks enough of Twilio's Messages API to take a text message.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::sync::mpsc;

use crate::support::behaviour::{Fate, Misanswer};
use crate::support::inbox::{Attempt, Channel, Outcome};
use crate::support::misanswer::{Ending, bytes_of};
use crate::support::server::Server;
use crate::support::shared::Shared;
use crate::support::twilio;
use wardbell::mock::{Content, Sms};

/// The largest form: a body of 1,600 characters, encoded, and some addresses.
const MAX_FORM_BYTES: usize = 32 * 1024;

/// A running gateway. When it is dropped, its port and all its connections close soon; see [`SmsGateway::stop`].
pub struct SmsGateway {
    server: Server,
}

/// What a request needs: the servers' inbox and behaviours, and the means to end its own connection.
#[derive(Clone)]
struct Connection {
    shared: Shared,
    ending: mpsc::UnboundedSender<Ending>,
}

impl SmsGateway {
    /// Listens on a free port when the address ends in `:0`. Errs when the address cannot be had.
    pub async fn start(addr: impl ToSocketAddrs, shared: Shared) -> io::Result<Self> {
        let server = Server::start(addr, move |stream| serve(stream, shared.clone())).await?;
        Ok(Self { server })
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// For `base_url` in `[channel.sms]`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.local_addr())
    }

    /// Returns when the port is free for another server and every connection closed, in the middle of whatever it did.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// hyper and not `axum::serve`, which gives no way to end a connection without an answer.
async fn serve(stream: TcpStream, shared: Shared) {
    let (ending, mut ends) = mpsc::unbounded_channel();
    let connection = Connection { shared, ending };
    let routes = Router::new()
        .route("/2010-04-01/Accounts/{account}/Messages.json", post(create_message))
        .fallback(twilio::no_such_resource)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(connection);
    let mut http = http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let ending = tokio::select! {
        // An error means that the client is gone or does not speak HTTP: there is nobody to tell.
        _ = &mut http => None,
        ending = ends.recv() => ending,
    };
    if let Some(ending) = ending {
        // The client has enough of it.
        let _gone = ending.come(http.into_parts().io.into_inner()).await;
    }
}

async fn create_message(
    State(connection): State<Connection>,
    Path(account): Path<String>,
    headers: HeaderMap,
    form: Result<Form<twilio::MessageForm>, FormRejection>,
) -> Response {
    let shared = &connection.shared;
    let now = shared.now();
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return rejection.into_response(),
    };
    let recipient = form.to.clone();
    let record = |outcome: Outcome| {
        shared.inbox().record(Attempt { at: now, channel: Channel::Sms, recipient, outcome });
    };
    let admitted = twilio::authenticate(shared.sms_account(), &account, &headers);
    let sms = match admitted.and_then(|()| form.into_sms(shared.inbox().next_sid())) {
        Ok(sms) => sms,
        Err(refusal) => {
            record(Outcome::Refused(refusal.code));
            return twilio::refused(refusal);
        }
    };
    let keep = |sms: Sms, outcome: &Outcome| shared.inbox().keep(now, Content::Sms(sms), outcome);
    match shared.behaviours().for_sms(&sms.to) {
        Fate::Refuse(refusal) => {
            record(Outcome::Refused(refusal.code));
            twilio::refused(refusal)
        }
        Fate::Hang => {
            record(Outcome::LeftHanging);
            never().await
        }
        Fate::Drop => {
            record(Outcome::Dropped);
            connection.ends(Ending::Cut).await
        }
        Fate::AcceptThenDrop => {
            keep(sms, &Outcome::AcceptedThenDropped);
            connection.ends(Ending::Cut).await
        }
        Fate::Misanswer(misanswer) => {
            let answer = bytes_of(twilio::queued(&account, &sms, now)).await;
            match misanswer {
                Misanswer::HalfBody => drop(keep(sms, &Outcome::AcceptedThenDropped)),
                _ => record(Outcome::Misanswered),
            }
            connection.ends(Ending::Misanswer(misanswer, answer)).await
        }
        Fate::Dribble(pause) => {
            let answer = bytes_of(twilio::queued(&account, &sms, now)).await;
            keep(sms, &Outcome::Accepted);
            connection.ends(Ending::Dribble(answer, pause)).await
        }
        fate @ (Fate::Accept | Fate::Slow(_) | Fate::Falter(..)) => {
            let answer = twilio::queued(&account, &sms, now);
            keep(sms, &Outcome::Accepted);
            if let Fate::Slow(delay) = fate {
                tokio::time::sleep(delay).await;
            }
            answer
        }
    }
}

impl Connection {
    /// What is left of the connection is not HTTP any more.
    async fn ends(&self, ending: Ending) -> Response {
        // Whoever waits for it ends with the connection.
        let _ended = self.ending.send(ending);
        never().await
    }
}

async fn never() -> Response {
    let never: Infallible = pending().await;
    match never {}
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use reqwest::RequestBuilder;
    use serde_json::Value;
    use wardbell::provider::http_client::client_builder;

    use crate::support::{Attempt, Behaviour, Outcome, Shared, SmsGateway, Target};

    const SECOND: Duration = Duration::from_secs(1);
    const TO: &str = "+13125550101";

    async fn start() -> (SmsGateway, Shared) {
        let shared = Shared::new(SystemTime::now);
        let gateway = SmsGateway::start("127.0.0.1:0", shared.clone()).await.unwrap();
        (gateway, shared)
    }

    fn send(gateway: &SmsGateway, body: &str) -> RequestBuilder {
        send_as(gateway, "token", body)
    }

    fn send_as(gateway: &SmsGateway, token: &str, body: &str) -> RequestBuilder {
        let url = format!("{}/2010-04-01/Accounts/AC1/Messages.json", gateway.base_url());
        let form = [("To", TO), ("From", "+13125550100"), ("Body", body), ("ValidityPeriod", "300")];
        client_builder().build().unwrap().post(url).basic_auth("AC1", Some(token)).form(&form)
    }

    async fn answer(request: RequestBuilder) -> (u16, Value) {
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    #[tokio::test]
    async fn keeps_what_it_accepts() {
        let (gateway, shared) = start().await;
        let (status, json) = answer(send(&gateway, "MERCY Privacy é€ http://p.example/a/abc ACK 4821")).await;
        assert_eq!((status, &json["status"]), (201, &Value::from("queued")));
        let message = shared.inbox().wait_for(|message| message.is_to(TO), SECOND).await.unwrap();
        let sms = message.sms().unwrap();
        assert_eq!(json["sid"], sms.sid.as_str());
        assert_eq!(sms.sid.len(), 34);
        assert_eq!(sms.validity_period, Some(Duration::from_secs(300)));
        assert_eq!(sms.body, "MERCY Privacy é€ http://p.example/a/abc ACK 4821");
        assert_eq!(shared.inbox().links(), ["http://p.example/a/abc"]);
    }

    #[tokio::test]
    async fn asks_for_the_account_and_its_token() {
        let shared = Shared::new(SystemTime::now).with_sms_account("AC1", "token");
        let gateway = SmsGateway::start("127.0.0.1:0", shared.clone()).await.unwrap();
        assert_eq!(answer(send(&gateway, "x")).await.0, 201);
        let (status, json) = answer(send_as(&gateway, "wrong", "x")).await;
        assert_eq!((status, &json["code"]), (401, &Value::from(20003)));
        assert_eq!(shared.inbox().messages().len(), 1);
    }

    #[tokio::test]
    async fn answers_errors_as_often_as_asked() {
        let (gateway, shared) = start().await;
        let opted_out = Behaviour::reject_sms(400, 21610, "Attempt to send to unsubscribed recipient");
        shared.behave(TO, Behaviour::fail_times(1, opted_out));
        let (status, json) = answer(send(&gateway, "x")).await;
        assert_eq!((status, &json["code"], &json["status"]), (400, &21610.into(), &400.into()));
        assert_eq!(json["more_info"], "https://www.twilio.com/docs/errors/21610");
        assert_eq!(answer(send(&gateway, "x")).await.0, 201);
        let outcomes: Vec<Outcome> = shared.inbox().attempts().into_iter().map(|attempt| attempt.outcome).collect();
        assert_eq!(outcomes, [Outcome::Refused(21610), Outcome::Accepted]);
    }

    #[tokio::test]
    async fn hangs_for_one_and_serves_another() {
        let (gateway, shared) = start().await;
        shared.behave(TO, Behaviour::Hang);
        let hanging = send(&gateway, "x").timeout(Duration::from_millis(100)).send();
        assert!(hanging.await.unwrap_err().is_timeout());
        shared.behave_well();
        assert_eq!(answer(send(&gateway, "x")).await.0, 201);
        assert_eq!(shared.inbox().attempts()[0].outcome, Outcome::LeftHanging);
    }

    #[tokio::test]
    async fn closes_without_an_answer_and_may_have_kept_it() {
        let (gateway, shared) = start().await;
        shared.behave(Target::Sms, Behaviour::Drop);
        assert!(send(&gateway, "x").send().await.is_err());
        shared.behave(Target::Everybody, Behaviour::Hang);
        shared.behave(Target::Sms, Behaviour::AcceptThenDrop);
        assert!(send(&gateway, "twice").send().await.is_err());
        assert_eq!(shared.inbox().messages()[0].text(), "twice");
        let kept = |attempt: &Attempt| attempt.outcome == Outcome::AcceptedThenDropped;
        shared.inbox().wait_for_attempt(kept, SECOND).await.unwrap();
    }

    #[tokio::test]
    async fn stops_what_hangs_and_comes_back_on_its_port() {
        let (gateway, shared) = start().await;
        let addr = gateway.local_addr();
        shared.behave(Target::Sms, Behaviour::Hang);
        let hanging = tokio::spawn(send(&gateway, "x").send());
        let made = shared.inbox().wait_for_attempt(|_| true, SECOND).await;
        assert_eq!(made.unwrap().recipient.as_deref(), Some(TO));
        gateway.stop().await;
        assert!(hanging.await.unwrap().is_err());
        shared.behave(Target::Sms, Behaviour::Slow(Duration::from_millis(20)));
        let gateway = SmsGateway::start(addr, shared.clone()).await.unwrap();
        assert_eq!(answer(send(&gateway, "x")).await.0, 201);
    }

    #[tokio::test]
    async fn knows_no_other_resource() {
        let (gateway, _) = start().await;
        let response = wardbell::provider::http_client::client_builder()
            .build()
            .unwrap()
            .get(format!("{}/other", gateway.base_url()))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 404);
        assert_eq!(response.json::<Value>().await.unwrap()["code"], 20404);
    }
}
