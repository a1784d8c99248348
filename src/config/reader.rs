//! Reads tables of TOML without losing where anything stands: each accessor records what is wrong and goes on.

use std::any::type_name;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::de::{DeTable, DeValue};

use crate::config::kinds::{Read, kind_of};
use crate::config::mistakes::{Mistakes, did_you_mean, quoted, quoted_list};
use crate::diagnostic::{Code, Diagnostic, Source, Spot};

/// A list is at most this long.
const LIST_MAX: usize = 1_000;

/// A value with the place where it was written.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// The value.
    pub value: T,
    /// The place.
    pub spot: Spot,
}

/// A list with the places of all its entries that could be read.
#[derive(Debug, Clone)]
pub struct WrittenList<T> {
    /// The entries.
    pub items: Vec<Written<T>>,
    /// The whole list.
    pub spot: Spot,
}

impl<T> WrittenList<T> {
    /// The entries without their places.
    pub fn into_values(self) -> Vec<T> {
        self.items.into_iter().map(|item| item.value).collect()
    }
}

impl<T: Read> JsonSchema for Written<T> {
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

impl<T: Read> JsonSchema for WrittenList<T> {
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

/// A table that is being read. [`Table::finish`] reports the keys that nobody asked for.
pub struct Table<'a> {
    entries: &'a DeTable<'a>,
    name: String,
    spot: Spot,
    source: &'a Arc<Source>,
    mistakes: &'a Mistakes,
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// A whole file; `name` is what messages call it, such as "this roster".
    pub fn of_file(entries: &'a DeTable<'a>, name: &str, source: &'a Arc<Source>, mistakes: &'a Mistakes) -> Self {
        Self { entries, name: name.to_owned(), spot: Spot::start_of(source), source, mistakes, known: Vec::new() }
    }

    /// Where the table is: its header, its braces, or the start of the file.
    pub fn spot(&self) -> &Spot {
        &self.spot
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where to report mistakes.
    pub fn mistakes(&self) -> &'a Mistakes {
        self.mistakes
    }

    /// A value that must be there.
    pub fn required<T: Read>(&mut self, key: &'static str) -> Option<Written<T>> {
        self.required_value(key)?.read()
    }

    /// A value that may be left out.
    pub fn optional<T: Read>(&mut self, key: &'static str) -> Option<Written<T>> {
        self.value(key)?.read()
    }

    /// A list that must be there and have entries.
    pub fn required_list<T: Read>(&mut self, key: &'static str) -> Option<WrittenList<T>> {
        self.required_value(key)?.list(Emptiness::Wrong)
    }

    /// A list that may be left out, but not empty.
    pub fn optional_list<T: Read>(&mut self, key: &'static str) -> Option<WrittenList<T>> {
        self.value(key)?.list(Emptiness::Wrong)
    }

    /// The entries of a list that may be left out or empty.
    pub fn entries<T: Read>(&mut self, key: &'static str) -> Vec<Written<T>> {
        self.value(key).and_then(|value| value.list(Emptiness::Allowed)).map(|list| list.items).unwrap_or_default()
    }

    /// A table that must be there; `name` is what messages call it.
    pub fn required_table(&mut self, key: &'static str, name: &str) -> Option<Table<'a>> {
        let table = self.table(key, name);
        if table.is_none() && !self.entries.contains_key(key) {
            self.missing(key);
        }
        table
    }

    /// A table that may be left out; `name` is what messages call it.
    pub fn table(&mut self, key: &'static str, name: &str) -> Option<Table<'a>> {
        self.value(key)?.table(name)
    }

    /// A list of tables inside, left out or not; `name` is what messages call each.
    pub fn tables(&mut self, key: &'static str, name: &str) -> Vec<Table<'a>> {
        let values = self.value(key).and_then(|value| value.values("a list of tables")).unwrap_or_default();
        values.into_iter().filter_map(|value| value.table(name)).collect()
    }

    /// The same for a list that must have entries where it is written.
    pub fn non_empty_tables(&mut self, key: &'static str, name: &str) -> Vec<Table<'a>> {
        if let Some(value) = self.value(key)
            && value.is_empty_list()
        {
            self.mistakes.error(Code::BadValue, &value.spot, format!("`{key}` is empty"));
        }
        self.tables(key, name)
    }

    /// Whatever stands under a key.
    pub fn value(&mut self, key: &'static str) -> Option<Value<'a>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let value = self.entries.get(key)?;
        Some(self.inside(format!("`{key}`"), value.get_ref(), value.span()))
    }

    /// Every key and its value, for tables whose keys are names of somebody's own.
    pub fn into_entries(self) -> Vec<(Written<String>, Value<'a>)> {
        let entries = self.entries.iter();
        let mut all: Vec<_> = entries
            .map(|(key, value)| {
                let name = Written { value: key.get_ref().to_string(), spot: Spot::new(self.source, key.span()) };
                (key.span().start, name, self.inside(quoted(key.get_ref()), value.get_ref(), value.span()))
            })
            .collect();
        all.sort_by_key(|(start, _, _)| *start);
        all.into_iter().map(|(_, name, value)| (name, value)).collect()
    }

    /// Records that a key is missing.
    pub fn missing(&self, key: &str) {
        self.mistakes.error(Code::MissingKey, &self.spot, format!("{} has no `{key}`", self.name));
    }

    /// Records every key that was not asked for.
    pub fn finish(self) {
        for (key, _) in self.entries.iter().filter(|(key, _)| !self.known.contains(&key.get_ref().as_ref())) {
            let message = format!("{} has no key {}", self.name, quoted(key.get_ref()));
            let hint = self.hint_for(key.get_ref());
            let spot = Spot::new(self.source, key.span());
            self.mistakes.push(Diagnostic::error(Code::UnknownKey, &spot, message).hint(hint));
        }
    }

    fn hint_for(&self, key: &str) -> String {
        let file_key = format!("{key}_file");
        if self.known.contains(&file_key.as_str()) {
            return format!("a secret stands in a file of its own: name that file under `{file_key}`");
        }
        let list_of_all = || format!("it has {}", quoted_list(self.known.iter().copied()));
        did_you_mean(key, self.known.iter().copied()).unwrap_or_else(list_of_all)
    }

    /// A value that must be there, whatever it is.
    pub fn required_value(&mut self, key: &'static str) -> Option<Value<'a>> {
        let value = self.value(key);
        if value.is_none() {
            self.missing(key);
        }
        value
    }

    fn inside(&self, label: String, value: &'a DeValue<'a>, span: Range<usize>) -> Value<'a> {
        let spot = Spot::new(self.source, span);
        Value { value, label, spot, source: self.source, mistakes: self.mistakes }
    }
}

/// A value that is being read.
pub struct Value<'a> {
    value: &'a DeValue<'a>,
    label: String,
    spot: Spot,
    source: &'a Arc<Source>,
    mistakes: &'a Mistakes,
}

impl<'a> Value<'a> {
    /// Where it is.
    pub fn spot(&self) -> &Spot {
        &self.spot
    }

    /// The value, if it is of the kind that is wanted.
    pub fn read<T: Read>(&self) -> Option<Written<T>> {
        match T::read(self.value, &self.label) {
            Ok(value) => Some(Written { value, spot: self.spot.clone() }),
            Err(wrong) => {
                let diagnostic = Diagnostic::error(wrong.code, &self.spot, wrong.message);
                let diagnostic = if wrong.is_secret { diagnostic.without_source() } else { diagnostic };
                self.mistakes.push(diagnostic.maybe_hint(wrong.hint));
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
            self.mistakes.error(Code::OverLimit, &self.spot, message);
        }
        let inside = |item: &'a toml::Spanned<DeValue<'a>>| Value {
            value: item.get_ref(),
            label: format!("each entry of {}", self.label),
            spot: Spot::new(self.source, item.span()),
            source: self.source,
            mistakes: self.mistakes,
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

    /// The table; `name` is what messages call it.
    pub fn table(self, name: &str) -> Option<Table<'a>> {
        let DeValue::Table(entries) = self.value else {
            self.is_not("a table");
            return None;
        };
        let Self { spot, source, mistakes, .. } = self;
        Some(Table { entries, name: name.to_owned(), spot, source, mistakes, known: Vec::new() })
    }

    fn is_empty_list(&self) -> bool {
        matches!(self.value, DeValue::Array(array) if array.is_empty())
    }

    fn list<T: Read>(&self, emptiness: Emptiness) -> Option<WrittenList<T>> {
        let values = self.values("a list")?;
        if emptiness == Emptiness::Wrong && self.is_empty_list() {
            self.mistakes.error(Code::BadValue, &self.spot, format!("{} is empty", self.label));
        }
        Some(WrittenList { items: values.iter().filter_map(Value::read).collect(), spot: self.spot.clone() })
    }

    fn is_not(&self, wanted: &str) {
        let message = format!("{} must be {wanted}, not {}", self.label, kind_of(self.value));
        self.mistakes.error(Code::BadValue, &self.spot, message);
    }
}
