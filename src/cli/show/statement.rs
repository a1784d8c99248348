//! What happened to a statement, as sentences.

use serde_json::Value;

use crate::cli::list::text;
use crate::cli::show::fields::items;
use crate::cli::show::said::{by, with_words};

pub fn sentences(moment: &Value) -> Vec<String> {
    let one = format!("statement {}, version {}", moment["statement"], moment["version"]);
    let department = || text(moment, "department");
    let departments = || {
        let names: Vec<&str> = items(&moment["departments"]).filter_map(Value::as_str).collect();
        names.join(", ")
    };
    match moment["change"].as_str().unwrap_or_default() {
        "drafted" => with_words(format!("{} wrote {one}", by(moment)), &moment["text"]),
        "submitted" => {
            let asked = format!("{} asked for the approval of {one}, by {}", by(moment), departments());
            with_words(asked, &moment["note"])
        }
        "asked-anew" => vec![format!("New approvals are needed for {one}, by {}", departments())],
        "not-ready-anymore" => vec![format!("No longer approved in advance: {one}")],
        "asked" => asked(moment, &one),
        "approved" if moment["is_author"] == true => {
            vec![format!("{} approved {one} for {}, although they wrote it", by(moment), department())]
        }
        "approved" => vec![format!("{} approved {one} for {}", by(moment), department())],
        "changes-asked" => {
            with_words(format!("{} asked for changes to {one}, for {}", by(moment), department()), &moment["note"])
        }
        "withdrawn" => vec![format!("{} withdrew {one}", by(moment))],
        "used" => with_words(format!("{} used {one}", by(moment)), &moment["place"]),
        _ => vec![format!("Something happened to {one}")],
    }
}

fn asked(moment: &Value, one: &str) -> Vec<String> {
    let names: Vec<String> = items(&moment["pages"]).map(|page| text(page, "name")).collect();
    match names.is_empty() {
        true => vec![format!("Nobody else is asked now to approve {one} for {}", text(moment, "department"))],
        false => vec![format!("{} asked to approve {one} for {}", names.join(", "), text(moment, "department"))],
    }
}
