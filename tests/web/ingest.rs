//! What sources send: what is taken, what is refused, and how that is told.

use serde_json::{Value, json};

use wardbell::config::settings::Strictness;
use wardbell::domain::incident::Incoming;
use wardbell::domain::severity::Severity;
use wardbell::inbound::input_error::InputError;
use wardbell::inbound::wardbell::incident::decode;

use crate::house::{ACTOR, House, OPENER, READER, SOURCE};

/// What is wrong with an incident that is refused, as `field code`.
fn mistakes(json: &str) -> Vec<String> {
    told(&decode(json.as_bytes(), Strictness::Lenient).expect_err(json))
}

fn told(list: &[InputError]) -> Vec<String> {
    list.iter().map(|mistake| format!("{} {}", mistake.field, mistake.code)).collect()
}

#[track_caller]
fn check(json: &str, expected: &[&str]) {
    assert_eq!(mistakes(json), expected, "{json}");
}

/// An incident that is accepted with these warnings, as `field code`. What was cleaned needs no warning the next time.
#[track_caller]
fn cleaned(json: impl AsRef<[u8]>, expected: &[&str]) -> Incoming {
    let json = json.as_ref();
    let shown = String::from_utf8_lossy(json);
    let accepted = decode(json, Strictness::Lenient).unwrap_or_else(|mistakes| panic!("{shown}: {mistakes:?}"));
    assert_eq!(told(&accepted.warnings), expected, "{shown}");
    let again = decode(&serde_json::to_vec(&accepted.incoming).unwrap(), Strictness::Strict).expect("what was cleaned");
    assert!(again.incoming == accepted.incoming, "{shown}");
    assert_eq!(decode(json, Strictness::Strict).is_ok(), expected.is_empty(), "{shown}");
    accepted.incoming
}

fn accepted(json: impl AsRef<[u8]>) -> Incoming {
    cleaned(json, &[])
}

#[test]
fn what_routes_is_refused_where_it_is_wrong_and_named_by_its_field() {
    check("", &[" not-json"]);
    check("null", &[" wrong-kind"]);
    check("[\"phi\"]", &[" wrong-kind"]);
    check("{\"class\":\"a\"}{\"class\":\"b\"}", &[" not-json"]);
    check("{\"class\":\"a\",}", &[" not-json"]);
    check("{\"class\":\"a\",\"x\":1e}", &[" not-json"]);
    check("{}", &["/class missing-key"]);
    check("{\"class\":null}", &["/class missing-key"]);
    check("{\"class\":\" \"}", &["/class empty"]);
    check("{\"class\":[7]}", &["/class wrong-kind"]);
    check("{\"class\":\"a\",\"class\":\"b\"}", &["/class duplicate-key"]);
    check("{\"class\":\"a\\u0000b\"}", &["/class control-character"]);
    check("{\"class\":\"a\",\"event_id\":\"a\\u0007\"}", &["/event_id control-character"]);
    check("{\"class\":\"a\",\"event_id\":true}", &["/event_id wrong-kind"]);
    check("{\"class\":\"a\",\"severity\":\"urgent\"}", &["/severity bad-value"]);
    check("{\"class\":\"a\",\"severity\":1}", &["/severity wrong-kind"]);
    check("{\"class\":\"a\",\"flags\":{\"x\":true}}", &["/flags wrong-kind"]);
    check("{\"class\":\"a\",\"flags\":[\"x\",[1],\"y\",{}]}", &["/flags/1 wrong-kind", "/flags/3 wrong-kind"]);
    check("{\"class\":\"a\",\"involved\":[true]}", &["/involved/0 wrong-kind"]);
    check("{\"class\":\"a\",\"drill\":\"yes\"}", &["/drill wrong-kind"]);
    check("{\"class\":\"a\\ud800\"}", &["/class not-unicode", " replaced-characters"]);
    check("{\"class\":\"a\",\"dedup_key\":\"\\udfff\"}", &["/dedup_key not-unicode", " replaced-characters"]);
}

#[test]
fn what_routes_nothing_is_cleaned_and_loses_no_incident() {
    let incoming = cleaned("{\"class\":\"a\",\"sumary\":\"x\"}", &["/sumary unknown-key"]);
    assert_eq!(incoming.labels["sumary"], "x");
    let incoming = cleaned("{\"class\":\"a\",\"Ann was here\":{\"x\":[1, 2]}}", &[" unknown-key"]);
    assert_eq!(incoming.labels["Ann was here"], "{\"x\":[1, 2]}");
    let incoming = cleaned("{\"class\":\"a\",\"k\":\"mine\",\"labels\":{\"k\":\"theirs\"}}", &["/k unknown-key"]);
    assert_eq!(incoming.labels["k"], "theirs", "what stands under `labels` counts");
    let incoming = cleaned("{\"class\":\"a\",\"summary\":\"a\\u0007b\\nc\"}", &["/summary control-character"]);
    assert_eq!(incoming.summary.as_deref(), Some("a b\nc"));
    let incoming = cleaned("{\"class\":\"a\",\"summary\":{\"text\":1}}", &["/summary wrong-kind"]);
    assert_eq!(incoming.summary.as_deref(), Some("{\"text\":1}"));
    let incoming = cleaned("{\"class\":\"a\",\"summary\":\"one\",\"summary\":\"two\"}", &["/summary duplicate-key"]);
    assert_eq!(incoming.summary.as_deref(), Some("two"));
    let incoming =
        cleaned("{\"class\":\"a\",\"event_id\":\"\",\"dedup_key\":\"\"}", &["/event_id empty", "/dedup_key empty"]);
    assert_eq!((incoming.event_id, incoming.dedup_key), (None, None));
    for odd in ["1.01", "-1", "\"high\"", "1e999", "[]", "\"nan\"", "\"inf\""] {
        let json = format!("{{\"class\":\"a\",\"confidence\":{odd}}}");
        let warnings = decode(json.as_bytes(), Strictness::Lenient).expect(&json).warnings;
        assert_eq!(warnings.last().map(|one| (&*one.field, one.code)), Some(("/confidence", "out-of-range")), "{json}");
    }
    assert_eq!(
        cleaned("{\"class\":\"a\",\"confidence\":\"0.93\"}", &["/confidence wrong-kind"]).confidence,
        Some(0.93)
    );
    assert_eq!(cleaned("{\"class\":\"a\",\"confidence\":NaN}", &[" replaced-characters"]).confidence, None);
    for (reach, read, warnings) in [
        ("1.2e6", Some(1_200_000), &[][..]),
        ("7.0", Some(7), &[]),
        ("1.5", Some(1), &["/reach out-of-range"]),
        ("-1", None, &["/reach out-of-range"]),
        ("99999999999999999999", Some(u64::MAX), &["/reach out-of-range"]),
        ("\"12000\"", Some(12_000), &["/reach wrong-kind"]),
    ] {
        assert_eq!(cleaned(format!("{{\"class\":\"a\",\"reach\":{reach}}}"), warnings).reach, read, "{reach}");
    }
    for odd in
        ["\"yesterday\"", "\"2026-02-30T00:00:00Z\"", "\"2026-02-03T00:00:00\"", "7", "\"9999-12-31T23:59:59-12:00\""]
    {
        let incoming = cleaned(format!("{{\"class\":\"a\",\"occurred_at\":{odd}}}"), &["/occurred_at bad-instant"]);
        assert_eq!(incoming.occurred_at, None);
    }
    let incoming = cleaned("{\"class\":\"a\",\"labels\":[1]}", &["/labels wrong-kind"]);
    assert_eq!(incoming.labels["labels"], "[1]");
    let deep = format!("{{\"class\":\"a\",\"x\":{}1{}}}", "[".repeat(400), "]".repeat(400));
    assert_eq!(cleaned(deep, &["/x unknown-key"]).labels["x"].len(), 801);
}

#[test]
fn what_other_systems_write_otherwise_is_read() {
    assert_eq!(accepted("{\"class\":\" Hipaa.Staff \"}").class, "Hipaa.Staff");
    assert_eq!(accepted("{\"class\":7}").class, "7");
    let incoming = accepted("{\"class\":\"a\",\"event_id\":18446744073709551616000,\"dedup_key\":-12}");
    assert_eq!(
        (incoming.event_id.as_deref(), incoming.dedup_key.as_deref()),
        (Some("18446744073709551616000"), Some("-12"))
    );
    assert_eq!(accepted("{\"class\":\"a\",\"class\":\"a\"}").class, "a");
    assert_eq!(accepted("{\"class\":\"a\",\"severity\":\" High\"}").severity, Some(Severity::High));
    assert!(accepted("{\"class\":\"a\",\"drill\":\"true\"}").drill);
    let incoming = accepted("{\"class\":\"a\",\"flags\":[\" x \",\"x\",\"\",7],\"involved\":\" m-rivera \"}");
    assert_eq!((incoming.flags, incoming.involved), (vec!["x".to_owned(), "7".into()], vec!["m-rivera".to_owned()]));
    let at = accepted("{\"class\":\"a\",\"occurred_at\":\"2026-02-03T04:05:06+0000\"}").occurred_at;
    assert_eq!(at.map(wardbell::domain::instant::to_text).as_deref(), Some("2026-02-03T04:05:06.000Z"));
    let incoming = accepted("{\"class\":\"a\",\"facility\":12,\"labels\":{\"n\":1.50,\"b\":true,\"none\":null}}");
    assert_eq!(incoming.facility.as_deref(), Some("12"));
    assert_eq!(
        incoming.labels.into_iter().collect::<Vec<_>>(),
        [("b".into(), "true".into()), ("n".into(), "1.50".to_owned())]
    );
    assert_eq!(accepted("\u{feff}{\"class\":\"a\"}").class, "a");
    let incoming = cleaned("{\"class\":\"a\",\"summary\":\"\\ud83d\"}", &[" replaced-characters"]);
    assert_eq!(incoming.summary.as_deref(), Some("\u{fffd}"));
    let incoming = cleaned(b"{\"class\":\"a\",\"author\":\"Ren\xE9\"}", &[" replaced-characters"]);
    assert_eq!(incoming.author.as_deref(), Some("Ren\u{fffd}"));
    let incoming = cleaned("{\"class\":\"a\",\"summary\":\"one\ntwo\"}", &[" replaced-characters"]);
    assert_eq!(incoming.summary.as_deref(), Some("one\ntwo"));
}

#[test]
fn all_mistakes_come_at_once() {
    let json = r#"{"clas":"x","confidence":2,"reach":-1,"severity":"high!","flags":[{}],"drill":0}"#;
    let expected = [
        "/class missing-key",
        "/severity bad-value",
        "/flags/0 wrong-kind",
        "/drill wrong-kind",
        "/confidence out-of-range",
        "/reach out-of-range",
        "/clas unknown-key",
    ];
    check(json, &expected);
    let list = decode(json.as_bytes(), Strictness::Lenient).unwrap_err();
    assert_eq!(list[6].message, "`clas` is not a known key and was kept as a label. Did you mean `class`?");
    let many: String = (0..500).map(|number| format!(",\"k{number}\":1")).collect();
    let accepted = decode(format!("{{\"class\":\"a\"{many}}}").as_bytes(), Strictness::Lenient).unwrap();
    assert_eq!((accepted.incoming.labels.len(), accepted.warnings.len()), (64, 32));
}

#[test]
fn lengths_and_counts_have_limits() {
    let with = |key: &str, value: Value| {
        let mut incident = json!({ "class": "a" });
        incident[key] = value;
        incident.to_string()
    };
    for (key, longest) in [("class", 200), ("event_id", 255), ("dedup_key", 255)] {
        // Characters count, not bytes.
        accepted(with(key, "ü".repeat(longest).into()));
        check(&with(key, "x".repeat(longest + 1).into()), &[&format!("/{key} too-long")]);
    }
    for (key, longest) in
        [("summary", 10_000), ("url", 2_048), ("author", 320), ("network", 100), ("facility", 100), ("language", 100)]
    {
        accepted(with(key, "ü".repeat(longest).into()));
        let incoming = cleaned(with(key, "ü".repeat(longest + 1).into()), &[&format!("/{key} too-long")]);
        let incoming = serde_json::to_value(&incoming).unwrap();
        assert_eq!(incoming[key], "ü".repeat(longest));
    }
    let words = |count: usize, length: usize| {
        let word = |number: usize| format!("{number:0length$}");
        json!((0..count).map(word).collect::<Vec<_>>())
    };
    accepted(with("flags", words(32, 64)));
    check(&with("flags", words(33, 2)), &["/flags too-many"]);
    cleaned(with("flags", words(1, 65)), &["/flags/0 too-long"]);
    accepted(with("involved", words(32, 400)));
    check(&with("involved", words(33, 2)), &["/involved too-many"]);
    let labels = |count: usize, length: usize| {
        let all: serde_json::Map<_, _> =
            (0..count).map(|number| (format!("k{number}"), Value::from("x".repeat(length)))).collect();
        Value::from(all)
    };
    accepted(with("labels", labels(64, 1_000)));
    assert_eq!(cleaned(with("labels", labels(65, 1)), &["/labels too-many"]).labels.len(), 64);
    assert_eq!(cleaned(with("labels", labels(1, 1_001)), &["/labels cleaned"]).labels["k0"].len(), 1_000);
    cleaned(with("labels", json!({ "": "x", "k\u{7}": "y" })), &["/labels bad-key", "/labels too-many"]);
}

#[test]
fn everything_in_the_contract_is_read() {
    let incoming = accepted(
        r#" {"class":"phi-by-staff","event_id":"e1","dedup_key":"d1","severity":"critical","confidence":1,
        "summary":"two\nlines","url":"https://x.example","author":"@a","network":"x","facility":"main","language":"en",
        "reach":0,"flags":["posting-now"],"involved":["m-rivera","Ann@mercy.example"],
        "occurred_at":"2026-01-05T02:05:00.123456-06:00","labels":{"k":"v"},"drill":true} "#,
    );
    assert_eq!(incoming.class, "phi-by-staff");
    assert_eq!(incoming.confidence, Some(1.0));
    assert_eq!(incoming.reach, Some(0));
    assert_eq!(incoming.involved.len(), 2);
    assert_eq!(incoming.labels["k"], "v");
    assert!(incoming.drill);
    let at = incoming.occurred_at.unwrap();
    assert_eq!(wardbell::domain::instant::to_text(at), "2026-01-05T08:05:00.123Z");
    accepted(r#"{"class":"a","summary":null,"flags":null,"labels":null,"reach":null,"drill":null}"#);
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
        let told = match decode(json.as_bytes(), Strictness::Lenient) {
            Ok(accepted) => accepted.warnings,
            Err(mistakes) => {
                assert!(!mistakes.is_empty());
                mistakes
            }
        };
        assert!(told.iter().all(|mistake| !mistake.message.is_empty()));
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
        let incoming = accepted(json);
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
        (Some("Bearer reader-token"), 403),
        (Some("Bearer opener-token"), 202),
        (Some("Bearer admin-token"), 202),
    ] {
        let reply = send(authorization).await;
        assert_eq!(reply.status, status, "{authorization:?}");
        assert_eq!(reply.header("www-authenticate").starts_with("Bearer"), status == 401, "{authorization:?}");
        assert!(status == 202 || reply.header("content-type") == "application/problem+json");
    }
    assert!(house.shared.metrics.text().contains("incidents_refused_total{reason=\"unauthorized\"} 7"));
}

#[tokio::test]
async fn an_operator_who_may_open_is_named_as_the_reporter() {
    let house = House::start().await;
    let body = json!({ "class": "phi-by-staff", "event_id": "1" }).to_string();
    let open = async |token: &str| house.post("/api/v1/incidents", token, "application/json", body.clone()).await;
    let refused = open(ACTOR).await;
    assert_eq!(refused.status, 403);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("Use a source token to open incidents"), "{detail}");
    let opened = open(OPENER).await;
    assert_eq!(opened.status, 202, "{}", opened.text);
    let path = format!("/api/v1/incidents/{}", opened.json()["id"].as_str().unwrap());
    assert_eq!(house.get(&path, OPENER).await.status, 403, "it may open, and no more");
    let told = house.get(&path, READER).await.json();
    assert_eq!((&told["source"], &told["reporter"]), (&json!("operator/front-desk"), &json!("front-desk")));
    assert_eq!(told["timeline"][0]["source"], "operator/front-desk");
    // A source is no reporter, and many lines come from an operator, too.
    let path = format!("/api/v1/incidents/{}", house.open(json!({ "class": "phi-by-staff" })).await);
    assert_eq!(house.get(&path, READER).await.json().get("reporter"), None);
    let lines = house.post("/api/v1/incidents", OPENER, "application/x-ndjson", "{\"class\":\"a\"}\n{}\n").await;
    assert!(lines.text.contains("\"status\":202") && lines.text.contains("\"status\":400"), "{}", lines.text);
    // A heartbeat is a source's.
    assert_eq!(house.post("/api/v1/heartbeat", OPENER, "text/plain", "").await.status, 403);
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
    let packed = request.header("content-type", "application/json").header("content-encoding", "br").body("x");
    assert_eq!(house.send(packed).await.status, 415);
}

#[tokio::test]
async fn bodies_may_be_compressed_and_grow_to_no_more_than_their_limit() {
    let house = House::start().await;
    let send = |kind: &'static str, body: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, body).unwrap();
        let request = house.client.post(format!("{}/api/v1/incidents", house.base)).bearer_auth(SOURCE);
        let request = request.header("content-type", kind).header("content-encoding", "GZIP");
        house.send(request.body(packed.finish().unwrap()))
    };
    let reply = send("application/json", br#"{"class":"phi-by-staff"}"#).await;
    assert_eq!((reply.status, reply.json()["playbook"].as_str()), (202, Some("phi-by-staff")));
    let reply = send("application/x-ndjson", b"{\"class\":\"self-harm\"}\n{}\n").await;
    let lines: Vec<Value> = reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines[0]["status"].as_u64(), lines[1]["status"].as_u64()), (Some(202), Some(400)));
    let large = format!("{{\"class\":\"a\"{}}}", " ".repeat(256 * 1_024));
    assert_eq!(send("application/json", large.as_bytes()).await.status, 413);
    assert_eq!(send("application/x-ndjson", &vec![b' '; 16 * 1_024 * 1_024 + 1]).await.status, 413);
    let request = house.client.post(format!("{}/api/v1/incidents", house.base)).bearer_auth(SOURCE);
    let damaged = request.header("content-type", "application/json").header("content-encoding", "gzip").body("{}");
    let reply = house.send(damaged).await;
    assert_eq!((reply.status, reply.json()["type"].as_str()), (400, Some("urn:wardbell:problem:not-gzip")));
}

#[tokio::test]
async fn warnings_come_with_the_answer_and_never_name_a_value() {
    let house = House::start().await;
    let body = json!({ "class": "phi-by-staff", "summary": ["MARKER"], "MARKER MARKER": 1, "labels": "MARKER" });
    let reply = house.ingest(body.to_string()).await;
    assert!(reply.status == 202 && !reply.text.contains("MARKER"), "{}", reply.text);
    let warnings = reply.json()["warnings"].as_array().unwrap().len();
    assert_eq!(warnings, 3, "{}", reply.text);
    assert!(house.ingest(r#"{"class":"phi-by-staff"}"#).await.json().get("warnings").is_none());
    let line = house.post("/api/v1/incidents", SOURCE, "application/x-ndjson", r#"{"class":"a","reach":1.5}"#).await;
    assert_eq!(line.json()["warnings"][0]["field"], "/reach");
}

#[tokio::test]
async fn a_problem_names_the_field_and_never_a_value() {
    let house = House::start().await;
    let body = json!({
        "class": "a", "summary": 7, "url": ["MARKER"], "author": { "MARKER": "MARKER" }, "severity": "MARKER",
        "labels": { "MARKER": 1 }, "MARKER MARKER": "MARKER", "occurred_at": "MARKER", "flags": [["MARKER\u{7}"]],
    });
    let reply = house.ingest(body.to_string()).await;
    assert_eq!((reply.status, reply.header("content-type")), (400, "application/problem+json"));
    assert!(!reply.text.contains("MARKER"), "{}", reply.text);
    let problem = reply.json();
    assert_eq!(problem["status"], 400);
    assert_eq!(problem["field"], problem["errors"][0]["field"]);
    let code = problem["errors"][0]["code"].as_str().unwrap();
    assert_eq!(problem["type"], format!("urn:wardbell:problem:{code}"));
    assert_eq!(problem["errors"].as_array().unwrap().len(), 6, "{problem:#}");
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
        r#"{"class":"a","summary":"MARKER","severity":"x"}"#,
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
    assert_eq!(lines[3]["field"], "/severity");
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
    assert!(house.shared.metrics.text().contains("incidents_refused_total{reason=\"cannot-record\"} 2"));
    assert_eq!(house.post("/api/v1/incidents", ACTOR, "application/json", "{}").await.status, 403);
}
