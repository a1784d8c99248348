//! What was answered and what was received, against what is served.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::load::{Answered, Load, incident_of};
use crate::pace;
use crate::plan::{CHEN, DIAZ, KIM, OKAFOR, RIVERA, STONE};
use crate::support::{Inbox, Message};

/// A message that was on its way when an acknowledgement was answered comes within this: a try may take two seconds.
const IN_FLIGHT: Duration = Duration::from_secs(2);

/// When the worst happened, and when the program had ended: it may live on for a moment after its disk is dead.
#[derive(Debug, Clone, Copy)]
pub struct Disaster {
    pub from: SystemTime,
    pub to: SystemTime,
}

/// All messages ever received: more than an inbox keeps.
#[derive(Default)]
pub struct Received {
    messages: Vec<Arc<Message>>,
    last: u64,
}

/// What was counted on the way to a verdict without a fault.
#[derive(Debug, Default)]
pub struct Counted {
    pub incidents: usize,
    pub events: usize,
    pub unanswered: usize,
    pub acknowledgements: usize,
    pub pages: usize,
    pub messages: usize,
    pub duplicates: usize,
    pub refused: usize,
}

impl Received {
    /// Takes what came since the last time.
    pub fn take(&mut self, inbox: &Inbox) {
        let new = inbox.messages().into_iter().filter(|message| message.number > self.last);
        self.messages.extend(new);
        self.last = self.messages.last().map_or(0, |message| message.number);
    }

    /// Those that name an incident, in order.
    pub fn about<'r>(&'r self, incident: &'r str) -> impl Iterator<Item = &'r Arc<Message>> {
        self.messages.iter().filter(move |message| message.text().contains(incident))
    }

    /// Whether a message came that the record says a page was in; the mail server gives none an id.
    fn has_taken(&self, incident: &Value) -> bool {
        let attempts = pages(incident).iter().flat_map(|page| page["attempts"].as_array().unwrap());
        let mut ids =
            attempts.filter(|attempt| attempt["outcome"] == "accepted").map(|attempt| &attempt["provider_id"]);
        let sids: BTreeSet<&str> =
            self.messages.iter().filter_map(|message| Some(message.sms()?.sid.as_str())).collect();
        ids.any(|id| id.as_str().is_none_or(|id| sids.contains(id)))
    }

    /// The incidents that messages name.
    fn incidents(&self, known: &BTreeSet<String>) -> BTreeSet<String> {
        let words = self.messages.iter().flat_map(|message| message.text().split([' ', '.', ':', '\n']));
        words.filter(|word| known.contains(*word)).map(str::to_owned).collect()
    }
}

/// Every incident that was answered is served, every answered acknowledgement and resolution holds.
pub async fn is_kept(load: &Load, answered: &Answered) -> Result<BTreeMap<String, Value>, String> {
    let mut shown = BTreeMap::new();
    let mut faults = answered.faults.clone();
    for id in answered.events.values().chain(answered.acknowledged.iter().map(|one| &one.incident)) {
        if !shown.contains_key(id) {
            match load.show(id).await {
                Ok(incident) => drop(shown.insert(id.clone(), incident)),
                Err(lost) => faults.push(lost),
            }
        }
    }
    for one in &answered.acknowledged {
        let Some(incident) = shown.get(&one.incident) else { continue };
        let track = track(incident, &one.department);
        let holds = track["acknowledged_at"].is_string() && one.by.is_none_or(|by| track["acknowledged_by"] == by);
        if !holds {
            faults.push(format!("{one:?} was answered, and its track is {track}"));
        }
    }
    for id in &answered.resolved {
        if shown.get(id).is_some_and(|incident| incident["status"] != "resolved") {
            faults.push(format!("{id} was resolved, and is {}", shown[id]["status"]));
        }
    }
    if faults.is_empty() { Ok(shown) } else { Err(faults.join("\n")) }
}

/// The whole judgement, at the end.
pub async fn judge(
    load: &Load,
    inbox: &Inbox,
    mut received: Received,
    disasters: &[Disaster],
) -> Result<Counted, String> {
    let answered = load.answered();
    // What was not answered may have been kept all the same, and then it is paged, too.
    let known: BTreeSet<String> = load.list().await.into_iter().collect();
    let until = SystemTime::now() + pace::PATIENCE;
    let silent: Vec<String> = loop {
        received.take(inbox);
        let mut silent: Vec<String> = Vec::new();
        for id in known.difference(&received.incidents(&known)) {
            // A message about several incidents does not name them all.
            if !received.has_taken(&load.show(id).await?) {
                silent.push(id.clone());
            }
        }
        if silent.is_empty() || SystemTime::now() > until {
            break silent;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let mut shown = is_kept(load, &answered).await?;
    let mut faults: Vec<String> =
        shown.keys().filter(|id| !known.contains(*id)).map(|id| format!("{id} is in no list")).collect();
    let unanswered = known.iter().filter(|id| !shown.contains_key(*id)).cloned().collect::<Vec<_>>();
    for id in &unanswered {
        shown.insert(id.clone(), load.show(id).await?);
    }
    let unheard = silent.iter().map(|id| &shown[id]).filter(|incident| !ended_before_anybody_was_reached(incident));
    faults.extend(unheard.map(|incident| format!("nobody was ever paged about {incident}")));
    let duplicates = judge_duplicates(&shown, &received, disasters, &mut faults);
    judge_silence(&answered, &shown, &received, &mut faults);
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    Ok(Counted {
        incidents: shown.len(),
        events: answered.events.len(),
        unanswered: unanswered.len(),
        acknowledgements: answered.acknowledged.len(),
        pages: shown.values().map(|incident| pages(incident).len()).sum(),
        messages: received.messages.len(),
        duplicates,
        refused: answered.refused,
    })
}

impl Disaster {
    pub fn now() -> Self {
        Self::since(SystemTime::now())
    }

    /// The program has ended just now.
    pub fn since(from: SystemTime) -> Self {
        Self { from, to: SystemTime::now() }
    }
}

/// An operator was quicker than the retries: pages were tried, no provider took one, and nobody has to be paged any more.
fn ended_before_anybody_was_reached(incident: &Value) -> bool {
    let tracks = incident["tracks"].as_array().unwrap();
    let is_over = tracks.iter().all(|track| track["status"] == "acknowledged" || track["status"] == "resolved");
    let attempts = || pages(incident).iter().flat_map(|page| page["attempts"].as_array().unwrap());
    is_over && !pages(incident).is_empty() && attempts().all(|attempt| attempt["outcome"] != "accepted")
}

/// A page comes once, and once more for each disaster or lost answer between; how many came more than once.
fn judge_duplicates(
    shown: &BTreeMap<String, Value>,
    received: &Received,
    disasters: &[Disaster],
    faults: &mut Vec<String>,
) -> usize {
    // A mail carries its page's id, a text only its incident's: all pages of one person are counted together there.
    let mut copies: BTreeMap<(String, &str, bool), Vec<SystemTime>> = BTreeMap::new();
    for message in &received.messages {
        // What was sent in that moment may be about what was lost then, and never answered.
        let posthumous = disasters.iter().any(|one| (one.from..=one.to).contains(&message.received_at));
        if posthumous && !shown.keys().any(|id| message.text().contains(id)) {
            continue;
        }
        let key = match (message.mail(), message.sms()) {
            (Some(mail), _) => (mail.header("X-Wardbell-Page").unwrap().to_owned(), "", true),
            (_, Some(sms)) => {
                let id = sms.body.split([' ', '.']).find(|word| shown.contains_key(*word));
                (id.unwrap_or_default().to_owned(), liaison_of(&sms.to), false)
            }
            _ => continue,
        };
        copies.entry(key).or_default().push(message.received_at);
    }
    let mut duplicates = 0;
    for ((what, whom, is_mail), times) in &copies {
        let incident = what.split('-').next().unwrap();
        let Some(incident) = shown.get(incident) else {
            faults.push(format!("a page about {what}, which is not served"));
            continue;
        };
        let channel = if *is_mail { "email" } else { "sms" };
        let meant = pages(incident)
            .iter()
            .filter(|page| if *is_mail { page["id"] == **what } else { page["liaison"] == **whom });
        let meant: Vec<&Value> = meant.collect();
        let lost = meant.iter().map(|page| answers_lost(page, channel)).sum::<usize>();
        let between = disasters.iter().filter(|one| (times[0]..=times[times.len() - 1]).contains(&one.to)).count();
        duplicates += times.len().saturating_sub(meant.len());
        if times.len() > meant.len() * (1 + between) + lost {
            let times: Vec<_> = times.iter().map(|at| DateTime::<Utc>::from(*at)).collect();
            faults.push(format!("{what} {whom} {channel} came at {times:?}, {between} crashes between: {meant:?}"));
        }
    }
    duplicates
}

/// Attempts whose end the daemon did not hear: the provider may have taken them.
fn answers_lost(page: &Value, channel: &str) -> usize {
    let attempts = page["attempts"].as_array().unwrap().iter();
    let known = |code: &str| code.starts_with("smtp-4") || code.starts_with("twilio-");
    attempts
        .filter(|attempt| attempt["channel"] == channel && attempt["outcome"] == "retry")
        .filter(|attempt| !attempt["code"].as_str().is_some_and(known))
        .count()
}

/// After an answered acknowledgement its track pages nobody; what was on its way may still come.
fn judge_silence(answered: &Answered, shown: &BTreeMap<String, Value>, received: &Received, faults: &mut Vec<String>) {
    for one in &answered.acknowledged {
        // By the order of the record, as clocks may be set.
        let timeline = shown[&one.incident]["timeline"].as_array().unwrap().iter();
        let of_track = timeline.filter(|moment| moment["department"] == *one.department);
        let after = of_track.skip_while(|moment| moment["type"] != "acknowledged");
        let late = after.filter(|moment| moment["pages"].as_array().is_some_and(|pages| !pages.is_empty()));
        faults.extend(late.map(|moment| format!("a page after {one:?}: {moment}")));
    }
    let answered_at = answered.acknowledged.iter().map(|one| ((&one.incident, one.department.as_str()), one.at));
    let answered_at: BTreeMap<_, _> = answered_at.rev().collect();
    for message in &received.messages {
        let Some(mail) = message.mail() else { continue };
        let (incident, department) = (incident_of(mail), crate::load::department_of(mail, message.text()));
        let Some(at) = answered_at.get(&(&incident, department.as_str())) else { continue };
        if let Ok(late) = message.received_at.duration_since(*at)
            && !pace::is_within(IN_FLIGHT, *at, late)
        {
            faults.push(format!("{late:?} after {department} acknowledged {incident}: {}", mail.subject));
        }
    }
}

fn pages(incident: &Value) -> &[Value] {
    incident["pages"].as_array().unwrap()
}

fn track<'i>(incident: &'i Value, department: &str) -> &'i Value {
    let tracks = incident["tracks"].as_array().unwrap();
    tracks.iter().find(|track| track["department"] == *department).unwrap_or(&Value::Null)
}

fn liaison_of(number: &str) -> &'static str {
    [RIVERA, CHEN, OKAFOR, DIAZ, KIM, STONE].iter().find(|person| person.sms == number).unwrap().id
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { incidents, events, unanswered, acknowledgements, pages, messages, duplicates, refused } = self;
        write!(
            f,
            "{events} events answered and {refused} requests refused, {incidents} incidents served ({unanswered} kept \
             whose answer was lost), {acknowledgements} acknowledgements held, {pages} pages in {messages} messages, \
             {duplicates} of them duplicates with a crash or a lost answer between"
        )
    }
}
