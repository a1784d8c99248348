//! `/readyz` says whether pages can leave, and if not, why.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::hospital::{Hospital, Reply};
use crate::judge::Reason::{Opened, Unreachable};
use crate::plan::{KIM, PRIVACY, RIVERA};
use crate::story::{BOTH, MAIL, SMS};
use crate::support::{Behaviour, Stage};

/// Asks until the answer is as it should be.
async fn ready_when(hospital: &Hospital, within: Duration, wanted: impl Fn(&Reply) -> bool) -> Reply {
    let until = SystemTime::now() + within;
    loop {
        let reply = hospital.get("/readyz", None).await;
        if wanted(&reply) {
            return reply;
        }
        assert!(SystemTime::now() < until, "{} {}\n{}", reply.status, reply.text, hospital.logs());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn warnings(reply: &Reply) -> Vec<String> {
    let warnings = reply.json()["warnings"].as_array().unwrap().clone();
    let ours = warnings.iter().filter_map(Value::as_str).filter(|one| one.contains("channel"));
    ours.map(str::to_owned).collect()
}

pub async fn with_every_channel_failing_it_is_not_ready_and_says_why_until_pages_leave_again() {
    let hospital = Hospital::serving().await;
    hospital.stop_mail().await;
    hospital.stop_sms().await;
    let story = hospital.incident("rumor").await;
    let red = ready_when(&hospital, Duration::from_secs(2), |reply| reply.status == 503).await;
    assert_eq!(red.json()["reasons"], serde_json::json!(["no page can be sent: every channel is failing"]));
    let red = ready_when(&hospital, Duration::from_secs(2), |reply| warnings(reply).len() == 3).await;
    let [email, sms, person] = warnings(&red).try_into().unwrap();
    for (channel, warning) in [("email", email), ("sms", sms)] {
        let wanted = format!("the channel `{channel}` has been failing since 20");
        assert!(warning.starts_with(&wanted) && warning.contains("the provider cannot be reached"), "{warning}");
    }
    let wanted = format!("no channel reaches Maria Rivera (rivera) of privacy about {}", story.id);
    assert!(person.starts_with(&wanted), "{person}");
    assert!(!red.text.contains('@') && !red.text.contains("+1312"), "no address and no number: {}", red.text);

    hospital.start_sms().await;
    let now = story.now();
    story.between(now, now + 5.0).page(&RIVERA, &PRIVACY, SMS, Opened);
    let green = ready_when(&hospital, Duration::from_secs(6), |reply| reply.status == 200).await;
    assert!(matches!(&warnings(&green)[..], [one] if one.contains("`email`")), "{}", green.text);
    hospital.start_mail().await;
    let now = story.now();
    story.between(now, now + 10.0).page(&RIVERA, &PRIVACY, MAIL, Opened);
    ready_when(&hospital, Duration::from_secs(12), |reply| warnings(reply).is_empty()).await;
    story.pressed(&RIVERA, "acknowledge").await;
    let logs = hospital.logs();
    for channel in ["sms", "email"] {
        for words in ["is failing: the provider cannot be reached", "works again after "] {
            let line = format!("the channel `{channel}` {words}");
            assert_eq!(logs.matches(&line).count(), 1, "{line}\n{logs}");
        }
    }
    hospital.judge_now();
}

pub async fn somebody_whom_no_channel_reaches_is_named_and_no_channel_is_blamed() {
    let hospital = Hospital::serving().await;
    hospital.shared().behave(RIVERA.email, Behaviour::reject_mail(Stage::Recipient, 550, "no such mailbox"));
    hospital.shared().behave(RIVERA.sms, Behaviour::reject_sms(400, 21211, "not a number"));
    let story = hospital.incident("rumor").await;
    story.at_once().page(&KIM, &PRIVACY, BOTH, Unreachable);
    let told = ready_when(&hospital, Duration::from_secs(3), |reply| !warnings(reply).is_empty()).await;
    assert_eq!(told.status, 200, "others can be paged: {}", told.text);
    let wanted = format!("no channel reaches Maria Rivera (rivera) of privacy about {}", story.id);
    assert!(matches!(&warnings(&told)[..], [one] if one.starts_with(&wanted)), "{}", told.text);
    story.until(1.0).await;
    story.pressed(&KIM, "acknowledge").await;
    hospital.judge().await;
}
