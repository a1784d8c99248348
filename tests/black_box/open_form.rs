//! Incidents that people open by a form: once however often it is sent, also at the secret link of a source.

use std::time::SystemTime;

use reqwest::header::ORIGIN;
use serde_json::Value;
use wardbell::provider::http_client::client_builder;

use crate::command_line::say;
use crate::hospital::Hospital;
use crate::judge::Reason::Opened;
use crate::plan::{PRIVACY, RIVERA};
use crate::story::{BOTH, Story};

const SECRET: &str = "0f5c1d9be2a84733a1c6d2e9";

pub async fn a_report_at_the_secret_link_pages_once_and_gets_a_reference_alone() {
    let hospital = Hospital::new().await;
    hospital.write("secrets/form", format!("{SECRET}x"));
    let settings = std::fs::read_to_string(hospital.config()).unwrap();
    let with_form = settings.replacen("secrets/desk\"", "secrets/desk\"\nform_token_file = \"secrets/form\"", 1);
    hospital.write("wardbell.toml", &with_form);
    hospital.write("secrets/form", &SECRET[..20]);
    let weak = say(&hospital, &["check", "--horizon", "1d"]).await;
    assert!(weak.code == 1 && weak.out.contains("has fewer than 25 characters"), "{}{}", weak.out, weak.err);
    hospital.write("secrets/form", format!("{SECRET}x"));
    hospital.serve().await;
    let link = say(&hospital, &["report-link", "--format", "json"]).await;
    let links: Value = serde_json::from_str(&link.out).unwrap();
    let address = links[0]["link"].as_str().unwrap();
    assert_eq!(address, format!("https://pages.mercy.example/ward/report/{SECRET}x"), "{}", link.out);
    let path = format!("/report/{SECRET}x");
    let page = hospital.get(&path, None).await;
    assert!(page.status == 200 && page.text.contains("Report a post"), "{}", page.text);
    let form = page.text.split_once("name=\"form\" value=\"").unwrap().1.split('"').next().unwrap();

    let post = "https://social.example/p/1";
    let sent = [("form", form), ("class", "photo"), ("summary", "MARKER words"), ("url", post)];
    let before = SystemTime::now();
    let first = report(&hospital, &path, &sent).await;
    let opened = (before, SystemTime::now());
    assert!(
        first.contains("We page the people on call, now or when their department opens.") && !first.contains("MARKER"),
        "{first}"
    );
    let id = first.split_once("Your reference is ").unwrap().1[..8].to_owned();
    let story = Story::known(&hospital, &id, "photo", opened).of_severity("high");
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    // The same form again, and after a crash: the same incident, counted once.
    assert!(report(&hospital, &path, &sent).await.contains(&id));
    hospital.kill();
    hospital.serve().await;
    assert!(report(&hospital, &path, &sent).await.contains(&id));
    assert_eq!(story.show().await["occurrences"], 1);
    // Somebody else reports the same post.
    let other = [("form", "another1"), ("class", "photo"), ("summary", "MARKER again"), ("url", post)];
    let duplicate = report(&hospital, &path, &other).await;
    assert!(duplicate.contains("We page the people on call") && !duplicate.contains(&id), "{duplicate}");
    let shown = story.show().await;
    assert_eq!((&shown["occurrences"], &shown["source"]), (&2.into(), &"listening-desk".into()));

    // Another secret makes another link.
    hospital.write("secrets/form", format!("{SECRET}y"));
    hospital.kill();
    hospital.serve().await;
    assert_eq!(hospital.get(&path, None).await.status, 404);
    assert_eq!(hospital.get(&format!("/report/{SECRET}y"), None).await.status, 200);
    let log = hospital.logs();
    assert!(!log.contains("MARKER") && !log.contains(SECRET), "{log}");
    hospital.judge().await;
}

async fn report(hospital: &Hospital, path: &str, form: &[(&str, &str)]) -> String {
    let client = client_builder().build().unwrap();
    let request = client.post(format!("{}{path}", hospital.base())).header(ORIGIN, "https://pages.mercy.example");
    let response = request.form(form).send().await.unwrap();
    let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    text
}
