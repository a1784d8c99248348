//! `[encryption]`: where the master keys are, and where the data keys are kept.

use schemars::JsonSchema;

use crate::config::context::Context;
use crate::config::daemon::secret::{self, Problem};
use crate::config::files::Files;
use crate::config::kinds::Line;
use crate::config::mistakes::quoted;
use crate::config::reader::{Table, Written};
use crate::config::settings::EncryptionSettings;
use crate::diagnostic::{Code, Diagnostic, Spot, looks_like_a_secret};
use crate::domain::master_key::{BadMasterKeys, MasterKeys};

/// The folder of the data keys, below the record's, unless the file says otherwise.
const KEYS: &str = "keys";

/// The file of data keys in it, by which their presence is noticed.
const DATA_KEYS: &str = "data-keys";

/// The cure where systemd found no master key: what comes in is sealed under a key that ends with the process.
const NO_RESTART: &str = "put the key into a file that Wardbell's account can read, set `master_key_file` to its full path, \
                          then run `wardbell reload`. Do not restart: what was sealed since the start would be lost";

/// What is sealed in the record, and by which keys.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenEncryption {
    /// The file that holds the master keys, one a line, the current one first: a whole path, or a name beside this file or
    /// among the credentials.
    #[schemars(required)]
    pub master_key_file: Option<Written<Line>>,
    /// The folder of the incidents' own keys; left out, `keys` below the `path` of `[store]`.
    pub keys: Option<Written<Line>>,
}

pub(super) fn read(mut table: Table<'_>) -> WrittenEncryption {
    let encryption =
        WrittenEncryption { master_key_file: table.required("master_key_file"), keys: table.optional("keys") };
    table.finish();
    encryption
}

impl WrittenEncryption {
    /// The folder of the data keys, relative to the file.
    pub fn folder(&self, store: &str) -> String {
        self.keys.as_ref().map_or_else(|| default_folder(store), |keys| keys.value.0.clone())
    }

    /// The master keys, without telling of mistakes.
    ///
    /// # Errors
    ///
    /// What is wrong with their file.
    pub fn master_keys(&self, files: &dyn Files) -> Result<MasterKeys, String> {
        let name = self.master_key_file.as_ref().ok_or("`[encryption]` has no `master_key_file`")?;
        find(&name.value.0, files).map_err(|problem| in_words(&problem))
    }
}

fn in_words(problem: &Problem) -> String {
    format!("{}; {}", problem.message, problem.hint)
}

/// Checks it, and reads the master keys. The daemon starts without them, too: people are worth more than words.
pub(super) fn validate(
    written: &WrittenEncryption,
    store: &str,
    files: &dyn Files,
    context: &Context<'_>,
) -> Option<EncryptionSettings> {
    let name = written.master_key_file.as_ref()?;
    secret::warn_if_open("master_key_file", name, files, context);
    let master_keys = find(&name.value.0, files).map_err(|problem| {
        let why = in_words(&problem);
        let message = format!(
            "no master key for `master_key_file`: {}; a daemon that starts without it pages, reads nothing that was sealed, and \
             loses with its end what comes in",
            problem.message
        );
        let diagnostic = match problem.code {
            Code::UnreadSecret => Diagnostic::warning(problem.code, &name.spot, message),
            _ => Diagnostic::error(Code::NoMasterKey, &name.spot, message),
        };
        context.mistakes.push(diagnostic.hint(problem.hint));
        why
    });
    Some(EncryptionSettings { master_keys, keys_path: files.resolve(&written.folder(store)) })
}

/// Warns where data keys are there and nothing is sealed any more.
pub(super) fn warn_if_off(spot: &Spot, store: &str, files: &dyn Files, context: &Context<'_>) {
    let path = format!("{}/{DATA_KEYS}", default_folder(store));
    if files.read(&path).is_err() {
        return;
    }
    let message = format!(
        "{} holds data keys, and there is no `[encryption]`: what comes in is recorded in plain words, and what was sealed \
         cannot be read",
        quoted(&files.resolve(&path).display().to_string())
    );
    let hint =
        "set `[encryption]` up again with its `master_key_file`, or move the keys elsewhere if nobody needs them";
    context.mistakes.push(Diagnostic::warning(Code::EncryptionOff, spot, message).hint(hint));
}

fn default_folder(store: &str) -> String {
    format!("{}/{KEYS}", store.trim_end_matches('/'))
}

fn find(name: &str, files: &dyn Files) -> Result<MasterKeys, Problem> {
    // What stands there is told to nobody where it is the key itself.
    let (path, text) = secret::find_text(name, files, |_| NO_RESTART.to_owned()).map_err(|problem| {
        if !looks_like_a_secret(name) {
            return problem;
        }
        let message = "`master_key_file` names no file, and looks like the key itself".to_owned();
        let hint = "put a fresh key (`wardbell keys new`) into a file, and write its name here; everybody who can \
                    read this file has seen that one";
        Problem { code: Code::NoMasterKey, message, hint: hint.to_owned() }
    })?;
    MasterKeys::read(&text).map_err(|bad| {
        let hint = match bad {
            BadMasterKeys::TooMany => "take away those that `wardbell keys status` does not list any more",
            BadMasterKeys::Twice { .. } => "take one of the two lines away",
            _ => "each line holds one key, as `wardbell keys new` prints it; `#` starts a comment",
        };
        let message = format!("the file {} {bad}", quoted(&path));
        Problem { code: Code::MissingSecret, message, hint: hint.to_owned() }
    })
}
