//! The statements that wait for their reader's approval.

use askama::Template;

use crate::domain::escalation::incident::Incident;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::principal::Principal;
use crate::domain::severity::Severity;
use crate::web::approval_link::title;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::row::Reading;
use crate::web::session::signed_in::SignedIn;
use crate::web::words::{Times, sentence};

#[derive(Debug, Template)]
#[template(path = "approvals.html")]
pub struct ApprovalsPage {
    frame: Frame,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    severity: Severity,
    drill: bool,
    reference: String,
    number: u32,
    name: String,
    department: String,
    about: String,
}

impl ApprovalsPage {
    /// The gravest first. `incidents` are those in which the reader is not involved.
    pub fn new(site: Site<'_>, reading: Reading<'_>, by: &Principal, incidents: &[&Incident]) -> Self {
        let (plan, now) = (reading.plan, reading.now);
        let times = Times::new(&reading.viewer.zone, now);
        let mut waiting: Vec<Waiting> = Vec::new();
        for incident in incidents {
            waiting.extend(incident.waiting_for(plan, now.wall, by).map(|(one, approval)| {
                let who = reading.viewer.name_of(&one.author);
                let until = approval.next_at.map(|at| format!("; the next person is asked at {}", times.logical(at)));
                let about = format!("by {who}, {}{}", times.logical(one.written_at), until.unwrap_or_default());
                Waiting {
                    severity: incident.severity,
                    drill: incident.drill,
                    reference: incident.id.to_string(),
                    number: one.number,
                    name: format!("{}, version {}", title(one), one.version),
                    department: plan.department_name(&approval.department).to_owned(),
                    about: sentence(&about),
                }
            }));
        }
        waiting.sort_by_key(|one| std::cmp::Reverse(one.severity));
        let mut frame = Frame::new(site, reading.viewer, times, Tab::Approvals);
        frame.approvals = Some(waiting.len());
        Self { frame, waiting }
    }
}

/// How many approvals wait for somebody.
pub fn count(who: &SignedIn, plan: &Plan, now: Now, incidents: &[Incident]) -> usize {
    let by = who.principal([]);
    let theirs = incidents.iter().filter(|one| one.statements.is_some() && !who.is_involved(&one.involved));
    theirs.map(|one| one.waiting_for(plan, now.wall, &by).count()).sum()
}
