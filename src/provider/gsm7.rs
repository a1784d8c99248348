//! Converts text to GSM-7 and cuts it to length.

use crate::domain::page::gsm7_length;

/// The text on one line, with characters outside GSM-7 replaced by the nearest match.
///
/// One character outside the alphabet would turn the whole message to UCS-2, with 70 characters a segment.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || character.is_whitespace() {
            out.push(' ');
        } else if gsm7_length(character.encode_utf8(&mut [0; 4])).is_some() {
            out.push(character);
        } else {
            out.push_str(nearest(character));
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As much text as fits, cut between words if that keeps at least half of it.
pub fn cut(text: &str, septets: usize) -> &str {
    let mut used = 0;
    let mut end = text.len();
    for (start, character) in text.char_indices() {
        used += gsm7_length(character.encode_utf8(&mut [0; 4])).unwrap_or(1);
        if used > septets {
            end = start;
            break;
        }
    }
    let (head, tail) = text.split_at(end);
    if tail.is_empty() || tail.starts_with(' ') {
        return head.trim_end();
    }
    match head.rfind(' ') {
        Some(space) if space * 2 >= head.len() => head[..space].trim_end(),
        _ => head,
    }
}

fn nearest(character: char) -> &'static str {
    match character {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '·' | '•' => "-",
        '‘' | '’' | '‚' | '‛' | '′' | '`' | '´' => "'",
        '“' | '”' | '„' | '«' | '»' | '″' => "\"",
        '…' => "...",
        '×' => "x",
        'Á' | 'Â' | 'Ã' | 'Ā' | 'Ă' | 'Ą' | 'À' => "A",
        'á' | 'â' | 'ã' | 'ā' | 'ă' | 'ą' => "a",
        'Ć' | 'Č' | 'Ĉ' | 'Ċ' => "C",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'Ď' | 'Đ' | 'Ð' => "D",
        'ď' | 'đ' | 'ð' => "d",
        'È' | 'Ê' | 'Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'Ğ' | 'Ģ' => "G",
        'ğ' | 'ģ' => "g",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'Ī' | 'Į' | 'İ' => "I",
        'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'Ķ' => "K",
        'ķ' => "k",
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ł' => "L",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'Ń' | 'Ņ' | 'Ň' => "N",
        'ń' | 'ņ' | 'ň' => "n",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ō' | 'Ő' => "O",
        'ó' | 'ô' | 'õ' | 'ō' | 'ő' => "o",
        'Œ' => "OE",
        'œ' => "oe",
        'Ŕ' | 'Ř' => "R",
        'ŕ' | 'ř' => "r",
        'Ś' | 'Ş' | 'Š' | 'Ș' => "S",
        'ś' | 'ş' | 'š' | 'ș' => "s",
        'Ţ' | 'Ť' | 'Ț' => "T",
        'ţ' | 'ť' | 'ț' => "t",
        'Ù' | 'Ú' | 'Û' | 'Ū' | 'Ů' | 'Ű' | 'Ų' => "U",
        'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'Ý' | 'Ÿ' => "Y",
        'ý' | 'ÿ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        'Þ' => "Th",
        'þ' => "th",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gsm7_cannot_say_is_replaced_by_what_comes_nearest() {
        for (text, wanted) in [
            ("Privacy", "Privacy"),
            ("Atención al paciente – “façade”…", "Atencion al paciente - \"facade\"..."),
            ("two\r\nlines\t and\u{1b}marks\u{a0}", "two lines and marks"),
            ("隐私 🙂", "?? ?"),
            ("Ärzte für Łódź €5 [x]", "Ärzte für Lodz €5 [x]"),
        ] {
            assert_eq!(plain(text), wanted);
        }
    }

    #[test]
    fn a_cut_falls_between_words_where_it_can() {
        for (text, septets, wanted) in [
            ("Patient media", 20, "Patient media"),
            ("Patient media", 13, "Patient media"),
            ("Patient media", 11, "Patient"),
            ("Patient media", 7, "Patient"),
            ("Patient media", 4, "Pati"),
            ("a Counterstatement", 10, "a Counters"),
            ("€€€", 5, "€€"),
            ("Privacy", 0, ""),
        ] {
            assert_eq!(cut(text, septets), wanted, "{text} in {septets}");
        }
    }
}
