//! The person who has it asks a colleague to take it over.

use insta::assert_snapshot;
use wardbell::domain::incident::Incoming;

use crate::story::{Story, hospital};

/// Legal has two people; Lea has acknowledged and asked Leo.
fn asked(class: &str) -> Story {
    let mut story = Story::open(hospital(), class);
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.run_to("2m");
    story.ask("legal", "lea", "leo").unwrap();
    story
}

#[test]
fn whoever_is_asked_is_paged_and_has_it_once_they_take_it() {
    let mut story = asked("acts");
    assert_eq!(story.holder("legal").as_deref(), Some("lea"));
    story.run_to("3m");
    story.take_over("legal", "leo").unwrap();
    assert_eq!(story.holder("legal").as_deref(), Some("leo"));
    assert_eq!(story.take_over("legal", "leo").unwrap_err(), "no one has asked you to take this over");
    // From then on it is Leo who is reminded and who can give it back.
    story.run_to("14m");
    story.decline("legal", "leo");
    story.run_to("15m");
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 legal acknowledged by lea
     2:00.0 legal: lea asks leo (legal:primary) to take it over from lea
     3:00.0 legal taken over by leo from lea
    13:00.0 legal reminded: leo (legal:primary) lea (legal:primary)
    14:00.0 legal declined by leo
    14:00.0 legal step 1 Declined: [primary lea PagedAlready]
    14:10.0 legal step 2 NotAcknowledged: [backup leo Declined]
    14:10.0 legal step 3 NobodyFound: adam (administrator-on-call:primary)
    15:00.0 legal step 4 NotAcknowledged: cleo (executive-on-call:primary)
    ");
}

#[test]
fn the_buttons_of_the_page_take_it_or_leave_it() {
    let mut story = asked("acts");
    story.run_to("3m");
    story.decline("legal", "leo");
    story.run_to("4m");
    assert_eq!(story.holder("legal").as_deref(), Some("lea"));
    assert_eq!(
        story.try_acknowledge("legal", "leo").unwrap_err(),
        "already acknowledged by Lea at 2026-11-24T08:01:00.000Z"
    );
    story.run_to("5m");
    story.ask("legal", "lea", "legal/leo").unwrap();
    story.acknowledge("legal", "leo");
    story.run_to("6m");
    assert_eq!(story.holder("legal").as_deref(), Some("leo"));
    assert_snapshot!(story.told(), @"
    0:00.0 legal step 0 Opened: lea (legal:primary)
    1:00.0 legal acknowledged by lea
    2:00.0 legal: lea asks leo (legal:primary) to take it over from lea
    3:00.0 legal: leo does not take it (Declined), lea keeps it: lea (legal:primary)
    5:00.0 legal: lea asks leo (legal:primary) to take it over from lea
    5:00.0 legal taken over by leo from lea
    ");
}

#[test]
fn whoever_cannot_be_reached_leaves_it_and_the_holder_is_told() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.note("legal", "lea", "called the family");
    story.refuse("leo@mercy.example");
    story.refuse("+13125550104");
    story.run_to("2m");
    story.ask("legal", "lea", "leo").unwrap();
    story.run_to("1h");
    assert_eq!(story.holder("legal").as_deref(), Some("lea"));
    assert_snapshot!(story.told(), @"
    0:00.0 legal step 0 Opened: lea (legal:primary)
    1:00.0 legal acknowledged by lea
    2:00.0 legal: lea asks leo (legal:primary) to take it over from lea
    2:00.0 legal: leo does not take it (Unreachable), lea keeps it: lea (legal:primary)
    ");
}

#[test]
fn whoever_does_not_answer_leaves_it_and_their_page_no_longer_takes_it() {
    let mut story = asked("acts");
    story.note("legal", "lea", "called the family");
    story.run_to("1h");
    assert_eq!(story.holder("legal").as_deref(), Some("lea"));
    assert!(story.take_over("legal", "leo").is_err());
    assert_snapshot!(story.told(), @"
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 legal acknowledged by lea
     2:00.0 legal: lea asks leo (legal:primary) to take it over from lea
    12:00.0 legal: leo does not take it (NoAnswer), lea keeps it: lea (legal:primary)
    ");
}

#[test]
fn whoever_turns_out_to_be_involved_or_leaves_does_not_take_it() {
    let mut story = asked("acts");
    story.fold(Incoming { involved: vec!["leo".into()], ..Incoming::default() });
    assert!(story.take_over("legal", "leo").is_err());
    let mut left = asked("acts");
    left.take_out("legal", "leo");
    left.run_to("3m");
    left.note("legal", "lea", "called the family");
    for (story, because) in [(story, "Involved"), (left, "Left")] {
        assert_eq!(story.holder("legal").as_deref(), Some("lea"));
        let told = format!("leo does not take it ({because}), lea keeps it: lea (legal:primary)");
        assert!(story.told().contains(&told), "{}", story.told());
    }
}

#[test]
fn a_holder_who_cannot_be_told_has_it_no_longer() {
    let mut story = asked("acts");
    story.note("legal", "lea", "called the family");
    story.refuse("lea@mercy.example");
    story.refuse("+13125550103");
    story.run_to("3m");
    story.decline("legal", "leo");
    story.run_to("4m");
    assert_eq!(story.holder("legal"), None);
    assert_snapshot!(story.told(), @"
    0:00.0 legal step 0 Opened: lea (legal:primary)
    1:00.0 legal acknowledged by lea
    2:00.0 legal: lea asks leo (legal:primary) to take it over from lea
    3:00.0 legal: leo does not take it (Declined), lea keeps it: lea (legal:primary)
    3:00.0 legal lost lea, who had it: Unreachable
    3:00.0 legal step 2 HolderUnreachable: leo (legal:backup) [primary lea Unreachable]
    ");
}

#[test]
fn only_the_holder_or_an_operator_asks_and_only_a_colleague_is_asked() {
    let mut story = Story::open(hospital(), "two");
    story.run_to("1m");
    let nobody = story.ask_by_operator(Some("legal"), "leo").unwrap_err();
    assert_eq!(nobody, "no one has acknowledged it, so there is nothing to hand over");
    assert_eq!(story.ask("legal", "lea", "leo").unwrap_err(), "this page cannot be handed over");
    story.acknowledge("legal", "lea");
    assert_eq!(story.ask("legal", "leo", "lea").unwrap_err(), "this page cannot be handed over");
    for stranger in ["lea", "ann", "nobody", "privacy/leo", ""] {
        assert_eq!(story.ask("legal", "lea", stranger).unwrap_err(), "choose a person from the list", "{stranger}");
    }
    story.ask_by_operator(None, "leo").unwrap();
    assert_eq!(story.ask("legal", "lea", "leo").unwrap_err(), "Leo has been paged already");
    assert_eq!(story.take_over_by_operator().unwrap_err(), "no one has asked you to take this over");
    story.run_to("90s");
    story.take_over("legal", "leo").unwrap();
    // An open track has nobody to take it over from, and its people are paged as ever.
    assert_eq!(story.ask("privacy", "ann", "bob").unwrap_err(), "this page cannot be handed over");
    story.run_to("3m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    0:00.0 legal step 0 Opened: lea (legal:primary)
    1:00.0 legal acknowledged by lea
    1:00.0 legal: social-desk asks leo (legal:primary) to take it over from lea
    1:30.0 legal taken over by leo from lea
    2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    ");
}

#[test]
fn another_request_replaces_the_first_and_a_graver_repeat_ends_it() {
    let mut story = asked("acts");
    story.add("legal", "liz", "Liz");
    story.ask("legal", "lea", "liz").unwrap();
    assert!(story.take_over("legal", "leo").is_err());
    story.run_to("3m");
    story.decline("legal", "lea");
    // Given back, it is open, and whoever was asked can take it.
    story.acknowledge("legal", "liz");
    assert_eq!(story.holder("legal").as_deref(), Some("liz"));
    story.resolve();
    story.run_to("1h");
    assert_snapshot!(story.told(), @"
    0:00.0 legal step 0 Opened: lea (legal:primary)
    1:00.0 legal acknowledged by lea
    2:00.0 legal: lea asks leo (legal:primary) to take it over from lea
    2:00.0 legal: lea asks liz (legal:primary) to take it over from lea
    3:00.0 legal declined by lea
    3:00.0 legal step 1 Declined: [primary lea Declined]
    3:00.0 legal step 2 Declined: leo (legal:backup)
    3:00.0 legal acknowledged by liz
    ");
}

#[test]
fn a_request_that_is_recorded_late_changes_nothing_that_came_meanwhile() {
    let mut story = Story::open(hospital(), "acts");
    story.run_to("1m");
    story.acknowledge("legal", "lea");
    story.run_to("2m");
    story.late(|story| story.ask("legal", "lea", "leo").unwrap(), "3m");
    assert_eq!(story.holder("legal").as_deref(), Some("lea"));
    story.take_over("legal", "leo").unwrap();
    story.late(|story| story.decline("legal", "leo"), "4m");
    story.run_to("30m");
}
