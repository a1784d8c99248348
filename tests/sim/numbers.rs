//! Several numbers of one person: what one of them refuses for good goes to the next one at once.

use std::collections::BTreeMap;

use wardbell::domain::contact::ChannelKind;
use wardbell::domain::id::PageId;

use crate::bundling::{AFTER_FAILURE_MS, SLACK_MS};
use crate::invariants::Broken;
use crate::ledger::{Ledger, Life, Send, Try};

/// The numbers whose turn it is.
#[derive(Debug, Default)]
pub struct Numbers {
    owed: BTreeMap<(PageId, ChannelKind), Owed>,
    /// How often a page went on to another number.
    pub went_on: u64,
}

#[derive(Debug)]
struct Owed {
    to: String,
    since: u64,
    /// The record says so, and a crash changes nothing.
    is_recorded: bool,
}

impl Ledger {
    /// A number has refused a page for good, and the process hears of it: by the rosters, another one may be next.
    pub fn number_refused(&mut self, page: PageId, channel: ChannelKind, to: &str) {
        let Some(next) = self.number_after(page, channel).filter(|next| next != to) else { return };
        self.numbers.owed.insert((page, channel), Owed { to: next, since: self.now, is_recorded: false });
    }

    /// The record names the next number of a page.
    pub fn number_recorded(&mut self, page: PageId, channel: ChannelKind, to: &str) {
        let has_come = |life: &Life| life.attempts.contains_key(&(page.number, channel, to.to_owned()));
        if self.lives.get(&page.incident).is_some_and(has_come) {
            return;
        }
        let since = self.numbers.owed.get(&(page, channel)).map_or(self.now, |owed| owed.since);
        self.numbers.owed.insert((page, channel), Owed { to: to.to_owned(), since, is_recorded: true });
    }

    /// A page arrives at a number.
    pub fn number_tried(&mut self, page: PageId, channel: ChannelKind, to: &str) {
        if self.numbers.owed.get(&(page, channel)).is_some_and(|owed| owed.to == to) {
            self.numbers.owed.remove(&(page, channel));
            self.numbers.went_on += 1;
        }
    }

    /// A process that ends before it could record a refusal does not know of it.
    pub fn forget_unrecorded_numbers(&mut self) {
        self.numbers.owed.retain(|_, owed| owed.is_recorded);
    }

    /// The keeper of a roster has changed it: which number is next is decided with the old one or the new one.
    pub fn numbers_edited(&mut self) {
        self.forget_unrecorded_numbers();
    }

    /// The first of the reader's numbers that has not refused the page.
    fn number_after(&self, page: PageId, channel: ChannelKind) -> Option<String> {
        let life = self.lives.get(&page.incident)?;
        let paged = &life.pages.get(&page.number)?.paged;
        let department = self.hospital.department(paged.roster.as_str())?;
        let person = department.people.iter().find(|person| person.id == paged.liaison.as_str())?;
        let mut numbers = person.numbers().filter(|_| channel == ChannelKind::Sms);
        numbers.find(|number| !refused(life, page, channel, number)).cloned()
    }
}

fn refused(life: &Life, page: PageId, channel: ChannelKind, to: &str) -> bool {
    let tries = life.attempts.get(&(page.number, channel, to.to_owned()));
    tries.is_some_and(|tries| tries.state == Try::Refused || tries.is_over)
}

/// Whether a page went to another number than its record has because all before it have refused it, while nothing could be
/// recorded.
pub fn follows_a_refusal(ledger: &Ledger, send: &Send) -> bool {
    let Some(life) = ledger.lives.get(&send.page.incident).filter(|_| ledger.has_unrecorded()) else { return false };
    let Some(page) = life.pages.get(&send.page.number) else { return false };
    let first = page.paged.channels.iter().find(|channel| channel.by == send.channel);
    let people = ledger.hospital.people().filter(|(_, person)| person.id == page.paged.liaison.as_str());
    let is_theirs = people.flat_map(|(_, person)| person.numbers()).any(|number| *number == send.to);
    let was_tried = |to: &String| {
        let tries = life.attempts.get(&(send.page.number, send.channel, to.clone()));
        tries.is_some_and(|tries| matches!(tries.state, Try::Refused | Try::Again))
    };
    is_theirs && first.is_some_and(|channel| was_tried(&channel.to))
}

/// A page that a number refused for good, and that somebody still needs, is at the person's next number at once: it waits
/// for no bundling time.
pub fn what_a_number_refuses_goes_to_the_persons_next_one(ledger: &Ledger) -> Broken {
    if !ledger.is_up || !ledger.journal_works {
        return Ok(());
    }
    for ((page, channel), owed) in &ledger.numbers.owed {
        let Some(incident) = ledger.incidents.get(&page.incident) else { continue };
        let open = incident.page(page.number).filter(|(scope, open)| !incident.is_moot(*scope, open));
        let Some(((track, _), at_once)) = open.zip(ledger.at_once(*page, *channel)) else { continue };
        // Another page may have failed there before.
        let goes_by = owed.since.max(at_once) + AFTER_FAILURE_MS + SLACK_MS + ledger.slack_ms;
        if ledger.now > goes_by {
            let late = ledger.now - goes_by;
            return Err(format!(
                "{page} of {} is not at the next number of its reader, {late} ms late",
                track.department
            ));
        }
    }
    Ok(())
}
