//! The read-only context of a batch.

use std::sync::Arc;

use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::engine::parts::open_incidents::OpenIncidents;
use crate::journal::aggregates::Aggregates;
use crate::store::Store;

pub type Random = Box<dyn Fn() -> [u8; 32] + Send>;

#[derive(Clone, Copy)]
pub struct BatchContext<'a> {
    pub open: &'a OpenIncidents,
    pub store: &'a Store,
    pub plan: &'a Arc<Plan>,
    pub aggregates: &'a Aggregates,
    pub now: Now,
    pub random: &'a Random,
}
