//! `[server]`: network addresses and the hospital's name.

use std::net::SocketAddr;

use schemars::JsonSchema;

use crate::config::daemon::address::BaseUrl;
use crate::config::reader::{RawList, Spanned, Table};
use crate::domain::access::Network;
use crate::domain::page::HospitalName;

/// Network addresses and the hospital's name.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawServer {
    /// Address and port to listen on; default: `127.0.0.1:8080`.
    pub(super) listen: Option<Spanned<SocketAddr>>,
    /// Base URL of every link in a page, as reachable from outside.
    #[schemars(required)]
    pub(super) public_url: Option<Spanned<BaseUrl>>,
    /// Short name of the hospital, at the start of every page.
    #[schemars(required)]
    pub(super) hospital: Option<Spanned<HospitalName>>,
    /// Addresses or networks of the proxies whose `X-Forwarded-For` is believed, for limits and access records; default:
    /// none. Takes effect on reload.
    trusted_proxies: Option<RawList<Network>>,
}

pub(super) fn read(mut table: Table<'_>) -> RawServer {
    let server = RawServer {
        listen: table.optional("listen"),
        public_url: table.required("public_url"),
        hospital: table.required("hospital"),
        trusted_proxies: table.optional_list("trusted_proxies"),
    };
    table.finish();
    server
}

impl RawServer {
    pub(super) fn trusted_proxies(&self) -> Vec<Network> {
        self.trusted_proxies.iter().flat_map(|list| &list.items).map(|proxy| proxy.value).collect()
    }
}
