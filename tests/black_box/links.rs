//! Links: who looks changes nothing, who presses answers once, and who guesses is refused.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use wardbell::provider::http_client::client_builder;

use crate::daemon::run;
use crate::hospital::{Hospital, PUBLIC_URL};
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::pace;
use crate::plan::{ADVOCACY, CHEN, DIAZ, OKAFOR, PRIVACY, RIVERA, STONE};
use crate::story::{BOTH, Story};
use crate::tools::{chromium, skip};

pub async fn looking_changes_nothing_and_a_press_acknowledges_once() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    let link = story.link(&RIVERA).await;
    let before = facts(&story).await;
    let looks = join_all((0..100).map(|_| hospital.get(&link, None))).await;
    for look in &looks {
        assert_eq!((look.status, look.content_type.as_str()), (200, "text/html; charset=utf-8"));
        assert!(look.text.contains("<form") && !look.text.contains("<script"), "{}", look.text);
    }
    for _ in 0..20 {
        assert_eq!(hospital.head(&link).await, 200);
        assert_eq!(hospital.get(&format!("{link}?action=acknowledge"), None).await.status, 200);
    }
    // What a machine may post: nothing, no button, a button that there is not, another type.
    for fields in [&[][..], &[("note", "x")], &[("action", "press")], &[("action", "acknowledge"), ("x", "y")]] {
        let answer = hospital.form(&link, fields).await;
        assert_eq!(answer.status, 400, "{fields:?}: {}", answer.text);
    }
    let body = json!({ "action": "acknowledge" }).to_string();
    assert_eq!(hospital.post(&link, "", "application/json", body).await.status, 415);
    assert_eq!(facts(&story).await, before);

    story.until(2.6).await;
    story.pressed(&RIVERA, "acknowledge").await;
    story.press(&RIVERA, "acknowledge").await;
    story.press(&CHEN, "acknowledge").await;
    let acknowledged = story.timeline().await.into_iter().filter(|moment| moment["type"] == "acknowledged");
    assert_eq!(acknowledged.count(), 1);
    story.until(5.5).await;
    hospital.judge().await;
}

pub async fn a_press_from_another_site_or_of_a_browser_that_loads_ahead_changes_nothing() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let address = format!("{}{}", hospital.base(), story.link(&RIVERA).await);
    let before = facts(&story).await;
    let client = client_builder().build().unwrap();
    let press = async |header: (&str, &str)| {
        let request = client.post(&address).form(&[("action", "acknowledge"), ("note", "")]);
        let response = request.header(header.0, header.1).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("x-moz", "prefetch"),
    ] {
        let (status, text) = press(header).await;
        assert!(status == 403 && text.contains("Nothing was recorded"), "{header:?}: {status} {text}");
    }
    assert_eq!(facts(&story).await, before);
    let (status, text) = press(("sec-fetch-site", "same-origin")).await;
    assert!(status == 200 && text.contains("Recorded at"), "{status} {text}");
    hospital.judge().await;
}

pub async fn of_many_presses_at_once_one_counts() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.until(2.9).await;
    let links = [story.link(&RIVERA).await, story.link(&CHEN).await];
    let replies = join_all((0..40).map(|number| hospital.form(&links[number % 2], &[("action", "acknowledge")]))).await;
    assert_eq!(replies.iter().filter(|reply| reply.text.contains("Recorded at")).count(), 1);
    assert!(replies.iter().all(|reply| [200, 409].contains(&reply.status)));
    let acknowledged = story.timeline().await.into_iter().filter(|moment| moment["type"] == "acknowledged");
    assert_eq!(acknowledged.count(), 1);
    story.until(5.2).await;
    hospital.judge().await;
}

pub async fn a_browser_that_runs_scripts_and_follows_every_link_changes_nothing() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("photo").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let Some(browser) = chromium() else {
        skip("a_browser_that_runs_scripts_and_follows_every_link_changes_nothing", "there is no Chromium");
        story.until(5.0).await;
        return hospital.judge().await;
    };
    let mail = |message: &crate::support::Message| message.mail()?.html.clone();
    let find = || story.messages(&RIVERA).iter().find_map(|message| mail(message));
    let html = hospital.shared().inbox().wait_until(find, pace::PATIENCE).await.unwrap();
    let link = format!("{}{}", hospital.base(), story.link(&RIVERA).await);
    let seen = browse(&hospital, &browser, "page", &link).await;
    assert!(seen.contains("I have it"), "{seen}");
    for address in addresses(&seen) {
        browse(&hospital, &browser, "page", &address).await;
    }
    // A scanner opens the mail, and loads all that it links to in frames and by scripts.
    let scanner = "<script>for (const a of document.querySelectorAll('a')) {\
         const frame = document.createElement('iframe'); frame.src = a.href; document.body.append(frame);\
         fetch(a.href, { mode: 'no-cors' }).then(() => document.body.append('FETCHED')); a.target = '_blank'; a.click();\
         }</script>";
    let mail = hospital.house().join("mail.html");
    std::fs::write(&mail, html.replace(PUBLIC_URL, &hospital.base()) + scanner).unwrap();
    let seen = browse(&hospital, &browser, "mail", &format!("file://{}", mail.display())).await;
    assert!(seen.contains("FETCHED"), "the scripts ran: {seen}");
    story.until(5.5).await;
    let facts = facts(&story).await;
    assert!(facts.iter().all(|fact| fact["type"] == "opened"), "{facts:?}");
    assert_eq!(story.show().await["status"], "open");
    hospital.judge().await;
    story.pressed(&RIVERA, "acknowledge").await;
}

pub async fn a_token_that_is_wrong_changed_or_of_another_page_is_refused() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let other = hospital.incident("complaint").await;
    other.at_once().page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    let link = story.link(&RIVERA).await;
    let token = link.strip_prefix("/a/").unwrap().to_owned();
    let changed: String = token.chars().rev().collect();
    let swapped = format!("{}{}", if token.starts_with('a') { 'b' } else { 'a' }, &token[1..]);
    let tried = [changed, swapped, token[1..].to_owned(), format!("{token}a"), "x".repeat(24), "..%2f..".to_owned()];
    for wrong in &tried {
        let path = format!("/a/{wrong}");
        assert_eq!(hospital.get(&path, None).await.status, 404, "{wrong}");
        let pressed = hospital.form(&path, &[("action", "acknowledge")]).await;
        assert_eq!(pressed.status, 404, "{wrong}");
        assert!(!pressed.text.contains(wrong.as_str()), "{}", pressed.text);
    }
    // Another page's token answers that page alone.
    other.pressed(&OKAFOR, "acknowledge").await;
    assert_eq!(story.show().await["status"], "open");
    assert_eq!(other.show().await["tracks"][0]["acknowledged_by"], "okafor");
    // Letters count as the same in either case.
    let shouted = hospital.form(&format!("/a/{}", token.to_ascii_uppercase()), &[("action", "acknowledge")]).await;
    assert!(shouted.text.contains("Recorded at"), "{}", shouted.text);
    let log = hospital.logs();
    assert!(log.contains("somebody opened a link that does not exist"), "what was tried is logged");
    let sent = hospital.shared().inbox().links();
    let sent = sent.iter().map(|link| link.rsplit('/').next().unwrap().to_owned());
    for token in sent.chain(tried) {
        assert!(!log.to_ascii_lowercase().contains(&token), "a token is in the log");
    }
    hospital.judge().await;
}

pub async fn after_the_resolution_a_link_says_that_it_is_over() {
    let hospital = Hospital::serving().await;
    let story = hospital.incident("leak").await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened).page(&OKAFOR, &ADVOCACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged).page(&DIAZ, &ADVOCACY, BOTH, NotAcknowledged);
    story.until(2.6).await;
    let resolved = hospital.act(&story.id, json!({ "action": "resolve" })).await;
    assert_eq!((resolved.status, &resolved.json()["status"]), (200, &json!("resolved")));
    let link = story.link(&RIVERA).await;
    assert!(hospital.get(&link, None).await.text.contains("Resolved by social-desk at "));
    let late = story.press(&CHEN, "acknowledge").await;
    assert!(late.status == 409 && late.text.contains("Resolved by"), "{} {}", late.status, late.text);
    story.until(5.5).await;
    hospital.judge().await;
}

pub async fn a_press_right_after_the_resolution_is_never_called_recorded() {
    let hospital = Hospital::serving().await;
    let mut stories = Vec::new();
    for _ in 0..25 {
        let story = hospital.incident("rumor").await;
        story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
        stories.push(story);
    }
    let both = || (hospital.shared().inbox().messages().len() == 50).then_some(());
    hospital.shared().inbox().wait_until(both, pace::PATIENCE).await.unwrap();
    join_all(stories.iter().map(async |story| {
        let link = story.link(&RIVERA).await;
        assert_eq!(hospital.act(&story.id, json!({ "action": "resolve" })).await.status, 200);
        let pressed = hospital.form(&link, &[("action", "acknowledge")]).await;
        assert_eq!(pressed.status, 409, "{}", pressed.text);
        assert!(pressed.text.contains("Resolved by social-desk at "), "{}", pressed.text);
        let again = hospital.act(&story.id, json!({ "action": "resolve" })).await;
        assert_eq!(again.status, 409, "{}", again.text);
    }))
    .await;
    hospital.judge().await;
}

/// All that people did: what happened without steps and attempts.
async fn facts(story: &Story<'_>) -> Vec<Value> {
    let mut timeline = story.timeline().await;
    timeline.retain(|moment| moment["type"] != "step-fired" && moment["type"] != "attempted");
    timeline
}

async fn browse(hospital: &Hospital, browser: &Path, profile: &str, address: &str) -> String {
    let mut command = Command::new(browser);
    let profile = hospital.house().parent().unwrap().join(format!("browser-{profile}"));
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    command.args(["--virtual-time-budget=4000", "--disable-web-security", "--disable-popup-blocking", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", profile.display())).arg(address);
    let output = pace::within(Duration::from_secs(60), run(command)).await.expect("the browser ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn addresses(html: &str) -> Vec<String> {
    let quoted = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    quoted.filter(|address| address.starts_with("http")).map(str::to_owned).collect()
}
