//! The hospital's plan: all rosters and playbooks in force, and the search for people in them.

pub mod last_resort;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::access::Access;
use crate::domain::bundling::Bundling;
use crate::domain::contact::{ChannelKind, Contact};
use crate::domain::contact_index::ContactIndex;
use crate::domain::digest::Digest;
use crate::domain::id::{ClassName, DepartmentId, LiaisonId, Role, SourceName};
use crate::domain::involved::Involved;
use crate::domain::label::{self, lower};
use crate::domain::page::HospitalName;
use crate::domain::person::People;
use crate::domain::playbook::Playbook;
use crate::domain::playbook::ladder::Target;
use crate::domain::policy::Policies;
use crate::domain::privacy_reading::lists::Lists;
use crate::domain::roster::on_call::{OnCall, Rule, Why};
use crate::domain::roster::{Liaison, Roster};
use crate::domain::test_message::DailyTest;
use crate::domain::wait::Wait;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

/// Everything in force at one time; always valid as a whole.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Starts every page.
    pub hospital: HospitalName,
    /// By department; contains the fallback department.
    pub rosters: BTreeMap<DepartmentId, Arc<Roster>>,
    /// Who shares a contact with whom.
    pub contacts: ContactIndex,
    /// Contains `unclassified`.
    pub playbooks: Vec<Arc<Playbook>>,
    /// Paged whenever a roster cannot answer.
    pub fallback: DepartmentId,
    pub channels: Vec<ChannelKind>,
    /// What people read when they have an incident.
    pub policies: Policies,
    /// What the privacy reading of drafts looks for.
    pub lists: Arc<Lists>,
    /// Each source's labels, if they differ from the hospital's classes.
    pub labels: BTreeMap<SourceName, BTreeMap<String, ClassName>>,
    /// The longest allowed silence of each monitored source.
    pub heard_within: BTreeMap<SourceName, Wait>,
    /// The minimum time between messages to one person.
    pub bundling: Bundling,
    /// When channels are tested, if configured.
    pub daily_test: Option<DailyTest>,
    /// Who may sign in, and how.
    pub access: Access,
    /// The time zones available to the configuration; each roster has its own.
    pub rules: Arc<Rules>,
    /// The files the plan was read from, by path, including the rules of the time zones they name.
    pub files: Vec<PlanFile>,
    /// The recorded texts of rosters, playbooks, ladders and time zone rules. The settings file is not recorded because
    /// it may contain private data.
    pub texts: BTreeMap<Digest, Arc<str>>,
}

/// One version of a file of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanFile {
    pub path: String,
    #[schemars(with = "String")]
    pub sha256: Digest,
}

/// The path prefix of zone files in a plan.
const ZONES: &str = "tzdata/";

impl PlanFile {
    /// The rules of a time zone, as a file of the plan.
    pub fn of_zone(zone: &Zone) -> Self {
        Self { path: format!("{ZONES}{}", zone.name()), sha256: zone.sha256() }
    }

    /// Whether it contains time zone rules. Other files end in `.toml` or `.md`, whatever their folder.
    pub fn is_zone(&self) -> bool {
        self.path.starts_with(ZONES) && !self.is_written_by_people()
    }

    /// Whether it is a roster, a playbook, a policy, or another file that people edit.
    pub fn is_written_by_people(&self) -> bool {
        self.path.ends_with(".toml") || self.path.ends_with(".md")
    }

    /// The file's bytes, restored from its recorded text. Zone files are binary and recorded in base64. `None` if the
    /// text cannot belong to this file.
    pub fn bytes(&self, kept: &str) -> Option<Vec<u8>> {
        let bytes = if self.is_zone() { STANDARD.decode(kept).ok()? } else { kept.as_bytes().to_vec() };
        Some(bytes).filter(|bytes| Digest::of(bytes) == self.sha256)
    }
}

/// One channel of a person, as used by pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way<'a> {
    pub by: ChannelKind,
    pub to: &'a str,
    /// The delay after the page is made.
    pub after: Wait,
}

impl Plan {
    /// Adds the rules of all time zones that the plan names to its files.
    pub fn with_zone_files(mut self) -> Self {
        let named = self.zones();
        self.files.extend(named.iter().map(PlanFile::of_zone));
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.texts.extend(named.iter().map(|zone| (zone.sha256(), STANDARD.encode(zone.bytes()).into())));
        self
    }

    /// The time zones that the plan names, each once, sorted by name.
    pub fn zones(&self) -> Vec<Zone> {
        let rosters = self.rosters.values().map(|roster| &roster.timezone);
        let named = rosters.chain(self.daily_test.iter().map(|test| &test.zone));
        named.map(|zone| (zone.name(), zone.clone())).collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// The hospital's class for a source's label, ignoring case and surrounding spaces.
    pub fn class_for<'a>(&'a self, source: &SourceName, label: &'a str) -> Cow<'a, str> {
        let labels = self.labels.get(source);
        let exact = labels.and_then(|labels| labels.get(label));
        let found =
            exact.or_else(|| labels?.iter().find(|(known, _)| label::is_same(known, label)).map(|(_, class)| class));
        found.map_or_else(|| label::folded(label), |class| Cow::Borrowed(class.as_str()))
    }

    /// Whether anyone can be reached over a channel that is set up.
    pub fn reaches_anybody(&self) -> bool {
        self.rosters.values().flat_map(|roster| &roster.liaisons).any(|liaison| self.reaches(liaison))
    }

    /// Whether a channel that is set up reaches the person.
    pub fn reaches(&self, liaison: &Liaison) -> bool {
        liaison.contacts.reachable(&self.channels).next().is_some()
    }

    /// Whether a name in an incident (an id, an address, or a full name that belongs to one person) identifies someone
    /// in the rosters.
    pub fn knows(&self, name: &str) -> bool {
        self.contacts.know(&self.rosters, name)
    }

    /// Everybody who may sign in.
    pub fn people(&self) -> People<'_> {
        self.access.directory.people(&self.rosters, &self.contacts, &self.access.members)
    }

    /// How a page reaches a person, in the order the channels are used, or only over the channel that a step chose, if
    /// the person has it. Channels that cannot be used cause no delay: the first usable one takes their place.
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

    /// The first of a person's contacts for a channel that a page has not tried, if pages use that channel.
    pub fn next_contact<'a, 't>(
        &self,
        liaison: &'a Liaison,
        channel: ChannelKind,
        tried: impl Iterator<Item = &'t str> + Clone,
    ) -> Option<&'a str> {
        let mut used = liaison.contacts.reachable(&self.channels);
        used.find(|(contact, _)| contact.channel == channel)?;
        let was_tried = |address: &str| tried.clone().any(|one| lower(one) == lower(address));
        liaison.contacts.in_turn(channel).find(|address| !was_tried(address))
    }

    /// Whether the department is staffed; one without a roster never is.
    pub fn is_staffed(&self, department: &DepartmentId, at: DateTime<Utc>) -> bool {
        self.rosters.get(department).is_some_and(|roster| roster.is_staffed(at))
    }

    /// The department's display name.
    pub fn department_name<'a>(&'a self, department: &'a DepartmentId) -> &'a str {
        self.rosters.get(department).map_or(department.as_str(), |roster| &roster.name)
    }

    /// A liaison from the given roster or, if no longer there, from another roster with the same id.
    pub fn liaison(&self, department: &DepartmentId, id: &LiaisonId) -> Option<(&DepartmentId, &Liaison)> {
        let own = self.rosters.get(department).into_iter();
        let rosters = own.chain(self.rosters.values());
        rosters.into_iter().find_map(|roster| Some((&roster.department, roster.liaison(id)?)))
    }

    /// The same for a person of that name: another roster may use the id for someone else.
    pub fn person(&self, department: &DepartmentId, id: &LiaisonId, name: &str) -> Option<(&DepartmentId, &Liaison)> {
        let own = self.rosters.get(department).and_then(|roster| Some((&roster.department, roster.liaison(id)?)));
        let is_named = |liaison: &&Liaison| liaison.name.trim().eq_ignore_ascii_case(name.trim());
        let named = |roster: &'_ Roster| roster.liaison(id).filter(is_named).is_some();
        own.or_else(|| {
            let roster = self.rosters.values().find(|roster| named(roster))?;
            Some((&roster.department, roster.liaison(id)?))
        })
    }

    /// The zone used to show a department's times.
    pub fn zone(&self, department: &DepartmentId) -> Zone {
        let roster = self.rosters.get(department).or_else(|| self.rosters.get(&self.fallback));
        roster.map_or_else(Zone::utc, |roster| roster.timezone.clone())
    }
}

/// Searches for people at one instant, skipping those involved in one incident.
pub struct Search<'plan> {
    plan: &'plan Plan,
    at: DateTime<Utc>,
    involved: &'plan Involved,
}

/// A person to page, with the department and role they were found in.
#[derive(Debug, Clone)]
pub struct Found<'plan> {
    /// The roster that lists the person.
    pub department: DepartmentId,
    /// Their role there.
    pub role: Role,
    pub liaison: &'plan Liaison,
    /// The line and the rule that selected them.
    pub why: Why,
}

impl<'plan> Search<'plan> {
    /// A search at `at` on the wall clock. `involved` names liaisons by id or email address.
    pub fn new(plan: &'plan Plan, at: DateTime<Utc>, involved: &'plan Involved) -> Self {
        Self { plan, at, involved }
    }

    /// The person that a step pages for a department's track.
    pub fn target(&self, track: &DepartmentId, target: &Target) -> Option<Found<'plan>> {
        match target {
            Target::Role(role) => self.role(track, role),
            Target::Department(department, role) => self.role(department, role),
            Target::Escalation => self.last_resort(track, &Role::primary(), &|_| true),
        }
    }

    /// The person on call for a role in a department.
    pub fn role(&self, department: &DepartmentId, role: &Role) -> Option<Found<'plan>> {
        let roster = self.plan.rosters.get(department)?;
        let on_call = roster.on_call(role, self.at, &|liaison| self.is_out(liaison))?;
        Some(found(department, role, on_call))
    }

    /// Whether a liaison of a department is involved, or shares a contact with someone who is. For a person who has
    /// left that roster, checks other rosters with the same id.
    pub fn is_involved(&self, department: &DepartmentId, id: &LiaisonId) -> bool {
        let found = self.plan.liaison(department, id);
        found.is_some_and(|(_, liaison)| self.is_out(liaison)) || self.involved.has_key(&lower(id.as_str()))
    }

    /// A liaison of a department, unless they are involved.
    pub fn liaison(&self, department: &DepartmentId, id: &LiaisonId) -> Option<&'plan Liaison> {
        self.plan.rosters.get(department)?.liaison(id).filter(|liaison| !self.is_out(liaison))
    }

    /// The person who would be on call, if they are passed over only because they are involved.
    pub fn passed_over(&self, track: &DepartmentId, target: &Target) -> Option<&'plan Liaison> {
        if self.involved.is_empty() {
            return None;
        }
        let (department, role) = match target {
            Target::Role(role) => (track, role.clone()),
            Target::Department(department, role) => (department, role.clone()),
            Target::Escalation => (self.plan.rosters.get(track)?.escalate_to.as_ref()?, Role::primary()),
        };
        let on_call = self.plan.rosters.get(department)?.on_call(&role, self.at, &|_| false)?;
        Some(on_call.liaison).filter(|liaison| self.is_out(liaison))
    }

    /// Who answers for a department that cannot: its `escalate_to` chain, then the fallback department, and finally
    /// anyone who can be reached. In each, the requested role comes before the primary and the backup. Considers only
    /// people accepted by `free`.
    pub fn last_resort(
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
            .or_else(|| self.anyone_reachable(department).filter(free))
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

    /// The first person with a channel that is set up; people who are away come last.
    fn anyone_reachable(&self, department: &DepartmentId) -> Option<Found<'plan>> {
        let first = [&self.plan.fallback, department];
        let rosters = first.into_iter().filter_map(|id| self.plan.rosters.get(id)).chain(self.plan.rosters.values());
        let reachable = |liaison: &&Liaison| !self.is_out(liaison) && self.plan.reaches(liaison);
        let everybody = rosters.flat_map(|roster| roster.liaisons.iter().map(move |liaison| (roster, liaison)));
        let present =
            everybody.clone().find(|(roster, liaison)| reachable(liaison) && !roster.is_away(liaison, self.at));
        let (roster, liaison) = present.or_else(|| everybody.clone().find(|(_, liaison)| reachable(liaison)))?;
        let why = Why::new(liaison.place.clone(), Rule::LastResort);
        Some(Found { department: roster.department.clone(), role: Role::primary(), liaison, why })
    }
}

fn found<'plan>(department: &DepartmentId, role: &Role, on_call: OnCall<'plan>) -> Found<'plan> {
    Found { department: department.clone(), role: role.clone(), liaison: on_call.liaison, why: on_call.why }
}
