//! Amion's report: its faults have lines, and what is read can be merged into a roster.

use wardbell::config::import::amion::{Wanted, read};
use wardbell::config::import::label::Origin;

use super::imported;

pub fn check(bytes: &[u8]) {
    let call = ["Call".to_owned()];
    let december = ["2026-12".parse().expect("a month")];
    for (assignments, months) in [(&[][..], &[][..]), (&call[..], &[][..]), (&[][..], &december[..])] {
        imported::read(bytes, Origin::Amion, read(bytes, Wanted { assignments, months, may_be_empty: true }));
    }
}
