//! What was resolved is opened again, and starts from the first step.

use insta::assert_snapshot;
use wardbell::domain::escalation::resolution::DedupKey;

use crate::story::{Story, hospital};

#[test]
fn what_is_reopened_is_paged_from_the_first_step_whoever_had_it_before() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("3m");
    story.acknowledge("privacy", "ann");
    story.resolve();
    story.run_to("1h");
    story.reopen(DedupKey::Free).unwrap();
    assert_eq!(story.holder("privacy"), None);
    assert_eq!(story.reopen(DedupKey::Free).unwrap_err(), "the incident is open already");
    story.run_to("66m");
    story.acknowledge("privacy", "bob");
    story.resolve();
    story.reopen(DedupKey::Taken).unwrap();
    story.run_to("67m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
     3:00.0 privacy acknowledged by ann
    60:00.0 reopened by social-desk
    60:00.0 privacy step 0 Reopened: ann (privacy:primary)
    62:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    65:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    66:00.0 privacy acknowledged by bob
    66:00.0 reopened by social-desk
    66:00.0 privacy step 0 Reopened: ann (privacy:primary)
    ");
}

#[test]
fn what_was_resolved_before_its_department_opened_waits_for_that_again() {
    let mut story = Story::open(hospital(), "waits");
    story.run_to("1m");
    story.resolve();
    story.run_to("2m");
    story.reopen(DedupKey::Free).unwrap();
    story.run_to("3m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    2:00.0 reopened by social-desk
    2:00.0 privacy step 0 Reopened: ann (privacy:primary)
    ");
}
