//! What a board shows of all incidents, as its address says.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::id::{DepartmentId, IncidentId};
use crate::domain::plan::Plan;
use crate::domain::severity::Severity;
use crate::web::pages::viewer::Viewer;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardFilter {
    /// Left out: all that is open.
    pub status: Option<Status>,
    pub department: Option<DepartmentId>,
    pub class: Option<String>,
    pub severity: Option<Severity>,
    pub drills: Drills,
    /// The first local day on which an incident was received.
    pub since: Option<NaiveDate>,
    pub reference: Option<IncidentId>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Drills {
    #[default]
    Shown,
    Hidden,
    Alone,
}

/// What an address asks for, and what of it is not understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    pub filter: BoardFilter,
    /// Sentences for the reader.
    pub errors: Vec<&'static str>,
}

impl Asked {
    /// Reads the query of an address. What is empty is not asked for.
    pub fn read(query: &str) -> Self {
        let Ok(pairs) = serde_urlencoded::from_str::<Vec<(String, String)>>(query) else {
            return Self { errors: vec!["The address is not complete. Choose again."], ..Self::default() };
        };
        let mut asked = Self::default();
        for (key, value) in pairs.iter().filter(|(_, value)| !value.trim().is_empty()) {
            let error = asked.filter.take(key, value.trim());
            asked.errors.extend(error.err());
        }
        asked
    }
}

impl BoardFilter {
    fn take(&mut self, key: &str, value: &str) -> Result<(), &'static str> {
        match key {
            "status" => self.status = Some(status_of(value).ok_or("Choose a status from the list.")?),
            "department" => self.department = Some(value.parse().map_err(|_| "Choose a department from the list.")?),
            "class" => self.class = Some(value.to_owned()),
            "severity" => self.severity = Some(value.parse().map_err(|_| "Choose a severity from the list.")?),
            "drills" => self.drills = drills_of(value).ok_or("Choose from the list what to show of drills.")?,
            "since" => self.since = Some(value.parse().map_err(|_| "Write the day as 2026-12-31.")?),
            "reference" => {
                let written: String = value.chars().filter(|one| !one.is_whitespace() && *one != '-').collect();
                let known =
                    written.parse().map_err(|_| "A reference has eight letters and digits, such as 7Q2K9MXD.")?;
                self.reference = Some(known);
            }
            _ => return Err("The address has something that this page does not know. Choose again."),
        }
        Ok(())
    }

    /// Whether a board has this incident.
    pub fn fits(&self, incident: &Incident, viewer: &Viewer) -> bool {
        if let Some(reference) = self.reference {
            return incident.id == reference;
        }
        let is_wanted = match self.status {
            None => incident.resolved.is_none(),
            Some(status) => incident.status() == status,
        };
        is_wanted
            && self.department.as_ref().is_none_or(|department| incident.track(department).is_some())
            && self.class.as_ref().is_none_or(|class| *incident.class == **class)
            && self.severity.is_none_or(|severity| incident.severity == severity)
            && match self.drills {
                Drills::Shown => true,
                Drills::Hidden => !incident.drill,
                Drills::Alone => incident.drill,
            }
            && self.since.is_none_or(|since| local_day(incident.received_at, viewer) >= since)
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A choice of a field, and whether it is chosen.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl Choice {
    fn new(value: impl Into<String>, label: impl Into<String>, is_chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), is_chosen }
    }
}

/// The fields of the form, with what is chosen.
#[derive(Debug)]
pub struct Fields {
    pub status: Vec<Choice>,
    pub department: Vec<Choice>,
    pub class: Vec<Choice>,
    pub severity: Vec<Choice>,
    pub drills: Vec<Choice>,
    pub since: String,
    pub reference: String,
}

impl Fields {
    pub fn new(filter: &BoardFilter, plan: &Plan) -> Self {
        let statuses =
            [("open", "Somebody has to answer"), ("acknowledged", "Everybody has answered"), ("resolved", "Resolved")];
        let of_status = |(word, label): (&str, &str)| Choice::new(word, label, filter.status == status_of(word));
        let rosters = plan.rosters.values();
        let department = |id: &DepartmentId| filter.department.as_ref() == Some(id);
        let mut classes: Vec<(&str, &str)> =
            plan.playbooks.iter().map(|one| (one.class.as_str(), one.title.as_str())).collect();
        classes.sort_unstable_by_key(|(_, title)| *title);
        classes.dedup_by_key(|(class, _)| *class);
        let class = |word: &str| filter.class.as_deref() == Some(word);
        let drills = [
            ("", "Shown", Drills::Shown),
            ("hidden", "Hidden", Drills::Hidden),
            ("alone", "Drills alone", Drills::Alone),
        ];
        Self {
            status: std::iter::once(Choice::new("", "All that is open", filter.status.is_none()))
                .chain(statuses.map(of_status))
                .collect(),
            department: std::iter::once(Choice::new("", "All", filter.department.is_none()))
                .chain(rosters.map(|one| Choice::new(one.department.as_str(), &one.name, department(&one.department))))
                .collect(),
            class: std::iter::once(Choice::new("", "All", filter.class.is_none()))
                .chain(classes.into_iter().map(|(word, title)| Choice::new(word, title, class(word))))
                .collect(),
            severity: std::iter::once(Choice::new("", "All", filter.severity.is_none()))
                .chain(
                    Severity::ALL
                        .map(|one| Choice::new(one.to_string(), one.to_string(), filter.severity == Some(one))),
                )
                .collect(),
            drills: drills.map(|(word, label, one)| Choice::new(word, label, filter.drills == one)).into(),
            since: filter.since.map(|since| since.to_string()).unwrap_or_default(),
            reference: filter.reference.map(|reference| reference.to_string()).unwrap_or_default(),
        }
    }
}

fn local_day(at: DateTime<Utc>, viewer: &Viewer) -> NaiveDate {
    viewer.zone.local(at).date()
}

fn status_of(word: &str) -> Option<Status> {
    match word {
        "open" => Some(Status::Open),
        "acknowledged" => Some(Status::Acknowledged),
        "resolved" => Some(Status::Resolved),
        _ => None,
    }
}

fn drills_of(word: &str) -> Option<Drills> {
    match word {
        "hidden" => Some(Drills::Hidden),
        "alone" => Some(Drills::Alone),
        _ => None,
    }
}
