//! The board.

use askama::Template;
use serde_json::json;
use wardbell::domain::escalation::incident::Incident;
use wardbell::web::pages::board::{Board, SHOWN_MAX};
use wardbell::web::pages::board_filter::Asked;

use crate::house::House;
use crate::pages::visible;
use crate::signed_in::{SITE, is_well_formed, made, maria};

fn incidents(house: &House) -> Vec<Incident> {
    house.state.lock().unwrap().incidents.values().map(|history| history.incident.clone()).collect()
}

fn board(house: &House, query: &str) -> String {
    let (viewer, all) = (maria(house), incidents(house));
    let wrong = vec!["The last mail could not be sent (timeout)".to_owned()];
    let all: Vec<&Incident> = all.iter().collect();
    let board = made(house, &viewer, |reading| Board::new(SITE, reading, Asked::read(query), &all, wrong));
    let html = board.render().unwrap();
    is_well_formed(&html);
    html
}

/// From the first heading of a section to the on-call list.
fn content(html: &str) -> String {
    let text = visible(html);
    let from = text.find("[Show]").unwrap() + "[Show]\n".len();
    text[from..].to_owned()
}

#[tokio::test]
async fn what_nobody_has_stands_on_top_by_time_left_then_what_is_mine() {
    let house = House::start().await;
    let mine = house.open(json!({ "class": "phi-by-staff", "summary": "MARKER" })).await;
    house.press(&house.token("m-rivera"), &[("action", "acknowledge")]).await;
    house.pass(60);
    house.open(json!({ "class": "care-complaint" })).await;
    house.open(json!({ "class": "self-harm", "drill": true })).await;
    let html = board(&house, "");
    assert!(!html.contains("MARKER") && html.contains(&format!("/ward/incidents/{mine}")), "{html}");
    insta::assert_snapshot!(content(&html), @"
    Nobody has it yet 3
    high F6WQYJKW
    Patient information posted by staff
    Privacy Office: you
    Human Resources: nobody yet
    Next: Thierno Diallo (backup, Human Resources) is paged at 02:10 CST
    4 min left opened 1 min ago
    critical Drill DMP7VQVM
    Somebody may harm themselves
    Privacy Office: nobody yet
    Human Resources: nobody yet
    Next: Jonas Chen (backup, Privacy Office) is paged at 02:11 CST
    Next: Thierno Diallo (backup, Human Resources) is paged at 02:11 CST
    [I have it for Privacy Office, DMP7VQVM ]
    [I can’t take Privacy Office, DMP7VQVM ]
    You were paged at 02:06 CST for Privacy Office.
    5 min left opened 1 min ago
    moderate YDSFX57R
    Complaint about care
    Privacy Office: nobody yet
    Human Resources: nobody yet
    Next: Jonas Chen (backup, Privacy Office) is paged at 02:11 CST
    Next: Thierno Diallo (backup, Human Resources) is paged at 02:11 CST
    [I have it for Privacy Office, YDSFX57R ]
    [I can’t take Privacy Office, YDSFX57R ]
    You were paged at 02:06 CST for Privacy Office.
    5 min left opened 1 min ago
    Mine 1
    high F6WQYJKW
    Patient information posted by staff
    Privacy Office: you
    Human Resources: nobody yet
    Next: Thierno Diallo (backup, Human Resources) is paged at 02:10 CST
    4 min left opened 1 min ago
    On call
    Department
    Now
    Next
    Administrator on call
    Ada Okafor
    backup Rui Silva
    Human Resources
    Paula Nowak
    backup Thierno Diallo
    Privacy Office
    Maria Rivera
    backup Jonas Chen
    What is wrong
    The last mail could not be sent (timeout)
    Your session ends at 02:21 CST unless you open another page. Policies
    ");
}

#[tokio::test]
async fn a_board_is_filtered_and_says_what_it_does_not_understand() {
    let house = House::start().await;
    let real = house.open(json!({ "class": "phi-by-staff" })).await;
    let drill = house.open(json!({ "class": "self-harm", "drill": true })).await;
    let done = house.open(json!({ "class": "care-complaint" })).await;
    house.act(&done, json!({ "action": "resolve" })).await;
    let shows = |query: &str| {
        let html = board(&house, query);
        [&real, &drill, &done].map(|id| html.contains(&format!("/incidents/{id}")))
    };
    assert_eq!(shows(""), [true, true, false]);
    assert_eq!(shows("status=resolved"), [false, false, true]);
    assert_eq!(shows("drills=hidden"), [true, false, false]);
    assert_eq!(shows("drills=alone&status="), [false, true, false]);
    assert_eq!(shows("severity=critical"), [false, true, false]);
    assert_eq!(shows("department=human-resources"), [true, true, false]);
    assert_eq!(shows("department=administrator-on-call"), [false, false, false]);
    assert_eq!(shows("class=self-harm"), [false, true, false]);
    assert_eq!(shows("since=2026-01-05"), [true, true, false]);
    assert_eq!(shows("since=2026-01-06"), [false, false, false]);
    assert_eq!(shows(&format!("reference=+{}+", done.to_lowercase())), [false, false, true]);
    assert!(visible(&board(&house, "status=resolved&since=2027-01-01")).contains("No incidents match."));
    for (query, error) in [
        ("status=closed", "Choose a status from the list."),
        ("since=yesterday", "Write the day as 2026-12-31."),
        ("reference=77", "A reference has eight letters and digits, such as 7Q2K9MXD."),
        ("colour=red", "The address has something that this page does not know."),
    ] {
        let html = board(&house, query);
        assert!(html.contains("role=\"alert\"") && html.contains(error), "{query}");
    }
}

#[tokio::test]
async fn a_board_of_many_shows_the_first_hundred_and_counts_the_rest() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let one = incidents(&house).remove(0);
    let all = vec![&one; 2_000];
    let viewer = maria(&house);
    let began = std::time::Instant::now();
    let html = made(&house, &viewer, |reading| {
        Board::new(SITE, reading, Asked::default(), &all, Vec::new()).render().unwrap()
    });
    assert_eq!(html.matches(&format!("<h3><a href=\"/ward/incidents/{id}\"")).count(), SHOWN_MAX);
    assert!(html.contains("1900 more are not shown"), "{}", &html[..2_000]);
    assert!(html.len() < 150_000, "{} bytes after {:?}", html.len(), began.elapsed());
}
