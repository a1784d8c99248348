//! A calendar of another system: its faults have lines, and what is read can be merged into a roster.

use wardbell::config::import::calendar::{Wanted, read};
use wardbell::config::import::label::Origin;
use wardbell::domain::zone::rules::Rules;

use super::imported;

pub fn check(bytes: &[u8]) {
    let months = ["2026-11", "2026-12"].map(|month| month.parse().expect("a month"));
    let zone = imported::house().1.timezone.clone();
    let wanted = Wanted { zone: &zone, rules: Rules::built_in(), months: &months, given: &[] };
    imported::read(bytes, Origin::Calendar, read(bytes, wanted));
}
