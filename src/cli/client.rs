//! Commands that speak to the daemon: how they find it, and what they do when it says no.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::cli::exit::Ending;
use crate::config;

/// The daemon answers a healthy request in milliseconds; a hung one is given up on.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where the daemon is, and who asks.
#[derive(Debug, Args)]
pub struct Access {
    /// The daemon's address, such as http://127.0.0.1:8080; the configuration's `listen`, if left out.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The file that holds the bearer token.
    #[arg(long, env = "WARDBELL_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Speaks to the daemon.
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: String,
    timeout: Duration,
}

impl Client {
    /// Finds the daemon and the token.
    ///
    /// # Errors
    ///
    /// No token, or neither an address nor a configuration that has one.
    pub fn new(config_file: &Path, access: &Access) -> Result<Self> {
        let server = match &access.server {
            Some(server) => address(server)?,
            None => configured(config_file)?,
        };
        let file = access.token_file.as_ref().ok_or_else(|| {
            Ending::unusable("no token: name its file with `--token-file`, or in `WARDBELL_TOKEN_FILE`")
        })?;
        let token = fs::read_to_string(file)
            .map_err(|error| Ending::unusable(format!("the token file {} cannot be read: {error}", file.display())))?;
        Self::at(server, token.trim().to_owned())
    }

    /// Speaks to the daemon at an address, without a slash at the end.
    ///
    /// # Errors
    ///
    /// The system gives no means to speak HTTP.
    pub fn at(server: String, token: String) -> Result<Self> {
        let mut http = reqwest::Client::builder().no_proxy();
        if server.starts_with("http://") {
            // Nothing is encrypted: it works on a machine that has no root certificates, too.
            http = http.tls_certs_only(std::iter::empty());
        }
        let http = http.build()?;
        Ok(Self { http, server, token, timeout: TIMEOUT })
    }

    /// Waits longer for what takes longer.
    pub fn patient(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends a request and reads the JSON that it is answered with.
    ///
    /// # Errors
    ///
    /// The daemon cannot be reached, or says no.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        self.send(method, path, body).await?.into_value()
    }

    /// Sends a request and reads its answer, whatever it is.
    ///
    /// # Errors
    ///
    /// The daemon cannot be reached.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let url = format!("{}{path}", self.server);
        let request = self.http.request(method.clone(), url).timeout(self.timeout).bearer_auth(&self.token);
        let request = body.into_iter().fold(request, RequestBuilder::json);
        let changes = method != Method::GET;
        let response = request.send().await.map_err(|error| self.unanswered(changes && !error.is_connect()))?;
        let status = response.status();
        let text = response.text().await.map_err(|_| self.unanswered(changes))?;
        Ok(Answer { status, value: serde_json::from_str(&text).ok() })
    }
}

impl Client {
    /// Why there is no answer. Where the daemon may have been asked for a change, it may have made it.
    fn unanswered(&self, may_have_changed: bool) -> Ending {
        let server = &self.server;
        Ending::unreachable(if may_have_changed {
            format!(
                "the daemon at {server} did not answer, so it may have done what you asked: check before you try again, an \
                 incident with `wardbell show`"
            )
        } else {
            format!("the daemon at {server} cannot be reached: is it running?")
        })
    }
}

/// Runs one conversation with the daemon.
///
/// # Errors
///
/// Those of the conversation.
pub fn converse<T>(conversation: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(conversation)
}

/// What the daemon answered.
pub struct Answer {
    status: StatusCode,
    value: Option<Value>,
}

impl Answer {
    /// A member of its JSON, where it has that.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.value.as_ref()?.get(name)
    }

    /// Whether the token does not allow what was asked.
    pub fn is_forbidden(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
    }

    /// Its JSON.
    ///
    /// # Errors
    ///
    /// The daemon says no, or something that is no JSON.
    pub fn into_value(self) -> Result<Value> {
        let Self { status, value } = self;
        if status.is_success() {
            return value.context("the daemon's answer is no JSON: is the address right?");
        }
        // What the daemon says itself names its problem; what stands before it does not know that.
        let kind = value.as_ref().and_then(|value| value.get("type")?.as_str());
        let is_from_daemon = kind.is_some_and(|kind| kind.starts_with("urn:wardbell:"));
        let message = value.as_ref().map_or_else(|| format!("the daemon answered {status}"), problem);
        let is_out_of_reach = status.is_server_error() && !is_from_daemon;
        Err(if is_out_of_reach { Ending::unreachable(message) } else { Ending::no(message) }.into())
    }
}

/// The words of an RFC 9457 problem.
fn problem(value: &Value) -> String {
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    // Where the daemon itself is in trouble, its title says what it is, and the detail what to do.
    let is_of_daemon = value.get("status").and_then(Value::as_u64).is_some_and(|status| status >= 500);
    let said = match (word("title"), word("detail")) {
        (Some(title), Some(detail)) if is_of_daemon => format!("{}: {detail}", title.to_lowercase()),
        (title, detail) => detail.or(title).unwrap_or("the daemon said no").to_owned(),
    };
    let errors = value.get("errors").and_then(Value::as_array).into_iter().flatten();
    let lines = errors.filter_map(|error| {
        let message = error.get("message")?.as_str()?;
        Some(format!("\n  {}: {message}", error.get("field").and_then(Value::as_str).unwrap_or("-")))
    });
    said + &lines.collect::<String>()
}

/// The address of a daemon as typed, without a slash at the end.
fn address(typed: &str) -> Result<String> {
    let url = reqwest::Url::parse(typed).ok();
    let is_ours = url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let message = || format!("`--server {typed}` is no address such as `http://127.0.0.1:8080`");
    if is_ours { Ok(typed.trim_end_matches('/').to_owned()) } else { Err(Ending::usage(message()).into()) }
}

fn configured(config_file: &Path) -> Result<String> {
    let listen = config::listen(config_file);
    let silent = || Ending::silent(config_file, "where the daemon is: name it with `--server`");
    Ok(format!("http://{}", listen.ok_or_else(silent)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::exit::{self, Exit};

    fn told(status: u16, value: Option<Value>) -> (Exit, String) {
        let error = Answer { status: StatusCode::from_u16(status).unwrap(), value }.into_value().unwrap_err();
        (exit::of(&error), error.to_string())
    }

    #[test]
    fn a_daemon_that_says_no_was_reached_and_what_stands_before_it_was_not_it() {
        let problem = |status: u16, title: &str, detail: &str| json!({ "type": "urn:wardbell:problem:x", "title": title, "status": status, "detail": detail });
        let busy = problem(503, "No answer is possible at the moment", "the store is being rebuilt already");
        let busy = told(503, Some(busy));
        assert_eq!(busy, (Exit::No, "no answer is possible at the moment: the store is being rebuilt already".into()));
        let unknown = told(404, Some(problem(404, "No incident has that reference", "check the reference")));
        assert_eq!(unknown, (Exit::No, "check the reference".into()));
        assert_eq!(told(502, None), (Exit::Unreachable, "the daemon answered 502 Bad Gateway".into()));
        assert_eq!(told(503, Some(json!({ "type": "about:blank", "title": "down" }))).0, Exit::Unreachable);
    }
}
