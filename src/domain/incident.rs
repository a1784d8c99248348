//! An incident as a source sends it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::IncidentId;
use crate::domain::involved::{address_in, hashed};
use crate::domain::sealed::Sealed;
use crate::domain::severity::Severity;

/// What a source says of an incident, already checked; treat all of it as protected health information.
///
/// Only the matching fields and the flags have any influence; `summary`, `url`, `author`, `labels` and `involved_unknown`
/// are kept for people who may read them and are shown nowhere else.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Incoming {
    /// The label that the classifier gave.
    pub class: String,
    /// The source's own id of this event: the same twice changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The source's key of the matter: repeats fold into the open incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_key: Option<String>,
    /// Lifts the playbook's severity, never lowers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// How sure the classifier is, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// The matter in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Where the post is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Which network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Which of the hospital's facilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// The post's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How many people it has reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<u64>,
    /// Such as `posting-now`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Ids, e-mail addresses or names of people who must not be paged about it. In the record, those that are in no roster
    /// are hashes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub involved: Vec<String>,
    /// In the record, the names of `involved` that are in no roster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub involved_unknown: Vec<String>,
    /// When it happened, by the source's word.
    #[serde(with = "crate::domain::instant::optional", skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<DateTime<Utc>>,
    /// Whatever else the source says.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// An exercise: the real path, marked as a drill everywhere.
    pub drill: bool,
    /// What was taken out of it and sealed: `summary`, `url`, `author`, `labels` and `involved_unknown` are left out then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
}

/// What of an incident is protected, as it is sealed: one JSON object.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    /// The matter in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Where the post is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Whatever else the source says.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The names of involved people that are in no roster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub involved_unknown: Vec<String>,
}

impl Content {
    /// What every protected field is called.
    pub const FIELDS: [&str; 5] = ["summary", "url", "author", "labels", "involved_unknown"];

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::fmt::Debug for Content {
    /// The content stays out of logs and errors.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Content(…)")
    }
}

impl Incoming {
    /// Whether anything in it is protected and stands there as it was written.
    pub fn has_plain_content(&self) -> bool {
        let has_text = self.summary.is_some() || self.url.is_some() || self.author.is_some();
        has_text || !self.labels.is_empty() || !self.involved_unknown.is_empty()
    }

    /// Takes out what is protected.
    pub fn take_content(&mut self) -> Content {
        let (summary, url, author) = (self.summary.take(), self.url.take(), self.author.take());
        let (labels, involved_unknown) = (std::mem::take(&mut self.labels), std::mem::take(&mut self.involved_unknown));
        Content { summary, url, author, labels, involved_unknown }
    }

    /// Protects the names of involved people that are in no roster: what is left in `involved` decides who is paged, now and
    /// later, and can be read by everybody who has the record. Of `June Chen <j.chen@mercy.example>` the address alone stays
    /// where a roster has it: whatever else is written there may be anybody's name.
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
    /// The content stays out of logs and errors.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Incoming(…)")
    }
}
