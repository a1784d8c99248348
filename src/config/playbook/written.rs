//! A playbook as it was written.

use chrono::NaiveDate;

use crate::config::kinds::{Line, Prose, Share};
use crate::config::reader::{Table, Written, WrittenList};
use crate::diagnostic::Spot;
use crate::domain::id::{ClassName, DepartmentId};
use crate::domain::playbook::matching::Glob;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// `playbooks/<class>.toml`; what is `None` is left out or was reported.
pub struct WrittenPlaybook {
    pub spot: Spot,
    pub class: Option<Written<ClassName>>,
    pub also: Vec<Written<Glob>>,
    pub title: Option<Written<Line>>,
    pub page_title: Option<Written<Line>>,
    pub severity: Option<Written<Severity>>,
    pub ladder: Option<Written<Line>>,
    pub departments: Option<WrittenList<DepartmentId>>,
    pub acknowledge_within: Option<Written<Wait>>,
    pub act_within: Option<Written<Wait>>,
    pub owner: Option<Written<Line>>,
    pub review_by: Option<Written<NaiveDate>>,
    pub conditions: Option<WrittenConditions>,
    pub promotions: Vec<WrittenPromotion>,
    pub after_hours: Option<WrittenAfterHours>,
    pub actions: Vec<WrittenAction>,
    pub guidance: WrittenGuidance,
    pub statements: Vec<WrittenStatement>,
}

/// `[match]`
pub struct WrittenConditions {
    pub spot: Spot,
    /// Whether nothing was written at all.
    pub is_empty: bool,
    pub confidence_at_least: Option<Written<Share>>,
    pub facilities: Vec<Written<Line>>,
    pub networks: Vec<Written<Line>>,
    pub languages: Vec<Written<Line>>,
    pub any_flag: Vec<Written<Line>>,
    pub reach_at_least: Option<Written<u64>>,
}

/// `[[promote]]`
pub struct WrittenPromotion {
    pub spot: Spot,
    pub when: Option<WrittenTrigger>,
    pub severity: Option<Written<Severity>>,
    pub ladder: Option<Written<Line>>,
}

/// `when` of a promotion.
pub struct WrittenTrigger {
    pub spot: Spot,
    pub any_flag: Option<WrittenList<Line>>,
    pub reach_at_least: Option<Written<u64>>,
    /// Whether nothing was written at all.
    pub is_empty: bool,
}

/// `[after_hours]`
pub struct WrittenAfterHours {
    pub acknowledge_within: Option<Written<Wait>>,
    pub act_within: Option<Written<Wait>>,
    pub ladder: Option<Written<Line>>,
    pub hold: Option<Written<bool>>,
    pub instead: Option<WrittenList<DepartmentId>>,
}

/// `[[action]]`
pub struct WrittenAction {
    pub department: Option<Written<DepartmentId>>,
    pub within: Option<Written<Wait>>,
    pub task: Option<Written<Prose>>,
}

/// `[guidance]`
#[derive(Default)]
pub struct WrittenGuidance {
    pub advice: Vec<Written<Prose>>,
    pub do_not: Vec<Written<Prose>>,
    pub examples: Vec<Written<Prose>>,
}

/// `[[statement]]`
pub struct WrittenStatement {
    pub name: Option<Written<Line>>,
    pub text: Option<Written<Prose>>,
    pub approve: Vec<Written<DepartmentId>>,
}

/// Reads a whole playbook.
pub fn read(mut table: Table<'_>) -> WrittenPlaybook {
    let playbook = WrittenPlaybook {
        spot: table.spot().clone(),
        class: table.required("class"),
        also: table.entries("also"),
        title: table.required("title"),
        page_title: table.required("page_title"),
        severity: table.required("severity"),
        ladder: table.optional("ladder"),
        departments: table.required_list("departments"),
        acknowledge_within: table.required("acknowledge_within"),
        act_within: table.optional("act_within"),
        owner: table.optional("owner"),
        review_by: table.optional("review_by"),
        conditions: table.table("match", "`[match]`").map(read_conditions),
        promotions: table.tables("promote", "this `[[promote]]`").into_iter().map(read_promotion).collect(),
        after_hours: table.table("after_hours", "`[after_hours]`").map(read_after_hours),
        actions: table.tables("action", "this action").into_iter().map(read_action).collect(),
        guidance: table.table("guidance", "`[guidance]`").map(read_guidance).unwrap_or_default(),
        statements: table.tables("statement", "this statement").into_iter().map(read_statement).collect(),
    };
    table.finish();
    playbook
}

fn read_conditions(mut table: Table<'_>) -> WrittenConditions {
    let mut list = |key| table.optional_list(key).map(|list| list.items).unwrap_or_default();
    let (facilities, networks) = (list("facilities"), list("networks"));
    let (languages, any_flag) = (list("languages"), list("any_flag"));
    let conditions = WrittenConditions {
        spot: table.spot().clone(),
        is_empty: table.is_empty(),
        confidence_at_least: table.optional("confidence_at_least"),
        facilities,
        networks,
        languages,
        any_flag,
        reach_at_least: table.optional("reach_at_least"),
    };
    table.finish();
    conditions
}

fn read_promotion(mut table: Table<'_>) -> WrittenPromotion {
    let when = table.required_table("when", "`when`").map(read_trigger);
    let promotion = WrittenPromotion {
        spot: table.spot().clone(),
        when,
        severity: table.optional("severity"),
        ladder: table.optional("ladder"),
    };
    table.finish();
    promotion
}

fn read_trigger(mut table: Table<'_>) -> WrittenTrigger {
    let trigger = WrittenTrigger {
        spot: table.spot().clone(),
        any_flag: table.optional_list("any_flag"),
        reach_at_least: table.optional("reach_at_least"),
        is_empty: table.is_empty(),
    };
    table.finish();
    trigger
}

fn read_after_hours(mut table: Table<'_>) -> WrittenAfterHours {
    let rules = WrittenAfterHours {
        acknowledge_within: table.optional("acknowledge_within"),
        act_within: table.optional("act_within"),
        ladder: table.optional("ladder"),
        hold: table.optional("hold"),
        instead: table.optional_list("instead"),
    };
    table.finish();
    rules
}

fn read_action(mut table: Table<'_>) -> WrittenAction {
    let action = WrittenAction {
        department: table.required("department"),
        within: table.optional("within"),
        task: table.required("do"),
    };
    table.finish();
    action
}

fn read_guidance(mut table: Table<'_>) -> WrittenGuidance {
    let guidance = WrittenGuidance {
        advice: table.entries("do"),
        do_not: table.entries("do_not"),
        examples: table.entries("examples"),
    };
    table.finish();
    guidance
}

fn read_statement(mut table: Table<'_>) -> WrittenStatement {
    let statement = WrittenStatement {
        name: table.required("name"),
        text: table.required("text"),
        approve: table.entries("approve"),
    };
    table.finish();
    statement
}
