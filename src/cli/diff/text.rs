//! A plan diff in words, for a coordinator who reads it in a pull request.

use std::collections::BTreeSet;
use std::io::{self, Write};

use chrono::{DateTime, Utc};
use clap::builder::styling::{AnsiColor, Style};

use crate::cli::width;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::plan::Plan;
use crate::domain::plan_diff::PlanDiff;
use crate::domain::plan_diff::change::Change;
use crate::domain::plan_diff::duty::{DutyChange, Run, is_same_change, runs};
use crate::domain::plan_diff::fact::{Fact, WITHHELD};
use crate::domain::plan_diff::first_page::FirstPage;
use crate::domain::plan_diff::people::Person;
use crate::domain::plan_diff::window::{Window, local, local_span};
use crate::domain::playbook::Staffing;
use crate::domain::visible::is_hidden;
use crate::domain::zone::Zone;

/// Line width that fits a narrow terminal and a pull request comment.
const WIDTH: usize = 80;

/// How many intervals of one change are listed; the rest are counted.
const INTERVALS_SHOWN: usize = 6;

/// How many facts of one department or class are listed; the rest are counted.
const FACTS_SHOWN: usize = 12;

/// How many pairs of people are listed per role; the rest are counted.
const PAIRS_SHOWN: usize = 12;

/// How many classes are listed on one line; the rest are counted.
const CLASSES_SHOWN: usize = 6;

const HEADING: Style = Style::new().bold();

/// For on-call time that no one covers.
const GAP: Style = AnsiColor::Red.on_default().bold();

/// Writes the differences by department, ladder, and playbook, then their number.
///
/// The text is colored: pass a stream that strips colors where needed, such as anstream's.
///
/// # Errors
///
/// The output is closed.
pub fn write(difference: &PlanDiff, old: &Plan, new: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { difference, old, new, out };
    if !difference.hospital.is_empty() {
        page.heading("The whole hospital")?;
        page.facts(&difference.hospital)?;
    }
    page.departments()?;
    page.ladders()?;
    page.classes()?;
    page.summary()
}

struct Page<'a> {
    difference: &'a PlanDiff,
    old: &'a Plan,
    new: &'a Plan,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn departments(&mut self) -> io::Result<()> {
        let difference = self.difference;
        let described = difference.departments.iter().map(|one| &one.department);
        let on_duty = difference.duty.iter().map(|one| &one.department);
        let first = difference.first_pages.iter().map(|one| &one.department);
        let departments: BTreeSet<&DepartmentId> = described.chain(on_duty).chain(first).collect();
        for department in departments {
            let change = difference.departments.iter().find(|one| one.department == *department);
            let name = change.map_or_else(|| self.new.department_name(department), |one| &one.name);
            let heading = match change.map(|one| one.change) {
                Some(Change::Comes) => format!("{name} ({department}), a new department"),
                Some(Change::Goes) => format!("{name} ({department}), removed"),
                Some(Change::Changes) | None => format!("{name} ({department})"),
            };
            self.heading(&heading)?;
            self.facts(change.map(|one| one.facts.as_slice()).unwrap_or_default())?;
            self.duty(department)?;
            self.first_pages(department)?;
        }
        Ok(())
    }

    fn duty(&mut self, department: &DepartmentId) -> io::Result<()> {
        let changes = self.difference.duty.iter().filter(|one| one.department == *department);
        let mut roles: Vec<(&Role, Vec<Vec<&DutyChange>>)> = Vec::new();
        for change in changes {
            if roles.last().is_none_or(|(role, _)| **role != change.role) {
                roles.push((&change.role, Vec::new()));
            }
            let Some((_, pairs)) = roles.last_mut() else { continue };
            match pairs.iter_mut().find(|pair| is_same_change(pair[0], change)) {
                Some(pair) => pair.push(change),
                None => pairs.push(vec![change]),
            }
        }
        for (role, pairs) in roles {
            for pair in pairs.iter().take(PAIRS_SHOWN) {
                self.pair(department, role, pair)?;
            }
            if pairs.len() > PAIRS_SHOWN {
                let rest: usize = pairs[PAIRS_SHOWN..].iter().map(Vec::len).sum();
                self.line(2, &format!("{role}: {rest} more intervals of other people"))?;
            }
        }
        Ok(())
    }

    /// The intervals in which one person is on call instead of another.
    fn pair(&mut self, department: &DepartmentId, role: &Role, pair: &[&DutyChange]) -> io::Result<()> {
        let (before, after) = (pair[0].before.clone(), pair[0].after.clone());
        self.line(2, &format!("{role}: {}", instead(after.as_slice(), before.as_slice(), "no one")))?;
        let (Some(old), Some(new)) = (self.old.rosters.get(department), self.new.rosters.get(department)) else {
            return Ok(());
        };
        let runs = runs(old, new, pair);
        for run in runs.iter().take(INTERVALS_SHOWN) {
            self.line(4, &interval(self.difference.window, &new.timezone, run))?;
        }
        if let Some(last) = runs.last().filter(|_| runs.len() > INTERVALS_SHOWN) {
            let until = local(&new.timezone, last.to);
            self.line(4, &format!("{} more until {until}", runs.len() - INTERVALS_SHOWN))?;
        }
        Ok(())
    }

    fn first_pages(&mut self, department: &DepartmentId) -> io::Result<()> {
        let mut left: Vec<&FirstPage> =
            self.difference.first_pages.iter().filter(|one| one.department == *department).collect();
        while let Some(first) = left.first().copied() {
            let key = |one: &FirstPage| (one.staffing, one.at, one.before.clone(), one.after.clone());
            let (alike, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|one| key(one) == key(first));
            left = others;
            let classes: Vec<&str> = alike.iter().map(|one| one.class.as_str()).collect();
            let at = local(&self.new.zone(department), first.at);
            let has_hours = self.new.rosters.get(department).is_some_and(|roster| !roster.hours.is_empty());
            let when = if has_hours { format!(" {}", staffing(first.staffing)) } else { String::new() };
            let line = format!(
                "first page{when}: {}, first on {at}, for {}",
                instead(&first.after, &first.before, "no one immediately"),
                some_of(&classes)
            );
            self.line(2, &line)?;
        }
        Ok(())
    }

    fn ladders(&mut self) -> io::Result<()> {
        for ladder in &self.difference.ladders {
            self.heading(&format!("Ladder {}", ladder.name))?;
            self.facts(std::slice::from_ref(&ladder.steps))?;
            let classes: Vec<&str> = ladder.classes.iter().map(String::as_str).collect();
            if !classes.is_empty() {
                self.line(2, &format!("used by {}", some_of(&classes)))?;
            }
        }
        Ok(())
    }

    fn classes(&mut self) -> io::Result<()> {
        for class in &self.difference.classes {
            let title = match class.change {
                Change::Comes => format!("{}: {}, a new playbook", class.class, class.title),
                Change::Goes => format!("{}: {}, removed", class.class, class.title),
                Change::Changes => format!("{}: {}", class.class, class.title),
            };
            self.heading(&title)?;
            self.facts(&class.facts)?;
        }
        Ok(())
    }

    /// `12 differences; compared 2026-11-24 05:02 CST to 2027-02-22 05:02 CST`
    fn summary(&mut self) -> io::Result<()> {
        let zone = self.new.zone(&self.new.fallback);
        let clock = |at: DateTime<Utc>| zone.write(at, "%Y-%m-%d %H:%M %Z");
        let (from, to) = (clock(self.difference.window.from), clock(self.difference.window.to));
        let count = match self.difference.count() {
            0 => "no difference".to_owned(),
            1 => "1 difference".to_owned(),
            count => format!("{count} differences"),
        };
        self.line(0, &format!("{count}; compared {from} to {to}"))
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        let plain = plain(text);
        writeln!(self.out, "{HEADING}{plain}{HEADING:#}")
    }

    fn facts(&mut self, facts: &[Fact]) -> io::Result<()> {
        for fact in facts.iter().take(FACTS_SHOWN) {
            let what = &fact.what;
            let withheld = [&fact.before, &fact.after].into_iter().flatten().any(|one| one == WITHHELD);
            match (&fact.before, &fact.after) {
                (Some(_), Some(_)) if withheld => self.line(2, &format!("{what}: changed"))?,
                (None, Some(_)) if withheld => self.line(2, &format!("new {what}"))?,
                (Some(_), None) if withheld => self.line(2, &format!("removed {what}"))?,
                (Some(before), Some(after)) => {
                    self.turned(&format!("{what}: {after}"), &format!("before: {before}"))?
                }
                (None, Some(after)) => self.line(2, &format!("new {what}: {after}"))?,
                (Some(before), None) => self.line(2, &format!("removed {what}: {before}"))?,
                (None, None) => {}
            }
        }
        if facts.len() > FACTS_SHOWN {
            self.line(2, &format!("{} more", facts.len() - FACTS_SHOWN))?;
        }
        Ok(())
    }

    /// Writes the new and the old value, on one line if both fit.
    fn turned(&mut self, after: &str, before: &str) -> io::Result<()> {
        let both = format!("{after}; {before}");
        if both.chars().count() + 2 <= WIDTH {
            return self.line(2, &both);
        }
        self.line(2, after)?;
        self.line(4, before)
    }

    /// Writes one line, wrapped if needed, and highlights coverage gaps.
    fn line(&mut self, indent: usize, text: &str) -> io::Result<()> {
        for line in width::wrap_hanging(&plain(text), WIDTH - indent, 2) {
            let marked = line.replacen(": no one instead", &format!(": {GAP}no one{GAP:#} instead"), 1);
            writeln!(self.out, "{:indent$}{marked}", "")?;
        }
        Ok(())
    }
}

/// `June Chen instead of Maria Rivera`, with IDs if the names are the same.
fn instead(after: &[Person], before: &[Person], nobody: &str) -> String {
    let names = |people: &[Person]| people.iter().map(|person| person.name.clone()).collect::<Vec<_>>();
    let with_ids =
        |people: &[Person]| people.iter().map(|person| format!("{} ({})", person.name, person.id)).collect::<Vec<_>>();
    let is_clear = names(after) != names(before);
    let text = |people: &[Person]| match if is_clear { names(people) } else { with_ids(people) } {
        none if none.is_empty() => nobody.to_owned(),
        names => names.join(" and "),
    };
    format!("{} instead of {}", text(after), text(before))
}

fn staffing(staffing: Staffing) -> &'static str {
    match staffing {
        Staffing::Hours => "in hours",
        Staffing::AfterHours => "after hours",
    }
}

fn interval(window: Window, zone: &Zone, run: &Run) -> String {
    let span = match (run.from == window.from, run.to == window.to) {
        (true, true) => "all the time".to_owned(),
        (true, false) => format!("until {}", local(zone, run.to)),
        (false, true) => format!("from {} on", local(zone, run.from)),
        (false, false) => local_span(zone, run.from, run.to),
    };
    match run.only {
        Some(part) => format!("{}, {span}", staffing(part)),
        None => span,
    }
}

fn some_of(names: &[&str]) -> String {
    let shown = names[..names.len().min(CLASSES_SHOWN)].join(", ");
    match names.len().saturating_sub(CLASSES_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// File contents are escaped: they must not control the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|character| if is_hidden(character) { '\u{fffd}' } else { character }).collect()
}
