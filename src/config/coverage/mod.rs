//! Proof that somebody answers: not by sampling, but by walking every instant at which duty changes.

mod alarm;
mod case;
mod cause;
mod climb;
mod duty;
mod gaps;
mod judge;
pub mod latest;
mod leave;
mod people;
mod reach;
mod span;
mod stretches;
mod walk;
mod words;

use chrono::{DateTime, Utc};

use crate::config::coverage::duty::Duties;
use crate::config::coverage::latest::Reach;
use crate::config::coverage::span::Span;
use crate::config::coverage::walk::{Walk, wanted};
use crate::config::loaded::Loaded;
use crate::diagnostic::Diagnostic;

/// What a walk over the whole time has shown.
#[derive(Debug, Default)]
pub struct Proof {
    /// Every time at which somebody would not be reached as the files mean it.
    pub findings: Vec<Diagnostic>,
    /// How long it takes at the latest until a second person, and another department, is paged; one a playbook.
    pub reaches: Vec<Reach>,
}

/// Walks every change of duty from one instant to another; proves nothing where the files cannot be used.
pub fn prove(loaded: &Loaded, from: DateTime<Utc>, to: DateTime<Utc>) -> Proof {
    let Some(plan) = loaded.plan().filter(|_| from < to) else { return Proof::default() };
    let span = Span { from, to };
    let walk = Walk { plan, texts: &loaded.texts, span, duties: Duties::new(plan, span) };
    let mut findings = Vec::new();
    for (department, role) in wanted(plan) {
        findings.extend(gaps::find(&walk, &department, &role));
    }
    findings.extend(plan.rosters.values().flat_map(|roster| people::one_place(&walk, roster)));
    findings.extend(people::one_channel(&walk));
    findings.extend(leave::away_elsewhere(&walk));
    let (reaches, late) = reach::find(&walk);
    findings.extend(late);
    Proof { findings, reaches }
}
