//! The real web with a small engine behind it, that takes every incident, knows one link, and keeps nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use chrono::{DateTime, Utc};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tower::ServiceExt;
use wardbell::config::settings::{OperatorSettings, SourceSettings, Strictness};
use wardbell::daemon::reload::Reloader;
use wardbell::domain::card::Senders;
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::incident::Status;
use wardbell::domain::id::IncidentId;
use wardbell::domain::incident::Incoming;
use wardbell::domain::link::{Entropy, LinkToken};
use wardbell::domain::permission::Permission;
use wardbell::domain::playbook::Playbook;
use wardbell::engine::handle::{Handle, Shared};
use wardbell::engine::protocol::command::Command;
use wardbell::engine::protocol::control::Control;
use wardbell::engine::protocol::health::Health;
use wardbell::engine::protocol::query::Query;
use wardbell::engine::protocol::reader::Reader;
use wardbell::engine::protocol::refused::Refused;
use wardbell::engine::protocol::request::Request as Asked;
use wardbell::journal::record::Record;
use wardbell::store::query::{AccessFilter, Filter, History, Listing, Receipt};
use wardbell::web::app_state::App;
use wardbell::web::router::router;

use super::hospital::{good, load};

/// What a source may show.
const SOURCE: &str = "source-token";

/// What an operator may show.
const OPERATOR: &str = "operator-token";

/// No answer is larger: of 16 MiB, each byte a line of its own, there are fewer here.
const ANSWER_MAX: usize = 256 << 20;

thread_local! {
    static WEB: RefCell<Option<Rc<Web>>> = const { RefCell::new(None) };
}

/// The web of this thread.
pub struct Web {
    runtime: Runtime,
    router: Router,
    opened: Arc<Mutex<Vec<Incoming>>>,
}

/// What was answered.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Web {
    /// Started when first asked for.
    pub fn get() -> Rc<Self> {
        WEB.with(|web| Rc::clone(web.borrow_mut().get_or_insert_with(|| Rc::new(Self::start()))))
    }

    /// The link that is known.
    pub fn token() -> LinkToken {
        Entropy([7; 32]).token(1)
    }

    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let opened = Arc::default();
        let router = runtime.block_on(async { router(app(&opened)) });
        Self { runtime, router, opened }
    }

    /// Hands in a body, and returns the incidents that the engine got of it too.
    pub fn hand_in(&self, kind: &str, body: &[u8]) -> (Reply, Vec<Incoming>) {
        let request = Request::post("/api/v1/incidents").header("authorization", format!("Bearer {SOURCE}"));
        let request = request.header("content-type", kind).body(body.to_vec().into()).expect("a request");
        let reply = self.ask(request);
        (reply, std::mem::take(&mut self.opened.lock().expect("the engine")))
    }

    /// Looks at an address; `None` where it cannot stand in a request at all.
    pub fn look(&self, path: &str) -> Option<Reply> {
        let request = Request::get(path).header("authorization", format!("Bearer {OPERATOR}"));
        Some(self.ask(request.body(Body::empty()).ok()?))
    }

    fn ask(&self, request: Request<Body>) -> Reply {
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), ANSWER_MAX).await.expect("the whole answer");
            Reply { status, body: body.to_vec() }
        })
    }
}

fn app(opened: &Arc<Mutex<Vec<Incoming>>>) -> App {
    let plan = Arc::new(load(&good()).into_plan().expect("good files"));
    let (requests, mut incoming) = mpsc::channel(64);
    let known = Web::token().hash();
    let kept = Arc::clone(opened);
    tokio::spawn(async move {
        while let Some(asked) = incoming.recv().await {
            answer(asked, known, &kept);
        }
    });
    let now = || "2026-01-05T08:05:00Z".parse().expect("an instant");
    let handle = Handle::new(requests, Arc::new(Shared::new(plan)));
    let reloader = Reloader::new("no-such-folder/wardbell.toml", handle.clone(), now);
    let operator = OperatorSettings {
        name: "desk".parse().expect("a name"),
        token: OPERATOR.to_owned().into(),
        may: vec![Permission::Read],
    };
    App {
        handle,
        reader: Arc::new(Nothing),
        reloader: Arc::new(reloader),
        sources: vec![SourceSettings {
            name: "desk".parse().expect("a name"),
            token: SOURCE.to_owned().into(),
            form_token: None,
            strictness: Strictness::Lenient,
        }],
        operators: vec![operator],
        public_url: "https://pages.mercy.example".into(),
        calendar_key: None,
        senders: Senders { number: None, email: None },
        now,
        up: || std::time::Duration::from_secs(1),
        random: || [7; 32],
    }
}

fn answer(asked: Asked, known: Digest, opened: &Mutex<Vec<Incoming>>) {
    match asked {
        Asked::Command(command) => carry_out(command, opened),
        // A link that is known answers otherwise than one that nobody was given.
        Asked::Query(Query::Link { query, reply }) => {
            let is_known = query.link == known;
            drop(reply.send(Err(if is_known { Refused::ExpiredLink } else { Refused::UnknownLink })));
        }
        Asked::Control(control) => attend(control),
    }
}

fn carry_out(command: Command, opened: &Mutex<Vec<Incoming>>) {
    match command {
        Command::Open { incoming, reply, .. } => {
            let mut opened = opened.lock().expect("the engine");
            let receipt = Receipt {
                id: IncidentId::from_random(opened.len() as u64),
                status: Status::Open,
                playbook: "unclassified".to_owned(),
                duplicate_of_open: false,
                received_at: "2026-01-05T08:05:00Z".parse().expect("an instant"),
            };
            opened.push(*incoming);
            drop(reply.send(Ok(receipt)));
        }
        Command::Session { reply, .. } => drop(reply.send(Err(Refused::NoSession))),
        Command::Press { reply, .. } => drop(reply.send(Err(Refused::UnknownLink))),
        Command::Act { incident, reply, .. } => drop(reply.send(Err(Refused::UnknownIncident(incident)))),
        Command::Purge { incident, reply, .. } => drop(reply.send(Err(Refused::UnknownIncident(incident)))),
    }
}

fn attend(control: Control) {
    match control {
        Control::Ping { reply } | Control::Stop { reply } => drop(reply.send(Ok(()))),
        Control::Replan { reply, .. } | Control::Record { reply, .. } => drop(reply.send(Ok(()))),
        Control::Prune { reply, .. } => drop(reply.send(Ok(0))),
        Control::TestChannels { reply } => drop(reply.send(Err(Refused::NothingToTest))),
        Control::ConfigurationFixed | Control::EndSession { .. } | Control::SendAccessMail(_) => {}
        Control::Health { reply } => drop(reply.send(Ok(Health { reaches_anybody: true, ..Health::default() }))),
        Control::Heard { reply, .. } => reply.into_iter().for_each(|reply| drop(reply.send(Ok(())))),
    }
}

/// A store without an incident.
struct Nothing;

impl Reader for Nothing {
    fn access(&self, _: &AccessFilter) -> Result<(Vec<Record>, bool), Refused> {
        Ok((Vec::new(), false))
    }

    fn list(&self, _: &Filter) -> Result<Listing, Refused> {
        Ok(Listing { incidents: Vec::new(), next: None })
    }

    fn history(&self, _: IncidentId) -> Result<Option<History>, Refused> {
        Ok(None)
    }

    fn playbook(&self, _: &Digest) -> Result<Option<Arc<Playbook>>, Refused> {
        Ok(None)
    }

    fn reached(&self, contacts: &[Digest]) -> Result<Vec<Option<DateTime<Utc>>>, Refused> {
        Ok(vec![None; contacts.len()])
    }
}
