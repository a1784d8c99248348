//! Before a reader leaves for the post: where it leads.

use askama::Template;

use crate::domain::escalation::incident::Incident;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::row::Reading;
use crate::web::words::Times;

#[derive(Debug, Template)]
#[template(path = "leaving.html")]
pub struct Leaving {
    frame: Frame,
    reference: String,
    /// The whole address, which the source sent.
    url: String,
    host: String,
}

impl Leaving {
    /// The page for an address that a reader may see; see [`Protected::link`](crate::web::pages::posted::Protected::link).
    pub fn new(site: Site<'_>, reading: Reading<'_>, incident: &Incident, url: String) -> Self {
        let times = Times::new(&reading.viewer.zone, reading.now);
        Self {
            frame: Frame::new(site, reading.viewer, times, Tab::Board),
            reference: incident.id.to_string(),
            host: host(&url).to_owned(),
            url,
        }
    }
}

/// The name of the server that an address leads to, without what only looks like one.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_where_a_browser_would_go() {
        for (url, leads_to) in [
            ("https://social.example/p/1?x=https://mercy.example", "social.example"),
            ("https://mercy.example@evil.example/x", "evil.example"),
            ("https://evil.example\\@mercy.example/", "evil.example"),
            ("http://social.example:8080", "social.example:8080"),
        ] {
            assert_eq!(host(url), leads_to, "{url}");
        }
    }
}
