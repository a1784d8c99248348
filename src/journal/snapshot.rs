//! The state of one aggregate, as a checkpoint and the store keep it.

use serde::{Deserialize, Serialize};

use crate::domain::channel_test::ChannelTest;
use crate::domain::contact::ChannelKind;
use crate::domain::id::SourceName;
use crate::domain::person_id::PersonId;
use crate::domain::session::PersonSessions;
use crate::domain::source_watch::SourceWatch;

/// Incidents have none here: an open one keeps all of its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Snapshot {
    SourceWatch { id: SourceName, state: SourceWatch },
    ChannelTest { id: ChannelKind, state: ChannelTest },
    Person { id: PersonId, state: PersonSessions },
}
