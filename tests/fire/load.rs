//! A busy night: sources that post, people who press links, operators who act, and providers with moods. All that is
//! answered to them is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use serde_json::{Value, json};
use wardbell::provider::http_client::client_builder;

use crate::dice::Dice;
use crate::hospital::{OPERATOR, PUBLIC_URL, READER, SOURCE, lock};
use crate::plan::{ADVOCACY, CHEN, COMPLIANCE, DIAZ, HOUSE, KIM, OKAFOR, PRIVACY, RIVERA, STONE};
use crate::support::{Behaviour, Mail, Shared, Stage, Target};

const CLASSES: [&str; 5] = ["leak", "photo", "rumor", "complaint", "slow"];

/// What a mood does to a provider while it lasts.
const MOODS: usize = 5;

pub struct Load {
    client: reqwest::Client,
    shared: Shared,
    pub dice: Dice,
    base: Mutex<String>,
    ends: AtomicBool,
    events: AtomicU64,
    answered: Mutex<Answered>,
    /// Whom moods may befall.
    moody: Vec<Target>,
    /// Incidents that nobody presses for.
    spared: Mutex<BTreeSet<String>>,
}

/// All that was answered so far.
#[derive(Debug, Default, Clone)]
pub struct Answered {
    /// The incident of each event.
    pub events: BTreeMap<String, String>,
    pub acknowledged: Vec<Acknowledged>,
    pub resolved: BTreeSet<String>,
    /// What must not be answered, or not so.
    pub faults: Vec<String>,
    /// Refused with 503, as it could not be made durable, or with 504, as that was not known yet.
    pub refused: usize,
}

/// An acknowledgement that was answered.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    pub incident: String,
    pub department: String,
    /// Where a link was pressed: by whom.
    pub by: Option<&'static str>,
    /// When it was answered.
    pub at: SystemTime,
}

/// Nobody answers there any more.
pub struct Gone;

/// What became of callers who came over connections of their own.
#[derive(Debug, Default, Clone, Copy)]
pub struct Knocks {
    /// Answered 202.
    pub taken: usize,
    /// Answered 503.
    pub refused: usize,
    /// No connection, or it was closed without an answer.
    pub turned_away: usize,
}

impl Answered {
    /// How many events, acknowledgements and resolutions.
    pub fn counts(&self) -> [usize; 3] {
        [self.events.len(), self.acknowledged.len(), self.resolved.len()]
    }

    /// Of each kind only so many, the latest: a look in between that costs the same in every round.
    pub fn of_the_last(mut self, count: usize) -> Self {
        let first = self.acknowledged.len().saturating_sub(count);
        self.acknowledged.drain(..first);
        let first = self.events.len().saturating_sub(count);
        self.events = self.events.into_iter().skip(first).collect();
        self
    }
}

impl Load {
    pub fn new(shared: Shared, dice: Dice) -> Self {
        let client = client_builder().timeout(Duration::from_secs(30)).build().unwrap();
        let (base, ends, events, answered, spared) = Default::default();
        let moody = vec![Target::Mail, Target::Sms, RIVERA.email.into(), OKAFOR.sms.into(), CHEN.sms.into()];
        Self { client, shared, dice, base, ends, events, answered, moody, spared }
    }

    /// Only so few have moods.
    #[must_use]
    pub fn moody(self, moody: impl Into<Vec<Target>>) -> Self {
        Self { moody: moody.into(), ..self }
    }

    /// Nobody presses for that incident.
    pub fn spare(&self, incident: &str) {
        lock(&self.spared).insert(incident.to_owned());
    }

    pub fn answered(&self) -> Answered {
        lock(&self.answered).clone()
    }

    /// All else counts as never answered.
    pub fn only_answered(&self, before: Answered) {
        *lock(&self.answered) = before;
    }

    /// The daemon answers here from now on.
    pub fn goes_to(&self, base: String) {
        *lock(&self.base) = base;
    }

    /// Everybody is busy until `disaster` has come; what was answered until then is read to its end.
    pub async fn until(&self, disaster: impl Future<Output = ()>) {
        self.ends.store(false, Ordering::Relaxed);
        let sources = join_all((0..3).map(|_| self.posts()));
        let end = async {
            disaster.await;
            self.ends.store(true, Ordering::Relaxed);
        };
        tokio::join!(sources, self.presses(), self.presses(), self.acts(), self.moods(), end);
        self.shared.behave_well();
    }

    pub async fn get(&self, path: &str) -> Result<(u16, String), Gone> {
        self.answer(self.client.get(self.url(path)).bearer_auth(READER)).await
    }

    /// One incident as it is served, or what came instead.
    pub async fn show(&self, id: &str) -> Result<Value, String> {
        match self.get(&format!("/api/v1/incidents/{id}")).await {
            Ok((200, text)) => Ok(serde_json::from_str(&text).unwrap()),
            Ok((status, text)) => Err(format!("{id} is answered {status} {text}")),
            Err(Gone) => Err(format!("{id}: nobody answers")),
        }
    }

    /// The ids of all incidents, through all pages of the list.
    pub async fn list(&self) -> Vec<String> {
        self.try_list().await.expect("the list is answered")
    }

    pub async fn try_list(&self) -> Option<Vec<String>> {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let Ok((200, text)) = self.get(&format!("/api/v1/incidents?limit=200{cursor}")).await else {
                return None;
            };
            let list: Value = serde_json::from_str(&text).unwrap();
            let listed = list["incidents"].as_array().unwrap().iter();
            ids.extend(listed.map(|incident| incident["id"].as_str().unwrap().to_owned()));
            match list["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Some(ids),
            }
        }
    }

    /// Posts an event again: it must be the same incident.
    pub async fn posts_again(&self, event: &str) -> Result<u16, Gone> {
        self.post(&self.client, json!({ "class": "rumor", "event_id": event })).await
    }

    /// Callers who come each over a connection of their own, and go on coming when nobody answers any more.
    pub async fn knocks(&self) -> Knocks {
        let client = client_builder().pool_max_idle_per_host(0).build().unwrap();
        let mut knocks = Knocks::default();
        while self.goes_on().await {
            let event = format!("e-{:06}", self.events.fetch_add(1, Ordering::Relaxed));
            match self.post(&client, json!({ "class": "rumor", "event_id": event })).await {
                Ok(202) => knocks.taken += 1,
                Ok(_) => knocks.refused += 1,
                Err(Gone) => knocks.turned_away += 1,
            }
        }
        knocks
    }

    async fn posts(&self) {
        while self.goes_on().await {
            let number = self.events.fetch_add(1, Ordering::Relaxed);
            let (class, event) = (self.dice.one_of(&CLASSES), format!("e-{number:06}"));
            let before = lock(&self.answered).events.keys().cloned().collect::<Vec<_>>();
            let result = match self.dice.below(10) {
                0 | 1 if !before.is_empty() => {
                    let earlier: &String = self.dice.one_of(&before);
                    self.posts_again(earlier).await
                }
                2 | 3 => {
                    let key = format!("k-{}", number / 12);
                    // A repeat of a graver class would ask anew for what was acknowledged.
                    let class = CLASSES[number as usize / 12 % CLASSES.len()];
                    self.post(&self.client, json!({ "class": class, "event_id": event, "dedup_key": key })).await
                }
                _ => {
                    let summary = "x".repeat(self.dice.below(1_500));
                    self.post(&self.client, json!({ "class": class, "event_id": event, "summary": summary })).await
                }
            };
            if result.is_err() {
                return;
            }
        }
    }

    /// The status that it was answered with.
    async fn post(&self, client: &reqwest::Client, incident: Value) -> Result<u16, Gone> {
        let request = client.post(self.url("/api/v1/incidents")).bearer_auth(SOURCE).json(&incident);
        let (status, text) = self.answer(request).await?;
        let event = incident["event_id"].as_str().unwrap();
        let mut answered = lock(&self.answered);
        match status {
            202 => {
                let answer: Value = serde_json::from_str(&text).unwrap();
                let id = answer["id"].as_str().unwrap().to_owned();
                let first = answered.events.entry(event.to_owned()).or_insert_with(|| id.clone()).clone();
                if first != id {
                    answered.faults.push(format!("{event} was {first} and is {id}"));
                }
            }
            // Not recorded, or not known yet.
            503 | 504 => answered.refused += 1,
            _ => answered.faults.push(format!("{event} was answered {status} {text}")),
        }
        Ok(status)
    }

    /// Liaisons press what was mailed to them.
    async fn presses(&self) {
        while self.goes_on().await {
            let messages = self.shared.inbox().messages();
            let newest = &messages[messages.len().saturating_sub(40)..];
            if newest.is_empty() {
                continue;
            }
            let message = self.dice.one_of(newest);
            let links = message.links();
            let (Some(mail), [link, ..]) = (message.mail(), links.as_slice()) else { continue };
            if lock(&self.spared).contains(&incident_of(mail)) {
                continue;
            }
            let path = link.strip_prefix(PUBLIC_URL).unwrap();
            let form = [("action", "acknowledge"), ("note", "")];
            let Ok((status, text)) = self.answer(self.client.post(self.url(path)).form(&form)).await else { return };
            if status == 200 && text.contains("Recorded at") {
                let (incident, department) = (incident_of(mail), department_of(mail, message.text()));
                let by = Some(person_of(&mail.to[0]));
                let at = SystemTime::now();
                lock(&self.answered).acknowledged.push(Acknowledged { incident, department, by, at });
            }
        }
    }

    async fn acts(&self) {
        while self.goes_on().await {
            let known = lock(&self.answered).events.values().cloned().collect::<BTreeSet<_>>();
            let open: Vec<_> = known.difference(&lock(&self.answered).resolved).cloned().collect();
            if open.is_empty() {
                continue;
            }
            let (incident, department) = (self.dice.one_of(&open).clone(), *self.dice.one_of(&["privacy", "advocacy"]));
            let action = match self.dice.below(10) {
                0..3 => json!({ "action": "acknowledge", "department": department }),
                3 => json!({ "action": "note", "note": "seen" }),
                _ => json!({ "action": "resolve" }),
            };
            let url = self.url(&format!("/api/v1/incidents/{incident}/actions"));
            let request = self.client.post(url).bearer_auth(OPERATOR).json(&action);
            let Ok((status, text)) = self.answer(request).await else { return };
            let mut answered = lock(&self.answered);
            match (status, action["action"].as_str().unwrap()) {
                (200, "acknowledge") => {
                    let (department, at) = (department.to_owned(), SystemTime::now());
                    answered.acknowledged.push(Acknowledged { incident, department, by: None, at });
                }
                (200, "resolve") => drop(answered.resolved.insert(incident)),
                // No such track, or resolved meanwhile.
                (200 | 400..500, _) => {}
                (503 | 504, _) => answered.refused += 1,
                _ => answered.faults.push(format!("{action} of {incident} was answered {status} {text}")),
            }
        }
    }

    /// Providers are slow, busy or gone now and then. None of them loses what it answered for.
    async fn moods(&self) {
        while self.goes_on().await {
            let whom: Target = self.dice.one_of(&self.moody).clone();
            let mood = match self.dice.below(MOODS) {
                0 => Behaviour::Slow(self.dice.pause(20, 300)),
                1 => Behaviour::fail_times(2, Behaviour::reject_mail(Stage::Data, 451, "busy")),
                2 => Behaviour::fail_times(2, Behaviour::reject_sms(500, 20_500, "busy")),
                3 => Behaviour::fail_times(2, Behaviour::Drop),
                _ => {
                    self.shared.behave_well();
                    Behaviour::Accept
                }
            };
            self.shared.behave(whom, mood);
            tokio::time::sleep(self.dice.pause(30, 200)).await;
        }
    }

    /// After a moment, unless the end has come.
    async fn goes_on(&self) -> bool {
        tokio::time::sleep(self.dice.pause(5, 60)).await;
        !self.ends.load(Ordering::Relaxed)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", lock(&self.base))
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<(u16, String), Gone> {
        let response = request.send().await.map_err(|_| Gone)?;
        Ok((response.status().as_u16(), response.text().await.map_err(|_| Gone)?))
    }
}

/// Of the page's id, which is the incident's with a number.
pub fn incident_of(mail: &Mail) -> String {
    mail.header("X-Wardbell-Page").unwrap().split('-').next().unwrap().to_owned()
}

/// Of the page whose link a mail has: it comes first where the mail lists several.
pub fn department_of(mail: &Mail, text: &str) -> String {
    let incident = incident_of(mail);
    let mut lines =
        text.lines().filter(|line| line.starts_with("Department:") || line.contains(&format!(", {incident}: ")));
    let line = lines.next().unwrap();
    let all = [PRIVACY, ADVOCACY, COMPLIANCE, HOUSE];
    all.iter().find(|department| line.contains(department.name)).unwrap().id.to_owned()
}

fn person_of(address: &str) -> &'static str {
    [RIVERA, CHEN, OKAFOR, DIAZ, KIM, STONE].iter().find(|person| person.email == address).unwrap().id
}
