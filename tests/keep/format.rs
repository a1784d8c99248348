//! The format that releases write: a record with every word of it is read as it is, by this version and every later one.
//!
//! A new word gets a line at the end of `record.jsonl`; the lines that are there never change. The states that follow from
//! the record are in `states.json`: they may get new fields.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wardbell::domain::aggregate::Aggregate;
use wardbell::domain::channel_test::ChannelTestEvent;
use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::event::{Because, Event, StepPosition};
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::escalation::reclassified::Cause;
use wardbell::domain::escalation::resolution::ResolvedAs;
use wardbell::domain::escalation::statements::event::StatementChanged;
use wardbell::domain::escalation::statements::medium::Medium;
use wardbell::domain::escalation::tasks::event::TaskChanged;
use wardbell::domain::id::IncidentId;
use wardbell::domain::outcome::{Blame, Outcome};
use wardbell::domain::page::PageReason;
use wardbell::domain::principal::{Principal, SignInMethod};
use wardbell::domain::roster::on_call::Rule;
use wardbell::domain::session::{SessionEnd, SessionEvent, SignInFailure};
use wardbell::domain::source_watch::SourceWatchEvent;
use wardbell::journal::aggregates::Aggregates;
use wardbell::journal::error::{Fault, ReadError};
use wardbell::journal::line::{Line, encode};
use wardbell::journal::record::{Fact, Record, SystemEvent};
use wardbell::journal::restore::{RestoreError, restore};
use wardbell::journal::snapshot::Snapshot;
use wardbell::journal::verify::verify;

const RECORD: &str = include_str!("format/record.jsonl");
const STATES: &str = include_str!("format/states.json");

/// Declares the words of an enum: the match makes the compiler ask for a new one, and the list asks the record for it.
macro_rules! words {
    ($list:ident, $of:ident: $type:ty { $($pattern:pat => $word:literal,)* }) => {
        const $list: &[&str] = &[$($word),*];

        fn $of(value: &$type) -> &'static str {
            match value {
                $($pattern => $word,)*
            }
        }
    };
}

words!(KINDS, kind_of: Fact {
    Fact::Incident(..) => "incident",
    Fact::SourceWatch(..) => "source-watch",
    Fact::ChannelTest(..) => "channel-test",
    Fact::Person(..) => "person",
    Fact::System(_) => "system",
});

words!(EVENTS, event_of: Event {
    Event::Opened(_) => "opened",
    Event::Folded(_) => "folded",
    Event::SeverityRose(_) => "severity-rose",
    Event::Reclassified(_) => "reclassified",
    Event::StepFired(_) => "step-fired",
    Event::StepDeferred { .. } => "step-deferred",
    Event::Attempted { .. } => "attempted",
    Event::LinkIssued { .. } => "link-issued",
    Event::Acknowledged { .. } => "acknowledged",
    Event::Declined { .. } => "declined",
    Event::Withdrawn { .. } => "withdrawn",
    Event::HolderUnreachable { .. } => "holder-unreachable",
    Event::HandedOver { .. } => "handed-over",
    Event::HandOverRequested { .. } => "hand-over-requested",
    Event::HandOverFailed { .. } => "hand-over-failed",
    Event::Noted { .. } => "noted",
    Event::Escalated { .. } => "escalated",
    Event::HeardAgain { .. } => "heard-again",
    Event::ConfigurationFixed { .. } => "configuration-fixed",
    Event::Reminded { .. } => "reminded",
    Event::Resolved { .. } => "resolved",
    Event::Reopened(_) => "reopened",
    Event::FollowedUp(_) => "followed-up",
    Event::Task(_) => "task",
    Event::Statement(_) => "statement",
    Event::Purged { .. } => "purged",
});

words!(SOURCE_WATCH_EVENTS, source_watch_event_of: SourceWatchEvent {
    SourceWatchEvent::Silent { .. } => "silent",
    SourceWatchEvent::HeardAgain { .. } => "heard-again",
    SourceWatchEvent::IncidentResolved { .. } => "incident-resolved",
});

words!(CHANNEL_TEST_EVENTS, channel_test_event_of: ChannelTestEvent {
    ChannelTestEvent::Tested { .. } => "tested",
});

words!(SESSION_EVENTS, session_event_of: SessionEvent {
    SessionEvent::SignedIn { .. } => "signed-in",
    SessionEvent::SignInFailed { .. } => "sign-in-failed",
    SessionEvent::SessionEnded { .. } => "session-ended",
    SessionEvent::EmergencyCodeMade { .. } => "emergency-code-made",
    SessionEvent::EmergencyCodeRevoked { .. } => "emergency-code-revoked",
    SessionEvent::ProtectedShown { .. } => "protected-shown",
    SessionEvent::TestPageRequested { .. } => "test-page-requested",
    SessionEvent::TestPageEnded { .. } => "test-page-ended",
});

words!(SIGN_IN_METHODS, sign_in_method_of: SignInMethod {
    SignInMethod::Code => "code",
    SignInMethod::Link => "link",
    SignInMethod::EmergencyCode => "emergency-code",
});

words!(SIGN_IN_FAILURES, sign_in_failure_of: SignInFailure {
    SignInFailure::WrongCode => "wrong-code",
    SignInFailure::TooManyTries => "too-many-tries",
});

words!(SESSION_ENDS, session_end_of: SessionEnd {
    SessionEnd::SignedOut => "signed-out",
    SessionEnd::Idle => "idle",
    SessionEnd::Longest => "longest",
    SessionEnd::EndedByOperator => "ended-by-operator",
    SessionEnd::EndedByPerson => "ended-by-person",
    SessionEnd::LeftRosters => "left-rosters",
    SessionEnd::Replaced => "replaced",
});

words!(SYSTEM_EVENTS, system_event_of: SystemEvent {
    SystemEvent::Started { .. } => "started",
    SystemEvent::PlanLoaded { .. } => "plan-loaded",
    SystemEvent::FileKept { .. } => "file-kept",
    SystemEvent::PlaybookPinned { .. } => "playbook-pinned",
    SystemEvent::ClockStepped { .. } => "clock-stepped",
    SystemEvent::ClockSetBack { .. } => "clock-set-back",
    SystemEvent::MasterKeyRotated { .. } => "master-key-rotated",
    SystemEvent::JournalRecovered { .. } => "journal-recovered",
    SystemEvent::Checkpoint(_) => "checkpoint",
});

words!(SNAPSHOTS, snapshot_of: Snapshot {
    Snapshot::SourceWatch { .. } => "source-watch",
    Snapshot::ChannelTest { .. } => "channel-test",
    Snapshot::Person { .. } => "person",
});

words!(PRINCIPALS, principal_of: Principal {
    Principal::Source { .. } => "source",
    Principal::Operator { .. } => "operator",
    Principal::LinkHolder { .. } => "liaison",
    Principal::Person { .. } => "person",
    Principal::Daemon => "daemon",
});

words!(REASONS, reason_of: PageReason {
    PageReason::Opened => "opened",
    PageReason::NotAcknowledged => "not-acknowledged",
    PageReason::Repeated => "repeated",
    PageReason::Declined => "declined",
    PageReason::Unreachable => "unreachable",
    PageReason::Involved => "involved",
    PageReason::NobodyFound => "nobody-found",
    PageReason::Escalated => "escalated",
    PageReason::SeverityRose => "severity-rose",
    PageReason::Reclassified => "reclassified",
    PageReason::Reopened => "reopened",
    PageReason::NotActedOn => "not-acted-on",
    PageReason::HolderUnreachable => "holder-unreachable",
    PageReason::LastResort => "last-resort",
    PageReason::HandedOver => "handed-over",
    PageReason::NotTakenOver => "not-taken-over",
    PageReason::Overdue => "overdue",
    PageReason::Owed => "owed",
    PageReason::Approval => "approval",
});

words!(STATEMENT_CHANGES, statement_change_of: StatementChanged {
    StatementChanged::Drafted { .. } => "drafted",
    StatementChanged::Submitted { .. } => "submitted",
    StatementChanged::AskedAnew { .. } => "asked-anew",
    StatementChanged::NotReadyAnymore => "not-ready-anymore",
    StatementChanged::Asked { .. } => "asked",
    StatementChanged::Approved { .. } => "approved",
    StatementChanged::ChangesAsked { .. } => "changes-asked",
    StatementChanged::Withdrawn { .. } => "withdrawn",
    StatementChanged::Used { .. } => "used",
});

words!(MEDIA, medium_of: Medium {
    Medium::Reply => "reply",
    Medium::DirectMessage => "direct-message",
    Medium::Post => "post",
    Medium::Press => "press",
    Medium::StaffNotice => "staff-notice",
});

words!(TASK_CHANGES, task_change_of: TaskChanged {
    TaskChanged::Done { .. } => "done",
    TaskChanged::NotNeeded { .. } => "not-needed",
    TaskChanged::Reopened { .. } => "reopened",
    TaskChanged::Added { .. } => "added",
});

words!(BECAUSES, because_of: Because {
    Because::NobodyOnCall => "nobody-on-call",
    Because::Involved => "involved",
    Because::Declined => "declined",
    Because::Unreachable => "unreachable",
    Because::PagedAlready => "paged-already",
    Because::NoChannel => "no-channel",
    Because::Left => "left",
    Because::NoAnswer => "no-answer",
});

words!(CAUSES, cause_of: Cause {
    Cause::MoreSeriousRepeat => "more-serious-repeat",
});

words!(RULES, rule_of: Rule {
    Rule::Override => "override",
    Rule::Turn => "turn",
    Rule::Cover => "cover",
    Rule::NextInRotation => "next-in-rotation",
    Rule::Acknowledged => "acknowledged",
    Rule::HandedOver => "handed-over",
    Rule::Approver => "approver",
    Rule::LastResort => "last-resort",
});

words!(STEPS, step_of: StepPosition {
    StepPosition::Step(_) => "step",
    StepPosition::Repeat(_) => "repeat",
    StepPosition::LastResort => "last-resort",
});

words!(OUTCOMES, outcome_of: Outcome {
    Outcome::Accepted { .. } => "accepted",
    Outcome::Retry { .. } => "retry",
    Outcome::Permanent { .. } => "permanent",
});

words!(RESOLVED_AS, resolved_as_of: ResolvedAs {
    ResolvedAs::Handled => "handled",
    ResolvedAs::HandedToOthers => "handed-to-others",
    ResolvedAs::NoActionNeeded => "no-action-needed",
    ResolvedAs::FalseAlarm => "false-alarm",
    ResolvedAs::Duplicate => "duplicate",
});

words!(BLAMES, blame_of: Blame {
    Blame::Recipient => "recipient",
    Blame::Roster => "roster",
    Blame::Account => "account",
});

fn records() -> Vec<(Record, &'static str)> {
    let mut prev = Digest::ZERO;
    let lines = RECORD.lines().enumerate().map(|(index, text)| {
        let line = Line::verify(text.as_bytes()).unwrap_or_else(|fault| panic!("line {}: {fault}", index + 1));
        assert_eq!((line.seq, line.prev), (index as u64 + 1, prev), "line {}", index + 1);
        prev = line.hash;
        (line.record().unwrap_or_else(|fault| panic!("line {}: {fault}", index + 1)), text)
    });
    lines.collect()
}

#[test]
fn every_line_is_read_and_would_be_written_the_same() {
    let mut prev = Digest::ZERO;
    for (record, text) in records() {
        let mut out = Vec::new();
        prev = encode(&mut out, record.seq, prev, &record.entry).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}

#[test]
fn the_states_that_follow_from_it_are_as_they_were() {
    let mut incidents: BTreeMap<IncidentId, Incident> = BTreeMap::new();
    let mut aggregates = Aggregates::default();
    for (Record { entry, .. }, _) in records() {
        aggregates.evolve(entry.at, &entry.fact);
        match entry.fact {
            Fact::Incident(id, Event::Opened(opened)) => {
                incidents.insert(id, Incident::opened(id, entry.at, &opened));
            }
            Fact::Incident(id, event) => incidents.get_mut(&id).unwrap().evolve(entry.at, &event),
            Fact::System(SystemEvent::ClockStepped { by_ms }) => {
                let open = incidents.values_mut().filter(|incident| incident.lives());
                open.for_each(|incident| incident.shift(chrono::TimeDelta::milliseconds(by_ms)));
            }
            _ => {}
        }
    }
    let states = json!({
        "incidents": incidents.values().collect::<Vec<_>>(),
        "aggregates": aggregates.snapshots(),
    });
    let expected: Value = serde_json::from_str(STATES).unwrap();
    assert_eq!(states, expected, "\n{}\n", serde_json::to_string_pretty(&states).unwrap());
}

#[test]
fn it_has_a_line_for_every_word() {
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut see = |what, word: &str| {
        seen.entry(what).or_default().insert(word.to_owned());
    };
    for (record, text) in records() {
        see("kind", kind_of(&record.entry.fact));
        let whole: Value = serde_json::from_str(text).unwrap();
        let written = whole["event"]["type"].as_str().unwrap();
        let (what, word) = match &record.entry.fact {
            Fact::Incident(_, event) => ("event", event_of(event)),
            Fact::SourceWatch(_, event) => ("source watch event", source_watch_event_of(event)),
            Fact::ChannelTest(_, event) => ("channel test event", channel_test_event_of(event)),
            Fact::Person(_, event) => ("session event", session_event_of(event)),
            Fact::System(event) => ("system event", system_event_of(event)),
        };
        assert_eq!((written, whole["kind"].as_str()), (word, Some(kind_of(&record.entry.fact))));
        see(what, word);
        if let Fact::Incident(_, event) = &record.entry.fact
            && let Some((_, reason, _)) = event.pages()
        {
            see("reason", reason_of(&reason));
        }
        visit(&whole["event"], &mut see);
    }
    for (what, words) in [
        ("kind", KINDS),
        ("event", EVENTS),
        ("source watch event", SOURCE_WATCH_EVENTS),
        ("channel test event", CHANNEL_TEST_EVENTS),
        ("session event", SESSION_EVENTS),
        ("sign-in method", SIGN_IN_METHODS),
        ("sign-in failure", SIGN_IN_FAILURES),
        ("session end", SESSION_ENDS),
        ("system event", SYSTEM_EVENTS),
        ("snapshot", SNAPSHOTS),
        ("principal", PRINCIPALS),
        ("reason", REASONS),
        ("task change", TASK_CHANGES),
        ("statement change", STATEMENT_CHANGES),
        ("medium", MEDIA),
        ("because", BECAUSES),
        ("cause", CAUSES),
        ("rule", RULES),
        ("step", STEPS),
        ("outcome", OUTCOMES),
        ("resolved as", RESOLVED_AS),
        ("blame", BLAMES),
    ] {
        let expected: BTreeSet<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(seen.get(what), Some(&expected), "tests/keep/format/record.jsonl lacks a line for a {what}");
    }
}

/// Finds the words within an event by their keys.
fn visit(value: &Value, see: &mut dyn FnMut(&'static str, &str)) {
    if let Value::Array(items) = value {
        items.iter().for_each(|item| visit(item, see));
    }
    let Value::Object(fields) = value else { return };
    for (key, field) in fields {
        match key.as_str() {
            "reason" => read(field, see, "reason", reason_of),
            "because" if fields.contains_key("from_playbook") => read(field, see, "cause", cause_of),
            "because" => read(field, see, "because", because_of),
            "change" => {
                read(value, see, "task change", task_change_of);
                read(value, see, "statement change", statement_change_of);
            }
            "medium" => read(field, see, "medium", medium_of),
            "rule" => read(field, see, "rule", rule_of),
            "step" => read(field, see, "step", step_of),
            "blame" => read(field, see, "blame", blame_of),
            "outcome" => {
                read(value, see, "outcome", outcome_of);
                read(field, see, "resolved as", resolved_as_of);
            }
            "snapshots" => field.as_array().unwrap().iter().for_each(|one| read(one, see, "snapshot", snapshot_of)),
            "how" => read(field, see, "sign-in method", sign_in_method_of),
            "why" => {
                read(field, see, "sign-in failure", sign_in_failure_of);
                read(field, see, "session end", session_end_of);
            }
            "by" => read(field, see, "principal", principal_of),
            _ => {}
        }
        visit(field, see);
    }
}

/// Values of another type under the same key are passed over, such as the reason of a recovery and a channel's `by`.
fn read<T: serde::de::DeserializeOwned>(
    value: &Value,
    see: &mut dyn FnMut(&'static str, &str),
    what: &'static str,
    word_of: fn(&T) -> &'static str,
) {
    if let Ok(one) = serde_json::from_value::<T>(value.clone()) {
        see(what, word_of(&one));
    }
}

/// The same lines as a wardbell from before the first release would have written them.
fn prerelease(folder: &std::path::Path) -> std::path::PathBuf {
    let journal = folder.join("journal");
    std::fs::create_dir(&journal).unwrap();
    let text = RECORD.replace(r#"{"v":2,"#, r#"{"v":1,"#);
    std::fs::write(journal.join("00000000000000000001.jsonl"), text).unwrap();
    journal
}

#[test]
fn a_record_from_before_the_first_release_is_refused_with_what_to_do_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let journal = prerelease(folder.path());
    let before = std::fs::read(journal.join("00000000000000000001.jsonl")).unwrap();
    let store = folder.path().join("store");
    let now = "2026-12-25T00:00:00Z".parse().unwrap();
    let (mut backup, at) = (Vec::new(), now);
    let refusals = [
        verify(&journal).unwrap_err().to_string(),
        wardbell::store::start::open(&journal, &store, now).map(|_| ()).unwrap_err().to_string(),
        wardbell::journal::backup::backup(&journal, now, &mut backup).unwrap_err().to_string(),
        wardbell::journal::plans::plan_at(&journal, at).unwrap_err().to_string(),
    ];
    for refusal in refusals {
        assert!(refusal.contains("has the format of a wardbell from before its first release"), "{refusal}");
        assert!(refusal.contains("keep the record apart and start a new one"), "{refusal}");
        assert!(refusal.contains("use the version that wrote it") && !refusal.contains("damaged"), "{refusal}");
    }
    assert!(matches!(verify(&journal), Err(ReadError::Damage(damage)) if damage.fault == Fault::Prerelease));
    assert_eq!(std::fs::read(journal.join("00000000000000000001.jsonl")).unwrap(), before);
    // What the hint says works: apart from the old record, a new one begins.
    std::fs::rename(&journal, folder.path().join("apart")).unwrap();
    if store.exists() {
        std::fs::rename(&store, folder.path().join("apart-store")).unwrap();
    }
    drop(wardbell::store::start::open(&journal, &store, now).unwrap());
}

#[test]
fn a_backup_from_before_the_first_release_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    std::fs::create_dir(&journal).unwrap();
    std::fs::write(journal.join("00000000000000000001.jsonl"), RECORD).unwrap();
    let mut backup = Vec::new();
    wardbell::journal::backup::backup(&journal, "2026-12-25T00:00:00Z".parse().unwrap(), &mut backup).unwrap();
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(backup.as_slice()), &mut plain).unwrap();
    // The first line in the archive; the headers before it stay as they are.
    let position = plain.windows(7).position(|bytes| bytes == br#"{"v":2,"#).unwrap();
    plain[position + 5] = b'1';
    let target = folder.path().join("restored");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &plain).unwrap();
    let packed = packed.finish().unwrap();
    let refused = restore(packed.as_slice(), &target, &folder.path().join("store")).unwrap_err();
    assert!(matches!(refused, RestoreError::Prerelease), "{refused}");
    assert!(refused.to_string().contains("restore it with the version that made it"), "{refused}");
}
