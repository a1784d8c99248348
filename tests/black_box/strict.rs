//! The judge itself: what it must not let pass.

use std::time::Duration;

use crate::hospital::Hospital;
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::pace;
use crate::plan::{ADVOCACY, CHEN, PRIVACY, RIVERA};
use crate::story::{BOTH, SMS};

pub async fn the_judge_finds_what_was_not_listed_what_is_missing_late_or_says_something_else() {
    let hospital = Hospital::serving().await;
    let mut story = hospital.incident("rumor").await;
    let all = || (hospital.shared().inbox().messages().len() == 2).then_some(());
    hospital.shared().inbox().wait_until(all, pace::PATIENCE).await.unwrap();
    let verdict = || hospital.verdict().err().unwrap_or_default();

    assert_eq!(verdict().matches("NOT EXPECTED").count(), 2, "not listed at all");
    story.at_once().page(&RIVERA, &PRIVACY, SMS, Opened);
    assert_eq!(verdict().matches("NOT EXPECTED").count(), 1, "one channel of two");
    hospital.forget();
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened).page(&CHEN, &PRIVACY, SMS, Opened);
    assert_eq!((verdict().matches("NOT EXPECTED").count(), verdict().matches("MISSING").count()), (0, 1), "one more");
    hospital.forget();
    story.between(2.0, 3.0).page(&RIVERA, &PRIVACY, BOTH, Opened);
    assert_eq!((verdict().matches("NOT EXPECTED").count(), verdict().matches("MISSING").count()), (2, 2), "too early");
    hospital.forget();
    // A second late, on a machine of whatever pace; what the machine itself costs is no fault.
    let came = hospital.shared().inbox().messages().iter().map(|message| message.received_at).min().unwrap();
    let from = came - Duration::from_secs(20);
    let allowed = pace::allowance(from, came);
    story.during(from, came - allowed - Duration::from_secs(1)).page(&RIVERA, &PRIVACY, BOTH, Opened);
    assert_eq!((verdict().matches("NOT EXPECTED").count(), verdict().matches("MISSING").count()), (2, 2), "too late");
    hospital.forget();
    let last = hospital.shared().inbox().messages().iter().map(|message| message.received_at).max().unwrap();
    story.during(from, last - allowed / 2).page(&RIVERA, &PRIVACY, BOTH, Opened);
    assert_eq!(verdict(), "");
    hospital.forget();
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, NotAcknowledged);
    assert!(verdict().contains("NOT EXPECTED"), "another reason");
    hospital.forget();
    story.at_once().page(&RIVERA, &ADVOCACY, BOTH, Opened);
    assert!(verdict().contains("should be `Patient Advocacy`"), "another department: {}", verdict());
    hospital.forget();
    story.rises_to("critical");
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    assert!(
        verdict().contains("should be `critical`") && verdict().contains("is not `MERCY critical"),
        "{}",
        verdict()
    );
    hospital.forget();
    story.rises_to("moderate");
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    assert_eq!(verdict(), "");
    hospital.judge().await;
}
