//! A request of any kind.

use crate::engine::protocol::command::Command;
use crate::engine::protocol::control::Control;
use crate::engine::protocol::query::Query;

pub enum Request {
    Command(Command),
    Query(Query),
    Control(Control),
}
