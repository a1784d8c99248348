//! People sign in with codes that really arrive, and what they are shown is on the record.

use std::time::{Duration, SystemTime};

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};
use wardbell::provider::http_client::client_builder;

use crate::clock::hospital_with_a_clock;
use crate::command_line::{Said, say};
use crate::hospital::Hospital;
use crate::judge::Reason::{NotAcknowledged, Opened};
use crate::mounts::SmallDisk;
use crate::pace;
use crate::plan::{CHEN, COMPLIANCE, DIAZ, KIM, OKAFOR, PRIVACY, RIVERA, Roster, STONE};
use crate::story::{BOTH, SMS};
use crate::tools::skip;

const PROTECTED: &str = "a photo of the patient in bed 12";

/// A browser, as the proxy passes its requests on.
pub struct Browser<'h> {
    hospital: &'h Hospital,
    client: reqwest::Client,
    cookies: Vec<(String, String)>,
}

pub struct Answer {
    pub status: u16,
    pub location: String,
    pub text: String,
}

impl<'h> Browser<'h> {
    pub fn new(hospital: &'h Hospital) -> Self {
        let client = client_builder().redirect(reqwest::redirect::Policy::none());
        Self { hospital, client: client.build().unwrap(), cookies: Vec::new() }
    }

    /// Another browser with what this one has.
    fn stolen(&self) -> Self {
        Self { cookies: self.cookies.clone(), ..Self::new(self.hospital) }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let response = request.header(COOKIE, cookies).send().await.unwrap();
        for value in response.headers().get_all(SET_COOKIE) {
            let text = value.to_str().unwrap();
            assert!(text.contains("; Path=/ward; Secure; HttpOnly; SameSite=Lax"), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            assert!(name.starts_with("__Secure-wardbell"), "{text}");
            self.cookies.retain(|(known, _)| known != name);
            if !text.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let location = response.headers().get(LOCATION).map_or("", |value| value.to_str().unwrap()).to_owned();
        Answer { status: response.status().as_u16(), location, text: response.text().await.unwrap() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.hospital.base()));
        self.send(request).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.client.post(format!("{}{path}", self.hospital.base())).form(form);
        self.send(request.header(ORIGIN, "https://pages.mercy.example")).await
    }

    /// Asks for a code by an address, and returns it once it has come there.
    async fn ask(&mut self, address: &str) -> String {
        let before = codes(self.hospital, address).len();
        let asked = self.post("/sign-in", &[("address", address)]).await;
        assert_eq!((asked.status, asked.location.as_str()), (303, "/ward/sign-in/code"), "{}", asked.text);
        code_after(self.hospital, address, before).await
    }

    pub async fn sign_in(&mut self, address: &str) {
        let code = self.ask(address).await;
        let entered = self.post("/sign-in/code", &[("code", &code)]).await;
        assert_eq!((entered.status, entered.location.as_str()), (303, "/ward/board"), "{address}: {}", entered.text);
    }

    pub fn form_token(&self) -> String {
        let session = self.cookies.iter().find(|(name, _)| name == "__Secure-wardbell").unwrap();
        wardbell::web::session::cookies::form_token(&session.1)
    }
}

/// The codes that came to an address, oldest first.
pub fn codes(hospital: &Hospital, address: &str) -> Vec<String> {
    let messages = hospital.shared().inbox().messages_to(address);
    let after = |text: String| Some(text.split("sign-in code: ").nth(1)?.get(..6)?.to_owned());
    messages.iter().filter_map(|message| after(message.text().to_string())).collect()
}

async fn code_after(hospital: &Hospital, address: &str, before: usize) -> String {
    let find = || codes(hospital, address).get(before).cloned();
    hospital.shared().inbox().wait_until(find, pace::PATIENCE).await.unwrap()
}

async fn chief(hospital: &Hospital, args: &[&str]) -> Said {
    let (server, token) = (hospital.base(), hospital.house().join("secrets/chief"));
    let more = ["--server", &server, "--token-file", token.to_str().unwrap()];
    say(hospital, &[args, &more].concat()).await
}

pub async fn access(hospital: &Hospital, args: &[&str]) -> Vec<Value> {
    let said = chief(hospital, &[&["audit", "access", "--format", "json"], args].concat()).await;
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str::<Value>(&said.out).unwrap()["access"].as_array().unwrap().clone()
}

pub fn types(moments: &[Value]) -> Vec<&str> {
    moments.iter().map(|moment| moment["type"].as_str().unwrap()).collect()
}

const GROUPS: &str = "[[group]]\nname = \"audit\"\nmay = [\"audit\"]\n\
    people = [\"a.one@mercy.example\", \"a.two@mercy.example\", \"+13125550171\", \"+13125550172\"]\n";

pub async fn ten_people_sign_in_with_their_own_code_and_with_no_other() {
    let hospital = Hospital::new().await;
    hospital.configure_more(GROUPS);
    hospital.serve().await;
    let people = [
        RIVERA.email,
        CHEN.sms,
        OKAFOR.email,
        DIAZ.sms,
        KIM.email,
        STONE.sms,
        "a.one@mercy.example",
        "a.two@mercy.example",
        "+13125550171",
        "+1 (312) 555-0172",
    ];
    let mut browsers = Vec::new();
    for address in people {
        let mut browser = Browser::new(&hospital);
        let plain = if address.contains('@') { address.to_owned() } else { address.replace([' ', '(', ')', '-'], "") };
        let asked = browser.post("/sign-in", &[("address", address)]).await;
        assert_eq!(asked.status, 303, "{}", asked.text);
        browsers.push((code_after(&hospital, &plain, 0).await, browser));
    }
    // Somebody else's code, wrong ones, and the right one once.
    let others: Vec<String> = browsers.iter().map(|(code, _)| code.clone()).collect();
    for (number, (code, browser)) in browsers.iter_mut().enumerate() {
        let other = others.iter().cycle().skip(number + 1).find(|other| *other != code).unwrap().clone();
        let wrong = browser.post("/sign-in/code", &[("code", &other)]).await;
        assert!(wrong.status == 422 && wrong.text.contains("4 tries are left"), "{}", wrong.text);
        let entered = browser.post("/sign-in/code", &[("code", code)]).await;
        assert_eq!((entered.status, entered.location.as_str()), (303, "/ward/board"), "{}", entered.text);
        let again = browser.post("/sign-in/code", &[("code", code)]).await;
        assert!(again.location == "/ward/sign-in" && again.status == 303, "a code is good once: {}", again.status);
    }
    let mut guesser = Browser::new(&hospital);
    let code = guesser.ask(RIVERA.sms).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_ne!(guesser.post("/sign-in/code", &[("code", wrong)]).await.status, 303);
    }
    let late = guesser.post("/sign-in/code", &[("code", &code)]).await;
    assert!(late.status == 200 && late.text.contains("Ask for a new one"), "{}", late.text);
    let said = chief(&hospital, &["sessions", "list"]).await;
    assert_eq!(said.out.lines().count(), 10, "{}{}", said.out, said.err);
    // Failures are recorded without being waited for: five of six.
    let until = SystemTime::now() + pace::PATIENCE;
    loop {
        let told = access(&hospital, &["--person", RIVERA.id]).await;
        let count = |wanted: &str| types(&told).iter().filter(|kind| **kind == wanted).count();
        assert!(count("signed-in") == 1 && count("sign-in-failed") <= 5, "{told:#?}");
        if count("sign-in-failed") == 5 {
            break;
        }
        assert!(SystemTime::now() < until, "{told:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!hospital.logs().contains(&code), "no code is logged");
    hospital.judge().await;
}

pub async fn a_session_lasts_across_a_restart_and_ends_with_its_person_s_entry() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "rumor", "summary": PROTECTED })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let path = format!("/api/v1/incidents/{}", story.id);
    let (mut rivera, mut chen, mut kim) = (Browser::new(&hospital), Browser::new(&hospital), Browser::new(&hospital));
    rivera.sign_in(RIVERA.email).await;
    chen.sign_in(CHEN.email).await;
    kim.sign_in(KIM.email).await;
    assert!(rivera.get(&path).await.text.contains(PROTECTED));
    let other = kim.get(&path).await;
    assert!(other.status == 404 && !other.text.contains(PROTECTED), "another department: {}", other.text);
    hospital.terminate(Duration::from_secs(10)).await;
    hospital.serve().await;
    assert!(rivera.get(&path).await.text.contains(PROTECTED), "a restart signs nobody out");
    let mut stolen = rivera.stolen();
    let token = rivera.form_token();
    assert_eq!(rivera.post("/sign-out", &[("form_token", &token)]).await.location, "/ward/sign-in?signed-out=yes");
    assert_eq!(stolen.get(&path).await.status, 401, "a copy of the cookie is of no use");

    let privacy = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&RIVERA).always("primary", &RIVERA);
    hospital.write("rosters/privacy.toml", privacy.text());
    let until = SystemTime::now() + Duration::from_secs(30);
    while chen.get(&path).await.status != 401 {
        assert!(SystemTime::now() < until, "whoever is in no roster is still signed in");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let ended = chief(&hospital, &["sessions", "end", KIM.id]).await;
    assert_eq!((ended.code, ended.out.as_str()), (0, "1 session of kim ended\n"), "{}", ended.err);
    assert_eq!(kim.get(&path).await.status, 401);
    for (person, why) in [(&RIVERA, "signed-out"), (&CHEN, "left-rosters"), (&KIM, "ended-by-operator")] {
        let told = access(&hospital, &["--person", person.id]).await;
        assert_eq!(told.last().unwrap()["why"], why, "{told:#?}");
    }
    hospital.judge().await;
}

pub async fn a_link_alone_shows_nothing_and_the_code_of_another_contact_what_was_posted() {
    let hospital = Hospital::new().await;
    let order = "notify = [{ by = \"sms\" }, { by = \"email\", after = \"10m\" }]\n";
    let privacy = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person_with(&RIVERA, order).person(&CHEN);
    hospital.write("rosters/privacy.toml", privacy.always("primary", &RIVERA).always("backup", &CHEN).text());
    hospital.serve().await;
    let story = hospital.open(json!({ "class": "rumor", "summary": PROTECTED })).await;
    story.at_once().page(&RIVERA, &PRIVACY, SMS, Opened);
    let link = story.link(&RIVERA).await;
    let page = story.press(&RIVERA, "acknowledge").await;
    assert!(page.text.contains("See what was posted") && !page.text.contains(PROTECTED), "{}", page.text);
    story.taken_over_by(1).await;
    let mut browser = Browser::new(&hospital);
    let asked = browser.post(&link, &[("action", "see-posted")]).await;
    assert_eq!((asked.status, asked.location.as_str()), (303, "/ward/sign-in/code"), "{}", asked.text);
    assert!(browser.get("/sign-in/code").await.text.contains("on their way to your email"));
    let code = code_after(&hospital, RIVERA.email, 0).await;
    assert!(codes(&hospital, RIVERA.sms).is_empty(), "not by the way that the link came");
    let entered = browser.post("/sign-in/code", &[("code", &code)]).await;
    assert_eq!((entered.status, entered.location), (303, format!("/ward/incidents/{}", story.id)), "{}", entered.text);
    assert!(access(&hospital, &["--incident", &story.id]).await.is_empty(), "nothing was shown so far");
    assert!(browser.get(&format!("/api/v1/incidents/{}", story.id)).await.text.contains(PROTECTED));
    let told = access(&hospital, &["--incident", &story.id]).await;
    assert_eq!((types(&told), &told[0]["person"]), (vec!["protected-shown"], &json!(RIVERA.id)));
    let signed_in = &access(&hospital, &["--person", RIVERA.id]).await[0];
    assert_eq!((&signed_in["how"], &signed_in["contact"]), (&json!("link"), &json!("email")), "{signed_in:#}");
    assert!(signed_in.get("is_same_contact").is_none(), "{signed_in:#}");
    assert!(!hospital.logs().contains(PROTECTED));
    hospital.judge().await;
}

pub async fn killed_right_after_an_answer_its_showing_is_on_the_record() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "rumor", "summary": PROTECTED })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.taken_over(1).await;
    let mut browser = Browser::new(&hospital);
    browser.sign_in(CHEN.email).await;
    let path = format!("/api/v1/incidents/{}", story.id);
    for shown in 1..=3 {
        assert!(browser.get(&path).await.text.contains(PROTECTED));
        hospital.kill();
        hospital.serve().await;
        assert_eq!(access(&hospital, &["--incident", &story.id]).await.len(), shown);
    }
    hospital.judge().await;
}

pub async fn killed_while_it_shows_something_no_byte_leaves_that_is_not_on_the_record() {
    let hospital = Hospital::serving().await;
    let story = hospital.open(json!({ "class": "rumor", "summary": PROTECTED })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.taken_over(1).await;
    let mut browser = Browser::new(&hospital);
    browser.sign_in(CHEN.email).await;
    let path = format!("/incidents/{}", story.id);
    let mut shown = 0;
    for number in 0..12 {
        let cookies =
            browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = browser.client.get(format!("{}{path}", hospital.base())).header(COOKIE, cookies);
        let came = tokio::spawn(async move {
            let Ok(mut response) = request.send().await else { return String::new() };
            let mut came = Vec::new();
            while let Ok(Some(bytes)) = response.chunk().await {
                came.extend(bytes);
            }
            String::from_utf8_lossy(&came).into_owned()
        });
        tokio::time::sleep(Duration::from_millis(number)).await;
        hospital.kill();
        shown += usize::from(came.await.unwrap().contains(PROTECTED));
        hospital.serve().await;
        let recorded = access(&hospital, &["--incident", &story.id]).await.len();
        assert!(recorded >= shown, "{shown} answers came with what was posted, and {recorded} are on the record");
    }
    assert!(shown < 12, "each was killed too late to try anything");
    hospital.judge().await;
}

pub async fn while_nothing_can_be_recorded_nobody_signs_in_and_nothing_is_shown_and_paging_goes_on() {
    let name = "while_nothing_can_be_recorded_nobody_signs_in_and_nothing_is_shown_and_paging_goes_on";
    let hospital = Hospital::new().await;
    let Some(disk) = SmallDisk::mount(hospital.store(), 6) else {
        skip(name, "only root may mount a small disk");
        return hospital.judge_now();
    };
    hospital.serve().await;
    let (mut rivera, mut chen) = (Browser::new(&hospital), Browser::new(&hospital));
    rivera.sign_in(RIVERA.email).await;
    let code = chen.ask(CHEN.email).await;
    let story = hospital.open(json!({ "class": "photo", "summary": PROTECTED })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    story.between(2.0, 3.0).page(&CHEN, &PRIVACY, BOTH, NotAcknowledged);
    story.between(4.0, 5.0).page(&STONE, &PRIVACY, BOTH, NotAcknowledged);
    let link = story.link(&RIVERA).await;
    let (page, api) = (format!("/incidents/{}", story.id), format!("/api/v1/incidents/{}", story.id));
    disk.fill();
    let refused = hospital.send(&json!({ "class": "complaint", "summary": "x".repeat(9_000) })).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    // Who is signed in still sees who has it, unless the store has no room either. What was posted is not shown, because
    // that could not be recorded.
    let shown = rivera.get(&page).await;
    let is_said = shown.text.contains("cannot record who sees it");
    assert!(shown.status == 503 || shown.status == 200 && is_said, "{}", shown.text);
    let answer = rivera.get(&api).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    let board = rivera.get("/board").await;
    assert!(board.status == 503 || board.status == 200 && board.text.contains(&story.id), "{}", board.text);
    for text in [&shown.text, &answer.text, &board.text] {
        assert!(!text.contains(PROTECTED), "{text}");
    }
    let entered = chen.post("/sign-in/code", &[("code", &code)]).await;
    assert!(entered.status == 503 && chen.get("/board").await.status == 303, "{}", entered.text);
    let looked = rivera.get(&link).await;
    let is_shown = looked.status == 200 && looked.text.contains("I have it");
    assert!(is_shown || looked.status == 503 && looked.text.contains("We keep paging"), "{}", looked.text);
    story.until(4.7).await;
    disk.free();
    let until = SystemTime::now() + pace::PATIENCE;
    while hospital.get("/readyz", None).await.status != 200 {
        assert!(SystemTime::now() < until, "it is not ready again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The code that could not be used is still good.
    let entered = chen.post("/sign-in/code", &[("code", &code)]).await;
    assert_eq!(entered.status, 303, "{}", entered.text);
    // The store is built again while pages leave; until then, nothing can be read.
    for browser in [&mut rivera, &mut chen] {
        let until = SystemTime::now() + pace::PATIENCE;
        loop {
            let shown = browser.get(&page).await;
            if shown.text.contains(PROTECTED) {
                break;
            }
            assert!(SystemTime::now() < until, "{}: {}", shown.status, shown.text);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    story.pressed(&CHEN, "acknowledge").await;
    hospital.judge().await;
    assert_eq!(types(&access(&hospital, &["--incident", &story.id]).await), ["protected-shown", "protected-shown"]);
    hospital.kill();
    drop(disk);
}

pub async fn an_emergency_code_signs_in_once_and_everybody_who_audits_is_told() {
    let hospital = Hospital::new().await;
    hospital.configure_more(GROUPS);
    hospital.serve().await;
    let story = hospital.open(json!({ "class": "rumor", "summary": PROTECTED })).await;
    story.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let made = chief(&hospital, &["emergency-codes", "new", "--count", "3"]).await;
    let printed: Vec<&str> = made.out.lines().collect();
    assert_eq!((made.code, printed.len()), (0, 3), "{}", made.err);
    let mut browser = Browser::new(&hospital);
    let form = [("code", printed[0]), ("address", STONE.email), ("reason", "mail is down")];
    for (field, value) in [("code", "12-ABCD"), ("reason", " "), ("address", ""), ("address", "nobody@mercy.example")] {
        let wrong = form.map(|(name, right)| if name == field { (name, value) } else { (name, right) });
        let refused = browser.post("/sign-in/emergency", &wrong).await;
        assert_eq!((refused.status, browser.cookies.len()), (422, 0), "{field}: {}", refused.text);
    }
    let entered = browser.post("/sign-in/emergency", &form).await;
    assert_eq!((entered.status, entered.location.as_str()), (303, "/ward/board"), "{}", entered.text);
    assert!(browser.get(&format!("/api/v1/incidents/{}", story.id)).await.text.contains(PROTECTED));
    let again = Browser::new(&hospital).post("/sign-in/emergency", &form).await;
    assert_eq!(again.status, 422, "good once: {}", again.text);
    for auditor in ["a.one@mercy.example", "a.two@mercy.example", "+13125550171", "+13125550172"] {
        let is_told = || {
            let messages = hospital.shared().inbox().messages_to(auditor);
            messages.iter().any(|message| message.text().contains("was used to sign in")).then_some(())
        };
        hospital.shared().inbox().wait_until(is_told, pace::PATIENCE).await.unwrap();
    }
    let is_told = || {
        let messages = hospital.shared().inbox().messages_to(STONE.email);
        messages.iter().any(|message| message.text().contains("was used in your name")).then_some(())
    };
    hospital.shared().inbox().wait_until(is_told, pace::PATIENCE).await.unwrap();
    let sessions = chief(&hospital, &["sessions", "list"]).await;
    assert!(
        sessions.out.contains(": by emergency-code from ") && sessions.out.lines().count() == 1,
        "{}",
        sessions.out
    );
    let listed = chief(&hospital, &["emergency-codes", "list"]).await;
    assert!(listed.out.lines().count() == 2 && listed.out.contains(" by chief"), "{}{}", listed.out, listed.err);
    let number = printed[2].split_once('-').unwrap().0;
    let revoked = chief(&hospital, &["emergency-codes", "revoke", number]).await;
    assert_eq!((revoked.code, revoked.out), (0, format!("emergency code {number} is revoked\n")), "{}", revoked.err);
    let lost = [("code", printed[2]), ("address", STONE.email), ("reason", "I found the sheet")];
    assert_eq!(Browser::new(&hospital).post("/sign-in/emergency", &lost).await.status, 422);
    let again = chief(&hospital, &["emergency-codes", "revoke", number]).await;
    assert!(again.code != 0 && again.err.contains("No unused emergency code has the number"), "{}", again.err);
    let id = access(&hospital, &["--incident", &story.id]).await[0]["person"].as_str().unwrap().to_owned();
    let told = access(&hospital, &["--person", &id]).await;
    assert_eq!(types(&told), ["emergency-code-made", "signed-in", "protected-shown"]);
    assert_eq!((&told[1]["reason"], &told[1]["used_by"]), (&json!("mail is down"), &json!(STONE.id)));
    let theirs = access(&hospital, &["--person", STONE.id]).await;
    assert_eq!((types(&theirs), &theirs[0]["person"]), (vec!["signed-in"], &json!(id)));
    // Whoever is involved sees no more with a code than with their own address.
    let involved = hospital.open(json!({ "class": "rumor", "summary": PROTECTED, "involved": [KIM.id] })).await;
    involved.at_once().page(&RIVERA, &PRIVACY, BOTH, Opened);
    let mut browser = Browser::new(&hospital);
    let form = [("code", printed[1]), ("address", KIM.email), ("reason", "mail is down")];
    assert_eq!(browser.post("/sign-in/emergency", &form).await.status, 303);
    for path in [format!("/api/v1/incidents/{}", involved.id), format!("/incidents/{}", involved.id)] {
        let refused = browser.get(&path).await;
        assert!(refused.status == 404 && !refused.text.contains(PROTECTED), "{path}: {}", refused.text);
    }
    assert!(!browser.get("/board").await.text.contains(&involved.id));
    assert!(browser.get(&format!("/api/v1/incidents/{}", story.id)).await.text.contains(PROTECTED));
    let record = std::fs::read_dir(hospital.store().join("journal")).unwrap();
    let record: String = record.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap_or_default()).collect();
    let secret = printed[1].split_once('-').unwrap().1.replace('-', "").to_lowercase();
    assert!(!record.to_lowercase().contains(&secret), "the record has hashes alone");
    hospital.judge().await;
}

pub async fn a_clock_that_is_set_ahead_signs_nobody_out() {
    let Some((hospital, clock)) = hospital_with_a_clock("a_clock_that_is_set_ahead_signs_nobody_out").await else {
        return;
    };
    hospital.serve().await;
    let mut browser = Browser::new(&hospital);
    browser.sign_in(RIVERA.email).await;
    // Further than a session may last: at once, once the daemon has seen it, and after a crash.
    std::fs::write(&clock, format!("+{}", 14 * 3_600)).unwrap();
    assert_eq!(browser.get("/board").await.status, 200);
    let until = SystemTime::now() + pace::PATIENCE;
    while !hospital.logs().contains("the system clock jumped ahead") {
        assert!(SystemTime::now() < until, "the jump is looked for also where no incident is open");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(browser.get("/board").await.status, 200);
    hospital.kill();
    hospital.serve().await;
    assert_eq!(browser.get("/board").await.status, 200);
    let listed = chief(&hospital, &["sessions", "list"]).await;
    assert_eq!((listed.code, listed.out.lines().count()), (0, 1), "{}{}", listed.out, listed.err);
    hospital.judge().await;
}
