//! A gateway that answers nonsense, slowly, or without end.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Barrier;

use crate::hospital::Hospital;
use crate::judge::Reason::Opened;
use crate::pace;
use crate::plan::{ADVOCACY, OKAFOR, PRIVACY, RIVERA};
use crate::story::{BOTH, MAIL, SMS, Story};
use crate::support::{Behaviour, Misanswer};
use crate::{all_at_once, all_there};

/// So many texts at once are answered so, as many as one person is sent at a time.
const AT_ONCE: usize = 4;

/// An answer without an end must not be kept: of each, 64 KB are read.
const GROWTH_MAX_KB: u64 = 48 << 10;

/// A try may take two seconds here; its end is recorded then.
const TRY_MAX: Duration = Duration::from_millis(2_300);

#[derive(Debug, Clone, Copy)]
enum Case {
    /// A byte of the answer, and then this pause.
    Dribbles(Duration),
    Misanswers(Misanswer),
}

pub async fn a_gateway_that_answers_nonsense_slowly_or_without_end_costs_no_page_and_harms_no_other() {
    let cases = [
        Case::Dribbles(Duration::from_secs(1)),
        Case::Misanswers(Misanswer::EndlessHead),
        Case::Misanswers(Misanswer::EndlessBody),
        Case::Misanswers(Misanswer::Garbage),
        Case::Misanswers(Misanswer::HalfBody),
        Case::Misanswers(Misanswer::SaysFailed),
        Case::Misanswers(Misanswer::WithoutId),
    ];
    let started = Barrier::new(cases.len());
    all_at_once(&cases, |case| lives(case, &started));
    println!("texts: {} cases", cases.len());
}

async fn lives(case: Case, started: &Barrier) {
    let hospital = Hospital::serving().await;
    all_there(started).await;
    // What the timeline says, and whether the gateway takes the text all the same.
    let (code, takes) = match case {
        Case::Dribbles(_) => ("timeout", true),
        Case::Misanswers(Misanswer::EndlessHead) => ("timeout", false),
        Case::Misanswers(Misanswer::Garbage) => ("connection-lost", false),
        Case::Misanswers(Misanswer::HalfBody) => ("connection-lost", true),
        Case::Misanswers(Misanswer::EndlessBody | Misanswer::WithoutId) => ("gateway-unreadable", false),
        Case::Misanswers(Misanswer::SaysFailed) => ("gateway-failed", false),
    };
    let behaviour = match case {
        Case::Dribbles(pause) => Behaviour::Dribble(pause),
        Case::Misanswers(misanswer) => Behaviour::Misanswer(misanswer),
    };
    hospital.shared().behave(RIVERA.sms, behaviour);
    let rss = hospital.resident_kb();
    let stories = join_all((0..AT_ONCE).map(|_| hospital.incident("rumor"))).await;
    for (number, story) in stories.iter().enumerate() {
        story.at_once().bundled().page(&RIVERA, &PRIVACY, MAIL, Opened);
        if takes {
            story.between(0.0, 2.3).bundled().page(&RIVERA, &PRIVACY, SMS, Opened);
        }
        // The last is acknowledged meanwhile: no further text.
        if number + 1 < AT_ONCE {
            if takes && code != "timeout" {
                story.between(0.98, 2.3).bundled().page(&RIVERA, &PRIVACY, SMS, Opened);
            }
            // After pauses of one and two seconds, or after the two seconds that a try may take and a pause of one.
            story.between(2.5, 4.75).bundled().page(&RIVERA, &PRIVACY, SMS, Opened);
        }
    }
    let other = hospital.incident("complaint").await;
    other.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    let acknowledge = json!({ "action": "acknowledge" });
    assert_eq!(stories[AT_ONCE - 1].act(acknowledge).await.status, 200);
    stories[0].until(2.6).await;
    let grown = hospital.resident_kb().saturating_sub(rss);
    assert!(grown <= GROWTH_MAX_KB, "{case:?}: {grown} KB more");
    hospital.shared().behave_well();
    stories[0].until(5.0).await;
    hospital.judge().await;
    for story in &stories[..AT_ONCE - 1] {
        is_tried_until_taken(case, code, story).await;
    }
}

async fn is_tried_until_taken(case: Case, code: &str, story: &Story<'_>) {
    let shown = story.show().await;
    let received: DateTime<Utc> = shown["received_at"].as_str().unwrap().parse().unwrap();
    let attempts = shown["pages"][0]["attempts"].as_array().unwrap().iter();
    let texts: Vec<_> = attempts.filter(|one| one["channel"] == "sms").collect();
    let first: DateTime<Utc> = texts[0]["at"].as_str().unwrap().parse().unwrap();
    let took = (first - received).to_std().unwrap();
    assert!(pace::is_within(TRY_MAX, received.into(), took), "{case:?}: given up on after {took:?}");
    let failed = texts.iter().filter(|one| one["outcome"] == "retry");
    let codes: Vec<&str> = failed.filter_map(|one| one["code"].as_str()).collect();
    // A connection that the gateway closes is lost for whoever uses it next.
    let is_known = |one: &&str| *one == code || *one == "connection-lost";
    assert!(codes.contains(&code) && codes.iter().all(is_known), "{case:?}: {codes:?}, and not {code}");
    assert_eq!(texts.last().unwrap()["outcome"], "accepted", "{case:?}: {texts:?}");
}
