//! The promises of the contract, each as a function that says what is wrong if one is broken.

use chrono::TimeDelta;
use wardbell::domain::escalation::event::{Event, StepPosition};
use wardbell::domain::page::PageReason;
use wardbell::domain::playbook::ladder::Ladder;
use wardbell::domain::principal::Principal;
use wardbell::journal::line::Line;
use wardbell::journal::record::Fact;

use crate::keys::MARK;
use crate::ledger::{Answer, Fresh, Ledger, Send, Try};
use crate::{
    bundling, channel_test, entitlement, hand_over, keys, last_resort, numbers, owed, retention, silence, start, wishes,
};

/// What is wrong.
pub type Broken = Result<(), String>;

/// A promise, by the name that its function has.
pub type Promise = (&'static str, fn(&Ledger) -> Broken);

/// Everything that is promised, checked after every step.
pub const PROMISES: &[Promise] = &[
    ("every_accepted_incident_leads_to_a_page", every_accepted_incident_leads_to_a_page),
    ("a_track_climbs_until_acknowledged", a_track_climbs_until_acknowledged),
    ("no_step_is_early", no_step_is_early),
    ("no_step_is_late", no_step_is_late),
    ("a_restart_makes_no_wait_longer", a_restart_makes_no_wait_longer),
    ("only_the_entitled_are_paged", entitlement::only_the_entitled_are_paged),
    ("nothing_is_sent_after_an_acknowledgement", nothing_is_sent_after_an_acknowledgement),
    ("what_is_owed_stays_owed", owed::what_is_owed_stays_owed),
    ("nobody_acknowledges_without_a_press", nobody_acknowledges_without_a_press),
    ("accepted_means_durable", accepted_means_durable),
    ("a_page_comes_twice_only_after_a_crash", a_page_comes_twice_only_after_a_crash),
    ("a_page_goes_where_its_record_says", a_page_goes_where_its_record_says),
    ("what_a_number_refuses_goes_to_the_persons_next_one", numbers::what_a_number_refuses_goes_to_the_persons_next_one),
    ("nobody_meets_a_burst", nobody_meets_a_burst),
    ("repeats_page_nobody_unless_the_severity_rose", repeats_page_nobody_unless_the_severity_rose),
    (
        "what_is_accepted_is_answered_as_gravely_as_its_class_asks",
        what_is_accepted_is_answered_as_gravely_as_its_class_asks,
    ),
    ("the_involved_are_never_paged", the_involved_are_never_paged),
    ("somebody_is_paged_also_where_all_are_involved", last_resort::somebody_is_paged_also_where_all_are_involved),
    ("who_has_left_takes_nothing", last_resort::who_has_left_takes_nothing),
    ("an_acknowledged_track_stays_with_its_holder", hand_over::an_acknowledged_track_stays_with_its_holder),
    ("whoever_cannot_be_reached_keeps_nothing", last_resort::whoever_cannot_be_reached_keeps_nothing),
    ("the_involved_take_nothing", the_involved_take_nothing),
    (
        "nobody_gets_more_than_one_message_in_the_bundling_time",
        bundling::nobody_gets_more_than_one_message_in_the_bundling_time,
    ),
    (
        "every_page_is_in_a_message_within_its_bundling_time",
        bundling::every_page_is_in_a_message_within_its_bundling_time,
    ),
    ("no_page_carries_what_a_source_sent", no_page_carries_what_a_source_sent),
    ("the_chain_verifies", the_chain_verifies),
    ("logical_time_never_goes_back", logical_time_never_goes_back),
    ("memory_and_queues_are_bounded", memory_and_queues_are_bounded),
    ("a_silent_source_is_told_of", silence::a_silent_source_is_told_of),
    ("a_silence_is_told_of_once", silence::a_silence_is_told_of_once),
    ("a_channel_is_tested_once_a_day", channel_test::a_channel_is_tested_once_a_day),
    ("every_channel_is_tested_daily", channel_test::every_channel_is_tested_daily),
    ("a_test_is_no_page", channel_test::a_test_is_no_page),
    ("a_test_delays_no_page", channel_test::a_test_delays_no_page),
    ("a_failed_test_is_told_of", channel_test::a_failed_test_is_told_of),
    ("what_is_protected_is_sealed", keys::what_is_protected_is_sealed),
    ("what_is_sealed_opens_again", keys::what_is_sealed_opens_again),
    ("what_was_purged_is_readable_nowhere", keys::what_was_purged_is_readable_nowhere),
    ("only_what_is_closed_is_purged_and_once", keys::only_what_is_closed_is_purged_and_once),
    ("no_open_incident_loses_its_record", retention::no_open_incident_loses_its_record),
    ("whoever_is_answered_no_is_never_obeyed_later", wishes::whoever_is_answered_no_is_never_obeyed_later),
    ("a_daemon_with_a_record_always_pages", start::a_daemon_with_a_record_always_pages),
    ("answers_and_replays_agree", answers_and_replays_agree),
];

/// Nobody has been paged for less than two minutes after everything works: a page may wait a minute for its message.
fn every_accepted_incident_leads_to_a_page(ledger: &Ledger) -> Broken {
    match ledger.lives.iter().find(|(_, life)| life.unpaged_ms > 125_000) {
        Some((id, life)) => Err(format!("{id} was accepted, and for {} ms nobody has been paged", life.unpaged_ms)),
        None => Ok(()),
    }
}

/// An open track has a next step, no further away than the ladder is long, until its repeats are over. A ladder that waits
/// for its department to open begins then.
fn a_track_climbs_until_acknowledged(ledger: &Ledger) -> Broken {
    for fresh in &ledger.fresh {
        let Fact::Incident(id, _) = &fresh.record.entry.fact else { continue };
        let Some(incident) = ledger.incidents.get(id).filter(|incident| incident.resolved.is_none()) else { continue };
        let Some(playbook) = ledger.playbooks.get(&incident.playbook_hash) else { continue };
        for track in incident.tracks.iter().filter(|track| track.acknowledged.is_none()) {
            let ladder = incident.ladder(track, playbook);
            let is_over =
                ladder.repeat_times.is_some_and(|times| track.rounds >= times) || ladder.repeat_every.is_none();
            match track.next {
                None if !is_over => {
                    return Err(format!("{id}: the track of {} has stopped climbing", track.department));
                }
                Some(next)
                    if ledger
                        .last_at
                        .is_some_and(|at| (next.at - at.max(track.base)).num_milliseconds() > length_ms(ladder)) =>
                {
                    return Err(format!("{id}: the track of {} rests until {}", track.department, next.at));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn length_ms(ladder: &Ladder) -> i64 {
    // A step that found nobody is followed at once, and the one after it keeps its place on the ladder.
    let ladder_ms = ladder.last_step_at().delta().num_milliseconds();
    let repeat_ms = ladder.repeat_every.map_or(0, |every| every.delta().num_milliseconds());
    // Those who answer at last are tried again every five minutes.
    (ladder_ms + repeat_ms).max(300_000)
}

/// The steps that fired in this step of the simulation, at their time.
fn fired(ledger: &Ledger) -> impl Iterator<Item = (&Fresh, String)> {
    ledger.fresh.iter().filter(|fresh| !fresh.is_late).filter_map(|fresh| match &fresh.record.entry.fact {
        Fact::Incident(id, Event::StepFired(fired)) => {
            Some((fresh, format!("{id} {} {:?}", fired.department, fired.step)))
        }
        _ => None,
    })
}

/// A step fires no earlier than its wait, measured by a clock that nobody can set.
fn no_step_is_early(ledger: &Ledger) -> Broken {
    for (fresh, step) in fired(ledger) {
        let Some(expected) = fresh.expected.filter(|expected| fresh.read_at + 1_050 + ledger.slack_ms < *expected)
        else {
            continue;
        };
        return Err(format!("{step} came {} ms early", expected - fresh.read_at));
    }
    for (fresh, step) in fired(ledger) {
        let Fact::Incident(id, Event::StepFired(fired)) = &fresh.record.entry.fact else { continue };
        let by_time = fired.reason == PageReason::Reclassified
            || [PageReason::Opened, PageReason::NotAcknowledged, PageReason::SeverityRose, PageReason::Reopened]
                .contains(&fired.reason);
        let (StepPosition::Step(position), true) = (fired.step, by_time) else { continue };
        // What follows in the same batch may have given it another ladder.
        let Some(incident) = fresh.before.as_ref().or(ledger.incidents.get(id)) else { continue };
        let Some(playbook) = ledger.playbooks.get(&incident.playbook_hash) else { continue };
        let Some(track) = incident.track(&fired.department) else { continue };
        let wait = incident.ladder(track, playbook).steps[usize::from(position)].at.delta().num_milliseconds();
        let due = u64::try_from(fresh.base + wait).unwrap_or_default();
        if fresh.read_at + 1_050 + ledger.slack_ms < due {
            return Err(format!("{step} came {} ms before its place on the ladder", due - fresh.read_at));
        }
    }
    Ok(())
}

/// While it is up and the journal works, no step is more than a second late.
fn no_step_is_late(ledger: &Ledger) -> Broken {
    if !ledger.is_up || !ledger.journal_works {
        return Ok(());
    }
    for (fresh, step) in fired(ledger) {
        let due = fresh.expected.unwrap_or(fresh.read_at).max(ledger.calm_since);
        if fresh.read_at > due + 1_000 {
            return Err(format!("{step} came {} ms late", fresh.read_at - due));
        }
    }
    for (id, life) in &ledger.lives {
        for (department, severity_and_ladder) in &life.tracks {
            let Some((next, expected)) = severity_and_ladder.next else { continue };
            let due = expected.max(ledger.calm_since);
            if ledger.now > due + 1_000 {
                let late = ledger.now - due;
                return Err(format!("{id}: {:?} of {department} is {late} ms late", next.step));
            }
        }
    }
    Ok(())
}

/// A start takes up every wait where it was, also after the clock was set back before.
fn a_restart_makes_no_wait_longer(ledger: &Ledger) -> Broken {
    ledger.lost_waits.first().map_or(Ok(()), |lost| Err(lost.clone()))
}

/// What arrives is wanted by its incident as it is recorded.
fn nothing_is_sent_after_an_acknowledgement(ledger: &Ledger) -> Broken {
    for send in &ledger.sends {
        let (id, number) = (send.page.incident, send.page.number);
        let Some(incident) = ledger.incidents.get(&id) else { continue };
        let is_owed = incident.page(number).is_some_and(|(scope, _)| scope.track.is_none());
        if incident.resolved.is_some() && !is_owed {
            return Err(format!("{} was sent after its incident was resolved", send.page));
        }
        match incident.page(number) {
            Some((track, page)) if incident.is_moot(track, page) => {
                return Err(format!("{} was sent although nobody needs it any more", send.page));
            }
            None if ledger.lives[&id].pages.contains_key(&number) => {
                return Err(format!("{} was sent although its record says that it is done", send.page));
            }
            _ => {}
        }
    }
    Ok(())
}

/// There are as many presses as acknowledgements, for each page and by each operator.
fn nobody_acknowledges_without_a_press(ledger: &Ledger) -> Broken {
    for fresh in &ledger.fresh {
        let Fact::Incident(id, Event::Acknowledged { by, page, .. }) = &fresh.record.entry.fact else { continue };
        let life = &ledger.lives[id];
        let made = life.acknowledgements.get(page).copied().unwrap_or_default();
        let is_pressed = match (by, page) {
            (Principal::LinkHolder { liaison, .. }, Some(number)) => {
                let pressed = ledger.presses.iter().find(|(page, _)| page.incident == *id && page.number == *number);
                let is_theirs = life.pages.get(number).is_none_or(|page| page.paged.liaison == *liaison);
                is_theirs && pressed.is_some_and(|(_, times)| *times >= made)
            }
            (Principal::Operator { .. }, None) => {
                let tracks = u32::try_from(ledger.incidents[id].tracks.len()).unwrap();
                ledger.operations.get(id).is_some_and(|times| times * tracks >= made)
            }
            _ => false,
        };
        if !is_pressed {
            return Err(format!("{id} was acknowledged by {} without a press", by.id()));
        }
    }
    Ok(())
}

/// What was answered is in the record when it is answered.
fn accepted_means_durable(ledger: &Ledger) -> Broken {
    for answer in &ledger.answers {
        match answer {
            Answer::Accepted(id, _) if !ledger.incidents.contains_key(id) => {
                return Err(format!("{id} was accepted, and is not in the record"));
            }
            Answer::Acknowledged(page) => {
                let life = ledger.lives.get(&page.incident);
                let made = life.and_then(|life| life.acknowledgements.get(&Some(page.number)));
                if made.is_none() {
                    return Err(format!("the acknowledgement of {page} was answered, and is not in the record"));
                }
            }
            Answer::Purged(id) if ledger.incidents[id].purged.is_none() => {
                return Err(format!("the purge of {id} was answered, and is not in the record"));
            }
            Answer::Accepted(..) | Answer::Purged(_) => {}
        }
    }
    ledger.lost_records.clone().map_or(Ok(()), Err)
}

/// One process hands a page to a provider once, and tries again only where it was refused for now; a process after it
/// does not send what the record says was taken over.
fn a_page_comes_twice_only_after_a_crash(ledger: &Ledger) -> Broken {
    for send in &ledger.sends {
        let Some(before) = &send.before else { continue };
        let Send { page, channel, .. } = send;
        if before.is_over {
            return Err(format!("{page} went over {channel} although the record says that it was taken over"));
        }
        if before.epoch == ledger.epoch && before.state != Try::Again {
            return Err(format!("{page} went over {channel} twice without a crash in between"));
        }
    }
    Ok(())
}

/// A page's number means one person, whatever happens in between.
fn a_page_goes_where_its_record_says(ledger: &Ledger) -> Broken {
    for send in &ledger.sends {
        let life = &ledger.lives[&send.page.incident];
        let Some(page) = life.pages.get(&send.page.number) else {
            if ledger.has_unrecorded() {
                continue;
            }
            return Err(format!("{} was sent and is not in the record", send.page));
        };
        let further = life.further.get(&(send.page.number, send.channel)).into_iter().flatten();
        let first = page.paged.channels.iter().filter(|channel| channel.by == send.channel);
        let mut recorded = first.map(|channel| &channel.to).chain(further);
        let is_recorded = recorded.any(|to| *to == send.to);
        if !is_recorded && !numbers::follows_a_refusal(ledger, send) {
            return Err(format!("{} went to another address than its record has", send.page));
        }
    }
    Ok(())
}

/// An overdue step pages nobody who was paged for the incident within the last ten seconds.
fn nobody_meets_a_burst(ledger: &Ledger) -> Broken {
    for (fresh, step) in fired(ledger) {
        let Fact::Incident(id, Event::StepFired(fired)) = &fresh.record.entry.fact else { continue };
        let by_time = [PageReason::Opened, PageReason::NotAcknowledged, PageReason::Repeated].contains(&fired.reason);
        let Some(expected) = fresh.expected else { continue };
        let ladder_due = entitlement::ladder_due(ledger, fresh).unwrap_or(expected);
        if !by_time || fresh.read_at < ladder_due.min(expected) + 2_050 {
            continue;
        }
        for paged in &fired.pages {
            let just_now = ledger.lives[id].pages.values().find(|other| {
                let is_same = other.paged.channels.iter().any(|one| paged.channels.iter().any(|two| one.to == two.to));
                // Two people of one step who share a telephone are two people still.
                let is_of_step = fired.pages.iter().any(|one| one.number == other.paged.number);
                is_same && !is_of_step && other.paged.number < paged.number && fresh.read_at < other.made_at + 9_000
            });
            if let Some(other) = just_now.filter(|other| !other.is_late_record) {
                return Err(format!(
                    "{step}, overdue, pages {} again after page {}",
                    paged.liaison, other.paged.number
                ));
            }
        }
    }
    Ok(())
}

/// A repeat that changes nothing pages nobody, and the severity only rises.
fn repeats_page_nobody_unless_the_severity_rose(ledger: &Ledger) -> Broken {
    for fresh in &ledger.fresh {
        let Fact::Incident(id, event) = &fresh.record.entry.fact else { continue };
        let Some(before) = &fresh.before else { continue };
        match event {
            Event::SeverityRose(rose) if rose.severity <= before.severity => {
                return Err(format!("the severity of {id} rose from {} to {}", before.severity, rose.severity));
            }
            Event::Reclassified(new) if new.severity < before.severity => {
                return Err(format!("the severity of {id} fell from {} to {}", before.severity, new.severity));
            }
            Event::StepFired(fired) if matches!(fired.reason, PageReason::SeverityRose | PageReason::Reclassified) => {
                let rose = before.tracks.iter().any(|track| {
                    track.department == fired.department && track.next.is_some_and(|next| next.reason == fired.reason)
                });
                if !rose {
                    return Err(format!("{id} was paged anew although the severity did not rise"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whatever is accepted, a repeat too, is answered under a playbook that is by itself as grave as that of the class it came
/// with; and by that playbook's departments.
fn what_is_accepted_is_answered_as_gravely_as_its_class_asks(ledger: &Ledger) -> Broken {
    for answer in &ledger.answers {
        let Answer::Accepted(id, Some(label)) = answer else { continue };
        let Some(incident) = ledger.incidents.get(id) else { continue };
        let (asked, has) = (ledger.hospital.class(label), ledger.hospital.class(&incident.playbook));
        // A class that a flag promotes is as grave as what it is promoted to.
        let flags = incident.seen.flags.iter().map(AsRef::as_ref);
        if has.severity_with(flags) < asked.severity || incident.severity < asked.severity {
            return Err(format!(
                "{id} came in as {}, and is answered as {}, {}",
                asked.name, has.name, incident.severity
            ));
        }
        let missing = has.departments.iter().find(|one| incident.track(&one.parse().unwrap()).is_none());
        if let Some(department) = missing {
            return Err(format!("{id} is answered as {} without {department}", has.name));
        }
    }
    Ok(())
}

/// Nobody who is named, or shares a contact with one who is, gets a page; but for the last resort, whose page has the
/// reference alone.
fn the_involved_are_never_paged(ledger: &Ledger) -> Broken {
    for send in &ledger.sends {
        if last_resort::is_last_resort(ledger, send) {
            last_resort::says_the_reference_alone(send).map_err(|why| format!("{}: {why}", send.page))?;
            continue;
        }
        if ledger.involved_contacts(send.page.incident).contains(&send.to) {
            return Err(format!("{} went to somebody who is involved", send.page));
        }
    }
    Ok(())
}

/// Nobody takes an incident that they are named in.
fn the_involved_take_nothing(ledger: &Ledger) -> Broken {
    for fresh in &ledger.fresh {
        let Fact::Incident(id, Event::Acknowledged { by: Principal::LinkHolder { liaison, .. }, page, .. }) =
            &fresh.record.entry.fact
        else {
            continue;
        };
        let contacts = ledger.involved_contacts(*id);
        let page = page.and_then(|number| ledger.lives[id].pages.get(&number));
        if page.is_some_and(|page| page.paged.channels.iter().any(|channel| contacts.contains(&channel.to))) {
            return Err(format!("{id} was taken by {liaison}, who is involved"));
        }
    }
    Ok(())
}

/// No word of a summary, address, author, network or label is in a page.
fn no_page_carries_what_a_source_sent(ledger: &Ledger) -> Broken {
    for send in &ledger.sends {
        // A link may say "secret" by chance.
        let mut others = ledger.lives[&send.page.incident].words.iter().filter(|word| !word.contains(MARK));
        if send.text.contains(MARK) || others.any(|word| send.text.contains(word.as_str())) {
            return Err(format!("{} shows what the source sent: {}", send.page, send.text));
        }
    }
    Ok(())
}

/// Every line has the hash that it says, and hangs on the one before.
fn the_chain_verifies(ledger: &Ledger) -> Broken {
    for fresh in &ledger.fresh {
        let line = Line::verify(fresh.line.as_bytes()).map_err(|fault| format!("a line does not verify: {fault}"))?;
        if line.prev != fresh.prev_hash {
            return Err(format!("line {} does not hang on the one before", line.seq));
        }
    }
    let first_fault = ledger.faults.iter().find(|fault| fault.contains("does not verify"));
    first_fault.map_or(Ok(()), |fault| Err(fault.clone()))
}

/// The record's times are in order.
fn logical_time_never_goes_back(ledger: &Ledger) -> Broken {
    for fresh in &ledger.fresh {
        let (at, before) = (fresh.record.entry.at, fresh.prev_at);
        if before.is_some_and(|before| at < before) {
            return Err(format!("record {} is of {at}, before {before:?}", fresh.record.seq));
        }
    }
    Ok(())
}

/// What the loop holds is no more than what is open, on its way or unrecorded accounts for.
fn memory_and_queues_are_bounded(ledger: &Ledger) -> Broken {
    let Some(held) = ledger.held.filter(|_| !ledger.has_unrecorded()) else { return Ok(()) };
    let open = ledger.incidents.values().filter(|incident| incident.is_live());
    // A page goes over two channels at most; one that is not wanted any more leaves its line when its turn comes.
    let made = open.clone().map(|one| usize::try_from(one.pages_made).unwrap()).sum::<usize>();
    let open = open.count();
    let on_their_way = ledger.sends_in_flight();
    // What was closed while its pages waited leaves the line when those before it have ended, or the bundling time is over.
    let closed = ledger.incidents.values().filter(|incident| {
        let ended = incident.ended_at().zip(ledger.last_at);
        ended.is_some_and(|(ended_at, at)| on_their_way > 0 || at - ended_at < TimeDelta::seconds(61))
    });
    let deliveries = 2 * (made + closed.map(|one| usize::try_from(one.pages_made).unwrap()).sum::<usize>());
    let bounds = [
        ("incidents", held.incidents, open + on_their_way + held.waiting),
        ("waiting attempts", held.waiting, deliveries),
        ("attempts on their way", held.on_their_way, 80),
        ("secrets", held.tokens, deliveries + on_their_way),
        ("unrecorded entries", held.unrecorded, 0),
    ];
    let issued = ledger
        .fresh
        .iter()
        .filter(|fresh| matches!(fresh.record.entry.fact, Fact::Incident(_, Event::LinkIssued { .. })));
    let bounds = bounds.into_iter().chain([("links of one step", issued.count(), 80)]);
    for (what, is, bound) in bounds {
        if is > bound {
            return Err(format!("{is} {what} are held, and {bound} would do"));
        }
    }
    Ok(())
}

/// What the judge has met on its way: answers that differ from the first, states that differ from their replay.
fn answers_and_replays_agree(ledger: &Ledger) -> Broken {
    ledger.faults.first().map_or(Ok(()), |fault| Err(fault.clone()))
}
