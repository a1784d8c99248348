//! Several daemons on one store.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use crate::daemon::{Daemon, run};
use crate::dice::Dice;
use crate::hospital::Hospital;
use crate::judge::Reason::Opened;
use crate::load::Load;
use crate::pace;
use crate::plan::{PRIVACY, RIVERA};
use crate::rounds;
use crate::story::BOTH;
use crate::verdict::{Disaster, Received, is_kept, judge};

/// Half a second is given to one that is ending; the rest is for the start of a debug build.
const REFUSED_WITHIN: Duration = Duration::from_secs(3);

/// So many are refused while the first one is busy: in a few rows, one behind the other in each.
const REFUSED: usize = 20;
const ROWS: usize = 4;

/// So many want to follow one that is killed.
const HEIRS: usize = 3;

pub async fn started_twice_under_load_one_alone_serves_and_nothing_is_lost() {
    untouched_where_nothing_happens().await;
    let hospital = Hospital::serving().await;
    let load = Load::new(hospital.shared().clone(), Dice::thrown("twins"));
    load.goes_to(hospital.base());
    let row = || async {
        for _ in 0..REFUSED / ROWS {
            refused(&hospital).await;
        }
    };
    load.until(async { drop(join_all((0..ROWS).map(|_| row())).await) }).await;
    if let Err(faults) = is_kept(&load, &load.answered()).await {
        panic!("the first one goes on as if nothing had been:\n{faults}\n{}", hospital.logs());
    }
    let (mut received, mut kills, rounds) = (Received::default(), Vec::new(), rounds(6));
    for round in 0..rounds {
        received.take(hospital.shared().inbox());
        let succession = async {
            tokio::time::sleep(load.dice.pause(50, 300)).await;
            kills.push(succeeded(&hospital, &load.dice, round).await);
        };
        load.until(succession).await;
        load.goes_to(hospital.base());
        if let Err(faults) = is_kept(&load, &load.answered().of_the_last(40)).await {
            panic!("after {round} successions:\n{faults}\n{}", hospital.logs());
        }
    }
    let counted = judge(&load, hospital.shared().inbox(), received, &kills)
        .await
        .unwrap_or_else(|faults| panic!("{faults}\n{}", hospital.logs()));
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    println!("twins: {REFUSED} refused, {rounds} times one of {HEIRS} followed upon a killed one: {counted}");
    hospital.judged_elsewhere();
}

/// Where the first one has nothing to do, the refusal leaves every byte of the record as it is.
async fn untouched_where_nothing_happens() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "rumor" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.2).await;
    let before = files(&hospital);
    refused(&hospital).await;
    assert_eq!(files(&hospital), before, "the one that was refused has changed the record");
    story.pressed(&RIVERA, "acknowledge").await;
    hospital.judge().await;
}

/// Starts a further daemon, which must say at once what is wrong and what to do.
async fn refused(hospital: &Hospital) {
    let (at, started) = (SystemTime::now(), Instant::now());
    is_refused(hospital, &run(hospital.command(&["serve"])).await);
    let took = started.elapsed();
    assert!(pace::is_within(REFUSED_WITHIN, at, took), "it was refused after {took:?}");
}

fn is_refused(hospital: &Hospital, output: &Output) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{told}");
    let place = format!("error: another wardbell is running on {}", hospital.store().display());
    assert!(told.contains(&place) && told.contains("hint: stop it first"), "{told}");
    assert!(!told.contains(" ready address="), "{told}");
}

/// The daemon is killed just when others start: one of them follows upon it, and the others are refused.
async fn succeeded(hospital: &Hospital, dice: &Dice, round: usize) -> Disaster {
    let logs = (0..HEIRS).map(|heir| hospital.house().join(format!("../log-heir-{round}-{heir}")));
    let config = hospital.config();
    let heirs = join_all(logs.map(|log| Daemon::try_start(&config, log, &[], None)));
    let killed = async {
        // Some find it running still, and try again for half a second.
        tokio::time::sleep(dice.pause(0, 200)).await;
        hospital.kill();
        Disaster::now()
    };
    let (heirs, kill) = tokio::join!(heirs, killed);
    let mut serving = Vec::new();
    for heir in heirs {
        match heir {
            Ok(daemon) => serving.push(daemon),
            Err((status, told)) => {
                let output = Output { status, stdout: Vec::new(), stderr: told.into_bytes() };
                is_refused(hospital, &output);
            }
        }
    }
    assert_eq!(serving.len(), 1, "one of them, and never two");
    serving.into_iter().for_each(|heir| hospital.adopt(heir));
    kill
}

/// All files of the record with what they hold.
fn files(hospital: &Hospital) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(hospital.store().join("journal")).unwrap().map(|file| file.unwrap().path());
    files.map(|file| (file.clone(), fs::read(&file).unwrap())).collect()
}
