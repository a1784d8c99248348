//! A small hospital in a folder of its own: its settings, one department, one playbook for each kind of incident.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

/// The token of the one source.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub const PUBLIC_URL: &str = "https://pages.mercy.example";

/// Who is on call for the one department.
pub const PERSON: &str = "m.rivera@mercy.example";

/// A folder that is removed at the end.
pub struct House {
    folder: TempDir,
    port: u16,
}

impl House {
    /// Writes all files; pages go to servers on those ports.
    pub fn build(gateway_port: u16, mail_port: u16, sealed: bool) -> Result<Self> {
        let below = Path::new(env!("CARGO_TARGET_TMPDIR"));
        fs::create_dir_all(below)?;
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(below)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let house = Self { folder, port };
        let encryption = if sealed { ENCRYPTION } else { "" };
        house.write("wardbell.toml", &(settings(port, gateway_port, mail_port) + encryption))?;
        house.write("master", MASTER_KEY)?;
        house.write("rosters/desk.toml", &format!("{ROSTER_HEAD}{PEOPLE}"))?;
        house.write("playbooks/ladders.toml", LADDERS)?;
        for (class, ladder) in [("unclassified", "text"), ("matter", "text"), ("matter-over-all", "all")] {
            house.write(&format!("playbooks/{class}.toml"), &playbook(class, ladder))?;
        }
        house.write("token", TOKEN)?;
        house.write("logs/daemon.log", "")?;
        Ok(house)
    }

    /// The same with a crowd: many departments, each with a primary and a backup of its own whose messages are bundled.
    pub fn of_crowd(gateway_port: u16, mail_port: u16, sealed: bool, departments: u64) -> Result<Self> {
        let house = Self::build(gateway_port, mail_port, sealed)?;
        let settings = fs::read_to_string(house.settings())?;
        house.write("wardbell.toml", &settings.replace("[paging]\nbundle = \"0s\"\n", ""))?;
        for number in 0..departments {
            let department = format!("dept-{number:04}");
            house.write(&format!("rosters/{department}.toml"), &crowd_roster(&department, 2 * number))?;
            let class = format!("matter-{number:04}");
            let text = playbook(&class, "crowd").replace("\"desk\"", &format!("\"{department}\""));
            house.write(&format!("playbooks/{class}.toml"), &text)?;
        }
        Ok(house)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The settings.
    pub fn settings(&self) -> PathBuf {
        self.path().join("wardbell.toml")
    }

    /// The daemon's log: not beside the settings, where files are watched.
    pub fn log(&self) -> PathBuf {
        self.path().join("logs").join("daemon.log")
    }

    /// Where its daemon listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path().join(name);
        path.parent().map(fs::create_dir_all).transpose()?;
        Ok(fs::write(path, text)?)
    }
}

fn settings(port: u16, gateway_port: u16, mail_port: u16) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:{port}"
public_url = "{PUBLIC_URL}"
hospital = "MERCY"

[store]
path = "data"

[fallback]
department = "desk"

[log]
format = "text"
level = "info"

[channel.email]
host = "127.0.0.1"
port = {mail_port}
tls = "none"
from = "Wardbell <pages@mercy.example>"

[channel.sms]
base_url = "http://127.0.0.1:{gateway_port}"
account_sid = "AC00000000000000000000000000000000"
auth_token_file = "token"
from = "+13125550100"

[paging]
bundle = "0s"

[[source]]
name = "listening-desk"
token_file = "token"
"#
    )
}

const ENCRYPTION: &str = "[encryption]\nmaster_key_file = \"master\"\n";

const MASTER_KEY: &str = "8r1HoHvk7S0cObnkE1RwNnaNoONmmLr3kcLXSxHl76E=";

const ROSTER_HEAD: &str = r#"
department = "desk"
name = "Front Desk"
timezone = "America/Chicago"
owner = "desk@mercy.example"
review_by = 2099-01-31
"#;

const PEOPLE: &str = r#"
[[liaison]]
id = "m-rivera"
name = "Maria Rivera"
email = "m.rivera@mercy.example"
sms = "+13125550101"
sms_consent = 2026-10-01

[[rotation]]
role = "primary"
during = "always"
liaisons = ["m-rivera"]
"#;

const LADDERS: &str = r#"
[ladder.text]
for = "low"
steps = [{ at = "0m", page = "primary", by = "sms" }]

[ladder.crowd]
steps = [{ at = "0m", page = "primary" }, { at = "3m", page = "backup" }]

[ladder.all]
steps = [{ at = "0m", page = "primary" }]
"#;

fn crowd_roster(department: &str, first: u64) -> String {
    let mut text = ROSTER_HEAD.replace("desk", department).replace("Front Desk", department);
    for (role, number) in [("primary", first), ("backup", first + 1)] {
        let id = format!("person-{number:04}");
        text += &format!("[[liaison]]\nid = \"{id}\"\nname = \"Person {number}\"\nsms = \"+1312556{number:04}\"\n");
        text += "sms_consent = 2026-10-01\n";
        text += &format!("[[rotation]]\nrole = \"{role}\"\nduring = \"always\"\nliaisons = [\"{id}\"]\n");
    }
    text
}

fn playbook(class: &str, ladder: &str) -> String {
    format!(
        r#"
class = "{class}"
title = "A matter to look at"
page_title = "A matter"
severity = "low"
ladder = "{ladder}"
departments = ["desk"]
acknowledge_within = "1h"
owner = "desk"
review_by = 2099-01-31

[[action]]
department = "desk"
within = "1d"
do = "Look at the post and answer with the general policy reply"

[guidance]
do = ["Move the conversation to a private channel", "Thank for the words, not for the visit"]
do_not = ["Confirm that anyone is a patient", "Share or quote the post on our pages"]

[[statement]]
name = "holding"
text = "Thank you for telling us. We would like to hear more: please call us, or send us a private message."
approve = []
"#
    )
}
