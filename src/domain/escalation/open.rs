//! Opens an incident: its severity, its tracks, and when each starts.

use crate::domain::escalation::decision::{Decision, Draft};
use crate::domain::escalation::event::{Event, Opened};
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::Context;
use crate::domain::escalation::tasks::due;
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::id::{DepartmentId, IncidentId, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::playbook::{AfterHours, Seen, Staffing};
use crate::domain::principal::Principal;
use crate::domain::severity::Severity;

/// A new incident with its class.
pub struct Opening {
    /// The reference, drawn by the caller and not in use.
    pub id: IncidentId,
    pub by: Principal,
    pub source: SourceName,
    /// The hospital's class for the source's label.
    pub class: String,
    pub incoming: Incoming,
}

/// Opens an incident under the context's playbook and pages everyone who is due immediately.
pub fn open(context: &Context, mut opening: Opening) -> Decision {
    opening.incoming.protect_unknown_names(opening.id, |name| context.plan.knows(name));
    let seen = Seen::of(&opening.incoming);
    let (severity, tracks) = tracks(context, opening.incoming.severity, &seen, &|_| false);
    let opened = Opened {
        by: opening.by,
        source: opening.source,
        incident: opening.incoming,
        class: opening.class,
        playbook: context.playbook.name(),
        playbook_hash: context.playbook.hash(),
        severity,
        received_at: context.now.wall,
        tracks,
        tasks: due::at_opening(context.playbook, context.now),
    };
    let incident = Incident::opened(opening.id, context.now.logical, &opened);
    let mut draft = Draft::new(incident, context);
    draft.push(Event::Opened(Box::new(opened)));
    draft.settle();
    draft.finish()
}

/// The severity and tracks of an incident under the context's playbook. A department that has already started is not
/// deferred until it opens.
pub(in crate::domain::escalation) fn tracks(
    context: &Context,
    asked: Option<Severity>,
    seen: &Seen,
    has_begun: &dyn Fn(&DepartmentId) -> bool,
) -> (Severity, Vec<TrackOpened>) {
    let playbook = context.playbook;
    let mut severity = playbook.severity;
    let mut tracks: Vec<TrackOpened> = Vec::new();
    let mut instead: Vec<(DepartmentId, DepartmentId)> = Vec::new();
    for department in &playbook.departments {
        let mut track = track(context, department, asked, seen, &mut severity);
        if has_begun(department) {
            track.starts_at = context.now.logical;
        }
        if track.starts_at > context.now.logical {
            let stand_ins = playbook.after_hours.iter().flat_map(|rules| &rules.instead);
            instead.extend(stand_ins.map(|stand_in| (stand_in.clone(), department.clone())));
        }
        tracks.push(track);
    }
    for (stand_in, absent) in instead {
        if let Some(track) = tracks.iter_mut().find(|track| track.department == stand_in) {
            track.starts_at = context.now.logical;
        } else {
            let mut track = track(context, &stand_in, asked, seen, &mut severity);
            track.starts_at = context.now.logical;
            track.instead_of = Some(absent);
            tracks.push(track);
        }
    }
    (severity, tracks)
}

fn track(
    context: &Context,
    department: &DepartmentId,
    asked: Option<Severity>,
    seen: &Seen,
    highest: &mut Severity,
) -> TrackOpened {
    let (plan, playbook, now) = (context.plan, context.playbook, context.now);
    let staffed = plan.is_staffed(department, now.wall);
    let staffing = if staffed { Staffing::Hours } else { Staffing::AfterHours };
    let (severity, ladder) = playbook.severity_and_ladder(asked, seen, staffing);
    *highest = severity.max(*highest);
    let rules = playbook.after_hours.as_ref().filter(|_| !staffed);
    let opens_at = rules.filter(|rules| rules.hold && severity < Severity::Critical).and_then(|_| {
        let opens = plan.rosters.get(department)?.next_staffed(now.wall)?;
        Some(now.logical + (opens - now.wall))
    });
    let differs = |pick: fn(&AfterHours) -> Option<crate::domain::wait::Wait>| rules.and_then(pick);
    TrackOpened {
        department: department.clone(),
        ladder: ladder.name.as_str().into(),
        acknowledge_within: differs(|rules| rules.acknowledge_within).unwrap_or(playbook.acknowledge_within),
        act_within: differs(|rules| rules.act_within).or(playbook.act_within),
        starts_at: opens_at.unwrap_or(now.logical),
        first_step_at: ladder.first_step_at(),
        instead_of: None,
    }
}
