//! Connections: slow ones, broken ones, and the end of the daemon.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tower::ServiceExt;
use wardbell::engine::handle::Handle;
use wardbell::engine::protocol::readiness::{Part, Report};
use wardbell::web::app_state::App;

use crate::house::{House, SOURCE, app};

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up_on() {
    let (app, state, _) = app("http://localhost");
    let (sender, mut frames) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    sender.send(Ok(Bytes::from_static(b"{\"class\":"))).await.unwrap();
    let body = Body::from_stream(futures_util::stream::poll_fn(move |context| frames.poll_recv(context)));
    let request = Request::post("/api/v1/incidents")
        .header("authorization", format!("Bearer {SOURCE}"))
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    let before = tokio::time::Instant::now();
    let response = wardbell::web::router::router(app).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 408);
    assert_eq!(before.elapsed().as_secs(), 10);
    assert_eq!(state.lock().unwrap().seq, 0);
    drop(sender);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_ends_is_given_up_on() {
    let house = House::start().await;
    let mut stream = TcpStream::connect(house.base.trim_start_matches("http://")).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let before = tokio::time::Instant::now();
    let mut rest = Vec::new();
    let _closed = stream.read_to_end(&mut rest).await;
    assert_eq!(before.elapsed().as_secs(), 15);
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn slow_connections_do_not_starve_others() {
    let house = House::start().await;
    let address = house.base.trim_start_matches("http://").to_owned();
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"POST /api/v1/incidents HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        slow.push(stream);
    }
    let reply = tokio::time::timeout(Duration::from_secs(2), house.ingest(r#"{"class":"a"}"#)).await.unwrap();
    assert_eq!(reply.status, 202);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let house = House::start().await;
    let request = house.client.get(format!("{}/healthz", house.base)).header("x-long", "x".repeat(100_000));
    assert_eq!(house.send(request).await.status, 431);
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let house = House::start().await;
    let mut stream = TcpStream::connect(house.base.trim_start_matches("http://")).await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut text = Vec::new();
        while !text.ends_with(b"ok\n") {
            let mut part = [0; 1_024];
            let length = stream.read(&mut part).await.unwrap();
            assert_ne!(length, 0, "the connection was closed");
            text.extend_from_slice(&part[..length]);
        }
    }
}

#[tokio::test]
async fn at_the_end_nothing_new_is_taken_and_what_is_under_way_is_answered() {
    let mut house = House::start().await;
    assert_eq!(house.ingest(r#"{"class":"a"}"#).await.status, 202);
    house.end.take().unwrap().send(()).unwrap();
    let served = tokio::time::timeout(Duration::from_secs(5), &mut house.served).await;
    assert!(served.expect("idle connections do not hold up the end").unwrap().is_ok());
    assert!(TcpStream::connect(house.base.trim_start_matches("http://")).await.is_err());
}

#[tokio::test]
async fn a_daemon_without_its_loop_does_not_look_alive() {
    let (app, _, shared) = app("http://localhost");
    let (requests, mailbox) = mpsc::channel(1);
    let handle = Handle::new(requests, shared);
    let ended = tokio::spawn({
        let handle = handle.clone();
        async move { handle.ended().await }
    });
    tokio::task::yield_now().await;
    assert!(!ended.is_finished());
    // As when the loop's thread unwinds.
    drop(mailbox);
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("whoever waits for it hears of it").unwrap();
    let router = wardbell::web::router::router(App { handle, ..app });
    let incident = Request::post("/api/v1/incidents")
        .header("authorization", format!("Bearer {SOURCE}"))
        .header("content-type", "application/json")
        .body(Body::from(r#"{"class":"a"}"#));
    for request in [incident, Request::get("/readyz").body(Body::empty())] {
        assert_eq!(router.clone().oneshot(request.unwrap()).await.unwrap().status(), 503);
    }
    // Nothing was pressed where a link was only opened.
    let link = Request::get(format!("/a/{}", "a".repeat(24))).body(Body::empty()).unwrap();
    let page = router.clone().oneshot(link).await.unwrap();
    assert_eq!(page.status(), 503);
    let page = axum::body::to_bytes(page.into_body(), 65_536).await.unwrap();
    let page = String::from_utf8_lossy(&page);
    assert!(page.contains("We cannot show this page right now") && !page.contains("We could not record"), "{page}");
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_does_not_answer_is_not_ready_and_is_asked_once_however_many_want_to_know() {
    let (app, _, shared) = app("http://localhost");
    shared.report(Part::Start, Report::well());
    let (requests, mut mailbox) = mpsc::channel(300);
    let handle = Handle::new(requests, shared);
    let router = wardbell::web::router::router(App { handle, ..app });
    let mut askers = JoinSet::new();
    let before = tokio::time::Instant::now();
    for _ in 0..200 {
        let asked = router.clone().oneshot(Request::get("/readyz").body(Body::empty()).unwrap());
        askers.spawn(async {
            let response = asked.await.unwrap();
            (response.status(), axum::body::to_bytes(response.into_body(), 1_024).await.unwrap())
        });
    }
    for (status, body) in askers.join_all().await {
        let told: &[u8] = br#"{"ready":false,"reasons":["the paging engine is not responding and no one is paged; systemd restarts Wardbell, or run `systemctl restart wardbell`"],"warnings":[],"#;
        assert_eq!((status.as_u16(), &body[..told.len()]), (503, told));
    }
    assert_eq!(before.elapsed().as_secs(), 2);
    assert!(mailbox.try_recv().is_ok() && mailbox.try_recv().is_err());
}

/// Asks again and again without reading an answer, until the other side ends it.
async fn ask_without_reading(stream: &mut TcpStream) -> u64 {
    let mut asked = 0;
    while stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.is_ok() {
        asked += 1;
    }
    asked
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_never_reads_is_cut() {
    let house = House::start().await;
    let mut stream = TcpStream::connect(house.base.trim_start_matches("http://")).await.unwrap();
    let before = tokio::time::Instant::now();
    let asked = tokio::time::timeout(Duration::from_secs(120), ask_without_reading(&mut stream)).await;
    assert!(asked.expect("it is cut") > 100);
    assert!((15..40).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
}
