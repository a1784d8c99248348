//! What simulated lives have found, each as the shortest story of it.

use insta::assert_snapshot;
use wardbell::domain::incident::Incoming;
use wardbell::domain::severity::Severity;

use crate::story::{Story, hospital};

fn naming(who: &str) -> Incoming {
    Incoming { involved: vec![who.into()], ..Incoming::default() }
}

#[test]
fn a_repeat_that_names_the_paged_person_brings_the_next_one_at_once() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.fold(naming("ann"));
    story.fold(naming("ann"));
    story.run_to("6m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 privacy called ann back
    1:00.0 privacy step 1 Involved: [primary ann Involved] [primary - NobodyOnCall]
    1:00.0 privacy step 2 Involved: bob (privacy:backup)
    ");
}

#[test]
fn whom_a_repeat_named_is_called_back_also_where_a_crash_lost_that() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.fold_torn(naming("ann"));
    assert!(!story.told().contains("called ann back"));
    story.run_to("3m");
    assert!(story.told().contains("privacy called ann back"), "{}", story.told());
    assert!(story.told().contains("bob (privacy:backup)"), "{}", story.told());
}

#[test]
fn a_repeat_that_names_who_has_it_takes_it_from_them() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.acknowledge("privacy", "ann");
    story.fold(naming("ann@mercy.example"));
    story.run_to("6m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 privacy acknowledged by ann
    1:00.0 privacy called ann back
    1:00.0 privacy step 1 Involved: [primary ann Involved] [primary - NobodyOnCall]
    1:00.0 privacy step 2 Involved: bob (privacy:backup)
    ");
}

#[test]
fn whoever_is_involved_answers_nothing() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.fold(naming("ann"));
    assert_eq!(story.try_acknowledge("privacy", "ann").unwrap_err(), "someone else must answer this incident");
    assert_eq!(story.try_decline("privacy", "ann").unwrap_err(), "someone else must answer this incident");
    story.acknowledge("privacy", "bob");
}

#[test]
fn a_repeat_that_names_somebody_who_was_not_paged_changes_nothing() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.fold(naming("lea"));
    story.run_to("3m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    ");
}

#[test]
fn a_rise_before_the_first_page_has_gone_out_pages_all_the_same() {
    let mut story = Story::open(hospital(), "billing");
    story.fold(Incoming { severity: Some(Severity::Critical), ..Incoming::default() });
    story.run_to("1m");
    assert_snapshot!(story.told_with_attempts(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 rose to critical
     0:00.0 privacy step 0 SeverityRose: ann (privacy:primary)

    attempts:
     0:00.0 2 +13125550101 accepted
     0:00.0 2 ann@mercy.example accepted
    ");
}

#[test]
fn a_waiting_track_that_somebody_escalates_climbs_from_then_on() {
    let mut story = Story::open(hospital(), "waits");
    story.run_to("1m");
    story.escalate();
    story.run_to("35m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     1:00.0 legal step 0 Escalated: lea (legal:primary)
     1:00.0 privacy step 1 Escalated: [primary ann PagedAlready]
     1:00.0 privacy step 2 Escalated: bob (privacy:backup)
    16:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
    31:00.0 legal step 2 NotAcknowledged: leo (legal:backup)
    ");
}

#[test]
fn an_overdue_step_spares_a_telephone_that_rang_under_another_id() {
    let mut story = Story::open(hospital(), "twins");
    story.run_to("1m");
    story.sleep_through("12m");
    story.run_to("12m");
    story.run_to("731s");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 twin step 0 Opened: anna (twin:primary)
    12:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    12:00.0 twin put off
    12:10.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    12:10.0 twin step 1 NotAcknowledged: anna (twin:primary)
    ");
}

#[test]
fn what_still_waits_for_a_person_who_cannot_be_reached_is_called_off_by_the_record_too() {
    let mut story = Story::open(hospital(), "leak");
    story.refuse("+13125550101");
    story.fail("ann@mercy.example", 1_000);
    story.run_to("119s");
    // The second page finds that the address is wrong; the first one still waits for its next attempt.
    story.refuse("ann@mercy.example");
    story.run_to("3m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    2:00.0 privacy step 2 Unreachable: bob (privacy:backup)
    ");
}

#[test]
fn those_who_answer_at_last_meet_no_burst_after_a_downtime() {
    let mut story = Story::open(hospital(), "forlorn");
    story.refuse_everybody();
    story.run_to("1m");
    story.accept_everybody();
    story.sleep_through("30m");
    story.run_to("30m");
    story.run_to("1811s");
    assert_snapshot!(story.told(), @"
     0:00.0 empty step 0 Opened: lea (legal:primary) [primary - NobodyOnCall]
     0:00.0 lonely step 0 Opened: [primary - NobodyOnCall]
     0:00.0 lonely step 1 NobodyFound: [primary - NobodyOnCall]
     0:00.0 lonely step 2 NobodyFound: lou (lonely:backup)
     0:00.0 empty step 1 Unreachable: leo (legal:backup) [primary - NobodyOnCall]
     0:00.0 lonely step 3 Unreachable: adam (administrator-on-call:primary)
     0:00.0 empty step 2 Unreachable: abe (administrator-on-call:backup) [backup - NobodyOnCall]
     0:00.0 lonely step 4 Unreachable: cleo (executive-on-call:primary)
     0:00.0 empty step 3 Unreachable: adam (administrator-on-call:primary)
     0:00.0 lonely beyond Unreachable: lea (legal:primary)
     0:00.0 empty step 4 Unreachable: cleo (executive-on-call:primary)
     0:00.0 lonely beyond Unreachable: leo (legal:backup)
     0:00.0 empty beyond Unreachable:
     0:00.0 lonely beyond Unreachable: abe (administrator-on-call:backup)
     0:00.0 lonely beyond Unreachable:
    30:00.0 empty beyond Repeated: lea (legal:primary)
    30:00.0 lonely put off
    30:10.0 lonely beyond Repeated: lea (legal:primary)
    ");
}
