//! Incidents' numbers, by which what the store keeps of one incident lies together.

/// The `seq` of an incident's opening. References are random and would scatter over the whole database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub u64);

impl Number {
    /// The number in a key of one letter, a number and perhaps more.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        let (number, _) = key.get(1..)?.split_first_chunk()?;
        Some(Self(u64::from_be_bytes(*number)))
    }

    /// A key of one letter and the number.
    pub fn key(self, letter: u8) -> Vec<u8> {
        [&[letter][..], &self.0.to_be_bytes()].concat()
    }
}
