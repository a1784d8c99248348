//! Windows of the week, and people who are written once.

use std::fs;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::clock::hospital_with_a_clock;
use crate::daemon::run;
use crate::hospital::{CHIEF, Hospital, OPERATOR, Reply};
use crate::judge::Reason::Opened;
use crate::plan::{ADVOCACY, CHEN, DIAZ, Department, KIM, OKAFOR, PRIVACY, Person, RIVERA, Roster};
use crate::story::{BOTH, MAIL};

/// The clocks go back on 1 November 2026 and forward on 14 March 2027: each weekend's two edges in UTC.
const WEEKENDS: [(&str, &str); 2] =
    [("2026-10-30T22:00:00Z", "2026-11-02T14:00:00Z"), ("2027-03-12T23:00:00Z", "2027-03-15T13:00:00Z")];

/// One person has the weekends, the other the rest.
fn weekends(department: &Department, weekend: &Person, other: &Person) -> String {
    let rotation = format!(
        "\n[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n\n[[rotation]]\nrole = \"primary\"\n\
         during = \"weekend\"\nliaisons = [\"{}\"]\nevery = \"1 turn\"\nhandoff = \"2026-01-09 17:00\"\n",
        weekend.id
    );
    Roster::new(department, None).person(weekend).person(other).with(&rotation).always("primary", other).text()
}

async fn printed(hospital: &Hospital, args: &[&str]) -> Value {
    let output = run(hospital.command(args)).await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Who is `primary` of the privacy office at an instant, by each of the commands and by the API.
async fn asked(hospital: &Hospital, at: &str) -> Vec<String> {
    let liaison = |row: &Value| row["liaison"].as_str().unwrap_or("nobody").to_owned();
    let is_primary =
        |row: &&Value| row["role"] == "primary" && row["department"].as_str().is_none_or(|id| id == "privacy");
    let first = |rows: &Value| rows.as_array().unwrap().iter().find(is_primary).map(liaison).unwrap();
    let on_call = printed(hospital, &["oncall", "--department", "privacy", "--at", at, "--format", "json"]).await;
    let route = printed(hospital, &["route", "--class", "rumor", "--at", at, "--format", "json"]).await;
    let end = (at.parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(1))
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let span =
        ["schedule", "--department", "privacy", "--role", "primary", "--from", at, "--to", &end, "--format", "json"];
    let schedule = printed(hospital, &span).await;
    let api = hospital.get(&format!("/api/v1/oncall?department=privacy&at={at}"), Some(OPERATOR)).await.json();
    vec![first(&on_call), first(&route), first(&schedule), first(&api)]
}

pub async fn a_window_s_edges_are_the_same_to_the_second_in_every_answer_and_in_real_pages_across_a_clock_change() {
    let name = "a_window_s_edges_are_the_same_to_the_second_in_every_answer_and_in_real_pages_across_a_clock_change";
    let Some((hospital, clock)) = hospital_with_a_clock(name).await else { return };
    hospital.write("rosters/privacy.toml", weekends(&PRIVACY, &DIAZ, &RIVERA));
    hospital.write("rosters/advocacy.toml", weekends(&ADVOCACY, &OKAFOR, &CHEN));
    // The daemon's clock shows a time so many seconds after an edge.
    let show = |edge: &str, seconds: i64| {
        let shown = edge.parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds);
        fs::write(&clock, format!("{:+}", (shown - Utc::now()).num_seconds() + 1)).unwrap();
    };
    let [(starts, ends), _] = WEEKENDS;
    show(starts, -25);
    hospital.serve().await;
    let weekday = hospital.incident("rumor").await;
    weekday.at_once().page_in_another_hour(&RIVERA, &PRIVACY, BOTH, Opened);
    weekday.until(1.5).await;
    show(starts, 0);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    hospital.incident("rumor").await.at_once().page_in_another_hour(&DIAZ, &PRIVACY, BOTH, Opened);
    show(ends, -25);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let weekend = hospital.incident("complaint").await;
    weekend.at_once().page_in_another_hour(&OKAFOR, &ADVOCACY, BOTH, Opened);
    weekend.until(1.5).await;
    show(ends, 0);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let monday = hospital.incident("complaint").await;
    monday.at_once().page_in_another_hour(&CHEN, &ADVOCACY, BOTH, Opened);
    monday.until(1.0).await;
    for (starts, ends) in WEEKENDS {
        for (edge, before, after) in [(starts, "rivera", "diaz"), (ends, "diaz", "rivera")] {
            let edge: DateTime<Utc> = edge.parse().unwrap();
            let text = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            assert_eq!(asked(&hospital, &text(edge - TimeDelta::seconds(1))).await, [before; 4], "before {edge}");
            assert_eq!(asked(&hospital, &text(edge)).await, [after; 4], "at {edge}");
        }
    }
    hospital.judge().await;
}

async fn reload(hospital: &Hospital) -> Reply {
    hospital.post("/api/v1/reload", CHIEF, "application/json", "").await
}

/// A person as `people.toml` has them.
fn listed(person: &Person, more: &str) -> String {
    let Person { id, name, email, sms } = person;
    format!(
        "[[person]]\nid = \"{id}\"\nname = \"{name}\"\nemail = \"{email}\"\nsms = [\"{sms}\", \"+13125550177\"]\n\
         sms_consent = 2026-01-01\n{more}\n"
    )
}

pub async fn a_person_who_is_written_once_is_paged_by_every_roster_and_changes_in_all_of_them_at_once() {
    let hospital = Hospital::new().await;
    let roster = |department: &Department| {
        let entry = format!("\n[[liaison]]\nid = \"{}\"\n", KIM.id);
        Roster::new(department, None).with(&entry).always("primary", &KIM).text()
    };
    hospital.write("rosters/people.toml", listed(&KIM, "notify = [{ by = \"email\" }]"));
    hospital.write("rosters/privacy.toml", roster(&PRIVACY));
    hospital.write("rosters/advocacy.toml", roster(&ADVOCACY));
    hospital.write("rosters/compliance.toml", roster(&Department { id: "compliance", name: "Compliance" }));
    hospital.serve().await;
    let story = hospital.incident("rumor").await;
    story.at_once().page(&KIM, &PRIVACY, MAIL, Opened);
    story.until(1.0).await;
    // A mistake is told with its place in that file, and changes nothing.
    hospital.write("rosters/people.toml", listed(&KIM, "pager = \"5 5\""));
    let reply = reload(&hospital).await;
    assert_ne!(reply.status, 200, "{}", reply.text);
    assert!(reply.text.contains("rosters/people.toml") && reply.text.contains("pager"), "{}", reply.text);
    // And a change holds in every roster, with the other numbers kept for who is who.
    hospital.write("rosters/people.toml", listed(&KIM, "notify = [{ by = \"sms\" }]"));
    let reply = reload(&hospital).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.text.contains("rosters/people.toml"), "it is a file of the plan: {}", reply.text);
    let contacts = printed(&hospital, &["oncall", "--department", "advocacy", "--contacts", "--format", "json"]).await;
    assert_eq!(contacts[0]["contacts"][0]["by"], "sms", "{contacts}");
    hospital.judge().await;
}
