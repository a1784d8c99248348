//! `kill -9`, again and again on one store.

use std::time::Duration;

use crate::daemon::run;
use crate::dice::Dice;
use crate::hospital::Hospital;
use crate::load::Load;
use crate::rounds;
use crate::verdict::{Disaster, Received, is_kept, judge};

pub async fn killed_again_and_again_under_load_nothing_answered_is_lost() {
    let hospital = Hospital::new().await;
    let load = Load::new(hospital.shared().clone(), Dice::thrown("kills"));
    let (mut received, mut kills) = (Received::default(), Vec::new());
    let (rounds, mut slowest) = (rounds(16), Duration::ZERO);
    for round in 0..rounds {
        // Now and then it is killed while it starts.
        if load.dice.below(8) == 0 {
            let _killed = tokio::time::timeout(load.dice.pause(20, 400), hospital.serve()).await;
            hospital.kill_if_running();
            kills.push(Disaster::now());
        }
        let (from, to) = hospital.serve().await;
        slowest = slowest.max(to.duration_since(from).unwrap_or_default());
        load.goes_to(hospital.base());
        if let Err(faults) = is_kept(&load, &load.answered().of_the_last(40)).await {
            panic!("after {round} kills:\n{faults}\n{}", hospital.logs());
        }
        let kill = async {
            tokio::time::sleep(load.dice.pause(0, 600)).await;
            hospital.kill();
        };
        load.until(kill).await;
        kills.push(Disaster::now());
        received.take(hospital.shared().inbox());
        let verified = run(hospital.command(&["audit", "verify"])).await;
        assert_eq!(verified.status.code(), Some(0), "after kill {round}: {verified:?}");
    }
    hospital.serve().await;
    load.goes_to(hospital.base());
    let counted =
        judge(&load, hospital.shared().inbox(), received, &kills).await.unwrap_or_else(|faults| panic!("{faults}"));
    println!("kills: {} of {rounds} rounds, slowest start {slowest:.1?}: {counted}", kills.len());
    hospital.judged_elsewhere();
}
