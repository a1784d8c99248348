//! What must hold of the shifts of another system, wherever they come from, and of the roster that they are merged into.

use std::cell::OnceCell;
use std::rc::Rc;

use wardbell::config::import::fault::Fault;
use wardbell::config::import::label::Origin;
use wardbell::config::import::merge::merge_month;
use wardbell::config::import::people::{MapEntry, People};
use wardbell::config::import::shift::Shifts;
use wardbell::config::import::{months_of, overrides};
use wardbell::domain::id::Role;
use wardbell::domain::local_time;
use wardbell::domain::roster::Roster;

use super::hospital::{ROSTER, good, load, with};

thread_local! {
    static HOUSE: OnceCell<Rc<(String, Roster)>> = const { OnceCell::new() };
}

/// The roster that is imported into, and its text.
pub fn house() -> Rc<(String, Roster)> {
    HOUSE.with(|house| {
        let make = || {
            let text = String::from_utf8(good().get(ROSTER).expect("the roster").to_vec()).expect("text");
            let roster = roster_of(&text);
            Rc::new((text, roster))
        };
        Rc::clone(house.get_or_init(make))
    })
}

fn roster_of(text: &str) -> Roster {
    let loaded = load(&with(ROSTER, text.as_bytes()));
    let plan = loaded.plan().expect("a roster that an import has changed is valid");
    plan.rosters[&"privacy".parse().expect("a department")].as_ref().clone()
}

/// Every fault says something of a line that is there; every shift has a length, and lies in its month if it must.
pub fn read(bytes: &[u8], origin: Origin, shifts: Result<Shifts, Vec<Fault>>) {
    let Shifts { shifts, notes } = match shifts {
        Ok(shifts) => shifts,
        Err(faults) => return told(bytes, &faults),
    };
    if !notes.is_empty() {
        told(bytes, &notes);
    }
    for shift in &shifts {
        assert!(shift.from < shift.to, "a shift has a length");
        let (first, next) = shift.month.bounds();
        assert!(first <= shift.from && shift.from < next, "it starts in its month");
        assert!(origin == Origin::Amion || shift.to <= next, "and a calendar's ends in it");
        assert!(shift.line >= 1 && shift.line as usize <= lines(bytes), "it stands in the file");
    }
    let house = house();
    let (text, roster) = &*house;
    let map: Vec<MapEntry> =
        ["Call Desk = m-rivera", "Mercy Bell = -"].into_iter().filter_map(MapEntry::read).collect();
    let people = People::new(roster, &map).expect("a map that fits the roster");
    let made = match overrides(&shifts, &Role::primary(), origin, &people) {
        Ok(made) => made,
        Err(faults) => return told(bytes, &faults),
    };
    let months = months_of(&shifts, &[], true).expect("no month is asked for");
    let merged = merge_month(text, roster, &Role::primary(), &months, &made).expect("the roster can be edited");
    let after = roster_of(&merged.text);
    assert_eq!(after.overrides.len(), roster.overrides.len() + made.len(), "every override has come in");
    for (one, wanted) in after.overrides.iter().zip(&made) {
        let at = |local| local_time::to_instant(&roster.timezone, local);
        assert_eq!((one.from, one.to, &one.liaison), (at(wanted.from), at(wanted.to), &wanted.liaison));
    }
    let again = merge_month(&merged.text, &after, &Role::primary(), &months, &made).expect("it can be edited again");
    assert!(again.text == merged.text && again.removed == 0, "the same import again changes nothing");
}

fn told(bytes: &[u8], faults: &[Fault]) {
    assert!(!faults.is_empty(), "a refusal says why");
    for fault in faults {
        let text = fault.to_string();
        assert!(!fault.message.is_empty() && !text.contains(char::is_control), "one line of words: {text:?}");
        assert!(fault.lines.iter().all(|line| (1..=lines(bytes)).contains(&(*line as usize))), "{text}");
    }
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1
}
