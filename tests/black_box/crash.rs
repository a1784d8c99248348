//! Killed, and down for a while.

use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::hospital::Hospital;
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::pace;
use crate::plan::{ADVOCACY, CHEN, DIAZ, KIM, OKAFOR, PRIVACY, RIVERA, STONE};
use crate::story::{BOTH, MAIL, SMS, Story};
use crate::support::{Behaviour, Outcome};

/// The ids that mails to a person about one incident carry.
fn mail_ids(story: &Story<'_>) -> Vec<(String, String)> {
    let header = |mail: &crate::support::Mail, name: &str| mail.header(name).unwrap().to_owned();
    let messages = story.messages(&RIVERA);
    let mails = messages.iter().filter_map(|message| message.mail());
    mails.map(|mail| (header(mail, "Message-ID"), header(mail, "X-Wardbell-Page"))).collect()
}

pub async fn killed_between_acceptance_and_record_a_page_comes_at_most_twice_with_one_id() {
    let hospital = Hospital::serving().await;
    // Both are kept at once, and answered when the daemon is long dead.
    hospital.shared().behave(RIVERA.email, Behaviour::Slow(Duration::from_secs(3)));
    hospital.shared().behave(RIVERA.sms, Behaviour::Slow(Duration::from_millis(1_900)));
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let both = || (hospital.shared().inbox().messages().len() == 2).then_some(());
    hospital.shared().inbox().wait_until(both, pace::PATIENCE).await.unwrap();
    hospital.kill();
    hospital.shared().behave_well();
    let restart = hospital.serve().await;
    story.after(restart, 0.0).perhaps().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(6.0).await;
    hospital.judge().await;
    let ids = mail_ids(&story);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    // The link of the duplicate works, and so does the first one.
    let links: Vec<String> = story.messages(&RIVERA).iter().flat_map(|message| message.links()).collect();
    story.pressed(&RIVERA, "acknowledge").await;
    for link in links {
        let path = link.strip_prefix(crate::hospital::PUBLIC_URL).unwrap();
        assert!(hospital.get(path, None).await.text.contains("You have it"), "a link that was sent stays valid");
    }
}

pub async fn a_lost_answer_of_a_provider_costs_one_duplicate_with_the_same_id() {
    let hospital = Hospital::serving().await;
    hospital.shared().behave(RIVERA.email, Behaviour::fail_times(1, Behaviour::AcceptThenDrop));
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(1.0, 2.5).page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(4.0).await;
    hospital.judge().await;
    let ids = mail_ids(&story);
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
}

pub async fn killed_before_sending_a_page_is_sent_after_the_restart() {
    let hospital = Hospital::serving().await;
    hospital.stop_mail().await;
    hospital.shared().behave(RIVERA.sms, Behaviour::Hang);
    let story = hospital.incident("rumor").await;
    let tried = |attempt: &crate::support::Attempt| attempt.outcome == Outcome::LeftHanging;
    hospital.shared().inbox().wait_for_attempt(tried, pace::PATIENCE).await.unwrap();
    hospital.kill();
    hospital.start_mail().await;
    hospital.shared().behave_well();
    let restart = hospital.serve().await;
    story.after(restart, 0.0).page(&RIVERA, &PRIVACY, SMS, Opened);
    // The mail was refused before the crash: its next try comes when that is due, up to 1.25 seconds after the first.
    let late = Duration::from_millis(2_250);
    story.during(restart.0, restart.1 + late).page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(4.0).await;
    hospital.judge().await;
    story.pressed(&RIVERA, "acknowledge").await;
}

pub async fn killed_at_any_moment_an_accepted_incident_is_paged() {
    let hospital = Hospital::serving().await;
    let mut accepted = Vec::new();
    for round in 0..4_u64 {
        let before = SystemTime::now();
        let kill = async {
            tokio::time::sleep(Duration::from_millis(4 + 6 * round)).await;
            hospital.kill();
        };
        let sends = (0..10).map(|number| {
            let incident = json!({ "class": "rumor", "event_id": format!("{round}-{number}") });
            let hospital = &hospital;
            async move { hospital.try_send(&incident).await }
        });
        let (replies, ()) = tokio::join!(futures_util::future::join_all(sends), kill);
        hospital.serve().await;
        for reply in replies.into_iter().flatten() {
            assert_eq!(reply.status, 202, "{}", reply.text);
            accepted.push((reply.json()["id"].as_str().unwrap().to_owned(), before));
        }
    }
    // What was not answered may have been accepted all the same: by then it is in the list.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let listed = hospital.get("/api/v1/incidents?limit=500", Some(crate::hospital::READER)).await.json();
    let listed: Vec<&str> =
        listed["incidents"].as_array().unwrap().iter().map(|incident| incident["id"].as_str().unwrap()).collect();
    let now = SystemTime::now();
    for id in &listed {
        let opened =
            accepted.iter().find(|(known, _)| known == id).map_or(now - Duration::from_secs(20), |(_, at)| *at);
        let story = Story::known(&hospital, id, "rumor", (opened, now));
        story.taken_over(1).await;
        // A crash leaves at most one duplicate, and there were four.
        for _ in 0..5 {
            story.during(opened, now).bundled().page(&RIVERA, &PRIVACY, BOTH, Opened);
        }
        let number = format!("{id}-1");
        let is_its_own = |(id, page): &(String, String)| !id.starts_with(&format!("<{number}@")) || *page == number;
        assert!(mail_ids(&story).iter().all(is_its_own), "every duplicate is the same page");
    }
    for (id, _) in &accepted {
        assert!(listed.contains(&id.as_str()), "{id} was answered 202 and is lost");
    }
    hospital.judge_now();
}

pub async fn overdue_steps_are_caught_up_in_order_at_their_own_distance() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("slow").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(1.1).await;
    hospital.terminate(Duration::from_secs(5)).await;
    // Down through three steps: after 2, 4 and 6 seconds.
    story.until(6.5).await;
    let restart = hospital.serve().await;
    story.after(restart, 0.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.after(restart, 2.0).page(&KIM, &PRIVACY, BOTH, NotAcknowledged);
    story.after(restart, 4.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(story.now() + 5.5).await;
    hospital.judge().await;
}

pub async fn after_a_downtime_nobody_is_paged_twice_at_once_for_one_incident() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("leak").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened).page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    story.until(1.0).await;
    hospital.kill();
    story.until(5.0).await;
    let restart = hospital.serve().await;
    story.after(restart, 0.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.after(restart, 0.0).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    // Both tracks end with the house supervisor, who is paged for the second one when the first has had its time.
    story.after(restart, 2.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.after(restart, 12.0).page(&STONE, &ADVOCACY, BOTH, NotAcknowledged);
    hospital.judge().await;
}

pub async fn a_deleted_store_is_built_again_from_the_record() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "photo", "event_id": "e-1", "dedup_key": "k" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(0.8).await;
    hospital.terminate(Duration::from_secs(4)).await;
    std::fs::remove_dir_all(hospital.store().join("store")).unwrap();
    story.until(1.3).await;
    hospital.serve().await;
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    let repeat = json!({ "class": "photo", "dedup_key": "k" });
    assert_eq!(hospital.send(&repeat).await.json()["id"], story.id.as_str());
    assert_eq!(hospital.send(&json!({ "class": "leak", "event_id": "e-1" })).await.json()["id"], story.id.as_str());
    // A link from before works.
    story.until(2.7).await;
    story.pressed(&RIVERA, "acknowledge").await;
    assert_eq!(story.show().await["occurrences"], 2);
    story.until(5.2).await;
    hospital.judge().await;
}
