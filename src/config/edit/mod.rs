//! Edits to a roster's text that leave every other byte unchanged: pure functions from text to text.
//!
//! `toml_edit` gives the positions; the edits are spliced into the text, so comments, order, and format stay.

pub mod admit;
pub mod contacts;
pub mod diff;
pub mod error;
pub mod lookup;
pub mod people;
pub mod save;
mod list;
mod outline;
mod separated;
mod splice;
mod tables;

use std::ops::Range;

use chrono::{NaiveDateTime, Timelike};
use toml_edit::Value;

use crate::config::edit::error::NotEditable;
use crate::config::edit::outline::{Absences, Outline, Overrides};
use crate::config::edit::splice::{Splice, apply};
use crate::domain::id::{LiaisonId, Role};

/// A new `[[override]]`, with local times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalOverride {
    pub role: Role,
    /// Start.
    pub from: NaiveDateTime,
    /// End (not included).
    pub to: NaiveDateTime,
    pub liaison: LiaisonId,
    /// Reason, on one line.
    pub reason: Option<String>,
}

/// A new absence, with local times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalAway {
    /// Start.
    pub from: NaiveDateTime,
    /// When the person is back.
    pub to: NaiveDateTime,
    pub cover: Option<LiaisonId>,
}

/// Adds overrides in order: before the override at an index, or after all others, where they take precedence.
///
/// # Errors
///
/// The text is not TOML, or has no override at that index.
pub fn insert_overrides(text: &str, before: Option<usize>, changes: &[LocalOverride]) -> Result<String, NotEditable> {
    if changes.is_empty() {
        return Ok(text.to_owned());
    }
    let outline = Outline::read(text)?;
    let missing = || NotEditable::Form("override");
    let splices = match (&outline.overrides, before) {
        (Overrides::Tables(blocks), Some(index)) => {
            let at = blocks.get(index).ok_or_else(missing)?.comments_start;
            vec![tables::blocks_at(text, at, &blocks_of(changes))]
        }
        (Overrides::Tables(blocks), None) => {
            let at = blocks.last().map_or(text.len(), |last| last.lines.end);
            vec![tables::blocks_at(text, at, &blocks_of(changes))]
        }
        (Overrides::List(list), before) => {
            let entries: Vec<_> = changes.iter().map(|change| inline(&override_pairs(change))).collect();
            match before {
                Some(index) => vec![list::insert_before(text, list, index, &entries).ok_or_else(missing)?],
                None => list::append(text, list, &entries),
            }
        }
    };
    Ok(apply(text, splices))
}

/// Removes overrides by index; comments above them stay.
///
/// # Errors
///
/// The text is not TOML, or has no override at an index.
pub fn remove_overrides(text: &str, indices: &[usize]) -> Result<String, NotEditable> {
    let missing = || NotEditable::Form("override");
    let splices = match &Outline::read(text)?.overrides {
        Overrides::Tables(blocks) => {
            let blocks = indices.iter().map(|index| blocks.get(*index).ok_or_else(missing));
            blocks
                .map(|block| Ok(Splice::remove(tables::with_blank_before(text, &block?.lines))))
                .collect::<Result<_, _>>()?
        }
        Overrides::List(list) if indices.iter().all(|index| *index < list.entries.len()) => {
            list::remove(text, list, indices)
        }
        Overrides::List(_) => return Err(missing()),
    };
    Ok(apply(text, splices))
}

/// Changes the end of the override at an index.
///
/// # Errors
///
/// The text is not TOML, or has no such override.
pub fn set_end(text: &str, index: usize, to: NaiveDateTime) -> Result<String, NotEditable> {
    let outline = Outline::read(text)?;
    let ends: Vec<Option<&Range<usize>>> = match &outline.overrides {
        Overrides::Tables(blocks) => blocks.iter().map(|block| block.to.as_ref()).collect(),
        Overrides::List(list) => list.entries.iter().map(|entry| entry.to.as_ref()).collect(),
    };
    let span = ends.get(index).copied().flatten().ok_or(NotEditable::Form("override"))?;
    Ok(with_time(text, span, to))
}

/// Adds an absence to the liaison at an index, in the format of the liaison's other absences.
///
/// # Errors
///
/// The text is not TOML, or has no such liaison.
pub fn add_away(text: &str, liaison: usize, away: &LocalAway) -> Result<String, NotEditable> {
    let outline = Outline::read(text)?;
    let pairs = away_pairs(away);
    let entry = inline(&pairs);
    let splices = match outline.absences.get(liaison).ok_or(NotEditable::Form("liaison"))? {
        Absences::List(list) => list::append(text, list, &[entry]),
        Absences::Tables(blocks) => {
            let end = blocks.last().ok_or(NotEditable::Form("absence"))?.lines.end;
            vec![tables::blocks_at(text, end, &[block("[[liaison.away]]", &pairs)])]
        }
        Absences::NoneInTable { end } => vec![tables::line_at(text, *end, &format!("away = [{entry}]"))],
        Absences::NoneInLine { end } => vec![Splice::insert(*end, format!(", away = [{entry}]"))],
    };
    Ok(apply(text, splices))
}

/// Changes the end of a liaison's absence; both are given by index.
///
/// # Errors
///
/// The text is not TOML, or has no such absence.
pub fn set_away_end(text: &str, liaison: usize, absence: usize, to: NaiveDateTime) -> Result<String, NotEditable> {
    let missing = || NotEditable::Form("absence");
    let outline = Outline::read(text)?;
    let span = match outline.absences.get(liaison).ok_or_else(missing)? {
        Absences::List(list) => list.entries.get(absence).and_then(|entry| entry.to.as_ref()),
        Absences::Tables(blocks) => blocks.get(absence).and_then(|block| block.to.as_ref()),
        Absences::NoneInTable { .. } | Absences::NoneInLine { .. } => None,
    };
    Ok(with_time(text, span.ok_or_else(missing)?, to))
}

/// Removes a liaison's absence; both are given by index.
///
/// # Errors
///
/// The text is not TOML, or has no such absence.
pub fn remove_away(text: &str, liaison: usize, absence: usize) -> Result<String, NotEditable> {
    let missing = || NotEditable::Form("absence");
    let outline = Outline::read(text)?;
    let splices = match outline.absences.get(liaison).ok_or_else(missing)? {
        Absences::List(list) if absence < list.entries.len() => match list::remove_lines(text, list, absence) {
            Some(lines) => vec![lines],
            None => list::remove(text, list, &[absence]),
        },
        Absences::Tables(blocks) => {
            let lines = &blocks.get(absence).ok_or_else(missing)?.lines;
            vec![Splice::remove(tables::with_blank_before(text, lines))]
        }
        _ => return Err(missing()),
    };
    Ok(apply(text, splices))
}

/// Replaces a time in the format in which it was written.
fn with_time(text: &str, span: &Range<usize>, new: NaiveDateTime) -> String {
    let raw = text.get(span.clone()).unwrap_or_default();
    let is_quoted = raw.starts_with(['"', '\'']);
    let new = if is_quoted { quote(&time(new)) } else { new.format("%Y-%m-%dT%H:%M:%S").to_string() };
    apply(text, vec![Splice { range: span.clone(), text: new }])
}

/// `2026-12-24 17:00`, the format of times in a roster.
pub fn time(local: NaiveDateTime) -> String {
    let form = if local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    local.format(form).to_string()
}

type Pairs = Vec<(&'static str, String)>;

fn override_pairs(change: &LocalOverride) -> Pairs {
    let mut pairs = vec![
        ("role", quote(change.role.as_str())),
        ("from", quote(&time(change.from))),
        ("to", quote(&time(change.to))),
        ("liaison", quote(change.liaison.as_str())),
    ];
    pairs.extend(change.reason.as_ref().map(|reason| ("reason", quote(reason))));
    pairs
}

fn away_pairs(away: &LocalAway) -> Pairs {
    let mut pairs = vec![("from", quote(&time(away.from))), ("to", quote(&time(away.to)))];
    pairs.extend(away.cover.as_ref().map(|cover| ("cover", quote(cover.as_str()))));
    pairs
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

fn blocks_of(changes: &[LocalOverride]) -> Vec<String> {
    changes.iter().map(|change| block("[[override]]", &override_pairs(change))).collect()
}

fn block(header: &str, pairs: &Pairs) -> String {
    let lines = pairs.iter().map(|(key, value)| format!("{key} = {value}\n"));
    std::iter::once(format!("{header}\n")).chain(lines).collect()
}

fn inline(pairs: &Pairs) -> String {
    let inside: Vec<_> = pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", inside.join(", "))
}

#[cfg(test)]
mod tests;
