//! What is needed to check the parts of a playbook.

use crate::config::context::Context;
use crate::config::playbook::ladders::Ladders;
use crate::config::playbook::page::PageRoom;
use crate::config::policies::FoundPolicies;
use crate::config::reader::Spanned;
use crate::config::value_types::Line;
use crate::diagnostic::Code;
use crate::domain::wait::Wait;

/// What is needed to check the parts of a playbook.
pub struct Scope<'a> {
    pub context: &'a Context<'a>,
    pub ladders: &'a Ladders,
    pub policies: &'a FoundPolicies,
    /// The space for a title on a page.
    pub room: &'a PageRoom,
}

pub fn check_reach(reach: Option<&Spanned<u64>>, context: &Context<'_>) {
    if let Some(reach) = reach.filter(|reach| reach.value == 0) {
        context.diagnostics.error(Code::BadValue, &reach.spot, "`reach_at_least` must be 1 or more");
    }
}

/// The wait, which must be more than zero.
pub fn positive(key: &str, wait: Option<&Spanned<Wait>>, context: &Context<'_>) -> Option<Wait> {
    let wait = wait?;
    if wait.value == Wait::ZERO {
        context.diagnostics.error(Code::BadValue, &wait.spot, format!("`{key}` must be more than zero"));
    }
    Some(wait.value)
}

pub fn lines(raw: &[Spanned<Line>]) -> Vec<String> {
    raw.iter().map(|line| line.value.0.clone()).collect()
}
