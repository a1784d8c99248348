//! JSON Schema (draft 2020-12) of the files, for editors, from the types that read the files.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::config::daemon::RawDaemon;
use crate::config::playbook::ladders;
use crate::config::playbook::raw::RawPlaybook;
use crate::config::privacy_reading::{self, RawLists};
use crate::config::roster::person::RawPeople;
use crate::config::roster::raw::RawRoster;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `rosters/<department>.toml`.
    Roster,
    /// `rosters/people.toml`.
    People,
    /// `playbooks/<class>.toml`.
    Playbook,
    /// `playbooks/ladders.toml`.
    Ladders,
    /// `playbooks/privacy-reading.toml`.
    PrivacyReading,
    /// `wardbell.toml`.
    Config,
}

impl FileKind {
    pub const ALL: [Self; 6] =
        [Self::Roster, Self::People, Self::Playbook, Self::Ladders, Self::PrivacyReading, Self::Config];

    /// The name of the kind, and of its schema file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Roster => "roster",
            Self::People => "people",
            Self::Playbook => "playbook",
            Self::Ladders => "ladders",
            Self::PrivacyReading => privacy_reading::STEM,
            Self::Config => "config",
        }
    }

    /// The schema as text that ends with a line break. A file that matches may still have errors that only `wardbell check`
    /// finds, such as an unknown name.
    pub fn schema(self) -> String {
        let mut settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_null));
        settings.inline_subschemas = true;
        let generator = settings.into_generator();
        let mut schema = match self {
            Self::Roster => generator.into_root_schema_for::<RawRoster>(),
            Self::People => generator.into_root_schema_for::<RawPeople>(),
            Self::Playbook => generator.into_root_schema_for::<RawPlaybook>(),
            Self::Ladders => generator.into_root_schema_for::<Ladders>(),
            Self::PrivacyReading => generator.into_root_schema_for::<RawLists>(),
            Self::Config => generator.into_root_schema_for::<RawDaemon>(),
        };
        schema.insert("title".to_owned(), format!("wardbell {}", self.word()).into());
        format!("{:#}\n", schema.to_value())
    }
}

/// A file whose keys are arbitrary names has no type.
struct Ladders;

impl JsonSchema for Ladders {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ladders".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ladders::schema(generator)
    }
}

/// TOML has no null: optional values are omitted.
fn without_null(schema: &mut Schema) {
    let null = json!("null");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|one| *one != null);
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
}
