//! What is right loads whole.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use wardbell::config::coverage::prove;
use wardbell::config::files::Memory;
use wardbell::config::settings::{LogFormat, ProviderSettings, Tls};
use wardbell::diagnostic::Code;
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::digest::Digest;
use wardbell::domain::id::SourceName;
use wardbell::domain::permission::Permission;
use wardbell::domain::wait::Wait;
use wardbell::domain::zone::Zone;

use crate::{good, load, said};

#[test]
fn the_good_files_load_without_a_word() {
    assert_eq!(said(&good()), "");
    let config = load(&good()).config.unwrap();
    let settings = &config.settings;
    assert_eq!(&*settings.public_url, "https://pages.mercy.example/ward");
    assert_eq!(settings.store_path, Path::new("/var/lib/wardbell"));
    let Some(ProviderSettings::Smtp(email)) = settings.channels.get(&ChannelKind::Email) else { panic!("no mail") };
    let Some(ProviderSettings::Twilio(sms)) = settings.channels.get(&ChannelKind::Sms) else { panic!("no SMS") };
    assert_eq!((email.port, email.tls, email.timeout), (25, Tls::None, Duration::from_secs(30)));
    assert_eq!(sms.base_url, "https://api.twilio.com");
    assert_eq!(settings.sources[0].token.expose_secret(), "0123456789abcdef");
    assert_eq!(settings.operators[0].may, [Permission::Read, Permission::Act]);
    assert_eq!(settings.log.format, LogFormat::Text);
    assert!(!format!("{settings:?}").contains("0123456789abcdef"));
}

#[test]
fn the_plan_is_what_the_files_say() {
    let plan = load(&good()).config.unwrap().plan;
    let privacy = &plan.rosters[&"privacy".parse().unwrap()];
    let maria = &privacy.liaisons[0];
    assert_eq!(maria.contacts.in_order().map(|(_, after)| after).collect::<Vec<_>>(), [Wait::ZERO, Wait::minutes(1)]);
    assert_eq!(maria.away[0].from.to_rfc3339(), "2026-12-20T06:00:00+00:00");
    assert_eq!(maria.away[0].to.to_rfc3339(), "2026-12-27T06:00:00+00:00");
    assert_eq!((&*maria.place.file, maria.place.line, maria.away[0].place.line), ("rosters/privacy.toml", 13, 20));
    let jin = &privacy.liaisons[1];
    assert_eq!(
        jin.contacts.in_order().map(|(contact, after)| (contact.channel, after)).collect::<Vec<_>>(),
        [(ChannelKind::Email, Wait::ZERO)]
    );
    assert_eq!(privacy.hours.weekly[5].len(), 2);
    assert!(privacy.hours.holidays.us_federal);
    assert_eq!(privacy.rotations[1].place.line, 34);

    let playbook = plan.playbooks.iter().find(|playbook| playbook.class.as_str() == "phi-by-staff").unwrap();
    assert_eq!((playbook.ladder.name.as_str(), playbook.ladders.len()), ("B", 3));
    assert_eq!(playbook.promotions[0].ladder.as_ref().unwrap().name, "A");
    assert_eq!(playbook.statements[0].text, "We take this seriously.\nWe will say more.");
    let desk: SourceName = "listening-desk".parse().unwrap();
    assert_eq!(plan.class_for(&desk, "Patient Privacy - Employee"), "phi-by-staff");
    assert_eq!(plan.channels, [ChannelKind::Email, ChannelKind::Sms]);
    let paths: Vec<_> = plan.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "playbooks/ladders.toml",
            "playbooks/phi-by-staff.toml",
            "playbooks/unclassified.toml",
            "rosters/house.toml",
            "rosters/privacy.toml",
            "tzdata/America/Chicago",
            "wardbell.toml"
        ]
    );
    let files = good();
    for file in &plan.files {
        if file.is_zone() {
            let chicago = Zone::built_in("America/Chicago").unwrap();
            assert_eq!(file.bytes(&plan.texts[&file.sha256]).unwrap(), chicago.bytes());
            continue;
        }
        let bytes = files.get(&file.path).unwrap();
        assert_eq!(file.sha256, Digest::of(bytes), "{}", file.path);
        // The settings' own text is in no plan, so that it never comes into the record.
        let text = plan.texts.get(&file.sha256).map(|text| text.as_bytes());
        assert_eq!(text, (file.path != "wardbell.toml").then_some(bytes), "{}", file.path);
    }
}

#[test]
fn planning_needs_no_secrets() {
    let mut files = good();
    files.remove("secrets/twilio");
    let loaded = load(&files);
    assert!(loaded.config.is_none());
    assert_eq!(loaded.plan().unwrap().rosters.len(), 2);
    files.remove("rosters/house.toml");
    assert!(load(&files).plan().is_none());
}

#[test]
fn the_shipped_files_load() {
    let mut files = Memory::default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    files.insert("wardbell.toml", std::fs::read(root.join("deploy/wardbell.toml")).unwrap());
    for folder in ["rosters", "playbooks", "playbooks/policies"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap);
        for entry in entries.filter(|entry| entry.path().is_file()) {
            files.insert(format!("{folder}/{}", entry.file_name().display()), std::fs::read(entry.path()).unwrap());
        }
    }
    let loaded = load(&files);
    assert_eq!(loaded.plan().unwrap().policies.len(), 4);
    assert!(loaded.diagnostics.iter().all(|one| one.code == Code::UnreadSecret), "{:#?}", loaded.diagnostics);
    let from: DateTime<Utc> = "2026-11-24T11:00:00Z".parse().unwrap();
    assert_eq!(prove(&loaded, from, from + TimeDelta::days(730)).findings, []);
}
