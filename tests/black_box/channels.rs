//! Providers on their worst days.

use std::time::Duration;

use serde_json::json;

use crate::daemon::run;
use crate::hospital::Hospital;
use crate::judge::Reason::{NotAcknowledged, Opened, Unreachable};
use crate::plan::{ADVOCACY, CHEN, DIAZ, OKAFOR, PRIVACY, Person, RIVERA, Roster, STONE};
use crate::story::{BOTH, MAIL, SMS};
use crate::support::{Attempt, Behaviour, Misanswer, Outcome, Stage, Target};
use crate::watcher::value;

/// Mail first; the text only if nothing else works, as far as a story goes.
const MAIL_FIRST: &str = "notify = [{ by = \"email\", after = \"0s\" }, { by = \"sms\", after = \"60s\" }]";

/// The text first.
const SMS_FIRST: &str = "notify = [{ by = \"sms\", after = \"0s\" }, { by = \"email\", after = \"60s\" }]";

async fn hospital_where_rivera(notify: &str) -> Hospital {
    let hospital = Hospital::new().await;
    let roster = match notify {
        "" => Roster::new(&PRIVACY, None).mail_person(&RIVERA, ""),
        notify => Roster::new(&PRIVACY, None).person_with(&RIVERA, notify),
    };
    let roster = roster.person(&CHEN).always("primary", &RIVERA).always("backup", &CHEN);
    hospital.write("rosters/privacy.toml", roster.text());
    hospital.serve().await;
    hospital
}

/// The tries for one person over mail, with their outcomes.
fn mail_tries(hospital: &Hospital, person: &Person) -> Vec<Attempt> {
    let mut tries = hospital.shared().inbox().attempts();
    tries.retain(|one| one.recipient.as_deref() == Some(person.email));
    tries
}

pub async fn a_mail_server_that_is_busy_is_tried_again_with_growing_pauses() {
    let hospital = hospital_where_rivera("").await;
    let busy = Behaviour::reject_mail(Stage::Recipient, 451, "try again later");
    hospital.shared().behave(RIVERA.email, Behaviour::fail_times(3, busy));
    let story = hospital.incident("rumor").await;
    // After pauses of one, two and four seconds, each up to a quarter longer.
    story.between(7.0, 9.75).page(&RIVERA, &PRIVACY, MAIL, Opened);
    hospital.judge().await;
    let tries = mail_tries(&hospital, &RIVERA);
    let refused = Outcome::Refused(451);
    let outcomes: Vec<&Outcome> = tries.iter().map(|one| &one.outcome).collect();
    assert_eq!(outcomes, [&refused, &refused, &refused, &Outcome::Accepted]);
    let pauses: Vec<Duration> = tries.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at).unwrap()).collect();
    assert!(pauses.windows(2).all(|pair| pair[1] > pair[0].mul_f64(1.3)), "{pauses:?}");
    let shown = story.show().await;
    let codes: Vec<&str> =
        shown["pages"][0]["attempts"].as_array().unwrap().iter().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!(codes, ["smtp-451"; 3], "{shown:#}");
}

pub async fn a_refused_mail_is_not_tried_again_and_the_next_channel_comes_at_once() {
    for stage in [Stage::Recipient, Stage::Data] {
        let hospital = hospital_where_rivera(MAIL_FIRST).await;
        hospital.shared().behave(RIVERA.email, Behaviour::reject_mail(stage, 550, "no such mailbox"));
        let story = hospital.incident("rumor").await;
        story.at_once().page(&RIVERA, &PRIVACY, SMS, Opened);
        story.until(2.5).await;
        hospital.judge().await;
        assert_eq!(mail_tries(&hospital, &RIVERA).len(), 1);
    }
}

pub async fn a_page_that_one_channel_took_is_not_unsent_while_another_waits() {
    let hospital = hospital_where_rivera(MAIL_FIRST).await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(2.0).await;
    assert_eq!(value(&hospital, "wardbell_oldest_unsent_page_seconds").await, Some(0.0), "its text waits for a minute");
    hospital.judge().await;
}

pub async fn a_refused_text_is_not_tried_again_and_the_next_channel_comes_at_once() {
    let hospital = hospital_where_rivera(SMS_FIRST).await;
    hospital.shared().behave(RIVERA.sms, Behaviour::reject_sms(400, 21610, "opted out"));
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(2.5).await;
    hospital.judge().await;
    let tries = hospital.shared().inbox().attempts();
    assert_eq!(tries.iter().filter(|one| one.recipient.as_deref() == Some(RIVERA.sms)).count(), 1);
}

pub async fn a_gateway_that_says_failed_or_gives_no_id_is_not_believed() {
    for misanswer in [Misanswer::SaysFailed, Misanswer::WithoutId] {
        let hospital = hospital_where_rivera(SMS_FIRST).await;
        hospital.shared().behave(RIVERA.sms, Behaviour::fail_times(2, Behaviour::Misanswer(misanswer)));
        let story = hospital.incident("rumor").await;
        // Mail comes at once, and the text is tried again after a second and then two.
        story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
        story.between(3.0, 4.75).page(&RIVERA, &PRIVACY, SMS, Opened);
        story.until(5.0).await;
        hospital.judge().await;
    }
}

pub async fn whom_no_channel_reaches_is_followed_at_once_and_delays_nobody() {
    let hospital = Hospital::serving().await;
    hospital.shared().behave(RIVERA.email, Behaviour::reject_mail(Stage::Recipient, 550, "no such mailbox"));
    hospital.shared().behave(RIVERA.sms, Behaviour::reject_sms(400, 21211, "not a number"));
    let story = hospital.incident("leak").await;
    story.at_once().page(&CHEN, &PRIVACY, BOTH, Unreachable).page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    story.until(3.2).await;
    story.pressed(&OKAFOR, "acknowledge").await;
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(6.0).await;
    hospital.judge().await;
}

pub async fn without_root_certificates_it_starts_and_pages_by_the_channel_that_needs_none() {
    let hospital = Hospital::new().await;
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        hospital.env(name, "/nowhere");
    }
    let config = std::fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", config.replace("tls = \"none\"", "tls = \"starttls\""));
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, SMS, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, SMS, NotAcknowledged);
    story.until(3.0).await;
    story.pressed(&CHEN, "acknowledge").await;
    hospital.judge().await;
    let logs = hospital.logs();
    assert!(logs.contains("no root certificates") && logs.contains("channel=email"), "{logs}");
    // A command speaks to the daemon without them, too.
    let mut list = hospital.command(&["list", "--server", &hospital.base()]);
    list.env("SSL_CERT_FILE", "/nowhere").env("SSL_CERT_DIR", "/nowhere");
    let list = run(list).await;
    assert_eq!(list.status.code(), Some(0), "{}", String::from_utf8_lossy(&list.stderr));
}

pub async fn a_gateway_that_hangs_delays_nobody_else() {
    let hospital = Hospital::serving().await;
    hospital.shared().behave(RIVERA.sms, Behaviour::Hang);
    let mut stories = Vec::new();
    for _ in 0..10 {
        let story = hospital.incident("rumor").await;
        story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
        stories.push(story);
    }
    let story = hospital.incident("leak").await;
    story.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened).page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    story.until(3.2).await;
    story.pressed(&OKAFOR, "acknowledge").await;
    story.pressed(&RIVERA, "acknowledge").await;
    for story in &stories {
        story.pressed(&RIVERA, "acknowledge").await;
    }
    story.until(5.5).await;
    hospital.judge().await;
}

pub async fn a_gateway_that_hangs_for_all_leaves_mail_to_all() {
    let hospital = Hospital::serving().await;
    hospital.shared().behave(Target::Sms, Behaviour::Hang);
    let story = hospital.incident("leak").await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened).page(&OKAFOR, &ADVOCACY, MAIL, Opened);
    let steps = story.between(2.0, 3.0);
    steps.page(&CHEN, &PRIVACY, MAIL, NotAcknowledged).page(&DIAZ, &ADVOCACY, MAIL, NotAcknowledged);
    story.until(3.1).await;
    story.pressed(&RIVERA, "acknowledge").await;
    story.pressed(&OKAFOR, "acknowledge").await;
    story.until(5.0).await;
    hospital.judge().await;
}

pub async fn a_mail_server_that_is_down_loses_nothing() {
    let hospital = hospital_where_rivera(MAIL_FIRST).await;
    hospital.stop_mail().await;
    let story = hospital.incident("photo").await;
    // By the other channel at once, and by mail when the server is back: at the next of the growing pauses.
    story.at_once().page(&RIVERA, &PRIVACY, SMS, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, SMS, NotAcknowledged);
    story.until(3.2).await;
    story.pressed(&CHEN, "acknowledge").await;
    // Her mail may just have been tried a third time: the pause after that would delay the next incident's.
    story.until(4.5).await;
    let other = hospital.open(json!({ "class": "rumor" })).await;
    other.at_once().page(&RIVERA, &PRIVACY, SMS, Opened);
    other.until(1.5).await;
    hospital.start_mail().await;
    // The one that was acknowledged needs no mail any more.
    other.between(3.0, 4.75).page(&RIVERA, &PRIVACY, MAIL, Opened);
    other.until(5.0).await;
    hospital.judge().await;
}

pub async fn a_gateway_that_is_down_loses_nothing() {
    let hospital = Hospital::serving().await;
    hospital.stop_sms().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, MAIL, NotAcknowledged);
    story.until(2.8).await;
    hospital.start_sms().await;
    story.between(2.8, 4.75).page(&RIVERA, &PRIVACY, SMS, Opened);
    story.between(2.8, 4.75).page(&CHEN, &PRIVACY, SMS, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(6.0).await;
    hospital.judge().await;
}
