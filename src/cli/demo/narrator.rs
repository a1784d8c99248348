//! Narrates what happens: from events and messages to paragraphs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::cli::demo::scene::{Scene, events, one_line, page_of, who};
use crate::domain::digest::Digest;
use crate::domain::escalation::event::{Event, Opened, Paged, PassedOver, StepFired};
use crate::domain::escalation::owed::follow_up::FollowUp;
use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::escalation::tasks::event::{TaskChanged, TaskEvent};
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::id::{DepartmentId, IncidentId};
use crate::domain::page::PageReason;
use crate::mock::Message;
use crate::store::query::History;
use crate::web::words::join;

#[derive(Debug, PartialEq, Eq)]
pub struct Paragraph {
    pub at: DateTime<Utc>,
    pub incident: IncidentId,
    /// One sentence.
    pub head: String,
    /// Details, each with a label.
    pub details: Vec<(&'static str, String)>,
}

/// The label of a link.
pub const LINK: &str = "press";

/// Remembers what it has narrated.
#[derive(Debug, Default)]
pub struct Narrator {
    told_until: HashMap<IncidentId, u64>,
    messages_until: u64,
}

/// The messages of one page that arrived together.
#[derive(Debug, Default)]
struct Bundle {
    link: String,
    messages: Vec<Arc<Message>>,
}

type Bundles = BTreeMap<Digest, Bundle>;

impl Narrator {
    /// What is new since the last call, in order of time.
    pub fn tell(&mut self, scene: &Scene) -> Vec<Paragraph> {
        let mut bundles = self.new_messages(scene);
        let mut told = Vec::new();
        for history in &scene.histories {
            let incident = history.incident.id;
            let before = told.len();
            let until = self.told_until.entry(incident).or_default();
            let fresh = events(history).filter(|(record, _)| record.seq > *until).collect::<Vec<_>>();
            for (record, event) in &fresh {
                let paragraph = Reading { scene }.paragraph(event, &mut bundles);
                told.extend(paragraph.map(|(head, details)| Paragraph {
                    at: record.entry.at,
                    incident,
                    head,
                    details,
                }));
            }
            *until = fresh.last().map_or(*until, |(record, _)| record.seq);
            let climbed = fresh.iter().any(|(_, event)| matches!(event, Event::StepFired(_)));
            if let Some(last) = told[before..].last_mut().filter(|_| climbed) {
                last.details.extend(next_step(scene, history));
            }
        }
        told.extend(late_messages(scene, bundles));
        told.sort_by_key(|paragraph| paragraph.at);
        told
    }

    fn new_messages(&mut self, scene: &Scene) -> Bundles {
        let mut bundles = Bundles::new();
        for message in scene.messages.iter().filter(|message| message.number > self.messages_until) {
            if let Some((link, digest)) = page_of(message) {
                let bundle = bundles.entry(digest).or_default();
                bundle.link = link;
                bundle.messages.push(Arc::clone(message));
            }
        }
        self.messages_until = scene.messages.last().map_or(self.messages_until, |message| message.number);
        bundles
    }
}

impl Bundle {
    /// Text messages before emails, then the link on its own line.
    fn details(&self) -> Vec<(&'static str, String)> {
        let first_words = |message: &Arc<Message>| match message.mail() {
            Some(mail) => ("email", one_line(&mail.subject)),
            None => ("SMS", one_line(message.text()).replace(&self.link, "").trim_end_matches([':', ' ']).to_owned()),
        };
        let mut details: Vec<_> = self.messages.iter().map(first_words).collect();
        details.sort();
        details.push((LINK, self.link.clone()));
        details
    }
}

/// Messages that arrived after their page was narrated, on the person's second channel.
fn late_messages(scene: &Scene, bundles: Bundles) -> Vec<Paragraph> {
    let guests = if bundles.is_empty() { HashMap::new() } else { scene.guests() };
    let paragraph = |(digest, bundle): (Digest, Bundle)| {
        let guest = guests.get(&digest)?;
        let at = bundle.messages.first()?.received_at.into();
        let head = format!("{} ({}) is paged on another channel", guest.name, guest.role);
        Some(Paragraph { at, incident: guest.incident, head, details: bundle.details() })
    };
    bundles.into_iter().filter_map(paragraph).collect()
}

fn next_step(scene: &Scene, history: &History) -> Option<(&'static str, String)> {
    let tracks = history.incident.tracks.iter().filter(|track| track.acknowledged.is_none());
    let at = tracks.filter_map(|track| track.next).map(|next| next.at).min()?;
    Some(("next", format!("a step at {} if no one answers", scene.clock(at))))
}

/// Describes an event.
struct Reading<'a> {
    scene: &'a Scene,
}

type Words = (String, Vec<(&'static str, String)>);

impl Reading<'_> {
    fn paragraph(&self, event: &Event, bundles: &mut Bundles) -> Option<Words> {
        let plain = |head: String| Some((head, Vec::new()));
        match event {
            Event::Opened(opened) => Some(self.opened(opened)),
            Event::Folded(folded) => plain(format!("reported again, {} times so far", folded.occurrences)),
            Event::SeverityRose(rose) => plain(format!("the severity rose to {}", rose.severity)),
            Event::Reclassified(new) => plain(format!(
                "reported again as {}, which is more serious; the severity is {}",
                new.playbook, new.severity
            )),
            Event::StepFired(fired) => Some(self.fired(fired, bundles)),
            Event::StepDeferred { .. } | Event::LinkIssued { .. } => None,
            Event::Attempted { channel, outcome, .. } => {
                let code = outcome.code()?;
                plain(format!("a page by {channel} failed ({code})"))
            }
            Event::Acknowledged { department, by, taken_from: Some(from), .. } => {
                plain(format!("{} took {} over from {}", who(by), self.name(department), who(from)))
            }
            Event::HandOverRequested { department, from, pages, .. } => {
                let to = self.people(pages, department);
                let head = format!("{to} is asked to take {} over from {}", self.name(department), who(from));
                Some((head, take(pages, bundles)))
            }
            Event::HandOverFailed { by, from, because, pages, .. } => {
                let head = format!("{} {}, so {} still has it", who(by), because.words(), who(from));
                Some((head, take(pages, bundles)))
            }
            Event::Acknowledged { department, by, .. } => {
                plain(format!("{} acknowledged: paging has stopped for {}", who(by), self.name(department)))
            }
            Event::Declined { department, by, .. } => {
                plain(format!("{} can’t take it for {}", who(by), self.name(department)))
            }
            Event::Withdrawn { department, .. } => {
                plain(format!("someone who is involved is no longer paged for {}", self.name(department)))
            }
            Event::Noted { by, text, .. } => {
                plain(format!("{} noted: {}", who(by), one_line(text.plain().unwrap_or("(sealed)"))))
            }
            Event::Escalated { department, by, .. } => {
                plain(format!("{} asked for the next step for {}", who(by), self.name(department)))
            }
            Event::Reminded { department, pages, .. } => {
                let people = self.people(pages, department);
                let head = format!("{} reminds {people}: no note yet", self.name(department));
                Some((head, take(pages, bundles)))
            }
            Event::HolderUnreachable { department, by, .. } => {
                plain(format!("{} cannot be reached, so no one is handling it for {}", who(by), self.name(department)))
            }
            Event::HandedOver { department, by, pages, .. } => {
                let head = format!("{} hands it to {}", who(by), self.people(pages, department));
                Some((head, take(pages, bundles)))
            }
            Event::ConfigurationFixed { .. } => plain("the files are valid again".to_owned()),
            Event::HeardAgain { .. } => plain("the source reported again".to_owned()),
            Event::Resolved { by, .. } => plain(format!("resolved by {}", who(by))),
            Event::Reopened(reopened) => plain(format!("reopened by {}", who(&reopened.by))),
            Event::FollowedUp(followed) => self.followed_up(followed, bundles),
            Event::Task(task) => plain(format!("{}: {}", who(&task.by), self.task(task))),
            Event::Statement(event) => self.of_statement(event, bundles),
            Event::Purged { by } => plain(format!("its text was permanently deleted by {}", who(by))),
        }
    }

    fn opened(&self, opened: &Opened) -> Words {
        let plan = &self.scene.plan;
        let playbook = plan.playbooks.iter().find(|playbook| playbook.name() == opened.playbook);
        let title = playbook.map_or(opened.playbook.as_str(), |playbook| &playbook.title);
        let waits = |track: &&TrackOpened| track.starts_at > opened.received_at;
        let at_once = opened.tracks.iter().filter(|track| !waits(track));
        let departments: Vec<_> = at_once.map(|track| self.name(&track.department).to_owned()).collect();
        let mut details = vec![("playbook", opened.playbook.clone())];
        if !departments.is_empty() {
            details.push(("asks", join(&departments)));
        }
        for track in opened.tracks.iter().filter(waits) {
            let opens = self.scene.day_and_clock(track.starts_at);
            details.push(("waits", format!("{}, until it opens: {opens}", self.name(&track.department))));
        }
        (format!("opened, {}: {title}", opened.severity), details)
    }

    fn fired(&self, fired: &StepFired, bundles: &mut Bundles) -> Words {
        let department = self.name(&fired.department);
        let passed = fired.passed_over.iter().map(|passed| ("not", self.passed(passed)));
        let details = take(&fired.pages, bundles).into_iter().chain(passed).collect();
        if fired.pages.is_empty() {
            return (format!("{department} has no one to page"), details);
        }
        let people = self.people(&fired.pages, &fired.department);
        (format!("{department} pages {people}{}", why(fired.reason)), details)
    }

    fn followed_up(&self, followed: &FollowUp, bundles: &mut Bundles) -> Option<Words> {
        let department = followed.department.as_ref().filter(|_| !followed.pages.is_empty())?;
        let people = self.people(&followed.pages, department);
        let head = format!("{} pages {people}{}", self.name(department), why(followed.reason));
        Some((head, take(&followed.pages, bundles)))
    }

    fn of_statement(&self, event: &StatementEvent, bundles: &mut Bundles) -> Option<Words> {
        if let StatementChanged::Asked { department, pages, .. } = &event.change
            && !pages.is_empty()
        {
            let head = format!(
                "{} pages {}{}",
                self.name(department),
                self.people(pages, department),
                why(PageReason::Approval)
            );
            return Some((head, take(pages, bundles)));
        }
        let by = event.change.by().map(who).unwrap_or_default();
        event.sentence(&by, &|department| self.name(department).to_owned()).map(|head| (head, Vec::new()))
    }

    fn task(&self, event: &TaskEvent) -> String {
        let (number, department) = (event.task, self.name(&event.department));
        match event.change {
            TaskChanged::Done { .. } => format!("task {number} of {department} is done"),
            TaskChanged::NotNeeded { .. } => format!("task {number} of {department} is not needed"),
            TaskChanged::Reopened { .. } => format!("task {number} of {department} is open again"),
            TaskChanged::Added { .. } => format!("task {number} added for {department}"),
        }
    }

    fn people(&self, pages: &[Paged], department: &DepartmentId) -> String {
        join(&pages.iter().map(|paged| self.scene.person(paged, department)).collect::<Vec<_>>())
    }

    fn passed(&self, passed: &PassedOver) -> String {
        let because = passed.because.words();
        let rosters = self.scene.plan.rosters.values();
        let named = passed.liaison.as_ref().and_then(|id| rosters.clone().find_map(|roster| roster.liaison(id)));
        match named {
            Some(liaison) => format!("{} ({}): {because}", liaison.name, passed.target),
            None => format!("{}: {because}", passed.target),
        }
    }

    fn name<'a>(&'a self, department: &'a DepartmentId) -> &'a str {
        self.scene.plan.department_name(department)
    }
}

fn take(pages: &[Paged], bundles: &mut Bundles) -> Vec<(&'static str, String)> {
    pages.iter().filter_map(|paged| bundles.remove(&paged.link)).flat_map(|bundle| bundle.details()).collect()
}

/// Why a step fired.
fn why(reason: PageReason) -> &'static str {
    match reason {
        PageReason::Opened => "",
        PageReason::NotAcknowledged => ": no answer yet",
        PageReason::Repeated => ": still no answer",
        PageReason::Declined => " instead",
        PageReason::Unreachable => ": the previous person could not be reached",
        PageReason::Involved => ": the previous person is involved",
        PageReason::NobodyFound => ": the previous step found no one",
        PageReason::Escalated => ", on request",
        PageReason::SeverityRose => ": the severity rose",
        PageReason::Reclassified => ": now classified as more serious",
        PageReason::Reopened => ": reopened",
        PageReason::NotActedOn => ": no note yet",
        PageReason::HolderUnreachable => ": the person handling it cannot be reached",
        PageReason::LastResort => ": everyone else is involved",
        PageReason::HandedOver => ": it was handed over",
        PageReason::NotTakenOver => ": it was not taken over",
        PageReason::Overdue => ": a task is overdue",
        PageReason::Owed => ": a task is still open",
        PageReason::Approval => ": a statement waits for approval",
    }
}
