//! From records to what the store keeps: the one place for both, what happens live and what is built anew.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{DepartmentId, IncidentId};
use crate::journal::line::Line;
use crate::journal::record::{Fact, HouseEvent, Record};
use crate::store::changes::Changes;
use crate::store::database::Database;
use crate::store::error::Trouble;
use crate::store::keys::{self, Number, PART_BYTES};
use crate::store::meta::Meta;
use crate::store::query::LinkTarget;
use crate::store::questions;
use crate::store::questions::built_from;
use crate::store::replay::LastTest;
use crate::store::value::{Answered, LinkedPage, Listed, write_state};

/// What some records, one after the other, change in the store.
pub struct Derivation<'a> {
    db: &'a Database,
    meta: Meta,
    changes: Changes,
    touched: HashMap<IncidentId, Touched>,
    tests: BTreeMap<ChannelKind, LastTest>,
    records: usize,
}

struct Touched {
    number: Number,
    /// `None` for a record of an incident that never opened.
    incident: Option<Incident>,
    was_open: bool,
    lines: Vec<(u64, Vec<u8>)>,
    /// The answer to a repeat: what [`belongs_to_repeat`] right behind it belongs to it.
    folded: Option<(Vec<u8>, Answered)>,
}

impl<'a> Derivation<'a> {
    /// Begins behind what the database holds.
    pub fn new(db: &'a Database, meta: Meta) -> Self {
        Self { db, meta, changes: Changes::default(), touched: HashMap::new(), tests: BTreeMap::new(), records: 0 }
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
        for touched in std::mem::take(&mut self.touched).into_values() {
            self.put(touched)?;
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
            HouseEvent::ClockSetBack { ahead_ms } => {
                self.changes.put(keys::AHEAD.to_vec(), ahead_ms.to_be_bytes().to_vec());
            }
            HouseEvent::PlanLoaded { files } => self.changes.put_long(keys::PLAN, &serde_json::to_vec(files)?),
            HouseEvent::FileKept { sha256, .. } => self.changes.put(keys::file(sha256), Vec::new()),
            HouseEvent::ChannelTested { channel, day, tested_at, outcome } => {
                let mut test = match self.tests.get(channel) {
                    Some(test) => *test,
                    None => questions::test(self.db, *channel)?.unwrap_or_default(),
                };
                test.end(*day, *tested_at, outcome);
                self.changes.put(keys::test(*channel), serde_json::to_vec(&test)?);
                self.tests.insert(*channel, test);
            }
            HouseEvent::Started { .. }
            | HouseEvent::JournalRecovered { .. }
            | HouseEvent::MasterKeyRotated { .. }
            | HouseEvent::Checkpoint(_) => {}
        }
        Ok(())
    }

    fn add_event(&mut self, record: &Record, id: IncidentId, event: &Event, line: &str) -> Result<(), Trouble> {
        if !self.touched.contains_key(&id) {
            let touched = match event {
                Event::Opened(_) => self.begin(id, record.seq),
                _ => self.look_up(id, record.seq)?,
            };
            self.touched.insert(id, touched);
        }
        let Some(touched) = self.touched.get_mut(&id) else { return Ok(()) };
        touched.add_line(record.seq, line);
        match event {
            Event::Opened(opened) => touched.incident = Some(Incident::opened(id, record.entry.at, opened)),
            _ => touched.incident.iter_mut().for_each(|incident| incident.evolve(record.entry.at, event)),
        }
        if matches!(event, Event::Purged { .. }) {
            // Also of one whose opening was pruned: its keys may come back with a copy of theirs.
            self.changes.put(keys::purged(id), Vec::new());
        }
        let Some(incident) = &touched.incident else {
            // The opening of one that was closed later may have been pruned.
            if built_from(self.db)? == 0 {
                tracing::warn!(incident = %id, seq = record.seq, "the record tells of an incident that never opened");
            }
            return Ok(());
        };
        touched.folded = match touched.folded.take().filter(|_| belongs_to_repeat(event)) {
            Some((key, answered)) => Some((key, Answered { status: incident.status(), ..answered })),
            None => answered(incident, event),
        };
        if let Some((key, answered)) = &touched.folded {
            self.changes.put(key.clone(), answered.to_bytes());
        }
        for (hash, page) in links(event) {
            self.changes.put(keys::link(&hash), LinkedPage { id, page }.to_bytes());
        }
        Ok(())
    }

    fn begin(&mut self, id: IncidentId, seq: u64) -> Touched {
        self.changes.put(keys::incident(id), seq.to_be_bytes().to_vec());
        Touched::new(Number(seq))
    }

    fn look_up(&mut self, id: IncidentId, seq: u64) -> Result<Touched, Trouble> {
        let Some(number) = self.db.number(id)? else { return Ok(self.begin(id, seq)) };
        let was_open = self.db.is_open(number)?;
        let incident = self.db.incident_stepped(number, self.meta.stepped_ms)?;
        Ok(Touched { incident, was_open, ..Touched::new(number) })
    }

    fn put(&mut self, touched: Touched) -> Result<(), Trouble> {
        for (seq, lines) in &touched.lines {
            self.changes.put_long(&touched.number.lines(*seq), lines);
        }
        let Some(incident) = touched.incident else { return Ok(()) };
        let state = write_state(&incident, self.meta.stepped_ms)?;
        let is_open = incident.resolved.is_none();
        if is_open {
            self.changes.put_long(&touched.number.open(), &state);
        } else {
            self.changes.put_long(&touched.number.closed(), &state);
            self.changes.put(touched.number.listed(), Listed::of(&incident));
        }
        if touched.was_open && !is_open {
            self.changes.remove_long(&touched.number.open(), state.len());
        }
        self.meta.open = self.meta.open + u64::from(is_open) - u64::from(touched.was_open);
        Ok(())
    }
}

impl Touched {
    fn new(number: Number) -> Self {
        Self { number, incident: None, was_open: false, lines: Vec::new(), folded: None }
    }

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

/// The records of some lines.
///
/// # Errors
///
/// [`Trouble::Broken`] where they are not what was written.
pub fn records(lines: &[u8]) -> Result<Vec<Record>, Trouble> {
    lines.split(|byte| *byte == b'\n').map(record).collect()
}

fn record(line: &[u8]) -> Result<Record, Trouble> {
    let record = Line::split(line).and_then(|line| line.record());
    record.map_err(|fault| Trouble::Broken(format!("a line of the record: {fault}")))
}

/// Where the links of an incident's page lead, by what its lines tell.
///
/// # Errors
///
/// [`Trouble::Broken`] where they are not what was written.
pub fn target(lines: &[u8], linked: LinkedPage) -> Result<Option<LinkTarget>, Trouble> {
    // A long matter has thousands of lines, and one of them makes the page: the others need not be understood.
    let number = format!(r#""number":{},"#, linked.page);
    let text = std::str::from_utf8(lines).map_err(|_| Trouble::Broken("a line of the record is no text".into()))?;
    let mut rest = text;
    while let Some(at) = rest.find(&number) {
        let begin = rest[..at].rfind('\n').map_or(0, |end| end + 1);
        let (line, after) = rest[begin..].split_once('\n').unwrap_or((&rest[begin..], ""));
        rest = after;
        let record = record(line.as_bytes())?;
        let Fact::Incident(_, event) = &record.entry.fact else { continue };
        let (department, paged) = pages(event);
        if let (Some(department), Some(page)) = (department, paged.iter().find(|page| page.number == linked.page)) {
            return Ok(Some(LinkTarget {
                incident: linked.id,
                page: page.number,
                department: department.clone(),
                liaison: page.liaison.clone(),
                name: page.name.clone(),
                roster: page.roster.clone(),
            }));
        }
    }
    Ok(None)
}

/// Whether an event that follows upon a repeat is what the repeat led to, so that its answer tells of it too.
pub fn belongs_to_repeat(event: &Event) -> bool {
    matches!(event, Event::CalledBack { .. })
}

/// What a source is answered to an opening or a repeat, and under which key that is kept.
fn answered(incident: &Incident, event: &Event) -> Option<(Vec<u8>, Answered)> {
    let (incoming, received_at, duplicate_of_open) = match event {
        Event::Opened(opened) => (&opened.incident, opened.received_at, false),
        Event::Folded(folded) => (&folded.incident, folded.received_at, true),
        _ => return None,
    };
    let key = keys::event(&incident.source, incoming.event_id.as_deref()?);
    let earlier = incident.earlier.as_ref().map_or(0, |earlier| earlier.playbooks.len());
    let reclassified = u8::try_from(earlier).unwrap_or(u8::MAX);
    Some((key, Answered { id: incident.id, status: incident.status(), duplicate_of_open, received_at, reclassified }))
}

/// The links that an event made, each with its page's number.
fn links(event: &Event) -> impl Iterator<Item = (Digest, u32)> {
    let further = match event {
        Event::LinkIssued { page, link } => Some((*link, *page)),
        _ => None,
    };
    pages(event).1.iter().map(|page| (page.link, page.number)).chain(further)
}

/// The pages that an event made, and for whose track.
fn pages(event: &Event) -> (Option<&DepartmentId>, &[Paged]) {
    event.pages().map_or((None, &[]), |(department, _, pages)| (Some(department), pages))
}
