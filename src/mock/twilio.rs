//! An SMS gateway that accepts everything: the needed part of Twilio's Messages API.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinHandle;

use crate::mock::inbox::Inbox;
use crate::mock::message::{Content, Sms};

/// A running gateway; stops when dropped.
pub struct MockTwilio {
    address: SocketAddr,
    task: JoinHandle<()>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MessageForm {
    to: String,
    from: String,
    body: String,
    validity_period: Option<u64>,
}

impl MockTwilio {
    /// Starts listening, on a free port if the address ends in `:0`.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(address: impl ToSocketAddrs, inbox: Inbox) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let routes = Router::new().route("/2010-04-01/Accounts/{account}/Messages.json", post(take)).with_state(inbox);
        let task = tokio::spawn(async move {
            // It never ends by itself.
            let _ended = axum::serve(listener, routes).await;
        });
        Ok(Self { address, task })
    }

    /// For `base_url` in `[channel.sms]`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for MockTwilio {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(inbox): State<Inbox>, Form(form): Form<MessageForm>) -> (StatusCode, Json<Value>) {
    let MessageForm { to, from, body, validity_period } = form;
    let mut answer = json!({ "to": to, "status": "queued", "error_code": null });
    inbox.keep(|number| {
        let sid = format!("SM{number:032x}");
        answer["sid"] = sid.as_str().into();
        let validity_period = validity_period.map(Duration::from_secs);
        Content::Sms(Sms { sid, to, from, body, validity_period, status_callback: None })
    });
    (StatusCode::CREATED, Json(answer))
}
