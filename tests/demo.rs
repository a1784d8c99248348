//! The demo as a newcomer runs it: read what it prints, look into the inbox, press the link.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use wardbell::provider::http_client::client_builder;

#[tokio::test]
async fn a_newcomer_sees_an_incident_find_its_person() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(folder.path(), &["--for", "8s"]);
    let inbox = after("inbox", &demo.line_with("inbox   http"));
    let api = after("API", &demo.line_with("API     http"));
    demo.line_with("opened, high: Patient information posted by staff");
    let sms = demo.line_with("SMS       MERCY high Privacy ");
    assert!(!sms.contains("http"), "the link has a line of its own: {sms}");
    let link = after("press", &demo.line_with("press"));
    assert!(link.starts_with(&format!("{api}/a/")), "{link}");
    let left = fs::read_dir(folder.path()).unwrap().next().expect("the demo's folder").unwrap();

    let http = client_builder().build().unwrap();
    let get = async |url: String| http.get(url).send().await.unwrap();
    let page = get(inbox.clone()).await;
    assert_eq!(page.headers()["refresh"], "2");
    let page = page.text().await.unwrap();
    assert!(page.contains(&format!("href=\"{link}\"")), "{page}");
    assert!(page.contains("Privacy Office") && !page.contains("<script"), "{page}");
    let mail = page.split("href=\"").find(|part| part.starts_with("/message/")).expect("a mail");
    let mail = get(format!("{inbox}{}", mail.split('"').next().unwrap())).await.text().await.unwrap();
    assert!(mail.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\" srcdoc=\"&#60;base"), "{mail}");
    assert!(mail.contains("Reference:"), "the text part: {mail}");

    let pressed = http.post(link).form(&[("action", "acknowledge")]).send().await.unwrap();
    assert_eq!(pressed.status(), 200);
    demo.line_with("acknowledged: paging has stopped for Privacy Office");
    let page = get(inbox.clone()).await.text().await.unwrap();
    assert!(page.contains("Acknowledged by"), "{page}");
    let sent = http.post(format!("{inbox}/send")).form(&[("class", "outage-rumor")]).send().await.unwrap();
    assert_eq!(sent.status(), 200, "back at the inbox");
    demo.line_with("opened, critical: Rumor of an outage or attack");

    demo.line_with("The demo ends");
    assert!(demo.child.wait().unwrap().success());
    assert!(!left.path().exists(), "its files are gone");
}

#[tokio::test]
async fn the_printed_link_signs_in_as_the_desk_once_and_at_the_demo_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(folder.path(), &["--for", "30s"]);
    let inbox = after("inbox", &demo.line_with("inbox   http"));
    let desk = after("board", &demo.line_with("board   http"));
    let api = after("API", &demo.line_with("API     http"));
    let title = "Patient information posted by staff";
    demo.line_with(&format!("opened, high: {title}"));
    assert!(desk.starts_with(&format!("{inbox}/desk/")), "{desk}");

    let mut browser = Browser::new();
    assert_eq!(browser.get(&format!("{api}/board")).await.location, "/sign-in?next=%2Fboard");
    let wrong = browser.get(&format!("{desk}x")).await;
    assert!(wrong.status == 404 && browser.cookies.is_empty(), "{}", wrong.text);
    // The daemon is the one that `wardbell serve` runs: it knows nothing of the link.
    let path = desk.strip_prefix(&inbox).unwrap();
    let elsewhere = browser.get(&format!("{api}{path}")).await;
    let posted = browser.post(&format!("{api}{path}"), &api, &[]).await;
    assert_eq!((elsewhere.status, posted.status, browser.cookies.len()), (404, 404, 0), "{}", elsewhere.text);
    let looked = browser.client.head(&desk).send().await.unwrap();
    assert!(looked.status() == 204 && looked.headers().get("set-cookie").is_none());

    let visited = browser.get(&desk).await;
    assert_eq!((visited.status, visited.location.clone()), (303, format!("{api}/board")), "{}", visited.text);
    let board = browser.get(&visited.location).await;
    assert!(board.status == 200 && board.text.contains(title), "{}", board.text);
    assert!(board.text.contains("<span>desk</span>"), "{}", board.text);
    let mut late = Browser::new();
    let again = late.get(&desk).await;
    assert!(again.status == 410 && late.cookies.is_empty(), "once: {}", again.text);
    assert!(again.text.contains("sign in as desk@mercy.example"), "{}", again.text);
    assert_eq!(late.get(&format!("{api}/board")).await.status, 303);
    let page = browser.get(&inbox).await.text;
    assert!(page.contains(&format!("href=\"{api}/board\"")) && !page.contains("/desk/"), "{page}");
}

#[tokio::test]
async fn from_the_link_in_the_inbox_to_the_code_in_the_inbox_to_what_was_posted() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(folder.path(), &["--for", "30s"]);
    let inbox = after("inbox", &demo.line_with("inbox   http"));
    let api = after("API", &demo.line_with("API     http"));
    let link = after("press", &demo.line_with("press"));
    let mut browser = Browser::new();
    assert!(!browser.get(&inbox).await.text.contains("sign-in code: "));
    let pressed = browser.post(&link, &api, &[("action", "acknowledge")]).await;
    assert!(pressed.status == 200 && pressed.text.contains("See what was posted"), "{}", pressed.text);
    assert!(!pressed.text.contains("Quillon"), "the link alone shows nothing: {}", pressed.text);
    let asked = browser.post(&link, &api, &[("action", "see-posted")]).await;
    assert_eq!((asked.status, asked.location.as_str()), (303, "/sign-in/code"), "{}", asked.text);
    let until = Instant::now() + Duration::from_secs(20);
    let code = loop {
        let page = browser.get(&inbox).await.text;
        if let Some((_, after)) = page.split_once("sign-in code: ") {
            break after[..6].to_owned();
        }
        assert!(Instant::now() < until, "{page}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let entered = browser.post(&format!("{api}/sign-in/code"), &api, &[("code", &code)]).await;
    assert!(entered.status == 303 && entered.location.starts_with("/incidents/"), "{}", entered.text);
    let incident = browser.get(&format!("{api}{}", entered.location)).await;
    assert!(incident.status == 200 && incident.text.contains("Quillon"), "{}", incident.text);
}

#[test]
fn a_port_that_is_taken_is_named_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port().to_string();
    let output = command(folder.path()).args(["--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with(&format!("error: cannot listen on {address}: ")), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A browser that follows no redirect by itself.
struct Browser {
    client: reqwest::Client,
    cookies: Vec<(String, String)>,
}

struct Answer {
    status: u16,
    location: String,
    text: String,
}

impl Browser {
    fn new() -> Self {
        let client = client_builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, cookies: Vec::new() }
    }

    async fn get(&mut self, url: &str) -> Answer {
        self.send(self.client.get(url)).await
    }

    async fn post(&mut self, url: &str, origin: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.client.post(url).header("origin", origin).form(form)).await
    }

    /// Cookies are of the machine, whatever the port.
    async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for value in response.headers().get_all("set-cookie") {
            let text = value.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !text.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let location = response.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
        Answer { status: response.status().as_u16(), location, text: response.text().await.unwrap() }
    }
}

/// A running demo and what it prints.
struct Demo {
    child: Child,
    lines: Receiver<String>,
}

impl Demo {
    fn start(temporary: &std::path::Path, arguments: &[&str]) -> Self {
        let mut child = command(temporary).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// The next line with these words; colours would be in their way.
    fn line_with(&mut self, words: &str) -> String {
        let until = Instant::now() + Duration::from_secs(20);
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if line.contains(words) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line with `{words}` in:\n{}", seen.join("\n"));
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ended = self.child.kill();
    }
}

fn command(temporary: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardbell"));
    command.arg("demo").env("TMPDIR", temporary).env_remove("CREDENTIALS_DIRECTORY");
    command
}

/// The word after a label.
fn after(label: &str, line: &str) -> String {
    line.split_whitespace().skip_while(|word| *word != label).nth(1).unwrap().to_owned()
}
