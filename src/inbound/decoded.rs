//! A decoded incident from any format.

use crate::domain::incident::Incoming;
use crate::inbound::input_error::InputError;

/// An incident that can be handed to the engine.
#[derive(Debug)]
pub struct Decoded {
    pub incoming: Incoming,
    /// What was cut, cleaned or left out.
    pub warnings: Vec<InputError>,
}
