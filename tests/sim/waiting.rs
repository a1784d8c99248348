//! Callers of the daemon that wait for their answers.

use tokio::sync::oneshot::Receiver;
use tokio::sync::oneshot::error::TryRecvError;
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::id::{IncidentId, PageId};
use wardbell::engine::protocol::channel_test::TestResult;
use wardbell::engine::protocol::command::Acted;
use wardbell::engine::protocol::link::{LinkView, Pressed};
use wardbell::engine::protocol::refused::Refused;
use wardbell::store::query::Receipt;

use crate::happening::Button;
use crate::ledger::Answer;
use crate::retention::Pruning;
use crate::wishes::Wish;
use crate::world::World;

/// One caller.
pub enum Waiting {
    /// A source, with the number of what it sent.
    Source(usize, Receiver<Result<Receipt, Refused>>),
    /// A person behind a link.
    Person(Vec<PageId>, Button, Receiver<Result<Pressed, Refused>>),
    /// An operator, who may want to close it.
    Operator(IncidentId, Option<Wish>, Receiver<Result<Acted, Refused>>),
    /// An administrator who has words destroyed.
    Purger(IncidentId, Receiver<Result<Acted, Refused>>),
    /// Whoever prunes the record.
    Pruner(Box<Pruning>, Receiver<Result<u64, Refused>>),
    /// An operator who tests the channels.
    Tester(Receiver<Result<Vec<TestResult>, Refused>>),
    /// A scanner.
    Scanner(PageId, Receiver<Result<LinkView, Refused>>),
}

impl World {
    /// Hears what was answered in this step; whoever was not answered goes on waiting, unless nobody is there to answer.
    pub fn read_answers(&mut self) {
        for caller in std::mem::take(&mut self.waiting) {
            match caller {
                Waiting::Source(number, mut answer) => match answer.try_recv() {
                    Ok(result) => self.receipt(number, result),
                    Err(TryRecvError::Empty) => self.waiting.push(Waiting::Source(number, answer)),
                    Err(TryRecvError::Closed) => {}
                },
                Waiting::Person(pages, button, mut answer) => match answer.try_recv() {
                    Ok(result) => self.pressed(&pages, button, &result),
                    Err(TryRecvError::Empty) => self.waiting.push(Waiting::Person(pages, button, answer)),
                    Err(TryRecvError::Closed) => {}
                },
                Waiting::Operator(id, wish, mut answer) => match answer.try_recv() {
                    Ok(result) => self.operated(id, wish, &result),
                    Err(TryRecvError::Empty) => self.waiting.push(Waiting::Operator(id, wish, answer)),
                    Err(TryRecvError::Closed) => {}
                },
                Waiting::Purger(id, mut answer) => match answer.try_recv() {
                    Ok(result) => self.purged(id, &result),
                    Err(TryRecvError::Empty) => self.waiting.push(Waiting::Purger(id, answer)),
                    Err(TryRecvError::Closed) => {}
                },
                Waiting::Pruner(pruning, mut answer) => match answer.try_recv() {
                    Ok(result) => self.prune_on(&pruning, result),
                    Err(TryRecvError::Empty) => self.waiting.push(Waiting::Pruner(pruning, answer)),
                    Err(TryRecvError::Closed) => {}
                },
                Waiting::Tester(mut answer) => match answer.try_recv() {
                    Ok(result) => self.tell(&format!("tester: {}", word(&result))),
                    Err(TryRecvError::Empty) => self.waiting.push(Waiting::Tester(answer)),
                    Err(TryRecvError::Closed) => {}
                },
                Waiting::Scanner(page, mut answer) => match answer.try_recv() {
                    Ok(result) => self.viewed(page, result),
                    Err(TryRecvError::Empty) => self.waiting.push(Waiting::Scanner(page, answer)),
                    Err(TryRecvError::Closed) => {}
                },
            }
        }
    }

    fn receipt(&mut self, number: usize, result: Result<Receipt, Refused>) {
        self.tell(&format!("source on {number}: {}", word(&result)));
        self.ledger.answered(Wish::Incident(number), &result);
        let Ok(receipt) = result else { return };
        let (incoming, first) = &mut self.sent[number];
        let class = Some(incoming.class.clone()).filter(|_| first.is_none());
        match first {
            // What is pruned is known no more.
            Some(first)
                if self.ledger.is_kept(first.id)
                    && self.ledger.store_works
                    && incoming.event_id.is_some()
                    && *first != receipt =>
            {
                let fault = format!("event {number} was answered {first:?}, and later {receipt:?}");
                self.ledger.faults.push(fault);
            }
            _ => *first = Some(receipt.clone()),
        }
        let words = [&incoming.summary, &incoming.url, &incoming.author, &incoming.network];
        let words: Vec<String> = words.into_iter().flatten().chain(incoming.labels.values()).cloned().collect();
        let protected: Vec<String> = words.iter().filter(|one| !one.starts_with("network")).cloned().collect();
        let life = self.ledger.lives.entry(receipt.id).or_default();
        life.is_answered = true;
        life.words.extend(words);
        life.protected.extend(protected);
        self.ledger.answers.push(Answer::Accepted(receipt.id, class));
    }

    fn operated(&mut self, id: IncidentId, wish: Option<Wish>, result: &Result<Acted, Refused>) {
        self.tell(&format!("operator on {id}: {}", word(result)));
        if let Some(wish) = wish {
            self.ledger.answered(wish, result);
        }
    }

    fn purged(&mut self, id: IncidentId, result: &Result<Acted, Refused>) {
        self.tell(&format!("purge of {id}: {}", word(result)));
        self.ledger.answered(Wish::Purge(id), result);
        if result.is_ok() {
            self.ledger.answers.push(Answer::Purged(id));
        }
        self.look_into_words();
    }

    fn pressed(&mut self, pages: &[PageId], button: Button, result: &Result<Pressed, Refused>) {
        for page in pages {
            let of_page = result.as_ref().map(|pressed| {
                let own = pressed.results.iter().find(|(answered, _)| answered == page);
                own.is_some_and(|(_, result)| result.is_ok())
            });
            self.ledger.press_answered(Wish::Press(*page, button), of_page.as_ref().copied().map_err(|one| *one));
            self.tell(&format!("{button:?} on {page}: {of_page:?}"));
            if of_page.unwrap_or(false) && button == Button::Acknowledge {
                self.ledger.answers.push(Answer::Acknowledged(*page));
            }
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
    let moot = incident.pages().filter(|(scope, page)| incident.is_moot(*scope, page));
    let moot: Vec<u32> = moot.map(|(_, page)| page.number).collect();
    let owed = plain.owed.iter_mut().flat_map(|owed| &mut owed.pages).map(|owed| &mut owed.page);
    for page in plain.tracks.iter_mut().flat_map(|track| &mut track.pages).chain(owed) {
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
