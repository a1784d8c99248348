//! The commands of RFC 5321 that the server knows, and AUTH and STARTTLS.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::support::wire::Reply;

/// The longest path, with its brackets (RFC 5321, 4.5.3.1.3).
const MAX_PATH: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Ehlo,
    Helo,
    /// The sender is empty for a bounce; the size is what the client announces.
    Mail {
        from: String,
        size: Option<usize>,
    },
    Recipient {
        to: String,
    },
    Data,
    Reset,
    Noop,
    Quit,
    Verify,
    StartTls,
    Auth {
        mechanism: Mechanism,
        initial: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    Plain,
    Login,
}

impl Command {
    /// Errs with the reply that the client has earned.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Reply> {
        let line = str::from_utf8(line).ok().filter(|line| line.is_ascii());
        let line = line.ok_or_else(|| Reply::new(500, "commands are ASCII"))?.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => named(rest, Self::Ehlo),
            "HELO" => named(rest, Self::Helo),
            "MAIL" => mail(rest),
            "RCPT" => recipient(rest),
            "DATA" => bare(rest, Self::Data),
            "RSET" => bare(rest, Self::Reset),
            "NOOP" => Ok(Self::Noop),
            "QUIT" => bare(rest, Self::Quit),
            "VRFY" => named(rest, Self::Verify),
            "STARTTLS" => bare(rest, Self::StartTls),
            "AUTH" => auth(rest),
            _ => Err(Reply::new(500, "unknown command")),
        }
    }
}

fn bare(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.is_empty() { Ok(command) } else { Err(syntax()) }
}

fn named(rest: &str, command: Command) -> Result<Command, Reply> {
    if rest.is_empty() { Err(syntax()) } else { Ok(command) }
}

fn mail(rest: &str) -> Result<Command, Reply> {
    let (from, parameters) = path(rest, "FROM:")?;
    let mut size = None;
    for parameter in parameters.split_ascii_whitespace() {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match key.to_ascii_uppercase().as_str() {
            "SIZE" => size = Some(value.parse().map_err(|_| syntax())?),
            "BODY" if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
            "AUTH" => {}
            _ => return Err(Reply::new(555, "unknown parameter")),
        }
    }
    Ok(Command::Mail { from, size })
}

fn recipient(rest: &str) -> Result<Command, Reply> {
    let (to, parameters) = path(rest, "TO:")?;
    if !parameters.is_empty() {
        return Err(Reply::new(555, "unknown parameter"));
    }
    let domain = to.rsplit_once('@').map(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if domain != Some(true) && !to.eq_ignore_ascii_case("postmaster") {
        return Err(Reply::new(553, "no such mailbox name"));
    }
    Ok(Command::Recipient { to })
}

/// The address inside the brackets, without a source route, and the parameters behind it.
fn path<'r>(rest: &'r str, keyword: &str) -> Result<(String, &'r str), Reply> {
    let matches = rest.get(..keyword.len()).is_some_and(|found| found.eq_ignore_ascii_case(keyword));
    if !matches {
        return Err(syntax());
    }
    let rest = rest[keyword.len()..].trim_start();
    let inside = rest.strip_prefix('<').ok_or_else(syntax)?;
    let end = closing_bracket(inside).ok_or_else(syntax)?;
    let (address, parameters) = (&inside[..end], &inside[end + 1..]);
    if end + 2 > MAX_PATH || !(parameters.is_empty() || parameters.starts_with(' ')) {
        return Err(syntax());
    }
    let address = match address.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        _ => address,
    };
    Ok((address.to_owned(), parameters.trim()))
}

/// A quoted local part may hold a bracket.
fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|byte| {
        let found = byte == b'>' && !quoted;
        quoted ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && quoted && !escaped;
        found
    })
}

fn auth(rest: &str) -> Result<Command, Reply> {
    let (name, initial) = rest.split_once(' ').unwrap_or((rest, ""));
    let mechanism = match name.to_ascii_uppercase().as_str() {
        "PLAIN" => Mechanism::Plain,
        "LOGIN" => Mechanism::Login,
        "" => return Err(syntax()),
        _ => return Err(Reply::new(504, "unknown mechanism")),
    };
    let initial = match initial.trim() {
        "" => None,
        // RFC 4954, 4: the way to write an empty one.
        "=" => Some(String::new()),
        initial => Some(initial.to_owned()),
    };
    Ok(Command::Auth { mechanism, initial })
}

fn syntax() -> Reply {
    Reply::new(501, "syntax error in parameters")
}

/// What a client sends in an exchange of `AUTH`.
pub(crate) fn decode(answer: &str) -> Option<String> {
    let bytes = BASE64.decode(answer.trim()).ok()?;
    String::from_utf8(bytes).ok()
}

/// RFC 4616: whom to act as (not used here), the name and the password, with NUL between them.
pub(crate) fn plain_credentials(message: &str) -> Option<(String, String)> {
    let (_, rest) = message.split_once('\0')?;
    let (name, secret) = rest.split_once('\0')?;
    Some((name.to_owned(), secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::support::command::{Command, Mechanism};

    #[test]
    fn reads_commands_as_clients_write_them() {
        let check = |line: &str, expected: Command| assert_eq!(Command::parse(line.as_bytes()), Ok(expected), "{line}");
        let mail = |from: &str, size| Command::Mail { from: from.into(), size };
        let to = |to: &str| Command::Recipient { to: to.into() };
        check("ehlo [127.0.0.1]", Command::Ehlo);
        check("MAIL FROM:<a@x.example> BODY=8BITMIME SIZE=120", mail("a@x.example", Some(120)));
        check("mail from: <>", mail("", None));
        check("RCPT TO:<@relay.example:b@x.example>", to("b@x.example"));
        check(r#"RCPT TO:<"odd > \" one"@x.example>"#, to(r#""odd > \" one"@x.example"#));
        check("RCPT TO:<Postmaster>", to("Postmaster"));
        check("NOOP and more", Command::Noop);
        let (mechanism, initial) = (Mechanism::Plain, Some(String::new()));
        check("AUTH plain =", Command::Auth { mechanism, initial });
    }

    #[test]
    fn answers_mistakes_with_their_code() {
        let check = |line: &[u8], code: u16| assert_eq!(Command::parse(line).unwrap_err().code, code, "{line:?}");
        check(b"", 500);
        check(b"EXPN list", 500);
        check("RCPT TO:<ä@x.example>".as_bytes(), 500);
        check(b"RCPT TO:<\xff@x.example>", 500);
        check(b"EHLO", 501);
        check(b"DATA now", 501);
        check(b"MAIL FROM:a@x.example", 501);
        check(b"MAIL FROM:<a@x.example", 501);
        check(b"MAIL TO:<a@x.example>", 501);
        check(b"MAIL FROM:<a@x.example> SIZE=big", 501);
        check(b"MAIL FROM:<a@x.example> SMTPUTF8", 555);
        check(b"RCPT TO:<>", 553);
        check(b"RCPT TO:<nobody>", 553);
        check(b"AUTH CRAM-MD5", 504);
    }
}
