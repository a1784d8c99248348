//! Disks that fill up, and disks that fail, under load.

use std::time::{Duration, SystemTime};

use crate::daemon::run;
use crate::dice::Dice;
use crate::hospital::Hospital;
use crate::load::{Answered, Load};
use crate::mounts::{Disk, SmallDisk};
use crate::pace;
use crate::rounds;
use crate::tools::skip;
use crate::verdict::{Disaster, Received, is_kept, judge};

/// What was answered when a disk failed has reached whoever asked within this.
const TOLD_AT_THE_LAST: Duration = Duration::from_millis(200);

/// After there is room again, all is well within this, and questions are answered.
const WELL_WITHIN: Duration = Duration::from_secs(10);

pub async fn full_again_and_again_under_load_nothing_answered_is_lost() {
    let hospital = Hospital::new().await;
    let Some(disk) = SmallDisk::mount(hospital.store(), 64) else {
        skip("full_again_and_again_under_load_nothing_answered_is_lost", "only root may mount a small disk");
        return hospital.judged_elsewhere();
    };
    let load = Load::new(hospital.shared().clone(), Dice::thrown("full"));
    let (mut received, mut kills) = (Received::default(), Vec::new());
    hospital.serve().await;
    load.goes_to(hospital.base());
    let rounds = rounds(8);
    for round in 0..rounds {
        let is_killed = load.dice.below(4) == 0;
        let full = async {
            tokio::time::sleep(load.dice.pause(50, 400)).await;
            // A batch of records may find room for its first half.
            disk.fill_but(load.dice.below(4) as u64);
            tokio::time::sleep(load.dice.pause(100, 600)).await;
            if is_killed {
                hospital.kill();
                kills.push(Disaster::now());
            } else {
                disk.free();
                tokio::time::sleep(load.dice.pause(0, 200)).await;
            }
        };
        load.until(full).await;
        if is_killed {
            hospital.serve().await;
            load.goes_to(hospital.base());
            disk.free();
        }
        received.take(hospital.shared().inbox());
        well(&hospital, &load).await;
        if let Err(faults) = is_kept(&load, &load.answered().of_the_last(40)).await {
            panic!("after the disk was full {} times:\n{faults}\n{}", round + 1, hospital.logs());
        }
        let verified = run(hospital.command(&["audit", "verify"])).await;
        assert_eq!(verified.status.code(), Some(0), "after round {round}: {verified:?}");
    }
    let judged = judge(&load, hospital.shared().inbox(), received, &kills).await;
    let counted = judged.unwrap_or_else(|faults| panic!("{faults}\n{}", hospital.logs()));
    assert!(counted.refused > 0, "the disk was never full: {counted}");
    println!("full: {rounds} rounds, {} kills: {counted}", kills.len());
    hospital.judged_elsewhere();
    hospital.kill();
}

pub async fn turned_read_only_under_load_everything_answered_is_there_once_it_is_mended() {
    let hospital = Hospital::new().await;
    let disk = match Disk::new(&hospital.house().join("../disk"), hospital.store()) {
        Ok(disk) => disk,
        Err(why) => {
            // Containers on CI have no loop devices either: nothing can be installed against that.
            eprintln!("SKIPPED turned_read_only_under_load_everything_answered_is_there_once_it_is_mended: {why}");
            return hospital.judged_elsewhere();
        }
    };
    let load = Load::new(hospital.shared().clone(), Dice::thrown("read-only"));
    let (mut received, mut failures, mut refused) = (Received::default(), Vec::new(), 0);
    let rounds = rounds(4);
    for round in 0..rounds {
        disk.mount();
        hospital.serve().await;
        load.goes_to(hospital.base());
        if let Err(faults) = is_kept(&load, &load.answered().of_the_last(40)).await {
            panic!("after {round} failures:\n{faults}\n{}", hospital.logs());
        }
        let is_killed = load.dice.below(2) == 0;
        let (mut before, mut from) = (load.answered(), SystemTime::now());
        let failure = async {
            tokio::time::sleep(load.dice.pause(50, 600)).await;
            (before, from) = (load.answered(), SystemTime::now());
            disk.fail();
            tokio::time::sleep(TOLD_AT_THE_LAST).await;
            let last = load.answered().counts();
            tokio::time::sleep(load.dice.pause(50, 600)).await;
            assert_eq!(load.answered().counts(), last, "answered as if it were on a disk that has failed");
            if is_killed {
                hospital.kill();
            } else {
                hospital.terminate(Duration::from_secs(25)).await;
            }
            failures.push(Disaster::since(from));
        };
        load.until(failure).await;
        // ext4 tells a sync that is under way at that very moment of success, though it aborts what was to be written.
        refused += load.answered().refused;
        load.only_answered(Answered { refused: 0, ..before });
        received.take(hospital.shared().inbox());
        disk.unmount();
        disk.mend();
    }
    disk.mount();
    hospital.serve().await;
    load.goes_to(hospital.base());
    let judged = judge(&load, hospital.shared().inbox(), received, &failures).await;
    let counted = judged.unwrap_or_else(|faults| panic!("{faults}\n{}", hospital.logs()));
    assert!(refused > 0, "nobody met the failed disk: {counted}");
    println!("read-only: {rounds} failures, {refused} requests refused while it was so: {counted}");
    let verified = run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    hospital.judged_elsewhere();
    hospital.kill();
    disk.unmount();
}

async fn well(hospital: &Hospital, load: &Load) {
    let well = async {
        while hospital.get("/readyz", None).await.status != 200 || load.try_list().await.is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = pace::within(WELL_WITHIN, well).await;
    assert!(in_time.is_ok(), "not well after {WELL_WITHIN:?}\n{}", hospital.logs());
}
