//! Releases of the tz database: their order and age.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, TimeDelta};
use serde::{Serialize, Serializer};

/// A release, such as `2026f`: the year, and a letter for each release in that year.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    year: u16,
    /// `za` follows `z`: a longer suffix is later.
    letters: (usize, Cow<'static, str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tz database release has a name such as `2026f`")]
pub struct BadRelease;

impl Release {
    /// Earlier than all others.
    pub const OLDEST: Self = Self { year: 0, letters: (0, Cow::Borrowed("")) };

    /// The release named in the first line of `tzdata.zi`: `# version 2026f`.
    pub fn of_first_line(line: &str) -> Option<Self> {
        line.trim_end().strip_prefix("# version ")?.parse().ok()
    }

    /// Whether it is about a year old or older.
    ///
    /// The name contains the year but not the day. There have been up to ten releases a year, recently about six, so
    /// each letter counts as two months.
    pub fn is_older_than_a_year(&self, today: NaiveDate) -> bool {
        let letter = self.letters.1.bytes().next().map_or(0, |letter| u32::from(letter - b'a'));
        let month = (1 + 2 * letter).min(12);
        let made = NaiveDate::from_ymd_opt(self.year.into(), month, 1);
        made.is_some_and(|made| today - made > TimeDelta::days(365))
    }
}

impl FromStr for Release {
    type Err = BadRelease;

    fn from_str(text: &str) -> Result<Self, BadRelease> {
        let (year, letters) = text.split_at_checked(4).ok_or(BadRelease)?;
        let is_named = |letters: &str| !letters.is_empty() && letters.len() <= 3;
        if !is_named(letters) || !letters.bytes().all(|letter| letter.is_ascii_lowercase()) {
            return Err(BadRelease);
        }
        let year = Some(year).filter(|year| year.bytes().all(|digit| digit.is_ascii_digit()));
        let year = year.and_then(|year| year.parse().ok()).ok_or(BadRelease)?;
        Ok(Self { year, letters: (letters.len(), letters.to_owned().into()) })
    }
}

impl Serialize for Release {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.year, self.letters.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_in_the_order_in_which_they_came() {
        let names = ["2019z", "2019za", "2025a", "2025b", "2026a", "2026f"];
        let releases: Vec<Release> = names.iter().map(|name| name.parse().unwrap()).collect();
        assert!(releases.is_sorted());
        assert_eq!(Release::of_first_line("# version 2026f\n"), Some(releases[5].clone()));
        assert_eq!(releases[5].to_string(), "2026f");
        for name in ["", "2026", "2026F", "2026-f", "26f", "2026f1", "+026f", "2026é", "# version 2026f"] {
            assert_eq!(name.parse::<Release>(), Err(BadRelease), "{name}");
        }
        assert_eq!(Release::of_first_line("# This zic input file is in the public domain."), None);
    }

    #[test]
    fn a_release_is_old_a_year_after_its_letter() {
        let old =
            |name: &str, today: &str| name.parse::<Release>().unwrap().is_older_than_a_year(today.parse().unwrap());
        assert!(old("2025b", "2026-11-29") && old("2025b", "2026-03-02"));
        assert!(!old("2025b", "2026-03-01") && !old("2026f", "2026-11-29"));
        assert!(!old("2026j", "2027-11-30") && old("2026j", "2027-12-02"));
    }
}
