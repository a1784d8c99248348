//! Installs Wardbell in the machine by the commands of `deploy/README.md`, step by step, as an administrator who is not
//! root types them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::machine::Machine;

pub const MAIL_PORT: u16 = 2525;
pub const TEXT_PORT: u16 = 8025;
pub const MAIL_PASSWORD: &str = "mail-secret-of-this-test";
pub const TEXT_TOKEN: &str = "text-secret-of-this-test";

/// Where the release is unpacked.
const RELEASE: &str = "/home/admin/release";

/// What stands in for somebody who types the two passwords.
const ASK_PASSWORD: &str = "#!/bin/sh\ncase $1 in Mail*) echo {mail} ;; Text*) echo {text} ;; *) exit 1 ;; esac\n";

/// Steps 1 to 7.
pub fn install(machine: &Machine) {
    unpack_release(machine);
    let demo = machine.run_as("admin", RELEASE, &format!("timeout --signal=INT 3 {}", commands(1)[0].trim()));
    assert!(demo.text.contains("http://127.0.0.1"), "{}", demo.text);
    for step in [2, 3] {
        type_in(machine, &commands(step).join("\n"));
    }
    configure(machine);
    for step in [5, 6, 7] {
        type_in(machine, &commands(step).join("\n"));
    }
}

/// A new version, as the table "Afterwards" says.
pub fn upgrade(machine: &Machine) {
    let wardbell = machine.file(RELEASE).join("wardbell");
    let mut program = fs::read(&wardbell).unwrap();
    program.extend_from_slice(b"a newer version");
    fs::write(&wardbell, program).unwrap();
    type_in(machine, &commands(2).join("\n"));
    let install_unit = commands(7).join("\n").lines().next().unwrap().to_owned();
    let line = document().lines().find(|line| line.starts_with("| a new version |")).unwrap().to_owned();
    let restart = line.split('`').nth(1).unwrap();
    type_in(machine, &format!("{install_unit}\n{restart}\n"));
}

/// The shell commands of a step.
pub fn commands(step: usize) -> Vec<String> {
    let document = document();
    let (_, from) = document.split_once(&format!("\n## {step}. ")).unwrap();
    let text = from.split("\n## ").next().unwrap();
    let blocks = text.split("\n```sh\n").skip(1);
    let here = |line: &&str| !line.contains("# RHEL only");
    let block = |block: &str| {
        let end = block.find("\n```").unwrap();
        block[..end].lines().filter(here).map(|line| format!("{line}\n")).collect()
    };
    blocks.map(block).collect()
}

/// Types commands as the administrator; they must succeed. What they said.
pub fn type_in(machine: &Machine, commands: &str) -> String {
    // A shell of root starts anew, without the wish to end at the first failure.
    let commands = commands.replace("sudo -i\n", "sudo -i\nset -e\n");
    let ran = machine.run_as("admin", RELEASE, &commands);
    assert_eq!(ran.code, Some(0), "{commands}\n{}", ran.text);
    ran.text
}

fn document() -> String {
    fs::read_to_string("deploy/README.md").unwrap()
}

fn unpack_release(machine: &Machine) {
    machine.succeed(&format!(
        "useradd --create-home --shell /bin/bash admin\n\
         echo 'admin ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin\n\
         echo \"127.0.0.1 $(hostname)\" >> /etc/hosts\n\
         mkdir -p {RELEASE}\n"
    ));
    let release = machine.file(RELEASE);
    let binary = Path::new(env!("CARGO_BIN_EXE_wardbell"));
    for part in [binary, Path::new("rosters"), Path::new("playbooks"), Path::new("deploy")] {
        let copied = Command::new("cp").args(["--recursive", "--preserve=mode"]).arg(part).arg(&release).status();
        assert!(copied.unwrap().success(), "{}", part.display());
    }
    let ask_password = ASK_PASSWORD.replace("{mail}", MAIL_PASSWORD).replace("{text}", TEXT_TOKEN);
    fs::write(machine.file("/usr/local/bin/systemd-ask-password"), ask_password).unwrap();
    machine.succeed(&format!("chmod 0755 /usr/local/bin/systemd-ask-password\nchown -R admin: {RELEASE}\n"));
}

/// The editing of steps 3 and 4: this hospital's relay and gateway, both channels at once, and a ladder of seconds.
fn configure(machine: &Machine) {
    edit(
        machine,
        "/etc/wardbell/wardbell.toml",
        &[
            ("host = \"smtp.mercy.example\"", "host = \"127.0.0.1\""),
            ("port = 587", &format!("port = {MAIL_PORT}")),
            ("tls = \"starttls\"", "tls = \"none\""),
            // Each stage pages the same people.
            ("bundle = \"60s\"", "bundle = \"0s\""),
            ("base_url = \"https://api.twilio.com\"", &format!("base_url = \"http://127.0.0.1:{TEXT_PORT}\"")),
        ],
    );
    edit(
        machine,
        "/etc/wardbell/playbooks/ladders.toml",
        &[
            ("{ at = \"2m\", page = \"primary\" }", "{ at = \"4s\", page = \"primary\" }"),
            ("{ at = \"3m\", page = \"primary\" }", "{ at = \"8s\", page = \"primary\" }"),
        ],
    );
    machine.succeed("sed -i 's/by = \"\\(email\\|sms\\)\", after = \"[0-9]*m\"/by = \"\\1\", after = \"0s\"/' /etc/wardbell/rosters/*.toml");
}

/// Replaces words of a file, each of which must be there; its owner and rights stay.
pub fn edit(machine: &Machine, file: &str, replacements: &[(&str, &str)]) {
    let path = machine.file(file);
    let mut text = fs::read_to_string(&path).unwrap();
    for (old, new) in replacements {
        assert!(text.contains(old), "{file} does not say `{old}`");
        text = text.replace(old, new);
    }
    fs::write(&path, text).unwrap();
}
