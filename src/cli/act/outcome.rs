//! The result of an action in sentences: who was paged, and where paging has stopped.

use serde_json::Value;

use crate::cli::list::text;
use crate::cli::show::fields::{items, local};
use crate::cli::show::said::by;
use crate::cli::show::timeline::channel;
use crate::domain::visible::escaped;
use crate::domain::words::join;

/// An incident before and after an action; `None` if it could not be read.
pub struct Outcome<'a> {
    pub action: &'a str,
    pub before: Option<&'a Value>,
    pub after: Option<&'a Value>,
    /// Whether it was not read because the operator lacks `read`.
    pub is_forbidden: bool,
}

impl Outcome<'_> {
    /// At least one sentence for each department that the action affected.
    pub fn sentences(&self) -> Vec<String> {
        let Some((before, after)) = self.before.zip(self.after) else { return vec![self.without_details()] };
        let known = items(&before["timeline"]).filter_map(|moment| moment["seq"].as_u64()).max().unwrap_or_default();
        let new: Vec<&Value> =
            items(&after["timeline"]).filter(|moment| moment["seq"].as_u64().is_some_and(|seq| seq > known)).collect();
        let said = new.iter().filter_map(|moment| {
            let department = text(moment, "department");
            match moment["type"].as_str()? {
                "acknowledged" => Some(format!(
                    "Acknowledged for {department}: paging has stopped. {}",
                    had_been_paged(after, &[&department])
                )),
                "declined" => Some(format!("Declined for {department}: {}", next(after, &new, &department))),
                "escalated" => Some(format!("Escalated for {department}: {}", next(after, &new, &department))),
                "hand-over-requested" => Some(format!("Not handed over yet: {}", next(after, &[moment], &department))),
                "noted" if moment["department"].is_string() => Some(format!("Noted for {department}.")),
                "noted" => Some("Noted.".to_owned()),
                "task" => Some(task(moment)),
                "resolved" => Some(resolved(before, after)),
                "reopened" => Some(reopened(after, &new)),
                _ => None,
            }
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() { vec![self.without_details()] } else { said }
    }

    /// What is certain without reading the incident.
    fn without_details(&self) -> String {
        let said = match self.action {
            "acknowledge" => "Acknowledged.",
            "decline" => "Declined.",
            "escalate" => "Escalated.",
            "hand-over" => "The person was asked to take it over.",
            "hand-over-accept" => "Taken over.",
            "resolve" => "Resolved: paging has stopped.",
            "reopen" => "Reopened: its departments are paged again.",
            "task-done" => "The task is done.",
            "task-not-needed" => "The task is not needed.",
            "task-reopen" => "The task is open again.",
            "task-add" => "The task was added.",
            _ => "Noted.",
        };
        let needs_read =
            if self.is_forbidden { " To see who was paged, the operator needs the `read` permission." } else { "" };
        format!("{said}{needs_read}")
    }
}

fn task(moment: &Value) -> String {
    let (number, department) = (moment["task"].as_u64().unwrap_or_default(), text(moment, "department"));
    match moment["change"].as_str() {
        Some("done") => format!("Task {number} of {department} is done."),
        Some("not-needed") => format!("Task {number} of {department} is not needed."),
        Some("reopened") => format!("Task {number} of {department} is open again."),
        _ => format!("Task {number} was added for {department}."),
    }
}

/// Whom the action paged for a department, or what comes next.
fn next(after: &Value, new: &[&Value], department: &str) -> String {
    let fired = new.iter().filter(|moment| text(moment, "department") == department);
    let pages: Vec<&Value> = fired.flat_map(|moment| items(&moment["pages"])).collect();
    let people: Vec<String> = pages.iter().map(|page| person(page, department)).collect();
    if let Some(first) = pages.first() {
        let are = if people.len() == 1 { "is" } else { "are" };
        let mut by: Vec<&str> = items(&first["channels"]).filter_map(|one| one["by"].as_str()).map(channel).collect();
        by.dedup();
        return format!("{} {are} paged now by {}.", join(&people), join(&by));
    }
    let track = items(&after["tracks"]).find(|track| text(track, "department") == department);
    match track.map(|track| &track["next_step_at"]).filter(|at| at.is_string()) {
        Some(at) => format!("no one is paged now; the next page is due at {}.", local(at, "%H:%M:%S %Z")),
        None => "there is no one else to page.".to_owned(),
    }
}

/// `June Chen (backup)`, with the roster if it is another department's.
fn person(page: &Value, department: &str) -> String {
    let (name, role, roster) = (text(page, "name"), text(page, "role"), text(page, "roster"));
    if roster == department { format!("{name} ({role})") } else { format!("{name} ({role} of {roster})") }
}

fn resolved(before: &Value, after: &Value) -> String {
    let mut climbing = Vec::new();
    let mut said = Vec::new();
    for track in items(&before["tracks"]) {
        match track["acknowledged_by"].as_str() {
            Some(by) => said.push(format!("{} had acknowledged {}", name_of(before, by), text(track, "department"))),
            None => climbing.push(text(track, "department")),
        }
    }
    if !climbing.is_empty() {
        said.insert(0, format!("paging has stopped for {}", join(&climbing)));
    }
    let departments: Vec<String> = items(&after["tracks"]).map(|track| text(track, "department")).collect();
    let departments: Vec<&str> = departments.iter().map(String::as_str).collect();
    format!("Resolved: {}. {}", said.join("; "), had_been_paged(after, &departments))
}

/// Whom each department pages first.
fn reopened(after: &Value, new: &[&Value]) -> String {
    let departments = items(&after["tracks"]).map(|track| text(track, "department"));
    let said: Vec<String> =
        departments.map(|department| format!("for {department}, {}", next(after, new, &department))).collect();
    format!("Reopened: {}", said.join(" "))
}

/// The name of the person who acknowledged, by ID.
fn name_of(incident: &Value, id: &str) -> String {
    let acknowledged = items(&incident["timeline"]).filter(|moment| moment["type"] == "acknowledged");
    let mut names = acknowledged.filter(|moment| moment["by"]["liaison"]["liaison"] == id).map(by);
    names.next().unwrap_or_else(|| escaped(id))
}

/// Everyone who was paged for the departments, each once.
fn had_been_paged(incident: &Value, departments: &[&str]) -> String {
    let mut names: Vec<String> = Vec::new();
    for page in items(&incident["pages"]).filter(|page| departments.contains(&text(page, "department").as_str())) {
        let name = text(page, "name");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { "No one had been paged.".to_owned() } else { format!("{} had been paged.", join(&names)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(name: &str, role: &str, department: &str, roster: &str) -> Value {
        json!({
            "name": name, "role": role, "department": department, "roster": roster,
            "channels": [{ "by": "sms" }, { "by": "email" }],
        })
    }

    fn incident(moments: &[Value], acknowledged: Value, next_step_at: Value) -> Value {
        let numbered = moments.iter().enumerate().map(|(index, moment)| {
            let mut moment = moment.clone();
            moment["seq"] = json!(index + 1);
            moment
        });
        let pages: Vec<Value> = moments.iter().flat_map(|moment| items(&moment["pages"])).cloned().collect();
        let track = json!({ "department": "privacy", "acknowledged_by": acknowledged, "next_step_at": next_step_at });
        json!({ "timeline": numbered.collect::<Vec<_>>(), "pages": pages, "tracks": [track] })
    }

    fn fired(pages: &[Value]) -> Value {
        json!({ "type": "step-fired", "department": "privacy", "pages": pages })
    }

    fn said(action: &str, before: &[Value], new: &[Value], next_step_at: Value) -> Vec<String> {
        let after = incident(&[before, new].concat(), Value::Null, next_step_at);
        let before = incident(before, Value::Null, Value::Null);
        Outcome { action, before: Some(&before), after: Some(&after), is_forbidden: false }.sentences()
    }

    #[test]
    fn an_action_says_whom_it_paged_and_where_paging_has_stopped() {
        let opened = fired(&[page("Maria Rivera", "primary", "privacy", "privacy")]);
        let backup = fired(&[page("June Chen", "backup", "privacy", "privacy")]);
        let elsewhere = fired(&[page("Ada Okafor", "primary", "privacy", "compliance")]);
        let event = |kind: &str| json!({ "type": kind, "department": "privacy" });
        let before = [opened.clone(), backup.clone()];
        assert_eq!(
            said("acknowledge", &before, &[event("acknowledged")], Value::Null),
            ["Acknowledged for privacy: paging has stopped. Maria Rivera and June Chen had been paged."]
        );
        assert_eq!(
            said("escalate", &before[..1], &[event("escalated"), backup], json!("2026-12-03T08:14:00.000Z")),
            ["Escalated for privacy: June Chen (backup) is paged now by SMS and email."]
        );
        assert_eq!(
            said("decline", &before, &[event("declined"), elsewhere], Value::Null),
            ["Declined for privacy: Ada Okafor (primary of compliance) is paged now by SMS and email."]
        );
        let later = said("decline", &before, &[event("declined")], json!("2026-12-03T08:14:00.000Z")).remove(0);
        assert!(later.starts_with("Declined for privacy: no one is paged now; the next page is due at "), "{later}");
        assert_eq!(
            said("escalate", &before, &[event("escalated")], Value::Null),
            ["Escalated for privacy: there is no one else to page."]
        );
        assert_eq!(
            said("resolve", &before[..1], &[json!({ "type": "resolved" })], Value::Null),
            ["Resolved: paging has stopped for privacy. Maria Rivera had been paged."]
        );
        assert_eq!(said("note", &before, &[json!({ "type": "noted", "department": null })], Value::Null), ["Noted."]);
    }

    #[test]
    fn a_resolution_says_who_had_it() {
        let by = json!({ "liaison": { "liaison": "m-rivera", "name": "Maria Rivera" } });
        let moments = [
            fired(&[page("Maria Rivera", "primary", "privacy", "privacy")]),
            json!({ "type": "acknowledged", "department": "privacy", "by": by }),
        ];
        let before = incident(&moments, json!("m-rivera"), Value::Null);
        let resolved = [&moments[..], &[json!({ "type": "resolved" })]].concat();
        let after = incident(&resolved, json!("m-rivera"), Value::Null);
        assert_eq!(
            Outcome { action: "resolve", before: Some(&before), after: Some(&after), is_forbidden: false }.sentences(),
            ["Resolved: Maria Rivera had acknowledged privacy. Maria Rivera had been paged."]
        );
    }

    #[test]
    fn who_may_not_read_is_told_what_is_certain() {
        for action in ["acknowledge", "decline", "escalate", "resolve", "note"] {
            let outcome = Outcome { action, before: None, after: None, is_forbidden: true };
            let said = outcome.sentences();
            let [said] = &said[..] else { panic!("{said:?}") };
            let certain =
                said.strip_suffix(" To see who was paged, the operator needs the `read` permission.").unwrap();
            assert_eq!(
                Outcome { is_forbidden: false, ..outcome }.sentences(),
                [certain],
                "not read for another reason"
            );
        }
    }
}
