//! The hospital's files: five departments with their people, and ladders whose steps are seconds apart.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A liaison; each has contacts of their own, so that a page's recipient says who was paged.
#[derive(Debug, PartialEq, Eq)]
pub struct Person {
    pub id: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub sms: &'static str,
}

const fn person(id: &'static str, name: &'static str, email: &'static str, sms: &'static str) -> Person {
    Person { id, name, email, sms }
}

pub const RIVERA: Person = person("rivera", "Maria Rivera", "m.rivera@mercy.example", "+13125550101");
pub const CHEN: Person = person("chen", "Jin Chen", "j.chen@mercy.example", "+13125550102");
pub const OKAFOR: Person = person("okafor", "Ada Okafor", "a.okafor@mercy.example", "+13125550103");
pub const DIAZ: Person = person("diaz", "Luis Diaz", "l.diaz@mercy.example", "+13125550104");
pub const KIM: Person = person("kim", "Soo Kim", "s.kim@mercy.example", "+13125550105");
pub const STONE: Person = person("stone", "Ann Stone", "a.stone@mercy.example", "+13125550106");

/// A department, by the names that files and pages call it.
#[derive(Debug, PartialEq, Eq)]
pub struct Department {
    pub id: &'static str,
    pub name: &'static str,
}

pub const PRIVACY: Department = Department { id: "privacy", name: "Privacy Office" };
pub const ADVOCACY: Department = Department { id: "advocacy", name: "Patient Advocacy" };
pub const COMPLIANCE: Department = Department { id: "compliance", name: "Compliance" };
/// The fallback.
pub const HOUSE: Department = Department { id: "house", name: "House Supervisor" };

/// A roster file, built up piece by piece.
pub struct Roster(String);

impl Roster {
    pub fn new(department: &Department, escalate_to: Option<&Department>) -> Self {
        let Department { id, name } = department;
        let to = escalate_to.map(|to| format!("escalate_to = \"{}\"\n", to.id)).unwrap_or_default();
        Self(format!("department = \"{id}\"\nname = \"{name}\"\ntimezone = \"America/Chicago\"\n{to}"))
    }

    /// A liaison who is paged by all channels at once.
    pub fn person(self, person: &Person) -> Self {
        self.person_with(person, "")
    }

    /// A liaison with further lines, such as an order of their own.
    pub fn person_with(self, person: &Person, lines: &str) -> Self {
        self.mail_person(person, &format!("sms = \"{}\"\nsms_consent = 2026-01-01\n{lines}", person.sms))
    }

    /// A liaison without a phone.
    pub fn mail_person(self, person: &Person, lines: &str) -> Self {
        let Person { id, name, email, .. } = person;
        self.with(&format!("\n[[liaison]]\nid = \"{id}\"\nname = \"{name}\"\nemail = \"{email}\"\n{lines}"))
    }

    pub fn always(self, role: &str, person: &Person) -> Self {
        let id = person.id;
        self.with(&format!("\n[[rotation]]\nrole = \"{role}\"\nduring = \"always\"\nliaisons = [\"{id}\"]\n"))
    }

    pub fn with(mut self, lines: &str) -> Self {
        self.0.push_str(lines);
        self.0.push('\n');
        self
    }

    pub fn text(self) -> String {
        self.0
    }
}

/// A playbook file. `extra` is further keys, and then tables.
pub fn playbook(class: &str, severity: &str, departments: &[&Department], extra: &str) -> String {
    let ids: Vec<String> = departments.iter().map(|department| format!("\"{}\"", department.id)).collect();
    format!(
        "class = \"{class}\"\ntitle = \"The matter of {class}\"\npage_title = \"{}\"\nseverity = \"{severity}\"\n\
         departments = [{}]\nacknowledge_within = \"10m\"\n{extra}\n",
        page_title(class),
        ids.join(", ")
    )
}

/// The only words of a playbook that a page carries.
pub fn page_title(class: &str) -> String {
    match class {
        // Its playbook is built in.
        "configuration-broken" => "Configuration broken".to_owned(),
        class => format!("About {class}"),
    }
}

/// The ladders of the usual hospital.
pub const LADDERS: &str = r#"
[ladder.quick]
for = "high"
steps = [
  { at = "0s", page = "primary" },
  { at = "2s", page = "backup" },
  { at = "4s", page = "house:primary" },
]

[ladder.fast]
for = "critical"
steps = [{ at = "0s", page = "primary" }, { at = "2s", page = "backup" }]

[ladder.once]
for = "moderate"
steps = [{ at = "0s", page = "primary" }]

[ladder.long]
for = "low"
steps = [
  { at = "0s", page = "primary" },
  { at = "2s", page = "backup" },
  { at = "4s", page = "compliance:primary" },
  { at = "6s", page = "house:primary" },
]
"#;

/// Writes all files but `wardbell.toml`.
pub fn write_usual(house: &Path) {
    for folder in ["rosters", "playbooks", "secrets"] {
        fs::create_dir_all(house.join(folder)).unwrap();
    }
    fs::set_permissions(house.join("secrets"), fs::Permissions::from_mode(0o700)).unwrap();
    let privacy = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person(&RIVERA).person(&CHEN);
    let advocacy = Roster::new(&ADVOCACY, Some(&COMPLIANCE)).person(&OKAFOR).person(&DIAZ);
    let compliance = Roster::new(&COMPLIANCE, None).person(&KIM).always("primary", &KIM);
    let supervisor = Roster::new(&HOUSE, None).person(&STONE).always("primary", &STONE);
    let files = [
        ("rosters/privacy.toml", privacy.always("primary", &RIVERA).always("backup", &CHEN).text()),
        ("rosters/advocacy.toml", advocacy.always("primary", &OKAFOR).always("backup", &DIAZ).text()),
        ("rosters/compliance.toml", compliance.text()),
        ("rosters/house.toml", supervisor.text()),
        ("playbooks/ladders.toml", LADDERS.to_owned()),
        ("playbooks/unclassified.toml", playbook("unclassified", "moderate", &[&HOUSE], "")),
        ("playbooks/leak.toml", playbook("leak", "high", &[&PRIVACY, &ADVOCACY], "")),
        ("playbooks/photo.toml", playbook("photo", "high", &[&PRIVACY], "")),
        ("playbooks/rumor.toml", playbook("rumor", "moderate", &[&PRIVACY], "")),
        ("playbooks/complaint.toml", playbook("complaint", "moderate", &[&ADVOCACY], "")),
        ("playbooks/slow.toml", playbook("slow", "low", &[&PRIVACY], "")),
        ("secrets/desk", "desk-token-desk-token-desk-token\n".to_owned()),
        ("secrets/operator", "operator-token-operator-token-00\n".to_owned()),
        ("secrets/chief", "chief-token-chief-token-chief-00\n".to_owned()),
        ("secrets/reader", "reader-token-reader-token-reader\n".to_owned()),
        ("secrets/twilio", "twilio-token\n".to_owned()),
    ];
    for (name, text) in files {
        fs::write(house.join(name), text).unwrap();
    }
}
