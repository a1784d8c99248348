//! `[files]`: the folders of the rosters and playbooks, and how often their files are compared.

use std::time::Duration;

use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::reader::{Spanned, Table};
use crate::config::value_types::{Line, Read, Wrong};
use crate::diagnostic::Spot;
use crate::domain::wait::Wait;

/// Default folder of the rosters.
pub const ROSTERS: &str = "rosters";

/// Default folder of the playbooks.
pub const PLAYBOOKS: &str = "playbooks";

/// Folders of the files, relative to this file.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawFiles {
    /// Folder of the rosters; default: `rosters`.
    rosters: Option<Spanned<Line>>,
    /// Folder of the playbooks; default: `playbooks`.
    playbooks: Option<Spanned<Line>>,
    /// How often files are compared with those in force, for changes that the system does not report: on network shares, and
    /// behind links to single files. From `1s` to `5m`; default: `15s`; takes effect on reload.
    poll: Option<Spanned<Poll>>,
}

pub fn read(mut table: Table<'_>) -> RawFiles {
    let files = RawFiles {
        rosters: table.optional("rosters"),
        playbooks: table.optional("playbooks"),
        poll: table.optional("poll"),
    };
    table.finish();
    files
}

impl RawFiles {
    /// The folder of the rosters, if it is set, and where.
    pub fn rosters(&self) -> Option<(&str, &Spot)> {
        self.rosters.as_ref().map(folder)
    }

    /// The folder of the playbooks, if it is set, and where.
    pub fn playbooks(&self) -> Option<(&str, &Spot)> {
        self.playbooks.as_ref().map(folder)
    }

    pub fn poll(&self) -> Poll {
        self.poll.as_ref().map_or_else(Poll::default, |poll| poll.value)
    }
}

fn folder(named: &Spanned<Line>) -> (&str, &Spot) {
    (named.value.0.trim_start_matches("./").trim_end_matches('/'), &named.spot)
}

/// How often files are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poll(Wait);

impl Default for Poll {
    /// Twice in the half minute in which a change should be in force.
    fn default() -> Self {
        Self(Wait::seconds(15))
    }
}

impl From<Poll> for Duration {
    fn from(poll: Poll) -> Self {
        Self::from_secs(poll.0.as_seconds().into())
    }
}

/// More often would keep a network share busy.
const SHORTEST: Wait = Wait::seconds(1);

/// Nobody waits longer for a change.
const LONGEST: Wait = Wait::minutes(5);

impl Read for Poll {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let wait = Wait::read(value, label)?;
        let out_of_range = || Wrong::value(format!("{label} must be from `{SHORTEST}` to `{LONGEST}`"));
        Some(Self(wait)).filter(|_| (SHORTEST..=LONGEST).contains(&wait)).ok_or_else(out_of_range)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,3}[sm]$", "examples": ["15s"] })
    }
}
