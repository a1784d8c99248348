//! What a page says, from the closed list of fields and from nothing else: a text message, and a letter.

use askama::Template;

use crate::channel::deadline::{self, Ask};
use crate::channel::gsm7;
use crate::domain::page::{PageText, SMS_SEGMENT, gsm7_length};
use crate::domain::severity::Severity;

/// One segment of GSM-7, such as `MERCY high Privacy 7Q2K9MXD. Answer by 02:14: https://pages.mercy.example/a/k3v9…`.
///
/// When it is too long, the title is cut first; then title, request, severity and hospital go, in this order. The link is
/// never touched, and `PUBLIC_URL_SEPTETS` sees to it that everything but the title fits.
pub fn sms(page: &PageText) -> String {
    let link = page.link.reveal();
    let drill = if page.drill { "DRILL " } else { "" };
    let reference = page.page.incident;
    let head = format!("{drill}{} {}", page.hospital, page.severity);
    let request = match Ask::of(page) {
        Ask::AnswerBy => format!("Answer by {}", deadline::clock(page)),
        Ask::AnswerNow => "Answer now".to_owned(),
        Ask::Note => "Note what was done".to_owned(),
        Ask::HandOver => {
            let whole = format!("{drill}{} {reference}. Hand this to somebody else: {link}", page.hospital);
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

fn first_that_fits(texts: impl IntoIterator<Item = String>, link: String) -> String {
    let fits = |text: &String| gsm7_length(text).is_some_and(|length| length <= SMS_SEGMENT);
    texts.into_iter().find(fits).unwrap_or(link)
}

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same for all pages of an incident, so that mail programs thread them.
    pub subject: String,
    /// Complete by itself.
    pub text: String,
    /// The same with a button.
    pub html: Option<String>,
}

/// A mail's subject and both of its parts.
pub fn letter(page: &PageText) -> Letter {
    let words = Words::of(page);
    Letter { subject: words.subject.clone(), text: words.plain(), html: words.render().ok() }
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Words {
    subject: String,
    request: String,
    link: String,
    button: &'static str,
    how: &'static str,
    drill: bool,
    severity: Severity,
    hue: &'static str,
    /// None where the reader learns no more than the reference.
    title: Option<String>,
    reference: String,
    facts: Vec<(&'static str, String)>,
    foot: String,
}

impl Words {
    fn of(page: &PageText) -> Self {
        let ask = Ask::of(page);
        let (title, department) = (one_line(&page.title), one_line(&page.department));
        let drill = if page.drill { "DRILL " } else { "" };
        let (button, how) = match ask {
            Ask::AnswerBy | Ask::AnswerNow => (
                "Open and answer",
                "Opening it changes nothing. Press \"I have it\", or press \"I can't\"\nand the next person is paged.",
            ),
            Ask::Note => (
                "Open and note",
                "Opening it changes nothing. A few words are enough.\nUntil something is noted, you may be paged again.",
            ),
            Ask::HandOver => (
                "Open and hand over",
                "Opening it changes nothing. You cannot answer this page yourself.\nChoose somebody there and press \"Hand this to them\": that person is paged.",
            ),
        };
        let (hospital, reference) = (page.hospital.to_string(), page.page.incident.to_string());
        let knows = ask != Ask::HandOver;
        let about = [("Severity", page.severity.to_string()), ("Matter", title.clone()), ("Department", department)];
        let mut facts = vec![("Hospital", hospital)];
        facts.extend(about.into_iter().filter(|_| knows));
        facts.push(("Reference", reference.clone()));
        if matches!(ask, Ask::AnswerBy | Ask::AnswerNow) {
            facts.push(("Acknowledge by", format!("{} ({})", deadline::whole(page), deadline::distance(page))));
        }
        facts.push(("Why now", page.reason.words().to_owned()));
        if page.drill {
            facts.insert(0, ("Drill", "this is an exercise: answer as if it were real".to_owned()));
        }
        Self {
            subject: match knows {
                true => format!("[{}] {drill}{} · {title} · {reference}", page.hospital, page.severity),
                false => format!("[{}] {drill}{reference}", page.hospital),
            },
            request: request(page, ask),
            link: page.link.reveal(),
            button,
            how,
            drill: page.drill,
            severity: page.severity,
            hue: if knows { hue(page.severity) } else { "#3d4854" },
            title: knows.then_some(title),
            reference,
            facts,
            foot: format!("Page {}. A reply to this mail answers nothing, only the link does.", page.page),
        }
    }

    fn plain(&self) -> String {
        let facts: String =
            self.facts.iter().map(|(name, value)| format!("{:<16}{value}\n", format!("{name}:"))).collect();
        format!("{}:\n\n{}\n\n{}\n\n{facts}\n{}\n", self.request, self.link, self.how, self.foot)
    }
}

/// The first line: what to do.
fn request(page: &PageText, ask: Ask) -> String {
    let drill = if page.drill { "DRILL: open" } else { "Open" };
    let (at, zone) = (deadline::clock(page), deadline::zone(page));
    let distance = deadline::distance(page);
    match ask {
        Ask::AnswerBy => format!("{drill} this link and answer by {at} {zone} ({distance})"),
        Ask::AnswerNow => format!("{drill} this link and answer now, it was due at {at} {zone} ({distance})"),
        Ask::Note => format!("{drill} this link and note what was done"),
        Ask::HandOver => format!("{drill} this link and hand this to somebody else"),
    }
}

/// For a bar beside the word, which says the same.
fn hue(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#c8102e",
        Severity::High => "#c05600",
        Severity::Moderate => "#8a6d00",
        Severity::Low => "#3a6ea5",
    }
}

fn one_line(text: &str) -> String {
    text.split(|character: char| character.is_control() || character.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::{Strategy, any, prop, prop_assert, proptest};

    use super::*;
    use crate::channel::sample;
    use crate::domain::page::{HospitalName, PUBLIC_URL_SEPTETS, PageLink, PageReason};

    #[test]
    fn a_text_message_says_who_what_and_where() {
        let mut page = sample::page();
        assert_snapshot!(sms(&page), @"MERCY high Privacy 7Q2K9MXD. Answer by 02:14: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
        page.drill = true;
        assert_snapshot!(sms(&page), @"DRILL MERCY high Privacy 7Q2K9MXD. Answer by 02:14: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
        page.written_at = page.acknowledge_by;
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

    #[test]
    fn a_letter_is_complete_in_its_text_part() {
        assert_snapshot!(letter(&sample::page()).text, @r#"
        Open this link and answer by 02:14 CST (9 min left):

        https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua

        Opening it changes nothing. Press "I have it", or press "I can't"
        and the next person is paged.

        Hospital:       MERCY
        Severity:       high
        Matter:         Privacy
        Department:     Privacy Office
        Reference:      7Q2K9MXD
        Acknowledge by: Thu 24 Dec, 02:14 CST (9 min left)
        Why now:        nobody has acknowledged yet

        Page 7Q2K9MXD-3. A reply to this mail answers nothing, only the link does.
        "#);
    }

    #[test]
    fn a_letter_says_when_it_is_late_and_when_it_wants_a_note() {
        let mut page = sample::page();
        page.written_at = page.acknowledge_by + chrono::TimeDelta::minutes(6);
        let first = |page: &PageText| letter(page).text.lines().next().unwrap().to_owned();
        assert_snapshot!(first(&page), @"Open this link and answer now, it was due at 02:14 CST (6 min ago):");
        page.drill = true;
        assert_snapshot!(first(&page), @"DRILL: open this link and answer now, it was due at 02:14 CST (6 min ago):");
        page.reason = PageReason::NotActedOn;
        assert_snapshot!(letter(&page).text, @"
        DRILL: open this link and note what was done:

        https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua

        Opening it changes nothing. A few words are enough.
        Until something is noted, you may be paged again.

        Drill:          this is an exercise: answer as if it were real
        Hospital:       MERCY
        Severity:       high
        Matter:         Privacy
        Department:     Privacy Office
        Reference:      7Q2K9MXD
        Why now:        acknowledged, but nothing has been noted since

        Page 7Q2K9MXD-3. A reply to this mail answers nothing, only the link does.
        ");
    }

    #[test]
    fn the_last_resort_learns_the_reference_alone() {
        let mut page = sample::page();
        page.reason = PageReason::LastResort;
        assert_snapshot!(sms(&page), @"MERCY 7Q2K9MXD. Hand this to somebody else: https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua");
        let letter = letter(&page);
        assert_eq!(letter.subject, "[MERCY] 7Q2K9MXD");
        assert_snapshot!(letter.text, @r#"
        Open this link and hand this to somebody else:

        https://pages.mercy.example/a/puawhrwqis2gswtwgnn45mua

        Opening it changes nothing. You cannot answer this page yourself.
        Choose somebody there and press "Hand this to them": that person is paged.

        Hospital:       MERCY
        Reference:      7Q2K9MXD
        Why now:        everybody who could be paged is involved

        Page 7Q2K9MXD-3. A reply to this mail answers nothing, only the link does.
        "#);
        let html = letter.html.unwrap();
        for word in ["high", "Privacy"] {
            assert!(!letter.text.contains(word) && !html.contains(word), "{word} in {html}");
        }
        page.drill = true;
        page.link.base =
            "https://pages.a-rather-long-name-of-a-hospital-network-of-many-houses.mercy.example/pag".into();
        assert!(sms(&page).starts_with("DRILL ") && gsm7_length(&sms(&page)).unwrap() <= SMS_SEGMENT, "{}", sms(&page));
    }

    #[test]
    fn a_subject_stays_the_same_over_an_incident() {
        let mut page = sample::page();
        assert_snapshot!(letter(&page).subject, @"[MERCY] high · Privacy · 7Q2K9MXD");
        page.page.number = 9;
        page.reason = PageReason::Repeated;
        page.department = "Compliance".to_owned();
        assert_snapshot!(letter(&page).subject, @"[MERCY] high · Privacy · 7Q2K9MXD");
        page.drill = true;
        assert_snapshot!(letter(&page).subject, @"[MERCY] DRILL high · Privacy · 7Q2K9MXD");
    }

    #[test]
    fn the_html_part_says_what_the_text_part_says_and_loads_nothing() {
        let mut page = sample::page();
        page.title = "Privacy <b>&\r\nBcc: x".to_owned();
        page.drill = true;
        let letter = letter(&page);
        assert_eq!(letter.subject, "[MERCY] DRILL high · Privacy <b>& Bcc: x · 7Q2K9MXD");
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
            page.acknowledge_by = page.written_at + chrono::TimeDelta::minutes(minutes_left);
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
