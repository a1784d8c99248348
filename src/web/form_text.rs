//! What people write in forms.

/// A field's text with plain line ends, which browsers send as two characters, and without unprintable characters.
pub(in crate::web) fn form_text(text: &str) -> String {
    let unprintable = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    text.replace("\r\n", "\n").replace(unprintable, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_everywhere_and_nothing_is_unprintable() {
        assert_eq!(form_text("one\r\ntwo\tthree\u{7}\rfour"), "one\ntwo\tthree  four");
    }
}
