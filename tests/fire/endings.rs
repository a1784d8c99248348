//! SIGTERM, again and again on one store.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use crate::daemon::run;
use crate::dice::Dice;
use crate::hospital::Hospital;
use crate::load::{Knocks, Load};
use crate::plan::RIVERA;
use crate::rounds;
use crate::support::Behaviour;
use crate::verdict::{Received, is_kept, judge};

/// What is on its way is finished: a mail may take four seconds here, and what came at the last moment is recorded.
const ENDS_WITHIN: Duration = Duration::from_secs(6);

/// What was on its way is waited for and written down, so that a clean end excuses no page that comes twice.
pub async fn told_to_end_again_and_again_under_load_nothing_is_lost_and_nothing_comes_twice() {
    let hospital = Hospital::new().await;
    let load = Load::new(hospital.shared().clone(), Dice::thrown("endings"));
    let mut received = Received::default();
    let (rounds, mut slowest, mut knocks) = (rounds(10), Duration::ZERO, Knocks::default());
    for round in 0..rounds {
        if round % 3 == 0 {
            told_to_end_while_it_starts(&hospital, load.dice.pause(20, 300)).await;
        }
        hospital.serve().await;
        load.goes_to(hospital.base());
        if let Err(faults) = is_kept(&load, &load.answered().of_the_last(40)).await {
            panic!("after {round} ends:\n{faults}\n{}", hospital.logs());
        }
        let end = async {
            tokio::time::sleep(load.dice.pause(50, 400)).await;
            if round % 4 == 0 {
                // Taken at once and answered late: whoever does not wait for the answer sends it again.
                hospital.shared().behave(RIVERA.sms, Behaviour::Slow(Duration::from_millis(800)));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let number = hospital.with_daemon(|daemon| daemon.id());
            let (ended, ()) = tokio::join!(hospital.terminate(ENDS_WITHIN), tell_again(number));
            slowest = slowest.max(ended);
        };
        let ((), knocked) = tokio::join!(load.until(end), load.knocks());
        knocks.taken += knocked.taken;
        knocks.refused += knocked.refused;
        knocks.turned_away += knocked.turned_away;
        received.take(hospital.shared().inbox());
        let verified = run(hospital.command(&["audit", "verify"])).await;
        assert_eq!(verified.status.code(), Some(0), "after end {round}: {verified:?}");
    }
    hospital.serve().await;
    load.goes_to(hospital.base());
    let counted = judge(&load, hospital.shared().inbox(), received, &[])
        .await
        .unwrap_or_else(|faults| panic!("{faults}\n{}", hospital.logs()));
    assert!(knocks.taken > rounds && knocks.turned_away > rounds, "nobody came at the door in time: {knocks:?}");
    // Whatever was read was answered before the end.
    assert_eq!(counted.unanswered, 0, "{counted}");
    println!("endings: {rounds} rounds, slowest end {slowest:.1?}, at the door meanwhile {knocks:?}: {counted}");
    hospital.judged_elsewhere();
}

/// Before it listens to signals, the system ends it; then it ends as always.
async fn told_to_end_while_it_starts(hospital: &Hospital, after: Duration) {
    let serve = hospital.command(&["serve"]);
    let mut command = Command::new("timeout");
    command.args(["--preserve-status", "--kill-after=10", &format!("{:.3}", after.as_secs_f64())]);
    command.arg(serve.get_program()).args(serve.get_args());
    let ended = run(command).await;
    let how = (ended.status.code(), ended.status.signal());
    let by_the_system = matches!(how, (Some(143), _) | (_, Some(15)));
    assert!(by_the_system || how.0 == Some(0), "{how:?}\n{}", String::from_utf8_lossy(&ended.stderr));
}

/// Somebody is impatient, which hurries nothing.
async fn tell_again(number: u32) {
    tokio::time::sleep(Duration::from_millis(15)).await;
    // It may have ended meanwhile.
    let _gone = Command::new("kill").args(["-TERM", &number.to_string()]).output();
}
