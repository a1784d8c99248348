//! Which format a body has.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One incident in Wardbell's own JSON.
    Wardbell,
    /// Many of them, one a line.
    WardbellLines,
}

impl Format {
    pub const ALL: [Self; 2] = [Self::Wardbell, Self::WardbellLines];

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Wardbell => "application/json",
            Self::WardbellLines => "application/x-ndjson",
        }
    }
}
