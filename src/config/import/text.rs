//! Decodes a file to import.

use crate::config::import::fault::Fault;

/// The text of a file in UTF-8, or otherwise in Latin-1, which older systems use.
pub fn decode(bytes: &[u8]) -> Result<String, Fault> {
    if bytes.len() > BYTES_MAX {
        return Err(Fault::whole(format!("the file is larger than {} MiB", BYTES_MAX >> 20)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Ok(std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect(), str::to_owned))
}

/// Whether the file is a web page instead of a schedule.
pub fn is_web_page(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(1_000).collect::<String>().to_ascii_lowercase();
    head.starts_with("<!doctype") || head.contains("<html") || head.contains("<body") || head.contains("<head")
}

/// Size limit of a file: a year of a hospital with a hundred assignments a day needs half of it.
pub const BYTES_MAX: usize = 16 << 20;
