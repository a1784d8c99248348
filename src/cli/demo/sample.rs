//! Sample incidents, all invented.

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::Client;

/// An incident as a listening tool would report it.
#[derive(Debug)]
pub struct Sample {
    pub class: &'static str,
    /// The text of the invented post.
    pub summary: &'static str,
    /// The reach of the invented post.
    pub reach: u64,
}

/// The demo starts with the first one.
pub const SAMPLES: &[Sample] = &[
    Sample {
        class: "phi-by-staff",
        summary: "Invented: a caregiver cheers on 'brave little Quillon Fableworth' of the Paper Lantern ward, by name",
        reach: 340,
    },
    Sample {
        class: "patient-media-viral",
        summary: "Invented: a video from the hall of the Paper Lantern ward is shared all over town",
        reach: 620_000,
    },
    Sample {
        class: "emergency-care-request",
        summary: "Invented: 'my grandfather Odo Marzipan has chest pain, which entrance is open?'",
        reach: 12,
    },
    Sample {
        class: "care-complaint",
        summary: "Invented: the Fableworth family waited nine hours and tells everybody about it",
        reach: 4_100,
    },
    Sample { class: "billing-dispute", summary: "Invented: a bill of $12,345.67 for one paper lantern", reach: 85 },
    Sample {
        class: "outage-rumor",
        summary: "Invented: 'all screens at Mercy are dark, they write on napkins'",
        reach: 9_300,
    },
    Sample {
        class: "praise-with-phi",
        summary: "Invented: 'thank you for mending the ankle of Odo Marzipan, room 7'",
        reach: 40,
    },
    Sample { class: "unclassified", summary: "Invented: a post that no classifier understands", reach: 3 },
];

impl Sample {
    pub fn of(class: &str) -> Option<&'static Self> {
        SAMPLES.iter().find(|sample| sample.class == class)
    }

    /// The incident as JSON.
    pub fn incident(&self) -> Value {
        json!({
            "class": self.class,
            "summary": self.summary,
            "url": "https://social.example/posts/4711",
            "network": "example",
            "language": "en",
            "confidence": 0.97,
            "reach": self.reach,
        })
    }
}

/// Sends an incident as a listening tool would.
pub async fn send(desk: &Client, sample: &Sample) -> Result<()> {
    desk.ask(Method::POST, "/api/v1/incidents", Some(&sample.incident())).await.map(drop)
}
