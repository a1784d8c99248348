//! The texts of the files, to show source lines in diagnostics about the files as a whole.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Source, Spot};
use crate::domain::place::Place;

#[derive(Debug, Default)]
pub struct Texts {
    pub main: String,
    pub playbooks: String,
    pub sources: BTreeMap<Arc<str>, Arc<Source>>,
}

impl Texts {
    /// The whole line of a place.
    pub fn line(&self, place: &Place) -> Spot {
        match self.sources.get(&place.file) {
            Some(source) => Spot::of_line(source, place.line),
            None => Spot::start_of(&Source::unread(&place.file)),
        }
    }

    /// The value of the first key that exists, such as `promote.0.ladder`, or the start of the file.
    pub fn key(&self, path: &str, any_of: &[&[&str]]) -> Spot {
        let Some(source) = self.sources.get(path) else { return Spot::start_of(&Source::unread(path)) };
        let table = DeTable::parse(source.text()).ok();
        let span = table.and_then(|table| any_of.iter().find_map(|keys| find(table.get_ref(), keys)));
        Spot::new(source, span.unwrap_or(0..0))
    }

    /// The path of a playbook's file.
    pub fn playbook(&self, name: &str) -> String {
        let path = format!("{}/{name}.toml", self.playbooks);
        // Built-in playbooks have no file; the settings ask for them.
        if self.sources.contains_key(path.as_str()) { path } else { self.main.clone() }
    }
}

fn find(table: &DeTable<'_>, keys: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = keys.split_first()?;
    let (name, value) = table.iter().find(|(name, _)| name.get_ref().as_ref() == *first)?;
    match value.get_ref() {
        DeValue::Table(inside) if !rest.is_empty() => find(inside, rest),
        DeValue::Array(entries) if !rest.is_empty() => match entries.get(rest[0].parse::<usize>().ok()?)?.get_ref() {
            DeValue::Table(inside) => find(inside, &rest[1..]),
            _ => None,
        },
        DeValue::Table(_) => Some(name.span()),
        _ => Some(value.span()),
    }
}
