//! A playbook as it was written; what is `None` is left out or was reported. The words at its keys are shown by editors.

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
    /// The class that it answers; the file is called after it, or `<class>.<variant>.toml`.
    #[schemars(required)]
    pub class: Option<Written<ClassName>>,
    /// Other labels that mean this class; `*` stands for anything.
    #[schemars(default)]
    pub also: Vec<Written<Glob>>,
    /// What it is about, for people who are signed in or hold a link.
    #[schemars(required)]
    pub title: Option<Written<Line>>,
    /// The only words of this file that a page carries: never anything about a patient.
    #[schemars(required)]
    pub page_title: Option<Written<Line>>,
    /// How bad it is.
    #[schemars(required)]
    pub severity: Option<Written<Severity>>,
    /// The ladder that is climbed; left out, the one for the severity.
    pub ladder: Option<Written<Line>>,
    /// Who answers, each department on its own.
    #[schemars(required)]
    pub departments: Option<WrittenList<DepartmentId>>,
    /// How soon somebody should have it; shown on the page and measured.
    #[schemars(required)]
    pub acknowledge_within: Option<Written<Wait>>,
    /// How soon whoever has it should have noted something or resolved it; else they are paged again.
    pub act_within: Option<Written<Wait>>,
    /// Who keeps this file right.
    pub owner: Option<Written<Line>>,
    /// By when somebody should go through this file again.
    pub review_by: Option<Written<NaiveDate>>,
    /// What must hold beside the class, all of it.
    #[schemars(rename = "match")]
    pub conditions: Option<WrittenConditions>,
    /// What lifts the severity or the ladder, at the opening and also later.
    #[schemars(rename = "promote", default)]
    pub promotions: Vec<WrittenPromotion>,
    /// What differs for a department that is not staffed when the incident opens.
    pub after_hours: Option<WrittenAfterHours>,
    /// What is to be done, by whom.
    #[schemars(rename = "action", default)]
    pub actions: Vec<WrittenAction>,
    /// What whoever has it should know.
    #[schemars(default)]
    pub guidance: WrittenGuidance,
    /// Texts that are prepared for a reply.
    #[schemars(rename = "statement", default)]
    pub statements: Vec<WrittenStatement>,
}

/// What must hold beside the class, all of it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenConditions {
    #[schemars(skip)]
    pub spot: Spot,
    /// Whether nothing was written at all.
    #[schemars(skip)]
    pub is_empty: bool,
    /// The classifier is at least so sure.
    pub confidence_at_least: Option<Written<Share>>,
    /// It is about one of these facilities.
    #[schemars(default, length(min = 1))]
    pub facilities: Vec<Written<Line>>,
    /// It appeared on one of these networks.
    #[schemars(default, length(min = 1))]
    pub networks: Vec<Written<Line>>,
    /// It is in one of these languages.
    #[schemars(default, length(min = 1))]
    pub languages: Vec<Written<Line>>,
    /// It came with at least one of these flags.
    #[schemars(default, length(min = 1))]
    pub any_flag: Vec<Written<Line>>,
    /// So many people may see it.
    pub reach_at_least: Option<Written<u64>>,
}

/// What lifts the severity or the ladder.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenPromotion {
    #[schemars(skip)]
    pub spot: Spot,
    /// What lifts it.
    #[schemars(required)]
    pub when: Option<WrittenTrigger>,
    /// To this severity.
    pub severity: Option<Written<Severity>>,
    /// To this ladder; left out, the one for the severity.
    pub ladder: Option<Written<Line>>,
}

/// What lifts it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenTrigger {
    #[schemars(skip)]
    pub spot: Spot,
    /// At least one of these flags came.
    pub any_flag: Option<WrittenList<Line>>,
    /// So many people may see it.
    pub reach_at_least: Option<Written<u64>>,
    /// Whether nothing was written at all.
    #[schemars(skip)]
    pub is_empty: bool,
}

/// What differs for a department that is not staffed when the incident opens.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenAfterHours {
    /// How soon somebody should have it then.
    pub acknowledge_within: Option<Written<Wait>>,
    /// How soon something should be noted then.
    pub act_within: Option<Written<Wait>>,
    /// The ladder that is climbed then.
    pub ladder: Option<Written<Line>>,
    /// The department is paged when it opens; never for a critical matter.
    pub hold: Option<Written<bool>>,
    /// These departments are paged at once in its place.
    pub instead: Option<WrittenList<DepartmentId>>,
}

/// Something to be done.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenAction {
    /// By whom.
    #[schemars(required)]
    pub department: Option<Written<DepartmentId>>,
    /// How soon.
    pub within: Option<Written<Wait>>,
    /// What.
    #[schemars(required, rename = "do")]
    pub task: Option<Written<Prose>>,
}

/// What whoever has it should know.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenGuidance {
    /// What helps.
    #[schemars(rename = "do", default)]
    pub advice: Vec<Written<Prose>>,
    /// What makes it worse.
    #[schemars(default)]
    pub do_not: Vec<Written<Prose>>,
    /// What happened elsewhere.
    #[schemars(default)]
    pub examples: Vec<Written<Prose>>,
}

/// A text that is prepared for a reply.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenStatement {
    /// What it is called, such as "holding".
    #[schemars(required)]
    pub name: Option<Written<Line>>,
    /// The words.
    #[schemars(required)]
    pub text: Option<Written<Prose>>,
    /// Which departments must all approve before it is used.
    #[schemars(default)]
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
