//! One's own page, with messages that really arrive.

use std::time::SystemTime;

use serde_json::json;

use crate::hospital::Hospital;
use crate::judge::Reason::Opened;
use crate::pace;
use crate::plan::{KIM, PRIVACY, RIVERA, playbook};
use crate::sign_in::Browser;
use crate::story::BOTH;

/// Reloads a page until it has these words so many times.
async fn page_with(browser: &mut Browser<'_>, path: &str, words: &str, count: usize) -> String {
    let until = SystemTime::now() + pace::PATIENCE;
    loop {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        if page.text.matches(words).count() == count {
            return page.text;
        }
        assert!(SystemTime::now() < until, "{words}: {}", page.text);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

pub async fn what_last_reached_a_person_is_on_their_page_and_a_test_pages_nobody() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "rumor" })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let (mut rivera, mut kim) = (Browser::new(&hospital), Browser::new(&hospital));
    rivera.sign_in(RIVERA.email).await;
    kim.sign_in(KIM.email).await;
    page_with(&mut rivera, "/me", "Last message sent at ", 2).await;
    page_with(&mut kim, "/me", "No message sent here yet", 2).await;
    let token = kim.form_token();
    let asked = kim.post("/me", &[("action", "test"), ("form_token", &token)]).await;
    assert!(asked.text.contains("A test message is on its way to each of your contacts."), "{}", asked.text);
    hospital.expect_test(KIM.email);
    hospital.expect_test(KIM.sms);
    for (address, words) in
        [(KIM.email, "e-mail works. Nothing to do."), (KIM.sms, "text messages work. Nothing to do.")]
    {
        let arrived = || {
            let messages = hospital.shared().inbox().messages_to(address);
            messages.iter().any(|message| message.text().contains(words)).then_some(())
        };
        hospital.shared().inbox().wait_until(arrived, pace::PATIENCE).await.unwrap();
    }
    let before = page_with(&mut kim, "/me", "Last message sent at ", 2).await;
    hospital.kill();
    hospital.serve().await;
    let reached =
        |page: &str| page.split("Last message sent at ").skip(1).map(|one| one[..5].to_owned()).collect::<Vec<_>>();
    let after = page_with(&mut kim, "/me", "Last message sent at ", 2).await;
    assert_eq!(reached(&after), reached(&before), "a restart forgets nothing");
    page_with(&mut rivera, "/me", "Last message sent at ", 2).await;
    let told = crate::sign_in::access(&hospital, &["--person", KIM.id]).await;
    let types = crate::sign_in::types(&told);
    assert_eq!(types, ["signed-in", "test-page-requested", "test-page-ended", "test-page-ended"]);
    assert!(told.iter().all(|moment| moment.get("address_hash").is_none()), "{told:#?}");
    assert_eq!(told[2]["outcome"], "accepted");

    // The files change, and the incident keeps the playbook that it opened with.
    let (title, other) = ("The matter of rumor", "Another title");
    let text = playbook("rumor", "moderate", &[&PRIVACY], "");
    hospital.write("playbooks/rumor.toml", text.replace(title, other));
    let until = SystemTime::now() + pace::PATIENCE;
    while !rivera.get("/board").await.text.contains(&format!(">{other}<")) {
        assert!(SystemTime::now() < until, "the files are read again");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    for path in ["/board".to_owned(), format!("/incidents/{}", story.id)] {
        let page = rivera.get(&path).await.text;
        assert!(page.contains(&format!(">{title}</")), "{path}: {page}");
    }
    story.taken_over(1).await;
    hospital.judge().await;
}
