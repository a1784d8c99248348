//! People who cannot be reached, who are all involved, who have left, or who press to and fro.

use std::time::Duration;

use serde_json::{Value, json};

use crate::hospital::{Hospital, Reply};
use crate::judge::Reason::{Declined, HandedOver, HolderUnreachable, LastResort, NotAcknowledged, NotActedOn, Opened};
use crate::plan::{
    ADVOCACY, CHEN, COMPLIANCE, DIAZ, HOUSE, KIM, OKAFOR, PRIVACY, Person, RIVERA, Roster, STONE, playbook,
};
use crate::story::{BOTH, Story};
use crate::support::{Behaviour, Stage};

/// Somebody who joins a roster later.
const LEE: Person = Person { id: "lee", name: "Kay Lee", email: "k.lee@mercy.example", sms: "+13125550107" };

/// Everybody in the usual rosters.
const ALL: [Person; 6] = [RIVERA, CHEN, OKAFOR, DIAZ, KIM, STONE];

pub async fn whoever_has_it_and_cannot_be_reached_is_followed_by_the_backup_and_then_the_ladder() {
    let hospital = acting_within_two_seconds().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(0.4).await;
    let acknowledged = story.pressed(&RIVERA, "acknowledge").await;
    hospital.shared().behave(RIVERA.email, Behaviour::reject_mail(Stage::Recipient, 550, "no such mailbox"));
    hospital.shared().behave(RIVERA.sms, Behaviour::reject_sms(400, 21211, "not a number"));
    story.after(acknowledged, 2.0).page(&CHEN, &PRIVACY, BOTH, HolderUnreachable);
    story.after(acknowledged, 4.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(7.5).await;
    hospital.judge().await;
    let lost = moments(&story, "holder-unreachable").await;
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!((&lost[0]["by"]["liaison"]["liaison"], &lost[0]["because"]), (&json!("rivera"), &json!("unreachable")));
    assert_eq!(story.show().await["status"], "open");
    story.pressed(&CHEN, "acknowledge").await;
}

pub async fn a_reminder_that_cannot_leave_is_not_waited_for_longer_than_act_within() {
    let hospital = acting_within_two_seconds().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(0.4).await;
    let acknowledged = story.pressed(&RIVERA, "acknowledge").await;
    let busy = Behaviour::reject_mail(Stage::Recipient, 450, "busy");
    hospital.shared().behave(RIVERA.email, busy);
    hospital.shared().behave(RIVERA.sms, Behaviour::Hang);
    story.after(acknowledged, 4.0).page(&CHEN, &PRIVACY, BOTH, HolderUnreachable);
    story.until(5.9).await;
    story.pressed(&CHEN, "acknowledge").await;
    story.until(7.0).await;
    hospital.judge().await;
}

pub async fn where_everybody_is_involved_somebody_is_paged_all_the_same_and_hands_it_over() {
    let hospital = Hospital::serving().await;
    let ids = ALL.map(|person| person.id);
    let story = hospital.open(json!({ "class": "photo", "involved": ids, "summary": "a post" })).await;
    for seconds in [0.0, 2.0, 4.0] {
        story.between(seconds, seconds + 1.0).page(&STONE, &PRIVACY, BOTH, LastResort);
    }
    let link = story.link(&STONE).await;
    let page = hospital.get(&link, None).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Call someone who can take this") && !page.text.contains("<button"), "{}", page.text);
    is_neutral(&story, &page);
    for action in ["acknowledge", "decline", "note"] {
        let pressed = hospital.form(&link, &[("action", action), ("note", "x")]).await;
        assert_eq!(pressed.status, 409, "{action}");
        is_neutral(&story, &pressed);
    }
    let ready = hospital.get("/readyz", None).await;
    assert!(ready.status == 503 && ready.text.contains(&story.id), "{} {}", ready.status, ready.text);
    let log = hospital.logs();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert!(!errors.is_empty() && errors.iter().all(|line| line.contains(&story.id)), "{log}");

    story.until(4.8).await;
    let advocacy = Roster::new(&ADVOCACY, Some(&COMPLIANCE)).person(&OKAFOR).person(&DIAZ).person(&LEE);
    hospital.write("rosters/advocacy.toml", advocacy.always("primary", &OKAFOR).always("backup", &DIAZ).text());
    let listed = async || loop {
        let page = hospital.get(&link, None).await;
        if page.text.contains("Kay Lee, Patient Advocacy") {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let page = tokio::time::timeout(Duration::from_secs(10), listed()).await.expect("the roster is read again");
    assert_eq!(page.text.matches("<button").count(), 1, "{}", page.text);
    assert!(page.text.contains("Hand this to") && !page.text.contains("Maria Rivera"), "{}", page.text);
    let refused = hospital.form(&link, &[("action", "hand-over"), ("to", "kim")]).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let before = std::time::SystemTime::now();
    let handed = hospital.form(&link, &[("action", "hand-over"), ("to", "advocacy/lee")]).await;
    assert!(handed.status == 200 && handed.text.contains("Handed over at"), "{} {}", handed.status, handed.text);
    story.after((before, std::time::SystemTime::now()), 0.0).page(&LEE, &PRIVACY, BOTH, HandedOver);
    let again = hospital.form(&link, &[("action", "hand-over"), ("to", "lee")]).await;
    assert!(again.text.contains("Kay Lee has been paged already"), "{}", again.text);
    assert_eq!(hospital.get("/readyz", None).await.status, 503, "until somebody has it");
    let hers = hospital.get(&story.link(&LEE).await, None).await;
    assert!(hers.text.contains("The matter of photo") && hers.text.contains("I have it"), "{}", hers.text);
    story.pressed(&LEE, "acknowledge").await;
    assert_eq!(hospital.get("/readyz", None).await.status, 200);
    let after = hospital.get(&link, None).await;
    assert!(
        after.text.contains("You do not need to answer this page") && !after.text.contains("<button"),
        "{}",
        after.text
    );
    is_neutral(&story, &after);
    let handed = moments(&story, "handed-over").await;
    assert_eq!((handed.len(), &handed[0]["pages"][0]["liaison"]), (1, &json!("lee")), "{handed:?}");
    let pages = story.show().await["pages"].as_array().unwrap().clone();
    let reasons: Vec<_> = pages.iter().map(|page| page["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["last-resort", "last-resort", "last-resort", "handed-over"]);
    hospital.judge().await;
}

pub async fn a_repeat_that_names_everybody_leaves_the_last_resort_and_neutral_pages() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "photo", "dedup_key": "post-1" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let link = story.link(&RIVERA).await;
    story.until(0.4).await;
    story.pressed(&RIVERA, "acknowledge").await;
    let before = std::time::SystemTime::now();
    let mails = ALL.map(|person| person.email);
    let repeat = hospital.send(&json!({ "class": "photo", "dedup_key": "post-1", "involved": mails })).await;
    assert_eq!(repeat.status, 202, "{}", repeat.text);
    let repeated = (before, std::time::SystemTime::now());
    story.after(repeated, 0.0).page(&STONE, &PRIVACY, BOTH, LastResort);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, LastResort);
    let page = hospital.get(&link, None).await;
    assert!(page.status == 200 && page.text.contains("You do not need to answer this page"), "{}", page.text);
    is_neutral(&story, &page);
    for action in ["acknowledge", "decline", "note", "hand-over"] {
        let pressed = hospital.form(&link, &[("action", action), ("note", "x")]).await;
        assert_eq!(pressed.status, 409, "{action}");
        is_neutral(&story, &pressed);
    }
    story.until(5.2).await;
    story.act(json!({ "action": "resolve" })).await;
    let over = hospital.get(&link, None).await;
    is_neutral(&story, &over);
    assert!(!over.text.contains("social-desk"), "{}", over.text);
    hospital.judge().await;
}

pub async fn whoever_is_in_no_roster_any_more_is_refused_and_paging_goes_on() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let link = story.link(&RIVERA).await;
    let roster = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&CHEN).person(&DIAZ);
    hospital.write("rosters/privacy.toml", roster.always("primary", &DIAZ).always("backup", &CHEN).text());
    let has_left = async || loop {
        let page = hospital.get(&link, None).await;
        if page.text.contains("You are no longer on a Wardbell roster") {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let page = tokio::time::timeout(Duration::from_secs(10), has_left()).await.expect("the roster is read again");
    is_neutral(&story, &page);
    for action in ["acknowledge", "decline", "note"] {
        let pressed = hospital.form(&link, &[("action", action), ("note", "x")]).await;
        assert_eq!(pressed.status, 409, "{action}: {}", pressed.text);
        assert!(pressed.text.contains("we are paging the next person"), "{}", pressed.text);
        is_neutral(&story, &pressed);
    }
    assert!(hospital.logs().contains("no longer on a roster"), "{}", hospital.logs());
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    story.until(5.4).await;
    assert_eq!(story.show().await["status"], "open");
    hospital.judge().await;
}

pub async fn one_link_pressed_to_and_fro_thirty_times_sends_one_message() {
    let hospital = Hospital::new().await;
    let ladder =
        "[ladder.patient]\nsteps = [{ at = \"0s\", page = \"primary\" }, { at = \"60s\", page = \"backup\" }]\n";
    let ladders = std::fs::read_to_string(hospital.house().join("playbooks/ladders.toml")).unwrap();
    hospital.write("playbooks/ladders.toml", ladders + ladder);
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], "ladder = \"patient\""));
    hospital.serve().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.pressed(&RIVERA, "acknowledge").await;
    let declined = story.pressed(&RIVERA, "decline").await;
    story.after(declined, 0.0).page(&CHEN, &PRIVACY, BOTH, Declined);
    for press in 2..30 {
        story.pressed(&RIVERA, if press % 2 == 0 { "acknowledge" } else { "decline" }).await;
    }
    let at = story.now();
    story.until(at + 2.0).await;
    let track = &story.show().await["tracks"][0];
    assert!(track["status"] == "climbing" && track["next_step_at"].is_string(), "{track}");
    story.pressed(&CHEN, "acknowledge").await;
    hospital.judge().await;
}

pub async fn only_a_note_of_the_holder_or_of_an_operator_for_the_department_ends_reminders() {
    let hospital = acting_within_two_seconds().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.until(0.3).await;
    let declined = story.pressed(&RIVERA, "decline").await;
    story.after(declined, 0.0).page(&CHEN, &PRIVACY, BOTH, Declined);
    let acknowledged = story.pressed(&CHEN, "acknowledge").await;
    let link = story.link(&RIVERA).await;
    let noted = hospital.form(&link, &[("action", "note"), ("note", "I am in surgery")]).await;
    assert_eq!(noted.status, 200, "{}", noted.text);
    story.act(json!({ "action": "note", "note": "seen" })).await;
    let reminded = story.after(acknowledged, 2.0);
    reminded.page(&CHEN, &PRIVACY, BOTH, NotActedOn).page(&RIVERA, &PRIVACY, BOTH, NotActedOn);
    let at = story.now();
    story.until(at + 3.2).await;
    story.act(json!({ "action": "note", "department": "privacy", "note": "spoke to them" })).await;
    story.until(at + 6.0).await;
    hospital.judge().await;
}

async fn acting_within_two_seconds() -> Hospital {
    let hospital = Hospital::new().await;
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], "act_within = \"2s\""));
    hospital.serve().await;
    hospital
}

/// The reference, and nothing of what it is about or of who has it.
fn is_neutral(story: &Story, page: &Reply) {
    assert!(page.text.contains(&story.id), "{}", page.text);
    let departments = [PRIVACY, ADVOCACY, COMPLIANCE, HOUSE].map(|department| department.name);
    let names = ALL.map(|person| person.name);
    let about = ["The matter of", "About photo", "I have it", "page the next person", "severity", ">high<"];
    for word in names.iter().chain(&departments).chain(&about) {
        assert!(!page.text.contains(word), "{word}: {}", page.text);
    }
}

/// The moments of a type in an incident's timeline.
async fn moments(story: &Story<'_>, kind: &str) -> Vec<Value> {
    story.timeline().await.into_iter().filter(|moment| moment["type"] == kind).collect()
}
