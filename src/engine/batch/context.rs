//! What a batch is decided by.

use std::sync::Arc;

use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::engine::parts::open_incidents::OpenIncidents;
use crate::engine::parts::source_silence::SourceSilence;
use crate::store::Store;

/// Draws random bits.
pub type Random = Box<dyn Fn() -> [u8; 32] + Send>;

/// What a batch may lean on.
#[derive(Clone, Copy)]
pub struct BatchContext<'a> {
    /// The open incidents as recorded.
    pub open: &'a OpenIncidents,
    /// What was recorded before.
    pub store: &'a Store,
    /// The rosters and playbooks in force.
    pub plan: &'a Arc<Plan>,
    /// Who must be heard from.
    pub silence: &'a SourceSilence,
    /// What the clocks say.
    pub now: Now,
    /// Draws random bits.
    pub random: &'a Random,
}
