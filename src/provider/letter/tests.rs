//! Mails as they are written.

use insta::assert_snapshot;

use super::*;
use crate::domain::id::{IncidentId, PageId};
use crate::domain::page::{SMS_SEGMENT, gsm7_length};
use crate::provider::sample;
use crate::provider::text::sms;

fn letter(page: &PageText) -> Letter {
    super::letter(&MessageText::of_one(page.clone()))
}

#[test]
fn a_letter_is_complete_in_its_text_part() {
    assert_snapshot!(letter(&sample::page()).text, @r#"
    High severity: open this link and answer by 02:14 CST (9 min left):

    https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua

    Opening it changes nothing. Press "I have it", or press "I can't"
    and the next person is paged.

    Hospital:       MERCY
    Severity:       high
    Incident:       Privacy
    Department:     Privacy Office
    Reference:      7Q2K9MXD
    Answer by:      Thu, Dec 24, 02:14 CST (9 min left)
    Why now:        no one has acknowledged yet

    Page 7Q2K9MXD-3. Replies are not read. Use the link.
    "#);
}

#[test]
fn a_letter_says_when_it_is_late_and_when_it_wants_a_note() {
    let mut page = sample::page();
    page.written_at = page.answer_by + chrono::TimeDelta::minutes(6);
    let first = |page: &PageText| letter(page).text.lines().next().unwrap().to_owned();
    assert_snapshot!(first(&page), @"High severity: open this link and answer now. It was due at 02:14 CST (6 min ago):");
    page.drill = true;
    assert_snapshot!(first(&page), @"DRILL, high severity: open this link and answer now. It was due at 02:14 CST (6 min ago):");
    page.reason = PageReason::NotActedOn;
    assert_snapshot!(letter(&page).text, @"
    DRILL, high severity: open this link and note what was done:

    https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua

    Opening it changes nothing. A few words are enough.
    Until you do, you may be paged again.

    Drill:          this is an exercise: respond as if it were real
    Hospital:       MERCY
    Severity:       high
    Incident:       Privacy
    Department:     Privacy Office
    Reference:      7Q2K9MXD
    Why now:        acknowledged, but nothing has been noted since

    Page 7Q2K9MXD-3. Replies are not read. Use the link.
    ");
}

#[test]
fn the_last_resort_learns_the_reference_alone() {
    let mut page = sample::page();
    page.reason = PageReason::LastResort;
    assert_snapshot!(sms(&MessageText::of_one(page.clone())), @"MERCY 7Q2K9MXD. Hand this to someone else: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
    let letter = letter(&page);
    assert_eq!(letter.subject, "[MERCY] 7Q2K9MXD");
    assert_snapshot!(letter.text, @r#"
    Open this link and hand this to someone else:

    https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua

    Opening it changes nothing. You cannot answer this page yourself.
    Choose someone there and press "Hand this to them": that person is paged.

    Hospital:       MERCY
    Reference:      7Q2K9MXD
    Why now:        everyone who could be paged is involved

    Page 7Q2K9MXD-3. Replies are not read. Use the link.
    "#);
    let html = letter.html.unwrap();
    for word in ["high", "Privacy"] {
        assert!(!letter.text.contains(word) && !html.contains(word), "{word} in {html}");
    }
    page.drill = true;
    page.link.base = "https://pages.a-rather-long-name-of-a-hospital-network-of-many-houses.mercy.example/pag".into();
    let text = sms(&MessageText::of_one(page));
    assert!(text.starts_with("DRILL ") && gsm7_length(&text).unwrap() <= SMS_SEGMENT, "{text}");
}

#[test]
fn a_subject_stays_the_same_over_an_incident() {
    let mut page = sample::page();
    assert_snapshot!(letter(&page).subject, @"[MERCY] Privacy 7Q2K9MXD");
    page.page.number = 9;
    page.reason = PageReason::Repeated;
    page.department = "Compliance".to_owned();
    page.severity = Severity::Critical;
    assert_snapshot!(letter(&page).subject, @"[MERCY] Privacy 7Q2K9MXD");
    page.drill = true;
    assert_snapshot!(letter(&page).subject, @"[MERCY] DRILL Privacy 7Q2K9MXD");
}

#[test]
fn the_html_part_says_what_the_text_part_says_and_loads_nothing() {
    let mut page = sample::page();
    page.title = "Privacy <b>&\r\nBcc: x".to_owned();
    page.drill = true;
    let letter = letter(&page);
    assert_eq!(letter.subject, "[MERCY] DRILL Privacy <b>& Bcc: x 7Q2K9MXD");
    let html = letter.html.unwrap();
    let link = page.link.reveal();
    assert_eq!(html.matches(&format!("href=\"{link}\"")).count(), 2);
    for words in
        ["DRILL high", "Privacy &#60;b&#62;&#38; Bcc: x", "Privacy Office", "7Q2K9MXD", "02:14 CST", "9 min left"]
    {
        assert!(html.contains(words), "{words} is missing in {html}");
    }
    for remote in ["<img", "src=", "url(", "@import", "<script", "<b>"] {
        assert!(!html.contains(remote), "{remote}");
    }
    assert!(html.len() < 4_096, "{}", html.len());
    assert!(html.lines().all(|line| line.len() < 998));
}

/// A message with the sample's page and others of as many incidents.
fn several(others: u32) -> MessageText {
    let mut lead = sample::page();
    lead.page.number = 1;
    let mention = |number: u32| Mention {
        page: PageId { incident: IncidentId::from_random(number.into()), number: 1 },
        severity: Severity::Moderate,
        title: "Care complaint".to_owned(),
        department: "Patient Advocacy".to_owned(),
        zone: lead.zone.clone(),
        answer_by: lead.answer_by + chrono::TimeDelta::minutes(6),
        reason: PageReason::Opened,
        tasks: 0,
    };
    let all: Vec<Mention> = (1..=others).map(mention).collect();
    of_several(lead, all)
}

fn of_several(lead: PageText, others: Vec<Mention>) -> MessageText {
    let pages: Vec<PageId> = std::iter::once(lead.page).chain(others.iter().map(|other| other.page)).collect();
    let answer_by = others.iter().map(|other| other.answer_by).chain([lead.answer_by]).min().unwrap();
    let mentioned = others.into_iter().take(MessageText::MENTIONED - 1).collect();
    MessageText { asking: pages.len(), lead, mentioned, pages, answer_by }
}

#[test]
fn a_message_about_several_incidents_lists_them_and_has_one_link() {
    let mut message = several(2);
    message.mentioned[1].reason = PageReason::LastResort;
    assert_snapshot!(sms(&message), @"MERCY high Privacy 7Q2K9MXD and 2 more. Answer by 02:14: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
    let letter = super::letter(&message);
    assert_snapshot!(letter.subject, @"[MERCY] Privacy 7Q2K9MXD and 2 more");
    assert_snapshot!(letter.text, @"
    High severity: open this link and answer 3 pages by 02:14 CST (9 min left):

    https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua

    Opening it changes nothing. It lists every page that waits for you: take them all
    at once, or answer them one by one.

    Hospital:       MERCY
    High:           Privacy, Privacy Office, 7Q2K9MXD: answer by Thu, Dec 24, 02:14 CST
    Moderate:       Care complaint, Patient Advocacy, 00000001: answer by Thu, Dec 24, 02:20 CST
    Hand over:      00000002

    Page 7Q2K9MXD-1. Replies are not read. Use the link.
    ");
    assert!(letter.html.unwrap().contains("Care complaint, Patient Advocacy, 00000001: answer by"));
}

#[test]
fn a_message_with_many_pages_stays_short() {
    let message = several(999);
    let text = sms(&message);
    assert!(gsm7_length(&text).unwrap() <= SMS_SEGMENT && text.contains("7Q2K9MXD and 999 more"), "{text}");
    let letter = super::letter(&message);
    assert!(letter.text.contains("And:            975 more: open the link to see them"), "{}", letter.text);
    assert!(letter.text.lines().count() < 50);
}

#[test]
fn pages_of_one_incident_are_a_message_under_its_own_subject() {
    let mut message = several(2);
    message.pages.iter_mut().for_each(|page| page.incident = message.lead.page.incident);
    assert_eq!(super::letter(&message).subject, "[MERCY] Privacy 7Q2K9MXD");
    assert_snapshot!(sms(&message), @"MERCY high Privacy 7Q2K9MXD. Answer by 02:14: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
}

#[test]
fn several_are_to_be_answered_by_the_first_ones_time() {
    let mut message = several(3);
    message.mentioned[1].answer_by = message.lead.answer_by - chrono::TimeDelta::minutes(4);
    let message = of_several(message.lead, message.mentioned);
    assert!(sms(&message).contains("Answer by 02:10:"), "{}", sms(&message));
    let letter = super::letter(&message).text;
    assert!(
        letter.contains("answer 4 pages by 02:10 CST") && letter.contains("7Q2K9MXD: answer by Thu, Dec 24, 02:14 CST")
    );
}
