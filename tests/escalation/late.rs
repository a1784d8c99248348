//! Ladders whose first step is not at once: its time counts like every other's.

use std::sync::Arc;

use insta::assert_snapshot;
use wardbell::domain::incident::Incoming;
use wardbell::domain::plan::Plan;
use wardbell::domain::playbook::ladder::Ladder;
use wardbell::domain::severity::Severity;

use crate::story::{Story, hospital, ladder};

/// The usual hospital, in which a class climbs another ladder.
fn with_ladder(class: &str, late: Arc<Ladder>) -> Plan {
    let mut plan = hospital();
    let playbook = plan.playbooks.iter_mut().find(|playbook| playbook.class.as_str() == class).unwrap();
    Arc::make_mut(playbook).ladder = late;
    plan
}

fn late() -> Arc<Ladder> {
    ladder("late", Severity::Moderate, &["30s primary", "2m backup"], None, None)
}

#[test]
fn a_ladder_that_begins_later_pages_nobody_before() {
    let mut story = Story::open(with_ladder("billing", late()), "billing");
    story.run_to("5m");
    assert_snapshot!(story.told(), @"
    0:30.0 privacy step 0 Opened: ann (privacy:primary)
    2:00.0 privacy step 1 NotAcknowledged: bob (privacy:backup)
    ");
}

#[test]
fn a_late_first_step_is_escalated_at_once_and_the_others_keep_their_time() {
    let mut story = Story::open(with_ladder("billing", late()), "billing");
    story.run_to("10s");
    story.escalate();
    story.run_to("5m");
    assert_snapshot!(story.told(), @"
    0:10.0 privacy step 0 Escalated: ann (privacy:primary)
    2:00.0 privacy step 1 NotAcknowledged: bob (privacy:backup)
    ");
}

#[test]
fn a_held_track_waits_for_its_department_and_then_for_its_first_step() {
    let mut story = Story::open(with_ladder("waits", late()), "waits");
    story.run_to("363m");
    assert_snapshot!(story.told(), @"
     0:30.0 privacy step 0 Opened: ann (privacy:primary)
     2:00.0 privacy step 1 NotAcknowledged: bob (privacy:backup)
    360:30.0 legal step 0 Opened: lea (legal:primary)
    362:00.0 legal step 1 NotAcknowledged: leo (legal:backup)
    ");
}

#[test]
fn a_rise_to_a_ladder_that_begins_later_waits_for_its_first_step() {
    let mut plan = hospital();
    for playbook in &mut plan.playbooks {
        let critical = ladder("late-critical", Severity::Critical, &["30s primary", "2m backup"], None, None);
        Arc::make_mut(playbook).ladders.insert(Severity::Critical, critical);
    }
    let mut story = Story::open(plan, "billing");
    story.run_to("1m");
    story.fold(Incoming { severity: Some(Severity::Critical), ..Incoming::default() });
    story.run_to("5m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 rose to critical
    1:30.0 privacy step 0 SeverityRose: ann (privacy:primary)
    3:00.0 privacy step 1 NotAcknowledged: bob (privacy:backup)
    ");
}
