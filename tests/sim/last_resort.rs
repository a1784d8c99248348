//! Where everybody is involved, and what those can do who have left the rosters.

use wardbell::domain::contact::ChannelKind;
use wardbell::domain::escalation::event::{Because, Event, Paged, StepFired};
use wardbell::domain::escalation::incident::{Delivery, Incident, Track};
use wardbell::domain::page::PageReason;
use wardbell::domain::principal::Principal;
use wardbell::journal::record::Fact;

use crate::entitlement::is_involved;
use crate::hospital::{Department, Person};
use crate::invariants::Broken;
use crate::ledger::{Ledger, Send};
use crate::oracle;

/// Whether a page is the last resort's: by the record, or by what it says where it could not be recorded yet.
pub fn is_last_resort(ledger: &Ledger, send: &Send) -> bool {
    let life = ledger.lives.get(&send.page.incident);
    let recorded = life.and_then(|life| life.pages.get(&send.page.number)).and_then(|page| page.reason);
    recorded.map_or_else(|| says_last_resort(send), |reason| reason == PageReason::LastResort)
}

fn says_last_resort(send: &Send) -> bool {
    let reference = send.page.incident.to_string();
    // A text message about several incidents names one of them, and a long mail the first: the others cannot be seen.
    let is_named = send.of_pages == 1 || send.channel == ChannelKind::Email && send.text.contains(&reference);
    send.text.contains("Hand this to") || send.text.contains(&format!("Hand over:      {reference}")) || !is_named
}

/// Neither severity, nor title, nor department; in a message with other pages, on the lines that name the reference.
pub fn says_the_reference_alone(send: &Send) -> Broken {
    let reference = send.page.incident.to_string();
    let named =
        send.text.lines().filter(|line| send.of_pages == 1 || line.contains(&format!("Hand over:      {reference}")));
    let text = named.collect::<Vec<_>>().join("\n");
    let words = text.split_whitespace().filter(|word| !word.contains("://"));
    let mut told = words.filter(|word| ["critical", "high", "moderate", "low", "Word", "Office"].contains(word));
    told.next().map_or(Ok(()), |word| Err(format!("{word} is told to somebody who is involved: {text}")))
}

/// A step that pages nobody, and is not followed at once, leaves somebody to be waited for: where all are involved, the
/// last resort is paged.
pub fn somebody_is_paged_also_where_all_are_involved(ledger: &Ledger) -> Broken {
    for fresh in ledger.fresh.iter().filter(|fresh| !fresh.is_late) {
        let Fact::Incident(id, Event::StepFired(fired)) = &fresh.record.entry.fact else { continue };
        let Some(incident) = fresh.before.as_ref().filter(|incident| !incident.involved.is_empty()) else { continue };
        let Some(track) = incident.track(&fired.department) else { continue };
        let is_asked = fired.passed_over.iter().any(|passed| passed.because == Because::PagedAlready);
        let follows = fired.next.is_some_and(|next| next.at <= fresh.record.entry.at);
        if !fired.pages.is_empty() || is_asked || follows || may_anybody_answer(ledger, incident, track) {
            continue;
        }
        let mut everybody = ledger.hospital.people();
        if everybody.any(|(department, person)| !is_unreachable(track, department, person)) {
            return Err(format!("{id}: everybody is involved, and nobody is paged for {}", fired.department));
        }
    }
    Ok(())
}

/// Whether the last resort was rightly paged, and is who it should be.
pub fn is_entitled(ledger: &Ledger, incident: &Incident, track: &Track, fired: &StepFired, paged: &Paged) -> Broken {
    if may_anybody_answer(ledger, incident, track) {
        return Err(format!("somebody who is not involved could be paged for {}", fired.department));
    }
    let fallback = ledger.hospital.department("dept-0").ok_or("there is no fallback")?;
    let holder = oracle::holder(fallback, "primary", ledger.wall, &|_| false);
    match holder.filter(|holder| !is_unreachable(track, fallback, holder)) {
        Some(holder) if holder.id != paged.liaison.as_str() => Err(format!("{} is the fallback's primary", holder.id)),
        _ => Ok(()),
    }
}

/// Nobody acknowledges, declines or notes who is no longer in any roster.
pub fn who_has_left_takes_nothing(ledger: &Ledger) -> Broken {
    for fresh in ledger.fresh.iter().filter(|fresh| !fresh.is_late) {
        let Fact::Incident(id, event) = &fresh.record.entry.fact else { continue };
        let (Event::Acknowledged { by, .. } | Event::Declined { by, .. } | Event::Noted { by, .. }) = event else {
            continue;
        };
        let Principal::LinkHolder { liaison, .. } = by else { continue };
        if ledger.hospital.people().all(|(_, person)| person.id != liaison.as_str()) {
            return Err(format!("{id}: {liaison} is no longer in any roster, and answered"));
        }
    }
    Ok(())
}

/// Nobody goes on having a track whom the reminder before did not reach, or who is no longer in any roster.
pub fn whoever_cannot_be_reached_keeps_nothing(ledger: &Ledger) -> Broken {
    for fresh in ledger.fresh.iter().filter(|fresh| !fresh.is_late) {
        let Fact::Incident(id, Event::Reminded { department, .. }) = &fresh.record.entry.fact else { continue };
        let track = fresh.before.as_ref().and_then(|incident| incident.track(department));
        let Some((track, acknowledged)) = track.and_then(|track| Some((track, track.acknowledged.as_ref()?))) else {
            continue;
        };
        let Principal::LinkHolder { liaison, roster, .. } = &acknowledged.by else { continue };
        if ledger.hospital.people().all(|(_, person)| person.id != liaison.as_str()) {
            return Err(format!("{id}: {liaison} is no longer in any roster, and still has it"));
        }
        let mut reminders = track.pages.iter().filter(|page| page.reason.is_for_holder() && !page.called_off);
        let Some(latest) = reminders.rfind(|page| page.is_to(roster, liaison)) else { continue };
        let was_tried = latest.pending.is_empty() || latest.pending.iter().any(Delivery::has_failed_here);
        if !latest.accepted && was_tried {
            return Err(format!("{id}: {liaison} still has it, and was not reached by page {}", latest.number));
        }
    }
    Ok(())
}

fn may_anybody_answer(ledger: &Ledger, incident: &Incident, track: &Track) -> bool {
    let mut people = ledger.hospital.people();
    people.any(|(department, one)| !is_involved(ledger, incident, one) && !has_passed(track, department, one))
}

fn has_passed(track: &Track, department: &Department, person: &Person) -> bool {
    let (roster, id) = (department.id.parse().unwrap(), person.id.parse().unwrap());
    track.passed(&roster, &id).is_some()
}

fn is_unreachable(track: &Track, department: &Department, person: &Person) -> bool {
    let (roster, id) = (department.id.parse().unwrap(), person.id.parse().unwrap());
    track.passed(&roster, &id) == Some(Because::Unreachable)
}
