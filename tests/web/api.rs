//! What operators read and do, and what probes ask.

use std::sync::Arc;

use serde_json::{Value, json};
use wardbell::domain::zone::rules::Rules;
use wardbell::engine::protocol::readiness::{Part, Report};

use crate::house::{ACTOR, ADMIN, House, READER, SOURCE};

#[tokio::test]
async fn each_operator_may_do_what_the_configuration_says() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    for (token, read, act) in
        [(READER, 200, 403), (ACTOR, 403, 200), (ADMIN, 200, 200), (SOURCE, 403, 403), ("wrong", 401, 401)]
    {
        for path in ["/api/v1/incidents", &format!("/api/v1/incidents/{id}"), "/api/v1/oncall"] {
            assert_eq!(house.get(path, token).await.status, read, "{token} {path}");
        }
        let note = json!({ "action": "note", "note": "seen" }).to_string();
        let reply = house.post(&format!("/api/v1/incidents/{id}/actions"), token, "application/json", note).await;
        assert_eq!(reply.status, act, "{token}");
    }
}

#[tokio::test]
async fn who_is_on_call_is_asked_and_told_in_years_of_four_digits() {
    let house = House::start().await;
    for at in ["%2B12345-01-01T00:00:00Z", "%2B262142-12-31T23:59:59Z", "-0001-01-01T00:00:00Z", "2026-01-05"] {
        assert_eq!(house.get(&format!("/api/v1/oncall?at={at}"), READER).await.status, 400, "{at}");
    }
    let reply = house.get("/api/v1/oncall?at=9999-12-31T23:59:59Z", READER).await;
    assert_eq!((reply.status, &reply.json()[0]["until"]), (200, &Value::Null), "{}", reply.text);
}

#[tokio::test]
async fn only_an_admin_reloads_and_files_that_cannot_be_read_are_told_with_their_place() {
    let house = House::start().await;
    for (token, status) in [(READER, 403), (ACTOR, 403), (SOURCE, 403), ("wrong", 401), (ADMIN, 422)] {
        let reply = house.post("/api/v1/reload", token, "application/json", String::new()).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, "application/problem+json"), "{token}");
        let told = reply.json();
        let places = told["diagnostics"].as_array().map(|all| all.iter().map(|one| one["file"].as_str().unwrap()));
        assert_eq!(places.into_iter().flatten().collect::<Vec<_>>(), &["wardbell.toml"][..usize::from(status == 422)]);
    }
    let ready = house.get("/readyz", "").await.json();
    assert!(ready["warnings"][0].as_str().unwrap().contains("wardbell.toml:1:1"), "{ready}");
}

#[tokio::test]
async fn only_an_admin_tests_the_channels_and_hears_where_no_address_is_set_up() {
    let house = House::start().await;
    for (token, status) in [(READER, 403), (ACTOR, 403), (SOURCE, 403), ("wrong", 401), (ADMIN, 409)] {
        let reply = house.post("/api/v1/test-channels", token, "application/json", String::new()).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, "application/problem+json"), "{token}");
        let is_told = reply.json()["type"] == "urn:wardbell:problem:nothing-to-test";
        assert_eq!(is_told, status == 409, "{}", reply.text);
    }
}

#[tokio::test]
async fn an_incident_is_told_with_its_tracks_pages_and_timeline() {
    let house = House::start().await;
    let incident = json!({ "class": "phi-by-staff", "summary": "words of the post", "drill": true });
    let id = house.open(incident).await;
    house.pass(301);
    house.press(&house.token("j-chen"), &[("action", "acknowledge")]).await;
    let reply = house.get(&format!("/api/v1/incidents/{}", id.to_lowercase()), READER).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
    let told = reply.json();
    for (key, value) in [
        ("id", json!(id)),
        ("class", json!("phi-by-staff")),
        ("playbook", json!("phi-by-staff")),
        ("severity", json!("high")),
        ("status", json!("open")),
        ("received_at", json!("2026-01-05T08:05:00.000Z")),
        ("source", json!("desk")),
        ("occurrences", json!(1)),
        ("drill", json!(true)),
    ] {
        assert_eq!(told[key], value, "{key}");
    }
    assert_eq!(
        told["tracks"],
        json!([
            { "department": "privacy", "status": "acknowledged", "ladder": "B", "acknowledged_by": "j-chen",
              "acknowledged_at": "2026-01-05T08:10:01.000Z", "next_step_at": null },
            { "department": "human-resources", "status": "climbing", "ladder": "B", "acknowledged_by": null,
              "acknowledged_at": null, "next_step_at": "2026-01-05T08:15:00.000Z" },
        ])
    );
    let page = &told["pages"][0];
    assert_eq!(page["id"], format!("{id}-1"));
    assert_eq!(page["liaison"], "m-rivera");
    assert_eq!(page["role"], "primary");
    assert_eq!(page["reason"], "opened");
    assert_eq!(page["created_at"], "2026-01-05T08:05:00.000Z");
    assert_eq!(page["why"], json!({ "file": "rosters/privacy.toml", "line": 20, "rule": "turn" }));
    assert_eq!(page["attempts"], json!([]));
    let types: Vec<_> = told["timeline"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["opened", "step-fired", "step-fired", "step-fired", "step-fired", "acknowledged"]);
    assert_eq!(told["timeline"][0]["seq"], 1);
    assert_eq!(told["timeline"][0]["at"], "2026-01-05T08:05:00.000Z");
    assert_eq!(told["timeline"][0]["incident"]["summary"], "words of the post");
    assert!(!reply.text.contains("\"link\""), "no hash of a link goes out");
}

#[tokio::test]
async fn involved_people_whom_no_roster_has_are_shown_to_those_who_may_read() {
    let house = House::start().await;
    let incident =
        json!({ "class": "phi-by-staff", "involved": ["m-rivera", "Joy Park", "joy park"], "dedup_key": "1" });
    let id = house.open(incident).await;
    let path = format!("/api/v1/incidents/{id}");
    let told = house.get(&path, READER).await;
    let whole = told.json();
    assert_eq!(whole["involved_unknown"], json!(["Joy Park", "joy park"]));
    let opened = &whole["timeline"][0]["incident"];
    assert_eq!((&opened["involved"], &opened["involved_unknown"]), (&json!(["m-rivera"]), &whole["involved_unknown"]));
    assert!(!told.text.contains("sha256:"), "no hash of a name goes out: {}", told.text);
    // Nowhere else.
    let acted = house.act(&id, json!({ "action": "escalate", "department": "privacy" })).await;
    let listed = house.get("/api/v1/incidents", READER).await;
    let page = house.look(&house.token("j-chen")).await;
    for told in [acted, listed, page] {
        assert!(told.status == 200 && !told.text.to_lowercase().contains("park"), "{}", told.text);
    }
    // Once somebody has the name, it is not unknown any more.
    let mut plan = house.shared.plan.load_full().as_ref().clone();
    let department = "privacy".parse().unwrap();
    let mut roster = plan.rosters[&department].as_ref().clone();
    roster.liaisons[1].name = "Joy Park".to_owned();
    plan.rosters.insert(department, Arc::new(roster));
    house.shared.plan.store(Arc::new(plan));
    assert_eq!(house.get(&path, READER).await.json()["involved_unknown"], json!([]));
}

#[tokio::test]
async fn attempts_stand_with_their_page() {
    use wardbell::domain::contact::ChannelKind;
    use wardbell::domain::escalation::input::Input;
    use wardbell::domain::outcome::Outcome;
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    for outcome in [
        Outcome::Retry { code: "smtp-450".into(), after: None, at_most: None },
        Outcome::Accepted { provider_id: Some("q1".into()) },
    ] {
        let input = Input::Attempted { page: 1, channel: ChannelKind::Email, outcome, jitter: 0 };
        house.state.lock().unwrap().decide(id.parse().unwrap(), input).unwrap();
    }
    let told = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json();
    let at = "2026-01-05T08:05:00.000Z";
    assert_eq!(
        told["pages"][0]["attempts"],
        json!([
            { "channel": "email", "at": at, "outcome": "retry", "provider_id": null, "code": "smtp-450" },
            { "channel": "email", "at": at, "outcome": "accepted", "provider_id": "q1", "code": null },
        ])
    );
}

#[tokio::test]
async fn the_list_goes_on_by_its_cursor() {
    let house = House::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.open(json!({ "class": "praise-with-phi" })).await);
        house.pass(1);
    }
    ids.push(house.open(json!({ "class": "phi-by-staff" })).await);
    house.act(&ids[0], json!({ "action": "resolve", "note": "done" })).await;
    let list = async |query: &str| house.get(&format!("/api/v1/incidents{query}"), READER).await.json();
    let of = |page: &Value| -> Vec<String> {
        let incidents = page["incidents"].as_array().unwrap().iter();
        incidents.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut seen = Vec::new();
    let mut query = "?limit=4".to_owned();
    for _ in 0..2 {
        let page = list(&query).await;
        seen.extend(of(&page));
        query = format!("?limit=4&cursor={}", page["next_cursor"].as_str().unwrap_or_default());
    }
    let newest_first: Vec<_> = ids.iter().rev().cloned().collect();
    assert_eq!(seen, newest_first);
    let page = list("").await;
    assert_eq!(page["next_cursor"], Value::Null);
    assert!(page["incidents"][0].get("timeline").is_none() && page["incidents"][0].get("pages").is_none());
    assert_eq!(of(&list("?status=resolved").await), ids[..1]);
    assert_eq!(of(&list("?department=human-resources").await), ids[5..]);
    assert_eq!(of(&list("?status=acknowledged").await), Vec::<String>::new());
}

#[tokio::test]
async fn a_wrong_address_is_told_with_its_field() {
    let house = House::start().await;
    for (path, status, kind) in [
        ("/api/v1/incidents?limit=0", 400, "out-of-range"),
        ("/api/v1/incidents?limit=501", 400, "out-of-range"),
        ("/api/v1/incidents?limit=x", 400, "bad-value"),
        ("/api/v1/incidents?status=closed", 400, "bad-value"),
        ("/api/v1/incidents?status=open&status=open", 400, "duplicate-key"),
        ("/api/v1/incidents?stats=open", 400, "unknown-key"),
        ("/api/v1/incidents?department=ER", 400, "bad-value"),
        ("/api/v1/incidents?cursor=zzz", 400, "bad-value"),
        ("/api/v1/incidents/7Q2K9MXD", 404, "unknown-incident"),
        ("/api/v1/incidents/nonsense", 404, "unknown-incident"),
        ("/api/v1/incidents/%ff", 404, "unknown-incident"),
        ("/api/v1/oncall?department=nobody", 404, "unknown-department"),
        ("/api/v1/incidents?department=nobody", 404, "unknown-department"),
        ("/api/v1/oncall?at=noon", 400, "bad-value"),
        ("/api/v2/incidents", 404, "unknown-route"),
        ("/nothing", 404, "unknown-route"),
        ("/api/v1/incidents/7Q2K9MXD/actions", 405, "wrong-method"),
    ] {
        let reply = house.get(path, READER).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, "application/problem+json"), "{path}");
        assert_eq!(reply.json()["type"], format!("urn:wardbell:problem:{kind}"), "{path}");
        assert_eq!(reply.header("allow").is_empty(), status != 405, "{path}");
    }
}

#[tokio::test]
async fn operators_act() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let reply = house.act(&id, json!({ "action": "acknowledge", "department": "privacy", "note": "calling" })).await;
    assert_eq!((reply.status, reply.json()["tracks"][0]["acknowledged_by"].as_str()), (200, Some("social-desk")));
    let again = house.act(&id, json!({ "action": "acknowledge", "department": "privacy" })).await;
    let problem = again.json();
    assert_eq!((again.status, problem["type"].as_str()), (409, Some("urn:wardbell:problem:already-acknowledged")));
    assert_eq!(problem["by"], "social-desk");
    assert_eq!(problem["at"], "2026-01-05T08:05:00.000Z");
    assert_eq!(problem["department"], "privacy");
    assert_eq!(house.act(&id, json!({ "action": "escalate" })).await.status, 200);
    assert_eq!(house.act(&id, json!({ "action": "decline", "department": "human-resources" })).await.status, 200);
    assert_eq!(house.act(&id, json!({ "action": "acknowledge", "department": "billing" })).await.status, 422);
    assert_eq!(house.act(&id, json!({ "action": "note", "note": " " })).await.status, 422);
    assert_eq!(house.act(&id, json!({ "action": "escalate", "note": " " })).await.status, 422);
    assert_eq!(house.act(&id, json!({ "action": "note", "note": "x".repeat(4_001) })).await.status, 422);
    assert_eq!(house.act("7Q2K9MXD", json!({ "action": "resolve" })).await.status, 404);
    let resolved = house.act(&id, json!({ "action": "resolve", "note": "taken down" })).await;
    assert_eq!((resolved.status, resolved.json()["status"].as_str()), (200, Some("resolved")));
    let late = house.act(&id, json!({ "action": "acknowledge" })).await;
    assert_eq!((late.status, late.json()["type"].as_str()), (409, Some("urn:wardbell:problem:already-resolved")));
    let timeline = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json()["timeline"].to_string();
    assert!(timeline.contains("\"calling\"") && timeline.contains("\"taken down\""));
    house.state.lock().unwrap().broken = false;
}

#[tokio::test]
async fn actions_are_read_strictly() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let before = house.records();
    for (action, field, code) in [
        (json!({}), "/action", "missing-key"),
        (json!({ "action": "ack" }), "/action", "bad-value"),
        (json!({ "action": 1 }), "/action", "wrong-kind"),
        (json!({ "action": "note" }), "/note", "missing-key"),
        (json!({ "action": "note", "note": "a\u{7}" }), "/note", "control-character"),
        (json!({ "action": "resolve", "department": "privacy" }), "/department", "bad-value"),
        (json!({ "action": "acknowledge", "department": "ER" }), "/department", "bad-value"),
        (json!({ "action": "acknowledge", "dept": "privacy" }), "/dept", "unknown-key"),
        (json!([]), "", "wrong-kind"),
    ] {
        let reply = house.act(&id, action.clone()).await;
        let problem = reply.json();
        let told = (reply.status, problem["field"].as_str().unwrap(), problem["errors"][0]["code"].as_str().unwrap());
        assert_eq!(told, (400, field, code), "{action}");
    }
    let path = format!("/api/v1/incidents/{id}/actions");
    assert_eq!(house.post(&path, ACTOR, "text/plain", "{}").await.status, 415);
    let twice = r#"{"action":"resolve","action":"resolve"}"#;
    assert_eq!(house.post(&path, ACTOR, "application/json", twice).await.status, 400);
    assert_eq!(house.records(), before);
}

#[tokio::test]
async fn who_is_on_call_is_told_with_the_line_that_says_so() {
    let house = House::start().await;
    let reply = house.get("/api/v1/oncall?department=privacy&at=2026-01-05T02:00:00%2B01:00", READER).await;
    assert_eq!(
        reply.json(),
        json!([
            { "department": "privacy", "role": "primary", "liaison": "m-rivera", "name": "Maria Rivera", "until": null,
              "why": { "file": "rosters/privacy.toml", "line": 20, "rule": "turn" } },
            { "department": "privacy", "role": "backup", "liaison": "j-chen", "name": "Jonas Chen", "until": null,
              "why": { "file": "rosters/privacy.toml", "line": 30, "rule": "turn" } },
        ])
    );
    assert_eq!(house.get("/api/v1/oncall", READER).await.json().as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn probes_are_answered() {
    let house = House::start().await;
    let alive = house.get("/healthz", "").await;
    assert_eq!((alive.status, alive.text.trim()), (200, "ok"));
    let starting = house.get("/readyz", "").await;
    assert_eq!(starting.status, 503);
    assert_eq!(starting.json()["reasons"], json!(["Wardbell is starting"]));
    house.shared.report(Part::Start, Report::well());
    house.shared.report(Part::Plan, Report::warnings(["rosters/privacy.toml has a mistake".to_owned()]));
    let ready = house.get("/readyz", "").await;
    assert_eq!(ready.status, 200);
    let time_zones = json!({ "release": Rules::built_in().edition().release, "source": "built-in" });
    let told = json!({ "ready": true, "reasons": [], "warnings": ["rosters/privacy.toml has a mistake"], "time_zones": time_zones });
    assert_eq!(ready.json(), told);
    let metrics = house.get("/metrics", "").await;
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
    assert!(metrics.text.contains("wardbell_journal_last_seq 0") && metrics.text.ends_with("# EOF\n"));
}
