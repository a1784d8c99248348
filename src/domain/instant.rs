//! Instants as files and responses write them: RFC 3339 in UTC with milliseconds.

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// The clock readings that a decision is based on.
///
/// The two differ only after the machine's clock was set back. Waits and the order of the record follow logical time;
/// schedules and the evidence of when the hospital learned something follow the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Logical time: never goes back. Used for deadlines and the record's `at`.
    pub logical: DateTime<Utc>,
    /// The wall clock. Used for schedules and `received_at`.
    pub wall: DateTime<Utc>,
}

impl Now {
    pub fn agreed(at: DateTime<Utc>) -> Self {
        let at = to_millis(at);
        Self { logical: at, wall: at }
    }

    /// The wall clock time when logical time reaches `deadline`.
    pub fn on_the_wall(&self, deadline: DateTime<Utc>) -> DateTime<Utc> {
        deadline + (self.wall - self.logical)
    }
}

/// The schema of an instant as responses write it.
pub struct Rfc3339;

impl schemars::JsonSchema for Rfc3339 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339, in UTC, with milliseconds.",
        })
    }
}

/// The last instant that RFC 3339 can express. Searches stop there.
pub fn last() -> DateTime<Utc> {
    DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Truncates an instant to milliseconds, the recorded precision, so that a replay equals the original decision.
pub fn to_millis(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(3)
}

/// `2026-12-24T23:00:00.000Z`.
pub fn to_text(at: DateTime<Utc>) -> String {
    plain(at).unwrap_or_else(|| at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// The same for four-digit years, several times faster: every record and state has several instants.
fn plain(at: DateTime<Utc>) -> Option<String> {
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let year = u32::try_from(at.year()).ok().filter(|year| (1..=9_999).contains(year))?;
    let millis = Some(at.timestamp_subsec_millis()).filter(|millis| *millis < 1_000)?;
    let parts = [
        (0..4, year),
        (5..7, at.month()),
        (8..10, at.day()),
        (11..13, at.hour()),
        (14..16, at.minute()),
        (17..19, at.second()),
        (20..23, millis),
    ];
    for (place, mut number) in parts {
        for digit in text[place].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
    std::str::from_utf8(&text).ok().map(str::to_owned)
}

/// For `#[serde(with = "crate::domain::instant")]`.
pub fn serialize<S: Serializer>(at: &DateTime<Utc>, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&to_text(*at))
}

/// For `#[serde(with = "crate::domain::instant")]`. Also reads years that RFC 3339 cannot express, such as `+10000`,
/// because whatever was recorded must stay readable.
pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<DateTime<Utc>, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(input)?;
    let strict = DateTime::parse_from_rfc3339(&text);
    strict.or_else(|_| text.parse()).map(|at| at.with_timezone(&Utc)).map_err(D::Error::custom)
}

/// The same for an optional instant: `#[serde(with = "crate::domain::instant::optional")]`.
pub mod optional {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    struct Wrapped(#[serde(with = "crate::domain::instant")] DateTime<Utc>);

    pub fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, out: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => crate::domain::instant::serialize(at, out),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(input)?.map(|wrapped| wrapped.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_instant_is_written_with_four_digits() {
        assert_eq!(to_text(last()), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn years_beyond_the_written_ones_are_read_again() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Kept(#[serde(with = "super")] DateTime<Utc>);
        for (text, second) in [
            ("+10000-01-01T11:59:59.000Z", 253_402_343_999),
            ("-0001-12-31T23:00:00.000Z", -62_167_222_800),
            ("2026-12-24T23:00:00.000Z", 1_798_153_200),
        ] {
            let Kept(at) = serde_json::from_value(text.into()).unwrap();
            assert_eq!((at.timestamp(), to_text(at).as_str()), (second, text));
        }
        assert!(serde_json::from_value::<Kept>("tomorrow".into()).is_err());
    }

    #[test]
    fn instants_are_written_as_chrono_writes_them() {
        let written_so = |at: &DateTime<Utc>| to_text(*at) == at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let seconds = [-62_135_596_800, -1, 0, 951_782_400, 1_766_620_799, 253_402_300_799, 253_402_300_800];
        for second in seconds {
            for nanos in [0, 1_000_000, 999_999_999] {
                let at = DateTime::from_timestamp(second, nanos).unwrap();
                assert!(written_so(&at), "{at}");
            }
        }
        let in_a_leap_second = DateTime::from_timestamp(1_483_228_799, 1_500_000_000).unwrap();
        assert!(written_so(&in_a_leap_second), "{in_a_leap_second}");
        assert!(written_so(&DateTime::<Utc>::MIN_UTC));
    }
}
