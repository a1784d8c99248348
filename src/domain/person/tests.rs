//! Tables of people: who is the same person, and who is signed in by which address.

use std::collections::BTreeSet;

use super::*;
use crate::domain::contact::Contacts;
use crate::domain::permission::Permission;
use crate::domain::place::Place;
use crate::domain::roster::count::StretchCount;
use crate::domain::roster::hours::Hours;
use crate::domain::zone::Zone;

fn liaison(id: &str, name: &str, addresses: &[&str]) -> Liaison {
    let contact = |address: &&str| {
        let channel = ChannelKind::ALL.into_iter().find(|one| (one.word() == "email") == address.contains('@'));
        Contact::at_once(channel.unwrap(), *address)
    };
    Liaison {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        contacts: addresses.iter().map(contact).collect::<Contacts>(),
        sms_consent: None,
        away: Vec::new(),
        unavailable: Vec::new(),
        is_listed: false,
        place: Place { file: "rosters/x.toml".into(), line: 1 },
    }
}

fn roster(department: &str, liaisons: Vec<Liaison>) -> (DepartmentId, Arc<Roster>) {
    let id: DepartmentId = department.parse().unwrap();
    let roster = Roster {
        department: id.clone(),
        name: department.to_owned(),
        timezone: Zone::utc(),
        escalate_to: None,
        owner: None,
        review_by: None,
        staffed_count: StretchCount::default(),
        hours: Hours::default(),
        windows: Vec::new(),
        approvers: Vec::new(),
        liaisons,
        rotations: Vec::new(),
        overrides: Vec::new(),
    };
    (id, Arc::new(roster))
}

fn members(name: &str, addresses: &[&str]) -> Members {
    let channel = |address: &str| {
        ChannelKind::ALL.into_iter().find(|one| (one.word() == "email") == address.contains('@')).unwrap()
    };
    let may = BTreeSet::from([Permission::Audit]);
    let group = Arc::new(Group { name: name.to_owned(), may, claim: None, departments: None });
    let member = |address: &&str| {
        let place = Place { file: "wardbell.toml".into(), line: 1 };
        Member { channel: channel(address), address: (*address).to_owned(), place }
    };
    let addresses = addresses.iter().map(member).collect();
    Members { group, addresses }
}

struct Hospital(BTreeMap<DepartmentId, Arc<Roster>>, Vec<Members>, Directory, ContactIndex);

impl Hospital {
    fn new(rosters: impl IntoIterator<Item = (DepartmentId, Arc<Roster>)>, members: Vec<Members>) -> Self {
        Self(rosters.into_iter().collect(), members, Directory::default(), ContactIndex::default())
    }

    fn people(&self) -> People<'_> {
        self.2.people(&self.0, &self.3, &self.1)
    }

    fn ids(&self) -> Vec<&str> {
        self.people().all().map(|person| person.id.as_str()).collect()
    }

    fn at(&self, typed: &str) -> Option<&str> {
        self.people().at_address(typed).map(|(person, _)| person.id.as_str())
    }
}

const RIVERA: &[&str] = &["m.rivera@mercy.example", "+13125550101"];

#[test]
fn the_same_id_and_a_contact_make_one_person_and_an_id_alone_does_not() {
    let rivera = || liaison("m-rivera", "Maria Rivera", RIVERA);
    let hospital = Hospital::new([roster("legal", vec![rivera()]), roster("privacy", vec![rivera()])], Vec::new());
    assert_eq!(hospital.ids(), ["m-rivera"]);
    let person = hospital.people().all().next().unwrap();
    assert_eq!((person.entries.len(), person.contacts.len()), (2, 2));

    let other = liaison("m-rivera", "Miguel Rivera", &["other@mercy.example"]);
    let hospital = Hospital::new([roster("legal", vec![other]), roster("privacy", vec![rivera()])], Vec::new());
    assert_eq!(hospital.ids(), ["legal/m-rivera", "privacy/m-rivera"]);
    assert_eq!(hospital.at("other@mercy.example"), Some("legal/m-rivera"));

    let listed = |addresses| Liaison { is_listed: true, ..liaison("m-rivera", "Maria Rivera", addresses) };
    let rosters = [roster("legal", vec![listed(&["a@x.example"])]), roster("privacy", vec![listed(RIVERA)])];
    assert_eq!(Hospital::new(rosters, Vec::new()).ids(), ["m-rivera"], "`people.toml` says so");

    // The third has a contact in common with each of the two others, which have none.
    let rosters = [
        roster("a", vec![liaison("m-rivera", "Maria Rivera", &RIVERA[..1])]),
        roster("b", vec![liaison("m-rivera", "Maria Rivera", &RIVERA[1..])]),
        roster("c", vec![liaison("m-rivera", "Maria Rivera", RIVERA)]),
    ];
    assert_eq!(Hospital::new(rosters, Vec::new()).ids(), ["m-rivera"]);
}

#[test]
fn an_address_is_recognized_as_people_type_it() {
    let hospital = Hospital::new([roster("privacy", vec![liaison("m-rivera", "Maria Rivera", RIVERA)])], Vec::new());
    for typed in [
        "m.rivera@mercy.example",
        " M.Rivera@Mercy.example ",
        "+13125550101",
        "+1 (312) 555-0101",
        "312.555.0101",
        "1 312 555 0101",
    ] {
        assert_eq!(hospital.at(typed), Some("m-rivera"), "{typed}");
    }
    for typed in ["", "m-rivera", "Maria Rivera", "rivera@mercy.example", "5550101", "+3125550101", "@", "+"] {
        assert_eq!(hospital.at(typed), None, "{typed}");
    }
}

#[test]
fn a_contact_of_two_people_signs_nobody_in_and_puts_nobody_in_a_group() {
    let two = vec![liaison("m-rivera", "Maria Rivera", RIVERA), liaison("j-chen", "June Chen", &RIVERA[1..])];
    let hospital = Hospital::new([roster("privacy", two)], vec![members("compliance", &["+13125550101"])]);
    assert_eq!((hospital.at("+13125550101"), hospital.at("m.rivera@mercy.example")), (None, Some("m-rivera")));
    assert_eq!(hospital.people().shared_addresses().collect::<Vec<_>>(), ["+13125550101"]);
    assert!(hospital.people().all().all(|person| !person.grants.may_somewhere(Permission::Audit)));
    assert_eq!(hospital.ids().len(), 2);
}

#[test]
fn a_group_adds_to_what_a_liaison_may_and_names_people_who_are_in_no_roster() {
    let rosters = [roster("privacy", vec![liaison("m-rivera", "Maria Rivera", RIVERA)])];
    let groups = vec![
        members("compliance", &["M.Rivera@mercy.example", "s.ng@mercy.example"]),
        members("night-desk", &["S.Ng@mercy.example", "+13125550199"]),
    ];
    let hospital = Hospital::new(rosters, groups);
    assert_eq!(hospital.ids(), ["m-rivera", "s.ng@mercy.example", "+13125550199"]);
    let of = |id: &str| hospital.people().person(&id.parse().unwrap()).unwrap();
    let groups = |id| of(id).grants.groups().map(|group| group.name.as_str()).collect::<Vec<_>>();
    assert_eq!(
        (groups("m-rivera"), groups("s.ng@mercy.example")),
        (vec!["compliance"], vec!["compliance", "night-desk"])
    );
    assert!(
        of("m-rivera").grants.may_somewhere(Permission::Act)
            && !of("+13125550199").grants.may_somewhere(Permission::Act)
    );
    assert_eq!(of("s.ng@mercy.example").name, "s.ng");
}

#[test]
fn whoever_is_named_or_shares_a_contact_with_somebody_named_is_involved() {
    let two = vec![liaison("m-rivera", "Maria Rivera", RIVERA), liaison("j-chen", "June Chen", &RIVERA[1..])];
    let rosters = [roster("privacy", two), roster("legal", vec![liaison("a-ortiz", "Ana Ortiz", &["a@x.example"])])];
    let hospital = Hospital::new(rosters, vec![members("desk", &["s.ng@mercy.example"])]);
    for (named, involved) in [
        ("m-rivera", vec!["m-rivera", "j-chen"]),
        ("m.rivera@mercy.example", vec!["m-rivera", "j-chen"]),
        ("June Chen", vec!["m-rivera", "j-chen"]),
        ("Sam Ng <S.Ng@mercy.example>", vec!["s.ng@mercy.example"]),
        ("nobody@x.example", vec![]),
    ] {
        let names = Involved::from_iter([named]);
        let people = hospital.people();
        let found = people.all().filter(|person| people.is_involved(person, &names)).map(|person| person.id.as_str());
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|id| involved.iter().position(|wanted| wanted == id));
        assert_eq!(found, involved, "{named}");
    }
}
