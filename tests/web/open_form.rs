//! The form for a new incident, of people who have signed in and at a source's secret link.

use serde_json::json;
use wardbell::web::session::cookies::form_token;

use crate::house::{DESK, FORM, House, READER};
use crate::sign_in::Browser;
use crate::signed_in::is_well_formed;

const WORDS: &str = "the MARKER words";

async fn desk(house: &House) -> (Browser, String) {
    let mut browser = Browser::default();
    let signed_in = browser.sign_in(house, DESK).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.text);
    let token = form_token(&browser.session());
    (browser, token)
}

/// What the page says in the named hidden field.
fn hidden(html: &str, name: &str) -> String {
    let after = html.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{name}: {html}")).1;
    after.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_may_opens_an_incident_by_the_form_and_is_named_as_its_reporter() {
    let house = House::start().await;
    let (mut browser, token) = desk(&house).await;
    let board = browser.get(&house, "/board").await;
    assert!(board.text.contains("href=\"/incidents/new\""), "{}", board.text);
    let page = browser.get(&house, "/incidents/new").await;
    assert_eq!(page.status, 200, "{}", page.text);
    is_well_formed(&page.text);
    assert!(page.text.contains("<optgroup label=\"Critical\">") && page.text.contains("Somebody may harm themselves"));
    let form = hidden(&page.text, "form");
    let sent = [
        ("form_token", &token[..]),
        ("form", &form),
        ("class", "phi-by-staff"),
        ("summary", WORDS),
        ("url", "https://social.example/p/1"),
        ("author", "somebody"),
        ("network", "instagram"),
        ("reach", "1,200"),
        ("facility", "north"),
        ("severity", "critical"),
        ("involved", "p-nowak"),
    ];
    let preview = browser.post(&house, "/incidents/new", &[&sent[..], &[("preview", "yes")]].concat()).await;
    assert!(preview.status == 200 && preview.text.contains("Maria Rivera, for Privacy Office"), "{}", preview.text);
    assert!(
        preview.text.contains("Thierno Diallo, for Human Resources"),
        "whoever is involved is not: {}",
        preview.text
    );
    assert!(preview.text.contains(WORDS) && house.records() == 0, "nothing is opened by looking");
    let opened = browser.post(&house, "/incidents/new", &sent).await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    let place = opened.header("location").to_owned();
    let shown = browser.get(&house, &place).await;
    assert!(shown.status == 200 && shown.text.contains(WORDS), "{}", shown.text);
    assert!(shown.text.contains("s.ng opened it"), "{}", shown.text);
    let id = place.rsplit('/').next().unwrap();
    let incident = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json();
    assert_eq!(
        (&incident["source"], &incident["reporter"], &incident["severity"]),
        (&json!("form/signed-in"), &json!("s.ng@mercy.example"), &json!("critical"))
    );
    let words = &incident["timeline"][0]["incident"];
    assert_eq!(
        (&words["reach"], &words["network"], &words["facility"]),
        (&json!(1_200), &json!("instagram"), &json!("north"))
    );
    assert_eq!(incident["timeline"][0]["by"]["person"]["person"], json!(DESK));
}

#[tokio::test]
async fn each_mistake_is_named_and_costs_no_word() {
    let house = House::start().await;
    let (mut browser, token) = desk(&house).await;
    for (fields, message) in [
        (&[("class", "")][..], "<a href=\"#class\">Choose what it is about</a>"),
        (&[("class", "no-such-class")], "<a href=\"#class\">Choose what it is about</a>"),
        (&[("class", "phi-by-staff"), ("url", "social.example")], "<a href=\"#url\">Copy the whole link"),
        (&[("class", "phi-by-staff"), ("reach", "many")], "<a href=\"#reach\">Enter how many people"),
        (&[("class", "phi-by-staff"), ("severity", "awful")], "<a href=\"#severity\">Choose a severity"),
        (
            &[("class", "phi-by-staff"), ("involved", "Carol Dunn")],
            "<a href=\"#involved\">“Carol Dunn” is not on a roster",
        ),
        (
            &[("class", "phi-by-staff"), ("author", &"a".repeat(321)[..])],
            "<a href=\"#author\">Shorten who posted it to 320",
        ),
    ] {
        let sent = [&[("form_token", &token[..]), ("summary", WORDS)], fields].concat();
        let reply = browser.post(&house, "/incidents/new", &sent).await;
        assert!(reply.status == 400 && reply.text.contains(message), "{message}: {} {}", reply.status, reply.text);
        assert!(reply.text.contains(&format!(">{WORDS}</textarea>")), "{message}: the draft is gone");
        is_well_formed(&reply.text);
    }
    assert_eq!(house.records(), 0);
    let sure = [("form_token", &token[..]), ("class", "phi-by-staff"), ("involved", "Carol Dunn"), ("sure", "yes")];
    assert_eq!(browser.post(&house, "/incidents/new", &sure).await.status, 303);
}

#[tokio::test]
async fn what_was_written_survives_a_session_that_has_ended() {
    let house = House::start().await;
    let mut browser = Browser::default();
    let sent =
        [("form_token", "of an earlier session"), ("class", "phi-by-staff"), ("summary", WORDS), ("drill", "yes")];
    let ended = browser.post(&house, "/incidents/new", &sent).await;
    assert!(ended.status == 401 && ended.text.contains(&format!(">{WORDS}</textarea>")), "{}", ended.text);
    assert!(!ended.text.contains("Somebody may harm themselves"), "a stranger learns no title: {}", ended.text);
    let (mut browser, token) = desk(&house).await;
    let late = browser.post(&house, "/incidents/new", &sent).await;
    assert!(late.status == 403 && late.text.contains(&format!(">{WORDS}</textarea>")), "{}", late.text);
    assert!(late.text.contains("you have signed in again") && hidden(&late.text, "form_token") == token);
    assert_eq!(house.records(), 0);
}

#[tokio::test]
async fn whoever_may_not_open_gets_no_form() {
    let house = House::start().await;
    let mut browser = Browser::default();
    assert_eq!(browser.get(&house, "/incidents/new").await.status, 303, "a stranger signs in first");
    browser.sign_in(&house, "m-rivera@mercy.example").await;
    let token = form_token(&browser.session());
    assert!(!browser.get(&house, "/board").await.text.contains("/incidents/new"));
    assert_eq!(browser.get(&house, "/incidents/new").await.status, 403);
    let sent = [("form_token", &token[..]), ("class", "phi-by-staff")];
    assert_eq!(browser.post(&house, "/incidents/new", &sent).await.status, 403);
    assert_eq!(house.records(), 0);
}

#[tokio::test]
async fn any_member_of_staff_reports_at_the_secret_link_and_learns_the_reference_alone() {
    let house = House::start().await;
    let mut browser = Browser::default();
    let link = format!("/report/{FORM}");
    let page = browser.get(&house, &link).await;
    assert!(page.status == 200 && page.text.contains("Report a post"), "{}", page.text);
    assert!(!page.text.contains("Preview who is paged"), "who is on call is not for everybody");
    let wrong = browser.post(&house, &link, &[("summary", WORDS)]).await;
    assert!(wrong.status == 400 && wrong.text.contains("#class") && wrong.text.contains(WORDS), "{}", wrong.text);
    let sent = [("class", "phi-by-staff"), ("summary", WORDS), ("involved", "Carol Dunn")];
    let reported = browser.post(&house, &link, &sent).await;
    assert!(reported.status == 200 && !reported.text.contains("MARKER"), "{}", reported.text);
    let (id, incident) = {
        let state = house.state.lock().unwrap();
        let (id, history) = state.incidents.iter().next().unwrap();
        (id.to_string(), history.incident.clone())
    };
    assert!(reported.text.contains(&format!("Your reference is {id}.")), "{}", reported.text);
    assert_eq!(incident.source.as_str(), "desk");
    let token = &FORM[..FORM.len() - 1];
    for unknown in [format!("/report/{token}"), "/report/x".to_owned(), format!("/report/{}", crate::house::SOURCE)] {
        for reply in [browser.get(&house, &unknown).await, browser.post(&house, &unknown, &sent).await] {
            assert!(reply.status == 404 && reply.text.contains("This link is not valid"), "{unknown}: {}", reply.text);
        }
    }
    assert_eq!(house.state.lock().unwrap().incidents.len(), 1);
    house.state.lock().unwrap().broken = true;
    let unrecorded = browser.post(&house, &link, &sent).await;
    assert!(unrecorded.status == 503 && unrecorded.text.contains(WORDS), "{}", unrecorded.text);
    assert!(!unrecorded.text.contains("/secret/path"), "{}", unrecorded.text);
}

#[tokio::test]
async fn one_address_sends_a_form_only_so_often_and_may_still_look_at_it() {
    let house = House::start().await;
    let mut browser = Browser::default();
    let link = format!("/report/{FORM}");
    let mut last = 200;
    for _ in 0..121 {
        // Guesses are not counted: they would close the form for everybody behind the same address.
        assert_eq!(browser.post(&house, "/report/guess", &[("class", "")]).await.status, 404);
        last = browser.post(&house, &link, &[("class", "")]).await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(browser.get(&house, &link).await.status, 200);
}
