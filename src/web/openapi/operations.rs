//! Every operation of the API.

use axum::http::StatusCode;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::domain::permission::Permission;
use crate::inbound::format::Format;
use crate::web::error::{ACCEPTED, FINE, Kind, NOTHING_TO_SAY};
use crate::web::hand_in::HandedIn;
use crate::web::incident::{Summary, Whole};
use crate::web::many::LineAccepted;
use crate::web::openapi::inputs::{ActionIn, IncidentIn};
use crate::web::openapi::operation::{Answer, Body, Operation, Parameter, ParameterPlace, SchemaOf, Session, of};
use crate::web::read::{LIMIT_MAX, Listed};
use crate::web::{compact, oncall, purge, reload, test_channels};

pub const JSON: &str = "application/json";

/// What can go wrong with any write.
pub const WRITE: [Kind; 3] = [Kind::CannotRecord, Kind::Unavailable, Kind::NotKnownYet];

/// What can go wrong with any body.
pub const BODY: [Kind; 4] = [Kind::Invalid, Kind::TooSlow, Kind::TooLarge, Kind::WrongType];

/// Every operation, in the order of the description.
pub fn operations() -> Vec<Operation> {
    let mut all = vec![open(), list(), show(), act()];
    all.extend([purge(), oncall(), heartbeat(), reload(), compact(), test_channels(), openapi()]);
    all
}

pub fn operation(
    (method, path): (&'static str, &'static str),
    id: &'static str,
    summary: &'static str,
    permission: Option<Permission>,
    answer: Answer,
) -> Operation {
    let (session, parameters, body, problems) = (Session::None, Vec::new(), Vec::new(), Vec::new());
    Operation { method, path, id, summary, permission, session, parameters, body, answers: vec![answer], problems }
}

pub fn answer(status: StatusCode, description: &'static str, schema: SchemaOf, example: Value) -> Answer {
    Answer { status, description, body: Some(Body { media_type: JSON, schema, example }), leads_to: &[] }
}

fn open() -> Operation {
    let summary = "Open an incident, or fold a report into an open one; many as NDJSON, one a line";
    let accepted = answer(ACCEPTED, "Durable; somebody is paged", of::<HandedIn>, receipt_example());
    let accepted = Answer { leads_to: &["showIncident", "actOnIncident", "purgeIncident"], ..accepted };
    let (one, lines) = (Format::Wardbell.media_type(), Format::WardbellLines.media_type());
    let many = Answer {
        status: FINE,
        description: "For NDJSON: a line for each line, with its `status` and the answer or the problem",
        body: Some(Body { media_type: lines, schema: lines_accepted, example: lines_example(&line_example()) }),
        leads_to: &[],
    };
    let body = vec![
        Body { media_type: one, schema: of::<IncidentIn>, example: incident_example() },
        Body { media_type: lines, schema: lines_in, example: lines_example(&incident_example()) },
    ];
    let operation = operation(("post", "/api/v1/incidents"), "openIncident", summary, Some(Permission::Open), accepted);
    let answers = operation.answers.into_iter().chain([many]).collect();
    Operation { body, answers, problems: [&BODY[..], &WRITE].concat(), ..operation }
}

/// A text whose lines are each described by a schema of their own.
fn lines(schemas: &mut SchemaGenerator, of_line: SchemaOf) -> Schema {
    let line = of_line(schemas);
    json_schema!({ "type": "string", "description": "One JSON object a line", "contentSchema": line })
}

fn lines_in(schemas: &mut SchemaGenerator) -> Schema {
    lines(schemas, of::<IncidentIn>)
}

fn lines_accepted(schemas: &mut SchemaGenerator) -> Schema {
    lines(schemas, of::<LineAccepted>)
}

fn lines_example(line: &Value) -> Value {
    format!("{line}\n").into()
}

fn list() -> Operation {
    let listed = answer(
        FINE,
        "A part of the list, newest first",
        of::<Listed>,
        json!({
            "incidents": [summary_example()], "next_cursor": null,
        }),
    );
    let parameters = vec![
        query("owing", "Only those with open tasks or statements that wait for approval", json!({ "type": "boolean" })),
        query("status", "Only these", json!({ "type": "string", "enum": ["open", "acknowledged", "resolved"] })),
        query("department", "Only those with a track of this department", department()),
        query(
            "limit",
            "How many at most",
            json!({
                "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": 50,
            }),
        ),
        query("cursor", "The `next_cursor` of an answer", json!({ "type": "string" })),
    ];
    let operation =
        operation(("get", "/api/v1/incidents"), "listIncidents", "List incidents", Some(Permission::Read), listed);
    let problems = vec![Kind::Invalid, Kind::UnknownDepartment, Kind::Unavailable];
    Operation { parameters, problems, ..operation }
}

fn show() -> Operation {
    let mut whole = summary_example();
    whole["involved_unknown"] = json!([]);
    whole["pages"] = json!([]);
    whole["timeline"] = json!([{ "seq": 41, "at": "2026-12-03T08:04:11.120Z", "type": "opened" }]);
    let answer = answer(FINE, "With its tracks, pages and timeline", of::<Whole>, whole);
    let operation = operation(
        ("get", "/api/v1/incidents/{id}"),
        "showIncident",
        "Show an incident",
        Some(Permission::Read),
        answer,
    );
    let problems = vec![Kind::UnknownIncident, Kind::Unavailable];
    Operation { parameters: vec![reference()], session: Session::Alone, problems, ..operation }
}

fn act() -> Operation {
    let done = answer(FINE, "Recorded", of::<Summary>, summary_example());
    let path = ("post", "/api/v1/incidents/{id}/actions");
    let operation = operation(
        path,
        "actOnIncident",
        "Acknowledge, decline, escalate, hand over, resolve, reopen, or note",
        Some(Permission::Act),
        done,
    );
    let refusals = [
        Kind::UnknownIncident,
        Kind::AlreadyAcknowledged,
        Kind::AlreadyResolved,
        Kind::NotResolved,
        Kind::NotReopened,
        Kind::AlreadyPurged,
        Kind::NotItsDepartment,
        Kind::NotWaiting,
        Kind::NotAsked,
        Kind::NotHandedOver,
        Kind::NobodyHasIt,
        Kind::NotInTheList,
        Kind::BadNote,
        Kind::TooManyTries,
        Kind::UnknownStatement,
        Kind::StatementConflict,
        Kind::StatementState,
        Kind::NotAnApprover,
        Kind::BadStatement,
    ];
    let example = json!({ "action": "acknowledge", "department": "privacy", "note": "I am calling the unit." });
    Operation {
        parameters: vec![reference()],
        session: Session::WithFormToken,
        body: vec![Body { media_type: JSON, schema: of::<ActionIn>, example }],
        problems: [&refusals[..], &BODY, &WRITE].concat(),
        ..operation
    }
}

fn purge() -> Operation {
    let mut example = summary_example();
    example["status"] = json!("resolved");
    example["left_in_plain_words"] = json!(0);
    let done = answer(FINE, "The keys of its sealed text are destroyed", of::<purge::Answer>, example);
    let path = ("post", "/api/v1/incidents/{id}/purge");
    let operation =
        operation(path, "purgeIncident", "Destroy an incident's sealed text", Some(Permission::Admin), done);
    let refusals = [Kind::UnknownIncident, Kind::StillOpen, Kind::StillOwed, Kind::AlreadyPurged, Kind::NotSealed];
    Operation { parameters: vec![reference()], problems: [&refusals[..], &WRITE].concat(), ..operation }
}

fn oncall() -> Operation {
    let example = json!([{
        "department": "privacy", "role": "primary", "liaison": "j-chen", "name": "June Chen",
        "until": "2026-12-07T14:00:00.000Z", "why": { "file": "rosters/privacy.toml", "line": 31, "rule": "turn" },
    }]);
    let held = answer(FINE, "Who holds each role; gaps have no `liaison`", on_call_list, example);
    let at = json!({ "type": "string", "format": "date-time" });
    let parameters =
        vec![query("department", "Only this one; left out: all", department()), query("at", "Left out: now", at)];
    let operation = operation(("get", "/api/v1/oncall"), "onCall", "Who is on call", Some(Permission::Read), held);
    Operation { parameters, problems: vec![Kind::Invalid, Kind::UnknownDepartment], ..operation }
}

fn on_call_list(schemas: &mut SchemaGenerator) -> Schema {
    of::<Vec<oncall::Held>>(schemas)
}

fn heartbeat() -> Operation {
    let heard = Answer { status: NOTHING_TO_SAY, description: "Heard; not recorded", body: None, leads_to: &[] };
    let path = ("post", "/api/v1/heartbeat");
    let operation =
        operation(path, "heartbeat", "A source reports that it is alive", Some(Permission::Heartbeat), heard);
    Operation { problems: vec![Kind::Unavailable], ..operation }
}

fn reload() -> Operation {
    let example = json!({
        "changed": ["rosters/privacy.toml"], "rosters": 9, "playbooks": 16, "files": [], "from_next_start": [],
        "errors": 0, "warnings": 0, "diagnostics": [],
    });
    let loaded = answer(FINE, "In use and recorded", of::<reload::Answer>, example);
    let operation =
        operation(("post", "/api/v1/reload"), "reload", "Load rosters and playbooks", Some(Permission::Admin), loaded);
    Operation { problems: [&[Kind::BadFiles][..], &WRITE].concat(), ..operation }
}

fn compact() -> Operation {
    let example = json!({ "before": 91_226_112, "after": 8_388_608, "records": 120_000 });
    let rebuilt = answer(FINE, "The new store is in use; sizes in bytes", of::<compact::Answer>, example);
    let summary = "Rebuild the store from the journal";
    let operation = operation(("post", "/api/v1/compact"), "compact", summary, Some(Permission::Admin), rebuilt);
    Operation { problems: vec![Kind::Unavailable], ..operation }
}

fn test_channels() -> Operation {
    let example = json!({ "tests": [{ "channel": "sms", "outcome": "accepted", "provider_id": "SM1" }] });
    let tested = answer(FINE, "Every test has ended and is recorded", of::<test_channels::Answer>, example);
    let path = ("post", "/api/v1/test-channels");
    let summary = "Send a test message over every channel";
    let operation = operation(path, "testChannels", summary, Some(Permission::Admin), tested);
    Operation { problems: [&[Kind::NothingToTest][..], &WRITE].concat(), ..operation }
}

fn openapi() -> Operation {
    let object = |_: &mut SchemaGenerator| json_schema!({ "type": "object" });
    let described = answer(FINE, "OpenAPI 3.1", object, json!({ "openapi": "3.1.0" }));
    operation(("get", "/api/v1/openapi.json"), "openapi", "This description", None, described)
}

pub fn query(name: &'static str, description: &'static str, schema: Value) -> Parameter {
    Parameter { name, place: ParameterPlace::Query, description, schema }
}

fn reference() -> Parameter {
    let description = "The incident's reference, in either case";
    let schema = json!({ "type": "string", "minLength": 8, "maxLength": 8, "examples": ["7Q2K9MXD"] });
    Parameter { name: "id", place: ParameterPlace::Path, description, schema }
}

fn department() -> Value {
    json!({ "type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$", "examples": ["privacy"] })
}

fn incident_example() -> Value {
    json!({
        "class": "phi-by-staff", "event_id": "post-8841", "confidence": 0.93, "network": "instagram", "reach": 1_200,
        "summary": "Photo from the ICU", "url": "https://social.example/p/8841", "flags": ["posting-now"],
    })
}

fn receipt_example() -> Value {
    json!({
        "id": "7Q2K9MXD", "status": "open", "playbook": "phi-by-staff", "duplicate_of_open": false,
        "received_at": "2026-12-03T08:04:11.120Z",
    })
}

fn line_example() -> Value {
    json!({
        "status": 202, "id": "7Q2K9MXD", "incident_status": "open", "playbook": "phi-by-staff",
        "duplicate_of_open": false, "received_at": "2026-12-03T08:04:11.120Z",
    })
}

fn summary_example() -> Value {
    json!({
        "id": "7Q2K9MXD", "class": "phi-by-staff", "playbook": "phi-by-staff", "severity": "high", "status": "open",
        "received_at": "2026-12-03T08:04:11.120Z", "source": "listening-desk", "occurrences": 1, "drill": false,
        "tracks": [{
            "department": "privacy", "status": "climbing", "ladder": "B", "acknowledged_by": null,
            "acknowledged_at": null, "next_step_at": "2026-12-03T08:14:11.120Z",
        }],
    })
}
