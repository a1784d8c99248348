//! What a reading finds, and why it matters.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Why a part of a text may say too much. The first reason that applies is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    Name,
    Report,
    Link,
    Promise,
    Admission,
    Detail,
    Patient,
    Date,
    Place,
}

impl Why {
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Report,
        Self::Link,
        Self::Promise,
        Self::Admission,
        Self::Detail,
        Self::Patient,
        Self::Date,
        Self::Place,
    ];

    /// The reasons that a list can give; the others come from the incident.
    pub const OF_LISTS: [Self; 6] =
        [Self::Patient, Self::Detail, Self::Promise, Self::Admission, Self::Date, Self::Place];

    /// The name in files and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Report => "report",
            Self::Link => "link",
            Self::Patient => "patient",
            Self::Detail => "detail",
            Self::Promise => "promise",
            Self::Admission => "admission",
            Self::Date => "date",
            Self::Place => "place",
        }
    }

    /// The reason in a sentence. It never quotes the text or the report.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Name => "It is, or comes close to, the name of a person or an account in this matter.",
            Self::Report => "The report says this, too. Readers may tell from it who is meant.",
            Self::Link => "It is part of the address of the post.",
            Self::Patient => "It says, or lets readers guess, that somebody is or was here as a patient or visitor.",
            Self::Detail => "A detail such as an age or a room. Readers may tell from it who is meant.",
            Self::Promise => "It says or promises what will happen to a staff member, or how this will end.",
            Self::Admission => "It admits fault. Only Legal or Risk Management may decide to say that.",
            Self::Date => "A date or a time. Readers may tell from it when somebody was here.",
            Self::Place => "A place in the hospital. Readers may tell from it where somebody was.",
        }
    }
}

/// Words of a text that may say too much, by their index.
pub struct Finding {
    pub words: Range<usize>,
    pub why: Why,
}
