//! Everybody who could be paged is involved: somebody is paged all the same, and hands it over.

use insta::assert_snapshot;
use wardbell::domain::incident::Incoming;

use crate::story::{Story, hospital};

fn naming(who: &[&str]) -> Incoming {
    Incoming { involved: who.iter().map(|one| (*one).to_owned()).collect(), ..Incoming::default() }
}

/// Everybody in the rosters.
const ALL: [&str; 11] = ["ann", "bob", "ann2", "lea", "leo", "adam", "abe", "cleo", "lou", "sue", "anna"];

#[test]
fn the_fallback_departments_primary_is_paged_and_the_ladder_goes_on() {
    let mut story = Story::open_with(hospital(), "leak", naming(&ALL));
    story.run_to("26m");
    assert!(story.is_at_last_resort());
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall]
     2:00.0 privacy step 1 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall]
     5:00.0 privacy step 2 LastResort: adam (administrator-on-call:primary) [backup bob Involved] [backup - NobodyOnCall]
    10:00.0 privacy step 3 NotAcknowledged: [administrator-on-call:primary adam Involved] [administrator-on-call:primary - NobodyOnCall]
    10:00.0 privacy step 4 LastResort: adam (administrator-on-call:primary) [executive-on-call:primary cleo Involved] [executive-on-call:primary - NobodyOnCall]
    20:00.0 privacy again 1 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall] [backup bob Involved] [backup - NobodyOnCall] [administrator-on-call:primary adam Involved] [administrator-on-call:primary - NobodyOnCall] [executive-on-call:primary cleo Involved] [executive-on-call:primary - NobodyOnCall]
    25:00.0 privacy again 2 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall] [backup bob Involved] [backup - NobodyOnCall] [administrator-on-call:primary adam Involved] [administrator-on-call:primary - NobodyOnCall] [executive-on-call:primary cleo Involved] [executive-on-call:primary - NobodyOnCall]
    ");
    let refusal = "someone else must answer this incident";
    assert_eq!(story.try_acknowledge("privacy", "adam").unwrap_err(), refusal);
    assert_eq!(story.try_decline("privacy", "adam").unwrap_err(), refusal);
}

#[test]
fn a_ladder_without_repeats_pages_the_last_resort_again_all_the_same() {
    let mut story = Story::open_with(hospital(), "billing", naming(&ALL));
    story.run_to("10h");
    let last = story.told().lines().filter(|line| line.contains("LastResort")).count();
    assert!(last > 10, "{}", story.told());
}

#[test]
fn two_departments_page_the_last_resort_once_each_time() {
    let mut story = Story::open_with(hospital(), "two", naming(&ALL));
    story.run_to("1m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall]
    0:00.0 legal step 0 Opened: [primary lea Involved] [primary - NobodyOnCall] [primary adam PagedAlready]
    ");
}

#[test]
fn a_repeat_that_names_everybody_else_leaves_the_last_resort() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    story.acknowledge("privacy", "ann");
    story.fold(naming(&ALL));
    story.run_to("3m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 privacy acknowledged by ann
    1:00.0 privacy called ann back
    1:00.0 privacy step 1 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall]
    ");
}

#[test]
fn who_could_not_be_reached_is_followed_by_the_last_resort_and_tried_again() {
    let mut story = Story::open_with(hospital(), "leak", naming(&ALL[..10]));
    // Anna, whom nobody names, has Ann's telephone; so there is nobody but Zoe.
    story.add("slow", "zoe", "Zoe");
    story.refuse("zoe@mercy.example");
    story.refuse("+13125550199");
    story.run_to("6m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall]
    2:00.0 privacy step 1 NotAcknowledged: zoe (slow:primary) [primary ann Involved] [primary - NobodyOnCall]
    2:00.0 privacy step 2 LastResort: adam (administrator-on-call:primary) [backup bob Involved] [backup - NobodyOnCall]
    ");
}

#[test]
fn who_alone_may_answer_and_declines_is_followed_by_the_last_resort_at_once() {
    let mut story = Story::open_with(hospital(), "leak", naming(&ALL));
    story.add("slow", "zoe", "Zoe");
    story.run_to("3m");
    story.decline("privacy", "zoe");
    story.run_to("4m");
    assert!(story.is_at_last_resort());
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall]
    2:00.0 privacy step 1 NotAcknowledged: zoe (slow:primary) [primary ann Involved] [primary - NobodyOnCall]
    3:00.0 privacy declined by zoe
    3:00.0 privacy step 2 LastResort: adam (administrator-on-call:primary) [backup bob Involved] [backup - NobodyOnCall]
    ");
}

#[test]
fn whoever_is_chosen_is_paged_and_takes_it() {
    let mut story = Story::open_with(hospital(), "two", naming(&ALL));
    story.run_to("1m");
    assert!(story.hand_over("adam", "zoe").unwrap_err().starts_with("choose a person from the list"));
    story.add("slow", "zoe", "Zoe");
    assert!(story.hand_over("adam", "lea").unwrap_err().starts_with("choose a person from the list"));
    // Only those who were paged as the last resort hand it over.
    assert_eq!(story.hand_over("abe", "zoe").unwrap_err(), "this page cannot be handed over");
    story.hand_over("adam", "slow/zoe").unwrap();
    assert_eq!(story.hand_over("adam", "zoe").unwrap_err(), "Zoe has been paged already");
    story.run_to("150s");
    assert!(story.is_at_last_resort());
    story.acknowledge("privacy", "zoe");
    story.acknowledge("legal", "zoe");
    assert!(!story.is_at_last_resort());
    assert_eq!(story.hand_over("adam", "zoe").unwrap_err(), "this page cannot be handed over");
    story.run_to("1h");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 LastResort: adam (administrator-on-call:primary) [primary ann Involved] [primary - NobodyOnCall]
    0:00.0 legal step 0 Opened: [primary lea Involved] [primary - NobodyOnCall] [primary adam PagedAlready]
    1:00.0 privacy handed over by adam to zoe (slow:primary)
    1:00.0 legal handed over by adam to zoe (slow:primary)
    2:00.0 privacy step 1 NotAcknowledged: zoe (slow:primary) [primary ann Involved] [primary - NobodyOnCall]
    2:00.0 legal step 1 NotAcknowledged: zoe (slow:primary) [primary lea Involved] [primary - NobodyOnCall]
    2:30.0 privacy acknowledged by zoe
    2:30.0 legal acknowledged by zoe
    ");
}
