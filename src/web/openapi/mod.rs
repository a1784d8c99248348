//! `GET /api/v1/openapi.json`: OpenAPI 3.1 of the API, built from the types of its bodies and answers.

mod access_operations;
pub mod inputs;
pub mod operation;
pub mod operations;

use std::sync::LazyLock;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::web::answer::to_json;
use crate::web::openapi::operations::operations;

/// It is the same for the whole run.
static WRITTEN: LazyLock<Vec<u8>> = LazyLock::new(|| to_json(&description()));

/// It names no secret and no person, so no token is needed.
pub(in crate::web) async fn openapi() -> Response {
    let mut response = WRITTEN.clone().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The whole description.
pub fn description() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut schemas = settings.for_serialize().into_generator();
    let paths = paths(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Wardbell",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            "description": INTRODUCTION,
        },
        "servers": [{ "url": "/", "description": "The address in `[server] listen`, or `public_url` with its path" }],
        "paths": paths,
        "components": { "schemas": schemas.take_definitions(true), "securitySchemes": security_schemes() },
    })
}

const INTRODUCTION: &str = "Escalation and on-call routing for hospitals. Every answer to a write comes after the write \
is durable. Errors are problems (RFC 9457) whose `type` is stable: `urn:wardbell:problem:` and a name. A 503 means that \
nothing was recorded; a 504 that the outcome is not known yet. Instants are RFC 3339 in UTC with milliseconds. An \
incident's `event_id` makes it safe to send it again.";

fn paths(schemas: &mut SchemaGenerator) -> Map<String, Value> {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations().into_iter().chain(access_operations::operations()) {
        let written = operation.written(schemas);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = written;
    }
    paths
}

fn security_schemes() -> Value {
    let token = |description: &str| json!({ "type": "http", "scheme": "bearer", "description": description });
    let key = |place: &str, name: &str, description: &str| json!({ "type": "apiKey", "in": place, "name": name, "description": description });
    json!({
        "source": token("The token of a `[[source]]`: it opens incidents and reports that it is alive."),
        "operator": token("The token of an `[[operator]]`: it may do what its `may` grants; `admin` grants everything."),
        "session": key("cookie", "__Host-wardbell", "The cookie of somebody who signed in: they may do what they may do on \
            a page. With a path in `public_url` its name begins with `__Secure-`."),
        "formToken": key("header", "X-Form-Token", "The session's form token, which each form of a page has. The request \
            must come from our own origin."),
    })
}
