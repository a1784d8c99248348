//! Characters that a terminal interprets instead of showing: in a file name, they could forge a log line.

/// Whether a character is not shown as itself: a control character, a line separator, or one that changes the direction
/// of the text around it.
pub fn is_hidden(one: char) -> bool {
    one.is_control() || matches!(one, '\u{2028}' | '\u{2029}') || turns_text(one)
}

/// Whether a character changes the direction of the text around it, so that it displays differently from how it is
/// stored.
///
/// The marks used in Arabic and Hebrew (U+061C, U+200E and U+200F) do not affect the text around them.
pub fn turns_text(one: char) -> bool {
    matches!(one, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with each hidden character replaced by its escape, such as `\u{1b}`.
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, one| {
        if is_hidden(one) {
            shown.extend(one.escape_unicode())
        } else {
            shown.push(one)
        }
        shown
    })
}

/// The same for text with several lines; line breaks are kept.
pub fn escaped_lines(text: &str) -> String {
    text.split('\n').map(escaped).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_written_as_its_number() {
        for (text, shown) in [
            ("rosters/privacy.toml", "rosters/privacy.toml"),
            ("Zoë שלום 日本 \u{200f}", "Zoë שלום 日本 \u{200f}"),
            ("a\u{1b}[31m\nb", "a\\u{1b}[31m\\u{a}b"),
            ("x\u{202e}lmot.\u{2066}y\u{2028}", "x\\u{202e}lmot.\\u{2066}y\\u{2028}"),
        ] {
            assert_eq!(escaped(text), shown);
        }
        assert_eq!(escaped_lines("a\u{202e}b\r\nc\n"), "a\\u{202e}b\\u{d}\nc\n");
    }
}
