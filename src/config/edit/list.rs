//! Lists in brackets, on one line or with one entry per line.

use crate::config::edit::outline::{List, comments_start, line_end, line_start};
use crate::config::edit::splice::Splice;

/// Adds entries at the end of a list.
pub fn append(text: &str, list: &List, entries: &[String]) -> Vec<Splice> {
    let Some(last) = list.entries.last() else {
        return vec![Splice::insert(list.span.start + 1, entries.join(", "))];
    };
    let comma = comma_after(text, last.span.end, list.span.end - 1);
    let Some(indent) = indent_of(text, last.span.start) else {
        return vec![match comma {
            Some(comma) => Splice::insert(comma + 1, entries.iter().map(|entry| format!(" {entry},")).collect()),
            None => Splice::insert(last.span.end, entries.iter().map(|entry| format!(", {entry}")).collect()),
        }];
    };
    let separated = entries.join(&format!(",\n{indent}"));
    match comma {
        // A comment after the comma belongs to the previous entry.
        Some(comma) => {
            let rest = &text[comma + 1..list.span.end - 1];
            let at = comma + 1 + rest.find(['\n', '\r']).unwrap_or(0);
            vec![Splice::insert(at, format!("\n{indent}{separated},"))]
        }
        None => {
            let rest = &text[last.span.end..list.span.end - 1];
            let at = last.span.end + rest.find(['\n', '\r']).unwrap_or(0);
            vec![Splice::insert(last.span.end, ",".to_owned()), Splice::insert(at, format!("\n{indent}{separated}"))]
        }
    }
}

/// Adds entries before the entry at an index.
pub fn insert_before(text: &str, list: &List, index: usize, entries: &[String]) -> Option<Splice> {
    let at = list.entries.get(index)?.span.start;
    let between = indent_of(text, at).map_or(", ".to_owned(), |indent| format!(",\n{indent}"));
    Some(Splice::insert(at, entries.iter().map(|entry| format!("{entry}{between}")).collect()))
}

/// Removes entries by index.
pub fn remove(text: &str, list: &List, indices: &[usize]) -> Vec<Splice> {
    let entries = &list.entries;
    let is_gone = |index: usize| indices.contains(&index);
    let kept = (0..entries.len()).rev().find(|index| !is_gone(*index)).map_or(0, |last| last + 1);
    let inner = (0..kept).filter(|index| is_gone(*index));
    let mut splices: Vec<_> =
        inner.map(|index| Splice::remove(entries[index].span.start..entries[index + 1].span.start)).collect();
    if let Some(end) = entries.last().map(|last| last.span.end).filter(|_| kept < entries.len()) {
        let start = if kept == 0 { entries[0].span.start } else { entries[kept - 1].span.end };
        let comma = comma_after(text, end, list.span.end - 1).filter(|_| kept == 0);
        splices.push(Splice::remove(start..comma.map_or(end, |comma| comma + 1)));
    }
    splices
}

/// Removes the lines of an entry that shares them with no other, with the comments directly above it.
pub fn remove_lines(text: &str, list: &List, index: usize) -> Option<Splice> {
    let entry = &list.entries.get(index)?.span;
    indent_of(text, entry.start)?;
    let end = line_end(text, entry.end);
    let next = list.entries.get(index + 1).map_or(list.span.end - 1, |next| next.span.start);
    let floor = index.checked_sub(1).map_or(list.span.start, |before| list.entries[before].span.end);
    let start = comments_start(text, floor, line_start(text, entry.start));
    (end <= next).then(|| Splice::remove(start..end))
}

/// The indent of an entry that starts its line.
fn indent_of(text: &str, at: usize) -> Option<&str> {
    let before = &text[line_start(text, at)..at];
    (before.trim().is_empty()).then_some(before)
}

/// The comma after an entry, skipping spaces and comments.
pub fn comma_after(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut in_comment = false;
    for (at, one) in text.get(from..to)?.char_indices() {
        match one {
            '\n' => in_comment = false,
            '#' => in_comment = true,
            ',' if !in_comment => return Some(from + at),
            _ => {}
        }
    }
    None
}
