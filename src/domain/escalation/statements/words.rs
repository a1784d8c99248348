//! What happened to a statement, in words, without any of its own.

use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::id::DepartmentId;

impl StatementEvent {
    /// A sentence without a full stop; `by` is the name of whoever did it. `None` where the pages say it.
    pub fn sentence(&self, by: &str, department: &dyn Fn(&DepartmentId) -> String) -> Option<String> {
        let Self { statement: number, version, change } = self;
        let one = format!("statement {number}, version {version}");
        Some(match change {
            StatementChanged::Drafted { name: Some(name), .. } if *version == 1 => {
                format!("{by} began statement {number}, from the playbook’s “{name}”")
            }
            StatementChanged::Drafted { .. } if *version == 1 => format!("{by} began statement {number}"),
            StatementChanged::Drafted { .. } => format!("{by} wrote version {version} of statement {number}"),
            StatementChanged::Submitted { departments, marks, .. } => {
                let names: Vec<String> = departments.iter().map(department).collect();
                let marks = match marks.len() {
                    0 => String::new(),
                    1 => ", with 1 marked place".to_owned(),
                    count => format!(", with {count} marked places"),
                };
                format!("{by} asked for the approval of {one}, by {}{marks}", names.join(", "))
            }
            StatementChanged::AskedAnew { departments, .. } => {
                let names: Vec<String> = departments.iter().map(department).collect();
                format!("S{} needs new approvals after the reclassification, by {}", &one[1..], names.join(", "))
            }
            StatementChanged::NotReadyAnymore => format!("Statement {number} is no longer approved in advance"),
            StatementChanged::Asked { pages, .. } if !pages.is_empty() => return None,
            StatementChanged::Asked { department: of, until: Some(_), .. } => {
                format!("Nobody is asked to approve {one} for {} at this time", department(of))
            }
            StatementChanged::Asked { department: of, .. } => {
                format!("Everybody was asked to approve {one} for {}; nobody else is asked", department(of))
            }
            StatementChanged::Approved { department: of, is_author: true, .. } => {
                let why = "although they wrote it, because nobody else was there or answered in time";
                format!("{by} approved {one} for {}, {why}", department(of))
            }
            StatementChanged::Approved { department: of, .. } => format!("{by} approved {one} for {}", department(of)),
            StatementChanged::ChangesAsked { department: of, .. } => {
                format!("{by} asked for changes to {one}, for {}", department(of))
            }
            StatementChanged::Withdrawn { .. } => format!("{by} withdrew {one}"),
            StatementChanged::Used { ready: true, .. } => format!("{by} used {one}, which was approved in advance"),
            StatementChanged::Used { .. } => format!("{by} used {one}"),
        })
    }
}
