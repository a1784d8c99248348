//! People who answer and note, go to and fro, cannot be reached, or have left.

use insta::assert_snapshot;
use wardbell::domain::escalation::input::Refusal;
use wardbell::domain::incident::Incoming;

use crate::story::{Story, hospital};

/// Whether people are reminded after one note, which is written two minutes after the acknowledgement.
fn is_reminded_after(note: impl FnOnce(&mut Story)) -> bool {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.run_to("3m");
    note(&mut story);
    story.run_to("20m");
    story.told().contains("reminded")
}

#[test]
fn a_note_ends_reminders_where_it_is_the_holders_or_an_operators_for_the_department() {
    assert!(!is_reminded_after(|story| story.note("legal", "lea", "called the family")));
    assert!(!is_reminded_after(|story| story.note_by_operator(Some("legal"))));
    assert!(is_reminded_after(|story| story.note_by_operator(None)));
    assert!(is_reminded_after(|story| story.note("legal", "leo", "I saw it too")));
    assert!(is_reminded_after(|_| {}));
}

#[test]
fn an_operator_who_has_it_ends_reminders_by_any_note() {
    for department in [None, Some("legal")] {
        let mut story = Story::open(hospital(), "acts");
        story.run_to("1m");
        story.acknowledge_by_operator("legal");
        story.run_to("3m");
        story.note_by_operator(department);
        story.run_to("20m");
        assert!(!story.told().contains("reminded"), "{department:?}: {}", story.told());
    }
}

#[test]
fn pressing_to_and_fro_pages_the_next_person_once_and_the_one_after_two_minutes_later() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("30s");
    for second in 15..30 {
        story.acknowledge("privacy", "ann");
        story.run_to(&format!("{}s", 2 * second + 1));
        story.decline("privacy", "ann");
        story.run_to(&format!("{}s", 2 * second + 2));
    }
    story.run_to("160s");
    let pages = story.told().lines().filter(|line| line.contains("step") && line.contains('('));
    assert_snapshot!(pages.collect::<Vec<_>>().join("\n"), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    0:31.0 privacy step 2 Declined: bob (privacy:backup)
    2:31.0 privacy step 3 Declined: adam (administrator-on-call:primary)
    ");
}

#[test]
fn whoever_gives_it_back_at_last_leaves_nobody_waiting() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("30s");
    story.acknowledge("privacy", "ann");
    story.decline("privacy", "ann");
    // Nothing went out in between, so that the page to the next person was called off.
    story.acknowledge("privacy", "ann");
    story.decline("privacy", "ann");
    story.run_to("60s");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    0:30.0 privacy acknowledged by ann
    0:30.0 privacy declined by ann
    0:30.0 privacy step 1 Declined: [primary ann Declined]
    0:30.0 privacy step 2 Declined: bob (privacy:backup)
    0:30.0 privacy acknowledged by ann
    0:30.0 privacy declined by ann
    0:40.0 privacy step 3 Declined: adam (administrator-on-call:primary)
    ");
}

#[test]
fn whoever_has_it_and_cannot_be_reached_is_followed_by_the_backup_and_then_the_ladder() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.refuse("lea@mercy.example");
    story.refuse("+13125550103");
    story.run_to("22m");
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 legal acknowledged by lea
    11:00.0 legal reminded: lea (legal:primary)
    11:00.0 legal lost lea, who had it: Unreachable
    11:00.0 legal step 2 HolderUnreachable: leo (legal:backup) [primary lea Unreachable]
    16:00.0 legal step 3 NotAcknowledged: adam (administrator-on-call:primary)
    21:00.0 legal step 4 NotAcknowledged: cleo (executive-on-call:primary)
    ");
}

#[test]
fn a_backup_who_has_it_and_cannot_be_reached_leaves_it_to_the_reminded_primary_and_the_ladder() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("6m");
    story.acknowledge("legal", "leo");
    story.refuse("leo@mercy.example");
    story.refuse("+13125550104");
    story.run_to("22m");
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     2:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
     5:00.0 legal step 2 NotAcknowledged: leo (legal:backup)
     6:00.0 legal acknowledged by leo
    16:00.0 legal reminded: leo (legal:primary) lea (legal:primary)
    16:00.0 legal lost leo, who had it: Unreachable
    16:00.0 legal step 2 HolderUnreachable: [backup leo Unreachable] [primary lea PagedAlready]
    16:00.0 legal step 3 HolderUnreachable: adam (administrator-on-call:primary) [backup leo Unreachable] [primary lea PagedAlready]
    ");
}

#[test]
fn somebody_else_who_has_it_and_cannot_be_reached_leaves_it_to_backup_and_primary() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("11m");
    story.acknowledge("legal", "adam");
    story.refuse("adam@mercy.example");
    story.refuse("+13125550105");
    // Nor is the primary reached by the reminder.
    story.refuse("lea@mercy.example");
    story.refuse("+13125550103");
    story.run_to("27m");
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     2:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
     5:00.0 legal step 2 NotAcknowledged: leo (legal:backup)
    10:00.0 legal step 3 NotAcknowledged: adam (administrator-on-call:primary)
    11:00.0 legal acknowledged by adam
    21:00.0 legal reminded: adam (administrator-on-call:primary) lea (legal:primary)
    21:00.0 legal lost adam, who had it: Unreachable
    21:00.0 legal step 2 HolderUnreachable: leo (legal:backup) [primary lea PagedAlready]
    26:00.0 legal step 3 NotAcknowledged: [administrator-on-call:primary adam Unreachable]
    26:00.0 legal step 4 NobodyFound: cleo (executive-on-call:primary)
    ");
}

#[test]
fn while_providers_are_down_whoever_has_it_is_waited_for_a_minute_and_no_longer() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.fail("lea@mercy.example", 1_000);
    story.fail("+13125550103", 1_000);
    story.run_to("15m");
    let lost = story.told().lines().find(|line| line.contains("lost")).unwrap();
    assert!(lost.starts_with("12:"), "{}", story.told());
    assert!(story.told().contains("legal step 2 HolderUnreachable: leo (legal:backup)"), "{}", story.told());
    // Who has it after all takes it again.
    story.acknowledge("legal", "lea");
}

#[test]
fn an_operator_who_has_it_while_nobody_is_reminded_is_followed_by_the_ladder() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge_by_operator("legal");
    story.refuse("lea@mercy.example");
    story.refuse("+13125550103");
    story.run_to("17m");
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 legal acknowledged by social-desk
    11:00.0 legal reminded: lea (legal:primary)
    11:00.0 legal lost social-desk, who had it: Unreachable
    11:00.0 legal step 2 HolderUnreachable: leo (legal:backup) [primary lea PagedAlready]
    16:00.0 legal step 3 NotAcknowledged: adam (administrator-on-call:primary)
    ");
}

#[test]
fn who_has_it_and_has_left_is_followed_at_the_reminder_and_nobody_is_paged_before() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.take_out("legal", "lea");
    story.run_to("17m");
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 legal acknowledged by lea
    11:00.0 legal lost lea, who had it: Left
    11:00.0 legal step 2 HolderUnreachable: leo (legal:backup) [primary - NobodyOnCall]
    16:00.0 legal step 3 NotAcknowledged: adam (administrator-on-call:primary)
    ");
}

#[test]
fn who_has_it_and_has_moved_to_another_roster_is_reminded_there() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.take_out("legal", "lea");
    story.add("slow", "lea", "Lea");
    story.run_to("12m");
    assert!(story.told().contains("legal reminded: lea (slow:primary)"), "{}", story.told());
    story.decline("legal", "lea");
}

#[test]
fn whoever_is_in_no_roster_any_more_answers_nothing_and_is_not_waited_for() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("301s");
    story.take_out("privacy", "bob");
    let refusal = "this person is no longer in any roster";
    assert_eq!(story.try_acknowledge("privacy", "bob").unwrap_err(), refusal);
    assert_eq!(story.try_decline("privacy", "bob").unwrap_err(), refusal);
    // Another person of that id is not the same.
    story.add("slow", "bob", "Robert");
    assert_eq!(story.try_acknowledge("privacy", "bob").unwrap_err(), refusal);
    story.run_to("302s");
    story.decline("privacy", "ann");
    story.run_to("303s");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    5:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    5:02.0 privacy declined by ann
    5:02.0 privacy step 3 Declined: adam (administrator-on-call:primary)
    ");
}

#[test]
fn an_old_page_s_button_for_the_next_person_takes_nothing_from_whoever_has_it() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("30s");
    story.escalate_signed_in("privacy", "bob").unwrap();
    story.run_to("31s");
    story.acknowledge("privacy", "ann");
    let refused = story.escalate_signed_in("privacy", "bob").unwrap_err();
    assert!(matches!(refused, Refusal::AlreadyAcknowledged { .. }), "{refused:?}");
}

#[test]
fn whoever_is_involved_or_has_left_does_not_ask_for_the_next_step() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("30s");
    assert_eq!(story.escalate_by("leo"), Ok(()));
    story.fold(Incoming { involved: vec!["leo".into()], ..Incoming::default() });
    let involved = story.escalate_by("leo").unwrap_err();
    story.take_out("legal", "lea");
    let left = story.escalate_by("lea").unwrap_err();
    assert_eq!((involved, left), (Refusal::Involved.to_string(), Refusal::Left.to_string()));
}
