//! Merges the overrides of an import into a roster's text, replacing those of the previous import.
//!
//! They come before manual overrides of the role, so that a manual swap stays in effect.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::config::edit::error::NotEditable;
use crate::config::edit::{LocalOverride, insert_overrides, remove_overrides};
use crate::config::import::label::Label;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::local_time;
use crate::domain::month::Month;
use crate::domain::roster::{Override, Roster};

/// The effect of an import on a roster's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The new text; unchanged if the import equals the previous one.
    pub text: String,
    /// The number of removed overrides.
    pub removed: usize,
    /// From the first to the last instant that it changes or confirms.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Merges `new`, all shifts of the role in those months, into the text of `roster`.
///
/// # Errors
///
/// The text cannot be edited automatically.
pub fn merge_month(
    text: &str,
    roster: &Roster,
    role: &Role,
    months: &BTreeSet<Month>,
    new: &[LocalOverride],
) -> Result<Merged, NotEditable> {
    let of_role = |one: &Override| one.role == *role;
    let label = |one: &Override| one.reason.as_deref().and_then(Label::read);
    let all = || roster.overrides.iter().enumerate().filter(|(_, one)| of_role(one));
    let old: Vec<(usize, &Override)> =
        all().filter(|(_, one)| label(one).is_some_and(|label| months.contains(&label.month))).collect();
    let manual = all().find(|(_, one)| label(one).is_none()).map(|(index, _)| index);
    let wanted: Vec<Key> = new.iter().map(|one| key_of_local(one, roster)).collect();
    let is_before_manual = manual.is_none_or(|manual| old.iter().all(|(index, _)| *index < manual));
    let ends = wanted.iter().map(|key| (key.0, key.1)).chain(old.iter().map(|(_, one)| (one.from, one.to)));
    let span = ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    if is_before_manual && old.iter().map(|(_, one)| key(one)).eq(wanted) {
        return Ok(Merged { text: text.to_owned(), removed: 0, span });
    }
    let indices: Vec<usize> = old.iter().map(|(index, _)| *index).collect();
    let kept_before = |index: usize| index - indices.iter().filter(|gone| **gone < index).count();
    let before = [manual, indices.first().copied()].into_iter().flatten().map(kept_before).min();
    let before = before.filter(|before| *before < roster.overrides.len() - indices.len());
    let text = insert_overrides(&remove_overrides(text, &indices)?, before, new)?;
    Ok(Merged { text, removed: indices.len(), span })
}

/// The key that makes two overrides of a role equal.
type Key<'a> = (DateTime<Utc>, DateTime<Utc>, &'a LiaisonId, Option<&'a str>);

fn key(one: &Override) -> Key<'_> {
    (one.from, one.to, &one.liaison, one.reason.as_deref())
}

fn key_of_local<'a>(one: &'a LocalOverride, roster: &Roster) -> Key<'a> {
    let at = |local| local_time::to_instant(&roster.timezone, local);
    (at(one.from), at(one.to), &one.liaison, one.reason.as_deref())
}
