//! The longest wait, per playbook, before a second person and another department is paged.

use crate::config::coverage::alarm::Worst;
use crate::config::coverage::case::cases;
use crate::config::coverage::judge::Judge;
use crate::config::coverage::latest::Reach;
use crate::config::coverage::walk::Walk;
use crate::diagnostic::Diagnostic;

/// The longest waits of each playbook, with diagnostics for waits that never end.
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
