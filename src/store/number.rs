//! Incident numbers, which keep the store's data of one incident close together.

/// The `seq` of an incident's opening. References are random and would scatter data over the whole database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub u64);

impl Number {
    /// The number in a key that starts with a letter and a number.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        let (number, _) = key.get(1..)?.split_first_chunk()?;
        Some(Self(u64::from_be_bytes(*number)))
    }

    /// A key made of a letter and the number.
    pub fn key(self, letter: u8) -> Vec<u8> {
        [&[letter][..], &self.0.to_be_bytes()].concat()
    }
}
