//! How long it takes at the latest, for each playbook, until a second person and another department is paged.

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::coverage::Walk;
use crate::config::coverage::alarm::Worst;
use crate::config::coverage::judge::Judge;
use crate::diagnostic::Diagnostic;
use crate::domain::id::DepartmentId;
use crate::domain::playbook::{Playbook, Seen};
use crate::domain::severity::Severity;
use crate::domain::zone::Zone;

/// What happens at the latest, if nobody answers, for one playbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The playbook's name.
    pub playbook: String,
    /// Until somebody is paged who is not the first.
    pub second_person: Latest,
    /// Until somebody of another department than the track's is paged, who is not the first either.
    pub other_department: Latest,
}

/// The worst opening of all.
///
/// Each department's track is judged by its own ladder; where that ends too early, or the track is held until the
/// department opens, the other tracks of the incident count for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    /// Counted from the opening; nothing if it never happens.
    pub within: Option<TimeDelta>,
    /// The opening.
    pub opened_at: DateTime<Utc>,
    /// The track's department.
    pub department: DepartmentId,
    /// Its zone.
    pub zone: Zone,
    /// The ladder that it climbs.
    pub ladder: String,
    /// Whether it is staffed at the opening.
    pub staffed: bool,
    /// What lifted the incident, such as "the flag `on-site-now`".
    pub lifted_by: Option<String>,
}

/// What each playbook can promise, and a finding where it cannot promise anything.
pub fn find(walk: &Walk<'_>) -> (Vec<Reach>, Vec<Diagnostic>) {
    let mut judge = Judge::new(walk);
    let mut reaches = Vec::new();
    let mut findings = Vec::new();
    for playbook in &walk.plan.playbooks {
        let mut worst = Worst::default();
        for case in cases(playbook) {
            judge.case(playbook, &case, &mut worst);
        }
        findings.extend(worst.findings(walk, playbook));
        let [second, other] = worst.latest;
        reaches.extend(second.zip(other).map(|(second_person, other_department)| Reach {
            playbook: playbook.name(),
            second_person,
            other_department,
        }));
    }
    reaches.sort_by(|one, other| one.playbook.cmp(&other.playbook));
    (reaches, findings)
}

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

fn cases(playbook: &Playbook) -> Vec<Case> {
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
