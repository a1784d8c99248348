//! Removes one of several items that commas separate. What is written beside the others stays, with their comments.

use std::ops::Range;

use crate::config::edit::list::comma_after;
use crate::config::edit::outline::{line_end, line_start};
use crate::config::edit::splice::Splice;

/// Removes the item at an index; `close` is where the bracket is that ends them all.
pub fn remove(text: &str, items: &[Range<usize>], index: usize, close: usize) -> Vec<Splice> {
    let Some(own) = items.get(index) else { return Vec::new() };
    let is_one_line = |range: &Range<usize>| !text[range.clone()].contains('\n');
    let next = items.get(index + 1).map(|next| own.start..next.start);
    if let Some(to_next) = next.filter(is_one_line) {
        return vec![Splice::remove(to_next)];
    }
    let comma = comma_after(text, own.end, close);
    let comma_of_line = comma.filter(|comma| is_one_line(&(own.end..*comma)));
    let before = index.checked_sub(1).map(|before| items[before].end..own.start);
    if before.as_ref().is_some_and(is_one_line) {
        return vec![Splice::remove(items[index - 1].end..own.end)];
    }
    let (start, end) = (line_start(text, own.start), line_end(text, own.end));
    let has_own_lines = text[start..own.start].trim().is_empty() && end <= close;
    if has_own_lines && comma.is_none_or(|comma| comma < end) {
        return vec![Splice::remove(start..end)];
    }
    match (comma_of_line, comma) {
        (Some(comma), _) => vec![Splice::remove(own.start..comma + 1)],
        (None, Some(comma)) => vec![Splice::remove(own.clone()), Splice::remove(comma..comma + 1)],
        (None, None) => vec![Splice::remove(own.clone())],
    }
}
