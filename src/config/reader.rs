//! Reads TOML tables with source positions. Each accessor reports errors and continues.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::config::correct::{candidates, text_of};
use crate::config::diagnostics::{Diagnostics, closest, did_you_mean, quoted, quoted_list};
use crate::config::further_numbers::{SMS, in_one_list, is_further};
use crate::config::people_in_file::People;
use crate::config::spanned::LIST_MAX;
use crate::config::value_types::{Read, kind_of};
use crate::diagnostic::{Code, Diagnostic, Source, Spot};

pub use crate::config::spanned::{RawList, Spanned};

/// Whether a list may have no entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Emptiness {
    Allowed,
    Wrong,
}

/// A table that is being read. [`Table::finish`] reports unknown keys.
pub struct Table<'a> {
    entries: &'a DeTable<'a>,
    name: String,
    spot: Spot,
    source: &'a Arc<Source>,
    diagnostics: &'a Diagnostics,
    /// The people of the file, by name.
    people: Rc<People>,
    known: Vec<&'static str>,
    /// Required keys that are not there.
    missing: Vec<&'static str>,
    /// Keys that belong elsewhere, with what to do.
    misplaced: Vec<(&'static str, &'static str)>,
}

impl<'a> Table<'a> {
    /// A whole file; `name` is how messages refer to it, such as "this roster".
    pub fn of_file(
        entries: &'a DeTable<'a>,
        name: &str,
        source: &'a Arc<Source>,
        diagnostics: &'a Diagnostics,
    ) -> Self {
        Self {
            entries,
            name: name.to_owned(),
            spot: Spot::start_of(source),
            source,
            diagnostics,
            people: Rc::new(People::of(entries)),
            known: Vec::new(),
            missing: Vec::new(),
            misplaced: Vec::new(),
        }
    }

    /// The place of the table: its header, its braces, or the start of the file.
    pub fn spot(&self) -> &Spot {
        &self.spot
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn diagnostics(&self) -> &'a Diagnostics {
        self.diagnostics
    }

    /// A required value.
    pub fn required<T: Read>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        self.required_value(key)?.read()
    }

    /// An optional value.
    pub fn optional<T: Read>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        self.value(key)?.read()
    }

    /// A required list with at least one entry.
    pub fn required_list<T: Read>(&mut self, key: &'static str) -> Option<RawList<T>> {
        self.required_value(key)?.list(Emptiness::Wrong)
    }

    /// An optional list that must not be empty.
    pub fn optional_list<T: Read>(&mut self, key: &'static str) -> Option<RawList<T>> {
        self.value(key)?.list(Emptiness::Wrong)
    }

    /// The entries of an optional list that may be empty.
    pub fn entries<T: Read>(&mut self, key: &'static str) -> Vec<Spanned<T>> {
        self.value(key).and_then(|value| value.list(Emptiness::Allowed)).map(|list| list.items).unwrap_or_default()
    }

    /// A required table; `name` is how messages refer to it.
    pub fn required_table(&mut self, key: &'static str, name: &str) -> Option<Table<'a>> {
        self.required_value(key)?.table(name)
    }

    /// An optional table; `name` is how messages refer to it.
    pub fn table(&mut self, key: &'static str, name: &str) -> Option<Table<'a>> {
        self.value(key)?.table(name)
    }

    /// An optional list of tables; `name` is how messages refer to each.
    pub fn tables(&mut self, key: &'static str, name: &str) -> Vec<Table<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        if let (DeValue::Table(_), Some(line)) = (value.value, value.header(value.spot.clone(), "[", "[[")) {
            // What it says is read all the same.
            value.report_header(&value.spot, "a list of tables", &line);
            return value.table(name).into_iter().collect();
        }
        let values = value.values("a list of tables").unwrap_or_default();
        values.into_iter().filter_map(|value| value.table(name)).collect()
    }

    /// An optional list of tables that must not be empty.
    pub fn non_empty_tables(&mut self, key: &'static str, name: &str) -> Vec<Table<'a>> {
        if let Some(value) = self.value(key)
            && value.is_empty_list()
        {
            self.diagnostics.error(Code::BadValue, &value.spot, format!("`{key}` is empty"));
        }
        self.tables(key, name)
    }

    /// Whether the table has a key that belongs elsewhere; the hint says where.
    pub fn has_misplaced(&mut self, key: &'static str, hint: &'static str) -> bool {
        self.misplaced.push((key, hint));
        self.entries.contains_key(key)
    }

    /// Whether a key is not in the file.
    pub fn lacks(&self, key: &str) -> bool {
        !self.entries.contains_key(key)
    }

    /// Whether a key is in the file, or an unknown one is probably a typo of it. Asked after all keys have been read: every
    /// known key takes part in the search for what is meant.
    pub fn has(&self, key: &str) -> bool {
        let mut unknown =
            self.entries.keys().map(|key| key.get_ref()).filter(|name| !self.known.contains(&name.as_ref()));
        self.entries.contains_key(key) || unknown.any(|name| self.meant(name) == Some(key))
    }

    /// The key that an unknown one is probably a typo of.
    fn meant(&self, name: &str) -> Option<&'static str> {
        let known = self.known.iter().copied().filter(|known| !self.entries.contains_key(*known));
        let is_moved = self.misplaced.iter().any(|(misplaced, _)| *misplaced == name);
        closest(name, known).filter(|_| !is_moved && !is_further(name, &self.known))
    }

    /// The value of a key, of any type.
    pub fn value(&mut self, key: &'static str) -> Option<Value<'a>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let value = self.entries.get(key)?;
        Some(self.inside(format!("`{key}`"), value.get_ref(), value.span()))
    }

    /// The tables under headers such as `[[key]]` or `[key]` where `[key.NAME]` is right, if one of their own keys shows
    /// that they are meant.
    pub fn without_name(&mut self, key: &'static str, own: &[&str]) -> Vec<(Spot, Value<'a>)> {
        let Some((value, spanned)) = self.value(key).zip(self.entries.get(key)) else { return Vec::new() };
        let all = match value.value {
            DeValue::Array(all) => all.iter().collect(),
            _ => vec![spanned],
        };
        let is_header = |spot: &Spot| {
            let line = spot.source().text().get(spot.line_span()).unwrap_or_default().trim();
            line.strip_prefix('[').is_some_and(|rest| rest.trim_matches(['[', ']', ' ']) == key)
        };
        let spanned = all.into_iter().map(|one| (Spot::new(self.source, one.span()), one)).filter(|(spot, one)| {
            let DeValue::Table(entries) = one.get_ref() else { return false };
            is_header(spot) && own.iter().any(|key| entries.contains_key(*key))
        });
        spanned.map(|(spot, one)| (spot, self.inside(format!("`{key}`"), one.get_ref(), one.span()))).collect()
    }

    /// All keys and values, for tables whose keys are arbitrary names.
    pub fn into_entries(self) -> Vec<(Spanned<String>, Value<'a>)> {
        let entries = self.entries.iter();
        let mut all: Vec<_> = entries
            .map(|(key, value)| {
                let name = Spanned { value: key.get_ref().to_string(), spot: Spot::new(self.source, key.span()) };
                (key.span().start, name, self.inside(quoted(key.get_ref()), value.get_ref(), value.span()))
            })
            .collect();
        all.sort_by_key(|(start, _, _)| *start);
        all.into_iter().map(|(_, name, value)| (name, value)).collect()
    }

    /// Reports a missing key.
    pub fn missing(&self, key: &str) {
        self.diagnostics.error(Code::MissingKey, &self.spot, format!("{} has no `{key}`", self.name));
    }

    /// Reports every unknown key, and every missing one that is not under one of these.
    pub fn finish(mut self) {
        for (key, _) in self.entries.iter().filter(|(key, _)| !self.known.contains(&key.get_ref().as_ref())) {
            let (name, spot) = (key.get_ref(), Spot::new(self.source, key.span()));
            let message = format!("{} has no key {}", self.name, quoted(name));
            let meant = self.meant(name);
            self.missing.retain(|missing| Some(*missing) != meant && *missing != format!("{name}_file"));
            let diagnostic = Diagnostic::error(Code::UnknownKey, &spot, message);
            let diagnostic = diagnostic.fix(&spot, meant, Some(self.hint_for(name)));
            let one_list =
                is_further(name, &self.known).then(|| in_one_list(self.entries, name, self.source)).flatten();
            let private_hint = one_list.or(diagnostic.private_hint.clone());
            self.diagnostics.push(Diagnostic { private_hint, ..diagnostic });
        }
        self.missing.iter().for_each(|key| self.missing(key));
    }

    fn hint_for(&self, key: &str) -> String {
        if is_further(key, &self.known) {
            return format!("a person's numbers are one list in `{SMS}`, the first to be used first");
        }
        if let Some((_, hint)) = self.misplaced.iter().find(|(misplaced, _)| *misplaced == key) {
            return (*hint).to_owned();
        }
        let file_key = format!("{key}_file");
        if self.known.contains(&file_key.as_str()) {
            return format!("keep the secret in its own file, and set `{file_key}` to the file's name");
        }
        let list_of_all = || format!("the keys are {}", quoted_list(self.known.iter().copied()));
        did_you_mean(key, self.known.iter().copied()).unwrap_or_else(list_of_all)
    }

    /// A required value of any type.
    pub fn required_value(&mut self, key: &'static str) -> Option<Value<'a>> {
        if !self.entries.contains_key(key) {
            self.missing.push(key);
        }
        self.value(key)
    }

    fn inside(&self, label: String, value: &'a DeValue<'a>, span: Range<usize>) -> Value<'a> {
        let spot = Spot::new(self.source, span);
        let people = Rc::clone(&self.people);
        Value { value, label, spot, source: self.source, diagnostics: self.diagnostics, people }
    }
}

/// A value that is being read.
pub struct Value<'a> {
    value: &'a DeValue<'a>,
    label: String,
    spot: Spot,
    source: &'a Arc<Source>,
    diagnostics: &'a Diagnostics,
    people: Rc<People>,
}

impl<'a> Value<'a> {
    pub fn spot(&self) -> &Spot {
        &self.spot
    }

    /// The value, if it has the requested type.
    pub fn read<T: Read>(&self) -> Option<Spanned<T>> {
        match T::read(self.value, &self.label) {
            Ok(value) => Some(Spanned { value, spot: self.spot.clone() }),
            Err(wrong) => {
                let diagnostic = Diagnostic::error(wrong.code, &self.spot, wrong.message);
                self.diagnostics.push(match wrong.is_secret {
                    true => diagnostic.without_source().maybe_hint(wrong.hint),
                    false => diagnostic.fix(&self.spot, self.correction::<T>(wrong.fix).as_deref(), wrong.hint),
                });
                None
            }
        }
    }

    /// What to write instead, if that is known: it is a right value.
    fn correction<T: Read>(&self, meant: Option<String>) -> Option<String> {
        let is_id_of_its_own = self.label == "`id`";
        let text = || text_of(self.value);
        if T::is_person() && !is_id_of_its_own && self.people.is_known() {
            return self.people.meant(&text()?).map(|id| format!("\"{id}\""));
        }
        let is_right = |fix: &String| {
            let line = format!("x = {fix}");
            let Ok(table) = DeTable::parse(&line) else { return false };
            table.get_ref().get("x").is_some_and(|value| T::read(value.get_ref(), &self.label).is_ok())
        };
        meant.filter(is_right).or_else(|| candidates(self.value).into_iter().find(is_right))
    }

    /// The values of a list.
    pub fn values(&self, wanted: &str) -> Option<Vec<Value<'a>>> {
        let DeValue::Array(array) = self.value else {
            let fix =
                text_of(self.value).filter(|text| !text.contains(['"', '\\'])).map(|text| format!("[\"{text}\"]"));
            self.is_not(wanted, fix);
            return None;
        };
        if array.len() > LIST_MAX {
            let message = format!("{} has more than {LIST_MAX} entries", self.label);
            self.diagnostics.error(Code::OverLimit, &self.spot, message);
        }
        let inside = |item: &'a toml::Spanned<DeValue<'a>>| Value {
            value: item.get_ref(),
            label: format!("each entry of {}", self.label),
            spot: Spot::new(self.source, item.span()),
            source: self.source,
            diagnostics: self.diagnostics,
            people: Rc::clone(&self.people),
        };
        Some(array.iter().take(LIST_MAX).map(inside).collect())
    }

    /// One value, or the values of a list.
    pub fn one_or_many(self) -> Vec<Value<'a>> {
        match self.value {
            DeValue::Array(_) => self.values("a list").unwrap_or_default(),
            _ => vec![self],
        }
    }

    /// The table; `name` is how messages refer to it. Of a list of tables, the first is read after the error.
    pub fn table(self, name: &str) -> Option<Table<'a>> {
        let entries = match self.value {
            DeValue::Table(entries) => entries,
            DeValue::Array(all) => {
                let first = all.first();
                let spot = first.map_or(self.spot.clone(), |first| Spot::new(self.source, first.span()));
                let Some((first, line)) = first.zip(self.header(spot.clone(), "[[", "[")) else {
                    self.is_not("a table", None);
                    return None;
                };
                self.report_header(&spot, "a table", &line);
                let DeValue::Table(entries) = first.get_ref() else { return None };
                entries
            }
            _ => {
                self.is_not("a table", None);
                return None;
            }
        };
        let Self { spot, source, diagnostics, people, .. } = self;
        Some(Table {
            people,
            entries,
            name: name.to_owned(),
            spot,
            source,
            diagnostics,
            known: Vec::new(),
            missing: Vec::new(),
            misplaced: Vec::new(),
        })
    }

    /// The texts of a key in a list of tables.
    pub fn texts_of(&self, key: &str) -> Vec<String> {
        let DeValue::Array(all) = self.value else { return Vec::new() };
        all.iter().filter_map(|one| text_of(one.get_ref().get(key)?.get_ref())).collect()
    }

    pub fn is_empty_list(&self) -> bool {
        matches!(self.value, DeValue::Array(array) if array.is_empty())
    }

    fn list<T: Read>(&self, emptiness: Emptiness) -> Option<RawList<T>> {
        let values = self.values("a list")?;
        if emptiness == Emptiness::Wrong && self.is_empty_list() {
            self.diagnostics.error(Code::BadValue, &self.spot, format!("{} is empty", self.label));
        }
        Some(RawList { items: values.iter().filter_map(Value::read).collect(), spot: self.spot.clone() })
    }

    fn is_not(&self, wanted: &str, fix: Option<String>) {
        let message = format!("{} must be {wanted}, not {}", self.label, kind_of(self.value));
        let diagnostic = Diagnostic::error(Code::BadValue, &self.spot, message);
        self.diagnostics.push(diagnostic.fix(&self.spot, fix.as_deref(), None));
    }

    /// The header at a place with other brackets, if there is a header with these.
    fn header(&self, spot: Spot, brackets: &str, wanted: &str) -> Option<String> {
        let line = spot.source().text().get(spot.line_span())?.trim();
        let rest = line.strip_prefix(brackets).filter(|rest| !rest.starts_with('['))?;
        let (name, rest) = rest.split_once(']')?;
        let rest = rest.trim_start_matches(']');
        Some(format!("{wanted}{name}{}{rest}", "]".repeat(wanted.len())))
    }

    /// Reports a header with the wrong number of brackets.
    fn report_header(&self, spot: &Spot, wanted: &str, line: &str) {
        let message = format!("{} must be {wanted}, not {}", self.label, kind_of(self.value));
        self.diagnostics.push(Diagnostic::error(Code::BadValue, spot, message).write(line, None));
    }
}
