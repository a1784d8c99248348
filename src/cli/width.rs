//! Line widths and text widths.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width if output goes to a file or a pipe.
pub const ELSEWHERE: usize = 80;

/// Nothing can be laid out in fewer columns.
const LEAST: usize = 40;

/// The width of standard output: `$COLUMNS`, else the terminal's; `None` if it is not a terminal.
pub fn of_output() -> Option<usize> {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let terminal = || rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col));
    asked.or_else(terminal).filter(|columns| *columns > 0).map(|columns| columns.max(LEAST))
}

/// The number of columns that a text takes.
pub fn of(text: &str) -> usize {
    text.width()
}

/// Wraps a text between words; a word that is too long is broken.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    wrap_hanging(text, columns, 0)
}

/// Wraps with all lines but the first indented.
pub fn wrap_hanging(text: &str, columns: usize, hanging: usize) -> Vec<String> {
    let (columns, indent) = (columns.max(hanging + 1), " ".repeat(hanging));
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut is_fresh = true;
    for word in text.split(' ') {
        if !is_fresh && of(&line) + 1 + of(word) > columns {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        for letter in word.chars() {
            if of(&line) + letter.width().unwrap_or(0) > columns {
                lines.push(std::mem::replace(&mut line, indent.clone()));
            }
            line.push(letter);
        }
        is_fresh = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(wrap("Adaeze Okafor", 13), ["Adaeze Okafor"]);
        assert_eq!(wrap("Adaeze Okafor", 12), ["Adaeze", "Okafor"]);
        assert_eq!(wrap("a Zwetschgenknödel", 8), ["a", "Zwetschg", "enknödel"]);
        assert_eq!(wrap("渡辺 直美", 4), ["渡辺", "直美"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap_hanging("08:00 Kate Donovan", 11, 2), ["08:00 Kate", "  Donovan"]);
        assert_eq!(wrap_hanging("08:00 Kate Donovan", 13, 6), ["08:00 Kate", "      Donovan"]);
    }
}
