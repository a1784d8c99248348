//! What all pages of signed-in people have in common, judged by their HTML.

use std::collections::BTreeSet;
use std::sync::Arc;

use wardbell::domain::digest::Digest;
use wardbell::domain::instant::Now;
use wardbell::domain::playbook::Playbook;
use wardbell::web::pages::frame::{SHEET, Site};
use wardbell::web::pages::row::Reading;
use wardbell::web::pages::viewer::Viewer;

use crate::house::House;

pub const SITE: Site<'static> = Site { hospital: "MERCY", path: "/ward" };

pub fn maria(house: &House) -> Viewer {
    let state = house.state.lock().unwrap();
    Viewer {
        person: "m-rivera".parse().unwrap(),
        name: "Maria Rivera".into(),
        entries: vec![("privacy".parse().unwrap(), "m-rivera".parse().unwrap())],
        zone: state.plan.zone(&"privacy".parse().unwrap()),
        may_open: false,
        form_token: "form-token".into(),
        session_ends_at: state.now + chrono::TimeDelta::minutes(15),
        session_ends_for_good: false,
    }
}

/// Makes a page from what the engine knows.
pub fn made<T>(house: &House, viewer: &Viewer, make: impl FnOnce(Reading<'_>) -> T) -> T {
    let state = house.state.lock().unwrap();
    let plan = Arc::clone(&state.plan);
    let now = Now::agreed(state.now);
    drop(state);
    let playbook = |hash: &Digest| -> Option<Arc<Playbook>> {
        plan.playbooks.iter().find(|playbook| playbook.hash() == *hash).cloned()
    };
    make(Reading { plan: &plan, now, viewer, playbook: &playbook })
}

/// The tags of a page, in order, each with its attributes.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag)
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest.split('"').next().unwrap())
}

/// What every page must have: one heading of the first level and none that skips a level, a label for each field, a form
/// token in each form that posts, no script, nothing inline but the sheet, and no id twice.
#[track_caller]
pub fn is_well_formed(html: &str) {
    assert_eq!(tags(html).filter(|tag| *tag == "style").count(), 1);
    let mut ids = BTreeSet::new();
    let labels: BTreeSet<&str> =
        tags(html).filter(|tag| tag.starts_with("label")).filter_map(|tag| attribute(tag, "for")).collect();
    let (mut level, mut posts, mut tokens) = (0, 0, 0);
    for tag in tags(html) {
        let name = tag.split_whitespace().next().unwrap_or_default();
        assert!(name != "script" && attribute(tag, "style").is_none(), "{tag}");
        assert!(!tag.contains(" onclick") && !tag.contains("http-equiv"), "{tag}");
        if let Some(id) = attribute(tag, "id") {
            assert!(ids.insert(id), "{id} comes twice");
        }
        if let Some(next) = name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok()) {
            assert!(next <= level + 1, "{tag} after a heading of level {level}");
            assert!(next > 1 || level == 0, "one heading of the first level");
            level = next;
        }
        if ["select", "input", "textarea"].contains(&name) && attribute(tag, "type") != Some("hidden") {
            let id = attribute(tag, "id").unwrap_or_else(|| panic!("{tag} has no id"));
            assert!(labels.contains(id), "{tag} has no label");
        }
        posts += usize::from(name == "form" && attribute(tag, "method") == Some("post"));
        tokens += usize::from(attribute(tag, "name") == Some("form_token"));
    }
    assert_eq!(posts, tokens, "each form that posts has a token");
    for named in tags(html).filter_map(|tag| attribute(tag, "aria-labelledby").or(attribute(tag, "aria-describedby"))) {
        assert!(ids.contains(named), "{named} is nowhere");
    }
    assert!(level > 0 && html.contains("<html lang=\"en\">") && html.contains("Your session ends at "));
}

#[test]
fn the_sheet_of_signed_in_pages_is_small_and_loads_nothing() {
    assert!(SHEET.len() < 16 * 1_024, "{} bytes", SHEET.len());
    for word in ["url(", "@import", "@font-face", "</"] {
        assert!(!SHEET.contains(word), "{word}");
    }
}
