//! The machine's clock jumps by seconds to hours, both ways, under load, while the daemon runs and while it is down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::clock::hospital_with_a_clock;
use crate::daemon::run;
use crate::dice::Dice;
use crate::hospital::Hospital;
use crate::load::Load;
use crate::pace;
use crate::plan::{COMPLIANCE, DIAZ, KIM, LADDERS, OKAFOR, Person, RIVERA, STONE, playbook};
use crate::rounds;
use crate::verdict::{Disaster, Received, is_kept, judge};

const STORY: &str = "while_the_clock_jumps_under_load_every_wait_keeps_its_length_and_nothing_is_lost";

/// The steps of an incident that nobody presses for. None of these people has moods.
const STEPS: [(Duration, Person); 3] =
    [(Duration::ZERO, KIM), (Duration::from_secs(2), STONE), (Duration::from_secs(4), DIAZ)];

/// The promised second.
const LATE: Duration = Duration::from_secs(1);

/// An incident whose steps are measured.
struct Measured {
    id: String,
    /// It opened between these.
    opened: (SystemTime, SystemTime),
}

pub async fn while_the_clock_jumps_under_load_every_wait_keeps_its_length_and_nothing_is_lost() {
    let Some((hospital, clock)) = hospital_with_a_clock(STORY).await else { return };
    let steps = "{ at = \"0s\", page = \"primary\" }, { at = \"2s\", page = \"house:primary\" }, { at = \"4s\", \
                 page = \"advocacy:backup\" }";
    hospital.write("playbooks/ladders.toml", format!("{LADDERS}\n[ladder.measured]\nsteps = [{steps}]\n"));
    let measured = playbook("measured", "moderate", &[&COMPLIANCE], "ladder = \"measured\"");
    hospital.write("playbooks/measured.toml", measured);
    let load =
        Load::new(hospital.shared().clone(), Dice::thrown("jumps")).moody([RIVERA.email.into(), OKAFOR.sms.into()]);
    let (mut received, mut measured, mut restarts, mut kills) =
        (Received::default(), Vec::new(), Vec::new(), Vec::new());
    let (mut jumps, mut pages, rounds) = (0, Received::default(), rounds(2));
    for round in 0..=rounds {
        restarts.push(hospital.serve().await);
        load.goes_to(hospital.base());
        if let Err(faults) = is_kept(&load, &load.answered().of_the_last(40)).await {
            panic!("after {round} ends:\n{faults}\n{}", hospital.logs());
        }
        // The last time, all steps of some incidents come.
        let lasts = Duration::from_millis(if round == rounds { 4_500 } else { 2_500 });
        let end = async {
            let (opened, made) = tokio::join!(opens(&hospital, &load, lasts), jumps_about(&load.dice, &clock, lasts));
            measured.extend(opened);
            jumps += made;
            match round {
                _ if round == rounds => {}
                round if round % 3 == 1 => drop(hospital.terminate(Duration::from_secs(10)).await),
                _ => {
                    hospital.kill();
                    kills.push(Disaster::now());
                }
            }
        };
        load.until(end).await;
        received.take(hospital.shared().inbox());
        pages.take(hospital.shared().inbox());
        jump(&load.dice, &clock);
    }
    // Whatever is due still comes meanwhile.
    tokio::time::sleep(Duration::from_secs(5) + LATE).await;
    let counted = judge(&load, hospital.shared().inbox(), received, &kills)
        .await
        .unwrap_or_else(|faults| panic!("{faults}\n{}", hospital.logs()));
    pages.take(hospital.shared().inbox());
    let latest = kept_their_length(&pages, &measured, &restarts);
    let latest = latest.unwrap_or_else(|faults| panic!("{faults}\n{}", hospital.logs()));
    let records = goes_forward(&hospital).await;
    println!(
        "jumps: {jumps} jumps and {rounds} restarts, {records} records in order, {} incidents measured, the latest page \
         {latest:.0?} after its time: {counted}",
        measured.len()
    );
    hospital.judged_elsewhere();
}

/// Opens incidents that nobody presses for.
async fn opens(hospital: &Hospital, load: &Load, lasts: Duration) -> Vec<Measured> {
    let (mut measured, until) = (Vec::new(), Instant::now() + lasts);
    while Instant::now() < until {
        let before = SystemTime::now();
        let reply = hospital.send(&json!({ "class": "measured" })).await;
        let opened = (before, SystemTime::now());
        assert_eq!(reply.status, 202, "{}", reply.text);
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        load.spare(&id);
        measured.push(Measured { id, opened });
        tokio::time::sleep(load.dice.pause(300, 600)).await;
    }
    measured
}

/// Sets the clock again and again; how often.
async fn jumps_about(dice: &Dice, clock: &Path, lasts: Duration) -> usize {
    let (mut jumps, until) = (0, Instant::now() + lasts);
    while Instant::now() < until {
        jump(dice, clock);
        jumps += 1;
        tokio::time::sleep(dice.pause(100, 700)).await;
    }
    jumps
}

/// Sets the daemon's clock to somewhere between twelve hours back and twelve hours ahead.
fn jump(dice: &Dice, clock: &Path) {
    let far = *dice.one_of(&[30, 3_600, 12 * 3_600]);
    let offset = dice.below(2 * far) as i64 - far as i64;
    // Whole at any instant.
    let new = clock.with_extension("new");
    fs::write(&new, format!("{offset:+}")).unwrap();
    fs::rename(new, clock).unwrap();
}

/// Every step came, no earlier than its time, and in time; how late the latest of those that no restart disturbed was.
fn kept_their_length(
    pages: &Received,
    measured: &[Measured],
    restarts: &[(SystemTime, SystemTime)],
) -> Result<Duration, String> {
    let (mut faults, mut latest) = (Vec::new(), Duration::ZERO);
    for Measured { id, opened } in measured {
        for (after, person) in &STEPS {
            let about = pages.about(id);
            let theirs = about.filter(|message| message.is_to(person.email) || message.is_to(person.sms));
            let first = theirs.map(|message| message.received_at).min();
            let Some(first) = first else {
                faults.push(format!("{} was never paged about {id}", person.name));
                continue;
            };
            // How long the daemon was down it cannot know: what was open is due by then, or no later than anew.
            // It pages before anybody hears that it is ready.
            let restart = restarts.iter().find(|(began, ready)| opened.1 < *ready && *began < first);
            let (due, latest_due) = match restart {
                None => (opened.0 + *after, opened.1 + *after),
                Some(_) => (opened.0, restart.unwrap().1 + *after),
            };
            let late = first.duration_since(latest_due).unwrap_or_default();
            if restart.is_none() {
                latest = latest.max(late);
            }
            // Instants are kept in whole milliseconds.
            if first + Duration::from_millis(2) < due || !pace::is_within(LATE, latest_due, late) {
                let [opened, first] = [opened.0, first].map(DateTime::<Utc>::from);
                faults.push(format!(
                    "{id} opened at {opened}, {} is due {after:?} later and came at {first}, restart {restart:?}",
                    person.name
                ));
            }
        }
    }
    if faults.is_empty() { Ok(latest) } else { Err(faults.join("\n")) }
}

/// The record verifies, its numbers have no gap, and its time never goes back; how many records there are.
async fn goes_forward(hospital: &Hospital) -> usize {
    let exported = run(hospital.command(&["audit", "export"])).await;
    assert_eq!(exported.status.code(), Some(0), "{}", String::from_utf8_lossy(&exported.stderr));
    let text = String::from_utf8(exported.stdout).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for pair in records.windows(2) {
        let [(before, at), (after, then)] = [&pair[0], &pair[1]].map(|one| {
            let at: DateTime<Utc> = one["at"].as_str().unwrap().parse().unwrap();
            (one["seq"].as_u64().unwrap(), at)
        });
        assert!(after == before + 1 && at <= then, "{} and {}", pair[0], pair[1]);
    }
    let mut kinds = BTreeMap::<&str, usize>::new();
    records
        .iter()
        .filter_map(|one| one["event"]["type"].as_str())
        .for_each(|kind| *kinds.entry(kind).or_default() += 1);
    assert!(kinds.contains_key("clock-stepped") && kinds.contains_key("clock-set-back"), "no jump was seen: {kinds:?}");
    records.len()
}
