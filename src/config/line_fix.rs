//! What a line that is not TOML probably means.

use toml::de::{DeTable, DeValue};

use crate::config::correct::{clean, date, local_time, phone, span};

/// The line as it should be, if a common mistake explains it: quotes of a word processor, missing quotes or brackets, a
/// date or a number without quotes, a colon instead of `=`. It can be read by itself.
pub fn corrected(line: &str) -> Option<String> {
    let line = line.trim();
    let plain = plain(line);
    let all = [Some(plain.clone()), header(&plain), list(&plain), value(&plain), closed(&plain)];
    all.into_iter().flatten().find(|fixed| fixed != line && DeTable::parse(fixed).is_ok())
}

/// With straight quotes, and with plain spaces outside of them.
fn plain(line: &str) -> String {
    let mut is_in_text = false;
    let one = |one: char| match one {
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' | '"' => {
            is_in_text = !is_in_text;
            '"'
        }
        '\u{a0}' | '\u{2007}' | '\u{202f}' if !is_in_text => ' ',
        other => other,
    };
    let straight: String = line.chars().filter(|one| !matches!(one, '\u{200b}' | '\u{feff}')).map(one).collect();
    // Single quotes of a word processor, unless they are apostrophes within a text.
    let Some((key, value)) = straight.split_once('=') else { return straight };
    match value.trim().starts_with(['‘', '’', '‚']) {
        true => format!("{key}={}", value.replace(['‘', '’', '‚'], "\"")),
        false => straight,
    }
}

/// `[match` and `[[liaison]`.
fn header(line: &str) -> Option<String> {
    let name = line.trim_start_matches('[');
    let brackets = line.len() - name.len();
    let name = name.trim_end_matches(']').trim();
    let is_name = !name.is_empty() && name.chars().all(|one| one.is_alphanumeric() || matches!(one, '-' | '_' | '.'));
    (is_name && (1..=2).contains(&brackets)).then(|| format!("{}{name}{}", "[".repeat(brackets), "]".repeat(brackets)))
}

/// `days = [mon, tue]`
fn list(line: &str) -> Option<String> {
    let (key, value) = split(line)?;
    let inside = value.strip_prefix('[')?.strip_suffix(']')?;
    let quoted = |entry: &str| {
        let entry = entry.trim();
        let is_right = DeTable::parse(&format!("x = {entry}")).is_ok();
        if is_right { entry.to_owned() } else { format!("\"{}\"", clean(entry)) }
    };
    let entries: Vec<String> = inside.split(',').filter(|entry| !entry.trim().is_empty()).map(quoted).collect();
    Some(format!("{key} = [{}]", entries.join(", ")))
}

/// A value without quotes, or with one of the two.
fn value(line: &str) -> Option<String> {
    let (key, value) = split(line)?;
    let (value, comment) = match value.split_once(" #") {
        Some((value, comment)) => (value.trim(), format!("   # {}", comment.trim())),
        None => (value, String::new()),
    };
    if value.starts_with(['[', '{']) {
        return None;
    }
    let text = clean(value).replace('"', "");
    let (text, is_quoted) = match (is_of_day(value), date(&text)) {
        (true, Some(day)) => (day.to_string(), false),
        _ => {
            let meant = span(&text).or_else(|| phone(&text)).or_else(|| local_time(&text));
            let has_letters = text.chars().any(char::is_alphabetic);
            (meant.or_else(|| has_letters.then(|| text.clone()))?, true)
        }
    };
    let is_text = !text.is_empty() && !text.contains('\\');
    is_text.then(|| if is_quoted { format!("{key} = \"{text}\"{comment}") } else { format!("{key} = {text}{comment}") })
}

/// Whether a value is a date only, without quotes.
fn is_of_day(value: &str) -> bool {
    !value.contains(['"', '\'', ':'])
}

/// A text or a list whose end is missing.
fn closed(line: &str) -> Option<String> {
    let ends = ["\"", "]", "\"]", "}", " }]", "\" }]"];
    ends.into_iter().map(|end| format!("{line}{end}")).find(|fixed| DeTable::parse(fixed).is_ok())
}

/// Key and value; a colon may be meant as `=`.
fn split(line: &str) -> Option<(&str, &str)> {
    let is_key =
        |key: &str| !key.is_empty() && key.chars().all(|one| one.is_ascii_alphanumeric() || "_-.".contains(one));
    let of = |separator| line.split_once(separator).map(|(key, value): (&str, &str)| (key.trim(), value.trim()));
    [of('='), of(':')].into_iter().flatten().find(|(key, _)| is_key(key))
}

/// The header of a list of tables for a header that is given twice with one bracket each.
pub fn doubled(line: &str) -> Option<String> {
    let name = line.trim().strip_prefix('[')?.strip_suffix(']')?;
    let fixed = format!("[[{name}]]");
    let table = DeTable::parse(&fixed).ok()?;
    let is_list = table.get_ref().values().all(|value| matches!(value.get_ref(), DeValue::Array(_)));
    (is_list && !name.starts_with('[')).then_some(fixed)
}
