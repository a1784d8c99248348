//! Statements, from the draft to where they were published, on phones and from a shell.

use std::time::SystemTime;

use serde_json::json;

use crate::command_line::ask;
use crate::hospital::Hospital;
use crate::judge::Reason::{Approval, Opened};
use crate::plan::{ADVOCACY, CHEN, COMPLIANCE, KIM, OKAFOR, PRIVACY, Person, RIVERA, Roster, playbook};
use crate::sign_in::Browser;
use crate::story::{BOTH, Story};

const TEXT: &str = "We will say more at 06:00 CST.";

/// Statements of the class need these departments, each approver has so long, and Jin Chen approves for Privacy.
async fn hospital(approve: &str, within: &str) -> Hospital {
    let hospital = Hospital::new().await;
    let statement = format!(
        "[[statement]]\nname = \"holding\"\ntext = \"We will say more at {{time}}.\"\napprove = {approve}\n\
         approve_within = \"{within}\"\n"
    );
    hospital.write("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], &statement));
    let privacy = Roster::new(&PRIVACY, Some(&COMPLIANCE)).with("approvers = [\"chen\"]\n");
    let privacy = privacy.person(&RIVERA).person(&CHEN).always("primary", &RIVERA).always("backup", &CHEN);
    hospital.write("rosters/privacy.toml", privacy.text());
    hospital.serve().await;
    hospital
}

/// Maria Rivera has the incident.
async fn taken(hospital: &Hospital) -> Story<'_> {
    let story = hospital.open(json!({ "class": "photo" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.pressed(&RIVERA, "acknowledge").await;
    story
}

/// Presses a button of the page behind a person's latest link.
async fn answered(hospital: &Hospital, story: &Story<'_>, person: &Person, fields: &[(&str, &str)]) -> (u16, String) {
    let link = story.link(person).await;
    let reply = hospital.form(&link, fields).await;
    (reply.status, reply.text)
}

pub async fn two_departments_approve_and_a_comma_makes_a_version_that_nobody_has_approved() {
    let hospital = hospital("[\"privacy\", \"advocacy\"]", "2m").await;
    let story = taken(&hospital).await;
    let id = story.id.as_str();
    let (out, err) =
        ask(&hospital, &["statement", "draft", id, "--name", "holding", "--blank", "time=06:00 CST"]).await;
    assert!(out.contains("statement 1 (holding), reply, version 1 by social-desk: draft"), "{out}{err}");
    let before = SystemTime::now();
    let (out, err) = ask(&hospital, &["statement", "submit", id, "1"]).await;
    assert!(out.contains("submitted") && out.contains("privacy: asked chen"), "{out}{err}");
    let submitted = (before, SystemTime::now());
    story.after(submitted, 0.0).page(&CHEN, &PRIVACY, BOTH, Approval).page(&OKAFOR, &ADVOCACY, BOTH, Approval);

    let page = hospital.get(&story.link(&CHEN).await, None).await;
    assert!(page.text.contains(&format!("<blockquote>{TEXT}</blockquote>")), "{}", page.text);
    assert!(page.text.contains("Approve version 1") && page.text.contains("Ask for changes"), "{}", page.text);
    let early = story.act(json!({ "action": "used", "statement": 1, "where": "x" })).await;
    assert_eq!((early.status, early.json()["type"].as_str().unwrap().ends_with("statement-state")), (409, true));
    let (status, text) = answered(&hospital, &story, &CHEN, &[("action", "approve")]).await;
    assert!(status == 200 && text.contains("Recorded: you approved it."), "{status} {text}");
    let (status, text) = answered(&hospital, &story, &OKAFOR, &[("action", "approve")]).await;
    assert!(status == 200 && text.contains("Jin Chen approved it at"), "{status} {text}");
    let shown = &story.show().await["statements"][0];
    assert_eq!((&shown["status"], &shown["text"]), (&json!("approved"), &json!(TEXT)));
    let by: Vec<_> = shown["approvals"].as_array().unwrap().iter().map(|one| one["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["chen", "okafor"]);

    let comma = json!({ "action": "draft", "statement": 1, "version": 1, "text": "We will say more, at 06:00 CST." });
    assert_eq!(story.act(comma.clone()).await.status, 200);
    let shown = &story.show().await["statements"][0];
    assert_eq!((&shown["status"], &shown["version"], &shown["approvals"]), (&json!("draft"), &json!(2), &json!([])));
    let late = story.act(comma).await;
    assert_eq!((late.status, late.json()["type"].as_str().unwrap().ends_with("statement-conflict")), (409, true));
    let unapproved = story.act(json!({ "action": "used", "statement": 1, "where": "x" })).await;
    assert_eq!(unapproved.status, 409, "{}", unapproved.text);
    let (status, text) = answered(&hospital, &story, &CHEN, &[("action", "approve")]).await;
    assert!(status == 409 && text.contains("This text has changed"), "{status} {text}");
    let by_program = story.act(json!({ "action": "ask-for-changes", "statement": 1, "version": 2, "note": "x" })).await;
    assert_eq!(by_program.status, 403, "{}", by_program.text);

    let log = hospital.logs();
    assert!(log.contains("approved statement 1, version 1 for privacy"), "{log}");
    assert!(!log.contains("say more"), "a statement's words are in no log line");
    hospital.judge().await;
}

pub async fn whoever_is_silent_is_followed_by_the_next_and_nobody_approves_their_own_words() {
    let hospital = hospital("[\"privacy\"]", "3s").await;
    let story = taken(&hospital).await;
    let mut chen = Browser::new(&hospital);
    chen.sign_in(CHEN.email).await;
    let token = chen.form_token();
    let begin = [("form_token", token.as_str()), ("name", "holding"), ("text", TEXT), ("medium", "post")];
    let begun = chen.post(&format!("/incidents/{}/statements", story.id), &begin).await;
    let place = format!("/incidents/{}/statements/1", story.id);
    assert_eq!((begun.status, begun.location.clone()), (303, format!("/ward{place}")), "{}", begun.text);
    let before = SystemTime::now();
    let submit = [("form_token", token.as_str()), ("version", "1"), ("action", "submit")];
    let submitted = chen.post(&place, &submit).await;
    assert!(submitted.text.contains("0 of 1 department has approved version 1."), "{}", submitted.text);
    let submitted = (before, SystemTime::now());
    // Others come before whoever wrote it: those of Compliance, and then the house supervisor.
    story.after(submitted, 0.0).page(&KIM, &PRIVACY, BOTH, Approval);
    let approve = [("form_token", token.as_str()), ("version", "1"), ("action", "approve")];
    let own = chen.post(&place, &approve).await;
    assert!(own.status == 403 && own.text.contains("You wrote this version"), "{} {}", own.status, own.text);
    story.after(submitted, 3.0).page(&crate::plan::STONE, &PRIVACY, BOTH, Approval);
    let at = story.now();
    story.until(at + 4.2).await;
    let (status, text) =
        answered(&hospital, &story, &crate::plan::STONE, &[("action", "ask-for-changes"), ("note", "say less")]).await;
    assert!(status == 200 && text.contains("The writer sees what should change"), "{status} {text}");
    let page = chen.get(&place).await;
    assert!(page.text.contains("<blockquote>say less</blockquote>"), "{}", page.text);
    let at = story.now();
    story.until(at + 3.5).await;
    hospital.judge().await;
}

pub async fn of_two_who_write_at_once_neither_loses_a_word() {
    let hospital = hospital("[\"privacy\"]", "2m").await;
    let story = taken(&hospital).await;
    let (mut rivera, mut chen) = (Browser::new(&hospital), Browser::new(&hospital));
    rivera.sign_in(RIVERA.email).await;
    chen.sign_in(CHEN.email).await;
    assert_eq!(story.act(json!({ "action": "draft", "text": TEXT })).await.status, 200);
    let place = format!("/incidents/{}/statements/1", story.id);
    let write = async |browser: &mut Browser<'_>, version: &str, text: &str| {
        let token = browser.form_token();
        let form = [("form_token", token.as_str()), ("version", version), ("action", "edit"), ("text", text)];
        browser.post(&place, &form).await
    };
    let first = write(&mut rivera, "1", "We are looking into it.").await;
    assert!(first.status == 200 && first.text.contains("version 2"), "{} {}", first.status, first.text);
    let second = write(&mut chen, "1", "We know of the post.").await;
    assert_eq!(second.status, 409);
    assert!(second.text.contains("Version 2 by Maria Rivera came first."), "{}", second.text);
    assert!(second.text.contains(">We are looking into it.</blockquote>"), "{}", second.text);
    assert!(second.text.contains(">We know of the post.</textarea>"), "{}", second.text);
    let again = write(&mut chen, "2", "We know of the post.").await;
    assert!(again.status == 200 && again.text.contains("version 3"), "{} {}", again.status, again.text);
    // A form of an earlier session keeps what was written, too.
    let stale = [("form_token", "old"), ("version", "3"), ("action", "edit"), ("text", "Not lost.")];
    let kept = rivera.post(&place, &stale).await;
    assert!(kept.status == 403 && kept.text.contains(">Not lost.</textarea>"), "{} {}", kept.status, kept.text);
    assert_eq!(story.show().await["statements"][0]["version"], 3);
    let alone = rivera.get(&format!("{place}/text")).await;
    assert!(alone.text.contains("<pre>We know of the post.</pre>"), "{}", alone.text);
    hospital.judge().await;
}
