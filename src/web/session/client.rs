//! The network address that a request came from: for limits and for the record of who signed in.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::domain::access::{counted_together, site_of};
use crate::web::app_state::AppState;
use crate::web::session::limiter::Caller;

/// The other end of the connection; the server adds it to each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Whom a request came from, behind proxies that are trusted.
#[derive(Debug, Clone, Copy)]
pub struct Client(IpAddr);

impl Client {
    /// For the record.
    pub fn address(&self) -> String {
        self.0.to_string()
    }

    /// For limits.
    pub fn counted_as(&self) -> Caller {
        Caller { network: counted_together(self.0), site: site_of(self.0) }
    }
}

impl FromRequestParts<Arc<AppState>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        // A caller may begin it with any bytes; what trusted proxies add at its end is read all the same.
        let forwarded = parts.headers.get_all("x-forwarded-for").iter();
        let forwarded: Vec<_> = forwarded.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let plan = app.handle.plan();
        Ok(Self(plan.access.trusted_proxies.client(peer.to_canonical(), &forwarded.join(","))))
    }
}
