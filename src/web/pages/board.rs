//! The board: what nobody has, by time left; what is the reader's; what others have; who is on call; what is wrong.

use std::cmp::Reverse;
use std::collections::HashSet;

use askama::Template;
use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::{Incident, Track};
use crate::domain::id::{DepartmentId, Role};
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::severity::Severity;
use crate::web::pages::board_filter::{Asked, Fields};
use crate::web::pages::duty::Department;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::row::{Reading, Row};
use crate::web::pages::viewer::Viewer;
use crate::web::words::Times;

/// A board shows this many incidents and counts the rest.
pub const SHOWN_MAX: usize = 100;

/// All departments are shown at once if there are no more.
const FEW_DEPARTMENTS: usize = 8;

#[derive(Debug, Template)]
#[template(path = "board.html")]
pub struct Board {
    frame: Frame,
    as_of: String,
    may_open: bool,
    fields: Fields,
    is_filtered: bool,
    errors: Vec<&'static str>,
    /// Only those with an incident.
    sections: Vec<Section>,
    /// A sentence, if there is none.
    empty: Option<&'static str>,
    on_call: OnCall,
    primary: Role,
    wrong: Vec<String>,
}

#[derive(Debug)]
pub struct Section {
    pub id: &'static str,
    pub heading: &'static str,
    pub total: usize,
    pub rows: Vec<Row>,
}

/// Who is on call: first for the departments that matter to the reader now, then for the others.
#[derive(Debug)]
pub struct OnCall {
    pub first: Vec<Department>,
    pub others: Vec<Department>,
}

impl Board {
    /// With the number of statements that wait for the reader, where that is known.
    #[must_use]
    pub fn with_approvals(mut self, approvals: Option<usize>) -> Self {
        self.frame.approvals = approvals;
        self
    }

    /// The board of all `incidents`, which are those that its reader may see; `wrong` says what is wrong with channels,
    /// files and disks.
    pub fn new(
        site: Site<'_>,
        reading: Reading<'_>,
        asked: Asked,
        incidents: &[&Incident],
        wrong: Vec<String>,
    ) -> Self {
        let Reading { plan, now, viewer, .. } = reading;
        let Asked { filter, errors } = asked;
        let times = Times::new(&viewer.zone, now);
        // An incident can be missing an answer and be the reader's, too.
        let mut groups: [Vec<&Incident>; 4] = Default::default();
        for incident in incidents.iter().copied().filter(|incident| filter.fits(incident, viewer)) {
            let is_open = incident.resolved.is_none();
            let is_missing = incident.tracks.iter().any(Track::is_unanswered);
            let has = |track: &Track| track.acknowledged.as_ref().is_some_and(|one| viewer.is(&one.by));
            let is_mine = incident.tracks.iter().any(has);
            let belongs = [is_open && is_missing, is_open && is_mine, is_open && !is_missing && !is_mine, !is_open];
            groups.iter_mut().zip(belongs).filter(|(_, belongs)| *belongs).for_each(|(group, _)| group.push(incident));
        }
        groups[..3].iter_mut().for_each(|group| group.sort_by_cached_key(|one| urgency(one)));
        groups[3].sort_by_key(|incident| Reverse(incident.received_at));
        let mut left = SHOWN_MAX;
        let named =
            [("nobody", "Nobody has it yet"), ("mine", "Mine"), ("others", "Others have it"), ("resolved", "Resolved")];
        let sections = named.into_iter().zip(groups).filter(|(_, group)| !group.is_empty());
        let sections: Vec<Section> = sections
            .map(|((id, heading), group)| {
                let rows: Vec<Row> = group.iter().take(left).map(|incident| Row::new(incident, reading)).collect();
                left -= rows.len();
                Section { id, heading, total: group.len(), rows }
            })
            .collect();
        let is_filtered = !filter.is_empty();
        Self {
            frame: Frame::new(site, viewer, times, Tab::Board),
            as_of: times.wall_to_the_second(now.wall),
            may_open: viewer.may_open,
            fields: Fields::new(&filter, plan),
            is_filtered,
            errors,
            empty: sections.is_empty().then_some(if is_filtered { "No incidents match." } else { "Nothing is open." }),
            sections,
            on_call: OnCall::new(plan, now, viewer, incidents),
            primary: Role::primary(),
            wrong,
        }
    }
}

/// What nobody has comes by the time of its next page, the most severe of equals first.
fn urgency(incident: &Incident) -> (DateTime<Utc>, Reverse<Severity>, DateTime<Utc>) {
    let next = incident.tracks.iter().filter_map(|track| Some(track.next?.at)).min();
    (next.unwrap_or(DateTime::<Utc>::MAX_UTC), Reverse(incident.severity), incident.received_at)
}

impl OnCall {
    /// Departments come first that have a gap, that list the reader, or that have to answer something open.
    fn new(plan: &Plan, now: Now, viewer: &Viewer, incidents: &[&Incident]) -> Self {
        let open = incidents.iter().filter(|incident| incident.resolved.is_none());
        let asked: HashSet<&DepartmentId> =
            open.flat_map(|incident| incident.tracks.iter().map(|track| &track.department)).collect();
        let lists_reader = |id: &DepartmentId| viewer.entries.iter().any(|(roster, _)| roster == id);
        let all = Department::all(plan, now);
        if all.len() <= FEW_DEPARTMENTS {
            return Self { first: all, others: Vec::new() };
        }
        let matters = |one: &Department| one.has_gap() || lists_reader(&one.id) || asked.contains(&one.id);
        let (first, others) = all.into_iter().partition(matters);
        Self { first, others }
    }
}
