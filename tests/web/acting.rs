//! For whom signed-in people answer, by the pages and by the API.

use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN};
use serde_json::{Value, json};

use crate::house::{DESK, House, READER, Reply};
use crate::sign_in::{Browser, LIAISON};

const ADMINISTRATOR: &str = "a-okafor@mercy.example";

/// A script of a page acts by the API.
async fn act(house: &House, browser: &Browser, id: &str, action: &Value, headers: &[(&str, &str)]) -> Reply {
    let request = house.client.post(format!("{}/api/v1/incidents/{id}/actions", house.base));
    let mut request = request.header(COOKIE, browser.cookie()).header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(action.to_string())).await
}

async fn track(house: &House, id: &str, department: &str) -> Value {
    let incident = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json();
    incident["tracks"].as_array().unwrap().iter().find(|track| track["department"] == department).unwrap().clone()
}

#[tokio::test]
async fn a_liaison_answers_for_their_own_department_alone_and_a_group_for_all() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let (mut maria, page) = (Browser::default(), format!("/incidents/{id}"));
    maria.sign_in(&house, LIAISON).await;
    let shown = maria.get(&house, &page).await.text;
    assert!(shown.contains("I have it for Privacy Office"), "{shown}");
    assert!(!shown.contains("I have it for Human Resources"), "{shown}");
    let token = maria.form_token();
    for action in ["acknowledge", "decline", "escalate"] {
        let form = [("action", action), ("department", "human-resources"), ("form_token", token.as_str())];
        let reply = maria.post(&house, &page, &form).await;
        assert!(reply.status == 403 && reply.text.contains("only for your own department"), "{action}: {}", reply.text);
    }
    let pages = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json()["pages"].clone();
    assert_eq!(
        (track(&house, &id, "human-resources").await["status"].as_str(), pages.as_array().unwrap().len()),
        (Some("climbing"), 2)
    );
    // Without a department it is their own.
    let taken = maria.post(&house, &page, &[("action", "acknowledge"), ("form_token", &token)]).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    assert_eq!(track(&house, &id, "privacy").await["acknowledged_by"], "m-rivera");
    assert_eq!(track(&house, &id, "human-resources").await["status"], "climbing");

    let mut desk = Browser::default();
    desk.sign_in(&house, DESK).await;
    let token = desk.form_token();
    let taken = desk.post(&house, &page, &[("action", "acknowledge"), ("form_token", &token)]).await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    assert_eq!(track(&house, &id, "human-resources").await["status"], "acknowledged");
}

#[tokio::test]
async fn whoever_is_paged_for_another_department_sees_what_was_posted_and_answers_for_it() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    let (mut ada, page) = (Browser::default(), format!("/incidents/{id}"));
    ada.sign_in(&house, ADMINISTRATOR).await;
    assert_eq!(ada.get(&house, &page).await.status, 404, "nobody has asked them yet");
    house.pass(5 * 60);
    house.pass(5 * 60);
    let shown = ada.get(&house, &page).await;
    assert!(shown.status == 200 && shown.text.contains("protected words"), "{}", shown.text);
    assert!(ada.get(&house, "/board").await.text.contains(&page));
    let form = [("action", "acknowledge"), ("department", "privacy"), ("form_token", &ada.form_token())];
    let taken = ada.post(&house, &page, &form).await;
    assert!(taken.status == 200 && taken.text.contains("Recorded."), "{}", taken.text);
    assert_eq!(track(&house, &id, "privacy").await["acknowledged_by"], "a-okafor");
    // Their page is of the past once somebody has it, and it is theirs as long as they have it.
    house.pass(60 * 60);
    assert_eq!(ada.get(&house, &page).await.status, 200);
}

#[tokio::test]
async fn a_page_of_ours_acts_by_the_api_as_its_reader() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let mut maria = Browser::default();
    maria.sign_in(&house, LIAISON).await;
    let (token, base) = (maria.form_token(), house.base.clone());
    let acknowledge = json!({ "action": "acknowledge" });
    for headers in [
        &[("origin", base.as_str())][..],
        &[("origin", base.as_str()), ("x-form-token", "another")],
        &[("x-form-token", token.as_str())],
        &[("origin", "https://evil.example"), ("x-form-token", token.as_str())],
        &[("sec-fetch-site", "cross-site"), ("x-form-token", token.as_str())],
    ] {
        let before = house.records();
        let reply = act(&house, &maria, &id, &acknowledge, headers).await;
        assert_eq!((reply.status, house.records()), (403, before), "{headers:?}: {}", reply.text);
    }
    let ours = [(ORIGIN.as_str(), base.as_str()), ("x-form-token", token.as_str())];
    let reply = act(&house, &maria, &id, &acknowledge, &ours).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(track(&house, &id, "privacy").await["acknowledged_by"], "m-rivera");
    assert_eq!(track(&house, &id, "human-resources").await["status"], "climbing", "not theirs");
    let early = act(&house, &maria, &id, &json!({ "action": "resolve", "note": "all done" }), &ours).await;
    assert_eq!(early.status, 403, "another department has not answered: {}", early.text);
    let note = act(&house, &maria, &id, &json!({ "action": "note", "note": "captured" }), &ours).await;
    assert_eq!(note.status, 200, "{}", note.text);
    let signed_out = act(&house, &Browser::default(), &id, &acknowledge, &ours).await;
    assert_eq!(signed_out.status, 401, "{}", signed_out.text);
}

#[tokio::test]
async fn whoever_writes_without_end_is_asked_to_wait_and_still_answers() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let link = house.token("m-rivera");
    house.press(&link, &[("action", "acknowledge")]).await;
    let before = house.records();
    let mut last = None;
    for number in 0..70 {
        last = Some(house.press(&link, &[("action", "note"), ("note", &format!("note {number}"))]).await);
    }
    let last = last.unwrap();
    assert_eq!((last.status, house.records() - before), (429, 60));
    assert!(last.text.contains("too many notes") && last.text.contains(">note 69</textarea>"), "{}", last.text);
    assert_eq!(house.press(&link, &[("action", "decline")]).await.status, 200, "an answer is always taken");

    let mut maria = Browser::default();
    maria.sign_in(&house, LIAISON).await;
    let (page, token, before) = (format!("/incidents/{id}"), maria.form_token(), house.records());
    let mut last = None;
    for number in 0..70 {
        let note = format!("note {number}");
        let form = [("action", "note"), ("note", note.as_str()), ("form_token", token.as_str())];
        last = Some(maria.post(&house, &page, &form).await);
    }
    let last = last.unwrap();
    assert_eq!((last.status, house.records() - before), (429, 60));
    assert!(last.text.contains(">note 69</textarea>"), "{}", last.text);
    let form = [("action", "acknowledge"), ("department", "privacy"), ("form_token", token.as_str())];
    assert_eq!(maria.post(&house, &page, &form).await.status, 200, "an answer is always taken");
}

#[tokio::test]
async fn whoever_is_told_of_an_overdue_task_sees_its_incident_also_where_their_department_has_no_track() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    let task = json!({
        "action": "task-add", "department": "administrator-on-call", "do": "Call the unit", "within": "2m",
    });
    assert_eq!(house.act(&id, task).await.status, 200);
    let (mut ada, page) = (Browser::default(), format!("/incidents/{id}"));
    ada.sign_in(&house, ADMINISTRATOR).await;
    assert_eq!(ada.get(&house, &page).await.status, 404, "nobody has asked them yet");
    house.pass(3 * 60);
    let shown = ada.get(&house, &page).await;
    assert!(shown.status == 200 && shown.text.contains("Call the unit"), "{}", shown.text);
    let mut rui = Browser::default();
    rui.sign_in(&house, "r-silva@mercy.example").await;
    assert_eq!(rui.get(&house, &page).await.status, 404, "a colleague was not asked");
}
