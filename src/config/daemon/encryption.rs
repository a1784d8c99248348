//! `[encryption]`: the master keys and the folder of the data keys.

use schemars::JsonSchema;

use crate::config::context::Context;
use crate::config::daemon::secret::{self, Problem};
use crate::config::diagnostics::quoted;
use crate::config::files::Files;
use crate::config::reader::{Spanned, Table};
use crate::config::settings::EncryptionSettings;
use crate::config::settings::NoMasterKeys;
use crate::config::value_types::Line;
use crate::diagnostic::{Code, Diagnostic, Spot, looks_like_a_secret};
use crate::domain::master_key::{BadMasterKeys, MasterKeys};

/// Default folder of the data keys, inside the store's folder.
const KEYS: &str = "keys";

/// The file of data keys in that folder.
const DATA_KEYS: &str = "data-keys";

/// The hint if systemd found no master key: new data is sealed under an ephemeral key that is lost when the process ends.
const NO_RESTART: &str = "save the key to a file that Wardbell's account can read, set `master_key_file` to its full path, \
                          then run `wardbell reload`. Do not restart: data encrypted since the start would be lost";

/// Encryption of the record.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawEncryption {
    /// File with the master keys, one per line, the current one first: an absolute path, or a name in this folder or among the
    /// systemd credentials.
    #[schemars(required)]
    pub master_key_file: Option<Spanned<Line>>,
    /// Folder of the per-incident data keys; default: `keys` in the `path` of `[store]`.
    pub keys: Option<Spanned<Line>>,
}

pub(super) fn read(mut table: Table<'_>) -> RawEncryption {
    let encryption = RawEncryption { master_key_file: table.required("master_key_file"), keys: table.optional("keys") };
    table.finish();
    encryption
}

impl RawEncryption {
    /// The folder of the data keys, relative to the configuration.
    pub fn folder(&self, store: &str) -> String {
        self.keys.as_ref().map_or_else(|| default_folder(store), |keys| keys.value.0.clone())
    }

    /// The master keys, without reporting diagnostics.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn master_keys(&self, files: &dyn Files) -> Result<MasterKeys, NoMasterKeys> {
        let name = self.master_key_file.as_ref().ok_or(NoMasterKeys::NotNamed)?;
        find(&name.value.0, files).map_err(|problem| NoMasterKeys::of(&problem))
    }
}

impl NoMasterKeys {
    fn of(problem: &Problem) -> Self {
        Self::File { message: problem.message.to_string(), hint: problem.hint.to_string() }
    }
}

/// Checks the table and reads the master keys. The daemon starts without them too: paging people matters more than text.
pub(super) fn validate(
    raw: &RawEncryption,
    store: &str,
    files: &dyn Files,
    context: &Context<'_>,
) -> Option<EncryptionSettings> {
    let name = raw.master_key_file.as_ref()?;
    secret::warn_if_open("master_key_file", name, files, context);
    let master_keys = find(&name.value.0, files).map_err(|problem| {
        let why = NoMasterKeys::of(&problem);
        let message = format!(
            "no master key for `master_key_file`: {}; without it the daemon pages, but cannot read encrypted data, and loses \
             new encrypted data when it stops",
            problem.message
        );
        let diagnostic = match problem.code {
            Code::UnreadSecret => Diagnostic::warning(problem.code, &name.spot, message),
            _ => Diagnostic::error(Code::NoMasterKey, &name.spot, message),
        };
        context.diagnostics.push(diagnostic.hint(problem.hint));
        why
    });
    Some(EncryptionSettings { master_keys, keys_path: files.resolve(&raw.folder(store)) })
}

/// Warns if there are data keys but encryption is off.
pub(super) fn warn_if_off(spot: &Spot, store: &str, files: &dyn Files, context: &Context<'_>) {
    let path = format!("{}/{DATA_KEYS}", default_folder(store));
    if files.read(&path).is_err() {
        return;
    }
    let message = format!(
        "{} contains data keys, but there is no `[encryption]`: new data is not encrypted, and encrypted data cannot be \
         read",
        quoted(&files.resolve(&path).display().to_string())
    );
    let hint = "restore `[encryption]` with its `master_key_file`, or move the keys away if they are no longer needed";
    context.diagnostics.push(Diagnostic::warning(Code::EncryptionOff, spot, message).hint(hint));
}

fn default_folder(store: &str) -> String {
    format!("{}/{KEYS}", store.trim_end_matches('/'))
}

fn find(name: &str, files: &dyn Files) -> Result<MasterKeys, Problem> {
    // The value may be the key itself, so no message shows it.
    let (path, text) = secret::find_text(name, files, |_| NO_RESTART.to_owned()).map_err(|problem| {
        if !looks_like_a_secret(name) {
            return problem;
        }
        let message = "`master_key_file` looks like the key itself, not a file name".to_owned();
        let hint = "save a new key (`wardbell keys new`) to a file and set its name here; everyone who can \
                    read this file has seen the old key";
        Problem { code: Code::NoMasterKey, message, hint: hint.to_owned() }
    })?;
    MasterKeys::read(&text).map_err(|bad| {
        let hint = match bad {
            BadMasterKeys::TooMany => "remove those that `wardbell keys status` no longer lists",
            BadMasterKeys::Twice { .. } => "remove one of the two lines",
            _ => "put one key on each line, as `wardbell keys new` prints it; `#` starts a comment",
        };
        let message = format!("the file {} {bad}", quoted(&path));
        Problem { code: Code::MissingSecret, message, hint: hint.to_owned() }
    })
}
