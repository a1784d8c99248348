//! People who share a contact while both are on call, and people with only one usable channel.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::config::coverage::walk::{Walk, wanted};
use crate::config::coverage::words::interval;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::{LiaisonId, Role};
use crate::domain::place::Place;
use crate::domain::roster::change::Shift;
use crate::domain::roster::on_call::{Rule, Why};
use crate::domain::roster::{Liaison, Roster};

/// Every primary and backup who share a contact while both are on call, including through an override or a cover.
pub fn one_place(walk: &Walk<'_>, roster: &Roster) -> Vec<Diagnostic> {
    let primaries = walk.duties.role(&roster.department, &Role::primary());
    let backups = walk.duties.role(&roster.department, &Role::backup());
    let mut pairs: BTreeMap<(&LiaisonId, &LiaisonId), Meeting> = BTreeMap::new();
    let mut first = 0;
    for backup in backups.shifts.iter().filter(|shift| shift.from < walk.span.to) {
        first += primaries.shifts[first..].iter().take_while(|primary| primary.to <= backup.from).count();
        for primary in primaries.shifts[first..].iter().take_while(|primary| primary.from < backup.to) {
            let Some((one, other, place)) = sharing(roster, primary, backup) else { continue };
            let during = (primary.from.max(backup.from), primary.to.min(backup.to).min(walk.span.to));
            let meeting = pairs.entry((&one.id, &other.id)).or_insert(Meeting { place, during, times: 0 });
            meeting.times += 1;
        }
    }
    let report = |((one, other), meeting): (&(&LiaisonId, &LiaisonId), &Meeting<'_>)| {
        let when = interval(&roster.timezone, meeting.during, meeting.times, walk.span.to);
        let message = format!(
            "`{one}` is `primary` and `{other}` is `backup` in `{}` {when}, but they share a contact",
            roster.department
        );
        let diagnostic = Diagnostic::error(Code::PrimaryIsBackup, &walk.texts.line(meeting.place), message);
        diagnostic.hint("give each their own contact, or choose someone else here")
    };
    pairs.iter().map(report).collect()
}

/// Two people who share a contact.
struct Meeting<'a> {
    place: &'a Place,
    during: (DateTime<Utc>, DateTime<Utc>),
    times: usize,
}

fn sharing<'a>(
    roster: &'a Roster,
    primary: &'a Shift,
    backup: &'a Shift,
) -> Option<(&'a Liaison, &'a Liaison, &'a Place)> {
    let (second, why) = backup.on_call.as_ref()?;
    let (first, why_first) = primary.on_call.as_ref()?;
    let (one, other) = (roster.liaison(first)?, roster.liaison(second)?);
    // If a rotation meets an override or a cover, report it there: it brought the two together.
    let is_change = |why: &Why| matches!(why.rule, Rule::Override | Rule::Cover);
    let at_fault = if is_change(why_first) && !is_change(why) { why_first } else { why };
    one.shares_contact(other).then_some((one, other, &at_fault.place))
}

/// Everyone on call with only one usable channel; empty if only one channel is configured.
pub fn one_channel(walk: &Walk<'_>) -> Vec<Diagnostic> {
    let channels = &walk.plan.channels;
    if let [only] = channels[..] {
        let spot = walk.texts.key(&walk.texts.main, &[&["channel"]]);
        let message = format!("only `[channel.{only}]` is configured; when it is down, pages reach no one");
        let hint = "configure the other channel too, and add a contact for it to each liaison";
        return vec![Diagnostic::warning(Code::OneChannel, &spot, message).hint(hint)];
    }
    let mut on_call = BTreeSet::new();
    for (department, role) in wanted(walk.plan) {
        let duty = walk.duties.role(&department, &role);
        let shifts = duty.shifts.iter().filter(|shift| shift.from < walk.span.to);
        on_call.extend(shifts.filter_map(|shift| Some((department.clone(), shift.on_call.as_ref()?.0.clone()))));
    }
    let report = |(department, id): (_, LiaisonId)| {
        let liaison = walk.plan.rosters.get(&department)?.liaison(&id)?;
        let [(contact, _)] = liaison.contacts.reachable(channels).collect::<Vec<_>>()[..] else { return None };
        let only = contact.channel;
        let other = channels.iter().find(|channel| **channel != only)?;
        let message = format!("`{id}` is on call with `{only}` only; when it is down, pages do not arrive");
        let diagnostic = Diagnostic::warning(Code::OneChannel, &walk.texts.line(&liaison.place), message);
        Some(diagnostic.hint(format!("add `{other}`, also to `notify` if it is set")))
    };
    on_call.into_iter().filter_map(report).collect()
}
