//! One person, one message: how far apart messages are, and how long a page waits for one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::id::{IncidentId, LiaisonId, PageId};
use wardbell::domain::outcome::Outcome;
use wardbell::domain::severity::Severity;

use crate::invariants::Broken;
use crate::ledger::{Ledger, Life};

/// Between two messages to one person over one channel.
const BUNDLE_MS: u64 = 60_000;

/// The same where the second one has a critical page in it.
const CRITICAL_MS: u64 = 10_000;

/// After a failure the provider is left alone for this long at most.
pub const AFTER_FAILURE_MS: u64 = 8_000;

/// From so many messages on their way on, a channel may let others wait.
const CROWDED: usize = 7;

/// So many messages to one person that no provider has answered make others wait for one of them.
const UNANSWERED: usize = 4;

/// Clocks are read a little later than they are judged.
pub const SLACK_MS: u64 = 1_050;

/// Who a message goes to: real pages and drills never share one.
type Recipient = (ChannelKind, String, LiaisonId, bool);

/// All messages of this process.
#[derive(Debug, Default)]
pub struct Bundles {
    recipients: BTreeMap<Recipient, Messages>,
    flights: BTreeMap<u64, (Recipient, u64)>,
    crowded_until: BTreeMap<ChannelKind, u64>,
    unanswered_until: BTreeMap<Recipient, u64>,
    unknown_until: BTreeMap<(ChannelKind, String), u64>,
    /// When each page was due over each channel, and how grave it was then.
    due: BTreeMap<(PageId, ChannelKind), (u64, Severity)>,
    too_soon: Option<String>,
    mixed: Option<String>,
}

#[derive(Debug, Default)]
struct Messages {
    /// When the last one was let go that a provider took over.
    last_taken: Option<u64>,
    left_alone_until: u64,
}

impl Ledger {
    /// A page is made, and is to go over a channel after a while.
    pub fn page_due(&mut self, page: PageId, channel: ChannelKind, after_ms: i64, severity: Severity) {
        let life = self.lives.get(&page.incident);
        if life.is_some_and(|life| has_gone(life, page, channel)) {
            // It went out while nothing could be recorded.
            return;
        }
        let due = self.now + u64::try_from(after_ms).unwrap_or_default();
        self.bundles.due.insert((page, channel), (due, severity));
    }

    /// A message has arrived; its pages are not in the ledger as sent yet.
    pub fn message(&mut self, number: u64, pages: &[PageId], channel: ChannelKind, to: &str) {
        let drills: Vec<bool> =
            pages.iter().filter_map(|page| Some(self.incidents.get(&page.incident)?.drill)).collect();
        if drills.iter().any(|drill| *drill != drills[0]) {
            self.bundles.mixed = Some(format!("a message to {to} has drills and real pages: {pages:?}"));
        }
        for page in pages {
            self.bundles.due.remove(&(*page, channel));
        }
        let Some(recipient) = pages.iter().find_map(|page| self.recipient(*page, channel)) else {
            // Its pages are not recorded yet: who it went to, and how it ends, is not known.
            let until = self.now + BUNDLE_MS + AFTER_FAILURE_MS;
            let theirs = self.hospital.people().filter(|(_, person)| person.contacts().any(|contact| contact == to));
            let all = theirs.flat_map(|(_, person)| person.contacts()).cloned().chain([to.to_owned()]);
            self.bundles.unknown_until.extend(all.map(|contact| ((channel, contact), until)));
            return;
        };
        let is_retry = pages.iter().any(|page| {
            let life = self.lives.get(&page.incident);
            life.is_some_and(|life| has_gone(life, *page, channel))
        });
        let severity = |page: &PageId| self.incidents.get(&page.incident).map(|incident| incident.severity);
        let between = between(pages.iter().filter_map(severity).max().unwrap_or(Severity::Critical));
        if let Some(last) = self.last_message(&recipient).filter(|_| !is_retry)
            && self.now + SLACK_MS + self.slack_ms < last + between
        {
            let after = self.now - last;
            self.bundles.too_soon =
                Some(format!("{to} had another message over {channel} after {after} ms: {pages:?}"));
        }
        self.bundles.flights.insert(number, (recipient, self.now));
        self.look_for_crowds();
    }

    /// A provider has answered a message.
    pub fn message_ended(&mut self, number: u64, outcome: &Outcome) {
        let Some((recipient, let_go)) = self.bundles.flights.remove(&number) else { return };
        let messages = self.bundles.recipients.entry(recipient).or_default();
        if matches!(outcome, Outcome::Accepted { .. }) {
            messages.last_taken = messages.last_taken.max(Some(let_go));
        } else {
            messages.left_alone_until = self.now + AFTER_FAILURE_MS;
        }
    }

    /// A page was sent, or nobody needs it any more.
    pub fn forget_due(&mut self, id: IncidentId) {
        let Some(incident) = self.incidents.get(&id) else { return };
        let first = (PageId { incident: id, number: 0 }, ChannelKind::ALL[0]);
        let theirs = self.bundles.due.range(first..).take_while(|((page, _), _)| page.incident == id);
        let gone = theirs.filter(|((page, channel), _)| {
            let open = incident.page(page.number).filter(|(scope, open)| !incident.is_moot(*scope, open));
            open.is_none_or(|(_, open)| open.pending.iter().all(|one| one.by != *channel || one.has_failed()))
        });
        let gone: Vec<_> = gone.map(|(key, _)| *key).collect();
        self.bundles.due.retain(|key, _| !gone.contains(key));
    }

    /// After a start, where logical time stands at `at`, waits go on.
    pub fn pages_wait_on(&mut self, at: DateTime<Utc>) {
        let (now, incidents) = (self.now, &self.incidents);
        for ((page, channel), (due, _)) in &mut self.bundles.due {
            let open = incidents.get(&page.incident).and_then(|incident| incident.page(page.number));
            let delivery = open.and_then(|(_, open)| open.pending.iter().find(|one| one.by == *channel));
            if let Some(delivery) = delivery {
                *due = now + u64::try_from((delivery.at - at).num_milliseconds()).unwrap_or_default();
            }
        }
    }

    /// What the process knew of its messages is lost with it.
    pub fn forget_messages(&mut self) {
        self.bundles.recipients.clear();
        self.bundles.flights.clear();
    }

    /// Takes note of channels and people that have as much on its way as lets others wait.
    pub fn look_for_crowds(&mut self) {
        for channel in ChannelKind::ALL {
            let flights = self.bundles.flights.values().filter(|((of, ..), _)| *of == channel);
            if flights.count() >= CROWDED {
                self.bundles.crowded_until.insert(channel, self.now);
            }
        }
        let mut unanswered: BTreeMap<&Recipient, usize> = BTreeMap::new();
        for (recipient, _) in self.bundles.flights.values() {
            *unanswered.entry(recipient).or_default() += 1;
        }
        let full = unanswered.into_iter().filter(|(_, count)| *count >= UNANSWERED);
        let full: Vec<Recipient> = full.map(|(recipient, _)| recipient.clone()).collect();
        self.bundles.unanswered_until.extend(full.into_iter().map(|recipient| (recipient, self.now)));
    }

    /// Whoever a page goes to counts as one, at whichever of their numbers: the first one stands for all.
    fn recipient(&self, page: PageId, channel: ChannelKind) -> Option<Recipient> {
        let paged = &self.lives.get(&page.incident)?.pages.get(&page.number)?.paged;
        let first = paged.channels.iter().find(|one| one.by == channel)?.to.clone();
        Some((channel, first, paged.liaison.clone(), self.incidents.get(&page.incident)?.drill))
    }

    /// When the last message was let go that came, or may have.
    fn last_message(&self, recipient: &Recipient) -> Option<u64> {
        let flights = self.bundles.flights.values().filter(|(to, _)| to == recipient).map(|(_, let_go)| *let_go);
        flights.chain(self.bundles.recipients.get(recipient).and_then(|messages| messages.last_taken)).max()
    }

    /// When a page that has not been sent should be on its way at last; `None` where it need not.
    fn goes_by(&self, page: PageId, channel: ChannelKind, to: &str) -> Option<u64> {
        let (due, severity) = self.bundles.due.get(&(page, channel)).copied()?;
        let recipient = self.recipient(page, channel)?;
        let bundled = self.last_message(&recipient).map_or(0, |last| last + between(severity));
        let left_alone = self.bundles.recipients.get(&recipient).map_or(0, |messages| messages.left_alone_until);
        let unknown = self.bundles.unknown_until.get(&(channel, to.to_owned())).copied().unwrap_or_default();
        let at_once = self.at_once(page, channel)?;
        [due, bundled, left_alone, unknown, at_once].into_iter().max()
    }

    /// When a page should be on its way that waits for no bundling time and no pause after a failure.
    pub fn at_once(&self, page: PageId, channel: ChannelKind) -> Option<u64> {
        let recipient = self.recipient(page, channel)?;
        let crowded = self.bundles.crowded_until.get(&channel).copied().unwrap_or_default();
        let unanswered = self.bundles.unanswered_until.get(&recipient).copied().unwrap_or_default();
        [crowded, unanswered, self.started_at, self.calm_since].into_iter().max()
    }
}

fn has_gone(life: &Life, page: PageId, channel: ChannelKind) -> bool {
    life.attempts.keys().any(|(number, by, _)| (*number, *by) == (page.number, channel))
}

fn between(severity: Severity) -> u64 {
    if severity == Severity::Critical { CRITICAL_MS } else { BUNDLE_MS }
}

/// Nobody gets more than one message over a channel in the bundling time, but for what failed before; and drills never
/// come with what is real.
pub fn nobody_gets_more_than_one_message_in_the_bundling_time(ledger: &Ledger) -> Broken {
    let broken = ledger.bundles.too_soon.iter().chain(&ledger.bundles.mixed).next();
    broken.map_or(Ok(()), |why| Err(why.clone()))
}

/// Every page that somebody still needs is in a message within its bundling time.
pub fn every_page_is_in_a_message_within_its_bundling_time(ledger: &Ledger) -> Broken {
    if !ledger.is_up || !ledger.journal_works {
        return Ok(());
    }
    for (page, channel) in ledger.bundles.due.keys() {
        let Some(incident) = ledger.incidents.get(&page.incident) else { continue };
        let Some((track, open)) = incident.page(page.number).filter(|(scope, open)| !incident.is_moot(*scope, open))
        else {
            continue;
        };
        let Some(delivery) = open.pending.iter().find(|delivery| delivery.by == *channel) else { continue };
        let goes_by = ledger.goes_by(*page, *channel, &delivery.to);
        if let Some(goes_by) = goes_by.filter(|at| ledger.now > at + SLACK_MS + ledger.slack_ms) {
            let late = ledger.now - goes_by;
            return Err(format!("{page} of {} is in no message over {channel}, {late} ms late", track.department));
        }
    }
    Ok(())
}
