//! What somebody sees who opens the address itself.

use serde_json::json;
use wardbell::engine::protocol::readiness::{Part, Report};

use crate::house::{House, Reply};
use crate::pages::visible;

async fn get(house: &House, path: &str, accept: &str) -> Reply {
    let request = house.client.get(format!("{}{path}", house.base));
    house.send(request.header("accept", accept)).await
}

/// What browsers accept.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn started(path: &str) -> House {
    let house = House::start_at(path).await;
    house.shared.report(Part::Start, Report::well());
    house
}

#[tokio::test]
async fn a_browser_is_told_what_this_is_whether_it_is_ready_and_where_people_go() {
    let house = started("").await;
    for accept in [BROWSER, "*/*", "text/html, application/json"] {
        let page = get(&house, "/", accept).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{accept}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(visible(&page.text), @"
            MERCY
            Wardbell
            On-call paging for MERCY
            When something needs an answer, Wardbell finds who is on call and pages one person after another until someone takes it.
            Ready: incidents are accepted and people are paged.
            If you were paged
            Open the link in your message. It shows what to do and the buttons to answer. You need not sign in.
            If you follow incidents at a desk
            Sign in to see what is open, what was posted, and who is on call.
            If you are on call or keep a roster
            Your shifts as a calendar: ask your administrator for your link.
            Save our number and address as a contact , and allow it to bypass Do Not Disturb.
            How rosters are kept:
            rosters/README.md
            , which comes with Wardbell.
            If you run Wardbell
            Readiness says what is wrong and where.
            Metrics , in Prometheus format.
            These open on the Wardbell server. A proxy may block them elsewhere.
            ");
        }
        assert_eq!((page.header("vary"), page.header("cache-control")), ("accept", "no-store"));
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        for word in ["<script", "http:", "https:", "src=", "style=", "onclick"] {
            assert!(!page.text.contains(word), "{word}");
        }
    }
    let head = house.send(house.client.head(format!("{}/", house.base))).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(house.send(house.client.post(format!("{}/", house.base))).await.status, 405);
}

#[tokio::test]
async fn why_it_is_not_ready_is_said_without_what_is_protected() {
    let house = House::start().await;
    let starting = visible(&get(&house, "/", BROWSER).await.text);
    assert!(starting.contains("\nNot ready.\nWardbell is starting.\n"), "{starting}");
    let parts = [
        Part::Start,
        Part::Journal,
        Part::Disk,
        Part::LastResort,
        Part::Plan,
        Part::Secrets,
        Part::Record,
        Part::DataKeys,
    ];
    for part in parts {
        let reasons = vec!["SECRET of rosters/privacy.toml".to_owned()];
        house
            .shared
            .report(part, Report { reasons, warnings: vec!["SECRET: Maria Rivera".to_owned()], ..Report::well() });
    }
    for accept in [BROWSER, "application/json"] {
        let told = get(&house, "/", accept).await;
        assert_eq!(told.status, 200, "the page itself is well");
        assert!(!told.text.contains("SECRET"), "{}", told.text);
        assert!(told.text.contains("refuses new incidents"), "{}", told.text);
    }
    let page = visible(&get(&house, "/", BROWSER).await.text);
    assert!(page.contains("8 warnings need attention."), "{page}");
}

#[tokio::test]
async fn programs_get_the_same_in_json() {
    let house = started("").await;
    let told = get(&house, "/", "application/json").await;
    assert_eq!((told.status, told.header("content-type")), (200, "application/json"));
    assert_eq!(told.json(), json!({ "hospital": "MERCY", "ready": true, "reasons": [] }));
    house.shared.report(Part::Journal, Report::not_ready(["no space left on `/secret/path`".to_owned()]));
    let told = get(&house, "/", "application/json; q=1").await.json();
    assert_eq!(told["ready"], false);
    let reason = told["reasons"][0].as_str().unwrap();
    assert!(reason.starts_with("Wardbell cannot record anything, so it refuses new incidents."), "{reason}");
}

#[tokio::test]
async fn under_a_path_its_links_lead_on_from_wherever_it_was_opened() {
    let house = started("/ward/bell").await;
    for path in ["/", "/ward/bell", "/ward/bell/"] {
        let page = get(&house, path, BROWSER).await;
        assert_eq!(page.status, 200, "{path}");
        let links: Vec<&str> = page.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(
            links,
            ["/ward/bell/sign-in", "/ward/bell/wardbell.vcf", "/ward/bell/readyz", "/ward/bell/metrics"],
            "{path}"
        );
        for link in links {
            assert_eq!(house.get(link, "").await.status, 200, "{link}");
        }
    }
}

/// Serves both states for a look by eye, at the addresses that it prints.
#[tokio::test]
#[ignore = "for a look by eye"]
async fn for_a_look_by_eye() {
    let ready = started("").await;
    let broken = started("").await;
    for part in [Part::Journal, Part::Plan] {
        broken
            .shared
            .report(part, Report { reasons: vec![String::new()], warnings: vec![String::new()], ..Report::well() });
    }
    let list = format!("ready {}/\nbroken {}/\n", ready.base, broken.base);
    std::fs::write(std::env::temp_dir().join("wardbell-home.txt"), list).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
}
