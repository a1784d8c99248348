//! People with two numbers: a page that the first one refuses is at the second one at once.

use crate::hospital::Hospital;
use crate::judge::Reason::{Opened, Unreachable};
use crate::pace;
use crate::plan::{CHEN, PRIVACY, Person, RIVERA, Roster};
use crate::story::{BOTH, MAIL, SMS};
use crate::support::{Attempt, Behaviour, Outcome};

/// Maria Rivera at her second number.
const RIVERA_TWO: Person = Person { sms: "+13125550177", ..RIVERA };

const SMS_FIRST: &str = "notify = [{ by = \"sms\", after = \"0s\" }, { by = \"email\", after = \"60s\" }]";

/// Maria Rivera has two numbers, and her mail comes later or not at all.
async fn hospital(has_mail: bool) -> Hospital {
    let hospital = Hospital::new().await;
    let notify = if has_mail { SMS_FIRST } else { "" };
    let roster = Roster::new(&PRIVACY, None).person_with(&RIVERA, notify).person(&CHEN);
    let text = roster.always("primary", &RIVERA).always("backup", &CHEN).text();
    let two = format!("sms = [\"{}\", \"{}\"]", RIVERA.sms, RIVERA_TWO.sms);
    let mut text = text.replacen(&format!("sms = \"{}\"", RIVERA.sms), &two, 1);
    assert!(text.contains(&two), "{text}");
    if !has_mail {
        text = text.replacen(&format!("email = \"{}\"\n", RIVERA.email), "", 1);
    }
    hospital.write("rosters/privacy.toml", text);
    hospital.serve().await;
    hospital.shared().behave(RIVERA.sms, Behaviour::reject_sms(400, 21211, "not a number"));
    hospital
}

fn tries(hospital: &Hospital, number: &str) -> Vec<Attempt> {
    let mut tries = hospital.shared().inbox().attempts();
    tries.retain(|one| one.recipient.as_deref() == Some(number));
    tries
}

pub async fn a_page_that_the_first_number_refuses_is_at_the_second_at_once() {
    let hospital = hospital(true).await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA_TWO, &PRIVACY, SMS, Opened);
    story.until(2.5).await;
    hospital.judge().await;
    assert_eq!(tries(&hospital, RIVERA.sms).len(), 1);
    let shown = story.show().await;
    let attempts = &shown["pages"][0]["attempts"];
    assert_eq!((&attempts[0]["code"], &attempts[0]["contact"]), (&"twilio-21211".into(), &serde_json::Value::Null));
    assert_eq!((&attempts[1]["outcome"], &attempts[1]["contact"]), (&"accepted".into(), &2.into()), "{shown:#}");
    let logs = hospital.logs();
    for line in ["; sending it to their second number now", "SMS to the second number of rivera accepted in "] {
        assert!(logs.contains(line), "{line}: {logs}");
    }
    assert!(!logs.contains("5550177") && !logs.contains("5550101"), "no number is in the log: {logs}");
}

pub async fn where_both_numbers_refuse_the_mail_comes_at_once() {
    let hospital = hospital(true).await;
    hospital.shared().behave(RIVERA_TWO.sms, Behaviour::reject_sms(400, 21610, "opted out"));
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, MAIL, Opened);
    story.until(2.5).await;
    hospital.judge().await;
    assert_eq!([RIVERA.sms, RIVERA_TWO.sms].map(|number| tries(&hospital, number).len()), [1, 1]);
}

pub async fn whom_neither_number_reaches_is_followed_by_the_next_person_at_once() {
    let hospital = hospital(false).await;
    hospital.shared().behave(RIVERA_TWO.sms, Behaviour::reject_sms(400, 21610, "opted out"));
    let story = hospital.incident("photo").await;
    story.at_once().page(&CHEN, &PRIVACY, BOTH, Unreachable);
    story.until(1.5).await;
    story.pressed(&CHEN, "acknowledge").await;
    hospital.judge().await;
    assert_eq!([RIVERA.sms, RIVERA_TWO.sms].map(|number| tries(&hospital, number).len()), [1, 1]);
}

pub async fn killed_between_two_numbers_the_second_is_tried_and_not_the_first_again() {
    let hospital = hospital(true).await;
    hospital.shared().behave(RIVERA_TWO.sms, Behaviour::Hang);
    let story = hospital.incident("rumor").await;
    let hangs = |attempt: &Attempt| attempt.outcome == Outcome::LeftHanging;
    hospital.shared().inbox().wait_for_attempt(hangs, pace::PATIENCE).await.unwrap();
    hospital.kill();
    hospital.shared().behave_well();
    let restart = hospital.serve().await;
    story.after(restart, 0.0).page(&RIVERA_TWO, &PRIVACY, SMS, Opened);
    story.until(4.0).await;
    hospital.judge().await;
    assert_eq!(tries(&hospital, RIVERA.sms).len(), 1, "the first number would take it now, and is not asked again");
}
