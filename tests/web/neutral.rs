//! The page of a link whose holder may not answer: involved, or in no roster any more.

use std::sync::Arc;

use serde_json::{Value, json};
use wardbell::domain::contact::{ChannelKind, Contact, Contacts};
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::roster::Roster;

use crate::house::House;
use crate::pages::visible;

/// An incident that names everybody.
fn about_everybody(house: &House) -> Value {
    let state = house.state.lock().unwrap();
    let people = state.plan.rosters.values().flat_map(|roster| &roster.liaisons);
    let ids: Vec<&str> = people.map(|liaison| liaison.id.as_str()).collect();
    json!({ "class": "phi-by-staff", "involved": ids })
}

/// Changes a roster, as a reload does.
fn edit(house: &House, department: &str, change: impl FnOnce(&mut Roster)) {
    let mut state = house.state.lock().unwrap();
    let mut plan = (*state.plan).clone();
    change(Arc::make_mut(plan.rosters.get_mut(&department.parse().unwrap()).unwrap()));
    state.plan = Arc::new(plan);
}

fn join(house: &House, id: &str, name: &str) {
    edit(house, "privacy", |roster| {
        let mut liaison = roster.liaisons[0].clone();
        (liaison.id, liaison.name) = (id.parse().unwrap(), name.into());
        liaison.contacts = Contacts::from_iter([Contact::at_once(ChannelKind::Email, format!("{id}@mercy.example"))]);
        roster.liaisons.push(liaison);
    });
}

fn latest_token(house: &House) -> String {
    house.state.lock().unwrap().tokens.last().unwrap().0.clone()
}

#[tokio::test]
async fn the_last_resort_hands_it_over_or_calls() {
    let house = House::start().await;
    house.open(about_everybody(&house)).await;
    let token = latest_token(&house);
    let page = house.look(&token).await;
    assert_eq!(page.status, 200);
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    Call someone who can take this
    You are named in this incident, so you cannot answer it yourself, and no one else on the rosters can be paged.
    Call someone you trust who is not involved, for example through the hospital’s operator, and give them the reference F6WQYJKW.
    Reference F6WQYJKW
    ");
    let called = house.press(&token, &[("action", "acknowledge")]).await;
    assert_eq!(called.status, 409);
    assert!(visible(&called.text).contains("Not saved: you cannot answer this page."));
    join(&house, "k-lee", "Kay Lee");
    let page = house.look(&token).await;
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    Hand this to someone else
    Everyone who would be paged is named in this incident, so you cannot answer it yourself.
    Choose someone who is not named. We page them right away, and we may page you again until they take it.
    Reference F6WQYJKW
    Person to hand this to
    Choose a person
    Kay Lee, Privacy Office
    [Hand this to them]
    ");
    for (to, words) in [("", "Choose a person from the list"), ("m-rivera", "Choose a person from the list")] {
        let refused = house.press(&token, &[("action", "hand-over"), ("to", to)]).await;
        assert_eq!(refused.status, 422, "{to}");
        assert!(visible(&refused.text).contains(words), "{}", visible(&refused.text));
    }
    let handed = house.press(&token, &[("action", "hand-over"), ("to", "privacy/k-lee")]).await;
    assert_eq!(handed.status, 200);
    assert!(visible(&handed.text).contains("Handed over at 02:05:00 CST. They are being paged now."));
    let again = house.press(&token, &[("action", "hand-over"), ("to", "k-lee")]).await;
    assert_eq!(again.status, 409);
    assert!(visible(&again.text).contains("Kay Lee has been paged already."), "{}", visible(&again.text));
    let hers = house.token("k-lee");
    let list = house.look(&hers).await.text;
    assert!(visible(&list).contains("2 pages wait for you\n[I have both]"), "{}", visible(&list));
    let id = list.split_once(r#"name="page" value=""#).unwrap().1.split('"').next().unwrap();
    let page = visible(&house.look(&format!("{hers}?page={id}")).await.text);
    assert!(page.contains("A colleague asks you to take it over.") && page.contains("[I have it]"), "{page}");
    // Nobody else hands over.
    let stranger = house.press(&hers, &[("action", "hand-over"), ("to", "k-lee")]).await;
    assert_eq!(stranger.status, 409);
    assert_eq!(house.press(&hers, &[("action", "acknowledge")]).await.status, 200);
}

#[tokio::test]
async fn somebody_who_is_involved_sees_the_reference_alone() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let token = house.token("m-rivera");
    let named = |incident: &mut Incident| incident.involved = ["m-rivera"].into_iter().collect();
    house.state.lock().unwrap().incidents.values_mut().for_each(|known| named(&mut known.incident));
    let page = house.look(&token).await;
    assert_eq!(page.status, 200);
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    You do not need to answer this page
    Other people have been asked to handle it.
    Reference F6WQYJKW
    ");
    for action in ["acknowledge", "decline", "note", "hand-over"] {
        let page = house.press(&token, &[("action", action), ("note", "x")]).await;
        assert_eq!(page.status, 409, "{action}");
        assert!(visible(&page.text).contains("Not saved: you cannot answer this page."), "{action}");
    }
    house.act(&id, json!({ "action": "resolve" })).await;
    assert!(!visible(&house.look(&token).await.text).contains("social-desk"));
}

#[tokio::test]
async fn somebody_who_has_left_the_rosters_is_told_so() {
    let house = House::start().await;
    house.open(json!({ "class": "phi-by-staff" })).await;
    let token = house.token("m-rivera");
    edit(&house, "privacy", |roster| roster.liaisons.retain(|liaison| liaison.id.as_str() != "m-rivera"));
    insta::assert_snapshot!(visible(&house.look(&token).await.text), @"
    MERCY
    You are no longer on a Wardbell roster
    You cannot answer this page. If no one has answered it, we are paging the next person.
    If you should be on a roster, call the hospital’s operator.
    Reference F6WQYJKW
    ");
    let before = house.records();
    for action in ["acknowledge", "decline", "note"] {
        assert_eq!(house.press(&token, &[("action", action), ("note", "x")]).await.status, 409, "{action}");
    }
    assert_eq!(house.records(), before);
}
