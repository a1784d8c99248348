//! Calendar feeds behind secret links, and the public contact card.

use std::sync::{Arc, Mutex};

use icalendar::Component;
use wardbell::domain::calendar::link::token;

use crate::house::{CALENDAR_KEY, House, Reply, app};
use crate::pages::GLUED;

fn address(department: &str, liaison: Option<&str>) -> String {
    let liaison = liaison.map(|id| id.parse().unwrap());
    let token = token(CALENDAR_KEY.as_bytes(), &department.parse().unwrap(), liaison.as_ref()).unwrap();
    format!("/calendar/{}.ics", token.reveal())
}

async fn get(house: &House, path: &str) -> Reply {
    house.send(house.client.get(format!("{}{path}", house.base))).await
}

/// Start, end, identity and summary of each event.
fn events(reply: &Reply) -> String {
    let calendar: icalendar::Calendar = reply.text.parse().unwrap();
    let lines = calendar.events().map(|event| {
        let value = |key| event.property_value(key).unwrap();
        assert_eq!(value("DTSTAMP"), "20260105T080500Z");
        assert_eq!(value("TRANSP"), "TRANSPARENT");
        [value("DTSTART"), value("DTEND"), value("UID"), value("SUMMARY")].join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_department_and_each_liaison_have_a_feed() {
    let house = House::start().await;
    let reply = get(&house, &address("privacy", None)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    for (name, value) in [
        ("content-type", "text/calendar; charset=utf-8"),
        ("cache-control", "private, max-age=300"),
        ("x-robots-tag", "noindex, nofollow, noarchive"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
    assert!(reply.text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{}", reply.text);
    assert!(!reply.text.contains("METHOD") && !reply.text.contains("mercy.example"), "{}", reply.text);
    insta::assert_snapshot!(events(&reply), @"
    20251001T050000Z 20260901T050000Z privacy.primary.20251001T050000Z@mercy.wardbell MERCY Privacy Office, primary: Maria Rivera
    20251001T050000Z 20260901T050000Z privacy.backup.20251001T050000Z@mercy.wardbell MERCY Privacy Office, backup: Jonas Chen
    ");
    let reply = get(&house, &address("privacy", Some("j-chen"))).await;
    let calendar: icalendar::Calendar = reply.text.parse().unwrap();
    assert_eq!(calendar.get_name(), Some("MERCY Privacy Office: Jonas Chen on call"));
    insta::assert_snapshot!(events(&reply), @"20251001T050000Z 20260901T050000Z privacy.backup.20251001T050000Z@mercy.wardbell MERCY Privacy Office: backup");
}

#[tokio::test]
async fn a_feed_carries_nothing_of_an_incident() {
    let house = House::start().await;
    let before = get(&house, &address("privacy", None)).await;
    house.open(serde_json::json!({ "class": "phi-by-staff", "summary": "words of the post" })).await;
    let after = get(&house, &address("privacy", None)).await;
    assert_eq!(after.text, before.text);
}

#[tokio::test]
async fn a_feed_is_sent_again_only_when_it_has_changed() {
    let house = House::start().await;
    let path = address("privacy", Some("m-rivera"));
    let first = get(&house, &path).await;
    let tag = first.header("etag").to_owned();
    let ask = |tags: String| house.client.get(format!("{}{path}", house.base)).header("if-none-match", tags);
    for tags in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let reply = house.send(ask(tags)).await;
        assert_eq!((reply.status, reply.text.as_str(), reply.header("etag")), (304, "", tag.as_str()));
    }
    assert_eq!(house.send(ask("\"other\"".to_owned())).await.status, 200);
    let head = house.send(house.client.head(format!("{}{path}", house.base))).await;
    assert_eq!((head.status, head.text.as_str(), head.header("etag")), (200, "", tag.as_str()));
}

#[tokio::test]
async fn a_feed_follows_the_plan_in_force() {
    let house = House::start().await;
    let (mine, gone) = (address("privacy", Some("m-rivera")), address("human-resources", None));
    let mut plan = house.shared.plan.load_full().as_ref().clone();
    let department = "privacy".parse().unwrap();
    let mut roster = plan.rosters[&department].as_ref().clone();
    roster.name = "Privacy".to_owned();
    roster.rotations[0].liaisons = vec![Some("j-chen".parse().unwrap())];
    plan.rosters.insert(department, Arc::new(roster));
    plan.rosters.remove(&"human-resources".parse().unwrap());
    assert!(get(&house, &mine).await.text.contains("SUMMARY:MERCY Privacy Office: primary"));
    assert_eq!(get(&house, &gone).await.status, 200);
    house.shared.plan.store(Arc::new(plan));
    // With nobody else for the backup, nobody holds it.
    assert!(!get(&house, &mine).await.text.contains("SUMMARY"), "another is primary now");
    assert!(get(&house, &address("privacy", Some("j-chen"))).await.text.contains("SUMMARY:MERCY Privacy: primary"));
    assert_eq!(get(&house, &gone).await.status, 404);
}

#[tokio::test]
async fn only_the_whole_secret_opens_a_feed() {
    let house = House::start().await;
    let good = address("privacy", None);
    assert_eq!(
        get(&house, &good.to_uppercase().replace("/CALENDAR", "/calendar").replace(".ICS", ".ics")).await.status,
        200
    );
    let stem = good.strip_suffix(".ics").unwrap();
    let other = token(b"another key of the calendars", &"privacy".parse().unwrap(), None).unwrap();
    for path in [
        stem.to_owned(),
        format!("{}.ics", &stem[..stem.len() - 1]),
        format!("{stem}a.ics"),
        format!("/calendar/{}.ics", other.reveal()),
        "/calendar/privacy.ics".to_owned(),
        "/calendar/.ics".to_owned(),
        "/calendar/%ff.ics".to_owned(),
    ] {
        let reply = get(&house, &path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(!reply.text.contains(stem.trim_start_matches("/calendar/")), "{}", reply.text);
    }
    let posted = house.send(house.client.post(format!("{}{good}", house.base))).await;
    assert_eq!(posted.status, 405);
}

#[tokio::test]
async fn a_feeds_link_opens_with_what_a_mail_program_adds_to_it() {
    let house = House::start().await;
    let good = address("privacy", None);
    let plain = get(&house, &good).await;
    for glued in GLUED {
        let reply = get(&house, &format!("{good}{glued}")).await;
        assert_eq!((reply.status, &reply.text), (200, &plain.text), "{glued}");
    }
}

#[tokio::test]
async fn under_a_path_feeds_and_the_card_are_answered_too() {
    let house = House::start_at("/ward/bell").await;
    for path in [address("privacy", None), "/wardbell.vcf".to_owned()] {
        assert_eq!(get(&house, &format!("/ward/bell{path}")).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn without_a_key_or_a_channel_it_is_said_what_to_add() {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;
    for (path, cure) in [
        (address("privacy", None), "Add `[calendar]` with `key_file` to wardbell.toml"),
        ("/wardbell.vcf".to_owned(), "There is no contact card because no channel is set up"),
    ] {
        let (mut app, _, _) = app("http://localhost");
        app.calendar_key = None;
        app.senders = Default::default();
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = wardbell::web::router::router(app).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 404);
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        assert!(String::from_utf8(body.to_vec()).unwrap().contains(cure));
    }
}

#[tokio::test]
async fn the_contact_of_the_pages_is_public() {
    let house = House::start().await;
    let reply = get(&house, "/wardbell.vcf").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/vcard; charset=utf-8"));
    let version = env!("CARGO_PKG_VERSION");
    insta::assert_snapshot!(reply.text.replace("\r\n", "\n").replace(version, "VERSION"), @"
    BEGIN:VCARD
    VERSION:3.0
    PRODID:-//wardbell//wardbell VERSION//EN
    FN:MERCY pages
    N:MERCY pages;;;;
    ORG:MERCY
    TEL;TYPE=WORK,MSG,PREF:+13125550100
    EMAIL;TYPE=INTERNET,WORK,PREF:pages@mercy.example
    NOTE:Let this contact bypass Do Not Disturb: it pages you when you are on c
     all.
    END:VCARD
    ");
    assert!(reply.text.lines().count() == reply.text.matches("\r\n").count());
    assert_eq!(house.send(house.client.head(format!("{}/wardbell.vcf", house.base))).await.status, 200);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_wrong_token_is_logged_without_it() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let said = "somebody opened a calendar link that does not exist";
    let logged = || String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for _ in 0..20 {
        // Another test's thread may have met the line before anybody wanted to read it. Each server says it a few times only.
        let house = House::start().await;
        tracing::callsite::rebuild_interest_cache();
        get(&house, "/calendar/abcdefghijklmnopqrstuvwxyz.ics").await;
        if logged().contains(said) {
            break;
        }
    }
    let logged = logged();
    assert!(logged.contains(said), "{logged}");
    let ours = logged.lines().filter(|line| line.contains("wardbell"));
    assert!(ours.clone().count() > 0 && !ours.collect::<String>().contains("abcdefghij"), "{logged}");
}
