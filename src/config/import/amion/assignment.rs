//! The assignments that mean the role.

use std::collections::BTreeSet;

use crate::config::diagnostics::{did_you_mean, quoted, quoted_list};
use crate::config::import::amion::row::Row;
use crate::config::import::fault::Fault;
use crate::config::import::names::plain;

/// How Amion names the halves of a day, after the name of the assignment.
const HALVES: &[&str] =
    &["am", "pm", "a.m.", "p.m.", "morning", "afternoon", "1st half", "2nd half", "first half", "second half"];

/// The chosen assignments, and what a person should know about the others.
pub struct Chosen {
    pub names: BTreeSet<String>,
    pub notes: Vec<Fault>,
}

/// Chooses the assignments that were asked for, with the halves of their days.
///
/// # Errors
///
/// The report does not have one, or has several and none was asked for.
pub fn choose(rows: &[Row], asked: &[String], may_be_empty: bool) -> Result<Chosen, Fault> {
    let all: BTreeSet<String> = rows.iter().map(|row| row.assignment().to_owned()).collect();
    let all_names = || all.iter().map(String::as_str);
    if asked.is_empty() {
        let whole: BTreeSet<String> = all.iter().map(|name| plain(half_of(name).unwrap_or(name))).collect();
        return if whole.len() <= 1 {
            Ok(Chosen { names: all, notes: Vec::new() })
        } else {
            let names = quoted_list(all_names());
            let message = "the report has more than one assignment. Choose those of the role with `--assignment`";
            Err(Fault::whole(format!("{message}: {names}")))
        };
    }
    let mut chosen = Chosen { names: BTreeSet::new(), notes: Vec::new() };
    for one in asked {
        let is = |name: &str| plain(name) == plain(one);
        let (exact, halves): (Vec<&str>, Vec<&str>) =
            all_names().filter(|name| is(name) || half_of(name).is_some_and(is)).partition(|name| is(name));
        if exact.is_empty() && halves.is_empty() {
            let meant = did_you_mean(one, all_names());
            if may_be_empty && meant.is_none() {
                continue;
            }
            let hint = meant.unwrap_or_else(|| format!("it has {}", quoted_list(all_names())));
            return Err(Fault::whole(format!("the report has no assignment {}; {hint}", quoted(one))));
        }
        if !halves.is_empty() {
            let names = quoted_list(halves.iter().copied());
            chosen.notes.push(Fault::whole(format!("{} includes its halves {names}", quoted(one))));
        }
        chosen.names.extend(exact.into_iter().chain(halves).map(str::to_owned));
    }
    let is_near = |name: &str| asked.iter().any(|one| is_part(name, one)) && !chosen.names.contains(name);
    for name in all_names().filter(|name| is_near(name)) {
        let word = name.replace('"', "'");
        let message =
            format!("the report also has {}. If it is part of the role, add `--assignment \"{word}\"`", quoted(name));
        chosen.notes.push(Fault::whole(message));
    }
    Ok(chosen)
}

/// The assignment that this one is a half of.
fn half_of(name: &str) -> Option<&str> {
    let name = name.trim();
    let (end, has_bracket) = name.strip_suffix(')').map_or((name, false), |rest| (rest, true));
    HALVES.iter().find_map(|half| {
        let at = end.len().checked_sub(half.len())?;
        let start = end.get(..at).filter(|_| end.get(at..).is_some_and(|last| last.eq_ignore_ascii_case(half)))?;
        let whole = start.trim_end_matches([' ', ',', '-', '(', '/', ':', '.', '\u{2013}']);
        let is_apart = whole.len() < start.len() && !whole.is_empty() && has_bracket == start.ends_with('(');
        is_apart.then_some(whole)
    })
}

/// Whether a name begins with the one asked for.
fn is_part(name: &str, asked: &str) -> bool {
    let (name, asked) = (plain(name), plain(asked));
    name.strip_prefix(&asked).is_some_and(|rest| rest.starts_with(|one: char| !one.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_told_from_other_names() {
        for name in [
            "Call, am",
            "Call, PM",
            "Call am",
            "Call - pm",
            "Call (AM)",
            "Call/pm",
            "Call, p.m.",
            "Call afternoon",
            "Call: 1st half",
        ] {
            assert_eq!(half_of(name), Some("Call"), "{name}");
        }
        for name in ["Call", "Callam", "am", ", pm", "Call, second", "Call, night", "Program", "Call am)", ""] {
            assert_eq!(half_of(name), None, "{name}");
        }
    }
}
