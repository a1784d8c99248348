//! `GET /api/v1/oncall`: who is on call for each role.

use std::str::FromStr;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::permission::Permission;
use crate::domain::roster::Roster;
use crate::domain::roster::on_call::Why;
use crate::web::app_state::Shared;
use crate::web::auth::Caller;
use crate::web::error::{Kind, Problem};
use crate::web::query::Query;
use crate::web::read::json;

/// Who is on call for each role of one department, or of all; now, or at an instant.
pub(in crate::web) async fn oncall(
    State(app): Shared,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    caller.require(Permission::Read)?;
    let mut query = Query::read(query.as_deref(), &["department", "at"]);
    let department: Option<DepartmentId> = query.value("department", "a department's name, such as `privacy`");
    let wanted = "an RFC 3339 timestamp such as `2026-12-24T23:00:00Z`; write `+` as `%2B`";
    let at: Option<At> = query.value("at", wanted);
    query.finish()?;
    let plan = app.handle.plan();
    let at = at.map_or_else(app.now, |At(at)| at);
    let rosters =
        plan.rosters.values().filter(|roster| department.as_ref().is_none_or(|one| *one == roster.department));
    let held: Vec<Held> = rosters.flat_map(|roster| held(roster, at)).collect();
    if held.is_empty() && department.is_some() {
        return Err(Problem::new(Kind::UnknownDepartment, "Name a department that has a roster"));
    }
    Ok(json(&held))
}

struct At(DateTime<Utc>);

impl FromStr for At {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|at| Self(at.with_timezone(&Utc)))
    }
}

/// How far ahead to look for the next on-call change.
const HORIZON: TimeDelta = TimeDelta::days(400);

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OnCall")]
pub(in crate::web) struct Held {
    department: DepartmentId,
    role: Role,
    liaison: Option<LiaisonId>,
    name: Option<String>,
    #[serde(with = "crate::domain::instant::optional")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    until: Option<DateTime<Utc>>,
    why: Option<Why>,
}

fn held(roster: &Roster, at: DateTime<Utc>) -> Vec<Held> {
    let one = |role: Role| {
        let on_call = roster.on_call(&role, at, &|_| false);
        Held {
            department: roster.department.clone(),
            liaison: on_call.as_ref().map(|on_call| on_call.liaison.id.clone()),
            name: on_call.as_ref().map(|on_call| on_call.liaison.name.clone()),
            until: roster.next_change_within(&role, at, HORIZON),
            why: on_call.map(|on_call| on_call.why),
            role,
        }
    };
    roster.roles().into_iter().map(one).collect()
}
