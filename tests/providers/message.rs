//! Messages to send: a usual one, and those that need most room.

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::access_message::{AccessMessage, AccessNews, SignInCode};
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::id::{IncidentId, PageId};
use wardbell::domain::link::Entropy;
use wardbell::domain::page::{Mention, MessageText, PageLink, PageReason, PageText};
use wardbell::domain::severity::Severity;
use wardbell::domain::test_message::TestMessage;
use wardbell::domain::zone::Zone;

/// A playbook's title has at most this many characters.
const TITLE_MAX: usize = 200;

/// One page with nothing special about it.
pub fn usual() -> MessageText {
    MessageText::of_one(page())
}

/// Messages with the longest of everything, in letters that need the most room.
pub fn longest() -> Vec<MessageText> {
    let base = format!("https://{}.example", "h".repeat(64));
    let token = page().link.token;
    let whole = |title: &str, reason| PageText {
        hospital: "ABCDEFGHIJKL".parse().unwrap(),
        drill: true,
        severity: Severity::Critical,
        title: title.to_owned(),
        department: "Department of Everything ".repeat(8),
        link: PageLink { base: base.as_str().into(), token: token.clone() },
        answer_by: now() + TimeDelta::hours(20),
        reason,
        ..page()
    };
    let titles = ["x", "Información – „urgente“ ", "字", "[]{}~€"]
        .map(|part| part.chars().cycle().take(TITLE_MAX).collect::<String>());
    let reasons = [
        PageReason::Opened,
        PageReason::NotActedOn,
        PageReason::LastResort,
        PageReason::Owed,
        PageReason::Overdue,
        PageReason::Approval,
    ];
    let alone = titles.iter().flat_map(|title| reasons.map(|reason| MessageText::of_one(whole(title, reason))));
    let mut messages: Vec<MessageText> = alone.collect();
    let mention = |number: u32| Mention {
        page: PageId { incident: IncidentId::from_random(number.into()), number },
        ..MessageText::of_one(whole(&titles[1], PageReason::Opened)).lead_mention()
    };
    let mut many = messages[0].clone();
    many.mentioned = (1..=25).map(mention).collect();
    many.pages.extend((1..=5_000).map(|number| mention(number).page));
    many.asking = many.pages.len();
    messages.push(many);
    messages
}

pub fn test(channel: ChannelKind) -> TestMessage {
    let hospital = "ABCDEFGHIJKL".parse().unwrap();
    TestMessage { hospital, channel, day: "2026-11-24".parse().unwrap(), daily: true, written_at: now() }
}

pub fn code(channel: ChannelKind) -> AccessMessage {
    let code = SignInCode::from_random(482_913u64.to_be_bytes());
    let about = AccessNews::Code { code, until: "Wed, Dec 24, 02:10 CST".to_owned() };
    let hospital = "ABCDEFGHIJKL".parse().unwrap();
    AccessMessage { hospital, channel, about, written_at: now(), number: 7 }
}

fn page() -> PageText {
    PageText {
        page: PageId { incident: "7Q2K9MXD".parse().unwrap(), number: 3 },
        first_page: 1,
        hospital: "MERCY".parse().unwrap(),
        drill: false,
        severity: Severity::High,
        title: "Privacy".to_owned(),
        department: "Privacy Office".to_owned(),
        zone: Zone::built_in("America/Chicago").unwrap(),
        answer_by: now() + TimeDelta::minutes(9),
        written_at: now(),
        reason: PageReason::NotAcknowledged,
        tasks: 0,
        link: PageLink { base: "https://pages.mercy.example".into(), token: Entropy([7; 32]).token(3) },
        valid_seconds: Some(300),
    }
}

fn now() -> DateTime<Utc> {
    "2026-12-24T08:05:00Z".parse().unwrap()
}
