//! The people of a roster: when they are away, and where their names and contacts are written.

use chrono::{NaiveDate, NaiveDateTime};

use crate::notation::{DAYS, listed, local, span};

#[derive(Debug, Clone, Default)]
pub struct Person {
    pub away: Vec<Absence>,
    pub unavailable: Vec<Unavailable>,
    /// In the department's roster.
    pub own: Entry,
    /// In `people.toml`.
    pub shared: Option<Entry>,
}

#[derive(Debug, Clone)]
pub struct Absence {
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
    pub cover: Option<usize>,
}

/// Week after week on these days, counted from Monday, up to the last of them.
#[derive(Debug, Clone)]
pub struct Unavailable {
    pub days: Vec<u32>,
    pub hours: Option<(u32, u32)>,
    pub until: Option<NaiveDate>,
}

/// What is written of a person in one place.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub name: Option<String>,
    pub email: Option<String>,
    pub sms: Vec<String>,
}

impl Person {
    pub fn name(&self) -> &str {
        let shared = self.shared.as_ref().and_then(|shared| shared.name.as_ref());
        self.own.name.as_ref().or(shared).unwrap()
    }

    /// The channels with their addresses in order: what the roster does not say itself comes from `people.toml`.
    pub fn contacts(&self) -> [(&'static str, Vec<&str>); 2] {
        let shared = self.shared.as_ref();
        let email = self.own.email.as_deref().or(shared.and_then(|shared| shared.email.as_deref()));
        let shared_sms = shared.map_or(&[][..], |shared| &shared.sms);
        let sms = if self.own.sms.is_empty() { shared_sms } else { &self.own.sms };
        [("email", email.into_iter().collect()), ("sms", sms.iter().map(String::as_str).collect())]
    }
}

impl Entry {
    /// Its lines in a file.
    pub fn lines(&self) -> String {
        let name = self.name.iter().map(|name| format!("name = \"{name}\"\n"));
        let email = self.email.iter().map(|email| format!("email = \"{email}\"\n"));
        let quoted: Vec<_> = self.sms.iter().map(|number| format!("\"{number}\"")).collect();
        let sms = (!quoted.is_empty()).then(|| format!("sms = {}\n", listed(&quoted)));
        name.chain(email).chain(sms).collect()
    }

    /// The same with one thing less, for each thing.
    pub fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        if self.email.is_some() {
            smaller.push(Self { email: None, ..self.clone() });
        }
        for index in 0..self.sms.len() {
            let mut less = self.clone();
            less.sms.remove(index);
            smaller.push(less);
        }
        smaller
    }
}

impl Absence {
    pub fn line(&self) -> String {
        let cover = self.cover.map(|cover| format!(", cover = \"p{cover}\"")).unwrap_or_default();
        format!("  {{ from = \"{}\", to = \"{}\"{cover} }},", local(self.from), local(self.to))
    }
}

impl Unavailable {
    pub fn line(&self) -> String {
        let days: Vec<_> = self.days.iter().map(|day| format!("\"{}\"", DAYS[*day as usize])).collect();
        let hours = self.hours.map(|hours| format!(", hours = {}", span(hours))).unwrap_or_default();
        let until = self.until.map(|until| format!(", until = {until}")).unwrap_or_default();
        format!("  {{ days = [{}]{hours}{until} }},", days.join(", "))
    }
}
