//! Secrets: each stands in a file of its own, and its content is never shown.

use std::io;

use secrecy::SecretString;

use crate::config::context::Context;
use crate::config::document::why_unread;
use crate::config::files::Files;
use crate::config::kinds::Line;
use crate::config::mistakes::{quoted, quoted_list};
use crate::config::reader::Written;
use crate::diagnostic::{Code, Diagnostic};

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

/// Reads the secret whose file a key names; without the line break at its end.
pub(super) fn read(
    key: &str,
    name: &Written<Line>,
    kind: SecretKind,
    files: &dyn Files,
    context: &Context<'_>,
) -> Option<SecretString> {
    match find(&name.value.0, files).and_then(|(path, bytes)| accept(&path, bytes, kind)) {
        Ok(secret) => Some(secret),
        Err((message, hint)) => {
            let diagnostic =
                Diagnostic::error(Code::MissingSecret, &name.spot, format!("no secret for `{key}`: {message}"));
            context.mistakes.push(diagnostic.hint(hint));
            None
        }
    }
}

type Problem = (String, String);

fn find(name: &str, files: &dyn Files) -> Result<(String, Vec<u8>), Problem> {
    let paths = files.secret_paths(name);
    let shown = |path: &str| files.resolve(path).display().to_string();
    for path in &paths {
        match files.read(path) {
            Ok(bytes) => return Ok((shown(path), bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                let hint = "the daemon's account must be able to read it".to_owned();
                return Err((format!("{} cannot be read: {}", quoted(&shown(path)), why_unread(&error)), hint));
            }
        }
    }
    let looked = paths.iter().map(|path| quoted(&shown(path))).collect::<Vec<_>>().join(" and ");
    Err((format!("there is no file {}", quoted(name)), format!("looked for {looked}")))
}

fn accept(path: &str, bytes: Vec<u8>, kind: SecretKind) -> Result<SecretString, Problem> {
    let wrong = |what: &str, hint: &str| Err((format!("the file {} {what}", quoted_list([path])), hint.to_owned()));
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
