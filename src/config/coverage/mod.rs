//! Proves that someone answers: not by sampling, but by checking every instant at which on-call coverage changes.

mod access;
mod alarm;
mod case;
mod cause;
mod escalation;
mod duty;
mod gaps;
mod judge;
pub mod latest;
mod leave;
mod load;
mod memo;
pub mod parallel;
mod people;
mod persons;
mod reach;
mod span;
mod stretches;
mod walk;
mod words;

use chrono::{DateTime, Utc};

use crate::config::coverage::duty::Duties;
use crate::config::coverage::latest::Reach;
use crate::config::coverage::parallel::Threads;
use crate::config::coverage::span::Span;
use crate::config::coverage::walk::{Walk, wanted};
use crate::config::loaded::Loaded;
use crate::diagnostic::Diagnostic;

/// The results of checking a period.
#[derive(Debug, Default)]
pub struct Proof {
    /// A diagnostic for every time at which someone cannot be reached as the files intend.
    pub findings: Vec<Diagnostic>,
    /// The longest wait before a second person, and another department, is paged; one per playbook.
    pub reaches: Vec<Reach>,
}

/// Checks every change of coverage in a period, on all cores. Proves nothing if the files are unusable.
pub fn prove(loaded: &Loaded, from: DateTime<Utc>, to: DateTime<Utc>) -> Proof {
    prove_on(Threads::all_cores(), loaded, from, to)
}

/// The same, on the given threads.
pub fn prove_on(threads: Threads, loaded: &Loaded, from: DateTime<Utc>, to: DateTime<Utc>) -> Proof {
    let Some(plan) = loaded.plan().filter(|_| from < to) else { return Proof::default() };
    let span = Span { from, to };
    let duties = Duties::new(plan, span, load::counted_to(span));
    let walk = Walk { plan, texts: &loaded.texts, span, duties, threads };
    let wanted: Vec<_> = wanted(plan).into_iter().collect();
    let gaps = threads.map(&wanted, |(department, role)| gaps::find(&walk, department, role));
    let mut findings: Vec<Diagnostic> = gaps.into_iter().flatten().collect();
    findings.extend(plan.rosters.values().flat_map(|roster| people::one_place(&walk, roster)));
    findings.extend(people::one_channel(&walk));
    findings.extend(leave::away_elsewhere(&walk));
    findings.extend(load::find(&walk));
    findings.extend(access::find(&walk));
    let (reaches, late) = reach::find(&walk);
    findings.extend(late);
    Proof { findings, reaches }
}
