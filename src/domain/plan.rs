//! The hospital's plan: all rosters and playbooks that are in force, and the search for a person in them.

pub mod last_resort;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::bundling::Bundling;
use crate::domain::contact::{ChannelKind, Contact};
use crate::domain::contact_index::ContactIndex;
use crate::domain::digest::Digest;
use crate::domain::id::{ClassName, DepartmentId, LiaisonId, Role, SourceName};
use crate::domain::involved::Involved;
use crate::domain::label::{self, lower};
use crate::domain::page::HospitalName;
use crate::domain::playbook::Playbook;
use crate::domain::playbook::ladder::Target;
use crate::domain::roster::holder::{Holder, Rule, Why};
use crate::domain::roster::{Liaison, Roster};
use crate::domain::test_message::DailyTest;
use crate::domain::wait::Wait;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

/// All that is in force at one time; valid as a whole.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Starts every page.
    pub hospital: HospitalName,
    /// By department; it holds the fallback department.
    pub rosters: BTreeMap<DepartmentId, Arc<Roster>>,
    /// Who shares a contact with whom.
    pub contacts: ContactIndex,
    /// It holds `unclassified`.
    pub playbooks: Vec<Arc<Playbook>>,
    /// Paged whenever a roster cannot answer.
    pub fallback: DepartmentId,
    /// The channels that are set up.
    pub channels: Vec<ChannelKind>,
    /// Each source's labels, where they differ from the hospital's classes.
    pub labels: BTreeMap<SourceName, BTreeMap<String, ClassName>>,
    /// How long each source that must be heard from may be silent.
    pub heard_within: BTreeMap<SourceName, Wait>,
    /// How far apart the messages to one person are.
    pub bundling: Bundling,
    /// When the channels are tested, if they are.
    pub daily_test: Option<DailyTest>,
    /// The time zones that its files could name; each roster holds the one that it does.
    pub rules: Arc<Rules>,
    /// The files that it was read from, by path; the rules of the time zones that it names are among them.
    pub files: Vec<PlanFile>,
    /// What the record keeps of those that hold rosters, playbooks, ladders and rules of time zones; the settings' own text is nobody else's business.
    pub texts: BTreeMap<Digest, Arc<str>>,
}

/// A file of the plan, in the version that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    /// Relative to the configuration.
    pub path: String,
    /// Of the bytes.
    pub sha256: Digest,
}

/// Where the zone files stand among the files of a plan.
const ZONES: &str = "tzdata/";

impl PlanFile {
    /// The rules of a time zone, as a file of the plan.
    pub fn of_zone(zone: &Zone) -> Self {
        Self { path: format!("{ZONES}{}", zone.name()), sha256: zone.sha256() }
    }

    /// Whether it holds the rules of a time zone. Files of other kinds end in `.toml` wherever they stand.
    pub fn is_zone(&self) -> bool {
        self.path.starts_with(ZONES) && !self.path.ends_with(".toml")
    }

    /// The bytes of the file by the text that the record keeps of it: a zone file is no text, and is kept in Base64.
    /// `None` where the text cannot be that file's.
    pub fn bytes(&self, kept: &str) -> Option<Vec<u8>> {
        let bytes = if self.is_zone() { STANDARD.decode(kept).ok()? } else { kept.as_bytes().to_vec() };
        Some(bytes).filter(|bytes| Digest::of(bytes) == self.sha256)
    }
}

/// One channel of a person, as pages use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way<'a> {
    pub by: ChannelKind,
    pub to: &'a str,
    /// How long after the page is made.
    pub after: Wait,
}

impl Plan {
    /// The same with the rules of all time zones that it names among its files.
    pub fn with_zone_files(mut self) -> Self {
        let named = self.zones();
        self.files.extend(named.iter().map(PlanFile::of_zone));
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.texts.extend(named.iter().map(|zone| (zone.sha256(), STANDARD.encode(zone.bytes()).into())));
        self
    }

    /// The time zones that it names, each once, by name.
    pub fn zones(&self) -> Vec<Zone> {
        let rosters = self.rosters.values().map(|roster| &roster.timezone);
        let named = rosters.chain(self.daily_test.iter().map(|test| &test.zone));
        named.map(|zone| (zone.name(), zone.clone())).collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// The hospital's class for a source's label; case and surrounding space do not count.
    pub fn class_for<'a>(&'a self, source: &SourceName, label: &'a str) -> Cow<'a, str> {
        let labels = self.labels.get(source);
        let exact = labels.and_then(|labels| labels.get(label));
        let found =
            exact.or_else(|| labels?.iter().find(|(known, _)| label::is_same(known, label)).map(|(_, class)| class));
        found.map_or_else(|| label::folded(label), |class| Cow::Borrowed(class.as_str()))
    }

    /// Whether anybody at all can be reached over a channel that is set up.
    pub fn reaches_anybody(&self) -> bool {
        self.rosters.values().flat_map(|roster| &roster.liaisons).any(|liaison| self.reaches(liaison))
    }

    /// Whether a channel that is set up reaches the person.
    pub fn reaches(&self, liaison: &Liaison) -> bool {
        liaison.contacts.reachable(&self.channels).next().is_some()
    }

    /// Whether a name that an incident brings (an id, an address, or the full name of one person) means somebody in the
    /// rosters.
    pub fn knows(&self, name: &str) -> bool {
        self.contacts.know(&self.rosters, name)
    }

    /// How a page reaches a person, in the order in which the channels are used; the one that a step chooses alone, if the
    /// person has it. Nobody waits for a channel that cannot be used: the first usable one takes its place.
    pub fn ways<'a>(&self, liaison: &'a Liaison, by: Option<ChannelKind>) -> Vec<Way<'a>> {
        let mut usable: Vec<(&Contact, Wait)> = liaison.contacts.reachable(&self.channels).collect();
        if let Some(by) = by.filter(|by| usable.iter().any(|(contact, _)| contact.channel == *by)) {
            usable.retain(|(contact, _)| contact.channel == by);
        }
        usable.sort_by_key(|(_, after)| *after);
        let planned_first = liaison.contacts.in_order().map(|(_, after)| after).min().unwrap_or_default();
        let first = usable.first().map_or(planned_first, |(_, after)| *after);
        let way = |(contact, after): (&'a Contact, Wait)| {
            let later = after.as_seconds() - first.as_seconds();
            let after = Wait::seconds(later + planned_first.as_seconds());
            Way { by: contact.channel, to: &contact.address, after }
        };
        usable.into_iter().map(way).collect()
    }

    /// Whether the department is staffed; one without a roster never is.
    pub fn is_staffed(&self, department: &DepartmentId, at: DateTime<Utc>) -> bool {
        self.rosters.get(department).is_some_and(|roster| roster.is_staffed(at))
    }

    /// The department's name as people say it.
    pub fn department_name<'a>(&'a self, department: &'a DepartmentId) -> &'a str {
        self.rosters.get(department).map_or(department.as_str(), |roster| &roster.name)
    }

    /// A liaison by the roster that held them; where that does not any more, by another roster that has the id.
    pub fn liaison(&self, department: &DepartmentId, id: &LiaisonId) -> Option<(&DepartmentId, &Liaison)> {
        let own = self.rosters.get(department).into_iter();
        let rosters = own.chain(self.rosters.values());
        rosters.into_iter().find_map(|roster| Some((&roster.department, roster.liaison(id)?)))
    }

    /// The same for a person of that name: another roster may have given the id to somebody else.
    pub fn person(&self, department: &DepartmentId, id: &LiaisonId, name: &str) -> Option<(&DepartmentId, &Liaison)> {
        let own = self.rosters.get(department).and_then(|roster| Some((&roster.department, roster.liaison(id)?)));
        let is_named = |liaison: &&Liaison| liaison.name.trim().eq_ignore_ascii_case(name.trim());
        let named = |roster: &'_ Roster| roster.liaison(id).filter(is_named).is_some();
        own.or_else(|| {
            let roster = self.rosters.values().find(|roster| named(roster))?;
            Some((&roster.department, roster.liaison(id)?))
        })
    }

    /// The zone that a department's times are shown in.
    pub fn zone(&self, department: &DepartmentId) -> Zone {
        let roster = self.rosters.get(department).or_else(|| self.rosters.get(&self.fallback));
        roster.map_or_else(Zone::utc, |roster| roster.timezone.clone())
    }
}

/// Looks for people at one instant, passing over those involved in one incident.
pub struct Search<'plan> {
    plan: &'plan Plan,
    at: DateTime<Utc>,
    involved: &'plan Involved,
}

/// A person to page, with the department and role they were found in.
#[derive(Debug, Clone)]
pub struct Found<'plan> {
    /// The roster that holds the person.
    pub department: DepartmentId,
    /// The role they hold there.
    pub role: Role,
    /// The person.
    pub liaison: &'plan Liaison,
    /// The line and the rule that chose them.
    pub why: Why,
}

impl<'plan> Search<'plan> {
    /// A search at `at` on the wall clock; `involved` names liaisons by id or e-mail address.
    pub fn new(plan: &'plan Plan, at: DateTime<Utc>, involved: &'plan Involved) -> Self {
        Self { plan, at, involved }
    }

    /// Whom a step pages for a department's track.
    pub fn target(&self, track: &DepartmentId, target: &Target) -> Option<Found<'plan>> {
        match target {
            Target::Role(role) => self.role(track, role),
            Target::Elsewhere(department, role) => self.role(department, role),
            Target::Escalation => self.beyond(track, &Role::primary(), &|_| true),
        }
    }

    /// Who holds a role in a department.
    pub fn role(&self, department: &DepartmentId, role: &Role) -> Option<Found<'plan>> {
        let roster = self.plan.rosters.get(department)?;
        let holder = roster.holder(role, self.at, &|liaison| self.is_out(liaison))?;
        Some(found(department, role, holder))
    }

    /// Whether a liaison of a department is involved, or shares a contact with somebody who is. Of somebody who has left
    /// that roster, those of other rosters with the same id count.
    pub fn is_involved(&self, department: &DepartmentId, id: &LiaisonId) -> bool {
        let found = self.plan.liaison(department, id);
        found.is_some_and(|(_, liaison)| self.is_out(liaison)) || self.involved.has_key(&lower(id.as_str()))
    }

    /// A liaison of a department, unless they are involved.
    pub fn liaison(&self, department: &DepartmentId, id: &LiaisonId) -> Option<&'plan Liaison> {
        self.plan.rosters.get(department)?.liaison(id).filter(|liaison| !self.is_out(liaison))
    }

    /// Who would hold the role if nobody were involved, where that is somebody who is.
    pub fn passed_over(&self, track: &DepartmentId, target: &Target) -> Option<&'plan Liaison> {
        if self.involved.is_empty() {
            return None;
        }
        let (department, role) = match target {
            Target::Role(role) => (track, role.clone()),
            Target::Elsewhere(department, role) => (department, role.clone()),
            Target::Escalation => (self.plan.rosters.get(track)?.escalate_to.as_ref()?, Role::primary()),
        };
        let holder = self.plan.rosters.get(department)?.holder(&role, self.at, &|_| false)?;
        Some(holder.liaison).filter(|liaison| self.is_out(liaison))
    }

    /// Who answers for a department that cannot: its `escalate_to` and theirs in turn, then the fallback department, and
    /// at last anybody who can be reached. In each, the role that was asked for comes before the primary and the backup.
    /// Only those count whom `free` lets through.
    pub fn beyond(
        &self,
        department: &DepartmentId,
        role: &Role,
        free: &dyn Fn(&Found) -> bool,
    ) -> Option<Found<'plan>> {
        let roles = [role, &Role::primary(), &Role::backup()];
        let in_turn = self.chain(department);
        in_turn
            .iter()
            .find_map(|next| roles.iter().find_map(|role| self.role(next, role).filter(free)))
            .or_else(|| self.last_resort(department).filter(free))
    }

    fn is_out(&self, liaison: &Liaison) -> bool {
        self.plan.contacts.are_involved(&self.plan.rosters, liaison, self.involved)
    }

    fn chain(&self, department: &DepartmentId) -> Vec<&'plan DepartmentId> {
        let mut chain: Vec<&DepartmentId> = Vec::new();
        let mut next = self.plan.rosters.get(department).and_then(|roster| roster.escalate_to.as_ref());
        while let Some(department) = next.filter(|next| !chain.contains(next)) {
            chain.push(department);
            next = self.plan.rosters.get(department).and_then(|roster| roster.escalate_to.as_ref());
        }
        chain.push(&self.plan.fallback);
        chain
    }

    /// The first who has a channel that is set up; those who are away come last.
    fn last_resort(&self, department: &DepartmentId) -> Option<Found<'plan>> {
        let first = [&self.plan.fallback, department];
        let rosters = first.into_iter().filter_map(|id| self.plan.rosters.get(id)).chain(self.plan.rosters.values());
        let reachable = |liaison: &&Liaison| !self.is_out(liaison) && self.plan.reaches(liaison);
        let everybody = rosters.flat_map(|roster| roster.liaisons.iter().map(move |liaison| (roster, liaison)));
        let present = everybody.clone().find(|(_, liaison)| reachable(liaison) && liaison.absence(self.at).is_none());
        let (roster, liaison) = present.or_else(|| everybody.clone().find(|(_, liaison)| reachable(liaison)))?;
        let why = Why { place: liaison.place.clone(), rule: Rule::LastResort };
        Some(Found { department: roster.department.clone(), role: Role::primary(), liaison, why })
    }
}

fn found<'plan>(department: &DepartmentId, role: &Role, holder: Holder<'plan>) -> Found<'plan> {
    Found { department: department.clone(), role: role.clone(), liaison: holder.liaison, why: holder.why }
}
