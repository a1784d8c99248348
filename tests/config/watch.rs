//! Mistakes in what watches: `[heartbeat]`, and sources that must be heard from.

use chrono::TimeDelta;
use wardbell::config::coverage::prove;
use wardbell::domain::wait::Wait;

use crate::{after, good, load, said};

const MAIN: &str = "wardbell.toml";

/// What is said of the good files with more in `wardbell.toml`.
fn with(more: &str, secrets: &[(&str, &str)]) -> String {
    let mut files = good();
    let main = std::str::from_utf8(files.get(MAIN).unwrap()).unwrap().to_owned();
    files.insert(MAIN, format!("{main}\n{more}"));
    secrets.iter().for_each(|(path, text)| files.insert(*path, *text));
    said(&files)
}

#[test]
fn a_heartbeat_needs_one_address_and_tells_it_to_nobody() {
    assert_eq!(with("[heartbeat]\nurl = \"https://kuma.example/api/push/x?status=up&msg=OK\"", &[]), "");
    let file = "[heartbeat]\nurl_file = \"secrets/beat\"\nevery = \"10s\"\n";
    assert_eq!(with(file, &[("secrets/beat", "https://watch.example/ping/1234\n")]), "");
    let secret = with(file, &[("secrets/beat", "watch.example/SECRET\n")]);
    assert!(!secret.contains("SECRET"), "{secret}");
    insta::assert_snapshot!(secret, @r#"
    error[missing-secret]: the address in the file of `url_file` must be a web address such as `https://watch.example/ping/1234`
      --> wardbell.toml:32:12
       |
    32 | url_file = "secrets/beat"
       |            ^^^^^^^^^^^^^^
    "#);
    let inline = with("[heartbeat]\nurl = \"ftp://watch.example/SECRET\"", &[]);
    assert!(!inline.contains("SECRET"), "{inline}");
    insta::assert_snapshot!(inline, @r#"
    error[bad-value]: `url` must start with `https://` or `http://` and a host
    --> wardbell.toml:32:7
    "#);
    insta::assert_snapshot!(with("[heartbeat]\nevery = \"5s\"", &[]), @r#"
    error[missing-key]: `[heartbeat]` needs a `url` or a `url_file`
      --> wardbell.toml:31:1
       |
    31 | [heartbeat]
       | ^^^^^^^^^^^
       |
       = hint: set the file with the monitor's address: `url_file = "heartbeat-url"`

    error[bad-value]: `every` must be from 10s to 1d
      --> wardbell.toml:32:9
       |
    32 | every = "5s"
       |         ^^^^
    "#);
    insta::assert_snapshot!(with(&format!("{file}url = \"https://watch.example\""), &[]), @r#"
    error[bad-value]: `url_file` and `url` cannot both be set
      --> wardbell.toml:32:12
       |
    32 | url_file = "secrets/beat"
       |            ^^^^^^^^^^^^^^
       |
       = hint: keep `url_file` if the address is secret, as it is for most monitors
    "#);
}

#[test]
fn a_source_must_not_have_the_house_s_name_nor_be_heard_every_second() {
    insta::assert_snapshot!(after(&[
        (MAIN, "name = \"listening-desk\"", "name = \"wardbell\"\nheard_within = \"30s\""),
    ]), @r#"
    error[bad-value]: `wardbell` is reserved for Wardbell's own incidents
      --> wardbell.toml:21:8
       |
    21 | name = "wardbell"
       |        ^^^^^^^^^^
       |
       = hint: use another name, such as that of the program

    error[bad-value]: `heard_within` must be at least 1m
      --> wardbell.toml:22:16
       |
    22 | heard_within = "30s"
       |                ^^^^^
       |
       = hint: for a source that calls every minute, `5m` allows for late calls
    "#);
}

#[test]
fn a_source_that_must_be_heard_from_brings_a_playbook_of_its_own_or_takes_the_hospital_s() {
    let watched = |more: &[(&str, &str)]| {
        let mut files = good();
        let main = std::str::from_utf8(files.get(MAIN).unwrap()).unwrap();
        files.insert(
            MAIN,
            main.replace("name = \"listening-desk\"", "name = \"listening-desk\"\nheard_within = \"15m\""),
        );
        more.iter().for_each(|(path, text)| files.insert(*path, *text));
        load(&files)
    };
    let loaded = watched(&[]);
    let plan = loaded.plan().unwrap();
    assert_eq!(plan.heard_within.values().copied().collect::<Vec<_>>(), [Wait::minutes(15)]);
    let ours = plan.playbooks.iter().find(|one| one.class.as_str() == "source-silent").unwrap();
    assert_eq!(
        (ours.page_title.as_str(), ours.departments.as_slice()),
        ("Source silent", &[plan.fallback.clone()][..])
    );
    let from = "2026-10-18T00:00:00Z".parse().unwrap();
    let proof = prove(&loaded, from, from + TimeDelta::days(30));
    assert!(proof.reaches.iter().any(|reach| reach.playbook == "source-silent"), "the proof covers it");
    let own = "class = \"source-silent\"\ntitle = \"T\"\npage_title = \"Feed down\"\nseverity = \"high\"\n\
               departments = [\"privacy\"]\nacknowledge_within = \"5m\"\n";
    let loaded = watched(&[("playbooks/source-silent.toml", own)]);
    let titles = loaded.plan().unwrap().playbooks.iter().filter(|one| one.class.as_str() == "source-silent");
    assert_eq!(titles.map(|one| one.page_title.as_str()).collect::<Vec<_>>(), ["Feed down"]);
}

#[test]
fn a_daily_test_needs_a_time_a_zone_and_somebody_whom_a_channel_reaches() {
    let good = "[daily_test]\nat = \"08:30\"\ntimezone = \"America/Chicago\"\n";
    assert_eq!(with(&format!("{good}email = \"it@mercy.example\"\nsms = \"+13125550199\""), &[]), "");
    insta::assert_snapshot!(with(good, &[]), @"
    error[missing-key]: `[daily_test]` has no recipient
      --> wardbell.toml:31:1
       |
    31 | [daily_test]
       | ^^^^^^^^^^^^
       |
       = hint: set `email`, `sms`, or both to a mailbox and a phone that someone checks
    ");
    let bad = "[daily_test]\nat = \"8:30\"\ntimezone = \"Chicago\"\nsms = \"555 0199\"";
    insta::assert_snapshot!(with(bad, &[]), @r#"
    error[bad-value]: `at` must be a time such as "08:30"
      --> wardbell.toml:32:6
       |
    32 | at = "8:30"
       |      ^^^^^^

    error[bad-value]: `Chicago` is not a time zone
      --> wardbell.toml:33:12
       |
    33 | timezone = "Chicago"
       |            ^^^^^^^^^
       |
       = hint: write `timezone = "America/Chicago"`

    error[bad-phone-number]: `sms` is not a complete international number
      --> wardbell.toml:34:7
       |
    34 | sms = "555 0199"
       |       ^^^^^^^^^^
       |
       = hint: write `+`, the country code, and the number, such as `+13125550101`
    "#);
    let mut files = good_without_sms();
    let main = std::str::from_utf8(files.get(MAIN).unwrap()).unwrap().to_owned();
    files.insert(MAIN, format!("{main}\n{good}sms = \"+13125550199\""));
    let said = said(&files);
    insta::assert_snapshot!(&said[said.find("error[bad-value]: `sms`").unwrap()..], @r#"
    error[bad-value]: `sms` cannot be tested, because `[channel.sms]` is missing
      --> wardbell.toml:30:7
       |
    30 | sms = "+13125550199"
       |       ^^^^^^^^^^^^^^
       |
       = hint: remove it, or add the channel
    "#);
}

#[test]
fn a_daily_test_brings_a_playbook_that_the_proof_covers() {
    let mut files = good();
    let main = std::str::from_utf8(files.get(MAIN).unwrap()).unwrap().to_owned();
    let test = "[daily_test]\nat = \"08:30\"\ntimezone = \"America/Chicago\"\nemail = \"it@mercy.example\"";
    files.insert(MAIN, format!("{main}\n{test}"));
    let loaded = load(&files);
    let plan = loaded.plan().unwrap();
    let ours = plan.playbooks.iter().find(|one| one.class.as_str() == "channel-failing").unwrap();
    assert_eq!((ours.page_title.as_str(), &ours.departments[0]), ("Channel failing", &plan.fallback));
    assert!(!plan.playbooks.iter().any(|one| one.class.as_str() == "source-silent"), "nobody asked for that");
    let from = "2026-10-18T00:00:00Z".parse().unwrap();
    let proof = prove(&loaded, from, from + TimeDelta::days(30));
    assert!(proof.reaches.iter().any(|reach| reach.playbook == "channel-failing"), "the proof covers it");
}

/// The good files without the gateway.
fn good_without_sms() -> wardbell::config::files::Memory {
    let mut files = good();
    let main = std::str::from_utf8(files.get(MAIN).unwrap()).unwrap().to_owned();
    let (before, rest) = main.split_once("[channel.sms]").unwrap();
    let after = rest.find("\n[").map_or("", |next| &rest[next..]);
    files.insert(MAIN, format!("{before}{after}"));
    files
}
