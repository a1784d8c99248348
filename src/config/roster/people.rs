//! Liaisons: contacts and absences.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::config::context::place;
use crate::config::diagnostics::{closest, quoted};
use crate::config::reader::Spanned;
use crate::config::roster::dates;
use crate::config::roster::hours::never_closes;
use crate::config::roster::person;
use crate::config::roster::raw::{Listed, RawAway, RawLiaison, RawNotify, RawRoster, RawUnavailable};
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::contact::{ChannelKind, Contact, Contacts};
use crate::domain::id::LiaisonId;
use crate::domain::local_time;
use crate::domain::roster::hours::Hours;
use crate::domain::roster::unavailable::Unavailable;
use crate::domain::roster::{Away, Liaison};
use crate::domain::wait::Wait;
use crate::domain::words::neither;

pub(super) fn validate(raw: &RawLiaison, scope: &Scope<'_>) -> Option<Liaison> {
    if !raw.has_name && raw.listed == Listed::No && scope.is_whole {
        let diagnostic = Diagnostic::error(
            Code::MissingKey,
            &raw.spot,
            "this liaison has neither a `name` nor an entry in `people.toml`",
        );
        let id = raw.id.as_ref().map(|id| id.value.as_str()).unwrap_or_default();
        let hint = closest(id, scope.context.people.iter().map(LiaisonId::as_str));
        let hint = hint.map(|person| format!("did you mean {}, who is in `{}`?", quoted(person), person::FILE));
        scope.context.diagnostics.push(diagnostic.maybe_hint(hint));
    }
    check_contacts(raw, scope);
    let order = order(raw, scope);
    if let Some(order) = &order {
        check_channels(raw, order, scope);
    }
    let away: Vec<_> = raw.away.iter().map(|away| validate_away(away, raw, scope)).collect();
    Some(Liaison {
        id: raw.id.as_ref()?.value.clone(),
        name: raw.name.as_ref()?.value.0.clone(),
        contacts: contacts(raw, &order?),
        sms_consent: raw.sms_consent.as_ref().map(|day| day.value),
        away: away.into_iter().collect::<Option<_>>()?,
        unavailable: raw.unavailable.iter().filter_map(|time| unavailable(time, scope)).collect(),
        is_listed: raw.listed == Listed::Yes,
        place: place(&raw.spot),
    })
}

/// Checks for duplicate IDs and for people who are never on call.
pub(super) fn check_all(roster: &RawRoster, scope: &Scope<'_>) {
    let diagnostics = scope.context.diagnostics;
    let mut taken = BTreeSet::new();
    for id in roster.liaisons.iter().filter_map(|liaison| liaison.id.as_ref()) {
        if !taken.insert(&id.value) {
            let message = format!("another liaison already has the ID {}", quoted(id.value.as_str()));
            diagnostics.error(Code::DuplicateId, &id.spot, message);
        }
    }
    let used = used(roster);
    for id in roster.liaisons.iter().filter_map(|liaison| liaison.id.as_ref()).filter(|_| scope.is_whole) {
        if !used.contains(&id.value) {
            let message =
                format!("{} is not in any rotation, override, or cover, and is never paged", quoted(id.value.as_str()));
            diagnostics.warning(Code::UnusedLiaison, &id.spot, message);
        }
    }
}

fn used(roster: &RawRoster) -> BTreeSet<&LiaisonId> {
    let turns = roster.rotations.iter().filter_map(|rotation| rotation.liaisons.as_ref()).flat_map(|list| &list.items);
    let turns = turns.filter_map(|turn| turn.value.liaison());
    let approvers = roster.approvers.iter().flat_map(|list| &list.items).map(|id| &id.value);
    let changes = roster.overrides.iter().filter_map(|change| change.liaison.as_ref());
    let covers = roster.liaisons.iter().flat_map(|liaison| &liaison.away).filter_map(|away| away.cover.as_ref());
    turns.chain(approvers).chain(changes.chain(covers).map(|id| &id.value)).collect()
}

fn check_contacts(raw: &RawLiaison, scope: &Scope<'_>) {
    let diagnostics = scope.context.diagnostics;
    if raw.contacts.channels.is_empty() && raw.listed != Listed::Unknown {
        let keys = ChannelKind::ALL.map(|channel| format!("`{channel}`"));
        let message = format!("this liaison has {}", neither(&keys));
        let diagnostic = Diagnostic::error(Code::NoContact, &raw.spot, message);
        diagnostics.push(diagnostic.hint("add at least one; with both, pages still arrive when one channel is down"));
    }
    if let Some(sms) = raw.contacts.of(ChannelKind::Sms).filter(|_| raw.sms_consent.is_none()) {
        let message = "`sms_consent` is missing: the date on which this person agreed to receive text messages";
        let diagnostic = Diagnostic::warning(Code::SmsWithoutConsent, &sms.spot, message);
        diagnostics.push(diagnostic.hint("ask the person, and set the date: `sms_consent = 2026-10-01`"));
    }
}

/// The person's contacts, those used for pages first.
fn contacts(raw: &RawLiaison, order: &[(ChannelKind, Wait)]) -> Contacts {
    let used = order.iter().map(|(channel, after)| (*channel, Some(*after)));
    let unused = ChannelKind::ALL.into_iter().map(|channel| (channel, None));
    let contact = |(channel, order)| {
        let address = raw.contacts.of(channel)?.address.clone();
        Some(Contact { channel, address, order })
    };
    let further = raw.contacts.further.iter().map(|further| further.value.clone()).collect();
    Contacts::with_further(used.chain(unused).filter_map(contact).collect(), further)
}

/// Times of the week at which a person cannot be on call.
fn unavailable(raw: &RawUnavailable, scope: &Scope<'_>) -> Option<Unavailable> {
    if raw.weekly.has_typo {
        return None;
    }
    if raw.weekly.is_omitted() {
        let message = "this time has neither `days` nor `hours`";
        let diagnostic = Diagnostic::error(Code::MissingKey, &raw.spot, message);
        let hint = "write the days, such as `days = [\"tue\"]`, and the hours, such as `hours = \"08:00-17:00\"`";
        scope.context.diagnostics.push(diagnostic.hint(hint));
        return None;
    }
    let hours = Hours { weekly: raw.weekly.spans(), ..Hours::default() };
    if never_closes(&hours) && raw.until.is_none() {
        let message = "this person is never available";
        let diagnostic = Diagnostic::error(Code::BadValue, &raw.spot, message);
        scope.context.diagnostics.push(diagnostic.hint("leave out some `days` or `hours`, or set `until`"));
    }
    let until = raw.until.as_ref().map(|until| until.value);
    Some(Unavailable { hours, until, place: place(&raw.spot) })
}

/// The channels used for pages, each with its delay; `None` if an entry of `notify` has no channel.
fn order(raw: &RawLiaison, scope: &Scope<'_>) -> Option<Vec<(ChannelKind, Wait)>> {
    let Some(entries) = &raw.notify else {
        return Some(raw.contacts.channels.iter().map(|channel| (*channel, Wait::ZERO)).collect());
    };
    let (mut order, mut complete) = (Vec::<(ChannelKind, Wait)>::new(), true);
    for RawNotify { by, after } in entries {
        let Some(by) = by else {
            complete = false;
            continue;
        };
        let channel = by.value;
        if !raw.contacts.channels.contains(&channel) {
            let message = format!("`notify` uses `{channel}`, but this liaison has no `{channel}`");
            scope.context.diagnostics.error(Code::NoContact, &by.spot, message);
        }
        if order.iter().any(|(one, _)| *one == channel) {
            let message = format!("`notify` already has `{channel}`; to page someone again, add a step to the ladder");
            scope.context.diagnostics.error(Code::BadValue, &by.spot, message);
        }
        order.push((channel, after.as_ref().map_or(Wait::ZERO, |after| after.value)));
    }
    complete.then_some(order)
}

fn check_channels(raw: &RawLiaison, order: &[(ChannelKind, Wait)], scope: &Scope<'_>) {
    let set_up = &scope.context.channels;
    let is_reached = order.is_empty() || order.iter().any(|(channel, _)| set_up.contains(channel));
    if is_reached || set_up.is_empty() {
        return;
    }
    let words: Vec<_> = set_up.iter().map(|channel| format!("`{channel}`")).collect();
    let message = format!("pages cannot reach this liaison: only {} is configured", words.join(" and "));
    let hint = "add a contact for that channel, or configure the other one in `wardbell.toml`";
    scope.context.diagnostics.push(Diagnostic::warning(Code::NoChannel, &raw.spot, message).hint(hint));
}

fn validate_away(raw: &RawAway, liaison: &RawLiaison, scope: &Scope<'_>) -> Option<Away> {
    let diagnostics = scope.context.diagnostics;
    let interval = interval(raw.from.as_ref(), raw.to.as_ref(), scope);
    let cover = raw.cover.as_ref().map(|cover| scope.liaison(cover));
    if let (Some(cover), Some(own)) = (&raw.cover, &liaison.id)
        && cover.value == own.value
    {
        diagnostics.error(Code::BadValue, &cover.spot, "people cannot cover for themselves");
    }
    dates::check_leave(raw, scope);
    let (from, to) = interval?;
    let cover = match cover {
        Some(cover) => Some(cover?),
        None => None,
    };
    Some(Away { from, to, cover, place: place(&raw.spot) })
}

/// The instants of a start and an end. Reports an end that is not after its start.
pub(super) fn interval(
    from: Option<&Spanned<NaiveDateTime>>,
    to: Option<&Spanned<NaiveDateTime>>,
    scope: &Scope<'_>,
) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (from, end) = (from?, to?);
    let instants = (local_time::to_instant(scope.zone, from.value), local_time::to_instant(scope.zone, end.value));
    if instants.0 >= instants.1 {
        let skipped = [from, end].into_iter().find_map(|time| local_time::skipped_in_words(scope.zone, time.value));
        report_backwards(&end.spot, skipped, scope);
    }
    Some(instants)
}

fn report_backwards(spot: &Spot, hint: Option<String>, scope: &Scope<'_>) {
    let diagnostic = Diagnostic::error(Code::BadValue, spot, "`to` must be after `from`");
    scope.context.diagnostics.push(diagnostic.maybe_hint(hint));
}
