//! The power fails: what the system had not handed to the disk is gone.

use std::time::{Duration, SystemTime};

use crate::daemon::run;
use crate::dice::Dice;
use crate::hospital::Hospital;
use crate::load::Load;
use crate::mounts::Disk;
use crate::rounds;
use crate::verdict::{Disaster, Received, is_kept, judge};

pub async fn cut_off_from_power_under_load_everything_answered_is_there() {
    let hospital = Hospital::new().await;
    let disk = match Disk::new(&hospital.house().join("../disk"), hospital.store()) {
        Ok(disk) => disk,
        Err(why) => {
            // Containers on CI have no loop devices either: nothing can be installed against that.
            eprintln!("SKIPPED cut_off_from_power_under_load_everything_answered_is_there: {why}");
            return hospital.judged_elsewhere();
        }
    };
    let load = Load::new(hospital.shared().clone(), Dice::thrown("power"));
    let (mut received, mut cuts) = (Received::default(), Vec::new());
    let rounds = rounds(8);
    for round in 0..rounds {
        disk.mount();
        let verified = run(hospital.command(&["audit", "verify"])).await;
        assert!(round == 0 || verified.status.code() == Some(0), "after cut {round}: {verified:?}");
        hospital.serve().await;
        load.goes_to(hospital.base());
        if let Err(faults) = is_kept(&load, &load.answered().of_the_last(40)).await {
            panic!("after {round} cuts:\n{faults}\n{}", hospital.logs());
        }
        let (cutter, mut before) = (disk.cutter(), load.answered());
        let cut = async {
            tokio::time::sleep(load.dice.pause(50, 600)).await;
            before = load.answered();
            let from = SystemTime::now();
            cutter.cut().unwrap();
            tokio::time::sleep(Duration::from_millis(40)).await;
            hospital.kill();
            cuts.push(Disaster::since(from));
        };
        load.until(cut).await;
        // A program whose disk is dead goes on for a moment here, which none does whose power has failed; a sync that
        // was under way may tell it of success then. Only what was answered before counts.
        load.only_answered(before);
        received.take(hospital.shared().inbox());
        disk.unmount();
    }
    disk.mount();
    hospital.serve().await;
    load.goes_to(hospital.base());
    let judged = judge(&load, hospital.shared().inbox(), received, &cuts).await;
    let counted = judged.unwrap_or_else(|faults| panic!("{faults}\n{}", hospital.logs()));
    println!("power: {rounds} cuts: {counted}");
    hospital.judged_elsewhere();
    hospital.kill();
    disk.unmount();
}
