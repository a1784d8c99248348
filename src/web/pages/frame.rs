//! What every page of a signed-in person has around its content.

use std::sync::LazyLock;

use crate::web::pages::viewer::Viewer;
use crate::web::style::CSS;
use crate::web::words::Times;

/// The sheet of the pages behind links, and what signed-in pages need beside it.
pub static SHEET: LazyLock<String> = LazyLock::new(|| format!("{CSS}{}", include_str!("../templates/signed-in.css")));

#[derive(Debug)]
pub struct Frame {
    pub css: &'static str,
    pub hospital: String,
    /// The path prefix of every link on the page.
    pub path: String,
    pub tab: Tab,
    /// How many statements wait for the reader, where that is known.
    pub approvals: Option<usize>,
    pub name: String,
    pub form_token: String,
    pub session_ends: String,
    pub session_ends_for_good: bool,
}

/// A page of the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Board,
    OnCall,
    Approvals,
    Me,
    /// In the footer.
    Policies,
}

/// Where a page is served, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    pub hospital: &'a str,
    /// The path of `public_url`, without a slash at its end.
    pub path: &'a str,
}

impl Frame {
    pub fn new(site: Site<'_>, viewer: &Viewer, times: Times<'_>, tab: Tab) -> Self {
        Self {
            css: &SHEET,
            hospital: site.hospital.to_owned(),
            path: site.path.to_owned(),
            tab,
            approvals: None,
            name: viewer.name.clone(),
            form_token: viewer.form_token.clone(),
            session_ends: times.wall(viewer.session_ends_at),
            session_ends_for_good: viewer.session_ends_for_good,
        }
    }
}
