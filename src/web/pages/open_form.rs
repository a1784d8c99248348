//! The form with which people open an incident.

use askama::Template;

use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::severity::Severity;
use crate::inbound::input_error::InputError;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::viewer::Viewer;
use crate::web::words::Times;

/// What the form says: what was written comes back to its writer if something is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    pub class: String,
    pub severity: String,
    pub summary: String,
    pub url: String,
    pub author: String,
    pub involved: String,
    pub is_drill: bool,
}

#[derive(Debug, Template)]
#[template(path = "new.html")]
pub struct OpenForm {
    frame: Frame,
    /// The class and title of each playbook, by title.
    classes: Vec<(String, String)>,
    severities: Vec<&'static str>,
    written: Written,
    /// What to correct: the field's id, and a sentence.
    errors: Vec<(String, String)>,
}

impl OpenForm {
    pub fn new(
        site: Site<'_>,
        plan: &Plan,
        now: Now,
        viewer: &Viewer,
        written: Written,
        errors: &[InputError],
    ) -> Self {
        let times = Times::new(&viewer.zone, now);
        let mut classes: Vec<(String, String)> =
            plan.playbooks.iter().map(|playbook| (playbook.class.to_string(), playbook.title.clone())).collect();
        classes.sort_by(|(_, one), (_, other)| one.cmp(other));
        classes.dedup_by(|(one, _), (other, _)| one == other);
        let error = |error: &InputError| (error.field.trim_start_matches('/').to_owned(), error.message.to_string());
        Self {
            frame: Frame::new(site, viewer, times, Tab::Board),
            classes,
            severities: Severity::ALL.iter().map(|severity| severity.word()).collect(),
            written,
            errors: errors.iter().map(error).collect(),
        }
    }
}

impl Written {
    /// The names and addresses of people who must not be paged, one a line or separated by commas.
    pub fn involved(&self) -> Vec<String> {
        let names = self.involved.split(['\n', ',', ';']).map(str::trim);
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }
}
