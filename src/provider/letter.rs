//! The content of an email, built only from the closed list of fields.

use askama::Template;

use crate::domain::page::{Mention, MessageText, PageReason, PageText};
use crate::domain::severity::Severity;
use crate::provider::deadline::{self, Ask};
use crate::provider::text;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same for all pages of an incident, so that email clients thread them.
    pub subject: String,
    pub text: String,
    /// The same with a button.
    pub html: Option<String>,
}

pub fn letter(message: &MessageText) -> Letter {
    let words = Words::of(message);
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
    /// `None` if the reader may see only the reference.
    title: Option<String>,
    reference: String,
    facts: Vec<(&'static str, String)>,
    foot: String,
}

impl Words {
    fn of(message: &MessageText) -> Self {
        let page = &message.lead;
        let ask = Ask::of(page);
        let knows = ask != Ask::HandOver;
        let title = one_line(&page.title);
        let drill = if page.drill { "DRILL " } else { "" };
        let (button, how) = button(ask, message.pages.len() > 1);
        let reference = text::references(message);
        let mut facts = vec![("Hospital", page.hospital.to_string())];
        if page.drill {
            facts.insert(0, ("Drill", "this is an exercise: respond as if it were real".to_owned()));
        }
        match message.pages.len() == 1 {
            true => facts.extend(facts_of_one(page, ask, &title)),
            false => facts.extend(facts_of_several(message)),
        }
        Self {
            subject: match knows {
                true => format!("[{}] {drill}{title} {reference}", page.hospital),
                false => format!("[{}] {drill}{reference}", page.hospital),
            },
            request: request(message, ask),
            link: page.link.reveal(),
            button,
            how,
            drill: page.drill,
            severity: page.severity,
            hue: if knows { hue(page.severity) } else { "#3d4854" },
            title: knows.then_some(title),
            reference,
            facts,
            foot: format!("Page {}. Replies are not read. Use the link.", page.page),
        }
    }

    fn plain(&self) -> String {
        let facts: String =
            self.facts.iter().map(|(name, value)| format!("{:<16}{value}\n", format!("{name}:"))).collect();
        format!("{}:\n\n{}\n\n{}\n\n{facts}\n{}\n", self.request, self.link, self.how, self.foot)
    }
}

fn facts_of_one(page: &PageText, ask: Ask, title: &str) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if ask != Ask::HandOver {
        facts.push(("Severity", page.severity.to_string()));
        facts.push(("Incident", title.to_owned()));
        facts.push(("Department", one_line(&page.department)));
    }
    facts.push(("Reference", page.page.incident.to_string()));
    if matches!(ask, Ask::AnswerBy | Ask::AnswerNow | Ask::Approve) {
        facts.push(("Answer by", format!("{} ({})", deadline::whole(page), deadline::distance(page))));
    }
    facts.push(("Why now", page.reason.words().to_owned()));
    facts
}

/// One line per page, labeled with its severity.
fn facts_of_several(message: &MessageText) -> Vec<(&'static str, String)> {
    let lead = message.lead_mention();
    let listed = std::iter::once(&lead).chain(&message.mentioned);
    let mut facts: Vec<(&'static str, String)> = listed.map(line_of).collect();
    let more = message.pages.len() - facts.len();
    if more > 0 {
        facts.push(("And", format!("{more} more: open the link to see them")));
    }
    facts
}

fn line_of(mention: &Mention) -> (&'static str, String) {
    let reference = mention.page.incident;
    let (title, department) = (one_line(&mention.title), one_line(&mention.department));
    match mention.reason {
        PageReason::LastResort => ("Hand over", reference.to_string()),
        PageReason::NotActedOn => {
            (heading(mention.severity), format!("{title}, {department}, {reference}: note what was done"))
        }
        PageReason::Overdue | PageReason::Owed => {
            let tasks = deadline::tasks(mention.reason, mention.tasks);
            (heading(mention.severity), format!("{title}, {department}, {reference}: {tasks}"))
        }
        PageReason::Approval => {
            let at = deadline::whole_of(mention);
            (heading(mention.severity), format!("{title}, {department}, {reference}: approve by {at}"))
        }
        PageReason::NotTakenOver => (
            heading(mention.severity),
            format!("{title}, {department}, {reference}: not taken over, you still have it"),
        ),
        _ => {
            let at = deadline::whole_of(mention);
            (heading(mention.severity), format!("{title}, {department}, {reference}: answer by {at}"))
        }
    }
}

fn heading(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Moderate => "Moderate",
        Severity::Low => "Low",
    }
}

/// The button's label and how to answer.
fn button(ask: Ask, several: bool) -> (&'static str, &'static str) {
    match ask {
        Ask::AnswerBy | Ask::AnswerNow if several => (
            "Open and answer",
            "Opening it changes nothing. It lists every page that waits for you: take them all\nat once, or answer \
             them one by one.",
        ),
        Ask::AnswerBy | Ask::AnswerNow => (
            "Open and answer",
            "Opening it changes nothing. Press \"I have it\", or press \"I can't\"\nand the next person is paged.",
        ),
        Ask::Note => (
            "Open and note",
            "Opening it changes nothing. A few words are enough.\nUntil you do, you may be paged again.",
        ),
        Ask::StillYours => (
            "Open",
            "Opening it changes nothing. You still have it: answer it yourself, hand it to someone\nelse, or give it \
             back.",
        ),
        Ask::Tasks => ("Open the tasks", "Opening it changes nothing. Press \"Done\" at each task that is done."),
        Ask::Approve => {
            ("Open and answer", "Opening it changes nothing. Read the text there, and approve it or ask for changes.")
        }
        Ask::HandOver => (
            "Open and hand over",
            "Opening it changes nothing. You cannot answer this page yourself.\nChoose someone there and press \"Hand \
             this to them\": that person is paged.",
        ),
    }
}

/// The first line: the severity and what to do.
fn request(message: &MessageText, ask: Ask) -> String {
    let page = &message.most_urgent();
    let drill = if page.drill { "DRILL, " } else { "" };
    let start = match ask {
        Ask::HandOver if page.drill => "DRILL: open".to_owned(),
        Ask::HandOver => "Open".to_owned(),
        _ if page.drill => format!("{drill}{} severity: open", page.severity),
        _ => format!("{} severity: open", heading(page.severity)),
    };
    let (at, zone) = (deadline::clock(page), deadline::zone(page));
    let distance = deadline::distance(page);
    let answer = if message.asking > 1 { format!("answer {} pages", message.asking) } else { "answer".to_owned() };
    let this = if message.pages.len() > 1 { "these" } else { "this" };
    match ask {
        Ask::AnswerBy => format!("{start} this link and {answer} by {at} {zone} ({distance})"),
        Ask::AnswerNow => format!("{start} this link and {answer} now. It was due at {at} {zone} ({distance})"),
        Ask::Note => format!("{start} this link and note what was done"),
        Ask::StillYours => format!("{start} this link. It was not taken over: you still have it"),
        Ask::Tasks => {
            let resolved = if page.reason == PageReason::Owed { "The incident is resolved, but " } else { "" };
            format!("{start} this link. {resolved}{}", deadline::tasks(page.reason, page.tasks))
        }
        Ask::Approve => format!("{start} this link and approve a statement by {at} {zone}, or ask for changes"),
        Ask::HandOver => format!("{start} this link and hand {this} to someone else"),
    }
}

/// The color of the bar beside the severity.
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
mod tests;
