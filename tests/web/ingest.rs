//! What sources send: what is taken, what is refused, and how that is told.

use serde_json::{Value, json};

use wardbell::domain::incident::Incoming;
use wardbell::web::incoming::read;

use crate::house::{ACTOR, House, SOURCE};

/// The mistakes in an incident, as `field code`.
fn mistakes(json: &str) -> Vec<String> {
    let list = read(json.as_bytes()).expect_err(json);
    list.into_iter().map(|mistake| format!("{} {}", mistake.field, mistake.code)).collect()
}

#[track_caller]
fn check(json: &str, expected: &[&str]) {
    assert_eq!(mistakes(json), expected, "{json}");
}

#[test]
fn every_mistake_is_named_by_its_field() {
    check("", &[" not-json"]);
    check("null", &[" wrong-kind"]);
    check("[\"phi\"]", &[" wrong-kind"]);
    check("{\"class\":\"a\"}{\"class\":\"b\"}", &[" not-json"]);
    check("{\"class\":\"a\",}", &[" not-json"]);
    check("{}", &["/class missing-key"]);
    check("{\"class\":null}", &["/class missing-key"]);
    check("{\"class\":\"\"}", &["/class empty"]);
    check("{\"class\":\"a \"}", &["/class surrounding-space"]);
    check("{\"class\":7}", &["/class wrong-kind"]);
    check("{\"class\":\"a\",\"class\":\"b\"}", &["/class duplicate-key"]);
    check("{\"class\":\"a\",\"sumary\":\"x\"}", &["/sumary unknown-key"]);
    check("{\"class\":\"a\",\"Ann was here\":\"x\"}", &[" unknown-key"]);
    check("{\"class\":\"a\\u0000b\"}", &["/class control-character"]);
    check("{\"class\":\"a\",\"summary\":\"a\\u0007\"}", &["/summary control-character"]);
    check("{\"class\":\"a\",\"event_id\":\"\"}", &["/event_id empty"]);
    check("{\"class\":\"a\",\"severity\":\"urgent\"}", &["/severity bad-value"]);
    check("{\"class\":\"a\",\"severity\":1}", &["/severity wrong-kind"]);
    check("{\"class\":\"a\",\"confidence\":1.01}", &["/confidence out-of-range"]);
    check("{\"class\":\"a\",\"confidence\":-1}", &["/confidence out-of-range"]);
    check("{\"class\":\"a\",\"confidence\":\"0.5\"}", &["/confidence wrong-kind"]);
    check("{\"class\":\"a\",\"confidence\":1e999}", &[" not-json"]);
    check("{\"class\":\"a\",\"confidence\":NaN}", &[" not-json"]);
    check("{\"class\":\"a\",\"reach\":-1}", &["/reach out-of-range"]);
    check("{\"class\":\"a\",\"reach\":1.5}", &["/reach out-of-range"]);
    check("{\"class\":\"a\",\"reach\":99999999999999999999}", &["/reach out-of-range"]);
    check("{\"class\":\"a\",\"flags\":\"x\"}", &["/flags wrong-kind"]);
    check("{\"class\":\"a\",\"flags\":[\"x\",1,\"y\",{}]}", &["/flags/1 wrong-kind", "/flags/3 wrong-kind"]);
    check("{\"class\":\"a\",\"flags\":[\"x\",\"\"]}", &["/flags/1 empty"]);
    check("{\"class\":\"a\",\"involved\":[\" m-rivera\"]}", &["/involved/0 surrounding-space"]);
    check("{\"class\":\"a\",\"occurred_at\":\"yesterday\"}", &["/occurred_at bad-instant"]);
    check("{\"class\":\"a\",\"occurred_at\":\"2026-02-30T00:00:00Z\"}", &["/occurred_at bad-instant"]);
    check("{\"class\":\"a\",\"occurred_at\":\"2026-02-03T00:00:00\"}", &["/occurred_at bad-instant"]);
    check("{\"class\":\"a\",\"occurred_at\":\"9999-12-31T23:59:59-12:00\"}", &["/occurred_at bad-instant"]);
    check("{\"class\":\"a\",\"occurred_at\":\"0000-01-01T00:00:00+12:00\"}", &["/occurred_at bad-instant"]);
    check("{\"class\":\"a\",\"labels\":{\"k\":1}}", &["/labels wrong-kind"]);
    check("{\"class\":\"a\",\"labels\":{\"k\":\"1\",\"k\":\"2\"}}", &["/labels duplicate-key"]);
    check("{\"class\":\"a\",\"labels\":{\"\":\"1\"}}", &["/labels bad-key"]);
    check("{\"class\":\"a\",\"drill\":\"yes\"}", &["/drill wrong-kind"]);
    check("{\"class\":\"a\",\"x\":[[[[[[[[1]]]]]]]]}", &[" too-deep"]);
    check(&format!("{{\"class\":{}", "[".repeat(200_000)), &[" too-deep"]);
    check("{\"class\":\"\\ud800\"}", &[" not-json"]);
}

#[test]
fn all_mistakes_come_at_once() {
    let json = r#"{"clas":"x","confidence":2,"reach":-1,"severity":"high!","flags":[1],"drill":0}"#;
    check(
        json,
        &[
            "/clas unknown-key",
            "/reach out-of-range",
            "/flags/0 wrong-kind",
            "/drill wrong-kind",
            "/class missing-key",
            "/confidence out-of-range",
            "/severity bad-value",
        ],
    );
    let list = read(json.as_bytes()).unwrap_err();
    assert_eq!(list[0].message, "`clas` is not known; did you mean `class`?");
    let many: String = (0..500).map(|number| format!(",\"k{number}\":1")).collect();
    assert_eq!(mistakes(&format!("{{\"class\":\"a\"{many}}}")).len(), 32);
}

#[test]
fn lengths_and_counts_have_limits() {
    let with = |key: &str, value: Value| {
        let mut incident = json!({ "class": "a" });
        incident[key] = value;
        incident.to_string()
    };
    for (key, longest) in [
        ("class", 200),
        ("event_id", 255),
        ("dedup_key", 255),
        ("summary", 10_000),
        ("url", 2_048),
        ("author", 320),
        ("network", 100),
        ("facility", 100),
        ("language", 100),
    ] {
        // Characters count, not bytes.
        assert!(read(with(key, "ü".repeat(longest).into()).as_bytes()).is_ok(), "{key}");
        check(&with(key, "x".repeat(longest + 1).into()), &[&format!("/{key} too-long")]);
    }
    let words = |count: usize, length: usize| json!(vec!["x".repeat(length); count]);
    assert!(read(with("flags", words(32, 64)).as_bytes()).is_ok());
    check(&with("flags", words(33, 1)), &["/flags too-many"]);
    check(&with("flags", words(1, 65)), &["/flags/0 too-long"]);
    assert!(read(with("involved", words(32, 254)).as_bytes()).is_ok());
    check(&with("involved", words(33, 1)), &["/involved too-many"]);
    let labels = |count: usize, length: usize| {
        let all: serde_json::Map<_, _> =
            (0..count).map(|number| (format!("k{number}"), Value::from("x".repeat(length)))).collect();
        Value::from(all)
    };
    assert!(read(with("labels", labels(64, 1_000)).as_bytes()).is_ok());
    check(&with("labels", labels(65, 1)), &["/labels too-many"]);
    check(&with("labels", labels(1, 1_001)), &["/labels too-long"]);
}

#[test]
fn everything_in_the_contract_is_read() {
    let incoming = read(
        br#" {"class":"phi-by-staff","event_id":"e1","dedup_key":"d1","severity":"critical","confidence":1,
        "summary":"two\nlines","url":"https://x.example","author":"@a","network":"x","facility":"main","language":"en",
        "reach":0,"flags":["posting-now"],"involved":["m-rivera","Ann@mercy.example"],
        "occurred_at":"2026-01-05T02:05:00.123456-06:00","labels":{"k":"v"},"drill":true} "#,
    )
    .unwrap();
    assert_eq!(incoming.class, "phi-by-staff");
    assert_eq!(incoming.confidence, Some(1.0));
    assert_eq!(incoming.reach, Some(0));
    assert_eq!(incoming.involved.len(), 2);
    assert_eq!(incoming.labels["k"], "v");
    assert!(incoming.drill);
    let at = incoming.occurred_at.unwrap();
    assert_eq!(wardbell::domain::instant::to_text(at), "2026-01-05T08:05:00.123Z");
    assert!(read(br#"{"class":"a","summary":null,"flags":null,"labels":null,"reach":null,"drill":null}"#).is_ok());
}

proptest::proptest! {
    /// Whatever comes: no panic, and never a refusal without a reason.
    #[test]
    fn anything_is_read_or_refused_with_a_reason(
        key in "(class|reach|flags|labels|confidence|x)",
        value in "(null|true|-?[0-9]{1,3}(\\.[0-9])?|\"[a-z \\\\n]{0,4}\"|\\[\"a\",1\\]|\\{\"a\":\"b\"\\}|\\{\"a\":[1]\\}|[\\[{\"}]{1,3})",
        more in "[,}\"a: ]{0,3}",
    ) {
        let json = format!("{{\"class\":\"a\",\"{key}\":{value}{more}}}");
        if let Err(mistakes) = read(json.as_bytes()) {
            assert!(!mistakes.is_empty());
            assert!(mistakes.iter().all(|mistake| !mistake.message.is_empty()));
        }
    }
}

/// Found by fuzzing: a confidence was recorded off by its last bit, and an instant in a form that no start could read.
#[test]
fn what_is_accepted_is_what_the_record_says() {
    for json in [
        r#"{"class":"a","confidence":2e-162}"#,
        r#"{"class":"a","confidence":0.30000000000000004}"#,
        r#"{"class":"a","occurred_at":"9999-12-31T23:59:59.999Z"}"#,
        r#"{"class":"a","occurred_at":"0001-01-01T00:00:00Z"}"#,
        r#"{"class":"a","occurred_at":"2016-12-31T23:59:60Z"}"#,
    ] {
        let incoming = read(json.as_bytes()).expect(json);
        let recorded = serde_json::to_vec(&incoming).unwrap();
        assert!(serde_json::from_slice::<Incoming>(&recorded).unwrap() == incoming, "{json}");
    }
}

#[tokio::test]
async fn an_incident_is_answered_with_its_receipt() {
    let house = House::start().await;
    let reply = house.ingest(r#"{"class":"phi-by-staff"}"#).await;
    assert_eq!((reply.status, reply.header("content-type")), (202, "application/json"));
    let receipt = reply.json();
    assert_eq!(receipt["status"], "open");
    assert_eq!(receipt["playbook"], "phi-by-staff");
    assert_eq!(receipt["duplicate_of_open"], false);
    assert_eq!(receipt["received_at"], "2026-01-05T08:05:00.000Z");
    assert_eq!(receipt["id"].as_str().unwrap().len(), 8);
}

#[tokio::test]
async fn only_a_source_sends_incidents() {
    let house = House::start().await;
    let url = format!("{}/api/v1/incidents", house.base);
    let send = |authorization: Option<&str>| {
        let request = house.client.post(&url).header("content-type", "application/json").body(r#"{"class":"a"}"#);
        house.send(match authorization {
            Some(text) => request.header("authorization", text),
            None => request,
        })
    };
    for (authorization, status) in [
        (None, 401),
        (Some("Bearer wrong"), 401),
        (Some("Bearer "), 401),
        (Some("Basic c291cmNlLXRva2Vu"), 401),
        (Some("Bearer SOURCE-TOKEN"), 401),
        (Some("Bearer source-token"), 202),
        (Some("bearer other-token"), 202),
        (Some("Bearer actor-token"), 403),
        (Some("Bearer admin-token"), 403),
    ] {
        let reply = send(authorization).await;
        assert_eq!(reply.status, status, "{authorization:?}");
        assert_eq!(reply.header("www-authenticate").starts_with("Bearer"), status == 401, "{authorization:?}");
        assert!(status == 202 || reply.header("content-type") == "application/problem+json");
    }
    assert!(house.metrics.text().contains("incidents_refused_total{reason=\"unauthorized\"} 7"));
}

#[tokio::test]
async fn other_types_are_refused() {
    let house = House::start().await;
    let path = "/api/v1/incidents";
    for (kind, status) in [
        ("application/json", 202),
        ("Application/JSON; charset=utf-8", 202),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonx", 415),
        ("", 415),
    ] {
        assert_eq!(house.post(path, SOURCE, kind, r#"{"class":"a"}"#).await.status, status, "{kind}");
    }
    let request = house.client.post(format!("{}{path}", house.base)).bearer_auth(SOURCE);
    let packed = request.header("content-type", "application/json").header("content-encoding", "gzip").body("x");
    assert_eq!(house.send(packed).await.status, 415);
}

#[tokio::test]
async fn a_problem_names_the_field_and_never_a_value() {
    let house = House::start().await;
    let body = json!({
        "class": "a", "summary": 7, "url": ["MARKER"], "author": { "MARKER": "MARKER" }, "severity": "MARKER",
        "labels": { "MARKER": 1 }, "MARKER MARKER": "MARKER", "occurred_at": "MARKER", "flags": ["MARKER\u{7}"],
    });
    let reply = house.ingest(body.to_string()).await;
    assert_eq!((reply.status, reply.header("content-type")), (400, "application/problem+json"));
    assert!(!reply.text.contains("MARKER"), "{}", reply.text);
    let problem = reply.json();
    assert_eq!(problem["status"], 400);
    assert_eq!(problem["field"], problem["errors"][0]["field"]);
    let code = problem["errors"][0]["code"].as_str().unwrap();
    assert_eq!(problem["type"], format!("urn:wardbell:problem:{code}"));
    assert_eq!(problem["errors"].as_array().unwrap().len(), 8, "{problem:#}");
    let reply = house.ingest("{\"class\":\"a\",\"summary\":\"MARKER").await;
    assert_eq!(reply.json()["type"], "urn:wardbell:problem:not-json");
    assert!(!reply.text.contains("MARKER"));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_and_the_answer_can_be_read() {
    let house = House::start().await;
    let of = |length: usize| {
        let bare = r#"{"class":"a"}"#;
        format!("{bare}{}", " ".repeat(length - bare.len()))
    };
    assert_eq!(house.ingest(of(256 * 1_024)).await.status, 202);
    let reply = house.ingest(of(256 * 1_024 + 1)).await;
    assert_eq!((reply.status, reply.json()["type"].as_str().unwrap()), (413, "urn:wardbell:problem:too-large"));
    assert_eq!(house.ingest(of(8 * 1_024 * 1_024)).await.status, 413);
    let many = "\n".repeat(16 * 1_024 * 1_024 + 1);
    assert_eq!(house.post("/api/v1/incidents", SOURCE, "application/x-ndjson", many).await.status, 413);
}

#[tokio::test]
async fn many_lines_are_answered_in_order_and_a_bad_one_loses_only_itself() {
    let house = House::start().await;
    let long = format!("{{\"class\":\"a\",\"summary\":\"{}\"}}", "x".repeat(256 * 1_024));
    let body = format!(
        "{}\n\n  \r\n{}\r\n{long}\n{}\n{}",
        r#"{"class":"self-harm"}"#,
        r#"{"class":"phi-by-staff"}"#,
        r#"{"class":"a","summary":"MARKER","x":1}"#,
        r#"{"class":"care-complaint"}"#
    );
    let reply = house.post("/api/v1/incidents", SOURCE, "application/x-ndjson", body).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-ndjson"));
    assert!(!reply.text.contains("MARKER"));
    let lines: Vec<Value> = reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| (line["status"].as_u64().unwrap(), line["line"].as_u64())).collect();
    assert_eq!(told, [(202, None), (202, None), (413, Some(5)), (400, Some(6)), (202, None)]);
    let playbooks: Vec<_> = lines.iter().filter_map(|line| line["playbook"].as_str()).collect();
    assert_eq!(playbooks, ["self-harm", "phi-by-staff", "care-complaint"]);
    assert_eq!(lines[0]["incident_status"], "open");
    assert_eq!(lines[3]["field"], "/x");
    let nothing = house.post("/api/v1/incidents", SOURCE, "application/x-ndjson", "\n\n").await;
    assert_eq!((nothing.status, nothing.text.as_str()), (200, ""));
}

#[tokio::test]
async fn thousands_of_lines_come_back_in_order() {
    let house = House::start().await;
    let classes = ["self-harm", "phi-by-staff", "care-complaint"];
    let body: String = (0..3_000).map(|number| format!("{{\"class\":\"{}\"}}\n", classes[number % 3])).collect();
    let reply = house.post("/api/v1/incidents", SOURCE, "application/x-ndjson", body).await;
    let playbooks: Vec<String> = reply
        .text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["playbook"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(playbooks.len(), 3_000);
    assert!(playbooks.iter().enumerate().all(|(number, playbook)| playbook == classes[number % 3]));
}

#[tokio::test]
async fn while_nothing_can_be_recorded_nothing_is_accepted() {
    let house = House::start().await;
    house.state.lock().unwrap().broken = true;
    let reply = house.ingest(r#"{"class":"a"}"#).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "2"));
    assert!(!reply.text.contains("secret"), "{}", reply.text);
    let many = house.post("/api/v1/incidents", SOURCE, "application/x-ndjson", "{\"class\":\"a\"}\n").await;
    assert_eq!((many.status, many.text.contains("\"status\":503")), (200, true));
    assert_eq!(house.records(), 0);
    assert!(house.metrics.text().contains("incidents_refused_total{reason=\"cannot-record\"} 2"));
    assert_eq!(house.post("/api/v1/incidents", ACTOR, "application/json", "{}").await.status, 403);
}
