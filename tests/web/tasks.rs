//! Tasks in the API and behind links.

use serde_json::{Value, json};

use crate::house::{House, READER};
use crate::pages::visible;

async fn opened(house: &House) -> String {
    house.open(json!({ "class": "phi-by-staff" })).await
}

async fn tasks(house: &House, id: &str) -> Vec<Value> {
    let whole = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json();
    assert_eq!(
        whole["follow_up"],
        whole["tasks"].as_array().unwrap().iter().filter(|one| one["status"] == "open").count()
    );
    whole["tasks"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_incident_has_the_tasks_of_its_playbook_and_those_that_are_added() {
    let house = House::start().await;
    let id = opened(&house).await;
    let first = tasks(&house, &id).await;
    assert_eq!(
        first[0],
        json!({
            "id": 1, "department": "privacy", "status": "open", "due_at": "2026-01-05T08:35:00.000Z",
            "do": "Capture the post in the restricted folder, with address, account and time",
            "by": null, "at": null, "note": null,
        })
    );
    house.pass(60);
    for action in [
        json!({ "action": "task-done", "task": 1, "note": "Case 2026-311" }),
        json!({ "action": "task-not-needed", "task": "2", "note": "Nobody saw it" }),
        json!({ "action": "task-reopen", "task": 2 }),
        json!({ "action": "task-add", "department": "privacy", "do": "Call the ward", "within": "2h", "to": "j-chen" }),
    ] {
        let reply = house.act(&id, action.clone()).await;
        assert_eq!(reply.status, 200, "{action}: {}", reply.text);
    }
    let after = tasks(&house, &id).await;
    let word = |index: usize, key: &str| after[index][key].as_str().unwrap_or("-").to_owned();
    assert_eq!(
        [word(0, "status"), word(0, "by"), word(0, "at"), word(0, "note")],
        ["done", "social-desk", "2026-01-05T08:06:00.000Z", "Case 2026-311"]
    );
    assert_eq!([word(1, "status"), word(1, "by"), word(1, "note")], ["open", "-", "-"]);
    assert_eq!(
        [word(3, "do"), word(3, "to"), word(3, "due_at")],
        ["Call the ward", "j-chen", "2026-01-05T10:06:00.000Z"]
    );
}

#[tokio::test]
async fn an_action_about_a_task_is_read_strictly_and_refused_with_a_reason() {
    let house = House::start().await;
    let id = opened(&house).await;
    for (action, field) in [
        (json!({ "action": "task-done" }), "/task"),
        (json!({ "action": "task-done", "task": "one" }), "/task"),
        (json!({ "action": "task-done", "task": 1, "do": "x" }), "/do"),
        (json!({ "action": "task-done", "task": 1, "department": "privacy" }), "/department"),
        (json!({ "action": "task-not-needed", "task": 1 }), "/note"),
        (json!({ "action": "task-add", "department": "privacy" }), "/do"),
        (json!({ "action": "task-add", "do": "x" }), "/department"),
        (json!({ "action": "task-add", "department": "privacy", "do": "x", "within": "soon" }), "/within"),
        (json!({ "action": "task-add", "department": "privacy", "do": "x", "task": 1 }), "/task"),
        (json!({ "action": "acknowledge", "task": 1 }), "/task"),
        (json!({ "action": "task-forget", "task": 1 }), "/task"),
    ] {
        let reply = house.act(&id, action.clone()).await;
        assert_eq!(
            (reply.status, &reply.json()["errors"][0]["field"]),
            (400, &json!(field)),
            "{action}: {}",
            reply.text
        );
    }
    for (action, status, kind) in [
        (json!({ "action": "task-done", "task": 9 }), 404, "unknown-task"),
        (json!({ "action": "task-reopen", "task": 1 }), 409, "task-state"),
        (json!({ "action": "task-add", "department": "nobody", "do": "x" }), 422, "bad-task"),
    ] {
        let reply = house.act(&id, action.clone()).await;
        let is_kind = reply.json()["type"].as_str().unwrap().ends_with(kind);
        assert_eq!((reply.status, is_kind), (status, true), "{action}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_task_is_done_behind_a_link_by_a_press_alone_before_and_after_the_resolution() {
    let house = House::start().await;
    let id = opened(&house).await;
    let token = house.token("m-rivera");
    house.press(&token, &[("action", "acknowledge")]).await;
    let before = house.records();
    house.look(&token).await;
    assert_eq!(house.records(), before, "looking changes nothing");
    let page = house.press(&token, &[("action", "task-done"), ("task", "1")]).await;
    assert_eq!(page.status, 200);
    let text = visible(&page.text);
    assert!(text.contains("Recorded at 02:05:00 CST: the task is done."), "{text}");
    assert!(text.contains("Done: Maria Rivera, 02:05 CST"), "{text}");
    let again = house.press(&token, &[("action", "task-done"), ("task", "1")]).await;
    assert_eq!(again.status, 409, "{}", visible(&again.text));
    house.act(&id, json!({ "action": "resolve" })).await;
    // In the morning, whoever has it is told what is still theirs.
    house.pass(7 * 3_600);
    let owed = house.token("m-rivera");
    assert_ne!(owed, token);
    insta::assert_snapshot!(visible(&house.look(&owed).await.text), @"
    MERCY
    high
    1 task is still yours
    The incident was resolved by social-desk at 02:05 CST.
    Until each task is done, you are reminded once a day, never at night.
    Your tasks
    Assess the risk of a breach
    by Tue, Jan 6, 02:05 CST (17 h left)
    [Done]
    Capture the post in the restricted folder, with address, account and time
    Done: Maria Rivera, 02:05 CST
    Incident Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    You answer as Maria Rivera.
    [See what was posted]
    We send six digits to another of your contacts, if you have one.
    Other departments’ tasks
    Human Resources, was due at 03:05 CST (6 h ago) Reach the person by phone and ask them to take the post down
    ");
    let page = house.press(&owed, &[("action", "task-done"), ("task", "2")]).await;
    let text = visible(&page.text);
    assert!(text.contains("Nothing is owed anymore"), "{text}");
    assert_eq!(tasks(&house, &id).await.iter().filter(|one| one["status"] == "open").count(), 1);
}
