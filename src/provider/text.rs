//! The content of a text message, built only from the closed list of fields.

use crate::domain::page::{MessageText, SMS_SEGMENT, gsm7_length};
use crate::provider::deadline::{self, Ask};
use crate::provider::gsm7;

/// One segment of GSM-7, such as `MERCY high Privacy 7Q2K9MXD. Answer by 02:14: https://pages.mercy.example/a/k3v9…`, or
/// `MERCY high Privacy 7Q2K9MXD and 11 more. …` where it is about twelve incidents.
///
/// If it is too long, the title is cut first; then title, request, severity, and hospital are dropped, in this order.
/// The link is never cut, and `PUBLIC_URL_SEPTETS` ensures that everything but the title fits.
pub fn sms(message: &MessageText) -> String {
    let page = &message.most_urgent();
    let link = page.link.reveal();
    let drill = if page.drill { "DRILL " } else { "" };
    let reference = references(message);
    let head = format!("{drill}{} {}", page.hospital, page.severity);
    let request = match Ask::of(page) {
        Ask::AnswerBy => format!("Answer by {}", deadline::clock(page)),
        Ask::AnswerNow => "Answer now".to_owned(),
        Ask::Note => "Note what was done".to_owned(),
        Ask::Tasks => deadline::tasks(page.reason, page.tasks),
        Ask::Approve => format!("Approve by {}", deadline::clock(page)),
        Ask::StillYours => "Not taken over, you still have it".to_owned(),
        Ask::HandOver => {
            let this = if message.other_incidents() > 0 { "these" } else { "this" };
            let whole = format!("{drill}{} {reference}. Hand {this} to someone else: {link}", page.hospital);
            return first_that_fits([whole, format!("{drill}{reference}: {link}"), format!("{drill}{link}")], link);
        }
    };
    let title = gsm7::plain(&page.title);
    let around = format!("{head}  {reference}. {request}: {link}");
    let room = gsm7_length(&around).and_then(|length| SMS_SEGMENT.checked_sub(length)).unwrap_or(0);
    let title = gsm7::cut(&title, room);

    let ladder = [
        (!title.is_empty()).then(|| format!("{head} {title} {reference}. {request}: {link}")),
        Some(format!("{head} {reference}. {request}: {link}")),
        Some(format!("{head} {reference}: {link}")),
        Some(format!("{drill}{} {reference}: {link}", page.hospital)),
        Some(format!("{drill}{reference}: {link}")),
        Some(format!("{drill}{link}")),
    ];
    first_that_fits(ladder.into_iter().flatten(), link)
}

/// `7Q2K9MXD`, or `7Q2K9MXD and 11 more`.
pub fn references(message: &MessageText) -> String {
    let reference = message.lead.page.incident;
    match message.other_incidents() {
        0 => reference.to_string(),
        others => format!("{reference} and {others} more"),
    }
}

fn first_that_fits(texts: impl IntoIterator<Item = String>, link: String) -> String {
    let fits = |text: &String| gsm7_length(text).is_some_and(|length| length <= SMS_SEGMENT);
    texts.into_iter().find(fits).unwrap_or(link)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::{Strategy, any, prop, prop_assert, proptest};

    use super::*;
    use crate::domain::page::{HospitalName, PUBLIC_URL_SEPTETS, PageLink, PageReason, PageText};
    use crate::domain::severity::Severity;
    use crate::provider::sample;

    fn sms(page: &PageText) -> String {
        super::sms(&MessageText::of_one(page.clone()))
    }

    #[test]
    fn a_text_message_says_who_what_and_where() {
        let mut page = sample::page();
        assert_snapshot!(sms(&page), @"MERCY high Privacy 7Q2K9MXD. Answer by 02:14: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
        page.drill = true;
        assert_snapshot!(sms(&page), @"DRILL MERCY high Privacy 7Q2K9MXD. Answer by 02:14: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
        page.written_at = page.answer_by;
        assert_snapshot!(sms(&page), @"DRILL MERCY high Privacy 7Q2K9MXD. Answer now: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
        page.reason = PageReason::NotActedOn;
        assert_snapshot!(sms(&page), @"DRILL MERCY high Privacy 7Q2K9MXD. Note what was done: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
        page.title = "Información de pacientes publicada — «urgente» por el personal de la clínica".to_owned();
        assert_snapshot!(sms(&page), @r#"DRILL MERCY high Informacion de pacientes publicada - "urgente" por el 7Q2K9MXD. Note what was done: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua"#);
        page.link.base = "https://pages.a-rather-long-name-of-a-hospital-network.mercy.example/page".into();
        assert_snapshot!(sms(&page), @"DRILL MERCY high Informacion 7Q2K9MXD. Note what was done: https://pages.a-rather-long-name-of-a-hospital-network.mercy.example/page/a/puawhrwqis2gswtwgnn45mua");
    }

    #[test]
    fn a_link_is_whole_even_where_it_is_longer_than_a_segment() {
        let mut page = sample::page();
        page.link.base = format!("https://{}.example", "x".repeat(90)).into();
        assert!(gsm7_length(&sms(&page)).unwrap() <= SMS_SEGMENT);
        page.link.base = format!("https://{}.example", "x".repeat(180)).into();
        assert_eq!(sms(&page), page.link.reveal());
    }

    fn hospitals() -> impl Strategy<Value = HospitalName> {
        "[A-Z€ÅΩ][A-Za-z ~\\[\\]£ñ]{0,11}".prop_filter_map("too long", |name| name.parse().ok())
    }

    fn public_urls() -> impl Strategy<Value = String> {
        "https://[a-z0-9~._/-]{1,72}"
            .prop_filter("too long", |url| gsm7_length(url).is_some_and(|length| length <= PUBLIC_URL_SEPTETS))
    }

    proptest! {
        #[test]
        fn a_text_message_is_one_segment_whatever_the_settings(
            hospital in hospitals(),
            base in public_urls(),
            title in "\\PC{0,200}|[\\x00-\\x7f]{0,200}",
            severity in prop::sample::select(Severity::ALL.to_vec()),
            reason in prop::sample::select(vec![PageReason::Opened, PageReason::NotActedOn, PageReason::HandedOver]),
            drill in any::<bool>(),
            minutes_left in -100i64..10_000,
        ) {
            let mut page = sample::page();
            page.answer_by = page.written_at + chrono::TimeDelta::minutes(minutes_left);
            page.link = PageLink { base: base.into(), ..page.link };
            let page = PageText { hospital, title, severity, reason, drill, ..page };
            let text = sms(&page);
            prop_assert!(gsm7_length(&text).is_some_and(|length| length <= SMS_SEGMENT), "{text}");
            prop_assert!(text.ends_with(&format!(": {}", page.link.reveal())), "{text}");
            let start = format!("{}{} {severity} ", if drill { "DRILL " } else { "" }, page.hospital);
            prop_assert!(text.starts_with(&start), "{text}");
            prop_assert!(text.contains(" 7Q2K9MXD"), "{text}");
        }
    }
}
