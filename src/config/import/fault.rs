//! Faults in a file to import.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::diagnostics::printable;

/// More faults than this are not listed: it is probably the wrong file.
const FAULTS_MAX: usize = 50;

/// A fault in a file to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The lines, counted from 1; empty for the file as a whole.
    pub lines: Vec<u32>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Fault {
    pub fn whole(message: impl fmt::Display) -> Self {
        Self { lines: Vec::new(), message: message.to_string() }
    }

    pub fn line(line: u32, message: impl fmt::Display) -> Self {
        Self { lines: vec![line], message: message.to_string() }
    }
}

impl fmt::Display for Fault {
    /// The file may contain anything, so control characters are removed.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = printable(&self.message);
        match self.lines.as_slice() {
            [] => out.write_str(&message),
            [line] => write!(out, "line {line}: {message}"),
            [first, second] => write!(out, "lines {first} and {second}: {message}"),
            [first, second, rest @ ..] => {
                write!(out, "lines {first}, {second} and {} more: {message}", rest.len())
            }
        }
    }
}

/// Faults of the same kind together, in the order of their first lines.
pub fn grouped(faults: Vec<Fault>) -> Vec<Fault> {
    let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for fault in faults {
        groups.entry(fault.message).or_default().extend(fault.lines);
    }
    let mut faults: Vec<Fault> = groups
        .into_iter()
        .map(|(message, mut lines)| {
            lines.sort_unstable();
            lines.dedup();
            Fault { lines, message }
        })
        .collect();
    faults.sort_by(|one, other| one.lines.cmp(&other.lines));
    faults
}

pub fn first_of(mut faults: Vec<Fault>) -> Vec<Fault> {
    let more = faults.len().saturating_sub(FAULTS_MAX);
    faults.truncate(FAULTS_MAX);
    if more > 0 {
        faults.push(Fault::whole(format!("{more} more")));
    }
    faults
}
