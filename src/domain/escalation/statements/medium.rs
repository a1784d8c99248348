//! Where a statement is published.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a statement is published. The words are recorded and must not change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Medium {
    /// A public reply to a post.
    #[default]
    Reply,
    DirectMessage,
    /// A post of the hospital's own.
    Post,
    /// For journalists.
    Press,
    /// For the hospital's own people.
    StaffNotice,
}

/// The text is not the word of a medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`medium` must be `reply`, `direct-message`, `post`, `press`, or `staff-notice`")]
pub struct UnknownMedium;

impl Medium {
    pub const ALL: [Self; 5] = [Self::Reply, Self::DirectMessage, Self::Post, Self::Press, Self::StaffNotice];

    pub fn word(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::DirectMessage => "direct-message",
            Self::Post => "post",
            Self::Press => "press",
            Self::StaffNotice => "staff-notice",
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Self::Reply => "public reply",
            Self::DirectMessage => "direct message",
            Self::Post => "post",
            Self::Press => "press statement",
            Self::StaffNotice => "staff notice",
        }
    }

    /// The longest text, in characters. Replies and posts fit into a comment, and direct messages into a message, on
    /// each of the large networks for which that is possible; the others fit on three pages.
    pub fn length_max(self) -> usize {
        match self {
            Self::Reply | Self::Post => 2_200,
            Self::DirectMessage => 1_000,
            Self::Press | Self::StaffNotice => 10_000,
        }
    }
}

impl fmt::Display for Medium {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl FromStr for Medium {
    type Err = UnknownMedium;

    fn from_str(text: &str) -> Result<Self, UnknownMedium> {
        Self::ALL.into_iter().find(|one| one.word() == text).ok_or(UnknownMedium)
    }
}
