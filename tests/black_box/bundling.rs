//! One person, one message: what is due for one person at about one time comes as one message, with one list behind its link.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::hospital::{CHIEF, Hospital, PUBLIC_URL, SOURCE};
use crate::pace;
use crate::plan::{ADVOCACY, COMPLIANCE, PRIVACY, Person, RIVERA, Roster, STONE, playbook};
use crate::story::Story;
use crate::support::{Behaviour, Message, SmsRefusal};

/// A hospital that bundles for so long; the usual one of these stories does not.
async fn bundling(between: &str) -> Hospital {
    let hospital = Hospital::new().await;
    let settings = std::fs::read_to_string(hospital.config()).unwrap();
    hospital.write("wardbell.toml", settings.replace("bundle = \"0s\"", &format!("bundle = \"{between}\"")));
    hospital
}

/// The text messages, or the mails, that a number or a mailbox has got.
fn got(hospital: &Hospital, to: &str) -> Vec<Arc<Message>> {
    let messages = hospital.shared().inbox().messages();
    messages.into_iter().filter(|message| message.is_to(to)).collect()
}

async fn wait_for(hospital: &Hospital, to: &str, count: usize) -> Arc<Message> {
    let there = || got(hospital, to).get(count - 1).cloned();
    hospital.shared().inbox().wait_until(there, pace::PATIENCE).await.unwrap()
}

fn path(message: &Message) -> String {
    message.links()[0].strip_prefix(PUBLIC_URL).unwrap().to_owned()
}

async fn look(hospital: &Hospital, path: &str) -> String {
    let page = hospital.get(path, None).await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

/// The ids in a page's first form: those that one press for all of them answers.
fn ids(page: &str) -> Vec<String> {
    let form = page.split("<form").nth(1).unwrap_or_default().split("</form>").next().unwrap();
    let values = form.split("name=\"page\" value=\"").skip(1);
    values.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// A press for these pages of the list.
async fn press(hospital: &Hospital, path: &str, action: &str, ids: &[String]) -> String {
    let mut fields = vec![("action", action)];
    fields.extend(ids.iter().map(|id| ("page", id.as_str())));
    let reply = hospital.form(path, &fields).await;
    assert!(reply.text.contains("Recorded at"), "{}", reply.text);
    assert_eq!(reply.status, 200);
    reply.text
}

async fn who_has(hospital: &Hospital, id: &str) -> Vec<Option<String>> {
    let shown = hospital.show(id).await;
    let tracks = shown["tracks"].as_array().unwrap().iter();
    tracks.map(|track| track["acknowledged_by"].as_str().map(str::to_owned)).collect()
}

async fn open(hospital: &Hospital, class: &str) -> String {
    let reply = hospital.send(&json!({ "class": class })).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// No two messages of a list are closer than this, measured where they arrive.
fn are_apart(messages: &[Arc<Message>], least: Duration) {
    for pair in messages.windows(2) {
        let apart = pair[1].received_at.duration_since(pair[0].received_at).unwrap();
        // The first of the two may have been a while on its way.
        let on_its_way = Duration::from_millis(250) + pace::allowance(pair[0].received_at, pair[1].received_at);
        let allowed = least.saturating_sub(on_its_way);
        assert!(apart >= allowed, "two messages came {apart:?} apart:\n{}\n{}", pair[0].text(), pair[1].text());
    }
}

pub async fn three_departments_that_find_one_person_send_one_message_and_one_press_takes_all_three() {
    let hospital = bundling("60s").await;
    for department in [&PRIVACY, &ADVOCACY, &COMPLIANCE] {
        let roster = Roster::new(department, None).person(&STONE).always("primary", &STONE);
        hospital.write(&format!("rosters/{}.toml", department.id), roster.text());
    }
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY, &ADVOCACY, &COMPLIANCE], ""));
    hospital.serve().await;
    let id = open(&hospital, "photo").await;
    let text = wait_for(&hospital, STONE.sms, 1).await;
    let mail = wait_for(&hospital, STONE.email, 1).await;
    assert!(text.text().starts_with(&format!("MERCY high About photo {id}. Answer by ")), "{}", text.text());
    assert_eq!(mail.mail().unwrap().subject, format!("[MERCY] About photo {id}"));
    for department in [&PRIVACY, &ADVOCACY, &COMPLIANCE] {
        let line = format!("High:           About photo, {}, {id}: answer by", department.name);
        assert!(mail.text().contains(&line), "{}", mail.text());
    }
    assert_eq!(path(&text), path(&mail));
    let page = look(&hospital, &path(&text)).await;
    let all = ids(&page);
    assert!(all.len() == 3 && page.contains("I have all 3"), "{page}");
    // Each by itself.
    let after = press(&hospital, &path(&text), "acknowledge", &all[1..2]).await;
    assert!(after.contains("you took 1 page") && ids(&look(&hospital, &path(&text)).await).len() == 2, "{after}");
    let has = who_has(&hospital, &id).await;
    assert_eq!(has.iter().flatten().count(), 1, "{has:?}");
    // And what is left at once.
    let left = ids(&look(&hospital, &path(&text)).await);
    press(&hospital, &path(&text), "acknowledge", &left).await;
    assert!(who_has(&hospital, &id).await.iter().all(|who| who.as_deref() == Some("stone")));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((got(&hospital, STONE.sms).len(), got(&hospital, STONE.email).len()), (1, 1));
    hospital.held_up();
}

pub async fn five_hundred_matters_for_one_person_are_a_message_each_bundling_time_and_all_on_the_list() {
    let hospital = bundling("3s").await;
    hospital.serve().await;
    let began = SystemTime::now();
    let mut opened = BTreeSet::new();
    for batch in 0..10 {
        let incident = |number| format!("{}\n", json!({ "class": "rumor", "event_id": format!("{batch}-{number}") }));
        let lines: String = (0..50).map(incident).collect();
        let many = hospital.post("/api/v1/incidents", SOURCE, "application/x-ndjson", lines).await;
        let answers = many.text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        opened.extend(answers.map(|answer| answer["id"].as_str().unwrap().to_owned()));
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert_eq!(opened.len(), 500);
    let first = wait_for(&hospital, RIVERA.sms, 1).await;
    let at_once = first.received_at.duration_since(began).unwrap();
    assert!(at_once < Duration::from_secs(1) + pace::allowance(began, first.received_at), "{at_once:?}");
    for id in &opened {
        let story = Story::known(&hospital, id, "rumor", (began, SystemTime::now()));
        story.taken_over(1).await;
    }
    for to in [RIVERA.sms, RIVERA.email] {
        let messages = got(&hospital, to);
        assert!((2..=6).contains(&messages.len()), "{} messages", messages.len());
        are_apart(&messages, Duration::from_secs(3));
    }
    // All are behind the last link, twenty-five at a time, and a press takes what is shown and nothing else.
    let link = path(got(&hospital, RIVERA.sms).last().unwrap());
    let mut listed = BTreeSet::new();
    for from in (0..500).step_by(25) {
        let page = look(&hospital, &format!("{link}?from={from}")).await;
        let shown = ids(&page);
        assert!(shown.len() == 25 && page.contains("I have these 25"), "{page}");
        listed.extend(shown.iter().map(|id| id.split('-').next().unwrap().to_owned()));
    }
    assert_eq!(listed, opened);
    let page = look(&hospital, &link).await;
    let shown = ids(&page);
    let after = press(&hospital, &link, "acknowledge", &shown).await;
    assert!(after.contains("you took 25 pages") && after.contains("475 pages wait for you"), "{after}");
    let reply = hospital.get("/api/v1/incidents?status=acknowledged&limit=500", Some(crate::hospital::READER)).await;
    let taken = reply.json()["incidents"].as_array().unwrap().len();
    assert_eq!(taken, 25);
    hospital.held_up();
}

pub async fn a_critical_page_in_a_storm_comes_within_ten_seconds() {
    let hospital = bundling("60s").await;
    hospital.write("playbooks/threat.toml", playbook("threat", "critical", &[&PRIVACY], "ladder = \"once\""));
    hospital.serve().await;
    open(&hospital, "rumor").await;
    let first = wait_for(&hospital, RIVERA.sms, 1).await;
    for _ in 0..30 {
        open(&hospital, "rumor").await;
    }
    let threat = open(&hospital, "threat").await;
    let second = wait_for(&hospital, RIVERA.sms, 2).await;
    let apart = second.received_at.duration_since(first.received_at).unwrap();
    let latest = Duration::from_millis(10_500) + pace::allowance(first.received_at, second.received_at);
    assert!(apart > Duration::from_millis(9_500) && apart < latest, "{apart:?}");
    let head = format!("MERCY critical About threat {threat} and 30 more. Answer by ");
    assert!(second.text().starts_with(&head), "{}", second.text());
    let page = look(&hospital, &path(&second)).await;
    assert!(ids(&page)[0].starts_with(&threat) && page.contains("32 pages wait for you"), "{page}");
    assert_eq!(got(&hospital, RIVERA.sms).len(), 2);
    hospital.held_up();
}

pub async fn what_waits_beside_a_critical_page_that_is_answered_meanwhile_waits_for_its_own_time() {
    let hospital = bundling("20s").await;
    hospital.write("playbooks/threat.toml", playbook("threat", "critical", &[&PRIVACY], "ladder = \"once\""));
    hospital.serve().await;
    open(&hospital, "rumor").await;
    let first = wait_for(&hospital, RIVERA.sms, 1).await;
    let rumor = open(&hospital, "rumor").await;
    let threat = open(&hospital, "threat").await;
    let answered = hospital.act(&threat, json!({ "action": "acknowledge", "department": "privacy" })).await;
    assert_eq!(answered.status, 200, "{}", answered.text);
    let second = wait_for(&hospital, RIVERA.sms, 2).await;
    let apart = second.received_at.duration_since(first.received_at).unwrap();
    let latest = Duration::from_millis(20_500) + pace::allowance(first.received_at, second.received_at);
    assert!(apart > Duration::from_millis(19_500) && apart < latest, "{apart:?}: {}", second.text());
    assert!(second.text().starts_with(&format!("MERCY moderate About rumor {rumor}. Answer by ")), "{}", second.text());
    assert_eq!(got(&hospital, RIVERA.sms).len(), 2);
    hospital.held_up();
}

pub async fn drills_are_never_in_a_message_with_what_is_real() {
    let hospital = bundling("2s").await;
    hospital.serve().await;
    for drill in [false, true, false, true, true] {
        assert_eq!(hospital.send(&json!({ "class": "rumor", "drill": drill })).await.status, 202);
    }
    wait_for(&hospital, RIVERA.sms, 4).await;
    let messages = got(&hospital, RIVERA.sms);
    let drills: Vec<bool> = messages.iter().map(|message| message.text().starts_with("DRILL ")).collect();
    assert_eq!(drills.iter().filter(|drill| **drill).count(), 2, "{drills:?}");
    let last = messages.iter().rfind(|message| message.text().starts_with("DRILL ")).unwrap();
    assert!(last.text().contains(" and 1 more"), "{}", last.text());
    let page = look(&hospital, &path(last)).await;
    assert!(page.contains("3 pages wait for you") && page.contains("<strong>Drill</strong>"), "{page}");
    hospital.held_up();
}

pub async fn killed_while_pages_wait_for_their_message_they_come_as_one_after_the_restart() {
    let hospital = bundling("60s").await;
    hospital.serve().await;
    let first = open(&hospital, "rumor").await;
    wait_for(&hospital, RIVERA.sms, 1).await;
    wait_for(&hospital, RIVERA.email, 1).await;
    Story::known(&hospital, &first, "rumor", (SystemTime::now(), SystemTime::now())).taken_over(1).await;
    for _ in 0..3 {
        open(&hospital, "rumor").await;
    }
    hospital.kill();
    hospital.serve().await;
    let second = wait_for(&hospital, RIVERA.sms, 2).await;
    assert!(second.text().contains(" and 2 more. Answer by "), "{}", second.text());
    let page = look(&hospital, &path(&second)).await;
    assert!(page.contains("4 pages wait for you"), "{page}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((got(&hospital, RIVERA.sms).len(), got(&hospital, RIVERA.email).len()), (2, 2));
    hospital.held_up();
}

pub async fn what_is_answered_while_its_message_is_on_its_way_is_not_asked_for_behind_the_link() {
    let hospital = bundling("2s").await;
    hospital.serve().await;
    open(&hospital, "rumor").await;
    wait_for(&hospital, RIVERA.sms, 1).await;
    let (before, during, left) =
        (open(&hospital, "rumor").await, open(&hospital, "rumor").await, open(&hospital, "rumor").await);
    // One is answered before the message goes, and one while the gateway has it.
    let acknowledge = json!({ "action": "acknowledge" });
    assert_eq!(hospital.act(&before, acknowledge.clone()).await.status, 200);
    hospital.shared().behave(RIVERA.sms, Behaviour::Slow(Duration::from_millis(1_500)));
    let second = wait_for(&hospital, RIVERA.sms, 2).await;
    assert!(second.text().contains(" and 1 more") && !second.text().contains(&before), "{}", second.text());
    assert_eq!(hospital.act(&during, acknowledge).await.status, 200);
    let page = look(&hospital, &path(&second)).await;
    assert!(page.contains(&left) && page.contains("I have it"), "{page}");
    // An old form names it still: that is refused, and the rest is recorded.
    let stale = [format!("{during}-1"), format!("{left}-1")];
    let after = press(&hospital, &path(&second), "acknowledge", &stale).await;
    assert!(after.contains("you took 1 page. 1 more no longer needs your answer."), "{after}");
    // Nor does anybody take what went to somebody else.
    let others = open(&hospital, "complaint").await;
    let fields = [("action", "acknowledge"), ("page", &format!("{others}-1"))];
    let refused = hospital.form(&path(&second), &fields).await;
    assert!(refused.status == 409 && refused.text.contains("Not saved."), "{}", refused.text);
    assert_eq!(who_has(&hospital, &others).await, [None]);
    assert_eq!(who_has(&hospital, &left).await, [Some("rivera".to_owned())]);
    assert_eq!(who_has(&hospital, &during).await, [Some("social-desk".to_owned())]);
    hospital.held_up();
}

pub async fn a_channel_that_fails_and_works_again_brings_few_messages_with_everything() {
    let hospital = bundling("3s").await;
    hospital.serve().await;
    let unavailable = SmsRefusal { status: 503, code: 20503, message: "Service unavailable".to_owned() };
    hospital.shared().behave(RIVERA.sms, Behaviour::RejectSms(unavailable));
    let mut opened = Vec::new();
    for _ in 0..40 {
        opened.push(open(&hospital, "rumor").await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let attempts = hospital.shared().inbox().attempts();
    let tried = attempts.iter().filter(|attempt| attempt.recipient.as_deref() == Some(RIVERA.sms)).count();
    assert!(tried < 20, "a gateway that fails is left alone: {tried} attempts");
    hospital.shared().behave_well();
    let began = SystemTime::now();
    for id in &opened {
        Story::known(&hospital, id, "rumor", (began, SystemTime::now())).taken_over(1).await;
    }
    let texts = got(&hospital, RIVERA.sms);
    assert!(texts.len() <= 8, "{} texts", texts.len());
    let page = look(&hospital, &path(texts.last().unwrap())).await;
    assert!(page.contains("40 pages wait for you"), "{page}");
    are_apart(&got(&hospital, RIVERA.email), Duration::from_secs(3));
    hospital.held_up();
}

pub async fn a_link_of_somebody_whose_id_was_given_to_another_person_does_not_list_that_persons_pages() {
    let hospital = bundling("0s").await;
    hospital.serve().await;
    open(&hospital, "rumor").await;
    let message = wait_for(&hospital, RIVERA.sms, 1).await;
    let old = path(&message);
    let successor = Person { name: "Zed Newcomer", email: "z.newcomer@mercy.example", sms: "+13125550188", ..RIVERA };
    let roster = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&successor).always("primary", &successor);
    hospital.write("rosters/privacy.toml", roster.text());
    let reloaded = hospital.post("/api/v1/reload", CHIEF, "application/json", String::new()).await;
    assert_eq!(reloaded.status, 200, "{}", reloaded.text);
    let new = open(&hospital, "rumor").await;
    wait_for(&hospital, "+13125550188", 1).await;
    let page = look(&hospital, &old).await;
    assert!(!page.contains(&new), "{page}");
    let fields = [("action", "acknowledge"), ("page", &format!("{new}-1"))];
    let refused = hospital.form(&old, &fields).await;
    assert!(refused.status == 409, "{}", refused.text);
    assert_eq!(who_has(&hospital, &new).await, [None]);
    hospital.held_up();
}
