//! `[sign_in]` and `[[group]]`: who may sign in, how, and what they may do.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::contact::{GroupAddress, of_group};
use crate::config::context::{Context, place};
use crate::config::diagnostics::quoted;
use crate::config::reader::{RawList, Spanned, Table};
use crate::config::value_types::{Line, Read, Wrong, name, one_of, parse, text, words};
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::access::{Network, SignInRules};
use crate::domain::id::{DepartmentId, OperatorName};
use crate::domain::permission::{Group, Permission};
use crate::domain::person::{Member, Members};
use crate::domain::wait::Wait;

/// How people sign in.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawSignIn {
    /// Ways to sign in; default: `["code"]`, six digits to a contact in the rosters or a group.
    #[schemars(rename = "by")]
    _by: Option<RawList<Way>>,
    /// How long a session lasts without a request; default: `15m`; at most `60m`. Takes effect on reload.
    #[schemars(extend("examples" = ["15m"]))]
    idle: Option<Spanned<Wait>>,
    /// How long a session lasts in all; default: `12h`; at most `1d`. Takes effect on reload, for new sessions.
    #[schemars(extend("examples" = ["12h"]))]
    longest: Option<Spanned<Wait>>,
}

pub(super) fn read(mut table: Table<'_>) -> RawSignIn {
    let sign_in =
        RawSignIn { _by: table.optional_list("by"), idle: table.optional("idle"), longest: table.optional("longest") };
    table.finish();
    sign_in
}

pub(super) fn rules(raw: &RawSignIn, context: &Context<'_>) -> SignInRules {
    let mut rules = SignInRules::default();
    for (key, wait, most, place) in [
        ("idle", &raw.idle, SignInRules::IDLE_MAX, &mut rules.idle),
        ("longest", &raw.longest, SignInRules::LONGEST_MAX, &mut rules.longest),
    ] {
        let Some(wait) = wait else { continue };
        if wait.value.is_zero() || wait.value > most {
            let message = format!("`{key}` must be from `1s` to `{most}`");
            context.diagnostics.error(Code::BadValue, &wait.spot, message);
        }
        *place = wait.value;
    }
    rules
}

/// An entry of `by` of `[sign_in]`.
#[derive(Clone, Copy)]
struct Way;

impl Read for Way {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        if text(value, label)? == "oidc" {
            let wrong = Wrong::value("signing in through an identity provider is not available yet");
            return Err(wrong.hint(Some("use `by = [\"code\"]`".to_owned())));
        }
        one_of(value, label, &[("code", Self)])
    }

    fn schema() -> Schema {
        words(["code"])
    }
}

/// What some people may do, beyond what a liaison may.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawGroup {
    /// Name in the record.
    #[schemars(required)]
    name: Option<Spanned<GroupName>>,
    /// Permissions. `see` shows incidents without what was posted, `see-protected` also what was posted; `open` allows
    /// opening incidents, `act` answering and resolving them, `draft` and `approve` working on statements; `report`
    /// shows reports, `audit` who has seen what; `admin` allows ending sessions and making emergency codes.
    #[schemars(required)]
    may: Option<RawList<GroupPermission>>,
    /// Role at the identity provider whose holders belong to the group.
    claim: Option<Spanned<Line>>,
    /// Email addresses or phone numbers of its people.
    people: Option<RawList<GroupAddress>>,
    /// Departments whose incidents the permissions are for; default: all.
    departments: Option<RawList<DepartmentId>>,
}

pub(super) fn read_group(mut table: Table<'_>) -> RawGroup {
    let group = RawGroup {
        name: table.required("name"),
        may: table.required_list("may"),
        claim: table.optional("claim"),
        people: table.optional_list("people"),
        departments: table.optional_list("departments"),
    };
    if group.claim.is_none() && group.people.is_none() && ["claim", "people"].iter().all(|key| !table.has(key)) {
        let message = "this group has neither `people` nor a `claim`, so no one belongs to it";
        let diagnostic = Diagnostic::warning(Code::EmptyGroup, table.spot(), message);
        table.diagnostics().push(diagnostic.hint("add its people: `people = [\"s.ng@mercy.example\"]`"));
    }
    table.finish();
    group
}

/// The groups with their addresses. Reports diagnostics.
pub(super) fn groups(raw: &[RawGroup], context: &Context<'_>) -> Vec<Members> {
    let mut taken: Vec<&str> = Vec::new();
    for name in raw.iter().filter_map(|group| group.name.as_ref()) {
        if taken.contains(&name.value.0.as_str()) {
            let message = format!("another group already has the name {}", quoted(name.value.0.as_str()));
            context.diagnostics.error(Code::DuplicateId, &name.spot, message);
        }
        taken.push(name.value.0.as_str());
    }
    raw.iter().filter_map(|group| members(group, context)).collect()
}

fn members(raw: &RawGroup, context: &Context<'_>) -> Option<Members> {
    let departments: Option<BTreeSet<DepartmentId>> = raw.departments.as_ref().map(|list| {
        let known = list.items.iter().filter_map(|department| context.department(department));
        known.collect()
    });
    let member = |one: &Spanned<GroupAddress>| {
        let (channel, address) = of_group(&one.value);
        Member { channel, address, place: place(&one.spot) }
    };
    let addresses = raw.people.iter().flat_map(|list| &list.items).map(member).collect();
    let group = Group {
        name: raw.name.as_ref()?.value.0.as_str().to_owned(),
        may: raw.may.as_ref()?.items.iter().map(|one| one.value.0).collect(),
        claim: raw.claim.as_ref().map(|claim| claim.value.0.clone()),
        departments,
    };
    Some(Members { group: Arc::new(group), addresses })
}

/// Written like the name of an operator.
#[derive(Clone)]
struct GroupName(OperatorName);

impl Read for GroupName {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        parse(value, label, &[]).map(Self)
    }

    fn schema() -> Schema {
        name("compliance")
    }
}

const PERMISSIONS: [(&str, Permission); 9] = [
    ("see", Permission::See),
    ("see-protected", Permission::SeeProtected),
    ("open", Permission::Open),
    ("act", Permission::Act),
    ("draft", Permission::Draft),
    ("approve", Permission::Approve),
    ("report", Permission::Report),
    ("audit", Permission::Audit),
    ("admin", Permission::Admin),
];

/// An entry of `may` of a group.
#[derive(Clone)]
struct GroupPermission(Permission);

impl Read for GroupPermission {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &PERMISSIONS).map(Self)
    }

    fn schema() -> Schema {
        words(PERMISSIONS.map(|(word, _)| word))
    }
}

impl Read for Network {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        parse(value, label, &[])
    }

    fn schema() -> Schema {
        let pattern = r"^[0-9A-Fa-f:.]+(/\d{1,3})?$";
        json_schema!({ "type": "string", "pattern": pattern, "examples": ["10.0.0.5", "10.0.0.0/24"] })
    }
}
