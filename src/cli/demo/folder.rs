//! The demo's folder: the example hospital, a configuration, and tokens.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use include_dir::{Dir, include_dir};

use crate::domain::link::Entropy;

static ROSTERS: Dir = include_dir!("$CARGO_MANIFEST_DIR/rosters");
static PLAYBOOKS: Dir = include_dir!("$CARGO_MANIFEST_DIR/playbooks");
const LADDERS: &str = include_str!("ladders.toml");

/// The gateway's account.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";

/// A folder with everything in it; a temporary one goes with its value.
pub struct Folder {
    path: PathBuf,
    is_temporary: bool,
    source_token: String,
    operator_token: String,
    secret: String,
}

impl Folder {
    /// Makes the folder, readable for its owner alone.
    ///
    /// # Errors
    ///
    /// It cannot be made, or holds a demo already.
    pub fn prepare(wanted: Option<PathBuf>) -> Result<Self> {
        let entropy = Entropy(random()?);
        let secret = |number| entropy.token(number).reveal().to_owned();
        let is_temporary = wanted.is_none();
        let path = wanted.unwrap_or_else(|| std::env::temp_dir().join(format!("wardbell-demo-{}", secret(0))));
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(!is_temporary).mode(0o700).create(&path);
        made.with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self {
            path: fs::canonicalize(&path)?,
            is_temporary,
            source_token: secret(1),
            operator_token: secret(2),
            secret: secret(3),
        })
    }

    /// The gateway's secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The token of the source `demo`.
    pub fn source_token(&self) -> &str {
        &self.source_token
    }

    /// Where a file of it is.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes the example hospital, with ladders that are short enough to watch, and the configuration. Rosters and
    /// playbooks that are there already stay as they are.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn write(&self, port: u16, mail_port: u16, sms_url: &str) -> Result<PathBuf> {
        for (name, files) in [("rosters", &ROSTERS), ("playbooks", &PLAYBOOKS)] {
            let folder = self.file(name);
            if folder.exists() {
                continue;
            }
            fs::create_dir_all(&folder)?;
            for file in files.files().filter(|file| file.path().extension().is_some_and(|ending| ending == "toml")) {
                fs::write(folder.join(file.path()), file.contents())?;
            }
        }
        fs::write(self.file("playbooks/ladders.toml"), LADDERS)?;
        for (name, secret) in [
            ("source-demo", &self.source_token),
            ("operator-demo", &self.operator_token),
            ("gateway-token", &self.secret),
        ] {
            fs::write(self.file(name), secret)?;
            fs::set_permissions(self.file(name), fs::Permissions::from_mode(0o600))?;
        }
        let config_file = self.file("wardbell.toml");
        fs::write(&config_file, configuration(port, mail_port, sms_url, &self.file("data")))?;
        Ok(config_file)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_temporary {
            // What cannot be removed stays for whoever clears temporary files.
            let _stays = fs::remove_dir_all(&self.path);
        }
    }
}

fn random() -> Result<[u8; 32]> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|_| anyhow::anyhow!("the operating system gives no random bits"))?;
    Ok(bits)
}

fn configuration(port: u16, mail_port: u16, sms_url: &str, data: &Path) -> String {
    format!(
        r#"# The demo's configuration.
[server]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"
hospital = "MERCY"

[files]
rosters = "rosters"
playbooks = "playbooks"

[store]
kind = "embedded"
path = {data:?}

[fallback]
department = "administrator-on-call"

[channel.email]
host = "127.0.0.1"
port = {mail_port}
tls = "none"
from = "Wardbell <pages@mercy.example>"

[channel.sms]
kind = "twilio"
base_url = "{sms_url}"
account_sid = "{ACCOUNT}"
auth_token_file = "gateway-token"
from = "+13125550100"

[[source]]
name = "demo"
token_file = "source-demo"

[[operator]]
name = "demo"
token_file = "operator-demo"
may = ["read", "act"]
"#
    )
}
