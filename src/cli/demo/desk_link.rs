//! The demo's link that signs its visitor in as the desk, once: it asks for a code, takes it from the demo's inbox and
//! enters it, as the desk would. The daemon has no other way in for it than `/sign-in`.

use std::time::Duration;

use anyhow::{Context, Result};
use axum::http::header::{COOKIE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::cli::demo::folder::DESK;
use crate::domain::link::{LinkToken, hash_of};
use crate::mock::Inbox;
use crate::provider::http_client::client_builder;

/// A code arrives within milliseconds unless pages wait.
const CODE_WITHIN: Duration = Duration::from_secs(20);

pub struct DeskLink {
    secret: LinkToken,
    /// Base URL of the daemon.
    server: String,
    http: reqwest::Client,
    inbox: Inbox,
    is_used: Mutex<bool>,
}

/// What a visit leads to.
pub enum Visit {
    /// Signed in: the cookies for the browser.
    SignedIn(Vec<HeaderValue>),
    /// Somebody has signed in by this link.
    Used,
    /// It is another link.
    Unknown,
}

impl DeskLink {
    /// # Errors
    ///
    /// The system has no random bytes, or cannot make an HTTP client.
    pub fn new(server: String, inbox: Inbox) -> Result<Self> {
        let mut random = [0; 20];
        getrandom::fill(&mut random).context("the operating system returned no random bytes")?;
        // Plain HTTP needs no root certificates, which the machine may lack.
        let http = client_builder().redirect(Policy::none()).tls_certs_only(std::iter::empty()).build()?;
        Ok(Self { secret: LinkToken::encode(&random), server, http, inbox, is_used: Mutex::new(false) })
    }

    /// The link's path at the inbox's address.
    pub fn path(&self) -> String {
        format!("/desk/{}", self.secret.reveal())
    }

    /// The page that signing in leads to.
    pub fn board(&self) -> String {
        format!("{}/board", self.server)
    }

    pub async fn is_used(&self) -> bool {
        *self.is_used.lock().await
    }

    /// Signs in, unless somebody has.
    ///
    /// # Errors
    ///
    /// The daemon does not sign anybody in at the moment; then the link stays good.
    pub async fn visit(&self, secret: &str) -> Result<Visit> {
        if hash_of(secret) != self.secret.hash() {
            return Ok(Visit::Unknown);
        }
        let mut is_used = self.is_used.lock().await;
        if *is_used {
            return Ok(Visit::Used);
        }
        let cookies = self.sign_in().await?;
        *is_used = true;
        Ok(Visit::SignedIn(cookies))
    }

    async fn sign_in(&self) -> Result<Vec<HeaderValue>> {
        let before = self.inbox.messages().last().map_or(0, |message| message.number);
        let asked = self.post("/sign-in", &[("address", DESK)], "").await?;
        let browser: Vec<String> = asked.iter().filter_map(pair).collect();
        let code = timeout(CODE_WITHIN, self.code_after(before)).await.context("the code did not arrive")?;
        let entered = self.post("/sign-in/code", &[("code", &code)], &browser.join("; ")).await?;
        anyhow::ensure!(!entered.is_empty(), "the daemon did not take the code");
        Ok(entered)
    }

    /// Sends a form as a browser does. Returns the cookies that it gets.
    async fn post(&self, path: &str, form: &[(&str, &str)], cookies: &str) -> Result<Vec<HeaderValue>> {
        let request = self.http.post(format!("{}{path}", self.server)).form(form);
        let response = request.header(ORIGIN, &self.server).header(COOKIE, cookies).send().await?;
        anyhow::ensure!(response.status().is_redirection(), "the daemon answered {}", response.status());
        Ok(set_cookies(response.headers()))
    }

    async fn code_after(&self, before: u64) -> String {
        let mut arrivals = self.inbox.subscribe();
        loop {
            let messages = self.inbox.messages();
            let mut new = messages.iter().filter(|message| message.number > before && message.is_to(DESK));
            if let Some(code) = new.find_map(|message| code_in(message.text())) {
                return code.to_owned();
            }
            if arrivals.changed().await.is_err() {
                // The inbox is gone, and so is the demo.
                std::future::pending::<()>().await;
            }
        }
    }
}

fn set_cookies(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.get_all(SET_COOKIE).iter().cloned().collect()
}

/// The name and the value of a cookie, as a browser sends them back.
fn pair(set_cookie: &HeaderValue) -> Option<String> {
    Some(set_cookie.to_str().ok()?.split(';').next()?.to_owned())
}

fn code_in(text: &str) -> Option<&str> {
    text.split_once("sign-in code: ")?.1.get(..6)
}
