//! The longest wait, per playbook, before a second person and another department is paged.

use crate::config::coverage::alarm::Worst;
use crate::config::coverage::case::cases;
use crate::config::coverage::judge::Judge;
use crate::config::coverage::latest::Reach;
use crate::config::coverage::walk::Walk;
use crate::diagnostic::Diagnostic;
use crate::domain::playbook::Playbook;

/// The longest waits of each playbook, with diagnostics for waits that never end.
pub fn find(walk: &Walk<'_>) -> (Vec<Reach>, Vec<Diagnostic>) {
    let judge = Judge::new(walk);
    let of_playbooks = walk.threads.map(&walk.plan.playbooks, |playbook| of_playbook(walk, &judge, playbook));
    let (reaches, findings): (Vec<_>, Vec<_>) = of_playbooks.into_iter().unzip();
    let mut reaches: Vec<Reach> = reaches.into_iter().flatten().collect();
    reaches.sort_by(|one, other| one.playbook.cmp(&other.playbook));
    (reaches, findings.into_iter().flatten().collect())
}

fn of_playbook(walk: &Walk<'_>, judge: &Judge<'_>, playbook: &Playbook) -> (Option<Reach>, Option<Diagnostic>) {
    let mut worst = Worst::default();
    for case in cases(playbook) {
        judge.case(playbook, &case, &mut worst);
    }
    let finding = worst.findings(walk, playbook);
    let [second, other] = worst.latest;
    let reach = second.zip(other).map(|(second_person, other_department)| Reach {
        playbook: playbook.name(),
        second_person,
        other_department,
    });
    (reach, finding)
}
