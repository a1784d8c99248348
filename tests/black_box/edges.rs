//! At both edges of an override all who can be asked say the same, to the second, and so does the page that arrives.

use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike, Utc};
use serde_json::Value;

use crate::clock::hospital_with_a_clock;
use crate::daemon::run;
use crate::hospital::{Hospital, READER};
use crate::judge::Reason::Opened;
use crate::plan::{CHEN, DIAZ, PRIVACY, Person, RIVERA, Roster};
use crate::story::BOTH;

/// An override as it is written, and its edges in UTC, worked out by hand.
struct Change {
    from: &'static str,
    to: &'static str,
    edges: [&'static str; 2],
}

const CHANGES: [Change; 3] = [
    // Over Christmas.
    Change {
        from: "2026-12-24 17:00",
        to: "2026-12-26 08:00",
        edges: ["2026-12-24T23:00:00Z", "2026-12-26T14:00:00Z"],
    },
    // From a time that the clocks skip, which means the first instant after the gap.
    Change {
        from: "2027-03-14 02:30",
        to: "2027-03-14 03:30",
        edges: ["2027-03-14T08:00:00Z", "2027-03-14T08:30:00Z"],
    },
    // To a time that comes twice, which means the first of the two.
    Change {
        from: "2027-11-06 17:00",
        to: "2027-11-07 01:30",
        edges: ["2027-11-06T22:00:00Z", "2027-11-07T06:30:00Z"],
    },
];

const SECOND: TimeDelta = TimeDelta::seconds(1);

fn write_roster(hospital: &Hospital) {
    let privacy = Roster::new(&PRIVACY, None).person(&RIVERA).person(&CHEN).person(&DIAZ);
    let privacy = privacy.always("primary", &RIVERA).always("backup", &CHEN);
    let privacy = CHANGES.iter().fold(privacy, |privacy, Change { from, to, .. }| {
        privacy.with(&format!(
            "\n[[override]]\nrole = \"primary\"\nfrom = \"{from}\"\nto = \"{to}\"\nliaison = \"{}\"",
            DIAZ.id
        ))
    });
    hospital.write("rosters/privacy.toml", privacy.text());
}

/// Each edge, with who is primary before it and from it on.
fn edges() -> impl Iterator<Item = (DateTime<Utc>, &'static Person, &'static Person)> {
    CHANGES.iter().flat_map(|change| {
        let [from, to] = change.edges.map(|edge| edge.parse().unwrap());
        [(from, &RIVERA, &DIAZ), (to, &DIAZ, &RIVERA)]
    })
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

async fn json(hospital: &Hospital, args: &[&str]) -> Vec<Value> {
    let output = run(hospital.command(&[args, &["--format", "json"]].concat())).await;
    assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn primary(rows: &[Value]) -> &Value {
    rows.iter().find(|row| row["role"] == "primary").unwrap()
}

pub async fn oncall_schedule_and_route_agree_at_the_edges_of_an_override_to_the_second() {
    let hospital = Hospital::new().await;
    write_roster(&hospital);
    for (edge, before, after) in edges() {
        for (at, holder) in [(edge - SECOND, before), (edge, after)] {
            let at = text(at);
            let held = json(&hospital, &["oncall", "--department", "privacy", "--at", &at]).await;
            assert_eq!(primary(&held)["liaison"], holder.id, "{at}");
            let paged = json(&hospital, &["route", "--class", "rumor", "--at", &at]).await;
            assert_eq!((&paged[0]["at"], &paged[0]["liaison"]), (&Value::from(&*at), &Value::from(holder.id)));
            assert_eq!(paged[0]["why"], primary(&held)["why"], "{at}");
        }
        let before_edge = text(edge - SECOND);
        let held = json(&hospital, &["oncall", "--department", "privacy", "--at", &before_edge]).await;
        assert_eq!(primary(&held)["until"], text(edge));
    }
    // The calendar from the first to the last has these edges, and no others.
    let asked = ["schedule", "--department", "privacy", "--from", "2026-12-01", "--to", "2027-12-01"];
    let shifts = json(&hospital, &asked).await;
    let shifts: Vec<_> = shifts.iter().filter(|shift| shift["role"] == "primary").collect();
    let starts: Vec<_> = shifts.iter().skip(1).map(|shift| (shift["from"].clone(), shift["liaison"].clone())).collect();
    let wanted: Vec<_> = edges().map(|(edge, _, after)| (Value::from(text(edge)), Value::from(after.id))).collect();
    assert_eq!(starts, wanted);
    assert!(shifts.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "{shifts:?}");
    hospital.judge().await;
}

pub async fn the_page_that_arrives_goes_to_whom_oncall_names_at_the_edges_of_an_override() {
    let name = "the_page_that_arrives_goes_to_whom_oncall_names_at_the_edges_of_an_override";
    let Some((hospital, clock)) = hospital_with_a_clock(name).await else { return };
    write_roster(&hospital);
    let mut is_serving = false;
    for (edge, before, after) in edges() {
        let comes = set_clock_before(&clock, edge);
        if !is_serving {
            hospital.serve().await;
            is_serving = true;
        }
        // Starting may have taken longer than the time that was left.
        let comes = if comes > Utc::now() { comes } else { set_clock_before(&clock, edge) };
        page_and_compare(&hospital, (edge - TimeDelta::seconds(2), edge), before).await;
        let left = (comes - Utc::now()).to_std().unwrap_or_default();
        tokio::time::sleep(left + Duration::from_millis(20)).await;
        page_and_compare(&hospital, (edge, edge + TimeDelta::seconds(2)), after).await;
    }
    hospital.judge().await;
}

/// Lets the daemon's clock stand at most two seconds before an instant; when that instant comes here.
fn set_clock_before(clock: &Path, edge: DateTime<Utc>) -> DateTime<Utc> {
    let now = Utc::now();
    let comes = now.with_nanosecond(0).unwrap() + TimeDelta::seconds(2);
    fs::write(clock, format!("{:+}", (edge - comes).num_seconds())).unwrap();
    comes
}

/// An incident within a span of the daemon's time: its page goes to the person, and the API names the same.
async fn page_and_compare(hospital: &Hospital, (from, to): (DateTime<Utc>, DateTime<Utc>), person: &'static Person) {
    let story = hospital.incident("rumor").await;
    let shown = story.show().await;
    let received: DateTime<Utc> = shown["received_at"].as_str().unwrap().parse().unwrap();
    assert!(from <= received && received < to, "{received} is not in {from} to {to}");
    story.at_once().page_in_another_hour(person, &PRIVACY, BOTH, Opened);
    let path = format!("/api/v1/oncall?department=privacy&at={}", text(received));
    let held = hospital.get(&path, Some(READER)).await.json();
    assert_eq!(primary(held.as_array().unwrap())["liaison"], person.id, "{received}");
    assert_eq!(shown["pages"][0]["liaison"], person.id, "{received}");
}
