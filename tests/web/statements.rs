//! A draft is read for privacy before it is submitted.

use serde_json::{Value, json};

use crate::house::{ACTOR, House, READER, Reply};
use crate::sign_in::{Browser, LIAISON};

async fn incident(house: &House) -> String {
    let words = json!({
        "class": "phi-by-staff", "author": "Dawn Reilly", "summary": "Dawn Reilly waited six hours with a broken wrist",
    });
    house.open(words).await
}

async fn draft(house: &House, id: &str, text: &str) -> Value {
    let reply = house.act(id, json!({ "action": "draft", "text": text })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    statement(house, id).await
}

async fn statement(house: &House, id: &str) -> Value {
    let incident = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json();
    incident["statements"].as_array().unwrap().last().unwrap().clone()
}

async fn submit(house: &House, id: &str, statement: &Value, reason: Option<&str>) -> Reply {
    let mut action = json!({ "action": "submit", "statement": statement["id"] });
    if let Some(reason) = reason {
        action["reason"] = json!(reason);
    }
    house.act(id, action).await
}

#[tokio::test]
async fn what_says_nothing_about_anybody_is_submitted_without_a_reason() {
    let house = House::start().await;
    let id = incident(&house).await;
    for text in [
        "We take every concern seriously, and we are looking into it.",
        "We will say more at 06:00 CST.",
        "Please call our patient advocates at 312-555-0192. They are there day and night.",
    ] {
        let drafted = draft(&house, &id, text).await;
        let reply = submit(&house, &id, &drafted, None).await;
        assert_eq!(reply.status, 200, "{text}: {}", reply.text);
        let submitted = statement(&house, &id).await;
        assert_eq!((&submitted["status"], &submitted["marks"]), (&json!("submitted"), &json!([])), "{text}");
    }
}

#[tokio::test]
async fn what_may_say_too_much_takes_a_reason_and_is_marked_for_those_who_approve() {
    let house = House::start().await;
    let id = incident(&house).await;
    let text = "We are sorry, Dawn, that your visit took so long.";
    let drafted = draft(&house, &id, text).await;
    assert_eq!(drafted["marks"], json!([]), "only what is submitted has marks on the record");
    let refused = submit(&house, &id, &drafted, None).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(!refused.text.contains("Dawn"), "no error repeats a word of the report: {}", refused.text);
    assert_eq!(statement(&house, &id).await["status"], "draft");
    let reply = submit(&house, &id, &drafted, Some("Privacy asked for this wording")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let submitted = statement(&house, &id).await;
    let marks = submitted["marks"].as_array().unwrap();
    let marked = marks.iter().map(|mark| {
        let place = |key: &str| usize::try_from(mark[key].as_u64().unwrap()).unwrap();
        text.chars().skip(place("from")).take(place("to") - place("from")).collect::<String>()
    });
    let marked: Vec<String> = marked.collect();
    assert!(marked.iter().any(|words| words == "Dawn"), "{marked:?}");
    assert!(marked.iter().any(|words| words.contains("your visit")), "{marked:?}");
    for mark in marks {
        let why = mark["why"].as_str().unwrap();
        assert!(why.ends_with('.') && !why.contains("Dawn"), "{why}");
    }
    assert_eq!(submitted["reason"], "Privacy asked for this wording");
    // Whoever cannot see what was posted gets no words, and no place in them.
    let page = house.get(&format!("/api/v1/incidents/{id}"), ACTOR).await;
    assert!(!page.text.contains("Dawn"), "{}", page.text);
}

#[tokio::test]
async fn whoever_writes_sees_on_the_page_what_will_be_marked() {
    let house = House::start().await;
    let id = incident(&house).await;
    let drafted = draft(&house, &id, "Thank you for your visit, Dawn.").await;
    let mut maria = Browser::default();
    maria.sign_in(&house, LIAISON).await;
    let path = format!("/incidents/{id}/statements/{}", drafted["id"]);
    let page = maria.get(&house, &path).await;
    assert!(
        page.status == 200 && page.text.contains("May say too much") && page.text.contains("<mark>"),
        "{}",
        page.text
    );
    let token = maria.form_token();
    let form = [("action", "submit"), ("version", "1"), ("form_token", token.as_str())];
    let refused = maria.post(&house, &path, &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let reason = [("reason", "It is what they wrote themselves")];
    let taken = maria.post(&house, &path, &[&form[..], &reason].concat()).await;
    assert!(taken.status == 200 && taken.text.contains("Recorded."), "{}", taken.text);
    assert!(!statement(&house, &id).await["marks"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_link_alone_answers_for_nothing_that_is_marked() {
    let house = House::start().await;
    let id = incident(&house).await;
    let drafted = draft(&house, &id, "Thank you for your visit, Dawn.").await;
    let reply = submit(&house, &id, &drafted, Some("They wrote it themselves")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let asked = statement(&house, &id).await;
    assert_eq!(asked["approvals"][0]["status"], "asked", "{asked}");
    let link = house.token("m-rivera");
    for form in [&[("action", "approve")][..], &[("action", "ask-for-changes"), ("note", "Say less")]] {
        let pressed = house.press(&link, form).await;
        assert!(pressed.status == 403 && !pressed.text.contains("Dawn"), "{}: {}", pressed.status, pressed.text);
        assert_eq!(statement(&house, &id).await["status"], "submitted");
    }
    let mut maria = Browser::default();
    maria.sign_in(&house, LIAISON).await;
    let token = maria.form_token();
    let form = [("action", "approve"), ("version", "1"), ("form_token", token.as_str())];
    let taken = maria.post(&house, &format!("/incidents/{id}/statements/{}", drafted["id"]), &form).await;
    assert!(taken.status == 200 && taken.text.contains("Recorded."), "{}", taken.text);
    let answered = statement(&house, &id).await;
    let approvals = answered["approvals"].as_array().unwrap();
    let privacy = approvals.iter().find(|approval| approval["department"] == "privacy").unwrap();
    assert_eq!((&privacy["status"], &privacy["by"]), (&json!("approved"), &json!("m-rivera")), "{answered}");
}
