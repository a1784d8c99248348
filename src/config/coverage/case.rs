//! How an incident can come in, and how its tracks go then.

use crate::domain::id::DepartmentId;
use crate::domain::playbook::{Playbook, Seen};
use crate::domain::severity::Severity;

/// How an incident can come in: as it is, lifted by one promotion, or graver by its source's word. Several promotions at
/// once climb no ladder that none of them climbs alone.
pub struct Case {
    /// The severity that the source asks for.
    pub asked: Option<Severity>,
    /// What is known of it.
    pub seen: Seen,
    /// The same in words; nothing where nothing lifts it.
    pub lifted_by: Option<String>,
    /// The promotion's place in the file.
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

/// How a department's track goes when it is staffed, or when it is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// Whose track.
    pub department: DepartmentId,
    /// The ladder that it climbs.
    pub ladder: String,
    /// Whether it waits until the department opens.
    pub held: bool,
}
