//! The people of a roster by ID and name, for hints where a name is in the place of an ID.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::config::correct::{clean, slug};
use crate::config::diagnostics::closest;
use crate::domain::id::LiaisonId;

#[derive(Debug, Default)]
pub struct People {
    /// The valid IDs by lowercase name; by themselves where there is no name.
    by_name: BTreeMap<String, String>,
}

impl People {
    pub fn of(file: &DeTable<'_>) -> Self {
        let Some(DeValue::Array(liaisons)) = file.get("liaison").map(|value| value.get_ref()) else {
            return Self::default();
        };
        let text = |table: &DeTable<'_>, key: &str| match table.get(key)?.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        };
        let one = |liaison: &toml::Spanned<DeValue<'_>>| {
            let DeValue::Table(table) = liaison.get_ref() else { return None };
            let id = text(table, "id").filter(|id| id.parse::<LiaisonId>().is_ok())?;
            Some((text(table, "name").unwrap_or_else(|| id.clone()).to_lowercase(), id))
        };
        Self { by_name: liaisons.iter().filter_map(one).collect() }
    }

    pub fn is_known(&self) -> bool {
        !self.by_name.is_empty()
    }

    /// The ID of the person that a text names: by the name, or by an ID in another form.
    pub fn meant(&self, text: &str) -> Option<&str> {
        let text = clean(text);
        let ids = || self.by_name.values().map(String::as_str);
        let by_name = || self.by_name.get(&text.to_lowercase()).map(String::as_str);
        let slug = slug(&text)?;
        let (first, last) = (slug.chars().next()?, slug.rsplit('-').next().unwrap_or_default());
        let short = format!("{first}-{last}");
        by_name().or_else(|| ids().find(|id| *id == slug || *id == short)).or_else(|| closest(&slug, ids()))
    }
}
