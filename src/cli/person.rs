//! `wardbell person`: adds people to the files and removes them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use clap::{Args, Subcommand};

use crate::cli::effect::{Ends, local};
use crate::cli::exit::{Ending, Exit};
use crate::cli::file_edit::{Duty, FileChange, FileEdit, HospitalFiles, SavedIf, Trial, no};
use crate::cli::when::date;
use crate::config::edit::admit::{Destination, Known};
use crate::config::edit::people::{self, Entry, NewPerson};
use crate::config::edit::{contacts, lookup};
use crate::config::examine::HORIZON;
use crate::domain::calendar::clock::day_start;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::label::lower;
use crate::domain::local_time;
use crate::domain::person::{Member, Members};
use crate::domain::plan::Plan;
use crate::domain::roster::rotation::Rotation;
use crate::domain::roster::{Liaison, Roster};
use crate::domain::words::join;

/// What names the person later than this does not make the effect longer.
const SHOWN_AHEAD_MAX: TimeDelta = TimeDelta::days(366);

#[derive(Debug, Subcommand)]
pub enum Person {
    /// Add a person to a roster, or to `people.toml` for people who are in several rosters.
    Add(Add),
    /// Remove a person from a roster and from all of its rotations, overrides, and covers.
    Remove(Remove),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Short ID, such as `g-abbott`.
    #[arg(value_name = "ID")]
    id: LiaisonId,
    /// Full name; not needed for a person who is in `people.toml`.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Department; default: `people.toml`, for people who are in several rosters.
    #[arg(long, value_name = "D")]
    department: Option<DepartmentId>,
    /// Email address.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Mobile number: `+`, country code, and number; give it again for each further number, in order.
    #[arg(long, value_name = "NUMBER")]
    sms: Vec<String>,
    /// Date on which the person agreed to be paged by SMS, such as `2026-10-01`.
    #[arg(long, value_name = "DATE", requires = "sms", value_parser = date)]
    sms_consent: Option<NaiveDate>,
    /// Number to call.
    #[arg(long, value_name = "NUMBER")]
    voice: Option<String>,
    /// Topic for push messages.
    #[arg(long, value_name = "TOPIC")]
    push: Option<String>,
    /// Pager number.
    #[arg(long, value_name = "NUMBER")]
    pager: Option<String>,
    #[command(flatten)]
    trial: Trial,
}

#[derive(Debug, Args)]
pub struct Remove {
    /// Person.
    #[arg(value_name = "ID")]
    id: LiaisonId,
    /// Department; needed only if the person is in several rosters.
    #[arg(long, value_name = "D")]
    department: Option<DepartmentId>,
    #[command(flatten)]
    trial: Trial,
}

/// Adds or removes a person.
///
/// # Errors
///
/// The files are not valid, the person may not be added or is not there, or the files would not be valid after the change.
pub fn person(config_file: &Path, command: &Person) -> Result<Exit> {
    match command {
        Person::Add(args) => add(config_file, args),
        Person::Remove(args) => remove(config_file, args),
    }
}

fn add(config_file: &Path, args: &Add) -> Result<Exit> {
    let person = NewPerson {
        id: args.id.clone(),
        name: args.name.as_ref().map(|name| name.trim().to_owned()),
        email: args.email.clone(),
        sms: args.sms.clone(),
        sms_consent: args.sms_consent,
        voice: args.voice.clone(),
        push: args.push.clone(),
        pager: args.pager.clone(),
    };
    contacts::check(&person).map_err(|wrong| Ending::usage(wrong.to_string()))?;
    let files = HospitalFiles::load(config_file)?;
    let path = match &args.department {
        Some(department) => lookup::file(lookup::roster(files.plan(), department).map_err(no)?),
        None => lookup::people_file(files.plan()),
    };
    let edit = files.edit(path)?;
    let known = Known::of(edit.plan()).map_err(no)?;
    let to = args.department.as_ref().map_or(Destination::People, Destination::Roster);
    known.admit(&person, to).map_err(no)?;
    let listed = known.listed(&person.id).filter(|_| to != Destination::People);
    let name = listed.map(|listed| listed.name.clone()).or(person.name.clone()).unwrap_or_default();
    // The name is taken from `people.toml`.
    let person = NewPerson { name: person.name.filter(|_| listed.is_none()), ..person };
    let entry = if to == Destination::People { Entry::Person } else { Entry::Liaison };
    let text = people::add(edit.text(), entry, &person).map_err(no)?;
    let mut headline = format!("{name} (`{}`) is added", person.id);
    let taking = edit.plan().rosters.values().filter(|roster| roster.liaison(&person.id).is_some());
    let taking: Vec<_> = taking.filter(|_| entry == Entry::Person).map(|one| format!("`{}`", one.department)).collect();
    if !taking.is_empty() {
        headline.push_str(&format!("; what the entry in {} does not say is taken from here", taking.join(", ")));
    }
    edit.save(&FileChange { text: &text, headline: &headline, duty: None }, args.trial)
}

fn remove(config_file: &Path, args: &Remove) -> Result<Exit> {
    let files = HospitalFiles::load(config_file)?;
    let chosen = match &args.department {
        Some(department) => Some(lookup::roster(files.plan(), department).map_err(no)?),
        None => lookup::only_roster(files.plan(), &args.id).map_err(no)?,
    };
    match chosen.map(|roster| (roster.department.clone(), lookup::file(roster))) {
        Some((department, path)) => remove_liaison(&files.edit(path)?, &department, args),
        None => {
            let path = lookup::people_file(files.plan());
            remove_listed(&files.edit(path)?, args)
        }
    }
}

/// Removes a person who is in no roster from `people.toml`.
fn remove_listed(edit: &FileEdit, args: &Remove) -> Result<Exit> {
    let known = Known::of(edit.plan()).map_err(no)?;
    let Some(listed) = known.listed(&args.id) else {
        return Err(no(lookup::nobody(edit.plan(), &known.ids(), &args.id)));
    };
    if known.ids().len() == 1 {
        let (name, path) = (&listed.name, edit.path());
        return Err(no(format!("{name} is the only person in {path}: delete the file instead")));
    }
    let text = people::remove_entry(edit.text(), Entry::Person, &args.id).map_err(no)?;
    let headline = format!("{} (`{}`) is removed", listed.name, args.id);
    let exit = edit.save(&FileChange { text: &text, headline: &headline, duty: None }, args.trial)?;
    let keys: Vec<_> = listed.keys.iter().map(|key| Cow::Borrowed(key.as_str())).collect();
    tell_groups(edit.plan(), &listed.name, &keys)?;
    Ok(exit)
}

fn remove_liaison(edit: &FileEdit, department: &DepartmentId, args: &Remove) -> Result<Exit> {
    let roster = lookup::roster(edit.plan(), department).map_err(no)?;
    let (_, liaison) = lookup::liaison(roster, &args.id).map_err(no)?;
    if roster.liaisons.len() == 1 {
        let message = format!("{} is the only liaison of `{department}`: add another person to it first", liaison.name);
        return Err(no(message));
    }
    let now = edit.now();
    let text = people::remove_liaison(edit.text(), &args.id).map_err(no)?;
    let mut headline = format!("{} (`{}`) is removed", liaison.name, liaison.id);
    for mention in mentions(roster, liaison, now) {
        headline.push_str(&format!("\n  from {mention}"));
    }
    let to = end_of_effect(roster, &args.id, now);
    let duty = Duty { before: roster, from: now, to, ends: Ends::Open, saved_if: SavedIf::NoGap };
    let exit = edit.save(&FileChange { text: &text, headline: &headline, duty: Some(duty) }, args.trial)?;
    tell_remaining(edit.plan(), roster, liaison)?;
    Ok(exit)
}

/// Where a roster names a liaison.
fn mentions(roster: &Roster, liaison: &Liaison, now: DateTime<Utc>) -> Vec<String> {
    let id = &liaison.id;
    let is_listed = |rotation: &&Rotation| rotation.liaisons.iter().flatten().any(|one| one == id);
    let mut found: Vec<_> =
        roster.rotations.iter().filter(is_listed).map(|rotation| of_rotation(rotation, id)).collect();
    let show = |at| local(roster, at, now);
    found.extend(roster.overrides.iter().filter(|one| one.liaison == *id).map(|one| {
        let (from, to, place) = (show(one.from), show(one.to), &one.place);
        format!("the override for {} from {from} to {to} ({}:{}), which goes too", one.role, place.file, place.line)
    }));
    for other in roster.liaisons.iter().filter(|other| other.id != *id) {
        found.extend(other.away.iter().filter(|away| away.cover.as_ref() == Some(id)).map(|away| {
            let (from, place) = (show(away.from), &away.place);
            let whose = format!("{}'s absence from {from}", other.name);
            format!("{whose}, as its cover ({}:{}); now the next in the rotation covers", place.file, place.line)
        }));
    }
    if roster.approvers.contains(id) {
        let has_others = roster.approvers.iter().any(|one| one != id);
        let rest = if has_others { "" } else { ", which goes too: the primary approves from now on" };
        found.push(format!("`approvers`{rest}"));
    }
    found
}

fn of_rotation(rotation: &Rotation, id: &LiaisonId) -> String {
    let (role, place) = (&rotation.role, &rotation.place);
    let told = format!("the rotation for {role} ({}:{})", place.file, place.line);
    if rotation.liaisons.iter().flatten().all(|one| one == id) {
        return format!("{told}, which goes too: nobody else is in it");
    }
    let others: BTreeSet<_> = rotation.liaisons.iter().filter(|one| one.as_ref() != Some(id)).collect();
    match others.first() {
        Some(Some(last)) if others.len() == 1 => format!("{told}; every turn is now that of `{last}`"),
        _ if rotation.every.is_some() => format!("{told}; from now on the other turns are at other times"),
        _ => told,
    }
}

/// How far ahead the effect is shown: as far as `check` looks, or to the end of what names the person.
fn end_of_effect(roster: &Roster, id: &LiaisonId, now: DateTime<Utc>) -> DateTime<Utc> {
    let overrides = roster.overrides.iter().filter(|one| one.liaison == *id).map(|one| one.to);
    let absences = roster.liaisons.iter().flat_map(|liaison| &liaison.away);
    let covers = absences.filter(|away| away.cover.as_ref() == Some(id)).map(|away| away.to);
    let ends = overrides.chain(covers).filter(|end| *end <= now + SHOWN_AHEAD_MAX);
    let last = ends.max().map_or(now + HORIZON, |last| last.max(now + HORIZON));
    let day = local_time::to_local(&roster.timezone, last).date();
    day_start(&roster.timezone, day + Days::new(1))
}

/// Prints where else the person is, with the command that removes them there.
fn tell_remaining(plan: &Plan, roster: &Roster, liaison: &Liaison) -> Result<()> {
    let mut err = anstream::stderr();
    let name = &liaison.name;
    let others = plan.rosters.values().filter(|other| other.department != roster.department);
    let mut is_used = false;
    for (other, same) in others.flat_map(|other| other.liaisons.iter().map(move |same| (other, same))) {
        if !same.shares_contact(liaison) {
            continue;
        }
        is_used |= same.id == liaison.id;
        let (place, department, id) = (&same.place, &other.department, &same.id);
        let command = format!("wardbell person remove {id} --department {department}");
        let told = format!("note: {name} is still in {}:{}. To remove them there too, run", place.file, place.line);
        writeln!(err, "{told} `{command}`")?;
    }
    let known = Known::of(plan).map_err(no)?;
    if let Some(listed) = known.listed(&liaison.id).filter(|_| !is_used) {
        let command = format!("wardbell person remove {}", liaison.id);
        writeln!(err, "note: {name} is still in {}. To remove them there too, run `{command}`", known.place(listed))?;
    }
    let keys: Vec<_> = liaison.contacts.keys().collect();
    for owned in plan.rosters.values() {
        if owned.owner.as_ref().is_some_and(|owner| keys.contains(&lower(owner))) {
            writeln!(err, "note: the `owner` of {} is still {name}", lookup::file(owned))?;
        }
    }
    tell_groups(plan, name, &keys)
}

/// Prints which groups still give the person permissions, and how each should be.
fn tell_groups(plan: &Plan, name: &str, keys: &[Cow<'_, str>]) -> Result<()> {
    for Members { group, addresses } in &plan.access.members {
        let (theirs, others): (Vec<_>, Vec<_>) = addresses.iter().partition(|one| keys.contains(&lower(&one.address)));
        let Some(Member { place, .. }) = theirs.first() else { continue };
        let others: Vec<String> = others.iter().map(|one| format!("\"{}\"", one.address)).collect();
        let cure = match (others.is_empty(), &group.claim) {
            (false, _) => format!("write `people = [{}]` there", others.join(", ")),
            (true, Some(_)) => "remove its `people`: nobody else is in the list".to_owned(),
            (true, None) => "remove the whole `[[group]]`: nobody else is in it".to_owned(),
        };
        let told = format!("note: {name} is still in the group `{}` ({}:{})", group.name, place.file, place.line);
        let may: Vec<&str> = group.may.iter().map(|one| one.word()).collect();
        writeln!(anstream::stderr(), "{told}, which gives the permissions {}. To end that, {cure}", join(&may))?;
    }
    Ok(())
}
