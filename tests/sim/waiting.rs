//! Callers of the daemon that wait for their answers.

use tokio::sync::oneshot::Receiver;
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::id::{IncidentId, PageId};
use wardbell::engine::request::{Acted, LinkView, Pressed, Refused};
use wardbell::store::query::Receipt;

use crate::happening::Button;
use crate::ledger::Answer;
use crate::world::World;

/// One caller.
pub enum Waiting {
    /// A source, with the number of what it sent.
    Source(usize, Receiver<Result<Receipt, Refused>>),
    /// A person behind a link.
    Person(PageId, Button, Receiver<Result<Pressed, Refused>>),
    /// An operator.
    Operator(IncidentId, Receiver<Result<Acted, Refused>>),
    /// A scanner.
    Scanner(PageId, Receiver<Result<LinkView, Refused>>),
}

impl World {
    /// Hears what was answered in this step; whoever was not answered goes on waiting.
    pub fn read_answers(&mut self) {
        for caller in std::mem::take(&mut self.waiting) {
            match caller {
                Waiting::Source(number, mut answer) => match answer.try_recv() {
                    Ok(result) => self.receipt(number, result),
                    Err(_) => self.waiting.push(Waiting::Source(number, answer)),
                },
                Waiting::Person(page, button, mut answer) => match answer.try_recv() {
                    Ok(result) => self.pressed(page, button, result),
                    Err(_) => self.waiting.push(Waiting::Person(page, button, answer)),
                },
                Waiting::Operator(id, mut answer) => match answer.try_recv() {
                    Ok(result) => self.tell(&format!("operator on {id}: {}", word(&result))),
                    Err(_) => self.waiting.push(Waiting::Operator(id, answer)),
                },
                Waiting::Scanner(page, mut answer) => match answer.try_recv() {
                    Ok(result) => self.viewed(page, result),
                    Err(_) => self.waiting.push(Waiting::Scanner(page, answer)),
                },
            }
        }
        self.waiting.clear();
    }

    fn receipt(&mut self, number: usize, result: Result<Receipt, Refused>) {
        self.tell(&format!("source on {number}: {}", word(&result)));
        let Ok(receipt) = result else { return };
        let (incoming, first) = &mut self.sent[number];
        match first {
            Some(first) if self.ledger.store_works && incoming.event_id.is_some() && *first != receipt => {
                let fault = format!("event {number} was answered {first:?}, and later {receipt:?}");
                self.ledger.faults.push(fault);
            }
            _ => *first = Some(receipt.clone()),
        }
        let words = [&incoming.summary, &incoming.url, &incoming.author, &incoming.network];
        let words: Vec<String> = words.into_iter().flatten().chain(incoming.labels.values()).cloned().collect();
        let life = self.ledger.lives.entry(receipt.id).or_default();
        life.is_answered = true;
        life.words.extend(words);
        self.ledger.answers.push(Answer::Accepted(receipt.id));
    }

    fn pressed(&mut self, page: PageId, button: Button, result: Result<Pressed, Refused>) {
        let recorded = result.as_ref().map(|pressed| pressed.result.is_ok());
        self.tell(&format!("{button:?} on {page}: {recorded:?}"));
        let is_recorded = recorded.unwrap_or(false);
        if is_recorded && button == Button::Acknowledge {
            self.ledger.answers.push(Answer::Acknowledged(page));
        }
    }

    /// What a link shows is what a replay of the record gives.
    fn viewed(&mut self, page: PageId, result: Result<LinkView, Refused>) {
        self.tell(&format!("scanner on {page}: {}", word(&result)));
        let Ok(view) = result else { return };
        let Some(recorded) = self.ledger.incidents.get(&page.incident) else { return };
        let (live, recorded) = (plain(&view.incident), plain(recorded));
        // A link shows what was recorded before the batch that it is asked in.
        let is_changing =
            self.ledger.fresh.iter().any(|fresh| fresh.before.as_ref().is_some_and(|one| one.id == live.id));
        if self.ledger.journal_works && !is_changing && live != recorded {
            let fault =
                format!("a replay of {} differs:\n{recorded:#?}\nfrom the live state\n{live:#?}", page.incident);
            self.ledger.faults.push(fault);
        }
    }
}

/// A state without what only the running process knows.
pub fn plain(incident: &Incident) -> Incident {
    let mut plain = incident.clone();
    let moot: Vec<u32> = incident
        .tracks
        .iter()
        .flat_map(|track| track.pages.iter().filter(|page| incident.is_moot(track, page)))
        .map(|page| page.number)
        .collect();
    for page in plain.tracks.iter_mut().flat_map(|track| &mut track.pages) {
        page.pending.iter_mut().for_each(|delivery| delivery.in_flight = false);
        if moot.contains(&page.number) {
            page.pending.clear();
        }
    }
    plain
}

fn word<T>(result: &Result<T, Refused>) -> String {
    match result {
        Ok(_) => "yes".into(),
        Err(refused) => format!("no, {refused}"),
    }
}
