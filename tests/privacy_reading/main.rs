//! The privacy reading, measured on drafts by somebody who did not see its lists.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod rules;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use wardbell::config::privacy_reading::builtin;
use wardbell::domain::incident::Content;
use wardbell::domain::privacy_reading::protected::Protected;
use wardbell::domain::privacy_reading::read;

/// Of the drafts that confirm a patient or give details, this share is marked.
const MARKED_AT_LEAST: f64 = 0.95;

/// Of the harmless drafts, no more than this share is marked.
const MARKED_AT_MOST: f64 = 0.10;

#[test]
fn drafts_that_say_too_much_are_marked_and_harmless_ones_are_not() {
    measure("tests/privacy_reading/drafts.jsonl");
}

/// The lists were never changed for these drafts: nobody who changes the lists reads them.
#[test]
fn drafts_that_the_lists_were_not_made_for_are_told_apart_as_well() {
    measure("tests/privacy_reading/heldout.jsonl");
}

#[track_caller]
fn measure(path: &str) {
    let drafts = drafts(path);
    let (found, wrong) = (share(&drafts, true), share(&drafts, false));
    assert!(found >= MARKED_AT_LEAST, "{found} of those that say too much are marked");
    assert!(wrong <= MARKED_AT_MOST, "{wrong} of the harmless ones are marked");
}

struct Draft {
    confirms: bool,
    protected: Protected,
    text: String,
}

fn drafts(path: &str) -> Vec<Draft> {
    let text = fs::read_to_string(path).unwrap();
    let drafts: Vec<Draft> = text.lines().map(|line| draft(&serde_json::from_str(line).unwrap())).collect();
    assert_eq!(drafts.len(), 200);
    drafts
}

fn draft(line: &Value) -> Draft {
    let incident = &line["incident"];
    let text = |key: &str| incident[key].as_str().map(str::to_owned);
    let involved = incident["involved"].as_array().into_iter().flatten();
    let labels = incident["labels"].as_object().into_iter().flatten();
    let labels: BTreeMap<String, String> =
        labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    let (summary, url, author) = (text("summary"), text("url"), text("author"));
    let content = Content { summary, url, author, labels, involved_unknown: Vec::new() };
    let involved = involved.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let public = [text("facility"), text("network")].into_iter().flatten().collect();
    let protected = Protected::new(&content, involved, public);
    let text = line["text"].as_str().unwrap().to_owned();
    Draft { confirms: line["confirms"].as_bool().unwrap(), protected, text }
}

/// The share of the drafts of one kind that have a mark.
fn share(drafts: &[Draft], confirms: bool) -> f64 {
    let of_kind: Vec<&Draft> = drafts.iter().filter(|draft| draft.confirms == confirms).collect();
    let is_marked = |draft: &&&Draft| !read(&draft.text, &draft.protected, &builtin()).is_empty();
    of_kind.iter().filter(is_marked).count() as f64 / of_kind.len() as f64
}
