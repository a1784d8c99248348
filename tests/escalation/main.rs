//! The decider, in tables of pure cases: what happens, and who is paged when.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod found;
mod hand_over;
mod last_resort;
mod late;
mod numbers;
mod people;
mod recorded_late;
mod reopen;
mod repeats;
mod statements;
mod statements_random;
mod story;
mod tasks;

use insta::assert_snapshot;
use story::{Story, hospital};
use wardbell::domain::incident::Incoming;
use wardbell::domain::severity::Severity;

#[test]
fn climbs_until_somebody_acknowledges() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("16m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
     5:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    10:00.0 privacy step 3 NotAcknowledged: adam (administrator-on-call:primary)
    15:00.0 privacy step 4 NotAcknowledged: cleo (executive-on-call:primary)
    ");
}

#[test]
fn an_acknowledgement_stops_its_own_track_alone() {
    let mut story = Story::open(hospital(), "two");
    story.run_to("299s");
    story.acknowledge("privacy", "ann");
    story.run_to("10m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
     2:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
     4:59.0 privacy acknowledged by ann
     5:00.0 legal step 2 NotAcknowledged: leo (legal:backup)
    10:00.0 legal step 3 NotAcknowledged: adam (administrator-on-call:primary)
    ");
    assert_eq!(
        story.try_acknowledge("privacy", "bob").unwrap_err(),
        "already acknowledged by Ann at 2026-11-24T08:04:59.000Z"
    );
}

#[test]
fn a_decline_brings_the_next_person_at_once_and_later_steps_keep_their_time() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.decline("privacy", "ann");
    story.decline("privacy", "ann");
    story.run_to("10m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     1:00.0 privacy declined by ann
     1:00.0 privacy step 1 Declined: [primary ann Declined]
     1:00.0 privacy step 2 Declined: bob (privacy:backup)
    10:00.0 privacy step 3 NotAcknowledged: adam (administrator-on-call:primary)
    ");
}

#[test]
fn when_everybody_declines_others_answer() {
    let mut story = Story::open(hospital(), "leak");
    for (at, who) in [("1m", "ann"), ("2m", "bob"), ("3m", "adam"), ("4m", "cleo"), ("5m", "abe")] {
        story.run_to(at);
        story.decline("privacy", who);
    }
    story.run_to("16m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 privacy declined by ann
    1:00.0 privacy step 1 Declined: [primary ann Declined]
    1:00.0 privacy step 2 Declined: bob (privacy:backup)
    2:00.0 privacy declined by bob
    2:00.0 privacy step 3 Declined: adam (administrator-on-call:primary)
    3:00.0 privacy declined by adam
    3:00.0 privacy step 4 Declined: cleo (executive-on-call:primary)
    4:00.0 privacy declined by cleo
    4:00.0 privacy beyond Declined: lea (legal:primary)
    5:00.0 privacy declined by abe
    ");
}

#[test]
fn an_acknowledgement_can_be_handed_back() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.acknowledge("privacy", "ann");
    story.run_to("2m");
    story.decline("privacy", "ann");
    story.run_to("3m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 privacy acknowledged by ann
    2:00.0 privacy declined by ann
    2:00.0 privacy step 1 Declined: [primary ann Declined]
    2:00.0 privacy step 2 Declined: bob (privacy:backup)
    ");
}

#[test]
fn acknowledged_and_forgotten_is_paged_again() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.run_to("25m");
    story.note("legal", "lea", "called the family");
    story.run_to("2h");
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 legal acknowledged by lea
    11:00.0 legal reminded: lea (legal:primary)
    21:00.0 legal reminded: lea (legal:primary)
    ");
}

#[test]
fn an_empty_roster_is_answered_by_those_it_escalates_to() {
    let mut story = Story::open(hospital(), "empty");
    story.run_to("6m");
    assert_snapshot!(story.told(), @"
    0:00.0 empty step 0 Opened: lea (legal:primary) [primary - NobodyOnCall]
    2:00.0 empty step 1 NotAcknowledged: lea (legal:primary) [primary - NobodyOnCall]
    5:00.0 empty step 2 NotAcknowledged: leo (legal:backup) [backup - NobodyOnCall]
    ");
}

#[test]
fn a_step_that_finds_nobody_is_followed_at_once() {
    let mut story = Story::open(hospital(), "lonely");
    story.run_to("6m");
    assert_snapshot!(story.told(), @"
    0:00.0 lonely step 0 Opened: [primary - NobodyOnCall]
    0:00.0 lonely step 1 NobodyFound: [primary - NobodyOnCall]
    0:00.0 lonely step 2 NobodyFound: lou (lonely:backup)
    ");
}

#[test]
fn the_involved_and_those_who_share_their_contact_are_passed_over() {
    let incoming = Incoming { involved: vec!["ANN@mercy.example".into()], ..Incoming::default() };
    let mut story = Story::open_with(hospital(), "leak", incoming);
    story.run_to("6m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: [primary ann Involved] [primary - NobodyOnCall]
    0:00.0 privacy step 1 NobodyFound: [primary ann Involved] [primary - NobodyOnCall]
    0:00.0 privacy step 2 NobodyFound: bob (privacy:backup)
    ");
}

#[test]
fn overdue_steps_are_caught_up_in_order_without_a_burst() {
    let mut story = Story::open(hospital(), "two");
    story.run_to("1m");
    story.sleep_through("12m");
    story.run_to("14m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
    12:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    12:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
    12:10.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    12:10.0 legal step 2 NotAcknowledged: leo (legal:backup)
    12:20.0 privacy step 3 NotAcknowledged: adam (administrator-on-call:primary)
    12:20.0 legal put off
    12:30.0 legal step 3 NotAcknowledged: adam (administrator-on-call:primary)
    ");
}

#[test]
fn a_repeat_that_lifts_the_severity_climbs_the_new_ladder_once() {
    let mut story = Story::open(hospital(), "billing");
    story.run_to("1m");
    story.fold(Incoming::default());
    story.run_to("2m");
    story.fold(Incoming { severity: Some(Severity::Critical), ..Incoming::default() });
    story.run_to("3m");
    story.fold(Incoming { severity: Some(Severity::Critical), ..Incoming::default() });
    story.run_to("8m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    2:00.0 rose to critical
    2:00.0 privacy step 0 SeverityRose: ann (privacy:primary)
    4:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    7:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    ");
}

#[test]
fn a_temporary_failure_is_retried_and_starts_the_next_channel() {
    let mut story = Story::open(hospital(), "slow");
    story.fail("sue@mercy.example", 3);
    story.run_to("60s");
    assert_snapshot!(story.told_with_attempts(), @"
     0:00.0 slow step 0 Opened: sue (slow:primary)

    attempts:
     0:00.0 1 sue@mercy.example retry
     0:00.0 1 +13125550109 accepted
     0:01.1 1 sue@mercy.example retry
     0:03.4 1 sue@mercy.example retry
     0:07.9 1 sue@mercy.example accepted
    ");
}

#[test]
fn a_person_whom_no_channel_reaches_is_followed_at_once() {
    let mut story = Story::open(hospital(), "leak");
    story.refuse("ann@mercy.example");
    story.refuse("+13125550101");
    story.run_to("6m");
    assert_snapshot!(story.told_with_attempts(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 privacy step 1 Unreachable: [primary ann Unreachable]
     0:00.0 privacy step 2 Unreachable: bob (privacy:backup)

    attempts:
     0:00.0 1 +13125550101 refused
     0:00.0 1 ann@mercy.example refused
     0:00.0 2 +13125550102 accepted
     0:00.0 2 bob@mercy.example accepted
    ");
}

#[test]
fn when_nobody_can_be_reached_it_is_tried_again_and_again_and_the_decider_rests_in_between() {
    let mut story = Story::open(hospital(), "leak");
    story.refuse_everybody();
    story.run_to("20m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 privacy step 1 Unreachable: [primary ann Unreachable]
     0:00.0 privacy step 2 Unreachable: bob (privacy:backup)
     0:00.0 privacy step 3 Unreachable: adam (administrator-on-call:primary)
     0:00.0 privacy step 4 Unreachable: cleo (executive-on-call:primary)
     0:00.0 privacy beyond Unreachable: lea (legal:primary)
     0:00.0 privacy beyond Unreachable: leo (legal:backup)
     0:00.0 privacy beyond Unreachable: abe (administrator-on-call:backup)
     0:00.0 privacy beyond Unreachable:
     5:00.0 privacy beyond Repeated: lea (legal:primary)
     5:00.0 privacy beyond Unreachable: leo (legal:backup)
     5:00.0 privacy beyond Unreachable: adam (administrator-on-call:primary)
     5:00.0 privacy beyond Unreachable: abe (administrator-on-call:backup)
     5:00.0 privacy beyond Unreachable:
    10:00.0 privacy beyond Repeated: lea (legal:primary)
    10:00.0 privacy beyond Unreachable: leo (legal:backup)
    10:00.0 privacy beyond Unreachable: adam (administrator-on-call:primary)
    10:00.0 privacy beyond Unreachable: abe (administrator-on-call:backup)
    10:00.0 privacy beyond Unreachable:
    15:00.0 privacy beyond Repeated: lea (legal:primary)
    15:00.0 privacy beyond Unreachable: leo (legal:backup)
    15:00.0 privacy beyond Unreachable: adam (administrator-on-call:primary)
    15:00.0 privacy beyond Unreachable: abe (administrator-on-call:backup)
    15:00.0 privacy beyond Unreachable:
    20:00.0 privacy again 1 Repeated: ann (privacy:primary) bob (privacy:backup) adam (administrator-on-call:primary) cleo (executive-on-call:primary)
    20:00.0 privacy beyond Unreachable: lea (legal:primary)
    20:00.0 privacy beyond Unreachable: leo (legal:backup)
    20:00.0 privacy beyond Unreachable: abe (administrator-on-call:backup)
    20:00.0 privacy beyond Unreachable:
    ");
}

#[test]
fn a_ladder_with_a_number_of_repeats_ends() {
    let mut story = Story::open(hospital(), "billing");
    story.run_to("12h");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
    15:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    30:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    60:00.0 privacy step 3 NotAcknowledged: lea (legal:primary)
    120:00.0 privacy again 1 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    180:00.0 privacy again 2 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    240:00.0 privacy again 3 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    300:00.0 privacy again 4 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    360:00.0 privacy again 5 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    420:00.0 privacy again 6 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    480:00.0 privacy again 7 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    540:00.0 privacy again 8 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    ");
}

#[test]
fn a_track_can_wait_for_its_department_to_open_while_others_answer() {
    let mut story = Story::open(hospital(), "waits");
    story.run_to("7h");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
    15:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    30:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    60:00.0 privacy step 3 NotAcknowledged: lea (legal:primary)
    120:00.0 privacy again 1 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    180:00.0 privacy again 2 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    240:00.0 privacy again 3 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    300:00.0 privacy again 4 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    360:00.0 legal step 0 Opened: lea (legal:primary)
    360:00.0 privacy again 5 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    375:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
    390:00.0 legal step 2 NotAcknowledged: leo (legal:backup)
    420:00.0 legal step 3 NotAcknowledged: adam (administrator-on-call:primary)
    420:00.0 privacy again 6 Repeated: ann (privacy:primary) bob (privacy:backup) lea (legal:primary)
    ");
}

#[test]
fn an_operator_can_escalate_and_resolve() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.escalate();
    story.run_to("2m");
    story.resolve();
    story.run_to("1h");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 privacy step 1 Escalated: [primary ann PagedAlready]
    1:00.0 privacy step 2 Escalated: bob (privacy:backup)
    ");
}

#[test]
fn a_shift_of_the_clock_keeps_every_wait_at_its_length() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.shift("1h");
    story.run_to("71m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
    62:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    65:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    70:00.0 privacy step 3 NotAcknowledged: adam (administrator-on-call:primary)
    ");
}
