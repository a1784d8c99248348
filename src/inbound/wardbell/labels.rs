//! Labels: the source's own labels and every unknown key.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::inbound::input_error::InputError;
use crate::inbound::known_keys::unknown_label;
use crate::inbound::wardbell::fields::{Fields, Lines, clean};
use crate::inbound::wardbell::json;

const LABELS_MAX: usize = 64;

const KEY_MAX: usize = 100;

const VALUE_MAX: usize = 1_000;

impl Fields<'_> {
    /// The labels and all remaining keys. Call this last. Label keys are never repeated in messages.
    pub fn labels(&mut self, name: &'static str) -> BTreeMap<String, String> {
        let (mut labels, mut changed) = (BTreeMap::new(), Changed::default());
        if let Some(raw) = self.take(name) {
            match json::members(raw) {
                Some(members) => {
                    members.into_iter().for_each(|(key, value)| put(&mut labels, &key, value, &mut changed))
                }
                None => {
                    put(&mut labels, name, raw, &mut changed);
                    self.warn(InputError::new(
                        "/labels",
                        "wrong-kind",
                        "`labels` must be an object whose values are strings; it was kept as one label",
                    ));
                }
            }
        }
        for (key, value) in self.take_rest() {
            let warning = unknown_label(&key, self.known());
            self.warn(warning);
            if !labels.contains_key(&key) {
                put(&mut labels, &key, value, &mut changed);
            }
        }
        changed.warn(self);
        labels
    }
}

#[derive(Default)]
struct Changed {
    keys: bool,
    values: bool,
    left_out: usize,
}

impl Changed {
    fn warn(&self, fields: &mut Fields<'_>) {
        if self.keys {
            let message = format!(
                "A label's key must have 1 to {KEY_MAX} characters and no control characters; it was changed or left out"
            );
            fields.warn(InputError::new("/labels", "bad-key", message));
        }
        if self.values {
            let message =
                format!("A label's value was cut to {VALUE_MAX} characters, or its control characters were removed");
            fields.warn(InputError::new("/labels", "cleaned", message));
        }
        if self.left_out > 0 {
            let message = format!("At most {LABELS_MAX} labels are kept; {} were left out", self.left_out);
            fields.warn(InputError::new("/labels", "too-many", message));
        }
    }
}

fn put(labels: &mut BTreeMap<String, String>, key: &str, value: &RawValue, changed: &mut Changed) {
    let raw = value.get();
    if raw == "null" {
        return;
    }
    let text = serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned());
    let (short_key, short) = (clean(key, KEY_MAX, Lines::One), clean(&text, VALUE_MAX, Lines::Many));
    changed.values |= short != text;
    changed.keys |= short_key != key || key.is_empty();
    if key.is_empty() || labels.len() >= LABELS_MAX && !labels.contains_key(short_key.as_ref()) {
        changed.left_out += 1;
        return;
    }
    labels.insert(short_key.into_owned(), short.into_owned());
}
