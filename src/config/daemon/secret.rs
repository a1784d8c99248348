//! Secrets: each stands in a file of its own, and its content is never shown.

use std::io;

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::config::context::Context;
use crate::config::document::why_unread;
use crate::config::files::Files;
use crate::config::kinds::Line;
use crate::config::mistakes::{quoted, quoted_list};
use crate::config::reader::Written;
use crate::config::settings::MissingSecret;
use crate::diagnostic::{Code, Diagnostic, looks_like_a_secret};

/// A bearer token of fewer characters could be guessed.
const TOKEN_CHARACTERS_MIN: usize = 16;

/// Thirty-two random bytes take at least so many characters of base 64, and more of hexadecimal.
const KEY_CHARACTERS_MIN: usize = 43;

/// A larger file is not a secret but a mistake.
const SECRET_BYTES_MAX: usize = 4_096;

/// Which secret it is, for what it must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretKind {
    /// A token of our own, which a caller shows.
    Bearer,
    /// A key of our own, which nobody shows or types.
    Key,
    /// Somebody else's, which we show to them.
    Theirs,
}

/// What `SetCredential=` of the systemd unit hands over for a file that is not there, so that the unit starts all the same.
const NOT_THERE: &[u8] = b"missing";

/// Why something cannot be set up.
pub(super) enum Lacking {
    /// The settings are wrong, which is reported.
    Settings,
    /// Its secret is not at hand: why, and the cure. That is reported too, and all else can go on without it.
    Secret(String),
}

/// The parts that are off, as their secrets are not at hand.
#[derive(Default)]
pub(super) struct Off(pub Vec<MissingSecret>);

impl Off {
    /// What was set up; `None` inside where it is off, and outside where the settings are wrong.
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

/// Reads the secret whose file a key names; without the line break at its end.
pub(super) fn read(
    key: &str,
    name: &Written<Line>,
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
        // What stands there is of no file's name: it is told to nobody, in no line and no path.
        Err(_) if looks_like_a_secret(&name.value.0) => {
            let message = format!("`{key}` names no file, and looks like the secret itself");
            let hint = "put the secret alone into a file, and write its name here; replace the secret: everybody who can read \
                 this file has seen it";
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
    context.mistakes.push(diagnostic);
    Lacking::Secret(why)
}

/// Warns of a secret that everybody on the machine may read: a group may be let in on purpose.
pub(super) fn warn_if_open(key: &str, name: &Written<Line>, files: &dyn Files, context: &Context<'_>) {
    let found = files.secret_paths(&name.value.0).into_iter().find(|path| files.read(path).is_ok());
    if let Some(path) = found.filter(|path| files.is_open_to_all(path)) {
        let shown = files.resolve(&path).display().to_string();
        let message = format!("everybody on this machine may read or change the secret for `{key}`");
        let hint = format!("take that right from them: `chmod o-rwx {shown}`");
        context.mistakes.push(Diagnostic::warning(Code::OpenSecret, &name.spot, message).hint(hint));
    }
}

/// Why a secret is not at hand, and what to do about it.
pub(super) struct Problem {
    pub code: Code,
    pub message: String,
    pub hint: String,
}

/// A secret of more than one line, and the path of the file that it was found in. `stand_in` is the cure, given the secret's
/// name, where systemd handed over a stand-in.
///
/// # Errors
///
/// What is wrong, and its cure.
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

/// The cure where systemd handed over a stand-in: the secret's file, and another start, as systemd reads it at a start alone.
fn put_back(name: &str) -> String {
    format!(
        "systemd found no file for it: put the secret into the file that `LoadCredential={name}:` of wardbell.service \
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
                    message: format!("{} cannot be read: {}", quoted(&shown(path)), why_unread(&error)),
                    hint: "the daemon's account must be able to read it".to_owned(),
                });
            }
        }
    }
    if let Some(path) = found_stand_in {
        let message = format!("{} holds the word `missing` instead of a secret", quoted(&path));
        return Err(Problem { code: Code::MissingSecret, message, hint: stand_in(name) });
    }
    let looked = paths.iter().map(|path| quoted(&shown(path))).collect::<Vec<_>>().join(" and ");
    let message = format!("there is no file {}", quoted(name));
    // Among the credentials that systemd hands over, names are plain.
    if let ([_], false) = (&paths[..], name.contains('/')) {
        let hint =
            format!("looked for {looked} alone, as `$CREDENTIALS_DIRECTORY` is not set, where systemd puts secrets");
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
            "has a character that a token cannot have",
            "use letters, digits and signs of ASCII, without blanks",
        );
    }
    if kind == SecretKind::Bearer && text.len() < TOKEN_CHARACTERS_MIN {
        let what = format!("has fewer than {TOKEN_CHARACTERS_MIN} characters");
        return wrong(&what, "make one with `openssl rand -hex 32`");
    }
    if kind == SecretKind::Key && text.len() < KEY_CHARACTERS_MIN {
        let what = format!("has fewer than {KEY_CHARACTERS_MIN} characters, which 32 random bytes take");
        return wrong(&what, "make one with `openssl rand -hex 32`");
    }
    Ok(SecretString::from(text))
}
