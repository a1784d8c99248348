//! From records to what the store keeps: the one place for both, what happens live and what is built anew.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{DepartmentId, IncidentId};
use crate::journal::line::Line;
use crate::journal::record::{Fact, HouseEvent, Record};
use crate::store::database::{Changes, Database, Meta, Trouble};
use crate::store::keys::{self, Half, PART_BYTES};
use crate::store::query::{Cursor, LinkTarget, Receipt};

/// An open incident's state as it is kept, with the steps of the wall clock that its times include.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept<T> {
    /// The sum of those steps.
    #[serde(rename = "s", default, skip_serializing_if = "is_zero")]
    pub stepped_ms: i64,
    /// The state.
    #[serde(rename = "i")]
    pub incident: T,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Kept<Incident> {
    /// The state with all steps up to now; a closed one has no waits that could keep their length.
    pub fn stepped(mut self, stepped_ms: i64) -> Incident {
        if stepped_ms != self.stepped_ms && self.incident.resolved.is_none() {
            self.incident.shift(TimeDelta::milliseconds(stepped_ms - self.stepped_ms));
        }
        self.incident
    }
}

/// What some records, one after the other, change in the store.
pub struct Derivation<'a> {
    db: &'a Database,
    meta: Meta,
    changes: Changes,
    touched: HashMap<IncidentId, Touched>,
    records: usize,
}

#[derive(Default)]
struct Touched {
    /// `None` for a record of an incident that never opened.
    incident: Option<Incident>,
    was_open: bool,
    lines: Vec<(u64, Vec<u8>)>,
    links: Vec<LinkTarget>,
    /// The answer to a repeat: a rise of the severity right behind it belongs to it.
    folded: Option<(Vec<u8>, Receipt)>,
}

impl<'a> Derivation<'a> {
    /// Begins behind what the database holds.
    pub fn new(db: &'a Database, meta: Meta) -> Self {
        Self { db, meta, changes: Changes::default(), touched: HashMap::new(), records: 0 }
    }

    /// The last record that was added.
    pub fn seq(&self) -> u64 {
        self.meta.seq
    }

    /// How many records were added.
    pub fn len(&self) -> usize {
        self.records
    }

    /// Whether none was added.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Adds the next record.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; the derivation is of no use then.
    pub fn add(&mut self, record: &Record, line: &str, hash: Digest) -> Result<(), Trouble> {
        (self.meta.seq, self.meta.hash) = (record.seq, hash);
        self.records += 1;
        match &record.entry.fact {
            Fact::House(event) => self.add_house(record.seq, event, line),
            Fact::Incident(id, event) => self.add_event(record, *id, event, line),
        }
    }

    /// Makes the changes.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; nothing has changed then.
    pub fn finish(mut self) -> Result<Meta, Trouble> {
        for (id, touched) in std::mem::take(&mut self.touched) {
            self.put(id, touched)?;
        }
        self.db.apply(self.changes, self.meta)?;
        Ok(self.meta)
    }

    fn add_house(&mut self, seq: u64, event: &HouseEvent, line: &str) -> Result<(), Trouble> {
        self.changes.put_long(&keys::house(seq), line.as_bytes());
        match event {
            HouseEvent::PlaybookPinned { hash, playbook } => {
                self.changes.put_long(&keys::playbook(hash), &serde_json::to_vec(playbook)?);
            }
            HouseEvent::ClockStepped { by_ms } => {
                self.meta.stepped_ms += by_ms;
                let incidents = self.touched.values_mut().filter_map(|touched| touched.incident.as_mut());
                let open = incidents.filter(|incident| incident.resolved.is_none());
                open.for_each(|incident| incident.shift(TimeDelta::milliseconds(*by_ms)));
            }
            HouseEvent::Started { .. } | HouseEvent::PlanLoaded { .. } | HouseEvent::JournalRecovered { .. } => {}
        }
        Ok(())
    }

    fn add_event(&mut self, record: &Record, id: IncidentId, event: &Event, line: &str) -> Result<(), Trouble> {
        if !self.touched.contains_key(&id) {
            let touched = self.look_up(id, event)?;
            self.touched.insert(id, touched);
        }
        let link = match event {
            Event::LinkIssued { page, link } => self.target(id, *page)?.map(|target| (*link, target)),
            _ => None,
        };
        let Some(touched) = self.touched.get_mut(&id) else { return Ok(()) };
        touched.add_line(record.seq, line);
        match event {
            Event::Opened(opened) => touched.incident = Some(Incident::opened(id, record.entry.at, opened)),
            _ => touched.incident.iter_mut().for_each(|incident| incident.evolve(record.entry.at, event)),
        }
        let Some(incident) = &touched.incident else {
            tracing::warn!(incident = %id, seq = record.seq, "the record tells of an incident that never opened");
            return Ok(());
        };
        if let Some((key, receipt)) = touched.folded.take_if(|_| matches!(event, Event::SeverityRose(_))) {
            let receipt = Receipt { status: incident.status(), ..receipt };
            self.changes.put(key, serde_json::to_vec(&receipt)?);
        }
        touched.folded = receipt(incident, event);
        if let Some((key, receipt)) = &touched.folded {
            self.changes.put(key.clone(), serde_json::to_vec(receipt)?);
        }
        for (hash, target) in links(id, event).chain(link) {
            self.changes.put(keys::link(&hash), serde_json::to_vec(&target)?);
            touched.links.push(target);
        }
        Ok(())
    }

    fn look_up(&self, id: IncidentId, event: &Event) -> Result<Touched, Trouble> {
        let open = self.db.get_long(&keys::open(id))?;
        let was_open = open.is_some();
        let kept = match open {
            Some(kept) => Some(kept),
            None if matches!(event, Event::Opened(_)) => None,
            None => self.db.get_long(&keys::closed(id))?,
        };
        let kept: Option<Kept<Incident>> = kept.map(|bytes| serde_json::from_slice(&bytes)).transpose()?;
        let incident = kept.map(|kept| kept.stepped(self.meta.stepped_ms));
        Ok(Touched { incident, was_open, ..Touched::default() })
    }

    /// Where the links of a page lead.
    fn target(&self, id: IncidentId, page: u32) -> Result<Option<LinkTarget>, Trouble> {
        let just_now = self.touched.get(&id).and_then(|touched| touched.links.iter().find(|link| link.page == page));
        if let Some(target) = just_now {
            return Ok(Some(target.clone()));
        }
        let mut found = None;
        self.db.scan_long(&keys::timeline(id), &mut |_, lines| {
            for record in records(lines)? {
                if let Fact::Incident(_, event) = &record.entry.fact {
                    found =
                        links(id, event).map(|(_, target)| target).find(|target| target.page == page).or(found.take());
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn put(&mut self, id: IncidentId, touched: Touched) -> Result<(), Trouble> {
        for (seq, lines) in &touched.lines {
            self.changes.put_long(&keys::lines(id, *seq), lines);
        }
        let Some(incident) = touched.incident else { return Ok(()) };
        let place = Cursor { received_at: incident.received_at, id };
        let state = serde_json::to_vec(&Kept { stepped_ms: self.meta.stepped_ms, incident: &incident })?;
        let (half, key) = match incident.resolved {
            None => (Half::Open, keys::open(id)),
            Some(_) => (Half::Closed, keys::closed(id)),
        };
        let is_open = half == Half::Open;
        if touched.was_open && !is_open {
            self.changes.remove_long(&keys::open(id), state.len());
            self.changes.remove(Half::Open.key(&place));
        }
        self.meta.open = self.meta.open + u64::from(is_open) - u64::from(touched.was_open);
        self.changes.put_long(&key, &state);
        self.changes.put(half.key(&place), serde_json::to_vec(&Listed::from(&incident))?);
        Ok(())
    }
}

impl Touched {
    fn add_line(&mut self, seq: u64, line: &str) {
        match self.lines.last_mut() {
            Some((_, lines)) if lines.len() + line.len() < PART_BYTES => {
                lines.push(b'\n');
                lines.extend_from_slice(line.as_bytes());
            }
            _ => self.lines.push((seq, line.into())),
        }
    }
}

/// What the list tells of an incident without its state.
#[derive(Serialize, Deserialize)]
pub struct Listed {
    /// Where it stands.
    #[serde(rename = "s")]
    pub status: crate::domain::escalation::incident::Status,
    /// The departments of its tracks.
    #[serde(rename = "d")]
    pub departments: Vec<DepartmentId>,
}

impl From<&Incident> for Listed {
    fn from(incident: &Incident) -> Self {
        let departments = incident.tracks.iter().map(|track| track.department.clone()).collect();
        Self { status: incident.status(), departments }
    }
}

/// The records of some lines.
///
/// # Errors
///
/// [`Trouble::Broken`] where they are not what was written.
pub fn records(lines: &[u8]) -> Result<Vec<Record>, Trouble> {
    let lines = lines.split(|byte| *byte == b'\n');
    let records = lines.map(|line| Line::split(line)?.record());
    records.collect::<Result<_, _>>().map_err(|fault| Trouble::Broken(format!("a line of the record: {fault}")))
}

/// What a source is answered to an opening or a repeat, and under which key that is kept.
fn receipt(incident: &Incident, event: &Event) -> Option<(Vec<u8>, Receipt)> {
    let (incoming, received_at, duplicate_of_open) = match event {
        Event::Opened(opened) => (&opened.incident, opened.received_at, false),
        Event::Folded(folded) => (&folded.incident, folded.received_at, true),
        _ => return None,
    };
    let key = keys::event(&incident.source, incoming.event_id.as_deref()?);
    let (status, playbook) = (incident.status(), incident.playbook.as_ref().to_owned());
    Some((key, Receipt { id: incident.id, status, playbook, duplicate_of_open, received_at }))
}

/// The links of the pages that an event made.
fn links(id: IncidentId, event: &Event) -> impl Iterator<Item = (Digest, LinkTarget)> {
    let (department, pages): (_, &[Paged]) = match event {
        Event::StepFired(fired) => (Some(&fired.department), &fired.pages),
        Event::Reminded { department, pages, .. } => (Some(department), pages),
        _ => (None, &[]),
    };
    department.into_iter().flat_map(move |department| {
        pages.iter().map(move |page| {
            let target = LinkTarget {
                incident: id,
                page: page.number,
                department: department.clone(),
                liaison: page.liaison.clone(),
                name: page.name.clone(),
                roster: page.roster.clone(),
            };
            (page.link, target)
        })
    })
}
