//! One incident: what was posted, who has it, whom to call, what happened, and what its reader can do.

use askama::Template;

use crate::domain::escalation::hand_over;
use crate::domain::escalation::incident::{Incident, OpenPage, Status, Track};
use crate::domain::escalation::input::NOTE_MAX;
use crate::domain::escalation::resolution::ResolvedAs;
use crate::domain::escalation::statements::medium::Medium;
use crate::domain::escalation::statements::state::{Stage, Statement};
use crate::domain::id::{DepartmentId, SourceName};
use crate::domain::words::capitalized;
use crate::engine::protocol::link::HandOverTo;
use crate::journal::record::{Fact, Record};
use crate::store::query::History;
use crate::web::approval_link::title;
use crate::web::error::{Kind, Problem};
use crate::web::notice::Notice;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::people::{PersonLinks, people};
use crate::web::pages::posted::{Posted, Protected, is_note};
use crate::web::pages::row::{self, Reading, Row, Tag};
use crate::web::pages::tasks::Tasks;
use crate::web::pages::timeline::{Moment, moments};
use crate::web::pages::timeline_kind::TimelineKind;
use crate::web::session::signed_form::SignedForm;
use crate::web::words::{Times, join, sentence};

#[derive(Debug, Template)]
#[template(path = "incident.html")]
pub struct IncidentPage {
    frame: Frame,
    head: Row,
    status: String,
    received: String,
    notice: Option<Notice>,
    may_act: bool,
    /// `None` if the reader may not see it, or not now.
    posted: Option<Posted>,
    /// Why the reader cannot see it.
    hidden: &'static str,
    facts: Vec<(&'static str, String)>,
    departments: Vec<Part>,
    tasks: Tasks,
    /// Whether the reader can change tasks.
    may_task: bool,
    people: Vec<PersonLinks>,
    statements: Vec<StatementLine>,
    /// For a reader who may write statements.
    beginning: Option<Beginning>,
    notes: Vec<Moment>,
    timeline: Vec<Moment>,
    /// Words and labels of its filters, and which of them is used.
    filters: Vec<(&'static str, String, bool)>,
    is_filtered: bool,
    note_max: usize,
    is_open: bool,
    unsaved: Unsaved,
    /// For a reader who may resolve it now.
    closing: Option<Closing>,
    /// What reopening means, for a reader who may.
    reopening: Option<String>,
}

/// A statement, and how far it is.
#[derive(Debug)]
pub struct StatementLine {
    number: u32,
    title: String,
    state: String,
}

/// What a statement can begin with.
#[derive(Debug)]
pub struct Beginning {
    /// The names of the playbook's statements.
    names: Vec<String>,
    /// Words and labels.
    media: Vec<(&'static str, String)>,
}

/// What resolving means right now, and what it asks for.
#[derive(Debug)]
pub struct Closing {
    means: String,
    /// Words and labels.
    outcomes: Vec<(&'static str, String)>,
    needs_reason: bool,
}

/// What somebody wrote in a form that could not be recorded.
#[derive(Debug, Default)]
pub struct Unsaved {
    pub action: String,
    /// The task that it was about.
    pub task: String,
    pub text: String,
    /// What a new task was to be.
    pub words: String,
}

impl Unsaved {
    fn is_of(&self, action: &str) -> bool {
        self.action == action
    }

    fn is_of_task(&self, action: &str, number: u32) -> bool {
        self.is_of(action) && self.task == number.to_string()
    }

    fn text_of(&self, action: &str) -> &str {
        if self.is_of(action) { &self.text } else { "" }
    }
}

/// What came of the latest form on the page, or what its reader asks for.
#[derive(Debug, Default)]
pub struct Came {
    /// The timeline has only these.
    pub shows: Option<TimelineKind>,
    pub notice: Option<Notice>,
    pub unsaved: Unsaved,
}

impl Came {
    pub fn recorded() -> Self {
        let notice = Notice { failed: false, text: "Recorded.".to_owned(), look_again: false };
        Self { notice: Some(notice), ..Self::default() }
    }

    pub fn refused(problem: &Problem, form: &SignedForm) -> Self {
        let look_again = problem.kind == Kind::NotKnownYet;
        let text = match look_again {
            true => "We do not know yet whether this was recorded. Refresh the page before you press again.".to_owned(),
            false => sentence(problem.detail()),
        };
        let field = |name| form.field(name).unwrap_or_default().to_owned();
        Self {
            shows: None,
            notice: Some(Notice { failed: true, text, look_again }),
            unsaved: Unsaved { action: field("action"), task: field("task"), text: field("note"), words: field("do") },
        }
    }
}

/// A department's part of it, with what the reader can do for it.
#[derive(Debug)]
pub struct Part {
    id: DepartmentId,
    tag: Tag,
    is_unanswered: bool,
    /// Whether the reader may answer for it.
    may_answer: bool,
    is_mine: bool,
    /// Who was paged, with the times.
    paged: Vec<(String, String)>,
    /// Who is paged next and when, if nobody has it.
    next: Option<String>,
    /// Whom the reader, who has it, can ask to take it over.
    colleagues: Vec<HandOverTo>,
}

/// What the reader may do and see, as decided elsewhere.
pub struct Rights<'a> {
    pub may_act: bool,
    /// The departments that they may answer for.
    pub answers_for: Vec<DepartmentId>,
    /// Whether they may act for all departments.
    pub may_act_everywhere: bool,
    /// Whether they may write statements.
    pub may_draft: bool,
    pub protected: Protected<'a>,
}

impl IncidentPage {
    /// The page of an incident that its reader may see.
    pub fn new(site: Site<'_>, reading: Reading<'_>, history: &History, rights: &Rights<'_>, came: Came) -> Self {
        let incident = &history.incident;
        let times = Times::new(&reading.viewer.zone, reading.now);
        let protected = rights.protected;
        let mut timeline = moments(&history.records, reading, times, protected);
        timeline.retain(|moment| came.shows.is_none_or(|kind| moment.kind == kind));
        let filter = |kind: TimelineKind| (kind.word(), capitalized(kind.word()), came.shows == Some(kind));
        let noted: Vec<_> = history.records.iter().filter(|record| is_about_note(record)).cloned().collect();
        let is_open = incident.resolved.is_none();
        Self {
            frame: Frame::new(site, reading.viewer, times, Tab::Board),
            head: Row::new(incident, reading),
            status: status(incident),
            received: times.wall_to_the_second(incident.received_at),
            notice: came.notice,
            may_act: rights.may_act,
            posted: protected.posted(&history.records),
            hidden: match protected {
                Protected::NotRecorded => {
                    "We cannot show what was posted right now, because we cannot record who sees it. Try again in a minute."
                }
                _ => "You do not have permission to see what was posted.",
            },
            facts: facts(incident),
            departments: incident.tracks.iter().map(|track| Part::new(incident, track, reading, rights)).collect(),
            tasks: Tasks::new(history, reading, times, protected),
            may_task: rights.may_act && incident.is_live(),
            people: people(incident, reading),
            statements: incident.all_statements().iter().map(StatementLine::new).collect(),
            beginning: (is_open && rights.may_draft).then(|| Beginning::new(incident, reading)),
            notes: moments(&noted, reading, times, protected),
            timeline,
            filters: TimelineKind::ALL.map(filter).to_vec(),
            is_filtered: came.shows.is_some(),
            note_max: NOTE_MAX,
            is_open,
            unsaved: came.unsaved,
            closing: Some(Closing::new(incident, reading)).filter(|closing| is_open && rights.may_close(closing)),
            reopening: (!is_open && rights.may_act && incident.can_be_reopened()).then(|| reopening(incident, reading)),
        }
    }
}

impl Rights<'_> {
    /// Some may resolve only what every department has acknowledged.
    fn may_close(&self, closing: &Closing) -> bool {
        self.may_act && (self.may_act_everywhere || !closing.needs_reason)
    }
}

impl StatementLine {
    fn new(one: &Statement) -> Self {
        let open = one.unanswered().count();
        let state = match one.stage {
            Stage::Draft if one.may_be_used() => "approved in advance".to_owned(),
            Stage::Submitted => {
                format!("{} of {} departments have approved it", one.approvals.len() - open, one.approvals.len())
            }
            stage => stage.in_words().to_owned(),
        };
        Self { number: one.number, title: format!("{}, version {}", title(one), one.version), state }
    }
}

impl Beginning {
    fn new(incident: &Incident, reading: Reading<'_>) -> Self {
        let playbook = (reading.playbook)(&incident.playbook_hash);
        let names = playbook.iter().flat_map(|playbook| &playbook.statements).map(|one| one.name.clone());
        let media = Medium::ALL.map(|medium| (medium.word(), capitalized(medium.in_words())));
        Self { names: names.collect(), media: media.to_vec() }
    }
}

impl Closing {
    fn new(incident: &Incident, reading: Reading<'_>) -> Self {
        let open = incident.tracks.iter().filter(|track| track.is_unanswered());
        let open: Vec<&str> = open.map(|track| reading.plan.department_name(&track.department)).collect();
        let mut means = match open.is_empty() {
            true => "Paging stops.".to_owned(),
            false => format!("Paging stops, although nobody has acknowledged for {}.", join(&open)),
        };
        means.push_str(&match incident.follow_up() {
            0 => String::new(),
            1 => " 1 task stays open, and its owner is reminded by day until it is done.".to_owned(),
            count => format!(" {count} tasks stay open, and their owners are reminded by day until they are done."),
        });
        let outcomes = ResolvedAs::ALL.map(|outcome| (outcome.word(), capitalized(outcome.in_words())));
        Self { means, outcomes: outcomes.to_vec(), needs_reason: !open.is_empty() }
    }
}

impl Part {
    fn new(incident: &Incident, track: &Track, reading: Reading<'_>, rights: &Rights<'_>) -> Self {
        let is_mine = track.acknowledged.as_ref().is_some_and(|one| reading.viewer.is(&one.by));
        let found = hand_over::colleagues(incident, reading.plan, reading.now.wall, track).into_iter();
        let colleagues = found.map(|found| HandOverTo {
            value: hand_over::value_of(&found.department, &found.liaison.id),
            name: found.liaison.name.clone(),
            department: reading.plan.department_name(&found.department).to_owned(),
        });
        let times = Times::new(&reading.viewer.zone, reading.now);
        let playbook = (reading.playbook)(&incident.playbook_hash).filter(|_| track.is_unanswered());
        Self {
            id: track.department.clone(),
            paged: track.pages.iter().map(|page| (times.logical(page.at), paged(page, reading))).collect(),
            next: playbook.and_then(|playbook| row::next(incident, &playbook, track, reading)),
            tag: Tag::new(incident, track, reading),
            is_unanswered: track.is_unanswered(),
            may_answer: rights.answers_for.contains(&track.department),
            is_mine,
            colleagues: if is_mine { colleagues.collect() } else { Vec::new() },
        }
    }
}

fn is_about_note(record: &Record) -> bool {
    matches!(&record.entry.fact, Fact::Incident(_, event) if is_note(event))
}

fn paged(page: &OpenPage, reading: Reading<'_>) -> String {
    let known = reading.plan.liaison(&page.roster, &page.liaison);
    let name = known.map_or_else(|| page.liaison.to_string(), |(_, liaison)| liaison.name.clone());
    format!("{name} was paged")
}

fn status(incident: &Incident) -> String {
    let (all, taken) = (incident.tracks.len(), incident.tracks.iter().filter(|one| one.acknowledged.is_some()).count());
    match (incident.status(), incident.outcome) {
        (Status::Resolved, Some(outcome)) => format!("resolved: {}", outcome.in_words()),
        (Status::Resolved, None) => "resolved".to_owned(),
        _ if all == 1 => if taken == 1 { "somebody has it" } else { "nobody has it yet" }.to_owned(),
        _ => format!("{taken} of {all} departments have it"),
    }
}

fn facts(incident: &Incident) -> Vec<(&'static str, String)> {
    let is_by_hand = incident.source == SourceName::form();
    let source = if is_by_hand { "somebody who signed in".to_owned() } else { incident.source.to_string() };
    let mut facts = vec![("Source", source)];
    if incident.occurrences > 1 {
        facts.push(("Reported", format!("{} times", incident.occurrences)));
    }
    if let Some(reach) = incident.seen.reach {
        facts.push(("Reach", format!("{reach} people")));
    }
    if !incident.seen.flags.is_empty() {
        facts.push(("Flags", incident.seen.flags.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")));
    }
    facts
}

fn reopening(incident: &Incident, reading: Reading<'_>) -> String {
    let departments = incident.tracks.iter().map(|track| reading.plan.department_name(&track.department));
    let departments: Vec<&str> = departments.collect();
    format!(
        "{} {} paged again from the first step.",
        join(&departments),
        if departments.len() == 1 { "is" } else { "are" }
    )
}
