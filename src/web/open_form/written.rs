//! What somebody wrote in the form for a new incident.

use serde_json::{Map, Value, json};

use crate::domain::digest::Digest;
use crate::domain::plan::Plan;
use crate::domain::severity::Severity;
use crate::inbound::input_error::InputError;
use crate::inbound::wardbell::incident::{AUTHOR_MAX, INVOLVED_MAX, PERSON_MAX, SUMMARY_MAX, URL_MAX, WORD_MAX};
use crate::web::session::own_form::OwnForm;

/// The longest text that names a form; ours have 24 characters.
const FORM_MAX: usize = 64;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Tells one form from another: what is sent twice opens one incident.
    pub form: String,
    pub class: String,
    pub severity: String,
    pub summary: String,
    pub url: String,
    pub author: String,
    pub network: String,
    pub reach: String,
    pub facility: String,
    pub flags: Vec<String>,
    /// Names, ids or addresses, one a line or separated by commas.
    pub involved: String,
    /// The names that are on no roster are right all the same.
    pub is_sure: bool,
    pub is_drill: bool,
    /// Only to see who would be paged.
    pub is_preview: bool,
}

impl Written {
    /// An empty form; `form` is random.
    pub fn blank(form: &str) -> Self {
        Self { form: form.to_owned(), ..Self::default() }
    }

    /// What was sent; `form` is random, for one that has lost its own.
    pub fn read(sent: &OwnForm, form: &str) -> Self {
        let text = |name| sent.field(name).unwrap_or_default().trim().to_owned();
        let own = text("form");
        let is_name = (1..=FORM_MAX).contains(&own.len()) && own.bytes().all(|one| one.is_ascii_alphanumeric());
        let flags = sent.fields.iter().filter(|(name, _)| name == "flags").map(|(_, flag)| flag.clone());
        Self {
            form: if is_name { own } else { form.to_owned() },
            class: text("class"),
            severity: text("severity"),
            summary: text("summary"),
            url: text("url"),
            author: text("author"),
            network: text("network"),
            reach: text("reach"),
            facility: text("facility"),
            flags: flags.collect(),
            involved: text("involved"),
            is_sure: sent.field("sure").is_some(),
            is_drill: sent.field("drill").is_some(),
            is_preview: sent.field("preview").is_some(),
        }
    }

    pub fn involved(&self) -> Vec<&str> {
        let names = self.involved.split(['\n', ',', ';']).map(str::trim);
        names.filter(|name| !name.is_empty()).collect()
    }

    /// What has to be corrected, in the words of the form; `classes` are those that can be chosen.
    pub fn errors(&self, classes: &[&str]) -> Vec<InputError> {
        let mut errors = Vec::new();
        let mut wrong = |field: &'static str, message: &'static str| {
            errors.push(InputError::new(field, "bad-value", message));
        };
        if !classes.contains(&self.class.as_str()) {
            wrong("class", "Choose what it is about");
        }
        if !self.severity.is_empty() && self.severity.parse::<Severity>().is_err() {
            wrong("severity", "Choose a severity from the list");
        }
        if !self.url.is_empty() && !["https://", "http://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            wrong("url", "Copy the whole link to the post, such as https://social.example/p/8841, or leave it empty");
        }
        if !self.reach.is_empty() && self.reach().is_none() {
            wrong("reach", "Enter how many people it has reached as a whole number, such as 1200, or leave it empty");
        }
        for (field, label, text, most) in [
            ("summary", "what was posted", &self.summary, SUMMARY_MAX),
            ("url", "the link to the post", &self.url, URL_MAX),
            ("author", "who posted it", &self.author, AUTHOR_MAX),
            ("network", "the network", &self.network, WORD_MAX),
            ("facility", "the facility", &self.facility, WORD_MAX),
        ] {
            if text.chars().count() > most {
                errors.push(InputError::new(field, "too-long", format!("Shorten {label} to {most} characters")));
            }
        }
        let involved = self.involved();
        if involved.len() > INVOLVED_MAX || involved.iter().any(|name| name.chars().count() > PERSON_MAX) {
            let message = format!(
                "Name at most {INVOLVED_MAX} people who are involved, each with at most {PERSON_MAX} characters"
            );
            errors.push(InputError::new("involved", "too-long", message));
        }
        errors
    }

    /// Names that match nobody keep nobody from being paged, so whoever writes one says that it is right.
    pub fn unknown_names(&self, plan: &Plan) -> Vec<&str> {
        self.involved().into_iter().filter(|name| !plan.knows(name)).collect()
    }

    /// As a source would send it.
    pub fn to_json(&self) -> Vec<u8> {
        let mut fields = Map::new();
        let texts = [
            ("class", &self.class),
            ("severity", &self.severity),
            ("summary", &self.summary),
            ("url", &self.url),
            ("author", &self.author),
            ("network", &self.network),
            ("facility", &self.facility),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            fields.insert(name.to_owned(), json!(text));
        }
        fields.insert("flags".to_owned(), json!(self.flags));
        fields.insert("involved".to_owned(), json!(self.involved()));
        fields.insert("drill".to_owned(), json!(self.is_drill));
        if let Some(reach) = self.reach() {
            fields.insert("reach".to_owned(), json!(reach));
        }
        if let Some(key) = self.dedup_key() {
            fields.insert("dedup_key".to_owned(), json!(key));
        }
        // The same form with other words is another report.
        let words = Value::Object(fields.clone()).to_string();
        fields.insert("event_id".to_owned(), json!(format!("{}-{:.16}", self.form, Digest::of(words.as_bytes()))));
        Value::Object(fields).to_string().into_bytes()
    }

    /// Thousands may be grouped.
    fn reach(&self) -> Option<u64> {
        let digits: String = self.reach.chars().filter(|one| !matches!(one, ',' | ' ' | '\u{a0}')).collect();
        digits.parse().ok()
    }

    /// Reports of one post belong together. What names people or a severity stands alone: whoever has the form must not
    /// take an open incident away from those who have it.
    fn dedup_key(&self) -> Option<String> {
        if !self.involved().is_empty() || !self.severity.is_empty() {
            return None;
        }
        let post = self.url.split('#').next().unwrap_or_default().trim_end_matches('/');
        (!post.is_empty()).then(|| format!("post-{:.32}", Digest::of(post.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Written {
        Written {
            class: "photo".into(),
            url: "https://social.example/p/1/#top".into(),
            reach: "1,200".into(),
            involved: "m-rivera\nCarol Dunn, ;".into(),
            ..Written::blank("abc")
        }
    }

    fn value(written: &Written) -> Value {
        serde_json::from_slice(&written.to_json()).unwrap()
    }

    #[test]
    fn what_is_sent_twice_is_one_event_and_other_words_are_another() {
        let (one, same) = (value(&written()), value(&written()));
        assert_eq!(one, same);
        assert_eq!((&one["reach"], &one["involved"]), (&json!(1_200), &json!(["m-rivera", "Carol Dunn"])));
        assert_eq!(one.get("dedup_key"), None, "it names people");
        let plain = || Written { involved: String::new(), ..written() };
        let one = value(&plain());
        assert_eq!(value(&Written { severity: "critical".into(), ..plain() }).get("dedup_key"), None);
        let other = value(&Written { summary: "more".into(), ..plain() });
        assert_ne!(one["event_id"], other["event_id"]);
        assert_eq!(one["dedup_key"], other["dedup_key"], "both are about one post");
        let elsewhere = value(&Written { url: "https://social.example/p/2".into(), ..plain() });
        assert_ne!(one["dedup_key"], elsewhere["dedup_key"]);
        assert_eq!(value(&Written { url: String::new(), ..plain() }).get("dedup_key"), None);
        assert_ne!(one["event_id"], value(&Written { form: "abd".into(), ..plain() })["event_id"]);
    }

    #[test]
    fn each_field_that_is_wrong_is_named() {
        let fields = |written: Written| {
            let errors = written.errors(&["photo", "bill"]).into_iter();
            errors.map(|error| error.field.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(fields(written()), [""; 0]);
        assert_eq!(fields(Written { class: "other".into(), ..written() }), ["class"]);
        let wrong =
            Written { severity: "awful".into(), url: "social.example".into(), reach: "many".into(), ..written() };
        assert_eq!(fields(wrong), ["severity", "url", "reach"]);
    }
}
