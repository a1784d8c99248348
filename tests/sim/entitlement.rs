//! Who may be paged: a second opinion on every page of the record.

use std::collections::BTreeSet;

use wardbell::domain::escalation::event::{Event, Paged, StepFired, StepPosition};
use wardbell::domain::escalation::incident::{Incident, Track};
use wardbell::domain::id::{DepartmentId, Role};
use wardbell::domain::page::PageReason;
use wardbell::domain::playbook::ladder::Target;
use wardbell::domain::principal::Principal;
use wardbell::domain::roster::on_call::Rule;
use wardbell::journal::record::Fact;

use crate::hospital::{Hospital, Person};
use crate::invariants::Broken;
use crate::ledger::{Fresh, Ledger};
use crate::{hand_over, last_resort, oracle};

/// Whoever is paged holds a role that the step asks for, or answers for it by the rule that the page names.
pub fn only_the_entitled_are_paged(ledger: &Ledger) -> Broken {
    for fresh in ledger.fresh.iter().filter(|fresh| !fresh.is_late) {
        let Fact::Incident(id, event) = &fresh.record.entry.fact else { continue };
        // What follows in the same batch, such as a repeat that names somebody, was not known then.
        let Some(incident) = &fresh.before else { continue };
        match event {
            Event::StepFired(fired) => {
                for paged in &fired.pages {
                    of_step(ledger, incident, fresh, fired, paged)
                        .map_err(|why| format!("{id}: {} must not be paged: {why}", paged.liaison))?;
                }
            }
            Event::Reminded { department, pages, .. } => {
                for paged in pages {
                    of_reminder(ledger, incident, department, paged)
                        .map_err(|why| format!("{id}: {} must not be reminded: {why}", paged.liaison))?;
                }
            }
            Event::HandedOver { pages, .. } => {
                for paged in pages {
                    not_involved(ledger, incident, paged).map_err(|why| format!("{id}: {}: {why}", paged.liaison))?;
                }
            }
            Event::HandOverRequested { department, pages, .. } | Event::HandOverFailed { department, pages, .. } => {
                for paged in pages {
                    hand_over::is_entitled(incident, department, event, paged)
                        .and_then(|()| not_involved(ledger, incident, paged))
                        .map_err(|why| format!("{id}: {} must not be asked or told: {why}", paged.liaison))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The true time of a step's place on its ladder.
pub fn ladder_due(ledger: &Ledger, fresh: &Fresh) -> Option<u64> {
    let Fact::Incident(id, Event::StepFired(fired)) = &fresh.record.entry.fact else { return None };
    // What follows in the same batch may have given it another ladder.
    let incident = fresh.before.as_ref().or(ledger.incidents.get(id))?;
    let track = incident.track(&fired.department)?;
    let StepPosition::Step(position) = fired.step else { return None };
    let ladder = incident.ladder(track, ledger.playbooks.get(&incident.playbook_hash)?);
    let wait = ladder.steps.get(usize::from(position))?.at.delta().num_milliseconds();
    Some(u64::try_from(fresh.base + wait).unwrap_or_default())
}

fn of_step(ledger: &Ledger, incident: &Incident, fresh: &Fresh, fired: &StepFired, paged: &Paged) -> Broken {
    let track = incident.track(&fired.department).ok_or("its track is unknown")?;
    let playbook = ledger.playbooks.get(&incident.playbook_hash).ok_or("its playbook is unknown")?;
    let ladder = incident.ladder(track, playbook);
    let targets: Vec<&Target> = match fired.step {
        StepPosition::Step(position) => {
            ladder.steps.iter().skip(position.into()).take(1).map(|step| &step.page).collect()
        }
        StepPosition::Repeat(_) => ladder.steps.iter().map(|step| &step.page).collect(),
        StepPosition::LastResort => Vec::new(),
    };
    let is_target = targets.iter().any(|target| match target {
        Target::Role(role) => paged.roster == fired.department && paged.role == *role,
        Target::Department(department, role) => paged.roster == *department && paged.role == *role,
        Target::Escalation => false,
    });
    let before = fresh.before.as_ref().and_then(|before| before.track(&fired.department)).unwrap_or(track);
    if fired.reason == PageReason::LastResort {
        return last_resort::is_entitled(ledger, incident, before, fired, paged);
    }
    // Where whoever had it cannot be reached, the department's own people are asked at once.
    let colleague = fired.reason == PageReason::HolderUnreachable && paged.roster == fired.department;
    let is_target = is_target || colleague && [Role::primary(), Role::backup()].contains(&paged.role);
    holds(ledger, incident, before, paged, is_target)
}

fn of_reminder(ledger: &Ledger, incident: &Incident, department: &DepartmentId, paged: &Paged) -> Broken {
    let track = incident.track(department).ok_or("its track is unknown")?;
    if paged.why.rule == Rule::Acknowledged {
        let by = track.acknowledged.as_ref().map(|acknowledged| &acknowledged.by);
        // Whoever has left the roster that they were paged from, and is in another one, is reached by that.
        let has_left = |roster: &DepartmentId| {
            let own = ledger.hospital.department(roster.as_str());
            own.is_none_or(|own| own.people.iter().all(|person| person.id != paged.liaison.as_str()))
        };
        let has_it = matches!(by, Some(Principal::LinkHolder { liaison, roster, .. })
            if *liaison == paged.liaison && (*roster == paged.roster || has_left(roster)));
        return if has_it { not_involved(ledger, incident, paged) } else { Err("somebody else has it".into()) };
    }
    let is_target = paged.roster == *department && paged.role == Role::primary();
    holds(ledger, incident, track, paged, is_target)
}

fn holds(ledger: &Ledger, incident: &Incident, track: &Track, paged: &Paged, is_target: bool) -> Broken {
    not_involved(ledger, incident, paged)?;
    let chain = chain(&ledger.hospital, track.department.as_str());
    if paged.why.rule == Rule::LastResort {
        let in_chain = chain.iter().filter_map(|id| ledger.hospital.department(id));
        for department in in_chain {
            for role in ["primary", "backup"] {
                let excluded = |person: &Person| is_involved(ledger, incident, person);
                let Some(holder) = oracle::holder(department, role, ledger.wall, &excluded) else { continue };
                let (roster, liaison) = (department.id.parse().unwrap(), holder.id.parse().unwrap());
                if track.passed(&roster, &liaison).is_none() {
                    return Err(format!("{} holds {role} of {}", holder.id, department.id));
                }
            }
        }
        return Ok(());
    }
    if !is_target && !chain.contains(&paged.roster.to_string()) {
        return Err(format!("{} of {} was not asked for", paged.role, paged.roster));
    }
    let department = ledger.hospital.department(paged.roster.as_str()).ok_or("the department is unknown")?;
    let excluded = |person: &Person| is_involved(ledger, incident, person);
    let holder = oracle::holder(department, paged.role.as_str(), ledger.wall, &excluded);
    match holder {
        Some(holder) if holder.id == paged.liaison.as_str() => Ok(()),
        other => {
            let other = other.map_or("nobody", |person| &person.id);
            let why = &paged.why;
            Err(format!("{other} holds {} of {department:#?} at {}, not by {why:?}", paged.role, ledger.wall))
        }
    }
}

/// Who answers for a department that cannot: those it escalates to in turn, and at last the fallback.
fn chain(hospital: &Hospital, department: &str) -> BTreeSet<String> {
    let mut chain = BTreeSet::from(["dept-0".to_owned()]);
    let mut next = hospital.department(department).and_then(|one| one.escalate_to.clone());
    while let Some(id) = next {
        next = hospital.department(&id).and_then(|one| one.escalate_to.clone());
        if !chain.insert(id) {
            break;
        }
    }
    chain
}

fn not_involved(ledger: &Ledger, incident: &Incident, paged: &Paged) -> Broken {
    let contacts = ledger.contacts_involved_in(incident);
    let is_involved = paged.channels.iter().any(|channel| contacts.contains(&channel.to));
    if is_involved { Err("they are involved".into()) } else { Ok(()) }
}

/// Whether a person must not be paged about an incident.
pub fn is_involved(ledger: &Ledger, incident: &Incident, person: &Person) -> bool {
    let contacts = ledger.contacts_involved_in(incident);
    let named = incident.involved.iter().any(|name| name == person.id);
    named || person.contacts().any(|contact| contacts.contains(contact))
}
