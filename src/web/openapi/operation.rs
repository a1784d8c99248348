//! One operation of the API, and how the description writes it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::domain::permission::Permission;
use crate::web::error::{Kind, Written};

/// Writes a schema, with its parts among the shared ones.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type.
pub fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Schema {
    schemas.subschema_for::<T>()
}

pub struct Operation {
    /// In lower case.
    pub method: &'static str,
    pub path: &'static str,
    /// Unique.
    pub id: &'static str,
    pub summary: &'static str,
    /// `None`: no token is needed.
    pub permission: Option<Permission>,
    pub session: Session,
    pub parameters: Vec<Parameter>,
    pub body: Vec<Body>,
    pub answers: Vec<Answer>,
    pub problems: Vec<Kind>,
}

/// Whether people who are signed in may call it, too, as far as they may do so on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    None,
    Alone,
    /// Whatever changes something is sent by a page of ours.
    WithFormToken,
}

pub struct Parameter {
    pub name: &'static str,
    pub place: ParameterPlace,
    pub description: &'static str,
    pub schema: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ParameterPlace {
    Path,
    Query,
}

/// A body that is accepted.
pub struct Body {
    pub media_type: &'static str,
    pub schema: SchemaOf,
    pub example: Value,
}

/// An answer that is not a problem.
pub struct Answer {
    pub status: StatusCode,
    pub description: &'static str,
    /// `None`: it is empty.
    pub body: Option<Body>,
    /// The ids of operations on the incident that it names.
    pub leads_to: &'static [&'static str],
}

impl Operation {
    /// The operation as the description has it.
    pub fn written(&self, schemas: &mut SchemaGenerator) -> Value {
        let mut written = json!({
            "operationId": self.id,
            "summary": self.summary,
            "security": self.security(),
            "responses": self.responses(schemas),
        });
        if !self.parameters.is_empty() {
            written["parameters"] = self.parameters.iter().map(Parameter::written).collect();
        }
        if !self.body.is_empty() {
            written["requestBody"] = json!({ "required": true, "content": content(&self.body, schemas) });
        }
        if let Some(permission) = self.permission {
            written["x-permission"] = permission.word().into();
        }
        written
    }

    fn security(&self) -> Value {
        let programs = match self.permission {
            None => vec![],
            Some(Permission::Open) => vec![json!({ "source": [] }), json!({ "operator": ["open"] })],
            Some(Permission::Heartbeat) => vec![json!({ "source": [] })],
            Some(permission) => vec![json!({ "operator": [permission.word()] })],
        };
        let people = match self.session {
            Session::None => None,
            Session::Alone => Some(json!({ "session": [] })),
            Session::WithFormToken => Some(json!({ "session": [], "formToken": [] })),
        };
        programs.into_iter().chain(people).collect()
    }

    fn responses(&self, schemas: &mut SchemaGenerator) -> Value {
        let mut responses = json!({});
        for answer in &self.answers {
            let status = answer.status.as_str();
            responses[status] = json!({ "description": answer.description });
            for operation in answer.leads_to {
                let link = json!({ "operationId": operation, "parameters": { "id": "$response.body#/id" } });
                responses[status]["links"][*operation] = link;
            }
            if let Some(body) = &answer.body {
                responses[status]["content"] = content(std::slice::from_ref(body), schemas);
            }
        }
        let permitted = self.permission.map_or(&[][..], |_| &[Kind::Unauthorized, Kind::Forbidden]);
        let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
        for kind in self.problems.iter().chain(permitted) {
            by_status.entry(kind.parts().0.as_u16()).or_default().push(*kind);
        }
        for (status, kinds) in by_status {
            responses[status.to_string()] = problem(&kinds, schemas);
        }
        responses
    }
}

/// The problems that share a status.
fn problem(kinds: &[Kind], schemas: &mut SchemaGenerator) -> Value {
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.parts().2).collect();
    let examples = kinds.iter().map(|kind| {
        let (status, name, title) = kind.parts();
        let written = json!({
            "type": format!("urn:wardbell:problem:{name}"),
            "title": title,
            "status": status.as_u16(),
            "detail": "What is wrong, and what to do",
        });
        (name.to_owned(), json!({ "value": written }))
    });
    let examples: serde_json::Map<String, Value> = examples.collect();
    let schema = of::<Written>(schemas);
    json!({
        "description": titles.join("; "),
        "content": { "application/problem+json": { "schema": schema, "examples": examples } },
    })
}

fn content(bodies: &[Body], schemas: &mut SchemaGenerator) -> Value {
    let mut content = json!({});
    for body in bodies {
        let schema = (body.schema)(schemas);
        content[body.media_type] = json!({ "schema": schema, "example": body.example });
    }
    content
}

impl Parameter {
    fn written(&self) -> Value {
        let is_in_path = self.place == ParameterPlace::Path;
        json!({
            "name": self.name,
            "in": if is_in_path { "path" } else { "query" },
            "required": is_in_path,
            "description": self.description,
            "schema": self.schema,
        })
    }
}
