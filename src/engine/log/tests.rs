//! What the log says about each kind of event.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::domain::aggregate::Aggregate;
use crate::journal::record::Entry;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines, a level and a message each, and what they are in JSON.
fn logged(events: &[Value]) -> (Vec<String>, Vec<Value>) {
    let id = IncidentId::from_random(7);
    let at = "2026-12-03T08:04:00Z".parse().unwrap();
    let events = events.iter().map(|event| serde_json::from_value::<Event>(event.clone()).unwrap());
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(layer, || {
        let mut state: Option<Incident> = None;
        for event in events {
            match (&mut state, &event) {
                (None, Event::Opened(opened)) => state = Some(Incident::opened(id, at, opened)),
                (Some(state), event) => state.evolve(at, event),
                (None, _) => {}
            }
            let entry = Entry { at, fact: Fact::Incident(id, event) };
            record(&Record { seq: 1, entry }, state.as_ref(), &mut SendDurations::default());
        }
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let json: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = json.iter().map(|line| {
        let message = line["message"].as_str().unwrap().strip_prefix(&format!("{id}: ")).unwrap();
        assert_eq!(line["incident"], id.to_string());
        format!("{} {message}", line["level"].as_str().unwrap())
    });
    (said.collect(), json)
}

fn opened() -> Value {
    let track = |department: &str| {
        json!({
            "department": department, "ladder": "B", "acknowledge_within": "10m", "act_within": null,
            "starts_at": "2026-12-03T08:04:00.000Z",
        })
    };
    json!({
        "type": "opened", "by": { "source": { "source": "listening-desk" } }, "source": "listening-desk",
        "incident": { "class": "MARKER", "summary": "MARKER", "labels": { "MARKER": "MARKER" }, "drill": false },
        "class": "MARKER", "playbook": "phi-by-staff", "playbook_hash": "0".repeat(64), "severity": "high",
        "received_at": "2026-12-03T08:04:00.000Z", "tracks": [track("privacy"), track("human-resources")],
    })
}

fn fired(liaison: &str, roster: &str, reason: &str, next: Value) -> Value {
    json!({
        "type": "step-fired", "department": "privacy", "step": { "step": 0 }, "due_at": "2026-12-03T08:04:00.000Z",
        "reason": reason, "next": next, "passed_over": [],
        "pages": [{
            "number": 1, "liaison": liaison, "name": "MARKER", "roster": roster, "role": "primary",
            "why": { "file": "rosters/privacy.toml", "line": 30, "rule": "turn" }, "link": "0".repeat(64),
            "channels": [
                { "by": "sms", "to": "MARKER", "at": "2026-12-03T08:04:00.000Z" },
                { "by": "email", "to": "MARKER", "at": "2026-12-03T08:04:00.000Z" },
            ],
        }],
    })
}

fn later() -> Value {
    json!({ "at": "2026-12-03T08:09:00.000Z", "step": { "step": 1 }, "reason": "not-acknowledged" })
}

fn attempted(outcome: Value) -> Value {
    let mut event = json!({ "type": "attempted", "page": 1, "channel": "sms" });
    let fields = event.as_object_mut().unwrap();
    outcome.as_object().unwrap().iter().for_each(|(key, value)| drop(fields.insert(key.clone(), value.clone())));
    event
}

#[test]
fn the_life_of_an_incident_is_told_in_sentences() {
    let by = json!({ "liaison": { "liaison": "j-chen", "name": "MARKER", "roster": "privacy" } });
    let desk = json!({ "operator": { "operator": "social-desk" } });
    let (said, json) = logged(&[
        opened(),
        fired("j-chen", "privacy", "opened", later()),
        attempted(json!({ "outcome": "accepted", "provider_id": "MARKER" })),
        json!({ "type": "declined", "department": "privacy", "by": by, "page": 1, "next": later() }),
        fired("m-rivera", "compliance", "declined", later()),
        json!({ "type": "escalated", "department": "privacy", "by": desk, "next": later() }),
        json!({ "type": "acknowledged", "department": "privacy", "by": by, "page": 1, "act_by": null }),
        json!({ "type": "noted", "department": "privacy", "by": by, "page": 1, "text": "MARKER" }),
        json!({ "type": "severity-rose", "severity": "critical", "ladders": [] }),
        json!({ "type": "resolved", "by": desk, "note": "MARKER" }),
    ]);
    assert_eq!(
        said,
        [
            "INFO incident opened by listening-desk as phi-by-staff, severity high, for privacy and human-resources",
            "INFO paging j-chen (primary) for privacy by SMS and email",
            "INFO SMS to j-chen accepted",
            "INFO declined by j-chen for privacy; the next person is paged",
            "INFO escalating to m-rivera (primary of compliance) for privacy by SMS and email: the previous person \
             declined",
            "INFO escalated by social-desk for privacy",
            "INFO acknowledged by j-chen for privacy",
            "INFO note by j-chen for privacy",
            "INFO severity rose to critical",
            "INFO resolved by social-desk",
        ]
    );
    assert!(!json.iter().any(|line| line.to_string().contains("MARKER")), "{json:?}");
    let paged = &json[1];
    for (field, value) in [
        ("liaison", "j-chen"),
        ("reason", "opened"),
        ("line", "rosters/privacy.toml:30"),
        ("department", "privacy"),
        ("target", TARGET),
    ] {
        assert_eq!(paged[field], value, "{paged}");
    }
    let mut drill = opened();
    drill["incident"]["drill"] = true.into();
    assert!(logged(&[drill]).0[0].starts_with("INFO drill opened by listening-desk"));
}

#[test]
fn a_failure_is_a_warning_only_where_somebody_may_have_to_do_something() {
    let again = "2026-12-03T08:04:19.500Z";
    for (outcome, wanted) in [
        (
            json!({ "outcome": "retry", "code": "connection-refused", "retry_at": again }),
            "INFO SMS to j-chen failed (provider unreachable), retrying in 20 s",
        ),
        (
            json!({ "outcome": "retry", "code": "timeout", "retry_at": "2026-12-03T08:09:00.000Z" }),
            "INFO SMS to j-chen failed (no answer from the provider in time), retrying in 5 min",
        ),
        (
            json!({ "outcome": "retry", "code": "http-503" }),
            "WARN SMS to j-chen failed (provider reports an internal error), not retried",
        ),
        (
            json!({ "outcome": "permanent", "code": "twilio-21211", "blame": "roster", "next": later() }),
            "WARN SMS to j-chen failed (address or number refused), not retried: correct the roster; no channel \
             reaches them, so the next person is paged",
        ),
        (
            json!({ "outcome": "permanent", "code": "twilio-30034", "blame": "account" }),
            "WARN SMS to j-chen failed (message refused by the provider), not retried: check the channel's account and \
             settings",
        ),
    ] {
        let (said, json) =
            logged(&[opened(), fired("j-chen", "privacy", "opened", later()), attempted(outcome.clone())]);
        assert_eq!(said.last().unwrap(), wanted);
        assert_eq!(json.last().unwrap()["code"], outcome["code"]);
    }
    let desk = json!({ "operator": { "operator": "social-desk" } });
    let (said, _) = logged(&[
        opened(),
        fired("j-chen", "privacy", "opened", later()),
        json!({ "type": "resolved", "by": desk }),
        attempted(json!({ "outcome": "retry", "code": "timeout" })),
    ]);
    let unneeded =
        "INFO SMS to j-chen failed (no answer from the provider in time), not retried, as the page is no longer needed";
    assert_eq!(said.last().unwrap(), unneeded);
}

#[test]
fn where_nobody_follows_any_more_it_is_a_warning() {
    let mut nobody = fired("j-chen", "privacy", "not-acknowledged", Value::Null);
    nobody["pages"] = json!([]);
    nobody["passed_over"] = json!([{ "target": "primary", "liaison": "m-rivera", "because": "unreachable" }]);
    assert_eq!(
        logged(&[opened(), nobody]).0[1..],
        [
            "INFO did not page m-rivera (primary) for privacy: could not be reached",
            "WARN no one left to page for privacy unless someone escalates",
        ]
    );
}
