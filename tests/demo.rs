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
