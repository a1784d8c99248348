//! Which page each link is for.

use crate::domain::digest::Digest;
use crate::domain::escalation::event::{Event, Paged};
use crate::domain::id::{DepartmentId, IncidentId};
use crate::journal::record::Fact;
use crate::store::error::Trouble;
use crate::store::projection::{Projection, Step};
use crate::store::projections::timeline;
use crate::store::query::LinkTarget;
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;
use crate::store::states;

const LETTER: u8 = b'k';

/// Writes the page of each link under the link's hash.
pub struct Links;

impl Projection for Links {
    fn name(&self) -> &'static str {
        "links"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        let Some(about) = step.about.as_ref().filter(|about| about.incident.is_some()) else { return Ok(()) };
        for (hash, page) in links(about.event) {
            changes.put(key(&hash), LinkedPage { id: about.id, page }.to_bytes());
        }
        Ok(())
    }
}

/// The target of a link.
///
/// # Errors
///
/// See [`Trouble`].
pub fn find(db: &Database, hash: &Digest) -> Result<Option<LinkTarget>, Trouble> {
    let Some(bytes) = db.get(&key(hash))? else { return Ok(None) };
    let linked = LinkedPage::read(&bytes)?;
    let Some(number) = states::number(db, linked.id)? else { return Ok(None) };
    timeline::find(db, number, &mut |_, lines| target(lines, linked))
}

fn key(hash: &Digest) -> Vec<u8> {
    [&[LETTER][..], &hash.as_bytes()[..16]].concat()
}

/// The target of a link, from the lines of its incident.
fn target(lines: &[u8], linked: LinkedPage) -> Result<Option<LinkTarget>, Trouble> {
    // A long incident has thousands of lines, and one of them creates the page: the others need not be parsed.
    let number = format!(r#""number":{},"#, linked.page);
    let text = std::str::from_utf8(lines).map_err(|_| Trouble::Broken("a line of the record is not text".into()))?;
    let mut rest = text;
    while let Some(at) = rest.find(&number) {
        let begin = rest[..at].rfind('\n').map_or(0, |end| end + 1);
        let (line, after) = rest[begin..].split_once('\n').unwrap_or((&rest[begin..], ""));
        rest = after;
        let record = timeline::record(line.as_bytes())?;
        let Fact::Incident(_, event) = &record.entry.fact else { continue };
        let (department, paged) = pages(event);
        if let (Some(department), Some(page)) = (department, paged.iter().find(|page| page.number == linked.page)) {
            return Ok(Some(LinkTarget::of(linked.id, department, page)));
        }
    }
    Ok(None)
}

/// The links that an event created, with their page numbers.
fn links(event: &Event) -> impl Iterator<Item = (Digest, u32)> {
    let further = match event {
        Event::LinkIssued { page, link } => Some((*link, *page)),
        _ => None,
    };
    pages(event).1.iter().map(|page| (page.link, page.number)).chain(further)
}

/// The pages that an event created, and their track.
fn pages(event: &Event) -> (Option<&DepartmentId>, &[Paged]) {
    event.pages().map_or((None, &[]), |(department, _, pages)| (Some(department), pages))
}

/// The page a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LinkedPage {
    id: IncidentId,
    page: u32,
}

impl LinkedPage {
    fn to_bytes(self) -> Vec<u8> {
        [&self.id.to_bits().to_be_bytes()[..], &self.page.to_be_bytes()].concat()
    }

    /// # Errors
    ///
    /// [`Trouble::Broken`] if it is damaged.
    fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let read = || {
            let (id, page) = bytes.split_first_chunk()?;
            let page = u32::from_be_bytes(page.try_into().ok()?);
            Some(Self { id: IncidentId::from_random(u64::from_be_bytes(*id)), page })
        };
        read().ok_or_else(|| Trouble::unreadable("a link"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linked_pages_survive_being_written_and_read() {
        let linked = LinkedPage { id: IncidentId::from_random(0xff_1234_5678), page: 3 };
        assert_eq!(LinkedPage::read(&linked.to_bytes()), Ok(linked));
        assert!(LinkedPage::read(b"too short").is_err());
    }
}
