//! What is needed from other files to check one file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::diagnostics::{Diagnostics, quoted, with_meant};
use crate::config::reader::Spanned;
use crate::config::value_types::Line;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::place::Place;
use crate::domain::zone::rules::Rules;

/// How many days ahead to announce a review: enough time to find the owner.
const REVIEW_DAYS: i64 = 30;

/// What is needed from other files to check one file.
pub struct Context<'a> {
    pub diagnostics: &'a Diagnostics,
    /// The date against which reviews are checked.
    pub today: NaiveDate,
    pub rules: Arc<Rules>,
    /// The configured channels.
    pub channels: Vec<ChannelKind>,
    /// The departments that have a roster, valid or not.
    pub departments: BTreeMap<DepartmentId, Facts>,
    /// The people in `people.toml`.
    pub people: BTreeSet<LiaisonId>,
    /// Whether every roster was read. If not, an unknown name may be in one that was not.
    pub knows_departments: bool,
}

/// What other files need to know about a roster.
#[derive(Debug, Default)]
pub struct Facts {
    /// The roles that someone can have.
    pub roles: BTreeSet<Role>,
    pub has_hours: bool,
}

impl Context<'_> {
    /// The department, if it has a roster.
    pub fn department(&self, raw: &Spanned<DepartmentId>) -> Option<DepartmentId> {
        if self.departments.contains_key(&raw.value) {
            return Some(raw.value.clone());
        }
        if self.knows_departments {
            let name = raw.value.as_str();
            let known = self.departments.keys().map(DepartmentId::as_str);
            let message = format!("no roster for {}", quoted(name));
            let diagnostic = Diagnostic::error(Code::UnknownDepartment, &raw.spot, message);
            let add = || Some(format!("add a roster `{name}.toml`"));
            self.diagnostics.push(with_meant(diagnostic, &raw.spot, name, known, add));
        }
        None
    }

    /// The departments of a list, without duplicates.
    pub fn departments(&self, raw: &[Spanned<DepartmentId>]) -> Vec<DepartmentId> {
        self.once(raw, Code::DuplicateId);
        raw.iter().filter_map(|one| self.department(one)).collect()
    }

    /// Reports duplicate entries of a list.
    pub fn once<T: PartialEq + ToString>(&self, raw: &[Spanned<T>], code: Code) {
        for (index, one) in raw.iter().enumerate() {
            if raw[..index].iter().any(|other| other.value == one.value) {
                self.diagnostics.error(code, &one.spot, format!("{} is listed twice", quoted(&one.value.to_string())));
            }
        }
    }

    /// Warns of a review that is overdue or due within a month.
    pub fn review(&self, by: Option<&Spanned<NaiveDate>>, owner: Option<&Spanned<Line>>) {
        let Some(by) = by else { return };
        let days_left = (by.value - self.today).num_days();
        let (code, message) = match days_left {
            ..0 => (Code::ReviewOverdue, format!("the review of this file was due on {}", by.value)),
            0..=REVIEW_DAYS => (Code::ReviewSoon, format!("the review of this file is due on {}", by.value)),
            _ => return,
        };
        // The owner may be an email address, and hints are logged, so refer to the line instead.
        let owner =
            owner.map_or_else(|| "its owner".to_owned(), |owner| format!("its `owner` (line {})", owner.spot.line()));
        let hint = format!("review it with {owner}, then set the next `review_by`");
        self.diagnostics.push(Diagnostic::warning(code, &by.spot, message).hint(hint));
    }
}

/// A place as the plan stores it.
pub fn place(spot: &Spot) -> Place {
    Place { file: spot.file().clone(), line: spot.line() }
}
