//! What somebody who has an incident finds at hand behind the link, without a sign-in.

use std::sync::Arc;

use askama::Template;
use serde_json::json;
use wardbell::domain::plan::Plan;
use wardbell::domain::policy::Policy;
use wardbell::web::pages::policies::{PoliciesPage, PolicyPage};

use crate::house::House;
use crate::pages::{incident, visible};
use crate::signed_in::{SITE, is_well_formed, made, maria};

/// A page behind a link takes no longer to load than this, in bytes.
const PAGE_MAX: usize = 20_000;

fn policy(title: &str, text: &str) -> Arc<Policy> {
    Arc::new(Policy { title: title.to_owned(), text: text.into() })
}

/// With two policies, of which every playbook names one, and a text that was approved in advance.
fn at_hand(plan: &mut Plan) {
    let name = |name: &str| name.parse().unwrap();
    plan.policies
        .insert(name("photography"), policy("Photos", "# Photos\n\nNone. <b>No</b> [more](social-media.md)\n"));
    plan.policies.insert(name("social-media"), policy("Social media", "# Social media\n\nBe kind.\n"));
    for playbook in &mut plan.playbooks {
        let mut changed = serde_json::to_value(&**playbook).unwrap();
        changed["policies"] = json!(["photography", "gone"]);
        changed["statements"].as_array_mut().unwrap().push(json!({
            "name": "reply", "approve": [], "ready": true, "choices": { "state": ["open", "closed"] },
            "text": "As of {time} on {date}, the clinic is {state}.",
        }));
        *playbook = Arc::new(serde_json::from_value(changed).unwrap());
    }
}

#[tokio::test]
async fn a_script_the_people_and_the_policies_stand_behind_the_link_right_after_the_press() {
    let house = House::start().await;
    house.replan(at_hand);
    house.open(incident()).await;
    let token = house.token("m-rivera");
    let before = visible(&house.look(&token).await.text);
    assert!(!before.contains("Ready to use") && !before.contains("Policies"), "{before}");
    let page = house.press(&token, &[("action", "acknowledge")]).await;
    assert!(page.text.len() <= PAGE_MAX && !page.text.contains("<script"), "{}", page.text.len());
    assert!(page.text.contains("href=\"mailto:p-nowak@mercy.example\""), "{}", page.text);
    assert!(page.text.contains("href=\"?policy=photography\"") && !page.text.contains("policy=gone"));
    let page = visible(&page.text);
    for words in [
        "Ready to use: reply",
        "As of 02:05 CST on January 5, the clinic is [state].",
        "[state] is one of:",
        "closed",
        "Who else is on it",
        "Paula Nowak",
        "was paged for Human Resources, no answer yet.",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    assert!(!page.contains("First statement by"), "it is not critical:\n{page}");
    house.press(&house.token("p-nowak"), &[("action", "acknowledge")]).await;
    let later = visible(&house.look(&token).await.text);
    assert!(later.contains("has it for Human Resources."), "{later}");
}

#[tokio::test]
async fn a_critical_incident_asks_for_a_first_statement_within_an_hour() {
    let house = House::start().await;
    house.open(json!({ "class": "self-harm" })).await;
    let page = visible(&house.press(&house.token("m-rivera"), &[("action", "acknowledge")]).await.text);
    assert!(page.contains("First statement by 03:05 CST") && page.contains("What is not known yet."), "{page}");
}

#[tokio::test]
async fn a_policy_is_read_behind_the_link_without_a_sign_in_and_elsewhere_with_one() {
    let house = House::start().await;
    house.replan(at_hand);
    house.open(incident()).await;
    let token = house.token("m-rivera");
    let (before, policy) = (house.records(), house.look(&format!("{token}?policy=photography")).await);
    assert_eq!((policy.status, house.records()), (200, before));
    assert!(
        policy.text.contains("None. &lt;b&gt;No&lt;/b&gt; <a href=\"?policy=social-media\">more</a>"),
        "{}",
        policy.text
    );
    for unknown in ["nothing", "../x", ""] {
        let page = house.look(&format!("{token}?policy={unknown}")).await;
        assert!(page.status == 200 && visible(&page.text).contains("I have it"), "{unknown}");
    }
    assert_ne!(house.look("aaaaaaaaaaaaaaaaaaaaaaaa?policy=photography").await.status, 200);
    for path in ["/policies", "/policies/photography"] {
        let page = house.get(path, "").await;
        assert!(!page.text.contains("Photos"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn the_policies_of_people_who_signed_in_are_well_formed() {
    let house = House::start().await;
    house.replan(at_hand);
    let viewer = maria(&house);
    let html = made(&house, &viewer, |reading| {
        PoliciesPage::new(SITE, reading.plan, reading.now, reading.viewer).render().unwrap()
    });
    is_well_formed(&html);
    assert!(html.contains("<a href=\"/ward/policies/photography\">Photos</a>"), "{html}");
    let html = made(&house, &viewer, |reading| {
        PolicyPage::new(SITE, reading.plan, reading.now, reading.viewer, "photography").unwrap().render().unwrap()
    });
    is_well_formed(&html);
    assert!(html.contains("<a href=\"/ward/policies/social-media\">more</a>"), "{html}");
    let none = made(&house, &viewer, |reading| {
        PolicyPage::new(SITE, reading.plan, reading.now, reading.viewer, "x").is_none()
    });
    assert!(none);
}
