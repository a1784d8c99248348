//! The network address that a request came from: for limits and for the record of who signed in.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::domain::access::counted_together;
use crate::web::app_state::AppState;

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
    pub fn counted_as(&self) -> String {
        counted_together(self.0)
    }
}

impl FromRequestParts<Arc<AppState>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let forwarded: Vec<&str> = forwarded.collect();
        let plan = app.handle.plan();
        Ok(Self(plan.access.trusted_proxies.client(peer.to_canonical(), &forwarded.join(","))))
    }
}
