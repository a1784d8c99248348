//! Where names and contacts are written: a roster, `people.toml`, or both.

use crate::compare::roster;
use wardbell::domain::contact::FurtherKind;

const PEOPLE: &str = r#"
[[person]]
id = "ann"
name = "Ann Ames"
email = "ann@all.example"
sms = ["+17735550101", "+17735550100"]

[[person]]
id = "bob"
name = "Bob Bell"
email = "bob@all.example"
sms = "+17735550102"

[[person]]
id = "cleo"
name = "Cleo Cole"
sms = "+17735550103"

[[person]]
id = "eve"
name = "Eve Ely"
email = "eve@all.example"
"#;

const WARD: &str = r#"
department = "ward"
name = "Ward"
timezone = "America/Chicago"

[[liaison]]
id = "ann"

[[liaison]]
id = "bob"
sms = ["+17735550105", "+17735550104"]

[[liaison]]
id = "cleo"
name = "Sister Cleo"
email = "cleo@ward.example"

[[liaison]]
id = "dan"
name = "Dan Dale"
sms = ["+17735550107", "+17735550106"]

[[rotation]]
role = "primary"
during = "always"
liaisons = ["ann", "bob", "cleo", "dan"]
"#;

#[test]
fn what_a_roster_does_not_say_of_a_person_comes_from_people_toml() {
    let roster = roster(WARD, PEOPLE).unwrap();
    let told: Vec<_> = roster
        .liaisons
        .iter()
        .map(|liaison| {
            let first = liaison.contacts.in_order().map(|(contact, _)| contact.address.as_str());
            let contacts = first.chain(liaison.contacts.further(FurtherKind::Sms));
            (liaison.id.as_str(), &*liaison.name, contacts.collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        told,
        [
            // Everything from `people.toml`, the numbers in its order.
            ("ann", "Ann Ames", vec!["ann@all.example", "+17735550101", "+17735550100"]),
            // The roster's own numbers take the place of all that are shared.
            ("bob", "Bob Bell", vec!["bob@all.example", "+17735550105", "+17735550104"]),
            // A name and an address of its own, beside the shared number.
            ("cleo", "Sister Cleo", vec!["cleo@ward.example", "+17735550103"]),
            // In the roster alone. Eve is in no roster, and nobody here.
            ("dan", "Dan Dale", vec!["+17735550107", "+17735550106"]),
        ]
    );
}

#[test]
fn approvers_are_asked_in_the_files_order() {
    let approvers = |line: &str| -> Vec<String> {
        let ward = roster(&WARD.replacen("\n\n[[liaison]]", &format!("\n{line}\n\n[[liaison]]"), 1), PEOPLE).unwrap();
        ward.approvers.iter().map(|id| id.to_string()).collect()
    };
    assert_eq!(approvers("approvers = [\"cleo\", \"ann\"]"), ["cleo", "ann"]);
    // Left out, nobody is listed: the primary of the hour approves.
    assert!(approvers("").is_empty());
}
