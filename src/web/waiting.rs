//! The list of pages waiting for a link's reader, and of those they have taken.

use askama::Template;

use crate::domain::escalation::input::Refusal;
use crate::domain::id::PageId;
use crate::domain::page::Mention;
use crate::domain::severity::Severity;
use crate::engine::protocol::link::{LISTED, LinkView, Recorded, Waiting};
use crate::web::notice::{Button, Notice};

use crate::web::style::CSS;
use crate::web::words::Times;

/// The page of a link when several pages wait for its reader.
#[derive(Debug, Template)]
#[template(path = "list.html")]
pub struct ListPage {
    css: &'static str,
    hospital: String,
    drill: bool,
    notice: Option<Notice>,
    headline: String,
    waiting: WaitingBlock,
    reader: String,
}

/// The waiting pages with their buttons, and the reader's taken pages.
#[derive(Debug, Clone, Default)]
pub struct WaitingBlock {
    pub heading: String,
    pub rows: Vec<Row>,
    /// The pages that the "all" buttons answer.
    pub ids: Vec<PageId>,
    pub take_all: String,
    pub decline_all: &'static str,
    /// Which pages are shown, if not all.
    pub shown: Option<String>,
    /// Links to the next and previous part of the list.
    pub next: Option<String>,
    pub before: Option<String>,
    pub taken: Vec<Row>,
}

/// What a page shows below its own content.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// The text of the link back to the list.
    pub back: Option<String>,
    /// The other waiting pages.
    pub waiting: Option<WaitingBlock>,
}

impl Beside {
    /// What the page of a view shows; `is_one_of_several` where it is one page of the list.
    pub fn of(view: &LinkView, is_one_of_several: bool) -> Self {
        let others = view.waiting.total - usize::from(view.waiting.has_own);
        match is_one_of_several {
            true if others > 0 => {
                let wait =
                    if others == 1 { "1 other page waits".to_owned() } else { format!("{others} other pages wait") };
                Self { back: Some(format!("{wait} for you: see the list")), waiting: None }
            }
            true => Self { back: Some("Back to your page".to_owned()), waiting: None },
            // Where it waits itself, it waits alone.
            false if view.waiting.has_own => Self::default(),
            false => Self { back: None, waiting: WaitingBlock::below(view) },
        }
    }
}

#[derive(Debug, Clone)]
pub struct Row {
    pub page: PageId,
    /// `None` if the reader may see only the reference.
    pub about: Option<About>,
    pub reference: String,
}

/// What a reader who may answer sees.
#[derive(Debug, Clone)]
pub struct About {
    pub severity: Severity,
    pub title: String,
    pub department: String,
    pub answer_by: String,
    pub distance: String,
}

impl ListPage {
    /// The reader's list, right after a press or without one.
    pub fn new(view: &LinkView, notice: Option<Notice>) -> Self {
        let waiting = WaitingBlock::new(view);
        Self {
            css: CSS,
            hospital: view.plan.hospital.to_string(),
            drill: view.incident.drill,
            notice,
            headline: waiting.heading.clone(),
            waiting,
            reader: view.target.name.clone(),
        }
    }
}

impl WaitingBlock {
    /// All pages waiting for the reader; on a single page, the others.
    pub fn new(view: &LinkView) -> Self {
        let list = &view.waiting;
        let rows: Vec<Row> = list.shown.iter().map(|one| Row::new(one, view)).collect();
        let ids: Vec<PageId> = rows.iter().filter(|row| row.about.is_some()).map(|row| row.page).collect();
        let (first, last) = (list.from + 1, list.from + rows.len());
        let is_cut = rows.len() < list.total;
        let is_all = ids.len() == list.total;
        let heading = match list.total {
            0 => String::new(),
            1 => "1 page waits for you".to_owned(),
            total => format!("{total} pages wait for you"),
        };
        Self {
            heading,
            take_all: match (ids.len(), is_all) {
                (2, true) => "I have both".to_owned(),
                (count, true) => format!("I have all {count}"),
                (count, false) => format!("I have these {count}"),
            },
            decline_all: "I can’t take any of these – page the next person",
            shown: is_cut.then(|| format!("Pages {first} to {last} of {}, the most severe first.", list.total)),
            next: (last < list.total).then(|| format!("?from={last}")),
            before: (list.from > 0).then(|| format!("?from={}", list.from.saturating_sub(LISTED))),
            taken: list.taken.iter().map(|one| Row::new(one, view)).collect(),
            rows,
            ids,
        }
    }

    /// The same below the page of one of them that the reader has already.
    pub fn below(view: &LinkView) -> Option<Self> {
        let block = Self::new(view);
        (!block.rows.is_empty() || !block.taken.is_empty()).then_some(block)
    }
}

impl Row {
    fn new(waiting: &Waiting, view: &LinkView) -> Self {
        let Mention { page, severity, title, department, zone, answer_by, .. } = &waiting.about;
        let times = Times::new(zone, view.now);
        let about = (!waiting.is_reader_involved).then(|| About {
            severity: *severity,
            title: title.clone(),
            department: department.clone(),
            answer_by: times.wall(*answer_by),
            distance: times.wall_distance(*answer_by),
        });
        Self { page: *page, about, reference: page.incident.to_string() }
    }
}

/// The result of answering several pages, in a sentence.
pub fn notice(view: &LinkView, button: Button, results: &[(PageId, Result<Recorded, Refusal>)]) -> Notice {
    let recorded: Vec<&Recorded> = results.iter().filter_map(|(_, result)| result.as_ref().ok()).collect();
    let has_already = |result: &Result<Recorded, Refusal>| matches!(result, Err(Refusal::AlreadyAcknowledged { by, .. }) if by.is_listed_as(&view.target.roster, &view.target.liaison));
    let had = results.iter().filter(|(_, result)| button == Button::Acknowledge && has_already(result)).count();
    let refused = results.len() - recorded.len() - had;
    let zone = view.plan.zone(&view.target.department);
    let times = Times::new(&zone, view.now);
    let mut text = match (recorded.first(), button) {
        (None, _) if had > 0 => format!("You already have {}.", pages(had)),
        (None, _) => "Not saved.".to_owned(),
        (Some(first), Button::Decline) => {
            let each = if recorded.len() == 1 { "" } else { " for each" };
            let at = times.wall_to_the_second(first.at);
            format!("Recorded at {at}: you can’t take {}. We are paging the next person{each}.", pages(recorded.len()))
        }
        (Some(first), _) => {
            let at = times.wall_to_the_second(first.at);
            format!("Recorded at {at}: you took {}.", pages(recorded.len()))
        }
    };
    if refused > 0 {
        let need = if refused == 1 { "no longer needs" } else { "no longer need" };
        let others = if recorded.len() + had == 0 { pages(refused) } else { format!("{refused} more") };
        text.push_str(&format!(" {others} {need} your answer."));
    }
    Notice { failed: recorded.len() + had == 0, text, look_again: false }
}

fn pages(count: usize) -> String {
    if count == 1 { "1 page".to_owned() } else { format!("{count} pages") }
}
