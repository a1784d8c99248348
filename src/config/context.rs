//! What one file must know of the others to be checked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::kinds::Line;
use crate::config::mistakes::{Mistakes, did_you_mean, quoted};
use crate::config::reader::Written;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::place::Place;
use crate::domain::zone::rules::Rules;

/// A review is announced so many days ahead: time enough to find the owner.
const REVIEW_DAYS: i64 = 30;

/// What one file must know of the others to be checked.
pub struct Context<'a> {
    /// Where to report mistakes.
    pub mistakes: &'a Mistakes,
    /// The day that reviews are due by.
    pub today: NaiveDate,
    /// The rules of time zones.
    pub rules: Arc<Rules>,
    /// The channels that are set up.
    pub channels: Vec<ChannelKind>,
    /// The departments that have a roster, valid or not.
    pub departments: BTreeMap<DepartmentId, Facts>,
    /// Whether every roster could be read, so that a name that is missing is missing.
    pub knows_departments: bool,
}

/// What others must know of a roster.
#[derive(Debug, Default)]
pub struct Facts {
    /// The roles that it gives to somebody.
    pub roles: BTreeSet<Role>,
    /// Whether it has hours at all.
    pub has_hours: bool,
}

impl Context<'_> {
    /// The department, if it has a roster.
    pub fn department(&self, written: &Written<DepartmentId>) -> Option<DepartmentId> {
        if self.departments.contains_key(&written.value) {
            return Some(written.value.clone());
        }
        if self.knows_departments {
            let name = written.value.as_str();
            let known = self.departments.keys().map(DepartmentId::as_str);
            let hint =
                did_you_mean(name, known).unwrap_or_else(|| format!("a roster `{name}.toml` would make it known"));
            let message = format!("there is no roster for {}", quoted(name));
            self.mistakes.push(Diagnostic::error(Code::UnknownDepartment, &written.spot, message).hint(hint));
        }
        None
    }

    /// The departments of a list, each once.
    pub fn departments(&self, written: &[Written<DepartmentId>]) -> Vec<DepartmentId> {
        self.once(written, Code::DuplicateId);
        written.iter().filter_map(|one| self.department(one)).collect()
    }

    /// Reports entries that a list has already.
    pub fn once<T: PartialEq + ToString>(&self, written: &[Written<T>], code: Code) {
        for (index, one) in written.iter().enumerate() {
            if written[..index].iter().any(|other| other.value == one.value) {
                self.mistakes.error(code, &one.spot, format!("{} is listed twice", quoted(&one.value.to_string())));
            }
        }
    }

    /// Warns of a review that is overdue, or due within the month.
    pub fn review(&self, by: Option<&Written<NaiveDate>>, owner: Option<&Written<Line>>) {
        let Some(by) = by else { return };
        let days_left = (by.value - self.today).num_days();
        let (code, message) = match days_left {
            ..0 => (Code::ReviewOverdue, format!("this file was to be looked over by {}", by.value)),
            0..=REVIEW_DAYS => (Code::ReviewSoon, format!("this file is to be looked over by {}", by.value)),
            _ => return,
        };
        // An owner may be an address, and hints are logged: the line tells who it is to whoever has the file.
        let owner =
            owner.map_or_else(|| "its owner".to_owned(), |owner| format!("its `owner` (line {})", owner.spot.line()));
        let hint = format!("read it with {owner}, then set the next `review_by`");
        self.mistakes.push(Diagnostic::warning(code, &by.spot, message).hint(hint));
    }
}

/// A place as the plan keeps it.
pub fn place(spot: &Spot) -> Place {
    Place { file: spot.file().clone(), line: spot.line() }
}
