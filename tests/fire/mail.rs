//! A mail server that fails at each moment of a conversation, in each manner.

use std::time::Duration;

use serde_json::json;
use tokio::sync::Barrier;

use crate::hospital::Hospital;
use crate::judge::Reason::Opened;
use crate::plan::{ADVOCACY, OKAFOR, PRIVACY, RIVERA};
use crate::story::{BOTH, MAIL, SMS, Story};
use crate::support::{Behaviour, Manner, Stage, Target};
use crate::{all_at_once, all_there};

const STAGES: [Stage; 6] = [Stage::Greeting, Stage::Hello, Stage::Mail, Stage::Recipient, Stage::GoAhead, Stage::Data];

/// As many as the channel allows itself.
const CONNECTIONS_MAX: usize = 16;

/// A line without an end must not be kept; some connections and the daemon's own work take this at most.
const GROWTH_MAX_KB: u64 = 48 << 10;

/// What is wrong with the server.
#[derive(Debug, Clone, Copy)]
enum Case {
    /// For all mail.
    All(Stage, Manner),
    /// For one recipient's mail.
    One(Stage, Manner),
    /// For all mail, a byte and then this pause.
    Dribbles(Duration),
}

pub async fn a_mail_server_that_fails_at_any_moment_of_a_conversation_delays_no_text_and_gets_its_mail_at_last() {
    let mut cases = vec![Case::Dribbles(Duration::from_secs(1)), Case::Dribbles(Duration::from_millis(2))];
    for stage in STAGES {
        cases.extend([Case::All(stage, Manner::Stall), Case::All(stage, Manner::Cut)]);
        if stage >= Stage::Recipient {
            cases.extend([Case::One(stage, Manner::Stall), Case::One(stage, Manner::Cut)]);
        }
    }
    cases.extend([Stage::Greeting, Stage::Recipient, Stage::Data].map(|stage| Case::All(stage, Manner::Flood)));
    cases.push(Case::All(Stage::Data, Manner::Garbage));
    let started = Barrier::new(cases.len());
    all_at_once(&cases, |case| lives(case, &started));
    println!("mail: {} cases", cases.len());
}

async fn lives(case: Case, started: &Barrier) {
    let hospital = Hospital::serving().await;
    all_there(started).await;
    let (target, behaviour) = match case {
        Case::All(stage, manner) => (Target::Mail, Behaviour::Falter(stage, manner)),
        Case::One(stage, manner) => (RIVERA.email.into(), Behaviour::Falter(stage, manner)),
        Case::Dribbles(pause) => (Target::Mail, Behaviour::Dribble(pause)),
    };
    hospital.shared().behave(target, behaviour);
    let rss = hospital.resident_kb();
    // The mail server may take four seconds; pauses between tries are of one, two and four, up to a quarter longer.
    let (code, behaves_at, mail_by) = match case {
        Case::All(_, Manner::Stall) | Case::One(_, Manner::Stall) => ("timeout", 4.5, 6.5),
        Case::All(_, Manner::Cut) | Case::One(_, Manner::Cut) => ("connection-lost", 2.5, 5.0),
        Case::All(_, Manner::Flood) | Case::One(_, Manner::Flood) => ("answer-too-long", 2.5, 5.0),
        Case::All(_, Manner::Garbage) | Case::One(_, Manner::Garbage) => ("smtp-unreadable", 2.5, 5.0),
        Case::Dribbles(pause) if pause >= Duration::from_secs(1) => ("timeout", 4.5, 6.5),
        Case::Dribbles(_) => ("", 0.0, 4.0),
    };
    let is_patient = code.is_empty();
    let (story, other, taken) =
        tokio::join!(hospital.incident("rumor"), hospital.incident("complaint"), hospital.incident("rumor"));
    story.at_once().bundled().page(&RIVERA, &PRIVACY, SMS, Opened);
    let by_mail = story.between(behaves_at, mail_by);
    let by_mail = if is_patient { by_mail.bundled() } else { by_mail };
    by_mail.page(&RIVERA, &PRIVACY, MAIL, Opened);
    match case {
        Case::One(..) => drop(other.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened)),
        _ => {
            other.at_once().page(&OKAFOR, &ADVOCACY, SMS, Opened);
            other.between(behaves_at, mail_by + 0.5).page(&OKAFOR, &ADVOCACY, MAIL, Opened);
        }
    }
    taken.at_once().bundled().page(&RIVERA, &PRIVACY, SMS, Opened);
    if is_patient {
        taken.between(0.0, mail_by + 0.5).bundled().page(&RIVERA, &PRIVACY, MAIL, Opened);
    } else {
        // Who has answered the text gets no mail when the server behaves again.
        let acknowledge = json!({ "action": "acknowledge" });
        assert_eq!(taken.act(acknowledge).await.status, 200);
    }
    story.until(behaves_at).await;
    let grown = hospital.resident_kb().saturating_sub(rss);
    assert!(grown <= GROWTH_MAX_KB, "{case:?}: {grown} KB more");
    if !is_patient {
        hospital.shared().behave_well();
        let late = hospital.incident("complaint").await;
        late.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    }
    story.until(mail_by).await;
    hospital.judge().await;
    let codes = mail_codes(&story).await;
    let is_told = if is_patient { codes.is_empty() } else { !codes.is_empty() && codes.iter().all(|one| one == code) };
    assert!(is_told, "{case:?}: {codes:?}, and not {code}");
    let most = hospital.most_mail_connections().await;
    assert!(most <= CONNECTIONS_MAX, "{case:?}: {most} connections at once");
}

/// What the timeline says of the tries that failed.
async fn mail_codes(story: &Story<'_>) -> Vec<String> {
    let shown = story.show().await;
    let attempts = shown["pages"][0]["attempts"].as_array().unwrap().iter();
    let failed = attempts.filter(|one| one["channel"] == "email" && one["outcome"] == "retry");
    failed.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}
