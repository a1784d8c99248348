//! The HTTP client of the commands that talk to the daemon.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::cli::exit::Ending;
use crate::config;
use crate::provider::http_client::client_builder;

/// The daemon answers within milliseconds; longer means it hangs.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub struct Access {
    /// Address of the daemon, such as http://127.0.0.1:8080; default: `listen` in the configuration.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// File that contains the bearer token.
    #[arg(long, env = "WARDBELL_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

pub struct Client {
    http: reqwest::Client,
    server: String,
    token: String,
    timeout: Duration,
}

impl Client {
    /// # Errors
    ///
    /// There is no token, or no address in the arguments or the configuration.
    pub fn new(config_file: &Path, access: &Access) -> Result<Self> {
        let server = match &access.server {
            Some(server) => address(server)?,
            None => configured(config_file)?,
        };
        let file = access
            .token_file
            .as_ref()
            .ok_or_else(|| Ending::unusable("no token. Give its file with `--token-file` or `WARDBELL_TOKEN_FILE`"))?;
        let token = fs::read_to_string(file)
            .map_err(|error| Ending::unusable(format!("cannot read the token file {}: {error}", file.display())))?;
        Self::at(server, token.trim().to_owned())
    }

    /// Connects to an address without a trailing slash.
    ///
    /// # Errors
    ///
    /// The system cannot make an HTTP client.
    pub fn at(server: String, token: String) -> Result<Self> {
        let mut http = client_builder();
        if server.starts_with("http://") {
            // Plain HTTP needs no root certificates, which the machine may lack.
            http = http.tls_certs_only(std::iter::empty());
        }
        let http = http.build()?;
        Ok(Self { http, server, token, timeout: TIMEOUT })
    }

    /// Sets a longer timeout for slow requests.
    pub fn patient(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends a request and returns the JSON of the reply.
    ///
    /// # Errors
    ///
    /// The daemon cannot be reached or refuses.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        self.send(method, path, body).await?.into_value()
    }

    /// Sends a request and returns the reply, whatever its status.
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
    /// Explains why there is no reply. A request that changes something may have been carried out.
    fn unanswered(&self, may_have_changed: bool) -> Ending {
        let server = &self.server;
        Ending::unreachable(if may_have_changed {
            format!(
                "the daemon at {server} did not answer, so it may have done what you asked: check before you try again, an \
                 incident with `wardbell show`"
            )
        } else {
            format!("cannot reach the daemon at {server}. Is it running?")
        })
    }
}

/// Runs a request to completion.
///
/// # Errors
///
/// Those of the request.
pub fn converse<T>(conversation: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(conversation)
}

pub struct Answer {
    status: StatusCode,
    value: Option<Value>,
}

impl Answer {
    /// A member of the JSON reply.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.value.as_ref()?.get(name)
    }

    /// Whether the token lacks the permission.
    pub fn is_forbidden(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
    }

    /// # Errors
    ///
    /// The daemon refuses, or the reply is not JSON.
    pub fn into_value(self) -> Result<Value> {
        let Self { status, value } = self;
        if status.is_success() {
            return value.context("the daemon's reply is not JSON. Is the address right?");
        }
        // The daemon's own errors have a problem type; a proxy in front of it does not know those.
        let kind = value.as_ref().and_then(|value| value.get("type")?.as_str());
        let is_from_daemon = kind.is_some_and(|kind| kind.starts_with("urn:wardbell:"));
        let message = value.as_ref().map_or_else(|| format!("the daemon answered {status}"), problem);
        let is_out_of_reach = status.is_server_error() && !is_from_daemon;
        Err(if is_out_of_reach { Ending::unreachable(message) } else { Ending::no(message) }.into())
    }
}

/// The message of an RFC 9457 problem.
fn problem(value: &Value) -> String {
    let word = |key: &str| value.get(key).and_then(Value::as_str);
    // For a server error, the title says what is wrong and the detail what to do.
    let is_of_daemon = value.get("status").and_then(Value::as_u64).is_some_and(|status| status >= 500);
    let said = match (word("title"), word("detail")) {
        (Some(title), Some(detail)) if is_of_daemon => format!("{}: {detail}", title.to_lowercase()),
        (title, detail) => detail.or(title).unwrap_or("the daemon refused").to_owned(),
    };
    let errors = value.get("errors").and_then(Value::as_array).into_iter().flatten();
    let lines = errors.filter_map(|error| {
        let message = error.get("message")?.as_str()?;
        Some(format!("\n  {}: {message}", error.get("field").and_then(Value::as_str).unwrap_or("-")))
    });
    said + &lines.collect::<String>()
}

/// The address of the daemon as typed, without a trailing slash.
fn address(typed: &str) -> Result<String> {
    let url = reqwest::Url::parse(typed).ok();
    let is_ours = url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let message = || format!("`--server {typed}` is not an address such as `http://127.0.0.1:8080`");
    if is_ours { Ok(typed.trim_end_matches('/').to_owned()) } else { Err(Ending::usage(message()).into()) }
}

fn configured(config_file: &Path) -> Result<String> {
    let listen = config::listen(config_file);
    let silent = || Ending::silent(config_file, "`listen`; give the daemon's address with `--server`");
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
