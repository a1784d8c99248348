//! Tasks: what is overdue is asked for once, and what is owed after the resolution by day, until each is done.

use chrono::{DateTime, Utc};
use insta::assert_snapshot;
use wardbell::domain::escalation::owed::by_day::{is_by_day, next_day, next_morning};
use wardbell::domain::escalation::resolution::DedupKey;
use wardbell::domain::escalation::tasks::input::{NewTask, TASK_MAX, TASKS_ADDED_MAX, TaskChange};
use wardbell::domain::id::DepartmentId;
use wardbell::domain::incident::Incoming;

use crate::story::{Story, hospital};

fn done(task: u32) -> TaskChange {
    TaskChange::Done { task, note: None }
}

fn not_needed(task: u32, note: &str) -> TaskChange {
    TaskChange::NotNeeded { task, note: note.into() }
}

fn reopen(task: u32) -> TaskChange {
    TaskChange::Reopen { task, note: Some("not finished".into()) }
}

fn add(department: &str, words: &str, within: Option<&str>, to: Option<&str>) -> TaskChange {
    TaskChange::Add(NewTask {
        department: department.parse().unwrap(),
        words: words.into(),
        within: within.map(|within| within.parse().unwrap()),
        to: to.map(|to| to.parse().unwrap()),
    })
}

fn acknowledged() -> Story {
    let mut story = Story::open(hospital(), "tasks");
    story.run_to("1m");
    story.acknowledge("privacy", "bob");
    story.acknowledge_by_operator("legal");
    story
}

#[test]
fn what_is_overdue_is_asked_for_once_of_the_holder_and_once_of_the_primary() {
    let mut story = acknowledged();
    story.run_to("1d");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by social-desk
    60:00.0 privacy Overdue 1: bob (privacy:primary)
    80:00.0 privacy Overdue 2: bob (privacy:primary)
    90:00.0 privacy Overdue 2: ann (privacy:primary)
    120:00.0 legal Overdue 1: lea (legal:primary)
    ");
    assert_eq!(story.incident().follow_up(), 4);
}

#[test]
fn what_is_done_in_time_pages_nobody_and_a_task_can_be_reopened() {
    let mut story = acknowledged();
    story.task("bob", done(1)).unwrap();
    story.task("ann", not_needed(2, "no breach")).unwrap();
    story.task_by_operator(done(3)).unwrap();
    story.run_to("3h");
    story.task("bob", reopen(2)).unwrap();
    story.run_to("1d");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by social-desk
     1:00.0 task 1 of privacy done by bob
     1:00.0 task 2 of privacy not needed by ann
     1:00.0 task 3 of legal done by social-desk
    180:00.0 task 2 of privacy reopened by bob
    180:00.0 privacy Overdue 1: bob (privacy:primary)
    210:00.0 privacy Overdue 1: ann (privacy:primary)
    ");
    assert_snapshot!(story.tasks(), @"
    1 privacy capture 60m Done
    2 privacy assess 80m Open
    3 legal hold 120m Done
    4 slow file Open
    ");
    assert_eq!(story.incident().follow_up(), 2);
}

#[test]
fn what_is_owed_after_the_resolution_is_asked_for_by_day_until_it_is_done() {
    let mut story = acknowledged();
    story.run_to("30m");
    story.resolve();
    assert!(!story.incident().is_settled() && story.incident().ended_at().is_none());
    story.run_to("2d");
    story.task("bob", done(1)).unwrap();
    story.task("bob", done(2)).unwrap();
    story.run_to("50h");
    story.task("lea", done(3)).unwrap();
    story.task("sue", not_needed(4, "already on file")).unwrap_err();
    story.task_by_operator(not_needed(4, "already on file")).unwrap();
    assert!(story.incident().ended_at().is_some());
    story.run_to("10d");
    assert!(story.incident().is_settled());
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by social-desk
    30:00.0 privacy Owed 2:
    30:00.0 legal Owed 1:
    30:00.0 slow Owed 1:
    360:00.0 legal Owed 1: lea (legal:primary)
    420:00.0 privacy Owed 2: bob (privacy:primary)
    420:00.0 slow Owed 1: sue (slow:primary)
    1800:00.0 legal Owed 1: lea (legal:primary)
    1860:00.0 privacy Owed 2: bob (privacy:primary)
    1860:00.0 slow Owed 1: sue (slow:primary)
    2880:00.0 task 1 of privacy done by bob
    2880:00.0 task 2 of privacy done by bob
    3000:00.0 task 3 of legal done by lea
    3000:00.0 task 4 of slow not needed by social-desk
    ");
}

#[test]
fn whoever_resolves_it_by_day_is_told_on_the_next_day_and_the_others_at_once() {
    let mut story = acknowledged();
    story.run_to("8h");
    story.resolve_by("bob");
    story.run_to("32h");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by social-desk
    60:00.0 privacy Overdue 1: bob (privacy:primary)
    80:00.0 privacy Overdue 2: bob (privacy:primary)
    90:00.0 privacy Overdue 2: ann (privacy:primary)
    120:00.0 legal Overdue 1: lea (legal:primary)
    480:00.0 privacy Owed 2:
    480:00.0 legal Owed 1: lea (legal:primary)
    480:00.0 slow Owed 1: sue (slow:primary)
    1800:00.0 legal Owed 1: lea (legal:primary)
    1860:00.0 privacy Owed 2: bob (privacy:primary)
    1860:00.0 slow Owed 1: sue (slow:primary)
    ");
}

#[test]
fn a_person_is_told_once_a_day_even_for_two_departments() {
    let mut story = Story::open(hospital(), "tasks");
    story.run_to("1m");
    story.acknowledge("privacy", "bob");
    story.acknowledge("legal", "bob");
    story.resolve();
    story.run_to("10h");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by bob
     1:00.0 privacy Owed 2:
     1:00.0 legal Owed 1:
     1:00.0 slow Owed 1:
    360:00.0 legal Owed 1: bob (privacy:primary)
    420:00.0 privacy Owed 2: [bob PagedAlready]
    420:00.0 slow Owed 1: sue (slow:primary)
    ");
}

#[test]
fn whoever_is_involved_or_cannot_be_reached_is_followed_by_another() {
    let mut story = acknowledged();
    story.fold(Incoming { involved: vec!["bob@mercy.example".into()], ..Incoming::default() });
    story.run_to("2m");
    story.acknowledge("privacy", "ann");
    story.refuse("lea@mercy.example");
    story.refuse("+13125550103");
    story.run_to("70m");
    story.resolve();
    story.task_by_operator(add("empty", "tell the family", None, None)).unwrap();
    story.run_to("2d");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by social-desk
     1:00.0 privacy called bob back
     1:00.0 privacy step 1 Involved: ann (privacy:primary)
     2:00.0 privacy acknowledged by ann
    60:00.0 privacy Overdue 1: ann (privacy:primary)
    70:00.0 privacy Owed 2:
    70:00.0 legal Owed 1:
    70:00.0 slow Owed 1:
    70:00.0 task 5 of empty added by social-desk
    70:00.0 empty Owed 1:
    360:00.0 legal Owed 1: lea (legal:primary)
    420:00.0 privacy Owed 2: ann (privacy:primary)
    420:00.0 slow Owed 1: sue (slow:primary)
    420:00.0 empty Owed 1: leo (legal:backup) [- NobodyOnCall]
    1800:00.0 legal Owed 1: leo (legal:backup) [lea Unreachable]
    1860:00.0 privacy Owed 2: ann (privacy:primary)
    1860:00.0 slow Owed 1: sue (slow:primary)
    1860:00.0 empty Owed 1: [- NobodyOnCall] [leo PagedAlready]
    ");
}

#[test]
fn somebody_who_becomes_involved_is_no_longer_asked_for_what_is_owed() {
    let mut story = acknowledged();
    story.fail("bob@mercy.example", 100);
    story.fail("+13125550102", 100);
    story.run_to("61m");
    assert_eq!(story.incident().owed_pages().iter().filter(|owed| !owed.page.called_off).count(), 1);
    story.fold(Incoming { involved: vec!["bob".into()], ..Incoming::default() });
    assert_eq!(story.incident().owed_pages().iter().filter(|owed| !owed.page.called_off).count(), 0);
}

#[test]
fn another_playbook_adds_its_actions_and_what_was_open_stays() {
    let mut story = acknowledged();
    story.task("bob", done(2)).unwrap();
    story.run_to("10m");
    story.fold(Incoming { class: "graver".into(), ..Incoming::default() });
    story.run_to("11m");
    story.acknowledge("privacy", "bob");
    story.task("bob", add("privacy", "tell the ward", Some("2h"), Some("bob"))).unwrap();
    assert_snapshot!(story.tasks(), @"
    1 privacy capture 60m Open
    2 privacy assess 80m Done
    3 legal hold 120m Open
    4 slow file Open
    5 privacy call 40m Open
    6 privacy - 131m Open
    ");
    story.run_to("3h");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by social-desk
     1:00.0 task 2 of privacy done by bob
    10:00.0 graver instead of tasks, critical, adds []
    10:00.0 privacy step 0 Reclassified: ann (privacy:primary)
    11:00.0 privacy acknowledged by bob
    11:00.0 task 6 of privacy added by bob
    40:00.0 privacy Overdue 1: bob (privacy:primary)
    60:00.0 privacy Overdue 2: bob (privacy:primary)
    70:00.0 privacy Overdue 2: ann (privacy:primary)
    120:00.0 legal Overdue 1: lea (legal:primary)
    131:00.0 privacy Overdue 3: bob (privacy:primary)
    161:00.0 privacy Overdue 3: ann (privacy:primary)
    ");
}

#[test]
fn an_incident_that_is_reopened_keeps_its_tasks_and_nobody_is_told_by_day() {
    let mut story = acknowledged();
    story.run_to("2h");
    story.resolve();
    story.run_to("3h");
    story.reopen(DedupKey::Free).unwrap();
    story.run_to("182m");
    story.acknowledge("privacy", "bob");
    story.acknowledge("legal", "lea");
    story.run_to("2d");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by social-desk
    60:00.0 privacy Overdue 1: bob (privacy:primary)
    80:00.0 privacy Overdue 2: bob (privacy:primary)
    90:00.0 privacy Overdue 2: ann (privacy:primary)
    120:00.0 legal Overdue 1: lea (legal:primary)
    120:00.0 privacy Owed 2:
    120:00.0 legal Owed 1:
    120:00.0 slow Owed 1:
    180:00.0 reopened by social-desk
    180:00.0 privacy step 0 Reopened: ann (privacy:primary)
    180:00.0 legal step 0 Reopened: lea (legal:primary)
    182:00.0 privacy acknowledged by bob
    182:00.0 legal acknowledged by lea
    ");
    assert_eq!(story.incident().follow_up(), 4);
}

#[test]
fn what_was_asked_for_is_sent_again_after_a_restart_and_a_shift_keeps_every_wait() {
    let mut story = acknowledged();
    story.fail("bob@mercy.example", 2);
    story.run_to("60m");
    story.restart();
    story.shift("1h");
    story.run_to("200m");
    assert_snapshot!(story.told_with_attempts(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 legal step 0 Opened: lea (legal:primary)
     1:00.0 privacy acknowledged by bob
     1:00.0 legal acknowledged by social-desk
    60:00.0 privacy Overdue 1: bob (privacy:primary)
    140:00.0 privacy Overdue 2: bob (privacy:primary)
    140:00.0 legal Overdue 1: lea (legal:primary)
    150:00.0 privacy Overdue 2: ann (privacy:primary)

    attempts:
     0:00.0 1 +13125550101 accepted
     0:00.0 1 ann@mercy.example accepted
     0:00.0 2 +13125550103 accepted
     0:00.0 2 lea@mercy.example accepted
    60:00.0 3 +13125550102 accepted
    60:00.0 3 bob@mercy.example retry
    120:01.1 3 bob@mercy.example retry
    120:03.4 3 bob@mercy.example accepted
    140:00.0 4 +13125550102 accepted
    140:00.0 4 bob@mercy.example accepted
    140:00.0 5 +13125550103 accepted
    140:00.0 5 lea@mercy.example accepted
    150:00.0 6 +13125550101 accepted
    150:00.0 6 ann@mercy.example accepted
    ");
}

#[test]
fn what_cannot_be_done_about_a_task_is_refused_with_a_reason() {
    let mut story = acknowledged();
    story.task("bob", done(1)).unwrap();
    let long = "x".repeat(TASK_MAX + 1);
    for (who, change, because) in [
        ("bob", done(9), "this incident has no task 9; its tasks are listed on its page and under `tasks` in the API"),
        ("bob", done(1), "task 1 is already closed by Bob"),
        ("bob", reopen(2), "task 2 is open already"),
        ("bob", not_needed(2, " "), "say in a note why task 2 is not needed"),
        ("adam", done(2), "task 2 belongs to another department; ask its people, or sign in"),
        ("bob", add("privacy", " ", None, None), "say what is to be done"),
        ("bob", add("privacy", &long, None, None), "a task must not be longer than 400 characters"),
        ("bob", add("nobody", "go", None, None), "there is no department `nobody`"),
        (
            "bob",
            add("privacy", "go", None, Some("lea")),
            "`lea` is not in the roster of `privacy`, or cannot be paged for this incident",
        ),
    ] {
        assert_eq!(story.task(who, change).unwrap_err(), because);
    }
    for _ in 0..TASKS_ADDED_MAX {
        story.task("bob", add("legal", "go", None, None)).unwrap();
    }
    let refused = story.task("bob", add("legal", "go", None, None)).unwrap_err();
    assert_eq!(refused, "an incident cannot have more than 100 added tasks");
    let mut over = Story::open(hospital(), "leak");
    over.resolve();
    let refused = over.task("ann", add("privacy", "go", None, None)).unwrap_err();
    assert_eq!(refused, "this incident is resolved and nothing is owed anymore; reopen the incident first");
}

#[test]
fn a_department_is_told_when_it_opens_or_at_nine_and_never_at_night() {
    let plan = hospital();
    let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    for (department, at, morning, next) in [
        ("privacy", "2026-11-24T08:00:00Z", "2026-11-24T15:00:00Z", "2026-11-25T15:00:00Z"),
        ("privacy", "2026-11-24T15:00:00Z", "2026-11-24T15:00:00Z", "2026-11-25T15:00:00Z"),
        ("legal", "2026-11-24T08:00:00Z", "2026-11-24T14:00:00Z", "2026-11-25T14:00:00Z"),
        ("legal", "2026-11-24T14:30:00Z", "2026-11-25T14:00:00Z", "2026-11-25T14:00:00Z"),
        // The clocks go forward on March 8 and back on November 1.
        ("privacy", "2026-03-07T20:00:00Z", "2026-03-08T14:00:00Z", "2026-03-08T14:00:00Z"),
        ("legal", "2026-10-31T20:00:00Z", "2026-11-01T14:00:00Z", "2026-11-01T14:00:00Z"),
        ("privacy", "2026-11-01T06:30:00Z", "2026-11-01T15:00:00Z", "2026-11-02T15:00:00Z"),
        ("nowhere", "2026-11-24T08:00:00Z", "2026-11-24T15:00:00Z", "2026-11-25T15:00:00Z"),
    ] {
        let department: DepartmentId = department.parse().unwrap();
        assert_eq!(next_morning(&plan, &department, instant(at)), instant(morning), "{department} {at}");
        assert_eq!(next_day(&plan, &department, instant(at)), instant(next), "{department} {at}");
        assert!(is_by_day(&plan, &department, instant(morning)));
    }
    let privacy = "privacy".parse().unwrap();
    for (at, by_day) in [("12:59:59", false), ("13:00:00", true), ("01:59:59", true), ("02:00:00", false)] {
        assert_eq!(is_by_day(&plan, &privacy, instant(&format!("2026-11-24T{at}Z"))), by_day, "{at}");
    }
}
