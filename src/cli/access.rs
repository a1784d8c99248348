//! `wardbell audit access`: who signed in, and who was shown what.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;
use crate::cli::when::When;
use crate::domain::id::IncidentId;
use crate::domain::instant;
use crate::domain::person_id::PersonId;
use crate::domain::zone::Zone;

#[derive(Debug, Args)]
pub struct AuditAccess {
    /// Who was shown what was posted about this incident.
    #[arg(long, value_name = "ID", required_unless_present = "person")]
    incident: Option<IncidentId>,
    /// Sign-ins, failures, and what was shown to this person, such as m-rivera.
    #[arg(long, value_name = "PERSON")]
    person: Option<PersonId>,
    /// Start, such as 2026-12-24T17:00:00Z; UTC unless it has an offset; default: the start of the record.
    #[arg(long, value_name = "T")]
    from: Option<When>,
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Asks the daemon for its access record, and prints it.
///
/// # Errors
///
/// The daemon cannot be reached, or the operator lacks the permission.
pub fn audit_access(config_file: &Path, args: &AuditAccess) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let from = args.from.map(|when| instant::to_text(when.in_zone(&Zone::utc())));
    let pairs = [
        ("incident", args.incident.map(|id| id.to_string())),
        ("person", args.person.as_ref().map(ToString::to_string)),
        ("from", from),
    ];
    let pairs: Vec<(&str, String)> = pairs.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let path = format!("/api/v1/access?{}", serde_urlencoded::to_string(pairs)?);
    let answer = converse(client.ask(Method::GET, &path, None))?;
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let moments = answer["access"].as_array().map(Vec::as_slice).unwrap_or_default();
    if moments.is_empty() {
        writeln!(out, "nothing is recorded")?;
    }
    moments.iter().try_for_each(|moment| writeln!(out, "{}  {}", text(moment, "at"), sentence(moment)))?;
    if answer["more"] == true {
        writeln!(out, "there is more; ask again with a later `--from`")?;
    }
    Ok(Exit::Fine)
}

fn sentence(moment: &Value) -> String {
    let of = |key: &str| text(moment, key);
    let person = of("person");
    match of("type").as_str() {
        "signed-in" => {
            let by = moment["contact"].as_str().map_or(String::new(), |contact| format!(", code by {contact}"));
            let same = if moment["is_same_contact"] == true { " (the contact that got the link)" } else { "" };
            let reason = moment["reason"].as_str().map_or(String::new(), |reason| format!(": {reason}"));
            let used_by = moment["used_by"].as_str().map_or(String::new(), |id| format!(", used by {id},"));
            format!("{person}{used_by} signed in by {}{by}{same} from {}{reason}", of("how"), of("from"))
        }
        "sign-in-failed" => {
            let more = moment["unrecorded"].as_u64().filter(|more| *more > 0);
            let more = more.map_or(String::new(), |more| format!(", and {more} more since the last line"));
            format!("somebody failed to sign in as {person} ({}) from {}{more}", of("why"), of("from"))
        }
        "session-ended" => format!("a session of {person} ended: {}{}", of("why"), by(moment)),
        "protected-shown" => format!("{person} was shown what was posted about {}", of("incident")),
        "test-page-requested" => format!("{person} asked for a test message"),
        "test-page-ended" => {
            let code = moment["code"].as_str().map_or(String::new(), |code| format!(" ({code})"));
            let end = if moment["outcome"] == "accepted" { "was accepted" } else { "failed" };
            format!("a test message by {} to {person} {end}{code}", of("channel"))
        }
        "emergency-code-made" => format!("{person} was made{}", by(moment)),
        "emergency-code-revoked" => format!("{person} was revoked{}", by(moment)),
        other => format!("{person}: {other}"),
    }
}

/// ` by social-desk`, if somebody did it.
fn by(moment: &Value) -> String {
    let by = moment["by"].as_object().and_then(|by| by.values().next());
    let by = by.and_then(|by| ["operator", "name"].iter().find_map(|key| by[*key].as_str()));
    by.map_or(String::new(), |by| format!(" by {by}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_event_is_a_sentence() {
        let m = |more: Value| {
            let mut moment = json!({ "person": "m-rivera", "from": "203.0.113.9" });
            moment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            sentence(&moment)
        };
        for (moment, said) in [
            (
                json!({ "type": "signed-in", "how": "link", "contact": "sms", "is_same_contact": true }),
                "m-rivera signed in by link, code by sms (the contact that got the link) from 203.0.113.9",
            ),
            (
                json!({ "type": "signed-in", "how": "emergency-code", "used_by": "j-chen", "reason": "mail is down" }),
                "m-rivera, used by j-chen, signed in by emergency-code from 203.0.113.9: mail is down",
            ),
            (
                json!({ "type": "sign-in-failed", "why": "wrong-code", "unrecorded": 3 }),
                "somebody failed to sign in as m-rivera (wrong-code) from 203.0.113.9, and 3 more since the last line",
            ),
            (
                json!({ "type": "session-ended", "why": "ended-by-operator", "by": { "operator": { "operator": "boss" } } }),
                "a session of m-rivera ended: ended-by-operator by boss",
            ),
            (
                json!({ "type": "test-page-ended", "channel": "sms", "outcome": "permanent", "code": "twilio-21211" }),
                "a test message by sms to m-rivera failed (twilio-21211)",
            ),
            (
                json!({ "type": "emergency-code-revoked", "by": { "operator": { "operator": "boss" } } }),
                "m-rivera was revoked by boss",
            ),
            (
                json!({ "type": "protected-shown", "incident": "7Q2K9MXD" }),
                "m-rivera was shown what was posted about 7Q2K9MXD",
            ),
        ] {
            assert_eq!(m(moment), said);
        }
    }
}
