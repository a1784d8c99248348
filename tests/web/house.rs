//! A house for tests: the real web and the real decider, with a small engine between them that keeps all in memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use wardbell::config::settings::{OperatorSettings, SourceSettings, Strictness};
use wardbell::daemon::reload::Reloader;
use wardbell::domain::access::Access;
use wardbell::domain::aggregate::Aggregate;
use wardbell::domain::bundling::Bundling;
use wardbell::domain::card::Senders;
use wardbell::domain::contact::{ChannelKind, Contact, Contacts};
use wardbell::domain::contact_index::ContactIndex;
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::decision::Decision;
use wardbell::domain::escalation::event::Paged;
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::escalation::input::{Answer, AnswerKind, Context, Input, Refusal};
use wardbell::domain::escalation::open::{Opening, open};
use wardbell::domain::escalation::resolution::DedupKey;
use wardbell::domain::escalation::statements::input::StatementInput;
use wardbell::domain::escalation::tasks::input::TaskInput;
use wardbell::domain::id::{IncidentId, PageId};
use wardbell::domain::instant::Now;
use wardbell::domain::link::{Entropy, hash_of};
use wardbell::domain::permission::{Group, Permission};
use wardbell::domain::person::{Member, Members};
use wardbell::domain::person_id::PersonId;
use wardbell::domain::place::Place;
use wardbell::domain::plan::Plan;
use wardbell::domain::playbook::Playbook;
use wardbell::domain::principal::Principal;
use wardbell::domain::roster::count::StretchCount;
use wardbell::domain::roster::hours::Hours;
use wardbell::domain::roster::rotation::{During, Rotation};
use wardbell::domain::roster::{Liaison, Roster};
use wardbell::domain::session::{NoSession, PersonSessions, SessionEvent, SessionInput};
use wardbell::domain::zone::Zone;
use wardbell::domain::zone::rules::Rules;
use wardbell::engine::batch::link_rights::rights;
use wardbell::engine::batch::waiting::{self, Reading};
use wardbell::engine::handle::{Handle, Shared};
use wardbell::engine::protocol::access_mail::AccessMail;
use wardbell::engine::protocol::command::{Acted, Action, Command};
use wardbell::engine::protocol::control::Control;
use wardbell::engine::protocol::health::Health;
use wardbell::engine::protocol::link::{LinkAnswer, LinkPress, LinkQuery, LinkView, Pressed, Recorded};
use wardbell::engine::protocol::query::Query;
use wardbell::engine::protocol::reader::Reader;
use wardbell::engine::protocol::refused::Refused;
use wardbell::engine::protocol::request::Request;
use wardbell::engine::protocol::sessions::SessionTable;
use wardbell::journal::record::{Entry, Fact, Record};
use wardbell::provider::http_client::client_builder;
use wardbell::store::query::{AccessFilter, Cursor, Filter, History, LinkTarget, Listing, Receipt};
use wardbell::web::app_state::App;
use wardbell::web::server::serve;

pub const SOURCE: &str = "source-token";
pub const FORM: &str = "form-5e0c1b7a2f9d4c3e8a6b";
/// Somebody who is in no roster, and may open incidents.
pub const DESK: &str = "s.ng@mercy.example";
pub const READER: &str = "reader-token";
pub const ACTOR: &str = "actor-token";
pub const OPENER: &str = "opener-token";
pub const ADMIN: &str = "admin-token";
pub const CALENDAR_KEY: &str = "6f1d-a-key-of-the-calendars-that-is-long-enough";

/// The web's monotonic clock stands still, as its wall clock does.
const UP: TimeDelta = TimeDelta::seconds(1);

/// A running web with its engine.
pub struct House {
    pub base: String,
    pub client: reqwest::Client,
    pub state: Arc<Mutex<State>>,
    pub shared: Arc<Shared>,
    pub end: Option<oneshot::Sender<()>>,
    pub served: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// What the engine knows.
pub struct State {
    pub now: DateTime<Utc>,
    pub broken: bool,
    pub plan: Arc<Plan>,
    pub incidents: BTreeMap<IncidentId, History>,
    pub links: HashMap<Digest, LinkTarget>,
    pub expired: HashSet<Digest>,
    pub tokens: Vec<(String, LinkTarget)>,
    pub seq: u64,
    pub drawn: u64,
    pub heard: Vec<String>,
    pub people: BTreeMap<PersonId, PersonSessions>,
    pub session_events: Vec<(PersonId, SessionEvent)>,
    pub access_mail: Vec<AccessMail>,
    pub used_playbooks: Vec<Arc<Playbook>>,
    pub reached: HashMap<Digest, DateTime<Utc>>,
    shared: Arc<Shared>,
}

/// What was answered.
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    pub async fn start() -> Self {
        Self::start_at("").await
    }

    /// With a path in `public_url`.
    pub async fn start_at(path: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (app, state, shared) = app(&format!("{base}{path}"));
        let (end, ended) = oneshot::channel();
        let served = tokio::spawn(serve(listener, app, ended));
        let client = client_builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base, client, state, shared, end: Some(end), served }
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, text: response.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(self.client.get(format!("{}{path}", self.base)).bearer_auth(token)).await
    }

    pub async fn post(&self, path: &str, token: &str, kind: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(token);
        self.send(request.header("content-type", kind).body(body)).await
    }

    pub async fn ingest(&self, body: impl Into<reqwest::Body>) -> Reply {
        self.post("/api/v1/incidents", SOURCE, "application/json", body).await
    }

    pub async fn act(&self, id: &str, action: Value) -> Reply {
        self.post(&format!("/api/v1/incidents/{id}/actions"), ACTOR, "application/json", action.to_string()).await
    }

    /// Opens an incident and returns its reference.
    pub async fn open(&self, incident: Value) -> String {
        let reply = self.ingest(incident.to_string()).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    pub async fn look(&self, token: &str) -> Reply {
        self.send(self.client.get(format!("{}/a/{token}", self.base))).await
    }

    pub async fn press(&self, token: &str, form: &[(&str, &str)]) -> Reply {
        self.send(self.client.post(format!("{}/a/{token}", self.base)).form(form)).await
    }

    /// The token of the latest page to that person.
    pub fn token(&self, liaison: &str) -> String {
        let state = self.state.lock().unwrap();
        let found = state.tokens.iter().rev().find(|(_, target)| target.liaison.as_str() == liaison);
        found.unwrap_or_else(|| panic!("`{liaison}` has not been paged")).0.clone()
    }

    /// Lets time pass, and everything fire that is due.
    pub fn pass(&self, seconds: i64) {
        let mut state = self.state.lock().unwrap();
        state.now += TimeDelta::seconds(seconds);
        let ids: Vec<_> = state.incidents.keys().copied().collect();
        for id in ids {
            state.decide(id, Input::Timeout).unwrap();
        }
    }

    /// Somebody has set the wall clock back: logical time goes on ahead of it.
    pub fn set_clock_back(&self, seconds: i64) {
        let mut state = self.state.lock().unwrap();
        state.now += TimeDelta::seconds(seconds);
        self.shared.set_logical_at_zero(state.now - UP);
    }

    /// Puts another plan in force.
    pub fn replan(&self, change: impl FnOnce(&mut Plan)) {
        let mut state = self.state.lock().unwrap();
        let mut plan = Plan::clone(&state.plan);
        change(&mut plan);
        state.plan = Arc::new(plan);
        self.shared.plan.store(Arc::clone(&state.plan));
    }

    pub fn records(&self) -> u64 {
        self.state.lock().unwrap().seq
    }
}

/// An app with its engine running, for tests that need no socket.
pub fn app(public_url: &str) -> (App, Arc<Mutex<State>>, Arc<Shared>) {
    let plan = Arc::new(plan());
    let shared = Arc::new(Shared::new(Arc::clone(&plan)));
    let begun: DateTime<Utc> = "2026-01-05T08:05:00Z".parse().unwrap();
    shared.set_logical_at_zero(begun - UP);
    let state = Arc::new(Mutex::new(State {
        now: begun,
        broken: false,
        plan: Arc::clone(&plan),
        incidents: BTreeMap::new(),
        links: HashMap::new(),
        expired: HashSet::new(),
        tokens: Vec::new(),
        seq: 0,
        drawn: 0,
        heard: Vec::new(),
        people: BTreeMap::new(),
        session_events: Vec::new(),
        access_mail: Vec::new(),
        used_playbooks: Vec::new(),
        reached: HashMap::new(),
        shared: Arc::clone(&shared),
    }));
    let (requests, mut incoming) = mpsc::channel(64);
    let engine = Arc::clone(&state);
    tokio::spawn(async move {
        while let Some(request) = incoming.recv().await {
            engine.lock().unwrap().answer(request);
        }
    });
    let operator = |name: &str, token: &str, may: &[Permission]| OperatorSettings {
        name: name.parse().unwrap(),
        token: token.to_owned().into(),
        may: may.to_vec(),
    };
    let handle = Handle::new(requests, Arc::clone(&shared));
    let now = || "2026-01-05T08:05:00Z".parse().unwrap();
    let app = App {
        reloader: Arc::new(Reloader::new("no-such-folder/wardbell.toml", handle.clone(), now)),
        handle,
        reader: Arc::new(Memory(Arc::clone(&state))),
        sources: vec![
            SourceSettings {
                name: "other".parse().unwrap(),
                token: "other-token".to_owned().into(),
                form_token: None,
                strictness: Strictness::Lenient,
            },
            SourceSettings {
                name: "desk".parse().unwrap(),
                token: SOURCE.to_owned().into(),
                form_token: Some(FORM.to_owned().into()),
                strictness: Strictness::Lenient,
            },
        ],
        operators: vec![
            operator("watcher", READER, &[Permission::Read]),
            operator("social-desk", ACTOR, &[Permission::Act]),
            operator("front-desk", OPENER, &[Permission::Open]),
            operator("boss", ADMIN, &[Permission::Admin]),
        ],
        public_url: public_url.into(),
        calendar_key: Some(CALENDAR_KEY.to_owned().into()),
        senders: Senders { number: Some("+13125550100".to_owned()), email: Some("pages@mercy.example".to_owned()) },
        now,
        up: || UP.to_std().unwrap(),
        random,
    };
    (app, state, shared)
}

fn random() -> [u8; 32] {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).unwrap();
    bits
}

impl State {
    fn answer(&mut self, request: Request) {
        match request {
            Request::Command(command) => self.carry_out(command),
            Request::Query(Query::Link { query, reply }) => drop(reply.send(self.view(&query))),
            Request::Control(control) => self.attend(control),
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Open { by, source, incoming, reply, .. } => {
                if self.broken {
                    drop(reply.send(Err(Refused::CannotRecord("no space left on `/secret/path`".into()))));
                    return;
                }
                self.drawn += 1;
                let id = IncidentId::from_random(self.drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8);
                let playbook = self.playbook(&incoming.class);
                let class = playbook.class.to_string();
                let opening = Opening { id, by, source, class, incoming: *incoming };
                let decision = self.with_context(&playbook, |context| open(context, opening));
                let incident = decision.after.clone();
                self.keep(id, decision);
                let receipt = Receipt {
                    id,
                    status: incident.status(),
                    playbook: incident.playbook.to_string(),
                    duplicate_of_open: false,
                    received_at: incident.received_at,
                };
                drop(reply.send(Ok(receipt)));
            }
            Command::Act { incident, by, action, reply, .. } => {
                let answer = |department, kind| Input::Answer(Answer { by: by.clone(), department, page: None, kind });
                let input = match action {
                    Action::Acknowledge(department) => answer(department, AnswerKind::Acknowledge),
                    Action::Decline(department) => answer(department, AnswerKind::Decline),
                    Action::HandOver(department, to) => answer(department, AnswerKind::HandOver(to)),
                    Action::TakeOver(department) => answer(department, AnswerKind::TakeOver),
                    Action::Note(department, text) => answer(department, AnswerKind::Note(text)),
                    Action::Escalate(department) => Input::Escalate { by, department },
                    Action::Resolve(resolve) => Input::Resolve { by, resolve },
                    Action::Task(change) => Input::Task(TaskInput { by, page: None, change }),
                    Action::Statement(change) => Input::Statement(StatementInput { by, page: None, change }),
                    Action::Reopen(note) => Input::Reopen { by, note, key: DedupKey::Free },
                };
                drop(reply.send(self.act(incident, input)));
            }
            Command::Press { press, reply, .. } => drop(reply.send(self.press(press))),
            Command::Purge { incident, reply, .. } => drop(reply.send(Err(Refused::UnknownIncident(incident)))),
            Command::Session { inputs, reply, .. } => drop(reply.send(self.sessions(inputs))),
        }
    }

    fn attend(&mut self, control: Control) {
        match control {
            Control::Record { reply, .. } | Control::Ping { reply } | Control::Stop { reply } => {
                drop(reply.send(Ok(())))
            }
            Control::Heard { source, reply } => {
                self.heard.push(source.to_string());
                reply.into_iter().for_each(|reply| drop(reply.send(Ok(()))));
            }
            Control::TestChannels { reply } => drop(reply.send(Err(Refused::NothingToTest))),
            Control::ConfigurationFixed => {}
            Control::Health { reply } => drop(reply.send(Ok(Health { reaches_anybody: true, ..Health::default() }))),
            Control::Prune { reply, .. } => drop(reply.send(Ok(0))),
            Control::EndSession { person, session, why, by } => {
                let end = SessionInput::End { session: Some(session), why, by };
                self.take_sessions(vec![(person, end)]).unwrap();
            }
            Control::SendAccessMail(mail) => self.access_mail.push(mail),
            Control::Replan { plan, reply, .. } => {
                self.plan = plan;
                drop(reply.send(Ok(())));
            }
        }
    }

    fn sessions(&mut self, inputs: Vec<(PersonId, SessionInput)>) -> Result<usize, Refused> {
        if self.broken {
            return Err(Refused::CannotRecord("no space left on `/secret/path`".into()));
        }
        self.take_sessions(inputs)
    }

    fn take_sessions(&mut self, inputs: Vec<(PersonId, SessionInput)>) -> Result<usize, Refused> {
        let decide = |(person, input)| {
            let before = self.people.get(&person).cloned().unwrap_or_default();
            before.decide(&Now::agreed(self.now), input).map(|decision| (person, decision))
        };
        let decisions: Result<Vec<_>, NoSession> = inputs.into_iter().map(decide).collect();
        let mut count = 0;
        for (person, decision) in decisions.map_err(|NoSession| Refused::NoSession)? {
            count += decision.events.len();
            self.session_events.extend(decision.events.into_iter().map(|event| (person.clone(), event)));
            self.people.insert(person, decision.after);
        }
        self.shared.sessions.store(Arc::new(SessionTable::of(&self.people)));
        Ok(count)
    }

    fn act(&mut self, id: IncidentId, input: Input) -> Result<Acted, Refused> {
        if !self.incidents.contains_key(&id) {
            return Err(Refused::UnknownIncident(id));
        }
        self.decide(id, input)?;
        Ok(Acted { incident: self.incidents[&id].incident.clone() })
    }

    fn press(&mut self, press: LinkPress) -> Result<Pressed, Refused> {
        let shown = self.shown(&press.query)?;
        if self.broken {
            return Err(Refused::CannotRecord("no space left on `/secret/path`".into()));
        }
        let own = self.target(press.query.link)?;
        let mut pages = press.pages;
        if pages.is_empty() {
            pages.push(PageId { incident: shown.incident, number: shown.page });
        }
        let mut results = Vec::new();
        for page in pages {
            let incident = &self.incidents[&page.incident].incident;
            let is_shown = page.incident == shown.incident && page.number == shown.page;
            let target = is_shown.then(|| shown.clone());
            let Some(target) = target.or_else(|| waiting::other_page(incident, &self.plan, &own, page.number)) else {
                results.push((page, Err(Refusal::NotWaiting)));
                continue;
            };
            let LinkTarget { liaison, name, roster, department, .. } = target;
            let by = Principal::LinkHolder { liaison, name, roster };
            let (department, number) = (Some(department), Some(page.number));
            let input = match press.answer.clone() {
                LinkAnswer::Answer(kind) => Input::Answer(Answer { by, department, page: number, kind }),
                LinkAnswer::Task(change) => Input::Task(TaskInput { by, page: number, change }),
                LinkAnswer::Approval(answer) => {
                    let statements = incident.statements.as_ref();
                    let answered = statements.and_then(|all| all.answered_by_page(page.number, answer));
                    match answered.ok_or(Refusal::NotWaiting).and_then(|one| one.map_err(Refusal::Statement)) {
                        Ok(change) => Input::Statement(StatementInput { by, page: number, change }),
                        Err(refusal) => {
                            results.push((page, Err(refusal)));
                            continue;
                        }
                    }
                }
            };
            let result = match self.decide(page.incident, input) {
                Ok(()) => Ok(Recorded { at: self.now }),
                Err(Refused::Decision(refusal)) => Err(refusal),
                Err(other) => return Err(other),
            };
            results.push((page, result));
        }
        Ok(Pressed { view: self.view(&press.query)?, results })
    }

    fn shown(&self, query: &LinkQuery) -> Result<LinkTarget, Refused> {
        let own = self.target(query.link)?;
        let Some(page) = query.page else { return Ok(own) };
        let incident = self.incidents.get(&page.incident).ok_or(Refused::UnknownLink)?;
        waiting::other_page(&incident.incident, &self.plan, &own, page.number).ok_or(Refused::UnknownLink)
    }

    fn target(&self, link: Digest) -> Result<LinkTarget, Refused> {
        if self.expired.contains(&link) {
            return Err(Refused::ExpiredLink);
        }
        self.links.get(&link).cloned().ok_or(Refused::UnknownLink)
    }

    fn view(&self, query: &LinkQuery) -> Result<LinkView, Refused> {
        let target = self.shown(query)?;
        let incident = self.incidents[&target.incident].incident.clone();
        let playbook = self.playbook(&incident.class);
        let (plan, now) = (Arc::clone(&self.plan), Now::agreed(self.now));
        let track = incident.track(&target.department);
        let reader = Some((&target.roster, &target.liaison));
        let next = track.and_then(|track| incident.next_page(&plan, &playbook, now, track, reader));
        let rights = rights(&incident, &plan, now, &target);
        let playbook_of = |hash: &Digest| plan.playbooks.iter().find(|one| one.hash() == *hash).cloned();
        let reading = Reading { plan: &plan, now, playbook: &playbook_of };
        let all = self.incidents.values().map(|history| &history.incident);
        let waiting = waiting::list(all, &reading, &target, incident.drill, query.from);
        let own = self.target(query.link)?;
        Ok(LinkView { next, target, own, incident, playbook, plan: Arc::clone(&plan), now, rights, waiting })
    }

    fn playbook(&self, class: &str) -> Arc<Playbook> {
        let found = self.plan.playbooks.iter().find(|playbook| playbook.class.as_str() == class);
        Arc::clone(found.unwrap_or(&self.plan.playbooks[0]))
    }

    fn entropy(&self) -> Entropy {
        Entropy(*Digest::of(format!("{} {}", self.seq, self.drawn).as_bytes()).as_bytes())
    }

    fn with_context<T>(&self, playbook: &Playbook, decide: impl FnOnce(&Context) -> T) -> T {
        let (now, entropy) = (Now::agreed(self.now), self.entropy());
        decide(&Context { plan: &self.plan, playbook, now, entropy: &entropy })
    }

    pub fn decide(&mut self, id: IncidentId, input: Input) -> Result<(), Refused> {
        let incident = self.incidents[&id].incident.clone();
        let playbook = self.playbook(&incident.class);
        let decision: Result<Decision, Refusal> =
            self.with_context(&playbook, |context| incident.decide(context, input));
        self.keep(id, decision?);
        Ok(())
    }

    fn keep(&mut self, id: IncidentId, decision: Decision) {
        let entropy = self.entropy();
        for event in decision.events {
            self.seq += 1;
            let (department, pages): (_, &[Paged]) =
                event.pages().map_or((None, &[]), |(department, _, pages)| (Some(department.clone()), pages));
            for (paged, department) in pages.iter().zip(department.iter().cycle()) {
                let target = LinkTarget::of(id, department, paged);
                let token = entropy.token(paged.number);
                assert_eq!(token.hash(), paged.link);
                self.links.insert(paged.link, target.clone());
                self.tokens.push((token.reveal().to_owned(), target));
            }
            let record = Record { seq: self.seq, entry: Entry { at: self.now, fact: Fact::Incident(id, event) } };
            let after = decision.after.clone();
            let history = self.incidents.entry(id).or_insert(History { incident: after, records: Vec::new() });
            history.records.push(record);
        }
        if let Some(history) = self.incidents.get_mut(&id) {
            history.incident = decision.after;
        }
    }

    pub fn expire(&mut self, token: &str) {
        self.expired.insert(hash_of(token));
    }
}

struct Memory(Arc<Mutex<State>>);

impl Reader for Memory {
    fn access(&self, _: &AccessFilter) -> Result<(Vec<Record>, bool), Refused> {
        Ok((Vec::new(), false))
    }

    fn list(&self, filter: &Filter) -> Result<Listing, Refused> {
        let state = self.0.lock().unwrap();
        let cursor = |incident: &Incident| Cursor { received_at: incident.received_at, id: incident.id };
        let mut incidents: Vec<_> = state.incidents.values().map(|history| history.incident.clone()).collect();
        incidents.retain(|incident| {
            filter.status.is_none_or(|status| incident.status() == status)
                && filter.department.as_ref().is_none_or(|department| incident.track(department).is_some())
                && filter.before.is_none_or(|before| cursor(incident) < before)
        });
        incidents.sort_by_key(|incident| std::cmp::Reverse(cursor(incident)));
        let more = incidents.len() > filter.limit;
        incidents.truncate(filter.limit);
        let next = incidents.last().map(cursor).filter(|_| more);
        Ok(Listing { incidents, next })
    }

    fn playbook(&self, hash: &Digest) -> Result<Option<Arc<Playbook>>, Refused> {
        let state = self.0.lock().unwrap();
        let all = state.used_playbooks.iter().chain(&state.plan.playbooks);
        Ok(all.into_iter().find(|playbook| playbook.hash() == *hash).cloned())
    }

    fn reached(&self, contacts: &[Digest]) -> Result<Vec<Option<DateTime<Utc>>>, Refused> {
        let state = self.0.lock().unwrap();
        Ok(contacts.iter().map(|contact| state.reached.get(contact).copied()).collect())
    }

    fn history(&self, incident: IncidentId) -> Result<Option<History>, Refused> {
        let state = self.0.lock().unwrap();
        let found = state.incidents.get(&incident);
        Ok(found.map(|history| History { incident: history.incident.clone(), records: history.records.clone() }))
    }
}

fn plan() -> Plan {
    let rosters = [
        roster("privacy", "Privacy Office", &[("m-rivera", "Maria Rivera"), ("j-chen", "Jonas Chen")]),
        roster("human-resources", "Human Resources", &[("p-nowak", "Paula Nowak"), ("t-diallo", "Thierno Diallo")]),
        roster(
            "administrator-on-call",
            "Administrator on call",
            &[("a-okafor", "Ada Okafor"), ("r-silva", "Rui Silva")],
        ),
    ];
    Plan {
        contacts: ContactIndex::default(),
        rules: Arc::clone(Rules::built_in()),
        hospital: "MERCY".parse().unwrap(),
        rosters: rosters.into_iter().map(|roster| (roster.department.clone(), Arc::new(roster))).collect(),
        playbooks: ["phi-by-staff", "self-harm", "care-complaint", "praise-with-phi"]
            .into_iter()
            .zip(["high", "critical", "moderate", "low"])
            .map(|(class, severity)| Arc::new(playbook(class, severity)))
            .collect(),
        fallback: "administrator-on-call".parse().unwrap(),
        channels: ChannelKind::ALL.to_vec(),
        labels: BTreeMap::new(),
        policies: BTreeMap::new(),
        lists: wardbell::config::privacy_reading::builtin(),
        heard_within: BTreeMap::new(),
        bundling: Bundling::DEFAULT,
        daily_test: None,
        access: Access { members: vec![desk()], ..Access::default() },
        files: Vec::new(),
        texts: BTreeMap::new(),
    }
}

fn desk() -> Members {
    let may = [Permission::See, Permission::SeeProtected, Permission::Act, Permission::Open];
    let group = Group { name: "desk".to_owned(), may: may.into_iter().collect(), claim: None, departments: None };
    let place = Place { file: "wardbell.toml".into(), line: 1 };
    let member = Member { channel: ChannelKind::Email, address: DESK.to_owned(), place };
    Members { group: Arc::new(group), addresses: vec![member] }
}

fn roster(department: &str, name: &str, people: &[(&str, &str)]) -> Roster {
    let place = |line| Place { file: format!("rosters/{department}.toml").into(), line };
    let liaison = |(id, name): &(&str, &str)| Liaison {
        id: id.parse().unwrap(),
        name: (*name).to_owned(),
        contacts: Contacts::from_iter([Contact::at_once(ChannelKind::Email, format!("{id}@mercy.example"))]),
        sms_consent: None,
        away: Vec::new(),
        unavailable: Vec::new(),
        is_listed: false,
        place: place(9),
    };
    let rotation = |role: &str, (id, _): &(&str, &str), line| Rotation {
        role: role.parse().unwrap(),
        during: During::Always,
        liaisons: vec![Some(id.parse().unwrap())],
        every: None,
        handoff: None,
        place: place(line),
    };
    Roster {
        department: department.parse().unwrap(),
        name: name.to_owned(),
        timezone: Zone::built_in("America/Chicago").unwrap(),
        escalate_to: None,
        owner: None,
        review_by: None,
        hours: Hours::default(),
        staffed_count: StretchCount::default(),
        windows: Vec::new(),
        approvers: Vec::new(),
        liaisons: people.iter().map(liaison).collect(),
        rotations: vec![rotation("primary", &people[0], 20), rotation("backup", &people[1], 30)],
        overrides: Vec::new(),
    }
}

fn playbook(class: &str, severity: &str) -> Playbook {
    let (title, page_title) = match class {
        "phi-by-staff" => ("Patient information posted by staff", "Privacy"),
        "self-harm" => ("Somebody may harm themselves", "Safety"),
        "care-complaint" => ("Complaint about care", "Complaint"),
        _ => ("Praise that tells who was a patient", "Praise"),
    };
    let step = |at: &str, page: &str| json!({ "at": at, "page": page, "by": null });
    let steps = match severity {
        "low" => vec![step("0m", "primary")],
        _ => vec![step("0m", "primary"), step("5m", "backup"), step("10m", "administrator-on-call:primary")],
    };
    let action =
        |department: &str, within: &str, task: &str| json!({ "department": department, "within": within, "do": task });
    let ladder = json!({ "name": "B", "for": severity, "steps": steps, "repeat_every": null, "repeat_times": null });
    serde_json::from_value(json!({
        "class": class,
        "variant": null,
        "also": [],
        "title": title,
        "page_title": page_title,
        "severity": severity,
        "ladder": ladder,
        "departments": if severity == "low" { json!(["privacy"]) } else { json!(["privacy", "human-resources"]) },
        "acknowledge_within": "9m",
        "act_within": if severity == "low" { Value::Null } else { "30m".into() },
        "owner": null,
        "review_by": null,
        "conditions": {
            "confidence_at_least": null, "facilities": [], "networks": [], "languages": [], "any_flag": [],
            "reach_at_least": null,
        },
        "promotions": [],
        "after_hours": null,
        "actions": [
            action("privacy", "30m", "Capture the post in the restricted folder, with address, account and time"),
            action("privacy", "1d", "Assess the risk of a breach"),
            action("human-resources", "1h", "Reach the person by phone and ask them to take the post down"),
        ],
        "guidance": {
            "do": ["Assume good will in the first call", "Keep the circle small"],
            "do_not": ["Forward screenshots by text message, e-mail or chat", "Confirm in public that anybody is a patient"],
            "examples": [],
        },
        "statements": [{
            "name": "holding",
            "text": "Thank you for telling us about this post.\nWe have passed it to our Privacy Office.\n",
            "approve": ["privacy", "human-resources"],
        }],
        "ladders": {},
    }))
    .unwrap()
}
