//! The events of an incident as sentences.

use serde::Deserialize;
use serde_json::Value;

use crate::cli::list::text;
use crate::cli::show::fields::{items, local, source};
use crate::cli::show::said::{by, who, with_words};
use crate::cli::show::statement;
use crate::domain::contact::ChannelKind;
use crate::domain::count::count;
use crate::domain::further_contact::ContactPosition;
use crate::domain::visible::escaped;
use crate::domain::words::join;

/// What happened at one moment, in at least one sentence.
pub fn sentences(incident: &Value, moment: &Value) -> Vec<String> {
    let department = || text(moment, "department");
    match moment["type"].as_str().unwrap_or_default() {
        "opened" => {
            let opened = format!("Opened by {} as {}", source(incident), text(moment, "playbook"));
            std::iter::once(opened).chain(unknown(moment)).collect()
        }
        "folded" => {
            let again = format!("Reported again ({} time)", ordinal(moment["occurrences"].as_u64()));
            std::iter::once(again).chain(unknown(moment)).collect()
        }
        "severity-rose" => vec![format!("Severity rose to {}", text(moment, "severity"))],
        "step-fired" | "reminded" => paged(moment),
        "reclassified" => vec![format!(
            "Reclassified by a more serious report: now {}, severity {}",
            text(moment, "playbook"),
            text(moment, "severity")
        )],
        "holder-unreachable" => vec![format!("{} could not be reached; {} pages others", by(moment), department())],
        "handed-over" => handed_over(moment),
        "step-deferred" => vec![format!("{}: the next page is deferred", department())],
        "attempted" => vec![attempted(incident, moment)],
        "link-issued" => vec![format!("New link for {}", page_to(incident, moment))],
        "hand-over-requested" => hand_over_requested(moment),
        "hand-over-failed" => hand_over_failed(moment),
        "acknowledged" if moment["taken_from"].is_object() => {
            let from = who(&moment["taken_from"]);
            vec![format!("{} took {} over from {from}", by(moment), department())]
        }
        "acknowledged" => vec![format!("{} acknowledged for {}", by(moment), department())],
        "declined" => vec![format!("{} cannot take it for {}{}", by(moment), department(), next(moment))],
        "withdrawn" => {
            let who = text(moment, "liaison");
            vec![format!("{who} is involved and no longer paged for {}{}", department(), next(moment))]
        }
        "noted" => noted(moment),
        "escalated" => vec![format!("{} paged the next person of {}", by(moment), department())],
        "heard-again" => vec!["The source reported again".to_owned()],
        "configuration-fixed" => vec!["All files are valid again, and no secret is missing".to_owned()],
        "resolved" => with_words(format!("{} resolved it{}", by(moment), came_of(moment)), &moment["note"]),
        "reopened" => with_words(format!("{} reopened it", by(moment)), &moment["note"]),
        "followed-up" => followed_up(moment),
        "task" => task(moment),
        "purged" => vec![format!("{} permanently deleted the text and notes", by(moment))],
        "statement" => statement::sentences(moment),
        other => vec![other_event(moment, other)],
    }
}

fn came_of(moment: &Value) -> String {
    let outcome = moment["outcome"].as_str();
    outcome.map(|outcome| format!(" ({})", escaped(outcome).replace('-', " "))).unwrap_or_default()
}

/// The names of involved people who were not in any roster.
fn unknown(moment: &Value) -> Option<String> {
    let names = items(&moment["incident"]["involved_unknown"]);
    let names: Vec<String> = names.filter_map(Value::as_str).map(escaped).collect();
    (!names.is_empty()).then(|| format!("Involved but not in any roster: {}", join(&names)))
}

fn handed_over(moment: &Value) -> Vec<String> {
    let to: Vec<String> = items(&moment["pages"]).map(|page| text(page, "name")).collect();
    let how = format!("{} handed {} to {}", by(moment), text(moment, "department"), to.join(" and "));
    std::iter::once(how).chain(paged(moment)).collect()
}

fn hand_over_requested(moment: &Value) -> Vec<String> {
    let to: Vec<String> = items(&moment["pages"]).map(|page| text(page, "name")).collect();
    let (from, department) = (who(&moment["from"]), text(moment, "department"));
    let asked = format!("{} asked {} to take {department} over", by(moment), to.join(" and "));
    let asked = if from == by(moment) { asked } else { format!("{asked} from {from}") };
    std::iter::once(asked).chain(paged(moment)).collect()
}

fn hand_over_failed(moment: &Value) -> Vec<String> {
    let (from, because) = (who(&moment["from"]), text(moment, "because").replace('-', " "));
    let kept =
        format!("{} did not take {} over ({because}); {from} still has it", by(moment), text(moment, "department"));
    let told = items(&moment["pages"]).next().is_some();
    std::iter::once(kept).chain(told.then(|| paged(moment)).into_iter().flatten()).collect()
}

fn followed_up(moment: &Value) -> Vec<String> {
    match moment["department"].as_str() {
        None => Vec::new(),
        Some(_) if items(&moment["pages"]).chain(items(&moment["passed_over"])).next().is_some() => paged(moment),
        Some(department) => {
            let count = count(moment["tasks"].as_u64().unwrap_or_default(), "open task");
            let at = local(&moment["again_at"], "%Y-%m-%d %H:%M %Z");
            vec![format!("{}: {count}; its people are told on {at}", escaped(department))]
        }
    }
}

fn task(moment: &Value) -> Vec<String> {
    let number = moment["task"].as_u64().unwrap_or_default();
    let (by, department) = (by(moment), text(moment, "department"));
    let what = match moment["change"].as_str() {
        Some("done") => "is done",
        Some("not-needed") => "is not needed",
        Some("reopened") => "is open again",
        _ => return with_words(format!("{by} added task {number} for {department}"), &moment["text"]),
    };
    with_words(format!("{by}: task {number} of {department} {what}"), &moment["note"])
}

fn paged(moment: &Value) -> Vec<String> {
    let why = match (moment["type"].as_str(), moment["reason"].as_str()) {
        (Some("handed-over" | "hand-over-requested"), _) => "handed over".to_owned(),
        (Some("hand-over-failed"), _) => "it was not taken over".to_owned(),
        (Some("reminded"), _) => "acknowledged, but no note in time".to_owned(),
        (_, Some("opened")) => "new incident".to_owned(),
        _ => text(moment, "reason").replace('-', " "),
    };
    let department = text(moment, "department");
    let mut sentences: Vec<String> = items(&moment["pages"])
        .map(|page| {
            let channels: Vec<&str> =
                items(&page["channels"]).filter_map(|one| one["by"].as_str()).map(channel).collect();
            let chosen = format!("{}:{}", text(&page["why"], "file"), text(&page["why"], "line"));
            let (name, role, roster) = (text(page, "name"), text(page, "role"), text(page, "roster"));
            let of = if roster == department { String::new() } else { format!(" of {roster}") };
            format!("Paged {name} ({role}{of}) for {department} by {}: {why} [{chosen}]", join(&channels))
        })
        .collect();
    sentences.extend(items(&moment["passed_over"]).map(|passed| {
        let who = passed["liaison"].as_str().or(passed["target"].as_str()).map(escaped).unwrap_or_default();
        format!("Did not page {who} for {department}: {}", text(passed, "because").replace('-', " "))
    }));
    if sentences.is_empty() {
        sentences.push(format!("{department}: no one to page at this step"));
    }
    sentences
}

fn attempted(incident: &Value, moment: &Value) -> String {
    let word = text(moment, "channel");
    let contact = ContactPosition::deserialize(&moment["contact"]).unwrap_or_default();
    let known: Option<ChannelKind> = word.parse().ok();
    let person = page_to(incident, moment);
    let to = known.map_or_else(|| person.clone(), |channel| contact.of_person(channel, &person));
    let how = format!("{} to {to}", channel_at_start(&word));
    let again = match (&moment["retry_at"], known.filter(|_| moment["next_contact"].is_object())) {
        (Value::Null, None) => String::new(),
        (Value::Null, Some(channel)) => format!("; now to their {} {}", contact.next(), channel.address_word()),
        (at, _) => format!("; retrying at {}", local(at, "%H:%M:%S")),
    };
    match moment["outcome"].as_str() {
        Some("accepted") => format!("{how} accepted"),
        _ => format!("{how} failed ({}){again}{}", text(moment, "code"), next(moment)),
    }
}

fn noted(moment: &Value) -> Vec<String> {
    let about = match moment["department"].as_str() {
        Some(department) => format!("{} noted for {}", by(moment), escaped(department)),
        None => format!("{} noted", by(moment)),
    };
    with_words(about, &moment["text"])
}

/// A sentence followed by its text, one line each.
/// An event that this version does not know.
fn other_event(moment: &Value, kind: &str) -> String {
    let department = moment["department"].as_str().map(|one| format!(" ({})", escaped(one))).unwrap_or_default();
    format!("{}{department}", escaped(kind).replace('-', " "))
}

/// The name of the person paged by an attempt.
fn page_to(incident: &Value, moment: &Value) -> String {
    let number = moment["page"].as_u64().unwrap_or_default();
    let id = format!("{}-{number}", text(incident, "id"));
    let page = items(&incident["pages"]).find(|page| page["id"].as_str() == Some(&id));
    page.map_or_else(|| format!("page {number}"), |page| text(page, "name"))
}

fn next(moment: &Value) -> &'static str {
    if moment["next"].is_object() { "; the next person is paged" } else { "" }
}

/// The name of a channel within a sentence.
pub fn channel(word: &str) -> &str {
    word.parse().map_or(word, |known: ChannelKind| known.in_words())
}

fn channel_at_start(word: &str) -> &str {
    if word == "email" { "Email" } else { channel(word) }
}

fn ordinal(number: Option<u64>) -> String {
    let number = number.unwrap_or_default();
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_told_in_sentences_with_names_instead_of_numbers() {
        let incident = json!({ "id": "7Q2K9MXD", "pages": [{ "id": "7Q2K9MXD-1", "name": "June Chen" }] });
        let fired = json!({
            "type": "step-fired", "department": "privacy", "reason": "not-acknowledged",
            "pages": [{
                "name": "June Chen", "role": "backup", "roster": "privacy",
                "why": { "file": "rosters/privacy.toml", "line": 30, "rule": "turn" },
                "channels": [{ "by": "sms", "to": "+13125550102" }, { "by": "email", "to": "j.chen@mercy.example" }],
            }],
            "passed_over": [{ "target": "primary", "liaison": "m-rivera", "because": "involved" }],
        });
        assert_eq!(
            sentences(&incident, &fired),
            [
                "Paged June Chen (backup) for privacy by SMS and email: not acknowledged [rosters/privacy.toml:30]",
                "Did not page m-rivera for privacy: involved",
            ]
        );
        let opened = json!({
            "type": "opened", "playbook": "phi-by-staff",
            "incident": { "involved": ["m-rivera"], "involved_unknown": ["Joy Park", "x\u{202e}"] },
        });
        let by_operator = json!({ "source": "operator/social-desk", "reporter": "social-desk" });
        assert_eq!(
            sentences(&by_operator, &opened),
            [
                "Opened by social-desk (operator) as phi-by-staff",
                "Involved but not in any roster: Joy Park and x\\u{202e}",
            ]
        );
        let failed = json!({
            "type": "attempted", "page": 1, "channel": "email", "outcome": "retry", "code": "timeout", "retry_at": null,
            "next": { "at": "2026-12-03T08:14:00.000Z" },
        });
        assert_eq!(sentences(&incident, &failed), ["Email to June Chen failed (timeout); the next person is paged"]);
        let refused = json!({
            "type": "attempted", "page": 1, "channel": "sms", "outcome": "permanent", "code": "twilio-21211",
            "next_contact": { "to": "+13125550177" },
        });
        let told = ["SMS to June Chen failed (twilio-21211); now to their second number"];
        assert_eq!(sentences(&incident, &refused), told);
        let taken = json!({ "type": "attempted", "page": 1, "channel": "sms", "contact": 2, "outcome": "accepted" });
        assert_eq!(sentences(&incident, &taken), ["SMS to the second number of June Chen accepted"]);
        let noted = json!({
            "type": "noted", "department": "privacy", "text": "called\nback\u{202e}",
            "by": { "liaison": { "liaison": "j-chen", "name": "June Chen" } },
        });
        assert_eq!(sentences(&incident, &noted), ["June Chen noted for privacy: called", "back\\u{202e}"]);
        assert_eq!(
            sentences(&incident, &json!({ "type": "something-new", "department": "it" })),
            ["something new (it)"]
        );
        assert_eq!(
            [1, 2, 3, 4, 11, 22, 113].map(|one| ordinal(Some(one))).join(" "),
            "1st 2nd 3rd 4th 11th 22nd 113th"
        );
    }
}
