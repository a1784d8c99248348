//! The cases of an incident, and the tracks that result.

use crate::domain::id::DepartmentId;
use crate::domain::playbook::{Playbook, Seen};
use crate::domain::severity::Severity;

/// A case of an incident: as reported, raised by one promotion, or with a higher severity from the source. Several
/// promotions together use no ladder that none of them uses alone.
pub struct Case {
    pub asked: Option<Severity>,
    /// The facts of the incident.
    pub seen: Seen,
    /// The facts in words; `None` if nothing raises the severity.
    pub lifted_by: Option<String>,
    /// The index of the promotion in the file.
    pub promotion: Option<usize>,
}

pub fn cases(playbook: &Playbook) -> Vec<Case> {
    let plain = Case { asked: None, seen: Seen::default(), lifted_by: None, promotion: None };
    let promoted = playbook.promotions.iter().enumerate().map(|(position, promotion)| {
        let (flag, reach) = (promotion.when.any_flag.first(), promotion.when.reach_at_least);
        let words = [flag.map(|flag| format!("the flag `{flag}`")), reach.map(|reach| format!("a reach of {reach}"))];
        let seen = Seen { flags: flag.map(|flag| flag.as_str().into()).into_iter().collect(), reach };
        let lifted_by = Some(words.into_iter().flatten().collect::<Vec<_>>().join(" and "));
        Case { asked: None, seen, lifted_by, promotion: Some(position) }
    });
    let graver = Severity::ALL.into_iter().filter(|severity| *severity > playbook.severity);
    let asked = graver.map(|severity| Case {
        asked: Some(severity),
        seen: Seen::default(),
        lifted_by: Some(format!("the severity `{severity}`")),
        promotion: None,
    });
    std::iter::once(plain).chain(promoted).chain(asked).collect()
}

/// The track of a department while it is staffed, or while it is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    pub department: DepartmentId,
    pub ladder: String,
    /// Whether the track is on hold until the department opens.
    pub held: bool,
}
