//! One's own page: what its forms do.

use std::sync::Arc;

use serde_json::json;
use wardbell::domain::access_message::AccessNews;
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::playbook::Playbook;
use wardbell::domain::session::{SessionEnd, SessionEvent};

use crate::house::{CALENDAR_KEY, House};
use crate::pages::visible;
use crate::sign_in::{Browser, LIAISON, emergency_code, events};
use crate::signed_in::is_well_formed;

/// The forms of a page that end a session, by the name of the session.
fn names(html: &str) -> Vec<String> {
    let values = html.split("name=\"session\" value=\"").skip(1);
    values.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_one_or_all_others_and_nobody_elses() {
    let house = House::start().await;
    let mut browsers: Vec<Browser> = Vec::new();
    for _ in 0..4 {
        let mut browser = Browser::default();
        // Three codes an hour: the fourth begins with an emergency code.
        if browsers.len() < 3 {
            browser.sign_in(&house, LIAISON).await;
        }
        browsers.push(browser);
    }
    let [mut here, mut there, mut elsewhere, mut other] = <[Browser; 4]>::try_from(browsers).ok().unwrap();
    other.sign_in(&house, "j-chen@mercy.example").await;
    let page = here.get(&house, "/me").await;
    assert_eq!(page.status, 200);
    is_well_formed(&page.text);
    let text = visible(&page.text);
    assert!(text.contains("Here: by a code from 127.0.0.1, since 02:05 CST, until 14:05 CST at the latest"), "{text}");
    assert_eq!((text.matches("by a code from").count(), names(&page.text).len()), (3, 2), "{text}");
    for browser in [&there, &elsewhere] {
        assert!(!page.text.contains(&browser.cookies[0].1), "a page has no secret of another session");
    }

    let token = here.form_token();
    let one = names(&page.text).remove(0);
    assert_eq!(here.post(&house, "/me", &[("action", "end-others")]).await.status, 403, "without the form's token");
    let theirs = names(&other.get(&house, "/me").await.text);
    assert!(theirs.is_empty(), "{theirs:?}");
    let other_token = other.form_token();
    let tried =
        other.post(&house, "/me", &[("action", "end-session"), ("session", &one), ("form_token", &other_token)]).await;
    assert!(tried.status == 200 && visible(&tried.text).contains("That session had already ended."), "{}", tried.text);
    let ended = here.post(&house, "/me", &[("action", "end-session"), ("session", &one), ("form_token", &token)]).await;
    assert!(ended.status == 200 && visible(&ended.text).contains("Signed out there."), "{}", visible(&ended.text));
    assert_eq!(names(&ended.text).len(), 1);
    let alive = [there.get(&house, "/me").await.status, elsewhere.get(&house, "/me").await.status];
    assert!(alive == [200, 303] || alive == [303, 200], "one of them: {alive:?}");

    house.state.lock().unwrap().broken = true;
    let unrecorded = here.post(&house, "/me", &[("action", "end-others"), ("form_token", &token)]).await;
    assert!(
        visible(&unrecorded.text).contains("If Wardbell restarts before it is recorded, those sessions work again."),
        "{}",
        unrecorded.text
    );
    house.state.lock().unwrap().broken = false;
    let alive = [there.get(&house, "/me").await.status, elsewhere.get(&house, "/me").await.status];
    assert_eq!(
        (alive, here.get(&house, "/me").await.status, other.get(&house, "/me").await.status),
        ([303; 2], 200, 200)
    );
    let ends = events(&house).into_iter().filter_map(|event| match event {
        SessionEvent::SessionEnded { why, by, .. } => Some((why, by.map(|by| by.id().to_owned()))),
        _ => None,
    });
    assert_eq!(ends.collect::<Vec<_>>()[0], (SessionEnd::EndedByPerson, Some("m-rivera".to_owned())));
}

#[tokio::test]
async fn a_test_page_goes_to_the_persons_own_contacts_and_three_times_an_hour() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    let page = visible(&browser.get(&house, "/me").await.text);
    assert!(page.contains(&format!("email {LIAISON} No message sent here yet")), "{page}");
    let contact = ChannelKind::Email.hash_of(LIAISON);
    let at = house.state.lock().unwrap().now - chrono::TimeDelta::hours(1);
    house.state.lock().unwrap().reached.insert(contact, at);
    let page = visible(&browser.get(&house, "/me").await.text);
    assert!(page.contains(&format!("email {LIAISON} Last message sent at 01:05 CST")), "{page}");
    let key = wardbell::domain::calendar::link::token(
        CALENDAR_KEY.as_bytes(),
        &"privacy".parse().unwrap(),
        Some(&"m-rivera".parse().unwrap()),
    );
    let address = format!("{}/calendar/{}.ics", house.base, key.unwrap().reveal());
    assert!(page.contains(&format!("Privacy Office {address}")), "{page}");
    assert_eq!(house.get(address.strip_prefix(&house.base).unwrap(), "").await.status, 200);

    let before = house.get(&format!("/api/v1/incidents/{id}"), crate::house::READER).await.json();
    let test = [("action", "test"), ("form_token", &browser.form_token())];
    for _ in 0..3 {
        let sent = browser.post(&house, "/me", &test).await;
        assert!(
            visible(&sent.text).contains("A test message is on its way to your contact."),
            "{}",
            visible(&sent.text)
        );
    }
    let refused = browser.post(&house, "/me", &test).await;
    assert!(visible(&refused.text).contains("three tests within an hour"), "{}", visible(&refused.text));
    let mails = house.state.lock().unwrap().access_mail.split_off(1);
    assert_eq!(mails.len(), 3);
    for mail in mails {
        assert!(matches!(mail.message.about, AccessNews::Test { .. }), "{mail:?}");
        assert_eq!((mail.to.as_str(), mail.tests.unwrap().as_str()), (LIAISON, "m-rivera"));
    }
    let requested =
        events(&house).iter().filter(|event| matches!(event, SessionEvent::TestPageRequested { .. })).count();
    assert_eq!(requested, 3);
    let after = house.get(&format!("/api/v1/incidents/{id}"), crate::house::READER).await.json();
    assert_eq!(after, before, "no one is paged");
    // What cannot be recorded is not sent.
    let mut other = Browser::default();
    other.sign_in(&house, "j-chen@mercy.example").await;
    house.state.lock().unwrap().broken = true;
    let count = house.state.lock().unwrap().access_mail.len();
    let test = [("action", "test"), ("form_token", &other.form_token())];
    let refused = other.post(&house, "/me", &test).await;
    assert!(refused.text.contains("notice failed"), "{}", visible(&refused.text));
    assert_eq!(house.state.lock().unwrap().access_mail.len(), count);
}

#[tokio::test]
async fn an_emergency_code_has_no_contacts_to_test() {
    let house = House::start().await;
    let code = emergency_code(&house).await;
    let mut browser = Browser::default();
    let form = [("code", code.as_str()), ("address", LIAISON), ("reason", "mail is down")];
    assert_eq!(browser.post(&house, "/sign-in/emergency", &form).await.status, 303);
    let page = browser.get(&house, "/me").await.text;
    assert!(visible(&page).contains("Here: by an emergency code from 127.0.0.1"), "{}", visible(&page));
    assert!(!page.contains("Send me a test message") && !page.contains("/calendar/"), "{}", visible(&page));
    let test = [("action", "test"), ("form_token", &browser.form_token())];
    let refused = browser.post(&house, "/me", &test).await;
    assert!(visible(&refused.text).contains("There is no contact of yours"), "{}", visible(&refused.text));
}

#[tokio::test]
async fn an_incident_keeps_the_title_and_the_next_person_of_the_playbook_that_it_opened_with() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let title = "Patient information posted by staff";
    let mut plan = wardbell::domain::plan::Plan::clone(&house.shared.plan.load());
    let at = plan.playbooks.iter().position(|playbook| playbook.title == title).unwrap();
    let mut changed = Playbook::clone(&plan.playbooks[at]);
    changed.title = "Another title".to_owned();
    let changed: Playbook = serde_json::from_value(serde_json::to_value(&changed).unwrap()).unwrap();
    let used = std::mem::replace(&mut plan.playbooks[at], Arc::new(changed));
    house.shared.plan.store(Arc::new(plan));
    house.state.lock().unwrap().used_playbooks.push(used);
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    for path in ["/board".to_owned(), format!("/incidents/{id}")] {
        let page = visible(&browser.get(&house, &path).await.text);
        assert!(page.contains(title), "{path}: {page}");
        assert!(page.contains("Jonas Chen (backup, Privacy Office) is paged at 02:10 CST"), "{path}: {page}");
    }
}
