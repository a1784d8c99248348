//! A route in words: when, who, by which channel, and why that person.

use std::io::Write;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::builder::styling::{AnsiColor, Style};

use crate::cli::route::followed::{Followed, step_words};
use crate::cli::width;
use crate::domain::calendar::clock::ClockWords;
use crate::domain::count::count;
use crate::domain::escalation::event::{Because, Paged, PassedOver, StepFired, StepPosition};
use crate::domain::escalation::incident::Track;
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::id::DepartmentId;
use crate::domain::incident::Incoming;
use crate::domain::plan::Plan;
use crate::domain::playbook::{Playbook, Promotion, Seen};
use crate::domain::wait;

const BOLD: Style = Style::new().bold();
const SOFT: Style = Style::new().dimmed();
const ALARM: Style = AnsiColor::Red.on_default().bold();

/// Indent of a step's details.
const INDENT: &str = "    ";

pub struct Timeline<'a> {
    pub plan: &'a Plan,
    pub playbook: &'a Playbook,
    pub incoming: &'a Incoming,
    pub at: DateTime<Utc>,
    /// The current time: other years are shown with times.
    pub now: DateTime<Utc>,
    pub followed: &'a Followed,
}

impl Timeline<'_> {
    /// # Errors
    ///
    /// The output is closed.
    pub fn write(&self, out: &mut dyn Write) -> Result<()> {
        write_wrapped(out, "", &format!("{}: {}", self.playbook.name(), self.playbook.title), BOLD)?;
        for line in self.head() {
            write_wrapped(out, "", &line, Style::new())?;
        }
        writeln!(out)?;
        for track in &self.followed.opened.tracks {
            write_wrapped(out, INDENT, &self.track(track), Style::new())?;
        }
        let mut last = None;
        for (at, step) in &self.followed.fired {
            if last.replace(*at) != Some(*at) {
                let clock = self.clock(&step.department);
                writeln!(
                    out,
                    "\n{BOLD}+{:<7}{BOLD:#} {}",
                    wait::in_units(*at - self.at).unwrap_or_else(|| "0m".to_owned()),
                    clock.moment(*at, self.at)
                )?;
            }
            self.write_step(*at, step, out)?;
        }
        writeln!(out)?;
        for track in &self.followed.incident.tracks {
            write_wrapped(out, "", &self.end(track), Style::new())?;
        }
        Ok(())
    }

    /// How the playbook was chosen, and what raised the severity.
    fn head(&self) -> Vec<String> {
        let (playbook, opened) = (self.playbook, &self.followed.opened);
        let (class, name) = (self.incoming.class.as_str(), playbook.class.as_str());
        let chosen = if class == name {
            None
        } else if playbook.answers(class) {
            Some(format!("`{class}` is listed in `also` of `{name}`"))
        } else {
            Some(format!("no playbook for `{class}`; using `{name}`"))
        };
        let variant = playbook.variant.as_ref().map(|variant| format!("variant `{variant}` applies (`[match]`)"));
        let clock = ClockWords::new(&self.plan.zone(&self.plan.fallback));
        let received = format!("received {}, severity {}", clock.moment(self.at, self.now), opened.severity);
        let seen = Seen::of(self.incoming);
        let lifts = playbook.promotions.iter().filter(|one| one.when.holds(&seen)).map(|one| self.lift(one));
        let asked = self.incoming.severity.filter(|asked| *asked > playbook.severity);
        let asked = asked.map(|asked| format!("raised by the source from {} to {asked}", playbook.severity));
        chosen.into_iter().chain(variant).chain([received]).chain(lifts).chain(asked).collect()
    }

    fn lift(&self, promotion: &Promotion) -> String {
        let when = &promotion.when;
        let flags: Vec<String> = when
            .any_flag
            .iter()
            .filter(|flag| self.incoming.flags.contains(flag))
            .map(|flag| format!("flag `{flag}`"))
            .collect();
        let reach = when.reach_at_least.map(|mark| format!("a reach of {mark} or more"));
        let because: Vec<String> = flags.into_iter().chain(reach).collect();
        let severity = promotion.severity.map(|severity| format!("severity {severity}"));
        let ladder = promotion.ladder.as_ref().map(|ladder| format!("ladder {}", ladder.name));
        let to: Vec<String> = severity.into_iter().chain(ladder).collect();
        format!("promoted to {}, by {}", to.join(" and "), because.join(" and "))
    }

    /// The initial state of one department's track.
    fn track(&self, track: &TrackOpened) -> String {
        let staffed = self.plan.is_staffed(&track.department, self.at);
        let name = self.plan.department_name(&track.department);
        let hours = if staffed { "in hours" } else { "after hours" };
        let act = track.act_within.map_or_else(String::new, |wait| format!(", then note what was done within {wait}"));
        let mut text =
            format!("{name} ({hours}): ladder {}, acknowledge within {}{act}", track.ladder, track.acknowledge_within);
        if track.starts_at > self.at {
            let opens = self.clock(&track.department).moment(track.starts_at, self.at);
            text.push_str(&format!("; on hold until it opens, {opens}"));
        }
        if let Some(absent) = &track.instead_of {
            text.push_str(&format!("; paged immediately instead of {}", self.plan.department_name(absent)));
        }
        text
    }

    fn write_step(&self, at: DateTime<Utc>, step: &StepFired, out: &mut dyn Write) -> Result<()> {
        let name = self.plan.department_name(&step.department);
        let head = format!("{name}, {}: {}", step_words(step.step), step.reason.words());
        write_wrapped(out, INDENT, &head, Style::new())?;
        let inside = INDENT.repeat(2);
        for paged in &step.pages {
            let elsewhere = paged.roster != step.department;
            let of =
                if elsewhere { format!(" of {}", self.plan.department_name(&paged.roster)) } else { String::new() };
            write_named(out, &inside, &paged.name, &format!(", {}{of}: {}", paged.role, channels(at, paged)))?;
            write_wrapped(out, &INDENT.repeat(3), &paged.why.to_string(), SOFT)?;
        }
        let follows = step.next.is_some_and(|next| next.at == at && step.pages.is_empty());
        for passed in &step.passed_over {
            let then = if follows { "; the next step runs immediately" } else { "" };
            let style = if step.pages.is_empty() { ALARM } else { SOFT };
            write_wrapped(out, &inside, &format!("{}{then}", self.passed(step, passed)), style)?;
        }
        Ok(())
    }

    fn passed(&self, step: &StepFired, passed: &PassedOver) -> String {
        let who = passed.liaison.as_ref().map_or_else(|| "no one".to_owned(), |id| format!("`{id}`"));
        let target = &passed.target;
        match passed.because {
            Because::NobodyOnCall => format!("no one is on call as `{target}` in {} then", step.department),
            Because::PagedAlready => format!("{who} ({target}) has already been paged"),
            Because::NoChannel => format!("{who} ({target}) has no contact for a configured channel"),
            Because::Involved => format!("{who} ({target}) is involved"),
            Because::Declined => format!("{who} ({target}) has declined"),
            Because::Unreachable => format!("{who} ({target}) cannot be reached"),
            Because::Left => format!("{who} ({target}) is no longer in a roster"),
            Because::NoAnswer => format!("{who} ({target}) did not answer in time"),
        }
    }

    /// What follows the steps shown.
    fn end(&self, track: &Track) -> String {
        let name = self.plan.department_name(&track.department);
        let ladder = self.followed.incident.ladder(track, self.playbook);
        let shown = self.followed.fired.iter().rev().find(|(_, step)| step.department == track.department);
        let Some((_, last)) = shown else {
            return format!("{name}: the first step is more than a week later");
        };
        let (every, times) = match (last.next.map(|next| next.step), ladder.repeat_every) {
            (None, _) => return format!("{name}: then the ladder ends, and no one else is paged"),
            (Some(StepPosition::Repeat(_)), Some(every)) => (every, ladder.repeat_times),
            _ => return format!("{name}: the last resort is paged again until someone acknowledges"),
        };
        match times {
            None => format!("{name}: then all of them again every {every} until someone acknowledges"),
            Some(times) => {
                let last = track.base
                    + ladder.last_step_at().delta()
                    + every.delta() * i32::try_from(times).unwrap_or(i32::MAX);
                let last = self.clock(&track.department).moment(last, self.at);
                format!(
                    "{name}: then all of them again every {every}, {} in all, the last at {last}",
                    count(times.into(), "time")
                )
            }
        }
    }

    fn clock(&self, department: &DepartmentId) -> ClockWords {
        ClockWords::new(&self.plan.zone(department))
    }
}

/// `sms immediately, email after 2m`
fn channels(at: DateTime<Utc>, paged: &Paged) -> String {
    let each = paged.channels.iter().map(|channel| match wait::in_units(channel.at - at) {
        None => format!("{} immediately", channel.by),
        Some(after) => format!("{} after {after}", channel.by),
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Writes a text that may take several lines.
fn write_wrapped(out: &mut dyn Write, indent: &str, text: &str, style: Style) -> Result<()> {
    for (index, line) in wrapped(indent, text).iter().enumerate() {
        writeln!(out, "{indent}{}{style}{line}{style:#}", if index == 0 { "" } else { "  " })?;
    }
    Ok(())
}

/// Writes a name in bold and the text after it.
fn write_named(out: &mut dyn Write, indent: &str, name: &str, rest: &str) -> Result<()> {
    for (index, line) in wrapped(indent, &format!("{name}{rest}")).iter().enumerate() {
        match line.strip_prefix(name).filter(|_| index == 0) {
            Some(rest) => writeln!(out, "{indent}{BOLD}{name}{BOLD:#}{rest}")?,
            None => writeln!(out, "{indent}{}{line}", if index == 0 { "" } else { "  " })?,
        }
    }
    Ok(())
}

fn wrapped(indent: &str, text: &str) -> Vec<String> {
    let columns = width::of_output().map_or(usize::MAX, |columns| columns.saturating_sub(indent.len() + 2));
    width::wrap(text, columns)
}
