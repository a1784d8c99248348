//! The demo's folder: configuration, rosters, playbooks, and tokens, removed when the demo ends.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::cli::demo::shipped::FILES;
use crate::config::schema::FileKind;
use crate::domain::digest::Digest;

/// The account for the demo's text messages.
const SMS_ACCOUNT: &str = "AC00000000000000000000000000000000";

/// Where the first lines of the files point editors to.
const SCHEMAS: &str = "deploy/schema";

/// The address of the desk, which signs in with it.
pub const DESK: &str = "desk@mercy.example";

const LADDERS: &str = include_str!("ladders.toml");

/// A folder that only its owner may read. A temporary one is removed when dropped.
pub struct DemoFolder {
    path: PathBuf,
    temporary: Option<TempDir>,
    /// The token for sending incidents.
    pub source: Token,
    /// The token for reading and acting.
    pub operator: Token,
}

/// A random secret and its file.
pub struct Token {
    pub file: PathBuf,
    pub secret: String,
}

/// The addresses of the demo's parts.
pub struct Addresses {
    pub daemon: SocketAddr,
    pub mail: SocketAddr,
    /// Base URL of the SMS gateway.
    pub sms: String,
}

impl DemoFolder {
    /// Creates the folder with rosters, playbooks, and tokens, at `kept` or as a temporary folder.
    ///
    /// # Errors
    ///
    /// The folder cannot be written or already exists.
    pub fn new(kept: Option<&Path>) -> Result<Self> {
        let temporary = if kept.is_none() { Some(temporary_folder()?) } else { None };
        let path = match (kept, &temporary) {
            (Some(kept), _) => make(kept)?,
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => PathBuf::new(),
        };
        let path = path.as_path();
        for inside in ["rosters", "playbooks", "playbooks/policies", SCHEMAS] {
            fs::create_dir_all(path.join(inside)).with_context(|| cannot_write(path))?;
        }
        for (file, text) in FILES.iter().chain([&("playbooks/ladders.toml", LADDERS)]) {
            fs::write(path.join(file), text).with_context(|| cannot_write(path))?;
        }
        for kind in FileKind::ALL {
            let file = path.join(SCHEMAS).join(format!("{}.json", kind.word()));
            fs::write(file, kind.schema()).with_context(|| cannot_write(path))?;
        }
        let token = |name: &str| Token::write(path.join(name));
        // Read by the daemon, and by `wardbell calendar links`.
        for name in ["calendar-key", "sms-token"] {
            token(name)?;
        }
        Ok(Self {
            source: token("source-token")?,
            operator: token("operator-token")?,
            path: path.to_owned(),
            temporary,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.path().join("wardbell.toml")
    }

    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn configure(&self, addresses: &Addresses) -> Result<()> {
        fs::write(self.config_file(), config(addresses)).with_context(|| cannot_write(self.path()))
    }

    /// Removes the folder, unless it is kept.
    ///
    /// # Errors
    ///
    /// Something in it cannot be removed.
    pub fn remove(self) -> Result<()> {
        let removed = self.temporary.map_or(Ok(()), TempDir::close);
        removed.with_context(|| format!("cannot remove {}", self.path.display()))
    }
}

fn temporary_folder() -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("wardbell-demo-").permissions(Permissions::from_mode(0o700));
    builder.tempdir().context("cannot create a temporary folder")
}

fn make(folder: &Path) -> Result<PathBuf> {
    let made = fs::DirBuilder::new().mode(0o700).create(folder).and_then(|()| fs::canonicalize(folder));
    made.with_context(|| format!("cannot create the folder {}; choose one that does not exist", folder.display()))
}

impl Token {
    fn write(file: PathBuf) -> Result<Self> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).context("the operating system returned no random bytes")?;
        let secret = Digest::of(&random).to_string();
        let mut open = OpenOptions::new();
        open.write(true).create_new(true).mode(0o600);
        let written = open.open(&file).and_then(|mut open| writeln!(open, "{secret}"));
        written.with_context(|| cannot_write(&file))?;
        Ok(Self { file, secret })
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

fn config(addresses: &Addresses) -> String {
    let Addresses { daemon, mail, sms } = addresses;
    format!(
        r#"#:schema deploy/schema/config.json
# The demo's settings: as in a hospital, but mail and text messages go no further than this machine.

[server]
listen = "{daemon}"
public_url = "http://{daemon}"
hospital = "MERCY"

[files]
rosters = "rosters"
playbooks = "playbooks"

[store]
kind = "embedded"
path = "record"

[fallback]
department = "administrator-on-call"

[log]
format = "text"
level = "warn"

[channel.email]
host = "{host}"
port = {port}
tls = "none"
from = "Wardbell <pages@mercy.example>"

[channel.sms]
kind = "twilio"
base_url = "{sms}"
account_sid = "{SMS_ACCOUNT}"
auth_token_file = "sms-token"
from = "+13125550100"

[calendar]
key_file = "calendar-key"

[[source]]
name = "demo-desk"
token_file = "source-token"

[[operator]]
name = "demo-operator"
token_file = "operator-token"
may = ["read", "act", "admin"]

[[group]]
name = "desk"
may = ["see", "see-protected", "act", "open", "draft", "audit"]
people = ["{DESK}"]
"#,
        host = mail.ip(),
        port = mail.port(),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use crate::cli::demo::folder::{Addresses, DemoFolder};
    use crate::cli::demo::sample::SAMPLES;
    use crate::config;
    use crate::domain::zone::rules::Rules;

    #[test]
    fn the_folder_is_a_whole_hospital_that_only_its_owner_reads() {
        let folder = DemoFolder::new(None).unwrap();
        let addresses = Addresses {
            daemon: "127.0.0.1:8080".parse().unwrap(),
            mail: "127.0.0.1:2525".parse().unwrap(),
            sms: "http://127.0.0.1:8081".to_owned(),
        };
        folder.configure(&addresses).unwrap();
        let loaded = config::load(&folder.config_file(), "2026-11-24".parse().unwrap(), Rules::built_in());
        assert_eq!(loaded.error_lines(), Vec::<String>::new());
        let plan = loaded.config.unwrap().plan;
        for sample in SAMPLES {
            assert!(plan.playbooks.iter().any(|playbook| playbook.class.as_str() == sample.class), "{}", sample.class);
        }
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(folder.path()), mode(&folder.operator.file)), (0o700, 0o600));
        let path = folder.path().to_owned();
        folder.remove().unwrap();
        assert!(!path.exists());
    }
}
