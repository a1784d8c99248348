//! What callers of the API do with statements.

use std::collections::BTreeMap;

use crate::domain::escalation::statements::input::{ApprovalOf, NewDraft, StatementChange};
use crate::domain::escalation::statements::medium::{Medium, UnknownMedium};
use crate::domain::id::DepartmentId;
use crate::inbound::input_error::InputError;
use crate::web::error::Problem;
use crate::web::input_errors::{text, twice, unknown_key};
use crate::web::tree::Tree;

/// The actions, each with the keys that go with it.
const ACTIONS: [(&str, &[&str]); 5] = [
    ("draft", &["action", "name", "text", "medium", "blanks", "statement", "version"]),
    ("submit", &["action", "statement", "version", "reason"]),
    ("withdraw", &["action", "statement"]),
    ("ask-for-changes", &["action", "statement", "version", "department", "note"]),
    ("used", &["action", "statement", "version", "where", "at"]),
];

/// Whether a body is for an action on a statement.
pub fn is_of_statement(entries: &[(String, Tree)]) -> bool {
    let action = entries.iter().find(|(key, _)| key == "action");
    matches!(action, Some((_, Tree::Text(word))) if ACTIONS.iter().any(|(action, _)| action == word))
}

/// Reads what [`is_of_statement`].
///
/// # Errors
///
/// All input errors at once.
pub fn read(entries: Vec<(String, Tree)>) -> Result<StatementChange, Problem> {
    let mut body = Body { values: BTreeMap::new(), errors: Vec::new() };
    let action = entries.iter().find_map(|(key, value)| match value {
        Tree::Text(word) if key == "action" => Some(word.clone()),
        _ => None,
    });
    let action = action.unwrap_or_default();
    let keys = ACTIONS.iter().find(|(word, _)| *word == action).map_or(&[][..], |(_, keys)| keys);
    for (key, value) in entries {
        match keys.iter().find(|known| **known == key) {
            None => body.errors.push(unknown_key("", &key, keys)),
            Some(known) if body.values.contains_key(known) => body.errors.push(twice(known)),
            Some(known) => drop(body.values.insert(known, value)),
        }
    }
    let change = body.change(&action);
    match change {
        Some(change) if body.errors.is_empty() => Ok(change),
        _ => Err(Problem::invalid(body.errors)),
    }
}

struct Body {
    values: BTreeMap<&'static str, Tree>,
    errors: Vec<InputError>,
}

impl Body {
    fn change(&mut self, action: &str) -> Option<StatementChange> {
        let of_one = "`statement` is required: the number of a statement, as under `statements` in the incident";
        match action {
            "draft" => self.draft(),
            "submit" => {
                let (version, reason) = (self.number("version"), self.text("reason"));
                let statement = self.required("statement", of_one)?;
                Some(StatementChange::Submit { statement, version, marks: Vec::new(), reason })
            }
            "withdraw" => Some(StatementChange::Withdraw { statement: self.required("statement", of_one)? }),
            "ask-for-changes" => {
                let (department, note) = (self.department(), self.text("note"));
                let version = self.required("version", "`version` is required: the version that you read");
                let statement = self.required("statement", of_one)?;
                let of = ApprovalOf { statement, version: version?, department };
                Some(StatementChange::AskForChanges { of, note: note.unwrap_or_default() })
            }
            _ => {
                let (version, place, at) = (self.number("version"), self.text("where"), self.instant());
                let statement = self.required("statement", of_one)?;
                Some(StatementChange::Used { statement, version, place: place.unwrap_or_default(), at })
            }
        }
    }

    fn draft(&mut self) -> Option<StatementChange> {
        let (statement, text) = (self.number("statement"), self.text("text"));
        let (version, name) = (self.number("version"), self.text("name"));
        let (medium, blanks) = (self.medium(), self.blanks());
        let Some(statement) = statement else {
            if version.is_some() {
                self.error("version", "bad-value", "`version` goes with `statement`; send both, or remove it");
            }
            return Some(StatementChange::Draft(NewDraft { name, text, blanks, medium }));
        };
        for (key, is_there) in [("name", name.is_some()), ("medium", medium.is_some()), ("blanks", !blanks.is_empty())]
        {
            if is_there {
                self.error(key, "bad-value", &format!("`{key}` is for a new statement; remove it, or `statement`"));
            }
        }
        if text.is_none() {
            self.error("text", "missing-key", "`text` is required: the new version");
        }
        if version.is_none() {
            self.error("version", "missing-key", "`version` is required: the version that was edited");
        }
        Some(StatementChange::Edit { statement, version: version?, text: text? })
    }

    fn required(&mut self, key: &'static str, missing: &'static str) -> Option<u32> {
        let was_sent = !matches!(self.values.get(key), None | Some(Tree::Null));
        let value = self.number(key);
        if !was_sent {
            self.error(key, "missing-key", missing);
        }
        value
    }

    fn number(&mut self, key: &'static str) -> Option<u32> {
        match self.values.remove(key)? {
            Tree::Null => None,
            Tree::Natural(number) if number > 0 && u32::try_from(number).is_ok() => u32::try_from(number).ok(),
            _ => {
                self.error(key, "wrong-kind", &format!("`{key}` must be a number from 1 on"));
                None
            }
        }
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        let value = text(key, self.values.remove(key)?, &mut self.errors)?;
        let breaks_line = |character| matches!(character, '\n' | '\r' | '\t');
        if value.chars().any(|character| character.is_control() && !breaks_line(character)) {
            self.error(key, "control-character", &format!("`{key}` must not contain control characters"));
            return None;
        }
        Some(value.replace("\r\n", "\n"))
    }

    fn department(&mut self) -> Option<DepartmentId> {
        let parsed = self.text("department")?.parse();
        if parsed.is_err() {
            self.error("department", "bad-value", "`department` must be a name such as `privacy`");
        }
        parsed.ok()
    }

    fn medium(&mut self) -> Option<Medium> {
        let parsed: Result<Medium, UnknownMedium> = self.text("medium")?.parse();
        if let Err(unknown) = parsed {
            self.error("medium", "bad-value", &unknown.to_string());
        }
        parsed.ok()
    }

    fn instant(&mut self) -> Option<chrono::DateTime<chrono::Utc>> {
        let parsed = chrono::DateTime::parse_from_rfc3339(&self.text("at")?);
        if parsed.is_err() {
            self.error("at", "bad-value", "`at` must be an instant such as `2026-12-24T08:00:00Z`");
        }
        parsed.ok().map(|at| at.to_utc())
    }

    fn blanks(&mut self) -> BTreeMap<String, String> {
        let entries = match self.values.remove("blanks") {
            Some(Tree::Map(entries)) => entries,
            None | Some(Tree::Null) => return BTreeMap::new(),
            Some(_) => {
                self.error("blanks", "wrong-kind", "`blanks` must be an object: a text for each blank, by its name");
                return BTreeMap::new();
            }
        };
        let mut blanks = BTreeMap::new();
        for (name, value) in entries {
            match value {
                Tree::Text(value) => drop(blanks.insert(name, value)),
                _ => self.error("blanks", "wrong-kind", "each blank must be a text"),
            }
        }
        blanks
    }

    fn error(&mut self, key: &str, code: &'static str, message: &str) {
        self.errors.push(InputError::new(format!("/{key}"), code, message.to_owned()));
    }
}
