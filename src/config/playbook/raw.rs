//! Raw playbooks. `None` means omitted or reported. Editors show the doc comments of the keys.

use chrono::NaiveDate;
use schemars::JsonSchema;

use crate::config::playbook::statement::{self, RawStatement};
use crate::config::reader::{RawList, Spanned, Table};
use crate::config::value_types::{Line, Prose, Share};
use crate::diagnostic::Spot;
use crate::domain::id::{ClassName, DepartmentId, PolicyName};
use crate::domain::playbook::glob::Glob;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// One class of incident: who answers, how fast, and what to do (`playbooks/<class>.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawPlaybook {
    #[schemars(skip)]
    pub spot: Spot,
    /// Class, and name of the file (`<class>.toml` or `<class>.<variant>.toml`).
    #[schemars(required)]
    pub class: Option<Spanned<ClassName>>,
    /// Other labels that mean this class; `*` matches anything.
    #[schemars(default)]
    pub also: Vec<Spanned<Glob>>,
    /// Title, shown to people who are signed in or have a link.
    #[schemars(required)]
    pub title: Option<Spanned<Line>>,
    /// Title on pages, the only text of this file that a page contains. Never put anything about a patient here.
    #[schemars(required)]
    pub page_title: Option<Spanned<Line>>,
    /// Severity.
    #[schemars(required)]
    pub severity: Option<Spanned<Severity>>,
    /// Ladder; default: the one for the severity.
    pub ladder: Option<Spanned<Line>>,
    /// Departments that answer, each independently.
    #[schemars(required)]
    pub departments: Option<RawList<DepartmentId>>,
    /// Time limit for an acknowledgment; shown on the page and measured.
    #[schemars(required)]
    pub acknowledge_within: Option<Spanned<Wait>>,
    /// Time limit for a note or a resolution after an acknowledgment; then the person is paged again.
    pub act_within: Option<Spanned<Wait>>,
    /// Who maintains this file.
    pub owner: Option<Spanned<Line>>,
    /// Date by which this file should be reviewed.
    pub review_by: Option<Spanned<NaiveDate>>,
    /// Conditions besides the class; all must be met.
    #[schemars(rename = "match")]
    pub conditions: Option<RawConditions>,
    /// What raises the severity or changes the ladder, at the opening and later.
    #[schemars(rename = "promote", default)]
    pub promotions: Vec<RawPromotion>,
    /// What differs for a department that is not staffed when the incident opens.
    pub after_hours: Option<RawAfterHours>,
    /// Actions and who does them.
    #[schemars(rename = "action", default)]
    pub actions: Vec<RawAction>,
    /// Advice for the person who handles the incident.
    #[schemars(default)]
    pub guidance: RawGuidance,
    /// Policies to have at hand: names of files in `policies`, without `.md`.
    #[schemars(rename = "policy", default)]
    pub policies: Vec<Spanned<PolicyName>>,
    /// Prepared texts for a reply.
    #[schemars(rename = "statement", default)]
    pub statements: Vec<RawStatement>,
}

/// Conditions besides the class; all must be met.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawConditions {
    #[schemars(skip)]
    pub spot: Spot,
    #[schemars(skip)]
    pub is_empty: bool,
    /// Minimum confidence of the classifier.
    pub confidence_at_least: Option<Spanned<Share>>,
    /// One of these facilities.
    #[schemars(default, length(min = 1))]
    pub facilities: Vec<Spanned<Line>>,
    /// One of these networks.
    #[schemars(default, length(min = 1))]
    pub networks: Vec<Spanned<Line>>,
    /// One of these languages.
    #[schemars(default, length(min = 1))]
    pub languages: Vec<Spanned<Line>>,
    /// At least one of these flags.
    #[schemars(default, length(min = 1))]
    pub any_flag: Vec<Spanned<Line>>,
    /// Minimum reach.
    pub reach_at_least: Option<Spanned<u64>>,
}

/// What raises the severity or changes the ladder.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawPromotion {
    #[schemars(skip)]
    pub spot: Spot,
    /// Trigger.
    #[schemars(required)]
    pub when: Option<RawTrigger>,
    /// New severity.
    pub severity: Option<Spanned<Severity>>,
    /// New ladder; default: the one for the severity.
    pub ladder: Option<Spanned<Line>>,
    /// Whether a severity or a ladder is set, valid or not.
    #[schemars(skip)]
    pub has_change: bool,
}

/// Trigger of a promotion.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawTrigger {
    #[schemars(skip)]
    pub spot: Spot,
    /// At least one of these flags.
    pub any_flag: Option<RawList<Line>>,
    /// Minimum reach.
    pub reach_at_least: Option<Spanned<u64>>,
    #[schemars(skip)]
    pub is_empty: bool,
}

/// What differs for a department that is not staffed when the incident opens.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawAfterHours {
    /// Time limit for an acknowledgment.
    pub acknowledge_within: Option<Spanned<Wait>>,
    /// Time limit for a note.
    pub act_within: Option<Spanned<Wait>>,
    /// Ladder.
    pub ladder: Option<Spanned<Line>>,
    /// Page the department only when it opens; not allowed for severity critical.
    pub hold: Option<Spanned<bool>>,
    /// Departments to page immediately instead.
    pub instead: Option<RawList<DepartmentId>>,
}

/// Action.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawAction {
    /// Department that does it.
    #[schemars(required)]
    pub department: Option<Spanned<DepartmentId>>,
    /// Time limit.
    pub within: Option<Spanned<Wait>>,
    /// What to do.
    #[schemars(required, rename = "do")]
    pub task: Option<Spanned<Prose>>,
}

/// Advice for the person who handles the incident.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawGuidance {
    /// What helps.
    #[schemars(rename = "do", default)]
    pub advice: Vec<Spanned<Prose>>,
    /// What makes it worse.
    #[schemars(default)]
    pub do_not: Vec<Spanned<Prose>>,
    /// Examples from elsewhere.
    #[schemars(default)]
    pub examples: Vec<Spanned<Prose>>,
}

pub fn read(mut table: Table<'_>) -> RawPlaybook {
    let playbook = RawPlaybook {
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
        policies: table.entries("policy"),
        statements: table.tables("statement", "this statement").into_iter().map(statement::read).collect(),
    };
    table.finish();
    playbook
}

fn read_conditions(mut table: Table<'_>) -> RawConditions {
    let mut list = |key| table.optional_list(key).map(|list| list.items).unwrap_or_default();
    let (facilities, networks) = (list("facilities"), list("networks"));
    let (languages, any_flag) = (list("languages"), list("any_flag"));
    let conditions = RawConditions {
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

fn read_promotion(mut table: Table<'_>) -> RawPromotion {
    let when = table.required_table("when", "`when`").map(read_trigger);
    let mut promotion = RawPromotion {
        spot: table.spot().clone(),
        when,
        severity: table.optional("severity"),
        ladder: table.optional("ladder"),
        has_change: false,
    };
    promotion.has_change = ["severity", "ladder"].iter().any(|key| table.has(key));
    table.finish();
    promotion
}

fn read_trigger(mut table: Table<'_>) -> RawTrigger {
    let trigger = RawTrigger {
        spot: table.spot().clone(),
        any_flag: table.optional_list("any_flag"),
        reach_at_least: table.optional("reach_at_least"),
        is_empty: table.is_empty(),
    };
    table.finish();
    trigger
}

fn read_after_hours(mut table: Table<'_>) -> RawAfterHours {
    let rules = RawAfterHours {
        acknowledge_within: table.optional("acknowledge_within"),
        act_within: table.optional("act_within"),
        ladder: table.optional("ladder"),
        hold: table.optional("hold"),
        instead: table.optional_list("instead"),
    };
    table.finish();
    rules
}

fn read_action(mut table: Table<'_>) -> RawAction {
    let action = RawAction {
        department: table.required("department"),
        within: table.optional("within"),
        task: table.required("do"),
    };
    table.finish();
    action
}

fn read_guidance(mut table: Table<'_>) -> RawGuidance {
    let guidance = RawGuidance {
        advice: table.entries("do"),
        do_not: table.entries("do_not"),
        examples: table.entries("examples"),
    };
    table.finish();
    guidance
}
