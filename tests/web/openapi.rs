//! The description of the API, held against the API.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wardbell::web::openapi::description;

use crate::house::{ADMIN, House};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn paths(description: &Value) -> Vec<(&String, &Value)> {
    description["paths"].as_object().unwrap().iter().collect()
}

/// The schema behind a `$ref`.
fn schema<'a>(description: &'a Value, name: &str) -> &'a Value {
    &description["components"]["schemas"][name]
}

#[tokio::test]
async fn every_route_of_the_api_is_described_with_its_methods_and_no_other_is() {
    let description = description();
    let routed: BTreeSet<&str> = include_str!("../../src/web/router.rs")
        .split('"')
        .filter(|text| text.starts_with("/api/") && !text.contains(char::is_whitespace))
        .collect();
    let described: BTreeSet<&str> = paths(&description).iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(described, routed);
    let house = House::start().await;
    for (path, operations) in paths(&description) {
        let method = reqwest::Method::from_bytes(b"TRACE").unwrap();
        let url = format!("{}{}", house.base, path.replace("{id}", "7Q2K9MXD"));
        let reply = house.send(house.client.request(method, url)).await;
        assert_eq!(reply.status, 405, "{path}");
        let allowed: BTreeSet<String> =
            reply.header("allow").split(',').map(|one| one.trim().to_lowercase()).filter(|one| one != "head").collect();
        let described: BTreeSet<String> =
            operations.as_object().unwrap().keys().filter(|key| METHODS.contains(&key.as_str())).cloned().collect();
        assert_eq!(described, allowed, "{path}");
    }
}

#[tokio::test]
async fn each_operation_asks_for_a_token_as_it_is_described() {
    let house = House::start().await;
    let description = description();
    for (path, operations) in paths(&description) {
        for (method, operation) in operations.as_object().unwrap() {
            let url = format!("{}{}", house.base, path.replace("{id}", "7Q2K9MXD"));
            let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let reply = house.send(house.client.request(method, url)).await;
            let is_open = operation["security"].as_array().unwrap().is_empty();
            assert_eq!(reply.status == 401, !is_open, "{path} answers {}", reply.status);
            assert!(operation["responses"][reply.status.to_string()].is_object(), "{path} answers {}", reply.status);
        }
    }
}

#[tokio::test]
async fn an_incident_may_have_each_field_that_is_described() {
    let house = House::start().await;
    let description = description();
    let mut incident = json!({});
    for (name, field) in schema(&description, "IncidentIn")["properties"].as_object().unwrap() {
        let types = [&field["type"], &field["type"][0]].into_iter().find_map(Value::as_str);
        incident[name] = match (name.as_str(), types) {
            ("class", _) => json!("phi-by-staff"),
            ("occurred_at", _) => json!("2026-12-03T08:04:11.120Z"),
            ("severity", _) => json!("high"),
            ("involved", _) => json!([]),
            (_, Some("string")) => json!("a"),
            (_, Some("number" | "integer")) => json!(1),
            (_, Some("array")) => json!(["a"]),
            (_, Some("object")) => json!({ "a": "b" }),
            (_, Some("boolean")) => json!(false),
            _ => panic!("{name}: {field}"),
        };
    }
    let reply = house.ingest(incident.to_string()).await;
    assert_eq!((reply.status, &reply.json()["warnings"]), (202, &Value::Null), "{}", reply.text);
}

#[tokio::test]
async fn each_example_is_taken_and_each_action_is_known() {
    let house = House::start().await;
    let description = description();
    let open = &description["paths"]["/api/v1/incidents"]["post"]["requestBody"]["content"]["application/json"];
    let reply = house.ingest(open["example"].to_string()).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    for word in schema(&description, "ActionWord")["enum"].as_array().unwrap() {
        let mut action = json!({ "action": word, "note": "Called the unit" });
        if word == "hand-over" {
            action["to"] = json!("j-chen");
        }
        let action = match word.as_str().unwrap() {
            "task-add" => json!({ "action": word, "department": "privacy", "do": "Call the unit" }),
            "task-done" | "task-not-needed" | "task-reopen" => {
                action["task"] = json!(1);
                action
            }
            "draft" => json!({ "action": word, "text": "We are looking into it." }),
            "submit" | "withdraw" => json!({ "action": word, "statement": 1 }),
            "ask-for-changes" => json!({ "action": word, "statement": 1, "version": 1, "note": "Say less" }),
            "used" => json!({ "action": word, "statement": 1, "where": "https://network.example/1" }),
            _ => action,
        };
        let reply = house.act(&id, action).await;
        // Only people answer for the approvers.
        let known = if word == "ask-for-changes" { reply.status == 403 } else { matches!(reply.status, 200 | 409) };
        assert!(known, "{word}: {}", reply.text);
    }
}

#[tokio::test]
async fn it_is_served_to_anybody_as_openapi_3_1_and_names_every_problem_with_an_example() {
    let house = House::start().await;
    let reply = house.send(house.client.get(format!("{}/api/v1/openapi.json", house.base))).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    assert_eq!(reply.json(), description());
    assert_eq!(reply.json()["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, operations) in paths(&reply.json()) {
        for operation in operations.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].to_string()), "{path}: {}", operation["operationId"]);
            for (status, response) in operation["responses"].as_object().unwrap() {
                let problem = &response["content"]["application/problem+json"];
                let is_named = problem["examples"].as_object().is_some_and(|examples| !examples.is_empty());
                assert_eq!(is_named, status.as_str() >= "400", "{path} {status}");
            }
        }
    }
    let whole = house.get("/api/v1/openapi.json", ADMIN).await;
    assert_eq!(whole.text, reply.text, "a token changes nothing");
}
