//! One line of the data key file.

use chrono::{DateTime, Utc};

use crate::domain::instant;
use crate::domain::sealed::{DataKeyId, MasterKeyId};

/// The length of every line, including its newline: 32 lines fill a disk block.
pub const SLOT_BYTES: usize = 128;

/// The same as an offset in the file.
pub const SLOT_LENGTH: u64 = SLOT_BYTES as u64;

/// The length of a wrapped key in characters.
const WRAPPED: usize = 96;

/// Replaces the master key's name if the key is destroyed.
const PURGED: &str = "purged----------";

/// A data key, or the trace of a destroyed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub id: DataKeyId,
    pub state: State,
}

/// The state of a data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Wrapped under a master key.
    Wrapped {
        /// Which.
        master: MasterKeyId,
        wrapped: Box<str>,
    },
    Purged {
        at: DateTime<Utc>,
    },
}

impl Slot {
    pub fn is_purged(&self) -> bool {
        matches!(self.state, State::Purged { .. })
    }

    /// Writes the line, including its newline.
    pub fn to_line(&self) -> [u8; SLOT_BYTES] {
        let text = match &self.state {
            State::Wrapped { master, wrapped } => format!("{} {master} {wrapped:-<WRAPPED$}\n", self.id),
            State::Purged { at } => format!("{} {PURGED} {:-<WRAPPED$}\n", self.id, instant::to_text(*at)),
        };
        let mut line = [b'-'; SLOT_BYTES];
        let length = text.len().min(SLOT_BYTES);
        line[..length].copy_from_slice(&text.as_bytes()[..length]);
        line
    }

    /// Parses a line; `None` if it is not valid.
    pub fn of_line(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok().filter(|text| text.len() == SLOT_BYTES)?.strip_suffix('\n')?;
        let id = name_of_line(line)?;
        let mut parts = text.get(DataKeyId::LENGTH..)?.strip_prefix(' ')?.split(' ');
        let (master, rest) = (parts.next()?, parts.next()?);
        if parts.next().is_some() || rest.len() != WRAPPED {
            return None;
        }
        let state = if master == PURGED {
            let at = DateTime::parse_from_rfc3339(rest.get(..24)?).ok()?;
            State::Purged { at: at.with_timezone(&Utc) }
        } else {
            State::Wrapped { master: master.parse().ok()?, wrapped: rest.into() }
        };
        Some(Self { id, state })
    }
}

/// The name at the start of a line, even if the rest is damaged.
pub fn name_of_line(line: &[u8]) -> Option<DataKeyId> {
    let name = std::str::from_utf8(line.get(..DataKeyId::LENGTH)?).ok()?;
    // References also parse in lower case, but key names are always upper case.
    name.parse().ok().filter(|id: &DataKeyId| id.to_string() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_survives_being_written_and_read() {
        let id = "7Q2K9MXD.0001".parse().unwrap();
        let at = DateTime::from_timestamp_millis(1_798_153_200_000).unwrap();
        let wrapped = State::Wrapped { master: "00ff00ff00ff00ff".parse().unwrap(), wrapped: "A".repeat(96).into() };
        for state in [wrapped, State::Purged { at }] {
            let slot = Slot { id, state };
            let line = slot.to_line();
            assert_eq!(Slot::of_line(&line), Some(slot));
            assert_eq!(Slot::of_line(&line[1..]), None);
            let damaged = [&line[..13], &[0xff; 115]].concat();
            assert_eq!((Slot::of_line(&damaged), name_of_line(&damaged)), (None, Some(id)));
            assert_eq!(Slot::of_line(&[line.as_slice(), b"x"].concat()), None);
        }
        assert_eq!(Slot::of_line(&[0; SLOT_BYTES]), None);
    }
}
