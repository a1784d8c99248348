//! What somebody said is recorded late, and before what has happened meanwhile: the state is what a replay gives.

use insta::assert_snapshot;
use wardbell::domain::incident::Incoming;
use wardbell::domain::severity::Severity;

use crate::story::{Story, hospital};

#[test]
fn an_acknowledgement_that_is_recorded_late_stops_what_has_climbed_on() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.late(|story| story.acknowledge("privacy", "ann"), "6m");
    let track = &story.incident().tracks[0];
    assert!(track.acknowledged.is_some() && track.next.is_none());
    assert!(track.pages.iter().all(|page| page.called_off && page.pending.is_empty()));
    story.run_to("20m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 privacy acknowledged by ann
    2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    5:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    6:00.0 recorded at last
    ");
}

#[test]
fn a_resolution_that_is_recorded_late_ends_everything() {
    let mut story = Story::open(hospital(), "two");
    story.run_to("1m");
    story.late(Story::resolve, "6m");
    assert_eq!(story.incident().next_timeout(), None);
    assert!(story.incident().is_settled());
    story.run_to("20m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    0:00.0 legal step 0 Opened: lea (legal:primary)
    2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    2:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
    5:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    5:00.0 legal step 2 NotAcknowledged: leo (legal:backup)
    6:00.0 recorded at last
    ");
}

#[test]
fn a_decline_that_is_recorded_late_leaves_the_climb_where_it_is() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.late(|story| story.decline("privacy", "ann"), "6m");
    let made = story.incident().pages_made;
    story.run_to("16m");
    assert!(story.incident().pages_made > made);
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     1:00.0 privacy declined by ann
     1:00.0 privacy step 1 Declined: [primary ann Declined]
     1:00.0 privacy step 2 Declined: bob (privacy:backup)
     2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
     5:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
     6:00.0 recorded at last
    10:00.0 privacy step 3 NotAcknowledged: adam (administrator-on-call:primary)
    15:00.0 privacy step 4 NotAcknowledged: cleo (executive-on-call:primary)
    ");
}

#[test]
fn a_note_that_is_recorded_late_ends_the_reminders() {
    let mut story = Story::open(hospital(), "acts");
    story.acknowledge("legal", "lea");
    story.run_to("1m");
    story.late(|story| story.note("legal", "lea", "done"), "40m");
    assert_eq!(story.incident().next_timeout(), None);
    story.run_to("2h");
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     0:00.0 legal acknowledged by lea
    10:00.0 legal reminded: lea (legal:primary)
    20:00.0 legal reminded: lea (legal:primary)
    30:00.0 legal reminded: lea (legal:primary)
    40:00.0 legal reminded: lea (legal:primary)
    40:00.0 recorded at last
    ");
}

#[test]
fn a_rise_that_is_recorded_late_is_climbed_from_its_first_step() {
    let mut story = Story::open(hospital(), "billing");
    story.run_to("14m");
    let graver = Incoming { severity: Some(Severity::Critical), ..Incoming::default() };
    story.late(|story| story.fold(graver), "32m");
    assert!(story.incident().tracks[0].next.is_some(), "it goes on");
    story.run_to("35m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
    14:00.0 rose to critical
    14:00.0 privacy step 0 SeverityRose: ann (privacy:primary)
    15:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    30:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    32:00.0 recorded at last
    32:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    32:10.0 privacy step 2 NotAcknowledged: [backup bob PagedAlready]
    32:20.0 privacy step 3 NotAcknowledged: adam (administrator-on-call:primary)
    32:30.0 privacy step 4 NotAcknowledged: cleo (executive-on-call:primary)
    34:00.0 privacy again 1 Repeated: ann (privacy:primary) bob (privacy:backup) adam (administrator-on-call:primary) cleo (executive-on-call:primary)
    ");
}

#[test]
fn whoever_cannot_be_reached_meanwhile_wakes_nobody_once_it_is_acknowledged() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("4m");
    story.refuse_everybody();
    story.late(|story| story.acknowledge("privacy", "ann"), "6m");
    assert_eq!(story.incident().tracks[0].next, None);
    story.run_to("20m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    4:00.0 privacy acknowledged by ann
    5:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    5:00.0 privacy step 3 Unreachable: adam (administrator-on-call:primary)
    5:00.0 privacy step 4 Unreachable: cleo (executive-on-call:primary)
    5:00.0 privacy beyond Unreachable: lea (legal:primary)
    5:00.0 privacy beyond Unreachable: leo (legal:backup)
    5:00.0 privacy beyond Unreachable: abe (administrator-on-call:backup)
    5:00.0 privacy beyond Unreachable:
    6:00.0 recorded at last
    ");
}
