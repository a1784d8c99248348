//! The schemas for editors say what the reader does: the same keys, the same that must be there, the same values.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use wardbell::config::schema::FileKind;
use wardbell::diagnostic::{Code, Diagnostic};

use crate::{good, load};

/// A key that is like no other.
const STRANGE: &str = "zzzzzzzzzzzzzzzz";

/// A table of a file, with what the schema says of it.
struct Place {
    kind: FileKind,
    /// The keys that lead there, and whether each is a list of tables.
    path: Vec<(String, bool)>,
    schema: Map<String, Value>,
}

impl Place {
    fn keys(&self) -> BTreeSet<String> {
        self.schema["properties"].as_object().unwrap().keys().cloned().collect()
    }

    /// What the reader says of the table with one line in it, at the table itself and at the line.
    fn say(&self, line: &str) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let mut text = "# A line for what is said of the whole file\n".to_owned();
        for (index, (_, is_list)) in self.path.iter().enumerate() {
            let keys: Vec<&str> = self.path[..=index].iter().map(|(key, _)| key.as_str()).collect();
            match is_list {
                true => text += &format!("[[{}]]\n", keys.join(".")),
                false if index + 1 == self.path.len() => text += &format!("[{}]\n", keys.join(".")),
                false => {}
            }
        }
        let here = if self.path.is_empty() { 1 } else { text.lines().count() };
        let at = text.lines().count() + 1;
        text += line;
        if self.kind == FileKind::Config && self.path.is_empty() {
            // A file without any table of ours passes for another kind of file.
            text += "\n[log]\n";
        }
        let mut files = good();
        let file = match self.kind {
            FileKind::Roster => "rosters/privacy.toml",
            FileKind::People => "rosters/people.toml",
            FileKind::Playbook => "playbooks/phi-by-staff.toml",
            FileKind::Ladders => "playbooks/ladders.toml",
            FileKind::PrivacyReading => "playbooks/privacy-reading.toml",
            FileKind::Config => "wardbell.toml",
        };
        files.insert(file, text);
        let mut said = load(&files).diagnostics;
        said.retain(|one| &*one.file == file);
        let on = |line: usize| said.iter().filter(|one| one.line as usize == line).cloned().collect();
        (on(here), on(at))
    }

    fn name(&self) -> String {
        let keys: Vec<&str> = self.path.iter().map(|(key, _)| key.as_str()).collect();
        format!("{} [{}]", self.kind.word(), keys.join("."))
    }
}

/// Every table that a kind of file may have.
fn places(kind: FileKind) -> Vec<Place> {
    let root: Value = serde_json::from_str(&kind.schema()).unwrap();
    assert_eq!(root["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut places = Vec::new();
    let mut open = vec![(Vec::new(), root)];
    while let Some((path, schema)) = open.pop() {
        let schema = schema.as_object().unwrap().clone();
        let below = |key: &str, is_list| [path.as_slice(), &[(key.to_owned(), is_list)]].concat();
        match schema.get("properties").and_then(Value::as_object) {
            Some(keys) => {
                for (key, inner) in keys {
                    let (inner, is_list) = inner.get("items").map_or((inner, false), |items| (items, true));
                    if inner["type"] == "object" {
                        open.push((below(key, is_list), inner.clone()));
                    }
                }
                places.push(Place { kind, path, schema });
            }
            // A table whose keys are names.
            None if schema["additionalProperties"]["type"] == "object" => {
                open.push((below("some-name", false), schema["additionalProperties"].clone()));
            }
            None => {}
        }
    }
    places
}

/// The words in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(|word| word.trim_matches(['[', ']']).to_owned()).collect()
}

#[test]
fn the_reader_and_the_schema_know_the_same_keys_in_every_table() {
    let mut tables = 0;
    for place in FileKind::ALL.into_iter().flat_map(places) {
        assert_eq!(place.schema["additionalProperties"], false, "{}", place.name());
        let (_, said) = place.say(&format!("{STRANGE} = 1"));
        let unknown: Vec<_> = said.iter().filter(|one| one.code == Code::UnknownKey).collect();
        assert_eq!(unknown.len(), 1, "{}: {said:?}", place.name());
        let hint = unknown[0].hint.clone().unwrap();
        assert_eq!(quoted(&hint), place.keys(), "{}: {hint}", place.name());
        tables += 1;
    }
    assert!(tables > 25, "{tables}");
}

#[test]
fn what_the_reader_misses_is_required_by_the_schema_and_nothing_else() {
    for place in FileKind::ALL.into_iter().flat_map(places) {
        let (said, _) = place.say("");
        let missing = said.iter().filter(|one| one.code == Code::MissingKey);
        // A check that wants one of several keys says so in other words.
        let missing = missing.filter_map(|one| Some(one.message.rsplit_once(" has no `")?.1.trim_end_matches('`')));
        let missing: BTreeSet<String> = missing.map(|key| key.trim_matches(['[', ']']).to_owned()).collect();
        let required = place.schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: BTreeSet<String> = required.map(|key| key.as_str().unwrap().to_owned()).collect();
        assert_eq!(missing, required, "{}", place.name());
    }
}

#[test]
fn the_reader_takes_every_word_and_example_of_the_schema_and_refuses_what_has_another_type() {
    let refusals = [Code::BadValue, Code::BadPhoneNumber, Code::SmsGatewayAddress, Code::OverLimit, Code::Syntax];
    let mut tried = 0;
    for place in FileKind::ALL.into_iter().flat_map(places) {
        for (key, schema) in place.schema["properties"].as_object().unwrap() {
            let item = schema.get("items");
            let of = item.unwrap_or(schema);
            if of["type"] == "object" {
                continue;
            }
            assert!(schema["description"].as_str().is_some_and(|text| text.ends_with('.')), "{} {key}", place.name());
            let refused = |value: &Value| {
                let value = if item.is_some() { json!([value]) } else { value.clone() };
                let (_, said) = place.say(&format!("{key} = {value}"));
                said.into_iter().find(|one| refusals.contains(&one.code))
            };
            let listed = |name: &str| of.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            // Zones are many, and all read alike.
            for value in listed("enum").iter().take(10).chain(&listed("examples")) {
                assert!(refused(value).is_none(), "{} {key} = {value}: {:?}", place.name(), refused(value));
                tried += 1;
            }
            let other = if of["type"] == "boolean" { json!("yes") } else { json!({ "a": 1 }) };
            let (_, said) = place.say(&format!("{key} = {}", other.to_string().replace("\"a\":", "a = ")));
            assert!(said.iter().any(|one| refusals.contains(&one.code)), "{} {key} = {other}", place.name());
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn the_shipped_schemas_are_those_of_this_version_and_every_shipped_file_names_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for kind in FileKind::ALL {
        let path = root.join(format!("deploy/schema/{}.json", kind.word()));
        let shipped = fs::read_to_string(&path).unwrap();
        let hint = format!("write it anew: `wardbell schema {}`", kind.word());
        assert!(shipped == kind.schema(), "{} is of another version; {hint}", path.display());
    }
    let mut files = vec![(root.join("deploy/wardbell.toml"), FileKind::Config)];
    for (folder, kind) in [("rosters", FileKind::Roster), ("playbooks", FileKind::Playbook)] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let kind = match path.file_name().and_then(|name| name.to_str()) {
                Some("ladders.toml") => FileKind::Ladders,
                Some("privacy-reading.toml") => FileKind::PrivacyReading,
                Some("people.toml") => FileKind::People,
                _ => kind,
            };
            if path.extension().is_some_and(|end| end == "toml") {
                files.push((path, kind));
            }
        }
    }
    assert!(files.len() > 30);
    for (path, kind) in files {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        let named = first.strip_prefix("#:schema ").unwrap_or_else(|| panic!("{}: {first}", path.display()));
        let schema = fs::canonicalize(path.parent().unwrap().join(named)).unwrap();
        assert_eq!(schema, fs::canonicalize(root.join(format!("deploy/schema/{}.json", kind.word()))).unwrap());
    }
}
