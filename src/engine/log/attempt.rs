//! How an attempt to send a page ended.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::contact::ChannelKind;
use crate::domain::escalation::incident::Incident;
use crate::domain::further_contact::ContactPosition;
use crate::domain::id::{IncidentId, PageId};
use crate::domain::outcome::{Blame, Outcome};
use crate::domain::words::capitalized;
use crate::engine::log::target::TARGET;
use crate::engine::parts::send_durations::SendDurations;
use crate::provider::failure::Failure;
use crate::provider::failure_of;

pub struct Attempt<'a> {
    pub incident: IncidentId,
    pub page: u32,
    pub channel: ChannelKind,
    /// Which of the person's contacts it went to.
    pub contact: ContactPosition,
    pub outcome: &'a Outcome,
    pub retry_in: Option<TimeDelta>,
    pub next: AfterAttempt,
}

/// What follows immediately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterAttempt {
    Nothing,
    /// The page goes to the person's next contact.
    NextContact,
    /// No channel reaches the person, and the next person is paged.
    NextPerson,
}

impl Attempt<'_> {
    /// Logs it, as a warning only if someone may have to act; retries need no one.
    pub fn log(&self, state: Option<&Incident>, durations: &mut SendDurations) {
        let Self { incident, channel, outcome, .. } = *self;
        let page = PageId { incident, number: self.page };
        let found = state.and_then(|state| state.page(self.page));
        let liaison = found.map(|(_, page)| page.liaison.as_str());
        let is_wanted = state.zip(found).is_some_and(|(state, (scope, page))| !state.is_moot(scope, page));
        let took = durations.take(page, channel);
        let milliseconds = took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        let whose = liaison.map_or_else(|| format!("page {page}"), str::to_owned);
        let whose = self.contact.of_person(channel, &whose);
        let what = format!("{incident}: {} to {whose}", capitalized(channel.in_words()));
        let Some(code) = outcome.code() else {
            let time = took.map(|took| format!(" in {}", seconds(took))).unwrap_or_default();
            tracing::info!(
                target: TARGET, %incident, %page, %channel, liaison, outcome = "accepted", milliseconds,
                "{what} accepted{time}"
            );
            return;
        };
        let (why, then) = (why(outcome, code), self.then(is_wanted));
        if self.needs_somebody(is_wanted) {
            tracing::warn!(
                target: TARGET, %incident, %page, %channel, liaison, outcome = "failed", code, milliseconds,
                "{what} failed ({why}), {then}"
            );
        } else {
            tracing::info!(
                target: TARGET, %incident, %page, %channel, liaison, outcome = "failed", code, milliseconds,
                "{what} failed ({why}), {then}"
            );
        }
    }

    fn needs_somebody(&self, is_wanted: bool) -> bool {
        let is_refused = matches!(self.outcome, Outcome::Permanent { .. });
        is_refused || self.next == AfterAttempt::NextPerson || is_wanted && self.retry_in.is_none()
    }

    fn then(&self, is_wanted: bool) -> String {
        let by_blame = match self.outcome {
            Outcome::Permanent { blame: Blame::Roster, .. } => "not retried: correct the roster",
            Outcome::Permanent { blame: Blame::Recipient, .. } => "not retried: ask the recipient",
            Outcome::Permanent { blame: Blame::Account, .. } => "not retried: check the channel's account and settings",
            _ if !is_wanted && self.retry_in.is_none() => "not retried, as the page is no longer needed",
            _ => "not retried",
        };
        let retry = self.retry_in.map(|wait| format!("retrying in {}", length(wait)));
        let next = match self.next {
            AfterAttempt::Nothing => String::new(),
            AfterAttempt::NextContact => {
                format!("; sending it to their {} {} now", self.contact.next(), self.channel.address_word())
            }
            AfterAttempt::NextPerson => "; no channel reaches them, so the next person is paged".to_owned(),
        };
        format!("{}{next}", retry.unwrap_or_else(|| by_blame.to_owned()))
    }
}

fn why(outcome: &Outcome, code: &str) -> &'static str {
    if let Outcome::Permanent { blame, .. } = outcome {
        match blame {
            Blame::Roster => return "address or number refused",
            Blame::Recipient => return "recipient does not accept messages",
            Blame::Account => {}
        }
    }
    match failure_of(code) {
        Failure::Unreachable => "provider unreachable",
        Failure::NotSecure => "no encrypted connection to the provider",
        Failure::LoginRefused => "login refused by the provider",
        Failure::TooSlow => "no answer from the provider in time",
        Failure::BrokenOff => "connection closed early",
        Failure::TooMany => "provider limits how many messages it accepts",
        Failure::Unreadable => "provider's answer cannot be understood",
        Failure::RecipientBusy => "mailbox or phone not available",
        Failure::ProviderTrouble => "provider reports an internal error",
        Failure::Refused => "message refused by the provider",
    }
}

/// `0.4 s`; below a tenth of a second, `12 ms`.
fn seconds(took: Duration) -> String {
    if took.as_millis() < 100 { format!("{} ms", took.as_millis()) } else { format!("{:.1} s", took.as_secs_f64()) }
}

/// `20 s`, from two minutes on `3 min`, and from two hours on `3 h`.
pub fn length(time: TimeDelta) -> String {
    let seconds = ((time.num_milliseconds() + 500) / 1_000).max(1);
    match seconds {
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h", (seconds + 1_800) / 3_600),
    }
}
