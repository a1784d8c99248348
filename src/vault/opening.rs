//! The content of an event, with its sealed text opened if possible.

use chrono::{DateTime, Utc};

use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::domain::incident::{Content, Incoming};
use crate::domain::sealed::{DataKeyId, Sealed, SealedKind, Unreadable, Words};
use crate::vault::opener::Opener;

/// The sealed text of an event.
#[derive(Debug)]
pub enum Opened {
    Content(Result<Content, Unreadable>),
    Note(Result<String, Unreadable>),
}

impl Opened {
    /// The same if the record shows that the text was purged: then that is the reason why it cannot be read.
    #[must_use]
    pub fn unless_purged(self, at: Option<DateTime<Utc>>) -> Self {
        let Some(at) = at else { return self };
        match self {
            Self::Content(Err(_)) => Self::Content(Err(Unreadable::Purged { at })),
            Self::Note(Err(_)) => Self::Note(Err(Unreadable::Purged { at })),
            read => read,
        }
    }
}

/// Opens the sealed text of an event; `None` if it has none. Without `keys`, all keys count as missing.
pub fn open_event(keys: Option<&dyn Opener>, incident: IncidentId, event: &Event) -> Option<Opened> {
    let note = |kind, sealed: &Sealed| {
        let bytes = open(keys, incident, kind, sealed);
        let text = bytes
            .and_then(|bytes| String::from_utf8(bytes.to_vec()).map_err(|_| Unreadable::Damaged { key: sealed.key }));
        Some(Opened::Note(text))
    };
    match event {
        Event::Opened(opened) => content(keys, incident, SealedKind::Opened, &opened.incident),
        Event::Folded(folded) => content(keys, incident, SealedKind::Folded, &folded.incident),
        _ => match event.written()? {
            (kind, Words::Sealed(sealed)) => note(kind, sealed),
            (_, Words::Plain(_)) => None,
        },
    }
}

/// Whether an event contains protected text in plain form.
pub fn holds_plain_words(event: &Event) -> bool {
    match event {
        Event::Opened(opened) => opened.incident.has_plain_content(),
        Event::Folded(folded) => folded.incident.has_plain_content(),
        _ => event.written().is_some_and(|(_, words)| words.plain().is_some()),
    }
}

/// Whether an event contains sealed text.
pub fn holds_sealed_words(event: &Event) -> bool {
    sealed_under(event).is_some()
}

/// The data key that seals an event's text, if any.
pub fn sealed_under(event: &Event) -> Option<DataKeyId> {
    let of_words = |words: &Words| match words {
        Words::Sealed(sealed) => Some(sealed.key),
        Words::Plain(_) => None,
    };
    match event {
        Event::Opened(opened) => opened.incident.sealed.as_ref().map(|sealed| sealed.key),
        Event::Folded(folded) => folded.incident.sealed.as_ref().map(|sealed| sealed.key),
        _ => of_words(event.written()?.1),
    }
}

fn content(keys: Option<&dyn Opener>, incident: IncidentId, kind: SealedKind, incoming: &Incoming) -> Option<Opened> {
    let sealed = incoming.sealed.as_ref()?;
    let bytes = open(keys, incident, kind, sealed);
    let content =
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|_| Unreadable::Damaged { key: sealed.key }));
    Some(Opened::Content(content))
}

fn open(
    keys: Option<&dyn Opener>,
    incident: IncidentId,
    kind: SealedKind,
    sealed: &Sealed,
) -> Result<zeroize::Zeroizing<Vec<u8>>, Unreadable> {
    let missing = Unreadable::KeyMissing { key: sealed.key, master: None };
    keys.ok_or(missing)?.open_sealed(incident, kind, sealed)
}
