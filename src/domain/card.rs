//! A contact card for the hospital's pages, so that phones can let them bypass Do Not Disturb.

use crate::domain::page::HospitalName;

/// Where pages come from, as shown on a phone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Senders {
    /// A phone number or short code; `None` for an alphanumeric sender name, which a contact cannot store.
    pub number: Option<String>,
    /// The address alone, such as `pages@mercy.example`.
    pub email: Option<String>,
}

/// Explains the contact to people who find it in their phone.
const NOTE: &str = "Let this contact bypass Do Not Disturb: it pages you when you are on call.";

/// The maximum line length in octets (RFC 2426, 2.6).
const LINE_MAX: usize = 75;

impl Senders {
    /// Whether there is nothing to put on a card.
    pub fn is_empty(&self) -> bool {
        self.number.is_none() && self.email.is_none()
    }

    /// A vCard 3.0 (RFC 2426), the version that all phones read.
    pub fn to_vcard(&self, hospital: &HospitalName) -> String {
        let name = escape(&hospital.to_string());
        let mut card = String::new();
        let mut line = |text: String| fold(&text, &mut card);
        line("BEGIN:VCARD".to_owned());
        line("VERSION:3.0".to_owned());
        line(concat!("PRODID:-//wardbell//wardbell ", env!("CARGO_PKG_VERSION"), "//EN").to_owned());
        line(format!("FN:{name} pages"));
        line(format!("N:{name} pages;;;;"));
        line(format!("ORG:{name}"));
        if let Some(number) = &self.number {
            line(format!("TEL;TYPE=WORK,MSG,PREF:{}", escape(number)));
        }
        if let Some(email) = &self.email {
            line(format!("EMAIL;TYPE=INTERNET,WORK,PREF:{}", escape(email)));
        }
        line(format!("NOTE:{}", escape(NOTE)));
        line("END:VCARD".to_owned());
        card
    }
}

/// Escapes text for vCard and iCalendar (RFC 2426, 5; RFC 5545, 3.3.11) and removes control characters.
pub(in crate::domain) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ',' | ';' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Writes a line, folded if it is too long: continuation lines start with a space.
fn fold(line: &str, out: &mut String) {
    let mut length = 0;
    for letter in line.chars() {
        if length + letter.len_utf8() > LINE_MAX {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(letter);
        length += letter.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_escaped_and_folded() {
        let number = Some("+13125550100".to_owned());
        let email = Some(format!("pages@{}.mercy.example", "long-name.".repeat(6)));
        let card = Senders { number, email }.to_vcard(&"St; Ä, X".parse().unwrap());
        let lines: Vec<&str> = card.split_terminator("\r\n").collect();
        assert!(lines.iter().all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{card}");
        assert!(lines.contains(&"FN:St\\; Ä\\, X pages"), "{card}");
        assert!(lines.contains(&"TEL;TYPE=WORK,MSG,PREF:+13125550100"), "{card}");
        assert!(card.replace("\r\n ", "").contains(&format!(":pages@{}.mercy.example\r\n", "long-name.".repeat(6))));
    }

    #[test]
    fn a_line_is_never_broken_inside_a_letter() {
        let mut out = String::new();
        fold(&"ä".repeat(80), &mut out);
        assert_eq!(out.replace("\r\n ", ""), format!("{}\r\n", "ä".repeat(80)));
        assert!(out.split("\r\n").all(|line| line.len() <= 75));
    }
}
