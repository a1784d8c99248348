//! An incident as it is written, and from there to one that is checked; or every mistake in it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use chrono::{DateTime, Datelike, Utc};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::domain::incident::Incoming;
use crate::domain::instant;
use crate::domain::severity::Severity;
use crate::web::error::{MISTAKES_MAX, Mistake};
use crate::web::mistakes;

/// A class is a label, not a sentence.
pub const CLASS_MAX: usize = 200;

/// As long as the ids and keys of other alerting tools may be (PagerDuty's `dedup_key`).
const ID_MAX: usize = 255;

/// A post and what the desk says about it; longer texts belong behind the `url`.
const SUMMARY_MAX: usize = 10_000;

/// The longest address that browsers and proxies agree on.
const URL_MAX: usize = 2_048;

/// A name or handle.
const AUTHOR_MAX: usize = 320;

/// The name of a network, a facility or a language.
const WORD_MAX: usize = 100;

/// Flags are a closed set of words in a playbook.
const FLAGS_MAX: usize = 32;

/// One flag.
const FLAG_MAX: usize = 64;

/// More people are not known to be involved while a matter opens.
const INVOLVED_MAX: usize = 32;

/// An e-mail address has at most 254 characters (RFC 5321, 4.5.3.1).
const PERSON_MAX: usize = 254;

/// Whatever else the source says.
const LABELS_MAX: usize = 64;

/// A label's key.
const LABEL_KEY_MAX: usize = 100;

/// A label's value.
const LABEL_MAX: usize = 1_000;

/// An RFC 3339 instant with nanoseconds and an offset has 35 characters.
const INSTANT_MAX: usize = 40;

/// Reads one incident.
///
/// # Errors
///
/// Every mistake in it; never an empty list.
pub fn read(json: &[u8]) -> Result<Incoming, Vec<Mistake>> {
    // `Written` could be read from an array too.
    let is_object = json.trim_ascii_start().first() == Some(&b'{');
    match serde_json::from_slice::<Written>(json) {
        Ok(written) if is_object => {
            let mut mistakes = Vec::new();
            let incoming = written.check(&mut mistakes);
            if mistakes.is_empty() { Ok(incoming) } else { Err(mistakes) }
        }
        _ => Err(mistakes::collect(json)),
    }
}

/// The keys of an incident with the right kinds of value; nothing else is known of it yet.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// Required.
    pub class: Option<String>,
    /// The source's own id.
    pub event_id: Option<String>,
    /// The source's key of the matter.
    pub dedup_key: Option<String>,
    /// A word.
    pub severity: Option<String>,
    /// From 0 to 1.
    pub confidence: Option<f64>,
    /// The matter in words.
    pub summary: Option<String>,
    /// Where the post is.
    pub url: Option<String>,
    /// Who posted.
    pub author: Option<String>,
    /// Which network.
    pub network: Option<String>,
    /// Which facility.
    pub facility: Option<String>,
    /// The post's language.
    pub language: Option<String>,
    /// How many people.
    pub reach: Option<u64>,
    /// Words.
    pub flags: Option<Vec<String>>,
    /// Liaison ids or addresses.
    pub involved: Option<Vec<String>>,
    /// RFC 3339.
    pub occurred_at: Option<String>,
    /// Anything else.
    pub labels: Option<Labels>,
    /// An exercise.
    pub drill: Option<bool>,
}

/// Text by key, each key once.
#[derive(Default)]
pub struct Labels(pub BTreeMap<String, String>);

impl Written {
    /// Checks what the kinds do not say, and adds its mistakes to the list up to [`MISTAKES_MAX`]; the
    /// incident counts only if none was added.
    pub fn check(self, mistakes: &mut Vec<Mistake>) -> Incoming {
        let mut checks = Checks { mistakes };
        checks.class(self.class.as_deref());
        checks.id("/event_id", self.event_id.as_deref());
        checks.id("/dedup_key", self.dedup_key.as_deref());
        checks.text("/summary", self.summary.as_deref(), SUMMARY_MAX, Lines::Many);
        checks.text("/url", self.url.as_deref(), URL_MAX, Lines::One);
        checks.text("/author", self.author.as_deref(), AUTHOR_MAX, Lines::One);
        checks.text("/network", self.network.as_deref(), WORD_MAX, Lines::One);
        checks.text("/facility", self.facility.as_deref(), WORD_MAX, Lines::One);
        checks.text("/language", self.language.as_deref(), WORD_MAX, Lines::One);
        checks.confidence(self.confidence);
        checks.list("/flags", self.flags.as_deref(), FLAGS_MAX, FLAG_MAX);
        checks.list("/involved", self.involved.as_deref(), INVOLVED_MAX, PERSON_MAX);
        checks.labels(self.labels.as_ref());
        Incoming {
            severity: checks.severity(self.severity.as_deref()),
            occurred_at: checks.instant(self.occurred_at.as_deref()),
            class: self.class.unwrap_or_default(),
            event_id: self.event_id,
            dedup_key: self.dedup_key,
            confidence: self.confidence,
            summary: self.summary,
            url: self.url,
            author: self.author,
            network: self.network,
            facility: self.facility,
            language: self.language,
            reach: self.reach,
            flags: self.flags.unwrap_or_default(),
            involved: self.involved.unwrap_or_default(),
            labels: self.labels.unwrap_or_default().0,
            sealed: None,
            drill: self.drill.unwrap_or_default(),
        }
    }
}

/// Whether a text may have more than one line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

struct Checks<'a> {
    mistakes: &'a mut Vec<Mistake>,
}

impl Checks<'_> {
    fn add(&mut self, field: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<Cow<'static, str>>) {
        if self.mistakes.len() < MISTAKES_MAX {
            self.mistakes.push(Mistake::new(field, code, message));
        }
    }

    fn class(&mut self, class: Option<&str>) {
        match class {
            // A wrong kind was told already.
            None if self.mistakes.iter().any(|mistake| mistake.field == "/class") => {}
            None => self.add("/class", "missing-key", "`class` is required: the label that the classifier gave"),
            Some(class) => self.word("/class", class, CLASS_MAX),
        }
    }

    fn id(&mut self, field: &'static str, text: Option<&str>) {
        if text == Some("") {
            self.add(field, "empty", format!("`{}` must not be empty; leave it out instead", &field[1..]));
        }
        self.text(field, text, ID_MAX, Lines::One);
    }

    /// A word that is compared with names in files: a stray space would make it another word.
    fn word(&mut self, field: &'static str, text: &str, longest: usize) {
        let name = &field[1..];
        if text.is_empty() {
            self.add(field, "empty", format!("`{name}` must not be empty"));
        } else if text.trim() != text {
            self.add(field, "surrounding-space", format!("`{name}` must not start or end with a space"));
        }
        self.text(field, Some(text), longest, Lines::One);
    }

    fn text(&mut self, field: &'static str, text: Option<&str>, longest: usize, lines: Lines) {
        let Some(text) = text else { return };
        let name = &field[1..];
        // No text has more characters than bytes, so most need not be counted.
        if text.len() > longest && text.chars().count() > longest {
            self.add(field, "too-long", format!("`{name}` has at most {longest} characters"));
        }
        if has_control(text, lines) {
            self.add(field, "control-character", format!("`{name}` must not hold control characters"));
        }
    }

    fn confidence(&mut self, confidence: Option<f64>) {
        // Written so that what is not a number is outside.
        if confidence.is_some_and(|confidence| !(0.0..=1.0).contains(&confidence)) {
            self.add("/confidence", "out-of-range", "`confidence` is a number from 0 to 1");
        }
    }

    fn severity(&mut self, text: Option<&str>) -> Option<Severity> {
        let parsed = text?.parse();
        if parsed.is_err() {
            self.add("/severity", "bad-value", "`severity` is `critical`, `high`, `moderate` or `low`");
        }
        parsed.ok()
    }

    fn instant(&mut self, text: Option<&str>) -> Option<DateTime<Utc>> {
        let parsed = text.filter(|text| text.len() <= INSTANT_MAX).map(DateTime::parse_from_rfc3339);
        match parsed.map(|parsed| parsed.map(|at| instant::to_millis(at.with_timezone(&Utc)))) {
            // The offset may lead to a year in UTC that RFC 3339 cannot write, nor the record be read with.
            Some(Ok(at)) if (1..=9_999).contains(&at.year()) => Some(at),
            None if text.is_none() => None,
            _ => {
                let message = "`occurred_at` is an RFC 3339 instant such as `2026-12-24T23:00:00Z`";
                self.add("/occurred_at", "bad-instant", message);
                None
            }
        }
    }

    fn list(&mut self, field: &'static str, list: Option<&[String]>, most: usize, longest: usize) {
        let list = list.unwrap_or_default();
        let name = &field[1..];
        if list.len() > most {
            self.add(field, "too-many", format!("`{name}` has at most {most} entries"));
            return;
        }
        for (position, text) in list.iter().enumerate() {
            let before = self.mistakes.len();
            self.word(field, text, longest);
            for mistake in &mut self.mistakes[before..] {
                mistake.field = format!("{field}/{position}").into();
            }
        }
    }

    /// A label's key comes from the source too: it is counted, never repeated.
    fn labels(&mut self, labels: Option<&Labels>) {
        let Some(Labels(labels)) = labels else { return };
        if labels.len() > LABELS_MAX {
            self.add("/labels", "too-many", format!("`labels` has at most {LABELS_MAX} entries"));
        }
        let keys_fit = labels.keys().all(|key| (1..=LABEL_KEY_MAX).contains(&key.chars().count()));
        if !keys_fit {
            self.add("/labels", "bad-key", format!("a label's key has 1 to {LABEL_KEY_MAX} characters"));
        }
        if labels.values().any(|value| value.len() > LABEL_MAX && value.chars().count() > LABEL_MAX) {
            self.add("/labels", "too-long", format!("a label's value has at most {LABEL_MAX} characters"));
        }
        let control = |key: &String, value: &String| has_control(key, Lines::One) || has_control(value, Lines::Many);
        if labels.iter().any(|(key, value)| control(key, value)) {
            self.add("/labels", "control-character", "`labels` must not hold control characters");
        }
    }
}

fn has_control(text: &str, lines: Lines) -> bool {
    let breaks_line = |character| lines == Lines::Many && matches!(character, '\n' | '\r' | '\t');
    text.chars().any(|character| character.is_control() && !breaks_line(character))
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(EachKeyOnce)
    }
}

struct EachKeyOnce;

impl<'de> Visitor<'de> for EachKeyOnce {
    type Value = Labels;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
        let mut labels = BTreeMap::new();
        while let Some((key, value)) = map.next_entry()? {
            match labels.entry(key) {
                Entry::Vacant(place) => place.insert(value),
                Entry::Occupied(_) => return Err(A::Error::custom("a key comes twice")),
            };
        }
        Ok(Labels(labels))
    }
}
