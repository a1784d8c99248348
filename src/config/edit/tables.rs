//! Tables with headers, separated by blank lines.

use std::ops::Range;

use crate::config::edit::outline::line_start;
use crate::config::edit::splice::Splice;

/// Inserts blocks at the start of a line, with blank lines around them.
pub fn blocks_at(text: &str, at: usize, blocks: &[String]) -> Splice {
    let before = if ends_in_blank_line(&text[..at]) { "" } else { "\n" };
    let after = if starts_with_blank_line(&text[at..]) { "" } else { "\n" };
    Splice::insert(at, format!("{}{before}{}{after}", line_break(text, at), blocks.join("\n")))
}

/// Inserts one line at the start of a line.
pub fn line_at(text: &str, at: usize, line: &str) -> Splice {
    Splice::insert(at, format!("{}{line}\n", line_break(text, at)))
}

/// The lines of a block with the blank line before it, as [`blocks_at`] inserts them.
pub fn with_blank_before(text: &str, lines: &Range<usize>) -> Range<usize> {
    if !ends_in_blank_line(&text[..lines.start]) || lines.start == 0 {
        return lines.clone();
    }
    line_start(text, lines.start - 1)..lines.end
}

/// A line break, if the last line of the text lacks one.
fn line_break(text: &str, at: usize) -> &'static str {
    if at == 0 || text[..at].ends_with('\n') { "" } else { "\n" }
}

fn ends_in_blank_line(text: &str) -> bool {
    let Some(text) = text.strip_suffix('\n') else { return text.is_empty() };
    text.rsplit('\n').next().is_none_or(|line| line.trim().is_empty())
}

fn starts_with_blank_line(text: &str) -> bool {
    text.lines().next().is_none_or(|line| line.trim().is_empty())
}
