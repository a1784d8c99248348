//! An incident as sent by a source.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::IncidentId;
use crate::domain::involved::{address_in, hashed};
use crate::domain::sealed::Sealed;
use crate::domain::severity::Severity;

/// What a source reports about an incident, already validated. Treat all of it as protected health information.
///
/// Only the fields used for matching and the flags affect routing. `summary`, `url`, `author`, `labels` and
/// `involved_unknown` are kept for people who may read them and are shown nowhere else.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Incoming {
    /// The label assigned by the classifier.
    pub class: String,
    /// The source's own id for this event: sending it twice has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The source's dedup key: repeats fold into the open incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_key: Option<String>,
    /// Raises the playbook's severity, never lowers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The classifier's confidence, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How many people it has reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<u64>,
    /// For example `posting-now`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Ids, email addresses or names of people who must not be paged about it. In the record, names that are in no
    /// roster are hashes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub involved: Vec<String>,
    /// In the record, the names in `involved` that are in no roster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub involved_unknown: Vec<String>,
    /// When it happened, according to the source.
    #[serde(with = "crate::domain::instant::optional", skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<DateTime<Utc>>,
    /// Any other information from the source.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// A drill: handled like a real incident, but marked as a drill everywhere.
    pub drill: bool,
    /// The sealed content. If set, `summary`, `url`, `author`, `labels` and `involved_unknown` are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
}

/// The protected content of an incident, in the form in which it is sealed: one JSON object.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Any other information from the source.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Names of involved people who are in no roster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub involved_unknown: Vec<String>,
}

impl Content {
    /// The names of all protected fields.
    pub const FIELDS: [&str; 5] = ["summary", "url", "author", "labels", "involved_unknown"];

    /// Whether there is no protected content.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::fmt::Debug for Content {
    /// Keeps the content out of logs and errors.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Content(…)")
    }
}

impl Incoming {
    /// Whether it contains protected content in plain text.
    pub fn has_plain_content(&self) -> bool {
        let has_text = self.summary.is_some() || self.url.is_some() || self.author.is_some();
        has_text || !self.labels.is_empty() || !self.involved_unknown.is_empty()
    }

    /// Removes and returns the protected content.
    pub fn take_content(&mut self) -> Content {
        let (summary, url, author) = (self.summary.take(), self.url.take(), self.author.take());
        let (labels, involved_unknown) = (std::mem::take(&mut self.labels), std::mem::take(&mut self.involved_unknown));
        Content { summary, url, author, labels, involved_unknown }
    }

    /// Protects the names of involved people who are in no roster. What stays in `involved` decides who is paged, now
    /// and later, and is readable by everyone who has the record. Of `June Chen <j.chen@mercy.example>`, only the
    /// address stays if a roster has it: the rest may be anyone's name.
    pub fn protect_unknown_names(&mut self, incident: IncidentId, knows: impl Fn(&str) -> bool) {
        for name in &mut self.involved {
            if !knows(name) {
                let hash = hashed(incident, name);
                self.involved_unknown.push(std::mem::replace(name, hash));
            } else if name.contains('<') && knows(address_in(name)) {
                *name = address_in(name).to_owned();
            }
        }
    }
}

impl std::fmt::Debug for Incoming {
    /// Keeps the content out of logs and errors.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Incoming(…)")
    }
}
