//! Decodes a file to import: UTF-8, UTF-16, or what older systems write.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::config::import::fault::Fault;

/// Size limit of a file: a year of a hospital with a hundred assignments a day needs half of it.
pub const BYTES_MAX: usize = 16 << 20;

/// A file is UTF-16 without a byte-order mark if this many of its first bytes are letters and zeros in turn.
const TELLING_BYTES: usize = 8;

/// What Windows-1252 has where Latin-1 has control characters: from 0x80 on.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The bytes of a file without its byte-order mark; UTF-16 is converted to UTF-8.
///
/// # Errors
///
/// The file is too large.
pub fn bytes_of(file: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    if file.len() > BYTES_MAX {
        return Err(Fault::whole(format!("the file is larger than {} MiB", BYTES_MAX >> 20)));
    }
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units).map(|one| one.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Cow::Owned(text.into_bytes())
    };
    Ok(match file {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ if has_zeros(file, 1) => utf16(file, u16::from_le_bytes),
        _ if has_zeros(file, 0) => utf16(file, u16::from_be_bytes),
        _ => Cow::Borrowed(file),
    })
}

/// Whether of the first pairs of bytes this one is always zero and the other never.
fn has_zeros(file: &[u8], which: usize) -> bool {
    let head = file.get(..TELLING_BYTES);
    head.is_some_and(|head| head.chunks_exact(2).all(|pair| pair[which] == 0 && pair[1 - which] != 0))
}

/// The lines, without their ends: a line feed, or a carriage return, or both.
pub fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut lines, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(byte) = bytes.get(at) {
        if !matches!(byte, b'\r' | b'\n') {
            at += 1;
            continue;
        }
        lines.push(&bytes[start..at]);
        // Some programs end a line with several carriage returns and a line feed; without it, each ends a line.
        let returns = bytes[at..].iter().take_while(|byte| **byte == b'\r').count();
        if bytes.get(at + returns) == Some(&b'\n') {
            at += returns + 1;
        } else {
            lines.extend((1..returns).map(|_| &bytes[..0]));
            at += returns;
        }
        start = at;
    }
    if start < bytes.len() {
        lines.push(&bytes[start..]);
    }
    lines
}

/// A line's text in composed form: UTF-8, or else Windows-1252, which older systems and Excel write.
pub fn decode(line: &[u8]) -> String {
    let text =
        std::str::from_utf8(line).map_or_else(|_| line.iter().copied().map(of_windows_1252).collect(), str::to_owned);
    if is_nfc(&text) { text } else { text.nfc().collect() }
}

fn of_windows_1252(byte: u8) -> char {
    let special = byte.checked_sub(0x80).and_then(|index| WINDOWS_1252.get(usize::from(index)));
    special.copied().unwrap_or(char::from(byte))
}

/// Whether the file is a web page instead of a schedule.
pub fn is_web_page(bytes: &[u8]) -> bool {
    let head = decode(&bytes[..bytes.len().min(1_000)]).trim_start().to_ascii_lowercase();
    head.starts_with("<!doctype") || head.contains("<html") || head.contains("<body") || head.contains("<head")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_every_way() {
        for (text, expected) in [
            ("a\r\nb\nc\rd", vec!["a", "b", "c", "d"]),
            ("a\r\r\nb\r\r\n", vec!["a", "b"]),
            ("a\r\rb\n\n", vec!["a", "", "b", ""]),
            ("", vec![]),
            ("\n", vec![""]),
        ] {
            let found: Vec<&str> =
                lines(text.as_bytes()).into_iter().map(|line| std::str::from_utf8(line).unwrap()).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn every_encoding_is_decoded() {
        let wide = |text: &str, mark: &[u8], bytes: fn(u16) -> [u8; 2]| {
            mark.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect::<Vec<u8>>()
        };
        let files = [
            "BEGIN Núñez’".as_bytes().to_vec(),
            "\u{feff}BEGIN Núñez’".as_bytes().to_vec(),
            "BEGIN Nu\u{301}n\u{303}ez’".as_bytes().to_vec(),
            wide("BEGIN Núñez’", b"\xff\xfe", u16::to_le_bytes),
            wide("BEGIN Núñez’", b"\xfe\xff", u16::to_be_bytes),
            wide("BEGIN Núñez’", b"", u16::to_le_bytes),
            wide("BEGIN Núñez’", b"", u16::to_be_bytes),
            b"BEGIN N\xfa\xf1ez\x92".to_vec(),
        ];
        for file in files {
            assert_eq!(decode(&bytes_of(&file).unwrap()), "BEGIN Núñez’", "{file:?}");
        }
        assert_eq!(decode(&bytes_of(b"\xff\xfeA\0\x00\xd8B\0").unwrap()), "A\u{fffd}B");
        for file in [&b"\0"[..], b"\0\0\0\0\0\0\0\0", b"\xff\xfe", b"\xff", b"\xff\xfeA"] {
            decode(&bytes_of(file).unwrap());
        }
    }
}
