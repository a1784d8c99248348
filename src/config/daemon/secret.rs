//! Secrets: each is in its own file, and its content is never shown.

use std::io;

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::config::context::Context;
use crate::config::diagnostics::{quoted, quoted_list};
use crate::config::document::why_unread;
use crate::config::files::Files;
use crate::config::reader::Spanned;
use crate::config::settings::MissingSecret;
use crate::config::value_types::Line;
use crate::diagnostic::{Code, Diagnostic, looks_like_a_secret};

/// A shorter bearer token could be guessed.
const TOKEN_CHARACTERS_MIN: usize = 16;

/// A hundred random bits take this many characters in hexadecimal.
const LINK_CHARACTERS_MIN: usize = 25;

/// Thirty-two random bytes take at least this many characters in base64, and more in hexadecimal.
const KEY_CHARACTERS_MIN: usize = 43;

/// A larger file cannot be a secret.
const SECRET_BYTES_MAX: usize = 4_096;

/// The kind of secret, which decides how it is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretKind {
    /// A Wardbell token that a caller presents.
    Bearer,
    /// A Wardbell token that is a part of a link.
    Link,
    /// A Wardbell key that is never transmitted or typed.
    Key,
    /// A secret of another service.
    Theirs,
}

/// Content that `SetCredential=` in the systemd unit supplies for a missing file, so that the unit starts anyway.
const NOT_THERE: &[u8] = b"missing";

pub(super) enum Lacking {
    /// The settings are invalid, which has been reported.
    Settings,
    /// The secret is missing, which has been reported; everything else can go on without it.
    Secret(String),
}

/// The parts that are off because their secrets are missing.
#[derive(Default)]
pub(super) struct Off(pub Vec<MissingSecret>);

impl Off {
    /// What was configured: `Some(None)` if it is off, `None` if the settings are invalid.
    pub fn take<T>(&mut self, part: &str, effect: &str, result: Result<T, Lacking>) -> Option<Option<T>> {
        match result {
            Ok(set_up) => Some(Some(set_up)),
            Err(Lacking::Secret(why)) => {
                self.0.push(MissingSecret { part: part.to_owned(), message: format!("{effect}: {why}") });
                Some(None)
            }
            Err(Lacking::Settings) => None,
        }
    }
}

/// Reads the secret from the file named by a key, without the final line break.
pub(super) fn read(
    key: &str,
    name: &Spanned<Line>,
    kind: SecretKind,
    files: &dyn Files,
    context: &Context<'_>,
) -> Result<SecretString, Lacking> {
    warn_if_open(key, name, files, context);
    let problem = match find(&name.value.0, files, put_back) {
        Ok((path, bytes)) => match accept(&path, bytes, kind) {
            Ok(secret) => return Ok(secret),
            Err(problem) => problem,
        },
        // The value may be the secret itself, so no message or path shows it.
        Err(_) if looks_like_a_secret(&name.value.0) => {
            let message = format!("`{key}` looks like the secret itself, not a file name");
            let hint = "save a new secret to a file and set its name here; everyone who can read \
                 this file has seen the old one";
            return Err(report(Diagnostic::error(Code::MissingSecret, &name.spot, message).hint(hint), context));
        }
        Err(problem) => problem,
    };
    let message = format!("no secret for `{key}`: {}", problem.message);
    Err(report(Diagnostic::error(problem.code, &name.spot, message).hint(problem.hint), context))
}

/// Reports what is wrong with a secret.
pub(super) fn report(diagnostic: Diagnostic, context: &Context<'_>) -> Lacking {
    let hint = diagnostic.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let why = format!("{diagnostic}{hint}");
    context.diagnostics.push(diagnostic);
    Lacking::Secret(why)
}

/// Warns of a secret that everyone on the machine may read. Group access may be intended.
pub(super) fn warn_if_open(key: &str, name: &Spanned<Line>, files: &dyn Files, context: &Context<'_>) {
    let found = files.secret_paths(&name.value.0).into_iter().find(|path| files.read(path).is_ok());
    if let Some(path) = found.filter(|path| files.is_open_to_all(path)) {
        let shown = files.resolve(&path).display().to_string();
        let message = format!("everyone on this machine can read or change the secret for `{key}`");
        let hint = format!("restrict access: `chmod o-rwx {shown}`");
        context.diagnostics.push(Diagnostic::warning(Code::OpenSecret, &name.spot, message).hint(hint));
    }
}

/// Why a secret is missing, with a hint.
pub(super) struct Problem {
    pub code: Code,
    pub message: String,
    pub hint: String,
}

/// A secret of several lines, and the path of its file. `stand_in` makes the hint, given the secret's name, if systemd
/// supplied a placeholder.
///
/// # Errors
///
/// What is wrong, with a hint.
pub(super) fn find_text(
    name: &str,
    files: &dyn Files,
    stand_in: fn(&str) -> String,
) -> Result<(String, Zeroizing<String>), Problem> {
    let (path, bytes) = find(name, files, stand_in)?;
    let bytes = Zeroizing::new(bytes);
    let wrong = |what: &str| Problem {
        code: Code::MissingSecret,
        message: format!("the file {} {what}", quoted(&path)),
        hint: "put one key on each line".to_owned(),
    };
    if bytes.len() > SECRET_BYTES_MAX {
        return Err(wrong("is too large for a secret"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is not text"))?;
    let text = Zeroizing::new(text.to_owned());
    Ok((path, text))
}

/// The hint if systemd supplied a placeholder: save the file and restart, because systemd reads credentials only at start.
fn put_back(name: &str) -> String {
    format!(
        "systemd found no file for it. Save the secret to the file that `LoadCredential={name}:` in wardbell.service \
         names, usually `/etc/wardbell/secrets/{name}`, then `systemctl restart wardbell`"
    )
}

fn find(name: &str, files: &dyn Files, stand_in: fn(&str) -> String) -> Result<(String, Vec<u8>), Problem> {
    let paths = files.secret_paths(name);
    let shown = |path: &str| files.resolve(path).display().to_string();
    let mut found_stand_in = None;
    for path in &paths {
        match files.read(path) {
            Ok(bytes) if bytes.trim_ascii() == NOT_THERE => found_stand_in = Some(shown(path)),
            Ok(bytes) => return Ok((shown(path), bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let is_denied = error.kind() == io::ErrorKind::PermissionDenied;
                return Err(Problem {
                    code: if is_denied { Code::UnreadSecret } else { Code::MissingSecret },
                    message: format!("cannot read {}: {}", quoted(&shown(path)), why_unread(&error)),
                    hint: "the daemon's account must be able to read it".to_owned(),
                });
            }
        }
    }
    if let Some(path) = found_stand_in {
        let message = format!("{} contains the word `missing` instead of a secret", quoted(&path));
        return Err(Problem { code: Code::MissingSecret, message, hint: stand_in(name) });
    }
    let looked = paths.iter().map(|path| quoted(&shown(path))).collect::<Vec<_>>().join(" and ");
    let message = format!("no file {}", quoted(name));
    // Among systemd credentials, only plain names are looked up.
    if let ([_], false) = (&paths[..], name.contains('/')) {
        let hint = format!(
            "looked only for {looked}, because `$CREDENTIALS_DIRECTORY`, the folder of systemd credentials, is not set"
        );
        return Err(Problem { code: Code::UnreadSecret, message, hint });
    }
    Err(Problem { code: Code::MissingSecret, message, hint: format!("looked for {looked}") })
}

fn accept(path: &str, bytes: Vec<u8>, kind: SecretKind) -> Result<SecretString, Problem> {
    let wrong = |what: &str, hint: &str| {
        let message = format!("the file {} {what}", quoted_list([path]));
        Err(Problem { code: Code::MissingSecret, message, hint: hint.to_owned() })
    };
    let one_line = "put the secret alone on one line";
    if bytes.len() > SECRET_BYTES_MAX {
        return wrong("is too large for a secret", one_line);
    }
    let Ok(mut text) = String::from_utf8(bytes) else { return wrong("is not text", one_line) };
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    if text.trim().is_empty() {
        return wrong("is empty", one_line);
    }
    if text.chars().any(char::is_control) {
        return wrong("has more than one line", one_line);
    }
    if kind == SecretKind::Bearer && text.chars().any(|one| !one.is_ascii_graphic()) {
        return wrong(
            "contains a character that is not allowed in a token",
            "use ASCII letters, digits, and symbols, without spaces",
        );
    }
    if kind == SecretKind::Link && text.chars().any(|one| !one.is_ascii_alphanumeric() && !matches!(one, '-' | '_')) {
        return wrong("contains a character that is not allowed in a link", "create one with `openssl rand -hex 16`");
    }
    if kind == SecretKind::Link && text.len() < LINK_CHARACTERS_MIN {
        let what = format!("has fewer than {LINK_CHARACTERS_MIN} characters, too few for a link that nobody can guess");
        return wrong(&what, "create one with `openssl rand -hex 16`");
    }
    if kind == SecretKind::Bearer && text.len() < TOKEN_CHARACTERS_MIN {
        let what = format!("has fewer than {TOKEN_CHARACTERS_MIN} characters");
        return wrong(&what, "create one with `openssl rand -hex 32`");
    }
    if kind == SecretKind::Key && text.len() < KEY_CHARACTERS_MIN {
        let what = format!("has fewer than {KEY_CHARACTERS_MIN} characters, the length of 32 random bytes");
        return wrong(&what, "create one with `openssl rand -hex 32`");
    }
    Ok(SecretString::from(text))
}
