//! Control requests from other parts of the daemon, handled immediately, before the turn's batch.

use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::id::SourceName;
use crate::domain::person_id::PersonId;
use crate::domain::plan::Plan;
use crate::domain::principal::Principal;
use crate::domain::session::SessionEnd;
use crate::engine::protocol::access_mail::AccessMail;
use crate::engine::protocol::channel_test::TestResult;
use crate::engine::protocol::claim::Claim;
use crate::engine::protocol::health::Health;
use crate::engine::protocol::reply::Reply;
use crate::journal::prune::Prunable;
use crate::journal::record::SystemEvent;

pub enum Control {
    /// Is the loop alive?
    Ping { reply: Reply<()> },
    /// What is late, what waits, which channels fail?
    Health { reply: Reply<Health> },
    /// New rosters or playbooks are in force from now on; answered once that is durable.
    Replan { plan: Arc<Plan>, claim: Claim, reply: Reply<()> },
    /// A source sent something; no reply if no one waits for it.
    Heard { source: SourceName, reply: Option<Reply<()>> },
    /// The files are valid again after a start with broken ones, and nothing else is wrong with the configuration.
    ConfigurationFixed,
    /// Something happened to the daemon that is to be recorded; answered once it is durable.
    Record { event: Box<SystemEvent>, reply: Reply<()> },
    /// The oldest part of the record is about to be removed; answered with the checkpoint's number, once it is durable.
    Prune { found: Box<Prunable>, reply: Reply<u64> },
    /// An operator tests the channels; answered once all tests have ended and that is durable.
    TestChannels { reply: Reply<Vec<TestResult>> },
    /// A session ends, whether that can be recorded now or later.
    EndSession { person: PersonId, session: Digest, why: SessionEnd, by: Option<Principal> },
    /// A message about signing in is sent after every page that waits.
    SendAccessMail(AccessMail),
    /// The daemon ends: nothing new is sent. Answered when nothing is on its way anymore.
    Stop { reply: Reply<()> },
}
