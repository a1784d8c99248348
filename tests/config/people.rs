//! `people.toml`: people who are in more than one roster.

use wardbell::config::files::Memory;
use wardbell::domain::contact::{ChannelKind, FurtherKind};
use wardbell::domain::roster::Liaison;

use crate::{good, load, said};

const PRIVACY: &str = "rosters/privacy.toml";
const HOUSE: &str = "rosters/house.toml";
const PEOPLE: &str = "rosters/people.toml";

const MARIA: &str = r#"[[person]]
id = "m-rivera"
name = "Maria Rivera"
email = "m.rivera@mercy.example"
sms = ["+13125550101", "+13125550177"]
voice = "+13125550101"
push = "wardbell-m-rivera-x7k2"
pager = "5550142"
sms_consent = 2026-10-01
notify = [{ by = "sms" }, { by = "email", after = "1m" }]
"#;

/// The good files, in which Maria is in both rosters and written once.
fn shared() -> Memory {
    let mut files = good();
    files.insert(PEOPLE, MARIA);
    let privacy = String::from_utf8(files.get(PRIVACY).unwrap().to_vec()).unwrap();
    let own = privacy.find("name = \"Maria").unwrap()..privacy.find("away = [").unwrap();
    files.insert(PRIVACY, privacy.replace(&privacy[own], ""));
    let house = String::from_utf8(files.get(HOUSE).unwrap().to_vec()).unwrap();
    let house = house.replace("[[rotation]]", "[[liaison]]\nid = \"m-rivera\"\nsms = \"+13125550199\"\n\n[[rotation]]");
    files.insert(HOUSE, house.replace("[\"supervisor\"]", "[\"supervisor\", \"m-rivera\"]"));
    files
}

fn maria(files: &Memory, department: &str) -> Liaison {
    let loaded = load(files);
    let plan = loaded.plan().unwrap_or_else(|| panic!("{}", said(files)));
    plan.rosters[&department.parse().unwrap()].liaison(&"m-rivera".parse().unwrap()).unwrap().clone()
}

#[test]
fn a_liaison_takes_what_the_roster_does_not_say() {
    let files = shared();
    assert_eq!(said(&files), "");
    let (privacy, house) = (maria(&files, "privacy"), maria(&files, "house"));
    let number = |liaison: &Liaison| liaison.contacts.of(ChannelKind::Sms).unwrap().address.clone();
    let further = |liaison: &Liaison, kind| liaison.contacts.further(kind).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((privacy.name.as_str(), number(&privacy).as_str()), ("Maria Rivera", "+13125550101"));
    assert_eq!((house.name.as_str(), number(&house).as_str()), ("Maria Rivera", "+13125550199"));
    assert_eq!(further(&privacy, FurtherKind::Sms), ["+13125550177"]);
    assert!(further(&house, FurtherKind::Sms).is_empty(), "the roster has its own numbers");
    assert_eq!(further(&house, FurtherKind::Pager), ["5550142"]);
    assert_eq!(further(&privacy, FurtherKind::Push), ["wardbell-m-rivera-x7k2"]);
    assert_eq!(privacy.contacts.iter().next().unwrap().channel, ChannelKind::Sms, "in her own order");
    assert_eq!(privacy.sms_consent, Some("2026-10-01".parse().unwrap()));
    let plan = load(&files);
    let plan = plan.plan().unwrap();
    assert_eq!(plan.rosters.len(), 2, "people are not a department");
    assert!(plan.files.iter().any(|file| file.path == PEOPLE));
}

#[test]
fn the_same_id_from_people_is_the_same_person_and_a_number_in_common_reaches_both() {
    let mut files = shared();
    let own = "email = \"rivera@house.example\"\nvoice = \"+13125550188\"\npush = \"x\"\npager = \"1\"\nsms = \"+13125550199\"";
    let house = String::from_utf8(files.get(HOUSE).unwrap().to_vec()).unwrap();
    files.insert(HOUSE, house.replace("sms = \"+13125550199\"", own));
    let (privacy, house) = (maria(&files, "privacy"), maria(&files, "house"));
    assert!(!privacy.contacts.share_any(&house.contacts));
    let [one, other] = ["privacy", "house"].map(|id| id.parse().unwrap());
    assert!(privacy.is_same_person(&one, &house, &other) && privacy.shares_contact(&house));
    let unlisted = Liaison { is_listed: false, ..house.clone() };
    assert!(!privacy.is_same_person(&one, &unlisted, &other));
    // Another person with her second number.
    let text = MARIA.replace("sms = [\"+13125550101\", \"+13125550177\"]", "sms = \"+13125550177\"");
    let mut others = shared();
    others.insert(PEOPLE, text);
    let again = maria(&others, "privacy");
    assert!(again.shares_contact(&Liaison { id: "other".parse().unwrap(), ..privacy }));
}

#[test]
fn what_is_wrong_with_people_is_told_where_it_stands() {
    let mut files = shared();
    files.insert(
        PEOPLE,
        MARIA.replace("+13125550177", "312-555-0177").replace("5550142", "555 0142").replace("notify", "notifies")
            + "[[person]]\nid = \"m-rivera\"\nname = \"Mary\"\n[[person]]\nid = \"n-one\"\nname = \"None\"\n",
    );
    insta::assert_snapshot!(said(&files), @r#"
    error[bad-phone-number]: each entry of `sms` is not a complete international number
     --> rosters/people.toml:5:24
      |
    5 | sms = ["+13125550101", "312-555-0177"]
      |                        ^^^^^^^^^^^^^^
      |
      = hint: write `sms = ["+13125550101", "+13125550177"]`

    error[bad-value]: `pager` must have 1 to 64 letters, digits, `-` or `_`, without spaces
     --> rosters/people.toml:8:9
      |
    8 | pager = "555 0142"
      |         ^^^^^^^^^^
      |
      = hint: write `pager = "555-0142"`

    error[unknown-key]: this person has no key `notifies`
      --> rosters/people.toml:10:1
       |
    10 | notifies = [{ by = "sms" }, { by = "email", after = "1m" }]
       | ^^^^^^^^
       |
       = hint: the keys are `email`, `sms`, `voice`, `push`, `pager`, `id`, `name`, `sms_consent`, `notify`

    error[duplicate-id]: another person already has the ID `m-rivera`
      --> rosters/people.toml:12:6
       |
    12 | id = "m-rivera"
       |      ^^^^^^^^^^

    warning[unused-liaison]: `n-one` is in no roster
      --> rosters/people.toml:15:6
       |
    15 | id = "n-one"
       |      ^^^^^^^
       |
       = hint: add a `[[liaison]]` with this `id` to a roster, or remove the person
    "#);
}

#[test]
fn people_that_cannot_be_read_are_told_of_once() {
    let mut files = shared();
    files.insert(PEOPLE, MARIA.replace("name = \"Maria Rivera\"", "name = \"Maria Rivera"));
    insta::assert_snapshot!(said(&files), @r#"
    error[syntax]: the quotes are not closed, or contain a character that is not allowed
     --> rosters/people.toml:3:21
      |
    3 | name = "Maria Rivera
      |                     ^
      |
      = hint: write `name = "Maria Rivera"`
    "#);
    let mut files = shared();
    files.remove(PEOPLE);
    insta::assert_snapshot!(said(&files), @r#"
    error[missing-key]: this liaison has neither a `name` nor an entry in `people.toml`
      --> rosters/house.toml:10:1
       |
    10 | [[liaison]]
       | ^^^^^^^^^^^

    warning[sms-without-consent]: `sms_consent` is missing: the date on which this person agreed to receive text messages
      --> rosters/house.toml:12:7
       |
    12 | sms = "+13125550199"
       |       ^^^^^^^^^^^^^^
       |
       = hint: ask the person, and set the date: `sms_consent = 2026-10-01`

    error[missing-key]: this liaison has neither a `name` nor an entry in `people.toml`
      --> rosters/privacy.toml:13:1
       |
    13 | [[liaison]]
       | ^^^^^^^^^^^

    error[no-contact]: this liaison has neither `email` nor `sms`
      --> rosters/privacy.toml:13:1
       |
    13 | [[liaison]]
       | ^^^^^^^^^^^
       |
       = hint: add at least one; with both, pages still arrive when one channel is down
    "#);
}

#[test]
fn people_in_other_files_and_copies_of_people() {
    let mut files = shared();
    files.insert("rosters/people (1).toml", MARIA);
    files.insert("rosters/people-old.toml", format!("{MARIA}# old\n"));
    insta::assert_snapshot!(said(&files), @r"
    warning[stray-copy]: this file is a copy of `people.toml` and is ignored
    --> rosters/people (1).toml
     = hint: move it out of this folder

    warning[stray-copy]: this file is a copy of `people.toml` and is ignored
    --> rosters/people-old.toml
     = hint: move it out of this folder
    ");
    let mut files = shared();
    let house = String::from_utf8(files.get(HOUSE).unwrap().to_vec()).unwrap();
    files.insert(HOUSE, house.replace("[[rotation]]", "[[person]]\nid = \"x\"\n\n[[rotation]]"));
    insta::assert_snapshot!(said(&files), @r"
    error[unknown-key]: this roster has no key `person`
      --> rosters/house.toml:14:3
       |
    14 | [[person]]
       |   ^^^^^^
       |
       = hint: people are in `people.toml`, beside the rosters: move it there, or write `[[liaison]]`
    ");
    let mut files = good();
    let house = String::from_utf8(files.remove(HOUSE).unwrap()).unwrap();
    files.insert(PEOPLE, house.replace("department = \"house\"", "department = \"people\""));
    let all = said(&files);
    assert!(all.contains("this file has no key `department`"), "{all}");
}
