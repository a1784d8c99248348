//! What was posted, and what was noted since: protected words, for those who may see them.

use std::collections::BTreeMap;

use crate::domain::escalation::event::Event;
use crate::domain::incident::{Content, Incoming};
use crate::domain::sealed::Unreadable;
use crate::journal::record::{Fact, Record};
use crate::vault::opening::Opened;

/// Whether a page has protected words. That it may is on the disk before the page is made.
#[derive(Clone, Copy)]
pub enum Protected<'a> {
    Hidden,
    /// That they are shown cannot be recorded now.
    NotRecorded,
    /// Opens what is sealed in an event.
    Shown(&'a dyn Fn(&Event) -> Option<Opened>),
}

/// A report of the matter.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Posted {
    pub summary: Option<String>,
    pub author: Option<String>,
    /// Go to the post, if a browser can open it.
    pub has_link: bool,
    /// What else the source sent, by name.
    pub labels: BTreeMap<String, String>,
    pub involved_unknown: Vec<String>,
    /// Why the words cannot be read.
    pub unreadable: Option<String>,
}

impl Protected<'_> {
    /// The latest report with words in it; `None` if the reader may not see any.
    pub fn posted(self, records: &[Record]) -> Option<Posted> {
        let Self::Shown(open) = self else { return None };
        let mut latest = Posted::default();
        for event in events(records) {
            let (Some(incoming), opened) = (incoming(event), open(event)) else { continue };
            let content = match opened {
                Some(Opened::Content(content)) => content,
                _ => Ok(incoming.clone().take_content()),
            };
            match content {
                Ok(content) if content.is_empty() => {}
                content => latest = Posted::of(content),
            }
        }
        Some(latest)
    }

    /// The address of the post, for a reader who may follow it.
    pub fn link(self, records: &[Record]) -> Option<String> {
        let Self::Shown(open) = self else { return None };
        let urls = events(records).filter_map(|event| {
            let incoming = incoming(event)?;
            match open(event) {
                Some(Opened::Content(content)) => content.ok()?.url,
                _ => incoming.url.clone(),
            }
        });
        urls.filter(|url| opens_in_browser(url)).last()
    }

    /// The words of a note, or why they are not there.
    pub fn note(self, event: &Event) -> Option<String> {
        let Self::Shown(open) = self else { return None };
        match (open(event), event) {
            (Some(Opened::Note(Ok(text))), _) => Some(text),
            (Some(Opened::Note(Err(why))), _) => Some(unreadable(&why)),
            (_, event) => event.written()?.1.plain().map(str::to_owned),
        }
    }
}

impl Posted {
    fn of(content: Result<Content, Unreadable>) -> Self {
        match content {
            Ok(Content { summary, url, author, labels, involved_unknown }) => Self {
                has_link: url.as_deref().is_some_and(opens_in_browser),
                summary,
                author,
                labels,
                involved_unknown,
                unreadable: None,
            },
            Err(why) => Self { unreadable: Some(unreadable(&why)), ..Self::default() },
        }
    }

    /// Whether the source sent no words.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether somebody wrote it down, as opposed to what happened by itself.
pub fn is_note(event: &Event) -> bool {
    matches!(event, Event::Noted { .. })
}

fn events(records: &[Record]) -> impl Iterator<Item = &Event> {
    records.iter().filter_map(|record| match &record.entry.fact {
        Fact::Incident(_, event) => Some(event),
        _ => None,
    })
}

fn incoming(event: &Event) -> Option<&Incoming> {
    match event {
        Event::Opened(opened) => Some(&opened.incident),
        Event::Folded(folded) => Some(&folded.incident),
        _ => None,
    }
}

fn unreadable(why: &Unreadable) -> String {
    format!("These words cannot be shown: {why}.")
}

fn opens_in_browser(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
