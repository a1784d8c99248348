//! One request, of whichever sort.

use crate::engine::protocol::command::Command;
use crate::engine::protocol::control::Control;
use crate::engine::protocol::query::Query;

/// What callers ask.
pub enum Request {
    Command(Command),
    Query(Query),
    Control(Control),
}
