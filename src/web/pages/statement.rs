//! One statement: its text, who has approved this very version, what changed, and what its reader can do.

use askama::Template;

use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::statements::input::WORDS_MAX;
use crate::domain::escalation::statements::mark::Mark;
use crate::domain::escalation::statements::state::{Stage, Statement};
use crate::domain::id::DepartmentId;
use crate::domain::words::capitalized;
use crate::web::approval_link::{state, title};
use crate::web::notice::Notice;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::row::{Reading, Row};
use crate::web::pages::word_diff::{Change, Kind, changes};
use crate::web::statement_texts::{Use, Version, Written};
use crate::web::words::{Times, join, sentence};

#[derive(Debug, Template)]
#[template(path = "statement.html")]
pub struct StatementPage {
    frame: Frame,
    head: Row,
    number: u32,
    version: u32,
    headline: String,
    status: String,
    notice: Option<Notice>,
    /// The text in pieces, some of them marked; `None` if the reader may not see it, or not now.
    text: Option<Vec<Piece>>,
    /// Why there is no text.
    hidden: String,
    written: String,
    marks: Vec<(String, String)>,
    reason: Option<String>,
    /// Departments, each with its state and the class of its sign.
    approvals: Vec<(String, String, &'static str)>,
    difference: Vec<Change>,
    remarks: Vec<(String, String)>,
    versions: Vec<VersionLine>,
    used: Option<(String, String)>,
    may: May,
    /// What stands in the field for a new version.
    draft: String,
    length_max: usize,
    medium: &'static str,
    words_max: usize,
    unsaved: Unsaved,
}

/// A part of the text.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// The number of its mark.
    pub mark: Option<usize>,
}

#[derive(Debug)]
struct VersionLine {
    number: u32,
    about: String,
    text: Option<String>,
}

/// What the reader can do now.
#[derive(Debug, Clone, Copy, Default)]
pub struct May {
    pub edit: bool,
    pub submit: bool,
    pub withdraw: bool,
    pub use_it: bool,
    pub approve: bool,
    pub ask_for_changes: bool,
}

/// What somebody wrote in a form that was not recorded.
#[derive(Debug, Default)]
pub struct Unsaved {
    pub text: Option<String>,
    pub note: String,
    pub reason: String,
    pub place: String,
}

/// What the page is made from, apart from the incident.
pub struct Shown<'a> {
    pub one: &'a Statement,
    /// `None` if the reader may not see the words, or not now.
    pub versions: Option<Vec<Version>>,
    /// What would be marked if it were submitted.
    pub draft_marks: Vec<Mark>,
    pub used: Option<Use>,
    /// Why there are no words.
    pub hidden: &'a str,
    pub may: May,
    /// The departments for which the reader can answer.
    pub mine: Vec<DepartmentId>,
    pub notice: Option<Notice>,
    pub unsaved: Unsaved,
}

impl StatementPage {
    pub fn new(site: Site<'_>, reading: Reading<'_>, incident: &Incident, shown: Shown<'_>) -> Self {
        let Shown { one, versions, draft_marks, used, hidden, may, mine, notice, unsaved } = shown;
        let times = Times::new(&reading.viewer.zone, reading.now);
        let department = |id: &DepartmentId| reading.plan.department_name(id).to_owned();
        let latest = versions.iter().flatten().find(|version| version.number == one.version);
        let before = versions.iter().flatten().rev().find(|version| version.number < one.version);
        let text = latest.map(|latest| latest.text.as_deref());
        let submitted = latest.and_then(|latest| latest.submitted.as_ref());
        let marks = submitted.map_or(draft_marks.as_slice(), |submitted| submitted.marks.as_slice());
        let whole = text.and_then(Result::ok).unwrap_or_default();
        let difference = match before.and_then(|before| before.text.as_deref().ok()).filter(|_| !whole.is_empty()) {
            Some(before) => changes(before, whole),
            None => Vec::new(),
        };
        Self {
            frame: Frame::new(site, reading.viewer, times, Tab::Board),
            head: Row::new(incident, reading),
            number: one.number,
            version: one.version,
            headline: format!("{}, version {}", title(one), one.version),
            status: status(one, &mine.iter().map(department).collect::<Vec<_>>()),
            notice,
            hidden: match text {
                Some(Err(why)) => sentence(&format!("the text cannot be read: {why}")),
                _ => hidden.to_owned(),
            },
            text: text.and_then(Result::ok).map(|text| pieces(text, marks)),
            written: format!(
                "{} wrote version {} at {}. {}",
                capitalized(reading.viewer.name_of(&one.author)),
                one.version,
                times.logical(one.written_at),
                length(whole)
            ),
            marks: marks.iter().map(|mark| (cut(whole, mark), mark.why.to_string())).collect(),
            reason: submitted.and_then(|submitted| submitted.reason.as_ref()).map(written),
            approvals: approvals(one, reading, times),
            difference,
            remarks: remarks(versions.iter().flatten(), reading, times),
            versions: versions.iter().flatten().rev().map(|one| VersionLine::new(one, reading, times)).collect(),
            used: used.map(|used| {
                let who = reading.viewer.name_of(&used.by);
                (sentence(&format!("{who} used it at {}", times.wall(used.at))), written(&used.place))
            }),
            may,
            draft: unsaved.text.clone().unwrap_or_else(|| whole.to_owned()),
            length_max: one.medium.length_max(),
            medium: one.medium.in_words(),
            words_max: WORDS_MAX,
            unsaved,
        }
    }
}

/// Departments, each with its state and the class of its sign.
fn approvals(one: &Statement, reading: Reading<'_>, times: Times<'_>) -> Vec<(String, String, &'static str)> {
    let approvals = one.approvals.iter().map(|approval| {
        let class = match &approval.answer {
            Some(answer) if answer.approved => "got",
            Some(_) => "over",
            None => "wait",
        };
        (reading.plan.department_name(&approval.department).to_owned(), state(approval, reading.plan, times), class)
    });
    approvals.collect()
}

/// What approvers want to be changed, each with who wants it and when.
fn remarks<'a>(
    versions: impl Iterator<Item = &'a Version>,
    reading: Reading<'_>,
    times: Times<'_>,
) -> Vec<(String, String)> {
    let mut remarks = Vec::new();
    for version in versions {
        remarks.extend(version.remarks.iter().map(|remark| {
            let who = reading.viewer.name_of(&remark.by);
            let (of, at) = (reading.plan.department_name(&remark.department), times.logical(remark.at));
            (sentence(&format!("{who}, for {of}, about version {}, at {at}", version.number)), written(&remark.note))
        }));
    }
    remarks
}

impl VersionLine {
    fn new(version: &Version, reading: Reading<'_>, times: Times<'_>) -> Self {
        let who = reading.viewer.name_of(&version.by);
        let sent = version.submitted.as_ref().map(|submitted| {
            let by = reading.viewer.name_of(&submitted.by);
            format!(", sent for approval by {by} at {}", times.logical(submitted.at))
        });
        let about = format!("{who} at {}{}", times.logical(version.at), sent.unwrap_or_default());
        Self { number: version.number, about, text: version.text.as_ref().ok().cloned() }
    }
}

fn status(one: &Statement, mine: &[String]) -> String {
    let (all, open) = (one.approvals.len(), one.unanswered().count());
    let waits_for_me = match mine {
        [] => String::new(),
        mine => format!(" It waits for you, for {}.", join(&mine.iter().map(String::as_str).collect::<Vec<_>>())),
    };
    match one.stage {
        Stage::Draft if one.may_be_used() => "This is approved in advance: it may be used at once.".to_owned(),
        Stage::Draft if one.has_blanks => "Fill in the blanks in braces, then ask for approval.".to_owned(),
        Stage::Draft => "Nobody is asked to approve this version yet.".to_owned(),
        Stage::Submitted => {
            let departments = if all == 1 { "department has" } else { "departments have" };
            format!("{} of {all} {departments} approved version {}.{waits_for_me}", all - open, one.version)
        }
        Stage::ChangesAsked => {
            "An approver asked for changes. The text must be changed before it can be approved.".to_owned()
        }
        Stage::Approved => format!("Version {} is approved, and may be used.", one.version),
        Stage::Used => "It was published, and does not change anymore.".to_owned(),
        Stage::Withdrawn => "It was withdrawn.".to_owned(),
    }
}

/// The text in pieces, some of them marked. Marks are in characters; what does not fit is left out.
fn pieces(text: &str, marks: &[Mark]) -> Vec<Piece> {
    let letters: Vec<char> = text.chars().collect();
    let of = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
    let mut pieces = Vec::new();
    let mut at = 0;
    for (index, mark) in marks.iter().enumerate() {
        let (from, to) = (mark.from as usize, (mark.to as usize).min(letters.len()));
        if from < at || from >= to {
            continue;
        }
        pieces.push(Piece { text: of(at, from), mark: None });
        pieces.push(Piece { text: of(from, to), mark: Some(index + 1) });
        at = to;
    }
    pieces.push(Piece { text: of(at, letters.len()), mark: None });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

fn cut(text: &str, mark: &Mark) -> String {
    let length = mark.to.saturating_sub(mark.from) as usize;
    text.chars().skip(mark.from as usize).take(length).collect()
}

fn written(words: &Written) -> String {
    words.clone().unwrap_or_else(|why| sentence(&format!("this cannot be read: {why}")))
}

fn length(text: &str) -> String {
    match text.split_whitespace().count() {
        1 => "1 word.".to_owned(),
        words => format!("{words} words."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_cut_the_text_by_characters() {
        let mark = |from, to| Mark { from, to, why: "a date".into() };
        let told = |marks: &[Mark]| {
            let all = pieces("Am 3. März, früh", marks).into_iter();
            all.map(|one| (one.text, one.mark)).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&[mark(3, 10), mark(12, 99)]),
            [
                ("Am ".to_owned(), None),
                ("3. März".to_owned(), Some(1)),
                (", ".to_owned(), None),
                ("früh".to_owned(), Some(2)),
            ]
        );
        assert_eq!(told(&[mark(5, 5), mark(90, 99)]), [("Am 3. März, früh".to_owned(), None)]);
    }
}
