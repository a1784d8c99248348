//! Raw playbooks. `None` means omitted or reported. Editors show the doc comments of the keys.

use chrono::NaiveDate;
use schemars::JsonSchema;

use crate::config::kinds::{Line, Prose, Share};
use crate::config::reader::{Table, Written, WrittenList};
use crate::diagnostic::Spot;
use crate::domain::id::{ClassName, DepartmentId};
use crate::domain::playbook::glob::Glob;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// One class of incident: who answers, how fast, and what to do (`playbooks/<class>.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenPlaybook {
    #[schemars(skip)]
    pub spot: Spot,
    /// Class, and name of the file (`<class>.toml` or `<class>.<variant>.toml`).
    #[schemars(required)]
    pub class: Option<Written<ClassName>>,
    /// Other labels that mean this class; `*` matches anything.
    #[schemars(default)]
    pub also: Vec<Written<Glob>>,
    /// Title, shown to people who are signed in or have a link.
    #[schemars(required)]
    pub title: Option<Written<Line>>,
    /// Title on pages, the only text of this file that a page contains. Never put anything about a patient here.
    #[schemars(required)]
    pub page_title: Option<Written<Line>>,
    /// Severity.
    #[schemars(required)]
    pub severity: Option<Written<Severity>>,
    /// Ladder; default: the one for the severity.
    pub ladder: Option<Written<Line>>,
    /// Departments that answer, each independently.
    #[schemars(required)]
    pub departments: Option<WrittenList<DepartmentId>>,
    /// Time limit for an acknowledgment; shown on the page and measured.
    #[schemars(required)]
    pub acknowledge_within: Option<Written<Wait>>,
    /// Time limit for a note or a resolution after an acknowledgment; then the person is paged again.
    pub act_within: Option<Written<Wait>>,
    /// Who maintains this file.
    pub owner: Option<Written<Line>>,
    /// Date by which this file should be reviewed.
    pub review_by: Option<Written<NaiveDate>>,
    /// Conditions besides the class; all must be met.
    #[schemars(rename = "match")]
    pub conditions: Option<WrittenConditions>,
    /// What raises the severity or changes the ladder, at the opening and later.
    #[schemars(rename = "promote", default)]
    pub promotions: Vec<WrittenPromotion>,
    /// What differs for a department that is not staffed when the incident opens.
    pub after_hours: Option<WrittenAfterHours>,
    /// Actions and who does them.
    #[schemars(rename = "action", default)]
    pub actions: Vec<WrittenAction>,
    /// Advice for the person who handles the incident.
    #[schemars(default)]
    pub guidance: WrittenGuidance,
    /// Prepared texts for a reply.
    #[schemars(rename = "statement", default)]
    pub statements: Vec<WrittenStatement>,
}

/// Conditions besides the class; all must be met.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenConditions {
    #[schemars(skip)]
    pub spot: Spot,
    #[schemars(skip)]
    pub is_empty: bool,
    /// Minimum confidence of the classifier.
    pub confidence_at_least: Option<Written<Share>>,
    /// One of these facilities.
    #[schemars(default, length(min = 1))]
    pub facilities: Vec<Written<Line>>,
    /// One of these networks.
    #[schemars(default, length(min = 1))]
    pub networks: Vec<Written<Line>>,
    /// One of these languages.
    #[schemars(default, length(min = 1))]
    pub languages: Vec<Written<Line>>,
    /// At least one of these flags.
    #[schemars(default, length(min = 1))]
    pub any_flag: Vec<Written<Line>>,
    /// Minimum reach.
    pub reach_at_least: Option<Written<u64>>,
}

/// What raises the severity or changes the ladder.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenPromotion {
    #[schemars(skip)]
    pub spot: Spot,
    /// Trigger.
    #[schemars(required)]
    pub when: Option<WrittenTrigger>,
    /// New severity.
    pub severity: Option<Written<Severity>>,
    /// New ladder; default: the one for the severity.
    pub ladder: Option<Written<Line>>,
}

/// Trigger of a promotion.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenTrigger {
    #[schemars(skip)]
    pub spot: Spot,
    /// At least one of these flags.
    pub any_flag: Option<WrittenList<Line>>,
    /// Minimum reach.
    pub reach_at_least: Option<Written<u64>>,
    #[schemars(skip)]
    pub is_empty: bool,
}

/// What differs for a department that is not staffed when the incident opens.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenAfterHours {
    /// Time limit for an acknowledgment.
    pub acknowledge_within: Option<Written<Wait>>,
    /// Time limit for a note.
    pub act_within: Option<Written<Wait>>,
    /// Ladder.
    pub ladder: Option<Written<Line>>,
    /// Page the department only when it opens; not allowed for severity critical.
    pub hold: Option<Written<bool>>,
    /// Departments to page immediately instead.
    pub instead: Option<WrittenList<DepartmentId>>,
}

/// Action.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenAction {
    /// Department that does it.
    #[schemars(required)]
    pub department: Option<Written<DepartmentId>>,
    /// Time limit.
    pub within: Option<Written<Wait>>,
    /// What to do.
    #[schemars(required, rename = "do")]
    pub task: Option<Written<Prose>>,
}

/// Advice for the person who handles the incident.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenGuidance {
    /// What helps.
    #[schemars(rename = "do", default)]
    pub advice: Vec<Written<Prose>>,
    /// What makes it worse.
    #[schemars(default)]
    pub do_not: Vec<Written<Prose>>,
    /// Examples from elsewhere.
    #[schemars(default)]
    pub examples: Vec<Written<Prose>>,
}

/// Prepared text for a reply.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenStatement {
    /// Name, such as "holding".
    #[schemars(required)]
    pub name: Option<Written<Line>>,
    /// Text.
    #[schemars(required)]
    pub text: Option<Written<Prose>>,
    /// Departments that must all approve the text before it is used.
    #[schemars(default)]
    pub approve: Vec<Written<DepartmentId>>,
}

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
