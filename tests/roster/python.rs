//! Offsets, short names and next changes of zones, as Python's zoneinfo reads the same files.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::zone::Zone;

use crate::draw::Draw;
use crate::tell;

/// Plain ones, those whose clocks change at odd times or by odd lengths, and those that were given other rules lately.
const ZONES: [&str; 16] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Chicago",
    "America/Edmonton",
    "America/Havana",
    "America/Inuvik",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Vancouver",
    "America/Winnipeg",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
];

/// So many instants are drawn for each zone; every so many-th is asked for its next change too, which takes Python long.
const INSTANTS: usize = 2_000;
const CHANGE_EVERY: usize = 20;

/// Python looks so far ahead.
const AHEAD: TimeDelta = TimeDelta::days(400);

/// From 1970 to the year 2200.
const SECONDS: u64 = 7_258_118_400;

#[test]
fn zones_are_read_as_python_reads_them() {
    let python = Command::new("python3").args(["-c", "import zoneinfo"]).output();
    if !python.is_ok_and(|python| python.status.success()) {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "there is no python3 with zoneinfo, and on CI nothing is skipped"
        );
        return tell("SKIPPED zones_are_read_as_python_reads_them: there is no python3 with zoneinfo\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut draw = Draw(2_026);
    let (mut asked, mut ours) = (String::new(), Vec::new());
    for name in ZONES {
        let zone = Zone::built_in(name).unwrap();
        let path = folder.path().join(name.replace('/', "-"));
        fs::write(&path, zone.bytes()).unwrap();
        for number in 0..INSTANTS {
            let at = DateTime::<Utc>::from_timestamp(draw.below(SECONDS).try_into().unwrap(), 0).unwrap();
            let wants_change = number % CHANGE_EVERY == 0;
            writeln!(asked, "{}\t{}\t{}", path.display(), at.timestamp(), u8::from(wants_change)).unwrap();
            ours.push((name, at, said(&zone, at, wants_change)));
        }
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/roster/zones.py");
    let mut python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let theirs = String::from_utf8(output.stdout).unwrap();
    assert_eq!(theirs.lines().count(), ours.len());
    for ((name, at, ours), theirs) in ours.iter().zip(theirs.lines()) {
        assert_eq!(ours, theirs, "{name} at {at}");
    }
}

/// Offset, short name and next change, as the script writes them.
fn said(zone: &Zone, at: DateTime<Utc>, wants_change: bool) -> String {
    let next = || zone.next_change(at).filter(|change| *change - at <= AHEAD);
    let change = match wants_change {
        true => next().map_or("none".to_owned(), |change| change.timestamp().to_string()),
        false => "-".to_owned(),
    };
    format!("{} {} {change}", zone.offset(at).num_seconds(), zone.abbreviation(at))
}
