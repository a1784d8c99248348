//! The machine's clock jumps while the daemon runs.

use std::fs;
use std::path::PathBuf;

use chrono::{TimeDelta, Utc};

use crate::hospital::Hospital;
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::plan::{CHEN, DIAZ, PRIVACY, RIVERA, Roster, STONE};
use crate::story::BOTH;
use crate::tools::{libfaketime, skip};

/// A hospital whose daemon sees the wall clock through a file, and the file.
pub async fn hospital_with_a_clock(story: &str) -> Option<(Hospital, PathBuf)> {
    let hospital = Hospital::new().await;
    let Some(library) = libfaketime() else {
        skip(story, "there is no libfaketime");
        hospital.judge_now();
        return None;
    };
    let clock = hospital.house().parent().unwrap().join("clock");
    fs::write(&clock, "+0").unwrap();
    hospital.env("LD_PRELOAD", library);
    hospital.env("FAKETIME_TIMESTAMP_FILE", &clock);
    hospital.env("FAKETIME_NO_CACHE", "1");
    // The steady clock goes on as it does when somebody sets the time.
    hospital.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    hospital.env("DONT_FAKE_MONOTONIC", "1");
    Some((hospital, clock))
}

pub async fn an_hour_ahead_changes_no_wait_and_the_roster_follows_the_wall_clock() {
    let name = "an_hour_ahead_changes_no_wait_and_the_roster_follows_the_wall_clock";
    let Some((hospital, clock)) = hospital_with_a_clock(name).await else { return };
    let privacy = Roster::new(&PRIVACY, None).person(&RIVERA).person(&CHEN).person(&DIAZ);
    let local = |minutes: i64| {
        let at = Utc::now() + TimeDelta::minutes(minutes);
        at.with_timezone(&chrono_tz::America::Chicago).format("%Y-%m-%d %H:%M").to_string()
    };
    let change = format!(
        "\n[[override]]\nrole = \"backup\"\nfrom = \"{}\"\nto = \"{}\"\nliaison = \"diaz\"\nreason = \"swap\"\n",
        local(30),
        local(90)
    );
    let privacy = privacy.always("primary", &RIVERA).always("backup", &CHEN).with(&change);
    hospital.write("rosters/privacy.toml", privacy.text());
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    fs::write(&clock, "+3600").unwrap();
    story.between(2.0, 3.0).page_in_another_hour(&DIAZ, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page_in_another_hour(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(6.0).await;
    hospital.judge().await;
    assert!(hospital.logs().contains("the system clock jumped ahead"), "the daemon saw the jump");
}

pub async fn an_hour_back_changes_no_wait() {
    let Some((hospital, clock)) = hospital_with_a_clock("an_hour_back_changes_no_wait").await else { return };
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    fs::write(&clock, "-3600").unwrap();
    story.between(2.0, 3.0).page_in_another_hour(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.until(3.0).await;
    // And back again: it makes up for the jump before, and moves nothing.
    fs::write(&clock, "+0").unwrap();
    story.between(4.0, 5.0).page_in_another_hour(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let other = hospital.incident("rumor").await;
    other.at_once().page_in_another_hour(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(6.0).await;
    hospital.judge().await;
    let shown = [&RIVERA, &CHEN].map(|person| {
        let first = story.messages(person).into_iter().find_map(|message| Some(message.sms()?.body.clone())).unwrap();
        first.split("Answer by ").nth(1).unwrap()[..2].to_owned()
    });
    assert_ne!(shown[0], shown[1], "people are shown the wall clock");
    // The timeline's order is that of its times, whatever the clock did.
    let timeline = story.timeline().await;
    let times: Vec<&str> = timeline.iter().map(|moment| moment["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

pub async fn a_jump_that_nothing_followed_is_known_after_a_crash() {
    for jump in ["+20", "-3600", "+3600"] {
        let name = "a_jump_that_nothing_followed_is_known_after_a_crash";
        let Some((hospital, clock)) = hospital_with_a_clock(name).await else { return };
        hospital.serve().await;
        let story = hospital.incident("photo").await;
        story.at_once().page_in_another_hour(&RIVERA, &PRIVACY, BOTH, Opened);
        story.until(0.4).await;
        fs::write(&clock, jump).unwrap();
        // It is looked for every second.
        story.until(1.6).await;
        hospital.kill();
        hospital.serve().await;
        story.between(2.0, 3.0).page_in_another_hour(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
        story.between(4.0, 5.0).page_in_another_hour(&STONE, &PRIVACY, BOTH, NotAcknowledged);
        hospital.judge().await;
    }
}

pub async fn started_again_with_a_clock_an_hour_back_the_steps_come_all_the_same() {
    let name = "started_again_with_a_clock_an_hour_back_the_steps_come_all_the_same";
    let Some((hospital, clock)) = hospital_with_a_clock(name).await else { return };
    fs::write(&clock, "+3600").unwrap();
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page_in_another_hour(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.0).await;
    hospital.kill();
    fs::write(&clock, "+0").unwrap();
    let restart = hospital.serve().await;
    // How long the daemon was down cannot be known: the steps come after it, in order, no later than anew.
    let at = |seconds| restart.1 + std::time::Duration::from_secs(seconds);
    story.during(restart.0, at(3)).page_in_another_hour(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.during(restart.0, at(5)).page_in_another_hour(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let other = hospital.incident("rumor").await;
    other.at_once().page_in_another_hour(&RIVERA, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
    let verified = crate::daemon::run(hospital.command(&["audit", "verify"])).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}
