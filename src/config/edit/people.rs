//! Adds people to a text, and removes them from it with everything that names them.

use std::ops::Range;

use chrono::NaiveDate;
use toml_edit::{Array, Document, Item, TableLike, Value};

use crate::config::edit::error::NotEditable;
use crate::config::edit::outline::{line_end, line_start, list_of, pieces};
use crate::config::edit::splice::{Splice, apply};
use crate::config::edit::{Pairs, block, inline, list, quote, separated, tables};
use crate::domain::id::LiaisonId;

/// The list that a person is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// `[[liaison]]` of a roster.
    Liaison,
    /// `[[person]]` of `people.toml`.
    Person,
}

impl Entry {
    fn key(self) -> &'static str {
        match self {
            Self::Liaison => "liaison",
            Self::Person => "person",
        }
    }
}

/// What is written about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    pub id: LiaisonId,
    pub name: Option<String>,
    pub email: Option<String>,
    /// Numbers for text messages, in order.
    pub sms: Vec<String>,
    pub sms_consent: Option<NaiveDate>,
    pub voice: Option<String>,
    pub push: Option<String>,
    pub pager: Option<String>,
}

/// Adds a person behind the others.
///
/// # Errors
///
/// The text is not TOML, or its people are not in a list.
pub fn add(text: &str, entry: Entry, person: &NewPerson) -> Result<String, NotEditable> {
    let missing = || NotEditable::Form(entry.key());
    let pairs = pairs(person);
    let block = block(&format!("[[{}]]", entry.key()), &pairs);
    let splices = match parse(text)?.get(entry.key()) {
        None => vec![tables::blocks_at(text, text.len(), &[block])],
        Some(Item::ArrayOfTables(all)) => {
            let last = all.iter().last().ok_or_else(missing)?;
            let end = pieces(text, last).iter().map(|piece| piece.end).max().ok_or_else(missing)?;
            vec![tables::blocks_at(text, end, &[block])]
        }
        Some(item) => {
            let all = item.as_value().and_then(list_of).ok_or_else(missing)?;
            list::append(text, &all, &[inline(&pairs)])
        }
    };
    Ok(apply(text, splices))
}

/// Removes a liaison from a roster: from its rotations, overrides, covers, and approvers, and then the entry itself. A
/// rotation that has nobody else goes too. Comments outside of what is removed stay.
///
/// # Errors
///
/// The text is not TOML, has no such liaison, or names them in a form that edits do not support.
pub fn remove_liaison(text: &str, id: &LiaisonId) -> Result<String, NotEditable> {
    let mut text = text.to_owned();
    // One after the other, because each moves those behind it.
    while let Some(splices) = mention(&text, id)? {
        text = apply(&text, splices);
    }
    remove_entry(&text, Entry::Liaison, id)
}

/// Removes the entry of a person.
///
/// # Errors
///
/// The text is not TOML, or has no such person.
pub fn remove_entry(text: &str, entry: Entry, id: &LiaisonId) -> Result<String, NotEditable> {
    let missing = || NotEditable::Form(entry.key());
    let document = parse(text)?;
    let index = rows(document.as_table(), entry.key()).iter().position(|row| names(row.table, "id", id));
    let splices = without_row(text, document.as_table(), entry.key(), index.ok_or_else(missing)?);
    Ok(apply(text, splices.ok_or_else(missing)?))
}

fn parse(text: &str) -> Result<Document<String>, NotEditable> {
    Document::parse(text.to_owned()).map_err(|error| NotEditable::Syntax(error.message().to_owned()))
}

fn pairs(person: &NewPerson) -> Pairs {
    let one = |key, value: &Option<String>| value.as_ref().map(|value| (key, quote(value)));
    let sms = match &person.sms[..] {
        [] => None,
        [number] => Some(quote(number)),
        several => Some(format!("[{}]", several.iter().map(|number| quote(number)).collect::<Vec<_>>().join(", "))),
    };
    let optional = [
        one("name", &person.name),
        one("email", &person.email),
        sms.map(|numbers| ("sms", numbers)),
        person.sms_consent.map(|day| ("sms_consent", day.to_string())),
        one("voice", &person.voice),
        one("push", &person.push),
        one("pager", &person.pager),
    ];
    std::iter::once(("id", quote(person.id.as_str()))).chain(optional.into_iter().flatten()).collect()
}

/// A table of a list.
pub struct Row<'a> {
    pub table: &'a dyn TableLike,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `[[rotation]]`
    Block,
    /// `{ … }`
    Inline,
}

/// The tables of a list, in either form.
pub fn rows<'a>(table: &'a dyn TableLike, key: &str) -> Vec<Row<'a>> {
    match table.get(key) {
        Some(Item::ArrayOfTables(all)) => all.iter().map(|table| Row { table, form: Form::Block }).collect(),
        Some(Item::Value(Value::Array(all))) => {
            let inside = all.iter().filter_map(Value::as_inline_table);
            inside.map(|table| Row { table, form: Form::Inline }).collect()
        }
        _ => Vec::new(),
    }
}

fn names(table: &dyn TableLike, key: &str, id: &LiaisonId) -> bool {
    table.get(key).and_then(Item::as_str) == Some(id.as_str())
}

/// The removal of the first mention of a liaison outside of their own entry.
fn mention(text: &str, id: &LiaisonId) -> Result<Option<Vec<Splice>>, NotEditable> {
    let document = parse(text)?;
    let root = document.as_table();
    let found = in_rotations(text, root, id).or_else(|| in_overrides(text, root, id));
    let found = found.or_else(|| in_covers(text, root, id)).or_else(|| in_approvers(text, root, id));
    found.map(|splices| splices.ok_or(NotEditable::Form("liaison"))).transpose()
}

/// A mention is found; `None` inside if its form is not supported.
type Found = Option<Option<Vec<Splice>>>;

fn in_rotations(text: &str, root: &dyn TableLike, id: &LiaisonId) -> Found {
    let rotations = rows(root, "rotation");
    let turns = rotations.iter().map(|row| row.table.get("liaisons").and_then(Item::as_array));
    let (rotation, turns, turn) =
        turns.enumerate().find_map(|(rotation, turns)| Some((rotation, turns?, position(turns?, id)?)))?;
    let has_others = turns.iter().filter_map(Value::as_str).any(|one| one != id.as_str() && one != "-");
    Some(if has_others { without_word(text, turns, turn) } else { without_row(text, root, "rotation", rotation) })
}

fn in_overrides(text: &str, root: &dyn TableLike, id: &LiaisonId) -> Found {
    let index = rows(root, "override").iter().position(|row| names(row.table, "liaison", id))?;
    Some(without_row(text, root, "override", index))
}

fn in_covers(text: &str, root: &dyn TableLike, id: &LiaisonId) -> Found {
    let liaisons = rows(root, "liaison").into_iter().filter(|liaison| !names(liaison.table, "id", id));
    let mut absences = liaisons.flat_map(|liaison| rows(liaison.table, "away"));
    let absence = absences.find(|absence| names(absence.table, "cover", id))?;
    Some(without_key(text, &absence, "cover"))
}

fn in_approvers(text: &str, root: &dyn TableLike, id: &LiaisonId) -> Found {
    let approvers = root.get("approvers")?.as_array()?;
    let index = position(approvers, id)?;
    let has_others = approvers.iter().any(|one| one.as_str() != Some(id.as_str()));
    Some(match has_others {
        true => without_word(text, approvers, index),
        false => without_key(text, &Row { table: root, form: Form::Block }, "approvers"),
    })
}

fn position(words: &Array, id: &LiaisonId) -> Option<usize> {
    words.iter().position(|word| word.as_str() == Some(id.as_str()))
}

/// The removal of a table from a list.
fn without_row(text: &str, table: &dyn TableLike, key: &str, index: usize) -> Option<Vec<Splice>> {
    if let Item::ArrayOfTables(all) = table.get(key)? {
        let pieces = pieces(text, all.get(index)?);
        return Some(pieces.iter().map(|lines| Splice::remove(tables::with_blank_before(text, lines))).collect());
    }
    let all = list_of(table.get(key)?.as_value()?)?;
    let lines = list::remove_lines(text, &all, index).map(|lines| vec![lines]);
    Some(lines.unwrap_or_else(|| list::remove(text, &all, &[index])))
}

/// The removal of a word from a list.
fn without_word(text: &str, words: &Array, index: usize) -> Option<Vec<Splice>> {
    let spans = words.iter().map(Value::span).collect::<Option<Vec<_>>>()?;
    Some(separated::remove(text, &spans, index, words.span()?.end - 1))
}

/// The removal of a key with its value.
fn without_key(text: &str, row: &Row<'_>, key: &str) -> Option<Vec<Splice>> {
    let span = |key: &str| -> Option<Range<usize>> {
        Some(row.table.key(key)?.span()?.start..row.table.get(key)?.span()?.end)
    };
    let own = span(key)?;
    if row.form == Form::Block {
        return Some(vec![Splice::remove(line_start(text, own.start)..line_end(text, own.end))]);
    }
    let mut all = row.table.iter().map(|(key, _)| span(key)).collect::<Option<Vec<_>>>()?;
    all.sort_by_key(|span| span.start);
    let index = all.iter().position(|one| *one == own)?;
    let last = all.last()?.end;
    let close = last + text[last..].find('}')?;
    Some(separated::remove(text, &all, index, close))
}

#[cfg(test)]
mod tests;
