//! The state of one incident, as small as its decisions allow: no text of the post is in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::event::{Because, By, Next, Rung};
use crate::domain::id::{DepartmentId, IncidentId, LiaisonId, SourceName};
use crate::domain::involved::Involved;
use crate::domain::page::PageReason;
use crate::domain::playbook::ladder::Ladder;
use crate::domain::playbook::{Playbook, Seen};
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// One open incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its reference.
    pub id: IncidentId,
    /// Who sent it.
    pub source: SourceName,
    /// The hospital's class for the label that it came with.
    pub class: Box<str>,
    /// The source's key of the matter.
    pub dedup_key: Option<Box<str>>,
    /// The playbook's name.
    pub playbook: Box<str>,
    /// The version of the playbook that it opened with or took later: the hash under which the record keeps it.
    pub playbook_hash: Digest,
    /// What is left of the playbooks that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Box<Earlier>>,
    /// After promotions; never falls.
    pub severity: Severity,
    /// The gravest that a source asked for.
    pub asked: Option<Severity>,
    /// What can lift it, gathered over its repeats.
    pub seen: Seen,
    /// An exercise.
    pub drill: bool,
    /// The wall clock when it was received.
    #[serde(with = "crate::domain::instant")]
    pub received_at: DateTime<Utc>,
    /// How often the matter has come in.
    pub occurrences: u64,
    /// Who must not be paged.
    pub involved: Involved,
    /// How many further names of people in no roster came in and were not kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub involved_not_kept: u32,
    /// How many pages have been made.
    pub pages_made: u32,
    /// One a department.
    pub tracks: Vec<Track>,
    /// Who closed it, and when.
    pub resolved: Option<Resolution>,
    /// It tells of a source's silence, and the source has spoken since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub heard_again: bool,
    /// It reports a broken configuration, which is whole again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub configuration_fixed: bool,
    /// Who had its words destroyed, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged: Option<Box<Resolution>>,
}

/// What is left of the playbooks that an incident had before it took another one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// Their names, in order.
    pub playbooks: Vec<Box<str>>,
    /// The ladders of departments that the playbook it has now does not name.
    pub ladders: Vec<(DepartmentId, Ladder)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Who closed a matter, or had its words destroyed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolution {
    /// Who.
    pub by: By,
    /// When, in logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
}

/// Where an incident stands as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A department has not acknowledged yet.
    Open,
    /// Every department has.
    Acknowledged,
    /// The matter is closed.
    Resolved,
}

/// One department's climb.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// The department.
    pub department: DepartmentId,
    /// The name of the ladder that it climbs, one of its playbook's.
    pub ladder: Box<str>,
    /// Shown on the page, counted from `base`.
    pub acknowledge_within: Wait,
    /// From acknowledgement to a first note.
    pub act_within: Option<Wait>,
    /// The steps' times count from here.
    #[serde(with = "crate::domain::instant")]
    pub base: DateTime<Utc>,
    /// What comes next; nothing once acknowledged or when the ladder has ended.
    pub next: Option<Next>,
    /// How often the whole ladder has been climbed again.
    pub rounds: u32,
    /// Counts the steps that paged somebody.
    pub firing: u32,
    /// Who will not be paged again before the next round.
    pub passed: Vec<(DepartmentId, LiaisonId, Because)>,
    /// The pages that still matter: on their way, or among the latest.
    pub pages: Vec<OpenPage>,
    /// Who has it.
    pub acknowledged: Option<Acknowledgement>,
}

/// Who has a department's track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: By,
    /// When, in logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// Without a note by then, people are paged again.
    #[serde(with = "crate::domain::instant::optional")]
    pub act_by: Option<DateTime<Utc>>,
    /// Where the climb stopped, for somebody who hands it back.
    pub stopped_before: Option<Next>,
}

/// A page that still matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenPage {
    /// Counts the incident's pages from 1.
    pub number: u32,
    /// Which of the track's firings made it.
    pub firing: u32,
    /// Who.
    pub liaison: LiaisonId,
    /// The roster that holds them.
    pub roster: DepartmentId,
    /// When it was made.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: PageReason,
    /// The channels that it still has to go over.
    pub pending: Vec<Delivery>,
    /// A provider has taken it over.
    pub accepted: bool,
    /// It was not wanted any more when an attempt may still have been on its way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub called_off: bool,
}

/// A page's way over one channel that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Which channel.
    pub by: ChannelKind,
    /// The address or number.
    pub to: Box<str>,
    /// When it is tried next.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// How often it has been tried.
    pub attempts: u32,
    /// It is being tried right now; known to the running process alone.
    #[serde(skip)]
    pub in_flight: bool,
}

/// A track's state in a word, for answers by API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrackStatus {
    /// Its first step is still to come: its department has to open, or the ladder begins later.
    Waiting,
    /// Climbs.
    Climbing,
    /// The ladder has ended and nobody has acknowledged.
    Ended,
    /// Somebody has it.
    Acknowledged,
    /// The matter is closed.
    Resolved,
}

impl Incident {
    /// Where it stands as a whole.
    pub fn status(&self) -> Status {
        if self.resolved.is_some() {
            Status::Resolved
        } else if self.tracks.iter().all(|track| track.acknowledged.is_some()) {
            Status::Acknowledged
        } else {
            Status::Open
        }
    }

    /// Whether somebody will still be paged if nobody answers.
    pub fn climbs(&self) -> bool {
        let mut tracks = self.tracks.iter();
        self.resolved.is_none() && tracks.any(|track| track.is_unanswered() && track.next.is_some())
    }

    /// When it wants to be asked again: its next step, reminder or attempt.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.tracks.iter().filter_map(|track| track.next_timeout(self.resolved.is_some())).min()
    }

    /// The track of a department.
    pub fn track(&self, department: &DepartmentId) -> Option<&Track> {
        self.tracks.iter().find(|track| track.department == *department)
    }

    /// The ladder that a track climbs, by the incident's playbook.
    pub fn ladder<'a>(&'a self, track: &Track, playbook: &'a Playbook) -> &'a Ladder {
        let kept = self.earlier.iter().flat_map(|earlier| &earlier.ladders);
        let mut kept = kept.filter(|(department, _)| *department == track.department);
        kept.next().map_or_else(|| playbook.ladder_named(&track.ladder), |(_, ladder)| ladder)
    }

    /// The name of the playbook that it had when it had taken another one so often.
    pub fn playbook_after(&self, times: usize) -> &str {
        let earlier = self.earlier.as_ref().and_then(|earlier| earlier.playbooks.get(times));
        earlier.unwrap_or(&self.playbook)
    }

    /// The page of that number, with its track, if it still matters.
    pub fn page(&self, number: u32) -> Option<(&Track, &OpenPage)> {
        let in_track = |track: &'_ Track| track.pages.iter().position(|page| page.number == number);
        self.tracks.iter().find_map(|track| in_track(track).map(|index| (track, &track.pages[index])))
    }

    /// Whether nothing more can happen to it: closed, and no attempt on its way.
    pub fn is_settled(&self) -> bool {
        let mut pages = self.tracks.iter().flat_map(|track| &track.pages);
        self.resolved.is_some() && pages.all(|page| page.pending.iter().all(|delivery| !delivery.in_flight))
    }

    /// Gives back the room that its lists have and do not need: of many open incidents, that is more than half.
    pub fn shrink(&mut self) {
        self.seen.flags.shrink_to_fit();
        self.tracks.shrink_to_fit();
        for track in &mut self.tracks {
            track.passed.shrink_to_fit();
            track.pages.shrink_to_fit();
            track.pages.iter_mut().for_each(|page| page.pending.shrink_to_fit());
        }
    }

    /// The track's state in a word.
    pub fn track_status(&self, track: &Track) -> TrackStatus {
        if track.acknowledged.is_some() {
            TrackStatus::Acknowledged
        } else if self.resolved.is_some() {
            TrackStatus::Resolved
        } else if track.next.is_none() {
            TrackStatus::Ended
        } else if track.is_waiting() {
            TrackStatus::Waiting
        } else {
            TrackStatus::Climbing
        }
    }
}

impl OpenPage {
    /// Whether it went to this liaison of this roster.
    pub fn is_to(&self, roster: &DepartmentId, liaison: &LiaisonId) -> bool {
        self.roster == *roster && self.liaison == *liaison
    }
}

impl Track {
    /// By when somebody should have acknowledged, in logical time.
    pub fn acknowledge_by(&self) -> DateTime<Utc> {
        self.base + self.acknowledge_within.delta()
    }

    /// Whether nobody has it.
    pub fn is_unanswered(&self) -> bool {
        self.acknowledged.is_none()
    }

    /// Whether its first step is still to come.
    pub fn is_waiting(&self) -> bool {
        self.firing == 0 && self.pages.is_empty() && self.next.is_some_and(|next| next.step == Rung::Step(0))
    }

    /// Why a liaison will not be paged again before the next round.
    pub fn passed(&self, roster: &DepartmentId, liaison: &LiaisonId) -> Option<Because> {
        let passed = self.passed.iter().find(|(department, id, _)| department == roster && id == liaison);
        passed.map(|(.., because)| *because)
    }

    fn next_timeout(&self, resolved: bool) -> Option<DateTime<Utc>> {
        let waiting = self.pages.iter().flat_map(|page| &page.pending).filter(|delivery| !delivery.in_flight);
        let attempts = waiting.map(|delivery| delivery.at);
        let step = self.next.map(|next| next.at);
        let reminder = self.acknowledged.as_ref().and_then(|acknowledged| acknowledged.act_by);
        let steps = step.into_iter().chain(reminder).filter(|_| !resolved);
        steps.chain(attempts).min()
    }
}
