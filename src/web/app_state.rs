//! What every handler shares.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::config::settings::{OperatorSettings, SourceSettings};
use crate::domain::card::Senders;
use crate::domain::instant::{Now, to_millis};
use crate::engine::handle::Handle;
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::reload::Reload;
use crate::web::auth::Keyring;
use crate::web::feeds::Feeds;
use crate::web::pages::open_read::OpenRead;
use crate::web::rarely::Rarely;
use crate::web::session::cookies::Cookies;
use crate::web::session::state::SessionState;
use crate::web::turns::Turns;

/// What the web server needs from the rest of the daemon.
pub struct App {
    pub handle: Handle,
    pub reader: Arc<dyn Reader>,
    pub reloader: Arc<dyn Reload>,
    pub sources: Vec<SourceSettings>,
    pub operators: Vec<OperatorSettings>,
    /// The base of every link. Routes are served under its path as well as under `/`.
    pub public_url: Arc<str>,
    /// The secret that calendar feed links are derived from, if feeds are set up.
    pub calendar_key: Option<SecretString>,
    pub senders: Senders,
    pub now: fn() -> DateTime<Utc>,
    /// The engine's monotonic clock: time since some start, whatever happens to the wall clock.
    pub up: fn() -> Duration,
    /// Random bits for secrets.
    pub random: fn() -> [u8; 32],
}

pub struct AppState {
    pub(in crate::web) handle: Handle,
    pub(in crate::web) reader: Arc<dyn Reader>,
    pub(in crate::web) reloader: Arc<dyn Reload>,
    pub(in crate::web) keyring: Keyring,
    pub(in crate::web) feeds: Option<Feeds>,
    pub(in crate::web) senders: Senders,
    pub(in crate::web) path: String,
    pub(in crate::web) public_url: Arc<str>,
    pub(in crate::web) session: SessionState,
    pub(in crate::web) open_read: OpenRead,
    pub(in crate::web) now: fn() -> DateTime<Utc>,
    pub(in crate::web) turns: Turns,
    pub(in crate::web) unknown_link: Rarely,
    pub(in crate::web) unknown_calendar: Rarely,
}

impl AppState {
    pub(in crate::web) fn new(app: App) -> Self {
        let path = path_of(&app.public_url).to_owned();
        Self {
            session: SessionState::new(Cookies::new(&app.public_url, &path), app.random, app.up),
            open_read: OpenRead::default(),
            keyring: Keyring::new(&app.sources, &app.operators),
            handle: app.handle,
            reader: app.reader,
            feeds: app.calendar_key.map(Feeds::new),
            senders: app.senders,
            reloader: app.reloader,
            path,
            public_url: app.public_url,
            now: app.now,
            turns: Turns::new(app.sources.iter().map(|source| source.name.clone())),
            unknown_link: Rarely::new("somebody opened a link that does not exist"),
            unknown_calendar: Rarely::new("somebody opened a calendar link that does not exist"),
        }
    }
}

impl AppState {
    /// What pages and answers say of times. Deadlines of sessions and incidents are in logical time.
    pub(in crate::web) fn clocks(&self) -> Now {
        Now { logical: self.handle.logical(self.session.up()), wall: to_millis((self.now)()) }
    }

    /// How long a session lasts without a request.
    pub(in crate::web) fn idle(&self) -> Duration {
        Duration::from_secs(self.handle.plan().access.sign_in.idle.as_seconds().into())
    }
}

pub(in crate::web) type Shared = axum::extract::State<Arc<AppState>>;

/// The path of a URL without a trailing slash; empty if it has none.
fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |slash| &after_scheme[slash..]);
    path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_address_is_found() {
        for (url, path) in [
            ("https://pages.mercy.example", ""),
            ("https://pages.mercy.example/", ""),
            ("https://mercy.example/ward/bell/", "/ward/bell"),
            ("http://127.0.0.1:8080/x", "/x"),
        ] {
            assert_eq!(path_of(url), path, "{url}");
        }
    }
}
