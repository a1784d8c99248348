//! The page behind a link, in every state.

use serde_json::json;

use crate::house::House;

/// What a person sees, a line a block.
pub fn visible(html: &str) -> String {
    let body = html.split_once("<body>").expect("the page has a body").1;
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, tag_on)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = tag_on.split_once('>').expect("tags are closed");
        let inline = ["strong", "/strong", "span", "/span", "dt", "/dt", "dd", "/dd", "a ", "/a"];
        if tag.starts_with("button") {
            text.push_str("\n[");
        } else if tag == "/button" {
            text.push_str("]\n");
        } else if tag.starts_with("textarea") {
            text.push_str("\n{");
        } else if tag == "/textarea" {
            text.push_str("}\n");
        } else {
            text.push_str(if inline.iter().any(|one| tag.starts_with(one)) { " " } else { "\n" });
        }
        rest = after;
    }
    let text = text.replace("&#38;", "&").replace("&#39;", "'").replace("&#34;", "\"");
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn incident() -> serde_json::Value {
    json!({ "class": "phi-by-staff", "summary": "MARKER", "url": "https://MARKER.example", "author": "MARKER" })
}

/// Serves every state for a look by eye, at the addresses that it prints.
#[tokio::test]
#[ignore = "for a look by eye"]
async fn for_a_look_by_eye() {
    let mut urls = Vec::new();
    for (class, severity) in [
        ("phi-by-staff", "high"),
        ("self-harm", "critical"),
        ("care-complaint", "moderate"),
        ("praise-with-phi", "low"),
    ] {
        let house = Box::leak(Box::new(House::start().await));
        house.open(json!({ "class": class, "drill": severity == "moderate" })).await;
        urls.push((format!("open-{severity}"), format!("{}/a/{}", house.base, house.token("m-rivera"))));
    }
    for state in
        ["yours", "theirs", "declined", "noted", "reminded", "reminded-other", "resolved", "lost", "empty-note"]
    {
        let house = Box::leak(Box::new(House::start().await));
        let id = house.open(incident()).await;
        let maria = house.token("m-rivera");
        let mut token = maria.clone();
        match state {
            "yours" | "empty-note" => drop(house.press(&maria, &[("action", "acknowledge")]).await),
            "theirs" => {
                house.pass(301);
                house.press(&maria, &[("action", "acknowledge")]).await;
                token = house.token("j-chen");
            }
            "declined" => drop(house.press(&maria, &[("action", "decline")]).await),
            "noted" => {
                house.press(&maria, &[("action", "acknowledge")]).await;
                house.press(&maria, &[("action", "note"), ("note", "Captured")]).await;
            }
            "reminded" | "reminded-other" => {
                house.pass(301);
                let who = if state == "reminded" { "m-rivera" } else { "j-chen" };
                house.press(&house.token(who), &[("action", "acknowledge")]).await;
                house.pass(1_801);
                token = house.token("m-rivera");
            }
            "resolved" => drop(house.act(&id, json!({ "action": "resolve" })).await),
            _ => house.state.lock().unwrap().broken = true,
        }
        urls.push((state.to_owned(), format!("{}/a/{token}", house.base)));
    }
    for (state, taken) in [("list", 0), ("list-after", 1), ("list-below", 3)] {
        let house = Box::leak(Box::new(House::start().await));
        for class in ["self-harm", "phi-by-staff", "care-complaint", "praise-with-phi"] {
            house.open(json!({ "class": class })).await;
        }
        let maria = house.token("m-rivera");
        for _ in 0..taken {
            let page = house.look(&maria).await.text;
            let id = page.rsplit("name=\"page\" value=\"").next().unwrap().split('"').next().unwrap().to_owned();
            house.press(&maria, &[("action", "acknowledge"), ("page", &id)]).await;
        }
        urls.push((state.to_owned(), format!("{}/a/{maria}", house.base)));
    }
    let house = House::start().await;
    urls.push(("unknown".to_owned(), format!("{}/a/unknown", house.base)));
    let list: String = urls.iter().map(|(name, url)| format!("{name} {url}\n")).collect();
    std::fs::write(std::env::temp_dir().join("wardbell-pages.txt"), list).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    drop(house);
}

#[tokio::test]
async fn open() {
    let house = House::start().await;
    house.open(incident()).await;
    let page = house.look(&house.token("m-rivera")).await;
    assert_eq!(page.status, 200);
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    high
    Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    Goal an answer within 9 min
    Answer by 02:10 CST (5 min left)
    [I have it]
    [I can’t – page the next person]
    If no one answers, Jonas Chen (backup) is paged at 02:10 CST.
    You answer as Maria Rivera.
    ");
    house.pass(301);
    insta::assert_snapshot!(visible(&house.look(&house.token("j-chen")).await.text), @"
    MERCY
    high
    Patient information posted by staff
    No one has acknowledged yet.
    Department Privacy Office
    Reference F6WQYJKW
    Goal an answer within 9 min
    Answer by 02:15 CST (5 min left)
    [I have it]
    [I can’t – page the next person]
    If no one answers, Ada Okafor (primary, Administrator on call) is paged at 02:15 CST.
    You answer as Jonas Chen.
    ");
    house.pass(300);
    insta::assert_snapshot!(visible(&house.look(&house.token("m-rivera")).await.text), @"
    MERCY
    high
    Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    Goal an answer within 9 min
    Answer by 02:14 CST (2 min ago)
    [I have it]
    [I can’t – page the next person]
    After this, no one else will be paged for Privacy Office.
    You answer as Maria Rivera.
    ");
}

#[tokio::test]
async fn asked_to_take_it_over() {
    let house = House::start().await;
    house.open(incident()).await;
    let maria = house.token("m-rivera");
    house.press(&maria, &[("action", "acknowledge")]).await;
    let asked = house.press(&maria, &[("action", "hand-over"), ("to", "privacy/j-chen")]).await;
    assert_eq!(asked.status, 200);
    let asked = visible(&asked.text);
    assert!(asked.contains("They are paged now. Until they take it, you have it."), "{asked}");
    assert!(
        asked.contains("You asked Jonas Chen to take it over by 02:14 CST. Until they do, you have it."),
        "{asked}"
    );
    let jonas = house.token("j-chen");
    insta::assert_snapshot!(visible(&house.look(&jonas).await.text), @"
    MERCY
    high
    Maria Rivera asks you to take this over
    Maria Rivera acknowledged it at 02:05 CST and has it until you take it.
    Incident Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    Answer by 02:14 CST (9 min left)
    [I take it over]
    [I can’t – leave it where it is]
    If you can’t or do not answer, Maria Rivera keeps it and is told.
    You answer as Jonas Chen.
    ");
    let left = house.press(&jonas, &[("action", "decline")]).await;
    assert!(left.status == 200 && visible(&left.text).contains("Maria Rivera has it"), "{}", visible(&left.text));
    let told = visible(&house.look(&house.token("m-rivera")).await.text);
    assert!(told.contains("The person you asked did not take it over: you still have it."), "{told}");
    house.pass(121);
    house.press(&maria, &[("action", "hand-over"), ("to", "j-chen")]).await;
    let taken = house.press(&house.token("j-chen"), &[("action", "acknowledge")]).await;
    assert!(taken.status == 200 && visible(&taken.text).contains("You have it"), "{}", visible(&taken.text));
    assert!(visible(&house.look(&maria).await.text).contains("Jonas Chen has it"));
    let stranger = house.press(&maria, &[("action", "hand-over"), ("to", "j-chen")]).await;
    assert_eq!(stranger.status, 409);
}

#[tokio::test]
async fn acknowledged_by_the_reader() {
    let house = House::start().await;
    house.open(incident()).await;
    let token = house.token("m-rivera");
    let page = house.press(&token, &[("action", "acknowledge")]).await;
    assert_eq!(page.status, 200);
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    high
    Recorded at 02:05:00 CST.
    You have it
    Acknowledged at 02:05 CST. No one else will be paged for Privacy Office.
    Write a first note by 02:35 CST, or you are paged again.
    Incident Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    You answer as Maria Rivera.
    [See what was posted]
    We send six digits to another of your contacts, if you have one.
    Your tasks
    Capture the post in the restricted folder, with address, account and time
    by 02:35 CST (30 min left)
    [Done]
    Assess the risk of a breach
    by Tue, Jan 6, 02:05 CST (24 h left)
    [Done]
    Do
    Assume good will in the first call
    Keep the circle small
    Do not
    Forward screenshots by text message, e-mail or chat
    Confirm in public that anybody is a patient
    Other departments’ tasks
    Human Resources, by 03:05 CST (60 min left) Reach the person by phone and ask them to take the post down
    Statement: holding
    Use only after approval by Privacy Office and Human Resources.
    Thank you for telling us about this post.
    We have passed it to our Privacy Office.
    First note: what was done
    {}
    Do not write a patient’s name. The note stays in the record.
    [Save note]
    Hand over
    Person to take this over
    Choose a person
    Jonas Chen, Privacy Office
    We page them. You have it until they take it.
    [Ask them to take it over]
    [I can’t after all – page the next person]
    Save our number and address as a contact , and allow it to bypass Do Not Disturb.
    ");
    let before = house.records();
    let again = house.press(&token, &[("action", "acknowledge")]).await;
    assert_eq!((again.status, house.records()), (200, before));
    assert!(!visible(&again.text).contains("changed nothing"));
    let given_back = house.press(&token, &[("action", "decline")]).await;
    assert_eq!(given_back.status, 200);
    insta::assert_snapshot!(visible(&given_back.text), @"
    MERCY
    high
    Recorded at 02:05:00 CST.
    You passed this on
    Jonas Chen has been paged.
    If no one answers, Ada Okafor (primary, Administrator on call) is paged at 02:15 CST.
    Incident Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    Goal an answer within 9 min
    Answer by 02:15 CST (10 min left)
    [I have it after all]
    You answer as Maria Rivera.
    ");
    let back = house.press(&token, &[("action", "acknowledge")]).await;
    assert!(visible(&back.text).contains("\nYou have it\n"));
}

#[tokio::test]
async fn acknowledged_by_somebody_else() {
    let house = House::start().await;
    house.open(incident()).await;
    house.pass(301);
    house.press(&house.token("m-rivera"), &[("action", "acknowledge")]).await;
    let token = house.token("j-chen");
    let page = house.look(&token).await;
    assert_eq!(page.status, 200);
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    high
    Maria Rivera has it
    Already acknowledged by Maria Rivera at 02:10 CST.
    You do not need to do anything.
    Incident Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    You answer as Jonas Chen.
    ");
    for action in ["acknowledge", "decline"] {
        let page = house.press(&token, &[("action", action)]).await;
        assert_eq!(page.status, 409);
        assert!(
            visible(&page.text)
                .contains("\nNot saved: Maria Rivera has already acknowledged this.\nMaria Rivera has it\n")
        );
        assert!(page.text.contains("Already acknowledged by Maria Rivera at 02:10 CST."));
    }
}

#[tokio::test]
async fn declined() {
    let house = House::start().await;
    house.open(incident()).await;
    let page = house.press(&house.token("m-rivera"), &[("action", "decline")]).await;
    assert_eq!(page.status, 200);
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    high
    Recorded at 02:05:00 CST.
    You passed this on
    Jonas Chen has been paged.
    If no one answers, Ada Okafor (primary, Administrator on call) is paged at 02:15 CST.
    Incident Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    Goal an answer within 9 min
    Answer by 02:15 CST (10 min left)
    [I have it after all]
    You answer as Maria Rivera.
    ");
}

#[tokio::test]
async fn notes() {
    let house = House::start().await;
    let id = house.open(incident()).await;
    let token = house.token("m-rivera");
    house.press(&token, &[("action", "acknowledge")]).await;
    let empty = house.press(&token, &[("action", "note"), ("note", "  ")]).await;
    assert_eq!(empty.status, 422);
    assert!(visible(&empty.text).contains("The note was empty, so nothing was saved."));
    let (before_the_field, _) = empty.text.split_once("<textarea").unwrap();
    assert!(!before_the_field.contains("<h2>"), "the field is in sight");
    let long = "é".repeat(4_001);
    let too_long = house.press(&token, &[("action", "note"), ("note", &long)]).await;
    assert_eq!(too_long.status, 422);
    assert!(too_long.text.contains(&long), "nobody has to write it again");
    let saved = house.press(&token, &[("action", "note"), ("note", "Captured <it>\r\nCalled \"HR\"")]).await;
    assert_eq!(saved.status, 200);
    let text = visible(&saved.text);
    assert!(text.contains("\nNote saved at 02:05:00 CST.\nYou have it\n"), "{text}");
    assert!(text.contains("\n{}\n") && !text.contains("you are paged again"), "{text}");
    let history = house.get(&format!("/api/v1/incidents/{id}"), crate::house::READER).await.json();
    let last = history["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["text"], "Captured <it>\nCalled \"HR\"");
}

#[tokio::test]
async fn an_answer_may_come_with_a_note() {
    let house = House::start().await;
    let id = house.open(incident()).await;
    let page = house.press(&house.token("m-rivera"), &[("action", "acknowledge"), ("note", "on my way")]).await;
    assert_eq!(page.status, 200);
    assert!(visible(&page.text).contains("\nRecorded at 02:05:00 CST.\nYou have it\n"));
    let history = house.get(&format!("/api/v1/incidents/{id}"), crate::house::READER).await;
    assert!(history.text.contains("\"on my way\""));
}

#[tokio::test]
async fn acknowledged_and_nothing_noted() {
    let house = House::start().await;
    house.open(incident()).await;
    house.pass(301);
    house.press(&house.token("j-chen"), &[("action", "acknowledge")]).await;
    house.pass(1_801);
    insta::assert_snapshot!(visible(&house.look(&house.token("m-rivera")).await.text), @"
    MERCY
    high
    What has been done?
    Jonas Chen acknowledged at 02:10 CST, and no note has been written since.
    Reach Jonas Chen and ask for a note by 03:10 CST. Without a note by Jonas Chen, both of you are paged again.
    Note: what was done
    {}
    Do not write a patient’s name. The note stays in the record.
    [Save note]
    Incident Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    You answer as Maria Rivera.
    ");
    let own = visible(&house.look(&house.token("j-chen")).await.text);
    let until_the_note = own.split_once("Department").unwrap().0;
    insta::assert_snapshot!(until_the_note, @"
    MERCY
    high
    What has been done?
    You acknowledged at 02:10 CST, and no note has been written since.
    Without a note by 03:10 CST, you are paged again.
    First note: what was done
    {}
    Do not write a patient’s name. The note stays in the record.
    [Save note]
    Incident Patient information posted by staff
    ");
    let saved = house.press(&house.token("m-rivera"), &[("action", "note"), ("note", "done")]).await;
    assert_eq!(saved.status, 200);
    let text = visible(&saved.text);
    assert!(text.contains("\nNote saved at 02:40:02 CST.\nWhat has been done?\n"), "{text}");
    house.press(&house.token("j-chen"), &[("action", "note"), ("note", "done")]).await;
    let text = visible(&house.look(&house.token("m-rivera")).await.text);
    assert!(text.contains("\nJonas Chen has it\n"), "{text}");
}

#[tokio::test]
async fn resolved() {
    let house = House::start().await;
    let id = house.open(incident()).await;
    house.act(&id, json!({ "action": "resolve" })).await;
    let token = house.token("m-rivera");
    insta::assert_snapshot!(visible(&house.look(&token).await.text), @"
    MERCY
    high
    Resolved
    Resolved by social-desk at 02:05 CST.
    You do not need to do anything.
    Incident Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    You answer as Maria Rivera.
    ");
    let page = house.press(&token, &[("action", "acknowledge")]).await;
    assert_eq!(page.status, 409);
    assert!(visible(&page.text).contains("Not saved: this incident is closed."));
}

#[tokio::test]
async fn unknown_and_expired() {
    let house = House::start().await;
    house.open(incident()).await;
    let token = house.token("m-rivera");
    let page = house.look("k3v9").await;
    assert_eq!(page.status, 404);
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    This link is not valid
    Open the complete link from the message.
    If it still does not open and you were paged, call the hospital’s operator.
    ");
    // Whatever is wrong with a token, the answer is the same.
    let before = house.records();
    let shorter = &token[1..];
    for wrong in [shorter, &format!("{token}a"), "%ff", "%00", &"a".repeat(9_000), "..%2f"] {
        let looked = house.look(wrong).await;
        assert_eq!((looked.status, &looked.text), (404, &page.text), "{wrong}");
        let pressed = house.press(wrong, &[("action", "acknowledge")]).await;
        assert_eq!((pressed.status, &pressed.text), (404, &page.text), "{wrong}");
    }
    assert_eq!(house.records(), before);
    house.state.lock().unwrap().expire(&token);
    let page = house.look(&token).await;
    assert_eq!(page.status, 410);
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    This link has expired
    This was resolved more than seven days ago. You do not need to do anything.
    ");
    assert_eq!(house.press(&token, &[("action", "acknowledge")]).await.status, 410);
}

/// What mail programs take for a part of a link, as browsers send it.
pub const GLUED: [&str; 18] = [
    ".",
    ")",
    ",",
    "/",
    "%3E",
    "%20",
    "%22",
    "'",
    "%E2%80%99",
    "%E2%80%9D",
    ";",
    ":",
    "!",
    "]",
    ").",
    "%3E.",
    "/.",
    "/%20",
];

#[tokio::test]
async fn a_link_opens_with_what_a_mail_program_adds_to_it() {
    for glued in GLUED {
        let house = House::start_at("/ward/bell").await;
        house.open(incident()).await;
        let token = house.token("m-rivera");
        let plain = house.look(&token).await;
        let page = house.look(&format!("{token}{glued}")).await;
        assert_eq!((page.status, &page.text), (200, &plain.text), "{glued}");
        let url = format!("{}/ward/bell/a/{token}{glued}", house.base);
        let pressed = house.send(house.client.post(url).form(&[("action", "acknowledge")])).await;
        assert_eq!(pressed.status, 200, "{glued}");
        assert!(visible(&pressed.text).contains("\nYou have it\n"), "{glued}");
    }
    // What is missing is missing, whatever follows.
    let house = House::start().await;
    house.open(incident()).await;
    let token = house.token("m-rivera");
    for wrong in [format!("{}.", &token[1..]), format!("{token}/x"), ".".to_owned(), "/".to_owned()] {
        assert_eq!(house.look(&wrong).await.status, 404, "{wrong}");
    }
    // The page's contact card is found from there, too.
    let card = house.get("/a/wardbell.vcf", "").await;
    assert_eq!((card.status, card.header("content-type")), (200, "text/vcard; charset=utf-8"));
}

#[tokio::test]
async fn not_recorded_does_not_count() {
    let house = House::start().await;
    house.open(incident()).await;
    let token = house.token("m-rivera");
    house.state.lock().unwrap().broken = true;
    let page = house.press(&token, &[("action", "acknowledge")]).await;
    assert_eq!(page.status, 503);
    assert!(!page.text.contains("secret"));
    insta::assert_snapshot!(visible(&page.text), @"
    MERCY
    high
    We could not record this, so your answer was not saved. Press again. We keep paging the next person.
    Patient information posted by staff
    Department Privacy Office
    Reference F6WQYJKW
    Goal an answer within 9 min
    Answer by 02:10 CST (5 min left)
    [I have it]
    [I can’t – page the next person]
    If no one answers, Jonas Chen (backup) is paged at 02:10 CST.
    You answer as Maria Rivera.
    ");
    house.state.lock().unwrap().broken = false;
    house.press(&token, &[("action", "acknowledge")]).await;
    house.state.lock().unwrap().broken = true;
    let page = house.press(&token, &[("action", "note"), ("note", "kept words")]).await;
    assert_eq!(page.status, 503);
    assert!(visible(&page.text).contains("{kept words}"));
}

#[tokio::test]
async fn a_drill_says_so() {
    let house = House::start().await;
    house.open(json!({ "class": "care-complaint", "drill": true })).await;
    let page = house.look(&house.token("m-rivera")).await;
    assert!(visible(&page.text).starts_with("MERCY\nmoderate\nDrill – respond as if it were real.\n"));
    assert!(page.text.contains("<title>DRILL: "));
}

#[tokio::test]
async fn looking_changes_nothing() {
    let house = House::start().await;
    house.open(incident()).await;
    let token = house.token("m-rivera");
    let before = house.records();
    let url = format!("{}/a/{token}", house.base);
    for address in [url.clone(), format!("{url}?action=acknowledge"), format!("{url}?utm=x")] {
        assert_eq!(house.send(house.client.get(&address)).await.status, 200);
        let head = house.send(house.client.head(&address)).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
    }
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH"] {
        let request = house.client.request(method.parse().unwrap(), &url);
        assert_eq!(house.send(request).await.status, 405, "{method}");
    }
    assert_eq!(house.records(), before);
}

#[tokio::test]
async fn only_a_press_of_a_button_counts() {
    let house = House::start().await;
    house.open(incident()).await;
    let (token, before) = (house.token("m-rivera"), house.records());
    let url = format!("{}/a/{token}", house.base);
    let form = "application/x-www-form-urlencoded";
    for (kind, body, status) in [
        (form, "", 400),
        (form, "action=", 400),
        (form, "action=ack", 400),
        (form, "note=x", 400),
        (form, "action=acknowledge&action=acknowledge", 400),
        (form, "action=acknowledge&more=1", 400),
        ("text/plain", "action=acknowledge", 415),
        ("application/json", "{\"action\":\"acknowledge\"}", 415),
        ("multipart/form-data; boundary=x", "--x--", 415),
        ("", "action=acknowledge", 415),
    ] {
        let request = house.client.post(&url).header("content-type", kind).body(body);
        let page = house.send(request).await;
        assert_eq!(page.status, status, "{kind} {body}");
        assert!(visible(&page.text).contains("Nothing was recorded"), "{kind} {body}");
    }
    let huge = format!("action=note&note={}", "x".repeat(70_000));
    let page = house.send(house.client.post(&url).header("content-type", form).body(huge)).await;
    assert!(page.status == 413 && visible(&page.text).contains("The note is too long."), "{}", visible(&page.text));
    assert_eq!(house.records(), before);
}

#[tokio::test]
async fn every_page_is_kept_by_nobody_and_loads_nothing() {
    let house = House::start().await;
    house.open(incident()).await;
    let token = house.token("m-rivera");
    let known = house.look(&token).await;
    let unknown = house.look("unknown").await;
    let pressed = house.press(&token, &[("action", "acknowledge")]).await;
    for page in [known, unknown, pressed] {
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-robots-tag", "noindex, nofollow, noarchive"),
        ] {
            assert_eq!(page.header(name), value, "{name}");
        }
        let policy = page.header("content-security-policy");
        for part in [
            "default-src 'none'; style-src 'sha256-",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!page.header("permissions-policy").is_empty());
        for word in ["<script", "http:", "https:", "src=", "style=", "onclick", "MARKER", token.as_str()] {
            assert!(!page.text.contains(word), "{word}");
        }
        for word in ["<html lang=\"en\">", "<header", "<main>", "<h1>", "<title>"] {
            assert_eq!(page.text.matches(word).count(), 1, "{word}");
        }
    }
}

#[tokio::test]
async fn case_does_not_count_and_a_path_is_kept() {
    let house = House::start_at("/ward/bell/").await;
    house.open(incident()).await;
    let token = house.token("m-rivera");
    assert_eq!(house.look(&token.to_uppercase()).await.status, 200);
    // A proxy in front takes the path away, or leaves it.
    for path in ["", "/ward/bell"] {
        let page = house.send(house.client.get(format!("{}{path}/a/{token}", house.base))).await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("action=\""), "forms go back to where they came from");
        assert_eq!(house.get(&format!("{path}/healthz"), "").await.status, 200);
        assert_eq!(house.get(&format!("{path}/nothing"), "").await.header("content-type"), "application/problem+json");
    }
    let request = house.client.post(format!("{}/ward/bell/a/{token}", house.base)).form(&[("action", "acknowledge")]);
    assert_eq!(house.send(request).await.status, 200);
}
