//! Another site posts to every address that changes something: each refuses, and nothing changes.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, ORIGIN};
use serde_json::json;
use wardbell::web::session::cookies::form_token;

use crate::house::{DESK, FORM, House};
use crate::sign_in::Browser;

type Form = Vec<(&'static str, String)>;

/// What a browser says of a form that another site sends.
const FOREIGN: [&[(&str, &str)]; 4] = [
    &[("origin", "https://evil.example")],
    &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
    &[("origin", "null"), ("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
];

/// The addresses of the router that are posted to, so that a new one cannot be forgotten here.
fn posted() -> Vec<&'static str> {
    let routes = include_str!("../../src/web/router.rs").split(".route(\"").skip(1);
    let posted = routes.filter(|route| {
        let end = route.find("\n        .").unwrap_or(route.len());
        route[..end].contains("post(")
    });
    posted.map(|route| route.split('"').next().unwrap()).collect()
}

/// For each address, what a page of ours would send there.
fn forms(id: &str, link: &str, token: &str) -> BTreeMap<&'static str, (String, Form)> {
    let form = |fields: &[(&'static str, &str)]| -> Form {
        let own = fields.iter().map(|(name, value)| (*name, (*value).to_owned()));
        own.chain([("form_token", token.to_owned())]).collect()
    };
    let incident = form(&[("class", "phi-by-staff"), ("summary", "words")]);
    BTreeMap::from([
        ("/incidents/new", ("/incidents/new".to_owned(), incident.clone())),
        ("/report/{token}", (format!("/report/{FORM}"), incident)),
        ("/incidents/{id}", (format!("/incidents/{id}"), form(&[("action", "acknowledge")]))),
        ("/incidents/{id}/statements", (format!("/incidents/{id}/statements"), form(&[("text", "One moment.")]))),
        (
            "/incidents/{id}/statements/{number}",
            (
                format!("/incidents/{id}/statements/1"),
                form(&[("action", "edit"), ("version", "1"), ("text", "One moment, please.")]),
            ),
        ),
        ("/a/{*token}", (format!("/a/{link}"), vec![("action", "acknowledge".to_owned())])),
        ("/sign-in", ("/sign-in".to_owned(), form(&[("address", DESK)]))),
        ("/sign-in/code", ("/sign-in/code".to_owned(), form(&[("code", "123456")]))),
        ("/sign-in/emergency", ("/sign-in/emergency".to_owned(), form(&[("code", "x"), ("reason", "y")]))),
        ("/me", ("/me".to_owned(), form(&[("action", "test")]))),
        ("/sign-out", ("/sign-out".to_owned(), form(&[]))),
    ])
}

#[tokio::test]
async fn another_site_posts_to_every_address_that_changes_something_and_changes_nothing() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let link = house.token("m-rivera");
    let mut browser = Browser::default();
    browser.sign_in(&house, DESK).await;
    let forms = forms(&id, &link, &form_token(&browser.session()));
    let state = || {
        let state = house.state.lock().unwrap();
        (state.seq, state.session_events.len(), state.access_mail.len(), state.people.clone())
    };
    let before = state();
    let mut tried = 0;
    for route in posted() {
        for headers in FOREIGN {
            // Programs send a token in a header, which no site can make a browser do; a form cannot reach them either.
            let (path, form) = match forms.get(route) {
                Some(known) => known.clone(),
                None if route.starts_with("/api/") => (route.replace("{id}", &id), Vec::new()),
                None => panic!("{route} is posted to: say here what a page of ours sends to it"),
            };
            let mut request = house.client.post(format!("{}{path}", house.base)).header(COOKIE, browser.cookie());
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let reply = house.send(request.form(&form)).await;
            assert!(matches!(reply.status, 401 | 403), "{route} {headers:?} answers {}: {}", reply.status, reply.text);
            assert!(state() == before, "{route} {headers:?} changed something");
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried} are too few");
    // The same from our own page is taken, so the forms above are right.
    for route in ["/incidents/{id}", "/incidents/new", "/me", "/report/{token}", "/a/{*token}", "/sign-in", "/sign-out"]
    {
        let (path, form) = &forms[route];
        let request = house.client.post(format!("{}{path}", house.base)).header(COOKIE, browser.cookie());
        let reply = house.send(request.header(ORIGIN, &house.base).form(form)).await;
        assert!(matches!(reply.status, 200 | 303 | 409), "{route} answers {}: {}", reply.status, reply.text);
    }
    assert!(state() != before);
}
