//! The text of a link's page in each state. The template decides how it looks.

use askama::Template;

use crate::domain::escalation::event::Because;
use crate::domain::escalation::incident::{Acknowledgement, HandOver, Resolution, Track};
use crate::domain::escalation::input::{NOTE_MAX, Refusal};
use crate::domain::escalation::next_page::NextPage;
use crate::domain::page::PageReason;
use crate::domain::principal::Principal;
use crate::domain::severity::Severity;
use crate::engine::protocol::link::{HandOverTo, LinkView};
use crate::store::query::LinkTarget;
use crate::web::guide::Guide;
use crate::web::notice::{Notice, Pressed};
use crate::web::style::CSS;
use crate::web::tasks::TaskBlock;
use crate::web::waiting::Beside;
use crate::web::words::{Times, in_words, join, sentence};

#[derive(Debug, Template)]
#[template(path = "link.html")]
pub struct Page {
    css: &'static str,
    hospital: String,
    drill: bool,
    severity: Severity,
    /// The playbook's title: the class in words.
    title: String,
    /// What was just recorded, or was not.
    notice: Option<Notice>,
    words: Words,
    facts: Vec<(&'static str, String)>,
    /// Until somebody has it.
    deadline: Option<Deadline>,
    /// Who answers here: a link is for one person.
    reader: String,
    guide: Option<Guide>,
    /// For a reader who has it.
    tasks: TaskBlock,
    beside: Beside,
    /// The people it can be handed to by the reader, who has it.
    colleagues: Vec<HandOverTo>,
    /// Offers the contact card to someone who has answered and now has time.
    offers_card: bool,
}

/// Whether there is a contact card to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// There is one.
    There,
    /// No channel is set up that a contact card could list.
    Missing,
}

#[derive(Debug)]
pub(in crate::web) struct Words {
    pub headline: String,
    pub lead: Vec<String>,
    pub answers: Answers,
    /// Small print under the buttons.
    pub small: Option<String>,
    pub note: Option<NoteField>,
}

/// When the next person is paged, or the goal for acknowledging once there is no next person.
#[derive(Debug)]
struct Deadline {
    at: String,
    distance: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Answers {
    /// Take it, or not.
    Both,
    /// Take it over from the person who asks, or leave it with them.
    TakeOver,
    /// Take it after all.
    TakeAfterAll,
    /// Give it back.
    GiveBack,
    /// Nothing is asked.
    Nothing,
}

#[derive(Debug)]
pub(in crate::web) struct NoteField {
    label: &'static str,
    text: String,
    longest: usize,
    /// Shown at the top because the page is about the note.
    first: bool,
}

/// The incident's state from the reader's point of view.
enum State<'a> {
    Open,
    Declined,
    Yours(&'a Acknowledgement),
    /// The person who has it asks the reader to take it over.
    Asked(&'a Acknowledgement, &'a HandOver),
    Theirs(&'a Acknowledgement),
    Over(&'a Resolution),
}

impl Page {
    /// The page of a link, right after a press or without one; `None` if its department has no track.
    pub fn new(view: &LinkView, pressed: Option<&Pressed>, card: Card, beside: Beside) -> Option<Self> {
        let (incident, target) = (&view.incident, &view.target);
        let track = incident.track(&target.department)?;
        let zone = view.plan.zone(&target.department);
        let times = Times::new(&zone, view.now);
        let scene = Scene { view, track, times };
        let state = scene.state();
        let mut words = scene.words(&state);
        if let (Some(note), Some(pressed)) = (&mut words.note, pressed) {
            note.text = pressed.unsaved_note();
            // Someone who has to write the note again should not have to look for the field.
            note.first |= pressed.lacks_note();
        }
        let own = matches!(state, State::Yours(_));
        let department = view.plan.department_name(&target.department).to_owned();
        let mut facts = vec![("Department", department), ("Reference", incident.id.to_string())];
        let waits = matches!(state, State::Open | State::Declined);
        let by = match &state {
            State::Asked(_, hand_over) => view.now.on_the_wall(hand_over.take_by),
            _ => track.answer_by(view.next.as_ref(), view.now),
        };
        let deadline = (waits || matches!(state, State::Asked(..)))
            .then(|| Deadline { at: times.wall(by), distance: times.wall_distance(by) });
        if waits {
            facts.push(("Goal", format!("an answer within {}", in_words(track.acknowledge_within))));
        }
        Some(Self {
            css: CSS,
            hospital: view.plan.hospital.to_string(),
            drill: incident.drill,
            severity: incident.severity,
            title: view.playbook.title.clone(),
            notice: pressed.and_then(|pressed| pressed.notice(times, own)),
            words,
            facts,
            deadline,
            reader: target.name.clone(),
            guide: own.then(|| Guide::new(view)),
            tasks: if own { TaskBlock::new(view, times) } else { TaskBlock::default() },
            beside,
            colleagues: if own { scene.colleagues() } else { Vec::new() },
            offers_card: own && card == Card::There,
        })
    }

    /// The same after a press for several pages.
    #[must_use]
    pub fn with_notice(mut self, notice: Option<Notice>) -> Self {
        self.notice = self.notice.or(notice);
        self
    }
}

/// Whether an acknowledgement is the link holder's own.
pub fn is_own(target: &LinkTarget, by: &Principal) -> bool {
    by.is_listed_as(&target.roster, &target.liaison)
}

/// Whether a refusal only says that the link's holder has it already.
pub fn is_had_already(target: &LinkTarget, refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::AlreadyAcknowledged { by, .. } if is_own(target, by))
}

pub(in crate::web) struct Scene<'a> {
    pub view: &'a LinkView,
    pub track: &'a Track,
    pub times: Times<'a>,
}

impl<'a> Scene<'a> {
    fn state(&self) -> State<'a> {
        let target = &self.view.target;
        match (&self.view.incident.resolved, &self.track.acknowledged) {
            (Some(resolution), _) => State::Over(resolution),
            (None, Some(acknowledged)) if is_own(target, &acknowledged.by) => State::Yours(acknowledged),
            (None, Some(acknowledged)) => match &acknowledged.hand_over {
                Some(asked) if asked.to == target.liaison && asked.roster == target.roster => {
                    State::Asked(acknowledged, asked)
                }
                _ => State::Theirs(acknowledged),
            },
            (None, None) if self.track.passed(&target.roster, &target.liaison) == Some(Because::Declined) => {
                State::Declined
            }
            (None, None) => State::Open,
        }
    }

    fn words(&self, state: &State) -> Words {
        match state {
            State::Open => self.open(),
            State::Declined => self.declined(),
            State::Yours(acknowledged) => self.yours(acknowledged),
            State::Asked(acknowledged, _) => self.asked(acknowledged),
            State::Theirs(acknowledged) => self.theirs(acknowledged),
            State::Over(resolution) => self.over(resolution),
        }
    }

    fn open(&self) -> Words {
        let lead = match self.reason() {
            _ if self.reopened_since().is_some() => self.reopened_since(),
            None | Some(PageReason::Opened) => None,
            // It was acknowledged when this page was made.
            Some(PageReason::NotActedOn) => Some("No one has it anymore.".to_owned()),
            Some(reason) => Some(sentence(reason.words())),
        };
        Words {
            headline: self.view.playbook.title.clone(),
            lead: lead.into_iter().collect(),
            answers: Answers::Both,
            small: Some(match &self.view.next {
                Some(next) if next.people.is_empty() => {
                    format!("If no one answers, you are paged again at {}.", self.times.wall(next.at))
                }
                Some(next) if self.times.is_over(next.at) => {
                    sentence(&format!("{} paged any moment now", self.people(next)))
                }
                Some(next) => {
                    let at = self.times.wall(next.at);
                    format!("If no one answers, {} paged at {at}.", self.people(next))
                }
                None => format!("After this, no one else will be paged for {}.", self.department()),
            }),
            note: None,
        }
    }

    /// Who reopened the incident after this page was made.
    fn reopened_since(&self) -> Option<String> {
        let reopened = self.view.incident.reopened.as_deref()?;
        let is_older = self.view.target.page <= reopened.last_page;
        let at = self.times.logical(reopened.at);
        is_older.then(|| format!("It was resolved after you were paged. {} reopened it at {at}.", reopened.by.name()))
    }

    fn declined(&self) -> Words {
        let paged = self.paged_meanwhile();
        let has_been = if paged.len() == 1 { "has" } else { "have" };
        let next = match &self.view.next {
            Some(next) if next.people.is_empty() => {
                format!("if no one answers, you are asked again at {}", self.times.wall(next.at))
            }
            Some(next) if self.times.is_over(next.at) => format!("{} paged now", self.people(next)),
            Some(next) => {
                format!("if no one answers, {} paged at {}", self.people(next), self.times.wall(next.at))
            }
            None if paged.is_empty() => {
                format!("no one else will be paged for {}: call the operator", self.department())
            }
            None => format!("after that, no one else will be paged for {}", self.department()),
        };
        let paged = (!paged.is_empty()).then(|| format!("{} {has_been} been paged.", join(&paged)));
        Words {
            headline: "You passed this on".to_owned(),
            lead: paged.into_iter().chain([sentence(&next)]).collect(),
            answers: Answers::TakeAfterAll,
            small: None,
            note: None,
        }
    }

    /// The others whom the latest step paged, by name.
    fn paged_meanwhile(&self) -> Vec<String> {
        let target = &self.view.target;
        let latest = self.track.pages.iter().filter(|page| page.paging_step == self.track.paging_steps);
        let others = latest.filter(|page| page.liaison != target.liaison || page.roster != target.roster);
        let name = |roster, liaison| Some(self.view.plan.rosters.get(roster)?.liaison(liaison)?.name.clone());
        others.filter_map(|page| name(&page.roster, &page.liaison)).collect()
    }

    fn yours(&self, acknowledged: &Acknowledgement) -> Words {
        let since = self.times.logical(acknowledged.at);
        let reminded = self.is_reminded();
        let owed = acknowledged.act_by.map(|by| self.times.logical(by));
        let (headline, mut lead, first) = match &owed {
            Some(by) if reminded => (
                "What has been done?",
                vec![
                    format!("You acknowledged at {since}, and no note has been written since."),
                    format!("Without a note by {by}, you are paged again."),
                ],
                true,
            ),
            Some(by) => (
                "You have it",
                vec![
                    format!("Acknowledged at {since}. No one else will be paged for {}.", self.department()),
                    format!("Write a first note by {by}, or you are paged again."),
                ],
                false,
            ),
            None => (
                "You have it",
                vec![format!("Acknowledged at {since}. No one else will be paged for {}.", self.department())],
                false,
            ),
        };
        lead.extend(self.handed(acknowledged));
        let label = if owed.is_some() { "First note: what was done" } else { "Note: what was done" };
        Words {
            headline: headline.to_owned(),
            lead,
            answers: Answers::GiveBack,
            small: None,
            note: Some(NoteField { label, text: String::new(), longest: NOTE_MAX, first }),
        }
    }

    fn theirs(&self, acknowledged: &Acknowledgement) -> Words {
        let (name, since) = (acknowledged.by.name(), self.times.logical(acknowledged.at));
        let owed = acknowledged.act_by.filter(|_| self.reason() == Some(PageReason::NotActedOn));
        if let Some(by) = owed {
            let label = "Note: what was done";
            return Words {
                headline: "What has been done?".to_owned(),
                lead: vec![
                    format!("{name} acknowledged at {since}, and no note has been written since."),
                    format!(
                        "Reach {name} and ask for a note by {}. Without a note by {name}, both of you are paged again.",
                        self.times.logical(by)
                    ),
                ],
                answers: Answers::Nothing,
                small: None,
                note: Some(NoteField { label, text: String::new(), longest: NOTE_MAX, first: true }),
            };
        }
        Words {
            headline: format!("{name} has it"),
            lead: vec![
                format!("Already acknowledged by {name} at {since}."),
                "You do not need to do anything.".to_owned(),
            ],
            answers: Answers::Nothing,
            small: None,
            note: None,
        }
    }

    fn over(&self, resolution: &Resolution) -> Words {
        let (name, at) = (resolution.by.name(), self.times.logical(resolution.at));
        Words {
            headline: "Resolved".to_owned(),
            lead: vec![format!("Resolved by {name} at {at}."), "You do not need to do anything.".to_owned()],
            answers: Answers::Nothing,
            small: None,
            note: None,
        }
    }

    /// Whether the page reminds its reader of a note, or came after one that does.
    fn is_reminded(&self) -> bool {
        let target = &self.view.target;
        let mut theirs = self.track.pages.iter().filter(|page| page.is_to(&target.roster, &target.liaison));
        match self.reason() {
            Some(PageReason::Overdue) => theirs.any(|page| page.reason == PageReason::NotActedOn && !page.called_off),
            reason => reason == Some(PageReason::NotActedOn),
        }
    }

    /// Why the page was made; `None` if the page is too old to tell.
    pub fn reason(&self) -> Option<PageReason> {
        self.view.incident.page(self.view.target.page).map(|(_, page)| page.reason)
    }

    fn department(&self) -> &str {
        self.view.plan.department_name(&self.view.target.department)
    }

    /// `Jonas Chen (backup) is`, `… and … are`: the subject of a sentence.
    fn people(&self, next: &NextPage) -> String {
        let names = next.people.iter().map(|(name, role, roster)| {
            if *roster == self.view.target.department {
                format!("{name} ({role})")
            } else {
                format!("{name} ({role}, {})", self.view.plan.department_name(roster))
            }
        });
        let names: Vec<_> = names.collect();
        match names.len() {
            1 => format!("{} is", names[0]),
            _ => format!("{} are", join(&names)),
        }
    }
}
