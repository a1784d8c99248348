//! Instants as every file and answer writes them: RFC 3339 in UTC with milliseconds.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// What the clocks say when something is decided.
///
/// The two differ only after the machine's clock was set back: waits go on, and the record's order stays true, by
/// logical time; schedules and the evidence of when the hospital learned of it follow the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Logical time: never goes back. Deadlines and the record's `at` are measured by it.
    pub logical: DateTime<Utc>,
    /// The wall clock: rosters and `received_at` are read by it.
    pub wall: DateTime<Utc>,
}

impl Now {
    /// Both clocks agree.
    pub fn agreed(at: DateTime<Utc>) -> Self {
        let at = to_millis(at);
        Self { logical: at, wall: at }
    }

    /// What the wall clock shows when logical time is `deadline`.
    pub fn on_the_wall(&self, deadline: DateTime<Utc>) -> DateTime<Utc> {
        deadline + (self.wall - self.logical)
    }
}

/// Cuts an instant to the milliseconds that are kept, so that what is replayed equals what was decided.
pub fn to_millis(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(3)
}

/// `2026-12-24T23:00:00.000Z`.
pub fn to_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// For `#[serde(with = "crate::domain::instant")]`.
pub fn serialize<S: Serializer>(at: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&to_text(*at))
}

/// For `#[serde(with = "crate::domain::instant")]`.
pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<DateTime<Utc>, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(input)?;
    DateTime::parse_from_rfc3339(&text).map(|at| at.with_timezone(&Utc)).map_err(D::Error::custom)
}

/// The same for an instant that may be missing: `#[serde(with = "crate::domain::instant::optional")]`.
pub mod optional {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    struct Wrapped(#[serde(with = "crate::domain::instant")] DateTime<Utc>);

    /// Writes the instant, or `null`.
    pub fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, out: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => crate::domain::instant::serialize(at, out),
            None => out.serialize_none(),
        }
    }

    /// Reads an instant, or `null`.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(input)?.map(|wrapped| wrapped.0))
    }
}
