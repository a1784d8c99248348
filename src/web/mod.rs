//! The API, the pages behind links, and what probes and scrapers ask. Status codes live in `error` alone.

pub mod act;
pub mod auth;
pub mod body;
pub mod calendar;
pub mod card;
pub mod compact;
pub mod error;
pub mod guide;
pub mod home;
pub mod incident;
pub mod incoming;
pub mod ingest;
pub mod link;
pub mod many;
pub mod mistakes;
pub mod neutral;
pub mod notice;
pub mod oncall;
pub mod origin;
pub mod page;
pub mod probe;
pub mod purge;
pub mod query;
pub mod rarely;
pub mod read;
pub mod reload;
pub mod server;
pub mod stall;
pub mod style;
pub mod test_channels;
pub mod tree;
pub mod waiting;
pub mod words;

use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::config::settings::{OperatorSettings, SourceSettings};
use crate::domain::card::Senders;
use crate::engine::handle::Handle;
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::reload::Reload;
use crate::web::auth::Keyring;
use crate::web::calendar::Feeds;
use crate::web::error::{Kind, Problem};
use crate::web::many::Lines;
use crate::web::rarely::Rarely;

pub use crate::web::server::serve;

/// All that the web needs of the rest of the house.
pub struct App {
    /// Asks the engine.
    pub handle: Handle,
    /// Asks the store.
    pub reader: Arc<dyn Reader>,
    /// Reads the files again.
    pub reloader: Arc<dyn Reload>,
    /// Who may send incidents.
    pub sources: Vec<SourceSettings>,
    /// Who may read and act.
    pub operators: Vec<OperatorSettings>,
    /// The base of every link; its path is answered beside `/`.
    pub public_url: Arc<str>,
    /// The secret that the links of calendar feeds are made from, if there are any.
    pub calendar_key: Option<SecretString>,
    /// Where pages come from.
    pub senders: Senders,
    /// The wall clock.
    pub now: fn() -> DateTime<Utc>,
}

/// What every handler shares.
pub(in crate::web) struct House {
    handle: Handle,
    reader: Arc<dyn Reader>,
    reloader: Arc<dyn Reload>,
    keyring: Keyring,
    feeds: Option<Feeds>,
    senders: Senders,
    /// The path of `public_url`.
    path: String,
    now: fn() -> DateTime<Utc>,
    lines: Lines,
    unknown_link: Rarely,
    unknown_calendar: Rarely,
}

type Shared = axum::extract::State<Arc<House>>;

/// Everything that is answered, at `/` and, as a proxy in front may leave it in place, under the path of `public_url`.
pub fn router(app: App) -> Router {
    let path = path_of(&app.public_url).to_owned();
    let house = Arc::new(House {
        keyring: Keyring::new(&app.sources, &app.operators),
        handle: app.handle,
        reader: app.reader,
        feeds: app.calendar_key.map(Feeds::new),
        senders: app.senders,
        reloader: app.reloader,
        path: path.clone(),
        now: app.now,
        lines: Lines::new(app.sources.iter().map(|source| source.name.clone())),
        unknown_link: Rarely::new("somebody opened a link that does not exist"),
        unknown_calendar: Rarely::new("somebody opened a calendar link that does not exist"),
    });
    let mut router = routes();
    if !path.is_empty() {
        router = router.nest(&path, routes()).route(&format!("{path}/"), get(home::home));
    }
    let unknown = || async { Problem::new(Kind::UnknownRoute, "check the address").into_response() };
    let wrong = || async { Problem::new(Kind::WrongMethod, "use a method under `allow`").into_response() };
    router.fallback(unknown).method_not_allowed_fallback(wrong).with_state(house)
}

fn routes() -> Router<Arc<House>> {
    Router::new()
        .route("/", get(home::home))
        .route("/api/v1/incidents", post(ingest::ingest).get(read::list))
        .route("/api/v1/incidents/{id}", get(read::one))
        .route("/api/v1/incidents/{id}/actions", post(act::act))
        .route("/api/v1/heartbeat", post(ingest::heartbeat))
        .route("/api/v1/incidents/{id}/purge", post(purge::purge))
        .route("/api/v1/oncall", get(oncall::oncall))
        .route("/api/v1/reload", post(reload::reload))
        .route("/api/v1/compact", post(compact::compact))
        .route("/api/v1/test-channels", post(test_channels::test_channels))
        // Mail programs add a slash, too, and more after it.
        .route("/a/{*token}", get(link::show).post(link::press))
        .route("/calendar/{*file}", get(calendar::feed))
        // Where a page's `../wardbell.vcf` leads when the page's address ends with a slash.
        .route("/a/wardbell.vcf", get(card::card))
        .route("/wardbell.vcf", get(card::card))
        .route("/healthz", get(probe::healthz))
        .route("/readyz", get(probe::readyz))
        .route("/metrics", get(probe::metrics))
}

/// The path of an address, without a slash at the end; empty where it has none.
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
