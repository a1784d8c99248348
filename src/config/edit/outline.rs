//! Finds the overrides, liaisons, and absences in a roster's text.

use std::ops::Range;

use toml_edit::{Document, Item, Table, TableLike, Value};

use crate::config::edit::error::NotEditable;

/// The positions that edits need; each list is in file order.
pub struct Outline {
    pub overrides: Overrides,
    /// The absences of each liaison.
    pub absences: Vec<Absences>,
}

/// The format of the overrides. A file without overrides counts as having tables.
pub enum Overrides {
    /// `[[override]]`
    Tables(Vec<Block>),
    /// `override = [{ … }]`
    List(List),
}

/// The format of a liaison's absences.
pub enum Absences {
    /// `away = [{ … }]`
    List(List),
    /// `[[liaison.away]]`
    Tables(Vec<Block>),
    /// No absences; `end` is the end of the `[[liaison]]`, before any subtable.
    NoneInTable { end: usize },
    /// No absences, and the liaison is `{ … }`; `end` is the end of its last value.
    NoneInLine { end: usize },
}

/// A table with a header.
pub struct Block {
    /// Start of the comment directly above the header, or of the header's line.
    pub comments_start: usize,
    /// From the header's line to the last line.
    pub lines: Range<usize>,
    pub to: Option<Range<usize>>,
}

/// A list in brackets.
pub struct List {
    /// Including the brackets.
    pub span: Range<usize>,
    pub entries: Vec<Entry>,
}

/// One `{ … }` of a list.
pub struct Entry {
    pub span: Range<usize>,
    pub to: Option<Range<usize>>,
}

impl Outline {
    /// Parses a roster's text.
    pub fn read(text: &str) -> Result<Self, NotEditable> {
        let document = Document::parse(text).map_err(|error| NotEditable::Syntax(error.message().to_owned()))?;
        let form = || NotEditable::Form("override");
        let overrides = match document.get("override") {
            None => Overrides::Tables(Vec::new()),
            Some(Item::ArrayOfTables(tables)) => {
                let blocks = tables.iter().map(|table| block(text, table));
                Overrides::Tables(blocks.collect::<Option<_>>().ok_or_else(form)?)
            }
            Some(item) => Overrides::List(list(item).ok_or_else(form)?),
        };
        let form = || NotEditable::Form("liaison");
        let absences = match document.get("liaison") {
            None => Some(Vec::new()),
            Some(Item::ArrayOfTables(tables)) => tables.iter().map(|table| absences_of_table(text, table)).collect(),
            Some(item) => item.as_array().ok_or_else(form)?.iter().map(absences_of_entry).collect(),
        };
        Ok(Self { overrides, absences: absences.ok_or_else(form)? })
    }
}

fn block(text: &str, table: &Table) -> Option<Block> {
    let header = table.span()?;
    let start = line_start(text, header.start);
    let end = line_end(text, last_end(table, Inside::Tables).max(header.end));
    // The text above the header may belong to a value; only comments count.
    let floor = table.decor().prefix().and_then(|prefix| prefix.span()).map_or(start, |span| span.start);
    let to = table.get("to").and_then(Item::span);
    Some(Block { comments_start: comments_start(text, floor, start), lines: start..end, to })
}

/// The lines of a table, and of each table inside it: another table may be between them.
pub fn pieces(text: &str, table: &Table) -> Vec<Range<usize>> {
    let own = table.span().map(|header| {
        let end = last_end(table, Inside::Values).max(header.end);
        line_start(text, header.start)..line_end(text, end)
    });
    let inside = table.iter().flat_map(|(_, item)| match item {
        Item::Table(table) if !table.is_dotted() => pieces(text, table),
        Item::ArrayOfTables(tables) => tables.iter().flat_map(|table| pieces(text, table)).collect(),
        _ => Vec::new(),
    });
    own.into_iter().chain(inside).collect()
}

fn absences_of_table(text: &str, table: &Table) -> Option<Absences> {
    let own_end = last_end(table, Inside::Values).max(table.span()?.end);
    Some(match table.get("away") {
        None => Absences::NoneInTable { end: line_end(text, own_end) },
        Some(Item::ArrayOfTables(tables)) => {
            Absences::Tables(tables.iter().map(|table| block(text, table)).collect::<Option<_>>()?)
        }
        Some(item) => Absences::List(list(item)?),
    })
}

fn absences_of_entry(value: &Value) -> Option<Absences> {
    let table = value.as_inline_table()?;
    match table.get("away") {
        Some(away) => Some(Absences::List(list_of(away)?)),
        None => {
            let end = table.iter().filter_map(|(_, value)| Some(value.span()?.end)).max()?;
            Some(Absences::NoneInLine { end })
        }
    }
}

fn list(item: &Item) -> Option<List> {
    list_of(item.as_value()?)
}

/// A list of `{ … }`.
pub fn list_of(value: &Value) -> Option<List> {
    let entry = |value: &Value| {
        let to = value.as_inline_table()?.get("to").and_then(Value::span);
        Some(Entry { span: value.span()?, to })
    };
    let entries = value.as_array()?.iter().map(entry).collect::<Option<_>>()?;
    Some(List { span: value.span()?, entries })
}

/// The part of a table that belongs to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Values,
    Tables,
}

/// The end of a table's last value, or 0 if it is empty.
fn last_end(table: &dyn TableLike, inside: Inside) -> usize {
    let end = |item: &Item| match item {
        Item::None => 0,
        Item::Value(value) => value.span().map_or(0, |span| span.end),
        Item::Table(table) if table.is_dotted() => last_end(table, inside),
        Item::Table(_) | Item::ArrayOfTables(_) if inside == Inside::Values => 0,
        Item::Table(table) => last_end(table, inside).max(table.span().map_or(0, |span| span.end)),
        Item::ArrayOfTables(tables) => tables
            .iter()
            .map(|table| last_end(table, inside).max(table.span().map_or(0, |span| span.end)))
            .max()
            .unwrap_or(0),
    };
    table.iter().map(|(_, item)| end(item)).max().unwrap_or(0)
}

/// The start of the line at a position.
pub fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The start of the next line.
pub fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}

/// The start of the comments directly above a line, but no earlier than `floor`.
pub fn comments_start(text: &str, floor: usize, header: usize) -> usize {
    let mut start = header;
    while start > floor {
        let above = line_start(text, start - 1);
        if above < floor || !text[above..start].trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start
}
