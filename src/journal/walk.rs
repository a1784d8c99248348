//! Walks along the record's lines across all of its files.

use std::ops::ControlFlow;
use std::path::Path;

use crate::domain::digest::Digest;
use crate::journal::base::layout;
use crate::journal::error::{Cure, Damage, Fault, ReadError};
use crate::journal::line::Line;
use crate::journal::lines::Lines;
use crate::journal::segment::Segment;

/// Where a walk ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    pub seq: u64,
    /// `None` before the first visited record.
    pub hash: Option<Digest>,
    /// The end of the last complete record in the last file that was read.
    pub whole: u64,
    /// The length of an incomplete record after it.
    pub torn: u64,
    /// The position after the last record that did not stop the walk.
    pub(in crate::journal) mark: Option<Mark>,
}

/// A position between two records, where a later walk can continue without reading what comes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::journal) struct Mark {
    segment: u64,
    byte: u64,
    /// Counted from 1.
    line: u64,
    /// The record before.
    seq: u64,
    hash: Digest,
}

/// Called for each line; it may stop the walk.
pub type Visit<'a> = &'a mut dyn FnMut(&Line<'_>, &str) -> Result<ControlFlow<()>, Fault>;

/// Visits all records after `after`, verifying the hash chain.
///
/// # Errors
///
/// Damage, or a file that cannot be read. An incomplete last line is not an error: it was never acknowledged.
pub fn walk(folder: &Path, after: u64, visit: Visit<'_>) -> Result<Reached, ReadError> {
    walk_from(folder, None, after, visit)
}

pub(in crate::journal) fn walk_from(
    folder: &Path,
    mark: Option<Mark>,
    after: u64,
    visit: Visit<'_>,
) -> Result<Reached, ReadError> {
    let layout = layout(folder)?;
    let (segments, (start, hash)) = (&layout.segments, layout.start());
    if segments.is_empty() {
        return Ok(Reached::default());
    }
    let from = segments.iter().rposition(|segment| segment.first <= after.max(1)).unwrap_or(0);
    let mut reached = Reached { seq: segments[from].first - 1, ..Reached::default() };
    if reached.seq == start {
        reached.hash = Some(hash);
    }
    if let Some(mark) = mark.filter(|mark| mark.seq <= after && mark.segment == segments[from].first) {
        (reached.seq, reached.hash, reached.mark) = (mark.seq, Some(mark.hash), Some(mark));
    }
    for (index, segment) in segments.iter().enumerate().skip(from) {
        let end = segments.get(index + 1).map(|next| next.first);
        if walk_segment(segment, end, after, &mut reached, visit)?.is_break() {
            break;
        }
    }
    Ok(reached)
}

/// Visits the records of one segment after `after`, up to those that the next one (`end`) also has.
///
/// # Errors
///
/// The errors of [`walk`].
pub fn walk_segment(
    segment: &Segment,
    end: Option<u64>,
    after: u64,
    reached: &mut Reached,
    visit: Visit<'_>,
) -> Result<ControlFlow<()>, ReadError> {
    let mark = reached.mark.filter(|mark| mark.segment == segment.first);
    let (byte, number) = mark.map_or((0, 0), |mark| (mark.byte, mark.line - 1));
    let mut lines = Lines::open(segment, end.is_none(), byte, number)?;
    (reached.whole, reached.torn) = (0, 0);
    while end.is_none_or(|end| reached.seq + 1 < end) {
        let Some(bytes) = lines.next()? else {
            return match end {
                Some(end) => Err(hole(&lines, reached.seq + 1, segment, end).into()),
                None if lines.is_compressed() => {
                    // It was complete when it was compressed, and nothing is appended to it.
                    if lines.torn > 0 {
                        Err(lines.damage(Fault::NotARecord).into())
                    } else {
                        Ok(ControlFlow::Continue(()))
                    }
                }
                None if lines.is_whole_but_for_its_end() => Err(lines.damage(Fault::NotARecord).into()),
                None => {
                    reached.torn = lines.torn;
                    Ok(ControlFlow::Continue(()))
                }
            };
        };
        let step = step(bytes, after, reached, visit);
        match step {
            Ok(flow) => {
                reached.whole = lines.after;
                if flow.is_break() {
                    return Ok(flow);
                }
                reached.mark = mark_behind(segment, &lines, reached);
            }
            Err(fault) if end.is_none() && !lines.is_compressed() => {
                let rest = lines.rest()?;
                if rest.is_unwritten() {
                    reached.torn = rest.bytes;
                    tracing::debug!(%fault, "the last block was not completely written");
                    return Ok(ControlFlow::Continue(()));
                }
                let cure = if rest.has_record { Cure::PutBack } else { Cure::CutOff };
                return Err(Damage { cure, ..lines.damage(fault) }.into());
            }
            Err(fault) => return Err(lines.damage(fault).into()),
        }
    }
    lines.finish()?;
    Ok(ControlFlow::Continue(()))
}

/// Damage for a gap between a segment's end and the next one.
fn hole(lines: &Lines, from: u64, segment: &Segment, end: u64) -> Damage {
    let plain = Segment { first: end, path: segment.path.clone() }.plain();
    let next = if plain.path.exists() { plain } else { plain.compressed() };
    Damage { cure: Cure::FillIn { from, to: end - 1, next: next.path }, ..lines.damage(Fault::Missing) }
}

/// The position after the last line read; `None` before a visited record.
fn mark_behind(segment: &Segment, lines: &Lines, reached: &Reached) -> Option<Mark> {
    let (seq, hash) = (reached.seq, reached.hash?);
    Some(Mark { segment: segment.first, byte: lines.after, line: lines.number + 1, seq, hash })
}

fn step(bytes: &[u8], after: u64, reached: &mut Reached, visit: Visit<'_>) -> Result<ControlFlow<()>, Fault> {
    // Earlier records are only counted; the chain is verified starting at the last of them.
    if reached.seq + 1 < after {
        reached.seq += 1;
        reached.hash = None;
        return Ok(ControlFlow::Continue(()));
    }
    let line = Line::verify(bytes)?;
    if line.seq != reached.seq + 1 {
        return Err(Fault::WrongSeq);
    }
    if reached.hash.is_some_and(|hash| hash != line.prev) {
        return Err(Fault::WrongPrevious);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::NotARecord)?;
    let flow = if line.seq > after { visit(&line, text)? } else { ControlFlow::Continue(()) };
    (reached.seq, reached.hash) = (line.seq, Some(line.hash));
    Ok(flow)
}
