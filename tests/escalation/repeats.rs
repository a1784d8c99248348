//! Repeats of a matter under another class: a graver one brings its playbook's departments.

use std::sync::Arc;

use insta::assert_snapshot;
use wardbell::domain::incident::Incoming;
use wardbell::domain::plan::Plan;
use wardbell::domain::playbook::conditions::Conditions;
use wardbell::domain::playbook::{AfterHours, Playbook, Promotion, Trigger};
use wardbell::domain::severity::Severity;

use crate::story::{Story, hospital};

fn class(class: &str) -> Incoming {
    Incoming { class: class.into(), ..Incoming::default() }
}

/// The usual hospital with a change of one playbook.
fn with(class: &str, change: impl Fn(&mut Playbook)) -> Plan {
    let mut plan = hospital();
    let playbook = plan.playbooks.iter_mut().find(|playbook| playbook.class.as_str() == class).unwrap();
    change(Arc::make_mut(playbook));
    plan
}

#[test]
fn a_graver_class_adds_its_departments_and_climbs_its_ladder() {
    let mut story = Story::open(hospital(), "billing");
    story.run_to("1m");
    story.fold(class("two"));
    story.run_to("2m");
    story.fold(class("two"));
    story.fold(class("billing"));
    story.run_to("4m");
    assert_snapshot!(story.told(), @r#"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 two instead of billing, critical, adds ["legal"]
    1:00.0 privacy step 0 Reclassified: ann (privacy:primary)
    1:00.0 legal step 0 Reclassified: lea (legal:primary)
    3:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    3:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
    "#);
}

#[test]
fn it_does_so_after_an_acknowledgement_and_asks_for_what_its_playbook_asks() {
    let mut story = Story::open(with("two", |two| two.act_within = Some("10m".parse().unwrap())), "billing");
    story.run_to("1m");
    story.acknowledge("privacy", "ann");
    story.run_to("20m");
    story.fold(class("two"));
    story.acknowledge("privacy", "ann");
    story.acknowledge("legal", "lea");
    story.run_to("31m");
    assert_snapshot!(story.told(), @r#"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     1:00.0 privacy acknowledged by ann
    20:00.0 two instead of billing, critical, adds ["legal"]
    20:00.0 privacy step 0 Reclassified: ann (privacy:primary)
    20:00.0 legal step 0 Reclassified: lea (legal:primary)
    20:00.0 privacy acknowledged by ann
    20:00.0 legal acknowledged by lea
    30:00.0 privacy reminded: ann (privacy:primary)
    30:00.0 legal reminded: lea (legal:primary)
    "#);
}

#[test]
fn departments_that_only_the_playbook_before_names_keep_their_ladder_and_who_has_it() {
    let mut story = Story::open(hospital(), "billing");
    story.run_to("1m");
    story.fold(class("acts"));
    story.run_to("2m");
    story.acknowledge("legal", "lea");
    story.note("legal", "lea", "called");
    story.run_to("31m");
    assert_snapshot!(story.told(), @r#"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     1:00.0 acts instead of billing, critical, adds ["legal"]
     1:00.0 legal step 0 Reclassified: lea (legal:primary)
     2:00.0 legal acknowledged by lea
    15:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    30:00.0 privacy step 2 NotAcknowledged: bob (privacy:backup)
    "#);
}

#[test]
fn a_severity_that_the_repeat_asks_for_lifts_those_departments_too() {
    let mut story = Story::open(hospital(), "billing");
    story.run_to("1m");
    story.acknowledge("privacy", "ann");
    story.fold(Incoming { severity: Some(Severity::Critical), ..class("acts") });
    story.run_to("4m");
    assert_snapshot!(story.told(), @r#"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 privacy acknowledged by ann
    1:00.0 acts instead of billing, critical, adds ["legal"]
    1:00.0 privacy step 0 Reclassified: ann (privacy:primary)
    1:00.0 legal step 0 Reclassified: lea (legal:primary)
    3:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    3:00.0 legal step 1 NotAcknowledged: lea (legal:primary)
    "#);
}

#[test]
fn a_class_that_is_no_graver_pages_nobody() {
    let mut story = Story::open(hospital(), "leak");
    story.run_to("1m");
    for other in ["two", "billing", "unheard-of", "leak"] {
        story.fold(class(other));
    }
    story.run_to("90s");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
    ");
}

#[test]
fn an_incident_that_was_lifted_takes_a_graver_class_and_stays_lifted() {
    let mut plan = with("two", |two| two.severity = Severity::High);
    let billing = plan.playbooks.iter_mut().find(|playbook| playbook.class.as_str() == "billing").unwrap();
    let when = Trigger { any_flag: vec!["posting-now".into()], reach_at_least: None };
    let promotion = Promotion { when, severity: Some(Severity::Critical), ladder: None };
    Arc::make_mut(billing).promotions = vec![promotion];
    let flagged = Incoming { flags: vec!["posting-now".into()], ..Incoming::default() };
    let mut story = Story::open_with(plan, "billing", flagged.clone());
    story.run_to("1m");
    story.fold(class("two"));
    // Back and forth leads to nothing more.
    story.fold(Incoming { class: "billing".into(), ..flagged });
    story.fold(class("two"));
    story.run_to("90s");
    assert_snapshot!(story.told(), @r#"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 two instead of billing, critical, adds ["legal"]
    1:00.0 privacy step 0 Reclassified: ann (privacy:primary)
    1:00.0 legal step 0 Reclassified: lea (legal:primary)
    "#);
}

#[test]
fn a_graver_variant_of_the_same_class_is_taken_by_its_conditions() {
    let mut plan = hospital();
    let billing = plan.playbooks.iter().find(|playbook| playbook.class.as_str() == "two").unwrap();
    let mut variant = Playbook::clone(billing);
    variant.class = "billing".parse().unwrap();
    variant.variant = Some("distressed".parse().unwrap());
    variant.conditions = Conditions { any_flag: vec!["distress".into()], ..Conditions::default() };
    plan.playbooks.push(Arc::new(variant));
    let mut story = Story::open(plan, "billing");
    story.run_to("1m");
    story.fold(Incoming { flags: vec!["distress".into()], ..class("billing") });
    story.run_to("90s");
    assert_snapshot!(story.told(), @r#"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 billing.distressed instead of billing, critical, adds ["legal"]
    1:00.0 privacy step 0 Reclassified: ann (privacy:primary)
    1:00.0 legal step 0 Reclassified: lea (legal:primary)
    "#);
}

#[test]
fn whoever_climbs_already_is_not_put_off_until_the_department_opens() {
    let hold = |waits: &mut Playbook| {
        waits.severity = Severity::High;
        waits.departments = vec!["legal".parse().unwrap(), "privacy".parse().unwrap()];
        waits.after_hours = Some(AfterHours { hold: true, ..AfterHours::default() });
    };
    let plan = with("waits", hold);
    // Legal opens at 8 in the morning, and climbs as what nobody knows.
    let mut story = Story::open(plan, "unheard-of");
    story.run_to("1m");
    story.fold(class("waits"));
    story.run_to("2m");
    assert_snapshot!(story.told(), @r#"
    0:00.0 legal step 0 Opened: lea (legal:primary)
    1:00.0 waits instead of unclassified, high, adds ["privacy"]
    1:00.0 legal step 0 Reclassified: lea (legal:primary)
    1:00.0 privacy step 0 Reclassified: ann (privacy:primary)
    "#);
}

#[test]
fn whoever_is_involved_in_the_graver_repeat_is_not_paged_by_it() {
    let mut story = Story::open(hospital(), "billing");
    story.run_to("1m");
    story.fold(Incoming { involved: vec!["lea".into()], ..class("two") });
    story.run_to("90s");
    assert_snapshot!(story.told(), @r#"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    1:00.0 two instead of billing, critical, adds ["legal"]
    1:00.0 privacy step 0 Reclassified: ann (privacy:primary)
    1:00.0 legal step 0 Reclassified: [primary lea Involved] [primary - NobodyOnCall]
    1:00.0 legal step 1 NobodyFound: [primary lea Involved] [primary - NobodyOnCall]
    1:00.0 legal step 2 NobodyFound: leo (legal:backup)
    "#);
}

#[test]
fn of_many_names_those_in_a_roster_count_however_many_came_before() {
    let mut story = Story::open(hospital(), "leak");
    for repeat in 0..40 {
        let involved = (0..32).map(|number| format!("nobody-{repeat}-{number}@elsewhere.example")).collect();
        story.fold(Incoming { involved, ..Incoming::default() });
    }
    assert_eq!((story.incident().involved.len(), story.incident().involved_not_kept), (1_000, 280));
    story.fold(Incoming { involved: vec!["Bob <BOB@mercy.example>".into()], ..Incoming::default() });
    assert_eq!((story.incident().involved.len(), story.incident().involved_not_kept), (1_001, 280));
    story.run_to("6m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    2:00.0 privacy step 1 NotAcknowledged: ann (privacy:primary)
    5:00.0 privacy step 2 NotAcknowledged: [backup bob Involved] [backup - NobodyOnCall]
    5:00.0 privacy step 3 NobodyFound: adam (administrator-on-call:primary)
    ");
}

#[test]
fn somebody_who_joins_a_roster_under_a_name_that_nobody_had_is_passed_over() {
    let unknown = ["Cleo  NOBODY <cleo@elsewhere.example>".to_owned(), "Dan Nobody".to_owned()];
    let mut story =
        Story::open_with(hospital(), "leak", Incoming { involved: unknown[..1].to_vec(), ..Incoming::default() });
    story.fold(Incoming { involved: unknown[1..].to_vec(), ..Incoming::default() });
    // The state has hashes alone.
    let written = serde_json::to_string(story.incident()).unwrap().to_lowercase();
    assert!(!written.contains("nobody") && !written.contains("cleo"), "{written}");
    assert_eq!(story.incident().involved.len(), 2);
    story.add("privacy", "cleo", "Cleo Other");
    assert!(!story.is_involved("privacy", "cleo"), "somebody else");
    story.take_out("privacy", "cleo");
    story.add("privacy", "dan", "Dan Nobody");
    assert!(story.is_involved("privacy", "dan"), "by the name");
}

#[test]
fn a_flag_counts_in_its_repeat_however_many_came_before() {
    let mut plan = hospital();
    for playbook in &mut plan.playbooks {
        let when = Trigger { any_flag: vec!["posting-now".into()], reach_at_least: None };
        let promotion = Promotion { when, severity: Some(Severity::Critical), ladder: None };
        Arc::make_mut(playbook).promotions = vec![promotion];
    }
    let mut story = Story::open(plan, "billing");
    for repeat in 0..40 {
        let flags = (0..32).map(|number| format!("flag-{repeat}-{number}")).collect();
        story.fold(Incoming { flags, ..class("billing") });
    }
    assert!(story.incident().seen.flags.len() < 300);
    story.fold(Incoming { flags: vec!["posting-now".into()], ..class("billing") });
    assert_eq!(story.incident().severity, Severity::Critical);
}
