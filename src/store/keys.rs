//! Where things lie in the store: one ordered space of keys, told apart by their first letter.
//!
//! | key | value |
//! | --- | --- |
//! | `m` | how far the journal was applied, and under which layout |
//! | `i` id | an incident's number |
//! | `o` number | an open incident's state |
//! | `c` number | a closed incident's state |
//! | `l` number | what the list tells of a closed incident; an open one's state begins with it |
//! | `t` number seq | lines of the record that concern an incident |
//! | `h` seq | a line that concerns the house |
//! | `e` source and event | what the source was answered |
//! | `k` hash | which page a link is for |
//! | `p` hash | a version of a playbook |
//! | `f` hash | nothing: the record holds a file's version of that hash |
//! | `x` id | nothing: the incident was purged, and its data keys must be gone |
//! | `g` | the files of the last plan |
//! | `b` | the last record that had been pruned when it was built, if any |
//! | `d` channel | what was last learned of the channel by tests |
//! | `w` | by how much logical time is ahead of the wall clock |
//!
//! An incident's number is the `seq` of its opening: what is written together lies together, which references, being
//! random, would scatter over the whole database. What has to be looked up by something random is kept short, and
//! hashes are cut to 128 bits. Keys of values that may be long end in the number of the part; the first part starts
//! with how many there are.

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::id::{IncidentId, SourceName};

/// Sixteen neighbours of this length still fit one of sled's segments of 512 KiB.
pub const PART_BYTES: usize = 28 << 10;

/// Where the progress lies.
pub const META: &[u8] = b"m";

/// Where the versions of files that the record holds lie.
pub const FILES: &[u8] = b"f";

/// Where the files of the last plan lie.
pub const PLAN: &[u8] = b"g";

/// Where what was last learned of each channel lies.
pub const TESTS: &[u8] = b"d";

/// Where the wall clock's distance lies.
pub const AHEAD: &[u8] = b"w";

/// Where an incident's number lies.
pub fn incident(id: IncidentId) -> Vec<u8> {
    [b"i".as_slice(), &id.to_bits().to_be_bytes()[3..]].concat()
}

/// Where the incidents that were purged lie.
pub const PURGED: &[u8] = b"x";

/// An incident that was purged.
pub fn purged(id: IncidentId) -> Vec<u8> {
    [PURGED, &id.to_bits().to_be_bytes()[3..]].concat()
}

/// The incident of such a key.
pub fn purged_of(key: &[u8]) -> Option<IncidentId> {
    let bits = key.strip_prefix(PURGED)?;
    (bits.len() == 5).then(|| IncidentId::from_random(bits.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))))
}
/// Where the last record lies that had been pruned.
pub const BUILT_FROM: &[u8] = b"b";

/// An incident's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub u64);

impl Number {
    /// An open incident's state.
    pub fn open(self) -> Vec<u8> {
        self.key(b"o")
    }

    /// A closed incident's state.
    pub fn closed(self) -> Vec<u8> {
        self.key(b"c")
    }

    /// What the list tells of a closed incident.
    pub fn listed(self) -> Vec<u8> {
        self.key(b"l")
    }

    /// The number in a key of one letter, a number and perhaps more.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        let (number, _) = key.get(1..)?.split_first_chunk()?;
        Some(Self(u64::from_be_bytes(*number)))
    }

    /// All lines of an incident.
    pub fn timeline(self) -> Vec<u8> {
        self.key(b"t")
    }

    /// The lines of an incident from one record on.
    pub fn lines(self, seq: u64) -> Vec<u8> {
        let mut key = self.timeline();
        key.extend_from_slice(&seq.to_be_bytes());
        key
    }

    fn key(self, prefix: &[u8; 1]) -> Vec<u8> {
        [prefix.as_slice(), &self.0.to_be_bytes()].concat()
    }
}

/// A line that concerns the house.
pub fn house(seq: u64) -> Vec<u8> {
    [b"h".as_slice(), &seq.to_be_bytes()].concat()
}

/// A source's event.
pub fn event(source: &SourceName, event_id: &str) -> Vec<u8> {
    let hash = Digest::of(&[source.as_str().as_bytes(), b"\n", event_id.as_bytes()].concat());
    [b"e".as_slice(), &hash.as_bytes()[..16]].concat()
}

/// A link.
pub fn link(hash: &Digest) -> Vec<u8> {
    [b"k".as_slice(), &hash.as_bytes()[..16]].concat()
}

/// A version of a file that the record holds.
pub fn file(sha256: &Digest) -> Vec<u8> {
    [FILES, sha256.as_bytes()].concat()
}

/// The version in such a key.
pub fn file_of(key: &[u8]) -> Option<Digest> {
    key.strip_prefix(FILES)?.try_into().ok().map(Digest::from_bytes)
}

/// What was last learned of a channel.
pub fn test(channel: ChannelKind) -> Vec<u8> {
    [TESTS, channel.word().as_bytes()].concat()
}

/// A version of a playbook.
pub fn playbook(hash: &Digest) -> Vec<u8> {
    [b"p".as_slice(), hash.as_bytes()].concat()
}
