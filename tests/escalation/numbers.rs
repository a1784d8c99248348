//! Several numbers of one person: which of them a page goes to, and when.

use insta::assert_snapshot;

use crate::story::{Story, hospital, set_numbers};

const FIRST: &str = "+13125550101";
const SECOND: &str = "+13125550177";
const THIRD: &str = "+13125550178";

/// A page to Ann, who has these numbers, and a mailbox that is used after a while or not at all.
fn story(numbers: &[&str], mail_after: Option<&str>) -> Story {
    let mut plan = hospital();
    set_numbers(&mut plan, "privacy", "ann", numbers, mail_after);
    Story::open(plan, "billing")
}

fn attempts(story: &Story) -> String {
    story.told_with_attempts().split_once("attempts:\n").unwrap().1.to_owned()
}

#[test]
fn a_page_that_the_first_number_refuses_goes_to_the_second_at_once_and_to_no_other_channel() {
    let mut story = story(&[FIRST, SECOND, THIRD], Some("2m"));
    story.refuse(FIRST);
    story.run_to("1m");
    assert_snapshot!(attempts(&story), @"
     0:00.0 1 +13125550101 refused
     0:00.0 1 +13125550177 accepted
    ");
    assert!(story.told().lines().count() == 1, "nobody else is paged: {}", story.told());
    story.run_to("3m");
    assert!(attempts(&story).ends_with(" 2:00.0 1 ann@mercy.example accepted\n"), "the mailbox keeps its time");
}

#[test]
fn only_when_the_last_number_has_refused_the_other_channel_starts_early() {
    let mut story = story(&[FIRST, SECOND, THIRD], Some("2m"));
    [FIRST, SECOND, THIRD].iter().for_each(|number| story.refuse(number));
    story.run_to("1m");
    assert_snapshot!(attempts(&story), @"
     0:00.0 1 +13125550101 refused
     0:00.0 1 +13125550177 refused
     0:00.0 1 +13125550178 refused
     0:00.0 1 ann@mercy.example accepted
    ");
    assert!(story.told().lines().count() == 1, "nobody else is paged: {}", story.told());
}

#[test]
fn whom_no_number_reaches_is_followed_by_the_next_person_at_once() {
    let mut story = story(&[FIRST, SECOND], None);
    [FIRST, SECOND].iter().for_each(|number| story.refuse(number));
    story.run_to("1m");
    assert_snapshot!(story.told_with_attempts(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 privacy step 1 Unreachable: [primary ann Unreachable]
     0:00.0 privacy step 2 Unreachable: bob (privacy:backup)

    attempts:
     0:00.0 1 +13125550101 refused
     0:00.0 1 +13125550177 refused
     0:00.0 2 +13125550102 accepted
     0:00.0 2 bob@mercy.example accepted
    ");
}

#[test]
fn a_temporary_failure_is_retried_at_the_same_number_and_starts_the_other_channel() {
    let mut story = story(&[FIRST, SECOND], Some("2m"));
    story.fail(FIRST, 2);
    story.run_to("1m");
    assert_snapshot!(attempts(&story), @"
     0:00.0 1 +13125550101 retry
     0:00.0 1 ann@mercy.example accepted
     0:01.1 1 +13125550101 retry
     0:03.4 1 +13125550101 accepted
    ");
}

#[test]
fn the_next_number_has_the_same_pauses_as_the_first() {
    let mut story = story(&[FIRST, SECOND], None);
    story.refuse(FIRST);
    story.fail(SECOND, 3);
    story.run_to("1m");
    assert_snapshot!(attempts(&story), @"
     0:00.0 1 +13125550101 refused
     0:00.0 1 +13125550177 retry
     0:01.1 1 +13125550177 retry
     0:03.4 1 +13125550177 retry
     0:07.9 1 +13125550177 accepted
    ");
    assert!(story.told().lines().count() == 1, "nobody else is paged: {}", story.told());
}

#[test]
fn what_is_wrong_with_the_account_concerns_every_number() {
    let mut story = story(&[FIRST, SECOND], Some("2m"));
    story.blame_the_account();
    story.refuse(FIRST);
    story.run_to("1m");
    assert_snapshot!(attempts(&story), @"
     0:00.0 1 +13125550101 refused
     0:00.0 1 ann@mercy.example accepted
    ");
}

#[test]
fn after_a_restart_the_next_number_is_tried_and_not_the_first_again() {
    let mut story = story(&[FIRST, SECOND], Some("2m"));
    story.refuse(FIRST);
    story.attempt();
    story.restart();
    story.run_to("1m");
    assert_snapshot!(attempts(&story), @"
     0:00.0 1 +13125550101 refused
     0:00.0 1 +13125550177 accepted
    ");
}

#[test]
fn the_next_number_is_that_of_the_roster_in_force() {
    let tried = |numbers: &[&str]| {
        let mut story = story(&[FIRST, SECOND], Some("2m"));
        story.refuse(FIRST);
        story.refuse(THIRD);
        // The roster is saved while the first attempt is on its way.
        story.set_numbers("privacy", "ann", numbers, Some("2m"));
        story.run_to("1m");
        let attempts = attempts(&story);
        let to = attempts.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned);
        to.collect::<Vec<_>>().join(" ")
    };
    let mail = "ann@mercy.example";
    assert_eq!(tried(&[FIRST, THIRD, SECOND]), format!("{FIRST} {THIRD} {SECOND}"));
    assert_eq!(tried(&[SECOND, FIRST]), format!("{FIRST} {SECOND}"), "no number is passed over");
    assert_eq!(tried(&[THIRD]), format!("{FIRST} {THIRD} {mail}"));
    assert_eq!(tried(&[FIRST]), format!("{FIRST} {mail}"), "there is no other number any more");
}

#[test]
fn whoever_has_left_and_pages_that_nobody_needs_go_to_no_further_number() {
    let mut left = story(&[FIRST, SECOND], None);
    left.refuse(FIRST);
    left.take_out("privacy", "ann");
    left.run_to("1m");
    assert!(!attempts(&left).contains(SECOND), "{}", attempts(&left));

    let mut answered = story(&[FIRST, SECOND], None);
    answered.refuse(FIRST);
    answered.attempt();
    answered.acknowledge("privacy", "bob");
    answered.run_to("1m");
    assert!(!attempts(&answered).contains(SECOND), "{}", attempts(&answered));
}
