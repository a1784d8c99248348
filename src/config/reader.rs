//! Reads TOML tables with source positions. Each accessor reports errors and continues.

use std::any::type_name;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::{DeTable, DeValue};

use crate::config::diagnostics::{Diagnostics, did_you_mean, quoted, quoted_list};
use crate::config::value_types::{Read, kind_of};
use crate::diagnostic::{Code, Diagnostic, Source, Spot};

/// Limit on the length of a list.
const LIST_MAX: usize = 1_000;

/// A value and its place in the file.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    pub value: T,
    pub spot: Spot,
}

/// A list with the places of all entries that could be read.
#[derive(Debug, Clone)]
pub struct RawList<T> {
    pub items: Vec<Spanned<T>>,
    /// The place of the whole list.
    pub spot: Spot,
}

impl<T> RawList<T> {
    /// The entries without their places.
    pub fn into_values(self) -> Vec<T> {
        self.items.into_iter().map(|item| item.value).collect()
    }
}

impl<T: Read> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        type_name::<T>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::schema()
    }
}

impl<T: Read> JsonSchema for RawList<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        type_name::<Self>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": T::schema(), "minItems": 1, "maxItems": LIST_MAX })
    }
}

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
    known: Vec<&'static str>,
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
            known: Vec::new(),
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
        let table = self.table(key, name);
        if table.is_none() && !self.entries.contains_key(key) {
            self.missing(key);
        }
        table
    }

    /// An optional table; `name` is how messages refer to it.
    pub fn table(&mut self, key: &'static str, name: &str) -> Option<Table<'a>> {
        self.value(key)?.table(name)
    }

    /// An optional list of tables; `name` is how messages refer to each.
    pub fn tables(&mut self, key: &'static str, name: &str) -> Vec<Table<'a>> {
        let values = self.value(key).and_then(|value| value.values("a list of tables")).unwrap_or_default();
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

    /// The value of a key, of any type.
    pub fn value(&mut self, key: &'static str) -> Option<Value<'a>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let value = self.entries.get(key)?;
        Some(self.inside(format!("`{key}`"), value.get_ref(), value.span()))
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

    /// Reports every unknown key.
    pub fn finish(self) {
        for (key, _) in self.entries.iter().filter(|(key, _)| !self.known.contains(&key.get_ref().as_ref())) {
            let message = format!("{} has no key {}", self.name, quoted(key.get_ref()));
            let hint = self.hint_for(key.get_ref());
            let spot = Spot::new(self.source, key.span());
            self.diagnostics.push(Diagnostic::error(Code::UnknownKey, &spot, message).hint(hint));
        }
    }

    fn hint_for(&self, key: &str) -> String {
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
        let value = self.value(key);
        if value.is_none() {
            self.missing(key);
        }
        value
    }

    fn inside(&self, label: String, value: &'a DeValue<'a>, span: Range<usize>) -> Value<'a> {
        let spot = Spot::new(self.source, span);
        Value { value, label, spot, source: self.source, diagnostics: self.diagnostics }
    }
}

/// A value that is being read.
pub struct Value<'a> {
    value: &'a DeValue<'a>,
    label: String,
    spot: Spot,
    source: &'a Arc<Source>,
    diagnostics: &'a Diagnostics,
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
                let diagnostic = if wrong.is_secret { diagnostic.without_source() } else { diagnostic };
                self.diagnostics.push(diagnostic.maybe_hint(wrong.hint));
                None
            }
        }
    }

    /// The values of a list.
    pub fn values(&self, wanted: &str) -> Option<Vec<Value<'a>>> {
        let DeValue::Array(array) = self.value else {
            self.is_not(wanted);
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

    /// The table; `name` is how messages refer to it.
    pub fn table(self, name: &str) -> Option<Table<'a>> {
        let DeValue::Table(entries) = self.value else {
            self.is_not("a table");
            return None;
        };
        let Self { spot, source, diagnostics, .. } = self;
        Some(Table {
            entries,
            name: name.to_owned(),
            spot,
            source,
            diagnostics,
            known: Vec::new(),
            misplaced: Vec::new(),
        })
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

    fn is_not(&self, wanted: &str) {
        let message = format!("{} must be {wanted}, not {}", self.label, kind_of(self.value));
        self.diagnostics.error(Code::BadValue, &self.spot, message);
    }
}
