//! A page that still matters, with its unfinished deliveries.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::page::PageReason;

/// A page that still matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenPage {
    /// Numbers the incident's pages from 1.
    pub number: u32,
    /// The number of the step run that created it.
    pub paging_step: u32,
    pub liaison: LiaisonId,
    /// The roster that lists them.
    pub roster: DepartmentId,
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    pub reason: PageReason,
    /// The channels it still has to use.
    pub pending: Vec<Delivery>,
    /// A provider has accepted it.
    pub accepted: bool,
    /// It was called off when an attempt may still have been in flight.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub called_off: bool,
}

/// A page's unfinished delivery over one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub by: ChannelKind,
    pub to: Box<str>,
    /// The person's contacts that were tried before and are given up, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Box<str>>,
    /// When it is tried next.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// The number of failed attempts so far at this contact.
    pub attempts: u32,
    /// An attempt is in flight; only the running process knows this.
    #[serde(skip)]
    pub in_flight: bool,
}

impl OpenPage {
    /// Whether it went to this liaison of this roster.
    pub fn is_to(&self, roster: &DepartmentId, liaison: &LiaisonId) -> bool {
        self.roster == *roster && self.liaison == *liaison
    }
}
