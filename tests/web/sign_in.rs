//! Signing in by code, and what a session may do.

use std::sync::Arc;

use reqwest::header::{COOKIE, HeaderValue, ORIGIN};
use serde_json::json;
use wardbell::domain::access::TrustedProxies;
use wardbell::domain::access_message::AccessNews;
use wardbell::domain::contact::{ChannelKind, Contact, Contacts};
use wardbell::domain::escalation::input::Input;
use wardbell::domain::outcome::{Blame, Outcome};
use wardbell::domain::session::{SessionEnd, SessionEvent};

use crate::house::{ACTOR, ADMIN, House, READER, Reply};

/// A browser: its cookies, and where its forms come from.
#[derive(Default)]
pub struct Browser {
    pub cookies: Vec<(String, String)>,
}

impl Browser {
    fn take(&mut self, reply: Reply) -> Reply {
        for value in reply.headers.get_all("set-cookie") {
            let text = value.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !text.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        reply
    }

    /// What the forms of its session say.
    pub fn form_token(&self) -> String {
        wardbell::web::session::cookies::form_token(&self.cookies[0].1)
    }

    pub fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// The secret of its session.
    pub fn session(&self) -> String {
        self.cookies.iter().find(|(name, _)| name == "wardbell").unwrap().1.clone()
    }

    pub async fn get(&mut self, house: &House, path: &str) -> Reply {
        let request = house.client.get(format!("{}{path}", house.base)).header(COOKIE, self.cookie());
        let reply = house.send(request).await;
        self.take(reply)
    }

    pub async fn post(&mut self, house: &House, path: &str, form: &[(&str, &str)]) -> Reply {
        let request = house.client.post(format!("{}{path}", house.base)).header(COOKIE, self.cookie());
        let reply = house.send(request.header(ORIGIN, &house.base).form(form)).await;
        self.take(reply)
    }

    pub async fn sign_in(&mut self, house: &House, address: &str) -> Reply {
        let before = house.state.lock().unwrap().access_mail.len();
        self.post(house, "/sign-in", &[("address", address)]).await;
        let code = code_after(house, before).await;
        self.post(house, "/sign-in/code", &[("code", &code)]).await
    }
}

/// The code of the message after so many.
async fn code_after(house: &House, before: usize) -> String {
    loop {
        if let Some(mail) = house.state.lock().unwrap().access_mail.get(before) {
            let AccessNews::Code { code, .. } = &mail.message.about else { panic!("{mail:?}") };
            return code.reveal().to_owned();
        }
        tokio::task::yield_now().await;
    }
}

pub fn events(house: &House) -> Vec<SessionEvent> {
    house.state.lock().unwrap().session_events.iter().map(|(_, event)| event.clone()).collect()
}

/// A liaison of the department that is paged for the incident.
pub const LIAISON: &str = "m-rivera@mercy.example";

#[tokio::test]
async fn a_code_signs_in_once_and_signing_out_ends_the_session_for_every_copy_of_its_cookie() {
    let house = House::start().await;
    let mut browser = Browser::default();
    let reply = browser.sign_in(&house, LIAISON).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/board"), "{}", reply.text);
    let cookie = reply.headers.get_all("set-cookie").iter().next().unwrap().to_str().unwrap();
    assert!(cookie.starts_with("wardbell=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    assert_eq!(browser.get(&house, "/sign-in").await.status, 303, "whoever is signed in goes on");

    let mut thief = Browser { cookies: browser.cookies.clone() };
    let id = house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    let path = format!("/api/v1/incidents/{id}");
    assert!(thief.get(&house, &path).await.text.contains("protected words"));
    assert_eq!(browser.post(&house, "/sign-out", &[("form_token", "wrong")]).await.status, 403);
    let token = wardbell::web::session::cookies::form_token(&browser.cookies[0].1);
    let reply = browser.post(&house, "/sign-out", &[("form_token", &token)]).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/sign-in?signed-out=yes"));
    let stolen = thief.get(&house, &path).await;
    assert!(stolen.status == 401 && !stolen.text.contains("protected words"), "{}", stolen.text);
    let told = events(&house);
    assert!(
        matches!(
            &told[..],
            [
                SessionEvent::SignedIn { .. },
                SessionEvent::ProtectedShown { .. },
                SessionEvent::SessionEnded { why: SessionEnd::SignedOut, .. },
            ]
        ),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_unknown_address_is_answered_like_a_known_one() {
    let house = House::start().await;
    let mut pages = Vec::new();
    for address in [LIAISON, "nobody@mercy.example", "", "+13125550999"] {
        let mut browser = Browser::default();
        let asked = browser.post(&house, "/sign-in", &[("address", address)]).await;
        let page = browser.get(&house, "/sign-in/code").await;
        let wrong = browser.post(&house, "/sign-in/code", &[("code", "no code")]).await;
        pages.push((asked.status, asked.text, page.status, page.text, wrong.status, wrong.text));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    assert_eq!((pages[0].0, pages[0].2, pages[0].4), (303, 200, 422));
    let metrics = house.get("/metrics", "").await.text;
    for count in [r#"{reason="no-code-sent"} 3"#, r#"{reason="wrong-code"} 1"#, r#"{reason="emergency-code"} 0"#] {
        assert!(metrics.contains(&format!("wardbell_sign_in_failures_total{count}")), "{count}\n{metrics}");
    }
    assert!(!metrics.contains("mercy.example"));
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_and_changes_nothing() {
    let house = House::start().await;
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    let token = wardbell::web::session::cookies::form_token(&browser.cookies[0].1);
    let before = events(&house);
    for path in ["/sign-in", "/sign-in/code", "/sign-out"] {
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("x", "y")] {
            let request = house.client.post(format!("{}{path}", house.base)).header(COOKIE, browser.cookie());
            let form = [("form_token", token.as_str()), ("address", LIAISON), ("code", "000000")];
            let reply = house.send(request.header(name, value).form(&form)).await;
            assert_eq!(reply.status, 403, "{path} {name}");
        }
    }
    assert_eq!(events(&house), before);
    assert_eq!(house.state.lock().unwrap().access_mail.len(), 1, "no code was sent");
}

#[tokio::test]
async fn while_the_journal_cannot_be_written_nobody_is_signed_in_and_nothing_is_shown() {
    let house = House::start().await;
    let mut signed_in = Browser::default();
    signed_in.sign_in(&house, LIAISON).await;
    let id = house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    house.state.lock().unwrap().broken = true;
    let shown = signed_in.get(&house, &format!("/api/v1/incidents/{id}")).await;
    assert!(shown.status == 503 && !shown.text.contains("protected words"), "{}", shown.text);
    let mut browser = Browser::default();
    let refused = browser.sign_in(&house, LIAISON).await;
    assert_eq!((refused.status, browser.get(&house, "/sign-in").await.status), (503, 200), "{}", refused.text);
    // The link goes on, and so does the end of a session.
    assert_eq!(house.look(&house.token("m-rivera")).await.status, 200);
    let token = wardbell::web::session::cookies::form_token(&signed_in.cookies[0].1);
    let mut copy = Browser { cookies: signed_in.cookies.clone() };
    assert_eq!(signed_in.post(&house, "/sign-out", &[("form_token", &token)]).await.status, 303);
    assert_eq!(copy.get(&house, "/sign-in").await.status, 200);
}

#[tokio::test]
async fn whoever_may_not_see_an_incident_or_is_involved_does_not_learn_of_it() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    let named = json!({ "class": "phi-by-staff", "summary": "protected words", "involved": ["m-rivera"] });
    let involved = house.open(named).await;
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    let status = |reply: Reply| (reply.status, reply.text.contains("protected words"));
    assert_eq!(status(browser.get(&house, &format!("/api/v1/incidents/{id}")).await), (200, true));
    assert_eq!(status(browser.get(&house, &format!("/api/v1/incidents/{involved}")).await), (404, false));
    // Somebody who is taken off the rosters may do nothing any more.
    take_off_rosters(&house, "m-rivera");
    assert_eq!(status(browser.get(&house, &format!("/api/v1/incidents/{id}")).await), (401, false));
}

#[tokio::test]
async fn an_operator_needs_permission_to_list_and_end_sessions() {
    let house = House::start().await;
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    let end = |token| house.post("/api/v1/sessions/end", token, "application/json", r#"{"person":"m-rivera"}"#);
    for path in ["/api/v1/sessions", "/api/v1/access", "/api/v1/emergency-codes"] {
        assert_eq!(house.get(path, READER).await.status, 403, "{path}");
        assert_eq!(house.get(path, "").await.status, 401, "{path}");
    }
    assert_eq!((end(ACTOR).await.status, browser.get(&house, "/sign-in").await.status), (403, 303));
    let listed = house.get("/api/v1/sessions", ADMIN).await.json();
    assert_eq!(listed["sessions"][0]["person"], "m-rivera");
    assert!(!listed.to_string().contains(&browser.cookies[0].1));
    assert_eq!(end(ADMIN).await.json()["ended"], 1);
    assert_eq!(
        (end(ADMIN).await.json()["ended"].clone(), browser.get(&house, "/sign-in").await.status),
        (json!(0), 200)
    );
    for (path, body) in [("/api/v1/sessions/end", "{}"), ("/api/v1/emergency-codes", r#"{"count":21}"#)] {
        assert_eq!(house.post(path, ADMIN, "application/json", body).await.status, 400, "{path}");
    }
    assert_eq!(house.get("/api/v1/access?person=a%20b", ADMIN).await.status, 400);
}

#[tokio::test]
async fn a_link_leads_to_a_code_and_shows_nothing_that_is_protected() {
    let house = House::start().await;
    house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    let path = format!("/a/{}", house.token("m-rivera"));
    let mut browser = Browser::default();
    let asked = browser.post(&house, &path, &[("action", "see-posted")]).await;
    assert_eq!((asked.status, asked.header("location")), (303, "/sign-in/code"), "{}", asked.text);
    let page = browser.get(&house, "/sign-in/code").await;
    assert!(page.text.contains("on their way to your email") && !page.text.contains("protected words"));
    let code = code_after(&house, 0).await;
    let entered = browser.post(&house, "/sign-in/code", &[("code", &code)]).await;
    assert!(entered.status == 303 && entered.header("location").starts_with("/incidents/"), "{}", entered.text);
    let [SessionEvent::SignedIn { proof, .. }] = &events(&house)[..] else { panic!("{:?}", events(&house)) };
    assert!(proof.is_same_contact, "they have no other contact: {proof:?}");
    let unknown = browser.post(&house, "/a/nobody", &[("action", "see-posted")]).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn whoever_is_signed_in_finds_the_incident_on_the_board_reads_what_was_posted_and_takes_it() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    let page = format!("/incidents/{id}");
    let mut browser = Browser::default();
    let reply = browser.get(&house, &page).await;
    assert_eq!(reply.status, 303, "a stranger signs in first");
    assert!(reply.header("location").starts_with("/sign-in?next="), "{}", reply.header("location"));
    browser.sign_in(&house, LIAISON).await;
    assert_eq!(browser.get(&house, "/").await.header("location"), "/board");
    let board = browser.get(&house, "/board").await;
    assert!(board.status == 200 && board.text.contains(&page), "{}", board.text);
    assert!(!board.text.contains("protected words"), "a board shows nothing that is protected");
    assert_eq!(events(&house).len(), 1, "nothing was shown yet");
    let shown = browser.get(&house, &page).await;
    assert!(shown.status == 200 && shown.text.contains("protected words"), "{}", shown.text);
    assert!(matches!(events(&house).last(), Some(SessionEvent::ProtectedShown { .. })));
    for (path, words) in [("/on-call", "Maria Rivera"), ("/me", LIAISON)] {
        let reply = browser.get(&house, path).await;
        assert!(reply.status == 200 && reply.text.contains(words), "{path}: {}", reply.text);
    }

    let token = wardbell::web::session::cookies::form_token(&browser.cookies[0].1);
    let acknowledge = [("action", "acknowledge"), ("department", "privacy")];
    assert_eq!(browser.post(&house, &page, &acknowledge).await.status, 403, "a form without its token is not taken");
    let taken = browser.post(&house, &page, &[&acknowledge[..], &[("form_token", &token)]].concat()).await;
    assert!(taken.status == 200 && taken.text.contains("Recorded."), "{}", taken.text);
    let incident = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json();
    let track = incident["tracks"].as_array().unwrap().iter().find(|one| one["department"] == "privacy").unwrap();
    assert_eq!((&track["status"], &track["acknowledged_by"]), (&json!("acknowledged"), &json!("m-rivera")));
    let resolve = [("action", "resolve"), ("outcome", "handled"), ("note", "done so far"), ("form_token", &token)];
    let refused = browser.post(&house, &page, &resolve).await;
    assert_eq!(refused.status, 403, "another department has not answered: {}", refused.text);
    let note = [("action", "note"), ("note", &"long ".repeat(900)[..]), ("form_token", &token)];
    let refused = browser.post(&house, &page, &note).await;
    assert!(
        refused.status == 422 && refused.text.contains("long long </textarea>"),
        "the draft stays: {}",
        refused.text
    );
    house.act(&id, json!({ "action": "acknowledge", "department": "human-resources" })).await;
    let unnamed = browser.post(&house, &page, &[("action", "resolve"), ("note", "kept"), ("form_token", &token)]).await;
    assert!(unnamed.status == 400 && unnamed.text.contains("Choose an outcome"), "{}", unnamed.text);
    assert!(unnamed.text.contains(">kept</textarea>"), "{}", unnamed.text);
    let resolved = browser.post(&house, &page, &resolve).await;
    assert!(resolved.status == 200 && resolved.text.contains("resolved: handled<"), "{}", resolved.text);
    let reopened = [("action", "reopen"), ("note", "it is back"), ("form_token", &token)];
    let again = browser.post(&house, &page, &reopened).await;
    assert!(again.status == 200 && again.text.contains("0 of 2 departments have it"), "{}", again.text);
    assert!(again.text.contains("Maria Rivera reopened it") && again.text.contains("it is back"), "{}", again.text);
    for (kind, has, has_not) in [
        ("answers", "I have it, for Privacy Office", "Maria Rivera reopened it"),
        ("changes", "Maria Rivera reopened it", "I have it, for Privacy Office"),
        ("pages", "paged for Privacy Office: new incident", "Maria Rivera reopened it"),
        ("notes", "Nothing of this kind has happened.", "I have it, for Privacy Office"),
    ] {
        let text = browser.get(&house, &format!("{page}?timeline={kind}")).await.text;
        let timeline = text.split_once("id=\"timeline\"").unwrap().1;
        assert!(timeline.contains(has) && !timeline.contains(has_not), "{kind}: {timeline}");
    }
    assert_eq!(browser.get(&house, &format!("{page}?timeline=moods")).await.status, 400);
    let twice = browser.post(&house, &page, &reopened).await;
    assert!(twice.status == 409 && twice.text.contains("The incident is open already."), "{}", twice.text);
}

#[tokio::test]
async fn whoever_an_incident_names_finds_it_on_no_page() {
    let house = House::start().await;
    let incident = json!({ "class": "phi-by-staff", "summary": "protected words", "involved": ["m-rivera"] });
    let id = house.open(incident).await;
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    let token = wardbell::web::session::cookies::form_token(&browser.cookies[0].1);
    for path in ["/board".to_owned(), format!("/board?reference={id}"), "/board?status=resolved".to_owned()] {
        let reply = browser.get(&house, &path).await;
        assert!(reply.status == 200 && !reply.text.contains(&format!("/incidents/{id}")), "{path}: {}", reply.text);
    }
    for path in [format!("/incidents/{id}"), format!("/incidents/{id}/post")] {
        let reply = browser.get(&house, &path).await;
        assert!(reply.status == 404 && !reply.text.contains("protected words"), "{path}: {}", reply.text);
    }
    let note = [("action", "note"), ("note", "I was here"), ("form_token", &token)];
    assert_eq!(browser.post(&house, &format!("/incidents/{id}"), &note).await.status, 404);
    assert_eq!(events(&house).len(), 1, "nothing was shown");
}

fn take_off_rosters(house: &House, id: &str) {
    house.replan(|plan| {
        for roster in plan.rosters.values_mut() {
            Arc::make_mut(roster).liaisons.retain(|liaison| liaison.id.as_str() != id);
        }
    });
}

/// A code that an operator prints.
pub async fn emergency_code(house: &House) -> String {
    let made = house.post("/api/v1/emergency-codes", ADMIN, "application/json", r#"{"count":1}"#).await;
    made.json()["codes"][0]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_emergency_code_sees_nothing_in_which_the_person_who_uses_it_is_involved() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    let named = json!({ "class": "phi-by-staff", "summary": "protected words", "involved": ["m-rivera"] });
    let involved = house.open(named).await;
    let code = emergency_code(&house).await;
    let mut browser = Browser::default();
    let form = |address| [("code", code.clone()), ("address", address), ("reason", "mail is down".to_owned())];
    let post = async |browser: &mut Browser, address: &str| {
        let form = form(address.to_owned());
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&house, "/sign-in/emergency", &form).await
    };
    let unknown = post(&mut browser, "nobody@mercy.example").await;
    assert!(unknown.status == 422 && unknown.text.contains("You can still use the code"), "{}", unknown.text);
    assert_eq!(post(&mut browser, LIAISON).await.status, 303);
    let listed = house.get("/api/v1/sessions", ADMIN).await.json();
    let session = &listed["sessions"][0];
    assert_eq!((&session["how"], &session["used_by"]), (&json!("emergency-code"), &json!("m-rivera")), "{listed}");
    let status = |reply: Reply| (reply.status, reply.text.contains("protected words"));
    for root in ["/api/v1/incidents", "/incidents"] {
        assert_eq!(status(browser.get(&house, &format!("{root}/{id}")).await), (200, true));
        assert_eq!(status(browser.get(&house, &format!("{root}/{involved}")).await), (404, false));
    }
    let token = wardbell::web::session::cookies::form_token(&browser.cookies[0].1);
    let note = [("action", "note"), ("note", "checked"), ("form_token", &token)];
    assert_eq!(browser.post(&house, &format!("/incidents/{involved}"), &note).await.status, 404);
    assert_eq!(browser.post(&house, &format!("/incidents/{id}"), &note).await.status, 200);
    let told = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json().to_string();
    assert!(told.contains("m-rivera") && told.contains("emergency-code"), "the record says who and how: {told}");
    // Whoever is taken off the rosters has no code either.
    take_off_rosters(&house, "m-rivera");
    assert_eq!(status(browser.get(&house, &format!("/api/v1/incidents/{id}")).await), (401, false));
}

#[tokio::test]
async fn after_the_clock_was_set_back_pages_and_answers_say_the_times_of_the_wall() {
    let house = House::start().await;
    house.set_clock_back(3_600);
    let id = house.open(json!({ "class": "phi-by-staff", "summary": "protected words" })).await;
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    let listed = house.get("/api/v1/sessions", ADMIN).await.json();
    let session = &listed["sessions"][0];
    assert_eq!(
        (&session["since"], &session["until"]),
        (&json!("2026-01-05T08:05:00.000Z"), &json!("2026-01-05T20:05:00.000Z"))
    );
    // In Chicago it is five past two; the backup is paged at ten past.
    let page = browser.get(&house, &format!("/incidents/{id}")).await;
    assert!(page.text.contains("02:10 CST") && !page.text.contains("03:10 CST"), "{}", page.text);
    let me = browser.get(&house, "/me").await;
    assert!(me.text.contains("02:05 CST") && !me.text.contains("03:05 CST"), "{}", me.text);
}

#[tokio::test]
async fn a_clock_that_was_set_ahead_signs_nobody_out_before_the_engine_notices() {
    let house = House::start().await;
    // The wall clock is thirteen hours ahead of logical time, and sessions last twelve.
    house.set_clock_back(-13 * 3_600);
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    assert_eq!(browser.get(&house, "/board").await.status, 200);
}

/// Which contact the code went to after a press at a page's link, and whether the record calls it the link's own.
async fn code_goes_to(house: &House, path: &str) -> (ChannelKind, bool) {
    let mails = house.state.lock().unwrap().access_mail.len();
    let before = events(house).len();
    let mut browser = Browser::default();
    let asked = browser.post(house, path, &[("action", "see-posted")]).await;
    assert_eq!(asked.status, 303, "{}", asked.text);
    let code = code_after(house, mails).await;
    browser.post(house, "/sign-in/code", &[("code", &code)]).await;
    let events = events(house);
    let [SessionEvent::SignedIn { proof, .. }] = &events[before..] else { panic!("{events:?}") };
    (proof.contact.unwrap(), proof.is_same_contact)
}

#[tokio::test]
async fn the_code_behind_a_link_goes_to_a_contact_that_has_not_got_that_link() {
    let house = House::start().await;
    house.replan(|plan| {
        let privacy = Arc::make_mut(plan.rosters.get_mut(&"privacy".parse().unwrap()).unwrap());
        let sms = Contact::at_once(ChannelKind::Sms, "+13125550101");
        privacy.liaisons[0].contacts = Contacts::from_iter([Contact::at_once(ChannelKind::Email, LIAISON), sms]);
    });
    let (accepted, timed_out) = (Outcome::Accepted { provider_id: None }, Outcome::retry("timeout"));
    let refused = Outcome::permanent("smtp-550", Blame::Roster);
    let end = |id: &str, channel, outcome: &Outcome| {
        let mut state = house.state.lock().unwrap();
        let ended = Input::Attempted { page: 1, channel, outcome: outcome.clone(), jitter: 0 };
        state.decide(id.parse().unwrap(), ended).unwrap();
    };
    let by_text = house.open(json!({ "class": "phi-by-staff" })).await;
    let link = house.token("m-rivera");
    let by_mail = house.open(json!({ "class": "self-harm" })).await;
    // Nothing has ended, so each may have come.
    assert_eq!(code_goes_to(&house, &format!("/a/{link}")).await, (ChannelKind::Email, true));
    end(&by_text, ChannelKind::Sms, &accepted);
    end(&by_text, ChannelKind::Email, &timed_out);
    assert_eq!(code_goes_to(&house, &format!("/a/{link}")).await, (ChannelKind::Email, true), "it may have arrived");
    let by_text_alone = house.open(json!({ "class": "care-complaint" })).await;
    let link = house.token("m-rivera");
    end(&by_text_alone, ChannelKind::Sms, &accepted);
    end(&by_text_alone, ChannelKind::Email, &refused);
    end(&by_mail, ChannelKind::Email, &accepted);
    end(&by_mail, ChannelKind::Sms, &refused);
    // Whoever has the phone opens the page that came by mail.
    let other = format!("/a/{link}?page={by_mail}-1");
    assert_eq!(code_goes_to(&house, &other).await, (ChannelKind::Email, false));
}

#[tokio::test]
async fn somebody_in_two_rosters_is_known_as_who_has_it_by_either_entry() {
    let house = House::start().await;
    house.replan(|plan| {
        let maria = plan.rosters[&"privacy".parse().unwrap()].liaisons[0].clone();
        let other = Arc::make_mut(plan.rosters.get_mut(&"human-resources".parse().unwrap()).unwrap());
        other.liaisons.push(maria);
    });
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    assert_eq!(house.press(&house.token("m-rivera"), &[("action", "acknowledge")]).await.status, 200);
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    let board = browser.get(&house, "/board").await;
    assert!(board.text.contains("you"), "{}", board.text);
    let token = wardbell::web::session::cookies::form_token(&browser.cookies[0].1);
    // The first of their entries is another than the one whose page they answered.
    for (action, status) in [("decline", "climbing"), ("acknowledge", "acknowledged"), ("decline", "climbing")] {
        let form = [("action", action), ("department", "privacy"), ("form_token", token.as_str())];
        let reply = browser.post(&house, &format!("/incidents/{id}"), &form).await;
        assert!(reply.status == 200 && reply.text.contains("Recorded."), "{action}: {}", reply.text);
        let incident = house.get(&format!("/api/v1/incidents/{id}"), READER).await.json();
        let track = incident["tracks"].as_array().unwrap().iter().find(|one| one["department"] == "privacy").unwrap();
        assert_eq!(track["status"], status, "{action}");
    }
}

#[tokio::test]
async fn a_session_is_of_nobody_to_whom_its_id_is_given_later() {
    let house = House::start().await;
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    let rename = |name: &'static str, address: &'static str| {
        house.replan(move |plan| {
            let privacy = Arc::make_mut(plan.rosters.get_mut(&"privacy".parse().unwrap()).unwrap());
            privacy.liaisons[0].name = name.to_owned();
            privacy.liaisons[0].contacts = Contacts::from_iter([Contact::at_once(ChannelKind::Email, address)]);
        });
    };
    rename("Maria Rivera-Lopez", LIAISON);
    assert_eq!(browser.get(&house, "/board").await.status, 200, "a new name");
    rename("Maria Rivera", "rivera@mercy.example");
    assert_eq!(browser.get(&house, "/board").await.status, 200, "a new address");
    rename("June Chen", "june@mercy.example");
    assert_eq!(browser.get(&house, "/board").await.status, 303, "June is somebody else");
}

#[tokio::test]
async fn an_operator_who_ends_sessions_while_nothing_can_be_recorded_is_told_what_a_restart_undoes() {
    let house = House::start().await;
    let mut browser = Browser::default();
    browser.sign_in(&house, LIAISON).await;
    house.state.lock().unwrap().broken = true;
    let body = r#"{"person":"m-rivera"}"#;
    let ended = house.post("/api/v1/sessions/end", ADMIN, "application/json", body).await;
    assert!(ended.status == 503 && ended.text.contains("restart"), "{}", ended.text);
    assert_eq!(browser.get(&house, "/board").await.status, 303);
    let told = events(&house);
    let Some(SessionEvent::SessionEnded { why: SessionEnd::EndedByOperator, by: Some(by), .. }) = told.last() else {
        panic!("{told:?}")
    };
    assert_eq!(by.id(), "boss");
}

#[tokio::test]
async fn emergency_codes_of_a_lost_sheet_are_revoked() {
    let house = House::start().await;
    let make = || house.post("/api/v1/emergency-codes", ADMIN, "application/json", r#"{"count":3}"#);
    let revoke = |body: String| house.post("/api/v1/emergency-codes/revoke", ADMIN, "application/json", body);
    house.state.lock().unwrap().broken = true;
    assert_eq!(make().await.status, 503);
    house.state.lock().unwrap().broken = false;
    let good = async || house.get("/api/v1/emergency-codes", ADMIN).await.json()["codes"].as_array().unwrap().len();
    assert_eq!(good().await, 0, "all of them or none");
    let made = make().await.json();
    let code = |at: usize| (made["codes"][at]["number"].as_u64().unwrap(), made["codes"][at]["code"].as_str().unwrap());
    let (number, printed) = code(0);
    assert_eq!(revoke(json!({ "numbers": [number] }).to_string()).await.json(), json!({ "numbers": [number] }));
    let mut browser = Browser::default();
    let entered = browser.post(&house, "/sign-in/emergency", &[("code", printed), ("reason", "found it")]).await;
    assert_eq!((entered.status, good().await), (422, 2), "{}", entered.text);
    for bad in [json!({ "numbers": [number] }), json!({}), json!({ "all": true, "numbers": [1] }), json!({ "x": 1 })] {
        let refused = revoke(bad.to_string()).await;
        assert_eq!((refused.status, good().await), (400, 2), "{bad}: {}", refused.text);
    }
    let rest = revoke(json!({ "all": true }).to_string()).await.json();
    assert_eq!((rest["numbers"].as_array().unwrap().len(), good().await), (2, 0));
    assert_eq!(revoke(json!({ "all": true }).to_string()).await.json(), json!({ "numbers": [] }));
    assert!(matches!(events(&house).last(), Some(SessionEvent::EmergencyCodeRevoked { .. })));
    let unasked = house.post("/api/v1/emergency-codes/revoke", READER, "application/json", r#"{"all":true}"#).await;
    assert_eq!(unasked.status, 403);
}

#[tokio::test]
async fn whoever_has_a_link_gets_a_code_whatever_a_stranger_asks_for_and_is_told_when_there_are_no_more() {
    let house = House::start().await;
    house.open(json!({ "class": "phi-by-staff" })).await;
    let path = format!("/a/{}", house.token("m-rivera"));
    for _ in 0..5 {
        Browser::default().post(&house, "/sign-in", &[("address", LIAISON)]).await;
    }
    for _ in 0..3 {
        let asked = Browser::default().post(&house, &path, &[("action", "see-posted")]).await;
        assert_eq!(asked.status, 303, "{}", asked.text);
    }
    let more = Browser::default().post(&house, &path, &[("action", "see-posted")]).await;
    assert!(more.status == 429 && more.text.contains("ask again after 03:05 CST"), "{}", more.text);
}

#[tokio::test]
async fn what_a_trusted_proxy_adds_is_read_behind_whatever_bytes_a_caller_sent() {
    let house = House::start().await;
    house.replan(|plan| plan.access.trusted_proxies = TrustedProxies(vec!["127.0.0.0/8".parse().unwrap()]));
    let mut browser = Browser::default();
    browser.post(&house, "/sign-in", &[("address", LIAISON)]).await;
    let code = code_after(&house, 0).await;
    let request = house.client.post(format!("{}/sign-in/code", house.base)).header(COOKIE, browser.cookie());
    let forwarded = HeaderValue::from_bytes(b"1.2.3.4\xff, 198.51.100.7").unwrap();
    let request = request.header(ORIGIN, &house.base).header("x-forwarded-for", forwarded);
    let reply = house.send(request.form(&[("code", &code)])).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let [SessionEvent::SignedIn { from, .. }] = &events(&house)[..] else { panic!("{:?}", events(&house)) };
    assert_eq!(from, "198.51.100.7");
}
